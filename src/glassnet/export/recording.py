"""Specialisation: what a network does to a batch when it is used, not trained, as a program."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glassnet.errors import ShapeError
from glassnet.export.batch import SAMPLES, for_any_batch
from glassnet.export.errors import ExportError
from glassnet.nn.module import Module, evaluating
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.program.passes import optimize
from glassnet.program.program import Instruction, Program
from glassnet.tensor import Tensor, wrap
from glassnet.trace.decomposition import passes_for
from glassnet.trace.trace import trace


def inference_program(
    module: Module, samples: Array, known: Callable[[Instruction], bool]
) -> tuple[Program, dict[str, Array]]:
    """What ``module`` computes of any number of ``samples`` [n, …], and its parameters and buffers by name.

    ``known`` says which operations the reader of the program has a form of its own for. Raises
    ExportError for a network whose result is not one tensor [n, …], that draws random numbers or
    changes its buffers, or whose computation depends on the number of samples.
    """
    with evaluating(module):
        module(wrap(samples))  # what it cannot take at all is told in its own words
    programs = []
    for n in SAMPLES:
        recorded, state = _recorded(module, samples[np.arange(n) % len(samples)])
        programs.append(optimize(recorded, passes_for(known)))
    program = for_any_batch(*programs)
    _check(program)
    return program, state


def _recorded(module: Module, batch: Array) -> tuple[Program, dict[str, Array]]:
    """The program of one call, and the module's numbers by name; the module is as before, whatever it does."""
    with evaluating(module):
        try:
            program, state, result = trace(module, wrap(batch), gradients=False)
        except ShapeError as error:
            problem = f"a file serves any number of samples, but the network refuses {len(batch)}: {error}"
            raise ExportError(problem) from None
    if not isinstance(result, Tensor):
        raise ExportError(f"expected a network that gives one tensor, got {type(result).__name__}; wrap it in a module")
    if result.shape[:1] != (len(batch),):
        raise ExportError(
            f"expected a network whose output begins with the batch, [{len(batch)}, …] for {len(batch)} samples, got "
            f"{written(result.shape)}"
        )
    return program, {name: tensor.array for name, tensor in state.items()}


def _check(program: Program) -> None:
    if program.outputs[0] in (*program.state, *program.constants):
        raise ExportError("the network gives the same whatever it is given: there is nothing to compute")
    for instruction in program:
        where = instruction.module or instruction.op.name
        if "generator" in instruction.params:
            raise ExportError(f"{where} draws random numbers in evaluation mode; a file would draw others")
        if instruction.writes:
            raise ExportError(f"{where} changes {instruction.writes[0]} in evaluation mode; a file keeps nothing")
