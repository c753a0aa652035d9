"""Adding windows back to where they came from: the gradient of what looks through windows."""

from __future__ import annotations

import math
from collections.abc import Iterator

from glassnet.engines.native.kernel_code import index_text
from glassnet.engines.native.layouts import Pairs
from glassnet.engines.native.loop_code import Loop
from glassnet.engines.native.routine import Routine, RoutineCode, nest


class _Dimension:
    """A dimension of the windows, which may be gone over in several loops."""

    def __init__(self, name: str, pairs: Pairs) -> None:
        many = len(pairs) > 1
        self.loops = [Loop(f"{name}_{i}" if many else name, n, ()) for i, (n, _) in enumerate(pairs)]
        self.terms = [(step, loop.name) for (_, step), loop in zip(pairs, self.loops, strict=True)]
        steps = (math.prod(n for n, _ in pairs[i + 1 :]) for i in range(len(pairs)))
        self.place = index_text(0, *((step, loop.name) for step, loop in zip(steps, self.loops, strict=True)))


def _add_windows(code: RoutineCode) -> Iterator[str]:
    """For each place of a window, what all windows have there; places in the order in which NumPy takes them."""
    params = code.instruction.params
    x, y, n = code.input(0), code.result, len(params["lengths"])
    first = len(x.dims) - 2 * n
    names = [f"{'b' if d < first else 'i' if d < first + n else 'k'}{d}" for d in range(len(x.dims))]
    dims = [_Dimension(name, pairs) for name, pairs in zip(names, x.dims, strict=True)]
    before, windows, places = dims[:first], dims[first:-n], dims[-n:]
    outer = [f"({dim.place})" for dim in before]
    along = [
        f"({index_text(0, (stride, f'({i.place})'), (dilation, f'({k.place})'))})"
        for i, k, stride, dilation in zip(windows, places, params["stride"], params["dilation"], strict=True)
    ]
    added = f"{code.at(y, *outer, *along)} += {code.memory(x, *(term for dim in dims for term in dim.terms))};"
    begin = f"&{code.at(y, *outer, *('0' for _ in along))}"
    inner = [loop for dim in (*places, *windows) for loop in dim.loops]
    zeros = f"memset({begin}, 0, {math.prod(params['lengths'])} * sizeof({code.type}));"
    yield from code.divided([loop for dim in before for loop in dim.loops], [zeros, *nest(inner, [added])])


ROUTINES = [Routine("add_windows", _add_windows)]
