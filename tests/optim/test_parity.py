"""Optimizers and schedules do what PyTorch's do, number by number."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from glassnet import optim as ours
from glassnet import tensor
from tests.optim.samples import OPTIONS, label

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity
theirs = torch.optim

rng = np.random.default_rng(3)
X, Y = rng.standard_normal((7, 4)), rng.standard_normal(7)
START = [rng.standard_normal((4, 3)), rng.standard_normal(3), rng.standard_normal(3), np.array(0.5)]


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    """PyTorch keeps NAdam's running product in its default dtype; here it is always float64."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


class Run:
    """The same small network, trained by one of the two libraries. Its loss is not convex."""

    def __init__(self, make: Callable[..., Any], optim: Any, start: list[Any] = START) -> None:
        self.make = make
        self.optim = optim
        self.params = [make(p.copy(), requires_grad=True) for p in start]
        self.optimizer: Any = None

    def step(self) -> None:
        w, b, v, c = self.params
        hidden = (self.make(X) @ w + b).sin()
        loss = ((hidden @ v + c - self.make(Y)) ** 2).mean()
        if self.optimizer.param_groups[0]["maximize"]:  # climbed, it would run away
            loss = -loss
        self.optimizer.zero_grad()
        loss.backward()
        if self.make is not tensor and isinstance(self.optimizer, theirs.SparseAdam):
            for p in self.params:
                p.grad = p.grad.to_sparse()
        self.optimizer.step()

    def values(self) -> list[Any]:
        return [p.detach().numpy().copy() for p in self.params]


def runs(start: list[Any] = START) -> tuple[Run, Run]:
    return Run(tensor, ours, start), Run(torch.tensor, theirs, start)


def assert_same(a: Run, b: Run) -> None:
    for x, y in zip(a.values(), b.values(), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=label)
def test_steps(name: str, options: dict[str, Any]) -> None:
    pair = runs()
    for run in pair:
        run.optimizer = getattr(run.optim, name)(run.params, **options)
    for _ in range(25):
        for run in pair:
            run.step()
    assert_same(*pair)
    saved, expected = (run.optimizer.state_dict() for run in pair)
    assert list(saved["state"]) == list(expected["state"])
    for number, state in expected["state"].items():
        assert set(saved["state"][number]) == {k for k, v in state.items() if v is not None}
        for key, value in saved["state"][number].items():
            np.testing.assert_allclose(value.numpy(), np.asarray(state[key]), rtol=1e-12, atol=1e-12)
    shared = set(saved["param_groups"][0])
    assert shared <= set(expected["param_groups"][0])
    assert [{k: g[k] for k in shared} for g in expected["param_groups"]] == saved["param_groups"]


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=label)
def test_groups_and_changes_on_the_way(name: str, options: dict[str, Any]) -> None:
    pair = runs()
    for run in pair:
        w, b, v, c = run.params
        groups = [{"params": [w]}, {"params": [b, c], "lr": 0.003, "weight_decay": 0.2}]
        run.optimizer = getattr(run.optim, name)(groups, **options)
        run.step()
        has_eps = isinstance(run.optimizer.defaults.get("eps"), float)
        run.optimizer.add_param_group({"params": v, "eps": 1e-4} if has_eps else {"params": v})
    for epoch in range(20):
        for run in pair:
            run.step()
            run.optimizer.param_groups[epoch % 3]["lr"] *= 0.9
            run.optimizer.param_groups[1]["weight_decay"] = 0.01 * epoch
    assert_same(*pair)


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=label)
def test_going_on_from_a_saved_state(name: str, options: dict[str, Any]) -> None:
    pair = runs()
    for run in pair:
        run.optimizer = getattr(run.optim, name)(run.params, **options)
        for _ in range(7):
            run.step()
    later = runs(pair[0].values())
    for run, before in zip(later, pair, strict=True):
        run.optimizer = getattr(run.optim, name)(run.params, lr=123.0)
        run.optimizer.load_state_dict(before.optimizer.state_dict())
        for _ in range(15):
            run.step()
    assert_same(*later)
    for _ in range(15):
        pair[0].step()
    assert_same(pair[0], later[0])  # and as if nothing had happened


