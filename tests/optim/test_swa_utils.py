"""Averages of networks, batch norms of averages, the schedule that goes with them."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import nn, optim, tensor
from glassnet.optim import swa_utils
from tests.optim.samples import label

RNG = np.random.default_rng(0)
ROUNDS = [[RNG.standard_normal(shape) for shape in ((2, 3), (2,), (2,), (2,))] for _ in range(4)]
BATCHES = [RNG.standard_normal((4, 3)) * 3 + 1 for _ in range(3)]


def network(library: ModuleType) -> Any:
    return library.Sequential(library.Linear(3, 2), library.BatchNorm1d(2)).double()


def set_to(model: Any, make: Any, numbers: list[Any]) -> None:
    for parameter, value in zip(model.parameters(), numbers, strict=True):
        parameter.data.copy_(make(value))
    model[1].running_mean.copy_(make(numbers[1] * 2))


def averaged(library: ModuleType, swa: Any, make: Any, **options: Any) -> list[Any]:
    """What an average is after each round, and what it computes with new statistics."""
    model = network(library)
    average = swa.AveragedModel(model, **options)
    told: list[Any] = []
    for numbers in ROUNDS:
        set_to(model, make, numbers)
        average.update_parameters(model)
        told.append({key: x.numpy().copy() for key, x in average.state_dict().items()})
    swa.update_bn([(make(batch), 0) for batch in BATCHES], average)
    average.eval()
    told.append({"output": average(make(BATCHES[0])).detach().numpy(), "mean": average.module[1].running_mean.numpy()})
    return told


WAYS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "plain": lambda swa: {},
    "plain, with buffers": lambda swa: {"use_buffers": True},
    "plain, one by one": lambda swa: {"avg_fn": swa.get_swa_avg_fn()},
    "plain, in lists": lambda swa: {"multi_avg_fn": swa.get_swa_multi_avg_fn()},
    "moving": lambda swa: {"avg_fn": swa.get_ema_avg_fn(0.7)},
    "moving, in lists": lambda swa: {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.7), "use_buffers": True},
    "of one's own": lambda swa: {"avg_fn": lambda average, value, count: average * 0.5 + value * count},
}


def test_plain_averages() -> None:
    *rounds, last = averaged(nn, swa_utils, tensor)
    for number, told in enumerate(rounds, 1):
        np.testing.assert_allclose(told["module.0.weight"], np.mean([r[0] for r in ROUNDS[:number]], 0), rtol=1e-12)
        assert told["n_averaged"] == number
        np.testing.assert_allclose(told["module.1.running_mean"], ROUNDS[number - 1][1] * 2)
    weight, bias = rounds[-1]["module.0.weight"], rounds[-1]["module.0.bias"]
    np.testing.assert_allclose(last["mean"], (np.concatenate(BATCHES) @ weight.T + bias).mean(0), rtol=1e-12)


def test_moving_averages() -> None:
    *rounds, _ = averaged(nn, swa_utils, tensor, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.75))
    expected = ROUNDS[0][0]
    for numbers, told in zip(ROUNDS[1:], rounds[1:], strict=True):
        expected = 0.75 * expected + 0.25 * numbers[0]
        np.testing.assert_allclose(told["module.0.weight"], expected, rtol=1e-12)


def test_an_average_leaves_the_network_alone_and_has_no_gradient() -> None:
    model = network(nn)
    average = swa_utils.AveragedModel(model)
    model(tensor(BATCHES[0])).sum().backward()
    average.update_parameters(model)
    assert average.module[0].weight.grad is None
    assert average.module[0].weight is not model[0].weight
    assert next(name for name, _ in average.named_buffers()) == "n_averaged"
    assert repr(average).startswith("AveragedModel(\n  (module): Sequential(")


def test_batch_norms_keep_their_momentum_and_mode_even_after_an_error() -> None:
    model = network(nn).eval()
    with pytest.raises(RuntimeError):
        swa_utils.update_bn([tensor(BATCHES[0]), tensor([[1.0]])], model)
    assert model[1].momentum == 0.1
    assert not model.training
    assert not model[1].training
    called = nn.Sequential(nn.Linear(3, 2))
    swa_utils.update_bn((glassnet.ones(7, 7) for _ in range(1)), called)  # without a batch norm it is not called


def scheduled(optim: Any, swa: Any, make: Any, **options: Any) -> list[Any]:
    params = [make(np.ones(2), requires_grad=True) for _ in range(2)]
    optimizer = optim.SGD([{"params": params[:1], "lr": 0.05}, {"params": params[1:]}], lr=0.02)
    before = optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    scheduler = swa.SWALR(optimizer, **options)
    told = []
    for epoch in range(50):
        optimizer.step()
        (before if epoch < 5 else scheduler).step()
        told += [group["lr"] for group in optimizer.param_groups]
    other = swa.SWALR(optimizer, **options)
    other.load_state_dict(scheduler.state_dict())
    for _ in range(3):
        other.step()
        told += [group["lr"] for group in optimizer.param_groups] + other.get_last_lr()
    return told


SCHEDULES = [
    {"swa_lr": 0.001},
    {"swa_lr": [0.1, 0.001], "anneal_strategy": "linear", "anneal_epochs": 7},
    {"swa_lr": 0.03, "anneal_epochs": 0},
    {"swa_lr": 0.03, "anneal_epochs": 1, "anneal_strategy": "linear"},
]


def test_the_schedule_ends_at_its_rate() -> None:
    assert scheduled(optim, swa_utils, tensor, swa_lr=0.001)[-4:] == pytest.approx([0.001] * 4)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (
            lambda: swa_utils.AveragedModel(
                nn.ReLU(), avg_fn=swa_utils.get_swa_avg_fn(), multi_avg_fn=swa_utils.get_swa_multi_avg_fn()
            ),
            AssertionError,
            "expected avg_fn or multi_avg_fn, got both",
        ),
        (lambda: swa_utils.get_ema_avg_fn(1.5), ValueError, "a decay from 0 to 1, got 1.5; 0.999 is usual"),
        (lambda: swa_utils.get_ema_multi_avg_fn(-0.1), ValueError, "a decay from 0 to 1, got -0.1"),
        (
            lambda: swa_utils.SWALR(SGD, 0.1, anneal_strategy="x"),
            ValueError,
            "SWALR: expected an anneal_strategy of cos",
        ),
        (
            lambda: swa_utils.SWALR(SGD, 0.1, anneal_epochs=-1),
            ValueError,
            "a whole number, 0 or more, got anneal_epochs=-1",
        ),
        (
            lambda: swa_utils.SWALR(SGD, [0.1, 0.2]),
            ValueError,
            "SWALR: expected swa_lr for each of the 1 groups, got 2",
        ),
        (lambda: swa_utils.SWALR(7, 0.1), TypeError, "SWALR: expected an optimizer, got int"),
    ],
)
def test_refused(make: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error) as raised:
        make()
    assert words in str(raised.value)


SGD = optim.SGD([tensor([1.0], requires_grad=True)])


@pytest.mark.parity
@pytest.mark.parametrize("way", WAYS)
def test_averages_as_pytorchs(way: str) -> None:
    torch = pytest.importorskip("torch")
    theirs = torch.optim.swa_utils
    told = averaged(nn, swa_utils, tensor, **WAYS[way](swa_utils))
    for ours, wanted in zip(told, averaged(torch.nn, theirs, torch.tensor, **WAYS[way](theirs)), strict=True):
        assert list(ours) == list(wanted)
        for key, value in wanted.items():
            precision = 1e-6 if way == "plain, in lists" else 1e-11  # there PyTorch divides in float32
            np.testing.assert_allclose(ours[key], value, rtol=precision, atol=precision, err_msg=key)


@pytest.mark.parity
@pytest.mark.parametrize("options", SCHEDULES, ids=label)
def test_schedules_as_pytorchs(options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    ours = scheduled(optim, swa_utils, tensor, **options)
    wanted = scheduled(torch.optim, torch.optim.swa_utils, torch.tensor, **options)
    np.testing.assert_allclose(ours, wanted, rtol=1e-12)
