"""The run folder: where what came of a training run is kept.

``RUNS_DIR/digits-001`` holds ``history.csv`` (a row an epoch), ``config.json`` (everything it was
trained with), ``report.html`` (all of it to look at) and ``model.safetensors`` (the network, and what
is needed to use it). The folder is
made when training begins, so that its number is taken and a place that cannot be written to is
known at once. Each file is there in full or not at all, and the model comes last: a folder with a
model is a whole run. A run that fails takes its folder with it.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from glassnet.cli.errors import BadInput, Failed
from glassnet.cli.loop import Epoch
from glassnet.nn.module import Module
from glassnet.serialization import SavedModel, read_model, replace_file, save_model
from glassnet.training.report import Report, write_report

MODEL, HISTORY, CONFIG, REPORT = "model.safetensors", "history.csv", "config.json", "report.html"
LATEST = "latest"


class Run:
    """A run folder that is being filled. ``with Run.begin(…) as run:``, it goes unless it is saved."""

    def __init__(self, path: Path, made: list[Path]) -> None:
        self.path = path
        self._made = made  # the folders that were not there before, the innermost first
        self._saved = False

    @classmethod
    def begin(cls, runs: Path, source: str, size: int) -> Run:
        """Make the next folder of ``source`` in ``runs``, for about ``size`` bytes.

        Making a folder is atomic: of two runs that begin at once, each gets a number of its own.
        Raises BadInput where no folder can be made, Failed where there is no room.
        """
        try:
            missing = [folder for folder in (runs, *runs.parents) if not folder.exists()]
            runs.mkdir(parents=True, exist_ok=True)
            number = 1 + max(map(_number, runs.glob(f"{source}-*")), default=0)
            while True:
                path = runs / f"{source}-{number:03}"
                try:
                    path.mkdir()
                    break
                except FileExistsError:
                    number += 1
            free = shutil.disk_usage(path).free
        except OSError as error:
            raise BadInput(
                f"--out: a run folder cannot be made in {runs} ({error.strerror}); name a folder that can be written to"
            ) from None
        run = cls(path, [path, *missing])
        if free < size:
            run.discard()
            raise Failed(
                f"--out: a run needs about {size / 1e6:.1f} MB, and {runs} has {free / 1e6:.1f} MB left; make room, or "
                "name a folder on another disk"
            )
        return run

    def save(
        self,
        model: Module,
        extra: Mapping[str, Any],
        history: Sequence[Epoch],
        config: Mapping[str, Any],
        report: Report,
    ) -> None:
        """Write the four files, the model last. Raises Failed if one cannot be written."""
        try:
            replace_file(self.path / HISTORY, _table(history).encode())
            replace_file(self.path / CONFIG, (json.dumps(config, indent=2, ensure_ascii=False) + "\n").encode())
            write_report(self.path / REPORT, report)
            save_model(model, self.path / MODEL, extra)
        except OSError as error:
            problem = f"the run could not be saved in {self.path} ({error.strerror}); nothing of it was left there"
            raise Failed(problem) from None
        self._saved = True

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._saved:
            self.discard()

    def discard(self) -> None:
        """Leave no trace of the run."""
        for name in (MODEL, HISTORY, CONFIG, REPORT):
            (self.path / name).unlink(missing_ok=True)
        for folder in self._made:
            with suppress(OSError):  # another run has come to live in it
                folder.rmdir()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let no Ctrl-C come between the end of training and its being saved."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _number(path: Path) -> int:
    digits = re.fullmatch(r".*-(\d{1,9})", path.name)
    return int(digits[1]) if digits else 0


def _table(history: Sequence[Epoch]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Epoch._fields)
    writer.writerows(history)
    return text.getvalue()


def find(name: str, runs: Path) -> Path:
    """The run folder that ``name`` means: a path, or, in ``runs``, a name, its beginning, or "latest".

    Raises BadInput, which says what there is, if it is none or several.
    """
    path = Path(name)
    if path.is_file() and path.name == MODEL:
        return path.parent
    if name and path.is_dir():
        return path
    there = sorted(model.parent for model in runs.glob(f"*/{MODEL}")) if runs.is_dir() else []
    if name == LATEST and there:
        return max(there, key=lambda run: ((run / MODEL).stat().st_mtime_ns, run.name))
    found = [run for run in there if run.name == name] or [run for run in there if name and run.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise BadInput(f"RUN: {name!r} begins the names of {_listed(found)}; write one of them in full")
    if there:
        raise BadInput(f"RUN: there is no run {name!r}; in {runs} there are {_listed(there)}")
    raise BadInput(f"RUN: there is no run {name!r}, and none in {runs}; make one: glassnet train digits")


def _listed(runs: Sequence[Path]) -> str:
    names = [run.name for run in runs]
    shown = names if len(names) <= 6 else [*names[:2], "…", *names[-3:]]
    return ", ".join(shown)


def read(path: Path) -> SavedModel:
    """The network of the run at ``path``, and what was saved with it.

    Raises BadInput where there is none, ModelFileError where the file is damaged.
    """
    try:
        return read_model(path / MODEL)
    except FileNotFoundError:
        raise BadInput(f"{path} holds no {MODEL}: its training was cut off, or it is no run folder") from None
    except OSError as error:
        raise BadInput(f"{path / MODEL} cannot be read ({error.strerror})") from None
