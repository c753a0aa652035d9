"""Placing: values of which one part is another's, and the rest a number or a third one's.

Every element is written once, by whichever thread its part falls to: what is around a part is divided into slices, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from glassnet.engines.native.c_types import number
from glassnet.engines.native.loop_code import Loop
from glassnet.engines.native.routine import Routine, RoutineCode, broadcast, part
from glassnet.ops.dtypes import bool_
from glassnet.ops.indexing import ARRAY
from glassnet.program.program import Instruction, Var

MOST = 8  # the step of a slice, of which a routine makes a loop each for what it leaves out


def _concatenate(code: RoutineCode) -> Iterator[str]:
    dim = code.instruction.params.get("dim", 0) % len(code.result.shape)
    first = 0
    for which in range(len(code.instruction.inputs)):
        x = code.input(which)
        end = first + x.shape[dim]
        yield from code.copied(x, part(code.result, (*(slice(None),) * dim, slice(first, end))))
        first = end


def _pad(code: RoutineCode) -> Iterator[str]:
    params = code.instruction.params
    x, y = code.input(0), code.result
    before = len(y.shape) - len(params["widths"])
    kept: list[Any] = [slice(None)] * before
    place: list[Any] = [slice(None)] * before
    for n, (left, right) in zip(y.shape[before:], params["widths"], strict=True):
        kept.append(slice(max(0, -left), max(0, -left) + n - max(0, left) - max(0, right)))
        place.append(slice(max(0, left), n - max(0, right)))
    yield from code.copied(part(x, tuple(kept)), part(y, tuple(place)))
    for rest in around(tuple(place), y.shape):
        yield from code.copied(number(params.get("value", 0.0), code.dtype), part(y, rest))


def _put(code: RoutineCode) -> Iterator[str]:
    place, y = code.instruction.params["index"], code.result
    yield from code.copied(code.source(0), part(y, place))
    for rest in around(place, y.shape):
        yield from code.copied(number(0, code.dtype), part(y, rest))


def _setitem(code: RoutineCode) -> Iterator[str]:
    place, x, y = code.instruction.params["index"], code.input(0), code.result
    yield from code.copied(code.source(1), part(y, place))
    if x.root != y.root:
        for rest in around(place, y.shape):
            yield from code.copied(part(x, rest), part(y, rest))


def _where(code: RoutineCode) -> Iterator[str]:
    """One number, at all places of a mask."""
    x, y, mask = code.input(0), code.result, code.input(len(code.instruction.inputs) - 1)
    loops = [Loop(f"i{d}", n, ()) for d, n in enumerate(y.shape)]
    names = [loop.name for loop in loops]
    value = code.source(1)
    text = value if isinstance(value, str) else code.at(broadcast(value, y.shape), *names)
    chosen = f"if ({code.at(mask, *names[: len(mask.shape)])}) {code.at(y, *names)} = {text};"
    other = [] if x.root == y.root else [f"else {code.at(y, *names)} = {code.at(x, *names)};"]
    yield from code.divided(loops, [chosen, *other])


def _zeros(code: RoutineCode) -> Iterator[str]:
    yield from code.copied(number(0, code.dtype), code.result)


def _flip(code: RoutineCode) -> Iterator[str]:
    x = code.input(0)
    dims = {dim % len(x.shape) for dim in code.instruction.params["dims"]} if len(x.shape) else set()
    backwards = tuple(slice(None, None, -1 if dim in dims else None) for dim in range(len(x.shape)))
    yield from code.copied(part(x, backwards), code.result)


# what is around a part -----------------------------------------------------------------------------------


def around(index: tuple[Any, ...], shape: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """The parts that ``x[index]`` leaves out, each as an index: together they are all of it, and none twice."""
    inside = ranges(index, shape)
    for dim, (taken, n) in enumerate(zip(inside, shape, strict=True)):
        before = tuple(as_slice(other) for other in inside[:dim])
        for rest in left_out(taken, n):
            yield (*before, rest)


def ranges(index: tuple[Any, ...], shape: tuple[int, ...]) -> list[range]:
    """The places that an index of numbers and slices takes along each dimension, in ascending order."""
    parts = [x for x in index if x is not None]
    if Ellipsis not in parts:
        parts.append(Ellipsis)
    at = parts.index(Ellipsis)
    parts[at : at + 1] = [slice(None)] * (len(shape) - len(parts) + 1)
    taken = [
        range(n)[x] if isinstance(x, slice) else range(x % n, x % n + 1) for x, n in zip(parts, shape, strict=True)
    ]
    return [places if places.step > 0 else places[::-1] for places in taken]


def left_out(taken: range, n: int) -> Iterator[slice]:
    """What ``taken`` leaves out of n places: what is before, behind, and between."""
    if not taken:
        yield slice(0, n)
        return
    yield slice(0, taken[0])
    yield slice(taken[-1] + 1, n)
    if len(taken) > 1:
        for first in range(taken[0] + 1, taken[1]):
            yield slice(first, taken[-1], taken.step)


def as_slice(places: range) -> slice:
    """An index of some places."""
    return slice(places.start, places.stop, places.step)


def _is_plain(instruction: Instruction) -> bool:
    """Whether an index is of numbers and slices, without arrays, and not of a few places far apart."""
    index = instruction.params["index"]
    steps = [abs(x.step or 1) for x in index if isinstance(x, slice)]
    is_known = all(x in (None, Ellipsis) or type(x) in (int, slice) for x in index)
    return is_known and max(steps, default=1) <= MOST


def _is_one_by_mask(instruction: Instruction) -> bool:
    """Whether one number is written by a mask; how many are, its values tell."""
    value, *arrays = instruction.inputs[1:]
    is_mask = len(arrays) == 1 and isinstance(arrays[0], Var) and arrays[0].dtype == bool_ and bool(arrays[0].shape)
    is_one = not isinstance(value, Var) or math.prod(value.shape) == 1
    return instruction.params["index"] == (ARRAY,) and is_mask and is_one


def _adds_up_nothing(instruction: Instruction) -> bool:
    return any(0 in x.shape for x in instruction.reads)


ROUTINES = [
    Routine("concatenate", _concatenate),
    Routine("flip", _flip),
    Routine("matmul", _zeros, _adds_up_nothing),
    Routine("pad", _pad),
    Routine("put", _put, _is_plain),
    Routine("setitem", _setitem, _is_plain, in_place=True),
    Routine("setitem", _where, _is_one_by_mask, in_place=True),
    Routine("sum", _zeros, _adds_up_nothing),
]
