"""Parameters and buffers: tensors that belong to a module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np

from glassnet.errors import ShapeError
from glassnet.observer import mode
from glassnet.ops.dtypes import Dtype, get_default_dtype
from glassnet.tensor import Tensor, as_array, wrap
from glassnet.tensor.graph import changes, version_of


def _share(tensor: Tensor, data: Any) -> None:
    """Let ``tensor`` share the memory of ``data`` (a tensor or an array; lists are copied)."""
    tensor.array = as_array(() if data is None else data)
    if isinstance(data, Tensor):
        tensor.version = version_of(data)  # a write through one is a write to both
    if mode.tracer is not None:
        mode.tracer.wrapped(tensor)


class Parameter(Tensor):
    """A tensor that a module learns: assigned to a module, it is one of its ``parameters()``.

    Parameter(x) shares the memory of the tensor ``x`` and requires a gradient, even under
    ``no_grad()``. Results computed from parameters are plain tensors.

    >>> w = nn.Parameter(glassnet.zeros(2))
    >>> w.requires_grad, type(w + 1).__name__
    (True, 'Tensor')
    """

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        _share(self, data)
        self.requires_grad = requires_grad

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


class Buffer(Tensor):
    """A tensor that belongs to a module's state and is not learned (a running mean, a mask).

    ``persistent=False`` leaves it out of ``state_dict()``.

    >>> module = nn.Module()
    >>> module.mean = nn.Buffer(glassnet.zeros(2))
    >>> list(module.state_dict()), list(module.parameters())
    (['mean'], [])
    """

    persistent = True

    def __init__(self, data: Any = None, *, persistent: bool = True) -> None:
        _share(self, data)
        self.persistent = persistent


class _Uninitialized(Tensor):
    """A tensor that has a dtype, and no array yet: that of a lazy layer before its first input.

    Whatever looks at the array raises ShapeError: every operation, and what asks for the shape.
    """

    becomes: ClassVar[Any]

    def _wait(self, requires_grad: bool, dtype: Any) -> None:
        self._dtype = np.dtype(dtype or get_default_dtype())
        self.requires_grad = requires_grad

    @property
    def dtype(self) -> Dtype:
        """That of the elements that there will be."""
        return self._dtype

    @property
    def data(self) -> Tensor:
        """No elements, of the dtype."""
        return wrap(np.zeros(0, self._dtype))

    @data.setter
    def data(self, value: Tensor) -> None:
        self._dtype = value.dtype

    def detach(self) -> Tensor:
        """What stands for it in a state: no elements, of the dtype."""
        return self.data

    def materialize(self, shape: Sequence[int]) -> None:
        """Give it a shape, with zeros in it, and so make it an ordinary one."""
        self.array = np.zeros(tuple(shape), self._dtype)
        self.__class__ = self.becomes
        changes.tell()

    def __getattr__(self, name: str) -> Any:
        if name == "array":
            raise ShapeError(
                f"{type(self).__name__}: it has no shape and no numbers before its lazy layer has seen an input; call "
                "the network once, on a batch of the data: model(x)"
            )
        return super().__getattr__(name)

    def _arguments(self) -> tuple[Any, ...]:
        """What another of the kind is made of."""
        return self.requires_grad, None, self._dtype

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        memo[id(self)] = other = type(self)(*self._arguments())
        return other

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), self._arguments(), None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class UninitializedParameter(_Uninitialized, Parameter):
    """A `Parameter` whose shape is not known before its lazy layer sees an input.

    >>> layer = nn.LazyLinear(2)
    >>> layer.weight
    <UninitializedParameter>
    >>> layer(glassnet.ones(4, 3)).shape, layer.weight.shape
    ((4, 2), (2, 3))
    """

    becomes = Parameter

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        self._wait(requires_grad, dtype)


class UninitializedBuffer(_Uninitialized, Buffer):
    """A `Buffer` whose shape is not known before its lazy layer sees an input.

    >>> nn.UninitializedBuffer()
    <UninitializedBuffer>
    """

    becomes = Buffer

    def __init__(self, persistent: bool = True, device: Any = None, dtype: Any = None) -> None:
        self._wait(False, dtype)
        self.persistent = persistent

    def _arguments(self) -> tuple[Any, ...]:
        return self.persistent, None, self._dtype


def is_uninitialized(tensor: Any) -> bool:
    """Whether ``tensor`` belongs to a lazy layer that has seen no input yet."""
    return isinstance(tensor, _Uninitialized)
