"""Mixed precision: torch.autocast has matrix products computed in bfloat16; the scaler of gradients does nothing."""

from __future__ import annotations

from contextlib import ContextDecorator
from typing import Any

from glassnet.observer import mode, observers
from glassnet.ops import movement
from glassnet.ops.bfloat16 import bfloat16, same_dtype
from glassnet.ops.dtypes import Dtype, as_dtype, float16, float32
from glassnet.ops.record import Op
from glassnet.pytorch.named_dtypes import named
from glassnet.tensor.dispatch import State, apply

__all__ = [
    "GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available", "is_autocast_cpu_enabled",
    "is_autocast_enabled",
]  # fmt: skip

# By PyTorch's lists for the CPU: what is computed in the lower precision, and what in float32 whatever it is given.
_LOWERED = frozenset(("matmul", "linear", "convolution", "conv_transpose", "lstm", "rnn_tanh", "rnn_relu"))
_RAISED = frozenset(
    (
        "nll_loss", "squared_error", "absolute_error", "huber", "smooth_l1", "binary_cross_entropy",
        "binary_cross_entropy_with_logits", "kl_div", "ctc_loss", "cross_entropy", "prod", "inverse", "grid_sample",
    )
)  # fmt: skip


class autocast(ContextDecorator):
    """Within, on the CPU, matrix products and convolutions are computed in ``dtype``, losses in float32.

    ``dtype`` is bfloat16, or float16. A GPU's, "cuda", changes nothing, for there is none.
    """

    def __init__(
        self, device_type: Any = "cuda", dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if not isinstance(device_type, str):  # torch.cuda.amp.autocast(enabled)
            device_type = "cuda"
        lower = bfloat16 if dtype is None else as_dtype(dtype)
        self.device, self.fast_dtype, self._enabled = device_type, named(lower), enabled
        self._cast = _casting(lower) if enabled and lower in (bfloat16, float16) else None
        self._before: list[Any] = []

    def __enter__(self) -> autocast:
        self._before.append((mode.autocast, here := object()))
        if self.device == "cpu":
            mode.autocast = self._cast
        observers.add(here)
        return self

    def __exit__(self, *_: object) -> None:
        mode.autocast, here = self._before.pop()
        observers.remove(here)


def _casting(lower: Dtype) -> Any:
    """What gives the inputs of an operation in the dtype that it is computed in; float64 stays."""

    def cast(op: Op, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        wanted = lower if op.name in _LOWERED else float32 if op.name in _RAISED else None
        return inputs if wanted is None else tuple(_in(wanted, x) for x in inputs)

    return cast


def _in(dtype: Dtype, x: Any) -> Any:
    is_cast = isinstance(x, State) and x.array.dtype.kind == "f" and x.array.dtype.itemsize < 8
    return apply(movement.cast, x, dtype=dtype) if is_cast and not same_dtype(x.array.dtype, dtype) else x


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """Whether it is on, of the CPU: without one, PyTorch asks for a GPU's."""
    return device_type == "cpu" and mode.autocast is not None


def is_autocast_cpu_enabled() -> bool:
    """Whether it is on, of the CPU."""
    return mode.autocast is not None


class GradScaler:
    """PyTorch's loop for half precision, with a scale of 1: scale(loss).backward(), step(optimizer), update()."""

    def __init__(self, *args: Any, **named: Any) -> None:
        pass

    def scale(self, outputs: Any) -> Any:
        """``outputs`` as they are."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Nothing to undo."""

    def step(self, optimizer: Any, *args: Any, **named: Any) -> Any:
        """A step of the optimizer."""
        return optimizer.step(*args, **named)

    def update(self, new_scale: Any = None) -> None:
        """Nothing to change."""

    def get_scale(self) -> float:
        """1."""
        return 1.0

    def is_enabled(self) -> bool:
        """False: nothing is scaled."""
        return False

    def state_dict(self) -> dict[str, Any]:
        """Nothing to keep."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Nothing to set."""


def custom_fwd(fwd: Any = None, **named: Any) -> Any:
    """``fwd`` as it is."""
    return (lambda function: function) if fwd is None else fwd


def custom_bwd(bwd: Any = None, **named: Any) -> Any:
    """``bwd`` as it is."""
    return (lambda function: function) if bwd is None else bwd


def is_autocast_available(device_type: str) -> bool:
    """Whether it can be used, as on the CPU."""
    return device_type == "cpu"
