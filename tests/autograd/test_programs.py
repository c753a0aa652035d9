"""Random programs of views and changes in place: right gradients, or an error; never silently wrong ones."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import GradientError, ShapeError, from_numpy, tensor
from tests.autograd.programs import numbers, program, run


def loss_of(pool: list[Any], weight_of: Any) -> Any:
    return sum((t * from_numpy(weight_of(t))).sum() for t in pool)


def against_slopes(seed: int) -> str:
    steps = program(seed, cut=False)
    at, buffer, _ = numbers(seed)

    def function(x: Any) -> Any:
        pool, _ = run(steps, [x * 1, tensor(buffer)], glassnet.no_grad, (ShapeError, IndexError))
        return loss_of(pool, numbers(seed)[2])

    x = tensor(at, requires_grad=True)
    try:
        loss = function(x)
        if loss.requires_grad:
            loss.backward()
    except GradientError:
        return "changed"
    direction = np.random.default_rng(seed).standard_normal(at.shape)
    with glassnet.no_grad():
        values = [function(tensor(at + t * 1e-5 * direction)).item() for t in (-2, -1, 1, 2)]
    slope = (8 * (values[2] - values[1]) - (values[3] - values[0])) / 12e-5
    gradient = 0.0 if x.grad is None else x.grad.numpy()
    size = np.abs(gradient * direction).sum()
    assert np.sum(gradient * direction) == pytest.approx(slope, rel=1e-6, abs=1e-7 * (1 + size)), f"program {seed}"
    return "compared"


def test_against_slopes():
    outcomes = Counter(against_slopes(seed) for seed in range(250))
    assert outcomes["compared"] > 125, outcomes


def against_pytorch(torch: Any, seed: int) -> str:
    steps = program(seed, cut=True)
    at, buffer, _ = numbers(seed)
    their_leaf, our_leaf = torch.tensor(at, requires_grad=True), tensor(at, requires_grad=True)
    refusals = (RuntimeError, IndexError)  # shapes that do not fit, a leaf, an expanded tensor
    theirs, taken = run(steps, [their_leaf, their_leaf * 1, torch.tensor(buffer)], torch.no_grad, refusals)
    weight_of = numbers(seed)[2]
    wanted = sum((t * torch.tensor(weight_of(t))).sum() for t in theirs[1:])
    if not wanted.requires_grad:
        return "nothing to follow"
    try:
        wanted.backward()
    except RuntimeError:
        return "refused by PyTorch"
    try:
        ours, _ = run(taken, [our_leaf, our_leaf * 1, tensor(buffer)], glassnet.no_grad)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a.array, b.detach().numpy(), rtol=1e-10, err_msg=f"program {seed}: values")
        loss_of(ours[1:], numbers(seed)[2]).backward()
    except GradientError:
        return "changed"
    except ShapeError:
        return "expanded"  # which PyTorch lets be filled and copied into
    gradients = [np.zeros((2, 3)) if g is None else g.numpy() for g in (our_leaf.grad, their_leaf.grad)]
    np.testing.assert_allclose(*gradients, rtol=1e-8, atol=1e-10, err_msg=f"program {seed}")
    return "compared"


@pytest.mark.parity
def test_against_pytorch():
    torch = pytest.importorskip("torch")
    outcomes = Counter(against_pytorch(torch, seed) for seed in range(500))
    assert outcomes["compared"] > 250, outcomes
    assert outcomes["changed"] < 0.3 * outcomes["compared"], outcomes
