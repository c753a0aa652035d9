"""torch.nn.init's names without an underscore, which PyTorch keeps with a warning."""

from __future__ import annotations

import warnings
from functools import wraps
from typing import Any

from glassnet.nn import init

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


_made = {name: _older(name) for name in _NAMES.split()}
globals().update(_made)

__all__ = [*_made]
