"""Data that ships inside the package or is made by it, as plain NumPy arrays."""

from .colors import FONTS, contrast, font_for, luminance, make_colors
from .digits import load_digits
from .toys import TOYS, make_blobs, make_circles, make_moons, make_spirals, make_xor

__all__ = [
    "FONTS",
    "TOYS",
    "contrast",
    "font_for",
    "load_digits",
    "luminance",
    "make_blobs",
    "make_circles",
    "make_colors",
    "make_moons",
    "make_spirals",
    "make_xor",
]
