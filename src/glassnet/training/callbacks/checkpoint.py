"""Checkpoint: a file from which a run that was cut off goes on, bit for bit."""

from __future__ import annotations

import time
from os import PathLike
from pathlib import Path
from typing import ClassVar

from glassnet.files import sweep
from glassnet.serialization import save
from glassnet.training.callbacks.callback import Callback, RunningTrainer
from glassnet.training.errors import TrainingError


class Checkpoint(Callback):
    """Saves ``trainer.state_dict()`` in the file at ``path`` whenever ``every`` seconds have passed.

    The time is checked after each batch; with 0 seconds every batch is saved. When it is saved does not change
    the run. The file is complete or absent, whenever the process ends: it is written beside, flushed and renamed.
    To go on, make the trainer as before, load the file and fit the same data. Raises OSError where the file
    cannot be written; then the last one is unchanged.

    >>> from glassnet.training import Checkpoint, Trainer
    >>> def prepared():
    ...     glassnet.manual_seed(0)
    ...     model = nn.Linear(1, 1)
    ...     optimizer = optim.SGD(model.parameters(), lr=0.1)
    ...     return Trainer(model, nn.MSELoss(), optimizer, callbacks=Checkpoint("run.safetensors", every=0))
    >>> x = glassnet.tensor([[0.0], [1.0], [2.0]])
    >>> whole = prepared().fit((x, 3 * x), epochs=4)
    >>> history = prepared().fit((x, 3 * x), epochs=2)  # cut off here
    >>> resumed = prepared()
    >>> resumed.load_state_dict(glassnet.load("run.safetensors"))
    >>> resumed.fit((x, 3 * x), epochs=4) == whole
    True
    """

    is_last: ClassVar[bool] = True

    def __init__(self, path: str | PathLike[str], every: float = 10.0) -> None:
        if isinstance(every, bool) or not isinstance(every, int | float) or not every >= 0:
            raise TrainingError(f"Checkpoint: expected every as seconds, 0 or more, got {every!r}")
        self.path = Path(path)
        self.every = every
        self._written = time.monotonic()

    def on_fit_start(self, trainer: RunningTrainer) -> None:
        """Make the folder, and begin to count the seconds."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        sweep(self.path.parent)
        self._written = time.monotonic()

    def on_batch_end(self, trainer: RunningTrainer) -> None:
        """Write the file if it is time."""
        if time.monotonic() - self._written >= self.every:
            self.write(trainer)

    def on_epoch_end(self, trainer: RunningTrainer) -> None:
        """Write the file if it is time."""
        self.on_batch_end(trainer)

    def on_exception(self, trainer: RunningTrainer, error: BaseException) -> None:
        """After Ctrl-C, write where the run stands now."""
        if isinstance(error, KeyboardInterrupt):
            self.write(trainer)

    def write(self, trainer: RunningTrainer) -> None:
        """Write the file."""
        save(trainer.state_dict(), self.path)
        self._written = time.monotonic()
