"""torch.nn.init's older names, which PyTorch keeps with a warning, and what layers use of its insides."""

from __future__ import annotations

import warnings
from functools import wraps
from typing import Any

from glassnet.nn import init
from glassnet.tensor import Tensor

_NAMES = (
    "constant dirac eye kaiming_normal kaiming_uniform normal orthogonal sparse uniform xavier_normal xavier_uniform"
)


def _older(name: str) -> Any:
    new = getattr(init, f"{name}_")

    @wraps(new)
    def called(*args: Any, **named: Any) -> Any:
        warnings.warn(f"nn.init.{name} is now nn.init.{name}_", FutureWarning, stacklevel=2)
        return new(*args, **named)

    return called


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    """The number of inputs of each output, or that of outputs of each input, with mode="fan_out"."""
    fans = dict(zip(("fan_in", "fan_out"), init._calculate_fan_in_and_fan_out(tensor), strict=True))
    if mode.lower() not in fans:
        raise ValueError(f"expected the mode fan_in or fan_out, got {mode!r:.40}")
    return fans[mode.lower()]


_calculate_fan_in_and_fan_out = init._calculate_fan_in_and_fan_out
_made = {name: _older(name) for name in _NAMES.split()}
globals().update(_made)

__all__ = ["_calculate_correct_fan", "_calculate_fan_in_and_fan_out", *_made]
