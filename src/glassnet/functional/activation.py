"""Activation functions, element by element (`glu` works on pairs).

With ``inplace=True`` the result is written into the input.
"""

from __future__ import annotations

from typing import Any

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.ops import activation, arithmetic, elementary, sampling, shrinkage
from glassnet.ops import gelu as gelu_ops
from glassnet.ops.record import Op
from glassnet.ops.shapes import normalize_dim, written
from glassnet.random import chosen
from glassnet.tensor import Tensor, apply
from glassnet.tensor.graph import labelled
from glassnet.tensor.methods.from_record import replace

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "rrelu",
    "selu",
    "sigmoid",
    "silu",
    "softplus",
    "softshrink",
    "softsign",
    "step",
    "tanh",
    "tanhshrink",
    "threshold",
]


def _elementwise(op: Op, input: Tensor, inplace: bool, *others: Tensor, **params: Any) -> Tensor:
    return replace(input, op, *others, **params) if inplace else apply(op, input, *others, **params)


# pieces of straight lines ---------------------------------------------------------------------


def step(input: Tensor) -> Tensor:
    """The Heaviside step: 1 where x > 0, else 0. It is flat, so no gradient flows through it.

    >>> F.step(glassnet.tensor([-2.0, 0.0, 3.0]))
    tensor([0., 0., 1.])
    """
    return apply(activation.step, input)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0).

    >>> F.relu(glassnet.tensor([-2.0, 3.0]))
    tensor([0., 3.])
    """
    return _elementwise(activation.relu, input, inplace)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(x, 0), 6).

    >>> F.relu6(glassnet.tensor([-2.0, 3.0, 9.0]))
    tensor([0., 3., 6.])
    """
    return _elementwise(activation.relu6, input, inplace)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x clamped to [min_val, max_val]; ValueError if min_val > max_val. Whole numbers stay whole, as do the bounds.

    >>> F.hardtanh(glassnet.tensor([-2.0, 0.5, 3.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min_val > max_val:
        raise RangeError(f"hardtanh: expected min_val ≤ max_val, got {min_val} and {max_val}")
    if input.dtype.kind == "u" and min_val < 0:
        raise RangeError(f"hardtanh: {input.dtype} has no numbers below 0, got min_val={min_val}; convert it: x.int()")
    if input.dtype.kind == "b":
        raise DtypeError("hardtanh: expected numbers, got bool; convert it first: x.int()")
    if input.dtype.kind in "iu":
        return _elementwise(arithmetic.clamp, input, inplace, min=int(min_val), max=int(max_val))
    return _elementwise(activation.hardtanh, input, inplace, min_val=min_val, max_val=max_val)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """x/6 + 1/2, clamped to [0, 1]: a sigmoid without exp.

    >>> F.hardsigmoid(glassnet.tensor([-3.0, 0.0, 3.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return _elementwise(activation.hardsigmoid, input, inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """x · hardsigmoid(x). A. Howard et al., Searching for MobileNetV3, 2019.

    >>> F.hardswish(glassnet.tensor([-3.0, 1.0, 3.0]))
    tensor([-0.0000,  0.6667,  3.0000])
    """
    return _elementwise(activation.hardswish, input, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where positive, else negative_slope · x.

    >>> F.leaky_relu(glassnet.tensor([-2.0, 3.0]), 0.1)
    tensor([-0.2000,  3.0000])
    """
    return _elementwise(activation.leaky_relu, input, inplace, negative_slope=negative_slope)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x where positive, else weight · x: one weight, or one for each channel (dimension 1).

    Raises ShapeError if ``weight`` has another number of elements.

    >>> F.prelu(glassnet.tensor([-2.0, 3.0]), glassnet.tensor([0.5]))
    tensor([-1.,  3.])
    """
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1 or weight.numel() not in (1, channels):
        raise ShapeError(
            f"prelu: expected 1 weight or {channels}, one for each channel (dimension 1) of the input "
            f"{written(input.shape)}, got weights of shape {written(weight.shape)}"
        )
    if weight.numel() > 1:
        weight = weight.reshape(-1, *(1,) * (input.ndim - 2))
    elif input.ndim == 0:
        weight = weight.reshape(())
    return apply(activation.prelu, input, weight)


def rrelu(
    input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """x where positive, else slope · x, each slope drawn evenly from [lower, upper); their middle if not ``training``.

    B. Xu et al., Empirical Evaluation of Rectified Activations in Convolutional Network, 2015.

    >>> F.rrelu(glassnet.tensor([-4.0, 3.0]), 0.25, 0.75)
    tensor([-2.,  3.])
    """
    if lower > upper:
        raise RangeError(f"rrelu: expected lower ≤ upper, got {lower} and {upper}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    slopes = apply(
        sampling.uniform, shape=input.shape, dtype=input.dtype, generator=chosen(None), low=lower, high=upper
    )
    return _elementwise(activation.prelu, input, inplace, slopes)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where above ``threshold``, else ``value``.

    >>> F.threshold(glassnet.tensor([1.0, 5.0]), 3, -1)
    tensor([-1.,  5.])
    """
    if input.dtype.kind in "iu":
        threshold, value = int(threshold), int(value)
    return _elementwise(shrinkage.threshold, input, inplace, threshold=threshold, value=value)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x where |x| > lambd, else 0.

    >>> F.hardshrink(glassnet.tensor([-2.0, 0.3]))
    tensor([-2.,  0.])
    """
    return apply(shrinkage.hardshrink, input, lambd=lambd)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x moved towards 0 by ``lambd``, at most to 0; ValueError if ``lambd`` is negative.

    >>> F.softshrink(glassnet.tensor([-2.0, 0.3]))
    tensor([-1.5000,  0.0000])
    """
    if lambd < 0:
        raise RangeError(f"softshrink: expected lambd of 0 or more, got {lambd}")
    return apply(shrinkage.softshrink, input, lambd=lambd)


# smooth ---------------------------------------------------------------------------------------


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(−x)).

    >>> F.sigmoid(glassnet.tensor([0.0, 2.0]))
    tensor([0.5000, 0.8808])
    """
    return apply(activation.sigmoid, input)


def logsigmoid(input: Tensor) -> Tensor:
    """log(sigmoid(x)), accurate where sigmoid(x) is close to 0.

    >>> F.logsigmoid(glassnet.tensor([0.0, 1.0]))
    tensor([-0.6931, -0.3133])
    """
    return apply(activation.logsigmoid, input)


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent.

    >>> F.tanh(glassnet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return apply(elementary.tanh, input)


def tanhshrink(input: Tensor) -> Tensor:
    """x − tanh(x).

    >>> F.tanhshrink(glassnet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.2384])
    """
    return apply(shrinkage.tanhshrink, input)


def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|).

    >>> F.softsign(glassnet.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """
    return apply(activation.softsign, input)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + exp(beta · x)) / beta: a smooth relu, and x itself where beta · x > threshold.

    >>> F.softplus(glassnet.tensor([0.0, 100.0]))
    tensor([  0.6931, 100.0000])
    """
    if beta == 0:
        raise RangeError("softplus: expected a beta that is not 0")
    return apply(activation.softplus, input, beta=beta, threshold=threshold)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where positive, else alpha · (exp(x) − 1).

    D.-A. Clevert et al., Fast and Accurate Deep Network Learning by Exponential Linear Units, 2015.

    >>> F.elu(glassnet.tensor([-1.0, 3.0]))
    tensor([-0.6321,  3.0000])
    """
    return _elementwise(activation.elu, input, inplace, alpha=alpha)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """1.0507 · elu(x, 1.6733). G. Klambauer et al., Self-Normalizing Neural Networks, 2017.

    >>> F.selu(glassnet.tensor([-1.0, 1.0]))
    tensor([-1.1113,  1.0507])
    """
    return _elementwise(activation.selu, input, inplace)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where positive, else alpha · (exp(x / alpha) − 1).

    J. Barron, Continuously Differentiable Exponential Linear Units, 2017.

    >>> F.celu(glassnet.tensor([-1.0, 3.0]))
    tensor([-0.6321,  3.0000])
    """
    if alpha == 0:
        raise RangeError("celu: expected an alpha that is not 0")
    return _elementwise(activation.celu, input, inplace, alpha=alpha)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x · sigmoid(x), also called swish. S. Elfwing et al., Sigmoid-Weighted Linear Units, 2018.

    >>> F.silu(glassnet.tensor([0.0, 2.0]))
    tensor([0.0000, 1.7616])
    """
    return _elementwise(activation.silu, input, inplace)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """x · tanh(softplus(x)). D. Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019.

    >>> F.mish(glassnet.tensor([0.0, 2.0]))
    tensor([0.0000, 1.9440])
    """
    return _elementwise(activation.mish, input, inplace)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """x · Φ(x), Φ(x) the probability that a standard normal number is less than x; or its approximation by "tanh".

    D. Hendrycks and K. Gimpel, Gaussian Error Linear Units, 2016.

    >>> F.gelu(glassnet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8413])
    """
    if approximate not in ("none", "tanh"):
        raise RangeError(f'gelu: approximate must be "none" or "tanh", got {approximate!r:.80}')
    return apply(gelu_ops.gelu if approximate == "none" else gelu_ops.gelu_tanh, input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """a · sigmoid(b), where a and b are the halves of the input along ``dim``.

    Raises ShapeError if that dimension cannot be halved. Y. Dauphin et al., Language Modeling with
    Gated Convolutional Networks, 2016.

    >>> F.glu(glassnet.tensor([4.0, 6.0, 0.0, 0.0]))
    tensor([2., 3.])
    """
    d = normalize_dim("glu", dim, input.ndim)
    if not input.shape or input.shape[d] % 2:
        raise ShapeError(
            f"glu: expected an even size to halve in dimension {dim}, got an input of shape {written(input.shape)}"
        )
    a, b = input.chunk(2, d)
    return labelled(a * sigmoid(b), "glu")
