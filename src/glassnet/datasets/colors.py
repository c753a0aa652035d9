"""Colours, and whether a light or a dark font reads better on them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["FONTS", "contrast", "font_for", "luminance", "make_colors"]

FONTS = ("light", "dark")  # what class 0 and class 1 mean


def luminance(colors: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The relative luminance of colours [..., 3] of red, green and blue from 0 to 255: 0 for black, 1 for white.

    W3C, Web Content Accessibility Guidelines 2.1, definition of relative luminance: sRGB made linear, then
    0.2126 R + 0.7152 G + 0.0722 B.

    >>> datasets.luminance([[0, 0, 0], [255, 255, 255]])
    array([0., 1.])
    """
    share = np.asarray(colors, np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ [0.2126, 0.7152, 0.0722])


def contrast(a: npt.ArrayLike, b: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The contrast ratio of two luminances, from 1 (none) to 21 (black on white); WCAG 2.1: (L₁ + 0.05)/(L₂ + 0.05).

    >>> float(datasets.contrast(0.0, 1.0))
    21.0
    """
    lighter, darker = np.maximum(a, b), np.minimum(a, b)
    return np.asarray((lighter + 0.05) / (darker + 0.05))


def font_for(colors: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Which font has the greater contrast with background colours [..., 3]: 1 where black has, 0 where white has.

    >>> datasets.font_for([[0, 0, 0], [255, 255, 255]])
    array([0, 1])
    """
    background = luminance(colors)
    return np.asarray(contrast(background, 0.0) > contrast(background, 1.0)).astype(np.int64)


def make_colors(n: int = 1345, seed: int = 0) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """``n`` random colours, [n, 3] from 0 to 255, and for each the font that reads better: 0 light, 1 dark, [n].

    >>> colors, fonts = datasets.make_colors(100)
    >>> colors.shape, fonts.shape
    ((100, 3), (100,))
    """
    if isinstance(n, bool) or n < 1:
        raise ValueError(f"make_colors: expected 1 colour or more, got n={n!r:.80}")
    colors = np.random.default_rng(seed).integers(0, 256, (n, 3)).astype(np.uint8)
    return colors, font_for(colors)
