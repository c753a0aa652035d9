"""What computes: torch.__config__ and torch.utils.collect_env, which people put into a report."""

from __future__ import annotations

import platform
import sys

import numpy as np

from glassnet.pytorch.names.global_settings import get_num_interop_threads, get_num_threads
from glassnet.version import __version__

__all__ = ["get_pretty_env_info", "main", "parallel_info", "show"]


def show() -> str:
    """What this PyTorch is made of: glassnet, on NumPy.

    >>> from glassnet.pytorch.names import configuration
    >>> configuration.show().splitlines()[0]
    'glassnet ..., in PyTorch's place'
    """
    made_of = f"  - NumPy {np.__version__}\n  - Python {platform.python_version()}\n"
    return f"glassnet {__version__}, in PyTorch's place\n{made_of}"


def parallel_info() -> str:
    """The numbers of threads that were asked for."""
    return f"threads: {get_num_threads()}\ninterop threads: {get_num_interop_threads()}\n"


def get_pretty_env_info() -> str:
    """`show`, and the system."""
    return f"{show()}  - {platform.platform()}\nIs CUDA available: False\n"


def main() -> None:
    """Print that."""
    sys.stdout.write(get_pretty_env_info())
