"""Batch analysis: along which dimension of each value the rows of the batch lie, and what reduces over them.

In ``h = x @ W.T; L = h.sum()`` with an x [batch, 4] the rows of h are those of x: rows of x alone give the same rows of
h. The sum needs all rows, but is the sum of the sums of some rows each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any, NamedTuple

from glassnet.ops.indexing import ARRAY, arrays_in
from glassnet.ops.shapes import normalize_dim, normalize_dims
from glassnet.program.program import Instruction, Program, Var


class Along(NamedTuple):
    """A dimension that has ``unit`` elements for each row of the batch, one row after another."""

    dim: int
    unit: int


Found = Sequence[Along | None]  # for each operand how its rows lie; None: it is the same for all rows


class Fit(NamedTuple):
    """How an instruction can be carried out for some rows: what it needs of each operand, and what it gives.

    ``output`` None: it reduces over the rows.
    """

    operands: tuple[Along | None, ...]
    output: Along | None


def batch_of(program: Program, lies_in_order: Callable[[Var], bool] = lambda _: True) -> list[Var]:
    """The values that hold the batch: the inputs, which share their leading dimension.

    A function of no arguments has its data as state: of that which is never overwritten, and ``lies_in_order``, it is
    what has the most rows. Nothing where the inputs share no dimension.
    """
    inputs = [x for x in program.inputs if x.shape]
    if inputs:
        return inputs if len({x.shape[0] for x in inputs}) == 1 else []
    written = {name for instruction in program for name in instruction.writes}
    held = [x for x in program.state if x.shape and x.name not in written and lies_in_order(x)]
    most = max((x.shape[0] for x in held), default=0)
    return [x for x in held if x.shape[0] == most]


def fits_of(
    program: Program, sources: Mapping[Var, Along], batch: int, knows: Callable[[Instruction], bool] = lambda _: True
) -> dict[Var, Fit]:
    """For each instruction that can be carried out for some rows at a time: how. By what it makes.

    ``sources`` are the values that have the rows to begin with. ``knows`` says which instructions come into question
    at all. One that is not among them needs all rows at once.
    """
    along = dict(sources)
    in_order = {*program.inputs, *program.constants, *(i.output for i in program if not i.is_view and not i.writes)}
    fits: dict[Var, Fit] = {}
    for instruction in program:
        if instruction.writes or "generator" in instruction.params or not knows(instruction):
            continue
        fit = _fit(instruction, along, batch)
        if fit is None or not _can_read(instruction, fit, along, in_order, batch):
            continue
        fits[instruction.output] = fit
        if fit.output is not None:
            along[instruction.output] = fit.output
    return fits


def _fit(instruction: Instruction, along: Mapping[Var, Along], batch: int) -> Fit | None:
    rule = ELEMENTWISE if instruction.op.elementwise else RULES.get(instruction.op.name)
    found = [along.get(x) for x in instruction.reads]
    if rule is None or not (any(found) or instruction.op.name == "broadcast_to"):
        return None
    return rule(instruction, found, batch)


def _can_read(instruction: Instruction, fit: Fit, along: Mapping[Var, Along], in_order: Set[Var], batch: int) -> bool:
    """Whether the rows of each operand lie as they are needed, or are the rows of a value that lies in order."""
    for x, needed in zip(instruction.reads, fit.operands, strict=True):
        if needed is not None and x.shape[needed.dim] != batch * needed.unit:
            return False
        has = along.get(x)
        if needed != has and (has is not None or needed is None or needed.dim or x not in in_order):
            return False
    return True


# rules: each says how an operation is carried out for some rows, given how those of its operands lie ---------------


def _elementwise(instruction: Instruction, found: Found, batch: int) -> Fit | None:
    shapes = [x.shape for x in instruction.reads]
    shape = instruction.output.shape
    along = _aligned(shapes, found, len(shape))
    return None if along is None else Fit(tuple(_of_broadcast(s, shape, along) for s in shapes), along)


def _aligned(shapes: Sequence[tuple[int, ...]], found: Found, ndim: int) -> Along | None:
    """Where the rows of the first operand that has some lie in the result of broadcasting."""
    return next((Along(a.dim + ndim - len(s), a.unit) for s, a in zip(shapes, found, strict=True) if a), None)


def _of_broadcast(shape: tuple[int, ...], result: tuple[int, ...], along: Along) -> Along | None:
    """Where the rows of an operand have to lie that is broadcast to ``result``; None where it has one for all."""
    dim = along.dim - len(result) + len(shape)
    return None if dim < 0 or shape[dim] != result[along.dim] else Along(dim, along.unit)


def _reduction(instruction: Instruction, found: Found, batch: int) -> Fit | None:
    (along,), (x,) = found, instruction.reads
    assert along is not None
    dims = normalize_dims("reduction", instruction.params.get("dim"), len(x.shape))
    if along.dim in dims:
        return Fit((along,), None)
    gone = 0 if instruction.params.get("keepdim") else sum(d < along.dim for d in dims)
    return Fit((along,), Along(along.dim - gone, along.unit))


def _reshape(instruction: Instruction, found: Found, batch: int) -> Fit | None:
    """The rows lie together where as much is before them as was, and each has as many elements."""
    (along,), (x,), shape = found, instruction.reads, instruction.output.shape
    assert along is not None
    before = math.prod(x.shape[: along.dim])
    for dim, n in enumerate(shape):
        if math.prod(shape[:dim]) == before and n % batch == 0 and n > 1:
            return Fit((along,), Along(dim, n // batch))
    return None


def _permute(instruction: Instruction, found: Found, batch: int) -> Fit | None:
    (along,) = found
    assert along is not None
    dims = [normalize_dim("permute", d, len(instruction.output.shape)) for d in instruction.params["dims"]]
    return Fit((along,), Along(dims.index(along.dim), along.unit))


def _broadcast_to(instruction: Instruction, found: Found, batch: int) -> Fit | None:
    """What is repeated for all rows, is for some; the rows then come first."""
    (x,), shape = instruction.reads, instruction.output.shape
    if found[0] is not None:
        return _elementwise(instruction, found, batch)
    is_repeated = len(x.shape) < len(shape) or x.shape[:1] == (1,)
    return Fit((None,), Along(0, 1)) if shape[:1] == (batch,) and is_repeated else None


def _matmul(instruction: Instruction, found: Found, batch: int) -> Fit | None:
    (a, b), shape = instruction.reads, instruction.output.shape
    if len(a.shape) < 2 or len(b.shape) < 2:
        return None
    n = len(shape)
    in_a, in_b = (None if f is None else f.dim - len(x.shape) for f, x in zip(found, (a, b), strict=True))
    unit = next(f.unit for f in found if f is not None)
    if in_a == -1 or in_b == -2:
        return Fit((Along(len(a.shape) - 1, unit), Along(len(b.shape) - 2, unit)), None)
    if in_a == -2 and in_b is None:
        return Fit((found[0], None), Along(n - 2, unit))
    if in_b == -1 and in_a is None:
        return Fit((None, found[1]), Along(n - 1, unit))
    along = _aligned([x.shape for x in (a, b)], found, n)
    if along is None or along.dim >= n - 2:
        return None
    needed = [
        None if (dim := along.dim - n + len(x.shape)) < 0 or x.shape[dim] == 1 else Along(dim, along.unit)
        for x in (a, b)
    ]
    return Fit(tuple(needed), along)


def _gather(instruction: Instruction, found: Found, batch: int) -> Fit | None:
    dim = normalize_dim("gather", instruction.params["dim"], len(instruction.output.shape))
    along = found[1] or found[0]
    if along is None or (along.dim == dim and found[0] is not None):
        return None
    return Fit((None if along.dim == dim else along, along), along)


def _getitem(instruction: Instruction, found: Found, batch: int) -> Fit | None:
    """Rows of what is picked by an array of indices; or a part of each row."""
    index: tuple[Any, ...] = instruction.params["index"]
    if arrays_in(instruction.params):
        is_lookup = index == (ARRAY,) and found[0] is None and instruction.reads[1].dtype.kind == "i"
        return Fit((None, found[1]), found[1]) if is_lookup else None
    along = found[0]
    assert along is not None
    if any(part is None or part is Ellipsis or not isinstance(part, int | slice) for part in index):
        return None
    if along.dim < len(index) and index[along.dim] != slice(None):
        return None
    gone = sum(isinstance(part, int) for part in index[: along.dim])
    return Fit((along,), Along(along.dim - gone, along.unit))


def _one_hot(instruction: Instruction, found: Found, batch: int) -> Fit | None:
    return Fit(tuple(found), found[0])


def _last_dimensions(param: str) -> Rule:
    """The rule of an operation on the last dimensions, of which there are as many as ``param`` has entries."""

    def rule(instruction: Instruction, found: Found, batch: int) -> Fit | None:
        (along,), (x,) = found, instruction.reads
        assert along is not None
        places = len(instruction.params[param]) * (2 if instruction.op.name == "add_windows" else 1)
        return Fit((along,), along) if along.dim < len(x.shape) - places else None

    return rule


def _beside(instruction: Instruction, found: Found, batch: int) -> Fit | None:
    """Values side by side, along another dimension than the rows."""
    along = next(a for a in found if a is not None)
    dim = normalize_dim("concatenate", instruction.params.get("dim", 0), len(instruction.output.shape))
    return None if dim == along.dim else Fit((along,) * len(found), along)


Rule = Callable[[Instruction, Found, int], Fit | None]
ELEMENTWISE: Rule = _elementwise
RULES: Mapping[str, Rule] = {
    "cast": _elementwise,
    "copy": _elementwise,
    **dict.fromkeys(("sum", "prod", "amax", "amin", "all", "any"), _reduction),
    "reshape": _reshape,
    "permute": _permute,
    "broadcast_to": _broadcast_to,
    "matmul": _matmul,
    "gather": _gather,
    "getitem": _getitem,
    "one_hot": _one_hot,
    "windows": _last_dimensions("size"),
    "add_windows": _last_dimensions("lengths"),
    "pad": _last_dimensions("widths"),
    "concatenate": _beside,
}
