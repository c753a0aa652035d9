"""A check looks for one thing that may be wrong with a training run, and what it says is a finding."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from glassnet.explain.checkup.observed import Observed
from glassnet.ops.dtypes import Array


@dataclass(frozen=True)
class Finding:
    """What is wrong, the numbers that show it, and what to do.

    ``kind`` is the name of the check that found it, ``where`` the layer, value or parameter that it is about, "" if
    it is about none, and ``numbers`` what was measured, by name. The sentences ``problem``, ``evidence`` and
    ``remedy`` are made of these last.

    >>> model, x, y = nn.Linear(4, 3), glassnet.randn(64, 4), glassnet.randint(1, 4, (64,))
    >>> finding = glassnet.checkup(model, (x, y), F.cross_entropy).findings[0]
    >>> finding.kind, finding.numbers["low"], finding.numbers["high"]
    ('labels_out_of_range', 1, 3)
    >>> finding.evidence
    'labels from 1 to 3, the network has 3 outputs, for labels 0 to 2'
    """

    kind: str
    texts: tuple[str, str, str] = field(repr=False)  # with the names of numbers in braces
    where: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def problem(self) -> str:
        """What is wrong."""
        return self._sentence(0)

    @property
    def evidence(self) -> str:
        """The numbers that show it."""
        return self._sentence(1)

    @property
    def remedy(self) -> str:
        """What to do."""
        return self._sentence(2)

    def _sentence(self, which: int) -> str:
        return self.texts[which].format_map({"where": self.where, **self.numbers})

    def __str__(self) -> str:
        return f"{self.problem}\n  evidence: {self.evidence}\n  remedy:   {self.remedy}"


@dataclass(frozen=True)
class Symptom:
    """What a check says: the texts of a `Finding`, and the numbers whose names stand in them in braces."""

    texts: tuple[str, str, str]
    where: str
    numbers: Mapping[str, Any]


def symptom(problem: str, evidence: str, remedy: str, where: str = "", **numbers: Any) -> Symptom:
    """What a check says. Each text may have {where} and the names of ``numbers`` in it, with a format."""
    return Symptom((problem, evidence, remedy), where, numbers)


class Names(tuple[str, ...]):
    """Names; as text the first five, and how many more there are."""

    __slots__ = ()

    def __str__(self) -> str:
        shown = ", ".join(self[:5])
        return shown if len(self) <= 5 else f"{shown} and {len(self) - 5} more"


class Shape(tuple[int, ...]):
    """A shape; as text [64, 10]."""

    __slots__ = ()

    def __str__(self) -> str:
        return str(list(self))


class Range(NamedTuple):
    """The least and the greatest of some numbers; as text "0.1 … 3", one number where they are the same."""

    low: float
    high: float

    @classmethod
    def of(cls, numbers: Array) -> Range:
        """That of an array."""
        return cls(float(numbers.min()), float(numbers.max())) if numbers.size else cls(math.inf, -math.inf)

    def __str__(self) -> str:
        if self.low > self.high:
            return "nothing"
        low, high = f"{self.low:.3g}", f"{self.high:.3g}"
        return low if low == high else f"{low} … {high}"


@dataclass(frozen=True)
class Check:
    """A check: what it looks for, how, and how much its findings weigh: causes come before what they cause.

    ``explains`` names checks that have nothing to add where this one has found something. One that is ``unexplained``
    tells of an effect whose cause nobody found: it has something to say only where no other has.
    """

    name: str
    look: Callable[[Observed], Iterator[Symptom]]
    weight: float
    explains: frozenset[str]
    unexplained: bool = False

    def findings(self, run: Observed) -> list[Finding]:
        """What it finds."""
        return [Finding(self.name, s.texts, s.where, s.numbers) for s in self.look(run)]


CHECKS: dict[str, Check] = {}


def check(
    weight: float, explains: str = "", *, unexplained: bool = False
) -> Callable[[Callable[[Observed], Iterator[Symptom]]], Check]:
    """Register a generator function of an `Observed` as a check by its name."""

    def registered(look: Callable[[Observed], Iterator[Symptom]]) -> Check:
        made = CHECKS[look.__name__] = Check(look.__name__, look, weight, frozenset(explains.split()), unexplained)
        return made

    return registered
