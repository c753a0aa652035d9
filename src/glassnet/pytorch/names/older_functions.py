"""Functions that PyTorch has on its own level from earlier days, and what of them it has taken away."""

from __future__ import annotations

import builtins
import warnings
from typing import Any, NamedTuple

from glassnet import functional, linalg
from glassnet.pytorch.names.refusing import refusing
from glassnet.random import chosen
from glassnet.tensor import Tensor, functions
from glassnet.tensor.creation import DtypeLike, arange
from glassnet.tensor.sampling import randn

__all__ = [
    "affine_grid_generator", "constant_pad_nd", "default_generator", "eig", "embedding_renorm_",
    "feature_dropout", "frobenius_norm", "get_device", "grid_sampler", "grid_sampler_2d", "grid_sampler_3d",
    "is_distributed", "is_storage", "is_vulkan_available", "lstsq", "lu", "matrix_rank",
    "max_pool1d_with_indices", "native_layer_norm", "newaxis", "norm_except_dim", "nuclear_norm", "pca_lowrank",
    "range", "solve", "split_with_sizes", "svd_lowrank", "symeig", "to_dlpack", "triangular_solve",
    "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes",
]  # fmt: skip

newaxis = None
default_generator = chosen(None)

_GONE = "PyTorch has taken it away too; use torch.linalg"
eig, lstsq, matrix_rank, solve, symeig = (
    refusing(f"torch.{name}", f"{_GONE}.{new}")
    for name, new in (
        ("eig", "eig"),
        ("lstsq", "lstsq"),
        ("matrix_rank", "matrix_rank"),
        ("solve", "solve"),
        ("symeig", "eigh"),
    )
)

affine_grid_generator = functional.affine_grid
feature_dropout = functional.dropout2d


def range(
    start: float = 0, end: float | None = None, step: float = 1, *, dtype: DtypeLike = None, **named: Any
) -> Tensor:
    """`arange` up to ``end`` itself, in the default dtype; PyTorch's, with its warning."""
    warnings.warn("torch.range includes its end; use torch.arange", UserWarning, stacklevel=2)
    start, end = (0, start) if end is None else (start, end)
    numbers = arange(0, int((end - start) / step) + 1) * step + start
    return numbers.to(dtype) if dtype is not None else numbers.float()


def constant_pad_nd(input: Tensor, pad: Any, value: float = 0) -> Tensor:
    """`functional.pad` with ``value``."""
    return functional.pad(input, pad, "constant", value)


def get_device(input: Tensor) -> int:
    """−1, as of every tensor on the CPU."""
    return -1


def to_dlpack(tensor: Tensor) -> Any:
    """What `from_dlpack`, of another library too, takes: the tensor itself, without its history."""
    return tensor.detach()


def is_storage(obj: Any) -> bool:
    """Whether it is what `Tensor.storage` gives."""
    return type(obj).__name__ == "Storage" and type(obj).__module__.startswith("glassnet")


def is_distributed(input: Tensor) -> bool:
    """False."""
    return False


def is_vulkan_available() -> bool:
    """False."""
    return False


# pictures ------------------------------------------------------------------------------------------------------------

_MODES = ("bilinear", "nearest", "bicubic")
_PADDING = ("zeros", "border", "reflection")


