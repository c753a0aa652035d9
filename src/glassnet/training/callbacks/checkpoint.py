"""Checkpoint: a file from which a run that was cut off goes on, bit for bit."""

from __future__ import annotations

import time
from os import PathLike
from pathlib import Path
from typing import ClassVar

from glassnet.files import replace_file, sweep
from glassnet.serialization import packed
from glassnet.training.callbacks.callback import Callback, RunningTrainer
from glassnet.training.errors import TrainingError


class Checkpoint(Callback):
    """Saves ``trainer.state_dict()`` in the file at ``path`` whenever ``every`` seconds have passed.

    The time is checked after each batch, or after each of the calls that learn several; with 0 seconds every batch is
    saved. When it is saved does not change the run. The file is complete or absent, whenever the process ends: it is
    written beside, flushed and renamed.
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
    follows_links: ClassVar[bool] = True  # whether ``path`` may be a link, through which it is written

    def __init__(self, path: str | PathLike[str], every: float = 10.0) -> None:
        if isinstance(every, bool) or not isinstance(every, int | float) or not every >= 0:
            raise TrainingError(f"Checkpoint: expected every as seconds, 0 or more, got {every!r:.80}")
        self.path = Path(path)
        self.every = every
        self.every_batch = every == 0
        self.put_off()
        self._is_later = False

    def on_fit_start(self, trainer: RunningTrainer) -> None:
        """Make the folder, and begin to count the seconds."""
        self.begin()
        self.put_off()

    def begin(self) -> None:
        """Make the folder."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        sweep(self.path.parent)

    def on_batch_end(self, trainer: RunningTrainer) -> None:
        """Write the file if it is time."""
        if self.is_time():
            self.write(trainer)
            self._is_later = True

    def on_epoch_end(self, trainer: RunningTrainer) -> None:
        """Write the file if it is time."""
        self._is_later = False
        if self.is_time():
            self.write(trainer)

    def on_exception(self, trainer: RunningTrainer, error: BaseException) -> None:
        """After Ctrl-C, write where the run stands now, unless what was written is later: in the middle of an epoch."""
        if isinstance(error, KeyboardInterrupt) and not self._is_later:
            self.write(trainer)

    def write(self, trainer: RunningTrainer) -> None:
        """Write the file."""
        replace_file(self.path, *packed(trainer.state_dict()), follow=self.follows_links)
        self.put_off()

    def is_time(self) -> bool:
        """Whether the seconds have passed."""
        return time.monotonic() - self._written >= self.every

    def put_off(self) -> None:
        """Begin to count the seconds."""
        self._written = time.monotonic()
