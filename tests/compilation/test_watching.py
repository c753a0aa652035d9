"""What a function finds around it: changed between calls, it is seen; changed by the function itself, it is refused."""

from __future__ import annotations

import sysconfig
from collections import UserDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial, wraps
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import nn, optim
from glassnet.optim.lr_scheduler import ExponentialLR, ReduceLROnPlateau
from glassnet.trace.tracer import TraceError

Tensor = gn.Tensor
Set = Callable[[float], Any]


class Config:
    scale = 2.0


class Inherited(Config):
    pass


@dataclass(slots=True)
class Slotted:
    scale: float = 2.0


@dataclass
class Deep:
    inner: Config = field(default_factory=Config)


class Scaled(nn.Module):
    scale = 2.0

    def __init__(self) -> None:
        super().__init__()
        self.config = SimpleNamespace(scale=2.0)
        self.sizes = [2.0]
        self.function: Any = lambda x: x

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x * self.scale * self.config.scale * self.sizes[0])


def setter(owner: Any, name: str = "scale") -> Set:
    return lambda value: setattr(owner, name, value)


def putter(held: Any, key: Any) -> Set:
    return lambda value: held.__setitem__(key, value)


# each gives a function of x that multiplies by a number, 2.0 to begin with, and what sets that number


def of_a_class() -> tuple[Any, Set]:
    kind = type("Config", (), {"scale": 2.0, "__module__": __name__})
    return lambda x: x * kind.scale, setter(kind)  # type: ignore[attr-defined]


def of_a_class_through_an_object() -> tuple[Any, Set]:
    kind: Any = type("Config", (), {"scale": 2.0, "__module__": __name__})
    made = kind()
    return lambda x: x * made.scale, setter(kind)


def of_the_class_of_a_module() -> tuple[Any, Set]:
    kind: Any = type("Mine", (Scaled,), {"__module__": __name__})
    model = kind()
    model.config.scale = model.sizes[0] = 1.0
    return model, setter(kind)


def of_an_object_on_a_module() -> tuple[Any, Set]:
    model = Scaled()
    model.sizes[0] = 0.5
    return model, setter(model.config)


def of_a_list_on_a_module() -> tuple[Any, Set]:
    model = Scaled()
    model.config.scale = 0.5
    return model, putter(model.sizes, 0)


def of_an_object_within_an_object() -> tuple[Any, Set]:
    deep = Deep()
    return lambda x: x * deep.inner.scale, setter(deep.inner)


def of_an_object_in_a_list() -> tuple[Any, Set]:
    held = [Config()]
    return lambda x: x * held[0].scale, setter(held[0])


def with_slots() -> tuple[Any, Set]:
    slotted = Slotted()
    return lambda x: x * slotted.scale, setter(slotted)


def got_by_name() -> tuple[Any, Set]:
    config = Config()
    return lambda x: x * getattr(config, "scale"), setter(config)  # noqa: B009


def set_on_the_object_over_its_class() -> tuple[Any, Set]:
    config = Inherited()
    return lambda x: x * config.scale, setter(config)


def in_a_dict() -> tuple[Any, Set]:
    options = {"scale": 2.0}
    return lambda x: x * options["scale"], putter(options, "scale")


def in_a_list() -> tuple[Any, Set]:
    numbers = [2.0]
    return lambda x: x * numbers[0], putter(numbers, 0)


def in_a_dict_in_a_dict() -> tuple[Any, Set]:
    options = {"layer": {"scale": 2.0}}
    return lambda x: x * options["layer"]["scale"], putter(options["layer"], "scale")


def in_a_set() -> tuple[Any, Set]:
    names = {2.0}

    def put(value: float) -> None:
        names.clear()
        names.add(value)

    return lambda x: x * max(names), put


def in_the_wrapper_of_a_decorator() -> tuple[Any, Set]:
    config = SimpleNamespace(scale=2.0)

    def scaled(function: Any) -> Any:
        @wraps(function)
        def inside(x: Tensor) -> Tensor:
            return function(x) * config.scale

        return inside

    return scaled(lambda x: x * 1.0), setter(config)


