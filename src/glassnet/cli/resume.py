"""Going on with a run that was cut off, as if it had not been."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glassnet.cli.errors import BadInput
from glassnet.cli.run import CHECKPOINT, CONFIG, MODEL, find, read_config
from glassnet.cli.session import Session
from glassnet.cli.settings import option
from glassnet.errors import GlassnetError
from glassnet.serialization import load
from glassnet.training import Trainer


def unfinished(name: str, runs: Path) -> Path:
    """The folder of the run that ``name`` means, which is not whole yet. Raises BadInput where it is."""
    path = find(name, runs, CONFIG)
    check_unfinished(path)
    return path


def check_unfinished(path: Path) -> None:
    """Raise BadInput if the run at ``path`` is whole, or there is none."""
    read_config(path)
    if (path / MODEL).exists() and not (path / CHECKPOINT).exists():
        raise BadInput(f"--resume: {path} is whole, there is nothing left to learn; see: glassnet show {path}")


def refuse(asked: Mapping[str, Any]) -> None:
    """Raise BadInput if anything is ``asked`` for beside going on."""
    given = [option(name) for name, value in asked.items() if value not in (None, False)]
    if given:
        raise BadInput(f"--resume: the run goes on as it began; leave out {', '.join(given)}")


def check_data(path: Path, session: Session) -> None:
    """Raise BadInput if the data is not what it was when the run at ``path`` began."""
    if read_config(path).get("data", {}).get("fingerprint") != session.fingerprint():
        raise BadInput(
            f"--resume: the data of {session.data.source} is not what it was when {path} began; put it back, or train "
            "again"
        )


def restore(path: Path, trainer: Trainer) -> None:
    """Put ``trainer`` where the run at ``path`` was last saved; it begins where it was not. Raises BadInput."""
    file = path / CHECKPOINT
    if not file.exists():
        return
    try:
        trainer.load_state_dict(load(file))
    except (GlassnetError, KeyError, TypeError, ValueError) as error:
        raise BadInput(f"--resume: {file} cannot be used ({error}); delete it to begin the run again") from None
