"""The engine of a trainer: chosen once, by how much there is to learn, and kept with the trainer's state.

What runs the steps decides the last bits of the numbers. A run has to go on as it began, also where it was stopped and
is resumed, so its steps do not go over from one engine to another as those of `glassnet.compile` may.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassnet.compilation.tiers import Tier, Tiers, tell_once
from glassnet.engines import AUTO, asked_for, engine_class
from glassnet.program.passes import optimize
from glassnet.program.program import Program
from glassnet.trace.decomposition import passes_for
from glassnet.training.errors import TrainingError

FEWEST = 200  # updates: with fewer there is no time to be won
LONG = 3e9  # nanoseconds of computing: the seconds that it takes to compile are soon made up for


class EngineChoice:
    """The engine ``asked`` for; "auto" is the native one where a run is long and a compiler is there, else NumPy.

    ``name`` is None until it is chosen, for the first program that a step becomes. Raises TrainingError for an engine
    that there is not, or that cannot run here.
    """

    def __init__(self, asked: str) -> None:
        asked = _checked(asked)
        self.name = None if asked == AUTO else asked
        self.is_free = asked == AUTO
        self.updates = 0  # that the run is to make

    def __call__(self, traced: Program, make: Callable[[str], Tier]) -> Tiers:
        """The tier of a program: see `glassnet.compilation.tiers.Choice`."""
        if self.name is None:
            self.name = "native" if self.updates >= FEWEST and self.updates * _nanoseconds(traced) >= LONG else "numpy"
        try:
            return Tiers(make(self.name))
        except RuntimeError as error:  # of a compiler
            if not self.is_free:
                raise TrainingError(f'engine: {" ".join(str(error).split()):.300}; engine="numpy" needs none') from None
            self.name = "numpy"
            tell_once(str(error), stacklevel=2)
            return Tiers(make(self.name))

    def state_dict(self) -> str | None:
        """What was chosen."""
        return self.name

    def load_state_dict(self, name: Any) -> None:
        """Go on with what was chosen, unless another was asked for. Raises TrainingError where it cannot run here."""
        if self.is_free and name is not None:
            _checked(name, '; ask for engine="numpy" to go on by that: the numbers are the same to rounding')
            self.name = name


def _checked(name: str, advice: str = "") -> str:
    try:
        asked = asked_for(name)
        engine_class(asked)
    except (ValueError, RuntimeError) as error:
        raise TrainingError(f"engine: {error}{advice}") from None
    return asked


def _nanoseconds(traced: Program) -> float:
    """About how long a program takes as C, on a core."""
    from glassnet.engines.native.engine import NativeEngine  # most runs are short
    from glassnet.engines.native.thread_count import nanoseconds_of

    program = optimize(traced, passes_for(NativeEngine.accepts, NativeEngine.passes))
    return sum(map(nanoseconds_of, program))
