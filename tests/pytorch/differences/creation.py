"""Of tensors made anew, and of random numbers."""

from __future__ import annotations

RANDOM = {
    "bernoulli", "cauchy", "empty", "empty_permuted", "empty_strided", "exponential", "geometric", "log_normal",
    "multinomial", "normal", "rand_like", "randint", "randn", "randn_like",
}  # fmt: skip

SPELLED = {
    "zero_": lambda x: x.clone().zero_(),
}

KNOWN = {
    ("bernoulli", "errors"): "there is no out=",
    ("multinomial", "errors"): {2: "there is no out="},
    **{
        ("normal.in_place", check): "PyTorch's entry is of x.normal_(mean, std)"
        for check in ("errors", "float32", "float64")
    },
    ("arange", "errors"): {6: "there is no out="},
}