def test_repr_names_the_same_options_and_groups_have_them_in_the_same_order() -> None:
    for name in sorted(name for name in theirs.__all__ if name[0].isupper() and name != "Optimizer"):
        first, second = (getattr(run.optim, name)(run.params[: name != "Muon" or 1]) for run in runs())
        assert repr(first) == repr(second)
        assert list(first.param_groups[0]) == list(second.param_groups[0]), name


# schedules ----------------------------------------------------------------------------------------

SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("LambdaLR", {"lr_lambda": lambda epoch: 0.95**epoch}),
    ("LambdaLR", {"lr_lambda": [lambda epoch: 1 / (1 + epoch), lambda epoch: epoch // 30]}),
    ("MultiplicativeLR", {"lr_lambda": lambda epoch: 0.9 + 0.1 * (epoch % 2)}),
    ("StepLR", {"step_size": 30}),
    ("StepLR", {"step_size": 7, "gamma": 0.9}),
    ("MultiStepLR", {"milestones": [30, 80, 80, 5], "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [0, 3]}),
    ("ConstantLR", {}),
    ("ConstantLR", {"factor": 0.2, "total_iters": 40}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.9, "end_factor": 0.0, "total_iters": 50}),
    ("ExponentialLR", {"gamma": 0.97}),
    ("PolynomialLR", {}),
    ("PolynomialLR", {"total_iters": 150, "power": 2.5}),
    ("CosineAnnealingLR", {"T_max": 10}),
    ("CosineAnnealingLR", {"T_max": 37, "eta_min": 0.004}),
    ("CosineAnnealingLR", {"T_max": 1}),
    ("CosineAnnealingWarmRestarts", {"T_0": 11}),
    ("CosineAnnealingWarmRestarts", {"T_0": 5, "T_mult": 2, "eta_min": 0.001}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 8}),
    ("CyclicLR", {"base_lr": [0.01, 0.03], "max_lr": [0.1, 0.05], "step_size_up": 5, "step_size_down": 12}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 9, "mode": "triangular2"}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 9, "mode": "exp_range", "gamma": 0.99}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 9, "scale_fn": lambda cycle: 1 / cycle}),
    (
        "CyclicLR",
        {
            "base_lr": 0.01,
            "max_lr": 0.1,
            "step_size_up": 9,
            "scale_fn": lambda step: 1 / (1 + step),
            "scale_mode": "iterations",
            "cycle_momentum": False,
        },
    ),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 201}),
    ("OneCycleLR", {"max_lr": [0.5, 0.2], "epochs": 67, "steps_per_epoch": 3, "anneal_strategy": "linear"}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 201, "three_phase": True, "pct_start": 0.25, "div_factor": 10.0}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 201, "cycle_momentum": False, "pct_start": 0.0}),
]


# Arguments that nobody would think of, of which PyTorch makes something.
ODD: list[tuple[str, dict[str, Any]]] = [
    ("StepLR", {"step_size": 2.5}),
    ("StepLR", {"step_size": 0.5, "gamma": 0.9}),
    ("StepLR", {"step_size": 3, "gamma": 0}),
    ("StepLR", {"step_size": 3, "gamma": -0.5}),
    ("MultiStepLR", {"milestones": []}),
    ("MultiStepLR", {"milestones": [2.5, 6, 6.0]}),
    ("ConstantLR", {"total_iters": 0}),
    ("ConstantLR", {"total_iters": -1}),
    ("ConstantLR", {"total_iters": 2.5}),
    ("ConstantLR", {"factor": 1.0}),
    ("LinearLR", {"total_iters": 0}),
    ("LinearLR", {"total_iters": 1}),
    ("LinearLR", {"total_iters": 2.5}),
    ("ExponentialLR", {"gamma": 0}),
    ("ExponentialLR", {"gamma": -0.9}),
    ("PolynomialLR", {"total_iters": 0}),
    ("PolynomialLR", {"total_iters": 2.5}),
    ("PolynomialLR", {"power": 0}),
    ("CosineAnnealingLR", {"T_max": 2.5}),
    ("CosineAnnealingLR", {"T_max": 10, "eta_min": 0.1}),
    ("CosineAnnealingWarmRestarts", {"T_0": 1}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 3, "eta_min": 1}),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 0.01, "step_size_up": 3}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 2.5}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 3, "step_size_down": 0}),
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": 50, "three_phase": True, "pct_start": 0.5}),
    ("LambdaLR", {"lr_lambda": lambda _epoch: -1}),
    ("MultiplicativeLR", {"lr_lambda": lambda _epoch: 0}),
]
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("ConstantLR", {"factor": 1.5}),
    ("LinearLR", {"start_factor": 0}),
    ("LinearLR", {"end_factor": -1}),
    ("MultiStepLR", {"milestones": 5}),
    ("CosineAnnealingWarmRestarts", {"T_0": 0}),
    ("CosineAnnealingWarmRestarts", {"T_0": 2.5}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 1.5}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "eta_min": "a"}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "mode": "x"}),
    ("CyclicLR", {"base_lr": [0.01], "max_lr": 0.1}),
    ("OneCycleLR", {"max_lr": 0.1}),
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": 0}),
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": 2.5}),
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": 60, "pct_start": 1.5}),
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": 60, "anneal_strategy": "x"}),
    ("LambdaLR", {"lr_lambda": [lambda _epoch: 1]}),
    ("MultiplicativeLR", {"lr_lambda": [lambda _epoch: 1]}),
    ("ReduceLROnPlateau", {"factor": 1.0}),
    ("ReduceLROnPlateau", {"mode": "x"}),
    ("ReduceLROnPlateau", {"threshold_mode": "x"}),
    ("ReduceLROnPlateau", {"min_lr": [0.1]}),
]


