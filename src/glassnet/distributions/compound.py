"""Distributions made of others: independent parts as one event, mixtures, and what a transform makes of a sample."""

from __future__ import annotations

from typing import Any

from glassnet.autograd import no_grad
from glassnet.distributions import constraints
from glassnet.distributions.categorical import Categorical
from glassnet.distributions.distribution import ALONE, Distribution
from glassnet.distributions.normals import Normal
from glassnet.distributions.transforms import ComposeTransform, StickBreakingTransform, Transform
from glassnet.tensor import Tensor
from glassnet.tensor.wording import Size


def sum_rightmost(value: Any, dims: int) -> Any:
    """The sum over the last ``dims`` dimensions."""
    return value.sum(tuple(range(-dims, 0))) if dims else value


class Independent(Distribution):
    """The last ``reinterpreted_batch_ndims`` batch dimensions of a distribution taken as part of one event.

    >>> d = glassnet.distributions.Independent(glassnet.distributions.Normal(glassnet.zeros(3), glassnet.ones(3)), 1)
    >>> d.batch_shape, d.event_shape, d.log_prob(glassnet.zeros(3)).shape
    ((), (3,), ())
    """

    def __init__(
        self, base_distribution: Any, reinterpreted_batch_ndims: int, validate_args: bool | None = None
    ) -> None:
        batch, event = base_distribution.batch_shape, base_distribution.event_shape
        if reinterpreted_batch_ndims > len(batch):
            raise ValueError(
                f"Independent: expected reinterpreted_batch_ndims of {len(batch)} or less, for the batch_shape is "
                f"{list(batch)}, got {reinterpreted_batch_ndims}"
            )
        self.base_dist = base_distribution
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        split = len(batch) - reinterpreted_batch_ndims
        super().__init__(batch[:split], (*batch[split:], *event), validate_args=validate_args)

    @property
    def has_rsample(self) -> bool:
        """Whether the parts have."""
        return bool(self.base_dist.has_rsample)

    @property
    def has_enumerate_support(self) -> bool:
        """Whether the values can be listed: those of one part alone can."""
        return self.reinterpreted_batch_ndims == 0 and bool(self.base_dist.has_enumerate_support)

    @constraints.dependent_property
    def support(self) -> Any:
        """That of each part, for all of them."""
        inner = self.base_dist.support
        return (
            constraints.independent(inner, self.reinterpreted_batch_ndims) if self.reinterpreted_batch_ndims else inner
        )

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distributions, repeated to a larger ``batch_shape``."""
        new = self._get_checked_instance(Independent, _instance)
        new.__dict__.update(self._plain_attributes())
        new.base_dist = self.base_dist.expand((*batch_shape, *self._event_shape[: self.reinterpreted_batch_ndims]))
        new._batch_shape = Size(batch_shape)
        return new

    def sample(self, sample_shape: Any = ALONE) -> Any:
        """Samples of all parts."""
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Any = ALONE) -> Any:
        """Samples of all parts, through which gradients go back."""
        return self.base_dist.rsample(sample_shape)

    def _log_prob(self, value: Any) -> Any:
        return sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def _entropy(self) -> Any:
        return sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand: bool = True) -> Any:
        """The values of the one part there is. Raises NotImplementedError for several."""
        if self.reinterpreted_batch_ndims > 0:
            raise NotImplementedError("Independent: the values of several parts together are not listed")
        return self.base_dist.enumerate_support(expand)

    def _mean(self) -> Any:
        return self.base_dist.mean

    def _mode(self) -> Any:
        return self.base_dist.mode

    def _variance(self) -> Any:
        return self.base_dist.variance

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"


class MixtureSameFamily(Distribution):
    """One of several distributions of a kind, of which a categorical one draws which.

    The last batch dimension of ``component_distribution`` counts them.

    >>> D = glassnet.distributions
    >>> components = D.Normal(glassnet.tensor([-1.0, 3.0]), glassnet.ones(2))
    >>> D.MixtureSameFamily(D.Categorical(glassnet.ones(2)), components).mean
    tensor(1.)
    """

    def __init__(
        self, mixture_distribution: Any, component_distribution: Any, validate_args: bool | None = None
    ) -> None:
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(
                "MixtureSameFamily: expected a Categorical as mixture_distribution, got "
                f"{type(mixture_distribution).__name__}"
            )
        if not isinstance(component_distribution, Distribution):
            raise ValueError(
                "MixtureSameFamily: expected a distribution as component_distribution, got "
                f"{type(component_distribution).__name__}"
            )
        weights, components = mixture_distribution.batch_shape, component_distribution.batch_shape
        number = mixture_distribution._num_events
        for a, b in zip(reversed(weights), reversed(components[:-1]), strict=False):
            if a != b and 1 not in (a, b):
                raise ValueError(
                    f"MixtureSameFamily: the batch_shape of the mixture, {list(weights)}, does not fit that of the "
                    f"components without the last dimension, {list(components[:-1])}"
                )
        if components[-1:] != (number,):
            raise ValueError(
                f"MixtureSameFamily: expected {number} components, one for each category, along the last batch "
                f"dimension, got the batch_shape {list(components)}"
            )
        self._mixture_distribution, self._component_distribution = mixture_distribution, component_distribution
        self._num_component = number
        event = component_distribution.event_shape
        super().__init__(components[:-1], event, validate_args=validate_args)

    @property
    def mixture_distribution(self) -> Categorical:
        """Which component it is."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Distribution:
        """The components."""
        return self._component_distribution

    @constraints.dependent_property
    def support(self) -> Any:
        """That of every component."""
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distributions, repeated to a larger ``batch_shape``."""
        new = self._get_checked_instance(MixtureSameFamily, _instance)
        new.__dict__.update(self._plain_attributes())
        new._component_distribution = self._component_distribution.expand((*batch_shape, self._num_component))
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        new._batch_shape = Size(batch_shape)
        return new

    @property
    def _weights(self) -> Any:
        """The probability of each component, with dimensions of 1 for those of an event."""
        probs = self._mixture_distribution.probs
        return probs.reshape(*probs.shape, *(1,) * len(self._event_shape))

    @property
    def _along(self) -> int:
        """The dimension that counts the components, from the end."""
        return -1 - len(self._event_shape)

    def _draw(self, shape: Any) -> Tensor:
        samples = Size(shape[: len(shape) - len(self._batch_shape) - len(self._event_shape)])
        which = self._mixture_distribution.expand(self._batch_shape).sample(samples)
        drawn = self._component_distribution.sample(samples)
        which = which.reshape(*which.shape, *(1,) * (len(self._event_shape) + 1))
        index = which.expand(*which.shape[: self._along], 1, *self._event_shape)
        return drawn.gather(drawn.dim() + self._along, index).squeeze(self._along)

    def _log_prob(self, value: Any) -> Any:
        densities = self._component_distribution.log_prob(value.unsqueeze(self._along))
        return (densities + self._mixture_distribution.logits.log_softmax(-1)).logsumexp(-1)

    def _cdf(self, value: Any) -> Any:
        return (self._component_distribution.cdf(value.unsqueeze(self._along)) * self._mixture_distribution.probs).sum(
            -1
        )

    def _mean(self) -> Any:
        return (self._weights * self._component_distribution.mean).sum(self._along)

    def _variance(self) -> Any:
        within = (self._weights * self._component_distribution.variance).sum(self._along)
        means = self._component_distribution.mean
        between = (self._weights * (means - self._mean().unsqueeze(self._along)) ** 2).sum(self._along)
        return within + between

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self._mixture_distribution},\n  {self._component_distribution})"


class TransformedDistribution(Distribution):
    """What ``transforms``, one after another, make of the samples of a distribution.

    >>> D = glassnet.distributions
    >>> d = D.TransformedDistribution(D.Normal(0.0, 1.0), [D.ExpTransform()])
    >>> d.log_prob(glassnet.tensor(1.0))
    tensor(-0.9189)
    """

    def __init__(self, base_distribution: Any, transforms: Any, validate_args: bool | None = None) -> None:
        parts = [transforms] if isinstance(transforms, Transform) else list(transforms)
        if not all(isinstance(part, Transform) for part in parts):
            raise ValueError(f"TransformedDistribution: expected a Transform or a list of them, got {transforms!r:.80}")
        self.transforms = parts
        shape = (*base_distribution.batch_shape, *base_distribution.event_shape)
        dims = len(base_distribution.event_shape)
        whole = ComposeTransform(parts)
        if len(shape) < whole.domain.event_dim:
            raise ValueError(
                f"TransformedDistribution: the transforms take events of {whole.domain.event_dim} dimensions or more, "
                f"and the distribution has the shape {list(shape)}"
            )
        given = whole.forward_shape(Size(shape))
        wanted = whole.inverse_shape(given)
        base = base_distribution
        if tuple(wanted) != shape:
            base = base.expand(wanted[: len(wanted) - dims])
        more = whole.domain.event_dim - dims
        self.base_dist = Independent(base, more, validate_args=False) if more > 0 else base
        gained = whole.codomain.event_dim - whole.domain.event_dim
        events = max(whole.codomain.event_dim, dims + gained)
        split = len(given) - events
        super().__init__(given[:split], given[split:], validate_args=validate_args)

    @property
    def has_rsample(self) -> bool:
        """Whether the distribution within has."""
        return bool(self.base_dist.has_rsample)

    @constraints.dependent_property
    def support(self) -> Any:
        """What the last transform gives."""
        if not self.transforms:
            return self.base_dist.support
        support = self.transforms[-1].codomain
        more = len(self._event_shape) - support.event_dim
        return constraints.independent(support, more) if more > 0 else support

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distributions, repeated to a larger ``batch_shape``."""
        new = self._get_checked_instance(TransformedDistribution, _instance)
        new.__dict__.update(self._plain_attributes())
        shape = Size((*batch_shape, *self._event_shape))
        for transform in reversed(self.transforms):
            shape = transform.inverse_shape(shape)
        new.base_dist = self.base_dist.expand(shape[: len(shape) - len(self.base_dist.event_shape)])
        new._batch_shape = Size(batch_shape)
        return new

    def sample(self, sample_shape: Any = ALONE) -> Any:
        """Samples, transformed."""
        with no_grad():
            return self._transformed(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = ALONE) -> Any:
        """Samples, transformed, through which gradients go back, to the transforms' parameters too."""
        return self._transformed(self.base_dist.rsample(sample_shape))

    def _transformed(self, x: Any) -> Any:
        for transform in self.transforms:
            x = transform(x)
        return x

    def _log_prob(self, value: Any) -> Any:
        dims = len(self._event_shape)
        total: Any = 0.0
        y = value
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            dims += transform.domain.event_dim - transform.codomain.event_dim
            slope = transform.log_abs_det_jacobian(x, y)
            total = total - sum_rightmost(slope, dims - transform.domain.event_dim)
            y = x
        return total + sum_rightmost(self.base_dist.log_prob(y), dims - len(self.base_dist.event_shape))

    def _turned(self, probability: Any) -> Any:
        """The probability, or one minus it where the transforms turn the order about."""
        sign: Any = 1
        for transform in self.transforms:
            sign = sign * transform.sign
        return probability if isinstance(sign, int) and sign == 1 else sign * (probability - 0.5) + 0.5

    def _cdf(self, value: Any) -> Any:
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        if self._validate_args:
            self.base_dist._validate_sample(value)
        return self._turned(self.base_dist.cdf(value))

    def _icdf(self, value: Any) -> Any:
        return self._transformed(self.base_dist.icdf(self._turned(value)))


class LogisticNormal(TransformedDistribution):
    """Shares that add up to 1, one more than ``loc`` has numbers: stick-breaking of normal numbers.

    >>> glassnet.distributions.LogisticNormal(glassnet.zeros(2), glassnet.ones(2)).sample().sum()
    tensor(1.)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        base = Normal(loc, scale, validate_args=validate_args)
        if not base.batch_shape:
            base = base.expand((1,))
        super().__init__(base, StickBreakingTransform(), validate_args=validate_args)

    @property
    def loc(self) -> Tensor:
        """The means of the normal numbers."""
        loc: Tensor = self.base_dist.base_dist.loc
        return loc

    @property
    def scale(self) -> Tensor:
        """Their standard deviations."""
        scale: Tensor = self.base_dist.base_dist.scale
        return scale
