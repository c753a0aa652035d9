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
from glassnet.explain.checkup.observed import Observed
from tests.explain.corpus.common import FIRST, Digits, Residual, Script, blobs, digits, line, mlp
from tests.explain.corpus.measure import CORPORA, examined, measured, together
from tests.explain.corpus.planted.faults import FAULTS

BROKEN, HEALTHY = FIRST.broken, FIRST.healthy
KINDS = Counter(kinds[0] for corpus in CORPORA.values() for kinds, _ in corpus.broken.values())
KINDS += Counter(fault.kinds[0] for fault in FAULTS.values() for _ in fault.hosts)


def test_the_corpus_is_as_large_as_it_should_be():
    assert len(BROKEN) >= 60
    assert len(HEALTHY) >= 40
    assert KINDS.keys() == CHECKS.keys() - {"step_fails"}  # an error tells itself; see below


# Of each kind of fault, the first script that has it.
ONE_OF_EACH = {kinds[0]: (kinds, make) for kinds, make in reversed(BROKEN.values())}


@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_a_fault_of_each_kind_is_the_first_finding(kind):
    kinds, make = ONE_OF_EACH[kind]
    first, *_ = examined(make())
    assert first.kind in kinds


@pytest.mark.parametrize("name", list(HEALTHY)[::6])
def test_a_healthy_script_is_left_alone(name):
    assert examined(HEALTHY[name]()).healthy


@pytest.fixture(scope="module")
def found():
    return {name: measured(corpus) for name, corpus in CORPORA.items()}


@pytest.mark.slow("examines some three hundred scripts")
def test_what_is_broken_is_found_and_what_is_healthy_is_left_alone(found):
    whole = together(found.values())
    for name, one in {**found, "together": whole}.items():
        print(f"{name}: {one}")
    for one in (found["first"], found["second"], whole):
        assert one.detected >= 0.95, one.missed
        assert one.at_the_top >= 0.90, one.missed
        assert len(one.false_alarms) <= one.healthy / 40, one.false_alarms


@pytest.mark.parametrize(
    "name", ["softmax_in_the_network", "log_of_zero", "no_zero_grad", "dead_digits", "one_in_fifty"]
)
def test_a_finding_has_numbers_and_a_remedy(name):
    kinds, make = BROKEN[name]
    first, *_ = examined(make())
    assert first.kind in kinds
    assert any(character.isdigit() for character in first.evidence)
    assert first.remedy
    assert str(first).count("\n") == 2


@pytest.mark.slow("examines some three hundred scripts")
def test_the_page_has_every_check_the_likeliest_cause_first_and_the_rates_as_measured(found):
    ordered = sorted(CHECKS.values(), key=lambda c: -c.weight)
    for name in ("checkup.md", "ko/checkup.md"):
        text = (Path(__file__).parents[2] / "docs" / name).read_text(encoding="utf-8")
        rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (\d+) \|$", text, re.MULTILINE)
        assert [(kind, int(scripts)) for kind, _, scripts in rows] == [(c.name, KINDS[c.name]) for c in ordered]
        if "/" not in name:
            assert [words for _, words, _ in rows] == [(c.look.__doc__ or "").split(".")[0] for c in ordered]
        rates = re.findall(r"^\| .+? \| (\d+) \| (\d+) \| ([\d.]+) \| ([\d.]+) \| (\d+) \|$", text, re.MULTILINE)
        for one, written in zip(found.values(), rates, strict=True):
            broken, healthy, detected, at_the_top, alarms = map(float, written)
            assert (one.broken, one.healthy) == (broken, healthy)
            assert one.detected == pytest.approx(detected, abs=0.03)  # another machine rounds otherwise
            assert one.at_the_top == pytest.approx(at_the_top, abs=0.03)
            assert len(one.false_alarms) == pytest.approx(alarms, abs=1)


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
        bright = x[x > 0.5].mean() if x.mean() < 100 else x.max()
        return super().forward(x) + bright + glassnet.tensor(x.numpy().mean())


class Clamping(Digits):
    def forward(self, x):
        return super().forward(x.clamp_(0, 1))


def test_a_step_that_chooses_by_numbers_is_examined_all_the_same():
    assert examined(Script(Choosing(), digits())).healthy
    (x, y), choosing = digits(), Choosing()
    (finding,) = examined(Script(nn.Sequential(choosing, nn.Softmax(1)), (x, y)))
    assert finding.kind == "softmax_before_loss"


