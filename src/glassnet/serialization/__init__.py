"""Model files: tensors, checkpoints, and networks with a description that is enough to rebuild them; no pickle.

A file is in the safetensors format or in PyTorch's (`pt`); other programs can read it, and none of it is ever run.
"""

from __future__ import annotations

from glassnet.serialization.described import DescriptionError
from glassnet.serialization.errors import ModelFileError
from glassnet.serialization.file_forms import load, save
from glassnet.serialization.model import SavedModel, load_model, packed_model, read_model, save_model
from glassnet.serialization.network import build, describe
from glassnet.serialization.tensors import load_metadata, packed

__all__ = [
    "DescriptionError",
    "ModelFileError",
    "SavedModel",
    "build",
    "describe",
    "load",
    "load_metadata",
    "load_model",
    "packed",
    "packed_model",
    "read_model",
    "save",
    "save_model",
]
