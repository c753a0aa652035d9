"""The Kullback–Leibler divergence of two distributions: what is said of each pair of classes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

__all__ = ["kl_divergence", "register_kl"]

F = TypeVar("F", bound=Callable[..., Any])

_said: dict[tuple[type, type], Callable[..., Any]] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[F], F]:
    """A decorator: the function gives KL(p ‖ q) of a ``type_p`` and a ``type_q``, and of what derives from them.

    >>> class Flat(glassnet.distributions.Uniform):
    ...     pass
    >>> @glassnet.distributions.register_kl(Flat, Flat)
    ... def flat(p, q):
    ...     return glassnet.tensor(0.0)
    >>> glassnet.distributions.kl_divergence(Flat(0.0, 1.0), Flat(0.0, 1.0))
    tensor(0.)
    """
    from glassnet.distributions.distribution import Distribution

    for kind in (type_p, type_q):
        if not (isinstance(kind, type) and issubclass(kind, Distribution)):
            raise TypeError(f"register_kl: expected two classes of distributions, got {kind!r:.80}")

    def decorated(function: F) -> F:
        _said[type_p, type_q] = function
        _found.cache_clear()
        return function

    return decorated


@cache
def _found(type_p: Any, type_q: Any) -> Callable[..., Any] | None:
    """What is said of the nearest classes that these derive from: the nearest of p first."""
    pairs = [pair for pair in _said if issubclass(type_p, pair[0]) and issubclass(type_q, pair[1])]
    if not pairs:
        return None
    nearness = lambda pair: (type_p.__mro__.index(pair[0]), type_q.__mro__.index(pair[1]))  # noqa: E731
    return _said[min(pairs, key=nearness)]


def kl_divergence(p: Any, q: Any) -> Any:
    """KL(p ‖ q) = ∫ p(x) log(p(x) / q(x)) dx, for each of the batch: how badly q stands for p, in nats.

    Raises NotImplementedError for two classes of which nothing is said.

    >>> D = glassnet.distributions
    >>> D.kl_divergence(D.Normal(1.0, 1.0), D.Normal(0.0, 1.0))
    tensor(0.5000)
    """
    kinds: tuple[Any, Any] = type(p), type(q)
    function = _found(*kinds)
    if function is None:
        raise NotImplementedError(
            f"there is no formula for KL({type(p).__name__} ‖ {type(q).__name__}); say one with @register_kl, or take "
            "the mean of p.log_prob(x) − q.log_prob(x) over samples x of p"
        )
    return function(p, q)
