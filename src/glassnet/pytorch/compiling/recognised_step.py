"""A recognised step while its script runs: when it is compiled, what is said of it, and its results.

The first steps run as they are written: they make the optimizer's state, and a script of few steps need not wait for a
program. Then the step is traced from the last place where it may begin; where that is too late, for the loss has a
history from before, from the one before that. A step that cannot be traced, or that is a new one each time, goes on as
it is written. Nothing has changed then.
"""

from __future__ import annotations

import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from functools import wraps
from types import FunctionType
from typing import Any, NoReturn

from glassnet.compilation.compiled import Compiled
from glassnet.errors import GlassnetError
from glassnet.observer import mode
from glassnet.pytorch.compiling.names import read_before_set, set_in
from glassnet.pytorch.compiling.rewriting import function_of
from glassnet.pytorch.compiling.training_steps import TrainingStep
from glassnet.pytorch.compiling.without_effect import watched
from glassnet.pytorch.notes import said_once
from glassnet.pytree import flatten
from glassnet.tensor import Tensor, wrap
from glassnet.trace.guard import PLAIN
from glassnet.trace.refusals import EarlierError, TraceError

FIRST = 3  # steps of a kind that run as they are written
MOST_KINDS = 4  # programs of one step: for batches of other sizes
MOST_MISSES = 12  # calls that none of them served
SAME = "\0"  # and a name: the result is that argument itself
MOST_LEAVES = 100  # of a container that is an argument



class NotCompiled(GlassnetError):
    """A step is to run as it is written, this time."""


class RecognisedStep:
    """One step of a script. Call it where the step may begin: it gives the results once, if a program did the step."""

    copies_gradients = False  # of all steps: some file reads gradients, and may keep them

    def __init__(self, step: TrainingStep, file: str) -> None:
        self.step = step
        self.file = file
        self._start = step.starts[-1]
        self._calls = 0
        self._arguments: list[str] = []
        self._program: _Watched | None = None
        self._leading: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
        self._is_over = False

    def __call__(self, start: int) -> tuple[Any, ...]:
        """The results in a tuple of one, or nothing: then the statements run as they are written."""
        if start != self._start or self._is_over or mode.tracer is not None:
            return ()
        self._calls += 1
        if self._calls <= FIRST:
            return ()
        frame = sys._getframe(1)
        names: Mapping[str, Any] = frame.f_locals
        state = None
        try:
            if self._program is None:
                self._begin(names, frame.f_globals)
            if self._leading is not None:
                state = random.getstate()
                names = {**names, **self._leading(names)}
            assert self._program is not None
            results = self._program(*[names[name] for name in self._arguments])
        except NotCompiled:
            if self._program is not None and self._program.misses > max(MOST_MISSES, self._calls // 2):
                self._give_up(f"is another one each time: {self._program.latest_cause}")
        except EarlierError as error:
            self._begin_earlier(error)
        except TraceError as error:
            where = "" if error.line is None else f"line {error.line.number} "
            self._give_up(where + error.reason)
        except Exception as error:  # the script's own, which it will raise again by itself
            self._give_up(f"{type(error).__name__}: {error}")
        else:
            if RecognisedStep.copies_gradients:
                self._program.copy_gradients()
            return (tuple([names[x[1:]] if type(x) is str and x[:1] == SAME else x for x in results]),)
        if state is not None:
            random.setstate(state)
        return ()

    def _begin(self, names: Mapping[str, Any], namespace: dict[str, Any]) -> None:
        """Make a function of the statements, to be traced."""
        step, start = self.step, self._start
        for name in step.outside(start):
            if not _is_simple(names.get(name, namespace.get(name))):
                raise TraceError(f"has to wait with what it tells of {name}, which may change meanwhile")
        leading, statements = step.leading(start), step.traced(start)
        self._leading = None
        known = {*names}
        if leading:
            first = sorted(read_before_set(leading) & known)
            given = sorted(set_in(leading))
            draw = FunctionType(function_of(leading, first, given, self.file), namespace)
            self._leading = lambda names: dict(zip(given, draw(*[names[name] for name in first]), strict=True))
            known |= set_in(leading)
        needed = sorted(read_before_set(statements) & known)
        self._arguments = [name for name in needed if step.in_function or name in step.varying]
        for name in self._arguments:
            if len(flatten(names.get(name))[0]) > MOST_LEAVES:
                raise TraceError(f"reads {name}, which has more entries than are looked at in each step")
        function = FunctionType(function_of(statements, self._arguments, step.results(start), self.file), namespace)
        self._program = _Watched(self._traced(watched(function)), self._say)

    def _traced(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function`` while it is traced: its results have to be what a program can give."""
        results = self.step.results(self._start)

        @wraps(function)
        def carried_out(*args: Any) -> Any:
            given = {id(x): SAME + name for name, x in zip(self._arguments, args, strict=True)}
            values = function(*args)
            for name, value in zip(results, values, strict=True):
                for leaf in flatten(value)[0]:
                    if isinstance(leaf, Tensor) and id(leaf) not in given:
                        _check(name, leaf, name in self.step.needs_graph)
            return tuple(given.get(id(value), value) for value in values)

        return carried_out

    def _begin_earlier(self, error: EarlierError) -> None:
        earlier = [start for start in self.step.starts if start < self._start]
        if earlier:
            self._start, self._program = earlier[-1], None
        else:
            self._give_up(error.reason)

    def _say(self, text: str) -> None:
        said_once(f"{os.path.relpath(self.file)}:{self.step.line}: this training step {text}")

    def _give_up(self, reason: str) -> None:
        self._is_over, self._program = True, None
        self._say(f"runs as it is written: it {' '.join(reason.split()).partition('. ')[0]}")


class _Watched(Compiled):
    """A step that is traced when it has been called in one way often enough, and watched meanwhile."""

    seen: Counter[Any]
    say: Callable[[str], None]
    misses: int

    def __init__(self, function: Callable[..., Any], say: Callable[[str], None]) -> None:
        super().__init__(function, max_specialisations=MOST_KINDS)
        self.seen = Counter()
        self.say = say
        self.misses = 0

    def _may_specialise(self, key: tuple[Any, ...]) -> bool:
        if len(self.specialisations) < MOST_KINDS and (self.seen[key] or not self.specialisations):
            return True
        self.seen[key] += 1
        self.misses += 1
        return False

    def _uncompiled(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> NoReturn:
        raise NotCompiled

    def _specialise(self, *call: Any) -> Any:
        results = super()._specialise(*call)
        if self.specialisations:
            self.say("is compiled")
        return results

    @property
    def latest_cause(self) -> str:
        """What was new about the last call that was compiled."""
        return self.specialisations[-1].cause if self.specialisations else "its arguments differ"

    def copy_gradients(self) -> None:
        """Give each parameter a gradient of its own: that of the program is overwritten by the next step."""
        _, last = self._last
        for leaf, gradient in last._new_gradients if last is not None else ():
            if gradient is not None:
                leaf.grad = wrap(gradient.copy())


def _check(name: str, result: Tensor, needs_graph: bool) -> None:
    """Refuse a result that is used for more than its numbers."""
    if needs_graph and result.node is not None:
        raise TraceError(f"computes {name}, which is used afterwards in a way that may need its graph")
    base = result
    while base.view_of:
        base = base.view_of[0]
    tracer: Any = mode.tracer
    if base is not result and base not in tracer.created:
        raise TraceError(f"looks with {name} into a tensor that is there before")


def _is_simple(value: Any) -> bool:
    """Whether ``value`` is a number, a text, or a container of such."""
    return all(isinstance(leaf, PLAIN) for leaf in flatten(value)[0])
