"""What backward needs can be kept otherwise, or computed a second time; gradients are the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import glassnet as gn
from glassnet import nn
from glassnet.pytorch.names.graph_hooks import disable_saved_tensors_hooks, saved_tensors_hooks
from glassnet.pytorch.names.utilities import CheckpointError, checkpoint, checkpoint_sequential

FUNCTIONS: list[Callable[[Any, Any], Any]] = [
    lambda x, w: (x * w).exp().sum(),
    lambda x, w: (x @ w).tanh().softmax(1).log().sum(),
    lambda x, w: x[0].pow(3).sum() * w.sum(),
    lambda x, w: nn.functional.layer_norm(x @ w, (3,)).sigmoid().sum(),
    lambda x, w: (x + w).clamp(0, 1).mul_(w).sum(),
]


def gradients(call: Callable[[Any, Any], Any]) -> list[Any]:
    x, w = (gn.arange(9.0).reshape(3, 3) / 9).requires_grad_(), gn.full((3, 3), 0.5, requires_grad=True)
    call(x, w).backward()
    return [x.grad.tolist(), w.grad.tolist()]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_is_packed_comes_back(function: Callable[[Any, Any], Any]) -> None:
    seen: list[str] = []

    def pack(x: Any) -> Any:
        seen.append("packed")
        return x.tolist()

    def unpack(numbers: Any) -> Any:
        seen.append("unpacked")
        return gn.tensor(numbers)

    def call(x: Any, w: Any) -> Any:
        with saved_tensors_hooks(pack, unpack):
            return function(x, w)

    assert gradients(call) == gradients(function)
    assert seen.count("packed") == seen.count("unpacked") > 0


def test_backward_computes_with_what_is_unpacked() -> None:
    x = gn.tensor([3.0], requires_grad=True)
    with saved_tensors_hooks(lambda kept: kept * 10, lambda kept: kept):
        y = x**2
    y.backward(retain_graph=True)
    assert x.grad.tolist() == [60]
    y.register_hook(lambda g: g * 2)
    handle = y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] + 1, *inputs[1:]))
    x.grad = None
    y.backward()
    assert x.grad.tolist() == [121]
    handle.remove()


def test_hooks_can_be_forbidden() -> None:
    with (
        disable_saved_tensors_hooks("not here"),
        pytest.raises(RuntimeError, match="not here"),
        saved_tensors_hooks(lambda x: x, lambda x: x),
    ):
        pass


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_checkpoint_has_the_same_gradients(function: Callable[[Any, Any], Any]) -> None:
    assert gradients(lambda x, w: checkpoint(function, x, w)) == gradients(function)
    assert gradients(lambda x, w: checkpoint(lambda x: checkpoint(function, x, w), x)) == gradients(function)


def test_random_numbers_are_the_same_the_second_time() -> None:
    drop, seen = nn.Dropout(0.5), []

    def dropped(x: Any) -> Any:
        seen.append(drop(x))
        return seen[-1] * x

    gn.manual_seed(0)
    checkpoint(dropped, gn.ones(64, requires_grad=True)).sum().backward()
    after = gn.rand(1).item()
    assert seen[0].tolist() == seen[1].tolist()
    gn.manual_seed(0)
    drop(gn.ones(64))
    assert gn.rand(1).item() == after


def test_parts_one_after_another() -> None:
    counts = [0] * 5
    model = nn.Sequential(*(nn.Linear(2, 2) for _ in counts))
    for i, layer in enumerate(model):
        layer.register_forward_hook(lambda *_, i=i: counts.__setitem__(i, counts[i] + 1))
    x = gn.ones(1, 2)
    checkpoint_sequential(model, 2, x, use_reentrant=False).sum().backward()
    found = [p.grad.tolist() for p in model.parameters()]
    assert counts == [2, 2, 1, 1, 1]
    model.zero_grad()
    model(x).sum().backward()
    assert found == [p.grad.tolist() for p in model.parameters()]


def test_without_gradients_nothing_is_done() -> None:
    with gn.no_grad():
        assert not checkpoint(gn.exp, gn.ones(1, requires_grad=True)).requires_grad


def test_something_else_the_second_time_is_refused() -> None:
    calls: list[int] = []

    def changing(x: Any) -> Any:
        calls.append(1)
        return x.exp() if len(calls) == 1 else x.exp().exp()

    y = checkpoint(changing, gn.ones(1, requires_grad=True))
    with pytest.raises(CheckpointError, match="kept 1 tensors for backward at first, and 2"):
        y.backward()