def in_a_function_that_a_module_holds() -> tuple[Any, Set]:
    model = Scaled()
    model.config.scale = model.sizes[0] = 1.0
    model.scale = 1.0
    config = Config()
    model.function = lambda x: x * config.scale
    return model, setter(config)


def in_a_function_in_a_dict() -> tuple[Any, Set]:
    config = Config()
    functions = {"scaled": lambda x: x * config.scale}
    return lambda x: functions["scaled"](x), setter(config)


def in_a_hook() -> tuple[Any, Set]:
    config = Config()
    model = nn.Identity()
    model.register_forward_hook(lambda _module, _args, y: y * config.scale)
    return lambda x: model(x), setter(config)


def of_a_function() -> tuple[Any, Set]:
    def step(x: Tensor) -> Tensor:
        return x * step.scale  # type: ignore[attr-defined, no-any-return]

    step.scale = 2.0  # type: ignore[attr-defined]
    return step, setter(step)


def the_rate_of_an_optimizer() -> tuple[Any, Set]:
    optimizer = optim.SGD([gn.ones(1, requires_grad=True)], lr=2.0)
    return lambda x: x * optimizer.param_groups[0]["lr"], putter(optimizer.param_groups[0], "lr")


def the_rate_of_a_schedule() -> tuple[Any, Set]:
    optimizer = optim.SGD([gn.ones(1, requires_grad=True)], lr=2.0)
    schedule = ExponentialLR(optimizer, 0.5)
    assert ReduceLROnPlateau(optimizer)
    optimizer.step()

    def put(value: float) -> None:
        optimizer.param_groups[0]["lr"] = value * 2
        schedule.step()

    return lambda x: x * schedule.get_last_lr()[0], put


def in_the_second_closure_of_one_function() -> tuple[Any, Set]:
    def make(config: Any) -> Any:
        return lambda x: x * config.scale

    one, other = SimpleNamespace(scale=1.0), Config()
    functions = [make(one), make(other)]
    return lambda x: functions[1](functions[0](x)), setter(other)


def of_the_second_bound_method() -> tuple[Any, Set]:
    class Scale:
        def __init__(self, scale: float) -> None:
            self.scale = scale

        def apply(self, x: Tensor) -> Tensor:
            return x * self.scale

    other = Scale(2.0)
    first, second = Scale(1.0).apply, other.apply
    return lambda x: second(first(x)), setter(other)


def of_the_second_partial() -> tuple[Any, Set]:
    def scaled(config: Any, x: Tensor) -> Tensor:
        return x * config.scale

    other = Config()
    first, second = partial(scaled, SimpleNamespace(scale=1.0)), partial(scaled, other)
    return lambda x: second(first(x)), setter(other)


def of_the_closure_beside_a_global_of_its_name() -> tuple[Any, Set]:
    scale = 2.0

    def put(value: float) -> None:
        nonlocal scale
        scale = value

    return lambda x: x * scale * _by_the_global(x) / 7.0, put


