"""Random programs of views and changes in place, in glassnet and in PyTorch: the same gradients, or an error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import GradientError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

NEW: list[Callable[[Any, Any], Any]] = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: a - 0.5 * b,
    lambda a, _: a.sin(),
    lambda a, _: (0.3 * a).exp(),
    lambda a, _: a.sigmoid(),
    lambda a, _: a**2,
    lambda a, _: a.relu(),
    lambda a, _: a.clone(),
    lambda a, _: a.detach(),
    lambda a, _: a.cumsum(0) if a.ndim else a * 1,
    lambda a, _: a.reshape(-1) if a.ndim else a * 1,
    lambda a, _: a.sum(0) if a.ndim else a * 1,
]
VIEWS: list[Callable[[Any, Any], Any]] = [
    lambda a, _: a[0] if a.ndim else a,
    lambda a, _: a[1:] if a.ndim else a,
    lambda a, _: a[..., 1] if a.ndim and a.shape[-1] > 1 else a,
    lambda a, _: a[..., ::2] if a.ndim else a,
    lambda a, _: a[None],
    lambda a, _: a.permute(*range(a.ndim))[...] if a.ndim else a,
    lambda a, _: a.transpose(0, -1) if a.ndim else a,
    lambda a, _: a.unsqueeze(-1),
    lambda a, _: a.flatten(),
    lambda a, _: a.squeeze(),
    lambda a, _: a.expand(2, *a.shape) if a.ndim < 3 else a,
]
IN_PLACE: list[Callable[[Any, Any], Any]] = [
    lambda a, b: a.add_(b),
    lambda a, b: a.mul_(b),
    lambda a, b: a.copy_(b),
    lambda a, _: a.mul_(1.5),
    lambda a, _: a.neg_(),
    lambda a, _: a.sigmoid_(),
    lambda a, _: a.sin_(),
    lambda a, _: a.zero_(),
    lambda a, _: a.relu_(),
    lambda a, _: a.clamp_(-0.5, 0.75),
    lambda a, b: a.__setitem__(0, b) if a.ndim else a.mul_(1.0),
    lambda a, _: a.__setitem__((..., slice(1)), 0.25) if a.ndim else a.mul_(1.0),
]


def run(seed: int) -> str:
    """Run program number ``seed``; gives what came of it."""
    rng = np.random.default_rng(seed)
    start = rng.standard_normal((2, 3))
    ours = [glassnet.tensor(start, requires_grad=True)]
    theirs = [torch.tensor(start, requires_grad=True)]
    buffer = rng.standard_normal((2, 3))
    ours += [ours[0] * 1, glassnet.tensor(buffer)]
    theirs += [theirs[0] * 1, torch.tensor(buffer)]
    try:
        for _ in range(rng.integers(3, 10)):
            kind = rng.choice(["new", "view", "in place", "untracked"], p=[0.35, 0.3, 0.3, 0.05])
            table = {"new": NEW, "view": VIEWS}.get(kind, IN_PLACE)
            step = table[rng.integers(len(table))]
            i, j = rng.integers(len(ours), size=2)
            _both(step, kind, ours, theirs, i, j)
        weights = [rng.standard_normal(tuple(t.shape)) for t in theirs]
        loss = sum((t * glassnet.tensor(w)).sum() for t, w in zip(ours[1:], weights[1:], strict=True))
        wanted = sum((t * torch.tensor(w)).sum() for t, w in zip(theirs[1:], weights[1:], strict=True))
        if not wanted.requires_grad:
            return "nothing to follow"
        try:
            wanted.backward()
        except RuntimeError:
            return "refused by PyTorch"
        loss.backward()
    except GradientError as error:
        return "stale" if "take the view again" in str(error) else "changed"
    expected = np.zeros((2, 3)) if theirs[0].grad is None else theirs[0].grad.numpy()
    found = np.zeros((2, 3)) if ours[0].grad is None else ours[0].grad.numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10, err_msg=f"program {seed}")
    return "compared"


def _both(step: Any, kind: str, ours: list[Any], theirs: list[Any], i: int, j: int) -> None:
    if kind == "untracked":
        with torch.no_grad(), glassnet.no_grad():
            _both(step, "in place", ours, theirs, i, j)
        return
    try:
        expected = step(theirs[i], theirs[j])
    except (RuntimeError, IndexError):
        return  # shapes that do not fit, a leaf, an expanded tensor
    found = step(ours[i], ours[j])
    if kind != "in place":
        theirs.append(expected)
        ours.append(found)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.array, b.detach().numpy(), rtol=1e-10, err_msg="values")


def test_programs_of_views_and_changes_in_place():
    outcomes = Counter(run(seed) for seed in range(500))
    assert outcomes["compared"] >= 150, outcomes
    assert outcomes["stale"] + outcomes["changed"] < 0.3 * outcomes["compared"], outcomes
