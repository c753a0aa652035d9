"""torch.random: the state of the generator, and a context that gives it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from glassnet.random import get_rng_state, set_rng_state

__all__ = ["fork_rng"]


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, *_: Any, **__: Any) -> Iterator[None]:
    """Within, numbers are drawn as anywhere; afterwards the generator is where it was before.

    >>> from glassnet.pytorch.names.random_states import fork_rng
    >>> with fork_rng():
    ...     x = glassnet.rand(1)
    >>> bool(x == glassnet.rand(1))
    True
    """
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)
