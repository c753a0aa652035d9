"""How things move, as colours."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, as_array, wrap

# Around the circle of colours: how many steps each of the six parts has, and the channels that rise or fall in it.
_PARTS = ((15, 0, 1, True), (6, 1, 0, False), (4, 1, 2, True), (11, 2, 1, False), (13, 2, 0, True), (6, 0, 2, False))


def flow_to_image(flow: Tensor) -> Tensor:
    """Flows [2, height, width], or several [n, 2, …], to the right and down in pixels, as pictures of bytes.

    The hue says where to, the strength how far, by the share of the farthest. Source: Baker et al., "A Database and
    Evaluation Methodology for Optical Flow", 2011.

    >>> from glassnet.vision.utils import flow_to_image
    >>> flow_to_image(glassnet.tensor([[[0.0, 1.0]], [[0.0, 0.0]]])).permute(1, 2, 0).tolist()
    [[[255, 255, 255], [255, 0, 0]]]
    """
    ways = as_array(flow)
    if ways.dtype.kind != "f":
        raise ValueError(f"flow_to_image: expected floating numbers, got {ways.dtype}")
    flat = ways[None] if ways.ndim == 3 else ways
    if flat.ndim != 4 or flat.shape[1] != 2:
        raise ShapeError(
            f"flow_to_image: expected [2, height, width] or [n, 2, height, width], got {written(ways.shape)}"
        )
    lengths = np.sqrt((flat**2).sum(1))
    scaled = flat / (lengths.max() + np.finfo(flat.dtype).eps)
    strength, wheel = np.sqrt((scaled**2).sum(1)), _wheel()
    place = (np.arctan2(-scaled[:, 1], -scaled[:, 0]) / np.pi + 1) / 2 * (len(wheel) - 1)
    before = np.floor(place).astype(int)
    share = (place - before)[..., None]
    colour = (1 - share) * wheel[before] + share * wheel[(before + 1) % len(wheel)]
    picture = np.floor(255 * (1 - strength[..., None] * (1 - colour))).astype(np.uint8).transpose(0, 3, 1, 2)
    return wrap(np.ascontiguousarray(picture[0] if ways.ndim == 3 else picture))


def _wheel() -> Array:
    """The colours around the circle, [55, 3] from 0 to 1."""
    parts: list[Any] = []
    for steps, full, other, rises in _PARTS:
        part = np.zeros((steps, 3))
        part[:, full] = 255
        along = np.floor(255 * np.arange(steps) / steps)
        part[:, other] = along if rises else 255 - along
        parts.append(part)
    return np.asarray(np.concatenate(parts) / 255)
