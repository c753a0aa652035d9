"""The run folder: the files of a training run.

``RUNS_DIR/digits-001`` holds ``config.json`` (everything it was trained with), ``history.csv`` (a row
an epoch), ``report.html`` (all of it, to open in a browser) and ``model.safetensors`` (the network, and what is
needed to use it). The folder is made when training begins, with the configuration, so that its
number is taken and a place that cannot be written to is known at once; while it lasts, and after
Ctrl-C, there is ``checkpoint.safetensors``, from which it can go on. Each file is there in full or
not at all, and the model comes last: a folder with a model is a whole run. A run that fails before
its first epoch is whole takes its folder with it; one that is killed leaves it, to be resumed. While
a process trains, it holds the folder's lock (`FolderLock`). What was learned is in memory: where it
can no longer be written into the folder, it goes into another.

The folder may be a link. Its own files may not: a run that was received could lead to any file
through them, so they are never written through, and `Run.resume` refuses them. Commands that only
read follow them.
"""

from __future__ import annotations

import errno
import glob
import json
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from glassnet.cli import interruptions
from glassnet.cli.errors import BadInput, Failed
from glassnet.cli.interruptions import uninterrupted
from glassnet.cli.shared_arguments import FULL, reason
from glassnet.files import (
    FileError,
    new_folder,
    parsed_json,
    read_bytes,
    replace_file,
    replace_files,
    sweep,
    unfinished_name,
)
from glassnet.files.lock import LOCK, FolderLock
from glassnet.files.reading import expanded, kind_of
from glassnet.files.schema import Misfit, a_count, any_number, anything, flag, items, named, number, record, text, whole
from glassnet.serialization import SavedModel, read_model
from glassnet.serialization.renamed import current_name
from glassnet.text import shown

Pieces = Sequence[bytes | memoryview]
Files = Mapping[str, Pieces]  # by their names in the folder, the model last

MODEL, HISTORY, CONFIG, REPORT = "model.safetensors", "history.csv", "config.json", "report.html"
CHECKPOINT = "checkpoint.safetensors"
OWN = (MODEL, HISTORY, CONFIG, REPORT, CHECKPOINT, LOCK)
FORMAT = 2  # of the configuration; raised when it changes in a way that older versions would misread
LATEST = "latest"


