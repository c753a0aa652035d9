"""The error for a file of a model that cannot be read."""

from __future__ import annotations

from glassnet.files import FileError


class ModelFileError(FileError):
    """A file that `load` or `load_model` cannot read: of another kind, truncated or edited.

    >>> from pathlib import Path
    >>> _ = Path("model.safetensors").write_bytes(b"hello, world")
    >>> glassnet.load("model.safetensors")
    Traceback (most recent call last):
    glassnet.serialization.errors.ModelFileError: model.safetensors: not a safetensors file ...
    """
