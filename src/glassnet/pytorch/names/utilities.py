"""torch.utils: recomputing instead of keeping, and weights of old networks."""

from __future__ import annotations

from typing import Any

__all__ = ["checkpoint", "checkpoint_sequential", "load_url"]


def checkpoint(function: Any, *args: Any, use_reentrant: Any = None, **named: Any) -> Any:
    """What ``function`` gives. PyTorch would compute it a second time to save memory; here it is kept.

    >>> from glassnet.pytorch.names.utilities import checkpoint
    >>> checkpoint(glassnet.exp, glassnet.zeros(2))
    tensor([1., 1.])
    """
    for name in ("preserve_rng_state", "context_fn", "determinism_check", "debug", "early_stop"):
        named.pop(name, None)
    return function(*args, **named)


def checkpoint_sequential(functions: Any, segments: int, input: Any, **named: Any) -> Any:
    """What the functions give, one after another."""
    for function in functions:
        input = function(input)
    return input


def load_url(url: str, *args: Any, **named: Any) -> Any:
    """Raise RuntimeError: weights are not downloaded."""
    raise RuntimeError(
        f"glassnet downloads no weights ({url:.80}); fetch the file yourself, then "
        "model.load_state_dict(torch.load(path))"
    )
