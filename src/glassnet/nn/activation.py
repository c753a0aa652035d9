"""Activations as modules, to put between the layers of a `Sequential`.

All act on each element by itself, in any shape. With ``inplace=True`` the result is written into the input. What acts
along a dimension is in `softmax`, what makes small numbers 0 in `shrinkage`.
"""

from __future__ import annotations

from typing import Any

import glassnet.functional as F
from glassnet.functional.tensor_checks import check_whole
from glassnet.nn.checks import parameter_dtype
from glassnet.nn.module import FunctionModule
from glassnet.nn.parameter import Parameter
from glassnet.tensor import Tensor
from glassnet.tensor.creation import full

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "SELU",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "Step",
    "Tanh",
]


class Activation(FunctionModule):
    """A module that is a function of its input."""

    def forward(self, input: Tensor) -> Tensor:
        """The function of the input."""
        return self._call(input)


class _MaybeInPlace(Activation):
    options = ("inplace",)
    shown = ("inplace",)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


# pieces of straight lines ---------------------------------------------------------------------


class Step(Activation):
    """The Heaviside step, of the first neurons: 1 where x > 0, else 0. No gradient flows through it.

    W. McCulloch and W. Pitts, A Logical Calculus of the Ideas Immanent in Nervous Activity, 1943.

    >>> nn.Step()(glassnet.tensor([-1.0, 0.0, 2.0]))
    tensor([0., 0., 1.])
    """

    function = staticmethod(F.step)


class ReLU(_MaybeInPlace):
    """max(x, 0).

    V. Nair and G. Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines, 2010.

    >>> nn.ReLU()(glassnet.tensor([-1.0, 0.0, 2.0]))
    tensor([0., 0., 2.])
    """

    function = staticmethod(F.relu)


class ReLU6(_MaybeInPlace):
    """min(max(x, 0), 6).

    A. Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10, 2010.

    >>> nn.ReLU6()(glassnet.tensor([-1.0, 2.0, 8.0]))
    tensor([0., 2., 6.])
    """

    function = staticmethod(F.relu6)


class Hardtanh(Activation):
    """x, raised to ``min_val`` and lowered to ``max_val``.

    >>> nn.Hardtanh()(glassnet.tensor([-3.0, 0.5, 3.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """

    function = staticmethod(F.hardtanh)
    options = ("min_val", "max_val", "inplace")
    shown = options

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.min_val, self.max_val, self.inplace = min_val, max_val, inplace


class Hardsigmoid(_MaybeInPlace):
    """x/6 + 1/2, kept between 0 and 1: a sigmoid without exp.

    A. Howard et al., Searching for MobileNetV3, 2019.

    >>> nn.Hardsigmoid()(glassnet.tensor([-3.0, 0.0, 1.5, 4.0]))
    tensor([0.0000, 0.5000, 0.7500, 1.0000])
    """

    function = staticmethod(F.hardsigmoid)


class Hardswish(_MaybeInPlace):
    """x · hardsigmoid(x).

    A. Howard et al., Searching for MobileNetV3, 2019.

    >>> nn.Hardswish()(glassnet.tensor([0.0, 1.0, 3.0]))
    tensor([0.0000, 0.6667, 3.0000])
    """

    function = staticmethod(F.hardswish)


class LeakyReLU(Activation):
    """x where positive, else negative_slope · x.

    A. Maas, A. Hannun and A. Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models, 2013.

    >>> nn.LeakyReLU(0.1)(glassnet.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.1000,  0.0000,  2.0000])
    """

    function = staticmethod(F.leaky_relu)
    options = ("negative_slope", "inplace")
    shown = options

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace


class PReLU(Activation):
    """x where positive, else weight · x; the weight is learned.

    There is one weight, or with ``num_parameters`` one for each channel, which is dimension 1. All
    start at ``init``. K. He et al., Delving Deep into Rectifiers, 2015.

    >>> nn.PReLU()(glassnet.tensor([-1.0, 0.0, 2.0])).detach()
    tensor([-0.2500,  0.0000,  2.0000])
    """

    function = staticmethod(F.prelu)
    options = ("weight",)
    shown = ("num_parameters",)

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        check_whole("PReLU", num_parameters=num_parameters)
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(full((num_parameters,), init, dtype=parameter_dtype("PReLU", device, dtype)))

    def reset_parameters(self) -> None:
        """Set every weight to where it started."""
        self.weight.data.fill_(self.init)


