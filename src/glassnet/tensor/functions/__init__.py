"""Functions and methods that are loaded when one of them is first used: glassnet.lerp(x, y, 0.1), x.lerp(y, 0.1).

One file a subject. What a file lists in ``__all__`` is a function of `glassnet`, whose first argument is named
``input``, and the same function is the method of `Tensor`, but for those in ``_NO_METHODS``. The table below says
where a name is, so that `import glassnet` reads none of the files; the tests hold it to them.

A method with an underscore at the end writes the result of the one without into its tensor: those in ``_IN_PLACE``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from glassnet.threads import loaded

_FILES = {
    "arranging": "atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors cartesian_prod column_stack"
    " combinations diag_embed diagflat dsplit dstack fliplr flipud hsplit roll rot90 row_stack tensor_split tile"
    " vsplit",
    "complex_parts": "angle complex conj conj_physical imag is_complex polar real resolve_conj resolve_neg "
    "view_as_complex view_as_real",
    "contraction": "einsum inner tensordot",
    "matrix_twins": "cholesky cholesky_inverse cholesky_solve det logdet lu_solve lu_unpack pinverse qr slogdet svd",
    "positions": "argwhere as_strided broadcast_shapes bucketize diff randint_like searchsorted take take_along_dim"
    " tril_indices triu_indices unique_consecutive",
    "products": "addbmm addmm addmv addr baddbmm chain_matmul cross ger inverse kron matrix_exp matrix_power "
    "vander vdot",
    "ranking": "aminmax dist kthvalue mode msort renorm",
    "running": "cummax cummin cumprod cumulative_trapezoid trapezoid trapz",
    "scattering": "diagonal_scatter index_add index_copy index_fill index_put index_reduce masked_scatter put scatter"
    " scatter_add scatter_reduce select_scatter slice_scatter",
    "statistics": "corrcoef cov histc histogram nanmean nanmedian nanquantile nansum quantile std_mean var_mean",
    "weighted": "addcdiv addcmul lerp",
}
# Functions that are no methods.
_NO_METHODS = (
    "atleast_1d atleast_2d atleast_3d block_diag broadcast_shapes broadcast_tensors bucketize cartesian_prod"
    " chain_matmul column_stack combinations complex cumulative_trapezoid dstack einsum imag lu_unpack polar"
    " randint_like real row_stack searchsorted std_mean tensordot trapezoid trapz tril_indices triu_indices vander"
    " var_mean view_as_complex view_as_real"
)
# Methods, of these files or of `glassnet.tensor.methods`, that can work in place too.
_IN_PLACE = (
    "addbmm addmm addmv addr baddbmm conj_physical cumprod index_add index_copy index_fill index_put index_reduce"
    " masked_scatter put renorm scatter scatter_add scatter_reduce tril triu"
)

FILE_OF = {name: file for file, names in _FILES.items() for name in names.split()}
METHODS = {*FILE_OF} - {*_NO_METHODS.split()} | {f"{name}_" for name in _IN_PLACE.split()}


def function(name: str) -> Callable[..., Any]:
    """The function ``name`` of those in `FILE_OF`."""
    found: Callable[..., Any] = getattr(loaded(f"{__name__}.{FILE_OF[name]}"), name)
    return found


def method(kind: type, name: str) -> Callable[..., Any]:
    """The method ``name``, of those in `METHODS`, of tensors, which are of class ``kind``."""
    if name in FILE_OF:
        return function(name)
    return _in_place(function(name[:-1]) if name[:-1] in FILE_OF else getattr(kind, name[:-1]))


@cache
def _in_place(new: Callable[..., Any]) -> Callable[..., Any]:
    """The method that writes what ``new`` gives for a tensor into the tensor."""
    name = f"{new.__name__}_"

    @wraps(new)
    def written(self: Any, *args: Any, **named: Any) -> Any:
        return self.copy_(new(self.clone(), *args, **named))  # a derivative may read what is written over

    written.__name__ = written.__qualname__ = name
    written.__doc__ = f"`{new.__name__}`, in place."
    return written
