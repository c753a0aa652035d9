"""Parameters and buffers: tensors that belong to a module."""

from __future__ import annotations

from typing import Any

from glassnet.observer import mode
from glassnet.tensor import Tensor, as_array
from glassnet.tensor.graph import version_of


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
