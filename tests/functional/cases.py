"""What the tests of functions and of modules share: every activation, with options worth a test."""

from __future__ import annotations

from typing import Any

import numpy as np

# (name of the function, its options, where it has kinks)
ACTIVATIONS: list[tuple[str, dict[str, Any], list[float]]] = [
    ("relu", {}, [0]),
    ("relu6", {}, [0, 6]),
    ("hardtanh", {}, [-1, 1]),
    ("hardtanh", {"min_val": -0.5, "max_val": 2.0}, [-0.5, 2]),
    ("hardsigmoid", {}, [-3, 3]),
    ("hardswish", {}, [-3, 3]),
    ("leaky_relu", {}, [0]),
    ("leaky_relu", {"negative_slope": 0.3}, [0]),
    ("leaky_relu", {"negative_slope": -0.3}, [0]),
    ("leaky_relu", {"negative_slope": 1.5}, [0]),
    ("rrelu", {}, [0]),
    ("rrelu", {"lower": 0.2, "upper": 0.4}, [0]),
    ("threshold", {"threshold": 0.4, "value": -2.0}, [0.4]),
    ("hardshrink", {}, [-0.5, 0.5]),
    ("hardshrink", {"lambd": 1.0}, [-1, 1]),
    ("softshrink", {}, [-0.5, 0.5]),
    ("softshrink", {"lambd": 1.0}, [-1, 1]),
    ("sigmoid", {}, []),
    ("logsigmoid", {}, []),
    ("tanh", {}, []),
    ("tanhshrink", {}, []),
    ("softsign", {}, []),
    ("softplus", {}, [20]),
    ("softplus", {"beta": 2.0, "threshold": 3.0}, [1.5]),
    ("elu", {}, [0]),
    ("elu", {"alpha": 2.0}, [0]),
    ("selu", {}, [0]),
    ("celu", {}, [0]),
    ("celu", {"alpha": 2.0}, [0]),
    ("silu", {}, []),
    ("mish", {}, []),
    ("gelu", {}, []),
    ("gelu", {"approximate": "tanh"}, []),
]

INPLACE = {
    "celu",
    "elu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "mish",
    "relu",
    "relu6",
    "rrelu",
    "selu",
    "silu",
    "threshold",
}


def name_of(part: Any) -> str:
    """What a part of a case adds to its id: its name, its options."""
    if isinstance(part, dict):
        return " ".join(f"{k}={v}" for k, v in part.items())
    return part if isinstance(part, str) else ""


def points(kinks: list[float]) -> np.ndarray:
    """Numbers of every size and sign, the kinks among them."""
    return np.array([*np.linspace(-8, 8, 33) + 0.03, *kinks, -1e4, -100, -30, -20.5, 20.5, 30, 100, 1e4])


def smooth_points(kinks: list[float]) -> np.ndarray:
    """Numbers clear of the kinks."""
    x = np.linspace(-4, 4, 17) + 0.03
    return x[[all(abs(v - k) > 1e-3 for k in kinks) for v in x]]
