"""compile(): a function that is recorded when it is called in a new way, and run as a program after."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any, overload

import numpy as np

from glassnet.compilation.recording import Recording
from glassnet.graph import mode
from glassnet.nn.module import Module
from glassnet.ops.shapes import written
from glassnet.program.program import Program
from glassnet.program.structure import leaves
from glassnet.program.surroundings import Surroundings
from glassnet.tensor import Tensor

ENGINES = ("auto", "numpy")


class Compiled:
    """A function that runs as a program. Call it as you would call the function.

    It is recorded, while it runs for real, whenever it is called in a new way: other shapes or
    dtypes, other numbers, modules in another mode, other parameters. ``recordings`` are those
    recordings, ``explain_recordings()`` says what caused each; ``program`` and ``source`` are
    those of the latest.
    """

    def __init__(self, function: Callable[..., Any], engine: str = "auto", max_recordings: int = 8) -> None:
        if engine not in ENGINES:
            raise ValueError(f"compile: expected engine {' or '.join(map(repr, ENGINES))}, got {engine!r}")
        if not callable(function):
            raise TypeError(f"compile: expected a function or a module, got {type(function).__name__}")
        self.function = function
        self.max_recordings = max_recordings
        self.recordings: list[Recording] = []
        self._keys: list[tuple[Any, ...]] = []
        self._causes: list[str] = []
        self._by_key: dict[tuple[Any, ...], Recording] = {}
        self._last_key: tuple[Any, ...] = ()
        self._last: Recording
        self._names = _argument_names(function)
        self._name = _function_name(function)
        self._surroundings: Surroundings | None = None
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function would give; it may be computed by a recorded program."""
        if mode.recorder is not None:  # called by a function that is being recorded: part of that
            return self.function(*args, **kwargs)
        arrays: list[Any] = []
        key = self._key(args, kwargs, arrays)
        if key == self._last_key:  # nearly always; quicker than looking it up
            return self._last.run(arrays)
        recording = self._by_key.get(key)
        if recording is None:
            return self._record(args, kwargs)
        self._last_key, self._last = key, recording
        return recording.run(arrays)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        bound = Compiled(self.function.__get__(instance, owner), max_recordings=self.max_recordings)
        instance.__dict__[self.function.__name__] = bound  # one for each object, and found at once next time
        return bound

    # what was recorded --------------------------------------------------------------------------------

    @property
    def program(self) -> Program:
        """The program of the latest recording; ``program.after("share")`` shows a pass at work."""
        return self._latest.program

    @property
    def source(self) -> str:
        """The text that the latest recording runs."""
        return self._latest.source

    @property
    def _latest(self) -> Recording:
        if not self.recordings:
            raise RuntimeError(
                f"{self._name} has not been recorded yet: call it first (optimizers with a memory: twice)"
            )
        return self.recordings[-1]

    def explain_recordings(self) -> str:
        """One line for each recording: what was new about the call that caused it."""
        return "\n".join(f"{i}: {cause}" for i, cause in enumerate(self._causes, 1)) or "not called yet"

    # keys: what a recording depends on ------------------------------------------------------------------

    def _key(self, args: tuple[Any, ...], kwargs: dict[str, Any], arrays: list[Any]) -> tuple[Any, ...]:
        """What has to be equal for a recording to serve again; puts the call's arrays into ``arrays``."""
        key: list[Any] = []
        for x in args:
            if isinstance(x, Tensor):
                array = x.array
                arrays.append(array)
                key.append((array.shape, array.dtype, x._requires_grad))
            else:
                self._add_to_key(x, key, arrays)
        if kwargs:
            for name, x in sorted(kwargs.items()):
                key.append(name)
                self._add_to_key(x, key, arrays)
        if self._surroundings is None:
            self._surroundings = Surroundings(self.function)
        return (tuple(key), mode.grad, self._surroundings.signature())

    def _add_to_key(self, x: Any, key: list[Any], arrays: list[Any]) -> None:
        for place, leaf in leaves("", x):
            array = leaf.array if isinstance(leaf, Tensor) else leaf
            if isinstance(array, np.ndarray):
                arrays.append(array)
                key.append((place, array.shape, array.dtype, getattr(leaf, "requires_grad", False)))
            elif isinstance(leaf, Module):
                key.append((place, id(leaf)))
            else:
                key.append((place, type(leaf), leaf))

    def _record(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if len(self.recordings) >= self.max_recordings:
            if len(self.recordings) == self.max_recordings:
                warnings.warn(
                    f"{self._name} was called in more than {self.max_recordings} different ways and runs uncompiled in "
                    f"new ones from now on:\n{self.explain_recordings()}\nPad batches to one size, or pass numbers "
                    "that change as tensors",
                    stacklevel=3,
                )
                self.max_recordings = -1
            return self.function(*args, **kwargs)
        self._surroundings = Surroundings(self.function)
        recording = Recording(
            lambda: self.function(*args, **kwargs), self._inputs(args, kwargs), self._surroundings, self._name
        )
        if recording.complete:
            key = self._key(args, kwargs, [])
            self._causes.append(self._cause(key))
            self.recordings.append(recording)
            self._keys.append(key)
            self._by_key[key] = recording
        return recording.result

    def _inputs(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        inputs: dict[str, Any] = {}
        named = [(self._names[i] if i < len(self._names) else f"argument{i}", x) for i, x in enumerate(args)]
        for name, value in (*named, *sorted(kwargs.items())):
            for place, leaf in leaves(name, value):
                array = leaf.array if isinstance(leaf, Tensor) else leaf
                if isinstance(array, np.ndarray):
                    inputs[place] = array
        return inputs

    def _cause(self, key: tuple[Any, ...]) -> str:
        if not self._keys:
            return "the first call"
        before, grad, around = self._keys[-1]
        for i, part in enumerate(key[0]):
            if i >= len(before) or part != before[i]:
                name = self._names[i] if i < len(self._names) else f"argument {i}"
                return f"{name} is {_key_text(part)}, not {_key_text(before[i]) if i < len(before) else 'left out'}"
        if grad != key[1]:
            return f"gradients are {'followed' if key[1] else 'not followed'} now"
        assert self._surroundings is not None
        return self._surroundings.difference(around, key[2])


def _key_text(part: Any) -> str:
    if isinstance(part, tuple) and len(part) == 3 and isinstance(part[0], tuple):
        return f"{part[1]}{written(part[0])}"
    return repr(part[-1]) if isinstance(part, tuple) else repr(part)


def _argument_names(function: Callable[..., Any]) -> list[str]:
    called = function.forward if isinstance(function, Module) else function
    try:
        return list(inspect.signature(called).parameters)
    except (TypeError, ValueError):
        return []


def _function_name(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", type(function).__name__.lower())
    return name if name.isidentifier() else "step"


@overload
def compile(function: Callable[..., Any], *, engine: str = ..., max_recordings: int = ...) -> Compiled: ...
@overload
def compile(*, engine: str = ..., max_recordings: int = ...) -> Callable[[Callable[..., Any]], Compiled]: ...
def compile(
    function: Callable[..., Any] | None = None, *, engine: str = "auto", max_recordings: int = 8
) -> Compiled | Callable[[Callable[..., Any]], Compiled]:
    """Compile a training step, an inference function or a module; also as a decorator.

    The first call runs as it is and is recorded; from then on the recorded program runs, with the
    same results to rounding. ``engine``: "numpy" writes the program out as NumPy source,
    "auto" takes the fastest engine there is. Beyond ``max_recordings`` different kinds of call it
    warns, and runs new ones uncompiled. See docs/footguns.md for what cannot be compiled.
    """
    if function is None:
        return lambda f: Compiled(f, engine, max_recordings)
    return Compiled(function, engine, max_recordings)
