"""Transforms of transforms, for samples: all, some, one of several, in random order."""

from __future__ import annotations

from typing import Any

from glassnet.vision.transforms import choices, transform


class _OfSamples:
    """Hands samples of several arguments on as a tuple."""

    def __call__(self, *inputs: Any) -> Any:
        """The sample after the transforms."""
        sample = inputs if len(inputs) > 1 else inputs[0]
        base: Any = super()
        return base.__call__(sample)


class Compose(_OfSamples, transform.Compose):
    """Applies ``transforms`` one after another, to pictures or to whole samples.

    >>> from glassnet.vision.transforms import v2
    >>> change = v2.Compose([v2.ToImage(), v2.ToDtype(glassnet.float32, scale=True)])
    >>> change(np.array([[0, 255]], np.uint8), "label")[1]
    'label'
    """

    def batch(self, images: Any) -> Any:
        """All of ``images`` changed at once."""
        return super().batch(images)


class RandomApply(_OfSamples, choices.RandomApply):
    """Applies all of ``transforms`` with probability ``p``, else none.

    >>> from glassnet.vision.transforms import v2
    >>> v2.RandomApply([v2.Pad(1)], p=1.0)(glassnet.zeros(1, 2, 2)).shape
    (1, 4, 4)
    """


class RandomChoice(_OfSamples, choices.RandomChoice):
    """Applies one of ``transforms``.

    >>> from glassnet.vision.transforms import v2
    >>> v2.RandomChoice([v2.Pad(1)])(glassnet.zeros(1, 2, 2)).shape
    (1, 4, 4)
    """


class RandomOrder(_OfSamples, choices.RandomOrder):
    """Applies all of ``transforms`` in random order.

    >>> from glassnet.vision.transforms import v2
    >>> v2.RandomOrder([v2.Pad(1), v2.Resize(3)])(glassnet.zeros(1, 2, 2)).shape[0]
    1
    """
