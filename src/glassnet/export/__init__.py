"""Export: networks as files that need no glassnet. `numpy_file` writes one that needs NumPy, `c_file` C99."""

from __future__ import annotations

from glassnet.export.c import Training, c_file
from glassnet.export.inference import ExportError
from glassnet.export.numpy_file import numpy_file

__all__ = ["ExportError", "Training", "c_file", "numpy_file"]
