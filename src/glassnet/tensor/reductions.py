"""Reductions as methods: x.sum(dim), x.mean(), x.max(dim) …

``dim`` is an int, several, or None for all; NumPy's names ``axis`` and ``keepdims`` do as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from glassnet.ops import elementary, reduction, selection
from glassnet.ops.dtypes import Dtype
from glassnet.ops.record import Op
from glassnet.ops.shapes import normalize_dims
from glassnet.tensor.door import State, apply

if TYPE_CHECKING:
    from glassnet.tensor.tensor import Tensor

Dim = int | Sequence[int] | None


class Extreme(NamedTuple):
    """What max(dim) and min(dim) give: the values, and where along ``dim`` they stand."""

    values: Tensor
    indices: Tensor


def reduce(op: Op, x: Any, dim: Dim, keepdim: bool, numpy_names: dict[str, Any], **params: Any) -> Tensor:
    """Apply a reduction, with NumPy's names of its arguments accepted."""
    if numpy_names:
        dim = numpy_names.pop("axis", dim)
        keepdim = numpy_names.pop("keepdims", keepdim)
        if numpy_names:
            raise TypeError(f"{op.name}: unexpected argument {next(iter(numpy_names))!r}; expected dim, keepdim")
    if dim is not None and not isinstance(dim, int):
        dim = tuple(dim) if x.shape else normalize_dims(op.name, dim, 0)
    if x.dtype.kind != "f":
        op.shape(x, dim=dim)  # raises where integers have no such result: NumPy would silently make float64 of them
    return apply(op, x, dim=dim, keepdim=keepdim, **params)


class Reductions(State):
    """Methods that make few numbers of many."""

    def sum(self, dim: Dim = None, keepdim: bool = False, *, dtype: Dtype | None = None, **axis: Any) -> Tensor:
        """The sum over ``dim``; of integers and bool in int64."""
        x = self if dtype is None else self.to(dtype)  # type: ignore[attr-defined]
        return reduce(reduction.sum, x, dim, keepdim, axis)

    def mean(self, dim: Dim = None, keepdim: bool = False, *, dtype: Dtype | None = None, **axis: Any) -> Tensor:
        """The mean over ``dim``; DtypeError for integers, whose mean is no integer."""
        x = self if dtype is None else self.to(dtype)  # type: ignore[attr-defined]
        return reduce(reduction.mean, x, dim, keepdim, axis)

    def prod(self, dim: Dim = None, keepdim: bool = False, **axis: Any) -> Tensor:
        """The product over ``dim``."""
        return reduce(reduction.prod, self, dim, keepdim, axis)

    def var(
        self,
        dim: Dim = None,
        *,
        correction: float = 1,
        keepdim: bool = False,
        unbiased: bool | None = None,
        **axis: Any,
    ) -> Tensor:
        """The variance over ``dim``, divided by n − correction (``unbiased=False`` is correction=0)."""
        correction = correction if unbiased is None else int(unbiased)
        return reduce(reduction.var, self, dim, keepdim, axis, correction=correction)

    def std(
        self,
        dim: Dim = None,
        *,
        correction: float = 1,
        keepdim: bool = False,
        unbiased: bool | None = None,
        **axis: Any,
    ) -> Tensor:
        """The standard deviation over ``dim``: the root of `var`."""
        variance = self.var(dim, correction=correction, keepdim=keepdim, unbiased=unbiased, **axis)
        return apply(elementary.sqrt, variance)

    def norm(self, p: float = 2, dim: Dim = None, keepdim: bool = False, **axis: Any) -> Tensor:
        """The ``p``-norm over ``dim``: (Σ|x|ᵖ)^(1/p); the largest |x| for p = inf."""
        if p == 2:
            return reduce(reduction.norm, self, dim, keepdim, axis)
        size = apply(elementary.abs, self)
        if p == float("inf"):
            return reduce(reduction.amax, size, dim, keepdim, axis)
        if p == 1:
            return reduce(reduction.sum, size, dim, keepdim, axis)
        if p <= 0:
            raise ValueError(f"norm: p must be positive (or inf), got {p}")
        return reduce(reduction.sum, size**p, dim, keepdim, axis) ** (1 / p)

    def logsumexp(self, dim: Dim = None, keepdim: bool = False, **axis: Any) -> Tensor:
        """log Σ exp(x) over ``dim``, where exp would overflow too."""
        return reduce(reduction.logsumexp, self, dim, keepdim, axis)

    def amax(self, dim: Dim = None, keepdim: bool = False, **axis: Any) -> Tensor:
        """The largest over ``dim``; equal ones share the gradient."""
        return reduce(reduction.amax, self, dim, keepdim, axis)

    def amin(self, dim: Dim = None, keepdim: bool = False, **axis: Any) -> Tensor:
        """The smallest over ``dim``; equal ones share the gradient."""
        return reduce(reduction.amin, self, dim, keepdim, axis)

    def max(self, dim: Any = None, keepdim: bool = False, **axis: Any) -> Any:
        """The largest of all; with ``dim``, (values, indices); with a tensor, `maximum` with it."""
        return self._extreme(reduction.amax, reduction.argmax, "maximum", dim, keepdim, axis)

    def min(self, dim: Any = None, keepdim: bool = False, **axis: Any) -> Any:
        """The smallest of all; with ``dim``, (values, indices); with a tensor, `minimum` with it."""
        return self._extreme(reduction.amin, reduction.argmin, "minimum", dim, keepdim, axis)

    def _extreme(self, op: Op, position: Op, pairwise: str, dim: Any, keepdim: bool, axis: dict[str, Any]) -> Any:
        dim = axis.pop("axis", dim)
        if isinstance(dim, State):
            return getattr(self, pairwise)(dim)
        if dim is None:
            return reduce(op, self, None, keepdim, axis)
        indices = reduce(position, self, dim, True, axis)
        values: Any = self.gather(dim, indices) if self.shape else self  # type: ignore[attr-defined]
        if not keepdim and self.shape:
            values, indices = values.squeeze(dim), indices.squeeze(dim)
        return Extreme(values, indices)

    def argmax(self, dim: int | None = None, keepdim: bool = False, **axis: Any) -> Tensor:
        """The position of the largest along ``dim`` (in the flattened tensor without it)."""
        return reduce(reduction.argmax, self, dim, keepdim, axis)

    def argmin(self, dim: int | None = None, keepdim: bool = False, **axis: Any) -> Tensor:
        """The position of the smallest along ``dim`` (in the flattened tensor without it)."""
        return reduce(reduction.argmin, self, dim, keepdim, axis)

    def all(self, dim: Dim = None, keepdim: bool = False, **axis: Any) -> Tensor:
        """Whether every element over ``dim`` is true."""
        return reduce(reduction.all, self, dim, keepdim, axis)

    def any(self, dim: Dim = None, keepdim: bool = False, **axis: Any) -> Tensor:
        """Whether some element over ``dim`` is true."""
        return reduce(reduction.any, self, dim, keepdim, axis)

    def cumsum(self, dim: int) -> Tensor:
        """The running sum along ``dim``."""
        return apply(reduction.cumsum, self, dim=dim)

    def median(self) -> Tensor:
        """The middle element of all; the lower of the two middle ones of an even number."""
        flat = self.reshape(-1)  # type: ignore[attr-defined]
        return flat[flat.argsort()[(len(flat) - 1) // 2]]  # type: ignore[no-any-return]

    def count_nonzero(self, dim: Dim = None) -> Tensor:
        """How many elements over ``dim`` are not 0."""
        return apply(selection.ne, self, 0).sum(dim)
