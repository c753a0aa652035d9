"""Reductions as methods: x.sum(dim), x.mean(), x.max(dim) …

``dim`` is an int, several, or None for all; NumPy's names ``axis`` and ``keepdims`` do as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, TypeVar

from glassnet.errors import DtypeError, NoElementsError, RangeError
from glassnet.ops import arithmetic, elementary, indexing, movement, reduction, selection
from glassnet.ops.dtypes import Dtype, get_default_dtype, uint8
from glassnet.ops.record import Op
from glassnet.ops.shapes import normalize_dim, normalize_dims, written
from glassnet.tensor.dispatch import State, apply
from glassnet.tensor.graph import labelled
from glassnet.tensor.methods.elementwise import Elementwise
from glassnet.tensor.spellings import takes_axis
from glassnet.tensor.wording import found
from glassnet.threads import loaded

Dim = int | Sequence[int] | None
X = TypeVar("X", bound=State)


def reduce(op: Op, x: X, dim: Dim, keepdim: bool, numpy_names: dict[str, Any], **params: Any) -> X:
    """Apply a reduction, with NumPy's names of its arguments accepted."""
    if numpy_names:
        dim = numpy_names.pop("axis", dim)
        keepdim = numpy_names.pop("keepdims", keepdim)
        for name, value in numpy_names.items():
            if name != "out" or value is not None:  # np.sum(x) is x.sum(axis=None, out=None)
                raise TypeError(f"{op.name}: unexpected argument {name!r:.80}; expected dim, keepdim")
    if dim is not None and not isinstance(dim, int):
        dim = tuple(dim) if x.shape else normalize_dims(op.name, dim, 0)
    if x.dtype.kind != "f":
        op.shape(x, dim=dim, **params)  # raises where integers have no such result: NumPy would make float64 of them
    return apply(op, x, dim=dim, keepdim=keepdim, **params)


def middle_of_all(x: X, **params: Any) -> X:
    """The median of all elements; NaN of none."""
    if x.dtype.kind == "f" and 0 in x.shape:
        return apply(arithmetic.add, apply(reduction.sum, x), float("nan"))
    return apply(loaded("glassnet.ops.functions.ranks").median, x, **params)


def _floating(name: str, x: Any) -> None:
    if x.dtype.kind != "f":
        raise DtypeError(f"{name}: expected a floating tensor, got {x.dtype}; convert it first: x.float()")


def _spread(
    op: Op, x: X, dim: Any, unbiased: bool | None, keepdim: bool, correction: float | None, axis: dict[str, Any]
) -> X:
    """The variance or standard deviation, with ``unbiased`` as another way to say ``correction``."""
    if isinstance(dim, bool):  # var(False)
        dim, unbiased = None, dim
    if unbiased is not None or correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    if x.dtype.kind == "c":
        both = (apply(part, x) for part in (arithmetic.real, loaded("glassnet.ops.functions.complex_numbers").imag))
        total = sum(reduce(reduction.var, part, dim, keepdim, {**axis}, correction=correction) for part in both)
        return total if op is reduction.var else apply(elementary.sqrt, total)
    return reduce(op, x, dim, keepdim, axis, correction=correction)


