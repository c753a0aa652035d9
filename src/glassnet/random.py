"""Random generators: one by default, seeded by `manual_seed`, or your own."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from glassnet.observer import mode


class Generator:
    """A source of random numbers with a state that can be set, saved and restored.

    The numbers are NumPy's PCG64 (M. O'Neill, 2014): the same for the same seed on every machine,
    but not those of PyTorch.

    >>> generator = glassnet.Generator(seed=0)
    >>> x = glassnet.rand(3, generator=generator)
    >>> x.equal(glassnet.rand(3, generator=glassnet.Generator(seed=0)))
    True
    """

    numpy: np.random.Generator
    _seed: int

    def __init__(self, seed: int | str | None = None, *, device: object = "cpu") -> None:
        for name in (seed, device):
            if isinstance(name, str) and name != "cpu":
                raise RuntimeError(f'Generator: expected device "cpu", the only one glassnet has, got {name!r}')
        if seed is None or isinstance(seed, str):  # PyTorch's Generator("cpu")
            seed = _random_seed()
        self.manual_seed(seed)

    def manual_seed(self, seed: int) -> Generator:
        """Start again from ``seed``, any whole number; returns the generator itself."""
        if mode.tracer is not None:
            mode.tracer.seeding()
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
            raise TypeError(f"manual_seed: expected a whole number, got {type(seed).__name__}: {seed!r}")
        self._seed = int(seed)
        if "numpy" in vars(self):
            self.numpy.bit_generator.state = self._seeded().state
        return self

    def __getattr__(self, name: str) -> Any:
        # NumPy's generator is made when first drawn from: numpy.random costs a third of what `import glassnet` may take
        if name != "numpy":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
        return vars(self).setdefault("numpy", np.random.Generator(self._seeded()))  # one, whichever thread is first

    def _seeded(self) -> np.random.PCG64:
        return np.random.PCG64(self._seed % 2**64)  # PyTorch takes negative seeds: counted from the far end

    def initial_seed(self) -> int:
        """The seed that the generator was last started from."""
        return self._seed

    def seed(self) -> int:
        """Start again from an unpredictable seed; returns it."""
        return self.manual_seed(_random_seed()).initial_seed()

    def get_state(self) -> dict[str, Any]:
        """The state as plain data (JSON can hold it)."""
        state: dict[str, Any] = {**self.numpy.bit_generator.state, "seed": self._seed}
        return state

    def set_state(self, state: dict[str, Any]) -> Generator:
        """Go on from a state that `get_state` gave; returns the generator itself."""
        if mode.tracer is not None:
            mode.tracer.seeding()
        self._seed = state["seed"]
        self.numpy.bit_generator.state = {k: v for k, v in state.items() if k != "seed"}
        return self

    def __repr__(self) -> str:
        return f"Generator(seed={self._seed})"


def _random_seed() -> int:
    """A seed from the operating system's randomness."""
    return int.from_bytes(os.urandom(8)) >> 1


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Seed the default generator, from which everything random is drawn that has no generator of its own.

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


def chosen(generator: Generator | None) -> np.random.Generator:
    """The NumPy generator behind ``generator``, or behind the default one."""
    return (default_generator if generator is None else generator).numpy
