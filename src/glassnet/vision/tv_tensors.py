"""Tensors that say what they are: pictures, masks, boxes, key points; transforms of v2 treat each as it has to be."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, as_array
from glassnet.vision.transforms.images import array_of, is_pil

__all__ = ["BoundingBoxFormat", "BoundingBoxes", "Image", "KeyPoints", "Mask", "TVTensor", "Video", "wrap"]


class TVTensor(Tensor):
    """The base of tensors that say what they are. What is computed from one is a plain tensor.

    >>> from glassnet.vision import tv_tensors
    >>> isinstance(tv_tensors.Mask(glassnet.zeros(2, 4, 4)), tv_tensors.TVTensor)
    True
    """

    def __init__(self, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> None:
        array = array_of(data) if is_pil(data) else as_array(data)
        if is_pil(data):
            array = array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
        self.array = np.ascontiguousarray(array if dtype is None else array.astype(dtype))
        self.requires_grad = requires_grad

    def __repr__(self) -> str:
        return super().__repr__().replace("tensor(", f"{type(self).__name__}(", 1)


class Image(TVTensor):
    """A picture [..., channels, height, width], or a PIL image.

    >>> from glassnet.vision import tv_tensors
    >>> tv_tensors.Image(glassnet.zeros(4, 5)).shape
    (1, 4, 5)
    """

    def __init__(self, data: Any, **options: Any) -> None:
        super().__init__(data, **options)
        if self.array.ndim < 2:
            raise ShapeError(f"Image: expected [..., channels, height, width], got {written(self.array.shape)}")
        self.array = self.array[None] if self.array.ndim == 2 else self.array


class Video(TVTensor):
    """A video [..., frames, channels, height, width].

    >>> from glassnet.vision import tv_tensors
    >>> tv_tensors.Video(glassnet.zeros(2, 3, 4, 5)).shape
    (2, 3, 4, 5)
    """


class Mask(TVTensor):
    """Masks [..., height, width] of a picture: classes of pixels, or one mask for each thing.

    >>> from glassnet.vision import tv_tensors
    >>> tv_tensors.Mask(glassnet.zeros(2, 4, 5)).shape
    (2, 4, 5)
    """


class BoundingBoxFormat(Enum):
    """What the four numbers of a box are: two corners, a corner and two sides, a centre and two sides.

    >>> from glassnet.vision import tv_tensors
    >>> tv_tensors.BoundingBoxFormat["XYWH"]
    <BoundingBoxFormat.XYWH: 'XYWH'>
    """

    XYXY = "XYXY"
    XYWH = "XYWH"
    CXCYWH = "CXCYWH"


class _OnCanvas(TVTensor):
    canvas_size: tuple[int, int]


class BoundingBoxes(_OnCanvas):
    """Boxes [n, 4] of a picture of ``canvas_size`` (height, width), in a ``format``.

    >>> from glassnet.vision import tv_tensors
    >>> boxes = tv_tensors.BoundingBoxes([[1.0, 2.0, 3.0, 4.0]], format="XYXY", canvas_size=(8, 9))
    >>> boxes.shape, boxes.canvas_size, boxes.format.name
    ((1, 4), (8, 9), 'XYXY')
    """

    def __init__(
        self, data: Any, *, format: BoundingBoxFormat | str, canvas_size: Any, clamping_mode: Any = "soft",
        **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(data, **options)
        if self.array.ndim == 1:
            self.array = self.array.reshape(-1, 4)
        if self.array.shape[-1] != 4:
            raise ShapeError(f"BoundingBoxes: expected [n, 4], got {written(self.array.shape)}")
        if isinstance(format, str) and format.upper() not in BoundingBoxFormat.__members__:
            raise ValueError(f"BoundingBoxes: expected format XYXY, XYWH or CXCYWH, got {format!r:.40}")
        self.format = BoundingBoxFormat[format.upper()] if isinstance(format, str) else format
        self.canvas_size = (int(canvas_size[0]), int(canvas_size[1]))
        self.clamping_mode = clamping_mode


class KeyPoints(_OnCanvas):
    """Points [..., 2], x and y, of a picture of ``canvas_size`` (height, width).

    >>> from glassnet.vision import tv_tensors
    >>> tv_tensors.KeyPoints([[1.0, 2.0]], canvas_size=(8, 9)).canvas_size
    (8, 9)
    """

    def __init__(self, data: Any, *, canvas_size: Any, **options: Any) -> None:
        super().__init__(data, **options)
        if self.array.shape[-1:] != (2,):
            raise ShapeError(f"KeyPoints: expected [..., 2], got {written(self.array.shape)}")
        self.canvas_size = (int(canvas_size[0]), int(canvas_size[1]))


def wrap(wrappee: Tensor, *, like: Any, **changed: Any) -> Any:
    """A tensor as one of the kind of ``like``, with its format and canvas, but for what is ``changed``.

    >>> from glassnet.vision import tv_tensors
    >>> boxes = tv_tensors.BoundingBoxes([[1, 2, 3, 4]], format="XYXY", canvas_size=(8, 9))
    >>> tv_tensors.wrap(boxes * 2, like=boxes, canvas_size=(16, 18)).canvas_size
    (16, 18)
    """
    if not isinstance(like, TVTensor):
        return wrappee
    of = {name: getattr(like, name) for name in ("format", "canvas_size", "clamping_mode") if hasattr(like, name)}
    return type(like)(wrappee, **{**of, **changed})