def on_a_private_attribute() -> tuple[Any, Set]:
    class Private(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self._config = Config()

        def forward(self, x: Tensor) -> Tensor:
            return x * self._config.scale

    model = Private()
    return model, setter(model._config)


def in_a_dict_with_attributes() -> tuple[Any, Set]:
    class Options(dict[str, Any]):
        __getattr__ = dict.__getitem__

    options = Options(scale=2.0)
    return lambda x: x * options.scale, putter(options, "scale")


def in_a_dict_of_the_users() -> tuple[Any, Set]:
    options: Any = UserDict(scale=2.0)
    return lambda x: x * options["scale"], putter(options, "scale")


def in_a_queue() -> tuple[Any, Set]:
    held = deque([2.0])
    return lambda x: x * held[0], putter(held, 0)


def read_without_its_name() -> tuple[Any, Set]:
    config = SimpleNamespace(scale=2.0)

    def times(scale: float) -> float:
        return scale

    return lambda x: x * times(**vars(config)), setter(config)


def in_a_function_that_is_cached() -> tuple[Any, Set]:
    config = Config()

    @lru_cache
    def number() -> float:
        return config.scale

    def put(value: float) -> None:
        config.scale = value
        number.cache_clear()

    return lambda x: x * number(), put


scale = 7.0


def _by_the_global(_: Tensor) -> float:
    return scale


WATCHED = [
    in_the_second_closure_of_one_function, of_the_second_bound_method, of_the_second_partial,
    of_the_closure_beside_a_global_of_its_name, on_a_private_attribute, in_a_dict_with_attributes,
    in_a_dict_of_the_users, in_a_queue, read_without_its_name, in_a_function_that_is_cached,
    of_a_class, of_a_class_through_an_object, of_the_class_of_a_module, of_an_object_on_a_module, of_a_list_on_a_module,
    of_an_object_within_an_object, of_an_object_in_a_list, with_slots, got_by_name, set_on_the_object_over_its_class,
    in_a_dict, in_a_list, in_a_dict_in_a_dict, in_a_set, in_the_wrapper_of_a_decorator,
    in_a_function_that_a_module_holds, in_a_function_in_a_dict, in_a_hook, of_a_function, the_rate_of_an_optimizer,
    the_rate_of_a_schedule,
]  # fmt: skip


@pytest.mark.parametrize("case", WATCHED, ids=[case.__name__ for case in WATCHED])
def test_a_number_is_watched(case: Callable[[], tuple[Any, Set]]) -> None:
    function, put = case()
    compiled = gn.compile(function)
    x = gn.ones(2)
    assert compiled(x).tolist() == compiled(x).tolist() == [2, 2]
    for value in (3.0, 2.0):
        put(value)
        assert compiled(x).tolist() == compiled(x).tolist() == [value, value]
    assert len(compiled.specialisations) <= 3  # 2.0 of the object is not the 2.0 of its class
    assert " is 3.0, " in compiled.explain_specialisations() or "another" in compiled.explain_specialisations()


@pytest.mark.parametrize(("one", "other"), [(2, 2.0), (1, True), (0.0, -0.0), (2, np.int32(2))])
def test_numbers_that_are_equal_are_not_the_same(one: Any, other: Any) -> None:
    config = SimpleNamespace(number=one)
    f = gn.compile(lambda x: x * config.number)
    g = gn.compile(lambda x, number: x * number)
    x = gn.tensor([3])
    for number in (one, other, one):
        config.number = number
        for came in (f(x), g(x, number)):
            assert came.dtype == (x * number).dtype
            assert np.array_equal(np.signbit(came.array), np.signbit((x * number).array))
    assert len(f.specialisations) == len(g.specialisations) == 2


def test_nan_is_nan() -> None:
    config = SimpleNamespace(number=float("nan"))
    f = gn.compile(lambda x: x * config.number)
    for _ in range(3):
        config.number = float("nan")
        f(gn.ones(1))
    assert len(f.specialisations) == 1


def test_what_matters_to_nobody_is_not_watched() -> None:
    config = SimpleNamespace(scale=2.0, note="a")
    f = gn.compile(lambda x: x * config.scale)
    f(gn.ones(1))
    config.note = "b"
    config.more = 1
    f(gn.ones(1))
    assert len(f.specialisations) == 1


def test_a_method_that_is_replaced() -> None:
    kind: Any = type("Mine", (Scaled,), {"__module__": __name__})
    f = gn.compile(kind())
    assert f(gn.ones(1)).item() == 8
    kind.forward = lambda _self, x: x + 1
    assert f(gn.ones(1)).item() == 2


def test_what_is_set_on_a_compiled_module_is_set_on_the_module() -> None:
    model = Scaled()
    compiled: Any = gn.compile(model)
    assert compiled(gn.ones(1)).item() == 8
    compiled.scale = 1.0
    assert model.scale == 1.0
    assert compiled(gn.ones(1)).item() == 4


def test_a_compiled_module_is_no_part_of_another() -> None:
    model = nn.Sequential()
    with pytest.raises(TypeError, match=r"Sequential.encoder: a compiled module.*compile the whole network"):
        model.encoder = gn.compile(nn.Linear(2, 2))  # type: ignore[assignment]
    assert not hasattr(model, "encoder")
    model.helper = gn.compile(lambda x: x * 2)  # type: ignore[assignment]  # a function may be


@pytest.mark.parametrize("base", [object, nn.Module])
def test_a_property_that_is_computed_once(base: Any) -> None:
    class Once(base):  # type: ignore[misc]
        @cached_property
        def scale(self) -> float:
            return 2.0

    once = Once()
    f = gn.compile(lambda x: x * once.scale)
    assert [f(gn.ones(1)).item() for _ in range(2)] == [2, 2]
    assert len(f.specialisations) == 1


def test_a_counter_that_has_the_name_of_a_method() -> None:
    class Trainer:
        def __init__(self) -> None:
            self.step, self.mean = 0, 0.0
            self.model = nn.Linear(2, 1)
            self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)
            self.learn = gn.compile(self._learn)

        def _learn(self, x: Tensor) -> Tensor:
            loss = (self.model(x) ** 2).mean()
            loss.backward()
            self.optimizer.step()
            return loss

    trainer = Trainer()
    for _ in range(5):
        trainer.mean = trainer.learn(gn.ones(3, 2)).item()
        trainer.step += 1
        trainer.model.train()  # which it is
    assert len(trainer.learn.specialisations) <= 2  # without gradients at the beginning, and with them


