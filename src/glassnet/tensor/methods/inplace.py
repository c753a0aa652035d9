"""In-place methods, which end in an underscore: x.add_(y), x.fill_(0), x.normal_() …"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from glassnet.errors import DtypeError, GradientError, RangeError, ShapeError
from glassnet.observer import mode
from glassnet.ops import activation, arithmetic, elementary, movement, reduction, sampling, selection
from glassnet.ops.dtypes import end_of_whole_numbers
from glassnet.ops.record import Op
from glassnet.ops.shapes import broadcast_shapes, written
from glassnet.random import Generator, chosen
from glassnet.tensor import functions
from glassnet.tensor.dispatch import State, apply, made_of, wrap, write
from glassnet.tensor.graph import version_of
from glassnet.tensor.methods.elementwise import fitting, number_for
from glassnet.tensor.methods.from_record import binary_, replace, unary_
from glassnet.tensor.methods.operators import check_power, is_operand
from glassnet.tensor.methods.sorting import Sorting
from glassnet.tensor.spellings import scale_last


class InPlace(Sorting):
    """Methods that write into the tensor they are called on, and return it."""

    exp_ = unary_(elementary.exp)
    log_ = unary_(elementary.log)
    sqrt_ = unary_(elementary.sqrt)
    rsqrt_ = unary_(elementary.rsqrt)
    sin_ = unary_(elementary.sin)
    cos_ = unary_(elementary.cos)
    tanh_ = unary_(elementary.tanh)
    abs_ = unary_(elementary.abs)
    neg_ = unary_(arithmetic.neg)
    floor_ = unary_(elementary.floor)
    ceil_ = unary_(elementary.ceil)
    reciprocal_ = unary_(arithmetic.reciprocal)
    square_ = unary_(arithmetic.square)
    sigmoid_ = unary_(activation.sigmoid)
    relu_ = unary_(activation.relu)
    mul_ = multiply_ = binary_(arithmetic.mul)
    remainder_ = binary_(arithmetic.remainder)

    def add_(self, other: Any, last: Any = None, *, alpha: float = 1) -> Self:
        """``self += alpha · other``.

        >>> glassnet.tensor([1, 2]).add_(10)
        tensor([11, 12])
        """
        if last is not None:
            other, alpha = scale_last(other, last)
        return write(self, arithmetic.add, self, other if alpha == 1 else apply(arithmetic.mul, other, alpha))

    def sub_(self, other: Any, last: Any = None, *, alpha: float = 1) -> Self:
        """``self −= alpha · other``.

        >>> glassnet.tensor([11, 12]).sub_(10)
        tensor([1, 2])
        """
        if last is not None:
            other, alpha = scale_last(other, last)
        return write(self, arithmetic.sub, self, other if alpha == 1 else apply(arithmetic.mul, other, alpha))

    def pow_(self, exponent: Any) -> Self:
        """``self **= exponent``.

        >>> glassnet.tensor([2.0, 3.0]).pow_(2)
        tensor([4., 9.])
        """
        check_power(self, exponent)
        return replace(self, arithmetic.pow, exponent)

    def div_(self, other: Any, *, rounding_mode: str | None = None) -> Self:
        """``self /= other``, rounded as by `div`.

        >>> glassnet.tensor([1.0, 3.0]).div_(2)
        tensor([0.5000, 1.5000])
        """
        if rounding_mode is None:
            return replace(self, arithmetic.div, other)
        return self.copy_(self.div(other, rounding_mode=rounding_mode))

    divide_ = div_

    def round_(self, *, decimals: int = 0) -> Self:
        """Round every element, as `round` does.

        >>> glassnet.tensor([1.4, 2.5]).round_()
        tensor([1., 2.])
        """
        return replace(self, elementary.round) if decimals == 0 else self.copy_(self.round(decimals=decimals))

    def addcmul_(self, tensor1: Any, tensor2: Any, last: Any = None, *, value: float = 1) -> Self:
        """``self += value · tensor1 · tensor2``.

        >>> glassnet.zeros(2).addcmul_(glassnet.tensor([1.0, 2.0]), glassnet.tensor([3.0, 4.0]))
        tensor([3., 8.])
        """
        if last is not None:
            tensor1, tensor2, value = scale_last(tensor1, tensor2, last)
        return self.add_(apply(arithmetic.mul, tensor1, tensor2), alpha=value)

    def addcdiv_(self, tensor1: Any, tensor2: Any, last: Any = None, *, value: float = 1) -> Self:
        """``self += value · tensor1 / tensor2``.

        >>> glassnet.zeros(2).addcdiv_(glassnet.tensor([8.0, 9.0]), glassnet.tensor([2.0, 3.0]))
        tensor([4., 3.])
        """
        if last is not None:
            tensor1, tensor2, value = scale_last(tensor1, tensor2, last)
        return self.add_(apply(arithmetic.div, tensor1, tensor2), alpha=value)

    def lerp_(self, end: Any, weight: Any) -> Self:
        """``self += weight · (end − self)``; the weight is a number, or a tensor of one for each element.

        >>> glassnet.tensor([0.0, 10.0]).lerp_(glassnet.tensor([10.0, 20.0]), 0.1)
        tensor([ 1., 11.])
        """
        way = apply(arithmetic.sub, end, self)
        return self.add_(way, alpha=weight) if not isinstance(weight, State) else self.add_(way * weight)

    def clamp_(self, min: Any = None, max: Any = None) -> Self:
        """Raise to ``min`` what is below it, lower to ``max`` what is above: numbers or tensors.

        >>> glassnet.tensor([-5, 0, 5]).clamp_(-1, 1)
        tensor([-1,  0,  1])
        """
        if min is None and max is None:
            raise RangeError("clamp_: expected min, max or both, got neither")
        if isinstance(min, State) or isinstance(max, State):
            return self.copy_(self.clamp(min, max))
        return replace(self, arithmetic.clamp, min=min, max=max)

    clip_ = clamp_

    def copy_(self, src: Any, non_blocking: bool = False) -> Self:
        """Copy the elements of ``src``, broadcast to this shape and cast to this dtype; it is always done at once.

        >>> glassnet.zeros(2).copy_(glassnet.tensor([1, 2]))
        tensor([1., 2.])
        """
        if not isinstance(src, State):
            src = made_of(src, np.asarray(src))
        if broadcast_shapes("copy_", src.shape, self.shape) != self.shape:
            raise ShapeError(f"copy_: a source of shape {written(src.shape)} does not fit into {written(self.shape)}")
        return write(self, movement.cast, src, dtype=self.dtype)

    def fill_(self, value: Any) -> Self:
        """Set every element to ``value``, a number or a tensor of one.

        >>> glassnet.zeros(2).fill_(5)
        tensor([5., 5.])
        """
        if len(getattr(value, "shape", ())):
            raise ShapeError("fill_: expected one number; copy_() takes a tensor")
        return self.copy_(number_for("fill_", self, value))

    def zero_(self) -> Self:
        """Set every element to 0.

        >>> glassnet.ones(2).zero_()
        tensor([0., 0.])
        """
        return self.copy_(0)

    def masked_fill_(self, mask: Any, value: Any) -> Self:
        """Set to ``value`` the elements where ``mask`` is true.

        >>> x = glassnet.tensor([-1, 2, -3])
        >>> x.masked_fill_(x < 0, 0)
        tensor([0, 2, 0])
        """
        return write(self, selection.where, mask, fitting(self, mask, value), self)

    def cumsum_(self, dim: int) -> Self:
        """Replace the elements by their running sum along ``dim``.

        >>> glassnet.tensor([1, 2, 3]).cumsum_(0)
        tensor([1, 3, 6])
        """
        return write(self, reduction.cumsum, self, dim=dim)

    # another shape, in the same memory ------------------------------------------------------------

    def squeeze_(self, dim: int | Sequence[int] | None = None) -> Self:
        """`squeeze`, in place: the tensor itself has fewer dimensions from now on.

        >>> glassnet.ones(1, 3).squeeze_().shape
        (3,)
        """
        return self._become(lambda x: x.squeeze(dim))

    def unsqueeze_(self, dim: int) -> Self:
        """`unsqueeze`, in place: the tensor itself has a dimension more from now on.

        >>> glassnet.ones(3).unsqueeze_(0).shape
        (1, 3)
        """
        return self._become(lambda x: x.unsqueeze(dim))

    def transpose_(self, dim0: int, dim1: int) -> Self:
        """`transpose`, in place: the dimensions of the tensor itself are swapped from now on.

        >>> glassnet.ones(2, 3).transpose_(0, 1).shape
        (3, 2)
        """
        return self._become(lambda x: x.transpose(dim0, dim1))

    swapaxes_ = swapdims_ = transpose_

    def t_(self) -> Self:
        """`t`, in place: the tensor itself is transposed from now on.

        >>> glassnet.ones(2, 3).t_().shape
        (3, 2)
        """
        return self._become(lambda x: x.t())

    def as_strided_(self, size: Any, stride: Any, storage_offset: int | None = None) -> Self:
        """`as_strided`, in place: the tensor itself is that view from now on.

        >>> glassnet.arange(6).as_strided_((2, 2), (1, 2))
        tensor([[0, 2],
                [1, 3]])
        """
        return self._become(lambda x: functions.function("as_strided")(x, size, stride, storage_offset))

    def _become(self, view: Callable[[Self], Self]) -> Self:
        """Be, from now on, the ``view`` of what this tensor has been."""
        if mode.grad and self._requires_grad and self.node is None:
            raise GradientError(
                "a leaf tensor that requires a gradient cannot be changed in place while autograd is watching; "
                "do it under `with glassnet.no_grad():`, or on x.data"
            )
        was = wrap(self.array)
        version_of(self)
        for name in ("node", "version", "view_of", "_requires_grad"):
            setattr(was, name, getattr(self, name))
        new = view(was)
        is_leaf = self.node is None
        self._reshaped = True
        self.array, self.node, self.version = new.array, None if is_leaf else new.node, new.version
        self.view_of = None if is_leaf and self.view_of is None else new.view_of
        return self

    # random ---------------------------------------------------------------------------------

    def uniform_(self, low: float = 0.0, to: float = 1.0, *, generator: Generator | None = None) -> Self:
        """Draw every element evenly from [low, to).

        >>> x = glassnet.empty(1000).uniform_(2, 3)
        >>> bool((x >= 2).all() and (x < 3).all())
        True
        """
        if low > to:
            raise RangeError(f"uniform_: expected low ≤ to, got {low} and {to}")
        return self._floating("uniform_")._draw(sampling.uniform, generator, low=low, high=to)

    def normal_(self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Self:
        """Draw every element from the normal distribution of ``mean`` and standard deviation ``std``.

        >>> x = glassnet.empty(10000).normal_(mean=5, std=0.1)
        >>> round(x.mean().item(), 1)
        5.0
        """
        if std < 0:
            raise RangeError(f"normal_: expected a standard deviation of 0 or more, got std={std}")
        return self._floating("normal_")._draw(sampling.normal, generator, mean=mean, std=std)

    def bernoulli_(self, p: float = 0.5, *, generator: Generator | None = None) -> Self:
        """Set every element to 1 with probability ``p``, else to 0.

        >>> glassnet.empty(2, 3).bernoulli_(1.0)
        tensor([[1., 1., 1.],
                [1., 1., 1.]])
        """
        if not 0 <= p <= 1:
            raise RangeError(f"bernoulli_: expected a probability from 0 to 1, got p={p}")
        return self._draw(sampling.bernoulli, generator, p=p)

    def random_(self, low: int | None = None, to: int | None = None, *, generator: Generator | None = None) -> Self:
        """Draw every element from the whole numbers low, …, to − 1; random_(to) from 0 on.

        random_() goes as far as the dtype tells whole numbers apart.

        >>> x = glassnet.empty(1000).random_(0, 6)
        >>> x.unique()
        tensor([0., 1., 2., 3., 4., 5.])
        """
        if to is None:
            low, to = 0, end_of_whole_numbers(self.dtype) if low is None else low
        low = low or 0
        if low >= to:
            raise RangeError(f"random_: expected low below to, got {low} and {to}")
        return self._draw(sampling.integers, generator, low=low, high=to)

    def _floating(self, name: str) -> Self:
        if self.dtype.kind != "f":
            raise DtypeError(
                f"{name}: expected a floating tensor, got {self.dtype}; for whole numbers: random_(low, high)"
            )
        return self

    def _draw(self, op: Op, generator: Generator | None, **params: Any) -> Self:
        if not mode.draws:
            return self
        return write(self, op, shape=self.shape, dtype=self.dtype, generator=chosen(generator), **params)

    # operators ------------------------------------------------------------------------------

    def __iadd__(self, other: Any) -> Self:
        return write(self, arithmetic.add, self, other) if is_operand(other) else NotImplemented

    def __isub__(self, other: Any) -> Self:
        return write(self, arithmetic.sub, self, other) if is_operand(other) else NotImplemented

    def __imul__(self, other: Any) -> Self:
        return replace(self, arithmetic.mul, other) if is_operand(other) else NotImplemented

    def __itruediv__(self, other: Any) -> Self:
        return replace(self, arithmetic.div, other) if is_operand(other) else NotImplemented

    def __ipow__(self, other: Any) -> Self:
        return self.pow_(other) if is_operand(other) else NotImplemented

    def __ifloordiv__(self, other: Any) -> Self:
        return replace(self, arithmetic.floor_divide, other) if is_operand(other) else NotImplemented

    def __imod__(self, other: Any) -> Self:
        return replace(self, arithmetic.remainder, other) if is_operand(other) else NotImplemented

    def __iand__(self, other: Any) -> Self:
        return write(self, selection.bitwise_and, self, other) if is_operand(other) else NotImplemented

    def __ior__(self, other: Any) -> Self:
        return write(self, selection.bitwise_or, self, other) if is_operand(other) else NotImplemented

    def __ixor__(self, other: Any) -> Self:
        return write(self, selection.bitwise_xor, self, other) if is_operand(other) else NotImplemented
