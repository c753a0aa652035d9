"""Samples for matrices and complex numbers."""

from __future__ import annotations

import numpy as np

from tests.ops.sample import Array, Sample, normal


def _complex(*shape: int, seed: int = 0) -> Array:
    return normal(*shape, seed=seed) + 1j * normal(*shape, seed=seed + 10)


def _regular(*shape: int, seed: int = 0) -> Array:
    """Matrices far from singular."""
    return normal(*shape, seed=seed) / 2 + 2 * np.eye(*shape[-2:])


def _definite(*shape: int) -> Array:
    x = normal(*shape)
    return x @ np.swapaxes(x, -1, -2) + np.eye(shape[-1])


_DISTINCT = np.triu(normal(3, 3)) + np.diag([1.0, 3.0, 6.0]) + np.tril(normal(3, 3), -1) / 20  # real eigenvalues
_SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])

LINALG: dict[str, list[Sample]] = {
    "conjugate": [Sample("complex", (_complex(2, 3),)), Sample("real", (normal(2),))],
    "real": [Sample("complex", (_complex(2, 3),))],
    "imag": [Sample("complex", (_complex(2, 3),))],
    "angle": [
        Sample("complex", (_complex(2, 3),)),
        Sample("real", (normal(3),)),
        Sample("zero", (np.zeros(2, np.complex128),), order=0),
    ],
    "with_part": [
        Sample("real", (_complex(2, 3), normal(2, 3, seed=1)), {"imaginary": False}),
        Sample("imaginary", (_complex(2, 3), normal(2, 3, seed=1)), {"imaginary": True}),
    ],
    "view_as_real": [Sample("complex", (_complex(2, 3),))],
    "view_as_complex": [Sample("pairs", (normal(3, 2),))],
    "complex_of": [Sample("two", (normal(2, 3), normal(3, seed=1)))],
    "solve": [
        Sample("matrix", (_regular(3, 3), normal(3, 2))),
        Sample("batches", (_regular(2, 1, 3, 3), normal(2, 3, 1))),
        Sample("complex", (_regular(2, 2) + 0.5j, _complex(2, 1))),
    ],
    "det": [
        Sample("matrix", (_regular(3, 3),)),
        Sample("batch", (normal(2, 2, 2),)),
        Sample("singular", (_SINGULAR,), order=1),
        Sample("complex", (_complex(2, 2),)),
    ],
    "cofactor": [Sample("matrix", (_regular(3, 3),)), Sample("complex", (_complex(2, 2),))],
    "logabsdet": [Sample("batch", (_regular(2, 3, 3),)), Sample("complex", (_complex(2, 2),))],
    "det_sign": [Sample("batch", (_regular(2, 3, 3),))],
    "pinv": [
        Sample("tall", (normal(4, 2),), {"rtol": 1e-15}),
        Sample("wide", (normal(2, 2, 3),), {"rtol": 1e-15}),
        Sample("complex", (_complex(3, 2),), {"rtol": 1e-15}),
        Sample("cut off", (np.diag([1.0, 1e-3]),), {"rtol": 0.0, "atol": 0.1}, order=0),
    ],
    "cholesky": [Sample("matrix", (_definite(3, 3),)), Sample("batch", (_definite(2, 2, 2),))],
    "qr": [
        Sample("tall", (normal(4, 2),)),
        Sample("wide", (normal(2, 2, 3),)),
        Sample("square", (normal(3, 3),), {"complete": True}),
        Sample("complete", (normal(3, 2),), {"complete": True}, order=0),
    ],
    "lu_pivots": [Sample("matrix", (normal(3, 3),)), Sample("batch", (normal(2, 2, 3),))],
    "row_order": [Sample("two", (np.array([[3, 3], [1, 2]], np.int32),), {"n": 3})],
    "lu": [Sample("matrix", (_regular(3, 3),)), Sample("batch", (_regular(2, 2, 2),))],
    "eigh": [Sample("matrix", (_definite(3, 3),)), Sample("upper", (_definite(2, 2, 2),), {"uplo": "U"})],
    "eigvalsh": [Sample("matrix", (_definite(3, 3),)), Sample("upper", (_definite(2, 2, 2),), {"uplo": "U"})],
    "eig": [Sample("real values", (_DISTINCT,))],
    "eigvals": [Sample("real values", (_DISTINCT,)), Sample("complex", (_complex(3, 3),))],
    "svd": [
        Sample("tall", (normal(4, 2),)),
        Sample("wide", (normal(2, 2, 3),)),
        Sample("full", (normal(3, 3),), {"full": True}),
        Sample("full, tall", (normal(3, 2),), {"full": True}, order=0),
    ],
    "svdvals": [Sample("tall", (normal(4, 2),)), Sample("wide", (_complex(2, 3),))],
    "fourier": [
        Sample("real", (normal(2, 5),), {"dims": (-1,)}),
        Sample("complex", (_complex(4),), {"dims": (0,), "inverse": True}),
        Sample("two", (normal(2, 3, 2),), {"dims": (0, 2), "norm": "ortho"}),
    ],
}