def test_a_dict_that_cannot_be_changed() -> None:
    class Frozen(dict[str, Any]):
        def refuse(self, *_: Any) -> None:
            raise TypeError("frozen")

        __setitem__ = update = clear = refuse  # type: ignore[assignment]

    options = Frozen(scale=2.0)
    f = gn.compile(lambda x: x * options["scale"])
    assert [f(gn.ones(1)).item() for _ in range(2)] == [2, 2]


def test_models_that_are_found_while_the_function_runs() -> None:
    class Agent:
        def __init__(self) -> None:
            self.net = nn.Linear(2, 2)

        def __call__(self, x: Tensor) -> Tensor:
            return self.net(x)

    agents = [Agent()] * 200 + [Agent(), Agent()]  # too many to be looked through
    step = gn.compile(lambda x: agents[0](x) + agents[-1](x) - agents[-2](x))
    with gn.no_grad():
        x = gn.ones(1, 2)
        for _ in range(3):
            np.testing.assert_allclose(step(x).array, step.function(x).array, rtol=1e-6)
    assert len(step.specialisations) == 1


def test_what_is_watched_has_bounds() -> None:
    class Link:
        def __init__(self, following: Any) -> None:
            self.following = following
            self.scale = 1.0

    chain: Any = None
    for _ in range(3000):
        chain = Link(chain)
    table = [[float(i) for i in range(100)] for _ in range(100)]
    tree: Any = {}
    for _ in range(8):
        tree = {i: tree.copy() for i in range(3)} | {"scale": 1.0}
    f = gn.compile(lambda x: x * chain.following.scale * table[0][1] * tree["scale"])
    f(gn.ones(1))
    sources = f.specialisations[0].guards.captures.free_variables._sources
    assert sum(len(list(source.values())) for source in sources) <= 1100
    chain.following.scale = 2.0  # near: watched
    assert f(gn.ones(1)).item() == 2


def test_the_code_of_an_installed_package_is_followed_where_the_function_is_of_it() -> None:
    packages = sysconfig.get_paths()["purelib"]
    names: dict[str, Any] = {"gn": gn}
    source = "scale = 2.0\ndef helper(x):\n    return x * scale\ndef step(x):\n    return helper(x)\n"
    exec(compile(source, f"{packages}/project/train.py", "exec"), names)
    step = gn.compile(names["step"])
    assert step(gn.ones(1)).item() == 2
    names["scale"] = 3.0
    assert step(gn.ones(1)).item() == 3


# what the function itself changes ----------------------------------------------------------------------------------

MODEL = nn.Linear(2, 2)


