"""Where a NaN came from: backward stops at the first operation that gives one, and says where forward was there."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import ContextDecorator
from typing import Any

import numpy as np

from glassnet.errors import GradientError
from glassnet.ops.shapes import written
from glassnet.tensor.graph import Node
from glassnet.tensor.node_names import node_name
from glassnet.tensor.propagation import Parts, accumulate
from glassnet.tensor.watching import leave, watch

_INSIDE = __name__.partition(".")[0]
_WHERE = "traceback_"  # the key among a node's notes


class _Search:
    """The watcher who looks. ``looks`` at gradients, or only notes where each operation was."""

    def __init__(self, looks: bool) -> None:
        self.looks = looks

    def operation(self, name: str, inputs: tuple[Any, ...], call: Callable[[], Any]) -> Any:
        """Note at its node where the program has it."""
        result = call()
        node = getattr(result, "node", None)
        if node is not None:
            node.metadata.setdefault(_WHERE, _program())
        return result

    def step_back(self, node: Node, g: Any, gradients: Any, call: Callable[[Any], None]) -> None:
        """Look at the gradients before they are added. Raises GradientError where one has a NaN."""
        apart: dict[Any, Any] = {}
        parents = node.parents or ()
        call(apart)
        for parent, gradient in apart.items():
            if self.looks and _has_nan(gradient):
                which = next(i for i, other in enumerate(parents) if other is parent)
                _refuse(node, which, node.values[which])
            accumulate(gradients, parent, gradient)


def _has_nan(gradient: Any) -> bool:
    array = gradient.whole() if isinstance(gradient, Parts) else getattr(gradient, "array", gradient)
    is_numbers = isinstance(array, np.ndarray | np.generic) and array.dtype.kind in "fc"  # else those of a Function
    return is_numbers and bool(np.isnan(array).any())


def _program() -> list[str]:
    """The lines of the program that led here, the outermost first; glassnet's own are left out."""
    stack = traceback.walk_stack(sys._getframe(1))
    own = [each for each in stack if each[0].f_globals.get("__name__", "").partition(".")[0] != _INSIDE]
    return traceback.StackSummary.extract(iter(own[::-1]), lookup_lines=False).format()


def _refuse(node: Node, which: int, value: Any) -> None:
    where = node.metadata.get(_WHERE)
    if where is None:
        told = "It was computed in a Function of the program, or before anomalies were looked for."
    else:
        told = "It was computed here (outermost first):\n" + "".join(where)
    warnings.warn(f"{node_name(node)} has given nan. {told}", UserWarning, stacklevel=4)
    raise GradientError(
        f"backward: {node_name(node)}, the derivative of {node.op.name}, gave nan for input {which}, of shape "
        f"{written(np.shape(value))}; the line that computed it is in the warning above: a root or a quotient at 0, a "
        "logarithm of 0, infinity times 0? Add a small number, or clamp the input"
    )


_searches: list[_Search] = []


def _set(search: _Search | None) -> _Search | None:
    """Search so from now on; gives how it was before."""
    before = _searches.pop() if _searches else None
    if before is not None:
        leave(before)
    if search is not None:
        _searches.append(search)
        watch(search)
    return before


def is_anomaly_enabled() -> bool:
    """Whether backward looks for NaN: see `detect_anomaly`."""
    return bool(_searches)


def is_anomaly_check_nan_enabled() -> bool:
    """Whether `detect_anomaly` was told to look at gradients."""
    return bool(_searches) and _searches[-1].looks


class set_detect_anomaly(ContextDecorator):
    """Look for NaN in backward from here on, or no longer; as a context, until it ends: see `detect_anomaly`.

    >>> with glassnet.autograd.set_detect_anomaly(False):
    ...     pass
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._search = _Search(check_nan) if mode else None
        self._before = _set(self._search)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        _set(self._before)


class detect_anomaly(ContextDecorator):
    """Within, backward raises GradientError at the first operation that gives NaN; a warning has its line.

    Of the thread that enters, what is computed and what goes back within. That takes time: use it to find a fault.
    Without ``check_nan`` lines alone are noted, for ``grad_fn.metadata``.

    >>> with glassnet.autograd.detect_anomaly():
    ...     glassnet.tensor([1.0], requires_grad=True).log().sum().backward()
    """

    def __init__(self, check_nan: bool = True) -> None:
        self._check_nan = check_nan
        self._before: list[_Search | None] = []

    def __enter__(self) -> None:
        self._before.append(_set(_Search(self._check_nan)))

    def __exit__(self, *_: object) -> None:
        _set(self._before.pop())
