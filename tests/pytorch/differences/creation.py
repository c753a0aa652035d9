"""Of tensors made anew, and of random numbers."""

from __future__ import annotations

RANDOM = {
    "bernoulli",
    "empty",
    "empty_permuted",
    "empty_strided",
    "multinomial",
    "normal",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
}

SPELLED = {
    "zero_": lambda x: x.clone().zero_(),
}

KNOWN = {
    ("arange", "errors"): "not yet",
    ("arange", "int64"): "not yet",
    ("arange", "int8"): "not yet",
    ("arange", "uint8"): "not yet",
    ("bernoulli", "errors"): "not yet",
    ("eye", "errors"): "not yet",
    ("linspace", "errors"): "not yet",
    ("linspace.tensor_overload", "errors"): "not yet",
    ("logspace", "errors"): "not yet",
    ("logspace.tensor_overload", "errors"): "not yet",
    ("logspace.tensor_overload", "int64"): "not yet",
    ("multinomial", "errors"): "not yet",
    ("normal.in_place", "errors"): "not yet",
    ("normal.in_place", "float32"): "not yet",
    ("normal.in_place", "float64"): "not yet",
}
