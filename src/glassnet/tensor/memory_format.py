"""Memory formats: in which order the elements of a tensor lie in memory."""

from __future__ import annotations

from typing import Any

from glassnet.errors import ShapeError


class memory_format:
    """How elements lie in memory; there are those defined here, and no others.

    >>> glassnet.channels_last
    glassnet.channels_last
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"glassnet.{self.name}"


contiguous_format = memory_format("contiguous_format")  # the last dimension next to each other
preserve_format = memory_format("preserve_format")  # as in the tensor that it is made of
channels_last = memory_format("channels_last")  # of [N, C, H, W], those of one place in the image
channels_last_3d = memory_format("channels_last_3d")


def channels_last_order(wanted: Any, ndim: int) -> tuple[int, ...] | None:
    """The order of dimensions that lie in order in memory where channels come last; None where they do not.

    Raises ShapeError unless there are as many dimensions as images have, or volumes.
    """
    if wanted is not channels_last and wanted is not channels_last_3d:
        return None
    expected = 4 if wanted is channels_last else 5
    if ndim != expected:
        raise ShapeError(f"{wanted.name}: expected {expected} dimensions, [N, C, …], got {ndim}")
    return (0, *range(2, ndim), 1)
