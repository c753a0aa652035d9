"""The environment that contenders run in: what a user has who has set nothing."""

from __future__ import annotations

import os

# These hold OpenBLAS, which NumPy and scikit-learn use and PyTorch and JAX do not, to kernels, block
# sizes and threads that it would not choose itself.
PREFIX = "OPENBLAS_"


def for_contenders(keep: bool) -> tuple[dict[str, str], dict[str, str]]:
    """(the environment for contenders, what was taken out of this process's)."""
    taken = {} if keep else {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    return {name: value for name, value in os.environ.items() if name not in taken}, taken


def described(taken: dict[str, str]) -> str:
    """One line about it."""
    if taken:
        gone = ", ".join(f"{name}={value}" for name, value in sorted(taken.items()))
        return f"environment: taken out for all contenders: {gone} (--keep-environment leaves it)"
    variables = ", ".join(f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith(PREFIX))
    return f"environment: kept as it is, with {variables}" if variables else "environment: nothing set for OpenBLAS"
