"""Export: networks as files that need no glassnet. `numpy_file` writes one that needs NumPy alone."""

from __future__ import annotations

from glassnet.export.inference import ExportError
from glassnet.export.numpy_file import numpy_file

__all__ = ["ExportError", "numpy_file"]
