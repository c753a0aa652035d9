"""`import torch` answered by glassnet: `install()` in a program, a notebook or a test, ``glassnet run`` for a script.

    >>> import glassnet.pytorch
    >>> glassnet.pytorch.install()
    >>> import torch
    >>> torch.tensor([1.0, 2.0]).sum()
    tensor(3.)
    >>> glassnet.pytorch.uninstall()

`answered` says which modules of PyTorch there are and whose names they have, `stand_in` makes them, `missing` says what
is said of a name that is not there, and `names` has what only PyTorch's scripts ask for. `running` runs a script as
Python does, and `missing_names` reads one and lists what is missing.
"""

from __future__ import annotations

from glassnet.pytorch.stand_in import install, is_installed, uninstall

__all__ = ["install", "is_installed", "uninstall"]