class Run:
    """A run folder that is being written, by the one process that has its lock.

    After ``with Run.begin(…) as run:`` it is removed unless it was saved. Its own files are never written through a
    link, and none is written once something else stands in its place.
    """

    def __init__(self, lock: FolderLock, name: str, made: list[Path]) -> None:
        self._lock = lock
        self._name = name  # that of the folder, without its number
        self._made = made  # the folders around it that were not there before, the innermost first
        self.stays = False  # even if the run fails

    @property
    def path(self) -> Path:
        """The folder."""
        return self._lock.folder

    @classmethod
    def begin(cls, runs: Path, name: str, size: int, config: Mapping[str, Any]) -> Run:
        """Make the next folder called ``name`` in ``runs``, with its configuration, for about ``size`` bytes.

        Of two runs that begin at once, each gets a number of its own. What was left in ``runs`` by one that was killed
        while it made its folder is deleted. Raises BadInput where no folder can be made, Failed where there is no room.
        """
        made: list[Path] = []
        with uninterrupted(), ExitStack() as failing:
            failing.callback(_remove, made)
            try:
                made += [folder for folder in (runs, *runs.parents) if not folder.exists()]
                runs.mkdir(parents=True, exist_ok=True)
                sweep(runs)
                free = shutil.disk_usage(runs).free
                if free < size:
                    raise Failed(
                        f"--out: a run needs about {size / 1e6:.1f} MB, and {runs} has {free / 1e6:.1f} MB left; make "
                        "room, or name a folder on another disk"
                    )
                lock = _new_folder(runs, name, {CONFIG: packed_config(config)})
            except OSError as error:
                what = f"--out: a run folder cannot be made in {runs} ({reason(error)})"
                if error.errno in FULL:
                    raise Failed(f"{what}; make room, or name a folder on another disk") from None
                raise BadInput(f"{what}; name a folder that can be written to") from None
            failing.pop_all()
        return cls(lock, name, made)

    @classmethod
    def resume(cls, path: Path) -> Run:
        """The folder at ``path`` of a run that goes on: it stays even if the run fails.

        Raises BadInput if another process trains it, or it holds something that no run leaves there.
        """
        lock = FolderLock(path)
        try:
            is_ours = lock.take()
        except OSError as error:
            raise BadInput(f"--resume: {path} cannot be opened ({reason(error)}); name a run folder") from None
        if not is_ours:
            raise BadInput(
                f"--resume: {path} is being trained by another process; wait for its end, or stop it with Ctrl-C"
            )
        run = cls(lock, re.sub(r"-\d+$", "", path.name), [])
        run.stays = True
        return run

    def save(self, files: Files, checkpoint: Callable[[], Pieces] | None) -> OSError | None:
        """Write the ``files``, all of them or none; where that is not possible, in a new folder somewhere else.

        There, a ``checkpoint`` goes along. Gives the error for which they are somewhere else. Raises Failed where they
        could be written nowhere.
        """
        try:
            self.check_is_in_place()
            replace_files({self.path / name: pieces for name, pieces in files.items()}, follow=False)
            _be_the_latest(self.path)
            self.stays = True
            return None
        except OSError as error:
            problem = error
        tried = [self.path]
        for place in _elsewhere(self.path):
            tried.append(place)
            with suppress(OSError):
                more = {} if checkpoint is None else {CHECKPOINT: checkpoint()}
                lock = _new_folder(place, self._name, {**more, **files})
                self._leave() if self.stays else self.discard()
                self._lock, self.stays = lock, True
                return problem
        left = "nothing of it was left there"
        if self.can_go_on():
            left = f"make room, and go on with what was saved before: glassnet train --resume {shown(self.path)}"
        where = f"{shown(self.path)} ({reason(problem)}), nor in {', '.join(map(shown, tried[1:]))}"
        raise Failed(f"the run could not be saved in {where}; {left}")

    def check_is_in_place(self) -> None:
        """Raise OSError unless the folder is where it was when the run began."""
        if not self._lock.is_in_place:
            raise FileNotFoundError(errno.ENOENT, "it is no longer there, or something else is")

    def finish(self) -> None:
        """Remove the checkpoint: the run has come to its end."""
        if self._lock.is_in_place:
            with suppress(OSError):
                (self.path / CHECKPOINT).unlink(missing_ok=True)

    def can_go_on(self) -> bool:
        """Whether there is anything to go on from."""
        return self.stays or (self._lock.is_in_place and (self.path / CHECKPOINT).exists())

    def __enter__(self) -> Run:
        if interruptions.count():  # while it was made
            self._leave()
            raise KeyboardInterrupt
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def _leave(self) -> None:
        if not self.can_go_on():
            self.discard()
        elif self._lock.is_in_place:
            _clear(self.path)
        self._lock.release()

    def discard(self) -> None:
        """Remove the run and the folders that were made for it."""
        if self._lock.is_in_place:
            with suppress(OSError):
                _clear(self.path)
                if all(path.name in OWN and not path.is_dir() for path in self.path.iterdir()):
                    self._lock.rename(unfinished_name(self.path.parent))  # to be swept away, if this process is killed
                for name in OWN:
                    with suppress(OSError):  # a folder is no file of a run
                        (self.path / name).unlink()
                self.path.rmdir()
        self._lock.release()
        _remove(self._made)


def packed_config(config: Mapping[str, Any]) -> Pieces:
    """What ``config.json`` holds."""
    text = json.dumps({"format": FORMAT, **config}, indent=2, ensure_ascii=False)
    return [f"{text}\n".encode("utf-8", "backslashreplace")]  # of names that are not UTF-8, as JSON writes them


def check_own_files(path: Path) -> None:
    """Raise BadInput where what has the name of a file of the run at ``path`` is a link, a folder or the like."""
    for name in OWN[:-1]:
        try:
            mode = os.lstat(path / name).st_mode
        except OSError:
            continue
        if not stat.S_ISREG(mode):
            kind = "link" if stat.S_ISLNK(mode) else kind_of(mode)
            raise BadInput(
                f"--resume: {path / name} is a {kind}, where a run has a file of its own; put the file itself there"
            )


def _new_folder(runs: Path, name: str, files: Files) -> FolderLock:
    """The next folder called ``name`` in ``runs``, with all of the ``files`` from its beginning, and locked."""
    with new_folder(runs) as lock:
        for file, pieces in files.items():
            replace_file(lock.folder / file, *pieces)
        number = 1 + max(map(_number, runs.glob(f"{glob.escape(name)}-*")), default=0)
        while True:
            path = runs / f"{name}-{number:03}"
            try:
                if not os.path.lexists(path):
                    lock.rename(path)
                    break
            except OSError:
                if not os.path.lexists(path):  # else another process has just made it
                    raise
            number += 1
    _be_the_latest(path)
    return lock


def _number(path: Path) -> int:
    digits = re.fullmatch(r".*-(\d{1,9})", path.name)
    return int(digits[1]) if digits else 0


