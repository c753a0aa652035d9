"""The focal loss."""

from __future__ import annotations

import glassnet.functional as F
from glassnet.tensor import Tensor


def sigmoid_focal_loss(
    inputs: Tensor, targets: Tensor, alpha: float = 0.25, gamma: float = 2, reduction: str = "none"
) -> Tensor:
    """Binary cross entropy in which what is already right counts little: (1 − p)^gamma times it, p of the right answer.

    ``inputs`` are logits, ``targets`` 0 or 1, ``alpha`` is how much the positive ones weigh, −1 for no weights.
    Source: Lin et al., "Focal Loss for Dense Object Detection", 2017.

    >>> from glassnet.vision.ops import sigmoid_focal_loss
    >>> sigmoid_focal_loss(glassnet.zeros(1), glassnet.ones(1))
    tensor([0.0433])
    """
    p = inputs.sigmoid()
    right = p * targets + (1 - p) * (1 - targets)
    loss = F.binary_cross_entropy_with_logits(inputs, targets, reduction="none") * (1 - right) ** gamma
    if alpha >= 0:
        loss = (alpha * targets + (1 - alpha) * (1 - targets)) * loss
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f'sigmoid_focal_loss: expected reduction "none", "mean" or "sum", got {reduction!r:.40}')
    whole: Tensor = {"none": lambda: loss, "mean": loss.mean, "sum": loss.sum}[reduction]()
    return whole
