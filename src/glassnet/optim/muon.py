"""Muon: steps of matrices in which no direction is longer than another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from glassnet.errors import DtypeError
from glassnet.ops.shapes import written
from glassnet.ops.update import muon_update
from glassnet.optim.checks import OPTIONS, Allowed, is_number
from glassnet.optim.optimizer import Group, Optimizer, Params, Rate, Slot, options
from glassnet.tensor import Tensor

Coefficients = tuple[float, float, float]


def _are_coefficients(value: Any) -> bool:
    return isinstance(value, tuple | list) and len(value) == 3 and all(map(is_number, value))


class Muon(Optimizer):
    """Momentum, whose matrix is made orthogonal before it is a step; for the matrices of hidden layers.

    b ← momentum·b + (1 − momentum)·g, W ← W·(1 − lr·weight_decay) − lr·s·O, where O is b (with ``nesterov``,
    g + momentum·(b − g)) with singular values of about 1, found in ``ns_steps`` steps of Newton and Schulz, and s is
    √max(1, rows/columns), or with adjust_lr_fn="match_rms_adamw" 0.2·√max(rows, columns). It computes in the dtype of
    the parameter, PyTorch in bfloat16, of which only two digits are true.

    Raises ValueError for a parameter that is no matrix: give biases and embeddings to `AdamW`.

    Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024).

    >>> w = nn.Parameter(glassnet.tensor([[1.0, 0.0], [0.0, 100.0]]))
    >>> optimizer = optim.Muon([w], lr=0.1, weight_decay=0.0, ns_coefficients=(1.5, -0.5, 0.0), ns_steps=20)
    >>> (w * w).sum().backward()  # ∂L/∂w = 2·w
    >>> optimizer.step()
    >>> w.detach()
    tensor([[ 0.9000,  0.0000], [ 0.0000, 99.9000]])
    """

    update = muon_update
    slots = (Slot("momentum_buffer"),)
    allowed: ClassVar[Mapping[str, Allowed]] = {
        **OPTIONS,
        "ns_coefficients": Allowed(_are_coefficients, "three ns_coefficients", "(3.4445, -4.775, 2.0315) is usual"),
        "ns_steps": Allowed(
            lambda x: isinstance(x, int) and 0 <= x < 100, "ns_steps as a whole number below 100", "5 is usual"
        ),
        "adjust_lr_fn": Allowed(
            lambda x: x in (None, "original", "match_rms_adamw"),
            "an adjust_lr_fn of 'original' or 'match_rms_adamw'",
            "None is 'original'",
        ),
    }

    def __init__(
        self,
        params: Params,
        lr: Rate = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: Coefficients = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        super().__init__(params, options(locals()))

    def check_group(self, group: Group) -> None:
        """As for every optimizer; also, every parameter is a matrix."""
        super().check_group(group)
        for position, param in enumerate(group["params"]):
            if param.ndim != 2:
                raise ValueError(
                    f"Muon: expected matrices, got parameter {position} of shape {written(param.shape)}; give biases, "
                    "embeddings and kernels to AdamW, in an optimizer of their own"
                )

    def _state_of(self, param: Tensor, group: Group, names: list[str | None]) -> list[Any]:
        if param.is_complex():
            raise DtypeError(f"{self._label(param)}: expected a real parameter, got {param.dtype}; use Adam")
        return super()._state_of(param, group, names)
