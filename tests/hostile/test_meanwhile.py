"""What is read or written is taken away or changed while a command runs, and clocks are set back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.hostile import faults, good
from tests.hostile.test_faults import do, left, one_message, operations
from tests.hostile.verdict import snapshot

pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A table, and runs on it."""
    good.preload()
    folder = tmp_path_factory.mktemp("start")
    good.table(folder)
    return folder


def emptied(path: Path) -> None:
    """Nothing is in it any more."""
    path.write_bytes(b"")


def exchanged(path: Path) -> None:
    """Another file has its name."""
    path.unlink()
    path.write_text("a,b\n1,2\n" * 30)


def a_folder(path: Path) -> None:
    """A folder has its name."""
    path.unlink()
    path.mkdir()


ACTS: dict[str, Callable[[Path], object]] = {
    "removed": Path.unlink, "emptied": emptied, "exchanged": exchanged, "a folder": a_folder,
}  # fmt: skip
LINES = {
    "train": ("train houses.csv --target size --epochs 1 --hidden 8,4 --quiet", "houses.csv"),
    "evaluate": ("evaluate houses-001", "houses.csv"),
    "predict": ("predict houses-001 houses.csv --out p.csv", "houses.csv"),
    "export": ("export houses-001 -o m.py", "runs/houses-001/model.safetensors"),
    "show": ("show houses-001", "runs/houses-001/config.json"),
}


@pytest.mark.slow("a process for each operation")
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
@pytest.mark.parametrize("command", LINES)
def test_a_file_that_is_changed_meanwhile_is_one_message_or_makes_no_difference(command, act, start, tmp_path) -> None:
    line, file = LINES[command]
    number = min(12, operations(Path(shutil.copytree(start, tmp_path / "0")), line))
    for at in range(1, number + 1):
        folder = Path(shutil.copytree(start, tmp_path / str(at)))
        before = snapshot(folder)
        done = do(folder, line, faults.meeting(at, partial(act, folder / file)))
        assert done.code == 0 or one_message(done), (at, done)
        assert left(folder) == [], (at, done)
        changed = {path for path, held in snapshot(folder).items() if before.get(path) != held}
        if done.code:
            assert all(path.startswith(file) for path in changed), (at, changed)


CLOCKS: dict[str, Callable[[int], float]] = {
    "set back": lambda number: 1e9 - 1000.0 * number,
    "jumping": lambda number: 1e9 + (-1) ** number * 1e8,
    "standing": lambda number: 1e9,
    "before 1970": lambda number: -1e9 + number,
    "after 2100": lambda number: 5e9 + number,
}


@pytest.mark.slow("trains")
def test_no_clock_changes_what_is_learned(tmp_path) -> None:
    good.preload()
    line = "train colors --epochs 2 --hidden 8,4 --save-every 0.5 --quiet"
    learned = set()
    for number, clock in enumerate([None, *CLOCKS.values()]):
        folder = tmp_path / str(number)
        folder.mkdir()
        done = do(folder, line, None if clock is None else partial(faults.clocks, clock))
        assert done.code == 0, done.err
        run = folder / "runs" / "colors-001"
        assert json.loads((run / "config.json").read_text())["seconds"] >= 0, clock
        assert left(folder) == []
        learned.add((run / "model.safetensors").read_bytes() + (run / "history.csv").read_bytes())
    assert len(learned) == 1


@pytest.mark.slow("measures a processor")
@pytest.mark.parametrize("clock", [name for name in CLOCKS if name != "standing"])
def test_info_ends_whatever_the_clock_says(clock: str, tmp_path) -> None:
    done = do(tmp_path, "info", partial(faults.clocks, CLOCKS[clock]))
    assert done.code == 0, done
    assert "nan" not in done.out
