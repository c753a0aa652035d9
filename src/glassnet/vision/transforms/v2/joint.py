"""Transforms of whole samples: a picture with its boxes, masks and key points, in tuples, lists and dicts."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import numpy as np

from glassnet.pytree import flatten
from glassnet.tensor import Tensor
from glassnet.vision import tv_tensors
from glassnet.vision.transforms.geometry import InterpolationMode
from glassnet.vision.transforms.images import is_pil
from glassnet.vision.transforms.transform import ModuleOfFields

_SHOWN = (bool, int, float, str, tuple, list, Enum)  # what a transform says of itself when it is printed


class Transform(ModuleOfFields):
    """The base of transforms of samples: a subclass defines ``transform(inpt, params)``, called for every part.

    ``make_params(parts)`` draws what is random, once for a sample. Parts are pictures (`tv_tensors.Image`, PIL images,
    arrays), boxes, masks, key points. A plain tensor is a picture if the sample has no other, and it is the first; all
    else is left as it is.

    >>> from glassnet.vision.transforms import v2
    >>> class Negative(v2.Transform):
    ...     def transform(self, inpt, params):
    ...         return 1 - inpt
    >>> Negative()(glassnet.ones(1, 2), "label")
    (tensor([[0., 0.]]), 'label')
    """

    def forward(self, *inputs: Any) -> Any:
        """The sample changed; of several arguments, a tuple."""
        sample = inputs if len(inputs) > 1 else inputs[0]
        parts, structure = flatten(sample)
        changed = self.joint(parts)
        return structure.unflatten(changed)

    def joint(self, parts: list[Any]) -> list[Any]:
        """All parts of a sample, changed by one draw."""
        ours = pictures_and_more(parts)
        params = self.make_params([part for part, is_ours in zip(parts, ours, strict=True) if is_ours])
        return [self.transform(part, params) if is_ours else part for part, is_ours in zip(parts, ours, strict=True)]

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """What is drawn for a sample."""
        return {}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """A part of a sample, changed."""
        raise NotImplementedError(f"{type(self).__name__} must define transform(self, inpt, params)")

    def shown(self) -> dict[str, Any]:
        """What it may say of itself when it is printed: its attributes."""
        return {name: value for name, value in vars(self).items() if name[0] != "_" and name != "batched"}

    def __repr__(self) -> str:
        facts = [f"{name}={_text(value)}" for name, value in self.shown().items() if isinstance(value, _SHOWN)]
        return f"{type(self).__name__}({', '.join(facts)})"


def _text(value: Any) -> Any:
    return value.value if isinstance(value, InterpolationMode) else value


def pictures_and_more(parts: Sequence[Any]) -> list[bool]:
    """Which parts of a sample are for a transform: see `Transform`."""
    sure = [isinstance(part, tv_tensors.TVTensor) or is_pil(part) for part in parts]
    has_picture = any(is_picture(part) and is_sure for part, is_sure in zip(parts, sure, strict=True))
    plain = next((n for n, part in enumerate(parts) if type(part) is Tensor or isinstance(part, np.ndarray)), None)
    return [is_sure or (not has_picture and number == plain) for number, is_sure in enumerate(sure)]


def is_picture(part: Any) -> bool:
    """Whether a part is a picture or a video, rather than what belongs to one."""
    return isinstance(part, tv_tensors.Image | tv_tensors.Video) or not isinstance(part, tv_tensors.TVTensor)


def size_of(parts: Sequence[Any]) -> tuple[int, int]:
    """Height and width of the picture of a sample."""
    for part in parts:
        if isinstance(part, tv_tensors.BoundingBoxes | tv_tensors.KeyPoints):
            return part.canvas_size
        if is_pil(part):
            return part.height, part.width
        if isinstance(part, np.ndarray):
            return part.shape[0], part.shape[1]
        if isinstance(part, Tensor):
            return part.shape[-2], part.shape[-1]
    raise TypeError("expected a sample with a picture, boxes, masks or key points, got none of them")


class Joint(Transform):
    """Makes a transform of pictures one of samples: in a sample, pictures alone are changed by it.

    A subclass has a transform of pictures as its other base. A picture by itself, and a batch, go to that.
    """

    def forward(self, *inputs: Any) -> Any:
        """The picture, or the sample, changed."""
        if len(inputs) == 1 and (is_pil(inputs[0]) or isinstance(inputs[0], np.ndarray) or type(inputs[0]) is Tensor):
            return self.picture(inputs[0])
        return Transform.forward(self, *inputs)

    def batch(self, images: Tensor) -> Tensor:
        """All of ``images`` changed at once, each as if alone."""
        base: Any = super()
        changed: Tensor = base.batch(images)
        return changed

    def shown(self) -> dict[str, Any]:
        """Its attributes, as the transform of pictures shows them."""
        theirs = self._kind.shown(self)
        return Transform.shown(self) | {name: fact for name, fact in theirs.items() if not isinstance(fact, str)}

    def picture(self, image: Any) -> Any:
        """One picture changed."""
        return tv_tensors.wrap(self._kind.forward(self, image), like=image)

    @property
    def _kind(self) -> Any:
        """The transform of pictures that is the other base."""
        return next(base for base in type(self).__mro__ if not issubclass(base, Transform))

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Pictures changed, the rest as it is."""
        return self.picture(inpt) if is_picture(inpt) else inpt
