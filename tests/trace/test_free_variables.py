"""What a function reaches is found before it runs, and watched."""

from __future__ import annotations

import importlib.util
import sys
from functools import partial, wraps
from pathlib import Path
from typing import Any

import pytest

import glassnet as gn
from glassnet import nn, optim
from glassnet.trace.captures import Captures
from glassnet.trace.free_variables import FreeVariables
from glassnet.trace.guard import Same, comparable

Tensor = gn.Tensor
model = nn.Linear(2, 2)
factor = 2.0
unused = nn.Linear(9, 9)


def names(function: Any) -> set[str]:
    return {name for name, _ in FreeVariables(function)}


def uses_globals(x: Tensor) -> Tensor:
    return model(x) * factor


def uses_another(x: Tensor) -> Tensor:
    return uses_globals(x) + 1


def with_default(x: Tensor, m: Any = model) -> Tensor:
    return m(x)


def test_globals_closures_and_defaults() -> None:
    local = nn.Linear(3, 3)

    def uses_closure(x: Tensor) -> Tensor:
        return gn.stack([local(y) for y in x])

    def not_assigned_yet(x: Tensor) -> Any:
        return later(x)

    assert {"model", "factor"} <= names(uses_globals)
    assert {"model", "factor", "uses_globals"} <= names(uses_another)
    assert "unused" not in names(uses_globals)
    assert "local" in names(uses_closure)
    assert "m" in names(with_default)
    reach = FreeVariables(not_assigned_yet)
    assert "later" not in {name for name, _ in reach}
    assert reach.is_unchanged()
    later = uses_globals
    assert not reach.is_unchanged()


def test_decorated_and_partial_functions() -> None:
    def around(function: Any) -> Any:
        @wraps(function)
        def inside(*args: Any) -> Any:
            return function(*args)

        return inside

    own = nn.Linear(2, 2)
    found = dict(FreeVariables(partial(around(uses_globals), own, scale=own)))
    assert found["argument0"] is own
    assert found["model"] is model


class Callable:
    """An object that can be called."""

    rate = 0.5

    def __init__(self) -> None:
        self.net = nn.Linear(2, 2)
        self.scale = 3
        self.note = "not named"

    def __call__(self, x: Tensor) -> Tensor:
        return self.net(x) * self.scale + self.offset + self.helped()

    @property
    def offset(self) -> float:
        return factor

    @staticmethod
    def helped() -> float:
        return 0.0


def test_objects_and_their_methods() -> None:
    made = Callable()
    found = dict(FreeVariables(made))
    assert found["self"] is made
    assert found["self.net"] is made.net
    assert found["self.scale"] == 3
    assert "self.note" not in found
    assert found["factor"] == 2.0  # in a property
    assert dict(FreeVariables(made.__call__))["self.scale"] == 3
    reach = FreeVariables(made)
    made.note = "of no importance"
    assert reach.is_unchanged()
    made.scale = 4
    assert not reach.is_unchanged()
    reach.look_again()
    assert reach.is_unchanged()


def test_a_module_of_the_users(tmp_path: Path) -> None:
    file = tmp_path / "helpers_of_mine.py"
    file.write_text("RATE = 2\n\ndef twice(x):\n    return x * RATE\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("helpers_of_mine", file)
    assert spec is not None
    assert spec.loader is not None
    helpers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(helpers)

    @gn.compile
    def f(x: Tensor) -> Tensor:
        return helpers.twice(x) + helpers.RATE

    assert [f(gn.ones(1)).item() for _ in range(2)] == [4, 4]
    helpers.RATE = 3
    assert [f(gn.ones(1)).item() for _ in range(2)] == [6, 6]
    assert len(f.specialisations) == 2
    assert "helpers_of_mine" not in sys.modules


def test_values_are_compared_by_what_they_are_or_by_identity() -> None:
    a, b = object(), object()
    assert comparable(2.0) == comparable(2.0) != comparable(2)
    assert repr(comparable(2.0)) == "2.0"
    assert comparable((1, "a", a)) == comparable((1, "a", a))
    assert comparable((1, b)) != comparable((1, a))
    assert comparable(a) == Same(a) != Same(b)
    assert hash(Same(a)) == hash(Same(a))
    assert repr(Same(model)) == "another Linear"
    assert comparable([1]) != comparable([1])


def test_what_is_found_is_sorted_by_kind() -> None:
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    data, array = gn.ones(2), gn.ones(3).numpy()
    held = {"deep": [nn.Linear(1, 1)]}

    def step(x: Tensor) -> Any:
        return optimizer, data, array, held, model(x)

    around = Captures(step)
    assert around.modules.keys() == {"model", "deep0"}
    assert around.optimizers == {"optimizer": optimizer}
    assert around.tensors == {"data": data}
    assert around.arrays.keys() == {"array"}
    assert {name for name, _ in around.named_state()} >= {"model_weight", "model_bias", "data", "lr", "deep0_weight"}


def test_a_class_is_no_function() -> None:
    with pytest.raises((TypeError, RuntimeError)):
        gn.compile(3)  # type: ignore[call-overload]
    assert names(dict) == set()
    assert names(len) <= {"self"}
