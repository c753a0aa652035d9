"""The CPU as a device: torch.cpu."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

__all__ = [
    "Event", "Stream", "StreamContext", "current_device", "current_stream", "device_count", "get_capabilities",
    "is_available", "is_initialized", "set_device", "stream", "synchronize",
]  # fmt: skip


def is_available() -> bool:
    """True."""
    return True


def device_count() -> int:
    """1."""
    return 1


def current_device() -> str:
    """Its name."""
    return "cpu"


def synchronize(device: Any = None) -> None:
    """Nothing to wait for."""


is_initialized = is_available
StreamContext = nullcontext


class Stream:
    """What is computed one after another: everything is."""

    def __init__(self, priority: int = -1) -> None:
        pass

    def wait_stream(self, stream: Any) -> None:
        """Nothing to wait for."""


class Event:
    """A moment, which is always past."""

    def query(self) -> bool:
        """True."""
        return True

    def record(self, stream: Any = None) -> None:
        """Nothing to note."""

    def synchronize(self) -> None:
        """Nothing to wait for."""

    def wait(self, stream: Any = None) -> None:
        """Nothing to wait for."""


def current_stream(device: Any = None) -> Stream:
    """The only one."""
    return Stream()


def stream(stream: Any) -> nullcontext[None]:
    """A context without effect."""
    return nullcontext()


def set_device(device: Any) -> None:
    """Nothing to choose."""


def get_capabilities() -> dict[str, Any]:
    """Nothing is known of the machine's commands."""
    return {}
