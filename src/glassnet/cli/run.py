"""The run folder: the files of a training run.

``RUNS_DIR/digits-001`` holds ``config.json`` (everything it was trained with), ``history.csv`` (a row
an epoch), ``report.html`` (all of it, to open in a browser) and ``model.safetensors`` (the network, and what is
needed to use it). The folder is made when training begins, with the configuration, so that its
number is taken and a place that cannot be written to is known at once; while it lasts, and after
Ctrl-C, there is ``checkpoint.safetensors``, from which it can go on. Each file is there in full or
not at all, and the model comes last: a folder with a model is a whole run. A run that fails before
its first epoch is whole takes its folder with it; one that is killed leaves it, to be resumed. While
a process trains, it holds the folder's lock (`Lock`).
"""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from glassnet.cli.errors import BadInput, Failed
from glassnet.files import replace_file, sweep
from glassnet.files.lock import locked
from glassnet.nn.module import Module
from glassnet.serialization import SavedModel, read_model, save_model
from glassnet.serialization.renamed import current_name
from glassnet.training import History
from glassnet.training.report import Report, write_report

MODEL, HISTORY, CONFIG, REPORT = "model.safetensors", "history.csv", "config.json", "report.html"
CHECKPOINT = "checkpoint.safetensors"
LOCK = ".lock"
FORMAT = 2  # of the configuration; raised when it changes in a way that older versions would misread
LATEST = "latest"
COUNTS = ("train", "held_out")  # of samples
PARTS = ("settings", "options", "paths", "data", "results", "versions")  # of the configuration, each by name


