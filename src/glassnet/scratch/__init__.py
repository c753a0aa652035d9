"""Neural networks from scratch: plain arrays in, plain arrays out, ``forward`` and ``backward`` by hand.

The style of the books that build networks in bare NumPy. Rows are samples: x is [n, features] and a
weight W [in, out], so that a layer is x·W + b. Lists and numbers are taken as arrays; results are
float64, or float32 for inputs of float32. The numbers come from the operations of `glassnet.ops`, as
a tensor's do, and one class, `Layer`, makes a layer of any of them.
"""

from __future__ import annotations

from glassnet.scratch.activation import identity, identity_func, leaky_relu, relu, sigmoid, softmax, step, tanh
from glassnet.scratch.affine import Affine
from glassnet.scratch.layer import (
    Add,
    Div,
    Exp,
    Identity,
    Layer,
    LeakyRelu,
    Log,
    MatMul,
    Mul,
    Relu,
    Repeat,
    Sigmoid,
    Softmax,
    Sum,
    Tanh,
)
from glassnet.scratch.losses import (
    CrossEntropyError,
    SoftmaxWithLoss,
    cross_entropy_error,
    mean_squared_error,
    sum_squared_error,
)
from glassnet.scratch.networks import MultiLayerNet, ThreeLayerNet, TwoLayerNet
from glassnet.scratch.numerical import gradient_descent, numerical_diff, numerical_gradient
from glassnet.scratch.optimizers import SGD, AdaGrad, Adam, Momentum, Nesterov, RMSprop
from glassnet.scratch.perceptron import AND, NAND, OR, XOR, Perceptron, TwoLayerPerceptron
from glassnet.scratch.regularization import BatchNormalization, Dropout

__all__ = [
    "AND",
    "NAND",
    "OR",
    "SGD",
    "XOR",
    "AdaGrad",
    "Adam",
    "Add",
    "Affine",
    "BatchNormalization",
    "CrossEntropyError",
    "Div",
    "Dropout",
    "Exp",
    "Identity",
    "Layer",
    "LeakyRelu",
    "Log",
    "MatMul",
    "Momentum",
    "Mul",
    "MultiLayerNet",
    "Nesterov",
    "Perceptron",
    "RMSprop",
    "Relu",
    "Repeat",
    "Sigmoid",
    "Softmax",
    "SoftmaxWithLoss",
    "Sum",
    "Tanh",
    "ThreeLayerNet",
    "TwoLayerNet",
    "TwoLayerPerceptron",
    "cross_entropy_error",
    "gradient_descent",
    "identity",
    "identity_func",
    "leaky_relu",
    "mean_squared_error",
    "numerical_diff",
    "numerical_gradient",
    "relu",
    "sigmoid",
    "softmax",
    "step",
    "sum_squared_error",
    "tanh",
]
