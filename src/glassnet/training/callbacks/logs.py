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
    """The history as CSV: a line for each epoch, under the names of the numbers.

    >>> from glassnet.training import CSVLogger, Trainer
    >>> model, x = nn.Linear(1, 1), glassnet.zeros(4, 1)
    >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
    >>> trainer = Trainer(model, nn.MSELoss(), optimizer, callbacks=CSVLogger("history.csv"))
    >>> history = trainer.fit((x, x), epochs=2)
    >>> from pathlib import Path
    >>> Path("history.csv").read_text().splitlines()[0]
    'epoch,train_loss,learning_rate'
    """

    form = History.to_csv.__name__


class JSONLLogger(_HistoryFile):
    """The history as JSON lines: an object for each epoch.

    >>> from glassnet.training import JSONLLogger, Trainer
    >>> model, x = nn.Linear(1, 1), glassnet.zeros(4, 1)
    >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
    >>> trainer = Trainer(model, nn.MSELoss(), optimizer, callbacks=JSONLLogger("history.jsonl"))
    >>> history = trainer.fit((x, x), epochs=2)
    >>> from pathlib import Path
    >>> len(Path("history.jsonl").read_text().splitlines())
    2
    """

    form = History.to_jsonl.__name__
