"""When a function is traced again, what is reported, and what changes need no trace."""

from __future__ import annotations

import copy
import gc
import re
import threading
import weakref
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.nn.functional as F
from glassnet import nn, optim
from glassnet.trace.tracer import TraceError
from tests.compilation.zoo import batch, labels, mlp
from tests.growth import calls

Tensor = gn.Tensor
scale = 2.0
offset = gn.ones(3)
weights = np.ones(3, np.float32)


def causes(compiled: gn.Compiled) -> list[str]:
    """What `explain_specialisations` says, line by line, without the numbers."""
    return [line.split(": ", 1)[1] for line in compiled.explain_specialisations().splitlines()]


def training(model: Any, optimizer: Any) -> gn.Compiled:
    @gn.compile
    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


@pytest.fixture
def model() -> Any:
    return nn.Sequential(nn.Linear(5, 7), nn.Dropout(0.5), nn.Linear(7, 3)).double()


@pytest.fixture
def step(model: Any) -> gn.Compiled:
    return training(model, optim.SGD(model.parameters(), lr=0.1, momentum=0.9))


def call(step: Any, n: int = 6) -> None:
    for _ in range(3):
        step(batch(0, n, 5), labels(0, n, 3))


# what causes a trace ---------------------------------------------------------------------------------------


def test_before_anything(step: gn.Compiled) -> None:
    assert step.explain_specialisations() == "not called yet"
    assert repr(step) == "<compiled step: 0 specialisations>"
    for what in ("source", "program"):
        with pytest.raises(RuntimeError, match="step has not been traced yet: call it first"):
            getattr(step, what)


def test_one_call_in_one_way_is_one_recording(step: gn.Compiled) -> None:
    call(step)
    assert causes(step) == ["the first call"]
    assert step.explain_specialisations() == "1: the first call"


def test_shapes_and_dtypes(model: Any) -> None:
    step = training(model, optim.SGD(model.parameters(), lr=0.1))
    call(step)
    call(step, 4)
    call(step)
    model.float()
    step(gn.randn(6, 5), labels(0, 6, 3))
    step(gn.randn(6, 5), labels(0, 6, 3))
    assert causes(step)[1] == "x is float64[4, 5], not float64[6, 5]; y is int64[4], not int64[6]"
    assert "x is float32[6, 5], not float64[6, 5]" in causes(step)[2]
    assert len(step.specialisations) == 3


def test_numbers_and_other_constants() -> None:
    @gn.compile
    def f(x: Tensor, power: float, *, mode: str = "up", flag: bool = True) -> Tensor:
        return x**power if mode == "up" else -(x**power)

    x = gn.tensor([3.0])
    assert [f(x, 2).item(), f(x, 3).item(), f(x, 2, mode="down").item(), f(x, 2).item()] == [9, 27, -9, 9]
    assert causes(f)[1:] == ["power is 3, not 2", "mode is down, and was not there"]
    f(x, 2.0)
    f(x, True)
    assert len(f.specialisations) == 5  # 2, 2.0 and True are not the same


def test_the_way_arguments_are_put_together() -> None:
    @gn.compile
    def f(parts: Any) -> Any:
        return [parts[i] * 2 for i in range(2)] if isinstance(parts, list) else parts[0] + parts[1]

    x, y = gn.ones(2), gn.zeros(2)
    assert isinstance(f([x, y]), list)
    assert isinstance(f((x, y)), Tensor)
    assert isinstance(f({0: x, 1: y}), Tensor)
    assert len(f.specialisations) == 3


def test_one_tensor_in_two_places() -> None:
    f = gn.compile(lambda a, b: a * 2 + b)
    x, y = gn.ones(1), gn.zeros(1)
    assert [f(x, x).item(), f(x, y).item(), f(y, x).item(), f(x, x).item()] == [3, 2, 1, 3]
    assert len(f.specialisations) == 2