def two_groups(library: Any, make: Any, name: str = "Adam") -> Any:
    params = [make(np.ones(2), requires_grad=True) for _ in range(2)]
    return getattr(library, name)([{"params": params[:1], "lr": 0.05}, {"params": params[1:]}], lr=0.02)


def optimizers(name: str = "Adam") -> tuple[Any, Any]:
    return two_groups(ours, tensor, name), two_groups(theirs, torch.tensor, name)


def seen(optimizer: Any) -> list[float]:
    """Learning rates and momenta: all that schedules change."""
    return [
        value
        for group in optimizer.param_groups
        for value in (group["lr"], *group.get("betas", ()), group.get("momentum", 0.0))
    ]


def assert_same_schedule(pair: tuple[Any, Any], schedulers: tuple[Any, Any], steps: int = 200) -> None:
    for epoch in range(steps):
        np.testing.assert_allclose(seen(pair[0]), seen(pair[1]), rtol=1e-12, atol=1e-14, err_msg=f"epoch {epoch}")
        np.testing.assert_allclose(schedulers[0].get_last_lr(), schedulers[1].get_last_lr(), rtol=1e-12, atol=1e-14)
        for optimizer, scheduler in zip(pair, schedulers, strict=True):
            optimizer.step()
            scheduler.step()


def made(library: Any, optimizer: Any, name: str, options: dict[str, Any]) -> Any:
    return getattr(library.lr_scheduler, name)(optimizer, **options)


@pytest.mark.parametrize(("name", "options"), SCHEDULES, ids=label)
@pytest.mark.parametrize("optimizer", ["Adam", "SGD"])
def test_schedule(name: str, options: dict[str, Any], optimizer: str) -> None:
    pair = optimizers(optimizer)
    assert_same_schedule(pair, tuple(made(lib, o, name, options) for lib, o in zip((ours, theirs), pair, strict=True)))


@pytest.mark.parametrize(("name", "options"), ODD, ids=label)
def test_schedule_with_odd_arguments(name: str, options: dict[str, Any]) -> None:
    pair = optimizers("SGD")
    schedulers = tuple(made(lib, o, name, options) for lib, o in zip((ours, theirs), pair, strict=True))
    assert_same_schedule(pair, schedulers, 50)


@pytest.mark.parametrize(("name", "options"), REFUSED, ids=label)
def test_schedule_refused_with_pytorchs_class(name: str, options: dict[str, Any]) -> None:
    pair = optimizers("Adam")
    with pytest.raises(Exception) as wanted:  # noqa: PT011
        made(theirs, pair[1], name, options)
    with pytest.raises(wanted.type):
        made(ours, pair[0], name, options)