class Reduction(Elementwise):
    """Methods that reduce dimensions: to a sum, a mean, a largest element."""

    def sum(self, dim: Dim = None, keepdim: bool = False, *, dtype: Dtype | None = None, **axis: Any) -> Self:
        """The sum over ``dim``; of integers and bool in int64.

        >>> x = glassnet.tensor([[1, 2], [3, 4]])
        >>> x.sum(), x.sum(dim=0)
        (tensor(10), tensor([4, 6]))
        """
        x = self if dtype is None else self.to(dtype)
        result = reduce(reduction.sum, x, dim, keepdim, axis)  # of whole numbers in int64
        return result if dtype is None else result.to(dtype)

    def mean(self, dim: Dim = None, keepdim: bool = False, *, dtype: Dtype | None = None, **axis: Any) -> Self:
        """The mean over ``dim``; DtypeError for integers, whose mean is no integer.

        >>> glassnet.tensor([[1.0, 2.0], [3.0, 4.0]]).mean(dim=1)
        tensor([1.5000, 3.5000])
        """
        x = self if dtype is None else self.to(dtype)
        return reduce(reduction.mean, x, dim, keepdim, axis)

    def prod(self, dim: Dim = None, keepdim: bool = False, *, dtype: Dtype | None = None, **axis: Any) -> Self:
        """The product over ``dim``; of integers and bool in int64.

        >>> glassnet.tensor([2, 3, 4]).prod()
        tensor(24)
        """
        x = self if dtype is None else self.to(dtype)
        result = reduce(reduction.prod, x, dim, keepdim, axis)  # of whole numbers in int64
        return result if dtype is None else result.to(dtype)

    def var(
        self,
        dim: Dim = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: float | None = 1,
        **axis: Any,
    ) -> Self:
        """The variance over ``dim``, divided by n − correction (``unbiased=False`` is correction=0).

        >>> x = glassnet.tensor([1.0, 2.0, 3.0])
        >>> x.var(), x.var(correction=0)
        (tensor(1.), tensor(0.6667))
        """
        return _spread(reduction.var, self, dim, unbiased, keepdim, correction, axis)

    def std(
        self,
        dim: Dim = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: float | None = 1,
        **axis: Any,
    ) -> Self:
        """The standard deviation over ``dim``: the root of `var`.

        >>> glassnet.tensor([1.0, 2.0, 3.0]).std()
        tensor(1.)
        """
        return _spread(reduction.std, self, dim, unbiased, keepdim, correction, axis)

    def norm(self, p: float | str = 2, dim: Dim = None, keepdim: bool = False, **axis: Any) -> Self:
        """The ``p``-norm over ``dim``: (Σ|x|ᵖ)^(1/p); the largest |x| for p = inf, the smallest for −inf.

        For p = 0 it is how many elements are not 0; p = "fro" is 2, "nuc" the sum of the singular values.
        DtypeError for integers.

        >>> glassnet.tensor([3.0, 4.0]).norm(), glassnet.tensor([3.0, 4.0]).norm(1)
        (tensor(5.), tensor(7.))
        """
        if p == "nuc":
            dims = (-2, -1) if dim is None else dim
            return loaded("glassnet.tensor.linalg.measures").matrix_norm(self, "nuc", dims, keepdim, **axis)
        if self.dtype.kind == "c":
            return apply(elementary.abs, self).norm(p, dim, keepdim, **axis)
        if p == 2 or p == "fro":
            return reduce(reduction.norm, self, dim, keepdim, axis)
        if isinstance(p, str):
            raise RangeError(f'norm: expected p as a number, "fro" or "nuc", got {p!r:.80}')
        if p == 0:
            _floating("norm", self)
            return reduce(reduction.sum, apply(selection.ne, self, 0).to(self.dtype), dim, keepdim, axis)
        if p == 1:
            _floating("norm", self)
            return labelled(reduce(reduction.sum, apply(elementary.abs, self), dim, keepdim, axis), "norm")
        return reduce(loaded("glassnet.ops.functions.ranks").power_norm, self, dim, keepdim, axis, p=float(p))

    def logsumexp(self, dim: Dim = None, keepdim: bool = False, **axis: Any) -> Self:
        """log Σ exp(x) over ``dim``, where exp would overflow too.

        >>> glassnet.tensor([100.0, 100.0]).logsumexp(0)
        tensor(100.6931)
        """
        floating = self if self.dtype.kind in "fc" else apply(movement.cast, self, dtype=get_default_dtype())
        return reduce(reduction.logsumexp, floating, dim, keepdim, axis)

    def amax(self, dim: Dim = None, keepdim: bool = False, **axis: Any) -> Self:
        """The largest over ``dim``; equal ones share the gradient.

        >>> glassnet.tensor([[1, 5], [7, 3]]).amax(dim=1)
        tensor([5, 7])
        """
        return reduce(reduction.amax, self, dim, keepdim, axis)

    def amin(self, dim: Dim = None, keepdim: bool = False, **axis: Any) -> Self:
        """The smallest over ``dim``; equal ones share the gradient.

        >>> glassnet.tensor([[1, 5], [7, 3]]).amin(dim=1)
        tensor([1, 3])
        """
        return reduce(reduction.amin, self, dim, keepdim, axis)

    def max(self, dim: Any = None, keepdim: bool = False, **axis: Any) -> Any:
        """The largest of all; with ``dim``, (values, indices); with a tensor, `maximum` with it.

        >>> x = glassnet.tensor([[1, 5], [7, 3]])
        >>> x.max()
        tensor(7)
        >>> x.max(dim=1)
        return_types.max(
        values=tensor([5, 7]),
        indices=tensor([1, 0]))
        """
        _check_tensor("max", self)
        return self._extreme(reduction.amax, reduction.argmax, "maximum", dim, keepdim, axis)

    def min(self, dim: Any = None, keepdim: bool = False, **axis: Any) -> Any:
        """The smallest of all; with ``dim``, (values, indices); with a tensor, `minimum` with it.

        >>> x = glassnet.tensor([[1, 5], [7, 3]])
        >>> x.min()
        tensor(1)
        >>> x.min(dim=1).indices
        tensor([0, 1])
        """
        _check_tensor("min", self)
        return self._extreme(reduction.amin, reduction.argmin, "minimum", dim, keepdim, axis)

    def _extreme(self, op: Op, position: Op, pairwise: str, dim: Any, keepdim: bool, axis: dict[str, Any]) -> Any:
        dim, keepdim = axis.pop("axis", dim), axis.pop("keepdims", keepdim)
        if isinstance(dim, State):
            return getattr(self, pairwise)(dim)
        if dim is None:
            return labelled(reduce(op, self, None, keepdim, axis), f"{op.name[1:]}_of_all")
        if isinstance(dim, Sequence):
            raise TypeError(f"{op.name[1:]}: expected one dimension, got {dim}; {op.name} takes several")
        indices = reduce(position, self, dim, True, axis)
        values = self.gather(dim, indices)
        if not keepdim and self.shape:
            values, indices = values.squeeze(dim), indices.squeeze(dim)
        return found(op.name[1:], values, indices)

    def argmax(self, dim: int | None = None, keepdim: bool = False, **axis: Any) -> Self:
        """The position of the largest along ``dim`` (in the flattened tensor without it).

        >>> glassnet.tensor([[1, 5], [7, 3]]).argmax(dim=1)
        tensor([1, 0])
        """
        return reduce(reduction.argmax, self, dim, keepdim, axis)

    def argmin(self, dim: int | None = None, keepdim: bool = False, **axis: Any) -> Self:
        """The position of the smallest along ``dim`` (in the flattened tensor without it).

        >>> glassnet.tensor([[1, 5], [7, 3]]).argmin(dim=1)
        tensor([0, 1])
        """
        return reduce(reduction.argmin, self, dim, keepdim, axis)

    def all(self, dim: Dim = None, keepdim: bool = False, **axis: Any) -> Self:
        """Whether every element over ``dim`` is true; of uint8, 0 or 1.

        >>> glassnet.tensor([[True, True], [True, False]]).all(dim=1)
        tensor([ True, False])
        """
        every = reduce(reduction.all, self, dim, keepdim, axis)
        return every if self.dtype != uint8 else apply(movement.cast, every, dtype=uint8)

    def any(self, dim: Dim = None, keepdim: bool = False, **axis: Any) -> Self:
        """Whether some element over ``dim`` is true; of uint8, 0 or 1.

        >>> glassnet.tensor([[True, False], [False, False]]).any(dim=1)
        tensor([ True, False])
        """
        some = reduce(reduction.any, self, dim, keepdim, axis)
        return some if self.dtype != uint8 else apply(movement.cast, some, dtype=uint8)

    @takes_axis
    def cumsum(self, dim: int, *, dtype: Dtype | None = None) -> Self:
        """The running sum along ``dim``.

        >>> glassnet.tensor([1, 2, 3]).cumsum(0)
        tensor([1, 3, 6])
        """
        dim = normalize_dim("cumsum", dim, len(self.shape))
        if dtype is None:
            return apply(reduction.cumsum, self, dim=dim)
        return apply(reduction.cumsum, self.to(dtype), dim=dim).to(dtype)

    def median(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """The middle element of all, the lower of two middle ones; with ``dim``, (values, indices) along it.

        NaN where there is one among the elements.

        >>> glassnet.tensor([5, 1, 3]).median()
        tensor(3)
        """
        if dim is None:
            return middle_of_all(self)
        size = self.shape[normalize_dim("median", dim, len(self.shape))] if self.shape else 1
        if size == 0:
            raise NoElementsError(f"median: expected an element along dim {dim}, got shape {written(self.shape)}")
        order: Self = apply(indexing.argsort, self, dim=dim)
        middle = order.narrow(dim, (size - 1) // 2, 1) if self.shape else order
        nan = self.isnan()
        first_nan = nan.long().argmax(dim, keepdim=True)
        indices: Self = apply(selection.where, nan.any(dim, keepdim=True), first_nan, middle)
        values = self.gather(dim, indices)
        if not keepdim and self.shape:
            values, indices = values.squeeze(dim), indices.squeeze(dim)
        return found("median", values, indices)

    def count_nonzero(self, dim: Dim = None) -> Self:
        """How many elements over ``dim`` are not 0.

        >>> glassnet.tensor([0, 1, 0, 2]).count_nonzero()
        tensor(2)
        """
        return apply(selection.ne, self, 0).sum(dim)


def _check_tensor(name: str, x: Any) -> None:
    """TypeError for a number where the function ``name`` takes a tensor: max(2, x)."""
    if not isinstance(x, State):
        bound = "min" if name == "max" else "max"
        raise TypeError(
            f"{name}: expected a tensor first, got {x!r:.40}; of each element and it: x.clamp({bound}={x!r:.40})"
        )
