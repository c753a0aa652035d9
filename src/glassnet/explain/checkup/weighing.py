"""The layers of weights in a traced step: what they are, how much they amplify, how large their gradients are."""

from __future__ import annotations

import numpy as np

from glassnet.explain.checkup.step import Step, op_of
from glassnet.explain.walkthrough import Value
from glassnet.explain.walkthrough.gate_rules import PLANES, steps_of
from glassnet.ops.dtypes import Array
from glassnet.ops.layers.convolution import conv_transpose, convolution
from glassnet.ops.linear import bilinear, linear, matmul

CONVOLVING = (convolution, conv_transpose)
WEIGHING = (linear, matmul, bilinear, *CONVOLVING, *PLANES)

CALL, IN_A_LOOP = 2e4, 20  # multiplications that take as long as a call, and calls for each time of a loop


def weighs(value: Value | None) -> bool:
    """Whether a value is a weighted sum of others: of numbers of a sample, of a window, or of what was before."""
    return op_of(value) in WEIGHING


def layers_of(step: Step) -> list[Value]:
    """What the layers of weights give, in order."""
    return [value for value in step.forward() if weighs(value) and weights_in(value)]


def weights_of(step: Step) -> list[Value]:
    """The matrices that the network learns, in the order in which they are used."""
    return list(dict.fromkeys(w for value in layers_of(step) for w in weights_in(value)))


def weights_in(value: Value) -> list[Value]:
    """The matrices that a layer is given."""
    return [x for x in value.operands if isinstance(x, Value) and x.kind == "parameter" and x.array.ndim > 1]


def gain(layer: Value | None) -> float:
    """How much larger a layer makes independent inputs: the root of the mean of the squares of the weights of a unit.

    It is 0.6 to 1.4 with the usual ways to begin; infinite for None, which is no layer.
    """
    if layer is None:
        return np.inf
    sizes = []
    for weight in weights_in(layer):
        inputs = np.prod(weight.array.shape[1:]) if op_of(layer) is not matmul else weight.array.shape[0]
        sizes.append(root_mean_square(weight.array) * float(np.sqrt(inputs)))
    return max(sizes, default=np.inf)


def layer_before(value: Value) -> Value | None:
    """The layer of weights whose output ``value`` is made of, number by number."""
    while value.instruction is not None and not weighs(value):
        operand = next((x for x in value.operands if isinstance(x, Value)), None)
        if operand is None:
            return None
        value = operand
    return value if weighs(value) and weights_in(value) else None


def work_of(step: Step) -> float:
    """Multiplications of a step that count: a forward product is followed by two of its size, and each call costs."""
    products = 3.0 * sum(value.array.size * _terms(value) for value in step.forward() if weighs(value))
    loops = sum(len(steps_of(i)) for i in step.program.phase("forward") if i.op in PLANES)
    return products + CALL * (len(step.results) + IN_A_LOOP * loops)


def _terms(value: Value) -> float:
    """How many products each number of a weighted sum is made of."""
    if op_of(value) is matmul:
        return float(value.operands[0].array.shape[-1])
    weight = max((x.array for x in value.operands[1:] if isinstance(x, Value)), key=lambda array: array.ndim)
    if op_of(value) in PLANES:
        return float(weight.shape[-1])
    return float(weight.size / weight.shape[1 if op_of(value) is conv_transpose else 0])


def size_of_gradient(value: Value) -> float:
    """The root mean square of the gradient of a value."""
    assert value.gradient is not None
    return root_mean_square(value.gradient.array)


def root_mean_square(array: Array) -> float:
    """How large the numbers of an array are; 0 where there are none."""
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.mean(np.square(array, dtype=np.float64)))) if array.size else 0.0
