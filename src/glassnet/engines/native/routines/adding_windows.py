"""Adding windows back to where they came from: the gradient of what looks through windows."""

from __future__ import annotations

import math
from collections.abc import Iterator

from glassnet.engines.native.kernel_code import index_text
from glassnet.engines.native.loop_code import Loop
from glassnet.engines.native.routine import Routine, RoutineCode, nest


def _add_windows(code: RoutineCode) -> Iterator[str]:
    """For each place of a window, what all windows have there; places in the order in which NumPy takes them."""
    params = code.instruction.params
    x, y, n = code.input(0), code.result, len(params["lengths"])
    before = [Loop(f"b{i}", size, ()) for i, size in enumerate(x.shape[: -2 * n])]
    windows = [Loop(f"i{i}", size, ()) for i, size in enumerate(x.shape[-2 * n : -n])]
    places = [Loop(f"k{i}", size, ()) for i, size in enumerate(x.shape[-n:])]
    along = [
        f"({index_text(0, (stride, i.name), (dilation, k.name))})"
        for i, k, stride, dilation in zip(windows, places, params["stride"], params["dilation"], strict=True)
    ]
    outer = [loop.name for loop in before]
    target = f"{code.at(y, *outer, *along)}"
    added = f"{target} += {code.at(x, *outer, *(loop.name for loop in (*windows, *places)))};"
    first = f"&{code.at(y, *outer, *('0' for _ in along))}"
    body = [
        f"memset({first}, 0, {math.prod(params['lengths'])} * sizeof({code.type}));",
        *nest([*places, *windows], [added]),
    ]
    yield from code.divided(before, body)


ROUTINES = [Routine("add_windows", _add_windows)]
