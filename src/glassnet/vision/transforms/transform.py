"""`Transform`, the base of transforms, a module; `Compose` and `Lambda`, which make one of others and of a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Self

from glassnet.data.transformed import apply_to_batch, apply_to_sample, takes_batches
from glassnet.nn import Module
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor
from glassnet.vision.transforms.images import opened, opened_batch


class ModuleOfFields(Module):
    """A module whose constructor may be a dataclass's, which calls no other: what every module has is there before."""

    def __new__(cls, *args: Any, **named: Any) -> Self:
        """A module, before its fields are set."""
        module = super().__new__(cls)
        Module.__init__(module)
        return module


class Transform(ModuleOfFields):
    """The base of transforms, which act on many pictures at once: a subclass defines ``changed``.

    ``transform(image)`` takes one picture: a tensor [channels, height, width] (or [height, width], or several in
    [..., channels, height, width]), a NumPy array [height, width] or [height, width, channels], or a PIL
    image; it gives the same kind back. ``transform.batch(images)`` takes a tensor [n, channels, height, width]
    or [n, height, width]; ``batched`` says whether there is such a form. What is random is drawn for each picture,
    from glassnet's generator.

    >>> from glassnet.vision import transforms
    >>> class Invert(transforms.Transform):
    ...     def changed(self, pixels):
    ...         return 255 - pixels
    >>> Invert()(np.array([[0, 200]], np.uint8))
    array([[255,  55]], dtype=uint8)
    """

    batched: bool = True

    def forward(self, image: Any) -> Any:
        """``image`` changed."""
        pixels, back = opened(image, type(self).__name__)
        return back(self.changed(pixels))

    def batch(self, images: Tensor) -> Tensor:
        """All of ``images`` changed at once, each as if alone."""
        pixels, back = opened_batch(images, type(self).__name__)
        return back(self.changed(pixels))

    def changed(self, pixels: Array) -> Array:
        """The pictures in ``pixels``, [n, channels, height, width], changed; ``pixels`` itself is left alone."""
        raise NotImplementedError(f"{type(self).__name__} must define changed(self, pixels)")

    def shown(self) -> dict[str, Any]:
        """What it says of itself when it is printed: its fields, as far as torchvision shows them."""
        named: list[str] = [each.name for each in fields(self) if each.repr] if is_dataclass(self) else []
        return {name: getattr(self, name) for name in named}

    def __repr__(self) -> str:
        facts = {name: each.value if isinstance(each, Enum) else each for name, each in self.shown().items()}
        return f"{type(self).__name__}({', '.join(f'{name}={each}' for name, each in facts.items())})"


class Compose:
    """Applies ``transforms`` one after another: ``Compose([ToTensor(), Normalize((0.5,), (0.5,))])``.

    They may be any functions of a picture. Where all of them are `batched`, so is the whole.

    >>> from glassnet.vision import transforms
    >>> to_inputs = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    >>> to_inputs(np.array([[0, 255]], np.uint8))
    tensor([[[-1., 1.]]])
    """

    def __init__(self, transforms: Iterable[Callable[[Any], Any]]) -> None:
        if not isinstance(transforms, Iterable):
            raise TypeError(
                f"Compose: expected a list of transforms, got {type(transforms).__name__}; write Compose([…])"
            )
        self.transforms = list(transforms)
        for number, transform in enumerate(self.transforms):
            if not callable(transform):
                raise TypeError(
                    f"Compose: expected transforms that can be called, but transform {number} is "
                    f"{type(transform).__name__}"
                )

    @property
    def batched(self) -> bool:
        """Whether all of ``transforms`` act on whole batches."""
        return all(map(takes_batches, self.transforms))

    def __call__(self, image: Any) -> Any:
        """``image`` changed by all of them."""
        for transform in self.transforms:
            image = apply_to_sample(transform, image)
        return image

    def batch(self, images: Tensor) -> Tensor:
        """All of ``images`` changed at once."""
        for transform in self.transforms:
            images = apply_to_batch(transform, images)
        return images

    def __repr__(self) -> str:
        return "\n".join(["Compose(", *(f"    {transform!r}" for transform in self.transforms), ")"])


class Lambda:
    """``lambd(image)`` as a transform. It is called with one picture at a time.

    >>> from glassnet.vision import transforms
    >>> transforms.Lambda(lambda image: image.T)(np.array([[1, 2]]))
    array([[1],
           [2]])
    """

    batched = False

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Lambda: expected a function, got {type(lambd).__name__}")
        self.lambd = lambd

    def __call__(self, image: Any) -> Any:
        """What the function makes of ``image``."""
        return self.lambd(image)

    def __repr__(self) -> str:
        return "Lambda()"
