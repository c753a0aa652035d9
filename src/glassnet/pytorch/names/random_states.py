"""torch.random: the state of the generator, as bytes in a tensor, and a context that gives it back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from glassnet import random
from glassnet.files import parsed_json
from glassnet.ops.dtypes import uint8
from glassnet.tensor import Tensor, wrap

__all__ = ["fork_rng", "get_rng_state", "set_rng_state"]


def get_rng_state() -> Tensor:
    """The state of the default generator, as bytes.

    >>> from glassnet.pytorch.names.random_states import get_rng_state, set_rng_state
    >>> state = get_rng_state()
    >>> x = glassnet.rand(3)
    >>> set_rng_state(state)
    >>> state.dtype, x.equal(glassnet.rand(3))
    (dtype('uint8'), True)
    """
    return wrap(np.frombuffer(json.dumps(random.get_rng_state()).encode(), uint8).copy())


def set_rng_state(new_state: Tensor) -> None:
    """Go on from a state that `get_rng_state` gave. Raises TypeError and RuntimeError for what is none."""
    if not isinstance(new_state, Tensor) or new_state.dtype != uint8:
        raise TypeError(f"set_rng_state: expected the bytes of get_rng_state(), got {type(new_state).__name__}")
    try:
        state = parsed_json(new_state.numpy().tobytes())
    except ValueError:
        raise RuntimeError(
            "set_rng_state: these bytes are no state of glassnet's generator; PyTorch draws other numbers, and its "
            "states mean nothing here: begin with manual_seed()"
        ) from None
    random.set_rng_state(state)


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, *_: Any, **__: Any) -> Iterator[None]:
    """Within, numbers are drawn as anywhere; afterwards the generator is where it was before.

    >>> from glassnet.pytorch.names.random_states import fork_rng
    >>> with fork_rng():
    ...     x = glassnet.rand(1)
    >>> bool(x == glassnet.rand(1))
    True
    """
    state = random.get_rng_state()
    try:
        yield
    finally:
        if enabled:
            random.set_rng_state(state)
