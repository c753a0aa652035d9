"""The walkthrough: a step is shown as it is, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import nn, optim
from glassnet.explain.walkthrough import walkthrough
from glassnet.explain.walkthrough.worked_formula import Words
from glassnet.nn import functional as F
from glassnet.ops import Op, registry
from tests.explain.arithmetic_text import holds
from tests.explain.walked import Net, batch, everything
from tests.ops.samples import samples_of

OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "SGD": lambda p: optim.SGD(p, lr=0.1),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda p: optim.Adam(p, lr=0.1, amsgrad=True),
    "AdamW": lambda p: optim.AdamW(p, lr=0.1),
    "NAdam": lambda p: optim.NAdam(p, lr=0.1),
    "Adamax": lambda p: optim.Adamax(p, lr=0.1),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.1, initial_accumulator_value=0.1),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.1, momentum=0.9, centered=True),
    "Adadelta": lambda p: optim.Adadelta(p),
}


@pytest.mark.parametrize("steps", [0, 1, 3])
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_it_shows_the_very_step_that_is_made_next(make: Callable[[Any], Any], steps: int) -> None:
    model = nn.Sequential(nn.Linear(2, 5), nn.Dropout(0.5), nn.Tanh(), nn.Linear(5, 2))
    optimizer = make(model.parameters())
    x, y = batch()

    def step() -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    for _ in range(steps):
        step()
    before = everything(model, optimizer)
    w = walkthrough(model, x, y, F.cross_entropy, optimizer)
    for a, b in zip(before, everything(model, optimizer), strict=True):
        np.testing.assert_array_equal(a, b)
    loss = step()
    assert w.loss == loss.item()
    for place, layer in ((0, "linear0"), (3, "linear3")):
        for name, p in model[place].named_parameters():
            value = w[f"{layer}.{name}"]
            assert value.kind == "parameter"
            np.testing.assert_array_equal(w[f"new_{value.name}"].array, p.array)
            np.testing.assert_array_equal(value.gradient.array, p.grad.array)


def test_gradients_of_hidden_values_are_those_of_autograd() -> None:
    model = Net()
    x, y = batch()
    w = walkthrough(model, x, y, nn.CrossEntropyLoss())
    fc1 = model.fc1(x)
    h1 = gn.sigmoid(fc1)
    fc2 = model.fc2(h1)
    for tensor in (fc1, h1, fc2):
        tensor.retain_grad()
    loss = F.cross_entropy(fc2, y)
    loss.backward()
    for name, tensor in {"fc1": fc1, "h1": h1, "fc2": fc2}.items():
        np.testing.assert_array_equal(w[name].array, tensor.array)
        np.testing.assert_array_equal(w[name].gradient.array, tensor.grad.array)
        assert w.element(name, 1, 1).gradient == tensor.grad[1, 1].item()
    assert w["loss"].gradient.array == 1


class OfOne(nn.Module):
    """One operation on parameters."""

    def __init__(self, op: Op, sample: Any) -> None:
        super().__init__()
        self.op, self.params = op, sample.kwargs()
        self.given = []
        for i, x in enumerate(sample.arrays()):
            if isinstance(x, np.ndarray) and x.dtype.kind == "f":
                setattr(self, f"a{i}", nn.Parameter(gn.tensor(x)))
                self.given.append(getattr(self, f"a{i}"))
            else:
                self.given.append(gn.tensor(x) if isinstance(x, np.ndarray) else x)

    def forward(self, x: Any) -> Any:
        return self.op(*self.given, **self.params) * x


def real_sum(out: Any) -> Any:
    return (out.real if out.is_complex() else out).sum()


SMOOTH = [op for op in registry.values() if op.differentiable and op.name != "standard_gamma"]  # draws anew each time


FURTHER = pytest.mark.slow("further samples of each operation"), pytest.mark.more
FEW = slice(0, 1), pytest.param(slice(1, 4), marks=FURTHER)


@pytest.mark.parametrize("few", FEW, ids=["one", "more"])
@pytest.mark.parametrize("op", SMOOTH, ids=lambda op: op.name)
def test_every_operation_can_be_walked_through(op: Op, few: slice) -> None:
    for sample in samples_of(op)[few]:
        model = OfOne(op, sample)
        if not any(isinstance(p, nn.Parameter) for p in model.given):
            continue
        half = gn.tensor(0.5, dtype=gn.float64)
        out = real_sum(model(half))
        if not out.requires_grad:  # a cast to whole numbers
            continue
        w = walkthrough(model, half, gn.tensor(0.0), lambda out, _y: real_sum(out))
        real_sum(model(half)).backward()  # of what is drawn, the numbers that the walkthrough has left to be drawn
        assert str(w)
        for name, p in model.named_parameters():
            if p.grad is None:
                continue
            value = w[name]
            np.testing.assert_array_equal(value.gradient.array, p.grad.array)
            if p.numel():
                trace = w.element(name, *(n - 1 for n in p.shape)).backward
                for line in trace.lines:
                    said = line.expr is None or isinstance(line.expr, Words)
                    assert said or holds(line.arithmetic, line.number), f"{line.name} = {line.arithmetic}"
