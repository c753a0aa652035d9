"""torch.utils: recomputing instead of keeping, and weights of old networks."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from glassnet.tensor import Tensor

__all__ = [
    "CheckpointError", "checkpoint", "checkpoint_sequential", "detach_variable", "load_url", "noop_context_fn",
    "set_checkpoint_debug_enabled", "set_checkpoint_early_stop",
]  # fmt: skip


class CheckpointError(RuntimeError):
    """Computing a second time has given something else: it is not done here."""


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


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs without their history, which require a gradient where they did."""
    return tuple(x.detach().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x for x in inputs)


def noop_context_fn() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """Two contexts without effect."""
    return nullcontext(), nullcontext()


def set_checkpoint_debug_enabled(enabled: bool | None) -> AbstractContextManager[None]:
    """A context without effect."""
    return nullcontext()


def set_checkpoint_early_stop(enable: bool) -> AbstractContextManager[None]:
    """A context without effect."""
    return nullcontext()
