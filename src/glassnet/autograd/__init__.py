"""Autograd: gradients, turning them on and off, and gradient checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.autograd.gradcheck import GradientMismatch, gradcheck, gradgradcheck
from glassnet.autograd.modes import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from glassnet.tensor import backward
from glassnet.tensor import gradients as grad
from glassnet.tensor.graph import Node
from glassnet.threads import loaded as _loaded

if TYPE_CHECKING:
    from glassnet.autograd.anomaly import detect_anomaly, set_detect_anomaly
    from glassnet.autograd.function import Function, FunctionCtx

__all__ = [
    "Function",
    "FunctionCtx",
    "GradientMismatch",
    "Node",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]

# Loaded when first used.
_LATER = {
    "Function": "function",
    "FunctionCtx": "function",
    "detect_anomaly": "anomaly",
    "set_detect_anomaly": "anomaly",
}


def __getattr__(name: str) -> Any:
    if name == "functional":
        return _loaded("glassnet.autograd.derivatives")
    if name not in _LATER:
        raise AttributeError(f"module 'glassnet.autograd' has no attribute {name!r:.80}", name=name)
    return getattr(_loaded(f"glassnet.autograd.{_LATER[name]}"), name)
