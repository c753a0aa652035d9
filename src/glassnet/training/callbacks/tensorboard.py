"""TensorBoard: the numbers of a run as an event file for TensorBoard (see `glassnet.utils.tensorboard`)."""

from __future__ import annotations

import os
import re
from pathlib import Path

from glassnet.training.callbacks.callback import Callback, RunningTrainer
from glassnet.utils.tensorboard import summary_values
from glassnet.utils.tensorboard.event_file import EventFile


class TensorBoard(Callback):
    """Writes the numbers of each epoch into an event file in ``folder``: ``train/loss``, ``val/loss`` and so on.

    A resumed run begins a new file, which TensorBoard shows together with the others. Raises OSError where it
    cannot write.

    >>> from pathlib import Path
    >>> from glassnet.training import TensorBoard, Trainer
    >>> model = nn.Linear(1, 1)
    >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), callbacks=TensorBoard("logs"))
    >>> x = glassnet.zeros(4, 1)
    >>> history = trainer.fit((x, x), epochs=2)
    >>> b"train/loss" in next(Path("logs").iterdir()).read_bytes()
    True
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._file: EventFile | None = None

    def on_fit_start(self, trainer: RunningTrainer) -> None:
        """Begin the file."""
        self._file = EventFile(self.folder)

    def on_epoch_end(self, trainer: RunningTrainer) -> None:
        """Add the numbers of the epoch."""
        assert self._file is not None
        numbers = {name: value for name, value in trainer.result.items() if name != "epoch"}
        tags = {name: re.sub("^(train|val)_", r"\1/", name) for name in numbers}
        values = b"".join(summary_values.scalar(tags[name], value) for name, value in numbers.items())
        self._file.summary(values, trainer.epoch)

    def on_fit_end(self, trainer: RunningTrainer) -> None:
        """Close the file."""
        self._close()

    def on_exception(self, trainer: RunningTrainer, error: BaseException) -> None:
        """Close the file."""
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
