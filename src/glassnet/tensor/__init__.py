"""Tensor, and apply(): the one door through which every operation passes."""

from __future__ import annotations

from glassnet.tensor.backward import RemovableHandle, backward, gradients
from glassnet.tensor.device import cuda, device
from glassnet.tensor.door import apply, wrap, write
from glassnet.tensor.functions import where
from glassnet.tensor.tensor import Tensor, as_array

__all__ = [
    "RemovableHandle",
    "Tensor",
    "apply",
    "as_array",
    "backward",
    "cuda",
    "device",
    "gradients",
    "where",
    "wrap",
    "write",
]
