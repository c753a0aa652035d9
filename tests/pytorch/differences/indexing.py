"""Of indexing, of what moves elements, and of tensors made like others."""

from __future__ import annotations

import glassnet as gn

RANDOM = {"empty_like", "new_empty", "new_empty_strided", "randint_like"}

SPELLED = {
    "resize_as_": lambda x, other, **options: x.clone().resize_as_(other, **options),
    "resize_": lambda x, shape: x.clone().resize_(shape),
    "where": lambda x, condition, other: gn.where(condition, x, other),
}

NO_OUT = "there is no out="

KNOWN = {
    ("narrow_copy", "errors"): "a dimension that is not there is an IndexError, as everywhere",
    ("cat", "errors"): NO_OUT,
    ("gather", "errors"): NO_OUT,
    ("index_select", "errors"): NO_OUT,
    ("masked_select", "errors"): NO_OUT,
    ("take", "errors"): NO_OUT,
    ("as_strided_scatter", "float64"): "PyTorch's gradient by the tensor is 1 where the part stands, and 0 elsewhere",
    **{
        ("as_strided.partial_views", dtype): "there is no memory beyond the tensor that is given"
        for dtype in ("float64", "float32", "int64", "uint8", "int8", "bool")
    },
}
