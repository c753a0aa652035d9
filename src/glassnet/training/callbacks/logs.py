"""Logs: the history of a run in a file, written after every epoch."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from glassnet.files import replace_file
from glassnet.training.callbacks.callback import Callback, RunningTrainer
from glassnet.training.history import History


class _HistoryFile(Callback):
    """Writes the whole history after each epoch, so that a resumed run leaves the same file as any other.

    Raises OSError where it cannot be written.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)

    def on_fit_start(self, trainer: RunningTrainer) -> None:
        """Make the folder."""
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def on_epoch_end(self, trainer: RunningTrainer) -> None:
        """Write the file."""
        replace_file(self.path, self._text(trainer.history).encode())

    def _text(self, history: History) -> str:
        """What the file holds."""
        raise NotImplementedError


class CSVLogger(_HistoryFile):
    """The history as CSV: a line for each epoch, under the names of the numbers.

    >>> from pathlib import Path
    >>> from glassnet.training import CSVLogger, Trainer
    >>> model = nn.Linear(1, 1)
    >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), callbacks=CSVLogger("log.csv"))
    >>> x = glassnet.zeros(4, 1)
    >>> history = trainer.fit((x, x), epochs=2)
    >>> Path("log.csv").read_text() == history.to_csv()
    True
    """

    def _text(self, history: History) -> str:
        return history.to_csv()


class JSONLLogger(_HistoryFile):
    """The history as JSON lines: an object for each epoch. Numbers that are not finite are null.

    >>> from pathlib import Path
    >>> from glassnet.training import JSONLLogger, Trainer
    >>> model = nn.Linear(1, 1)
    >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), callbacks=JSONLLogger("log.json"))
    >>> x = glassnet.zeros(4, 1)
    >>> history = trainer.fit((x, x), epochs=2)
    >>> Path("log.json").read_text().count('"train_loss"')
    2
    """

    def _text(self, history: History) -> str:
        return history.to_jsonl()
