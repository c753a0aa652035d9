"""Whatever a process meets at any operation on files: what was there is whole, or what comes is, and it goes on."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.hostile import faults, good
from tests.hostile.attack import run_told
from tests.hostile.child import Outcome, attempt
from tests.hostile.readers import Command
from tests.hostile.verdict import snapshot

pytest.importorskip("matplotlib")
TRAINING = "train colors --epochs 2 --batch-size 1100 --save-every 0 --hidden 8,4 --quiet"
STEPWISE = f"{TRAINING} --no-compile"  # a third as dear, with the same operations on files
BY_CHANCE = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d|(?<=\.glassnet-)[0-9a-f]{16}(?=\.tmp)")
HARD = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Task(NamedTuple):
    """A command that writes ``files`` over old ones, and what is run to see that they are whole."""

    line: str
    files: tuple[str, ...]
    check: str = ""


TASKS = {
    "predict": Task("predict colors-001 samples.csv --out p.csv --force", ("p.csv",)),
    "walkthrough": Task("walkthrough colors-001 --row 1 --output w.html --force", ("w.html",)),
    "export": Task("export colors-001 --output m.py --force", ("m.py", "m.npz"), "m.py --self-test"),
    "plot": Task("plot relu --output p.png --force", ("p.png",)),
}


def do(folder: Path, line: str, prepare: Callable[[], object] | None = None) -> Outcome:
    """What becomes of the command ``line`` in ``folder``."""
    return attempt(partial(run_told, Command(tuple(line.split()))), folder, prepare=prepare)


def left(folder: Path) -> list[str]:
    """What a process should not have left."""
    return [path for path in snapshot(folder) if path.endswith((".tmp", ".lock"))]


def one_message(done: Outcome) -> bool:
    """Whether it failed in one message."""
    return done.code in (1, 2) and done.err.startswith("glassnet: ") and done.err.count("glassnet: ") == 1


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with two runs that differ, whose files the tasks have written of the first."""
    good.preload()
    folder = tmp_path_factory.mktemp("start")
    good.run(folder, ())
    for task in TASKS.values():
        good.glassnet(folder, *task.line.split())
    shutil.move(folder / "runs" / "colors-001", folder / "first")
    good.glassnet(folder, "train", "colors", "--epochs", "1", "--seed", "5", "--quiet")
    good.glassnet(folder, "plot", "tanh", "--output", "p.png", "--force")
    return folder


@pytest.fixture
def work(start: Path, tmp_path: Path) -> Callable[[], Path]:
    """``work()``: a fresh copy of it."""
    numbers = iter(range(10**6))

    def copied() -> Path:
        number = next(numbers)
        shutil.rmtree(tmp_path / str(number - 1), ignore_errors=True)
        return Path(shutil.copytree(start, tmp_path / str(number)))

    return copied


def operations(folder: Path, line: str) -> int:
    """How many there are in a command."""
    file = folder.parent / "count"
    done = do(folder, line, faults.counting(str(file)))
    assert done.code == 0, done.err
    number = int(file.read_text())
    assert number > 0
    return number


# a command that writes files ----------------------------------------------------------------------------------


@pytest.mark.slow("a process for each operation")
@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_a_kill_leaves_the_old_file_or_the_new_one_and_the_next_command_sweeps(task: Task, work) -> None:
    folder = work()
    old = {name: (folder / name).read_bytes() for name in task.files}
    number = operations(folder, task.line)
    new = {name: (folder / name).read_bytes() for name in task.files}
    assert old != new
    for at in range(1, number + 1):
        folder = work()
        before = snapshot(folder)
        done = do(folder, task.line, faults.killed(at))
        assert done.signal == signal.SIGKILL
        for name in task.files:
            assert (folder / name).read_bytes() in (old[name], new[name]), (at, name)
        changed = {p for p, held in snapshot(folder).items() if before.get(p) != held and not p.endswith(".tmp")}
        assert changed <= set(task.files), at
        checked = do(folder, task.check) if task.check else None
        if checked is not None and checked.code:  # one of two files is new: that is told, and the next command mends it
            assert "needs m.npz, as it was written, beside it" in checked.err, at
        again = do(folder, task.line)
        assert again.code == 0, (at, again.err)
        assert {name: (folder / name).read_bytes() for name in task.files} == new, at
        assert left(folder) == [], at


@pytest.mark.slow("a process for each operation")
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO], ids=errno.errorcode.get)
@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_a_failing_operation_is_one_message_and_leaves_what_was_there(task: Task, error: int, work) -> None:
    number = operations(work(), task.line)
    for at in range(1, number + 1):
        folder = work()
        before = snapshot(folder)
        done = do(folder, task.line, faults.failing(at, error, for_ever=error == errno.ENOSPC))
        assert done.code == 0 or one_message(done), (at, done)
        if done.code:
            assert snapshot(folder) == before, (at, done.err)
        else:
            assert left(folder) == [], (at, done.err)


