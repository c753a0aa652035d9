"""torch.utils: recomputing instead of keeping, and weights of old networks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from glassnet.autograd import enable_grad
from glassnet.observer import mode
from glassnet.pytorch.names.graph_hooks import saved_tensors_hooks
from glassnet.random import get_rng_state, set_rng_state
from glassnet.tensor import Tensor

__all__ = [
    "CheckpointError", "checkpoint", "checkpoint_sequential", "detach_variable", "load_url", "noop_context_fn",
    "set_checkpoint_debug_enabled", "set_checkpoint_early_stop",
]  # fmt: skip


class CheckpointError(RuntimeError):
    """Computing a second time has kept something else than the first time."""


def checkpoint(
    function: Any, *args: Any, use_reentrant: Any = None, preserve_rng_state: bool = True, **named: Any
) -> Any:
    """What ``function`` gives; of what backward needs nothing is kept: it is computed a second time then.

    Random numbers are the same the second time, if ``preserve_rng_state``. Raises CheckpointError in backward where
    the function does something else then.

    >>> from glassnet.pytorch.names.utilities import checkpoint
    >>> x = glassnet.ones(2, requires_grad=True)
    >>> checkpoint(lambda x: print("computed") or x.exp(), x).sum().backward()
    computed
    computed
    """
    for name in ("context_fn", "determinism_check", "debug", "early_stop"):
        named.pop(name, None)
    if not mode.grad or mode.tracer is not None:
        return function(*args, **named)
    again = _Again(lambda: function(*args, **named), get_rng_state() if preserve_rng_state else None)
    with saved_tensors_hooks(again.number, again.value):
        return function(*args, **named)


class _Again:
    """What a function keeps, by a number for each; computed when the first is asked for."""

    def __init__(self, call: Callable[[], Any], random_state: Any) -> None:
        self._call, self._random_state = call, random_state
        self._kept = 0
        self._values: dict[int, Tensor] = {}

    def number(self, value: Tensor) -> int:
        """The number of one more value."""
        self._kept += 1
        return self._kept - 1

    def value(self, number: int) -> Tensor:
        """The value of this number, which is let go then."""
        if number not in self._values:
            self._compute()
        return self._values.pop(number)

    def _compute(self) -> None:
        found: list[Tensor] = []
        state = get_rng_state()
        if self._random_state is not None:
            set_rng_state(self._random_state)
        with enable_grad(), saved_tensors_hooks(found.append, lambda packed: packed):
            self._call()
        set_rng_state(state)
        if len(found) != self._kept:
            raise CheckpointError(
                f"checkpoint: the function kept {self._kept} tensors for backward at first, and {len(found)} when it "
                "was called again; it must do the same both times"
            )
        self._values = dict(enumerate(found))


def checkpoint_sequential(functions: Any, segments: int, input: Any, **named: Any) -> Any:
    """What the functions give, one after another: in ``segments`` parts, of which all but the last are `checkpoint`."""
    every = list(functions)
    size = len(every) // segments
    for part in range(segments - 1):
        input = checkpoint(_one_after_another(every[part * size : (part + 1) * size]), input, **named)
    return _one_after_another(every[(segments - 1) * size :])(input)


def _one_after_another(functions: list[Any]) -> Callable[[Any], Any]:
    def called(x: Any) -> Any:
        for function in functions:
            x = function(x)
        return x

    return called


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
