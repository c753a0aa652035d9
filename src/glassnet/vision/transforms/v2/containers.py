"""Transforms of transforms, for samples: all, some, one of several, in random order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from glassnet.nn import Module
from glassnet.vision.transforms import choices, transform
from glassnet.vision.transforms.transform import ModuleOfFields


class _OfSamples:
    """Hands samples of several arguments on, as a tuple, to the transform of one that is its other base."""

    transforms: list[Any]
    _one: ClassVar[Callable[[Any, Any], Any]]
    __call__ = Module.__call__

    def forward(self, *inputs: Any) -> Any:
        """The sample after the transforms."""
        return self._one(inputs if len(inputs) > 1 else inputs[0])

    __repr__ = Module.__repr__

    def extra_repr(self) -> str:
        """The transforms, one a line."""
        return "\n".join(f"    {each!r}" for each in self.transforms)


class Compose(_OfSamples, transform.Compose, ModuleOfFields):
    """Applies ``transforms`` one after another, to pictures or to whole samples.

    >>> from glassnet.vision.transforms import v2
    >>> change = v2.Compose([v2.ToImage(), v2.ToDtype(glassnet.float32, scale=True)])
    >>> change(np.array([[0, 255]], np.uint8), "label")[1]
    'label'
    """

    _one = transform.Compose.__call__

    def batch(self, images: Any) -> Any:
        """All of ``images`` changed at once."""
        return super().batch(images)


class RandomApply(_OfSamples, choices.RandomApply):
    """Applies all of ``transforms`` with probability ``p``, else none.

    >>> from glassnet.vision.transforms import v2
    >>> v2.RandomApply([v2.Pad(1)], p=1.0)(glassnet.zeros(1, 2, 2)).shape
    (1, 4, 4)
    """

    _one = choices.RandomApply.forward


class RandomChoice(_OfSamples, choices.RandomChoice, ModuleOfFields):
    """Applies one of ``transforms``.

    >>> from glassnet.vision.transforms import v2
    >>> v2.RandomChoice([v2.Pad(1)])(glassnet.zeros(1, 2, 2)).shape
    (1, 4, 4)
    """

    _one = choices.RandomChoice.__call__


class RandomOrder(_OfSamples, choices.RandomOrder, ModuleOfFields):
    """Applies all of ``transforms`` in random order.

    >>> from glassnet.vision.transforms import v2
    >>> v2.RandomOrder([v2.Pad(1), v2.Resize(3)])(glassnet.zeros(1, 2, 2)).shape[0]
    1
    """

    _one = choices.RandomOrder.__call__
