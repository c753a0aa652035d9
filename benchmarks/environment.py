"""The environment that contenders run in: that of a user who has set no variables."""

from __future__ import annotations

import os

# These variables set kernels, block sizes and threads of OpenBLAS, which NumPy and scikit-learn use, and
# PyTorch and JAX do not.
PREFIX = "OPENBLAS_"


def for_contenders(keep: bool) -> tuple[dict[str, str], dict[str, str]]:
    """(the environment for contenders, the variables that were removed from it)."""
    removed = {} if keep else {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    return {name: value for name, value in os.environ.items() if name not in removed}, removed


def described(removed: dict[str, str]) -> str:
    """One line that says which variables are set, or were removed."""
    if removed:
        names = ", ".join(f"{name}={value}" for name, value in sorted(removed.items()))
        return f"environment: removed for all contenders: {names} (--keep-environment keeps them)"
    variables = ", ".join(f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith(PREFIX))
    return f"environment: unchanged, with {variables}" if variables else "environment: nothing set for OpenBLAS"