@pytest.mark.parametrize(("name", "options"), SCHEDULES, ids=label)
def test_schedule_loaded_in_the_middle(name: str, options: dict[str, Any]) -> None:
    before = optimizers()
    states = []
    for library, optimizer in zip((ours, theirs), before, strict=True):
        scheduler = made(library, optimizer, name, options)
        for _ in range(23):
            optimizer.step()
            scheduler.step()
        states.append((scheduler.state_dict(), optimizer.state_dict()))
    pair = optimizers()
    schedulers = []
    for library, optimizer, (state, groups) in zip((ours, theirs), pair, states, strict=True):
        scheduler = made(library, optimizer, name, options)
        scheduler.load_state_dict(state)
        optimizer.load_state_dict(groups)
        schedulers.append(scheduler)
    assert_same_schedule(pair, tuple(schedulers), 150)


@pytest.mark.parametrize(
    ("name", "options"), [*SCHEDULES, ("ReduceLROnPlateau", {"patience": 1}), ("SWALR", {"swa_lr": 0.1})], ids=label
)
@pytest.mark.parametrize("here", [True, False])
def test_schedule_goes_on_in_the_other_library(name: str, options: dict[str, Any], here: bool) -> None:
    pair = optimizers()
    schedulers = []
    for library, optimizer in zip((ours, theirs), pair, strict=True):
        room = library.swa_utils if name == "SWALR" else library.lr_scheduler
        schedulers.append(getattr(room, name)(optimizer, **options))
    told = (0.5,) if name == "ReduceLROnPlateau" else ()
    source, target = (1, 0) if here else (0, 1)
    for _ in range(7):
        pair[source].step()
        schedulers[source].step(*told)
    schedulers[target].load_state_dict(schedulers[source].state_dict())
    for group, other in zip(pair[target].param_groups, pair[source].param_groups, strict=True):
        group |= {key: value for key, value in other.items() if key != "params"}
    for _ in range(9):
        for optimizer, scheduler in zip(pair, schedulers, strict=True):
            optimizer.step()
            scheduler.step(*told)
        np.testing.assert_allclose(seen(pair[0]), seen(pair[1]), rtol=1e-12, atol=1e-14)


RESUMED = [(n, o) for n, o in SCHEDULES if not (n in ("StepLR", "MultiStepLR") and o.get("milestones") == [0, 3])]


@pytest.mark.parametrize(("name", "options"), RESUMED, ids=label)
def test_schedule_from_a_last_epoch(name: str, options: dict[str, Any]) -> None:
    """From 23 epochs done: none of the samples changes its factor there."""
    pair = optimizers()
    for library, optimizer in zip((ours, theirs), pair, strict=True):
        scheduler = made(library, optimizer, name, options)
        for _ in range(24):
            optimizer.step()
            scheduler.step()
    schedulers = tuple(
        made(library, optimizer, name, {**options, "last_epoch": 23})
        for library, optimizer in zip((ours, theirs), pair, strict=True)
    )
    if name == "CosineAnnealingWarmRestarts":  # which PyTorch takes to be in its first or second descent
        return
    assert_same_schedule(pair, schedulers, 100)


@pytest.mark.parametrize(("name", "options"), SCHEDULES, ids=label)
@pytest.mark.filterwarnings("ignore:.*deprecated")
def test_schedule_at_an_epoch(name: str, options: dict[str, Any]) -> None:
    if name == "MultiplicativeLR":  # there is no saying without the epochs between
        return
    pair = optimizers()
    schedulers = [made(library, o, name, options) for library, o in zip((ours, theirs), pair, strict=True)]
    for epoch in (1, 17, 3, 50, 49, 100):
        for optimizer, scheduler in zip(pair, schedulers, strict=True):
            optimizer.step()
            scheduler.step(epoch)
        np.testing.assert_allclose(seen(pair[0]), seen(pair[1]), rtol=1e-12, atol=1e-15, err_msg=f"epoch {epoch}")


def test_warm_restarts_by_fractions() -> None:
    pair = optimizers()
    options = {"T_0": 3, "T_mult": 2, "eta_min": 0.001}
    schedulers = [
        made(lib, o, "CosineAnnealingWarmRestarts", options) for lib, o in zip((ours, theirs), pair, strict=True)
    ]
    for i in range(200):
        for scheduler in schedulers:
            scheduler.step(i / 9)
        np.testing.assert_allclose(seen(pair[0]), seen(pair[1]), rtol=1e-12)


