"""torch.profiler: marks without effect; Python's cProfile says what takes time."""

from __future__ import annotations

from contextlib import ContextDecorator
from enum import Enum
from typing import Any

from glassnet.pytorch.names.refusing import refusing

__all__ = [
    "ProfilerAction", "ProfilerActivity", "kineto_available", "profile", "record_function", "schedule",
    "supported_activities", "tensorboard_trace_handler",
]  # fmt: skip

_WHY = "use Python's cProfile: there is no other process or device to look into"
profile, schedule, tensorboard_trace_handler = (
    refusing(f"torch.profiler.{name}", _WHY) for name in ("profile", "schedule", "tensorboard_trace_handler")
)


class ProfilerActivity(Enum):
    """What could be looked into."""

    CPU = 0
    CUDA = 2


class ProfilerAction(Enum):
    """What a step of a schedule could do."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


class record_function(ContextDecorator):
    """A context, or a decorator, without effect."""

    def __init__(self, name: str, args: Any = None) -> None:
        self.name = name

    def __enter__(self) -> record_function:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def kineto_available() -> bool:
    """False."""
    return False


def supported_activities() -> set[Any]:
    """None."""
    return set()
