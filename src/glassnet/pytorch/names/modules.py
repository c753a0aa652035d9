"""Modules that PyTorch has for several devices: here they are what they wrap, on the one device there is."""

from __future__ import annotations

from typing import Any

from glassnet.nn import Module

__all__ = ["DataParallel", "DistributedDataParallel"]


class DataParallel(Module):
    """``module``, run on the one device there is.

    >>> from glassnet.pytorch.names.modules import DataParallel
    >>> DataParallel(nn.Linear(2, 1)).state_dict().keys()
    dict_keys(['module.weight', 'module.bias'])
    """

    def __init__(self, module: Module, *args: Any, **named: Any) -> None:
        super().__init__()
        self.module = module

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """What the module gives."""
        return self.module(*inputs, **named)


DistributedDataParallel = DataParallel
