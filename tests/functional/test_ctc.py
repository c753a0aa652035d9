"""The loss of sequences, beside the sum over every way that there is."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F
from glassnet.autograd import gradcheck, gradgradcheck


def said(way: tuple[int, ...], blank: int) -> list[int]:
    """What a way says: repetitions count once, blanks not at all."""
    return [label for label, _ in itertools.groupby(way) if label != blank]


def by_every_way(p: Any, target: list[int], steps: int, blank: int) -> float:
    ways = itertools.product(range(p.shape[1]), repeat=steps)
    total = sum(math.prod(p[t, label] for t, label in enumerate(way)) for way in ways if said(way, blank) == target)
    return -math.log(total) if total else math.inf


def probabilities(*shape: int) -> Any:
    x = np.exp(np.random.default_rng(0).standard_normal(shape))
    return x / x.sum(-1, keepdims=True)


@pytest.mark.parametrize("blank", [0, 2])
@pytest.mark.parametrize("target", [[], [1], [1, 1], [1, 3], [3, 1, 3], [1, 1, 1], [3, 3, 1, 1]], ids=str)
def test_it_is_the_sum_over_every_way(target: list[int], blank: int) -> None:
    p = probabilities(5, 4)
    for steps in range(6):
        log_p, labels = gn.tensor(p).log(), gn.tensor(np.array(target, np.int64))
        y = F.ctc_loss(log_p, labels, steps, len(target), blank, "none").item()
        assert y == pytest.approx(by_every_way(p, target, steps, blank), abs=1e-12)


TARGETS = [[1, 2, 1], [2, 2], [3]]
PADDED = np.array([[1, 2, 1], [2, 2, -7], [3, 99, -1]])  # what is behind the last label does not matter


def test_the_ways_to_say_it_agree() -> None:
    log_p = gn.tensor(probabilities(6, 3, 4)).log()
    steps, lengths = [6, 5, 4], [3, 2, 1]
    losses = F.ctc_loss(log_p, gn.tensor(PADDED), steps, lengths, reduction="none")
    in_a_row = gn.tensor(list(itertools.chain(*TARGETS)))
    assert F.ctc_loss(log_p, in_a_row, gn.tensor(steps), gn.tensor(lengths), reduction="none").allclose(losses)
    for i, target in enumerate(TARGETS):
        alone = F.ctc_loss(log_p[:, i], gn.tensor(target), (steps[i],), (lengths[i],), reduction="none")
        assert alone.shape == ()
        assert alone.item() == pytest.approx(losses[i].item(), abs=1e-12)
    mean = F.ctc_loss(log_p, gn.tensor(PADDED), steps, lengths).item()
    assert mean == pytest.approx((losses / gn.tensor([3.0, 2.0, 1.0])).mean().item(), abs=1e-12)
    assert F.ctc_loss(log_p, gn.tensor(PADDED), steps, lengths, reduction="sum").allclose(losses.sum())


def test_gradients_are_slopes_to_second_order() -> None:
    logits = gn.randn(4, 3, 4, dtype=gn.float64, requires_grad=True)

    def loss(x: Any) -> Any:
        return F.ctc_loss(x.log_softmax(2), gn.tensor(PADDED[:, :2]), [4, 4, 3], [2, 2, 1], reduction="none")

    assert gradcheck(loss, logits)
    assert gradgradcheck(loss, logits)


def test_the_gradient_is_what_is_said_less_what_should_be() -> None:
    p = gn.tensor([[0.5, 0.5], [0.5, 0.5]], dtype=gn.float64)
    log_p = p.log().requires_grad_()
    F.ctc_loss(log_p, gn.tensor([1]), 2, 1).backward()
    assert log_p.grad is not None
    # "a" by a_, _a or aa: at each step two of the three have an a
    np.testing.assert_allclose(log_p.grad.numpy(), [[0.5 - 1 / 3, 0.5 - 2 / 3]] * 2, atol=1e-12)


@pytest.mark.parity
@pytest.mark.parametrize("zero_infinity", [True, False])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_of_what_is_not_normalized_it_is_pytorchs(reduction: str, zero_infinity: bool) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    for steps in range(1, 6):
        x, labels = rng.standard_normal((steps, 3, 4)), rng.integers(1, 4, (3, 3))
        lengths = rng.integers(1, steps + 1, 3), rng.integers(0, 4, 3)
        ours, theirs = gn.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        loss = F.ctc_loss(ours, *map(gn.tensor, (labels, *lengths)), 0, reduction, zero_infinity)
        wanted = torch.nn.functional.ctc_loss(
            theirs, *map(torch.tensor, (labels, *lengths)), 0, reduction, zero_infinity
        )
        np.testing.assert_allclose(loss.item(), wanted.item(), rtol=0, atol=1e-10)
        loss.backward()
        wanted.backward()
        assert ours.grad is not None
        finite = np.isfinite(theirs.grad.numpy())  # PyTorch's of what cannot be said is not
        np.testing.assert_allclose(ours.grad.numpy()[finite], theirs.grad.numpy()[finite], rtol=0, atol=1e-8)


def test_what_cannot_be_said() -> None:
    log_p = gn.tensor(probabilities(2, 2, 4)).log().requires_grad_()
    call = (gn.tensor([[1, 1], [1, 2]]), [2, 2], [2, 2])  # 1 and again 1 need a blank between them
    assert F.ctc_loss(log_p, *call, reduction="none").isinf().tolist() == [True, False]
    assert F.ctc_loss(log_p, *call).item() == math.inf
    kept = F.ctc_loss(log_p, *call, zero_infinity=True, reduction="sum")
    assert 0 < kept.item() < math.inf
    kept.backward()
    assert log_p.grad is not None
    assert (log_p.grad[:, 0] == 0).all().item()
    assert log_p.grad.isfinite().all().item()


LOG_P = gn.zeros(5, 2, 3)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((LOG_P, gn.ones(2, 2), [5, 5], gn.ones(2)), RuntimeError, "target_lengths of an integer dtype, got float32"),
        ((LOG_P, gn.tensor([[1, 3], [1, 1]]), [5, 5], [2, 2]), RuntimeError, "expected labels from 0 to 2, got 3"),
        ((LOG_P, gn.tensor([[1, 1], [1, 1]]), [5, 6], [2, 2]), RuntimeError, "input lengths from 0 to 5, got 6"),
        ((LOG_P, gn.tensor([[1, 1], [1, 1]]), [5, 5], [2, 3]), RuntimeError, "target lengths from 0 to 2, got 3"),
        ((LOG_P, gn.tensor([1, 1, 1]), [5, 5], [2, 2]), RuntimeError, "targets, 3, got 2 + 2 = 4"),
        ((LOG_P, gn.tensor([[1, 1], [1, 1]]), [5], [2, 2]), RuntimeError, "input_lengths of shape [2], one a sample"),
        ((LOG_P, gn.tensor([[1, 1], [1, 1]]), [5, 5], [2, 2], 3), RuntimeError, "a blank from 0 to 2, a class, got 3"),
        ((LOG_P, gn.tensor([[1]] * 3), [5, 5], [2, 2]), RuntimeError, "a row of labels for each of the 2 samples"),
        ((LOG_P[:0], gn.tensor([[1]] * 2), [0, 0], [1, 1]), RuntimeError, "of shape [steps, n, classes], got [0, 2, 3"),
        ((gn.zeros(3), gn.tensor([[1]]), [3], [1]), RuntimeError, "of shape [steps, n, classes], got [3]"),
        ((LOG_P, gn.tensor([[1]] * 2), [5, 5], [1, 1], 0, "all"), ValueError, "reduction must be one of"),
    ],
)
def test_errors(arguments: Any, error: Any, message: str) -> None:
    with pytest.raises(error) as caught:
        F.ctc_loss(*arguments)
    assert message in str(caught.value)
    assert str(caught.value).startswith("ctc_loss: ")


def test_probabilities_are_warned_of() -> None:
    p = gn.randn(4, 1, 3, requires_grad=True).softmax(2)
    with pytest.warns(UserWarning, match="ctc_loss takes log-probabilities, but this input is the result of softmax"):
        F.ctc_loss(p, gn.tensor([[1]]), [4], [1])
