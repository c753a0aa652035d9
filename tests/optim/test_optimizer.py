"""Groups, saved states, and what optimizers refuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from glassnet import DtypeError, ShapeError, Tensor, optim, tensor
from glassnet.optim import SGD, Adam, RMSprop
from tests.optim.samples import OPTIONS, label


def leaf(*values: float) -> Tensor:
    return tensor(list(values), requires_grad=True)


def stepped(name: str, options: dict[str, Any], steps: int = 3) -> Any:
    """An optimizer of two groups after some steps."""
    params = [leaf(1.0, 2.0), leaf(3.0)]
    optimizer = getattr(optim, name)([{"params": params[:1]}, {"params": params[1:], "lr": 0.5}], **options)
    move(optimizer, steps)
    return optimizer


def move(optimizer: Any, steps: int = 1) -> None:
    for i in range(steps):
        for group in optimizer.param_groups:
            for p in group["params"]:
                p.grad = tensor(np.cos(np.arange(len(p)) + i).astype(np.float32))
        optimizer.step()


def values(optimizer: Any) -> list[Any]:
    return [p.tolist() for group in optimizer.param_groups for p in group["params"]]


# groups ---------------------------------------------------------------------------------------------


def test_repr() -> None:
    optimizer = Adam([{"params": [leaf(1.0)]}, {"params": leaf(2.0), "lr": 0.5, "betas": (0.5, 0.9)}])
    assert repr(optimizer) == (
        "Adam (\n"
        "Parameter Group 0\n"
        "    amsgrad: False\n"
        "    betas: (0.9, 0.999)\n"
        "    capturable: False\n"
        "    decoupled_weight_decay: False\n"
        "    differentiable: False\n"
        "    eps: 1e-08\n"
        "    foreach: None\n"
        "    fused: None\n"
        "    lr: 0.001\n"
        "    maximize: False\n"
        "    weight_decay: 0\n"
        "\n"
        "Parameter Group 1\n"
        "    amsgrad: False\n"
        "    betas: (0.5, 0.9)\n"
        "    capturable: False\n"
        "    decoupled_weight_decay: False\n"
        "    differentiable: False\n"
        "    eps: 1e-08\n"
        "    foreach: None\n"
        "    fused: None\n"
        "    lr: 0.5\n"
        "    maximize: False\n"
        "    weight_decay: 0\n"
        ")"
    )


def test_parameters_come_in_many_forms() -> None:
    a, b = leaf(1.0), leaf(2.0)
    for params in ([a, b], (a, b), (p for p in (a, b)), {"a": a, "b": b}.values(), [{"params": (p for p in (a, b))}]):
        (group,) = SGD(params).param_groups
        assert group["params"] == [a, b] or [x is y for x, y in zip(group["params"], [a, b], strict=True)]
        assert "param_names" not in group
    (group,) = SGD({"a": a, "b": b}.items()).param_groups
    assert group["param_names"] == ["a", "b"]
    assert [x is y for x, y in zip(group["params"], [a, b], strict=True)] == [True, True]


def test_options_are_in_the_order_in_which_they_are_written() -> None:
    optimizer = SGD([{"params": leaf(1.0), "momentum": 0.5}], lr=0.1)
    rest = ["lr", "dampening", "weight_decay", "nesterov", "maximize", "foreach", "differentiable", "fused"]
    assert list(optimizer.param_groups[0]) == ["params", "momentum", *rest]
    assert list(optimizer.state_dict()["param_groups"][0]) == ["momentum", *rest, "params"]


def test_a_group_is_a_copy() -> None:
    group = {"params": [leaf(1.0)]}
    optimizer = SGD([group], lr=0.5)
    assert group.keys() == {"params"}
    assert optimizer.defaults["lr"] == optimizer.param_groups[0]["lr"] == 0.5


def test_numpy_numbers_become_pythons() -> None:
    optimizer = SGD([leaf(1.0)], lr=np.float32(0.5), momentum=np.float64(0.5))
    (group,) = optimizer.param_groups
    assert type(group["lr"]) is type(group["momentum"]) is float


def test_frozen_parameters_are_taken() -> None:
    x = tensor([1.0])
    optimizer = SGD([x], lr=1.0)
    x.grad = tensor([0.5])
    optimizer.step()
    assert x.tolist() == [0.5]


# saved states -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=label)
def test_state_goes_on_in_another(name: str, options: dict[str, Any]) -> None:
    first = stepped(name, options)
    params = [leaf(*value) for value in values(first)]
    second = getattr(optim, name)([{"params": p} for p in params])
    second.load_state_dict(first.state_dict())
    assert values(first) == values(second)
    move(first, 4)
    move(second, 4)
    assert values(first) == values(second)
    assert repr(first) == repr(second)


def test_state_dict_is_laid_out_as_in_pytorch() -> None:
    optimizer = stepped("Adam", {"amsgrad": True})
    saved = optimizer.state_dict()
    assert list(saved) == ["state", "param_groups"]
    assert [list(s) for s in saved["state"].values()] == 2 * [["step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"]]
    step = saved["state"][0]["step"]
    assert (step.item(), step.shape, step.dtype) == (3, (), np.float32)
    assert saved["state"][1]["exp_avg"] is optimizer.state[optimizer.param_groups[1]["params"][0]]["exp_avg"]
    assert [group["params"] for group in saved["param_groups"]] == [[0], [1]]
    assert saved["param_groups"][1]["lr"] == 0.5


def test_loading_copies() -> None:
    first, second = stepped("Adam", {}), stepped("Adam", {}, 0)
    saved = first.state_dict()
    second.load_state_dict(saved)
    saved["param_groups"][0]["lr"] = 77
    average = second.state[second.param_groups[0]["params"][0]]["exp_avg"]
    assert average.array is not saved["state"][0]["exp_avg"].array
    assert average.tolist() == saved["state"][0]["exp_avg"].tolist()
    assert second.param_groups[0]["lr"] == 0.001


def test_state_is_taken_as_arrays_and_numbers() -> None:
    """As files hold it, which know nothing of tensors."""
    first, second = stepped("Adam", {}), stepped("Adam", {})
    saved = first.state_dict()
    saved["state"] = {
        key: {"step": 3.0, "exp_avg": state["exp_avg"].numpy().astype(np.float64), "exp_avg_sq": [5.0] * (2 - key)}
        for key, state in saved["state"].items()
    }
    saved["param_groups"][0]["betas"] = [0.5, 0.75]
    second.load_state_dict(saved)
    state = second.state[second.param_groups[0]["params"][0]]
    assert state["exp_avg_sq"].tolist() == [5.0, 5.0]
    assert state["exp_avg"].dtype == np.float32
    assert state["step"].dtype == np.float64
    move(second)


def test_names_stay_unless_loaded() -> None:
    plain = SGD([leaf(1.0)])
    named = SGD([("weight", leaf(1.0))])
    named.load_state_dict(plain.state_dict())
    assert named.param_groups[0]["param_names"] == ["weight"]
    plain.load_state_dict(named.state_dict())
    assert plain.param_groups[0]["param_names"] == ["weight"]
    assert named.state_dict()["param_groups"][0]["params"] == [0]


def test_state_of_no_parameter_is_kept() -> None:
    optimizer = SGD([leaf(1.0)])
    optimizer.state["seen"] = {"batches": 3}
    other = SGD([leaf(1.0)])
    other.load_state_dict(optimizer.state_dict())
    assert other.state["seen"] == {"batches": 3}


def _without(*path: Any) -> Callable[[dict[str, Any]], Any]:
    def spoil(saved: dict[str, Any]) -> None:
        for key in path[:-1]:
            saved = saved[key]
        del saved[path[-1]]

    return spoil


def _with(value: Any, *path: Any) -> Callable[[dict[str, Any]], Any]:
    def spoil(saved: dict[str, Any]) -> None:
        for key in path[:-1]:
            saved = saved[key]
        saved[path[-1]] = value

    return spoil


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_without("state"), "expected a dict with 'state' and 'param_groups'"),
        (_without("param_groups", 1), "expected groups of 1, 1 parameters, got 1; make the optimizer as it was"),
        (_with([0, 5], "param_groups", 0, "params"), "expected groups of 1, 1 parameters, got 2, 1"),
        (_without("param_groups", 1, "betas"), "group 1 has no betas: it is of another optimizer"),
        (_with(-1, "param_groups", 1, "lr"), "expected a learning rate of 0 or more, got lr=-1"),
        (_with({}, "state", 7), "there is state for parameter 7, which is in no group"),
        (_with({}, "state", "0"), "there is state for parameter 0, which is in no group"),
        (_without("state", 1, "exp_avg"), "parameter 1 has no exp_avg"),
        (_with([1.0, 2.0], "state", 1, "exp_avg"), "parameter 1: expected exp_avg of shape [1], got [2]"),
        (_with([1.0], "state", 1, "step"), "parameter 1: expected step of shape [], got [1]"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(spoil: Callable[[Any], Any], words: str) -> None:
    saved = stepped("Adam", {"lr": 0.25}).state_dict()
    saved["state"] = dict(saved["state"])
    spoil(saved)
    optimizer = stepped("Adam", {})
    before = deepcopy(optimizer.param_groups[1]["betas"]), optimizer.param_groups, dict(optimizer.state)
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        optimizer.load_state_dict(saved)
    assert str(raised.value).startswith("Adam")
    assert words in str(raised.value)
    assert (optimizer.param_groups[1]["betas"], optimizer.param_groups, dict(optimizer.state)) == before
    assert optimizer.param_groups[0]["lr"] == 0.001


def test_the_state_of_another_optimizer() -> None:
    with pytest.raises(ValueError, match="group 0 has no dampening, nesterov: it is of another optimizer"):
        stepped("SGD", {}).load_state_dict(stepped("RMSprop", {}).state_dict())


# what is refused ----------------------------------------------------------------------------------------


class Model:
    def parameters(self) -> Any:
        yield leaf(1.0)


X, M = leaf(1.0), tensor([[1.0]], requires_grad=True)
COMPLEX = tensor([1j], requires_grad=True)

REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: SGD([]), ValueError, "SGD: expected at least one parameter, got none; a generator is empty once"),
    (lambda: SGD(X), TypeError, "got one tensor; pass a list of it: [x]"),
    (lambda: SGD({X}), TypeError, "got a set, whose order changes from run to run; pass a list"),
    (lambda: SGD({"params": [X]}), TypeError, "got one dict; pass a list of groups"),
    (lambda: SGD(Model()), TypeError, "got Model; pass its parameters: model.parameters()"),
    (lambda: SGD(7), TypeError, "got int; pass a list of them"),
    (lambda: SGD([X, np.ones(2)]), TypeError, "SGD: parameter 1: expected a tensor, got ndarray; make one of it"),
    (lambda: SGD([Model()]), TypeError, "SGD: parameter 0: expected a tensor, got the module Model; give its"),
    (lambda: SGD([("w", X), ("b", 2)]), TypeError, "SGD: parameter 1 (b): expected a tensor, got int"),
    (lambda: SGD([("w", X), X]), ValueError, "expected all parameters of a group with names or none"),
    (lambda: SGD([X * 2]), ValueError, "SGD: parameter 0: expected a leaf tensor, got the result of mul"),
    (lambda: SGD([{"params": [X, leaf(1.0)]}, {"params": X}]), ValueError, "SGD: parameter 0 was given before; give"),
    (lambda: SGD([{"params": X}, {"params": [X]}]), ValueError, "SGD: parameter 0 was given before"),
    (lambda: SGD([{"params": {X}}]), TypeError, "parameters of a group in order, got a set"),
    (lambda: SGD([{"lr": 0.1}]), TypeError, "a dict with 'params', got a dict of 'lr'"),
    (lambda: SGD([{"params": X}, leaf(1.0)]), TypeError, "expected a group of parameters as a dict with 'params', got"),
    (lambda: SGD([X], lr=-1), ValueError, "SGD: expected a learning rate of 0 or more, got lr=-1; to climb"),
    (lambda: SGD([X], lr=math.nan), ValueError, "expected a learning rate of 0 or more, got lr=nan"),
    (lambda: SGD([X], lr=math.inf), ValueError, "expected a learning rate of 0 or more, got lr=inf"),
    (lambda: SGD([X], lr="0.1"), TypeError, "expected a learning rate of 0 or more, got lr='0.1'"),
    (lambda: SGD([X], lr=None), TypeError, "expected a learning rate of 0 or more, got lr=None"),
    (lambda: SGD([X], lr=tensor([0.1, 0.2])), ValueError, "expected a learning rate of one number, got a tensor of 2"),
    (lambda: SGD([X], momentum=tensor([0.1, 0.2])), ValueError, "expected momentum of one number, got a tensor of 2"),
    (lambda: SGD([X], lr=tensor(-0.1)), ValueError, "expected a learning rate of 0 or more, got lr=-0.1000000"),
    (lambda: SGD([X], lr=tensor(0.1), foreach=True), ValueError, "expected numbers with foreach=True, got a tensor"),
    (lambda: Adam([X], betas=(0.9, tensor(0.9))), ValueError, "both betas as numbers or both as tensors"),
    (lambda: SGD([X], differentiable=True), NotImplementedError, "SGD: expected differentiable=False, got True; steps"),
    (lambda: SGD([X], fused=True, foreach=True), RuntimeError, "SGD: expected fused or foreach, got both"),
    (
        lambda: SGD([{"params": [X]}, {"params": [("w", leaf(1.0))]}]),
        ValueError,
        "names or those of none, got a group with names after one without; give model.named_parameters() for all",
    ),
    (
        lambda: SGD([{"params": [("w", X)]}, {"params": [leaf(1.0)]}]),
        ValueError,
        "got a group without names after one with; give",
    ),
    (lambda: SGD([{"params": X, "lr": -0.5}]), ValueError, "got lr=-0.5"),
    (lambda: SGD([X], momentum=-0.1), ValueError, "expected a momentum of 0 or more, got momentum=-0.1"),
    (lambda: SGD([X], weight_decay=-1), ValueError, "expected a weight decay of 0 or more, got weight_decay=-1"),
    (lambda: SGD([X], nesterov=True), ValueError, "nesterov=True with a momentum above 0 and no dampening, got mome"),
    (lambda: SGD([X], nesterov=True, momentum=0.9, dampening=0.1), ValueError, "momentum=0.9 and dampening=0.1"),
    (lambda: Adam([X], betas=(1.0, 0.999)), ValueError, "two betas, each from 0 up to but not 1, got betas=(1.0, 0."),
    (lambda: Adam([X], betas=(0.9, -0.1)), ValueError, "got betas=(0.9, -0.1); (0.9, 0.999) is usual"),
    (lambda: Adam([X], betas=(0.9,)), ValueError, "got betas=(0.9,)"),
    (lambda: Adam([X], betas=0.9), ValueError, "expected two betas"),
    (lambda: Adam([X], eps=-1e-8), ValueError, "expected an eps of 0 or more, got eps=-1e-08"),
    (lambda: RMSprop([X], alpha=1.5), ValueError, "expected an alpha from 0 to 1, got alpha=1.5"),
    (lambda: optim.Adadelta([X], rho=-0.1), ValueError, "Adadelta: expected a rho from 0 to 1, got rho=-0.1"),
    (lambda: optim.Adagrad([X], lr_decay=-1), ValueError, "decay of the learning rate of 0 or more, got lr_decay=-1"),
    (lambda: optim.Adagrad([X], initial_accumulator_value=-1), ValueError, "sum of squares of 0 or more to start"),
    (lambda: optim.NAdam([X], momentum_decay=-1), ValueError, "NAdam: expected a decay of the momentum of 0 or more"),
    (lambda: optim.Rprop([X], etas=(1.0, 0.5)), ValueError, "two etas, one above 0 and below 1, one above 1, got etas"),
    (lambda: optim.Rprop([X], step_sizes=0.5), ValueError, "the least and the largest step size, got step_sizes=0.5"),
    (lambda: optim.ASGD([X], alpha="0.5"), TypeError, "a number as alpha, the power of the decay, got alpha='0.5'"),
    (
        lambda: optim.Adafactor([X], eps=(-1e-30, 1e-3)),
        ValueError,
        "two numbers of 0 or more as eps, the first or",
    ),
    (lambda: optim.Adafactor([X], d=0.0), ValueError, "a bound of the step, d, of 1 or more, got d=0.0; 1 is usual"),
    (lambda: optim.Adafactor([X], beta2_decay=0.8), ValueError, "a beta2_decay of 0 or less, got beta2_decay=0.8"),
    (lambda: optim.Muon([X]), ValueError, "Muon: expected matrices, got parameter 0 of shape [1]; give biases"),
    (lambda: optim.Muon([M], adjust_lr_fn="arbitrary"), ValueError, "an adjust_lr_fn of 'original' or 'match_rms_adam"),
    (lambda: optim.Muon([M], ns_steps=1.5), ValueError, "ns_steps as a whole number below 100, got ns_steps=1.5"),
    (lambda: optim.Muon([M], ns_coefficients=(1.0, 2.0)), ValueError, "three ns_coefficients, got ns_coefficients="),
    (lambda: optim.LBFGS([X], line_search_fn="wolfe"), ValueError, "line_search_fn of 'strong_wolfe' or None, got"),
    (lambda: optim.LBFGS([{"params": X}, {"params": leaf(1.0)}]), ValueError, "LBFGS: expected one group of param"),
    (lambda: optim.LBFGS([X]).step(), TypeError, "LBFGS.step: expected a closure, got none; it is called several"),
    (lambda: optim.SparseAdam([COMPLEX]), ValueError, "SparseAdam: expected real parameters, got complex ones"),
]


@pytest.mark.parametrize(("make", "error", "words"), REFUSED, ids=[words for _, _, words in REFUSED])
def test_refused(make: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error) as raised:
        make()
    assert words in str(raised.value)


def test_a_parameter_that_stands_twice_is_stepped_twice_and_said() -> None:
    x = leaf(1.0)
    with pytest.warns(UserWarning, match="SGD: parameter 2 stands in its group twice") as caught:
        optimizer = SGD([x, leaf(1.0), x], lr=0.5)
    assert caught[0].filename == __file__
    x.grad = tensor([0.5])
    optimizer.step()
    assert x.tolist() == [0.5]
    optimizer.load_state_dict(optimizer.state_dict())
    assert optimizer.state_dict()["param_groups"][0]["params"] == [0, 1, 0]


def test_a_learning_rate_in_a_tensor_is_read_at_each_step() -> None:
    x, lr = leaf(1.0), tensor(0.5)
    optimizer = SGD([x], lr=lr, weight_decay=tensor(0.0))
    assert type(optimizer.param_groups[0]["weight_decay"]) is float
    x.grad = tensor([1.0])
    optimizer.step()
    lr.fill_(0.25)
    optimizer.step()
    assert x.tolist() == [0.25]
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    scheduler.step()
    assert lr.item() == 0.125
    assert scheduler.get_last_lr() == [0.125]


def test_a_state_of_before_there_were_all_options_loads() -> None:
    saved = stepped("SGD", {"momentum": 0.5}).state_dict()
    for group in saved["param_groups"]:
        for option in ("foreach", "fused", "differentiable", "maximize"):
            del group[option]
    optimizer = stepped("SGD", {"momentum": 0.5, "foreach": True, "maximize": True})
    optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["foreach"] is True
    assert optimizer.param_groups[1]["maximize"] is True


# hooks --------------------------------------------------------------------------------------------------


def test_hooks_around_a_step() -> None:
    x, told = leaf(1.0), []
    x.grad = tensor([0.5])
    optimizer = SGD([x], lr=1.0)
    before = optimizer.register_step_pre_hook(lambda o, args, kwargs: told.append((o is args[0], x.item(), kwargs)))
    after = optimizer.register_step_post_hook(lambda o, args, kwargs: told.append((o is args[0], x.item(), kwargs)))
    everywhere = [
        optim.register_optimizer_step_pre_hook(lambda *_: told.append("first")),
        optim.register_optimizer_step_post_hook(lambda *_: told.append("then")),
    ]
    optimizer.step(closure=None)
    assert told == ["first", (True, 1.0, {"closure": None}), "then", (True, 0.5, {"closure": None})]
    for handle in (before, after, *everywhere):
        handle.remove()
    optimizer.step()
    assert len(told) == 4


def test_a_hook_gives_a_step_other_arguments() -> None:
    optimizer = SGD([leaf(1.0)])
    handle = optimizer.register_step_pre_hook(lambda o, args, kwargs: (args, {"closure": lambda: 7}))
    assert optimizer.step() == 7
    handle.remove()
    optimizer.register_step_pre_hook(lambda o, args, kwargs: args)
    with pytest.raises(RuntimeError, match=r"must return None or \(args, kwargs\), got tuple"):
        optimizer.step()


def test_hooks_are_called_for_a_step_of_ones_own_and_for_lbfgs() -> None:
    class Own(optim.Optimizer):
        def step(self, closure: Any = None) -> Any:
            return "stepped"

    told: list[int] = []
    for optimizer in (Own([leaf(1.0)], {}), optim.LBFGS([leaf(1.0)])):
        optimizer.register_step_post_hook(lambda *_: told.append(1))
        optimizer.step(lambda: tensor(1.0))
    assert told == [1, 1]


def test_hooks_of_states() -> None:
    first, second, told = stepped("Adam", {}), stepped("Adam", {}, 0), []
    first.register_state_dict_pre_hook(lambda o: told.append("before"))
    first.register_state_dict_post_hook(lambda o, state: {**state, "more": 1})
    first.register_state_dict_post_hook(lambda o, state: told.append(list(state)), prepend=True)
    saved = first.state_dict()
    assert told == ["before", ["state", "param_groups"]]
    assert saved["more"] == 1

    def halve(_: Any, state: dict[str, Any]) -> Any:
        return {**state, "param_groups": [{**group, "lr": group["lr"] / 2} for group in state["param_groups"]]}

    second.register_load_state_dict_pre_hook(halve)
    second.register_load_state_dict_post_hook(lambda o: told.append(o.param_groups[0]["lr"]))
    second.load_state_dict(saved)
    assert told[2:] == [0.0005]
    assert saved["param_groups"][0]["lr"] == 0.001


def test_a_refused_group_is_not_added() -> None:
    optimizer = SGD([leaf(1.0)])
    for group in ({"params": [leaf(1.0)], "lr": -1}, {"params": [leaf(1.0), 3]}):
        with pytest.raises((ValueError, TypeError)):
            optimizer.add_param_group(group)
    assert len(optimizer.param_groups) == 1


@pytest.mark.parametrize(
    ("grad", "error", "words"),
    [
        (tensor([[1.0, 2.0]]), ShapeError, "the parameter's shape [2], got [1, 2]; if .grad was set by hand"),
        (tensor([1.0]), ShapeError, "the parameter's shape [2], got [1]"),
        (tensor(np.ones(2)), DtypeError, "the parameter's dtype float32, got float64; convert it"),
        (np.ones(2, np.float32), TypeError, "expected .grad to be a tensor or None, got ndarray"),
    ],
)
@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_a_gradient_that_does_not_fit_changes_nothing(name: str, grad: Any, error: type[Exception], words: str) -> None:
    first, second = leaf(1.0, 2.0), leaf(3.0, 4.0)
    optimizer = getattr(optim, name)([("w1", first), ("w2", second)], lr=0.1)
    first.grad = tensor([1.0, 1.0])
    second.grad = grad
    with pytest.raises(error) as raised:
        optimizer.step()
    assert f"{name}, parameter 1 (w2) of group 0: " in str(raised.value)
    assert words in str(raised.value)
    assert (first.tolist(), second.tolist()) == ([1.0, 2.0], [3.0, 4.0])
    assert not optimizer.state


def test_a_gradient_of_another_class_of_tensors_is_taken() -> None:
    class Special(Tensor):
        pass

    x = leaf(1.0)
    x.grad = Special([0.5])
    SGD([x], lr=1.0).step()
    assert x.tolist() == [0.5]


def test_a_parameter_of_another_dtype_than_its_state() -> None:
    optimizer = stepped("Adam", {})
    (param,) = optimizer.param_groups[0]["params"]
    param.data = param.array.astype(np.float64)
    param.grad = tensor(np.ones(2))
    with pytest.raises(DtypeError, match=r"state of the parameter's dtype float64, got float32.*make a new optimizer"):
        optimizer.step()
