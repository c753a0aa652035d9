"""What PyTorch has in torch.nn.parameter besides the parameters."""

from __future__ import annotations

from glassnet.nn.parameter import is_uninitialized as is_lazy

__all__ = ["is_lazy"]
