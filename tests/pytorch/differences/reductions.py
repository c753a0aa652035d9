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
    ("norm.nuc", "float32"): "not yet",
    ("norm.nuc", "float64"): "not yet",
    ("sort", "bool"): "not yet",
    ("sort", "int8"): "not yet",
    ("sort", "uint8"): "not yet",
    ("std", "float64"): "not yet",
    ("topk", "float32"): "not yet",
    ("topk", "float64"): "not yet",
    ("topk", "int64"): "not yet",
    ("topk", "int8"): "not yet",
    ("topk", "uint8"): "not yet",
    ("var", "float64"): "not yet",
}
