"""A finding: something that is wrong with a training run, the numbers that show it, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from glassnet.errors import GlassnetError

if TYPE_CHECKING:
    from glassnet.explain.checkup.observed import Observed


class CheckupError(GlassnetError, ValueError):
    """A checkup that cannot be made of what was given."""


class Said(NamedTuple):
    """What a check has to say."""

    problem: str
    evidence: str
    remedy: str


@dataclass(frozen=True)
class Finding:
    """What is wrong, the numbers that show it, and what to do. ``kind`` is the name of the check that found it."""

    kind: str
    problem: str
    evidence: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem}\n  evidence: {self.evidence}\n  remedy:   {self.remedy}"


@dataclass(frozen=True)
class Check:
    """A check: what it looks for, how, and how much its findings weigh: causes come before what they cause.

    ``explains`` names checks that have nothing to add where this one has found something.
    """

    name: str
    look: Callable[[Observed], Iterator[Said]]
    weight: int
    explains: frozenset[str]


CHECKS: dict[str, Check] = {}


def check(weight: int, explains: str = "") -> Callable[[Callable[[Observed], Iterator[Said]]], Check]:
    """Register a generator function of an `Observed` as a check by its name."""

    def registered(look: Callable[[Observed], Iterator[Said]]) -> Check:
        found = CHECKS[look.__name__] = Check(look.__name__, look, weight, frozenset(explains.split()))
        return found

    return registered