class Remembering(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        self.last_shape = x.shape
        return x * 2


def new_attribute_of_a_module(_: Any) -> tuple[Any, str]:
    return Remembering(), r"`self.last_shape = x.shape` sets \w+.last_shape"


def new_attribute_of_an_object(o: Any) -> tuple[Any, str]:
    def step(x: Tensor) -> Tensor:
        o.rows = len(x)
        return x * 2

    return step, "`o.rows = len.x.` sets o.rows"


def by_setattr(o: Any) -> tuple[Any, str]:
    def step(x: Tensor) -> Tensor:
        setattr(o, "count", len(x))  # noqa: B010
        return x * 2

    return step, "the function sets o.count"


def of_its_class(o: Any) -> tuple[Any, str]:
    kind = type(o)

    def step(x: Tensor) -> Tensor:
        kind.count += 1
        return x * 2

    return step, r"`kind.count \+= 1` sets kind.count"


def in_slots(_: Any) -> tuple[Any, str]:
    slotted = Slotted()

    def step(x: Tensor) -> Tensor:
        slotted.scale += 1
        return x * 2

    return step, "sets slotted.scale"


def within(o: Any) -> tuple[Any, str]:
    def step(x: Tensor) -> Tensor:
        o.inner.count += 1
        return x * 2

    return step, "sets o.inner.count"


def added_to_a_list(o: Any) -> tuple[Any, str]:
    def step(x: Tensor) -> Tensor:
        o.seen.append(len(x))
        return x * 2

    return step, r"`o.seen.append\(len\(x\)\)` sets o.seen"


def put_in_a_dict(o: Any) -> tuple[Any, str]:
    by_size: dict[int, int] = o.by_size

    def step(x: Tensor) -> Tensor:
        if len(x) not in by_size:
            by_size[len(x)] = 1
        return x * 2

    return step, r"`by_size\[len\(x\)\] = 1` sets by_size\[2\]"


def taken_from_a_list(o: Any) -> tuple[Any, str]:
    def step() -> Tensor:
        return o.batches.pop() * 2

    return step, "sets o.batches"


def a_hook_of_a_module(_: Any) -> tuple[Any, str]:
    model = nn.Linear(2, 2)

    def step(x: Tensor) -> Tensor:
        model.register_forward_hook(lambda *_: None)
        return model(x)

    return step, "the hooks of model"


def a_hook_of_a_parameter(_: Any) -> tuple[Any, str]:
    w = gn.ones(2, requires_grad=True)

    def step(x: Tensor) -> Tensor:
        w.register_hook(lambda g: g * 2)
        return (w * x).sum()

    return step, "the hooks of w"


def what_an_optimizer_counts(_: Any) -> tuple[Any, str]:
    class Mine(optim.Optimizer):
        def step(self, closure: Any = None) -> None:
            for group in self.param_groups:
                for p in group["params"]:
                    self.state[p]["steps"] = self.state[p].get("steps", 0) + 1
                    with gn.no_grad():
                        p -= p.grad / self.state[p]["steps"]

    w = gn.ones(2, requires_grad=True)
    mine = Mine([w], {"lr": 0.1})

    def step(x: Tensor) -> None:
        mine.zero_grad()
        (w * x).sum().backward()
        mine.step()

    return step, "sets steps, which mine keeps"


def whether_gradients_are_followed(_: Any) -> tuple[Any, str]:
    def step(x: Tensor) -> Tensor:
        gn.set_grad_enabled(False)
        return x * 2

    return step, "sets whether gradients are followed"


def the_learning_rate_and_back(_: Any) -> tuple[Any, str]:
    w = gn.ones(2, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)

    def step(x: Tensor) -> None:
        (w * x).sum().backward()
        optimizer.param_groups[0]["lr"] = 1.0
        optimizer.step()
        optimizer.param_groups[0]["lr"] = 0.1

    return step, "`optimizer.step.*` changes the learning rate of an optimizer, or comes after a line that does"


def the_default_dtype(_: Any) -> tuple[Any, str]:
    def step(x: Tensor) -> Tensor:
        gn.set_default_dtype(gn.float64)
        return x * 2

    return step, "sets the default dtype"


CHANGED = [
    new_attribute_of_a_module, new_attribute_of_an_object, by_setattr, of_its_class, in_slots, within, added_to_a_list,
    put_in_a_dict, taken_from_a_list, a_hook_of_a_module, a_hook_of_a_parameter, what_an_optimizer_counts,
    whether_gradients_are_followed, the_default_dtype, the_learning_rate_and_back,
]  # fmt: skip


@pytest.mark.parametrize("case", CHANGED, ids=[case.__name__ for case in CHANGED])
def test_a_change_is_refused_and_undone(case: Callable[[Any], tuple[Any, str]]) -> None:
    class Owner:
        count = 0

    owner: Any = Owner()
    owner.inner = Owner()
    owner.seen = [1]
    owner.by_size = {1: 1}
    owner.batches = [gn.ones(2), gn.zeros(2)]
    lists = owner.seen, owner.by_size, owner.batches
    before = [list(vars(owner)), owner.inner.count, Owner.count, [1], {1: 1}, 2]

    step, message = case(owner)
    compiled = gn.compile(step)
    with pytest.raises(TraceError, match=message + ".*, which the program would do only this once"):
        compiled(*([gn.ones(2)] if case is not taken_from_a_list else []))
    assert before == [list(vars(owner)), owner.inner.count, Owner.count, *lists[:2], len(lists[2])]
    assert (owner.seen, owner.by_size, owner.batches) == lists
    assert compiled.specialisations == []
    assert gn.is_grad_enabled()
    assert gn.get_default_dtype() == gn.float32


# what comes into being ---------------------------------------------------------------------------------------------


def test_a_network_that_is_made_at_the_first_call() -> None:
    networks: list[nn.Module] = []

    def step(x: Tensor) -> Tensor:
        if not networks:
            networks.append(nn.Linear(2, 3))
        return networks[0](x)

    compiled = gn.compile(step)
    x = gn.ones(4, 2)
    with gn.no_grad():
        came = [compiled(x).tolist() for _ in range(3)]
        assert came[0] == came[1] == came[2] == step(x).tolist()
    assert len(networks) == len(compiled.specialisations) == 1


def test_a_layer_that_is_added_at_the_first_call() -> None:
    model = nn.Sequential(nn.Linear(2, 2))

    def step(x: Tensor) -> Tensor:
        if len(model) < 2:
            model.append(nn.Linear(2, 2))
        return model(x)

    compiled = gn.compile(step)
    with gn.no_grad():
        assert compiled(gn.ones(1, 2)).tolist() == compiled(gn.ones(1, 2)).tolist() == model(gn.ones(1, 2)).tolist()
    assert len(list(model.parameters())) == 4


def test_a_buffer_that_is_registered_at_the_first_call() -> None:
    class Fading(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            if not hasattr(self, "mask"):
                self.register_buffer("mask", gn.ones(x.shape[-1]))
            self.mask.mul_(0.5)
            return x * self.mask

    compiled = gn.compile(Fading())
    assert [compiled(gn.ones(1)).item() for _ in range(3)] == [0.5, 0.25, 0.125]
    assert len(compiled.specialisations) == 1


# optimizers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["replaced", "cleared", "all cleared", "parameter removed", "parameter added"])
def test_what_an_optimizer_holds_is_changed_outside(change: str) -> None:
    results = []
    for compiled in (False, True):
        gn.manual_seed(0)
        model = nn.Linear(2, 2)
        more = gn.ones(2, requires_grad=True)
        optimizer = optim.Adam(model.parameters(), lr=0.1)

        def step(x: Tensor, model: Any = model, optimizer: Any = optimizer, more: Any = more) -> Tensor:
            optimizer.zero_grad()
            more.grad = None
            loss = ((model(x) * more) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        run = gn.compile(step) if compiled else step
        losses = [run(gn.ones(3, 2)).item() for _ in range(3)]
        if change == "replaced":
            optimizer.state[model.weight]["exp_avg"] = gn.full((2, 2), 3.0)
        elif change == "cleared":
            optimizer.state[model.weight].clear()
        elif change == "all cleared":
            optimizer.state.clear()
        elif change == "parameter removed":
            optimizer.param_groups[0]["params"].pop()
        else:
            optimizer.param_groups[0]["params"].append(more)
        losses += [run(gn.ones(3, 2)).item() for _ in range(4)]
        memory = [x.tolist() for held in optimizer.state.values() for x in held.values()]
        results.append((losses, [p.tolist() for p in (*model.parameters(), more)], memory))
    np.testing.assert_allclose(results[1][0], results[0][0], rtol=1e-5)
    for ours, expected in zip(results[1][1] + results[1][2], results[0][1] + results[0][2], strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.RMSprop])
@pytest.mark.parametrize("dtype", [gn.float32, gn.float64])
def test_numbers_alone_are_learned(kind: Any, dtype: Any) -> None:
    """A parameter of no dimensions, changed in place after the step as well: both are undone after tracing."""
    results = []
    for compiled in (False, True):
        w = gn.tensor(1.0, dtype=dtype, requires_grad=True)
        optimizer = kind([w], lr=0.1)

        def step(x: Tensor, w: Any = w, optimizer: Any = optimizer) -> Tensor:
            optimizer.zero_grad()
            loss = ((w * x - 3) ** 2).mean()
            loss.backward()
            optimizer.step()
            with gn.no_grad():
                w.clamp_(0.5, 1.25)
            return loss

        run = gn.compile(step) if compiled else step
        results.append([run(gn.ones(3, dtype=dtype)).item() for _ in range(4)] + [w.item()])
    np.testing.assert_allclose(results[1], results[0], rtol=1e-6)


# generators, and memory --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["deep in dicts", "in slots", "given back by a function", "a default"])
def test_a_generator_draws_once_a_call(where: str) -> None:
    own = gn.Generator(3)
    slotted = Slotted(own)  # type: ignore[arg-type]
    held = {"a": {"b": {"c": {"d": {"e": own}}}}}
    others = [own] * 200  # too many to be looked through

    def deep(x: Tensor) -> Tensor:
        return x + gn.rand(2, generator=held["a"]["b"]["c"]["d"]["e"])

    def in_slots_(x: Tensor) -> Tensor:
        return x + gn.empty(2).uniform_(generator=slotted.scale)

    def given(x: Tensor) -> Tensor:
        return x + gn.rand(2, generator=others[len(x)])

    def default(x: Tensor, generator: Any = own) -> Tensor:
        return x + gn.rand(2, generator=generator)

    functions = {"deep in dicts": deep, "in slots": in_slots_, "given back by a function": given, "a default": default}
    step = gn.compile(functions[where])
    came = [step(gn.zeros(2)).tolist() for _ in range(3)]
    own.manual_seed(3)
    assert came == [functions[where](gn.zeros(2)).tolist() for _ in range(3)]


def test_a_view_of_state_changed_past_its_history() -> None:
    w = gn.ones(4, 3, requires_grad=True)

    @gn.compile
    def step(x: Tensor) -> Tensor:
        y = (w * x).sum()
        w[0].data.zero_()
        w[1:3].detach().mul_(2)
        w.T.data[0].add_(1)
        return y

    assert [step(gn.ones(3)).item() for _ in range(2)] == [12, 19]
    assert w.tolist() == [[1, 0, 0], [7, 4, 4], [7, 4, 4], [3, 1, 1]]


def test_a_gradient_given_back_in() -> None:
    w = gn.ones(3, requires_grad=True)

    @gn.compile
    def step(x: Tensor) -> Tensor:
        w.grad = None
        loss = (w * w * x).sum()
        loss.backward()
        return loss + x.sum()

    step(gn.ones(3))
    step(gn.ones(3))
    for given in (lambda: w.grad, lambda: w.grad.flip(0), lambda: w.grad[:1]):
        x = given().clone()
        expected = (w.detach() ** 2 * x).sum() + x.sum()
        assert step(given()).allclose(expected)
        assert w.grad.allclose(2 * w.detach() * x)
