"""The check-up of a run that is about to begin on the console."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from glassnet.cli.session import Session


def show(console: Console, session: Session) -> None:
    """Examine a run before it begins, and print what was found; everything is as before afterwards."""
    from glassnet.explain.checkup import checkup  # a run without does not load it

    train, held_out = tuple(session.data.train), tuple(session.data.held_out)
    result = checkup(session.model, train, session.task.loss, session.optimizer, validation=held_out)
    console.print(Text("Check-up", "bold"))
    console.print(Padding(Text(str(result)), (1, 2)))
