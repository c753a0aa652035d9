"""Batch: a program that serves any number of samples, from two specialisations that serve one number each.

In a recording the number of samples is a number like any other: 7 may be the batch, or seven
features. Two specialisations, of different batches, tell them apart: what differs follows the batch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.export.errors import ExportError
from glassnet.ops.dtypes import Array
from glassnet.program.program import Instruction, Program, Var

# As many as a person would use for nothing else, and no small multiple or fraction of one another.
SAMPLES = (7, 12)


class Rows(int):
    """A size that follows the batch, ``times`` for each sample. As source it is ``2 * len(x)``, in words ``2n``."""

    times: int
    in_words: bool

    def __new__(cls, size: int, times: int = 1, in_words: bool = False) -> Rows:
        """``size`` as it was in one specialisation, ``times`` as many as there were samples."""
        self = super().__new__(cls, size)
        self.times, self.in_words = times, in_words
        return self

    def __repr__(self) -> str:
        if self.in_words:
            return "n" if self.times == 1 else f"{self.times}n"
        return "len(x)" if self.times == 1 else f"{self.times} * len(x)"

    __str__ = __repr__


def in_words(instruction: Instruction) -> Instruction:
    """``instruction`` with sizes that follow the batch as a person says them: n, 2n."""

    def worded(value: Any) -> Any:
        if isinstance(value, Rows):
            return Rows(value, value.times, in_words=True)
        if isinstance(value, Var):
            return replace(value, shape=worded(value.shape))
        if isinstance(value, tuple | list):
            return type(value)(map(worded, value))
        if isinstance(value, slice):
            return slice(*map(worded, (value.start, value.stop, value.step)))
        return value

    params = {name: worded(value) for name, value in instruction.params.items()}
    return replace(instruction, inputs=worded(instruction.inputs), output=worded(instruction.output), params=params)


@dataclass(frozen=True)
class _Pair:
    """The same place in both programs, for as long as an error may have to name it."""

    where: str

    def general(self, a: Any, b: Any) -> Any:
        """What ``a`` is for any number of samples, if it is ``b`` for the other number."""
        if isinstance(a, Var) and isinstance(b, Var) and a.name == b.name and a.dtype == b.dtype:
            return Var(a.name, self.general(a.shape, b.shape), a.dtype)
        if isinstance(a, tuple | list) and type(a) is type(b) and len(a) == len(b):
            return type(a)(self.general(x, y) for x, y in zip(a, b, strict=True))
        if isinstance(a, slice) and isinstance(b, slice):
            ends = ((a.start, b.start), (a.stop, b.stop), (a.step, b.step))
            return slice(*(self.general(x, y) for x, y in ends))
        if type(a) is type(b) and (a is b or a == b):
            return a
        if type(a) is type(b) is int and a % SAMPLES[0] == 0 and a // SAMPLES[0] * SAMPLES[1] == b:
            return Rows(a, a // SAMPLES[0])
        raise ExportError(
            f"{self.where}: expected what is the same for any number of samples, or a multiple of it; got {a} for "
            f"{SAMPLES[0]} samples and {b} for {SAMPLES[1]}. Compute each sample without looking at the others"
        )


def for_any_batch(first: Program, second: Program) -> Program:
    """The program of which ``first`` and ``second`` are specialisations with as many samples as `SAMPLES` says.

    Sizes that follow the batch are `Rows`. Raises ExportError where the two differ in any other way.
    """
    names = [[v.name for v in program.constants] for program in (first, second)]
    if [i.op for i in first] != [i.op for i in second] or names[0] != names[1]:
        raise ExportError(
            f"the network does something else for {SAMPLES[1]} samples than for {SAMPLES[0]}; a file has one way to "
            "compute: take out what depends on the size of the batch"
        )
    return first.having(
        inputs=_Pair("the input").general(first.inputs, second.inputs),
        constants=dict(map(_constant, first.constants.items(), second.constants.items())),
        instructions=tuple(_instruction(a, b) for a, b in zip(first, second, strict=True)),
        outputs=_Pair("the output").general(first.outputs, second.outputs),
    )


def _instruction(a: Instruction, b: Instruction) -> Instruction:
    pair = _Pair(f"{a.module or a.output}, {a.op.name}")
    return replace(
        a,
        inputs=pair.general(a.inputs, b.inputs),
        output=pair.general(a.output, b.output),
        params=dict(pair.general(tuple(a.params.items()), tuple(b.params.items()))),
    )


def _constant(first: tuple[Var, Array], second: tuple[Var, Array]) -> tuple[Var, Array]:
    """A constant and its numbers; one number, if its size follows the batch."""
    (a, numbers), (b, others) = first, second
    var = _Pair(f"the constant {a}").general(a, b)
    if numbers.shape == others.shape and np.array_equal(numbers, others, equal_nan=numbers.dtype.kind == "f"):
        return var, numbers
    if numbers.size and (numbers == numbers.flat[0]).all() and (others == numbers.flat[0]).all():
        return var, numbers.flat[0]
    raise ExportError(
        f"{a}, of shape {list(a.shape)}, is made anew for each batch and holds other numbers each time; make it once, "
        "as a buffer of the module"
    )
