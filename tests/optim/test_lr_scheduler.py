"""Schedules: known values, how they go together, what they save, what they refuse."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from glassnet import optim, tensor
from glassnet.optim import lr_scheduler as lrs


def sgd(*rates: float, momentum: float = 0.9, **options: Any) -> optim.SGD:
    groups = [{"params": [tensor([1.0], requires_grad=True)], "lr": lr} for lr in rates or (1.0,)]
    return optim.SGD(groups, momentum=momentum, **options)


def go(scheduler: Any, epochs: int) -> list[Any]:
    """The learning rates of the first group, over some epochs."""
    (first, *_) = scheduler.optimizer.param_groups
    seen = []
    for _ in range(epochs):
        seen.append(first["lr"])
        scheduler.optimizer.step()
        scheduler.step()
    return seen


def root(x: float) -> float:
    return math.sqrt(x)


KNOWN: list[tuple[str, dict[str, Any], list[float]]] = [
    ("LambdaLR", {"lr_lambda": lambda epoch: 1 / (1 + epoch)}, [1, 1 / 2, 1 / 3, 1 / 4]),
    ("MultiplicativeLR", {"lr_lambda": lambda epoch: epoch}, [1, 1, 2, 6, 24]),
    ("StepLR", {"step_size": 2}, [1, 1, 0.1, 0.1, 0.01]),
    ("MultiStepLR", {"milestones": [3, 1, 3], "gamma": 0.5}, [1, 0.5, 0.5, 0.125, 0.125]),
    ("ConstantLR", {"factor": 0.5, "total_iters": 2}, [0.5, 0.5, 1, 1]),
    ("ConstantLR", {"factor": 0, "total_iters": 2}, [0, 0, 1, 1]),
    ("LinearLR", {"start_factor": 0.5, "total_iters": 4}, [0.5, 0.625, 0.75, 0.875, 1, 1]),
    ("LinearLR", {"start_factor": 1, "end_factor": 0, "total_iters": 2}, [1, 0.5, 0, 0]),
    ("ExponentialLR", {"gamma": 0.5}, [1, 0.5, 0.25, 0.125]),
    ("ExponentialLR", {"gamma": 0}, [1, 0, 0]),
    ("PolynomialLR", {"total_iters": 4, "power": 2}, [1, 9 / 16, 4 / 16, 1 / 16, 0, 0]),
    ("CosineAnnealingLR", {"T_max": 2}, [1, 0.5, 0, 0.5, 1, 0.5]),
    ("CosineAnnealingLR", {"T_max": 3, "eta_min": 0.2}, [1, 0.8, 0.4, 0.2, 0.4, 0.8, 1]),
    ("CosineAnnealingWarmRestarts", {"T_0": 2}, [1, 0.5, 1, 0.5]),
    (
        "CosineAnnealingWarmRestarts",
        {"T_0": 2, "T_mult": 2},
        [1, 0.5, 1, (2 + root(2)) / 4, 0.5, (2 - root(2)) / 4, 1],
    ),
    ("CyclicLR", {"base_lr": 1, "max_lr": 3, "step_size_up": 2}, [1, 2, 3, 2, 1, 2]),
    ("CyclicLR", {"base_lr": 1, "max_lr": 3, "step_size_up": 1, "step_size_down": 2}, [1, 3, 2, 1, 3]),
    ("CyclicLR", {"base_lr": 1, "max_lr": 3, "step_size_up": 1, "mode": "triangular2"}, [1, 3, 1, 2, 1, 1.5]),
    (
        "CyclicLR",
        {"base_lr": 1, "max_lr": 3, "step_size_up": 1, "mode": "exp_range", "gamma": 0.5},
        [1, 2, 1, 1.25, 1],
    ),
    ("CyclicLR", {"base_lr": 1, "max_lr": 3, "step_size_up": 1, "scale_fn": lambda n: 1 / n}, [1, 3, 1, 2, 1]),
    (
        "CyclicLR",
        {"base_lr": 1, "max_lr": 3, "step_size_up": 1, "scale_fn": lambda n: 1 / n, "scale_mode": "iterations"},
        None,
    ),
    (
        "OneCycleLR",
        {"max_lr": 4, "total_steps": 6, "pct_start": 0.5, "div_factor": 4, "final_div_factor": 10},
        [1, 2.5, 4, 3.025, 1.075, 0.1],
    ),
    (
        "OneCycleLR",
        {"max_lr": 4, "epochs": 2, "steps_per_epoch": 4, "pct_start": 0.375, "div_factor": 2, "three_phase": True}
        | {"anneal_strategy": "linear", "final_div_factor": 8},
        [2, 3, 4, 3, 2, 2 - 1.75 / 3, 2 - 3.5 / 3, 0.25],
    ),
    ("OneCycleLR", {"max_lr": 4, "total_steps": 3, "pct_start": 1 / 3, "anneal_strategy": "linear"}, None),
]
KNOWN = [(name, options, expected) for name, options, expected in KNOWN if expected is not None]
SCHEDULES = [(name, options) for name, options, _ in KNOWN]


def made(name: str, optimizer: Any, options: dict[str, Any]) -> Any:
    return getattr(lrs, name)(optimizer, **options)


# What is between two epochs is never met: by stepping, these come elsewhere than by going to an epoch.
STEPPED: list[tuple[str, dict[str, Any], list[float]]] = [
    ("StepLR", {"step_size": 1.5}, [1, 1, 1, 0.1, 0.1, 0.1, 0.01]),
    ("MultiStepLR", {"milestones": [1.5, 2]}, [1, 1, 0.1, 0.1]),
    ("ConstantLR", {"factor": 0.5, "total_iters": 0}, [0.5, 0.5, 0.5]),
    ("LinearLR", {"start_factor": 0.5, "total_iters": 0}, [0.5, 0.5, 0.5]),
    ("LinearLR", {"start_factor": 0.25, "total_iters": 1.5}, [0.25, 0.75, 0.75]),
    ("PolynomialLR", {"total_iters": 0}, [1, 1, 1]),
    ("CyclicLR", {"base_lr": 1, "max_lr": 3, "step_size_up": 2, "step_size_down": 0}, [1, 2, 1, 2]),
]


@pytest.mark.parametrize(("name", "options", "expected"), [*KNOWN, *STEPPED])
def test_known_values(name: str, options: dict[str, Any], expected: list[float]) -> None:
    optimizer = sgd(1.0, 1.0)
    scheduler = made(name, optimizer, options)
    assert go(scheduler, len(expected) - 1) == pytest.approx(expected[:-1])
    assert scheduler.get_last_lr() == pytest.approx([expected[-1]] * 2)
    assert scheduler.last_epoch == len(expected) - 1


def test_every_schedule_is_among_the_samples() -> None:
    composed = {"LRScheduler", "ReduceLROnPlateau", "ChainedScheduler", "SequentialLR"}
    assert {name for name, _ in SCHEDULES} == set(lrs.__all__) - composed


def test_a_rise_that_is_over_at_once() -> None:
    scheduler = lrs.OneCycleLR(sgd(), 4, total_steps=3, pct_start=1 / 3, anneal_strategy="linear")
    assert go(scheduler, 1) == [4]
    assert scheduler.get_last_lr()[0] == pytest.approx((4 + 4 / 25 / 1e4) / 2)


@pytest.mark.parametrize(("name", "options"), SCHEDULES)
def test_groups_go_each_their_own_way(name: str, options: dict[str, Any]) -> None:
    rates = (1.0, 0.5)
    both = sgd(*rates)
    alone = [sgd(lr) for lr in rates]
    schedulers = [made(name, optimizer, options) for optimizer in (both, *alone)]
    for _ in range(6 if name != "OneCycleLR" else 2):
        for scheduler in schedulers:
            scheduler.optimizer.step()
            scheduler.step()
        assert [g["lr"] for g in both.param_groups] == [o.param_groups[0]["lr"] for o in alone]


@pytest.mark.parametrize(("name", "options"), SCHEDULES)
def test_goes_on_from_a_saved_state(name: str, options: dict[str, Any]) -> None:
    first, second = sgd(), sgd()
    before, after = made(name, first, options), made(name, second, options)
    go(before, 2)
    state = json.loads(json.dumps(before.state_dict()))  # nothing in it but plain data
    after.load_state_dict(state)
    second.load_state_dict(first.state_dict())
    assert go(before, 3) == go(after, 3)
    assert before.state_dict() == after.state_dict()
    assert "optimizer" not in state


@pytest.mark.parametrize(("name", "options"), SCHEDULES)
def test_going_on_from_an_epoch_keeps_the_learning_rates(name: str, options: dict[str, Any]) -> None:
    optimizer = sgd()
    expected = go(made(name, optimizer, options), 3)
    with pytest.raises(KeyError, match="group 0 has no 'initial_lr'; load its state_dict first"):
        made(name, sgd(), {**options, **({"cycle_momentum": False} if "max_lr" in options else {}), "last_epoch": 1})
    optimizer = sgd()
    go(made(name, optimizer, options), 2)
    scheduler = made(name, optimizer, {**options, "last_epoch": 1})
    assert scheduler.last_epoch == 2
    assert scheduler.get_last_lr() == pytest.approx([expected[2]])


@pytest.mark.parametrize(("name", "options"), SCHEDULES)
@pytest.mark.filterwarnings("ignore:.*deprecated")
def test_goes_to_an_epoch(name: str, options: dict[str, Any]) -> None:
    expected = go(made(name, sgd(), options), 5 if name != "OneCycleLR" else 3)
    scheduler = made(name, sgd(), options)
    for epoch in (2, 1):
        scheduler.step(epoch)
        if name != "MultiplicativeLR":  # which knows only what to make of the epoch before
            assert scheduler.get_last_lr() == pytest.approx([expected[epoch]])
        assert scheduler.last_epoch == epoch


def test_an_epoch_is_deprecated_where_pytorch_deprecates_it() -> None:
    with pytest.warns(UserWarning, match=r"StepLR.step\(epoch\) is deprecated: call step\(\) once an epoch"):
        lrs.StepLR(sgd(), 2).step(3)
    restarts = lrs.CosineAnnealingWarmRestarts(sgd(), 2)
    restarts.step(0.5)
    assert restarts.get_last_lr() == pytest.approx([(2 + root(2)) / 4])
    with pytest.raises(ValueError, match="expected an epoch of 0 or more, got epoch=-1"):
        restarts.step(-1)


def test_momentum_goes_against_the_learning_rate() -> None:
    optimizer = sgd()
    scheduler = lrs.CyclicLR(optimizer, 1, 3, step_size_up=2, base_momentum=0.5, max_momentum=0.7)
    seen = []
    for _ in range(4):
        seen.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        scheduler.step()
    assert seen == pytest.approx([0.7, 0.6, 0.5, 0.6])
    adam = optim.Adam([tensor([1.0], requires_grad=True)], betas=(0.9, 0.99))
    cycle = lrs.OneCycleLR(adam, 1, total_steps=6, pct_start=0.5, base_momentum=0.5, max_momentum=0.7)
    assert adam.param_groups[0]["betas"] == (0.7, 0.99)
    adam.step()
    cycle.step()
    assert adam.param_groups[0]["betas"] == pytest.approx((0.6, 0.99))
    adagrad = optim.Adagrad([tensor([1.0], requires_grad=True)])
    lrs.CyclicLR(adagrad, 1, 3, cycle_momentum=False)
    assert "momentum" not in adagrad.param_groups[0]


# together -------------------------------------------------------------------------------------------------


def test_chained_schedules_multiply() -> None:
    optimizer = sgd()
    chained = lrs.ChainedScheduler([lrs.ConstantLR(optimizer, 0.5, 2), lrs.ExponentialLR(optimizer, 0.1)])
    assert chained.get_last_lr() == [0.5]
    assert go(chained, 4) == pytest.approx([0.5, 0.05, 0.01, 0.001])
    assert chained.get_last_lr() == pytest.approx([0.0001])


def test_a_person_may_act_on_the_learning_rate_too() -> None:
    optimizer = sgd()
    scheduler = lrs.ExponentialLR(optimizer, 0.5)
    optimizer.param_groups[0]["lr"] = 3.0
    assert go(scheduler, 3) == [3.0, 1.5, 0.75]


def sequence(optimizer: Any) -> lrs.SequentialLR:
    parts = [lrs.ConstantLR(optimizer, 0.5, 10), lrs.StepLR(optimizer, 1, 0.1), lrs.LinearLR(optimizer, 0.5, 1, 2)]
    return lrs.SequentialLR(optimizer, parts, [2, 4])


def test_schedules_in_sequence() -> None:
    assert go(sequence(sgd()), 8) == pytest.approx([0.5, 0.5, 1, 0.1, 0.5, 0.75, 1, 1])


def test_a_sequence_goes_on_from_an_epoch() -> None:
    optimizer = sgd()
    parts = [lrs.ConstantLR(optimizer, 0.5, 10), lrs.StepLR(optimizer, 1, 0.1), lrs.LinearLR(optimizer, 0.5, 1, 2)]
    assert go(lrs.SequentialLR(optimizer, parts, [2, 4], last_epoch=1), 4) == pytest.approx([1, 0.1, 0.5, 0.75])


def test_sequences_nest() -> None:
    optimizer = sgd()
    inner = sequence(optimizer)
    chained = lrs.ChainedScheduler([lrs.ConstantLR(optimizer, 0.5, 2), lrs.ExponentialLR(optimizer, 0.5)])
    outer = lrs.SequentialLR(optimizer, [inner, chained], [5])
    assert go(outer, 8) == pytest.approx([0.5, 0.5, 1, 0.1, 0.5, 0.5, 0.25, 0.25])
    optimizer = sgd()
    chained = lrs.ChainedScheduler([lrs.ConstantLR(optimizer, 0.5, 2), lrs.ExponentialLR(optimizer, 0.5)])
    outer = lrs.SequentialLR(optimizer, [chained, sequence(optimizer)], [2])
    assert go(outer, 8) == pytest.approx([0.5, 0.25, 0.5, 0.5, 1, 0.1, 0.5, 0.75])


@pytest.mark.filterwarnings("ignore:.*deprecated")
def test_a_chain_goes_to_an_epoch() -> None:
    optimizer = sgd()
    chained = lrs.ChainedScheduler([lrs.ConstantLR(optimizer, 0.5, 2), lrs.ExponentialLR(optimizer, 0.1)])
    for epoch, expected in ((3, 0.001), (0, 0.5), (1, 0.05)):
        chained.step(epoch)
        assert chained.get_last_lr() == pytest.approx([expected])


@pytest.mark.filterwarnings("ignore:.*deprecated")
def test_a_sequence_goes_to_an_epoch() -> None:
    scheduler = sequence(sgd())
    for epoch, expected in ((3, 0.1), (0, 0.5), (5, 0.75)):
        scheduler.step(epoch)
        assert scheduler.get_last_lr() == pytest.approx([expected])


def test_composed_schedules_go_on_from_a_saved_state() -> None:
    for build in (sequence, lambda o: lrs.ChainedScheduler([lrs.StepLR(o, 2), lrs.LambdaLR(o, math.exp)])):
        first, second = sgd(), sgd()
        before, after = build(first), build(second)
        go(before, 3)
        after.load_state_dict(json.loads(json.dumps(before.state_dict())))
        second.load_state_dict(first.state_dict())
        assert go(before, 4) == go(after, 4)


def test_callable_objects_are_saved_by_what_they_hold() -> None:
    class Decay:
        def __init__(self, rate: float) -> None:
            self.rate = rate

        def __call__(self, epoch: int) -> float:
            return self.rate**epoch

    first = lrs.LambdaLR(sgd(), Decay(0.5))
    state = first.state_dict()
    assert state["lr_lambdas"] == [{"rate": 0.5}]
    second = lrs.LambdaLR(sgd(), Decay(0.9))
    second.load_state_dict(state)
    go(second, 1)
    assert second.get_last_lr() == [0.5]
    assert lrs.LambdaLR(sgd(), lambda _: 1.0).state_dict()["lr_lambdas"] == [None]


# by results -----------------------------------------------------------------------------------------------


def test_reduces_when_nothing_improves() -> None:
    optimizer = sgd()
    scheduler = lrs.ReduceLROnPlateau(optimizer, factor=0.5, patience=1, cooldown=2, min_lr=0.2)
    seen = []
    for metric in (3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1):
        scheduler.step(tensor(float(metric)))
        seen.append(optimizer.param_groups[0]["lr"])
    assert seen == [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.2, 0.2]
    assert scheduler.get_last_lr() == [0.2]
    assert scheduler.best == 1
    assert scheduler.in_cooldown
    scheduler.step(0.0, 50)
    assert scheduler.last_epoch == 50


@pytest.mark.parametrize(
    ("options", "better", "worse"),
    [
        ({"mode": "min"}, 9.99, 9.9991),
        ({"mode": "max"}, 10.01, 10.0009),
        ({"mode": "min", "threshold_mode": "abs", "threshold": 0.5}, 9.4, 9.6),
        ({"mode": "max", "threshold_mode": "abs", "threshold": 0.5}, 10.6, 10.4),
        ({"mode": "min"}, -1.0, math.nan),
    ],
)
def test_what_is_better(options: dict[str, Any], better: float, worse: float) -> None:
    for metric, lr in ((better, 1.0), (worse, 0.1)):
        optimizer = sgd()
        scheduler = lrs.ReduceLROnPlateau(optimizer, patience=0, **options)
        scheduler.step(10.0)
        scheduler.step(metric)
        assert optimizer.param_groups[0]["lr"] == pytest.approx(lr)


def test_plateau_and_groups() -> None:
    optimizer = sgd(1.0, 2.0)
    scheduler = lrs.ReduceLROnPlateau(optimizer, patience=0, min_lr=[0.5, 0.1])
    other = lrs.ReduceLROnPlateau(optimizer, patience=0)
    for metric in (1, 1):
        scheduler.step(metric)
    assert [g["lr"] for g in optimizer.param_groups] == pytest.approx([0.5, 0.2])
    optimizer.add_param_group({"params": [tensor([1.0], requires_grad=True)]})
    with pytest.raises(ValueError, match="the optimizer has 3 groups, the schedule was made for 2"):
        scheduler.step(1)
    for metric in (1, 1):
        other.step(metric)
    assert other.get_last_lr() == pytest.approx([0.05, 0.02, 0.0001])


def test_plateau_goes_on_from_a_saved_state() -> None:
    first, second = (lrs.ReduceLROnPlateau(sgd(), mode="max", patience=1) for _ in range(2))
    for metric in (1, 0.5):
        first.step(metric)
    second.load_state_dict(first.state_dict())
    second.step(0.5)
    assert second.get_last_lr() == pytest.approx([0.1])


# order ------------------------------------------------------------------------------------------------------


def test_warns_if_the_optimizer_has_not_stepped() -> None:
    for build in (sequence, lambda o: lrs.ChainedScheduler([lrs.StepLR(o, 2)]), lambda o: lrs.StepLR(o, 2)):
        scheduler = build(sgd())
        with pytest.warns(UserWarning, match=r"came before the first optimizer\.step\(\)") as warned:
            scheduler.step()
        assert len(warned) == 1
        assert warned[0].filename == __file__
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            scheduler.step()


# what is refused ----------------------------------------------------------------------------------------------


def other_loaded(name: str, options: dict[str, Any], other: str, others: dict[str, Any]) -> None:
    made(name, sgd(), options).load_state_dict(made(other, sgd(), others).state_dict())


def chain(*steps: int) -> lrs.ChainedScheduler:
    optimizer = sgd()
    return lrs.ChainedScheduler([lrs.StepLR(optimizer, step) for step in steps])


def with_another_group(name: str, options: dict[str, Any]) -> None:
    optimizer = sgd()
    scheduler = made(name, optimizer, options)
    optimizer.add_param_group({"params": [tensor([1.0], requires_grad=True)]})
    optimizer.step()
    scheduler.step()


def test_a_group_that_came_later() -> None:
    """Schedules that multiply take it on; those that know every group's start cannot."""
    for name, options in SCHEDULES:
        if issubclass(getattr(lrs, name), lrs.factors.FactorLR) and options.get("factor") != 0:
            with_another_group(name, options)
        elif "factor" not in options:
            with pytest.raises(ValueError, match="the optimizer has 2 groups, the schedule was made for 1; make the"):
                with_another_group(name, options)


