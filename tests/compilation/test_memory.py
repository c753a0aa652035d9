"""A compiled step works in memory that was set aside once."""

from __future__ import annotations

import gc
import itertools
import tracemalloc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import glassnet as gn
import glassnet.nn.functional as F
from glassnet import nn, optim

BATCH, SIZES = 64, (784, 128, 64, 10)
LARGEST = 784 * 128 * 4  # bytes of the largest parameter

# What NumPy takes for itself: a float times a bool is done in pieces of 8192 elements, for which the bools are cast;
# and losses have a number a row in between.
UNAVOIDABLE = 8192 * 4 + 8 * 1024


def made(
    optimizer: Callable[[Any], optim.Optimizer], loss_of: Any, activation: Any
) -> tuple[Any, gn.Tensor, gn.Tensor]:
    layers = [m for a, b in itertools.pairwise(SIZES) for m in (nn.Linear(a, b), activation())]
    model = nn.Sequential(*layers[:-1])
    steps = optimizer(model.parameters())

    def step(x: gn.Tensor, y: gn.Tensor) -> gn.Tensor:
        steps.zero_grad()
        loss: gn.Tensor = loss_of(model(x), y)
        loss.backward()
        steps.step()
        return loss

    y = gn.randint(0, 10, (BATCH,)) if loss_of is F.cross_entropy else gn.randn(BATCH, 10)
    return step, gn.randn(BATCH, SIZES[0]), y


def peak(step: Any, x: gn.Tensor, y: gn.Tensor) -> tuple[int, int]:
    """The bytes that a step takes at most, and the bytes that are not given back."""
    for _ in range(4):
        step(x, y)
    gc.collect()
    tracemalloc.start()
    try:
        step(x, y)
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(3):
            step(x, y)
        after, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return most - before, after - before


@pytest.mark.parametrize("loss_of", [F.cross_entropy, F.mse_loss])
@pytest.mark.parametrize(
    "activation",
    [nn.ReLU, *(pytest.param(kind, marks=pytest.mark.slow("traces memory")) for kind in (nn.Tanh, nn.Sigmoid))],
)
def test_nothing_is_allocated_but_what_numpy_takes(activation: Any, loss_of: Any) -> None:
    step, x, y = made(lambda p: optim.SGD(p, lr=0.1), loss_of, activation)
    most, kept = peak(gn.compile(step), x, y)
    assert most < UNAVOIDABLE < LARGEST / 8
    assert kept < 1024
    uncompiled, _ = peak(step, x, y)
    assert uncompiled > LARGEST


@pytest.mark.parametrize("kind", [lambda p: optim.SGD(p, lr=0.1, momentum=0.9), optim.Adam])
def test_updates_that_remember_take_two_arrays_of_a_parameters_size(kind: Any) -> None:
    """Their forward goes through memory in blocks, with two scratch arrays that it gives back."""
    step, x, y = made(kind, F.cross_entropy, nn.ReLU)
    most, kept = peak(gn.compile(step), x, y)
    assert most < 2 * LARGEST + UNAVOIDABLE
    assert kept < 1024


def test_a_recording_holds_no_more_than_it_needs() -> None:
    """The values of the traced step are gone: what stays is the workspace, of which parts serve several values."""
    step, x, y = made(lambda p: optim.SGD(p, lr=0.1), F.cross_entropy, nn.ReLU)
    compiled = gn.compile(step)
    for _ in range(3):
        compiled(x, y)
    engine = compiled.specialisations[0].engine
    every_value = sum(i.output.nbytes for i in engine.program)
    assert engine.buffers.nbytes < every_value


def test_a_recording_does_not_hold_what_it_was_recorded_with() -> None:
    step, x, y = made(lambda p: optim.SGD(p, lr=0.1), F.cross_entropy, nn.ReLU)
    compiled = gn.compile(step)
    loss = compiled(x, y)
    gone = [weakref.ref(array) for array in (x.array, y.array, loss.array)]
    del x, y, loss
    gc.collect()
    assert [reference() for reference in gone] == [None, None, None]
