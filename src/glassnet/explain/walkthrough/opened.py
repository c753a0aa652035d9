"""Opened: a named operation beside what it is made of, and whether both agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.explain.walkthrough.decimals import DIGITS
from glassnet.explain.walkthrough.forms import DERIVATIONS, Computation, as_expanded, as_itself, computed, p_minus_t
from glassnet.explain.walkthrough.latex import as_latex
from glassnet.explain.walkthrough.page import Page, Section, sections
from glassnet.explain.walkthrough.text import as_markdown, as_text
from glassnet.explain.walkthrough.traced_step import WalkthroughError
from glassnet.explain.walkthrough.values import Value
from glassnet.notebook import repr_html
from glassnet.ops.classification import cross_entropy
from glassnet.ops.dtypes import Array


@dataclass(frozen=True)
class Opened:
    """A value of a named operation, opened: the ``shortcut`` is its own derivative, the ``derivation`` goes node by
    node. ``differences`` are the greatest between both: of the value, and of each gradient.

    >>> model = nn.Sequential(nn.Linear(2, 3), nn.Softmax(1))
    >>> opened = glassnet.walkthrough(model, glassnet.ones(4, 2), glassnet.zeros(4, 3), F.mse_loss).open("softmax1")
    >>> [value.instruction.op.name for value in opened.derivation.steps if value.phase == "forward"]
    ['amax', 'sub', 'exp', 'sum', 'div']
    >>> max(opened.differences.values()) < 1e-6
    True
    """

    value: Value
    note: str
    shortcut: Computation
    derivation: Computation
    differences: dict[str, float]

    @property
    def page(self) -> Page:
        """What is shown of it."""
        assert self.value.instruction is not None
        op = self.value.instruction.op
        lines = [f"{op.name}: {op.formula}", *([self.note] if self.note else [])]
        lines += [f"{what}: agree to {_agreement(difference)}" for what, difference in self.differences.items()]
        short = [Section(f"the shortcut, {s.title}", s.rows) for s in sections(self.shortcut.steps)]
        long = [Section(f"node by node, {s.title}", s.rows) for s in sections(self.derivation.steps)]
        return Page(f"{self.value.name}, opened", tuple(lines), (*short, *long))

    def __str__(self) -> str:
        return as_text(self.page)

    __repr__ = __str__

    _repr_html_ = repr_html

    def to_markdown(self) -> str:
        """As Markdown."""
        return as_markdown(self.page)

    def to_latex(self) -> str:
        """As LaTeX, which needs amsmath."""
        return as_latex(self.page)


def _agreement(difference: float) -> str:
    if np.isfinite(difference):
        return f"{difference:.{DIGITS - 2}g} (max difference)"
    return f"{difference}: node by node, a number left what a computer can hold; the shortcut is made to avoid that"


def opened(value: Value) -> Opened:
    """``value`` opened. Raises WalkthroughError for one that no named operation made."""
    if value.instruction is None:
        raise WalkthroughError(
            f"open: {value.name} is {_article(value.kind)}; only what an operation made can be opened"
        )
    op = value.instruction.op
    if op.primitive:
        raise WalkthroughError(
            f"open: {value.name} is made by {op.name}, a primitive operation, which is not made of others: {op.formula}"
        )
    note, form = DERIVATIONS.get(op, ("", as_expanded(op)))
    gradient = None if value.gradient is None else value.gradient.array
    shortcut = computed(value, as_itself(op, value.name), gradient)
    derivation = computed(value, form, gradient)
    result = derivation.results[value.place]
    differences = {value.name: _difference(value.array, value.array if result is None else result.array)}
    for name, short in shortcut.gradients.items():
        long = derivation.gradients.get(name)
        differences[f"∂loss/∂{name}"] = _difference(short, np.zeros_like(short) if long is None else long)
    if op is cross_entropy and gradient is not None:
        by_name = {step.name: step.array for step in derivation.steps}
        name, through_rule = next(iter(shortcut.gradients.items()))
        differences[f"∂loss/∂{name} and (p − t)·share"] = _difference(through_rule, p_minus_t(by_name, gradient))
    return Opened(value, note, shortcut, derivation, differences)


def _difference(a: Array, b: Array) -> float:
    with np.errstate(all="ignore"):
        both = np.subtract(a, b, dtype=np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b)) if a.dtype.kind in "fc" else a == b
    return float(np.max(np.where(same, 0, np.abs(both)), initial=0))


def _article(kind: str) -> str:
    return f"an {kind}" if kind == "input" else f"a {kind}" if kind != "state" else "state"
