"""Of indexing, of what moves elements, and of tensors made like others."""

from __future__ import annotations

import glassnet as gn

RANDOM = {"empty_like", "new_empty", "randint_like"}

SPELLED = {
    "where": lambda x, condition, other: gn.where(condition, x, other),
}

NO_OUT = "there is no out="

KNOWN = {
    ("cat", "errors"): NO_OUT,
    ("gather", "errors"): NO_OUT,
    ("index_select", "errors"): NO_OUT,
    ("masked_select", "errors"): NO_OUT,
    ("take", "errors"): NO_OUT,
    **{
        ("as_strided.partial_views", dtype): "there is no memory beyond the tensor that is given"
        for dtype in ("float64", "float32", "int64", "uint8", "int8", "bool")
    },
    ("as_strided", "in place"): "there is no as_strided_",
    ("as_strided.partial_views", "in place"): "there is no as_strided_",
}
