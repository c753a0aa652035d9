"""Initialisation: what the parameters of a network start as. All functions work in place.

Sources: X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural
networks, 2010 (xavier); K. He et al., Delving deep into rectifiers, 2015 (kaiming); A. Saxe,
J. McClelland and S. Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear
neural networks, 2013 (orthogonal); J. Martens, Deep learning via Hessian-free optimization, 2010
(sparse). ``generator`` is what numbers are drawn from, the default generator if None.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from glassnet.autograd import no_grad
from glassnet.errors import DtypeError, ShapeError
from glassnet.nn.truncated_normal import truncated_normal
from glassnet.observer import mode
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

    Raises ValueError for another nonlinearity.

    >>> nn.init.calculate_gain("selu"), nn.init.calculate_gain("leaky_relu", 1.0)
    (0.75, 1.0)
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"calculate_gain: expected the slope of leaky_relu as a number, got {param!r:.80}")
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        known = ", ".join([*_GAINS, "leaky_relu"])
        raise ValueError(f"calculate_gain: expected the nonlinearity to be one of {known}, got {nonlinearity!r:.80}")
    return _GAINS[nonlinearity]


# each element by itself -------------------------------------------------------------------------


@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw every element uniformly from [a, b).

    Raises DtypeError for a tensor that is not floating.

    >>> w = nn.init.uniform_(glassnet.empty(1000), -0.5, 0.5)
    >>> -0.5 <= w.min().item() and w.max().item() < 0.5
    True
    """
    return _floating("uniform_", tensor).uniform_(a, b, generator=generator)