def with_limit(what: int, value: int) -> None:
    """Lower a limit of this process."""
    resource.setrlimit(what, (value, value))


@pytest.mark.slow("a process for each limit")
@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_a_file_size_limit_is_one_message_and_leaves_what_was_there(task: Task, work) -> None:
    for limit in (0, 1, 30, 100, 1000, 4000, 5000, 9000):
        folder = work()
        before = snapshot(folder)
        done = do(folder, task.line, partial(with_limit, resource.RLIMIT_FSIZE, limit))
        assert done.code == 0 or (one_message(done) and snapshot(folder) == before), (limit, done)
        assert left(folder) == [], limit


# a training ---------------------------------------------------------------------------------------------------


def train(folder: Path, line: str, prepare: Callable[[], object] | None = None) -> Outcome:
    """What becomes of the training ``line`` in ``folder``, whose clocks stand still: it writes the same each time."""

    def prepared() -> None:
        faults.clocks(lambda _: 0.0)
        if prepare is not None:
            prepare()

    return do(folder, line, prepared)


def fingerprint(folder: Path) -> str:
    """Of all that is below ``folder``, but for dates and names by chance."""
    found = sorted((os.fsencode(path), mode, held) for path, (mode, held) in snapshot(folder).items())
    parts = [(BY_CHANCE.sub(b"", path), mode, held) for path, mode, held in found]
    parts = [(*part, BY_CHANCE.sub(b"", held) if isinstance(held, bytes) else held) for *part, held in parts]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


