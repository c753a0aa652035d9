"""Mixed precision, which the CPU here computes without: torch.autocast and the scaler of gradients do nothing."""

from __future__ import annotations

from contextlib import ContextDecorator
from typing import Any

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]


class autocast(ContextDecorator):
    """Within, everything is computed in the dtype it has."""

    def __init__(self, *args: Any, **named: Any) -> None:
        pass

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class GradScaler:
    """PyTorch's loop for half precision, with a scale of 1: scale(loss).backward(), step(optimizer), update()."""

    def __init__(self, *args: Any, **named: Any) -> None:
        pass

    def scale(self, outputs: Any) -> Any:
        """``outputs`` as they are."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Nothing to undo."""

    def step(self, optimizer: Any, *args: Any, **named: Any) -> Any:
        """A step of the optimizer."""
        return optimizer.step(*args, **named)

    def update(self, new_scale: Any = None) -> None:
        """Nothing to change."""

    def get_scale(self) -> float:
        """1."""
        return 1.0

    def is_enabled(self) -> bool:
        """False: nothing is scaled."""
        return False

    def state_dict(self) -> dict[str, Any]:
        """Nothing to keep."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Nothing to set."""


def custom_fwd(fwd: Any = None, **named: Any) -> Any:
    """``fwd`` as it is."""
    return (lambda function: function) if fwd is None else fwd


def custom_bwd(bwd: Any = None, **named: Any) -> Any:
    """``bwd`` as it is."""
    return (lambda function: function) if bwd is None else bwd


def is_autocast_available(device_type: str) -> bool:
    """Whether it can be used, as on the CPU, where it does nothing."""
    return device_type == "cpu"
