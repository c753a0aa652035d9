"""Of reductions, sorting, matrices, complex numbers and Fourier transforms."""

from __future__ import annotations

KNOWN = {
    ("all", "uint8"): "not yet",
    ("amax", "errors"): "not yet",
    ("amin", "errors"): "not yet",
    ("any", "uint8"): "not yet",
    ("argsort", "bool"): "not yet",
    ("argsort", "int8"): "not yet",
    ("argsort", "uint8"): "not yet",
    ("logsumexp", "bool"): "not yet",
    ("logsumexp", "int64"): "not yet",
    ("logsumexp", "int8"): "not yet",
    ("logsumexp", "uint8"): "not yet",
    ("sort", "bool"): "not yet",
    ("sort", "int8"): "not yet",
    ("sort", "uint8"): "not yet",
}