class Going:
    """Sees that a training goes on, from whatever was left of it.

    What a command does depends on what is in the folder: where that was seen to go on, it is not tried again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wholes: dict[str, dict[str, bytes]] = {}
        self._gone: set[tuple[str, str]] = set()

    def whole(self, line: str) -> dict[str, bytes]:
        """The files of a run that nothing came between."""
        if line not in self._wholes:
            folder = _empty(self._folder / str(len(self._wholes)))
            done = train(folder, line)
            assert done.code == 0, done.err
            assert left(folder) == []
            run = folder / "runs" / "colors-001"
            self._wholes[line] = {name: (run / name).read_bytes() for name in ("model.safetensors", "history.csv")}
        return self._wholes[line]

    def on(self, folder: Path, line: str, where: object) -> None:
        """See that the run in ``folder`` is whole, or is, once it went on; that nothing is left of what was cut off."""
        state = (line, fingerprint(folder))
        if state in self._gone:
            return
        run = folder / "runs" / "colors-001"
        if not (run / "config.json").exists():  # it had not begun
            assert not (run / "model.safetensors").exists(), where
            again = do(folder, line)
            assert again.code == 0, (where, again.err)
            run = sorted((folder / "runs").iterdir())[-1]
        else:
            again = do(folder, "train --resume colors-001 --quiet --save-every 0")
            assert again.code == 0 or "is complete" in again.err, (where, again.err)
        for name, held in self.whole(line).items():
            assert (run / name).read_bytes() == held, (where, name)
        assert json.loads((run / "config.json").read_text())["stopped"] is False
        assert not (run / "checkpoint.safetensors").exists(), where
        assert left(folder) == [], where
        assert do(folder, "show latest").code == 0, where
        self._gone.add(state)


@pytest.fixture(scope="module")
def going(start: Path, tmp_path_factory: pytest.TempPathFactory) -> Going:
    """What every training of this file goes on with."""
    return Going(tmp_path_factory.mktemp("whole"))


def test_what_is_left_is_told_apart_by_all_but_dates_and_chance(tmp_path) -> None:
    def left_with(name: str, text: str, mode: int = 0o644) -> str:
        folder = _empty(tmp_path / str(len(list(tmp_path.iterdir()))))
        (folder / name).write_text(text)
        (folder / name).chmod(mode)
        return fingerprint(folder)

    chance, other = ".glassnet-4b43200e633b24ff.tmp", ".glassnet-0123456789abcdef.tmp"
    assert left_with(chance, "at 2026-01-02T03:04:05") == left_with(other, "at 2027-06-07T08:09:10")
    assert len({left_with("a", "x"), left_with("b", "x"), left_with("a", "y"), left_with("a", "x", 0o600)}) == 4


@pytest.mark.slow("a process for each operation")
def test_a_training_that_is_killed_at_any_operation_goes_on_to_the_same_bytes(going: Going, tmp_path) -> None:
    number = operations(_empty(tmp_path / "0"), TRAINING)
    for at in range(1, number + 1):
        folder = _empty(tmp_path / str(at))
        assert train(folder, TRAINING, faults.killed(at)).signal == signal.SIGKILL
        going.on(folder, TRAINING, at)


@pytest.mark.slow("a process for each operation")
def test_a_resumed_training_that_is_killed_at_any_operation_goes_on_to_the_same_bytes(going: Going, tmp_path) -> None:
    resume = "train --resume colors-001 --quiet --save-every 0"
    middle = _empty(tmp_path / "middle")
    number = operations(_empty(tmp_path / "0"), TRAINING)
    train(middle, TRAINING, faults.killed(number // 2))
    number = operations(Path(shutil.copytree(middle, tmp_path / "counted")), resume)
    for at in range(1, number + 1):
        folder = Path(shutil.copytree(middle, tmp_path / str(at)))
        assert train(folder, resume, faults.killed(at)).signal == signal.SIGKILL
        going.on(folder, TRAINING, at)


@pytest.mark.slow("a process for each operation")
@pytest.mark.parametrize("signals", [*((one,) for one in HARD), (signal.SIGINT, signal.SIGINT), (signal.SIGTERM,) * 2])
def test_a_training_that_is_told_to_end_saves_what_it_has_and_goes_on(signals, going: Going, tmp_path) -> None:
    number = operations(_empty(tmp_path / "0"), STEPWISE)
    for at in range(1, number + 1, 1 if len(signals) == 1 else 3):
        folder = _empty(tmp_path / str(at))
        done = train(folder, STEPWISE, faults.signalled(at, *signals))
        assert not done.signal, (at, done)
        assert "Traceback" not in done.err, (at, done.err)
        assert done.code in (0, 130, 128 + signals[0]), (at, done)
        assert left(folder) == [], (at, done)
        if (folder / "runs" / "colors-001").exists():
            going.on(folder, STEPWISE, at)
        else:  # what had no complete epoch leaves no folder
            assert done.code != 0, (at, done)


@pytest.mark.slow("a process for each operation")
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EIO], ids=errno.errorcode.get)
@pytest.mark.parametrize("for_ever", [True, False], ids=["for ever", "once"])
def test_a_training_on_a_disk_that_fails_is_one_message_and_goes_on(error, for_ever, going: Going, tmp_path) -> None:
    number = operations(_empty(tmp_path / "0"), STEPWISE)
    for at in range(1, number + 1):
        folder = _empty(tmp_path / str(at))
        done = train(folder, STEPWISE, faults.failing(at, error, for_ever=for_ever))
        assert done.code == 0 or one_message(done), (at, done)
        if (folder / "runs" / "colors-001" / "config.json").exists():
            going.on(folder, STEPWISE, at)
        elif error == errno.ENOSPC or not for_ever:  # a disk that cannot be written to keeps an empty folder
            assert left(folder) == [], (at, done)


@pytest.mark.slow("a process for each limit")
def test_a_training_under_a_file_size_limit_is_one_message_and_goes_on(going: Going, tmp_path) -> None:
    for limit in (0, 1, 500, 1000, 2000, 4000, 8000, 20_000):
        folder = _empty(tmp_path / str(limit))
        done = train(folder, STEPWISE, partial(with_limit, resource.RLIMIT_FSIZE, limit))
        assert done.code == 0 or one_message(done), (limit, done)
        assert left(folder) == [], limit
        if (folder / "runs" / "colors-001" / "config.json").exists():
            going.on(folder, STEPWISE, limit)


@pytest.mark.slow("a process for each limit")
def test_a_training_with_too_little_memory_is_one_message_and_loses_nothing(start, work) -> None:
    pages = os.sysconf("SC_PAGE_SIZE")
    for megabytes in (1, 4, 16, 64, 256):

        def limited(megabytes: int = megabytes) -> None:
            there = int(Path("/proc/self/statm").read_text().split()[0]) * pages
            with_limit(resource.RLIMIT_AS, there + megabytes * 2**20)

        folder = work()
        before = snapshot(folder)
        line = "train colors --epochs 1 --hidden 3000,300 --batch-size 500 --quiet"
        done = attempt(partial(_limited_then, limited, line), folder)
        assert done.code == 0 or one_message(done), (megabytes, done)
        if done.code:
            assert snapshot(folder) == before, megabytes


def _limited_then(limit: Callable[[], None], line: str) -> None:
    limit()
    run_told(Command(tuple(line.split())))


def _empty(folder: Path) -> Path:
    folder.mkdir()
    return folder
