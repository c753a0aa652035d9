"""Random generators: one by default, seeded by `manual_seed`, or your own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

from glassnet.observer import mode
from glassnet.threads import computed_once, is_left_locked, usable_after_fork


class _Stream:
    """A seed, and NumPy's generator that was started from it. Threads that draw from one take turns."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        usable_after_fork(self)

    @computed_once
    def numpy(self) -> np.random.Generator:
        """Made when first drawn from: numpy.random costs a third of what `import glassnet` may take."""
        return np.random.Generator(self._seeded())

    def _seeded(self) -> np.random.PCG64:
        return np.random.PCG64(self.seed % 2**64)  # PyTorch takes negative seeds: counted from the far end

    def start(self, seed: int) -> None:
        """Start again."""
        self.seed = seed
        if "numpy" in vars(self):
            self._set(self._seeded().state)

    def state(self) -> dict[str, Any]:
        """Where it is, as plain data."""
        bits = self.numpy.bit_generator
        with bits.lock:  # another thread may be drawing, without the interpreter's lock
            return {**bits.state, "seed": self.seed}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._set({k: v for k, v in state.items() if k != "seed"})
        self.seed = state["seed"]

    def _set(self, state: Any) -> None:
        bits = self.numpy.bit_generator
        with bits.lock:
            bits.state = state

    def in_child(self) -> None:
        """Draw from a generator whose lock is free; another thread may have been drawing."""
        if "numpy" in vars(self) and is_left_locked(self.numpy.bit_generator.lock):
            fresh, state = np.random.PCG64(0), self.numpy.bit_generator.state
            self.numpy = np.random.Generator(fresh)
            self._set(state)


class Kept(NamedTuple):
    """What to do to a generator that is to be put back: to ``begin`` with, and to put it or leave it at the end."""

    begin: Callable[[], None]
    put_back: Callable[[], None]
    leave: Callable[[], None]


class Generator:
    """A source of random numbers with a state that can be set, saved and restored.

    The numbers are NumPy's PCG64 (M. O'Neill, 2014): the same for the same seed on every machine,
    but not those of PyTorch.

    >>> generator = glassnet.Generator(seed=0)
    >>> x = glassnet.rand(3, generator=generator)
    >>> x.equal(glassnet.rand(3, generator=glassnet.Generator(seed=0)))
    True
    """

    def __init__(self, seed: int | str | None = None, *, device: object = "cpu") -> None:
        for name in (seed, device):
            if isinstance(name, str) and name != "cpu":
                raise RuntimeError(f'Generator: expected device "cpu", the only one glassnet has, got {name!r:.80}')
        if mode.tracer is not None:
            mode.tracer.seeding()
        if seed is None or isinstance(seed, str):  # PyTorch's Generator("cpu")
            seed = _random_seed()
        self._stream = _Stream(_checked(seed))

    def _drawn_from(self) -> _Stream:
        return self._stream

    def _to_be_set(self) -> _Stream:
        return self._stream

    @property
    def numpy(self) -> np.random.Generator:
        """NumPy's generator, to draw from."""
        return self._drawn_from().numpy

    def manual_seed(self, seed: int) -> Generator:
        """Start again from ``seed``, any whole number; returns the generator itself."""
        if mode.tracer is not None:
            mode.tracer.seeding()
        seed = _checked(seed)
        self._to_be_set().start(seed)
        return self

    def initial_seed(self) -> int:
        """The seed that the generator was last started from."""
        return self._drawn_from().seed

    def seed(self) -> int:
        """Start again from an unpredictable seed; returns it."""
        return self.manual_seed(_random_seed()).initial_seed()

    def get_state(self) -> dict[str, Any]:
        """The state as plain data (JSON can hold it)."""
        return self._drawn_from().state()

    def set_state(self, state: dict[str, Any]) -> Generator:
        """Go on from a state that `get_state` gave; returns the generator itself.

        Raises ValueError (Misfit), which names the part, and changes nothing, for what is no such state.
        """
        from glassnet.files.schema import one_of, record, whole  # few scripts go on from a state

        of_bits = {"state": whole(0, 2**128 - 1), "inc": whole(0, 2**128 - 1)}
        whole_state = {"bit_generator": one_of("PCG64"), "state": record(of_bits), "has_uint32": whole(0, 1)}
        record({**whole_state, "uinteger": whole(0, 2**32 - 1), "seed": whole()}).check(state)
        if mode.tracer is not None:
            mode.tracer.seeding()
        self._to_be_set().set_state(state)
        return self

    def keep(self) -> Kept:
        """How to put it back to where it is now."""
        stream, state = self._stream, self._stream.state()
        return Kept(_nothing, lambda: stream.set_state(state), _nothing)

    # what operations draw, as from NumPy's: looked up at each draw, for it may be another in another thread

    def random(self, size: Any = None, dtype: Any = np.float64) -> Any:
        """Numbers from [0, 1), as NumPy's ``Generator.random`` gives them."""
        return self.numpy.random(size, dtype)

    def standard_normal(self, size: Any = None, dtype: Any = np.float64) -> Any:
        """Normal numbers, as NumPy's ``Generator.standard_normal`` gives them."""
        return self.numpy.standard_normal(size, dtype)

    def integers(self, low: Any, high: Any = None, size: Any = None, dtype: Any = np.int64) -> Any:
        """Whole numbers, as NumPy's ``Generator.integers`` gives them."""
        return self.numpy.integers(low, high, size, dtype)

    def permutation(self, n: Any) -> Any:
        """An order, as NumPy's ``Generator.permutation`` gives it."""
        return self.numpy.permutation(n)

    def standard_gamma(self, shape: Any) -> Any:
        """Gamma numbers, as NumPy's ``Generator.standard_gamma`` gives them."""
        return self.numpy.standard_gamma(shape)

    def poisson(self, lam: Any) -> Any:
        """Poisson numbers, as NumPy's ``Generator.poisson`` gives them."""
        return self.numpy.poisson(lam)

    def binomial(self, n: Any, p: Any) -> Any:
        """Binomial numbers, as NumPy's ``Generator.binomial`` gives them."""
        return self.numpy.binomial(n, p)

    def vonmises(self, mu: Any, kappa: Any) -> Any:
        """Angles, as NumPy's ``Generator.vonmises`` gives them."""
        return self.numpy.vonmises(mu, kappa)

    def __reduce__(self) -> Any:
        return _at, (self.get_state(),)

    def __repr__(self) -> str:
        return f"Generator(seed={self.initial_seed()})"


