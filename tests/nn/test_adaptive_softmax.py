"""Adaptive softmax: beside PyTorch's, and beside the softmax over all classes that it stands for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import nn


def made(**options: Any) -> nn.AdaptiveLogSoftmaxWithLoss:
    return nn.AdaptiveLogSoftmaxWithLoss(16, 20, [4, 9], div_value=2.0, **options).double()


def test_the_targets_have_the_log_probability_that_all_classes_have() -> None:
    softmax, x = made(), gn.randn(20, 16, dtype=gn.float64)
    everything = softmax.log_prob(x)
    np.testing.assert_allclose(everything.exp().sum(1).detach().numpy(), 1, atol=1e-12)
    output, loss = softmax(x, gn.arange(20))
    np.testing.assert_allclose(output.detach().numpy(), everything.detach().numpy().diagonal(), atol=1e-12)
    assert loss.item() == pytest.approx(-output.mean().item())
    assert softmax.predict(x).tolist() == everything.argmax(1).tolist()
    one, _ = softmax(x[3], gn.tensor(3))
    assert one.shape == ()
    assert one.item() == pytest.approx(output[3].item())


def test_what_no_target_is_in_is_not_computed() -> None:
    softmax = made()
    softmax(gn.randn(3, 16, dtype=gn.float64), gn.tensor([0, 10, 3])).loss.backward()
    assert [cluster[0].weight.grad is None for cluster in softmax.tail] == [True, False]


@pytest.mark.parity
@pytest.mark.parametrize("head_bias", [False, True])
@pytest.mark.parametrize("target", [[0, 19, 4, 8, 9, 3], [1, 2, 0, 1, 1, 3], [15, 16, 17, 9, 19, 19]])
def test_parity(head_bias: bool, target: list[int]) -> None:
    torch = pytest.importorskip("torch")
    theirs = torch.nn.AdaptiveLogSoftmaxWithLoss(16, 20, [4, 9], 2.0, head_bias).double()
    ours = made(head_bias=head_bias)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    array = np.random.default_rng(0).standard_normal((6, 16))
    x, z = gn.tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)
    found, wanted = ours(x, gn.tensor(target)), theirs(z, torch.tensor(target))
    np.testing.assert_allclose(found.output.detach().numpy(), wanted.output.detach().numpy(), atol=1e-12)
    assert found.loss.item() == pytest.approx(wanted.loss.item(), abs=1e-12)
    found.loss.backward()
    wanted.loss.backward()
    for a, b in zip((x, *ours.parameters()), (z, *theirs.parameters()), strict=True):
        assert (a.grad is None) == (b.grad is None)
        if b.grad is not None:
            np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), atol=1e-10)
    np.testing.assert_allclose(ours.log_prob(x).detach().numpy(), theirs.log_prob(z).detach().numpy(), atol=1e-12)
    assert ours.predict(x).tolist() == theirs.predict(z).tolist()


def test_the_weights_are_drawn_as_those_of_linear_layers() -> None:
    softmax = made(head_bias=True)
    before = {name: x.numpy().copy() for name, x in softmax.state_dict().items()}
    softmax.reset_parameters()
    for name, x in softmax.state_dict().items():
        assert not np.array_equal(x.numpy(), before[name])
        assert np.abs(x.numpy()).max() <= 1 / math.sqrt(x.shape[1] if x.ndim == 2 else 16)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.AdaptiveLogSoftmaxWithLoss(8, 20, []), ValueError, "expected cutoffs that go up, each from 1 to"),
        (lambda: nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 5]), ValueError, "n_classes − 1 = 19, got [5, 5]"),
        (lambda: nn.AdaptiveLogSoftmaxWithLoss(8, 20, [9, 5]), ValueError, "n_classes − 1 = 19, got [9, 5]"),
        (lambda: nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 20]), ValueError, "n_classes − 1 = 19, got [5, 20]"),
        (lambda: nn.AdaptiveLogSoftmaxWithLoss(8, 20, [0, 5]), ValueError, "expected cutoffs of 1 or more, got 0"),
        (lambda: nn.AdaptiveLogSoftmaxWithLoss(8, 20, [2.5]), TypeError, "expected cutoffs as a whole number"),
        (lambda: nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 9]), ValueError, "div_value^2 = 8 / 4^2, less than 1 number"),
        (lambda: made()(gn.ones(2, 3).double(), gn.tensor([1, 2])), RuntimeError, "an input [n, 16] and targets [n]"),
        (lambda: made()(gn.ones(2, 16).double(), gn.tensor([1])), RuntimeError, "got [2, 16] and [1]"),
        (lambda: made()(gn.ones(2, 16).double(), gn.tensor([[1], [2]])), RuntimeError, "got [2, 16] and [2, 1]"),
        (lambda: made()(gn.ones(2, 16).double(), gn.tensor([1, 20])), RuntimeError, "targets from 0 to 19, got 20"),
        (lambda: made()(gn.ones(1, 16).double(), gn.tensor([1.0])), RuntimeError, "targets of an integer dtype"),
    ],
)
def test_errors(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
