"""What a notebook shows of tensors, networks and programs: small, well-formed tables."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn
from glassnet.explain.notebook import WRITERS, html
from glassnet.explain.walkthrough import walkthrough
from glassnet.notebook import repr_html

VOID = {"br", "meta", "hr"}


class Balanced(HTMLParser):
    """Raises AssertionError where tags do not close in order; keeps the texts of cells."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1] += data


def cells(value):
    parser = Balanced()
    parser.feed(value._repr_html_())
    assert parser.open == []
    return parser.cells


class 층(nn.Module):
    def __init__(self):
        super().__init__()
        self.입력 = nn.Linear(2, 3)
        self.같은 = self.입력

    def forward(self, x):
        return self.입력(x)


def program():
    step = glassnet.compile(nn.Sequential(nn.Linear(2, 2), nn.Tanh()))
    step(glassnet.randn(3, 2))
    return step.program


SHOWN = {
    "vector": lambda: glassnet.tensor([1.0, -2.0]),
    "matrix": lambda: glassnet.randn(3, 4),
    "large": lambda: glassnet.randn(1000, 1000),
    "numbers": lambda: glassnet.arange(5),
    "truths": lambda: glassnet.tensor([True, False]),
    "not finite": lambda: glassnet.tensor([float("nan"), float("inf"), 1.0]),
    "empty": lambda: glassnet.zeros(0, 3),
    "number": lambda: glassnet.tensor(3.5),
    "cube": lambda: glassnet.zeros(2, 2, 2),
    "network": lambda: nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Sequential(nn.Linear(3, 1, bias=False))),
    "Korean": 층,
    "program": program,
    "long program": lambda: walkthrough(deep(60), glassnet.randn(2, 2), glassnet.randn(2, 2), F.mse_loss).program,
}


def deep(n):
    return nn.Sequential(*(nn.Linear(2, 2) for _ in range(n)))


@pytest.mark.parametrize("make", SHOWN.values(), ids=SHOWN)
def test_it_is_well_formed_and_small(make):
    value = make()
    cells(value)
    assert len(value._repr_html_()) < 100_000


def test_a_matrix_has_its_numbers_and_says_what_it_is():
    x = glassnet.tensor([[1.0, -2.0], [0.0, 4.0]], requires_grad=True)
    assert cells(x) == ["1", "-2", "0", "4"]
    html = x._repr_html_()
    assert '<table class="glassnet-table glassnet-heat">\n<caption>float32 [2, 2], requires grad</caption>' in html
    assert ".glassnet-heat caption { white-space: nowrap" in html  # else a narrow table would break it into words
    assert 'rgba(214, 39, 40, 0.45)">4<' in html  # the largest has the strongest shade
    assert 'rgba(31, 119, 180, 0.23)">-2<' in html
    assert '<td class="number">0<' in html


def test_of_a_large_matrix_the_corners_are_shown():
    x = glassnet.arange(10_000).reshape(100, 100)
    shown = cells(x)
    assert len(shown) == 13 * 13
    assert shown[:8] == ["0", "1", "2", "3", "4", "5", "…", "94"]
    assert shown[-1] == "9999"


def test_what_is_no_table_is_the_text():
    assert glassnet.tensor(3.5)._repr_html_() == "<pre>tensor(3.5000)</pre>"
    assert glassnet.zeros(2, 2, 2)._repr_html_().startswith("<pre>tensor([[[0., 0.],")


def test_showing_a_tensor_while_recording_is_refused():
    step = glassnet.compile(lambda x: (x * 2)._repr_html_())
    with pytest.raises(glassnet.GlassnetError, match="printing"):
        step(glassnet.ones(2))


def test_a_network_lists_what_it_learns():
    model = nn.Sequential(nn.Linear(4, 3), nn.Sequential(nn.Linear(3, 1, bias=False)))
    model[0].weight.requires_grad_(False)
    model.eval()
    shown = cells(model)
    assert shown[4:] == [
        *("", "Sequential()", "", ""),
        *("0", "Linear(in_features=4, out_features=3, bias=True)", "weight [3, 4], bias [3]", "15"),
        *("1", "Sequential()", "", ""),
        *("  0", "Linear(in_features=3, out_features=1, bias=False)", "weight [1, 3]", "3"),
    ]
    assert "Sequential: 18 parameters, 6 learned, in evaluation mode" in model._repr_html_()


def test_a_module_that_comes_again_is_counted_once():
    shown = cells(층())
    assert "same as 입력" in shown
    assert "층: 9 parameters" in 층()._repr_html_()


def test_of_many_layers_the_rest_is_counted():
    assert "… 21 more" in cells(deep(120))


def test_a_program_is_a_table_by_phases():
    model = nn.Linear(2, 1)
    step = walkthrough(model, glassnet.randn(3, 2), glassnet.randn(3, 1), F.mse_loss)
    shown = cells(step.program)
    assert "forward" in shown
    assert "backward" in shown
    assert any(re.fullmatch(r"linear\(x, \w*weight, \w*bias\)", text) for text in shown)
    assert "<caption>input: x float32[3, 2], y float32[3, 1]; state: " in step.program._repr_html_()


def test_of_a_long_program_the_middle_is_left_out():
    assert any("more lines: print(program) shows them all" in text for text in cells(SHOWN["long program"]()))


def test_importing_glassnet_does_not_load_what_writes_html():
    code = "import sys, glassnet; assert glassnet.tensor and not [m for m in sys.modules if 'glassnet.explain' in m]"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_class_that_is_shown_has_a_writer():
    source = Path(glassnet.__file__).parent
    asking = sum(path.read_text(encoding="utf-8").count("_repr_html_ = repr_html") for path in source.rglob("*.py"))
    assert asking == len(WRITERS)
    assert all(base._repr_html_ is repr_html for base in WRITERS)
    with pytest.raises(TypeError, match=r"expected a Tensor, Module, Program, .*, got int"):
        html(3)
