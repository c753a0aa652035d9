"""Quantisation: weights and what they are multiplied with as whole numbers of 8 bits, after training.

A weight is rounded to q·s, with one scale s for each output channel, so that the largest of the channel is 127. What it
is multiplied with has one scale for all of it, from the largest that calibration has seen. Products are added up in 32
bits, and brought back to floating numbers by both scales. Padding stays 0, for 0 is q = 0. Rows of a table of vectors
are looked up in 8 bits, and have a scale for each column; a recurrent layer has weights of 8 bits, and computes with
floating numbers.

Source: B. Jacob et al., Quantization and training of neural networks for efficient integer-arithmetic-only inference,
2018; symmetric, and per channel, as in R. Krishnamoorthi, Quantizing deep convolutional networks for efficient
inference: a whitepaper, 2018.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.export.c.recurrence_code import OF_8_BITS, layer_of
from glassnet.export.c.traced_network import Network
from glassnet.ops.arithmetic import add, maximum, minimum, mul
from glassnet.ops.dtypes import Array, Dtype, float32, int8, int32, int64
from glassnet.ops.elementary import round
from glassnet.ops.indexing import ARRAY, getitem
from glassnet.ops.layers.convolution import convolution
from glassnet.ops.layers.max_pooling import max_pool
from glassnet.ops.linear import matmul
from glassnet.ops.movement import cast, reshape
from glassnet.ops.record import Op, Spec
from glassnet.program.evaluation import evaluate
from glassnet.program.instruction import Instruction, Operand, Var
from glassnet.program.names import Namer
from glassnet.program.passes import optimize
from glassnet.program.passes.common_subexpressions import eliminate_common_subexpressions
from glassnet.program.passes.dead_code import eliminate_dead_code
from glassnet.program.program import Program

LARGEST = 127  # of 8 bits, as far from 0 as the smallest
CALIBRATED_ON = 256  # samples at most


def quantised(network: Network, samples: Array) -> Network:
    """``network`` with weights of 8 bits in linear layers and convolutions; calibrated on encoded training samples."""
    program = network.predict.program
    state = {name: network.state[field] for name, field in network.predict.fields.items()}
    made = _made_by(program)
    products = ((i, _weight_place(i, program, made)) for i in program)
    factors = {_root(i.reads[1 - place], made) for i, place in products if place is not None}
    sizes = _largest(program, state, factors, samples[:: -(-len(samples) // CALIBRATED_ON)])
    passes = {
        "quantise": _Quantiser(program, state, sizes).program,
        "eliminate_common_subexpressions": eliminate_common_subexpressions,
        "eliminate_dead_code": eliminate_dead_code,
    }
    found = optimize(program, passes)
    read = {x.name for i in found for x in i.reads}
    fields = {name: field for name, field in network.predict.fields.items() if name in read}
    found = found.having(state=tuple(var for var in found.state if var.name in read))
    kept = {field: network.state[field] for field in fields.values()}
    return replace(network, predict=replace(network.predict, program=found, fields=fields), state=kept)


def _largest(program: Program, state: Mapping[str, Array], wanted: set[Var], samples: Array) -> dict[Var, float]:
    """The largest magnitude of each of the ``wanted`` values, for all of some samples."""
    found = dict.fromkeys(wanted, 0.0)
    with np.errstate(all="ignore"):
        for x in samples:
            results = evaluate(program, [x[np.newaxis]], state).results
            values = {program.inputs[0]: x, **{i.output: made for i, (made, *_) in zip(program, results, strict=True)}}
            for var in wanted:
                found[var] = max(found[var], float(np.abs(values[var]).max()))
    return found


# which operand of a product is a weight ---------------------------------------------------------------------


def _made_by(program: Program) -> dict[Var, Instruction]:
    return {i.output: i for i in program}


def _hands_on(instruction: Instruction) -> bool:
    """Whether it gives numbers of its input as they are: then it can do so in 8 bits, in a quarter of the memory."""
    return instruction.is_view or instruction.op is max_pool


def _root(var: Var, made: Mapping[Var, Instruction]) -> Var:
    """The value whose numbers ``var`` has."""
    while var in made and _hands_on(made[var]):
        var = made[var].reads[0]
    return var


def _weight_place(instruction: Instruction, program: Program, made: Mapping[Var, Instruction]) -> int | None:
    """Which operand of a product is a weight; None where it is no product, or none of its operands is."""
    if instruction.op is convolution:
        places: tuple[int, ...] = (1,)
    elif instruction.op is matmul and all(len(x.shape) > 1 for x in instruction.reads):
        places = (1, 0)
    else:
        return None
    kept = {*program.state, *program.constants}
    are_weights = [_root(x, made) in kept for x in instruction.reads]
    found = next((n for n in places if are_weights[n] and not are_weights[1 - n]), None)
    return found if found is not None and instruction.reads[found].dtype == float32 else None


def _looks_up(instruction: Instruction, program: Program) -> bool:
    """Whether it gives the rows of a table of weights that an index asks for."""
    if instruction.op is not getitem or instruction.params["index"] != (ARRAY,):
        return False
    table = instruction.reads[0]
    return table in program.state and table.dtype == float32 and len(table.shape) == 2


# the program in 8 bits --------------------------------------------------------------------------------------


def _product(a: Array, b: Array) -> Array:
    result: Array = np.matmul(a.astype(np.int32), b.astype(np.int32))
    return result


def _convolution(x: Array, weight: Array, **how: Any) -> Array:
    exact: Array = convolution.forward(x.astype(np.float64), weight.astype(np.float64), **how)
    return np.rint(exact).astype(np.int32)


def _sums(op: Op, forward: Any) -> Op:
    """``op`` of numbers of 8 bits, whose products are added up in 32."""

    def shape(*inputs: Any, **params: Any) -> Spec:
        return Spec(op.shape(*(Var("x", x.shape, float32) for x in inputs), **params).shape, int32)

    return Op(f"int8_{op.name}", forward=forward, vjp=(None, None), shape=shape, formula=op.formula)


int8_product, int8_convolution = _sums(matmul, _product), _sums(convolution, _convolution)


def _layer(op: Op, first: int) -> Op:
    """A recurrent layer ``op`` whose two weights, from the input ``first`` on, have 8 bits; their scales come last."""

    def forward(*inputs: Any, **params: Any) -> Array:
        *given, of_input, of_state = inputs
        for place, scale in ((first, of_input), (first + 1, of_state)):
            given[place] = given[place].astype(np.float32) * scale[:, np.newaxis]
        result: Array = op.forward(*given, **params)
        return result

    def shape(*inputs: Any, **params: Any) -> Spec:
        return op.shape(*(Var("x", x.shape, float32) for x in inputs[:-2]), **params)

    return Op(f"{OF_8_BITS}{op.name}", forward=forward, vjp=(), shape=shape, formula=op.formula)


class _Quantiser:
    """The pass. ``largest`` has the magnitudes of what weights are multiplied with."""

    def __init__(self, program: Program, state: Mapping[str, Array], largest: Mapping[Var, float]) -> None:
        self.made = _made_by(program)
        self.numbers = {var: state[var.name] for var in program.state} | dict(program.constants)
        self.largest = largest
        self.name = Namer(program)
        self.constants = dict(program.constants)
        self.instructions: list[Instruction] = []
        self.known: dict[Var, Var] = {}  # of values that are there in 8 bits

    def program(self, program: Program) -> Program:
        """``program`` with the products of weights in 8 bits."""
        for instruction in program:
            place = _weight_place(instruction, program, self.made)
            if place is not None:
                self._rewrite(instruction, place)
            elif _looks_up(instruction, program):
                self._rewrite_rows(instruction)
            elif layer_of(instruction.op) and len(instruction.reads) == len(instruction.inputs):
                self._rewrite_layer(instruction)
            else:
                self.instructions.append(instruction)
        return program.having(instructions=tuple(self.instructions), constants=self.constants)

    def _rewrite(self, instruction: Instruction, place: int) -> None:
        is_product = instruction.op is matmul
        factor, weight = instruction.reads[1 - place], instruction.reads[place]
        x = self._in_8_bits(factor, instruction)
        depth: Any = (-2 if place else -1) if is_product else tuple(range(1, len(weight.shape)))
        w, scales = self._weight(weight, depth, instruction)
        scales = scales if is_product else scales[:, 0]
        scales = scales * self._scale(_root(factor, self.made))
        output, bias = instruction.output, None if is_product or len(instruction.reads) < 3 else instruction.reads[2]
        op = int8_product if is_product else int8_convolution
        inputs = (x, w) if place else (w, x)
        sums = self._add(instruction, op, inputs, output, f"{output.name}_sums", int32, dict(instruction.params))
        whole = self._add(instruction, cast, (sums,), output, f"{output.name}_whole", float32, {"dtype": float32})
        scale = self._constant(f"{output.name}_scale", scales.astype(np.float32))
        if bias is None:
            self.instructions.append(replace(instruction, op=mul, inputs=(whole, scale), params={}))
            return
        scaled = self._add(instruction, mul, (whole, scale), output, f"{output.name}_scaled", float32)
        shape = (len(weight.shape) - 2) * (1,)
        column = Var(self.name(f"{output.name}_bias"), (*bias.shape, *shape), float32)
        self.instructions += [
            replace(instruction, op=reshape, inputs=(bias,), output=column, params={"shape": column.shape}),
            replace(instruction, op=add, inputs=(scaled, column), params={}),
        ]

    def _rewrite_rows(self, instruction: Instruction) -> None:
        """Rows of a table, each number of which is brought back by the scale of its column."""
        table, index = instruction.reads
        rows, scales = self._weight(table, 0, instruction)
        output, params = instruction.output, dict(instruction.params)
        found = self._add(instruction, getitem, (rows, index), output, f"{output.name}_int8", int8, params)
        whole = self._add(instruction, cast, (found,), output, f"{output.name}_whole", float32, {"dtype": float32})
        scale = self._constant(f"{output.name}_scale", scales[0].astype(np.float32))
        self.instructions.append(replace(instruction, op=mul, inputs=(whole, scale), params={}))

    def _rewrite_layer(self, instruction: Instruction) -> None:
        """A recurrent layer, whose weights alone have 8 bits: a scale for each sum that a gate adds up."""
        inputs, scales = list(instruction.reads), []
        first = 3 if layer_of(instruction.op) == "lstm" else 2
        for place in (first, first + 1):
            name = inputs[place].name
            inputs[place], scale = self._weight(inputs[place], 1, instruction)
            scales.append(self._constant(f"{name}_scale", scale[:, 0].astype(np.float32)))
        op = _layer(instruction.op, first)
        self.instructions.append(replace(instruction, op=op, inputs=(*inputs, *scales)))

    def _in_8_bits(self, var: Var, reader: Instruction) -> Var:
        """A value in 8 bits; what only hands numbers on does so with those of its input."""
        if var in self.known:
            return self.known[var]
        made = self.made.get(var)
        if made is not None and _hands_on(made):
            inputs = (self._in_8_bits(made.reads[0], reader),)
            found = self._add(made, made.op, inputs, var, f"{var.name}_int8", int8, dict(made.params))
        else:
            about = reader if made is None else made
            steps: tuple[tuple[Op, tuple[Operand, ...], Dtype, dict[str, Any]], ...] = (
                (mul, (1 / self._scale(var),), float32, {}),
                (round, (), float32, {}),
                (maximum, (-float(LARGEST),), float32, {}),
                (minimum, (float(LARGEST),), float32, {}),
                (cast, (), int64, {"dtype": int64}),
                (cast, (), int8, {"dtype": int8}),
            )
            found = var
            for op, others, dtype, params in steps:
                name = f"{var.name}_{'int8' if dtype == int8 else op.name}"
                found = self._add(about, op, (found, *others), var, name, dtype, params)
        self.known[var] = found
        return found

    def _weight(self, var: Var, depth: Any, reader: Instruction) -> tuple[Var, Array]:
        """A weight in 8 bits, and the scales of its channels: one for each place beside the ``depth``, which is 1."""
        views: list[Instruction] = []
        root = var
        while root in self.made:
            views.insert(0, self.made[root])
            root = views[0].reads[0]
        numbers = self.numbers[root]
        places = np.arange(numbers.size).reshape(numbers.shape)
        for view in views:
            places = view.op.forward(places, **view.params)
        values = numbers.reshape(-1)[places]
        scales = np.abs(values).max(axis=depth, keepdims=True).astype(np.float64) / LARGEST
        scales[scales == 0] = 1
        rounded = np.zeros(numbers.size, np.int8)
        rounded[places] = np.rint(values / scales)
        found = self._constant(f"{root.name}_int8", rounded.reshape(numbers.shape))
        for view in views:
            name = f"{view.output.name}_int8"
            found = self._add(reader, view.op, (found,), view.output, name, int8, dict(view.params))
        return found, scales

    def _scale(self, var: Var) -> float:
        return self.largest[var] / LARGEST or 1.0

    def _constant(self, name: str, array: Array) -> Var:
        var = Var(self.name(name), array.shape, array.dtype)
        self.constants[var] = array
        return var

    def _add(
        self,
        about: Instruction,
        op: Op,
        inputs: tuple[Operand, ...],
        like: Var,
        name: str,
        dtype: Dtype,
        params: dict[str, Any] | None = None,
    ) -> Var:
        """The result of one more instruction, which has the shape of ``like``."""
        output = Var(self.name(name), like.shape, dtype)
        self.instructions.append(replace(about, op=op, inputs=inputs, output=output, params=params or {}))
        return output
