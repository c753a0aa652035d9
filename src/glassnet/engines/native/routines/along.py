"""Along a dimension: where the largest and the smallest are, and sums that run on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from glassnet.engines.native.c_types import C_TYPES
from glassnet.engines.native.loop_code import Loop
from glassnet.engines.native.routine import Routine, RoutineCode, nest


def _positions(sign: str) -> Callable[[RoutineCode], Iterator[str]]:
    """Of the first number that is ``sign`` all others; of the first NaN, where there is one."""

    def lines(code: RoutineCode) -> Iterator[str]:
        params, x, y = code.instruction.params, code.input(0), code.result
        n, dim = len(x.shape), params.get("dim")
        over = range(n) if dim is None else (dim % n,)
        loops = [Loop(f"i{d}", size, ()) for d, size in enumerate(x.shape)]
        first = code.at(x, *("0" if d in over else f"i{d}" for d in range(n)))
        kept = ("0" if d in over else f"i{d}" for d in range(n) if d not in over or params.get("keepdim", False))
        kind = C_TYPES[x.root.dtype]
        better = f"number {sign} found"
        if x.root.dtype.kind == "f":  # the first NaN counts
            better += " || (number != number && found == found)"

        def search() -> Iterator[str]:
            yield f"{kind} found = {first};"
            yield "int64_t place = 0, position = 0;"
            step = [
                f"const {kind} number = {code.at(x, *(loop.name for loop in loops))};",
                f"if ({better}) found = number, position = place;",
                "place++;",
            ]
            yield from nest([loops[d] for d in over], step)
            yield f"{code.at(y, *kept)} = position;"

        yield from code.divided([loops[d] for d in range(n) if d not in over], search())

    return lines


def _cumsum(code: RoutineCode) -> Iterator[str]:
    x, y = code.input(0), code.result
    if not len(x.shape):
        yield from code.copied(x, y)
        return
    dim = code.instruction.params.get("dim", -1) % len(x.shape)
    loops = [Loop(f"i{d}", size, ()) for d, size in enumerate(x.shape)]
    names = [loop.name for loop in loops]
    step = [f"sum += {code.at(x, *names)};", f"{code.at(y, *names)} = sum;"]
    along = [f"{code.type} sum = 0;", *nest([loops[dim]], step)]
    yield from code.divided([loop for loop in loops if loop is not loops[dim]], along)


ROUTINES = [
    Routine("argmax", _positions(">")),
    Routine("argmin", _positions("<")),
    Routine("cumsum", _cumsum),
]
