"""compile(): a function that is traced when it is called in a new way, and runs as a program from then on."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable
from copy import deepcopy
from threading import RLock
from types import SimpleNamespace
from typing import Any, ClassVar, overload

from glassnet.compilation.arguments import Args, key_of
from glassnet.compilation.specialisation import Specialisation
from glassnet.compilation.tiers import Choice, by_name
from glassnet.engines import asked_for, engine_class
from glassnet.engines.protocol import Given
from glassnet.errors import GlassnetWarning
from glassnet.nn.module import Module
from glassnet.observer import mode
from glassnet.program.names import identifier
from glassnet.program.program import Program
from glassnet.threads import is_left_locked, usable_after_fork

COMPARED = 16  # earlier specialisations, to say what is new about one: all of them would be ever more
PATIENCE = 3  # calls in a row that make state; an optimizer does it once


class Compiled:
    """A function that runs as a program. Call it as you would call the function.

    It is traced, while it runs for real, whenever it is called in a new way: other shapes or dtypes, other numbers,
    modules in another mode, other parameters. ``specialisations`` are what came of it, one for each way,
    ``explain_specialisations()`` says what caused each; ``program`` and ``source`` are those of the latest.

    What else the function has, a module its ``parameters()`` and ``eval()``, is found here too.

    >>> double = glassnet.compile(lambda x: x * 2)
    >>> type(double).__name__, double(glassnet.ones(2))
    ('Compiled', tensor([2., 2.]))
    """

    is_compiled: ClassVar[bool] = True

    # What is declared here is set on the compiled function itself, all else on a module that it is made of.
    function: Callable[..., Any]
    engine: str | Choice
    max_specialisations: int
    specialisations: list[Specialisation]
    _by_key: dict[tuple[Any, ...], list[Specialisation]]
    _last: tuple[Any, Any]  # the key and the specialisation of the last call; set at once, for Ctrl-C may come between
    _unfinished: int  # calls in a row that made state
    _has_warned: bool
    _lock: RLock  # the memory that a program works in is there once
    _name: str

    def __init__(
        self, function: Callable[..., Any], engine: str | Choice = "auto", max_specialisations: int = 8
    ) -> None:
        if isinstance(engine, str) or not callable(engine):
            engine_class(asked_for(engine))  # raises for one that there is not
        if not callable(function):
            raise TypeError(f"compile: expected a function or a module, got {type(function).__name__}")
        if isinstance(max_specialisations, bool) or not isinstance(max_specialisations, int) or max_specialisations < 1:
            raise ValueError(
                f"compile: expected max_specialisations as a whole number, 1 or more, got {max_specialisations!r:.80}"
            )
        self.function = function
        self.engine = engine
        self.max_specialisations = max_specialisations
        self._forget()
        self._unfinished = 0
        self._has_warned = False
        self._lock = RLock()
        self._name = _function_name(function)
        wrapper: Any = SimpleNamespace()
        functools.update_wrapper(wrapper, function, updated=())
        vars(self).update(vars(wrapper))
        usable_after_fork(self)

    def in_child(self) -> None:
        """In a process that was forked while another thread ran or traced this: begin anew."""
        if is_left_locked(self._lock):
            self._lock = RLock()
            self._forget()

    def _forget(self) -> None:
        self.specialisations, self._by_key, self._last = [], {}, (None, None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function would give; its program may compute it."""
        if mode.tracer is not None:  # called by a function that is being traced: part of that
            return self.function(*args, **kwargs)
        arrays: list[Any] = []
        key = key_of(args, kwargs, arrays)
        with self._lock:
            last_key, last = self._last
            if key == last_key and last.serves(arrays):  # nearly always
                return last.run(arrays)
            for specialisation in self._by_key.get(key, ()):
                if specialisation.serves(arrays):
                    self._last = key, specialisation
                    return specialisation.run(arrays)
            if self._may_specialise(key):
                return self._specialise(key, arrays, args, kwargs)
        return self._uncompiled(args, kwargs)

    def epoch(self, loader: Iterable[Any]) -> Any:
        """Call it for every batch of ``loader``, and give all it returned: of a training step, the losses.

        Where the engine can (``"native"``), and the batches are rows of arrays (a `TensorDataset`, pictures in memory,
        transforms of whole batches that draw no random numbers), there is no Python between most of the batches. The
        batches, their order and the results are those of ``for batch in loader: step(*batch)``, bit for bit. Ctrl-C is
        answered within a second, after a whole batch; an error leaves all as it was before its batch.

        Numbers become one tensor [batches]; tensors with dimensions are joined along the first of these. They have no
        gradient. Raises what the function and the loader raise.

        >>> model = nn.Linear(1, 1)
        >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
        >>> @glassnet.compile
        ... def step(x, y):
        ...     optimizer.zero_grad()
        ...     loss = F.mse_loss(model(x), y)
        ...     loss.backward()
        ...     optimizer.step()
        ...     return loss
        >>> x = glassnet.linspace(0, 1, 20).reshape(20, 1)
        >>> loader = data.DataLoader(data.TensorDataset(x, 3 * x), batch_size=4, shuffle=True)
        >>> step.epoch(loader).shape
        (5,)
        """
        from glassnet.compilation.epochs import epoch  # needs data, which functions without batches do without

        return epoch(self, loader)

    def map(self, *tensors: Any, batch_size: int) -> Any:
        """What it returns for all rows of ``tensors``, ``batch_size`` of them at a time, as `epoch` has it.

        Rows that are computed in batches of the same size have the same bits; otherwise they agree to rounding.
        Raises ShapeError for tensors of several lengths, ValueError for none and for no rows.

        >>> double = glassnet.compile(lambda x: 2 * x)
        >>> double.map(glassnet.arange(5.0), batch_size=2)
        tensor([0., 2., 4., 6., 8.])
        """
        from glassnet.compilation.epochs import epoch
        from glassnet.data import DataLoader, TensorDataset

        return epoch(self, DataLoader(TensorDataset(*tensors), batch_size))

    @property
    def _can_run_many(self) -> bool:
        """Whether many calls like the last one may be one."""
        last: Specialisation | None = self._last[1]
        return last is not None and last.can_run_many and mode.tracer is None

    def _run_many(self, args: Args, inputs: list[Given], times: int) -> tuple[int, Any] | None:
        """After a call with ``args``: call it ``times`` times in one with others like them.

        Gives how often it was called, and the results of all calls; None where the engine cannot do this. It stops
        before a call that would raise an error.
        """
        arrays: list[Any] = []
        key = key_of(args, {}, arrays)
        with self._lock:
            last_key, last = self._last
            if not self._can_run_many or key != last_key or not last.serves(arrays):
                return None
            found: tuple[int, Any] | None = last.run_many(inputs, times)
            return found

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        if not hasattr(instance, "__dict__"):
            raise TypeError(
                f"{self._name}: a compiled method is kept with its object, and {type(instance).__name__} has __slots__ "
                "and no place for it; compile a function that is given the object"
            )
        bound = Compiled(self.function.__get__(instance, owner), self.engine, self.max_specialisations)
        # one for each object, whichever thread is first, and found at once next time
        return vars(instance).setdefault(self.function.__name__, bound)

    def __getattr__(self, name: str) -> Any:
        if name == "function":  # not made yet
            raise AttributeError(name)
        return getattr(self.function, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """What is set on a compiled module is set on the module."""
        if name in Compiled.__annotations__ or not isinstance(self.function, Module):
            super().__setattr__(name, value)
        else:
            setattr(self.function, name, value)

    def __reduce__(self) -> Any:
        """A function by its name, as it is sent to another process, a module whole: compiled there when called."""
        if isinstance(self.function, Module):
            return Compiled, (self.function, self.engine, self.max_specialisations)
        return self.__qualname__

    def __deepcopy__(self, memo: dict[int, Any]) -> Compiled:
        return Compiled(deepcopy(self.function, memo), self.engine, self.max_specialisations)

    def __repr__(self) -> str:
        return f"<compiled {self._name}: {len(self.specialisations)} specialisations>"

    # what it has become --------------------------------------------------------------------------------

    @property
    def program(self) -> Program:
        """The program of the latest specialisation; ``program.after("simplify")`` shows a pass at work."""
        return self._latest.program

    @property
    def source(self) -> str:
        """The text that the latest specialisation runs."""
        return self._latest.source

    @property
    def _latest(self) -> Specialisation:
        if not self.specialisations:
            raise RuntimeError(
                f"{self._name} has not been traced yet: call it first (twice where an optimizer keeps state)"
            )
        return self.specialisations[-1]

    def explain_specialisations(self) -> str:
        """One line for each specialisation: what was new about the call that caused it."""
        return self._explained(len(self.specialisations)) or "not called yet"

    def _explained(self, most: int) -> str:
        """What caused the first of the specialisations, ``most`` of them, and how many more there are."""
        lines = [f"{i}: {one.cause}" for i, one in enumerate(self.specialisations[:most], 1)]
        more = len(self.specialisations) - most
        return "\n".join([*lines, f"and {more} more"] if more > 0 else lines)

    # specialising ----------------------------------------------------------------------------------------------

    def _uncompiled(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What is done where no specialisation serves, and there may be no more."""
        return self.function(*args, **kwargs)

    def _may_specialise(self, key: tuple[Any, ...]) -> bool:
        """Whether there may be one more specialisation, for a call with ``key``; warns, once, if not."""
        if len(self.specialisations) >= self.max_specialisations:
            self._warn(
                f"{self._name} was called in more than {self.max_specialisations} different ways and runs uncompiled "
                f"in new ones from now on:\n{self._explained(COMPARED)}\nPad batches to one size, pass numbers "
                "that change as tensors, or raise max_specialisations"
            )
            return False
        if self._unfinished >= PATIENCE:
            self._warn(
                f"{self._name} makes something new to remember at each call, such as an optimizer and its state, and "
                "runs uncompiled from now on; make it once, outside"
            )
            return False
        return True

    def _specialise(
        self, key: tuple[Any, ...], arrays: list[Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        choice = by_name(self.engine) if isinstance(self.engine, str) else self.engine
        specialisation = Specialisation(self.function, args, kwargs, self._name, choice)
        self._unfinished += 1
        if specialisation.complete:
            self._unfinished = 0
            specialisation.cause = self._cause(specialisation)
            self._by_key.setdefault(key, []).append(specialisation)
            self.specialisations.append(specialisation)
            self._last = key, specialisation
            return specialisation.run(arrays)
        return specialisation.result

    def _warn(self, message: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            warnings.warn(message, GlassnetWarning, stacklevel=4)

    def _cause(self, specialisation: Specialisation) -> str:
        """What is new about a specialisation, compared with the one of the latest that it is most like."""
        latest = self.specialisations[: -COMPARED - 1 : -1]
        news = [specialisation.guards.difference(earlier.guards) for earlier in latest]
        if not news:
            return "the first call"
        return "; ".join(sorted(news, key=len)[0]) or "it is called in another way"


def _function_name(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", None)
    if name is None:  # an object
        name = getattr(getattr(function, "func", None), "__name__", type(function).__name__.lower())
    return identifier(str(name)) if str(name).isidentifier() else "step"


@overload
def compile(function: Callable[..., Any], *, engine: str = ..., max_specialisations: int = ...) -> Compiled: ...
@overload
def compile(*, engine: str = ..., max_specialisations: int = ...) -> Callable[[Callable[..., Any]], Compiled]: ...
def compile(
    function: Callable[..., Any] | None = None, *, engine: str = "auto", max_specialisations: int = 8
) -> Compiled | Callable[[Callable[..., Any]], Compiled]:
    """Compile a training step, an inference function or a module; also as a decorator.

    At the first call the function runs for real and is traced; then everything is put back as it was,
    and the program runs, now and from then on, with the same results to rounding. ``engine``: a name of
    `glassnet.engines.ENGINES`, "numpy" for one that writes the program as NumPy source, "native" for C; "auto" begins
    on NumPy, and goes over to C where that is faster (see docs/engines.md). Beyond ``max_specialisations`` different
    kinds of call it warns, and runs new ones uncompiled. See docs/footguns.md for what cannot be compiled.

    Raises TraceError, with the line and what to write instead, for a function that cannot be traced.

    >>> double = glassnet.compile(lambda x: x * 2)
    >>> double(glassnet.ones(2))
    tensor([2., 2.])
    """
    if function is None:
        return lambda f: Compiled(f, engine, max_specialisations)
    return Compiled(function, engine, max_specialisations)
