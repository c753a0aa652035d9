"""Cells: what a recurrent unit does in a step, and how its gradients go back through it, as C has it.

The planes of a step, and the order of the slopes, are those of `glassnet.ops.layers.recurrence`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """What a kind of unit does in a step.

    ``sums`` are what its gates add up: the block of W_ih and that of W_hh, None where one has no part in it.
    ``forward`` are statements that make the ``planes`` of s0, s1 … and of the state before; ``before`` is h or c.
    ``backward`` are statements that make the ``slopes``, given the planes y_…, their own gradients {+g_…} where there
    are such, the state before, and g_h and g_c; they say with ``g_before`` what reaches the cell state before, and with
    ``direct`` what reaches the state before beside the product of the last slopes and W_hh.
    """

    sums: tuple[tuple[int | None, int | None], ...]
    planes: tuple[str, ...]
    before: str
    forward: tuple[str, ...]
    slopes: tuple[str, ...]
    backward: tuple[str, ...]

    @property
    def states(self) -> int:
        """The states that a unit has: one, or one and that of a cell."""
        return 2 if "cell" in self.planes else 1


LSTM = Cell(
    sums=((0, 0), (1, 1), (2, 2), (3, 3)),
    planes=("i", "f", "o", "new", "cell", "hidden"),
    before="c",
    forward=(
        "i = logistic(s0), f = logistic(s1), new = tanh(s2), o = logistic(s3)",
        "cell = f*c + i*new",
        "hidden = o*tanh(cell)",
    ),
    slopes=("d_i", "d_f", "d_new", "d_o"),
    backward=(
        "shown = y_hidden / (y_o > LEAST ? y_o : LEAST)",
        "all = g_c + g_h*y_o*(1 - shown*shown){+g_cell}",
        "d_i = (all*y_new{+g_i})*(y_i*(1 - y_i))",
        "d_f = (all*c{+g_f})*(y_f*(1 - y_f))",
        "d_new = (all*y_i{+g_new})*(1 - y_new*y_new)",
        "d_o = (g_h*shown{+g_o})*(y_o*(1 - y_o))",
        "g_before = all*y_f",
    ),
)
GRU = Cell(
    sums=((0, 0), (1, 1), (None, 2), (2, None)),
    planes=("r", "z", "state", "n", "hidden"),
    before="h",
    forward=(
        "r = logistic(s0), z = logistic(s1), state = s2",
        "n = tanh(s3 + r*state)",
        "hidden = (h - n)*z + n",
    ),
    slopes=("d_input", "d_r", "d_z", "d_state"),
    backward=(
        "d_input = (g_h*(1 - y_z){+g_n})*(1 - y_n*y_n)",
        "d_r = (d_input*y_state{+g_r})*(y_r*(1 - y_r))",
        "d_z = (g_h*(h - y_n){+g_z})*(y_z*(1 - y_z))",
        "d_state = d_input*y_r{+g_state}",
        "direct = g_h*y_z",
    ),
)
TANH = Cell(((0, 0),), ("hidden",), "", ("hidden = tanh(s0)",), ("d",), ("d = g_h*(1 - y_hidden*y_hidden)",))
RELU = Cell(((0, 0),), ("hidden",), "", ("hidden = s0 < 0 ? 0 : s0",), ("d",), ("d = g_h*(y_hidden > 0)",))
