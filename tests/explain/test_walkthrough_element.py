"""One number spelled out, and a named operation opened."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import nn, optim
from glassnet.explain.walkthrough import WalkthroughError, walkthrough
from glassnet.explain.walkthrough.text import columns
from glassnet.nn import functional as F
from tests.explain.arithmetic_text import holds
from tests.explain.walked import Net, batch, walked


def test_an_element_is_traced_to_inputs_and_weights_and_its_gradient_to_the_loss() -> None:
    element = walked(optimizer=True).element("fc1", 0, 1)
    first = element.forward.lines[0]
    assert first.formula == "x[0,0]·fc1_weight[1,0] + x[0,1]·fc1_weight[1,1] + fc1_bias[1]"
    assert {line.origin for line in element.forward.lines} == {"", "input", "parameter"}
    back = element.backward.lines
    assert back[0].name == "d_fc1[0,1]"
    assert back[0].formula == "d_h1[0,1]·h1[0,1]·(1 - h1[0,1])"
    assert "d_fc2[0,0]" in [line.name for line in back]
    assert element.number == first.number
    assert element.update is None
    text = str(element)
    assert f"fc1[0,1] = {first.arithmetic}" in " ".join(text.split())
    assert repr(element) == text


def test_a_parameter_has_a_gradient_and_an_update() -> None:
    element = walked(optimizer=True).element("fc2.weight", -1, -1)
    assert element.forward.lines[0].origin == "parameter"
    assert element.backward.lines[0].formula.count("d_fc2[") == 4
    assert element.update.lines[0].formula == "fc2_weight[1,2] - lr·d_fc2_weight[1,2]"
    assert "the step asks for none" in str(walked().element("x", 0, 0))


def test_adam_is_spelled_out_down_to_its_memory() -> None:
    model = Net()
    w = walkthrough(model, *batch(), F.cross_entropy, optim.Adam(model.parameters()))
    for name in ("fc1_weight", "fc1_weight_exp_avg", "fc1_weight_exp_avg_sq"):
        for line in w.element(name, 0, 1).update.lines:
            assert line.expr is None or holds(line.arithmetic, line.number), line.arithmetic
    assert w.element("new_fc1_weight_step").number == 1


def test_every_element_of_a_step_is_spelled_out_truly() -> None:
    w = walked(optimizer=True)
    for value in w.values.values():
        if not value.array.size:
            continue
        last = tuple(n - 1 for n in value.array.shape)
        for chain in w.element(value.name, *last).chains:
            for line in chain.lines:
                assert line.expr is None or holds(line.arithmetic, line.number), f"{line.name} = {line.arithmetic}"


def test_long_sums_are_shortened_honestly() -> None:
    model = nn.Sequential(nn.Linear(784, 3), nn.ReLU(), nn.Linear(3, 2))
    w = walkthrough(model, gn.randn(4, 784), gn.tensor([0, 1, 1, 0]), F.cross_entropy)
    line = w.element("linear0", 2, 1, terms=3).forward.lines[0]
    assert re.search(r"\(… 781 more terms: [-\d.e]+\)", line.arithmetic)
    assert line.formula.count("·") == 3
    assert holds(line.arithmetic, line.number)
    products = w["x"].array[2].astype(float) * w["linear0_weight"].array[1]
    shown = [int(k) for k in re.findall(r"x\[2,(\d+)\]", line.formula)]
    assert shown == sorted(np.argsort(-np.abs(products))[:3].tolist())  # the weightiest, in order


def test_a_long_trace_says_how_much_it_leaves_out() -> None:
    element = walked().element("loss", lines=5)
    assert len(element.forward.lines) == 5
    assert element.forward.more > 0
    assert f"… {element.forward.more} more elements" in str(element)


@pytest.mark.parametrize("scale", [1, 20, 200])
@pytest.mark.parametrize(
    "options", [{}, {"reduction": "sum"}, {"ignore_index": 1}, {"weight": [1.0, 2.0, 0.5]}], ids=str
)
def test_softmax_with_loss_by_shortcut_and_node_by_node(options: dict[str, Any], scale: float) -> None:
    options = {k: gn.tensor(v) if isinstance(v, list) else v for k, v in options.items()}
    model = nn.Sequential(nn.Linear(2, 3))
    x, y = batch()
    w = walkthrough(model, x * scale, y, lambda out, target: F.cross_entropy(out, target, **options))
    opened = w.open("loss")
    steps = {step.name: step for step in opened.derivation.steps}
    assert {"t", "e", "S", "r", "p", "log_p", "t_log_p", "L"} <= steps.keys()
    a = w["linear0"].array.astype(float)
    softmax = np.exp(a - a.max(1, keepdims=True))
    np.testing.assert_allclose(steps["p"].array, softmax / softmax.sum(1, keepdims=True), rtol=1e-4, atol=1e-7)
    for what, difference in opened.differences.items():
        if scale < 200 or "(p − t)" in what:
            assert difference < 1e-5, what
    assert "∂loss/∂linear0 and (p − t)·share" in opened.differences
    np.testing.assert_array_equal(opened.shortcut.gradients["linear0"], w["linear0"].gradient.array)
    assert steps["p"].gradient is not None


def test_where_the_textbooks_way_fails_it_is_said() -> None:
    model = nn.Sequential(nn.Linear(2, 2, bias=False))
    with gn.no_grad():
        model[0].weight.copy_(gn.tensor([[200.0, 0.0], [0.0, -200.0]]))
    w = walkthrough(model, gn.ones(1, 2), gn.tensor([0]), F.cross_entropy)
    assert "left what a computer can hold" in str(w.open("loss"))
    assert w.open("loss").differences["∂loss/∂linear0 and (p − t)·share"] == 0


def test_any_named_operation_opens() -> None:
    w = walked(optimizer=True)
    for name in ("fc1", "h1", "loss", "log_softmax1", "new_fc1_weight"):
        opened = w.open(name)
        assert max(opened.differences.values()) < 1e-6
        assert all(columns(line) <= 80 for line in str(opened).splitlines())
        assert repr(opened) == str(opened)
    assert [step.instruction.op.name for step in w.open("h1").derivation.steps[:4]] == ["neg", "exp", "add", "div"]


@pytest.mark.parametrize(("name", "said"), [("x", "is an input"), ("fc1_weight", "is a parameter"), ("lr", "is state")])
def test_what_no_operation_made_does_not_open(name: str, said: str) -> None:
    with pytest.raises(WalkthroughError, match=said):
        walked(optimizer=True).open(name)


def test_a_core_operation_does_not_open() -> None:
    with pytest.raises(WalkthroughError, match="exp1 is made by exp, a primitive operation"):
        walked().open("exp1")
