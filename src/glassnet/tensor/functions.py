"""Functions of tensors, as methods: x.exp(), x.maximum(y), x.matmul(y) …"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from glassnet.errors import DimensionError, ShapeError
from glassnet.ops import activation, arithmetic, elementary, indexing, linear, movement, selection, softmax
from glassnet.ops.dtypes import Array, result_type
from glassnet.ops.record import Op
from glassnet.ops.shapes import normalize_dim, written
from glassnet.tensor.dispatch import State, apply
from glassnet.tensor.names import sizes, takes_axis

if TYPE_CHECKING:
    from glassnet.tensor.tensor import Tensor


Method = TypeVar("Method", bound=Callable[..., Any])


def unary(op: Op) -> Callable[[Any], Tensor]:
    """The method that applies ``op`` to a tensor."""

    def method(self: Any) -> Tensor:
        return apply(op, self)

    return _described(method, op)


def binary(op: Op) -> Callable[[Any, Any], Tensor]:
    """The method that applies ``op`` to a tensor and another tensor or number."""

    def method(self: Any, other: Any) -> Tensor:
        return apply(op, self, other)

    return _described(method, op)


def _described(method: Method, op: Op) -> Method:
    method.__name__ = method.__qualname__ = op.name
    method.__doc__ = f"{op.name}: {op.formula}{', for each element' if op.elementwise else ''}."
    return method


class Sorted(NamedTuple):
    """What sorting gives: the values in order, and where each of them stood."""

    values: Tensor
    indices: Tensor


class Functions(State):
    """Methods that give a new tensor from this one, and sometimes another."""

    exp = unary(elementary.exp)
    log = unary(elementary.log)
    log2 = unary(elementary.log2)
    log10 = unary(elementary.log10)
    log1p = unary(elementary.log1p)
    expm1 = unary(elementary.expm1)
    sqrt = unary(elementary.sqrt)
    rsqrt = unary(elementary.rsqrt)
    sin = unary(elementary.sin)
    cos = unary(elementary.cos)
    tan = unary(elementary.tan)
    tanh = unary(elementary.tanh)
    erf = unary(elementary.erf)
    abs = unary(elementary.abs)
    sign = unary(elementary.sign)
    floor = unary(elementary.floor)
    ceil = unary(elementary.ceil)
    trunc = unary(elementary.trunc)
    neg = unary(arithmetic.neg)
    square = unary(arithmetic.square)
    reciprocal = unary(arithmetic.reciprocal)
    sigmoid = unary(activation.sigmoid)
    relu = unary(activation.relu)

    isnan = unary(selection.isnan)
    isinf = unary(selection.isinf)
    isfinite = unary(selection.isfinite)
    logical_not = unary(selection.logical_not)
    logical_and = binary(selection.logical_and)
    logical_or = binary(selection.logical_or)
    logical_xor = binary(selection.logical_xor)
    bitwise_not = unary(selection.bitwise_not)
    bitwise_and = binary(selection.bitwise_and)
    bitwise_or = binary(selection.bitwise_or)
    bitwise_xor = binary(selection.bitwise_xor)
    eq = binary(selection.eq)
    ne = binary(selection.ne)
    lt = binary(selection.lt)
    le = binary(selection.le)
    gt = binary(selection.gt)
    ge = binary(selection.ge)

    mul = multiply = binary(arithmetic.mul)
    maximum = binary(arithmetic.maximum)
    minimum = binary(arithmetic.minimum)
    remainder = binary(arithmetic.remainder)
    floor_divide = binary(arithmetic.floor_divide)
    matmul = binary(linear.matmul)

    def add(self, other: Any, *, alpha: float = 1) -> Tensor:
        """``self + alpha · other``."""
        return apply(arithmetic.add, self, other if alpha == 1 else apply(arithmetic.mul, other, alpha))

    def sub(self, other: Any, *, alpha: float = 1) -> Tensor:
        """``self − alpha · other``."""
        return apply(arithmetic.sub, self, other if alpha == 1 else apply(arithmetic.mul, other, alpha))

    subtract = sub

    def pow(self, exponent: Any) -> Tensor:
        """``self ** exponent``."""
        return self**exponent  # type: ignore[no-any-return]

    def div(self, other: Any, *, rounding_mode: str | None = None) -> Tensor:
        """``self / other``, rounded down with rounding_mode="floor", towards zero with "trunc"."""
        if rounding_mode == "floor":
            return apply(arithmetic.floor_divide, self, other)
        quotient = apply(arithmetic.div, self, other)
        if rounding_mode is None:
            return quotient
        if rounding_mode != "trunc":
            raise ValueError(f'div: rounding_mode must be None, "floor" or "trunc", got {rounding_mode!r}')
        return quotient.trunc().to(result_type(self, other))  # of integers it is an integer

    divide = div

    def round(self, *, decimals: int = 0) -> Tensor:
        """Each element rounded to the nearest number of ``decimals`` digits; halves to even."""
        if decimals == 0:
            return apply(elementary.round, self)
        return apply(elementary.round, self * 10.0**decimals) / 10.0**decimals  # type: ignore[operator]

    def clamp(self, min: Any = None, max: Any = None) -> Tensor:
        """Each element, raised to ``min`` where below and lowered to ``max`` where above: numbers or tensors."""
        if min is None and max is None:
            raise ValueError("clamp: expected min, max or both, got neither")
        if not isinstance(min, State) and not isinstance(max, State):
            return apply(arithmetic.clamp, self, min=min, max=max)
        result: Any = self
        if min is not None:
            result = where(result < min, min, result)
        return result if max is None else where(result > max, max, result)

    clip = clamp

    @takes_axis
    def softmax(self, dim: int) -> Tensor:
        """Positive numbers that add up to 1 along ``dim``, in the ratio of exp(self)."""
        return apply(softmax.softmax, self, dim=dim)

    @takes_axis
    def log_softmax(self, dim: int) -> Tensor:
        """The logarithm of `softmax`, without its loss of digits."""
        return apply(softmax.log_softmax, self, dim=dim)

    def equal(self, other: State) -> bool:
        """Whether it has the shape and the elements of ``other``."""
        return np.array_equal(self._read("equal()"), other.array)  # type: ignore[attr-defined]

    def allclose(self, other: State, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
        """Whether every |self − other| ≤ atol + rtol·|other|."""
        return np.allclose(self._read("allclose()"), other.array, rtol, atol, equal_nan)  # type: ignore[attr-defined]

    def where(self, condition: Any, other: Any) -> Tensor:
        """This tensor's elements where ``condition`` holds, ``other``'s elsewhere."""
        return where(condition, self, other)

    def masked_fill(self, mask: Any, value: Any) -> Tensor:
        """A copy with ``value`` wherever ``mask`` is true."""
        return apply(selection.where, mask, value, self)

    # products ---------------------------------------------------------------------------------

    def mm(self, other: Any) -> Tensor:
        """The product of two matrices, [n, m] and [m, p]; ShapeError for anything else."""
        self._expect("mm", 2, other)
        return apply(linear.matmul, self, other)

    def bmm(self, other: Any) -> Tensor:
        """The products of two equally long batches of matrices, [b, n, m] and [b, m, p]."""
        self._expect("bmm", 3, other)
        return apply(linear.matmul, self, other)

    def mv(self, vector: Any) -> Tensor:
        """The product of a matrix [n, m] and a vector [m]."""
        self._expect("mv", 2)
        Functions._expect(vector, "mv", 1)
        return apply(linear.matmul, self, vector)

    def dot(self, other: Any) -> Tensor:
        """The scalar product of two vectors of one length."""
        self._expect("dot", 1, other)
        return apply(linear.matmul, self, other)

    def outer(self, other: Any) -> Tensor:
        """Every product of an element of this vector and one of ``other``: [n] and [m] give [n, m]."""
        self._expect("outer", 1, other)
        return self.reshape(-1, 1) * other  # type: ignore[attr-defined,no-any-return]

    def _expect(self, name: str, ndim: int, *others: State) -> None:
        for x in (self, *others):
            if len(x.shape) != ndim:
                raise ShapeError(
                    f"{name}: expected {ndim}-dimensional tensors, got {written(x.shape)}; "
                    "matmul (@) takes tensors of any number of dimensions"
                )

    # order ------------------------------------------------------------------------------------

    @takes_axis
    def argsort(self, dim: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
        """The positions that put the elements in order along ``dim``; equal ones keep theirs, ``stable`` or not."""
        return apply(indexing.argsort, self, dim=dim, descending=descending)

    @takes_axis
    def sort(self, dim: int = -1, descending: bool = False, stable: bool = True) -> Sorted:
        """(values, indices) in order along ``dim``; equal elements keep their order, ``stable`` or not."""
        indices = self.argsort(dim, descending)
        return Sorted(self.gather(dim, indices), indices)

    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Sorted:
        """(values, indices) of the ``k`` largest (or smallest) along ``dim``, the best first, ``sorted`` or not."""
        if not self.shape:
            raise ShapeError("topk: expected at least 1 dimension, got a tensor of none")
        d = normalize_dim("topk", dim, len(self.shape))
        if not 0 <= k <= self.shape[d]:
            raise ShapeError(f"topk: expected k from 0 to {self.shape[d]}, the size of dim {dim}, got {k}")
        indices = self.argsort(d, largest)[(*(slice(None),) * d, slice(k))]
        return Sorted(self.gather(d, indices), indices)

    def gather(self, dim: int, index: Any) -> Tensor:
        """Elements picked along ``dim``: for dim 0, result[i, j] = self[index[i, j], j]."""
        return apply(indexing.gather, self, index, dim=dim)

    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
        """The elements [i, i + offset] of dimensions ``dim1`` and ``dim2``, as a last dimension.

        A view where these two are the last dimensions, and in order in memory; else a copy.
        """
        if len(self.shape) < 2:
            raise ShapeError(f"diagonal: expected at least 2 dimensions, got {written(self.shape)}")
        dims = [normalize_dim("diagonal", d, len(self.shape)) for d in (dim1, dim2)]
        if dims[0] == dims[1]:
            raise DimensionError(f"diagonal: expected two different dimensions, got dim1={dim1} and dim2={dim2}")
        matrices = apply(movement.permute, self, dims=(*(d for d in range(len(self.shape)) if d not in dims), *dims))
        *batch, n, m = matrices.shape
        start = max(offset, -offset * m)
        length = max(min(n, m - offset) if offset > 0 else min(n + offset, m), 0)
        return matrices.reshape(*batch, n * m)[..., start : start + length * (m + 1) : m + 1]

    def diag(self, diagonal: int = 0) -> Tensor:
        """A vector as the ``diagonal`` of a matrix of zeros; of a matrix, a copy of its diagonal."""
        if len(self.shape) != 1:
            if len(self.shape) != 2:
                raise ShapeError(f"diag: expected a vector or a matrix, got {written(self.shape)}; use diagonal")
            return apply(movement.copy, self.diagonal(diagonal))
        i = np.arange(self.shape[0])
        row, column = i + max(-diagonal, 0), i + max(diagonal, 0)
        side = self.shape[0] + abs(diagonal)
        return apply(indexing.put, self, row, column, index=(indexing.ARRAY,) * 2, shape=(side, side))

    def trace(self) -> Tensor:
        """The sum of a matrix's diagonal."""
        if len(self.shape) != 2:
            raise ShapeError(f"trace: expected a matrix, got {written(self.shape)}")
        return self.diagonal().sum()

    def tril(self, diagonal: int = 0) -> Tensor:
        """The lower triangle of each matrix, zeros above its ``diagonal``."""
        return apply(selection.where, _triangle("tril", self.shape, diagonal), self, False)

    def triu(self, diagonal: int = 0) -> Tensor:
        """The upper triangle of each matrix, zeros below its ``diagonal``."""
        return apply(selection.where, _triangle("triu", self.shape, diagonal - 1), False, self)

    def flip(self, *axes: Any, dims: Any = None) -> Tensor:
        """A copy read backwards along ``dims``: flip(0, 1), flip((0, 1)) or flip(dims=(0, 1))."""
        return apply(movement.flip, self, dims=sizes(axes, dims))


def _triangle(name: str, shape: tuple[int, ...], diagonal: int) -> Array:
    if len(shape) < 2:
        raise ShapeError(f"{name}: expected a matrix, or a batch of them, got {written(shape)}")
    rows, columns = shape[-2:]
    return np.tri(rows, columns, diagonal, dtype=np.bool_)


def where(condition: Any, input: Any, other: Any) -> Tensor:
    """``input``'s elements where ``condition`` holds, ``other``'s elsewhere; shapes broadcast."""
    return apply(selection.where, condition, input, other)