@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw every element from the normal distribution of ``mean`` and standard deviation ``std``.

    Raises DtypeError for a tensor that is not floating.

    >>> _ = glassnet.manual_seed(0)
    >>> w = nn.init.normal_(glassnet.empty(100_000), mean=3.0, std=2.0)
    >>> round(w.mean().item(), 1), round(w.std().item(), 1)
    (3.0, 2.0)
    """
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
    """Draw every element from the normal distribution cut off at ``a`` and ``b``: values, not multiples of ``std``.

    Exact however far out ``a`` and ``b`` are. Raises ValueError unless a < b and std > 0.

    C. Robert, Simulation of truncated normal variables, 1995.

    >>> w = nn.init.trunc_normal_(glassnet.empty(1000), std=0.02, a=-0.04, b=0.04)
    >>> w.abs().max().item() <= 0.04
    True
    """
    if not a < b or not std > 0:
        raise ValueError(f"trunc_normal_: expected a < b and std > 0, got a={a}, b={b}, std={std}")
    shape = _floating("trunc_normal_", tensor).shape
    if not mode.draws:  # other numbers will take their place
        return tensor
    drawn = truncated_normal(chosen(generator).numpy, math.prod(shape), (a - mean) / std, (b - mean) / std)
    return _filled(tensor, np.clip(mean + std * drawn.reshape(shape), a, b))


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Set every element to ``val``.

    >>> nn.init.constant_(glassnet.empty(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Set every element to 1.

    >>> nn.init.ones_(glassnet.empty(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Set every element to 0.

    >>> nn.init.zeros_(glassnet.empty(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


# structured ---------------------------------------------------------------------------------------


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """Make a matrix [out, in] the identity: a layer that passes on as much of its input as fits.

    Raises ShapeError for another number of dimensions.

    >>> nn.init.eye_(glassnet.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    _check_ndim("eye_", tensor, 2, 2)
    return _filled(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


@no_grad()
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Make the kernels of a convolution [out, in, …] pass on as many channels unchanged as they can.

    With ``groups``, in each group of the output channels. Raises ShapeError for other than 3 to 5
    dimensions, ValueError for groups that the output channels do not divide into.

    >>> nn.init.dirac_(glassnet.empty(2, 1, 3)).flatten(1)
    tensor([[0., 1., 0.],
            [0., 0., 0.]])
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

    Dimensions after the first count as one. Raises ShapeError for fewer than 2.

    A. Saxe, J. McClelland and S. Ganguli, 2013.

    >>> w = nn.init.orthogonal_(glassnet.empty(2, 5))
    >>> (w @ w.T).allclose(glassnet.eye(2), atol=1e-6)
    True
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
    """Draw a matrix from the normal distribution of std ``std``, with the fraction ``sparsity`` of each column 0.

    Raises ShapeError for another number of dimensions, ValueError for a sparsity outside 0 to 1.

    J. Martens, 2010.

    >>> w = nn.init.sparse_(glassnet.empty(10, 3), sparsity=0.2)
    >>> (w == 0).sum(0)
    tensor([2, 2, 2])
    """
    _check_ndim("sparse_", _floating("sparse_", tensor), 2, 2)
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparse_: expected a sparsity from 0 to 1, got {sparsity}")
    rows = tensor.shape[0]
    draw = chosen(generator).numpy
    matrix = draw.normal(0, std, tensor.shape)
    # the rank of a random number in its column is a random place
    ranks = np.argsort(draw.random(tensor.shape), axis=0)
    matrix[ranks < math.ceil(sparsity * rows)] = 0
    return _filled(tensor, matrix)


# by the number of inputs and outputs --------------------------------------------------------------


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw uniformly from [−b, b), with b = gain·√(6 / (fan_in + fan_out)).

    fan_in is the number of inputs an output depends on, fan_out the number of outputs an input goes to:
    in and out of a weight [out, in, …], each times the size of the kernel. Raises ShapeError for fewer than
    2 dimensions.

    X. Glorot and Y. Bengio, 2010.

    >>> w = nn.init.xavier_uniform_(glassnet.empty(300, 300))  # within ± √(6 / 600) = 0.1
    >>> 0.09 < w.abs().max().item() <= 0.1
    True
    """
    bound = gain * math.sqrt(6 / sum(_fans("xavier_uniform_", tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw from the normal distribution of std gain·√(2 / (fan_in + fan_out)); fans as in `xavier_uniform_`.

    X. Glorot and Y. Bengio, 2010.

    >>> _ = glassnet.manual_seed(0)
    >>> w = nn.init.xavier_normal_(glassnet.empty(100, 100))  # std √(2 / 200) = 0.1
    >>> round(w.std().item(), 2)
    0.1
    """
    return normal_(tensor, 0, gain * math.sqrt(2 / sum(_fans("xavier_normal_", tensor))), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Draw uniformly from [−b, b), with b = gain·√(3 / fan) and the fan that ``mode`` names.

    The gain is that of ``nonlinearity`` (see `calculate_gain`), ``a`` the slope of "leaky_relu"; fans as in
    `xavier_uniform_`. Raises ValueError for another mode or nonlinearity.

    K. He et al., 2015.

    >>> w = nn.init.kaiming_uniform_(glassnet.empty(100, 600), nonlinearity="relu")  # within ± √(6 / 600) = 0.1
    >>> 0.09 < w.abs().max().item() <= 0.1
    True
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
    """Draw from the normal distribution of std gain/√fan; arguments as in `kaiming_uniform_`.

    K. He et al., 2015.

    >>> _ = glassnet.manual_seed(0)
    >>> w = nn.init.kaiming_normal_(glassnet.empty(100, 200), nonlinearity="relu")  # std √(2 / 200) = 0.1
    >>> round(w.std().item(), 2)
    0.1
    """
    return normal_(tensor, 0, _kaiming_std("kaiming_normal_", tensor, a, mode, nonlinearity), generator)


def _kaiming_std(name: str, tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    fans = dict(zip(("fan_in", "fan_out"), _fans(name, tensor), strict=True))
    if mode not in fans:
        raise ValueError(f'{name}: expected mode to be "fan_in" or "fan_out", got {mode!r:.80}')
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
