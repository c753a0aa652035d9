"""Initialisation: what the parameters of a network start as. All functions work in place.

Sources: X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural
networks, 2010 (xavier); K. He et al., Delving deep into rectifiers, 2015 (kaiming); A. Saxe et al.,
Exact solutions to the nonlinear dynamics of learning in deep linear neural networks, 2013
(orthogonal); J. Martens, Deep learning via Hessian-free optimization, 2010 (sparse).
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from glassnet.autograd import no_grad
from glassnet.errors import DtypeError, ShapeError
from glassnet.nn.truncated_normal import truncated_normal
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.random import Generator, chosen
from glassnet.tensor import Tensor, wrap

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

_GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4} | {
    f"conv{transposed}{n}d": 1.0 for transposed in ("", "_transpose") for n in (1, 2, 3)
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that keeps the spread of values the same through layers followed by ``nonlinearity``.

    1 for "linear", "conv…" and "sigmoid", 5/3 for "tanh", √2 for "relu", 3/4 for "selu", and
    √(2 / (1 + slope²)) for "leaky_relu", whose slope is ``param`` (0.01 if not given).
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"calculate_gain: expected the slope of leaky_relu as a number, got {param!r}")
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        known = ", ".join([*_GAINS, "leaky_relu"])
        raise ValueError(f"calculate_gain: expected the nonlinearity to be one of {known}, got {nonlinearity!r}")
    return _GAINS[nonlinearity]


# each element by itself -------------------------------------------------------------------------


@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw every element evenly from [a, b)."""
    return _floating("uniform_", tensor).uniform_(a, b, generator=generator)


@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw every element from the normal distribution of ``mean`` and standard deviation ``std``."""
    return _floating("normal_", tensor).normal_(mean, std, generator=generator)


@no_grad()
def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Draw every element from the normal distribution cut off at ``a`` and ``b``, which are values, not multiples.

    Exact however far out ``a`` and ``b`` lie: C. Robert, Simulation of truncated normal variables, 1995.
    """
    if not a < b or not std > 0:
        raise ValueError(f"trunc_normal_: expected a < b and std > 0, got a={a}, b={b}, std={std}")
    shape = _floating("trunc_normal_", tensor).shape
    drawn = truncated_normal(chosen(generator), math.prod(shape), (a - mean) / std, (b - mean) / std)
    return _filled(tensor, np.clip(mean + std * drawn.reshape(shape), a, b))


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Set every element to ``val``."""
    return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Set every element to 1."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Set every element to 0."""
    return constant_(tensor, 0.0)


# structured ---------------------------------------------------------------------------------------


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """Make a matrix the identity: as much of the input passed on unchanged as fits."""
    _check_ndim("eye_", tensor, 2, 2)
    return _filled(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


@no_grad()
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Make the kernels of a convolution [out, in, …] pass on as many channels unchanged as they can.

    With ``groups``, in each group of the output channels.
    """
    _check_ndim("dirac_", tensor, 3, 5)
    channels_out, channels_in, *kernel = tensor.shape
    if groups < 1 or channels_out % groups:
        raise ValueError(f"dirac_: expected a number of groups that {channels_out} divides into, got {groups}")
    kernels = np.zeros(tensor.shape)
    centre = tuple(n // 2 for n in kernel)
    size = channels_out // groups
    for group in range(groups):
        for channel in range(min(size, channels_in)):
            kernels[(group * size + channel, channel, *centre)] = 1
    return _filled(tensor, kernels)


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Draw a matrix with orthonormal rows or columns, whichever are fewer, times ``gain``.

    Beyond two dimensions, all but the first count as one. A. Saxe et al., 2013.
    """
    _check_ndim("orthogonal_", _floating("orthogonal_", tensor), 2)
    if tensor.array.size == 0:
        return tensor
    rows = tensor.shape[0]
    columns = math.prod(tensor.shape[1:])
    drawn = chosen(generator).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q = q * np.sign(np.diagonal(r))  # without this, not evenly distributed (F. Mezzadri, 2007)
    return _filled(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape))


@no_grad()
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Draw a matrix from the normal distribution, with the fraction ``sparsity`` of each column 0.

    J. Martens, 2010.
    """
    _check_ndim("sparse_", _floating("sparse_", tensor), 2, 2)
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparse_: expected a sparsity from 0 to 1, got {sparsity}")
    rows = tensor.shape[0]
    draw = chosen(generator)
    matrix = draw.normal(0, std, tensor.shape)
    # the rank of a random number in its column is a random place
    ranks = np.argsort(draw.random(tensor.shape), axis=0)
    matrix[ranks < math.ceil(sparsity * rows)] = 0
    return _filled(tensor, matrix)


# by the number of inputs and outputs --------------------------------------------------------------


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw evenly from ± gain·√(6 / (fan_in + fan_out)). X. Glorot and Y. Bengio, 2010."""
    bound = gain * math.sqrt(6 / sum(_fans("xavier_uniform_", tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw from the normal distribution of std gain·√(2 / (fan_in + fan_out)). X. Glorot and Y. Bengio, 2010."""
    return normal_(tensor, 0, gain * math.sqrt(2 / sum(_fans("xavier_normal_", tensor))), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Draw evenly from ± gain·√(3 / fan), of the fan that ``mode`` says. K. He et al., 2015.

    The gain is that of ``nonlinearity``; ``a`` is the slope of leaky_relu.
    """
    bound = math.sqrt(3) * _kaiming_std("kaiming_uniform_", tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Draw from the normal distribution of std gain/√fan, of the fan that ``mode`` says. K. He et al., 2015.

    The gain is that of ``nonlinearity``; ``a`` is the slope of leaky_relu.
    """
    return normal_(tensor, 0, _kaiming_std("kaiming_normal_", tensor, a, mode, nonlinearity), generator)


def _kaiming_std(name: str, tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    fans = dict(zip(("fan_in", "fan_out"), _fans(name, tensor), strict=True))
    if mode not in fans:
        raise ValueError(f'{name}: expected mode to be "fan_in" or "fan_out", got {mode!r}')
    return calculate_gain(nonlinearity, a) / math.sqrt(fans[mode])


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs an output depends on, and how many outputs an input goes to."""
    return _fans("fan_in, fan_out", tensor)


def _fans(name: str, tensor: Tensor) -> tuple[int, int]:
    _check_ndim(name, tensor, 2)
    if tensor.array.size == 0:
        raise ShapeError(f"{name}: expected a tensor with elements, got shape {written(tensor.shape)}")
    channels_out, channels_in, *kernel = tensor.shape
    return channels_in * math.prod(kernel), channels_out * math.prod(kernel)


def _check_ndim(name: str, tensor: Tensor, least: int, most: float = math.inf) -> None:
    if not least <= len(tensor.shape) <= most:
        expected = f"{least} to {most} dimensions" if most > least else f"{least} dimensions"
        if most == math.inf:
            expected = f"{least} dimensions or more"
        raise ShapeError(f"{name}: expected a tensor of {expected}, got shape {written(tensor.shape)}")


def _floating(name: str, tensor: Any) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name}: expected a tensor, got {type(tensor).__name__}")
    if tensor.dtype.kind != "f":
        raise DtypeError(f"{name}: expected a floating tensor, got {tensor.dtype}; convert it first: x.float()")
    return tensor


def _filled(tensor: Tensor, values: Array) -> Tensor:
    return tensor.copy_(wrap(values))
