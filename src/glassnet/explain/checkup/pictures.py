"""Checks of pictures and of other inputs that are convolved: which of their dimensions are the channels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from glassnet.errors import ShapeError
from glassnet.explain.checkup.batches import parts_of
from glassnet.explain.checkup.check import Shape, Symptom, check, symptom
from glassnet.explain.checkup.observed import Observed
from glassnet.explain.checkup.step import name_of
from glassnet.ops.dtypes import Array

COLORS = 4  # channels that a picture has at most
MANY = 8  # channels that would be more than a picture has
ALIKE, UNLIKE = 0.5, 0.2  # the correlation of neighbours along a dimension that is a place, and along one that is not
MORE = 0.05  # by which numbers of one channel are more alike than those of two


@check(86, explains="step_fails cannot_overfit learning_rate_too_low")
def channels_last(run: Observed) -> Iterator[Symptom]:
    """Inputs whose channels come last, given to a convolution that takes them as the first dimension of a sample."""
    if run.traced is None:
        yield from _refused(run)
        return
    shapes = {part.shape for part in parts_of(run.first[0])}
    for value in run.traced.forward():
        if name_of(value) != "convolution" or value.operands[0].array.shape not in shapes:
            continue
        given = value.operands[0].array
        if _are_interleaved(given):
            yield _interleaved(given, value.name)
            return
        if not _are_last(given):
            continue
        yield _said(
            given,
            "neighbours along dimension 1, the channels, have a correlation of {along:.2f}, those along the last one "
            "of {across:.2f}",
            where=value.name,
            along=likeness(given, 1),
            across=likeness(given, given.ndim - 1),
        )
        return


def _refused(run: Observed) -> Iterator[Symptom]:
    """A finding where a convolution refuses inputs that would fit if their channels came first."""
    channels = [(n, m.in_channels) for n, m in run.model.named_modules() if hasattr(m, "in_channels")]
    for part in parts_of(run.first[0]):
        x = part.array
        if not channels or x.ndim < 3 or not isinstance(run.error, ShapeError):
            continue
        name, expected = channels[0]
        if x.shape[1] != expected == x.shape[-1]:
            yield _said(x, "{where} takes {channels} channels, and dimension 1 has {got}", name, expected, x.shape[1])
            return


def _said(x: Array, evidence: str, where: str, channels: int = 0, got: int = 0, **numbers: float) -> Symptom:
    order = (0, x.ndim - 1, *range(1, x.ndim - 1))
    return symptom(
        "the channels of the inputs come last, and a convolution takes them first: it goes over the wrong dimensions",
        "the inputs are {shape}, and are read as samples, channels, then places; " + evidence,
        "bring the channels to the front: x.permute{order}; not x.reshape, which would mix the places",
        where=where,
        shape=Shape(x.shape),
        order=str(order),
        channels=channels,
        got=got,
        **numbers,
    )


def _are_last(x: Array) -> bool:
    """Whether the last dimension has what channels have, and dimension 1 what places have: neighbours are alike."""
    if x.ndim < 3 or x.dtype.kind != "f" or x.shape[1] < MANY or not likeness(x, 1) > ALIKE:
        return False
    if x.ndim > 3 and x.shape[-1] <= COLORS < min(x.shape[1:-1]):
        return True
    return x.ndim == 3 and likeness(x, 2) < UNLIKE


def _are_interleaved(x: Array) -> bool:
    """Whether a row has the channels of one pixel, then those of the next: their reshape has mixed the places."""
    if x.ndim < 4 or x.dtype.kind != "f" or not 1 < x.shape[1] <= COLORS or x.shape[-1] < 2 * x.shape[1]:
        return False
    of_channel = likeness(x, x.ndim - 1, x.shape[1])
    return of_channel > ALIKE and of_channel > MORE + max(likeness(x, x.ndim - 1), likeness(x, x.ndim - 2))


def _interleaved(x: Array, where: str) -> Symptom:
    return symptom(
        "the places of the pictures are mixed: their channels came last, and reshape does not bring them to the front",
        "of {shape}, numbers {channels} apart in a row have a correlation of {apart:.2f}, neighbours of {beside:.2f}: "
        "a row has the {channels} channels of one pixel after the other",
        "bring the channels to the front by x.permute(0, 3, 1, 2), before any reshape",
        where=where,
        shape=Shape(x.shape),
        channels=x.shape[1],
        apart=likeness(x, x.ndim - 1, x.shape[1]),
        beside=likeness(x, x.ndim - 1),
    )


def likeness(x: Array, dim: int, apart: int = 1) -> float:
    """The correlation of numbers that are neighbours along a dimension, or ``apart``; 0 where there are none."""
    x = np.moveaxis(x, dim, -1).astype(np.float64)
    x = x - x.mean()
    if x.shape[-1] <= apart or not x.any():
        return 0.0
    a, b = x[..., :-apart], x[..., apart:]
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum() + 1e-300))