class RReLU(Activation):
    """x where positive, else slope · x, in training each slope drawn from [lower, upper); else their middle.

    B. Xu et al., Empirical Evaluation of Rectified Activations in Convolutional Network, 2015.

    >>> nn.RReLU(0.2, 0.4).eval()(glassnet.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.3000,  0.0000,  2.0000])
    """

    function = staticmethod(F.rrelu)
    options = ("lower", "upper", "training", "inplace")
    shown = ("lower", "upper", "inplace")

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower, self.upper, self.inplace = lower, upper, inplace


# smooth ---------------------------------------------------------------------------------------


class Sigmoid(Activation):
    """1 / (1 + exp(−x)).

    >>> nn.Sigmoid()(glassnet.tensor([-2.0, 0.0, 2.0]))
    tensor([0.1192, 0.5000, 0.8808])
    """

    function = staticmethod(F.sigmoid)


class LogSigmoid(Activation):
    """log sigmoid(x), without its loss of digits.

    >>> nn.LogSigmoid()(glassnet.tensor([-100.0, 0.0]))
    tensor([-100.0000,   -0.6931])
    """

    function = staticmethod(F.logsigmoid)


class Tanh(Activation):
    """The hyperbolic tangent.

    >>> nn.Tanh()(glassnet.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.7616,  0.0000,  0.9640])
    """

    function = staticmethod(F.tanh)


class Softsign(Activation):
    """x / (1 + |x|).

    >>> nn.Softsign()(glassnet.tensor([-1.0, 0.0, 3.0]))
    tensor([-0.5000,  0.0000,  0.7500])
    """

    function = staticmethod(F.softsign)


class Softplus(Activation):
    """log(1 + exp(beta · x)) / beta: a smooth relu, and x itself where beta · x > threshold.

    C. Dugas et al., Incorporating Second-Order Functional Knowledge for Better Option Pricing, 2001.

    >>> nn.Softplus()(glassnet.tensor([-1.0, 0.0, 30.0]))
    tensor([ 0.3133,  0.6931, 30.0000])
    """

    function = staticmethod(F.softplus)
    options = ("beta", "threshold")
    shown = options

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold


class ELU(Activation):
    """x where positive, else alpha · (exp(x) − 1).

    D. Clevert, T. Unterthiner and S. Hochreiter, Fast and Accurate Deep Network Learning by Exponential
    Linear Units, 2016.

    >>> nn.ELU()(glassnet.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.6321,  0.0000,  2.0000])
    """

    function = staticmethod(F.elu)
    options = ("alpha", "inplace")
    shown = options

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace


class CELU(Activation):
    """x where positive, else alpha · (exp(x / alpha) − 1).

    J. Barron, Continuously Differentiable Exponential Linear Units, 2017.

    >>> nn.CELU(2.0)(glassnet.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.7869,  0.0000,  2.0000])
    """

    function = staticmethod(F.celu)
    options = ("alpha", "inplace")
    shown = options

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace


class SELU(_MaybeInPlace):
    """1.0507 · elu(x, 1.6733): layers of it draw their values to mean 0 and variance 1.

    G. Klambauer et al., Self-Normalizing Neural Networks, 2017.

    >>> nn.SELU()(glassnet.tensor([-1.0, 0.0, 2.0]))
    tensor([-1.1113,  0.0000,  2.1014])
    """

    function = staticmethod(F.selu)


class SiLU(_MaybeInPlace):
    """x · sigmoid(x), also called swish.

    S. Elfwing, E. Uchibe and K. Doya, Sigmoid-Weighted Linear Units for Neural Network Function
    Approximation in Reinforcement Learning, 2018.

    >>> nn.SiLU()(glassnet.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.2689,  0.0000,  1.7616])
    """

    function = staticmethod(F.silu)


class Mish(_MaybeInPlace):
    """x · tanh(softplus(x)).

    D. Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019.

    >>> nn.Mish()(glassnet.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.3034,  0.0000,  1.9440])
    """

    function = staticmethod(F.mish)


class GELU(Activation):
    """x · Φ(x), Φ(x) the probability that a standard normal number is less than x; or its approximation by "tanh".

    D. Hendrycks and K. Gimpel, Gaussian Error Linear Units, 2016.

    >>> nn.GELU()(glassnet.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.1587,  0.0000,  1.9545])
    """

    function = staticmethod(F.gelu)
    options = ("approximate",)
    shown = options

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate
