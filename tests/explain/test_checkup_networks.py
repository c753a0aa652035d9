"""The check-up of networks with convolution, recurrence and normalization: where a finding begins and ends."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.data import DataLoader, TensorDataset
from glassnet.explain.checkup import CheckupError, checkup
from glassnet.explain.checkup.observed import Observed
from glassnet.explain.checkup.pictures import likeness
from glassnet.explain.checkup.sequences import gradients_in_time, padding_of
from glassnet.explain.checkup.watched import older_in
from glassnet.tensor.graph import tick
from tests.explain.corpus.measure import examined
from tests.explain.corpus.planted.faults import FAULTS
from tests.explain.corpus.planted.networks import PADDING, Remembering, pictures, sentences, waves
from tests.explain.corpus.planted.trainings import made


def kinds(*arguments, **more):
    return [finding.kind for finding in checkup(*arguments, **more)]


# padding ------------------------------------------------------------------------------------------------------


def test_padding_is_what_samples_end_with_and_do_not_have_before():
    x = sentences(0)[0].numpy()
    padding = padding_of(x)
    assert (padding.filler, padding.longest) == (PADDING, x.shape[1])
    np.testing.assert_array_equal(padding.lengths, (x != PADDING).sum(1))
    rows = np.where((x != PADDING)[..., None], 1.0 + np.random.default_rng(0).random((*x.shape, 2)), 0.0)
    np.testing.assert_array_equal(padding_of(rows).lengths, padding.lengths)


@pytest.mark.parametrize(
    "x",
    [
        np.random.default_rng(0).integers(0, 3, (100, 8)),  # 0 is a word like others
        np.ones((100, 8), np.int64),  # one length
        np.zeros((100, 8), np.int64),  # nothing but padding
        np.random.default_rng(0).random((100, 8)),  # columns of a table
        pictures(0)[0].numpy()[:, 0],  # rows of pictures, empty at both ends
    ],
)
def test_other_ends_are_no_padding(x):
    assert padding_of(x) is None


# state and time -----------------------------------------------------------------------------------------------


def test_a_value_made_before_a_time_is_found_wherever_it_stands():
    w = glassnet.ones(2, requires_grad=True)
    old = w * 2
    time = tick()
    assert older_in({"outputs": [w * 3, (old + w,)]}, time) == (old.grad_fn, "mul")
    assert older_in({"outputs": [w * 3, (old.detach() + w,)]}, time) is None


@pytest.mark.parametrize("layer", [nn.GRU, nn.LSTM])
def test_a_state_carried_over_is_told_by_the_layer_that_made_it(layer):
    model = Remembering(layer(1, 4, batch_first=True), 3, detaches=False)
    (finding,) = checkup(model, waves(0, 64), F.cross_entropy, optim.Adam(model.parameters()))
    assert (finding.kind, finding.where) == ("state_carried_over", "layer")
    assert "what layer made, of shape [1, 32, 4]," in finding.evidence


def test_a_state_that_does_not_fit_the_last_batch_is_told_as_an_error_of_that_batch():
    x, y = waves(0, 240)  # a last batch of 16
    model = Remembering(nn.GRU(1, 8, batch_first=True), 3)
    (finding,) = checkup(model, (x, y), F.cross_entropy, optim.Adam(model.parameters()))
    assert finding.kind == "step_fails"
    assert "another batch than the first" in finding.problem
    assert model.state is None


def test_gradients_that_explode_and_are_clipped_are_left_alone():
    script = FAULTS["recurrent_weights_that_turn_and_grow"].planted("rnn_of_waves", 0)
    assert examined(script).findings[0].kind == "exploding_through_time"

    def step(x, y):
        script.optimizer.zero_grad()
        script.loss(script.model(x), y).backward()
        nn.utils.clip_grad_norm_(script.model.parameters(), 0.1)
        script.optimizer.step()

    script.extra["step"] = step
    assert "exploding_through_time" not in [finding.kind for finding in examined(script)]


@pytest.mark.parametrize("batch_first", [True, False])
def test_gradients_in_time_are_those_of_each_position(batch_first):
    x, y = waves(0, 32)
    layer = nn.RNN(1, 8, batch_first=batch_first)
    x = x if batch_first else x.transpose(0, 1)

    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.out = layer, nn.Linear(8, 3)

        def forward(self, x):
            return self.out(self.layer(x)[1][0])

    model = Last()
    ((name, sizes),) = gradients_in_time(Observed(model, [(x, y)], F.cross_entropy, None))
    x.requires_grad_()
    F.cross_entropy(model(x), y).backward()
    expected = np.sqrt((x.grad.numpy() ** 2).mean((0, 2) if batch_first else (1, 2)))
    assert name == "layer"
    np.testing.assert_allclose(sizes, expected, rtol=1e-4)


# batch norm ---------------------------------------------------------------------------------------------------


def normed():
    return nn.Sequential(nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 10))


@pytest.mark.parametrize(("rest", "drop_last", "found"), [(1, False, True), (1, True, False), (2, False, False)])
def test_a_last_batch_of_one_is_found_far_from_the_batches_that_are_looked_at(rest, drop_last, found):
    x, y = pictures(0, 16 * 18 + rest)
    data = DataLoader(TensorDataset(x.flatten(1), y), 16, drop_last=drop_last)
    model = normed()
    said = kinds(model, data, F.cross_entropy, optim.Adam(model.parameters(), lr=0.003))
    assert said == (["batch_too_small"] if found else [])


def test_a_rest_of_one_sample_of_a_pair_is_left_out():
    x, y = pictures(0, 8 * 32 - 31)
    model = normed()
    assert kinds(model, (x.flatten(1), y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.003)) == []


# pictures -----------------------------------------------------------------------------------------------------


def test_likeness_is_the_correlation_of_neighbours():
    wave = np.sin(0.3 * np.arange(200))[None, :] * np.ones((2, 1))
    assert likeness(wave, 1) == pytest.approx(np.cos(0.3), abs=0.02)
    assert likeness(wave, 1, apart=5) == pytest.approx(np.cos(1.5), abs=0.05)
    assert likeness(np.random.default_rng(0).normal(size=(100, 100)), 1) == pytest.approx(0, abs=0.05)
    assert likeness(np.ones((3, 3)), 0) == likeness(np.zeros((3, 1)), 1) == 0


def test_where_the_network_stands_at_a_kink_its_gradient_is_not_called_wrong():
    x = glassnet.cat([glassnet.zeros(32, 4), glassnet.randn(32, 4)])  # relu(0) for half of them
    model = nn.Sequential(nn.Linear(4, 8, bias=False), nn.ReLU(), nn.Linear(8, 1))
    assert "wrong_gradient" not in kinds(model, (x, x.sum(1, keepdim=True)), F.mse_loss)


# layers that are not complete ---------------------------------------------------------------------------------


def test_a_lazy_layer_is_called_before_it_is_examined():
    x, y = pictures(0)
    model = nn.Sequential(nn.LazyConv2d(8, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(10))
    with pytest.raises(CheckupError, match=r"0\.weight is not known yet; call the network once"):
        checkup(model, (x, y), F.cross_entropy)
    assert isinstance(model[0], nn.LazyConv2d)
    model(x)
    assert kinds(model, (x, y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.003)) == []


# how much it does ---------------------------------------------------------------------------------------------


def test_the_work_of_a_step_is_counted_in_what_it_computes():
    x, y = pictures(0, 32)
    shared = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1), nn.Flatten(), nn.Linear(512, 10)
    )
    numbers = sum(p.numel() for p in shared.parameters())
    work = Observed(shared, [(x, y)], F.cross_entropy, None).work
    products = 3 * 32 * (64 * (8 * 9 + 8 * 8 * 9) + 5120)
    assert products < work < 1.5 * products + 2e6
    assert work > 5 * 3 * 32 * numbers


def test_a_network_that_is_too_large_to_try_for_long_is_not_said_not_to_learn(monkeypatch):
    script = made("transformer_encoder", 0).script()
    monkeypatch.setattr(Observed, "work", 1e10)
    assert examined(script).healthy