def test_modes(step: gn.Compiled, model: Any) -> None:
    call(step)
    model.eval()
    call(step)
    model.train()
    call(step)
    model[1].eval()
    call(step)
    assert causes(step)[1:] == [
        "the mode of model is evaluation, not training; the mode of model.0 is evaluation, not training; "
        "the mode of model.1 is evaluation, not training; the mode of model.2 is evaluation, not training",
        "the mode of model.1 is evaluation, not training",
    ]


def test_following_gradients() -> None:
    model = nn.Linear(3, 2)
    f = gn.compile(model)
    x = gn.ones(1, 3)
    f(x)
    with gn.no_grad():
        f(x)
        f(x)
    f(x)
    assert causes(f)[1:] == ["whether gradients are followed is False, not True"]


def test_the_set_of_parameters(step: gn.Compiled, model: Any) -> None:
    call(step)
    model[0].bias.requires_grad = False
    call(step)
    model[2].weight = nn.Parameter(gn.zeros(3, 7, dtype=gn.float64))
    call(step)
    changed = "the kind of model.0.bias is float64[7], not followed by gradients, not float64[7], followed by gradients"
    assert causes(step)[1] == changed
    assert "model.2.weight is another Parameter" in causes(step)[2]
    model.append(nn.Linear(3, 3).double())
    call(step)
    assert any("model.3 is another Linear" in cause for cause in causes(step))


def test_attributes_that_a_module_computes_with(step: gn.Compiled, model: Any) -> None:
    call(step)
    model[1].p = 0.25
    call(step)
    model.note = "to do"  # which no code of the module's names
    call(step)
    assert causes(step)[1:] == ["model.1.p is 0.25, not 0.5"]


def test_options(model: Any) -> None:
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    step = training(model, optimizer)
    call(step)
    optimizer.param_groups[0]["weight_decay"] = 0.1
    call(step)
    optimizer.param_groups[0]["weight_decay"] = 0
    call(step)
    assert causes(step)[1:] == ["weight_decay of optimizer is 0.1, not 0"]
    optimizer.load_state_dict(optimizer.state_dict())  # other tensors remember from now on
    call(step)
    assert len(step.specialisations) == 3


def test_groups(model: Any) -> None:
    optimizer = optim.SGD(model[0].parameters(), lr=0.1)
    step = training(model, optimizer)
    call(step)
    before = model[2].weight.array.copy()
    optimizer.add_param_group({"params": model[2].parameters()})
    call(step)
    assert "lr" not in causes(step)[-1]
    assert "momentum of optimizer, group 1 is 0, and was not there" in causes(step)[-1]
    assert not np.array_equal(model[2].weight.array, before)


def test_gradients_that_are_there() -> None:
    w = gn.ones(2, requires_grad=True)

    @gn.compile
    def backward(x: Tensor) -> Tensor:
        loss = (w * x).sum()
        loss.backward()
        return loss

    x = gn.ones(2)
    for times in range(1, 5):
        backward(x)
        assert w.grad.tolist() == [times, times]
    w.grad = None
    backward(x)
    assert w.grad.tolist() == [1, 1]
    w.grad = gn.full((2,), 5.0)
    backward(x)
    assert w.grad.tolist() == [6, 6]
    assert causes(backward) == ["the first call", "parameters have gradients when it begins"]


def test_globals_that_the_function_names() -> None:
    global scale, offset

    @gn.compile
    def f(x: Tensor) -> Tensor:
        return _scaled(x) + offset * gn.tensor(weights)

    x = gn.ones(3)
    try:
        assert f(x).tolist() == f(x).tolist() == [3, 3, 3]
        scale = 3.0
        assert f(x).tolist() == f(x).tolist() == [4, 4, 4]
        offset.mul_(2)
        weights[0] = 0
        assert f(x).tolist() == [3, 5, 5]
        offset = gn.zeros(3)
        assert f(x).tolist() == f(x).tolist() == [3, 3, 3]
        scale = 2.0
        assert f(x).tolist() == [2, 2, 2]
    finally:
        scale, offset, weights[0] = 2.0, gn.ones(3), 1
    assert causes(f)[1:3] == ["scale is 3.0, not 2.0", "offset is another Tensor"]


