"""A function is traced in one way, and nothing that it changed stays changed."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import nn, optim
from glassnet.observer import Observer, mode, observers
from glassnet.program.evaluation import evaluate
from glassnet.tensor import called
from glassnet.trace.refusals import TraceError
from glassnet.trace.trace import trace
from glassnet.trace.tracer import Tracer

Tensor = gn.Tensor


def test_a_trace_is_a_program_its_state_and_this_run_s_result() -> None:
    model = nn.Linear(3, 2)
    x = gn.randn(4, 3)
    program, state, result = trace(lambda x: model(x).relu(), x, gradients=False)
    assert [v.name for v in program.inputs] == ["x"]
    assert state.keys() == {"model_weight", "model_bias"}
    assert state["model_weight"] is model.weight
    assert not result.requires_grad
    numbers = {name: tensor.array for name, tensor in state.items()}
    np.testing.assert_array_equal(evaluate(program, [x.array], numbers).outputs[0], result.array)


def test_inputs_have_names_and_outputs_are_those_of_a_tuple() -> None:
    program, state, result = trace(lambda a, b: (a + b, None, a * 2), gn.ones(2), gn.ones(2), names=("a", "b"))
    assert [v.name for v in program.inputs] == ["a", "b"]
    assert program.outputs[1] is None
    assert len(program.outputs) == len(result) == 3
    assert state == {}
    assert [v.name for v in trace(lambda *xs: xs[0], gn.ones(1), gn.ones(2), gn.ones(3)).program.inputs] == [
        "x", "x_2", "x_3",
    ]  # fmt: skip


@pytest.mark.parametrize("gradients", [False, True, None])
def test_gradients_are_followed_or_not(gradients: bool | None) -> None:
    w = gn.ones(2, requires_grad=True)
    for outside in (True, False):
        with gn.set_grad_enabled(outside):
            result = trace(lambda x: x * w, gn.ones(2), gradients=gradients).result
            assert mode.grad is outside
        assert result.requires_grad is (outside if gradients is None else gradients)


def test_what_is_got_hold_of_without_a_name_is_a_constant_or_state() -> None:
    hidden = [gn.full((2,), float(i)) for i in range(2000)]  # too many to be looked through
    program, state, _ = trace(lambda x: x * hidden[-1], gn.ones(2))
    assert (len(program.constants), state) == (1, {})
    program, state, _ = trace(lambda x: x * hidden[-1], gn.ones(2), unnamed_state=True)
    assert (len(program.constants), state["tensor"]) == (0, hidden[-1])


class Restless(nn.Module):
    """It changes whatever it can, and then does as it is told."""

    def __init__(self, end: Any) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 1)
        self.drop = nn.Dropout(0.5)
        self.register_buffer("mean", gn.zeros(3))
        self.sizes, self.table, self.end = [1], {"a": {"b": 1}}, end
        self.optimizer = optim.Adam(self.parameters(), lr=0.1)

    def forward(self, x: Tensor) -> Any:
        self.eval()
        self.train()
        self.sizes.append(2)
        self.table["c"] = {}
        self.new = 1
        with gn.no_grad():
            self.mean += 1
        loss = self.drop(self.fc(x - self.mean)).sum()
        loss.backward()
        self.optimizer.step()
        self.fc.bias.requires_grad_(False)
        gn.set_default_dtype(gn.float64)
        return self.end(loss)


def _fails(_: Tensor) -> Any:
    raise ZeroDivisionError


@pytest.mark.parametrize("end", [lambda loss: loss, _fails, lambda loss: loss.item()], ids=["ends", "fails", "refused"])
def test_everything_is_put_back(end: Any) -> None:
    model = Restless(end)
    model.drop.eval()
    before = {name: x.array.copy() for name, x in model.state_dict().items()}
    attributes, random = vars(model).copy(), str(gn.get_rng_state())
    try:
        trace(model, gn.randn(2, 3, generator=gn.Generator(0)), gradients=True)
    except (ZeroDivisionError, TraceError):
        assert end(gn.ones(1)) == 1 if end is not _fails else True
    assert vars(model) == attributes
    assert (model.sizes, model.table, model.training, model.drop.training) == ([1], {"a": {"b": 1}}, True, False)
    assert all(np.array_equal(x.array, before[name]) for name, x in model.state_dict().items())
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    assert not model.optimizer.state
    assert str(gn.get_rng_state()) == random
    assert gn.get_default_dtype() == gn.float32
    assert mode.tracer is None


def test_an_optimizer_s_new_state_is_as_it_begins() -> None:
    model = nn.Linear(2, 1)
    optimizer = optim.Adam(model.parameters(), lr=0.1)

    def step(x: Tensor) -> Tensor:
        loss = model(x).sum()
        loss.backward()
        optimizer.step()
        return loss

    state = trace(step, gn.ones(3, 2), gradients=True).state
    slots = {name: tensor for name, tensor in state.items() if "exp_avg" in name}
    assert len(slots) == 4
    assert not any(tensor.array.any() for tensor in slots.values())


def test_the_observer_before_is_the_observer_after() -> None:
    inner: list[Any] = []

    def outer(x: Tensor) -> Tensor:
        observer = mode.tracer
        inner.append(trace(lambda x: x + 1, gn.ones(1), isolated=True).program)
        assert mode.tracer is observer
        return x * 2

    program = trace(outer, gn.ones(1), isolated=True).program
    assert ([i.op.name for i in program], [i.op.name for i in inner[0]]) == (["mul"], ["add"])


def test_a_caught_refusal_is_raised_at_the_end() -> None:
    def catches(x: Tensor) -> Tensor:
        try:
            return x * x.sum().item()
        except TraceError:
            return x

    with pytest.raises(TraceError, match="reads a tensor's value in Python"):
        trace(catches, gn.ones(2))


def test_a_program_that_is_run_once_may_depend_on_numbers_that_python_reads() -> None:
    def function(x: gn.Tensor) -> gn.Tensor:
        return x[x > 0].sum() * x.max().item() + gn.tensor(x.numpy().copy())

    x = gn.tensor([1.0, -2.0, 3.0])
    with pytest.raises(TraceError):
        trace(function, x)
    program, state, result = trace(function, x, once=True)
    (output,) = evaluate(program, [x.array], {name: t.array for name, t in state.items()}).outputs
    np.testing.assert_array_equal(output, result.array)


def test_other_threads_go_on_while_one_traces() -> None:
    seeded: list[int] = []

    def elsewhere() -> None:
        gn.manual_seed(3)
        assert mode.tracer is None
        seeded.extend([gn.initial_seed(), (gn.ones(1) * 2).item()])

    def f(x: Tensor) -> Tensor:
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        return x * 2

    program = trace(f, gn.ones(1), isolated=True).program
    assert seeded == [3, 2]
    assert [i.op.name for i in program] == ["mul"]
    assert not {"manual_seed", "set_state"} & vars(gn.random.default_generator).keys()


class Counter:
    """The least observer: it counts operations."""

    def __init__(self) -> None:
        self.ops: list[str] = []

    def note(self, op: Any, inputs: Any, values: Any, params: Any, result: Any) -> None:
        self.ops.append(op.name)

    def __getattr__(self, name: str) -> Any:
        return lambda *_args, **_kwargs: nullcontext()


def test_an_observer_is_whatever_has_the_methods() -> None:
    counter: Any = Counter()
    mode.tracer = counter
    observers.add(counter)
    try:
        w = gn.ones(2, requires_grad=True)
        (w * 2).sum().backward()
    finally:
        mode.tracer = None
        observers.remove(counter)
    assert counter.ops[:2] == ["mul", "sum"]
    assert len(counter.ops) > 2  # backward, too


def test_the_tracer_has_every_method_of_an_observer() -> None:
    observer: Observer = Tracer()  # which mypy checks, with all arguments
    methods = {name for name in vars(Observer) if not name.startswith("_")}
    assert "note" in methods
    assert all(callable(getattr(observer, name)) for name in methods)


def test_a_value_is_called_what_its_function_calls_it() -> None:
    def shares(x: Tensor) -> Tensor:
        return called(x.exp() / called(x.exp().sum(), "whole"), "shares")

    compiled = gn.compile(lambda x: shares(x) + shares(x + 1))
    x = gn.ones(3)
    np.testing.assert_allclose(compiled(x).numpy(), [2 / 3] * 3, rtol=1e-6)
    assert {"whole", "whole_2", "shares", "shares_2"} <= {i.output.name for i in compiled.program}
    assert called(x, "nothing, as no one reads it") is x
