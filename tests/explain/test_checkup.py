"""The check-up: what it finds in the corpus, and that it leaves everything as it was."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.data import DataLoader, TensorDataset
from glassnet.explain.checkup import CHECKS, CheckupError, checkup
from tests.explain.corpus.common import BROKEN, HEALTHY, Digits, Script, blobs, digits, mlp
from tests.explain.corpus.measure import examined, measured

KINDS = Counter(kind for kind, _ in BROKEN.values())


def test_the_corpus_is_as_large_as_it_should_be():
    assert len(BROKEN) >= 60
    assert len(HEALTHY) >= 40
    assert all(n >= 3 for n in KINDS.values())
    assert KINDS.keys() == CHECKS.keys() - {"step_fails"}  # an error tells itself; see below


@pytest.fixture(scope="module")
def found():
    return measured()


def test_what_is_broken_is_found_and_what_is_healthy_is_left_alone(found):
    assert found.detected >= 0.95, found.missed
    assert found.at_the_top >= 0.90, found.missed
    assert len(found.false_alarms) <= 1, found.false_alarms


@pytest.mark.parametrize(
    "name", ["softmax_in_the_network", "log_of_zero", "no_zero_grad", "dead_digits", "one_in_fifty"]
)
def test_a_finding_has_numbers_and_a_remedy(name):
    kind, make = BROKEN[name]
    first, *_ = examined(make())
    assert first.kind == kind
    assert any(character.isdigit() for character in first.evidence)
    assert first.remedy
    assert str(first).count("\n") == 2


def test_the_page_has_every_check_the_likeliest_cause_first_and_the_rates_as_measured(found):
    ordered = sorted(CHECKS.values(), key=lambda c: -c.weight)
    for name in ("checkup.md", "ko/checkup.md"):
        text = (Path(__file__).parents[2] / "docs" / name).read_text(encoding="utf-8")
        rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (\d+) \|$", text, re.MULTILINE)
        assert [(kind, int(scripts)) for kind, _, scripts in rows] == [(c.name, KINDS[c.name]) for c in ordered]
        if "/" not in name:
            assert [words for _, words, _ in rows] == [(c.look.__doc__ or "").split(".")[0] for c in ordered]
        (rates,) = re.findall(r"^\| 0 \| ([\d.]+) \| ([\d.]+) \| (\d+) \|$", text, re.MULTILINE)
        detected, at_the_top, alarms = map(float, rates)
        assert found.detected == pytest.approx(detected, abs=0.03)  # another machine rounds otherwise
        assert found.at_the_top == pytest.approx(at_the_top, abs=0.03)
        assert len(found.false_alarms) == pytest.approx(alarms, abs=1)
        assert f"{len(BROKEN)}" in text
        assert f"{len(HEALTHY)}" in text


def test_the_first_instruction_that_made_a_nan_is_named():
    (first, *_) = examined(BROKEN["log_of_zero"][1]())
    assert first.problem.startswith("log")
    assert "log(h1) (forward) of h1 in 0 …" in first.evidence
    assert "made -inf" in first.evidence


def test_it_says_nothing_about_a_healthy_run():
    result = examined(HEALTHY["blobs_relu"]())
    assert result.healthy
    assert len(result) == 0
    assert str(result) == "Nothing wrong was found."
    assert "Nothing wrong was found." in result._repr_html_()
    assert repr(result) == "<Checkup: nothing wrong was found>"


def test_it_is_shown_in_a_terminal_and_in_a_notebook():
    result = examined(BROKEN["labels_from_one"][1]())
    assert str(result).startswith(
        "1. labels begin at 1, and classes are counted from 0\n  evidence: labels from 1 to 3"
    )
    assert "<li><b>labels begin at 1" in result._repr_html_()
    assert repr(result) == "<Checkup: labels_out_of_range>"


def test_a_step_that_fails_is_told_with_its_message():
    script = Script(mlp(5, 8, 3), blobs())  # blobs have 4 features
    (finding,) = examined(script)
    assert finding.kind == "step_fails"
    assert "ShapeError" in finding.evidence
    assert "whose last dimension is 5" in finding.evidence


class Choosing(Digits):
    def forward(self, x):
        return super().forward(x) if x.mean() < 100 else super().forward(x / 2)


def test_a_step_that_cannot_be_recorded_is_not_said_to_end_in_an_error():
    (finding,) = examined(Script(Choosing(), digits()))
    assert finding.kind == "step_fails"
    assert finding.problem.startswith("the step cannot be recorded")
    assert "x.mean() < 100" in finding.evidence
    assert "footguns" in finding.remedy


# everything is as before ------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [optim.Adam, lambda p: optim.SGD(p, lr=0.1, momentum=0.9)])
def test_nothing_is_changed(make):
    model, data = Digits(), digits()
    optimizer = make(model.parameters())
    for _ in range(3):
        optimizer.zero_grad()
        F.cross_entropy(model(data[0][:32]), data[1][:32]).backward()
        optimizer.step()
    arrays = [p.array for p in model.parameters()]
    numbers = [p.array.copy() for p in model.parameters()]
    gradients = [p.grad.array.copy() for p in model.parameters()]
    memory = str(optimizer.state_dict())
    state = str(glassnet.get_rng_state())
    checkup(model, DataLoader(TensorDataset(*data), 32, shuffle=True), F.cross_entropy, optimizer)
    for p, array, number, gradient in zip(model.parameters(), arrays, numbers, gradients, strict=True):
        assert p.array is array
        np.testing.assert_array_equal(p.array, number)
        np.testing.assert_array_equal(p.grad.array, gradient)
        assert p.dtype == glassnet.float32
    assert str(optimizer.state_dict()) == memory
    assert str(glassnet.get_rng_state()) == state
    assert model.training


def test_an_optimizer_that_has_not_stepped_has_no_memory_afterwards():
    model = mlp(4, 8, 3)
    optimizer = optim.Adam(model.parameters())
    before = optimizer.state_dict()["state"]
    checkup(model, blobs(), F.cross_entropy, optimizer)
    assert optimizer.state_dict()["state"] == before == {}


# what may be given ----------------------------------------------------------------------------------------


def test_without_an_optimizer_the_rest_is_checked():
    kind, make = BROKEN["softmax_in_forward"]
    script = make()
    assert [f.kind for f in checkup(script.model, script.data, script.loss)] == [kind]


def test_data_may_be_arrays_a_dataset_a_loader_or_batches():
    x, y = blobs()
    for data in (
        (x.numpy(), y.numpy()),
        TensorDataset(x, y),
        DataLoader(TensorDataset(x, y), 16),
        [(x[:32], y[:32]), (x[32:64], y[32:64]), (x[64:96], y[64:96])],
        (x[:5], y[:5]),
    ):
        assert checkup(mlp(4, 8, 3), data, F.cross_entropy).healthy


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (3, "got int"),
        ((glassnet.ones(3, 4), glassnet.ones(2)), "as many targets as samples, got 2 for 3"),
        ([1, 2, 3], "data of two parts"),
        (glassnet.ones(3, 4), "data of two parts"),
        ((glassnet.ones(0, 4), glassnet.ones(0)), "at least one sample"),
        ([], "at least one sample"),
    ],
)
def test_data_that_cannot_be_looked_at(data, message):
    with pytest.raises(CheckupError, match=message):
        checkup(nn.Linear(4, 3), data, F.cross_entropy)


def test_a_model_and_a_loss_are_needed():
    with pytest.raises(CheckupError, match="expected a module, data and a loss, got function and str"):
        checkup(mlp, blobs(), "cross_entropy")


@pytest.mark.parametrize(
    ("loss", "optimizer", "message"),
    [
        (nn.CrossEntropyLoss, None, r"got the class CrossEntropyLoss; make one: CrossEntropyLoss\("),
        (F.cross_entropy, optim.Adam, r"got the class Adam; make one: Adam\("),
        (F.cross_entropy, 0.1, r"expected an optimizer, such as optim.SGD\(…\), got float"),
    ],
)
def test_a_class_in_the_place_of_a_loss_or_an_optimizer(loss, optimizer, message):
    with pytest.raises(CheckupError, match=message):
        checkup(nn.Linear(4, 3), blobs(), loss, optimizer)


def test_data_may_be_lists():
    x, y = blobs()
    assert checkup(mlp(4, 8, 3), (x.tolist(), y.tolist()), F.cross_entropy).healthy


# on the edges -----------------------------------------------------------------------------------------------


def test_whole_samples_of_which_all_are_ignored():
    x, y = blobs()
    result = checkup(mlp(4, 8, 3), (x, glassnet.full_like(y, -100)), F.cross_entropy)
    assert "labels_out_of_range" not in [f.kind for f in result]


def test_validation_may_be_a_loader():
    x, y = blobs()
    held = DataLoader(TensorDataset(x[:20], y[:20]), 20)
    kinds = [f.kind for f in checkup(mlp(4, 8, 3), (x, y), F.cross_entropy, validation=held)]
    assert kinds == ["leakage"]


def test_parameters_that_are_nan():
    model = mlp(4, 8, 3)
    nn.init.constant_(model[0].bias, float("nan"))
    (finding,) = checkup(model, blobs(), F.cross_entropy)
    assert finding.problem == "parameters are not all finite"
    assert finding.evidence == "0.bias: 8 of 8 numbers"


def test_many_names_are_not_all_listed():
    model = mlp(4, *[8] * 8, 3)
    optimizer = optim.SGD(model[-1].parameters(), lr=0.1)
    finding, *_ = checkup(model, blobs(), F.cross_entropy, optimizer)
    assert finding.evidence == "16 of 18 are missing: 0.weight, 0.bias, 2.weight, 2.bias, 4.weight and 11 more"
