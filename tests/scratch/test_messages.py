"""An error says what was expected, what it got, and what to do."""

from __future__ import annotations

import numpy as np
import pytest

from glassnet import scratch
from glassnet.errors import DimensionError, DtypeError, GradientError, RangeError, ShapeError
from glassnet.scratch import (
    AND,
    SGD,
    Adam,
    Affine,
    BatchNormalization,
    Dropout,
    Layer,
    Momentum,
    MultiLayerNet,
    Perceptron,
    Repeat,
    Sigmoid,
    SoftmaxWithLoss,
    TwoLayerNet,
    TwoLayerPerceptron,
    cross_entropy_error,
    gradient_descent,
    mean_squared_error,
    numerical_diff,
    numerical_gradient,
    softmax,
)

P = np.full((4, 3), 1 / 3)
NET = TwoLayerNet(4, 5, 3)
AFFINE = Affine(np.zeros((3, 2)), np.zeros(2))


def backward(layer, inputs, dout):
    layer.forward(*inputs)
    return layer.backward(dout)


def with_params(**params):
    net = TwoLayerNet(4, 5, 3)
    net.params.update(params)
    return net


def updated_twice(first, second, optimizer=None):
    optimizer = optimizer or Adam()
    for p in (first, second):
        optimizer.update([p], [np.ones_like(p)])


