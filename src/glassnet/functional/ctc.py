"""The loss of label sequences whose times are not known: connectionist temporal classification."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from glassnet.errors import RangeError, ShapeError
from glassnet.functional.loss_checks import check_reduction, reduced, warn_if_made_by
from glassnet.ops.dtypes import int64
from glassnet.ops.layers import ctc
from glassnet.ops.shapes import written
from glassnet.ops.softmax import softmax
from glassnet.tensor import Tensor, apply, where
from glassnet.tensor.creation import arange, tensor
from glassnet.tensor.graph import labelled

__all__ = ["ctc_loss"]

Lengths = Tensor | Sequence[int] | int


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Lengths,
    target_lengths: Lengths,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """−log of the probability that the network says the target, by whichever steps: speech, handwriting.

    ``log_probs`` [T, N, C] are the log-probabilities of C labels at each of T steps, one of which, ``blank``, stands
    for none: the result of log_softmax. Their gradient is what the network says less what it should, exp(log_probs)
    less the share of each label in all that says the target: PyTorch's, whatever they are the result of.
    ``targets`` [N, S] are the labels of each sample, of which the first ``target_lengths`` [N] count, or those of all
    samples one after another, [sum of target_lengths]; of floats the whole part is taken. Of the steps the first
    ``input_lengths`` [N] count. One sample alone is [T, C], [S], [] and [].

    "mean" divides each loss by the length of its target, then takes the mean. A target that cannot be said in that
    many steps has a loss of ∞, or of 0 with ``zero_infinity``, and no gradient.

    Raises ShapeError, DtypeError, or RangeError for lengths and labels that there is no room for.

    A. Graves et al., Connectionist Temporal Classification: Labelling Unsegmented Sequence Data with Recurrent Neural
    Networks, 2006.

    >>> log_probs = glassnet.tensor([[0.5, 0.5], [0.5, 0.5]]).log()  # two steps of "none" or "a"
    >>> F.ctc_loss(log_probs, glassnet.tensor([1]), 2, 1).neg().exp()  # of aa, a_, _a and __, three say "a"
    tensor(0.7500)
    """
    check_reduction("ctc_loss", reduction)
    warn_if_made_by(
        softmax, log_probs, "ctc_loss takes log-probabilities, but this input is the result of softmax; use log_softmax"
    )
    targets = targets.long()
    alone = log_probs.ndim == 2
    if alone:
        log_probs, targets = log_probs.unsqueeze(1), targets.unsqueeze(0) if targets.ndim == 1 else targets
    if targets.ndim == 1:
        targets = _padded(targets, target_lengths)
    of_input, of_target = (_lengths(lengths, alone) for lengths in (input_lengths, target_lengths))
    ctc.ctc_loss.shape(log_probs, targets, of_input, of_target)  # whether they fit together
    losses = apply(ctc.ctc_loss, log_probs, targets, of_input, of_target, blank=blank)
    losses = labelled(losses + _of_normalization(log_probs, of_input, losses), "ctc_loss")
    if zero_infinity:
        losses = where(losses.isinf(), 0.0, losses)
    if reduction == "mean":
        losses = losses / of_target.clamp(min=1)
    return reduced(losses.squeeze(0) if alone else losses, reduction)


def _of_normalization(log_probs: Tensor, input_lengths: Tensor, losses: Tensor) -> Tensor:
    """0 for each of ``losses``, with the gradient exp(log_probs) where there is one: at the steps that count."""
    counts = arange(log_probs.shape[0]).unsqueeze(1) < input_lengths.where(losses.detach().isfinite(), 0)
    total = where(counts.unsqueeze(2), log_probs, -math.inf).exp().sum(dim=(0, 2))
    return total - total.detach()


def _lengths(lengths: Lengths, alone: bool) -> Tensor:
    found = lengths if isinstance(lengths, Tensor) else tensor(lengths, dtype=int64)
    return found.reshape(1) if alone and found.ndim == 0 else found


def _padded(targets: Tensor, lengths: Lengths) -> Tensor:
    """The labels of all samples one after another, [sum of lengths], as a row for each, filled up with any."""
    what = "ctc_loss with targets one after another"
    sizes = lengths._read(what) if isinstance(lengths, Tensor) else np.asarray(lengths, int64)
    if sizes.ndim != 1:
        raise ShapeError(f"ctc_loss: expected target_lengths of one number a sample, got shape {written(sizes.shape)}")
    if sizes.sum() != len(targets) or (sizes < 0).any():
        raise RangeError(
            f"ctc_loss: expected target_lengths whose sum is the number of targets, {len(targets)}, got "
            f"{' + '.join(map(str, sizes))} = {sizes.sum()}"
        )
    within = np.arange(sizes.max(initial=0)) < sizes[:, np.newaxis]
    places = np.cumsum(sizes)[:, np.newaxis] - sizes[:, np.newaxis] + np.arange(within.shape[1])
    return targets[np.where(within, places, 0)]