class Run:
    """A run folder that is being written. After ``with Run.begin(…) as run:`` it is removed unless it was saved.

    ``with`` takes the lock of the folder, and raises BadInput if another process trains the same run.
    """

    def __init__(self, path: Path, made: list[Path]) -> None:
        self.path = path
        self._made = made  # the folders that were not there before, the innermost first
        self.stays = False  # even if the run fails
        self._lock = Lock(path)

    @classmethod
    def begin(cls, runs: Path, name: str, size: int) -> Run:
        """Make the next folder called ``name`` in ``runs``, for about ``size`` bytes.

        Making a folder is atomic: of two runs that begin at once, each gets a number of its own.
        Raises BadInput where no folder can be made, Failed where there is no room.
        """
        try:
            missing = [folder for folder in (runs, *runs.parents) if not folder.exists()]
            runs.mkdir(parents=True, exist_ok=True)
            number = 1 + max(map(_number, runs.glob(f"{glob.escape(name)}-*")), default=0)
            while True:
                path = runs / f"{name}-{number:03}"
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

    @classmethod
    def resume(cls, path: Path) -> Run:
        """The folder at ``path`` of a run that goes on: it stays even if the run fails."""
        run = cls(path, [])
        run.stays = True
        return run

    def write_config(self, config: Mapping[str, Any]) -> None:
        """Write ``config.json``. Raises Failed if it cannot be written."""
        with self.writing():
            text = json.dumps({"format": FORMAT, **config}, indent=2, ensure_ascii=False)
            # a surrogate that stands for a byte of a path becomes the \\u… that JSON has for it
            replace_file(self.path / CONFIG, f"{text}\n".encode(errors="backslashreplace"))

    def save(
        self, model: Module, extra: Mapping[str, Any], history: History, config: Mapping[str, Any], report: Report
    ) -> None:
        """Write the four files, the model last. Raises Failed if one cannot be written."""
        self.write_config(config)
        with self.writing():
            replace_file(self.path / HISTORY, history.to_csv().encode())
            write_report(self.path / REPORT, report)
            save_model(model, self.path / MODEL, extra)
        self.stays = True

    def finish(self) -> None:
        """Remove the checkpoint, and what was being written when a run was killed."""
        (self.path / CHECKPOINT).unlink(missing_ok=True)
        sweep(self.path)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Within, an error of writing into the folder is Failed."""
        try:
            yield
        except OSError as error:
            left = "nothing of it was left there"
            if self._can_go_on():
                left = f"make room, and go on with what was saved before: glassnet train --resume {self.path}"
            why = error.strerror or str(error)
            raise Failed(f"the run could not be saved in {self.path} ({why}); {left}") from None

    def _can_go_on(self) -> bool:
        return self.stays or (self.path / CHECKPOINT).exists()

    def __enter__(self) -> Run:
        try:
            with self.writing():
                is_ours = self._lock.take()
        except Failed:
            self._leave()
            raise
        if not is_ours:
            raise BadInput(
                f"--resume: {self.path} is being trained by another process; wait for its end, or stop it with Ctrl-C"
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def _leave(self) -> None:
        if not self._can_go_on():
            self.discard()
        self._lock.release()

    def discard(self) -> None:
        """Remove the run and the folders that were made for it."""
        self.finish()
        for name in (MODEL, HISTORY, CONFIG, REPORT):
            (self.path / name).unlink(missing_ok=True)
        self._lock.release()
        for folder in self._made:
            with suppress(OSError):  # another run is in it
                folder.rmdir()


def _number(path: Path) -> int:
    digits = re.fullmatch(r".*-(\d{1,9})", path.name)
    return int(digits[1]) if digits else 0


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignore Ctrl-C, so that a run that has ended is saved."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


# the lock: one process at a time trains the run in a folder -----------------------------------------------


class Lock:
    """The lock of ``folder``: a locked file, which the system unlocks when the process ends."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / LOCK
        self._handle: int | None = None

    def take(self) -> bool:
        """Take it, and return whether that was possible. Raises OSError if its file cannot be made."""
        while True:
            handle = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o644)
            if not locked(handle):
                os.close(handle)
                return False
            if self._is_of(handle):
                self._handle = handle
                return True
            os.close(handle)  # its holder has just removed the file

    def _is_of(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), os.stat(self._file))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Release it, if it is held, and remove its file."""
        if self._handle is None:
            return
        handle, self._handle = self._handle, None
        if sys.platform == "win32":  # where no open file can be taken away  # pragma: no cover
            os.close(handle)
            with suppress(OSError):
                self._file.unlink()
            return
        with suppress(OSError):
            self._file.unlink()
        os.close(handle)


# reading one ----------------------------------------------------------------------------------------------


def find(name: str, runs: Path, file: str = MODEL) -> Path:
    """The run folder that ``name`` means: a path, or, in ``runs``, a name, its beginning, or "latest".

    In ``runs``, those count that hold ``file``. Raises BadInput, which lists the runs, if none or several match.
    """
    path = Path(name)
    if path.is_file() and path.name == MODEL:
        return path.parent
    if name and any((path / kept).is_file() for kept in (MODEL, CONFIG, file)):
        return path
    there = sorted(path.parent for path in runs.glob(f"*/{file}")) if runs.is_dir() else []
    if name == LATEST and there:
        return max(there, key=lambda run: ((run / file).stat().st_mtime_ns, run.name))
    matching = [run for run in there if run.name == name] or [
        run for run in there if name and run.name.startswith(name)
    ]
    if len(matching) == 1:
        return matching[0]
    if name and path.is_dir():  # after the runs: a folder of pictures, from which one was trained, may share their name
        return path
    if matching:
        raise BadInput(f"RUN: {name!r} begins the names of {_listed(matching)}; write one of them in full")
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
        what = f"its training was cut off; go on: glassnet train --resume {path}"
        raise BadInput(
            f"{path} holds no {MODEL}: {what if (path / CONFIG).exists() else 'it is no run folder'}"
        ) from None
    except OSError as error:
        raise BadInput(f"{path / MODEL} cannot be read ({error.strerror})") from None


def read_config(path: Path) -> dict[str, Any]:
    """The configuration of the run at ``path``. Raises BadInput where there is none that can be used."""
    file = path / CONFIG
    try:
        config = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise BadInput(f"{path} holds no {CONFIG}: it is no run folder") from None
    except (OSError, ValueError) as error:
        raise BadInput(f"{file} cannot be read ({error}); use the original file, or train again") from None
    format = config.get("format") if isinstance(config, dict) else None
    if isinstance(format, int) and format > FORMAT:
        version = str(config.get("versions", {}).get("glassnet", "a newer glassnet"))
        raise BadInput(f"{file}: the run is of glassnet {version:.20}; update this one: pip install --upgrade glassnet")
    if not isinstance(format, int) or "settings" not in config or not _is_sound(config):
        raise BadInput(f"{file}: expected the configuration of a run, got something else; train again")
    if "results" in config:
        config["results"] = {current_name(name): value for name, value in config["results"].items()}
    return dict(config)


def _is_sound(config: Mapping[str, Any]) -> bool:
    """Whether the parts of a configuration have the types that the commands expect."""
    parts = {name: config.get(name, {}) for name in PARTS}
    if not all(isinstance(part, dict) for part in parts.values()):
        return False
    numbers = [*parts["results"].values(), config.get("seconds", 0), *(parts["data"].get(n, 0) for n in COUNTS)]
    return all(isinstance(number, int | float) for number in numbers)
