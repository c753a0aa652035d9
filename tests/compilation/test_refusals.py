"""What cannot become part of a program is refused with the user's line and the way out, and nothing is left changed."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.nn.functional as F
from glassnet import nn, optim
from glassnet.compilation.arguments import StructureError
from glassnet.data import DataLoader, TensorDataset
from glassnet.observer import mode
from glassnet.optim import lr_scheduler
from glassnet.trace.tracer import TraceError

Tensor = gn.Tensor
Body = Callable[[Tensor], Any]

counter = 0
history: list[Any] = []
last: Any = None
loader = DataLoader(TensorDataset(gn.ones(4, 3)), batch_size=1)
numbers = np.arange(3.0, dtype=np.float32)

READS = "reads a tensor's value in Python.*Return the tensor and read it outside, or choose with glassnet.where"
ONCE = "which the program would do only this once"
KEEPS = "that the function keeps.*Return the tensor and keep it outside"
ARRAY = "uses a NumPy array that the function has made.*Compute with tensors, pass it in as a tensor, or make it once"


# values that Python reads ---------------------------------------------------------------------------------


def item(x: Tensor) -> Any:
    return x * x.sum().item()


def truth(x: Tensor) -> Any:
    if x.sum() > 0:
        x = x * 2
    return x


def loop(x: Tensor) -> Any:
    while x.sum() < 100:
        x = x * 2
    return x


def assertion(x: Tensor) -> Any:
    assert not x.isnan().any()
    return x


def numpy(x: Tensor) -> Any:
    return x * float(np.mean(x.numpy()))


def ufunc(x: Tensor) -> Any:
    return x * np.asarray(x).sum()


def printing(x: Tensor) -> Any:
    print(x)
    return x


def formatted(x: Tensor) -> Any:
    return x, f"{x.sum():.3f}"


def in_text(x: Tensor) -> Any:
    return x, str(x)


def floats(x: Tensor) -> Any:
    return x * float(x.sum())


def ints(x: Tensor) -> Any:
    for _ in range(int(x.sum())):
        x = x * 2
    return x


def index(x: Tensor) -> Any:
    return x[: x.argmax()]


def in_list(x: Tensor) -> Any:
    return x, x.tolist()


def square_root(x: Tensor) -> Any:
    return x * math.sqrt(x.sum())


def membership(x: Tensor) -> Any:
    return x * 2 if 1.0 in x else x


def equality(x: Tensor) -> Any:
    return x * 2 if x.equal(x + 0) else x


def closeness(x: Tensor) -> Any:
    return x if gn.allclose(x, x + 1) else x * 2


def caught(x: Tensor) -> Any:
    try:
        return x * x.sum().item()
    except Exception:
        return x


def in_a_list(x: Tensor) -> Any:
    return gn.tensor([x.sum(), x.mean()]) * 2


def filled_with(x: Tensor) -> Any:
    return gn.full((2,), x.sum()) * 2


def drawn_with(x: Tensor) -> Any:
    return gn.multinomial(x.abs() + 1, 2)


def number_of_classes(x: Tensor) -> Any:
    return F.one_hot(x.long())


# shapes that values tell ------------------------------------------------------------------------------------


def masked(x: Tensor) -> Any:
    return x[x > 0].sum()


def selected(x: Tensor) -> Any:
    return gn.masked_select(x, x > 0).sum()


def found(x: Tensor) -> Any:
    return x.nonzero()


def distinct(x: Tensor) -> Any:
    return x.unique()


# effects that would be lost -------------------------------------------------------------------------------------


def appended(x: Tensor) -> Any:
    y = x * 2
    history.append(y)
    return y.sum()


def appended_detached(x: Tensor) -> Any:
    y = x * 2
    history.append(y.detach())
    return y.sum()


def appended_and_given_back(x: Tensor) -> Any:
    y = x * 2
    history.append(y)
    return {"y": [y]}


def kept_constant(x: Tensor) -> Any:
    history.append(gn.zeros(2))
    return x


def kept_global(x: Tensor) -> Any:
    global last
    last = x * 2
    return x


def counted(x: Tensor) -> Any:
    global counter
    counter += 1
    return x * 2


def by_counter(x: Tensor) -> Any:
    count_in_a_helper()
    return x * 2


def count_in_a_helper() -> None:
    global counter
    counter += 1


def seeded(x: Tensor) -> Any:
    gn.manual_seed(0)
    return x * gn.rand(3)


generators = [gn.Generator() for _ in range(2000)]  # too many to be looked through


def seeded_in_a_long_list(x: Tensor) -> Any:
    generators[-1].manual_seed(0)
    return x * gn.rand(3, generator=generators[-1])


def seeded_when_made(x: Tensor) -> Any:
    own = gn.Generator(3)
    return x * gn.rand(3, generator=own)


def state_of_random_numbers(x: Tensor) -> Any:
    gn.set_rng_state(gn.get_rng_state())
    return x


def changes_its_argument(x: Tensor) -> Any:
    x += 1
    return x


def changes_part_of_its_argument(x: Tensor) -> Any:
    x[0] = 1
    return x


def changes_a_view_of_its_argument(x: Tensor) -> Any:
    x.reshape(1, 3)[0].mul_(2)
    return x


def follows_its_argument(x: Tensor) -> Any:
    x.requires_grad_()
    return (x * 2).sum()


def beyond(x: Tensor) -> Any:
    x.sum().backward()
    return x


# NumPy beside dispatch ---------------------------------------------------------------------------------------------


def random_array(x: Tensor) -> Any:
    return x * np.random.default_rng().random(3).astype(np.float32)


def random_tensor(x: Tensor) -> Any:
    return x * gn.tensor(np.random.default_rng().random(3))


def from_array(x: Tensor) -> Any:
    return x * gn.from_numpy(numbers * 2)


def looked_into(x: Tensor) -> Any:
    return x + gn.tensor(x.array * 2)


def random_index(x: Tensor) -> Any:
    return x[np.array([0, 2])]


def assigned_array(x: Tensor) -> Any:
    y = gn.zeros(3)
    y[:] = numbers[::-1] + random.random()
    return x + y


def list_of_arrays(x: Tensor) -> Any:
    return x + gn.tensor([numbers, numbers]).sum(0)


def loaded(x: Tensor) -> Any:
    for (sample,) in loader:
        x = x + sample
    return x


def sampled(x: Tensor) -> Any:
    return x + loader.dataset[0][0]


CASES: dict[Body, tuple[str, str]] = {
    item: ("return x * x.sum().item()", rf"item\(\) {READS}"),
    truth: ("if x.sum() > 0:", rf"if \(or while, and, or, not\) {READS}"),
    loop: ("while x.sum() < 100:", READS),
    assertion: ("assert not x.isnan().any()", READS),
    numpy: ("return x * float(np.mean(x.numpy()))", rf"numpy\(\) {READS}"),
    ufunc: ("return x * np.asarray(x).sum()", READS),
    printing: ("print(x)", f"printing {READS}"),
    formatted: ('return x, f"{x.sum():.3f}"', READS),
    in_text: ("return x, str(x)", READS),
    floats: ("return x * float(x.sum())", READS),
    ints: ("for _ in range(int(x.sum())):", READS),
    index: ("return x[: x.argmax()]", READS),
    in_list: ("return x, x.tolist()", READS),
    square_root: ("return x * math.sqrt(x.sum())", READS),
    membership: ("return x * 2 if 1.0 in x else x", READS),
    equality: ("return x * 2 if x.equal(x + 0) else x", READS),
    closeness: ("return x if gn.allclose(x, x + 1) else x * 2", READS),
    caught: ("return x * x.sum().item()", READS),
    in_a_list: ("return gn.tensor([x.sum(), x.mean()]) * 2", "glassnet.stack"),
    filled_with: ("return gn.full((2,), x.sum()) * 2", READS),
    drawn_with: ("return gn.multinomial(x.abs() + 1, 2)", READS),
    number_of_classes: ("return F.one_hot(x.long())", READS),
    masked: ("return x[x > 0].sum()", r"picks elements by a bool tensor.*use glassnet.where\(mask, x, 0\)"),
    selected: ("return gn.masked_select(x, x > 0).sum()", "picks elements by a bool tensor"),
    found: ("return x.nonzero()", READS),
    distinct: ("return x.unique()", READS),
    appended: ("y = x * 2", KEEPS),
    appended_detached: ("history.append(y.detach())", KEEPS),
    appended_and_given_back: ("y = x * 2", KEEPS),
    kept_constant: ("history.append(gn.zeros(2))", KEEPS),
    kept_global: ("last = x * 2", KEEPS),
    counted: ("counter += 1", rf"sets counter, {ONCE}.*Set it outside"),
    by_counter: ("counter += 1", rf"sets counter, {ONCE}"),
    seeded: ("gn.manual_seed(0)", f"sets the state of a random generator, {ONCE}; seed before"),
    seeded_in_a_long_list: ("generators[-1].manual_seed(0)", f"sets the state of a random generator, {ONCE}"),
    seeded_when_made: ("own = gn.Generator(3)", f"sets the state of a random generator, {ONCE}"),
    state_of_random_numbers: ("gn.set_rng_state(gn.get_rng_state())", "sets the state of a random generator"),
    changes_its_argument: ("x += 1", r"changes an argument in place.*make a new tensor \(x = x \+ 1 for x \+= 1\)"),
    changes_part_of_its_argument: ("x[0] = 1", "changes an argument in place"),
    changes_a_view_of_its_argument: ("x.reshape(1, 3)[0].mul_(2)", "changes an argument in place"),
    follows_its_argument: ("", r"changes whether gradients of its argument x.*begin with x = x.detach\(\).requires_grad"),  # noqa: E501
    random_array: ("return x * np.random.default_rng().random(3).astype(np.float32)", ARRAY),
    random_tensor: ("return x * gn.tensor(np.random.default_rng().random(3))", ARRAY),
    from_array: ("return x * gn.from_numpy(numbers * 2)", ARRAY),
    looked_into: ("return x + gn.tensor(x.array * 2)", ARRAY),
    random_index: ("return x[np.array([0, 2])]", ARRAY),
    assigned_array: ("y[:] = numbers[::-1] + random.random()", ARRAY),
    loaded: ("for (sample,) in loader:", "takes samples from a data set.*let the loop over the loader be outside"),
    sampled: ("return x + loader.dataset[0][0]", "takes samples from a data set"),
    list_of_arrays: ("return x + gn.tensor([numbers, numbers]).sum(0)", ARRAY),
}  # fmt: skip


@pytest.mark.parametrize("body", CASES, ids=lambda body: body.__name__)
def test_it_is_refused_with_the_line_and_the_way_out(body: Body, capsys: pytest.CaptureFixture[str]) -> None:
    line, message = CASES[body]
    history.clear()
    function = gn.compile(body)
    for _ in range(2):  # every time: it is not kept half-done
        with pytest.raises(TraceError, match=message) as caught:
            function(gn.tensor([1.0, 2.0, 3.0]))
        assert mode.tracer is None
        if line:
            assert f"test_refusals.py, line {_line_of(body, line)}: `{line}`" in str(caught.value)
        history.clear()
    assert function.specialisations == []
    assert capsys.readouterr().out == ""


def _line_of(body: Body, line: str) -> int:
    source = Path(body.__code__.co_filename).read_text(encoding="utf-8").splitlines()
    start = count_in_a_helper.__code__.co_firstlineno if body is by_counter else body.__code__.co_firstlineno
    return next(n for n, text in enumerate(source, 1) if n > start and text.strip() == line)


# after a refusal -------------------------------------------------------------------------------------------


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self.drop = nn.Dropout(0.5)
        self.register_buffer("mean", gn.zeros(3))
        self.calls = 0
        self.last: Any = None

    def forward(self, x: Tensor) -> Tensor:
        with gn.no_grad():
            self.mean += x.mean(0)
        return self.drop(self.fc(x - self.mean))


def everything(model: Net, optimizer: optim.Optimizer) -> dict[str, Any]:
    found: dict[str, Any] = {name: p.array.copy() for name, p in model.named_parameters()}
    found |= {name: b.array.copy() for name, b in model.named_buffers()}
    found |= {f"gradient of {n}": None if p.grad is None else p.grad.array.copy() for n, p in model.named_parameters()}
    for number, held in optimizer.state_dict()["state"].items():
        found |= {f"{name} of {number}": x.array.copy() for name, x in held.items()}
    found["lr"] = optimizer.param_groups[0]["lr"]
    found["random"] = str(gn.get_rng_state())
    found["attributes"] = (model.calls, model.last, model.training, "forward" in vars(model))
    return found


def _reads_at_the_end(model: Net, loss: Tensor) -> Any:
    return loss.item()


def _keeps(model: Net, loss: Tensor) -> Any:
    model.last = loss.detach()
    return loss


def _counts(model: Net, loss: Tensor) -> Any:
    model.calls += 1
    return loss


def _returns_an_array(model: Net, loss: Tensor) -> Any:
    return loss, np.zeros(3)


@pytest.mark.parametrize("warm", [False, True], ids=["at the first call", "later"])
@pytest.mark.parametrize("end", [_reads_at_the_end, _keeps, _counts, _returns_an_array], ids=lambda f: f.__name__[1:])
@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam])
def test_a_refusal_leaves_everything_as_it_was(kind: Any, end: Callable[..., Any], warm: bool) -> None:
    model = Net()
    optimizer = kind(model.parameters(), lr=0.1)

    def step(x: Tensor, y: Tensor) -> Any:
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        return end(model, loss)

    x, y = gn.randn(4, 3), gn.randn(4, 2)
    if warm:
        model.train()
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
    before = everything(model, optimizer)
    compiled = gn.compile(step)
    with pytest.raises((TraceError, StructureError)):
        compiled(x, y)
    after = everything(model, optimizer)
    assert after.keys() == before.keys()
    for name, value in before.items():
        np.testing.assert_array_equal(after[name], value, err_msg=name)
    step(x, y)  # and it works uncompiled
    assert mode.tracer is None


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam])
def test_an_error_of_the_function_itself_leaves_everything_as_it_was(kind: Any) -> None:
    model = Net()
    optimizer = kind(model.parameters(), lr=0.1)

    @gn.compile
    def step(x: Tensor) -> Tensor:
        loss = model(x).sum()
        loss.backward()
        optimizer.step()
        model.last = "here"
        raise ZeroDivisionError

    before = everything(model, optimizer)
    with pytest.raises(ZeroDivisionError):
        step(gn.randn(4, 3, generator=gn.Generator(0)))
    after = everything(model, optimizer)
    assert after.keys() == before.keys()
    for name, value in before.items():
        np.testing.assert_array_equal(after[name], value, err_msg=name)
    assert mode.tracer is None
    assert step.specialisations == []


def test_after_a_refusal_other_functions_are_traced() -> None:
    model = Net().eval()
    with pytest.raises(TraceError):
        gn.compile(lambda x: model(x).sum().item())(gn.ones(2, 3))
    good = gn.compile(model)
    x = gn.randn(2, 3)
    with gn.no_grad():
        model.mean.zero_()
        expected = model(x)
        model.mean.zero_()
        good(x)
        model.mean.zero_()
        assert good(x).allclose(expected)
    assert len(good.specialisations) == 1


def test_errors_of_the_user_pass_unchanged() -> None:
    model = nn.Linear(3, 2)
    compiled = gn.compile(model)
    with pytest.raises(gn.ShapeError, match="linear: expected an input whose last dimension is 3"):
        compiled(gn.ones(2, 4))
    assert mode.tracer is None
    assert compiled(gn.ones(2, 3)).shape == (2, 2)

    @gn.compile
    def raises(x: Tensor) -> Tensor:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        raises(gn.ones(1))
    assert mode.tracer is None


def test_lost_attributes_name_the_module_and_the_line() -> None:
    model = Net()

    @gn.compile
    def step(x: Tensor) -> Tensor:
        model.calls = model.calls + 1
        return model(x).sum()

    with pytest.raises(TraceError, match=r"line \d+: `model.calls = model.calls \+ 1` sets model.calls, which"):
        step(gn.ones(2, 3))
    assert model.calls == 0


def test_attributes_of_objects_are_seen() -> None:
    trainer = SimpleNamespace(model=nn.Linear(3, 2), steps=0)

    @gn.compile
    def step(x: Tensor) -> Tensor:
        trainer.steps += 1
        return trainer.model(x).sum()

    with pytest.raises(TraceError, match=r"`trainer.steps \+= 1` sets trainer.steps"):
        step(gn.ones(2, 3))
    assert trainer.steps == 0


def test_nonlocal_names_are_seen() -> None:
    calls = 0

    @gn.compile
    def step(x: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return x * 2

    with pytest.raises(TraceError, match="sets calls"):
        step(gn.ones(2))
    assert calls == 0


@pytest.mark.parametrize(
    "schedule", [lambda o: lr_scheduler.StepLR(o, 100), lambda o: lr_scheduler.ReduceLROnPlateau(o)]
)
def test_schedules_belong_outside(schedule: Any) -> None:
    model = nn.Linear(3, 2)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = schedule(optimizer)

    @gn.compile
    def step(x: Tensor) -> Tensor:
        loss = model(x).sum()
        loss.backward()
        optimizer.step()
        scheduler.step(1.0) if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau) else scheduler.step()
        return loss

    epoch = scheduler.last_epoch
    with pytest.raises(TraceError, match=r"scheduler.step.*steps a schedule.*after the compiled function"):
        step(gn.ones(2, 3))
    assert scheduler.last_epoch == epoch


def test_learning_rates_belong_outside() -> None:
    model = nn.Linear(3, 2)
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @gn.compile
    def step(x: Tensor) -> Tensor:
        optimizer.param_groups[0]["lr"] *= 0.5
        loss = model(x).sum()
        loss.backward()
        optimizer.step()
        return loss

    with pytest.raises(TraceError, match=r"changes the learning rate of an optimizer.*outside, between calls"):
        step(gn.ones(2, 3))
    assert optimizer.param_groups[0]["lr"] == 0.1


def test_parameters_stay_where_they_are() -> None:
    w = gn.ones(3, requires_grad=True)

    @gn.compile
    def step(x: Tensor) -> Tensor:
        w.data = w.data - 0.1 * x
        return (w * x).sum()

    with pytest.raises(TraceError, match=r"`w.data = w.data - 0.1 \* x` puts a tensor's data in other memory.*-="):
        step(gn.ones(3))
    assert w.tolist() == [1.0, 1.0, 1.0]


def test_gradients_do_not_go_beyond_the_function() -> None:
    w = gn.ones(3, requires_grad=True)

    @gn.compile
    def step(h: Tensor) -> Tensor:
        loss = (h * h).sum()
        loss.backward()
        return loss

    with pytest.raises(TraceError, match=r"`loss.backward\(\)` follows gradients back to before.*x.detach\(\)"):
        step(w * 2)
    step((w * 2).detach().requires_grad_())


def test_gradients_do_not_go_back_through_a_compiled_function() -> None:
    model = nn.Linear(3, 2)
    w = gn.ones(2, 3, requires_grad=True)
    forward = gn.compile(model)
    for _ in range(2):
        result = forward(gn.ones(2, 3))
        assert result.requires_grad
        with pytest.raises(gn.GradientError, match="backward through the result of linear, which is compiled"):
            (result.sum() + w.sum()).backward()
        with pytest.raises(gn.GradientError, match="Call backward\\(\\) inside linear"):
            gn.autograd.grad(result.sum() + model.weight.sum(), model.weight)
        with pytest.raises(gn.GradientError, match="compiled"):
            forward(w.detach() + 0).sum().backward()
        with gn.no_grad():
            assert not forward(gn.ones(2, 3)).requires_grad


def test_what_is_given_back_is_of_a_few_kinds() -> None:
    with pytest.raises(StructureError, match=r"gives back tensors, numbers, text, None.*got set"):
        gn.compile(lambda x: {1, 2})(gn.ones(1))


def test_arrays_are_given_as_tensors() -> None:
    with pytest.raises(StructureError, match=r"x: expected a tensor, got a NumPy array.*glassnet.from_numpy\(x\)"):
        gn.compile(lambda x: gn.tensor(x) * 2)(np.ones(3))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"engine": "cuda"}, ValueError, "compile: expected engine 'auto', 'numpy' or 'native', got 'cuda'"),
        ({"max_specialisations": 0}, ValueError, "expected max_specialisations as a whole number, 1 or more, got 0"),
        ({"max_specialisations": 2.5}, ValueError, "got 2.5"),
        ({"function": 3}, TypeError, "expected a function or a module, got int"),
    ],
)
def test_what_compile_is_given(given: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        gn.compile(**{"function": item, **given})


def test_the_line_is_the_users_whoever_it_calls() -> None:
    model = nn.Linear(2, 2)

    @gn.compile
    def step(x: Tensor) -> Tensor:
        copied = copy.deepcopy(model)
        return copied(x)

    with pytest.raises(TraceError, match=r"test_refusals.py, line \d+: `copied = copy.deepcopy\(model\)`"):
        step(gn.ones(1, 2))