def past_the_end() -> None:
    go(lrs.OneCycleLR(sgd(), 1, total_steps=3), 5)


def of_another() -> None:
    lrs.ChainedScheduler([lrs.StepLR(sgd(), 1), lrs.StepLR(sgd(), 1)])


def in_sequence(build: Callable[[Any], list[Any]], milestones: list[int]) -> None:
    optimizer = sgd()
    lrs.SequentialLR(optimizer, build(optimizer), milestones)


REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: lrs.StepLR("sgd", 1), TypeError, "StepLR: expected an optimizer, got str; make one first"),
    (lambda: lrs.ReduceLROnPlateau(None), TypeError, "ReduceLROnPlateau: expected an optimizer, got NoneType"),
    (lambda: lrs.LambdaLR(3, math.exp), TypeError, "LambdaLR: expected an optimizer, got int"),
    (lambda: lrs.StepLR(sgd(), 0), ValueError, "StepLR: expected a step_size above 0, got step_size=0"),
    (lambda: lrs.ConstantLR(sgd(), 2), ValueError, "ConstantLR: expected a factor from 0 to 1, got factor=2"),
    (lambda: lrs.LinearLR(sgd(), 0), ValueError, "expected a start_factor above 0, up to 1, got start_factor=0"),
    (lambda: lrs.LinearLR(sgd(), 1, 2), ValueError, "expected an end_factor from 0 to 1, got end_factor=2"),
    (lambda: lrs.LinearLR(sgd(), total_iters=-1), ValueError, "expected total_iters of 0 or more, got total_iters=-1"),
    (lambda: lrs.PolynomialLR(sgd(), -1), ValueError, "PolynomialLR: expected total_iters of 0 or more"),
    (lambda: lrs.CosineAnnealingLR(sgd(), 0), ValueError, "expected a T_max above 0, got T_max=0"),
    (lambda: lrs.CosineAnnealingWarmRestarts(sgd(), 0), ValueError, "T_0 as a whole number of epochs, 1 or more, got"),
    (lambda: lrs.CosineAnnealingWarmRestarts(sgd(), 1.5), ValueError, "got T_0=1.5"),
    (lambda: lrs.CosineAnnealingWarmRestarts(sgd(), 1, 0), ValueError, "T_mult as a whole number, 1 or more, got T_m"),
    (
        lambda: lrs.LambdaLR(sgd(1, 2), [math.exp]),
        ValueError,
        "lr_lambda for each of the 2 groups, got 1; give one for",
    ),
    (lambda: lrs.MultiplicativeLR(sgd(), 0.5), TypeError, "expected lr_lambda as a function of the epoch, got float"),
    (lambda: lrs.CyclicLR(sgd(), [1, 2], 3), ValueError, "CyclicLR: expected base_lr for each of the 1 groups, got 2"),
    (lambda: lrs.CyclicLR(sgd(), 1, 3, mode="sine"), ValueError, "a mode of triangular, triangular2, exp_range, got"),
    (
        lambda: lrs.CyclicLR(sgd(), 1, 3, 0),
        ValueError,
        "CyclicLR: expected a step size up above 0, and one down of 0 or more, got 0 up",
    ),
    (
        lambda: lrs.CyclicLR(optim.Adagrad([tensor([1.0], requires_grad=True)]), 1, 3),
        ValueError,
        "expected an optimizer with momentum or betas, got Adagrad; for one without, pass cycle_momentum=False",
    ),
    (lambda: lrs.OneCycleLR(sgd(), 1), ValueError, "OneCycleLR: expected total_steps, or epochs and steps_per_epoch"),
    (
        lambda: lrs.OneCycleLR(sgd(), 1, total_steps=0),
        ValueError,
        "a whole number of steps, 1 or more, got total_steps=0",
    ),
    (lambda: lrs.OneCycleLR(sgd(), 1, 5, pct_start=2), ValueError, "a pct_start from 0 to 1, got pct_start=2"),
    (lambda: lrs.OneCycleLR(sgd(), 1, 5, anneal_strategy="sin"), ValueError, "of cos or linear, got 'sin'"),
    (
        past_the_end,
        ValueError,
        "OneCycleLR: the cycle of 3 steps is over; make it with as many total_steps as there are",
    ),
    (lambda: lrs.ReduceLROnPlateau(sgd(), factor=1), ValueError, "a factor from 0 up to but not 1, got factor=1"),
    (lambda: lrs.ReduceLROnPlateau(sgd(), mode="low"), ValueError, "expected a mode of min or max, got mode='low'"),
    (lambda: lrs.ReduceLROnPlateau(sgd(), threshold_mode="x"), ValueError, "a threshold_mode of rel or abs, got"),
    (
        lambda: lrs.ReduceLROnPlateau(sgd(), min_lr=[0, 0]),
        ValueError,
        "expected min_lr for each of the 1 groups, got 2",
    ),
    (lambda: lrs.ChainedScheduler([]), ValueError, "ChainedScheduler: expected at least one schedule, got none"),
    (lambda: lrs.ChainedScheduler([sgd()]), TypeError, "expected schedules, got SGD at position 0"),
    (
        lambda: lrs.ChainedScheduler([lrs.ReduceLROnPlateau(sgd())]),
        ValueError,
        "schedules whose step() takes no metric, got ReduceLROnPlateau at position 0; step that one by itself",
    ),
    (of_another, ValueError, "expected schedules of one optimizer, got one of another optimizer at position 1"),
    (
        lambda: in_sequence(lambda o: [lrs.StepLR(o, 1)], [3]),
        ValueError,
        "SequentialLR: expected one milestone fewer than schedules, got 1 milestones for 1 schedules",
    ),
    (
        lambda: in_sequence(lambda o: [lrs.StepLR(o, 1) for _ in range(3)], [3, 2]),
        ValueError,
        "expected milestones in rising order, got [3, 2]",
    ),
    (
        lambda: other_loaded("StepLR", {"step_size": 2}, "ExponentialLR", {"gamma": 0.5}),
        ValueError,
        "StepLR.load_state_dict: the state lacks step_size: it is of another schedule",
    ),
    (
        lambda: other_loaded("ExponentialLR", {"gamma": 0.5}, "StepLR", {"step_size": 2}),
        ValueError,
        "ExponentialLR.load_state_dict: the state has step_size: it is of another schedule",
    ),
    (
        lambda: chain(1, 2).load_state_dict(chain(1).state_dict()),
        ValueError,
        "expected the state of 2 schedules, got 1",
    ),
    (lambda: lrs.LRScheduler(sgd()), NotImplementedError, "LRScheduler has no get_lr"),
    (lambda: lrs.factors.FactorLR(sgd()), NotImplementedError, "FactorLR has no at"),
]


