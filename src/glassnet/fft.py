"""`glassnet.fft`, as `torch.fft`: discrete Fourier transforms and the frequencies they are at, with derivatives.

``n`` or ``s`` cuts or pads the input with zeros before; ``norm``: "backward" divides the inverse by n, "forward" the
transform, "ortho" both by √n. J. Cooley and J. Tukey, An Algorithm for the Machine Calculation of Complex Fourier
Series, 1965.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, RangeError
from glassnet.ops.arithmetic import conj
from glassnet.ops.dtypes import Dtype
from glassnet.ops.functions import fourier
from glassnet.ops.shapes import normalize_dim, normalize_dims
from glassnet.tensor.creation import as_tensor, dtype_of, zeros
from glassnet.tensor.joining import cat
from glassnet.tensor.tensor import Tensor, apply, finished

__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "hfft2", "hfftn", "ifft", "ifft2", "ifftn", "ifftshift",
    "ihfft", "ihfft2",
    "ihfftn", "irfft",
    "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip

Sizes = int | Sequence[int] | None
Dims = int | Sequence[int] | None


def _number(name: str, x: Tensor) -> Tensor:
    return x.float() if x.dtype.kind in "biu" else x


def _resized(name: str, x: Tensor, sizes: Sequence[int], dims: Sequence[int]) -> Tensor:
    """``x`` cut, or padded with zeros at its end, to ``sizes`` along ``dims``; −1 keeps a size."""
    for n, d in zip(sizes, dims, strict=True):
        if n == -1 or n == x.shape[d]:
            if x.shape[d] == 0:
                raise RangeError(f"{name}: expected 1 element or more along dim {d}, got 0")
            continue
        if n < 1:
            raise RangeError(f"{name}: expected 1 element or more along dim {d}, got {n}")
        if n < x.shape[d]:
            x = x.narrow(d, 0, n)
        else:
            added = (*x.shape[:d], n - x.shape[d], *x.shape[d + 1 :])
            x = cat([x, zeros(*added, dtype=x.dtype)], d)
    return x


def _dims(name: str, x: Tensor, s: Sizes, dim: Dims) -> tuple[list[int], list[int]]:
    """The sizes and the dimensions to transform."""
    s, dim = ([x] if isinstance(x, int) else x for x in (s, dim))
    if dim is None:
        dim = range(x.ndim) if s is None else range(x.ndim - len(s), x.ndim)
    dims = [normalize_dim(name, d, x.ndim) for d in dim]
    normalize_dims(name, dims, x.ndim)
    sizes = [-1] * len(dims) if s is None else list(s)
    if len(sizes) != len(dims):
        raise RangeError(f"{name}: expected a size for each of the dimensions {dims}, got {sizes}")
    return sizes, dims


def _transformed(name: str, x: Tensor, s: Sizes, dim: Dims, norm: str | None, inverse: bool) -> Tensor:
    norm = "backward" if norm is None else norm
    if norm not in ("backward", "ortho", "forward"):
        raise RangeError(f'{name}: expected norm "backward", "ortho" or "forward", got {norm!r:.80}')
    x = _number(name, x)
    sizes, dims = _dims(name, x, s, dim)
    x = _resized(name, x, sizes, dims)
    return apply(fourier.fourier, x, dims=tuple(dims), inverse=inverse, norm=norm)


def _one(n: int | None) -> Sizes:
    return None if n is None else (n,)


def fft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The discrete Fourier transform along ``dim``: yₖ = Σ xⱼ exp(−2πi·jk/n).

    >>> glassnet.fft.fft(glassnet.tensor([1.0, 0.0, 0.0, 0.0]))
    tensor([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """
    return _transformed("fft", input, _one(n), (dim,), norm, False)


