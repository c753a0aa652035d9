"""Inputs on which the operations of images are tested: other sizes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.sample import Sample, normal

_SIGNAL, _IMAGE, _VOLUME = normal(2, 2, 5), normal(1, 2, 4, 5), normal(1, 1, 3, 2, 4)


def _resized(label: str, x: Any, size: Any, mode: str, **params: Any) -> Sample:
    return Sample(f"{mode}, {label}", (x,), {"size": size, "mode": mode, **params})


_UP, _DOWN = {1: (8,), 2: (7, 6), 3: (4, 3, 6)}, {1: (2,), 2: (3, 2), 3: (2, 1, 3)}

_PICTURE, _CUBE = normal(1, 2, 3, 4), normal(1, 1, 2, 3, 2)
_GRID = np.random.default_rng(1).uniform(-1.4, 1.4, (1, 2, 3, 2))
_CUBE_GRID = np.random.default_rng(2).uniform(-1.2, 1.2, (1, 1, 2, 2, 3))
_CORNERS = {"align_corners": True}

_TWO = normal(2, 2, 3, 4)
_TALL, _WIDE = normal(3, 2, 3), normal(3, 2, 4)
_TALL[:, :, 0] = _WIDE[1, :, 2:] = 0  # what lies outside of a box
_OF = np.array([1, 0, 1])

IMAGES: dict[str, list[Sample]] = {
    "interpolate": [
        *(
            _resized(label, x, size[x.ndim - 2], mode, **params)
            for x, modes in (
                (_SIGNAL, ("nearest", "nearest-exact", "linear", "area")),
                (_IMAGE, ("nearest", "bilinear", "bicubic", "area")),
                (_VOLUME, ("nearest-exact", "trilinear", "area")),
            )
            for mode in modes
            for label, size in (("up", _UP), ("down", _DOWN))
            for params in ([{}, {"align_corners": True}] if "linear" in mode or mode == "bicubic" else [{}])
        ),
        _resized("antialias", _IMAGE, (2, 3), "bilinear", antialias=True),
        _resized("antialias", _IMAGE, (2, 7), "bicubic", antialias=True),
        _resized("factors", _IMAGE, (6, 7), "bilinear", scales=(1.6, 1.5)),
        _resized("factors", _IMAGE, (6, 7), "nearest", scales=(1.6, 1.5)),
        _resized("doubled", _IMAGE, (8, 10), "nearest"),
        _resized("to one", _IMAGE, (1, 1), "bicubic", align_corners=True),
        _resized("of none", np.zeros((0, 2, 3)), (4,), "linear"),
    ],
    "interpolate_backward": [
        _resized(label, x, size, mode, **params)
        for label, x, size, mode, params in (
            ("signal", _SIGNAL, (8,), "linear", {}),
            ("image", _IMAGE, (3, 7), "bicubic", {"align_corners": True}),
            ("nearest", _IMAGE, (3, 7), "nearest", {"scales": (1.4, 0.8)}),
            ("volume", _VOLUME, (2, 3, 3), "area", {}),
            ("antialias", _IMAGE, (6, 7), "bilinear", {"antialias": True}),
        )
    ],
    "grid_sample": [
        Sample(
            f"{mode}, {padding}{' to the centres' if corners else ''}",
            (_PICTURE, _GRID),
            {"mode": mode, "padding_mode": padding, **corners},
            order=2 if padding == "zeros" else 1,
        )
        for mode in ("bilinear", "nearest", "bicubic")
        for padding, corners in (("zeros", {}), ("border", _CORNERS), ("reflection", {}), ("reflection", _CORNERS))
    ]
    + [
        Sample("volume", (_CUBE, _CUBE_GRID)),
        Sample("volume, border", (_CUBE, _CUBE_GRID), {"padding_mode": "border"}, order=1),
        Sample("one pixel", (normal(1, 2, 1, 1), _GRID), {"padding_mode": "reflection", **_CORNERS}),
    ],
    "grid_sample_backward": [
        Sample("bilinear", (normal(1, 2, 2, 3), _GRID), {"size": (3, 4)}),
        Sample(
            "bicubic", (normal(1, 2, 2, 3), _GRID), {"size": (3, 4), "mode": "bicubic", "padding_mode": "border"}, 1
        ),
        Sample("volume", (normal(1, 1, 1, 2, 2), _CUBE_GRID), {"size": (2, 3, 2)}, order=1),
    ],
    "grid_sample_slope": [
        Sample("bilinear", (normal(1, 2, 2, 3), _PICTURE, _GRID)),
        Sample("bicubic", (normal(1, 2, 2, 3), _PICTURE, _GRID), {"mode": "bicubic", "padding_mode": "reflection"}, 1),
        Sample("volume", (normal(1, 1, 1, 2, 2), _CUBE, _CUBE_GRID), {"padding_mode": "border"}, 1),
    ],
    "affine_grid": [
        Sample("image", (normal(2, 2, 3),), {"size": (2, 3)}),
        Sample("image, corners", (normal(2, 2, 3),), {"size": (3, 2), "align_corners": True}),
        Sample("volume", (normal(1, 3, 4),), {"size": (2, 1, 3)}),
    ],
    "region_pool": [
        Sample("boxes", (_TWO, _TALL, _WIDE, _OF)),
        Sample("outside", (_TWO, _TALL * 0, _WIDE, _OF)),
        Sample("none", (_TWO, _TALL[:0], _WIDE[:0], _OF[:0])),
    ],
    "region_pool_backward": [Sample("boxes", (normal(3, 2, 2, 2), _TALL, _WIDE, _OF), {"images": 2})],
}
