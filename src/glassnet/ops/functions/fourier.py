"""The discrete Fourier transform, over one or several dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.ops.functions.packing import complex_type
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import normalize_dims, shape_of


def _fft(x: Array, dims: Sequence[int], inverse: bool = False, norm: str = "backward") -> Array:
    transform = np.fft.ifftn if inverse else np.fft.fftn
    return transform(x, axes=tuple(dims), norm=norm).astype(complex_type(x))  # type: ignore[arg-type]


def _fft_shape(x: Any, *, dims: Sequence[int], inverse: bool = False, norm: str = "backward") -> Spec:
    normalize_dims("fft", dims, len(shape_of(x)))
    return Spec(shape_of(x), complex_type(x))


fourier: Op = register(
    Op(
        "fourier",
        forward=_fft,
        vjp=(  # the matrix of the transform is symmetric
            lambda g, _y, _x, dims, inverse=False, norm="backward": fourier(g, dims=dims, inverse=inverse, norm=norm),
        ),
        shape=_fft_shape,
        formula="yₖ = Σ xⱼ·exp(−2·π·i·j·k/n) along each of dims, with + for the inverse, and divided as norm says",
    )
)
