"""What every distribution has: shapes, samples, the logarithm of its density, mean and variance, entropy.

A distribution says what it computes in methods with an underscore; what they have in common is here: samples without
a gradient and with one, the check of values, and copies for a larger batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from glassnet.autograd import grad, no_grad
from glassnet.distributions import constraints
from glassnet.observer import mode
from glassnet.tensor import Tensor
from glassnet.tensor.wording import Size

__all__ = ["Distribution", "ExponentialFamily"]


ALONE = Size()  # one sample


class Distribution:
    """The base class: independent distributions of ``batch_shape``, each of events of ``event_shape``.

    Raises ValueError for a parameter that is not what ``arg_constraints`` says, unless ``validate_args=False``.

    >>> d = glassnet.distributions.Normal(glassnet.zeros(3), glassnet.ones(3))
    >>> d.batch_shape, d.event_shape, d.sample((2,)).shape
    ((3,), (), (2, 3))
    """

    has_rsample: Any = False
    has_enumerate_support: Any = False
    _validate_args: bool = __debug__
    arg_constraints: ClassVar[Any] = {}
    support: Any = None

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether parameters and values are checked where a distribution is not told otherwise."""
        if value not in (True, False):
            raise ValueError(f"set_default_validate_args: expected True or False, got {value!r:.80}")
        Distribution._validate_args = bool(value)

    def __init__(self, batch_shape: Any = ALONE, event_shape: Any = ALONE, validate_args: bool | None = None) -> None:
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args and mode.tracer is None:  # which may not look at numbers
            self._check_parameters()

    def _check_parameters(self) -> None:
        for name, constraint in self.arg_constraints.items():
            value = vars(self).get(name)
            if value is None or constraints.is_dependent(constraint):
                continue
            if not bool(constraint.check(value).all()):
                raise ValueError(f"{type(self).__name__}: expected {name} to be {constraint.says}, got {_shown(value)}")

    @property
    def batch_shape(self) -> Size:
        """How many distributions there are, side by side."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one event."""
        return self._event_shape

    # samples ----------------------------------------------------------------------------------

    def sample(self, sample_shape: Any = ALONE) -> Any:
        """Samples, of shape sample_shape + batch_shape + event_shape; no gradient goes back through them."""
        with no_grad():
            return self.rsample(sample_shape) if self.has_rsample else self._draw(self._extended_shape(sample_shape))

    def rsample(self, sample_shape: Any = ALONE) -> Any:
        """Samples through which gradients go back to the parameters ("reparametrised").

        Raises NotImplementedError for a distribution that has none.
        """
        if not self.has_rsample:
            raise NotImplementedError(
                f"{type(self).__name__}: no gradient goes through its samples; take sample(), and weight log_prob() "
                "by what a sample is worth (REINFORCE)"
            )
        return self._draw(self._extended_shape(sample_shape))

    def sample_n(self, n: int) -> Any:
        """``n`` samples: sample((n,))."""
        return self.sample((n,))

    def _extended_shape(self, sample_shape: Any = ALONE) -> Size:
        sizes = (sample_shape,) if isinstance(sample_shape, int) else tuple(sample_shape)
        return Size((*sizes, *self._batch_shape, *self._event_shape))

    # values -----------------------------------------------------------------------------------

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density, or of the probability, of each event of ``value``.

        Raises ValueError for a value that the distribution does not give.
        """
        self._check(value)
        return self._log_prob(value)

    def cdf(self, value: Any) -> Any:
        """The probability of a number no greater than each of ``value``."""
        self._check(value)
        return self._cdf(value)

    def icdf(self, value: Any) -> Any:
        """The number below which the probability is ``value``: the inverse of `cdf`."""
        return self._icdf(value)

    def enumerate_support(self, expand: bool = True) -> Any:
        """All values there are, along a new first dimension; for each of the batch, unless ``expand=False``."""
        values = self._values()
        values = values.reshape(-1, *(1,) * len(self._batch_shape), *self._event_shape)
        return values.expand(-1, *self._batch_shape, *self._event_shape) if expand else values

    def entropy(self) -> Any:
        """The entropy of each of the batch, in nats."""
        return self._entropy()

    def perplexity(self) -> Any:
        """The exponential of the entropy: of how many equal cases it is."""
        return self.entropy().exp()

    @property
    def mean(self) -> Any:
        """The mean; nan where there is none."""
        return self._mean()

    @property
    def mode(self) -> Any:
        """The value of the highest density or probability."""
        return self._mode()

    @property
    def variance(self) -> Any:
        """The variance; inf or nan where there is none."""
        return self._variance()

    @property
    def stddev(self) -> Any:
        """The standard deviation: the root of the variance."""
        return self.variance.sqrt()

    def _check(self, value: Any) -> None:
        if self._validate_args:
            self._validate_sample(value)

    def _validate_sample(self, value: Any) -> None:
        """Raise ValueError for what is no value of this distribution."""
        if not isinstance(value, Tensor):
            raise ValueError(
                f"{type(self).__name__}: expected the value as a tensor, got {type(value).__name__}: {value!r:.60}"
            )
        n = len(self._event_shape)
        shape, expected = tuple(value.shape), (*self._batch_shape, *self._event_shape)
        if n and shape[len(shape) - n :] != tuple(self._event_shape):
            raise ValueError(
                f"{type(self).__name__}: expected a value whose last dimensions are those of an event, "
                f"{list(self._event_shape)}, got shape {list(shape)}"
            )
        for a, b in zip(reversed(shape), reversed(expected), strict=False):
            if a != b and 1 not in (a, b):
                raise ValueError(
                    f"{type(self).__name__}: a value of shape {list(shape)} does not fit the shape of the "
                    f"distributions and their events, {list(expected)}"
                )
        support = self.support if mode.tracer is None else None
        if support is not None and not constraints.is_dependent(support) and not support.check(value).array.all():
            raise ValueError(
                f"{type(self).__name__}: expected a value that is {support.says}, got {_shown(value)}; to have it "
                "computed nevertheless: validate_args=False"
            )

    # copies -----------------------------------------------------------------------------------

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distributions, repeated to a larger ``batch_shape``."""
        new = self._get_checked_instance(Distribution, _instance)
        new.__dict__.update(self._plain_attributes())
        for name, constraint in self.arg_constraints.items():
            value = vars(self).get(name)
            if isinstance(value, Tensor):
                event = value.shape[value.dim() - constraint.event_dim :]
                setattr(new, name, value.expand(*batch_shape, *event))
        new._batch_shape = Size(batch_shape)
        return new

    def _plain_attributes(self) -> dict[str, Any]:
        """What is no tensor: it is the same for any batch."""
        return {name: value for name, value in vars(self).items() if not isinstance(value, Tensor | Distribution)}

    def _get_checked_instance(self, cls: Any, _instance: Any = None) -> Self:
        """A new distribution of this class, without its parameters; PyTorch's name, for those that define `expand`."""
        made: Self = type(self).__new__(type(self)) if _instance is None else _instance
        return made

    def __repr__(self) -> str:
        given = {name: vars(self)[name] for name in self.arg_constraints if name in vars(self)}
        shown = [
            f"{name}: {x if not isinstance(x, Tensor) or x.numel() == 1 else x.size()}" for name, x in given.items()
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    # what a distribution says -----------------------------------------------------------------

    def _draw(self, shape: Size) -> Any:
        """Samples of this shape, with a gradient where ``has_rsample``."""
        raise self._lacks("sample()")

    def _log_prob(self, value: Any) -> Any:
        raise self._lacks("log_prob()")

    def _cdf(self, value: Any) -> Any:
        raise self._lacks("cdf()")

    def _icdf(self, value: Any) -> Any:
        raise self._lacks("icdf()")

    def _values(self) -> Any:
        """The values there are, one after another."""
        raise self._lacks("enumerate_support()")

    def _entropy(self) -> Any:
        raise self._lacks("entropy()")

    def _mean(self) -> Any:
        raise self._lacks("mean")

    def _mode(self) -> Any:
        raise self._lacks("mode")

    def _variance(self) -> Any:
        raise self._lacks("variance")

    def _lacks(self, what: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__} has no {what}: it has no simple form")


def _shown(value: Any) -> str:
    numbers = value.detach().reshape(-1).tolist() if isinstance(value, Tensor) else [value]
    shown = ", ".join(f"{number:g}" for number in numbers[:6])
    return f"[{shown}, …] of shape {list(value.shape)}" if len(numbers) > 6 else shown


class ExponentialFamily(Distribution):
    """Distributions whose density is exp(⟨t(x), θ⟩ − F(θ) + k(x)), with natural parameters θ and log-normalizer F.

    A subclass says ``_natural_params``, ``_log_normalizer(*θ)`` and ``_mean_carrier_measure``, the mean of k, and has
    its entropy by Bregman's divergence: F(θ) − ⟨θ, ∇F(θ)⟩ − E[k].

    >>> issubclass(glassnet.distributions.Normal, glassnet.distributions.ExponentialFamily)
    True
    """

    _mean_carrier_measure: Any = None

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        raise self._lacks("natural parameters")

    def _log_normalizer(self, *natural_params: Any) -> Any:
        raise self._lacks("log-normalizer")

    def _entropy(self) -> Any:
        if self._mean_carrier_measure is None:
            raise self._lacks("entropy()")
        parameters = [x.detach().requires_grad_() for x in self._natural_params]
        normalizer = self._log_normalizer(*parameters)
        slopes = grad(normalizer.sum(), parameters, create_graph=True)
        result = normalizer - self._mean_carrier_measure
        for x, slope in zip(parameters, slopes, strict=True):
            assert slope is not None  # the normalizer depends on each
            event = tuple(range(len(self._batch_shape) - x.dim(), 0))
            result = result - ((x * slope).sum(event) if event else x * slope)
        return result


def shapes_of(parameter: Tensor, event_dim: int) -> tuple[Iterable[int], Iterable[int]]:
    """The batch and event shapes that a parameter says, whose last ``event_dim`` dimensions are an event's."""
    split = parameter.dim() - event_dim
    return parameter.shape[:split], parameter.shape[split:]
