"""torch.compiler: what is told to a compiler, and none listens."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from glassnet.pytorch.names.torch_level import compile

__all__ = [
    "allow_in_graph", "assume_constant_result", "compile", "cudagraph_mark_step_begin", "disable", "is_compiling",
    "is_dynamo_compiling", "is_exporting", "list_backends", "reset", "set_stance",
]  # fmt: skip


def _as_it_is(fn: Any = None, *_: Any, **__: Any) -> Any:
    """``fn`` as it is."""
    return (lambda function: function) if fn is None else fn


allow_in_graph = assume_constant_result = disable = _as_it_is


def is_compiling() -> bool:
    """False."""
    return False


is_dynamo_compiling = is_exporting = is_compiling


def reset() -> None:
    """Nothing to forget."""


cudagraph_mark_step_begin = reset


def list_backends(*_: Any) -> list[str]:
    """None."""
    return []


def set_stance(*_: Any, **__: Any) -> Any:
    """A context without effect."""
    return nullcontext()
