"""Of indexing, of what moves elements, and of tensors made like others."""

from __future__ import annotations

import glassnet as gn

RANDOM = {"empty_like", "new_empty"}

SPELLED = {
    "where": lambda x, condition, other: gn.where(condition, x, other),
}

KNOWN = {
    ("cat", "errors"): "not yet",
    ("cat", "float64"): "not yet",
    ("diagonal", "errors"): "not yet",
    ("gather", "errors"): "not yet",
    ("gather", "float64"): "not yet",
    ("index_select", "bool"): "not yet",
    ("index_select", "errors"): "not yet",
    ("index_select", "float32"): "not yet",
    ("index_select", "float64"): "not yet",
    ("index_select", "int64"): "not yet",
    ("index_select", "int8"): "not yet",
    ("index_select", "reference"): "not yet",
    ("index_select", "uint8"): "not yet",
    ("item", "errors"): "not yet",
    ("masked_select", "errors"): "not yet",
    ("meshgrid.list_of_tensors", "bool"): "not yet",
    ("meshgrid.list_of_tensors", "float32"): "not yet",
    ("meshgrid.list_of_tensors", "float64"): "not yet",
    ("meshgrid.list_of_tensors", "int64"): "not yet",
    ("meshgrid.list_of_tensors", "int8"): "not yet",
    ("meshgrid.list_of_tensors", "uint8"): "not yet",
    ("meshgrid.variadic_tensors", "bool"): "not yet",
    ("meshgrid.variadic_tensors", "float32"): "not yet",
    ("meshgrid.variadic_tensors", "float64"): "not yet",
    ("meshgrid.variadic_tensors", "int64"): "not yet",
    ("meshgrid.variadic_tensors", "int8"): "not yet",
    ("meshgrid.variadic_tensors", "uint8"): "not yet",
    ("movedim", "errors"): "not yet",
    ("narrow", "errors"): "not yet",
    ("squeeze", "in place"): "not yet",
    ("squeeze.multiple", "in place"): "not yet",
    ("t", "in place"): "not yet",
    ("transpose", "in place"): "not yet",
    ("tril", "in place"): "not yet",
    ("triu", "in place"): "not yet",
    ("unfold", "bool"): "not yet",
    ("unfold", "float32"): "not yet",
    ("unfold", "float64"): "not yet",
    ("unfold", "int64"): "not yet",
    ("unfold", "int8"): "not yet",
    ("unfold", "uint8"): "not yet",
    ("unsqueeze", "in place"): "not yet",
    ("where", "reference"): "not yet",
}