class _Default(Generator):
    """The generator of all threads, but for a thread that has seeded it: that one has its own from then on.

    So a training that begins with `manual_seed` draws the same numbers in a thread as alone, whatever others do. The
    main thread seeds for all. What is "a thread" here is a context of `contextvars`: each call of `asyncio.to_thread`
    has one.
    """

    def _drawn_from(self) -> _Stream:
        return _own.get() or self._stream

    @property
    def numpy(self) -> np.random.Generator:
        """NumPy's generator, to draw from."""
        return (_own.get() or self._stream).numpy  # as above, without the call: each draw comes here

    def _to_be_set(self) -> _Stream:
        if _own.get() is None and threading.get_ident() != threading.main_thread().ident:
            _own.set(_Stream(0))
        return self._drawn_from()

    def keep(self) -> Kept:
        """How to draw from a copy meanwhile: other threads go on, and nothing of theirs is put back."""
        before, stream = _own.get(), self._drawn_from()
        copy, state = _Stream(0), stream.state()
        copy.set_state(state)

        def begin() -> None:
            _own.set(copy)

        def put_back() -> None:
            _own.set(before)

        def leave() -> None:
            _own.set(before)
            if (now := copy.state()) != state:
                stream.set_state(now)

        return Kept(begin, put_back, leave)


_own: ContextVar[_Stream | None] = ContextVar("own default generator", default=None)


def _nothing() -> None:
    pass


def _checked(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise TypeError(f"manual_seed: expected a whole number, got {type(seed).__name__}: {seed!r:.80}")
    return int(seed)


def _at(state: dict[str, Any]) -> Generator:
    """A generator in that state."""
    generator = Generator(0)
    generator._stream.set_state(state)
    return generator


def _random_seed() -> int:
    """A seed from the operating system's randomness."""
    return int.from_bytes(os.urandom(8)) >> 1


default_generator: Generator = _Default()


def manual_seed(seed: int) -> Generator:
    """Seed the default generator, from which everything random is drawn that has no generator of its own.

    The main thread seeds for all threads that have not called this themselves; one that has draws from a generator of
    its own from then on, so that what it trains does not depend on what others do meanwhile. (PyTorch has one for all.)

    >>> generator = glassnet.manual_seed(0)
    >>> x = glassnet.rand(3)
    >>> generator = glassnet.manual_seed(0)
    >>> x.equal(glassnet.rand(3))
    True
    """
    return default_generator.manual_seed(seed)


def initial_seed() -> int:
    """The seed of the default generator.

    >>> generator = glassnet.manual_seed(7)
    >>> glassnet.initial_seed()
    7
    """
    return default_generator.initial_seed()


def seed() -> int:
    """Seed the default generator from the system's randomness; returns the seed.

    >>> glassnet.seed() == glassnet.initial_seed()
    True
    """
    return default_generator.seed()


def get_rng_state() -> dict[str, Any]:
    """The state of the default generator.

    >>> state = glassnet.get_rng_state()
    >>> x = glassnet.rand(3)
    >>> glassnet.set_rng_state(state)
    >>> x.equal(glassnet.rand(3))
    True
    """
    return default_generator.get_state()


def set_rng_state(state: dict[str, Any]) -> None:
    """Set the state of the default generator.

    >>> state = glassnet.get_rng_state()
    >>> x = glassnet.rand(3)
    >>> glassnet.set_rng_state(state)
    >>> x.equal(glassnet.rand(3))
    True
    """
    default_generator.set_state(state)


def chosen(generator: Generator | None) -> Generator:
    """``generator``, or the default one."""
    return default_generator if generator is None else generator
