"""Adafactor: Adam for matrices, in the memory of a row and a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from glassnet.errors import DtypeError
from glassnet.ops.update import adafactor_update
from glassnet.ops.update.adafactor import column_shape, row_shape, whole_shape
from glassnet.optim.checks import OPTIONS, Allowed, is_not_negative, is_number, is_pair
from glassnet.optim.optimizer import COUNT, Group, Optimizer, Params, Rate, Slot, options
from glassnet.tensor import Tensor


def _are_eps(value: Any) -> bool:
    return is_pair(value) and (value[0] is None or is_not_negative(value[0])) and is_not_negative(value[1])


class Adafactor(Optimizer):
    """Steps scaled by the root of an average square that is kept as one number a row and one a column.

    Of an n×m matrix it keeps n + m numbers where `Adam` keeps 2·n·m: v = r·c/(mean of r), where r and c are averages of
    g² over rows and columns, by t^beta2_decay for the newest. The step u = g/√v is shortened until its root mean square
    is ``d`` at most, and is lr times as long as the weights are (their root mean square, at least eps[1]), or 1/√t
    times where that is less. Vectors keep a number an element.

    Raises ValueError for a ``d`` below 1, and for a ``beta2_decay`` above 0.

    Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost" (2018).

    >>> w = nn.Parameter(glassnet.tensor([[1.0, -2.0], [2.0, 1.0]]))
    >>> optimizer = optim.Adafactor([w], lr=0.5)
    >>> (w * w).sum().backward()  # ∂L/∂w = 2·w
    >>> optimizer.step()
    >>> w.detach()
    tensor([[ 0.5000, -1.0000],
            [ 1.0000,  0.5000]])
    >>> [x.shape for x in optimizer.state[w].values()]
    [(), (2, 1), (1, 2)]
    """

    update = adafactor_update
    slots = (
        COUNT,
        Slot("row_var", shape=row_shape),
        Slot("col_var", shape=column_shape),
        Slot("variance", shape=whole_shape),
    )
    allowed: ClassVar[Mapping[str, Allowed]] = {
        **OPTIONS,
        "eps": Allowed(_are_eps, "two numbers of 0 or more as eps, the first or None", "(None, 1e-3) is usual"),
        "d": Allowed(lambda x: is_number(x) and x >= 1, "a bound of the step, d, of 1 or more", "1 is usual"),
        "beta2_decay": Allowed(lambda x: is_number(x) and x <= 0, "a beta2_decay of 0 or less", "-0.8 is usual"),
    }

    def __init__(
        self,
        params: Params,
        lr: Rate = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, options(locals()))

    def _state_of(self, param: Tensor, group: Group, names: list[str | None]) -> list[Any]:
        if param.is_complex():
            raise DtypeError(f"{self._label(param)}: expected a real parameter, got {param.dtype}; use Adam")
        is_matrix = param.ndim > 1
        return super()._state_of(
            param, group, [name if (name == "variance") is not is_matrix or name == "step" else None for name in names]
        )
