"""Along a dimension: where the largest and the smallest are, and sums that run on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from glassnet.engines.native.c_types import C_TYPES
from glassnet.engines.native.kernel_code import block, indented
from glassnet.engines.native.loop_code import Loop
from glassnet.engines.native.routine import Routine, RoutineCode, nest
from glassnet.program.program import Instruction

SORTED = 4096  # numbers at most: they are on the stack, with their places twice


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


def _argsort(code: RoutineCode) -> Iterator[str]:
    """Neighbours are merged, two, four, eight … at a time: equal numbers stay in their order; NaN is the largest."""
    x, y, params = code.input(0), code.result, code.instruction.params
    if not x.shape:
        yield from code.copied("0", y)
        return
    dim = params.get("dim", -1) % len(x.shape)
    n = x.shape[dim]
    loops = [Loop(f"i{d}", size, ()) for d, size in enumerate(x.shape) if d != dim]
    places = [f"i{d}" if d != dim else "k" for d in range(len(x.shape))]
    kind = C_TYPES[x.root.dtype]
    small, large = ("left", "right") if params.get("descending", False) else ("right", "left")
    is_first = f"{small} < {large} || ({large} != {large} && {small} == {small})"  # whether the right one is
    merge = [
        "const long middle = first + width < SIZE ? first + width : SIZE;",
        "const long end = middle + width < SIZE ? middle + width : SIZE;",
        "for (long k = first, i = first, j = middle; k < end; k++) {",
        "    int takes_right = i == middle;",
        "    if (i < middle && j < end) {",
        f"        const {kind} left = number[from[i]], right = number[from[j]];",
        f"        takes_right = {is_first};",
        "    }",
        "    to[k] = takes_right ? from[j++] : from[i++];",
        "}",
    ]
    sort = [
        f"{kind} number[SIZE];",
        "int64_t order[2][SIZE], *from = order[0], *to = order[1];",
        f"for (long k = 0; k < SIZE; k++) number[k] = {code.at(x, *places)}, from[k] = k;",
        "for (long width = 1; width < SIZE; width *= 2) {",
        *indented(block("for (long first = 0; first < SIZE; first += 2*width)", merge)),
        "    int64_t *other = from;",
        "    from = to, to = other;",
        "}",
        f"for (long k = 0; k < SIZE; k++) {code.at(y, *places)} = from[k];",
    ]
    yield from code.divided(loops, [line.replace("SIZE", str(n)) for line in sort])


def _of_one_number(code: RoutineCode) -> Iterator[str]:
    """A reduction of which each result is made of one number: that number; a sum adds it to 0, and is no −0."""
    y = code.result
    x = code.input(0).reshaped(y.shape)
    assert x is not None  # only dimensions of one go
    loops = [Loop(f"i{d}", n, ()) for d, n in enumerate(y.shape)]
    names = [loop.name for loop in loops]
    form = {"all": "{} != 0", "any": "{} != 0", "sum": "0 + {}"}.get(code.instruction.op.name, "{}")
    yield from code.divided(loops, [f"{code.at(y, *names)} = {form.format(code.at(x, *names))};"])


def _has_one_number_each(instruction: Instruction) -> bool:
    (x,) = instruction.reads
    return math.prod(x.shape) == math.prod(instruction.output.shape)


def _is_short(instruction: Instruction) -> bool:
    """Whether what is sorted finds room beside the stack's other guests."""
    x = instruction.reads[0]
    return not x.shape or x.shape[instruction.params.get("dim", -1)] <= SORTED


ROUTINES = [
    *(Routine(op, _of_one_number, _has_one_number_each) for op in ("all", "amax", "amin", "any", "prod", "sum")),
    Routine("argmax", _positions(">")),
    Routine("argsort", _argsort, _is_short),
    Routine("argmin", _positions("<")),
    Routine("cumsum", _cumsum),
]
