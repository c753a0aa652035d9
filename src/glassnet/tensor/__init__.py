"""`Tensor`, and `apply`, by which every operation is dispatched."""

from __future__ import annotations

from glassnet.tensor.backward import RemovableHandle, backward, gradients
from glassnet.tensor.device import accelerator, backends, cuda, device
from glassnet.tensor.dispatch import called, write
from glassnet.tensor.from_data import as_array
from glassnet.tensor.joining import where
from glassnet.tensor.tensor import Tensor, apply, made_of, wrap

__all__ = [
    "RemovableHandle",
    "Tensor",
    "accelerator",
    "apply",
    "as_array",
    "backends",
    "backward",
    "called",
    "cuda",
    "device",
    "gradients",
    "made_of",
    "where",
    "wrap",
    "write",
]