def test_a_step_that_cannot_be_recorded_is_not_said_to_end_in_an_error():
    (finding,) = examined(Script(Clamping(), digits()))
    assert finding.kind == "step_fails"
    assert finding.problem.startswith("the step cannot be traced")
    assert "x.clamp_(0, 1)" in finding.evidence
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
    kinds, make = BROKEN["softmax_in_forward"]
    script = make()
    assert [f.kind for f in checkup(script.model, script.data, script.loss)] == list(kinds)


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


# what your own step does -------------------------------------------------------------------------------------


def _stepping(make, **more):
    """A script of a network, and what its own step is found to do."""
    model, data = mlp(4, 8, 3), blobs()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    return [f.kind for f in checkup(model, data, F.cross_entropy, optimizer, step=make(model, optimizer), **more)]


def _usual(model, optimizer):
    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def test_a_step_that_raises_is_a_finding_and_not_an_error():
    model, data = mlp(4, 8, 3), blobs()
    (finding,) = checkup(model, data, F.cross_entropy, step=lambda x, y: {}["boom"])
    assert finding.kind == "step_fails"
    assert finding.problem == "your step ends in an error"
    assert finding.evidence == "KeyError: 'boom'"


def test_a_step_with_a_closure_has_gradients_when_they_are_used():
    def make(model, optimizer):
        def closure(x, y):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            return loss

        return lambda x, y: optimizer.step(lambda: closure(x, y))

    assert _stepping(make) == []


@pytest.mark.parametrize("before", [True, False])
def test_a_compiled_step_is_watched_and_goes_on_as_it_did(before):
    model, (x, y) = mlp(4, 8, 3), blobs()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    step = glassnet.compile(_usual(model, optimizer))
    if before:
        step(x[:32], y[:32])
    assert checkup(model, (x, y), F.cross_entropy, optimizer, step=step).healthy
    assert "step" not in vars(optimizer)
    first, *_, last = [step(x[:32], y[:32]).item() for _ in range(20)]
    assert last < first  # the update is still part of it


@pytest.mark.parametrize("zeroed", [True, False])
def test_a_step_that_updates_without_an_optimizer(zeroed):
    model, data = mlp(4, 8, 3), blobs()

    def step(x, y):
        F.cross_entropy(model(x), y).backward()
        with glassnet.no_grad():
            for p in model.parameters():
                p -= 0.01 * p.grad
        if zeroed:
            model.zero_grad()

    kinds = [f.kind for f in checkup(model, data, F.cross_entropy, step=step)]
    assert kinds == ([] if zeroed else ["gradients_not_zeroed"])


def test_the_modes_that_count_are_those_in_the_step():
    model, data = Digits(), digits()
    optimizer = optim.Adam(model.parameters(), lr=0.005)
    usual = _usual(model, optimizer)
    model.eval()  # after an evaluation, say
    found = checkup(model, data, F.cross_entropy, optimizer, step=lambda x, y: (model.train(), usual(x, y)))
    assert found.healthy
    (finding,) = checkup(model, data, F.cross_entropy, optimizer, step=usual)
    assert finding.evidence == "1 of 1 layers that differ are in evaluation mode in your step: dropout (Dropout)"
    found = checkup(model, data, F.cross_entropy, optimizer, step=lambda x, y: None)
    assert [finding.kind for finding in found] == ["update_missing", "evaluation_mode"]
    assert found.findings[1].evidence == "1 of 1 layers that differ are in evaluation mode: dropout (Dropout)"


