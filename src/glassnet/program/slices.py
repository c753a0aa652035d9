"""Slices: a part of a program that is carried out for some rows of the batch at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.ops.record import Op, Spec
from glassnet.program.evaluation import evaluate
from glassnet.program.program import Program, Var


@dataclass(frozen=True, eq=False)
class Region:
    """A program for the rows of a slice, carried out ``count`` times, and one for the ``rest`` of the rows, if any.

    ``by_rows`` says of each input whether a slice takes rows of its own, or all of it; ``joined`` of each output
    whether what the slices give are the rows of one value, or values that are stacked.
    """

    program: Program
    rest: Program | None
    count: int
    by_rows: tuple[bool, ...]
    joined: tuple[bool, ...]

    @property
    def programs(self) -> tuple[Program, ...]:
        """That of each slice, in order."""
        return (self.program,) * self.count + ((self.rest,) if self.rest else ())

    @property
    def kinds(self) -> tuple[Program, ...]:
        """The one or two different ones among them."""
        return (self.program, self.rest) if self.rest else (self.program,)


def _slices(*arrays: Array, region: Region, which: int) -> Array:
    """One of the values that a region gives."""
    results = []
    begin = [0] * len(arrays)
    for program in region.programs:
        end = [b + x.shape[0] if own else b for b, x, own in zip(begin, program.inputs, region.by_rows, strict=True)]
        inputs = [a[b:e] if e > b else a for a, b, e in zip(arrays, begin, end, strict=True)]
        results.append(evaluate(program, inputs, {}).outputs[which])
        begin = end
    return np.concatenate(results) if region.joined[which] else np.stack(results)


def _slices_shape(*_inputs: Any, region: Region, which: int) -> Spec:
    outputs = [x for program in region.programs if isinstance(x := program.outputs[which], Var)]
    shape = outputs[0].shape
    if region.joined[which]:
        return Spec((sum(x.shape[0] for x in outputs), *shape[1:]), outputs[0].dtype)
    return Spec((len(outputs), *shape), outputs[0].dtype)


# An instruction for each value that a region gives; they follow one another. It is in no registry: no one calls it.
SLICES = Op("slices", _slices, (None,), _slices_shape, "what is computed slice by slice")
