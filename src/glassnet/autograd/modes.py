"""Grad modes: whether autograd follows operations, in this thread, within a block or from here on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from glassnet.observer import mode

F = TypeVar("F", bound=Callable[..., Any])


def is_grad_enabled() -> bool:
    """Whether operations are being followed, so that gradients can be computed.

    >>> with glassnet.no_grad():
    ...     glassnet.is_grad_enabled()
    False
    """
    return mode.grad


class _GradMode:
    """A context, and a decorator of functions, in which operations are or are not followed."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if args and callable(args[0]):
            return cls()(args[0])  # type: ignore[call-arg]  # @no_grad is @no_grad()
        return super().__new__(cls)

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(mode.grad)
        mode.grad = self._enabled

    def __exit__(self, *_: object) -> None:
        mode.grad = self._before.pop()

    def __call__(self, function: F) -> F:
        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self._another():
                return function(*args, **kwargs)

        return cast(F, wrapper)

    def _another(self) -> _GradMode:
        """One of its own for each call: calls may be one within another, or in several threads."""
        return _GradMode(self._enabled)


class no_grad(_GradMode):
    """``with no_grad():`` or ``@no_grad``: operations are not followed; no memory, no gradients.

    >>> x = glassnet.ones(2, requires_grad=True)
    >>> with glassnet.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(_GradMode):
    """``with enable_grad():`` or ``@enable_grad``: followed again, inside `no_grad`.

    >>> with glassnet.no_grad(), glassnet.enable_grad():
    ...     glassnet.is_grad_enabled()
    True
    """

    def __init__(self) -> None:
        super().__init__(True)


class inference_mode(_GradMode):
    """`no_grad` under the name that PyTorch gives to its faster form; here `no_grad` is that form.

    Tensors that are made within are like all others, and may be used in training afterwards.

    >>> with glassnet.inference_mode():
    ...     glassnet.is_grad_enabled()
    False
    """

    def __init__(self, mode: bool = True) -> None:
        super().__init__(not mode)
        self._inference_before: list[bool] = []

    def __enter__(self) -> None:
        super().__enter__()
        self._inference_before.append(mode.inference)
        mode.inference = not self._enabled

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        mode.inference = self._inference_before.pop()

    def _another(self) -> _GradMode:
        return inference_mode(not self._enabled)


def _set(enabled: bool) -> None:
    mode.grad = enabled


class set_grad_enabled(_GradMode):
    """Follow operations or not, from here on; as a context, until it ends.

    >>> with glassnet.set_grad_enabled(False):
    ...     glassnet.is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(mode)
        self._was_enabled = is_grad_enabled()
        _set(mode)

    def __enter__(self) -> None:
        mode.grad = self._enabled

    def __exit__(self, *_: object) -> None:
        mode.grad = self._was_enabled

    def __call__(self, function: F) -> F:
        """A function inside which the mode is set; outside, it is at once as it was."""
        self.__exit__()
        return super().__call__(function)
