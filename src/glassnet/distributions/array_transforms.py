"""Transforms made of others, one after another or side by side, and of shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from glassnet.distributions import constraints
from glassnet.distributions.bijection import Transform
from glassnet.tensor import Tensor
from glassnet.tensor.creation import zeros_like
from glassnet.tensor.joining import cat as concatenated
from glassnet.tensor.joining import stack as stacked
from glassnet.tensor.wording import Size


def _summed(value: Any, dims: int) -> Any:
    return value.sum(tuple(range(-dims, 0))) if dims > 0 else value


class ComposeTransform(Transform):
    """Transforms one after another, the first of the list first.

    >>> D = glassnet.distributions
    >>> D.ComposeTransform([D.AffineTransform(1.0, 2.0), D.ExpTransform()]).inv(glassnet.tensor(1.0))
    tensor(-0.5000)
    """

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = [part.with_cache(cache_size) for part in parts] if cache_size else list(parts)

    @constraints.dependent_property
    def domain(self) -> Any:
        """What the first takes."""
        if not self.parts:
            return constraints.real
        first, dims = self.parts[0].domain, self.parts[-1].codomain.event_dim
        for part in reversed(self.parts):
            dims = max(dims + part.domain.event_dim - part.codomain.event_dim, part.domain.event_dim)
        more = dims - first.event_dim
        return constraints.independent(first, more) if more > 0 else first

    @constraints.dependent_property
    def codomain(self) -> Any:
        """What the last gives."""
        if not self.parts:
            return constraints.real
        last, dims = self.parts[-1].codomain, self.parts[0].domain.event_dim
        for part in self.parts:
            dims = max(dims + part.codomain.event_dim - part.domain.event_dim, part.codomain.event_dim)
        more = dims - last.event_dim
        return constraints.independent(last, more) if more > 0 else last

    @property
    def bijective(self) -> bool:
        """Whether all are."""
        return all(part.bijective for part in self.parts)

    @property
    def sign(self) -> Any:
        """The product of theirs."""
        return math.prod(part.sign for part in self.parts)

    @property
    def inv(self) -> Any:
        """The inverses, the last first."""
        return ComposeTransform([part.inv for part in reversed(self.parts)])

    def with_cache(self, cache_size: int = 1) -> Any:
        """The same transforms with another ``cache_size``."""
        return self if self._cache_size == cache_size else ComposeTransform(self.parts, cache_size)

    def __call__(self, x: Any) -> Any:
        """All of them, one after another."""
        for part in self.parts:
            x = part(x)
        return x

    def _inverse(self, y: Any) -> Any:
        for part in reversed(self.parts):
            y = part.inv(y)
        return y

    def _log_stretch(self, x: Any, y: Any) -> Any:
        if not self.parts:
            return zeros_like(x)
        values = [x]
        for part in self.parts[:-1]:
            values.append(part(values[-1]))
        values.append(y)
        dims = self.domain.event_dim
        total: Any = 0.0
        for part, before, after in zip(self.parts, values[:-1], values[1:], strict=True):
            total = total + _summed(part.log_abs_det_jacobian(before, after), dims - part.domain.event_dim)
            dims += part.codomain.event_dim - part.domain.event_dim
        return total

    def forward_shape(self, shape: Any) -> Any:
        """Through all of them."""
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        """Back through all of them."""
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def __repr__(self) -> str:
        return "ComposeTransform(\n    " + ",\n    ".join(map(repr, self.parts)) + "\n)"


class IndependentTransform(Transform):
    """A transform whose events have so many dimensions more.

    >>> D = glassnet.distributions
    >>> t = D.IndependentTransform(D.ExpTransform(), 1)
    >>> t.log_abs_det_jacobian(glassnet.ones(3), glassnet.ones(3).exp())
    tensor(3.)
    """

    def __init__(self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        """Events of what it takes."""
        return constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims)

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        """Events of what it gives."""
        return constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)

    @property
    def bijective(self) -> Any:
        """Whether the transform within is."""
        return self.base_transform.bijective

    @property
    def sign(self) -> Any:
        """That of the transform within."""
        return self.base_transform.sign

    def _call(self, x: Any) -> Any:
        if x.dim() < self.domain.event_dim:
            raise ValueError(
                f"IndependentTransform: expected {self.domain.event_dim} dimensions or more, got {x.dim()}"
            )
        return self.base_transform(x)

    def _inverse(self, y: Any) -> Any:
        if y.dim() < self.codomain.event_dim:
            raise ValueError(
                f"IndependentTransform: expected {self.codomain.event_dim} dimensions or more, got {y.dim()}"
            )
        return self.base_transform.inv(y)

    def _log_stretch(self, x: Any, y: Any) -> Any:
        return _summed(self.base_transform.log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims)

    def forward_shape(self, shape: Any) -> Any:
        """As the transform within."""
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: Any) -> Any:
        """As the transform within."""
        return self.base_transform.inverse_shape(shape)

    def __repr__(self) -> str:
        return f"IndependentTransform({self.base_transform!r}, {self.reinterpreted_batch_ndims})"


class ReshapeTransform(Transform):
    """Events of ``in_shape`` in ``out_shape``, which has as many numbers.

    >>> glassnet.distributions.ReshapeTransform((4,), (2, 2))(glassnet.ones(3, 4)).shape
    (3, 2, 2)
    """

    bijective = True

    def __init__(self, in_shape: Any, out_shape: Any, cache_size: int = 0) -> None:
        self.in_shape, self.out_shape = Size(in_shape), Size(out_shape)
        if math.prod(self.in_shape) != math.prod(self.out_shape):
            raise ValueError(
                f"ReshapeTransform: {list(in_shape)} and {list(out_shape)} have not the same number of elements"
            )
        super().__init__(cache_size)

    @constraints.dependent_property
    def domain(self) -> Any:
        """Real events of ``in_shape``."""
        return constraints.independent(constraints.real, len(self.in_shape))

    @constraints.dependent_property
    def codomain(self) -> Any:
        """Real events of ``out_shape``."""
        return constraints.independent(constraints.real, len(self.out_shape))

    def _call(self, x: Any) -> Any:
        return x.reshape(self.forward_shape(x.shape))

    def _inverse(self, y: Any) -> Any:
        return y.reshape(self.inverse_shape(y.shape))

    def _log_stretch(self, x: Any, y: Any) -> Any:
        return x.new_zeros(x.shape[: x.dim() - len(self.in_shape)])

    def forward_shape(self, shape: Any) -> Any:
        """With the event reshaped."""
        return self._changed(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Any) -> Any:
        """With the event as it was."""
        return self._changed(shape, self.out_shape, self.in_shape)

    def _changed(self, shape: Any, before: Any, after: Any) -> Any:
        split = len(shape) - len(before)
        if split < 0 or tuple(shape[split:]) != tuple(before):
            raise ValueError(f"ReshapeTransform: expected a shape that ends in {list(before)}, got {list(shape)}")
        return Size((*shape[:split], *after))


class CatTransform(Transform):
    """Transforms of parts along ``dim``, of ``lengths``.

    >>> D = glassnet.distributions
    >>> D.CatTransform([D.ExpTransform(), D.identity_transform], lengths=[1, 2])(glassnet.zeros(3))
    tensor([1., 0., 0.])
    """

    def __init__(
        self, tseq: Sequence[Transform], dim: int = 0, lengths: Sequence[int] | None = None, cache_size: int = 0
    ) -> None:
        super().__init__(cache_size)
        self.transforms = [part.with_cache(cache_size) for part in tseq]
        self.dim = dim
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)

    @property
    def length(self) -> int:
        """That of all parts together."""
        return sum(self.lengths)

    @property
    def bijective(self) -> bool:
        """Whether all are."""
        return all(part.bijective for part in self.transforms)

    @constraints.dependent_property
    def domain(self) -> Any:
        """What each takes of its part."""
        return constraints.cat([part.domain for part in self.transforms], self.dim, self.lengths)

    @constraints.dependent_property
    def codomain(self) -> Any:
        """What each gives for its part."""
        return constraints.cat([part.codomain for part in self.transforms], self.dim, self.lengths)

    def _parts(self, x: Tensor) -> Any:
        if x.shape[self.dim] != self.length:
            raise ValueError(f"CatTransform: expected {self.length} along dimension {self.dim}, got {list(x.shape)}")
        return zip(self.transforms, x.split(self.lengths, self.dim), strict=True)

    def _call(self, x: Any) -> Any:
        return concatenated([part(slice) for part, slice in self._parts(x)], self.dim)

    def _inverse(self, y: Any) -> Any:
        return concatenated([part.inv(slice) for part, slice in self._parts(y)], self.dim)

    def _log_stretch(self, x: Any, y: Any) -> Any:
        most = self.domain.event_dim
        found = []
        for (part, before), (_, after) in zip(self._parts(x), self._parts(y), strict=True):
            found.append(_summed(part.log_abs_det_jacobian(before, after), most - part.domain.event_dim))
        dim = self.dim - x.dim() if self.dim >= 0 else self.dim
        return concatenated(found, dim + most) if dim + most < 0 else sum(found)


class StackTransform(Transform):
    """Transforms of slices along ``dim``, one for each.

    >>> D = glassnet.distributions
    >>> D.StackTransform([D.ExpTransform(), D.identity_transform])(glassnet.zeros(2))
    tensor([1., 0.])
    """

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.transforms = [part.with_cache(cache_size) for part in tseq]
        self.dim = dim

    @property
    def bijective(self) -> bool:
        """Whether all are."""
        return all(part.bijective for part in self.transforms)

    @constraints.dependent_property
    def domain(self) -> Any:
        """What each takes of its slice."""
        return constraints.stack([part.domain for part in self.transforms], self.dim)

    @constraints.dependent_property
    def codomain(self) -> Any:
        """What each gives for its slice."""
        return constraints.stack([part.codomain for part in self.transforms], self.dim)

    def _slices(self, x: Tensor) -> Any:
        if x.shape[self.dim] != len(self.transforms):
            raise ValueError(
                f"StackTransform: expected {len(self.transforms)} along dimension {self.dim}, got {list(x.shape)}"
            )
        return zip(self.transforms, x.unbind(self.dim), strict=True)

    def _call(self, x: Any) -> Any:
        return stacked([part(slice) for part, slice in self._slices(x)], self.dim)

    def _inverse(self, y: Any) -> Any:
        return stacked([part.inv(slice) for part, slice in self._slices(y)], self.dim)

    def _log_stretch(self, x: Any, y: Any) -> Any:
        pairs = zip(self._slices(x), self._slices(y), strict=True)
        return stacked([part.log_abs_det_jacobian(a, b) for (part, a), (_, b) in pairs], self.dim)