def grid_sampler(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """`functional.grid_sample`, whose modes are numbers: 0 bilinear, 1 nearest, 2 bicubic; 0 zeros, 1 border …"""
    return functional.grid_sample(input, grid, _MODES[interpolation_mode], _PADDING[padding_mode], align_corners)


grid_sampler_2d = grid_sampler_3d = grid_sampler


def max_pool1d_with_indices(input: Tensor, kernel_size: Any, *args: Any, **named: Any) -> Any:
    """`functional.max_pool1d`, and where the largest were."""
    named["return_indices"] = True
    return functional.max_pool1d(input, kernel_size, *args, **named)


def embedding_renorm_(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> Tensor:
    """Make the rows of ``weight`` that are named as short as ``max_norm``, in place."""
    rows = indices.unique()
    weight[rows] = functions.function("renorm")(weight[rows], norm_type, 0, max_norm)
    return weight


# norms and layers ----------------------------------------------------------------------------------------------------


def frobenius_norm(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """The root of the sum of the squares, of ``dim`` or of all."""
    return linalg.vector_norm(input, 2, dim or None, keepdim)


def nuclear_norm(input: Tensor, dim: Any = (-2, -1), keepdim: bool = False) -> Tensor:
    """The sum of the singular values."""
    return linalg.matrix_norm(input, "nuc", dim, keepdim)


def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Tensor:
    """The norm of each slice along ``dim``; for −1, of everything."""
    if dim == -1:
        return v.norm(pow)
    return linalg.vector_norm(v, pow, [d for d in builtins.range(v.ndim) if d != dim % v.ndim], keepdim=True)


def native_layer_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """`functional.layer_norm`, the mean, and one over the standard deviation."""
    dims = list(builtins.range(-len(normalized_shape), 0))
    mean, var = input.mean(dims, keepdim=True), input.var(dims, correction=0, keepdim=True)
    return functional.layer_norm(input, normalized_shape, weight, bias, eps), mean, (var + eps).rsqrt()


# cut, in older names -------------------------------------------------------------------------------------------------


def split_with_sizes(input: Tensor, split_sizes: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """`Tensor.split` into parts of these sizes."""
    return input.split(list(split_sizes), dim)


unsafe_split_with_sizes, unsafe_split, unsafe_chunk = split_with_sizes, Tensor.split, Tensor.chunk


# matrices ------------------------------------------------------------------------------------------------------------


class Solved(NamedTuple):
    """The solution, and a copy of the coefficients."""

    solution: Tensor
    cloned_coefficient: Tensor


def triangular_solve(
    input: Tensor, A: Tensor, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> Solved:
    """The X with which A·X = ``input``, A being a triangle; see `linalg.solve_triangular`."""
    matrix = A.mT if transpose else A
    found = linalg.solve_triangular(matrix, input, upper=upper != transpose, unitriangular=unitriangular)
    return Solved(found, A.clone())


def lu(A: Tensor, pivot: bool = True, get_infos: bool = False) -> tuple[Tensor, ...]:
    """(LU, pivots), as `linalg.lu_factor` gives them; with ``get_infos``, also that there was no trouble."""
    factors, pivots = linalg.lu_factor(A, pivot=pivot)
    return (factors, pivots, pivots.new_zeros(A.shape[:-2])) if get_infos else (factors, pivots)


def svd_lowrank(A: Tensor, q: int | None = 6, niter: int | None = 2, M: Tensor | None = None) -> tuple[Tensor, ...]:
    """(U, S, V), of which U·S·Vᵀ is nearly A (less ``M``), by a random subspace of ``q`` dimensions.

    Source: Halko, Martinsson, Tropp, "Finding structure with randomness" (2009), algorithms 4.4 and 5.1.
    """
    matrix = A if M is None else A - M
    size = min(6 if q is None else q, *matrix.shape[-2:])
    basis = linalg.qr(matrix @ randn(*matrix.shape[:-2], matrix.shape[-1], size, dtype=matrix.dtype)).Q
    for _ in builtins.range(2 if niter is None else niter):
        basis = linalg.qr(matrix @ linalg.qr(matrix.mT @ basis).Q).Q
    u, s, vh = linalg.svd(basis.mT @ matrix, full_matrices=False)
    return basis @ u, s, vh.mT


def pca_lowrank(A: Tensor, q: int | None = None, center: bool = True, niter: int = 2) -> tuple[Tensor, ...]:
    """`svd_lowrank` of ``A`` less the mean of each column: its principal components are the columns of V."""
    return svd_lowrank(A - A.mean(-2, keepdim=True) if center else A, q, niter)
