"""Real data that ships inside the package, read as plain NumPy arrays."""

from .digits import load_digits

__all__ = ["load_digits"]
