"""Functions and methods that are loaded when one of them is first used: glassnet.lerp(x, y, 0.1), x.lerp(y, 0.1).

One file a subject. What a file lists in ``__all__`` is a function of `glassnet`, whose first argument is named
``input``, and the same function is the method of `Tensor`, but for those in ``_NO_METHODS``; of the files in
``_ONLY_METHODS``, it is a method alone. The tables below say where a name is, so that `import glassnet` reads none of
the files; the tests hold them to these.

A method with an underscore at the end writes the result of the one without into its tensor: those in ``_IN_PLACE``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from glassnet.tensor.graph import labelled
from glassnet.threads import loaded

_FILES = {
    "arranging": "atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors cartesian_prod column_stack"
    " combinations diag_embed diagflat dsplit dstack fliplr flipud hsplit narrow_copy roll rot90 row_stack tensor_split"
    " tile vsplit",
    "complex_parts": "angle complex conj conj_physical imag is_complex polar real resolve_conj resolve_neg "
    "view_as_complex view_as_real",
    "contraction": "einsum inner tensordot",
    "matrix_twins": "cholesky cholesky_inverse cholesky_solve det logdet lu_solve lu_unpack pinverse qr slogdet svd",
    "choosing": "clamp_max clamp_min fmax fmin isclose isin nan_to_num",
    "dividing": "bitwise_left_shift bitwise_right_shift fix float_power fmod frac frexp gcd lcm ldexp rsub true_divide",
    "facts": "is_conj is_inference is_neg is_nonzero is_same_size is_signed",
    "finite_differences": "gradient",
    "making": "binomial can_cast empty_permuted empty_strided fill from_dlpack frombuffer poisson promote_types"
    " scalar_tensor",
    "positions": "argwhere as_strided as_strided_scatter broadcast_shapes bucketize diff nonzero_static randint_like"
    " searchsorted take take_along_dim tril_indices triu_indices unique_consecutive unravel_index",
    "products": "addbmm addmm addmv addr baddbmm chain_matmul cross ger inverse kron matrix_exp matrix_power "
    "vander vdot",
    "ranking": "aminmax dist kthvalue mode msort renorm",
    "running": "cummax cummin cumprod cumulative_trapezoid logcumsumexp trapezoid trapz",
    "scattering": "diagonal_scatter index_add index_copy index_fill index_put index_reduce masked_scatter put scatter"
    " scatter_add scatter_reduce select_scatter slice_scatter",
    "spacing": "linspace logspace",
    "signs": "absolute copysign greater greater_equal heaviside isneginf isposinf isreal less less_equal negative"
    " nextafter not_equal positive sgn signbit",
    "special_functions": "digamma erfc erfinv exp2 i0 igamma igammac lgamma logaddexp logaddexp2 logit mvlgamma"
    " polygamma xlogy",
    "trigonometric": "acos acosh arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh cosh"
    " deg2rad hypot rad2deg sinc sinh",
    "statistics": "corrcoef cov histc histogram nanmean nanmedian nanquantile nansum quantile std_mean var_mean",
    "weighted": "addcdiv addcmul lerp",
}
# Methods that are no functions.
_ONLY_METHODS = {
    "memory": "const_data_ptr dim_order is_set_to ndimension storage storage_offset storage_type untyped_storage",
    "rare_methods": "apply_ bernoulli cauchy_ exponential_ fill_diagonal_ geometric_ log_normal_ map2_ map_ multinomial"
    " new_empty_strided resize_as_ subtract_ sum_to_size",
}
# Functions that are no methods.
_NO_METHODS = (
    "atleast_1d atleast_2d atleast_3d binomial block_diag broadcast_shapes broadcast_tensors bucketize can_cast"
    " cartesian_prod chain_matmul column_stack combinations complex cumulative_trapezoid dstack einsum empty_permuted"
    " empty_strided fill from_dlpack frombuffer gradient imag isin linspace logspace"
    " lu_unpack poisson polar promote_types randint_like"
    " real row_stack scalar_tensor searchsorted std_mean tensordot trapezoid trapz tril_indices triu_indices"
    " unravel_index vander var_mean view_as_complex view_as_real"
)
# Methods, of these files or of `glassnet.tensor.methods`, that can work in place too.
_IN_PLACE = (
    "absolute acos acosh addbmm addmm addmv addr arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh"
    " atan atan2 atanh baddbmm bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor"
    " clamp_max clamp_min conj_physical copysign cosh cumprod deg2rad digamma eq erf erfc erfinv exp2 expm1 fix"
    " float_power floor_divide fmod frac gcd ge greater greater_equal gt heaviside hypot i0 igamma igammac index_add"
    " index_copy index_fill index_put index_reduce lcm ldexp le less less_equal lgamma log10 log1p log2 logical_and"
    " logical_not logical_or logical_xor logit lt masked_scatter mvlgamma nan_to_num ne negative nextafter not_equal"
    " polygamma put rad2deg renorm scatter scatter_add scatter_reduce sgn sign sinc sinh tan tril triu true_divide"
    " trunc xlogy"
)

# Functions of several operations, whose result's node is called after them.
_NAMED = (
    "addbmm addcdiv addcmul addmm addmv addr baddbmm clamp_max clamp_min kron lerp nansum roll rot90 scatter std_mean"
    " take tile var_mean"
)

FILE_OF = {name: file for file, names in _FILES.items() for name in names.split()}
FILE_OF_METHOD = {name: file for file, names in _ONLY_METHODS.items() for name in names.split()}
METHODS = {*FILE_OF, *FILE_OF_METHOD} - {*_NO_METHODS.split()} | {f"{name}_" for name in _IN_PLACE.split()}


@cache
def function(name: str) -> Callable[..., Any]:
    """The function ``name`` of those in `FILE_OF`."""
    found = _of(FILE_OF[name], name)
    return _naming(found) if name in _NAMED.split() else found


def _naming(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``, whose results' nodes have its name."""

    @wraps(function)
    def called(*args: Any, **named: Any) -> Any:
        result = function(*args, **named)
        for x in result if isinstance(result, tuple) else (result,):
            labelled(x, function.__name__)
        return result

    return called


def _of(file: str, name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(loaded(f"{__name__}.{file}"), name)
    return found


def method(kind: type, name: str) -> Callable[..., Any]:
    """The method ``name``, of those in `METHODS`, of tensors, which are of class ``kind``."""
    if name in FILE_OF:
        return function(name)
    if name in FILE_OF_METHOD:
        return _of(FILE_OF_METHOD[name], name)
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
