"""TensorBoard: `SummaryWriter` writes numbers, pictures and histograms of a training as files that TensorBoard shows.

Writing needs no package; to look at what was written, ``pip install tensorboard``, ``tensorboard --logdir runs``.
"""

from __future__ import annotations

from glassnet.utils.tensorboard.writer import SummaryWriter

__all__ = ["SummaryWriter"]