CHAIN: list[tuple[str, dict[str, Any]]] = [
    ("ConstantLR", {"factor": 0.1, "total_iters": 20}),
    ("ExponentialLR", {"gamma": 0.98}),
    ("LinearLR", {"start_factor": 0.5, "total_iters": 30}),
    ("StepLR", {"step_size": 25, "gamma": 0.8}),
    ("MultiStepLR", {"milestones": [3, 60]}),
    ("CosineAnnealingLR", {"T_max": 40, "eta_min": 0.0001}),
    ("PolynomialLR", {"total_iters": 190, "power": 0.5}),
    ("MultiplicativeLR", {"lr_lambda": lambda _epoch: 1.001}),
]


def both(build: Callable[[Any, Any], Any], name: str = "Adam") -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    pair = optimizers(name)
    return pair, (build(ours, pair[0]), build(theirs, pair[1]))


def test_chained_schedules() -> None:
    def build(library: Any, optimizer: Any) -> Any:
        return library.lr_scheduler.ChainedScheduler([made(library, optimizer, n, o) for n, o in CHAIN])

    assert_same_schedule(*both(build))


@pytest.mark.parametrize("names", [(0, 1), (2, 5, 3), (6, 7, 4), (1, 0, 2, 3, 4, 5)])
def test_schedules_in_sequence(names: tuple[int, ...]) -> None:
    def build(library: Any, optimizer: Any) -> Any:
        schedulers = [made(library, optimizer, *CHAIN[i]) for i in names]
        milestones = [10 + 33 * i for i in range(len(names) - 1)]
        return library.lr_scheduler.SequentialLR(optimizer, schedulers, milestones)

    assert_same_schedule(*both(build))


@pytest.mark.parametrize("last", [("CyclicLR", SCHEDULES[19][1]), ("CosineAnnealingWarmRestarts", {"T_0": 7})])
def test_warm_up_then_another_schedule(last: tuple[str, dict[str, Any]]) -> None:
    def build(library: Any, optimizer: Any) -> Any:
        warm_up = library.lr_scheduler.LambdaLR(optimizer, lambda epoch: (epoch + 1) / 10)
        return library.lr_scheduler.SequentialLR(optimizer, [warm_up, made(library, optimizer, *last)], [9])

    assert_same_schedule(*both(build))


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 2},
        {"mode": "max", "factor": 0.5, "patience": 1, "cooldown": 3},
        {"threshold_mode": "abs", "threshold": 0.3, "patience": 0, "min_lr": [0.01, 0.001]},
        {"mode": "max", "threshold_mode": "abs", "threshold": 0.1, "patience": 0, "min_lr": 0.003, "eps": 0.001},
    ],
    ids=label,
)
def test_reduce_on_plateau(options: dict[str, Any]) -> None:
    pair, schedulers = both(lambda library, o: made(library, o, "ReduceLROnPlateau", options))
    for i, metric in enumerate(np.random.default_rng(0).standard_normal(200).cumsum()):
        for scheduler in schedulers:
            scheduler.step(metric)
        np.testing.assert_allclose(seen(pair[0]), seen(pair[1]), rtol=1e-12, err_msg=f"epoch {i}")
        assert schedulers[0].num_bad_epochs == schedulers[1].num_bad_epochs


def test_warns_where_pytorch_warns() -> None:
    _, schedulers = both(lambda library, o: made(library, o, "StepLR", {"step_size": 2}))
    for scheduler in schedulers:
        with pytest.warns(UserWarning, match=r"optimizer\.step\(\)"):
            scheduler.step()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            scheduler.step()


@pytest.mark.parametrize(("name", "options"), SCHEDULES, ids=label)
def test_schedules_are_the_same_to_the_last_digit(name: str, options: dict[str, Any]) -> None:
    pair = optimizers()
    schedulers = [made(lib, optimizer, name, options) for lib, optimizer in zip((ours, theirs), pair, strict=True)]
    for _ in range(12):
        for optimizer, scheduler in zip(pair, schedulers, strict=True):
            optimizer.step()
            scheduler.step()
        assert schedulers[0].get_last_lr() == schedulers[1].get_last_lr()