@pytest.mark.parametrize(("make", "error", "words"), REFUSED, ids=[words for _, _, words in REFUSED])
def test_refused(make: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error) as raised:
        make()
    assert words in str(raised.value)


def test_a_state_that_does_not_fit_changes_nothing() -> None:
    scheduler = chain(1, 2)
    state = chain(3, 4).state_dict()
    del state["_schedulers"][1]["gamma"]
    with pytest.raises(ValueError, match=r"StepLR\.load_state_dict: the state lacks gamma"):
        scheduler.load_state_dict(state)
    assert [part.step_size for part in scheduler._schedulers] == [1, 2]


def test_a_schedule_of_your_own() -> None:
    class Sqrt(lrs.LRScheduler):
        def get_lr(self) -> list[float]:
            return [base / math.sqrt(self.last_epoch + 1) for base in self.base_lrs]

    assert go(Sqrt(sgd()), 3) == pytest.approx([1, 1 / root(2), 1 / root(3)])


def test_verbose_is_taken_and_said_to_be_gone() -> None:
    with pytest.warns(UserWarning, match=r"StepLR: verbose does nothing.*get_last_lr\(\)") as caught:
        lrs.StepLR(sgd(), 2, verbose=True)
    assert caught[0].filename == __file__
    lrs.ReduceLROnPlateau(sgd(), verbose=False)

    class Own(lrs.LRScheduler):
        def __init__(self, optimizer: Any, verbose: bool = False) -> None:
            self.verbose = verbose
            super().__init__(optimizer)

        def get_lr(self) -> list[float]:
            return [1.0 for _ in self.base_lrs]

    assert Own(sgd(), verbose=True).verbose is True


@pytest.mark.parametrize("made", [lambda o: lrs.StepLR(o, 2, 0.1), lambda o: lrs.MultiStepLR(o, [2, 4, 6], 0.1)])
def test_a_step_multiplies_by_gamma_itself(made: Any) -> None:
    optimizer = sgd(3e-3)
    schedule, expected = made(optimizer), 3e-3
    for epoch in range(1, 8):
        optimizer.step()
        schedule.step()
        expected *= 1 if epoch % 2 else 0.1
        assert schedule.get_last_lr() == [expected]
