"""Detection rate, right cause at the top, false alarms: ``python -m tests.explain.corpus.measure [SEED]``."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

import glassnet
from glassnet.explain.checkup import Checkup, checkup
from tests.explain.corpus import broken, healthy  # noqa: F401  they register their scripts
from tests.explain.corpus.common import BROKEN, HEALTHY, Script


@dataclass
class Measured:
    detected: float = 0.0
    at_the_top: float = 0.0
    false_alarms: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)


def examined(script: Script) -> Checkup:
    return checkup(script.model, script.data, script.loss, script.optimizer, **script.extra)


def measured(seed: int = 0) -> Measured:
    found = Measured()
    right = top = 0
    for name, (kind, make) in BROKEN.items():
        glassnet.manual_seed(seed)
        kinds = [finding.kind for finding in examined(make())]
        right += kind in kinds
        top += kinds[:1] == [kind]
        if kinds[:1] != [kind]:
            found.missed.append(f"{name} ({kind}): {', '.join(kinds) or 'nothing'}")
    for name, make in HEALTHY.items():
        glassnet.manual_seed(seed)
        result = examined(make())
        if not result.healthy:
            found.false_alarms.append(f"{name}: {', '.join(f.kind for f in result)}")
    found.detected, found.at_the_top = right / len(BROKEN), top / len(BROKEN)
    return found


if __name__ == "__main__":
    result = measured(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    print(f"{len(BROKEN)} broken scripts: {result.detected:.3f} detected, {result.at_the_top:.3f} at the top")
    print(*(f"  {line}" for line in result.missed), sep="\n")
    print(f"{len(HEALTHY)} healthy scripts: {len(result.false_alarms)} false alarms")
    print(*(f"  {line}" for line in result.false_alarms), sep="\n")