def _be_the_latest(path: Path) -> None:
    """Set the times of the run's files after those of the runs beside it, if the clock was set back since."""
    for name in (CONFIG, MODEL):
        with suppress(OSError):
            own = (path / name).lstat().st_mtime_ns
            others = [other.stat().st_mtime_ns for other in _runs_in(path.parent, name) if other.parent != path]
            if others and max(others) >= own:
                os.utime(path / name, ns=(own, max(others) + 1000))


def _elsewhere(path: Path) -> Iterator[Path]:
    """Where a run can be saved that cannot be saved at ``path``."""
    seen: list[Path] = []
    places: Sequence[Callable[[], Path]] = (
        lambda: path.parent,
        Path.cwd,
        Path.home,
        lambda: Path(tempfile.gettempdir()),
    )
    for place in places:
        with suppress(OSError, RuntimeError):  # there is no such place
            folder = place()
            if folder.is_dir() and not any(map(folder.samefile, seen)):
                seen.append(folder)
                yield folder


def _clear(path: Path) -> None:
    """Delete what was being written at ``path`` when a run was killed, and the lock of an earlier version."""
    sweep(path)
    if sys.platform != "win32":
        with suppress(OSError):
            (path / LOCK).unlink()


def _remove(folders: Sequence[Path]) -> None:
    for folder in folders:
        with suppress(OSError):  # another run is in it
            folder.rmdir()


# reading one ----------------------------------------------------------------------------------------------


def find(name: str, runs: Path, file: str = MODEL, asked: str = "RUN") -> Path:
    """The run folder that ``name`` means: a path, or, in ``runs``, a name, its beginning, or "latest".

    In ``runs``, those count that hold ``file``. Raises BadInput, which lists the runs, if none or several match, and
    begins with what was ``asked`` for.
    """
    path = expanded(name)
    if path.is_file() and path.name == MODEL:
        return path.parent
    if name and any((path / kept).is_file() for kept in (MODEL, CONFIG, file)):
        return path
    there = sorted(path.parent for path in _runs_in(runs, file)) if runs.is_dir() else []
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
        raise BadInput(f"{asked}: {name!r} begins the names of {_listed(matching)}; write one of them in full")
    if there:
        near = get_close_matches(name[:100], [LATEST, *(run.name for run in there)], n=2)
        guess = f" (did you mean {' or '.join(near)}?)" if near else ""
        raise BadInput(f"{asked}: there is no run {name!r}{guess}; in {runs} there are {_listed(there)}")
    raise BadInput(f"{asked}: there is no run {name!r}, and none in {runs}; make one: glassnet train digits")


def _runs_in(folder: Path, file: str) -> list[Path]:
    """The files of that name in the run folders in ``folder``."""
    return [path for path in folder.glob(f"*/{file}") if not path.parent.name.startswith(".") and path.is_file()]


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
        config = parsed_json(read_bytes(file, LARGEST_CONFIG))
    except FileNotFoundError:
        raise BadInput(f"{path} holds no {CONFIG}: it is no run folder") from None
    except OSError as error:
        raise BadInput(f"{file} cannot be read ({error.strerror}); use the original file, or train again") from None
    except FileError:
        raise
    except ValueError as error:
        raise BadInput(f"{file} cannot be read ({error}); use the original file, or train again") from None
    format = config.get("format") if isinstance(config, dict) else None
    if whole(FORMAT + 1).test(format):
        versions = config.get("versions")
        version = str(versions.get("glassnet") if isinstance(versions, dict) else "a newer glassnet")
        raise BadInput(f"{file}: the run is of glassnet {version:.20}; update this one: pip install --upgrade glassnet")
    if not whole(1).test(format) or "settings" not in config:
        raise BadInput(f"{file}: expected the configuration of a run, got something else; train again")
    try:
        _CONFIG.check(config)
    except Misfit as error:
        raise BadInput(f"{file}: its {error}; use the original file, or train again") from None
    if "results" in config:
        config["results"] = {current_name(name): value for name, value in config["results"].items()}
    return dict(config)


LARGEST_CONFIG = 2**24  # bytes: of a table with very many columns and categories
_DATA = dict.fromkeys(("what", "origin", "split", "fingerprint"), text) | dict.fromkeys(("train", "held_out"), a_count)
# What the commands rely on, where it is there: runs of older versions have fewer parts.
_CONFIG = record(
    {"format": whole(1), "settings": named(anything)},
    {
        "source": text,
        "options": named(anything),
        "paths": named(text),
        "data": record({}, {**_DATA, "notes": items(text)}, others=True),
        "results": named(any_number),
        "baseline": text,
        "versions": named(text),
        "started": text,
        "seconds": number(least=0),
        "stopped": flag,
    },
    others=True,
)
