"""Detection rate, right cause at the top, false alarms: ``python -m tests.explain.corpus.measure [SEED]``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field

import glassnet
from glassnet.explain.checkup import Checkup, checkup
from tests.explain.corpus import broken, healthy, second, third  # noqa: F401  they register their scripts
from tests.explain.corpus.common import FIRST, SECOND, THIRD, Corpus, Script

CORPORA = {"first": FIRST, "second": SECOND, "third": THIRD}


@dataclass
class Measured:
    """What was found of scripts, and how many there were."""

    broken: int = 0
    healthy: int = 0
    detections: int = 0
    firsts: int = 0
    false_alarms: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def detected(self) -> float:
        """The share of faults that are among the findings."""
        return self.detections / self.broken

    @property
    def at_the_top(self) -> float:
        """The share of faults that are the first finding."""
        return self.firsts / self.broken

    def __str__(self) -> str:
        alarms = f"{len(self.false_alarms)} false alarms of {self.healthy} healthy scripts"
        return f"{self.broken} broken scripts: {self.detected:.3f} detected, {self.at_the_top:.3f} first; {alarms}"


def examined(script: Script) -> Checkup:
    return checkup(script.model, script.data, script.loss, script.optimizer, **script.extra)


def measured(corpus: Corpus, seed: int = 0) -> Measured:
    found = Measured(len(corpus.broken), len(corpus.healthy))
    for name, (kinds, make) in corpus.broken.items():
        glassnet.manual_seed(seed)
        said = [finding.kind for finding in examined(make())]
        found.detections += any(kind in said for kind in kinds)
        found.firsts += bool(said) and said[0] in kinds
        if not said or said[0] not in kinds:
            found.missed.append(f"{name} ({' or '.join(kinds)}): {', '.join(said) or 'nothing'}")
    for name, make in corpus.healthy.items():
        glassnet.manual_seed(seed)
        result = examined(make())
        if not result.healthy:
            found.false_alarms.append(f"{name}: {', '.join(f.kind for f in result)}")
    return found


def together(found: Iterable[Measured]) -> Measured:
    """What was found of several corpora, as one."""
    whole = Measured()
    for one in found:
        for name, value in vars(one).items():
            setattr(whole, name, getattr(whole, name) + value)
    return whole


if __name__ == "__main__":
    by_corpus = {n: measured(corpus, int(sys.argv[1]) if len(sys.argv) > 1 else 0) for n, corpus in CORPORA.items()}
    for which, one in {**by_corpus, "together": together(by_corpus.values())}.items():
        print(f"{which}: {one}", *(f"  {line}" for line in one.missed + one.false_alarms), sep="\n")
