"""torch.autograd's old and debugging names: Variable, detect_anomaly."""

from __future__ import annotations

import warnings
from contextlib import ContextDecorator
from typing import Any

from glassnet.tensor import Tensor, as_array, made_of

__all__ = ["Variable", "detect_anomaly", "set_detect_anomaly"]


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


class set_detect_anomaly(ContextDecorator):
    """A switch, or a context, without effect: errors name the operation, and the check-up finds bad numbers."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        pass

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


class detect_anomaly(set_detect_anomaly):
    """`set_detect_anomaly` as a context."""

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(True)
