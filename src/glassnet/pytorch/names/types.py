"""torch.types: names for annotations."""

from __future__ import annotations

import os
from typing import IO

from glassnet.tensor import device
from glassnet.tensor.functions.memory import Storage

__all__ = ["Device", "FileLike", "Number", "Storage"]

Device = device | str | int | None
Number = int | float | bool
FileLike = str | os.PathLike[str] | IO[bytes]