def _scaled(x: Tensor) -> Tensor:
    return x * scale


def test_names_of_the_closure_and_defaults() -> None:
    factor = 2

    @gn.compile
    def f(x: Tensor, plus: float = 1.0) -> Tensor:
        return x * factor + plus

    x = gn.ones(1)
    assert [f(x).item(), f(x).item()] == [3, 3]
    factor = 3
    assert [f(x).item(), f(x).item(), f(x, 2.0).item()] == [4, 4, 5]


def test_the_default_dtype() -> None:
    f = gn.compile(lambda n: gn.zeros(n).sum())
    assert f(2).dtype == gn.float32
    gn.set_default_dtype(gn.float64)
    try:
        assert f(2).dtype == f(2).dtype == gn.float64
    finally:
        gn.set_default_dtype(gn.float32)
    assert f(2).dtype == gn.float32
    assert causes(f)[1:] == ["the default dtype is float64, not float32"]


# what needs no new trace -------------------------------------------------------------------------------------


def test_data_that_is_replaced(step: gn.Compiled, model: Any) -> None:
    call(step)
    model[2].bias.data = gn.full((3,), 100.0, dtype=gn.float64)
    model.eval()
    call(step)
    assert (abs(model[2].bias.array - 100) < 1).all()
    model[0].weight.data = gn.zeros(7, 5, dtype=gn.float64)
    step(gn.zeros(6, 5, dtype=gn.float64), labels(0, 6, 3))
    assert len(step.specialisations) == 2
    assert (model[0].weight.array == 0).mean() > 0.5 or model[0].weight.grad is not None


def test_data_of_another_shape_is_recorded_anew() -> None:
    w = gn.ones(3, requires_grad=True)
    f = gn.compile(lambda: (w * 2).sum())
    assert [f().item(), f().item()] == [6, 6]
    w.data = gn.ones(5)
    assert [f().item(), f().item()] == [10, 10]
    w.data = gn.ones(5, dtype=gn.float64)
    assert f().dtype == gn.float64


