"""Autograd: gradients, turning them on and off, and gradient checks."""

from __future__ import annotations

from glassnet.autograd.gradcheck import GradientMismatch, gradcheck, gradgradcheck
from glassnet.autograd.modes import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from glassnet.tensor import backward
from glassnet.tensor import gradients as grad
from glassnet.tensor.graph import Node

__all__ = [
    "GradientMismatch",
    "Node",
    "backward",
    "enable_grad",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "set_grad_enabled",
]
