"""Tiers: a program begins on an engine that is ready at once, and goes over to a faster one that has to be compiled.

That is worth its time only for a program that runs for long. So the faster engine is made, in the background, when
the first has spent as much time in the program as that may take: then no run takes much more than twice as long as it
has to. The faster engine stays if a few runs show that it is the faster one.

The results are the same to rounding. Runs that must be repeated bit for bit name their engine.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING, Any

from glassnet.engines import AUTO, Engine, asked_for
from glassnet.errors import GlassnetWarning
from glassnet.ops.dtypes import Array
from glassnet.program.program import Program

if TYPE_CHECKING:
    from glassnet.compilation.background import Job

SECOND = "native"  # the engine that programs go over to
HOT: float | None = 0.25  # seconds in the first engine at least, before the second is made; None: never
COMPILING = 0.03  # seconds that it takes to make the second, about, for each instruction
TRIALS = 5  # runs of the second, the fastest of which is compared with the fastest of the first


@dataclass(eq=False)
class Tier:
    """An engine, the program as it was optimized for it, and the seconds of the ``fastest`` run."""

    program: Program
    engine: Engine
    fastest: float = inf


class Tiers:
    """The tiers of one program, and which of them is to run it: ``current``.

    ``make`` makes the second, if there is to be one. When ``is_settled``, there is nothing more to be found out.
    """

    def __init__(self, first: Tier, make: Callable[[], Tier] | None = None) -> None:
        self.current = self._first = first
        self.is_settled = make is None or HOT is None
        self._make = make
        self._spent = 0.0
        self._trials = TRIALS
        self._job: Job[Tier] | None = None

    def run(self, *inputs: Array) -> Any:
        """The outputs of the program."""
        tier = self.current
        start = perf_counter()
        outputs = tier.engine.run(*inputs)
        seconds = perf_counter() - start
        self._spent += seconds
        tier.fastest = min(seconds, tier.fastest)
        self._trials -= tier is not self._first
        return outputs

    def advance(self) -> None:
        """Go on to the next tier, if it is time."""
        if self._job is None:
            if self._make is not None and HOT is not None and self._spent >= max(HOT, self._cost()):
                from glassnet.compilation.background import Job  # few programs come so far

                self._job = Job(self._make)
        elif self.current is self._first:
            if self._job.is_done:
                self._go_over(self._job)
        elif self._trials <= 0:
            self.current = min(self._first, self.current, key=lambda tier: tier.fastest)
            self.is_settled = True

    def _cost(self) -> float:
        """About how many seconds it takes to make the second."""
        return COMPILING * len(self._first.program)

    def _go_over(self, job: Job[Tier]) -> None:
        if job.result is not None:
            self.current = job.result
        else:
            self.is_settled = True
            tell_once(str(job.error), stacklevel=8)


# Which tiers a program that was traced has; it is given what makes one for an engine.
Choice = Callable[[Program, Callable[[str], Tier]], Tiers]


def by_name(engine: str) -> Choice:
    """Have programs run by the engine of that name; "auto" is one after the other."""
    first = asked_for(engine)
    return lambda _, make: Tiers(make(first), partial(make, SECOND) if first == AUTO else None)


_told: set[str] = set()


def tell_once(why: str, stacklevel: int) -> None:
    """Say, once in a process for each reason, why a program that could run faster does not."""
    line = f'programs stay with NumPy: {" ".join(why.split()):.300} (engine="numpy" leaves this note out)'
    if line not in _told:
        _told.add(line)
        warnings.warn(line, GlassnetWarning, stacklevel=stacklevel)
