"""A snapshot puts back what was kept, and nothing else."""

from __future__ import annotations

from collections import OrderedDict, deque
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import nn, optim
from glassnet.nn.module import evaluating
from glassnet.observer import mode
from glassnet.trace.snapshot import Snapshot


def test_the_modes_are_kept_from_the_beginning() -> None:
    with Snapshot():
        mode.grad = False
        gn.set_default_dtype(gn.float64)
    assert mode.grad
    assert gn.get_default_dtype() == gn.float32


@pytest.mark.parametrize(
    "before",
    [[1, 2], {"a": 1, "b": 2}, {1, 2}, deque([1, 2]), OrderedDict(a=1, b=2)],
    ids=lambda x: type(x).__name__,
)
def test_containers(before: Any) -> None:
    container = before.copy()
    with Snapshot() as snapshot:
        snapshot.keep_contents(container)
        container.clear()
        if isinstance(container, dict):
            container["c"] = 3
    assert container == before
    assert list(container) == list(before)


def test_attributes_and_what_is_in_them() -> None:
    owner = SimpleNamespace(a=1, b=[1])
    with Snapshot() as snapshot:
        snapshot.keep_attributes(owner)
        owner.b.append(2)
        owner.c, owner.a = owner.b, 2
        del owner.b
    assert owner == SimpleNamespace(a=1, b=[1])


def test_numbers_are_those_of_the_first_time_they_were_kept() -> None:
    array = np.arange(3.0)
    view = array[:2]
    snapshot = Snapshot()
    snapshot.keep_array(array)
    array += 1
    snapshot.keep_array(array)
    snapshot.keep_array(view)  # which has changed by now
    array += 1
    assert snapshot.numbers_before(array).tolist() == [0, 1, 2]
    assert snapshot.numbers_before(view.copy()).tolist() == [2, 3]
    snapshot.restore()
    assert array.tolist() == [0, 1, 2]


def test_generators_tensors_and_optimizers() -> None:
    w = gn.ones(2, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9)
    generator = gn.Generator(0)
    array, groups, state = w.array, optimizer.param_groups, optimizer.state
    drawn = gn.rand(3, generator=gn.Generator(0)).tolist()
    with Snapshot() as snapshot:
        snapshot.keep_generator(generator)
        snapshot.keep_tensors([w])
        snapshot.keep_optimizer(optimizer)
        gn.rand(3, generator=generator)
        (w * 2).sum().backward()
        optimizer.step()
        optimizer.load_state_dict(optimizer.state_dict())
        w.data = gn.zeros(5)
        w.requires_grad_(False)
        optimizer.param_groups[0]["lr"] = 1.0
    assert gn.rand(3, generator=generator).tolist() == drawn
    assert w.array is array
    assert (w.grad, w.requires_grad) == (None, True)
    assert optimizer.param_groups is groups
    assert optimizer.state is state
    assert (groups[0]["lr"], len(state)) == (0.1, 0)


def test_what_is_discarded_stays() -> None:
    array = np.zeros(1)
    with Snapshot() as snapshot:
        snapshot.keep_array(array)
        array += 1
        snapshot.discard()
    assert array == 1


def test_evaluating_puts_every_mode_back() -> None:
    model = nn.Sequential(nn.Linear(1, 1), nn.Dropout())
    model[1].eval()

    def fails() -> None:
        with evaluating(model):
            assert not any(m.training for m in model.modules())
            assert not mode.grad
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert [m.training for m in model.modules()] == [True, True, False]
    assert mode.grad
