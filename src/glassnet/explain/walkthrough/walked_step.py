"""The walkthrough of one training step: print it, index it, trace a number back, open an operation."""

from __future__ import annotations

import difflib
import math
from typing import Any

from glassnet.explain.walkthrough.decimals import as_number, written_number
from glassnet.explain.walkthrough.element import Element, checked_index, example_of
from glassnet.explain.walkthrough.gate_rules import planes_named, planes_of
from glassnet.explain.walkthrough.latex import as_latex
from glassnet.explain.walkthrough.opened import Opened, opened
from glassnet.explain.walkthrough.page import Page, sections
from glassnet.explain.walkthrough.text import as_markdown, as_text
from glassnet.explain.walkthrough.traced_step import WalkthroughError, traced_step
from glassnet.explain.walkthrough.values import Value, Values
from glassnet.notebook import repr_html
from glassnet.ops.shapes import written
from glassnet.program.program import Program

TERMS, LINES = 4, 30
EXAMPLE_TERMS = 2  # of a sum in an example, which is to be short
SHOWN = 8  # inputs, parameters, … that are named at the top


class Walkthrough:
    """One training step, instruction by instruction, with its numbers.

    Print it, or look at ``w["fc1"]``, ``w.element("fc1", 0, 1)``, ``w.open("loss")``.

    ``program`` is the step as traced, without copies and products with 1 in backward. ``values``
    are all values by name, a `Value` each, with its ``array`` and its ``gradient``. A parameter goes by
    its name before the update, and "new_…" after it.

    >>> model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2))
    >>> w = glassnet.walkthrough(model, glassnet.ones(4, 2), glassnet.tensor([0, 1, 1, 0]), F.cross_entropy)
    >>> w
    <Walkthrough: One training step: loss ...; instructions: 4 forward, 19 backward>
    >>> w["tanh1"], w["tanh1"].gradient.array.shape
    (<Value tanh1 float32[4, 3]: tanh(linear0)>, (4, 3))
    """

    def __init__(self, program: Program, values: Values) -> None:
        self.program = program
        self.values: dict[str, Value] = values.by_name()
        self._values = values

    # what is shown ------------------------------------------------------------------------------------

    @property
    def page(self) -> Page:
        """What is shown, before it is written out."""
        rows = sections(self._values.results, self._values.all, lambda value: example_of(value, EXAMPLE_TERMS))
        return Page(self._title, tuple(self._lines()), rows)

    @property
    def loss(self) -> float:
        """The loss."""
        loss: float = as_number(self._values.outputs[0].array)
        return loss

    @property
    def _title(self) -> str:
        counts = ", ".join(f"{n} {phase}" for phase in ("forward", "backward", "update") if (n := self._count(phase)))
        return f"One training step: loss {written_number(self.loss)}; instructions: {counts}"

    def _count(self, phase: str) -> int:
        return sum(1 for i in self.program if i.phase == phase)

    def _lines(self) -> list[str]:
        lines = []
        for kind, word in (("input", "inputs"), ("parameter", "parameters"), ("state", "other state")):
            values = [v for v in self.values.values() if v.kind == kind]
            names = [f"{v.name} {v.array.dtype}{written(v.array.shape)}" for v in values[:SHOWN]]
            if len(values) > SHOWN:
                names.append(f"… {len(values) - SHOWN} more")
            if values:
                lines.append(f"{word}: {', '.join(names)}")
        empty = [v.name for v in self.values.values() if v.kind == "input" and v.array.size == 0]
        if empty:
            so = ", so a mean over it is 0 / 0, nan" if math.isnan(self.loss) else ""
            lines.append(f"the batch is empty: there is not one number in {' or '.join(empty)}{so}")
        return lines

    def __str__(self) -> str:
        return as_text(self.page)

    def __repr__(self) -> str:
        return f"<Walkthrough: {self._title}>"

    _repr_html_ = repr_html

    def to_markdown(self) -> str:
        """As Markdown: a table for each phase."""
        return as_markdown(self.page)

    def to_latex(self) -> str:
        """As LaTeX, which needs amsmath, and XeLaTeX or LuaLaTeX for names in other letters than Latin."""
        return as_latex(self.page)

    # what can be asked for ----------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.program)

    def __getitem__(self, name: str) -> Value:
        """The value of that name; of a module ("fc1") its result, of "fc1.weight" fc1_weight; of a recurrent layer
        ("lstm.f") a gate or a state at every step: i, f, g, o, c, h of an LSTM, r, z, n, h of a GRU.

        Raises WalkthroughError, with the names that are near, if there is none.
        """
        for form in (name, name.replace(".", "_")):
            if form in self.values:
                return self.values[form]
        for value in planes_named(name, self.values.values()):
            return value
        ends = f"_{name.replace('.', '_')}"  # "weight" of a model that is one layer, model_weight
        matches = [v for v in self.values.values() if v.name.endswith(ends) and v.phase in ("", "forward")]
        if len(matches) == 1:
            return matches[0]
        gates = [plane.name for value in self.values.values() for plane in planes_of(value)]
        near = [gate for gate in gates if "." in name and gate.rpartition(".")[2] == name.rpartition(".")[2]]
        near = near or difflib.get_close_matches(name, [*self.values, *gates], n=6, cutoff=0.5)
        near = near[:12] or list(self.values)[:12]
        raise WalkthroughError(f"there is no value {name!r} in this step; there are {', '.join(near)}, …")

    def element(self, name: str, *index: int, terms: int = TERMS, lines: int = LINES) -> Element:
        """One number of the value ``name``, spelled out: what it was made of, back to inputs and weights, and its
        gradient, forward to the loss; for a parameter also what the update made of it.

        Of sums longer than ``terms`` the weightiest are shown and the rest as one number; of a trace
        the nearest ``lines``. Raises WalkthroughError for an element that there is not.
        """
        value = self[name]
        shape = value.array.shape
        if value.array.size == 0:
            raise WalkthroughError(f"element: {value.name} has shape {written(shape)}: there is no element in it")
        fits = len(index) == len(shape) and all(-n <= i < n for i, n in zip(index, shape, strict=True))
        if not fits:
            ranges = ", ".join(f"0 … {n - 1}" for n in shape) or "none"
            raise WalkthroughError(
                f"element: {value.name} has shape {written(shape)}, so expected {len(shape)} numbers ({ranges}), got "
                f"{', '.join(map(str, index)) or 'none'}"
            )
        place = checked_index(value.name, shape, index)
        return Element(value, place, self.values.values(), max(terms, 1), max(lines, 1))

    def open(self, name: str) -> Opened:
        """What a named operation is made of, node by node, beside its own derivative, and whether both agree.

        Raises WalkthroughError for a value that no named operation made.
        """
        return opened(self[name])


def walkthrough(model: Any, x: Any, y: Any, loss: Any, optimizer: Any = None) -> Walkthrough:
    """One training step of ``model`` on a batch, shown instruction by instruction: forward, backward, update.

    ``x`` (a tuple, for a model of several inputs) and ``y`` are the batch, ``loss`` is called with the
    model's output and ``y`` and gives one number, ``optimizer`` is the one whose update is shown, if
    any. The step is traced to a program (see `glassnet.compile`) and nothing is changed by it:
    parameters, gradients, optimizer and random generators are afterwards as they were.

    Raises WalkthroughError for a loss that is not one number or has no gradient, TraceError for a
    network that cannot be traced (docs/footguns.md), and what the network itself raises.

    >>> model, x, y = nn.Linear(2, 1), glassnet.ones(4, 2), glassnet.zeros(4, 1)
    >>> print(glassnet.walkthrough(model, x, y, F.mse_loss, optim.SGD(model.parameters(), lr=0.1)))
    One training step: loss ...; instructions: 3 forward, 9 backward, 2 update
    inputs: x float32[4, 2], y float32[4, 1]
    parameters: model_weight float32[1, 2], model_bias float32[1]
    ...
    """
    return Walkthrough(*traced_step(model, x, y, loss, optimizer))