def ifft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The inverse of `fft`: xⱼ = Σ yₖ exp(2πi·jk/n) / n.

    >>> glassnet.fft.ifft(glassnet.tensor([4.0, 0.0, 0.0, 0.0]))
    tensor([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """
    return _transformed("ifft", input, _one(n), (dim,), norm, True)


def fft2(input: Tensor, s: Sizes = None, dim: Dims = (-2, -1), norm: str | None = None) -> Tensor:
    """`fft` over two dimensions.

    >>> glassnet.fft.fft2(glassnet.ones(2, 2)).real
    tensor([[4., 0.],
            [0., 0.]])
    """
    return _transformed("fft2", input, s, dim, norm, False)


def ifft2(input: Tensor, s: Sizes = None, dim: Dims = (-2, -1), norm: str | None = None) -> Tensor:
    """The inverse of `fft2`.

    >>> glassnet.fft.ifft2(glassnet.tensor([[4.0, 0.0], [0.0, 0.0]])).real
    tensor([[1., 1.],
            [1., 1.]])
    """
    return _transformed("ifft2", input, s, dim, norm, True)


def fftn(input: Tensor, s: Sizes = None, dim: Dims = None, norm: str | None = None) -> Tensor:
    """`fft` over several dimensions, all by default.

    >>> glassnet.fft.fftn(glassnet.ones(2, 2)).real
    tensor([[4., 0.],
            [0., 0.]])
    """
    return _transformed("fftn", input, s, dim, norm, False)


def ifftn(input: Tensor, s: Sizes = None, dim: Dims = None, norm: str | None = None) -> Tensor:
    """The inverse of `fftn`.

    >>> glassnet.fft.ifftn(glassnet.tensor([4.0, 0.0])).real
    tensor([2., 2.])
    """
    return _transformed("ifftn", input, s, dim, norm, True)


def rfftn(input: Tensor, s: Sizes = None, dim: Dims = None, norm: str | None = None) -> Tensor:
    """`fftn` of real numbers: of the last dimension only the first half, which says it all.

    >>> glassnet.fft.rfftn(glassnet.ones(2, 2)).shape
    (2, 2)
    """
    return _half("rfftn", input, s, dim, norm)


def _half(name: str, x: Tensor, s: Sizes, dim: Dims, norm: str | None) -> Tensor:
    if x.dtype.kind == "c":
        raise DtypeError(f"{name}: expected real numbers, got {x.dtype}; use {name.replace('r', '', 1)}")
    _, dims = _dims(name, x, s, dim)
    y = _transformed(name, x, s, dim, norm, False)
    return y.narrow(dims[-1], 0, y.shape[dims[-1]] // 2 + 1)


def irfftn(input: Tensor, s: Sizes = None, dim: Dims = None, norm: str | None = None) -> Tensor:
    """The inverse of `rfftn`: real numbers, of the last dimension an even number unless ``s`` says otherwise.

    >>> glassnet.fft.irfftn(glassnet.fft.rfftn(glassnet.tensor([1.0, 2.0, 3.0, 4.0])))
    tensor([1., 2., 3., 4.])
    """
    return _whole("irfftn", input, s, dim, norm, True)


def _whole(name: str, x: Tensor, s: Sizes, dim: Dims, norm: str | None, inverse: bool) -> Tensor:
    """The transform of what is conjugate-symmetric, by its first half: real numbers."""
    x = _number(name, x)
    x = x if x.dtype.kind == "c" else x * (1 + 0j)
    sizes, dims = _dims(name, x, s, dim)
    last = dims[-1]
    n = 2 * (x.shape[last] - 1) if sizes[-1] == -1 else sizes[-1]
    if n < 1:
        raise RangeError(f"{name}: expected 1 element or more along dim {last}, got {n}")
    x = _resized(name, x, [*sizes[:-1], n // 2 + 1], dims)
    if len(dims) > 1:
        x = _transformed(name, x, None, dims[:-1], norm, inverse)
    ends = x.narrow(last, 0, 1), x.narrow(last, n // 2, 1 - n % 2)  # what stands alone counts by its real part
    middle = x.narrow(last, 1, (n - 1) // 2)
    parts = [ends[0].real * (1 + 0j), middle, ends[1].real * (1 + 0j) if n > 1 else ends[1].narrow(last, 0, 0)]
    parts.append(conj(middle).flip(last))
    return _transformed(name, cat(parts, last), None, (last,), norm, inverse).real


def rfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """`fft` of real numbers: only the first half, which says it all.

    >>> glassnet.fft.rfft(glassnet.tensor([1.0, 0.0, 0.0, 0.0]))
    tensor([1.+0.j, 1.+0.j, 1.+0.j])
    """
    return _half("rfft", input, _one(n), (dim,), norm)


def irfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The inverse of `rfft`: ``n`` real numbers, by default an even number.

    >>> glassnet.fft.irfft(glassnet.tensor([1.0, 1.0, 1.0]))
    tensor([1., 0., 0., 0.])
    """
    return _whole("irfft", input, _one(n), (dim,), norm, True)


def rfft2(input: Tensor, s: Sizes = None, dim: Dims = (-2, -1), norm: str | None = None) -> Tensor:
    """`fft2` of real numbers: of the last dimension only the first half.

    >>> glassnet.fft.rfft2(glassnet.ones(4, 4)).shape
    (4, 3)
    """
    return _half("rfft2", input, s, dim, norm)


def irfft2(input: Tensor, s: Sizes = None, dim: Dims = (-2, -1), norm: str | None = None) -> Tensor:
    """The inverse of `rfft2`.

    >>> glassnet.fft.irfft2(glassnet.fft.rfft2(glassnet.ones(4, 4))).shape
    (4, 4)
    """
    return _whole("irfft2", input, s, dim, norm, True)


_TURNED = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


def hfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """`fft` of a signal that is conjugate-symmetric, by its first half: ``n`` real numbers.

    >>> glassnet.fft.hfft(glassnet.tensor([1.0, 1.0, 1.0]))
    tensor([4., 0., 0., 0.])
    """
    return _whole("hfft", input, _one(n), (dim,), norm, False)


def ihfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The inverse of `hfft`.

    >>> glassnet.fft.ihfft(glassnet.tensor([4.0, 0.0, 0.0, 0.0])).real
    tensor([1., 1., 1.])
    """
    halved: Tensor = conj(_half("ihfft", input, _one(n), (dim,), _TURNED.get(norm, norm)))
    return halved


def hfftn(input: Tensor, s: Sizes = None, dim: Dims = None, norm: str | None = None) -> Tensor:
    """`fftn` of a signal that is conjugate-symmetric, by the first half of its last dimension: real numbers.

    >>> glassnet.fft.hfftn(glassnet.ones(2, 2)).shape
    (2, 2)
    """
    return _whole("hfftn", input, s, dim, norm, False)


def hfft2(input: Tensor, s: Sizes = None, dim: Dims = (-2, -1), norm: str | None = None) -> Tensor:
    """`hfftn` over two dimensions.

    >>> glassnet.fft.hfft2(glassnet.ones(2, 2)).shape
    (2, 2)
    """
    return _whole("hfft2", input, s, dim, norm, False)


def ihfftn(input: Tensor, s: Sizes = None, dim: Dims = None, norm: str | None = None) -> Tensor:
    """The inverse of `hfftn`.

    >>> glassnet.fft.ihfftn(glassnet.ones(2, 2)).shape
    (2, 2)
    """
    halved: Tensor = conj(_half("ihfftn", input, s, dim, _TURNED.get(norm, norm)))
    return halved


def ihfft2(input: Tensor, s: Sizes = None, dim: Dims = (-2, -1), norm: str | None = None) -> Tensor:
    """The inverse of `hfft2`.

    >>> glassnet.fft.ihfft2(glassnet.ones(2, 2)).shape
    (2, 2)
    """
    return ihfftn(input, s, dim, norm)


def fftfreq(
    n: int, d: float = 1.0, *, dtype: Dtype | None = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """The frequencies at which `fft` of ``n`` numbers, ``d`` apart, gives its results, in cycles per unit.

    >>> glassnet.fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    return finished(np.fft.fftfreq(n, d).astype(dtype_of(dtype)), requires_grad, device)


def rfftfreq(
    n: int, d: float = 1.0, *, dtype: Dtype | None = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """The frequencies at which `rfft` of ``n`` numbers, ``d`` apart, gives its results.

    >>> glassnet.fft.rfftfreq(4)
    tensor([0.0000, 0.2500, 0.5000])
    """
    return finished(np.fft.rfftfreq(n, d).astype(dtype_of(dtype)), requires_grad, device)


def fftshift(input: Tensor, dim: Any = None) -> Tensor:
    """The results of a transform with frequency 0 in the middle of ``dim``, of all dimensions by default.

    >>> glassnet.fft.fftshift(glassnet.tensor([0, 1, -2, -1]))
    tensor([-2, -1,  0,  1])
    """
    return _shifted("fftshift", input, dim, True)


def ifftshift(input: Tensor, dim: Any = None) -> Tensor:
    """The inverse of `fftshift`.

    >>> glassnet.fft.ifftshift(glassnet.tensor([-2, -1, 0, 1]))
    tensor([ 0,  1, -2, -1])
    """
    return _shifted("ifftshift", input, dim, False)


def _shifted(name: str, input: Tensor, dim: Any, forth: bool) -> Tensor:
    x = as_tensor(input)
    for d in normalize_dims(name, dim, x.ndim):
        n = x.shape[d]
        end = (n + 1) // 2 if forth else n // 2
        x = cat([x.narrow(d, end, n - end), x.narrow(d, 0, end)], d)
    return x
