"""A way to run the command inside this process, in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import pytest
from typer import testing
from typer.testing import CliRunner, Result

from glassnet.cli.app import _Commands, app

Command = Callable[..., Result]


@pytest.fixture(autouse=True, scope="session")
def made_once() -> Iterator[None]:
    """Typer makes the commands from the signatures again for every call, which takes longer than most of the calls."""
    with pytest.MonkeyPatch.context() as patch:
        if hasattr(testing, "_get_command"):
            patch.setattr(testing, "_get_command", cache(testing._get_command))
        made = cache(partial(_Commands.__getitem__, _Commands()))
        patch.setattr(_Commands, "__getitem__", lambda _, name: made(name))
        yield


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """``command("train", "digits", …)`` in an empty folder; ``columns`` wide, with ``typed`` as standard input."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object, columns: int = 80, typed: str | None = None) -> Result:
        env = {"COLUMNS": str(columns), "LINES": "50", "NO_COLOR": None, "FORCE_COLOR": None, "TTY_COMPATIBLE": None}
        return CliRunner(env=env).invoke(app, [str(word) for word in words], typed, prog_name="glassnet")

    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder, of a short training."""
    runs = tmp_path_factory.mktemp("trained") / "runs"
    result = CliRunner().invoke(app, ["train", "digits", "--epochs", "3", "--out", str(runs), "--lr", "0.003"])
    assert result.exit_code == 0, result.output
    return runs / "digits-001"
