"""Logs: the history of a run in a file, complete after every epoch."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import ClassVar

from glassnet.serialization import replace_file
from glassnet.training.callbacks.callback import Callback, RunningTrainer
from glassnet.training.history import History


class _HistoryFile(Callback):
    """Writes the whole history anew after each epoch: a run that was resumed leaves the same file as one that was not.

    Raises OSError where it cannot.
    """

    form: ClassVar[str]

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)

    def on_fit_start(self, trainer: RunningTrainer) -> None:
        """Make the folder."""
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def on_epoch_end(self, trainer: RunningTrainer) -> None:
        """Write the file."""
        text: str = getattr(trainer.history, self.form)()
        replace_file(self.path, text.encode())


class CSVLogger(_HistoryFile):
    """The history as CSV: a line for each epoch, under the names of the numbers."""

    form = History.to_csv.__name__


class JSONLLogger(_HistoryFile):
    """The history as JSON lines: an object for each epoch."""

    form = History.to_jsonl.__name__
