"""Transforms of where things are: of a picture with its boxes, masks and key points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.random import chosen
from glassnet.vision.transforms import crops, distortions, functional, geometry, randomized, rotation
from glassnet.vision.transforms.geometry import InterpolationMode, pair
from glassnet.vision.transforms.rectangles import drawn_corner
from glassnet.vision.transforms.v2.joint import Joint, Transform, size_of
from glassnet.vision.transforms.v2.placement import Placement, scaling
from glassnet.vision.transforms.warping import affine_map

_NEAREST = InterpolationMode.NEAREST


class Geometric(Transform):
    """The base: a subclass draws the `Placement` of a sample in ``placed(height, width)``; None leaves it as it is."""

    def placed(self, height: int, width: int) -> Placement | None:
        """What becomes of a picture of this size, drawn."""
        raise NotImplementedError(f"{type(self).__name__} must define placed(self, height, width)")

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """One placement for all parts."""
        return {"placement": self.placed(*size_of(flat_inputs)) if flat_inputs else None}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """A part, placed."""
        placement = params["placement"]
        return inpt if placement is None else placement(inpt)


class _OfPictures(Joint):
    """`Geometric`, where there is a transform of pictures: a picture by itself goes to that."""

    placed: Any
    make_params = Geometric.make_params
    transform = Geometric.transform


def _resized(size: tuple[int, int], old: tuple[int, int], mode: Any, antialias: Any = True) -> Placement:
    def change(picture: Any, is_mask: bool) -> Any:
        return functional.resize(picture, size, _NEAREST if is_mask else mode, None, antialias)

    return Placement(change, scaling(size[1] / old[1], size[0] / old[0]), size)


def cropped(top: int, left: int, height: int, width: int) -> Placement:
    """The part of a picture that begins at (top, left)."""
    return Placement(
        lambda picture, _: functional.crop(picture, top, left, height, width), scaling(1, 1, -left, -top),
        (height, width),
    )  # fmt: skip


def _then(first: Placement, second: Placement) -> Placement:
    """One after the other."""
    whole = np.vstack([second.matrix, [0, 0, 1]]) @ np.vstack([first.matrix, [0, 0, 1]])
    return Placement(
        lambda picture, is_mask: second.change(first.change(picture, is_mask), is_mask), whole[:2], second.size
    )


class RandomHorizontalFlip(_OfPictures, randomized.RandomHorizontalFlip):
    """Mirrors samples, left for right, with probability ``p``.

    >>> from glassnet.vision import tv_tensors
    >>> from glassnet.vision.transforms import v2
    >>> boxes = tv_tensors.BoundingBoxes([[1, 2, 3, 4]], format="XYXY", canvas_size=(8, 10))
    >>> v2.RandomHorizontalFlip(p=1.0)(glassnet.zeros(3, 8, 10), {"boxes": boxes})[1]["boxes"].tolist()
    [[7, 2, 9, 4]]
    """

    def placed(self, height: int, width: int) -> Placement | None:
        """Mirrored or not."""
        if float(chosen(None).random()) >= self.p:
            return None
        return Placement(lambda x, _: functional.hflip(x), scaling(-1, 1, width), (height, width), turns_pixels=True)


class RandomVerticalFlip(_OfPictures, randomized.RandomVerticalFlip):
    """Mirrors samples, top for bottom, with probability ``p``.

    >>> from glassnet.vision.transforms import v2
    >>> v2.RandomVerticalFlip(p=1.0)(np.array([[1], [2]], np.uint8)).tolist()
    [[2], [1]]
    """

    def placed(self, height: int, width: int) -> Placement | None:
        """Mirrored or not."""
        if float(chosen(None).random()) >= self.p:
            return None
        change = scaling(1, -1, 0, height)
        return Placement(lambda x, _: functional.vflip(x), change, (height, width), turns_pixels=True)


class Resize(_OfPictures, geometry.Resize):
    """`Resize` of samples.

    >>> from glassnet.vision import tv_tensors
    >>> from glassnet.vision.transforms import v2
    >>> boxes = tv_tensors.BoundingBoxes([[1.0, 2.0, 3.0, 4.0]], format="XYXY", canvas_size=(8, 10))
    >>> v2.Resize((16, 20))(boxes).tolist()
    [[2.0, 4.0, 6.0, 8.0]]
    """

    def shown(self) -> dict[str, Any]:
        """Its size as a list."""
        return super().shown() | {"size": list(self.size) if isinstance(self.size, Sequence) else [self.size]}

    def placed(self, height: int, width: int) -> Placement | None:
        """Of the new size."""
        return _resized(self._sides or self._kept(height, width), (height, width), self.interpolation, self.antialias)


class CenterCrop(_OfPictures, geometry.CenterCrop):
    """`CenterCrop` of samples.

    >>> from glassnet.vision.transforms import v2
    >>> v2.CenterCrop(2)(glassnet.zeros(3, 8, 10)).shape
    (3, 2, 2)
    """

    def placed(self, height: int, width: int) -> Placement | None:
        """The middle."""
        tall, wide = self._sides
        more, wider = max(tall - height, 0), max(wide - width, 0)
        top, left = round((height + more - tall) / 2) - more // 2, round((width + wider - wide) / 2) - wider // 2
        return cropped(top, left, tall, wide)


class Pad(_OfPictures, geometry.Pad):
    """`Pad` of samples.

    >>> from glassnet.vision.transforms import v2
    >>> v2.Pad(1)(glassnet.zeros(3, 8, 10)).shape
    (3, 10, 12)
    """

    def placed(self, height: int, width: int) -> Placement | None:
        """With the border, which is 0 in masks."""
        left, top, right, bottom = self._border

        def change(picture: Any, is_mask: bool) -> Any:
            return functional.pad(picture, self._border, 0 if is_mask else self.fill, self.padding_mode)

        return Placement(change, scaling(1, 1, left, top), (top + height + bottom, left + width + right))


class RandomCrop(_OfPictures, randomized.RandomCrop):
    """`RandomCrop` of samples.

    >>> from glassnet.vision.transforms import v2
    >>> v2.RandomCrop(4, padding=1)(glassnet.zeros(3, 8, 10)).shape
    (3, 4, 4)
    """

    def placed(self, height: int, width: int) -> Placement | None:
        """With the border, then a part."""
        tall, wide = self._sides
        left, top, right, bottom = self._border
        if self.pad_if_needed:
            more, wider = max(tall - height - top - bottom, 0), max(wide - width - left - right, 0)
            left, top, right, bottom = left + wider, top + more, right + wider, bottom + more
        around = Pad((left, top, right, bottom), self.fill, self.padding_mode).placed(height, width)
        if around is None or around.size[0] < tall or around.size[1] < wide:
            raise ValueError(f"RandomCrop: a part of {tall} × {wide} is larger than the picture, {height} × {width}")
        return _then(around, cropped(*drawn_corner(around.size[0] - tall, around.size[1] - wide), tall, wide))


class RandomResizedCrop(_OfPictures, crops.RandomResizedCrop):
    """`RandomResizedCrop` of samples.

    >>> from glassnet.vision.transforms import v2
    >>> v2.RandomResizedCrop(4)(glassnet.zeros(3, 8, 10)).shape
    (3, 4, 4)
    """

    shown = Transform.shown  # with all digits

    def placed(self, height: int, width: int) -> Placement | None:
        """A part, of the new size."""
        top, left, tall, wide = self._place(height, width)
        size = pair("RandomResizedCrop: size", self.size)
        return _then(cropped(top, left, tall, wide), _resized(size, (tall, wide), self.interpolation, self.antialias))


class RandomRotation(_OfPictures, rotation.RandomRotation):
    """`RandomRotation` of samples.

    >>> from glassnet.vision import tv_tensors
    >>> from glassnet.vision.transforms import v2
    >>> boxes = tv_tensors.BoundingBoxes([[1, 2, 3, 4]], format="XYXY", canvas_size=(10, 10))
    >>> v2.RandomRotation((90, 90))(boxes).tolist()
    [[2, 7, 4, 9]]
    """

    def placed(self, height: int, width: int) -> Placement | None:
        """Turned by one angle."""
        angle = float(chosen(None).numpy.uniform(*self._range))
        about = self.center or (width / 2, height / 2)
        sine, cosine = math.sin(math.radians(angle)), math.cos(math.radians(angle))
        turn = np.array([[cosine, sine], [-sine, cosine]])
        at = np.asarray(about) - turn @ np.asarray(about)
        size = (height, width)
        if self.expand:
            turned = np.deg2rad(np.full((1, 1, 1), angle))
            size = self._size(turned, size)
            at += (np.array([size[1], size[0]]) - [width, height]) / 2

        def change(picture: Any, is_mask: bool) -> Any:
            mode = _NEAREST if is_mask else self.interpolation
            return functional.rotate(picture, angle, mode, self.expand, self.center, 0 if is_mask else self.fill)

        return Placement(change, np.column_stack([turn, at]), size)


class RandomAffine(_OfPictures, distortions.RandomAffine):
    """`RandomAffine` of samples.

    >>> from glassnet.vision import tv_tensors
    >>> from glassnet.vision.transforms import v2
    >>> points = tv_tensors.KeyPoints([[5.0, 5.0], [6.0, 5.0]], canvas_size=(10, 10))
    >>> v2.RandomAffine(0, scale=(2.0, 2.0))(points).tolist()
    [[5.0, 5.0], [7.0, 5.0]]
    """

    def placed(self, height: int, width: int) -> Placement | None:
        """By numbers drawn once."""
        return affine_placement((height, width), self.drawn(height, width), self.interpolation, self.fill, self.center)


def affine_placement(
    size: tuple[int, int], numbers: tuple[float, list[Any], float, list[float]], interpolation: Any, fill: Any,
    center: Sequence[float] | None,
) -> Placement:  # fmt: skip
    """A picture of ``size`` turned clockwise, moved, scaled and sheared by ``numbers``."""
    angle, moves, larger, leans = numbers
    whole = affine_map(angle, larger, leans)
    about = np.asarray(center or (size[1] / 2, size[0] / 2))

    def change(picture: Any, is_mask: bool) -> Any:
        mode, outside = (_NEAREST, 0) if is_mask else (interpolation, fill)
        return functional.affine(picture, angle, moves, larger, leans, mode, outside, center)

    return Placement(change, np.column_stack([whole, about + moves - whole @ about]), size)


class RandomZoomOut(Geometric):
    """Puts a sample somewhere on a larger canvas of ``fill``, with probability ``p`` (Liu et al., "SSD", 2015).

    >>> from glassnet.vision.transforms import v2
    >>> v2.RandomZoomOut(side_range=(2.0, 2.0), p=1.0)(glassnet.zeros(3, 8, 10)).shape
    (3, 16, 20)
    """

    def __init__(self, fill: Any = 0, side_range: Sequence[float] = (1.0, 4.0), p: float = 0.5) -> None:
        if not 1 <= side_range[0] <= side_range[1]:
            raise ValueError(f"RandomZoomOut: side_range must be (least, most), from 1, got {tuple(side_range)}")
        self.fill, self.side_range, self.p = fill, side_range, p

    def placed(self, height: int, width: int) -> Placement | None:
        """A border on each side."""
        generator = chosen(None)
        if float(generator.random()) >= self.p:
            return None
        least, most = self.side_range
        share, right, down = generator.random(3)
        larger = least + float(share) * (most - least)
        tall, wide = int(height * larger), int(width * larger)
        left, top = int((wide - width) * float(right)), int((tall - height) * float(down))
        return Pad((left, top, wide - left - width, tall - top - height), self.fill).placed(height, width)


class RandomShortestSize(Geometric):
    """Resizes samples so that the shorter side is one of ``min_size``, the longer at most ``max_size``.

    >>> from glassnet.vision.transforms import v2
    >>> v2.RandomShortestSize([16])(glassnet.zeros(3, 8, 10)).shape
    (3, 16, 20)
    """

    def __init__(
        self, min_size: int | Sequence[int], max_size: int | None = None,
        interpolation: InterpolationMode = InterpolationMode.BILINEAR, antialias: bool | None = True,
    ) -> None:  # fmt: skip
        self.min_size = [min_size] if isinstance(min_size, int) else list(min_size)
        self.max_size, self.interpolation, self.antialias = max_size, interpolation, antialias

    def placed(self, height: int, width: int) -> Placement | None:
        """Of a size that was drawn."""
        scale = self.min_size[int(chosen(None).integers(len(self.min_size)))] / min(height, width)
        if self.max_size is not None:
            scale = min(scale, self.max_size / max(height, width))
        size = int(height * scale), int(width * scale)
        return _resized(size, (height, width), self.interpolation, self.antialias)


class ScaleJitter(Geometric):
    """Resizes samples to a random share of ``target_size``, from ``scale_range`` (Ghiasi et al., 2020).

    >>> from glassnet.vision.transforms import v2
    >>> v2.ScaleJitter((16, 20), (1.0, 1.0))(glassnet.zeros(3, 8, 10)).shape
    (3, 16, 20)
    """

    def __init__(
        self, target_size: tuple[int, int], scale_range: Sequence[float] = (0.1, 2.0),
        interpolation: InterpolationMode = InterpolationMode.BILINEAR, antialias: bool | None = True,
    ) -> None:  # fmt: skip
        self.target_size, self.scale_range = target_size, scale_range
        self.interpolation, self.antialias = interpolation, antialias

    def placed(self, height: int, width: int) -> Placement | None:
        """Of a size that was drawn."""
        least, most = self.scale_range
        scale = least + float(chosen(None).random()) * (most - least)
        ratio = min(self.target_size[0] / height, self.target_size[1] / width) * scale
        size = int(height * ratio), int(width * ratio)
        return _resized(size, (height, width), self.interpolation, self.antialias)


class RandomResize(Geometric):
    """Resizes samples so that the shorter side is from ``min_size`` up to ``max_size``, which is left out.

    >>> from glassnet.vision.transforms import v2
    >>> v2.RandomResize(16, 17)(glassnet.zeros(3, 8, 10)).shape
    (3, 16, 20)
    """

    def __init__(
        self, min_size: int, max_size: int, interpolation: InterpolationMode = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:  # fmt: skip
        self.min_size, self.max_size = min_size, max_size
        self.interpolation, self.antialias = interpolation, antialias

    def placed(self, height: int, width: int) -> Placement | None:
        """Of a size that was drawn."""
        side = int(chosen(None).integers(self.min_size, self.max_size))
        return Resize(side, self.interpolation, None, self.antialias).placed(height, width)
