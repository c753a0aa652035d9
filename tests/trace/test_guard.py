"""A guard is a record; its sentence is made of the fields, last."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import nn, optim
from glassnet.trace.captures import Captures
from glassnet.trace.guard import Guard, Guarded, Same, TensorKind, comparable
from glassnet.trace.refusals import TraceError, refuse

KIND = TensorKind(np.dtype("float32"), (2,), True)


@pytest.mark.parametrize(
    ("guard", "sentence", "path"),
    [
        (Guard("variable", "", "scale"), "scale", "scale"),
        (Guard("attribute", "config", "scale"), "config.scale", "config.scale"),
        (Guard("entry", "sizes", "0"), "sizes[0]", "sizes[0]"),
        (Guard("mode", "model.fc"), "the mode of model.fc", "model.fc"),
        (Guard("hooks", "model.fc"), "the hooks of model.fc", "model.fc"),
        (Guard("tensor", "model.fc.weight"), "the kind of model.fc.weight", "model.fc.weight"),
        (Guard("option", "optimizer", "momentum"), "momentum of optimizer", "optimizer.momentum"),
        (Guard("option", "optimizer", "lr", 1), "lr of optimizer, group 1", "optimizer.lr"),
        (Guard("parameters", "optimizer", place=2), "the parameters of optimizer, group 2", "optimizer"),
        (Guard("slots", "optimizer"), "the state of optimizer", "optimizer"),
        (Guard("slot", "mine", "steps", 3), "steps, which mine keeps (number 3)", "mine.steps"),
        (Guard("grad_mode"), "whether gradients are followed", ""),
        (Guard("default_dtype"), "the default dtype", ""),
    ],
)
def test_sentences(guard: Guard, sentence: str, path: str) -> None:
    assert str(guard) == sentence
    assert guard.path == path


def test_the_last_part_of_a_path() -> None:
    assert Guard("attribute", "model.config", "scale").last == "scale"
    assert Guard("entry", "model.sizes", "0").last == "sizes[0]"


def test_values_in_words() -> None:
    tensor, argument = Guard("tensor", "w"), Guard("argument", name="x")
    assert tensor.text(KIND) == argument.text(KIND) == "float32[2], followed by gradients"
    assert tensor.text(KIND._replace(requires_grad=False)) == "float32[2], not followed by gradients"
    assert argument.text(KIND._replace(requires_grad=False)) == "float32[2]"
    assert argument.text(comparable((1, "a"))) == "1 a"
    assert argument.text(comparable((1, 2))) == "(1, 2)"
    assert argument.text(Same(nn.Identity())) == "another Identity"


def test_what_is_guarded_around_a_training_step() -> None:
    model = nn.Sequential(nn.Linear(2, 1))
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
    config = SimpleNamespace(scale=2.0, unread=1)

    def step(x: Any) -> Any:
        model(x * config.scale).sum().backward()
        optimizer.step()

    guards: Guarded = Captures(step).guards()
    values = {guard._replace(place=0): value for guard, value in guards.items()}
    assert values[Guard("attribute", "config", "scale")] == comparable(2.0)
    assert Guard("attribute", "config", "unread") not in values
    assert values[Guard("mode", "model.0")] == "training"
    assert values[Guard("option", "optimizer", "momentum")] == comparable(0.5)
    assert Guard("option", "optimizer", "lr") not in values  # a program reads it anew
    assert values[Guard("tensor", "model.0.bias")] == TensorKind(np.dtype("float32"), (1,), True)
    assert {guard.kind for guard in values} == {
        "variable", "attribute", "mode", "option", "parameters", "slots", "tensor",
    }  # fmt: skip


def test_a_refusal_has_a_reason_and_a_line() -> None:
    with pytest.raises(TraceError) as caught:
        refuse("does what it must not")
    error = caught.value
    assert error.reason == "does what it must not."
    assert error.line is not None
    assert (error.line.file, error.line.text) == (__file__, 'refuse("does what it must not")')
    assert str(error) == f"test_guard.py, line {error.line.number}: `{error.line.text}` does what it must not."
    assert str(TraceError("does it")) == "the function does it"


def test_a_refusal_says_which_line_sets_what_is_guarded() -> None:
    config = SimpleNamespace(sizes=[1])

    def step(x: Any) -> Any:
        config.sizes.append(2)
        return x

    with pytest.raises(TraceError) as caught:
        gn.compile(step)(gn.ones(1))
    assert caught.value.line is not None
    assert caught.value.line.text == "config.sizes.append(2)"
    assert caught.value.reason.startswith("sets config.sizes[1], ")
