"""A network in use, not in training, as a program that serves any number of samples.

A trace knows the number of samples as a number like any other: 7 may be the batch, or seven features. So the network
is traced twice, with batches of different sizes. What differs between the two programs follows the batch.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.errors import GlassnetError, ShapeError
from glassnet.functional.embeddings import shorten
from glassnet.nn.embeddings import Embedding, EmbeddingBag
from glassnet.nn.module import Module, evaluating
from glassnet.nn.parameter import Parameter
from glassnet.ops.dtypes import Array
from glassnet.ops.movement import broadcast_to
from glassnet.ops.shapes import written
from glassnet.program.names import taken_names, unused
from glassnet.program.passes import optimize
from glassnet.program.program import Instruction, Program, Var
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.creation import arange
from glassnet.trace.decomposition import passes_for
from glassnet.trace.trace import trace

# Numbers that sizes of layers seldom have, neither of them a multiple of the other.
SAMPLES = (7, 12)


class ExportError(GlassnetError, ValueError):
    """A network that cannot be exported; the message says why, and what to do.

    >>> from glassnet.export import ExportError, numpy_file
    >>> class Random(nn.Module):
    ...     def forward(self, x):
    ...         return x + glassnet.randn(len(x), 1)
    >>> try:
    ...     numpy_file(Random(), "model.py", np.ones((2, 3), np.float32))
    ... except ExportError as error:
    ...     print(error)
    model draws random numbers in evaluation mode; a file would draw others
    """


def check_one_input(module: Module) -> None:
    """Raise ExportError for a network whose forward cannot be called with one tensor."""
    signature = inspect.signature(module.forward)
    try:
        signature.bind(None)
    except TypeError:
        raise ExportError(
            f"expected a network of one input, got {type(module).__name__}, whose forward is called with "
            f"({', '.join(signature.parameters)}); wrap it in a module that takes one tensor and makes the others of it"
        ) from None


def inference_program(
    module: Module, samples: Array, known: Callable[[Instruction], bool]
) -> tuple[Program, dict[str, Array]]:
    """The program of ``module`` for any number of samples [n, …], and its parameters and buffers by name.

    ``known`` says which instructions need not be decomposed. Raises
    ExportError for a network whose result is not one tensor [n, …], that draws random numbers or
    changes its buffers, or whose computation depends on the number of samples.
    """
    programs = []
    with evaluating(module), rows_short(module):
        module(wrap(samples))  # samples that the module cannot take raise its own error
        for n in SAMPLES:
            program, state = traced(module, samples[np.arange(n) % len(samples)])
            programs.append(optimize(program, passes_for(known)))
    program = for_any_batch(*programs)
    check_serves(program)
    return program, state


def traced(network: Callable[[Tensor], Any], batch: Array) -> tuple[Program, dict[str, Array]]:
    """The program of one call of ``network`` with ``batch``, and its parameters and buffers by name."""
    try:
        program, state, result = trace(network, wrap(batch), gradients=False)
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


@contextmanager
def rows_short(module: Module) -> Iterator[None]:
    """Within, no embedding has a row longer than its ``max_norm``; else each call shortens those that it looks up."""
    tables = [
        (inner, inner.weight, inner.max_norm)
        for inner in module.modules()
        if isinstance(inner, Embedding | EmbeddingBag) and inner.max_norm is not None and "weight" in inner._parameters
    ]
    try:
        for inner, weight, longest in tables:
            inner.weight, inner.max_norm = Parameter(weight.detach().clone()), None
            shorten(arange(len(weight)), inner.weight, longest, inner.norm_type)
        yield
    finally:
        for inner, weight, longest in tables:
            inner.weight, inner.max_norm = weight, longest


def check_serves(program: Program) -> None:
    """Raise ExportError for a program that a file cannot stand for: it draws numbers, or keeps some."""
    if program.outputs[0] in (*program.state, *program.constants):
        raise ExportError("the network gives the same whatever it is given: there is nothing to compute")
    for instruction in program:
        where = instruction.module or instruction.op.name
        if "generator" in instruction.params:
            raise ExportError(f"{where} draws random numbers in evaluation mode; a file would draw others")
        if instruction.writes:
            raise ExportError(f"{where} changes {instruction.writes[0]} in evaluation mode; a file keeps nothing")


# one program of two ---------------------------------------------------------------------------------


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


def follows_batch(var: Var) -> bool:
    """Whether the shape of a value has the number of samples in it."""
    return any(isinstance(n, Rows) for n in var.shape)


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
    constants, repeated = {}, []
    for var, array in map(_constant, first.constants.items(), second.constants.items()):
        if follows_batch(var) and np.ndim(array):
            row = Var(unused(f"{var.name}_row", taken_names(first)), array.shape, var.dtype)
            repeated.append(Instruction(broadcast_to, (row,), var, {"shape": var.shape}))
            var = row
        constants[var] = array
    return first.having(
        inputs=_Pair("the input").general(first.inputs, second.inputs),
        constants=constants,
        instructions=(*repeated, *(_instruction(a, b) for a, b in zip(first, second, strict=True))),
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
    """A constant and its numbers; those of one sample, or one number, if its size follows the batch."""
    (a, numbers), (b, others) = first, second
    var = _Pair(f"the constant {a}").general(a, b)
    if numbers.shape == others.shape and np.array_equal(numbers, others, equal_nan=numbers.dtype.kind == "f"):
        return var, numbers
    if numbers.size and (numbers == numbers.flat[0]).all() and (others == numbers.flat[0]).all():
        return var, numbers.flat[0]
    of_one = tuple(slice(1) if isinstance(n, Rows) else slice(None) for n in var.shape)
    row = numbers[of_one]
    if numbers.size and all(np.array_equal(np.broadcast_to(row, x.shape), x) for x in (numbers, others)):
        return var, row
    raise ExportError(
        f"{a}, of shape {list(a.shape)}, is made anew for each batch and holds other numbers each time; make it once, "
        "as a buffer of the module"
    )
