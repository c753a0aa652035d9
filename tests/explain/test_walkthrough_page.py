"""What is printed of a step: every instruction, in a terminal, a notebook, Markdown, LaTeX."""

from __future__ import annotations

import html.parser
import re
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import nn, optim
from glassnet.explain.walkthrough import walkthrough
from glassnet.explain.walkthrough.text import columns
from glassnet.nn import functional as F
from glassnet.ops import Op, registry
from glassnet.ops.formula import formula_of
from glassnet.ops.formula.latex import LatexMath, math_of, text_of
from tests.explain.walked import Net, batch, walked


def test_the_text_has_every_instruction_with_numbers_in_eighty_columns() -> None:
    w = walked(optimizer=True)
    text = str(w)
    assert all(columns(line) <= 80 for line in text.splitlines())
    for number, instruction in enumerate(w.program, 1):
        assert re.search(rf"^ *{number}  {instruction.output.name} ", text, re.MULTILINE)
    order = [text.index(word) for word in ("forward: ", "backward: ", "update: ")]
    assert order == sorted(order)
    assert "fc1 = x·fc1_weightᵀ + fc1_bias" in text
    assert "1 / (1 + exp(-fc1))" in text
    assert repr(w) == f"<Walkthrough: {text.splitlines()[0]}>"
    assert len(w) == len(w.program)


def test_rows_show_the_numbers_and_beside_them_the_gradients() -> None:
    w = walked()
    row = w.page.sections[0].rows[1]
    assert row.name == "h1"
    numbers = dict(row.numbers)
    for label, array in (("value", w["h1"].array), ("gradient", w["h1"].gradient.array)):
        found = [[float(x) for x in line.split()] for line in numbers[label]]
        np.testing.assert_allclose(found, array, rtol=1e-3)


def test_an_update_shows_what_was_before_and_after() -> None:
    row = walked(optimizer=True).page.sections[2].rows[0]
    assert [label for label, _ in row.numbers] == ["before", "after"]
    model = Net()
    w = walkthrough(model, *batch(), F.cross_entropy, optim.Adam(model.parameters()))
    labels = [label for label, _ in w.page.sections[2].rows[0].numbers]
    assert "exp_avg before" in labels
    assert "step after" in labels


def test_copies_and_products_with_one_are_left_out_of_the_way_back() -> None:
    ops = [i.op.name for i in walked().program.phase("backward")]
    assert "copy" not in ops
    names = [v.name for v in walked().values.values() if v.kind == "constant" and (v.array == 1).all()]
    assert not names


def test_what_was_computed_before_is_not_computed_again_on_the_way_back() -> None:
    """A recurrent layer's gradients take the same slices of what went back through time."""
    model = nn.Sequential(nn.GRU(2, 3))
    w = walkthrough(model, gn.randn(4, 1, 2), gn.zeros(4, 1, 3), lambda y, t: F.mse_loss(y[0], t))
    calls = [(i.op.name, i.text, i.output.name) for i in w.program if i.phase != "update"]
    repeated = [name for n, (_, text, name) in enumerate(calls) if text in {text for _, text, _ in calls[:n]}]
    assert all(name.startswith("d_") for name in repeated)
    made = {name for _, _, name in calls}
    assert {name.removesuffix("_T") for name in made if name.endswith("_T")} <= made


class Tags(html.parser.HTMLParser):
    """Which tags are opened, and that each is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.count: dict[str, int] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert all(not value.startswith("http") for _, value in attrs if value)
        self.count[tag] = self.count.get(tag, 0) + 1
        if tag != "br":
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag


def test_html_folds_and_is_whole_in_itself() -> None:
    w = walked(optimizer=True)
    tags = Tags(w._repr_html_())
    assert not tags.opened
    assert tags.count["details"] == len(w) + 3
    colours = re.findall(r"(?:color|background): ([^;}\n]+)", w._repr_html_())
    assert {c.strip() for c in colours} == {"inherit", "none"}  # as around it, light or dark
    assert Tags(w.open("loss")._repr_html_()).count["details"] > 20


def test_an_element_folds_too() -> None:
    element = walked().element("fc1", 0, 1)
    tags = Tags(element._repr_html_())
    assert not tags.opened
    assert tags.count["details"] == len(element.chains) == 2
    assert "fc1[0,1], traced back" in element._repr_html_()
    without = walked().element("x", 0, 1)
    assert "<p>no gradient: the step asks for none</p>" in without._repr_html_()
    assert str(without).endswith("\n\nno gradient: the step asks for none")


def test_markdown_has_a_table_for_each_phase() -> None:
    text = walked(optimizer=True).to_markdown()
    rows = [line for line in text.splitlines() if line.startswith("| ") and line[2].isdigit()]
    w = walked(optimizer=True)
    assert len(rows) == len(w)
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows)
    assert text.count("###") == 3
    assert walked().open("loss").to_markdown().count("###") == 4


def test_latex_is_ascii_and_its_braces_match() -> None:
    for text in (walked(optimizer=True).to_latex(), walked().open("h1").to_latex(), walked().open("loss").to_latex()):
        assert text.isascii(), {c for c in text if ord(c) > 127}
        plain = re.sub(r"\\[{}]", "", text)
        assert plain.count("{") == plain.count("}")
        assert text.count(r"\begin{align*}") == text.count(r"\end{align*}")
    assert r"\mathit{fc1} &= x\cdot \mathit{fc1\_weight}^{\top} + \mathit{fc1\_bias}" in walked().to_latex()


def test_latex_has_gradients_beside_forward_values() -> None:
    forward, backward = walked().to_latex().split("paragraph{backward", 1)
    assert r"\frac{\partial \mathit{loss}}{\partial \mathit{fc1}} = \begin{pmatrix}" in forward
    assert forward.count(r"\frac{\partial") == len(walked().program.phase("forward"))
    assert r"\frac" not in backward


class Formulas(nn.Module):
    """Sums over one dimension and over all, without bias, and a constant vector."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(2, 3, bias=False)

    def forward(self, x: Any) -> Any:
        h = self.fc(x)
        return h.sum((1,)) + (h == gn.tensor([0.0, 1.0, 2.5])).sum() + h.norm()


def test_formulas_are_in_the_names_of_the_values() -> None:
    w = walkthrough(Formulas(), gn.randn(2, 2), gn.randn(2), F.mse_loss)
    found = {row.name: row.formula for section in w.page.sections for row in section.rows}
    assert found["fc"] == "fc = x·fc_weightᵀ"
    assert found["sum1"] == "sum1 = Σ fc over dim 1"
    assert found["eq1"] == "eq1 = fc == [0 1 2.5]"
    assert found["sum2"] == "sum2 = Σ eq1"
    assert found["norm1"] == "norm1 = √(Σ fc²)"


def test_in_the_textbooks_derivation_each_name_stands_for_one_thing() -> None:
    opened = walked().open("loss")
    names = [step.name for step in opened.derivation.steps]
    assert "y" not in names  # these are the labels
    assert len(set(names)) == len(names)
    found = {row.name: row.formula for section in opened.page.sections for row in section.rows}
    assert found["p"] == "p = e·r"
    assert found["L"] == "L = Σ L_part"
    assert found["share"] == "shareᵢ = 1, 0 where yᵢ = ignore_index -100, divided by their sum"


@pytest.mark.parametrize("op", registry.values(), ids=registry)
def test_every_formula_can_be_written_in_latex(op: Op) -> None:
    for text in (LatexMath().text(formula_of(op)), math_of(op.formula), text_of(op.formula)):
        assert text.isascii(), text
        assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
