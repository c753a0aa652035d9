"""A recognised step while its script runs: when it is worth a program.

The first steps run as they are written: they make the optimizer's state, and a script that is soon at its end need not
wait for a program, nor for what makes one to be loaded. Then the step is compiled from the last place where it may
begin: where nothing that it reads has a history from before.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from time import process_time
from typing import TYPE_CHECKING, Any

from glassnet.observer import mode
from glassnet.pytorch.compiling.names_in_statements import read_before_set
from glassnet.pytorch.compiling.training_steps import TrainingStep
from glassnet.pytree import flatten
from glassnet.tensor import Tensor

if TYPE_CHECKING:
    from glassnet.pytorch.compiling.compiled_step import CompiledStep

FIRST = 3  # steps of a kind that run as they are written


class RecognisedStep:
    """One step of a script. Call it where the step may begin: it gives the results once, if a program did the step."""

    copies_gradients = False  # of all steps: some file reads gradients, and may keep them
    patience = 1.0  # seconds of work from the first step on: who has taken that long will likely go on

    def __init__(self, step: TrainingStep, file: str) -> None:
        self.step = step
        self.file = file
        self._start = step.starts[-1]
        self._first = 0  # steps that ran as they are written
        self._begun = 0.0
        self._is_last = False  # of these
        self._compiled: CompiledStep | None = None

    def __call__(self, start: int) -> tuple[Any, ...]:
        """The results in a tuple of one, or nothing: then the statements run as they are written."""
        if mode.tracer is not None:
            return ()
        if self._compiled is not None:
            return self._compiled(start, sys._getframe(1), self.copies_gradients)
        self._look_on(start, sys._getframe(1).f_locals)
        return ()

    def _look_on(self, start: int, names: Mapping[str, Any]) -> None:
        """One of the first steps: the last place where nothing that is read has a history is where it may begin."""
        if start == self.step.starts[0]:
            self._begun = self._begun or process_time()
            self._is_last = self._first >= FIRST - 1 and process_time() - self._begun >= self.patience
        if self._is_last:
            values = (names.get(name) for name in read_before_set(self.step.traced(start)))
            if not any(isinstance(leaf, Tensor) and leaf.node is not None for value in values for leaf in _few(value)):
                self._start = start
        if start == self.step.starts[-1]:
            self._first += 1
            if self._is_last:
                from glassnet.pytorch.compiling.compiled_step import CompiledStep

                self._compiled = CompiledStep(self.step, self.file, self._start)


def _few(value: Any) -> list[Any]:
    return [value] if isinstance(value, Tensor) or not isinstance(value, list | tuple | dict) else flatten(value)[0]
