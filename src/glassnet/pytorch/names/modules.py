"""Modules that wrap another: for several devices, of which there is one, and for the processes of one training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from glassnet.nn import Module
from glassnet.pytorch.names import distributed
from glassnet.tensor import Tensor

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


class DistributedDataParallel(DataParallel):
    """``module``, the same in each process: as process 0 has it, with the average of their gradients after backward.

    Raises ValueError where `distributed.init_process_group` was not called.
    """

    def __init__(self, module: Module, *args: Any, process_group: Any = None, **named: Any) -> None:
        super().__init__(module)
        self.process_group = distributed._of(process_group)
        self.require_backward_grad_sync = True
        for tensor in (*module.parameters(), *module.buffers()):
            distributed.broadcast(tensor, group=self.process_group)
        for parameter in module.parameters():
            if parameter.requires_grad:
                parameter.register_post_accumulate_grad_hook(self._average)

    def _average(self, parameter: Tensor) -> None:
        if self.require_backward_grad_sync and self.process_group.size() > 1:
            distributed.all_reduce(parameter.grad, distributed.ReduceOp.AVG, self.process_group)  # type: ignore[arg-type]

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Within, each process adds up its own gradients; the next backward outside averages them."""
        before, self.require_backward_grad_sync = self.require_backward_grad_sync, False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before

    @contextmanager
    def join(self, *_: Any, **__: Any) -> Iterator[None]:
        """All processes must have as many batches, within as without."""
        yield