def test_buffers_that_are_converted() -> None:
    class Shift(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("by", gn.ones(3))

        def forward(self, x: Tensor) -> Tensor:
            return x + self.by

    model = Shift()
    f = gn.compile(model)
    assert f(gn.ones(3)).dtype == f(gn.ones(3)).dtype == gn.float32
    model.double()
    assert f(gn.ones(3)).dtype == f(gn.ones(3)).dtype == gn.float64
    model.by.fill_(2)
    assert f(gn.ones(3)).tolist() == [3, 3, 3]


def test_a_leaf_that_is_detached() -> None:
    w = gn.ones(3, requires_grad=True)
    f = gn.compile(lambda x: x * w)
    assert f(gn.ones(3)).requires_grad
    assert f(gn.ones(3)).requires_grad
    w.detach_()
    assert not f(gn.ones(3)).requires_grad


def test_weights_that_are_loaded(step: gn.Compiled, model: Any) -> None:
    call(step)
    state = {name: x.clone() for name, x in model.state_dict().items()}
    call(step)
    model.load_state_dict(state)
    model.eval()
    with gn.no_grad():
        expected = model(batch(0, 6, 5))
    seen = gn.compile(model)
    with gn.no_grad():
        seen(batch(1, 6, 5))
        assert seen(batch(0, 6, 5)).allclose(expected)


def test_the_learning_rate(model: Any) -> None:
    model.eval()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    step = training(model, optimizer)
    call(step)
    before = model[2].bias.array.copy()
    optimizer.param_groups[0]["lr"] = 0.0
    call(step)
    np.testing.assert_array_equal(model[2].bias.array, before)
    optimizer.param_groups[0]["lr"] = gn.tensor(0.5).item()
    call(step)
    assert not np.array_equal(model[2].bias.array, before)
    assert len(step.specialisations) == 1


def test_the_optimizer_is_seen_to_have_stepped(model: Any) -> None:
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    step = training(model, optimizer)
    call(step)
    optimizer.stepped = False
    call(step)
    optim.lr_scheduler.StepLR(optimizer, 1).step()  # which would warn


def test_autograd_sees_what_a_program_overwrites(model: Any) -> None:
    step = training(model, optim.SGD(model.parameters(), lr=0.1))
    call(step)
    loss = model(batch(0, 6, 5)).sum()
    call(step)
    with pytest.raises(gn.GradientError, match="changed in place"):
        loss.backward()


def test_random_numbers_go_on_from_the_same_generator() -> None:
    own = gn.Generator(3)

    @gn.compile
    def f() -> tuple[Tensor, Tensor, Tensor]:
        return gn.rand(2), gn.randn(2, generator=own), gn.randint(0, 10, (2,)) + gn.randperm(2)

    came = [[x.tolist() for x in f()] for _ in range(3)]
    gn.manual_seed(0)
    own.manual_seed(3)
    expected = [[x.tolist() for x in f.function()] for _ in range(3)]
    assert came == expected
    gn.manual_seed(0)
    own.manual_seed(3)
    assert [x.tolist() for x in f()] == expected[0]
    assert len(f.specialisations) == 1


# bounds ---------------------------------------------------------------------------------------------------------


def test_recordings_are_bounded_and_it_goes_on_uncompiled() -> None:
    f = gn.compile(lambda x: x * 2, max_specialisations=2)
    f(gn.ones(1))
    f(gn.ones(2))
    with pytest.warns(UserWarning, match=r"more than 2 different ways and runs uncompiled.*\n.*\n2: x is float32\[2\]"):
        assert f(gn.ones(3)).tolist() == [2, 2, 2]
    assert f(gn.ones(4)).tolist() == [2, 2, 2, 2]  # warns no more
    assert f(gn.ones(2)).tolist() == [2, 2]
    assert len(f.specialisations) == 2
    assert f.max_specialisations == 2


@pytest.mark.parametrize("new", ["shape", "number"])
def test_one_more_specialisation_costs_no_more_than_the_one_before(new: str) -> None:
    """What is new about it, too, is found without asking all that came before."""
    f = gn.compile(lambda x, n: x * n, max_specialisations=1000)

    def more(begin: int) -> None:
        for i in range(begin, begin + 20):
            f(gn.ones(i + 1 if new == "shape" else 1), 2 if new == "shape" else i)

    more(0)
    few = calls(more, 20)
    for begin in range(40, 120, 20):
        more(begin)
    assert calls(more, 120) < 1.1 * few
    assert len(f.specialisations) == 140
    assert len(f.explain_specialisations().splitlines()) == 140


def test_the_warning_is_of_the_users_line() -> None:
    f = gn.compile(max_specialisations=1)(lambda x: x * 2)
    f(gn.ones(1))
    with pytest.warns(UserWarning, match="different ways") as caught:
        f(gn.ones(2))
    assert caught[0].filename == __file__


@pytest.mark.parametrize("give", [lambda loss: loss, lambda loss: [loss], lambda loss: {"loss": loss, "n": 3}])
def test_the_call_that_makes_state_gives_what_every_call_gives(model: Any, give: Any) -> None:
    optimizer = optim.Adam(model.parameters(), lr=0.01)

    @gn.compile
    def step(x: Tensor, y: Tensor) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return give(loss)

    first, second = step(batch(0, 6, 5), labels(0, 6, 3)), step(batch(0, 6, 5), labels(0, 6, 3))
    assert str(first).count("[") == str(second).count("[")  # the optimizer's state is made in the first call
    assert len(step.specialisations) == 1


def test_what_makes_state_at_every_call_is_not_recorded_for_ever(model: Any) -> None:
    @gn.compile
    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer = optim.Adam(model.parameters(), lr=0.1)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    with pytest.warns(UserWarning, match="makes something new to remember at each call.*make it once, outside"):
        [call(step) for _ in range(2)]
    assert step.specialisations == []


# compiling itself -----------------------------------------------------------------------------------------------


def test_a_compiled_module_is_still_one() -> None:
    model = mlp(5, 7, 3)
    compiled = gn.compile(model)
    x = batch(0, 6, 5)
    assert compiled(x).allclose(model(x))
    assert compiled(x).allclose(model(x))
    assert [p is q for p, q in zip(compiled.parameters(), model.parameters(), strict=True)] == [True] * 4
    assert compiled.eval() is model
    assert not compiled.training
    assert compiled.state_dict().keys() == model.state_dict().keys()
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = compiled.nothing


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 2)

    @gn.compile(max_specialisations=5)
    def forward(self, x: Tensor) -> Tensor:
        """What it computes."""
        return self.fc(x)

    @gn.compile
    def doubled(self, x: Tensor) -> Tensor:
        return self(x) * 2


