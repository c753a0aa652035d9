"""A recognised step that is to be a program: how it is traced, what is said of it, and its results.

It is traced from the last place where it may begin; should that be too late after all, from the one before that. A step
that cannot be traced, or that is a new one each time, goes on as it is written. Nothing has changed then.
"""

from __future__ import annotations

import ast
import os
import random
from collections import Counter
from collections.abc import Callable, Mapping
from functools import wraps
from types import CodeType, FrameType, FunctionType
from typing import Any, NoReturn

from glassnet.compilation.compiled import Compiled
from glassnet.errors import GlassnetError
from glassnet.observer import mode
from glassnet.pytorch.compiling.arguments_of_steps import Argument, with_attributes
from glassnet.pytorch.compiling.names_in_statements import read_before_set, read_in, set_in
from glassnet.pytorch.compiling.rewritten_script import function_of
from glassnet.pytorch.compiling.training_steps import TrainingStep
from glassnet.pytorch.compiling.without_effect import watched
from glassnet.pytorch.notes import said_once
from glassnet.pytree import flatten
from glassnet.tensor import Tensor, wrap
from glassnet.trace.guard import PLAIN
from glassnet.trace.refusals import EarlierError, Line, TraceError

MOST_KINDS = 4  # programs of one step: for batches of other sizes
MOST_MISSES = 12  # calls that none of them served
WORTH = 400  # so many calls are worth new programs
SAME = "\0"  # and a number: the result is the argument of that number itself
MOST_LEAVES = 100  # of a container that is an argument


class NotCompiled(GlassnetError):
    """A step is to run as it is written, this time."""


class CompiledStep:
    """One step of a script, from the place ``start`` on. Call it there: it gives the results, if a program did it."""

    def __init__(self, step: TrainingStep, file: str, start: int) -> None:
        self.step = step
        self.file = file
        self._start = start
        self._arguments: list[Argument] = []
        self._program: _Watched | None = None
        self._leading: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
        self._served = 0  # calls that a program did
        self._is_over = False

    def __call__(self, start: int, frame: FrameType, copies_gradients: bool) -> tuple[Any, ...]:
        """The results in a tuple of one, or nothing: then the statements run as they are written."""
        if self._is_over or start != self._start:
            return ()
        names: Mapping[str, Any] = frame.f_locals
        state = None
        try:
            if self._program is None:
                self._begin(frame)
            if self._leading is not None:
                state = random.getstate()
                names = {**names, **self._leading(names)}
            assert self._program is not None
            values = [argument.value(names) for argument in self._arguments]
            results = self._program(*values)
        except NotCompiled:
            self._begin_anew()
        except EarlierError as error:
            self._begin_earlier(error)
        except TraceError as error:
            self._give_up(error.reason, error.line)
        except Exception as error:  # the script's own, which it will raise again by itself
            self._give_up(f"raises {type(error).__name__}: {error}")
        else:
            self._served += 1
            if copies_gradients:
                self._program.copy_gradients()
            return (tuple([values[int(x[1:])] if type(x) is str and x[:1] == SAME else x for x in results]),)
        if state is not None:
            random.setstate(state)
        return ()

    def _begin(self, frame: FrameType) -> None:
        """Make a function of the statements, to be traced."""
        step, start, names, namespace = self.step, self._start, frame.f_locals, frame.f_globals
        for name in step.outside(start):
            if not _is_simple(names.get(name, namespace.get(name))):
                raise TraceError(f"has to wait with what it tells of {name}, which may change meanwhile")
        if shared := set_in(step.statements[start:]) & step.shared:
            raise TraceError(f"sets {min(shared)}, which a function reads that is not given it")
        self._leading = None
        leading, statements = step.leading(start), step.traced(start)
        if leading:
            self._leading = _leading(
                leading, [name for name in read_before_set(leading) if name in names], self.file, namespace
            )
            names = {**dict.fromkeys(set_in(leading)), **names}
        if missing := (_locals_of(frame.f_code) & read_in(statements)) - set_in(statements) - {*names}:
            raise TraceError(f"reads {min(missing)}, which is not set")
        needed = [name for name in sorted(read_before_set(statements)) if name in names]
        given = [name for name in needed if step.in_function or name in step.varying]
        for name in given:
            if len(flatten(names[name])[0]) > MOST_LEAVES:
                raise TraceError(f"reads {name}, which has more entries than are looked at in each step")
        statements, self._arguments = with_attributes(statements, given, names)
        parameters = [argument.parameter for argument in self._arguments]
        function = FunctionType(function_of(statements, parameters, step.results(start), self.file), namespace)
        self._program = _Watched(self._traced(watched(function)), self._say)

    def _traced(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function`` while it is traced: its results have to be what a program can give."""
        results = self.step.results(self._start)

        @wraps(function)
        def carried_out(*args: Any) -> Any:
            given = {id(x): f"{SAME}{place}" for place, x in enumerate(args)}
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
            self._give_up(error.reason, error.line)

    def _begin_anew(self) -> None:
        """Forget programs that serve no longer, if they have been worth it; else give up."""
        program = self._program
        assert program is not None
        if program.misses <= MOST_MISSES:
            return
        if self._served >= WORTH:
            self._program, self._served = None, 0
        elif self._served < program.misses:
            self._give_up(f"is another one each time{program.latest_cause}")

    def _say(self, text: str) -> None:
        line = self.step.statements[self._start].lineno
        said_once(f"{os.path.basename(self.file)}:{line}: this training step {text}")

    def _give_up(self, reason: str, line: Line | None = None) -> None:
        self._is_over, self._program = True, None
        first = " ".join(reason.split()).partition(". ")[0].rstrip(".")
        where = "it" if line is None else f"line {line.number}, `{line.text}`,"
        self._say(f"runs as it is written: {where} {first}")


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
        """What was new about the last call that was traced."""
        causes = [one.cause for one in self.specialisations[1:]]
        return f": {causes[-1]}" if causes else ", with other shapes or numbers"

    def copy_gradients(self) -> None:
        """Give each parameter a gradient of its own: that of the program is overwritten by the next step."""
        _, last = self._last
        for leaf, gradient in last._new_gradients if last is not None else ():
            if gradient is not None:
                leaf.grad = wrap(gradient.copy())


def _leading(
    statements: list[ast.stmt], parameters: list[str], file: str, namespace: dict[str, Any]
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """What carries out the statements that lead, for names, and gives the names that they set."""
    given = sorted(set_in(statements))
    function = FunctionType(function_of(statements, parameters, given, file), namespace)
    return lambda names: dict(zip(given, function(*[names[name] for name in parameters]), strict=True))


def _locals_of(code: CodeType) -> set[str]:
    return {*code.co_varnames, *code.co_cellvars, *code.co_freevars}


def _check(name: str, result: Tensor, needs_graph: bool) -> None:
    """Refuse a result that is used for more than its numbers."""
    if needs_graph and result.node is not None:
        raise TraceError(f"computes {name}, which is used afterwards in a way that may need its graph")
    base: Any = result
    while base.view_of:
        base = base.view_of[0]
    tracer: Any = mode.tracer
    if base is not result and base not in tracer.created:
        raise TraceError(f"looks with {name} into a tensor that is there before")


def _is_simple(value: Any) -> bool:
    """Whether ``value`` is a number, a text, or a container of such."""
    return all(isinstance(leaf, PLAIN) for leaf in flatten(value)[0])
