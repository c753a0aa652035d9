"""How shapes, dtypes and named results are written: as in glassnet, or as in PyTorch, with torch. before them.

A script that imports torch expects to read ``torch.float32`` and ``torch.Size([2, 3])``: see `write_as_torch`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Generic, NamedTuple, Self, SupportsIndex, TypeVar, overload

from glassnet.tensor.graph import labelled

T = TypeVar("T")


class _Wording:
    is_torch_s = False


def write_as_torch(value: bool = True) -> None:
    """Write shapes, dtypes and named results as PyTorch does, or, if ``value`` is False, as glassnet does again."""
    _Wording.is_torch_s = value


def torch_prefix() -> str:
    """What stands before the name of a dtype: nothing, or "torch."."""
    return "torch." if _Wording.is_torch_s else ""


class layout:
    """How a tensor keeps its elements: all of them, ``strided``; others have a name, and no tensor."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"{torch_prefix()}{self.name}"


strided = layout("strided")


class Size(tuple[int, ...]):
    """The shape of a tensor: a tuple of ints that knows how many elements they make.

    >>> shape = glassnet.ones(2, 3, 4).shape
    >>> shape, shape.numel(), shape[1:]
    ((2, 3, 4), 24, (3, 4))
    """

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements.

        >>> glassnet.Size([2, 3]).numel()
        6
        """
        number = 1
        for size in self:
            number *= size
        return number

    @overload
    def __getitem__(self, key: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> Self: ...
    def __getitem__(self, key: Any) -> Any:
        found = tuple.__getitem__(self, key)
        return Size(found) if type(key) is slice else found

    def __add__(self, other: Any) -> Any:
        return Size(tuple.__add__(self, other)) if isinstance(other, tuple) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return Size(other + tuple(self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, times: SupportsIndex) -> Self:
        return type(self)(tuple.__mul__(self, times))

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})" if _Wording.is_torch_s else tuple.__repr__(self)


Kind = TypeVar("Kind", bound=type)


def returned_by(operation: str) -> Callable[[Kind], Kind]:
    """Have a class of named results be written as what ``operation`` returns, a result on a line."""

    def named(kind: Kind) -> Kind:
        kind.__name__ = kind.__qualname__ = operation
        kind.__repr__ = _written  # type: ignore[assignment]
        return kind

    return named


def returned(kind: type[T], *parts: Any) -> T:
    """The results ``parts`` as a ``kind``, which also gives its name to their nodes."""
    for part in parts:
        labelled(part, kind.__name__)
    make: Callable[..., T] = kind
    return make(*parts)


def _written(self: Any) -> str:
    parts = ",\n".join(f"{name}={part!r}" for name, part in zip(self._fields, self, strict=True))
    return f"{torch_prefix()}return_types.{type(self).__name__}(\n{parts})"


class _Found(NamedTuple, Generic[T]):
    values: T
    indices: T


class Found(_Found[T]):
    """The values that an operation found (sort, topk, max(dim) …), and their positions. It prints the operation's name.

    >>> found = glassnet.tensor([3, 1]).sort()
    >>> found.values, found.indices
    (tensor([1, 3]), tensor([1, 0]))
    """

    __slots__ = ()
    _kinds: ClassVar[dict[str, Any]] = {}

    __repr__ = _written


def found(operation: str, values: T, indices: T) -> Found[T]:
    """What ``operation`` found, which also gives its name to the node of ``values``."""
    kinds = Found._kinds
    if operation not in kinds:
        kinds[operation] = type(operation, (Found,), {"__slots__": ()})
    result: Found[T] = kinds[operation](labelled(values, operation), indices)
    return result