def test_methods_are_compiled_for_each_object() -> None:
    one, two = Net(), Net()
    x = gn.ones(1, 3)
    for _ in range(2):
        assert one(x).allclose(one.fc(x))
        assert two(x).allclose(two.fc(x))
        assert one.doubled(x).allclose(one.fc(x) * 2)
    assert one.forward is not two.forward
    assert (len(one.forward.specialisations), len(two.forward.specialisations)) == (1, 1)
    assert one.forward.max_specialisations == 5
    assert isinstance(Net.forward, gn.Compiled)
    assert (Net.forward.__name__, Net.forward.__doc__) == ("forward", "What it computes.")
    assert set(one.state_dict()) == {"fc.weight", "fc.bias"}


def test_a_method_needs_a_place_to_be_kept() -> None:
    class Bare:
        __slots__ = ()

        @gn.compile
        def twice(self, x: Tensor) -> Tensor:
            return x * 2

    with pytest.raises(TypeError, match="twice: a compiled method is kept with its object, and Bare has __slots__"):
        Bare().twice(gn.ones(1))


def test_copies_are_compiled_for_themselves() -> None:
    one = Net()
    x = gn.ones(1, 3)
    one(x)
    two = copy.deepcopy(one)
    one.fc.bias.data += 5
    assert two(x).allclose(two.fc(x))
    assert two(x).allclose(two.fc(x))
    assert two.forward.specialisations != one.forward.specialisations


def test_a_compiled_function_goes_when_nobody_holds_it() -> None:
    model = mlp(5, 7, 3)
    step = training(model, optim.SGD(model.parameters(), lr=0.1))
    call(step)
    gone = weakref.ref(step)
    del step
    gc.collect()
    assert gone() is None


def test_threads_take_turns() -> None:
    model = mlp(5, 64, 3).eval()
    predict = gn.compile(model)
    inputs = [batch(i, 32, 5) for i in range(4)]
    with gn.no_grad():
        expected = [model(x).array for x in inputs]
        predict(inputs[0])
    wrong: list[int] = []

    def work(i: int) -> None:
        with gn.no_grad():
            wrong.extend(i for _ in range(50) if not np.allclose(predict(inputs[i]).array, expected[i]))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(predict.specialisations) == 1


def test_results_are_their_callers_own() -> None:
    model = mlp(5, 7, 3)
    predict = gn.compile(model)
    with gn.no_grad():
        predict(batch(0, 6, 5))
        first = predict(batch(0, 6, 5))
        held = first.array.copy()
        predict(batch(1, 6, 5))
    np.testing.assert_array_equal(first.array, held)


