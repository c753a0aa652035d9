"""Hooks of states, of all modules, of gradients; and extra state."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import GradientError, nn, tensor
from glassnet.nn.hooks import Hooked
from glassnet.nn.registry import _hooks


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    assert not Hooked._call_hooks
    assert not any(_hooks.values())


def net(nn: ModuleType = nn) -> Any:
    return nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Tanh(), nn.Linear(2, 1)))


# states -------------------------------------------------------------------------------------------------


def told_while_saving(nn: ModuleType) -> list[Any]:
    told: list[Any] = []
    model = net(nn)
    model.register_state_dict_pre_hook(lambda module, prefix, keep: told.append(("outer", prefix, keep)))
    model[1].register_state_dict_pre_hook(lambda module, prefix, keep: told.append(("inner", prefix, keep)))
    model[1][1].register_state_dict_post_hook(
        lambda module, state, prefix, about: told.append(("last", prefix, list(state), about))
    )
    model.register_state_dict_post_hook(lambda module, state, prefix, about: (state.pop("0.bias"), None)[1])
    told.append(list(model.state_dict()))
    return told


def told_while_loading(nn: ModuleType) -> list[Any]:
    told: list[Any] = []
    loaded: list[Any] = []
    model, other = net(nn), net(nn)

    def rename(module: Any, state: Any, prefix: str, about: Any, strict: bool, *lists: Any) -> None:
        told.append((type(module).__name__, prefix, about, strict, *map(list, lists)))
        if prefix == "":
            for key in [key for key in state if key.startswith("old.")]:
                state["1." + key.removeprefix("old.")] = state.pop(key)

    for module in model.modules():
        module.register_load_state_dict_pre_hook(rename)
        module.register_load_state_dict_post_hook(
            lambda module, keys: loaded.append((type(module).__name__, *map(list, keys)))
        )
    state = other.state_dict()
    for key in [key for key in state if key.startswith("1.1.")]:
        state[key.replace("1.1.", "old.1.")] = state.pop(key)
    before = list(state)
    told.append(repr(model.load_state_dict(state)))
    assert list(state) == before  # which was given: hooks see a copy
    return told + loaded


def forgiving(nn: ModuleType) -> list[Any]:
    """A hook that lets pass what is missing."""
    model = net(nn)
    state = dict(model.state_dict())
    del state["0.bias"], state["1.1.bias"]
    model.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.clear())
    model[0].register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.remove("0.bias"))
    found: list[Any] = [tuple(model.load_state_dict(state))]
    model.register_load_state_dict_pre_hook(lambda *arguments: arguments[-3].append("made up"))
    model.register_load_state_dict_pre_hook(lambda *arguments: arguments[-2].append("too"))
    return [*found, tuple(model.load_state_dict(state, strict=False))]


def extra(nn: ModuleType) -> list[Any]:
    class Counting(nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count
            self.layer = nn.Linear(1, 1)

        def get_extra_state(self) -> Any:
            return {"count": self.count}

        def set_extra_state(self, state: Any) -> None:
            self.count = state["count"]

    model, other = nn.Sequential(Counting(7)), nn.Sequential(Counting(0))
    state = model.state_dict()
    keys = other.load_state_dict(state)
    plain = nn.Sequential(nn.Linear(1, 1))
    fitting = {"0.weight": state["0.layer.weight"], "0.bias": state["0.layer.bias"], "0._extra_state": 1}
    unexpected = plain.load_state_dict(fitting, strict=False)
    del state["0._extra_state"]
    return [list(state), other[0].count, repr(keys), repr(unexpected), repr(other.load_state_dict(state, strict=False))]


def private(nn: ModuleType) -> list[Any]:
    model = net(nn)
    model._register_state_dict_hook(lambda module, state, prefix, about: {"all": len(state)})
    model[0]._register_load_state_dict_pre_hook(lambda state, prefix, *rest: state.pop(prefix + "bias"))
    return [model.state_dict(), repr(model.load_state_dict(net(nn).state_dict(), strict=False))]


STORIES = [told_while_saving, told_while_loading, forgiving, extra, private]
TOLD: dict[Callable[..., Any], Any] = {
    told_while_saving: [
        ("outer", "", False),
        ("inner", "1.", False),
        ("last", "1.1.", ["0.weight", "0.bias", "1.1.weight", "1.1.bias"], {"version": 1}),
        ["0.weight", "1.1.weight", "1.1.bias"],
    ],
    forgiving: [([], []), ([], ["too"])],
    extra: [
        ["0.layer.weight", "0.layer.bias"],
        7,
        "<All keys matched successfully>",
        "_IncompatibleKeys(missing_keys=[], unexpected_keys=['0._extra_state'])",
        "_IncompatibleKeys(missing_keys=['0._extra_state'], unexpected_keys=[])",
    ],
    private: [{"all": 4}, "_IncompatibleKeys(missing_keys=['0.bias'], unexpected_keys=[])"],
}


@pytest.mark.parametrize("story", TOLD, ids=lambda story: story.__name__)
def test_hooks_of_states(story: Callable[..., Any]) -> None:
    assert story(nn) == TOLD[story]


def test_hooks_see_a_state_before_and_after_it_is_loaded() -> None:
    told = told_while_loading(nn)
    assert [entry[0] for entry in told[:5]] == ["Sequential", "Linear", "Sequential", "Tanh", "Linear"]
    assert told[0][1:] == ("", {"version": 1}, True, [], [], [])
    assert told[5] == "<All keys matched successfully>"
    assert told[6:] == [(kind, [], []) for kind in ("Linear", "Tanh", "Linear", "Sequential", "Sequential")]


def test_what_a_hook_finds_wrong_is_raised_and_nothing_is_changed() -> None:
    model = net()
    before = model[0].weight.tolist()
    handle = model.register_load_state_dict_pre_hook(lambda *arguments: arguments[-1].append("the moon is full"))
    with pytest.raises(RuntimeError, match=r"does not fit this Sequential: the moon is full\. Nothing was changed"):
        model.load_state_dict(net().state_dict())
    assert model[0].weight.tolist() == before
    handle.remove()
    model.register_load_state_dict_post_hook(lambda module, keys: None)
    with pytest.raises(RuntimeError, match=r"missing 0\.weight.*All others were loaded"):
        model.load_state_dict({key: x for key, x in net().state_dict().items() if key != "0.weight"})


def test_hooks_of_states_give_nothing_back() -> None:
    model = net()
    handle = model.register_state_dict_post_hook(lambda *_: {})
    with pytest.raises(RuntimeError, match="after state_dict must return None"):
        model.state_dict()
    handle.remove()
    model.register_load_state_dict_post_hook(lambda *_: 1)
    with pytest.raises(RuntimeError, match="after load_state_dict must return None"):
        model.load_state_dict(model.state_dict())


def test_extra_state_has_to_be_defined() -> None:
    for ask in (nn.ReLU().get_extra_state, lambda: nn.ReLU().set_extra_state(1)):
        with pytest.raises(RuntimeError, match=r"ReLU has no .*et_extra_state; define it and"):
            ask()


# calls --------------------------------------------------------------------------------------------------


def calls(nn: ModuleType, tensor: Any) -> list[Any]:
    """Everything that hooks of all modules and of one are told, in order."""
    told: list[Any] = []

    def note(word: str) -> Callable[..., None]:
        return lambda module, *values: told.append((word, type(module).__name__))

    model = net(nn)
    model[0].register_forward_pre_hook(note("own before"))
    model[0].register_forward_hook(note("own after"))
    model[0].register_full_backward_pre_hook(note("own before backward"))
    model[0].register_full_backward_hook(note("own backward"))
    of_all = nn.modules.module if hasattr(nn, "modules") else nn
    handles = [
        of_all.register_module_forward_pre_hook(note("before")),
        of_all.register_module_forward_hook(note("after")),
        of_all.register_module_full_backward_pre_hook(note("before backward")),
        of_all.register_module_full_backward_hook(note("backward")),
    ]
    model(tensor(np.ones((1, 2), np.float32), requires_grad=True)).sum().backward()
    for handle in handles:
        handle.remove()
    return told


def test_hooks_of_all_modules() -> None:
    told = calls(nn, tensor)
    assert told[:3] == [("before", "Sequential"), ("before", "Linear"), ("own before", "Linear")]
    assert told[3:5] == [("after", "Linear"), ("own after", "Linear")]
    assert told[-3:] == [("backward", "Linear"), ("own backward", "Linear"), ("backward", "Sequential")]
    assert len(told) == 4 * 5 + 4


def replaced(nn: ModuleType, tensor: Any) -> list[Any]:
    """A gradient that hooks make another before it passes a module, and after."""
    layer, x = nn.Tanh(), tensor(np.zeros((1, 2), np.float32), requires_grad=True)
    layer.register_full_backward_pre_hook(lambda module, grads: (grads[0] * 10,))
    layer.register_full_backward_pre_hook(lambda module, grads: (grads[0] + 1,))
    seen: list[Any] = []
    layer.register_full_backward_hook(lambda module, into, out: seen.append(out[0].tolist()))
    layer.register_full_backward_hook(lambda module, into, out: (into[0] * 2,))
    layer(x).sum().backward()
    return [*seen, x.grad.tolist()]


def test_a_hook_before_the_backward_pass_replaces_the_gradient() -> None:
    assert replaced(nn, tensor) == [[[11.0, 11.0]], [[22.0, 22.0]]]


def test_a_gradient_of_several_outputs_is_not_replaced() -> None:
    class Two(nn.Module):
        def forward(self, x: Any) -> Any:
            return x * 2, x * 3

    two, told, x = Two(), [], tensor([1.0], requires_grad=True)
    two.register_full_backward_pre_hook(lambda module, grads: told.append([g.tolist() for g in grads]))
    y, z = two(x)
    (y + z).sum().backward()
    assert told == [[[1.0], [1.0]]]
    two.register_full_backward_pre_hook(lambda module, grads: grads)
    y, z = two(x)
    with pytest.raises(GradientError, match="2 outputs require gradients; return None"):
        (y + z).sum().backward()


def always(nn: ModuleType, tensor: Any) -> list[Any]:
    told: list[Any] = []
    model = nn.Sequential(nn.Linear(3, 1))
    model.register_forward_hook(lambda module, args, output: told.append("never"))
    model.register_forward_hook(lambda module, args, output: told.append(output), always_call=True)
    try:
        model(tensor(np.ones((1, 2), np.float32)))
    except RuntimeError:
        told.append("raised")
    return told


def test_a_hook_that_is_always_called() -> None:
    assert always(nn, tensor) == [None, "raised"]


def registrations(nn: ModuleType) -> list[Any]:
    told: list[Any] = []
    of_all = nn.modules.module if hasattr(nn, "modules") else nn
    handles = [
        of_all.register_module_parameter_registration_hook(lambda module, name, x: told.append(("parameter", name))),
        of_all.register_module_buffer_registration_hook(lambda module, name, x: told.append(("buffer", name))),
        of_all.register_module_module_registration_hook(lambda module, name, x: told.append(("module", name))),
        of_all.register_module_module_registration_hook(lambda module, name, x: nn.Tanh() if name == "0" else None),
    ]
    told.append(repr(nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1))))
    for handle in handles:
        handle.remove()
    return told


def test_hooks_of_registration() -> None:
    told = registrations(nn)
    assert told[:2] == [("parameter", "weight"), ("parameter", "bias")]
    assert "(0): Tanh()" in told[-1]


def accumulated(tensor: Any) -> list[Any]:
    """The hooks of a leaf whose gradient was added to: a step of descent within the backward pass."""
    told: list[Any] = []
    x = tensor(np.array([1.0, 2.0]), requires_grad=True)

    def descend(leaf: Any) -> None:
        told.append(leaf.grad.tolist())
        leaf.data.sub_(leaf.grad)
        leaf.grad = None

    handle = x.register_post_accumulate_grad_hook(descend)
    (x * x).sum().backward()
    (x * x).sum().backward()
    handle.remove()
    (x * x).sum().backward()
    return [*told, x.tolist(), x.grad.tolist()]


def test_hooks_of_accumulated_gradients() -> None:
    assert accumulated(tensor) == [[2.0, 4.0], [-2.0, -4.0], [1.0, 2.0], [2.0, 4.0]]
    x = tensor([1.0], requires_grad=True)
    x.register_post_accumulate_grad_hook(lambda leaf: 1)
    with pytest.raises(RuntimeError, match="must return None"):
        x.sum().backward()
    for wrong, words in ((x * 2, "is no leaf"), (tensor([1.0]), "requires no gradient")):
        with pytest.raises(RuntimeError, match=words):
            wrong.register_post_accumulate_grad_hook(print)


def test_a_compiled_step_has_the_hooks_of_accumulated_gradients() -> None:
    w = nn.Parameter(tensor([1.0, 2.0]))
    step = glassnet.compile(lambda x: (w * x).sum().backward())
    step(tensor([3.0, 4.0]))
    w.grad = None

    def tenfold(leaf: Any) -> None:
        leaf.grad.mul_(10)

    handle = w.register_post_accumulate_grad_hook(tenfold)
    step(tensor([3.0, 4.0]))
    assert w.grad.tolist() == [30.0, 40.0]
    w.grad = None
    handle.remove()
    step(tensor([3.0, 4.0]))
    assert w.grad.tolist() == [3.0, 4.0]


def test_a_compiled_network_has_the_hooks_of_all_modules() -> None:
    model = nn.Sequential(nn.Identity())
    compiled = glassnet.compile(model)
    assert compiled(tensor([1.0])).tolist() == [1.0]
    handle = nn.register_module_forward_hook(lambda module, args, output: output * 2)
    assert compiled(tensor([1.0])).tolist() == [4.0]
    handle.remove()
    assert compiled(tensor([1.0])).tolist() == [1.0]


def taken_away_by_hand(nn: ModuleType) -> list[Any]:
    told: list[Any] = []
    layer = nn.Linear(1, 1)
    handle = layer.register_forward_hook(lambda *_: told.append("after"))
    layer.register_forward_pre_hook(lambda *_: told.append("before"))
    layer.register_full_backward_hook(lambda *_: told.append("backward"))
    layer.register_full_backward_pre_hook(lambda *_: told.append("before backward"))
    kinds = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")
    one = layer.weight.detach().requires_grad_()
    layer(one).sum().backward()
    told.append([(len(getattr(layer, kind)), bool(getattr(layer, kind))) for kind in kinds])
    layer._forward_hooks.clear()
    layer._backward_hooks = OrderedDict()
    for key in list(layer._forward_pre_hooks):
        del layer._forward_pre_hooks[key]
    handle.remove()
    layer(one).sum().backward()
    layer._forward_hooks[7] = lambda *_: told.append("by hand")
    layer._forward_hooks.popitem()[1](layer)
    return [
        *told,
        [len(getattr(layer, kind)) for kind in kinds],
        repr(layer._backward_hooks),
        layer._forward_hooks == {},
    ]


def test_hooks_taken_away_by_hand() -> None:
    assert taken_away_by_hand(nn)[-4:] == ["by hand", [0, 0, 1, 0], "OrderedDict()", True]
    with pytest.raises(KeyError):
        del nn.ReLU()._forward_hooks[1]


def test_a_module_in_the_place_of_another() -> None:
    model = net()
    model.set_submodule("1.0", nn.ReLU())
    assert isinstance(model[1][0], nn.ReLU)
    with pytest.raises(AttributeError, match="has no module '7'"):
        model.set_submodule("1.7", nn.ReLU(), strict=True)
    for path, module in (("", nn.ReLU()), ("0", 3)):
        with pytest.raises(ValueError, match="expected a path and a module"):
            model.set_submodule(path, module)


# as PyTorch's -------------------------------------------------------------------------------------------


@pytest.mark.parity
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_states_as_pytorchs(story: Callable[..., Any]) -> None:
    torch = pytest.importorskip("torch")
    assert str(story(nn)).replace("OrderedDict", "") == str(story(torch.nn)).replace("OrderedDict", "")


@pytest.mark.parity
@pytest.mark.parametrize("story", [calls, replaced, always], ids=lambda story: story.__name__)
@pytest.mark.filterwarnings("ignore")
def test_calls_as_pytorchs(story: Callable[..., Any]) -> None:
    torch = pytest.importorskip("torch")
    assert story(nn, tensor) == story(torch.nn, torch.tensor)


@pytest.mark.parity
def test_hooks_taken_away_by_hand_as_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    assert taken_away_by_hand(nn) == taken_away_by_hand(torch.nn)


@pytest.mark.parity
def test_registrations_and_accumulated_gradients_as_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    assert registrations(nn) == registrations(torch.nn)
    assert accumulated(tensor) == accumulated(torch.tensor)