class Scaling(nn.Module):
    """A loss that learns a scale of its own."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(glassnet.ones(()))

    def forward(self, scores, labels):
        return F.cross_entropy(scores * self.scale, labels)


def test_in_a_trial_parameters_of_the_loss_are_set_to_zero_too():
    model, loss, (x, y) = mlp(4, 8, 3), Scaling(), blobs()
    optimizer = optim.SGD([*model.parameters(), *loss.parameters()], lr=0.0)
    seen = Observed(model, [(x, y)], loss, optimizer)
    gradients = []
    for _ in range(2):
        seen.learn(x, y, optimizer)
        gradients.append(loss.scale.grad.item())
    assert gradients[0] == gradients[1] != 0


def test_gradients_by_hand_that_are_right_are_left_alone():
    model = nn.Linear(4, 3)

    def step(x, y):
        with glassnet.no_grad():
            delta = (F.softmax(model(x), dim=1) - F.one_hot(y, 3)) / len(x)
            model.weight.grad, model.bias.grad = delta.T @ x, delta.sum(0)
        optimizer.step()

    optimizer = optim.SGD(model.parameters(), lr=0.1)
    assert checkup(model, blobs(), F.cross_entropy, optimizer, step=step).healthy


def test_a_step_that_cannot_be_recorded_is_watched_all_the_same():
    model, data = Clamping(), digits()
    optimizer = optim.SGD(model.parameters(), lr=50.0, momentum=0.9)
    kinds = [f.kind for f in checkup(model, data, F.cross_entropy, optimizer)]
    assert kinds[:1] == ["step_fails"]
    assert "learning_rate_too_high" in kinds


# several inputs, and losses of other kinds -------------------------------------------------------------------


class Sum(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(3, 1), nn.Linear(2, 1)

    def forward(self, x, more):
        return self.a(x) + self.b(more)


@pytest.mark.parametrize("wrap", [lambda pair: pair, lambda pair: [pair, pair]])
def test_a_network_may_be_called_with_several_inputs(wrap):
    x, y = line()
    data = wrap(((x[:, :3], x[:, 3:]), y))
    model = Sum()
    assert checkup(model, data, F.mse_loss, optim.Adam(model.parameters(), lr=0.05)).healthy
    large = wrap(((x[:, :3], x[:, 3:] * 1000), y))
    (finding,) = checkup(model, large, F.mse_loss)
    assert finding.problem == "the inputs x_2 are not scaled"


def test_each_of_several_inputs_has_as_many_samples():
    x, y = line()
    with pytest.raises(CheckupError, match="as many targets as samples, got 256 for 255"):
        checkup(Sum(), ((x[:, :3], x[:-1, 3:]), y), F.mse_loss)


class TwoOutputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(5, 2)

    def forward(self, x):
        mean, spread = self.fc(x)[:, :1], self.fc(x)[:, 1:]
        return mean, F.softplus(spread) + 0.01


def test_a_network_may_give_two_outputs():
    def loss(outputs, y):
        return F.gaussian_nll_loss(outputs[0], y, outputs[1])

    model = TwoOutputs()
    assert checkup(model, line(), loss, optim.Adam(model.parameters(), lr=0.03)).healthy
    kinds = [f.kind for f in checkup(model, line(), loss, optim.SGD(model.parameters(), lr=1e6))]
    assert kinds == ["learning_rate_too_high"]


@pytest.mark.parametrize("constant", [pytest.param(-100.0, marks=pytest.mark.slow("tries many rates")), 100.0])
def test_what_is_added_to_a_loss_changes_no_verdict(constant):
    def loss(output, y):
        return F.mse_loss(output, y) + constant

    for rate, kinds in ((0.05, []), (5.0, ["learning_rate_too_high"]), (1e-8, ["learning_rate_too_low"])):
        glassnet.manual_seed(0)
        model = Residual(5, 16, 1)
        assert [f.kind for f in checkup(model, line(), loss, optim.SGD(model.parameters(), lr=rate))] == kinds


def test_a_balanced_loader_of_unbalanced_data_is_left_alone():
    from glassnet.data import WeightedRandomSampler

    x, y = blobs(2, n=400)
    rare = (np.arange(400) % 2 == 0) | (np.arange(400) % 40 == 1)
    x, y = x[glassnet.tensor(np.flatnonzero(rare))], y[glassnet.tensor(np.flatnonzero(rare))]
    weights = [1.0 if label == 0 else 20.0 for label in y.tolist()]
    loader = DataLoader(TensorDataset(x, y), 32, sampler=WeightedRandomSampler(weights, len(y)))
    model = mlp(4, 16, 2)
    assert checkup(model, loader, F.cross_entropy, optim.Adam(model.parameters(), lr=0.003)).healthy


def test_huge_inputs_are_told_as_such():
    x, y = digits()
    for scale in (1e6, 1e12, 1e20):
        model = Digits()
        assert [f.kind for f in checkup(model, (x * scale, y), F.cross_entropy)] == ["unscaled_inputs"]


def test_a_finding_has_fields_of_which_its_sentences_are_made():
    first, *_ = examined(BROKEN["labels_from_one"][1]())
    assert (first.kind, first.where) == ("labels_out_of_range", "")
    assert first.numbers == {"low": 1, "high": 3, "classes": 3, "last": 2, "outputs": 4}
    nan, *_ = examined(BROKEN["log_of_zero"][1]())
    assert (nan.where, nan.numbers["op"], nan.numbers["made"]) == ("log1", "log", float("-inf"))


@pytest.mark.parametrize("name", ["dead_digits", "no_zero_grad", "softmax_in_the_network"])
def test_a_finding_names_the_layer_or_parameter(name):
    first, *_ = examined(BROKEN[name][1]())
    assert first.where
    assert first.where in str(first)


def _noted(model, x, y, loss, optimizer):
    return [finding.kind for finding in checkup(model, (x, y), loss, optimizer)]


def test_an_optimizer_that_makes_the_loss_greater_is_told():
    glassnet.manual_seed(0)
    model, (x, y) = mlp(5, 8, 1), line()
    first = checkup(model, (x, y), F.mse_loss, optim.SGD(model.parameters(), lr=0.1, maximize=True)).findings[0]
    assert first.kind == "loss_rewards_errors"
    assert "maximize=True" in first.evidence


def test_a_loss_that_no_small_change_changes_has_no_gradient():
    glassnet.manual_seed(0)
    x = glassnet.randn(64, 3)
    y = (x[:, :1] > 0).float()
    model = mlp(3, 8, 1)

    def errors(output, target):
        return ((output > 0).float() - target).abs().mean() + 0 * output.sum()

    assert _noted(model, x, y, errors, optim.Adam(model.parameters())) == ["no_gradient"]


@pytest.mark.slow("learns and holds samples out")
def test_where_nearly_all_targets_are_of_one_class_it_is_not_said_that_they_have_nothing_to_do_with_the_inputs():
    glassnet.manual_seed(0)
    x = glassnet.randn(200, 4)
    y = glassnet.zeros(200).long()
    y[:2] = 1
    model = mlp(4, 8, 2)
    kinds = _noted(model, x, y, F.cross_entropy, optim.SGD(model.parameters(), lr=0.1, momentum=0.9))
    assert "labels_unrelated" not in kinds


def test_numbers_that_are_all_the_same_are_no_targets():
    glassnet.manual_seed(0)
    model = mlp(3, 8, 1)
    optimizer = optim.Adam(model.parameters())
    assert _noted(model, glassnet.randn(64, 3), glassnet.full((64, 1), 2.5), F.mse_loss, optimizer)[0] == (
        "constant_targets"
    )


def test_a_relu_at_the_end_that_is_dead_is_told():
    glassnet.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1), nn.ReLU())
    nn.init.constant_(model[2].bias, -9.0)
    x = glassnet.randn(64, 3)
    assert _noted(model, x, x[:, :1].abs(), F.mse_loss, optim.Adam(model.parameters()))[0] == "dead_relu"


def test_two_samples_of_thirty_that_are_alike_are_no_leakage():
    glassnet.manual_seed(0)
    model, x = mlp(4, 8, 1), glassnet.randn(120, 4)
    for shared, kinds in ((2, []), (10, ["leakage"])):
        other = glassnet.cat([x[:shared], glassnet.randn(30 - shared, 4)])
        validation = other, other.sum(1, keepdim=True)
        optimizer = optim.Adam(model.parameters(), lr=0.01)
        found = checkup(model, (x, x.sum(1, keepdim=True)), F.mse_loss, optimizer, validation=validation)
        assert [finding.kind for finding in found] == kinds


@pytest.mark.slow("tries many starts")
def test_two_hidden_units_that_are_stuck_on_the_way_are_told():
    x, y = glassnet.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]]), glassnet.tensor([[0.0], [1], [1], [0]])
    told = 0
    for seed in range(6):
        glassnet.manual_seed(seed)
        model = mlp(2, 2, 1)
        kinds = _noted(model, x, y, F.binary_cross_entropy_with_logits, optim.SGD(model.parameters(), lr=0.5))
        assert "cannot_overfit" not in kinds  # from another start it does
        told += kinds == ["stuck"]
    assert told >= 2
