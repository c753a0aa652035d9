"""Results: what a function returned when it was traced, and the same around what its program gives at each call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

import numpy as np

from glassnet.compilation.arguments import StructureError
from glassnet.errors import GradientError
from glassnet.ops.dtypes import Array, Dtype, float32
from glassnet.ops.record import Op, Spec
from glassnet.pytree import LEAF, flatten
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.graph import Node


class Results:
    """The results of a function. ``arrays`` are those that a program has to compute, in order.

    Tensors of ``state`` outlive the function: they are returned themselves, and so are numbers and text. What required
    a gradient seems to come from the node of a function ``name`` of ``leaves``, through which there is no backward.

    Raises StructureError for anything but tensors, numbers, text, None, and tuples, lists and dicts of them.
    """

    def __init__(self, returned: Any, state: Iterable[Tensor], name: str, leaves: list[Tensor]) -> None:
        values, self._treedef = flatten(returned)
        ids = set(map(id, state))
        self.arrays: list[Array] = []
        self._slots: list[_Computed | Any] = []  # for each leaf: what is computed, or the value itself
        node = _end_of_graph(name, leaves)
        for value in values:
            if isinstance(value, Tensor) and id(value) not in ids:
                self._slots.append(_Computed(len(self.arrays), value.dtype, node if value.requires_grad else None))
                self.arrays.append(value.array)
            elif value is None or isinstance(value, Tensor | int | float | str):
                self._slots.append(value)
            else:
                raise StructureError(
                    "expected a function that gives back tensors, numbers, text, None, or tuples, lists and dicts of "
                    f"them, got {type(value).__name__}"
                )

    def let_go(self) -> None:
        """Forget the arrays."""
        self.arrays = []

    def around(self, computed: Any) -> Any:
        """What the function returns around what a program gave: a tuple of arrays, or one where there is one."""
        if self._treedef is LEAF:  # the usual case, quickly: a program of one result gives that itself
            slot = self._slots[0]
            return slot.tensor((computed,)) if type(slot) is _Computed else slot
        arrays = computed if isinstance(computed, tuple | list) else (computed,)
        return self._treedef.unflatten(slot.tensor(arrays) if type(slot) is _Computed else slot for slot in self._slots)

    @property
    def are_computed(self) -> bool:
        """Whether the program gives all that the function returns: no tensor that outlives it is among that."""
        return not any(isinstance(slot, Tensor) for slot in self._slots)

    def around_many(self, computed: tuple[Any, ...]) -> Any:
        """The results of many runs: like those of one, with a dimension more, and without a gradient."""
        arrays = [wrap(array if isinstance(array, np.ndarray) else np.asarray(array)) for array in computed]
        slots = (arrays[slot.place] if type(slot) is _Computed else slot for slot in self._slots)
        return self._treedef.unflatten(slots)


class _Computed:
    """A result that is computed: its place among all that are, its dtype, and what its gradient goes on to."""

    __slots__ = ("dtype", "node", "place")

    def __init__(self, place: int, dtype: Dtype, node: Node | None) -> None:
        self.place = place
        self.dtype = dtype
        self.node = node

    def tensor(self, arrays: Any) -> Tensor:
        array = arrays[self.place]
        tensor = wrap(array if type(array) is np.ndarray else np.asarray(array, self.dtype))
        if self.node is not None:
            tensor.node, tensor._requires_grad = self.node, True
        return tensor


def _end_of_graph(name: str, leaves: list[Tensor]) -> Node:
    """The node that results which require gradients seem to come from: it refuses backward."""

    def refuse(_g: Any, *_values: Any, which: int) -> NoReturn:
        raise GradientError(
            f"backward through the result of {name}, which is compiled: a program keeps no graph, so gradients end "
            f"here. Call backward() inside {name}, or compile less of it"
        )

    parents = tuple(leaf for leaf in leaves if leaf.requires_grad) or (Tensor([0.0], requires_grad=True),)
    nothing: Any = lambda *_inputs: Spec((), float32)  # noqa: E731
    op = Op(f"compiled {name}", nothing, (refuse,), nothing, "y = what the function gives", variadic=True)
    return Node(op, parents, [None] * len(parents), {}, Spec((), float32))