MESSAGES = [
    # functions
    (lambda: scratch.sigmoid("abc"), DtypeError, "sigmoid: expected numbers, got str of dtype <U3: 'abc'"),
    (lambda: scratch.relu(None), DtypeError, "relu: expected numbers, got NoneType"),
    (lambda: scratch.sigmoid(None), DtypeError, "sigmoid: expected numbers, got NoneType"),
    (lambda: scratch.tanh([1, 1j]), DtypeError, "tanh: expected numbers, got list of dtype complex128"),
    (lambda: scratch.step([[1, 2], [3]]), ShapeError, "step: expected rows of one length, got"),
    (lambda: softmax([]), ShapeError, "softmax: expected at least one number along axis -1, got shape [0]"),
    (lambda: softmax([[1, 2]], axis=2), DimensionError, "softmax: dim must be between -2 and 1"),
    (lambda: softmax(np.zeros((0, 3)), axis=0), ShapeError, "at least one number along axis 0"),
    # losses
    (
        lambda: cross_entropy_error(P, [0, 1, 2]),
        ShapeError,
        "cross_entropy_error: expected labels [4] or one-hot",
    ),
    (lambda: cross_entropy_error(P, np.eye(4)), ShapeError, "a one-hot row has one place a class: 3, not 4"),
    (lambda: cross_entropy_error(P, [[0], [1], [2], [0]]), ShapeError, "drop the last axis: t[..., 0]"),
    (lambda: cross_entropy_error(P[0], [0, 1]), ShapeError, "expected labels one number or one-hot rows [3]"),
    (lambda: cross_entropy_error(P, [0, 1, 2, 3]), RangeError, "class labels from 0 to 2 (there are 3 scores a samp"),
    (lambda: cross_entropy_error(P, [0, 1, 2, -1]), RangeError, "got -1"),
    (lambda: cross_entropy_error(P, [0, 1, 2, -100]), RangeError, "got -100"),  # no label is left out silently
    (lambda: cross_entropy_error(P, [0.0, 1, 2, 0]), DtypeError, "convert them: t.astype(int)"),
    (lambda: cross_entropy_error(P, 2 * P), RangeError, "rows of probabilities (one-hot, for instance) that add up"),
    (lambda: cross_entropy_error(P[0], [2, 0, -1]), RangeError, "that add up to 1, and these do not"),
    (lambda: cross_entropy_error(P, np.full((4, 3), np.nan)), RangeError, "add up to 1"),
    (lambda: cross_entropy_error([[3.0, -2.0]], [0]), RangeError, "got numbers from -2 to 3; for scores of any size"),
    (lambda: cross_entropy_error([[0.5, np.nan]], [0]), RangeError, "expected probabilities, from 0 to 1"),
    (lambda: cross_entropy_error(0.5, 0), ShapeError, "expected scores [n, classes] or [classes], got a single number"),
    (lambda: cross_entropy_error(np.zeros((0, 3)), []), ShapeError, "at least one sample, got shape [0, 3]"),
    (lambda: SoftmaxWithLoss().forward(P, [0, 1, 2, 3]), RangeError, "SoftmaxWithLoss: expected class labels"),
    (lambda: SoftmaxWithLoss().forward(np.zeros((0, 3)), []), ShapeError, "SoftmaxWithLoss: expected at least one"),
    (lambda: SoftmaxWithLoss().backward(), GradientError, "SoftmaxWithLoss: call forward before backward"),
    (lambda: backward(SoftmaxWithLoss(), (P, [0] * 4), np.ones(4)), ShapeError, "dout to be one number, as the loss"),
    (lambda: mean_squared_error(np.zeros((3, 1)), np.zeros(3)), ShapeError, "the shape of the predictions, [3, 1]"),
    (lambda: mean_squared_error([], []), ShapeError, "mean_squared_error: expected at least one sample"),
    # layers
    (lambda: scratch.Softmax().forward([]), ShapeError, "Softmax: expected at least one number along axis -1"),
    (lambda: Layer("softpluss"), ValueError, "there is no operation 'softpluss'; did you mean 'softplus'"),
    (lambda: Layer("zzz"), ValueError, "sorted(glassnet.ops.registry) names all"),
    (lambda: Layer(np.exp), TypeError, "expected an operation of glassnet.ops or its name, got ufunc"),
    (lambda: Sigmoid().forward([1.0], np.zeros(1)), TypeError, "Sigmoid: expected 1 inputs at most, got 2"),
    (lambda: scratch.Add().forward(1), TypeError, "add() takes from 2 to 3 positional arguments but 1"),
    (lambda: Sigmoid().backward(1), GradientError, "Sigmoid: call forward before backward"),
    (lambda: backward(Sigmoid(), ([1, 2],), 1), ShapeError, "dout of the shape of the output, [2], got []"),
    (lambda: backward(Sigmoid(), ([1, 2],), np.ones((3, 2))), ShapeError, "[2], got [3, 2]"),
    (lambda: scratch.Add().forward([1, 2], [1, 2, 3]), ShapeError, "add: shapes [2] and [3] do not broadcast"),
    (lambda: scratch.MatMul().forward(P, P), ShapeError, "matmul: the last dimension of the first (3) must equal"),
    (lambda: scratch.Sum(axis=2).forward(P), DimensionError, "sum: dim must be between -2 and 1"),
    (lambda: Repeat(3).forward(P), ShapeError, "Repeat: expected x of size 1 along axis 0, got [4, 3]; give it such"),
    (lambda: Repeat(3).forward(1.0), ShapeError, "Repeat: expected x of size 1"),
    (lambda: Repeat(0), RangeError, "expected 1 copy or more, got n=0"),
    (lambda: AFFINE.forward(np.zeros((5, 4))), ShapeError, "last axis is 3 (W is [3, 2]), got [5, 4]"),
    (lambda: AFFINE.forward(np.zeros((3, 5))), ShapeError, "its first axis would fit: x.T"),
    (lambda: Affine(np.zeros((4, 2)), [0, 0]).forward(np.zeros((5, 2, 2))), ShapeError, "x.reshape(len(x), -1)"),
    (lambda: Affine(np.zeros((3, 2)), np.zeros(3)), ShapeError, "W [in, out] and b [out] or [1, out], got [3, 2]"),
    (lambda: Affine([1, 2], [0]), ShapeError, "Affine: expected W [in, out]"),
    (lambda: Affine(P, [0, 0, 0]).backward(1), GradientError, "Affine: call forward before backward"),
    (lambda: backward(AFFINE, (P,), P), ShapeError, "Affine: expected dout of the shape of the output, [4, 2]"),
    (lambda: Dropout(1.5), RangeError, "Dropout: expected a ratio from 0 to 1, got 1.5"),
    (lambda: Dropout().backward(1), GradientError, "Dropout: call forward before backward"),
    (lambda: BatchNormalization(1, 0).forward([1, 2]), ShapeError, "expected a batch [n, D] of at least one sample"),
    (lambda: BatchNormalization(1, 0).forward(np.zeros((0, 2))), ShapeError, "at least one sample, got [0, 2]"),
    (lambda: BatchNormalization([1, 1], 0).forward(P), ShapeError, "expected gamma of shape [3] for x [4, 3]"),
    (lambda: BatchNormalization(1, 0, running_var=[1, 1]).forward(P), ShapeError, "expected running_var of shape [3]"),
    (lambda: BatchNormalization(1, 0).backward(P), GradientError, "BatchNormalization: call forward before backward"),
    (lambda: backward(BatchNormalization(1, 0), (P,), P[0]), ShapeError, "shape of the output, [4, 3], got [3]"),
    (lambda: BatchNormalization(1, 0, momentum=2), RangeError, "expected a momentum from 0 to 1, got 2"),
    # perceptrons
    (lambda: AND(1, 0, 1), ShapeError, "expected 2 inputs, one a weight: 2 numbers or arrays, or one array [..., 2]"),
    (lambda: AND([1, 0, 1]), ShapeError, "got [3]"),
    (lambda: AND([0, 1], [0, 1, 1]), ShapeError, "do not broadcast"),
    (
        lambda: Perceptron([[1, 2]], 0),
        ShapeError,
        "a list of weights, one an input, and a number for the bias",
    ),
    (lambda: Perceptron([], 0), ShapeError, "Perceptron: expected a list of weights"),
    (lambda: TwoLayerPerceptron([AND], AND), ShapeError, "one weight of the output for each of the 1 hidden"),
    # slopes
    (lambda: numerical_diff(lambda x: x.sum(), [1, 2]), ShapeError, "one number for each of x [2], got []"),
    (lambda: numerical_diff(np.sin, 1.0, h=0), RangeError, "expected h above 0, got 0"),
    (lambda: numerical_gradient(lambda x: x, [1, 2]), ShapeError, "one number, such as a loss, got shape [2]"),
    (lambda: numerical_gradient(lambda x: None, [1, 2]), DtypeError, "expected numbers, got NoneType"),
    (lambda: numerical_gradient(np.sum, [1, 2], h=np.nan), RangeError, "expected h above 0, got nan"),
    (lambda: gradient_descent(np.sum, [1.0], lr=-1), RangeError, "a learning rate of 0 or more, got lr=-1"),
    # networks
    (lambda: TwoLayerNet(4, 0, 3), ShapeError, "TwoLayerNet: expected sizes that are whole numbers of 1 or more"),
    (lambda: TwoLayerNet(4, 2.5, 3), ShapeError, "got (4, 2.5, 3)"),
    (lambda: TwoLayerNet(4, 5, 3, activation="gauss"), ValueError, "one of sigmoid, relu, leaky_relu, tanh, identity"),
    (lambda: MultiLayerNet(4, [5], 3, weight_init_std="hi"), ValueError, "'relu', 'he', 'sigmoid', 'xavier', got 'hi'"),
    (lambda: TwoLayerNet(4, 5, 3, -0.1), RangeError, "expected weight_init_std of 0 or more, got -0.1"),
    (lambda: NET.forward(np.zeros((2, 5))), ShapeError, "in layer 1 (W1, b1): Affine: expected x whose last axis is 4"),
    (lambda: NET.loss(np.zeros((2, 4)), [0, 3]), RangeError, "class labels from 0 to 2"),
    (lambda: NET.gradient(np.zeros((2, 4)), [0]), ShapeError, "expected labels [2] or one-hot rows [2, 3]"),
    (lambda: NET.gradient(np.zeros((0, 4)), []), ShapeError, "expected at least one sample"),
    (lambda: NET.accuracy(np.zeros((0, 4)), []), ShapeError, "TwoLayerNet: expected at least one sample"),
    (lambda: with_params(W3=P).forward(P), ValueError, "expected params W1, W2, b1, b2, got W1, b1, W2, b2, W3"),
    (lambda: NET.accuracy(np.zeros((2, 4)), [[1, 0], [0, 1]]), ShapeError, "one place a class: 3, not 2"),
    (lambda: with_params(W2=np.zeros((4, 3))).forward(np.zeros(4)), ShapeError, "in layer 2 (W2, b2): Affine: expec"),
    (lambda: with_params(b1=np.zeros(6)).forward(np.zeros(4)), ShapeError, "in layer 1 (W1, b1): Affine: expected W"),
    (lambda: with_params(W1="no").forward(np.zeros(4)), DtypeError, "W1: expected numbers, got str"),
    # optimizers
    (lambda: SGD(-1), RangeError, "SGD: expected lr of 0 or more, got lr=-1"),
    (lambda: SGD(np.nan), RangeError, "got lr=nan"),
    (lambda: Momentum(0.1, 1), RangeError, "Momentum: expected momentum of 0 or more and less than 1, got momentum=1"),
    (lambda: Adam(beta2=-0.1), RangeError, "Adam: expected beta2 of 0 or more and less than 1"),
    (lambda: SGD().update({"W": P}, {}), ShapeError, "a gradient for each parameter: ['W'], got gradients for []"),
    (lambda: SGD().update([P], [P, P]), ShapeError, "got gradients for [0, 1]"),
    (lambda: SGD().update({"W": P}, {"W": P.T}), ShapeError, "shape of parameter 'W', [4, 3], got [3, 4]"),
    (lambda: SGD().update([np.array([1, 2])], [[1, 1]]), DtypeError, "in place, got int64; make it one: np.array(p,"),
    (lambda: SGD().update([[1.0, 2.0]], [[1, 1]]), DtypeError, "a floating array that can be changed in place, got l"),
    (lambda: SGD().update(np.ones(2), np.ones(2)), TypeError, "params to be a dictionary or a list of arrays"),
    (lambda: updated_twice(np.ones(2), np.ones(3)), ShapeError, "for another network, make another optimizer"),
    (lambda: updated_twice(np.ones(2), np.ones(2)), ValueError, "go together: update(a.params + b.params, a.grads"),
    (lambda: updated_twice(np.ones(2), np.ones(2), Momentum()), ValueError, "parameter 0 to be the array of the first"),
]


@pytest.mark.parametrize(("wrong", "error", "message"), MESSAGES, ids=[m[-1][:50] for m in MESSAGES])
def test_bad_input_gets_one_clear_error(wrong, error, message):
    with pytest.raises(error) as raised:
        wrong()
    assert type(raised.value) is error
    assert message in str(raised.value)