def test_gradients_are_there_to_be_changed() -> None:
    """Gradients that are equal are not the same; and what is done to them is gone at the next step."""
    a, b = gn.ones(3, requires_grad=True), gn.ones(3, requires_grad=True)

    @gn.compile
    def backward(x: Tensor) -> Tensor:
        a.grad = b.grad = None
        loss = (a + b).sum() + x.sum()
        loss.backward()
        return loss

    for _ in range(3):
        backward(gn.ones(2))
        assert a.grad.tolist() == b.grad.tolist() == [1, 1, 1]
        a.grad.mul_(0)
        assert b.grad.tolist() == [1, 1, 1]


def test_what_is_given_back_of_what_stays() -> None:
    model = nn.Linear(3, 2)
    f = gn.compile(lambda x: (model.weight, x, x, model.weight * 1))
    x = gn.ones(2)
    f(x)
    weight, same, again, copied = f(x)
    assert weight is model.weight
    assert same.array is again.array is x.array
    copied.data.mul_(0)
    assert model.weight.array.any()


@pytest.mark.parametrize("kind", ["namedtuple", "dict", "list", "number", "nothing", "constant"])
def test_what_can_be_given_back(kind: str) -> None:
    made = {
        "namedtuple": lambda x: x.reshape(1, -1).max(1),
        "dict": lambda x: {"twice": x * 2, "name": "x", "parts": [x, (x + 1,)]},
        "list": lambda x: [x, x * 2],
        "number": lambda x: len(x.shape),
        "nothing": lambda x: None,
        "constant": lambda x: gn.full((), 0.1, dtype=gn.float32) * 2,
    }[kind]
    f = gn.compile(made)
    x = gn.ones(3)
    first, second, expected = f(x), f(x), made(x)
    assert type(first) is type(second) is type(expected)
    assert re.sub("\\s+", " ", repr(second)) == re.sub("\\s+", " ", repr(expected)) == re.sub("\\s+", " ", repr(first))


def test_what_a_call_computes_does_not_depend_on_whether_it_is_the_one_recorded() -> None:
    def new() -> tuple[nn.Module, optim.Optimizer, gn.Generator]:
        gn.manual_seed(3)
        model = nn.Sequential(nn.Linear(20, 30), nn.Tanh(), nn.Dropout(0.3), nn.Linear(30, 5))
        return model, optim.Adam(model.parameters(), lr=0.01), gn.Generator().manual_seed(4)

    def trained(breaks: set[int]) -> list[bytes]:
        model, optimizer, generator = new()
        x, y = gn.randn(16, 20, generator=generator), gn.randint(0, 5, (16,), generator=generator)

        def step(x: Tensor, y: Tensor) -> Tensor:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x + 0.1 * gn.randn(16, 20, generator=generator)), y)
            loss.backward()
            optimizer.step()
            return loss

        losses = []
        for number in range(8):
            if number in breaks or not number:
                compiled = gn.compile(step)
            losses.append(compiled(x, y).detach().numpy().tobytes())
        assert len(compiled.specialisations) == 1
        return [*losses, *(value.numpy().tobytes() for value in model.state_dict().values())]

    assert trained(set()) == trained({1, 4, 6}) == trained(set(range(1, 7)))


@pytest.mark.parametrize("refused", [False, True])
def test_a_generator_that_a_module_keeps(refused: bool) -> None:
    class Noisy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.generator = gn.Generator().manual_seed(1)

        def forward(self, x: Tensor) -> Tensor:
            y = x + gn.randn(3, generator=self.generator)
            return y * y.sum().item() if refused else y

    model, x = Noisy(), gn.ones(3)
    if refused:
        with pytest.raises(TraceError):
            gn.compile(model)(x)
        assert gn.equal(gn.randn(3, generator=model.generator), gn.randn(3, generator=Noisy().generator))
    else:
        step, eager = gn.compile(model), Noisy()
        for _ in range(3):
            assert gn.equal(step(x), eager(x))
