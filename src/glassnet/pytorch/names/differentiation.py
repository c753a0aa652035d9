"""torch.autograd's old name for a tensor: Variable."""

from __future__ import annotations

import warnings
from typing import Any

from glassnet.tensor import Tensor, as_array, made_of

__all__ = ["Variable"]


class _IsTensor(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, Tensor)


class Variable(metaclass=_IsTensor):
    """What tensors were wrapped in before PyTorch 0.4: the tensor, which can do all that a Variable could.

    >>> from glassnet.pytorch.names.differentiation import Variable
    >>> Variable(glassnet.ones(2), requires_grad=True)
    tensor([1., 1.], requires_grad=True)
    """

    def __new__(cls, data: Any = (), requires_grad: bool = False, volatile: bool | None = None) -> Any:
        """The tensor of the same memory. ``volatile`` has had no effect since 0.4: use torch.no_grad()."""
        if volatile:
            warnings.warn(
                "Variable: volatile has no effect since PyTorch 0.4; compute under `with torch.no_grad():` instead",
                UserWarning,
                stacklevel=2,
            )
        tensor = data.detach() if isinstance(data, Tensor) else made_of(data, as_array(data))
        return tensor.requires_grad_(requires_grad) if requires_grad else tensor
