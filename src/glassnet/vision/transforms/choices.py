"""Transforms of transforms: one of several, all in random order, all with a probability."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet.random import chosen
from glassnet.vision.transforms.transform import ModuleOfFields

Transforms = Sequence[Callable[[Any], Any]]


class _Several:
    batched = False

    def __init__(self, transforms: Transforms) -> None:
        if not isinstance(transforms, Sequence) and not hasattr(transforms, "__iter__"):
            raise TypeError(f"{type(self).__name__}: expected a list of transforms, got {type(transforms).__name__}")
        self.transforms = list(transforms)

    def __repr__(self) -> str:
        return "\n".join(
            [f"{type(self).__name__}(", *self._facts(), *(f"    {each!r}" for each in self.transforms), ")"]
        )

    def _facts(self) -> list[str]:
        """Lines before those of the transforms."""
        return []


class RandomApply(_Several, ModuleOfFields):
    """Applies all of ``transforms`` with probability ``p``, else none.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomApply([transforms.Pad(1)], p=1.0)(glassnet.zeros(1, 2, 2)).shape
    (1, 4, 4)
    """

    def __init__(self, transforms: Transforms, p: float = 0.5) -> None:
        super().__init__(transforms)
        self.p = p

    def _facts(self) -> list[str]:
        return [f"    p={self.p}"]

    def forward(self, image: Any) -> Any:
        """The picture, changed or not."""
        if float(chosen(None).random()) < self.p:
            for transform in self.transforms:
                image = transform(image)
        return image


class RandomChoice(_Several):
    """Applies one of ``transforms``, each as likely as the next, or as ``p`` says.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomChoice([transforms.Pad(1)])(glassnet.zeros(1, 2, 2)).shape
    (1, 4, 4)
    """

    def __init__(self, transforms: Transforms, p: Sequence[float] | None = None) -> None:
        super().__init__(transforms)
        if p is not None and len(p) != len(self.transforms):
            raise ValueError(f"RandomChoice: expected a p for each of {len(self.transforms)} transforms, got {len(p)}")
        self.p = p

    def __repr__(self) -> str:
        return f"{super().__repr__()}(p={self.p})"

    def __call__(self, image: Any) -> Any:
        """The picture, changed by one."""
        shares = np.ones(len(self.transforms)) if self.p is None else np.asarray(self.p, np.float64)
        place = np.searchsorted(shares.cumsum() / shares.sum(), float(chosen(None).random()), "right")
        return self.transforms[min(int(place), len(self.transforms) - 1)](image)


class RandomOrder(_Several):
    """Applies all of ``transforms`` in random order.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomOrder([transforms.Pad(1), transforms.Resize(3)])(glassnet.zeros(1, 2, 2)).shape[0]
    1
    """

    def __call__(self, image: Any) -> Any:
        """The picture, changed by all."""
        for number in chosen(None).permutation(len(self.transforms)):
            image = self.transforms[number](image)
        return image
