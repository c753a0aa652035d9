"""Whole epochs in one call: what a loop over the loader does, bit for bit, also where the loop is in C."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.nn.functional as F
from glassnet import data, nn, optim
from glassnet.compilation import epochs
from glassnet.engines.native.compilers import compiler
from glassnet.engines.native.many_runs import ManyRuns
from glassnet.tensor.graph import version_of
from glassnet.vision.datasets.picture_dataset import PicturesInMemory
from glassnet.vision.transforms import Compose, Lambda, Normalize, RandomHorizontalFlip, ToTensor
from tests.engines.native.counting import counted_runs

SAMPLES, BATCH, SIDE = 86, 16, 5  # five whole batches and one of 6
INPUTS = SIDE * SIDE

NATIVE = pytest.param(
    "native", marks=pytest.mark.skipif(compiler() is None, reason="there is no C compiler here"), id="native"
)
each_engine = pytest.mark.parametrize("engine", ["numpy", NATIVE])
native = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")


class Pictures(PicturesInMemory):
    """Pictures in memory, as those of a file are."""

    def __init__(self, transform: Any) -> None:
        random = np.random.default_rng(0)
        self.data = gn.from_numpy(random.integers(0, 256, (SAMPLES, SIDE, SIDE), np.uint8))
        self.targets = gn.from_numpy(random.integers(0, 3, SAMPLES))
        self.transform = Compose([ToTensor(), *transform])


@data.batched
def halved(x: gn.Tensor) -> gn.Tensor:
    return x / 2


@data.batched
def shaken(x: gn.Tensor) -> gn.Tensor:
    return x + gn.rand(*x.shape)


def samples() -> data.TensorDataset:
    generator = gn.Generator(7)
    return data.TensorDataset(
        gn.randn(SAMPLES, INPUTS, generator=generator), gn.randint(0, 3, (SAMPLES,), generator=generator)
    )


def loader(dataset: Any = None, **options: Any) -> data.DataLoader[Any]:
    return data.DataLoader(samples() if dataset is None else dataset, BATCH, **options)


def weighted() -> data.WeightedRandomSampler:
    return data.WeightedRandomSampler(np.arange(SAMPLES), SAMPLES)


LOADERS: dict[str, Callable[[], Any]] = {
    "in order": loader,
    "shuffled": lambda: loader(shuffle=True),
    "by a generator of its own": lambda: loader(shuffle=True, generator=gn.Generator(3)),
    "whole batches only": lambda: loader(shuffle=True, drop_last=True),
    "weighted": lambda: loader(sampler=weighted()),
    "many permutations": lambda: loader(sampler=data.RandomSampler(range(30), num_samples=SAMPLES)),
    "a subset": lambda: loader(data.Subset(samples(), [*range(80, 20, -1)]), shuffle=True),
    "datasets joined": lambda: loader(samples() + samples(), shuffle=True),
    "transformed": lambda: loader(data.Transformed(samples(), halved), shuffle=True),
    "transformed by chance": lambda: loader(data.Transformed(samples(), shaken), shuffle=True),
    "transformed one by one": lambda: loader(data.Transformed(samples(), Lambda(lambda x: x + 1)), shuffle=True),
    "pictures": lambda: loader(Pictures([Normalize((0.5,), (0.5,))]), shuffle=True),
    "pictures mirrored by chance": lambda: loader(Pictures([RandomHorizontalFlip()]), shuffle=True),
    "columns of a transposed matrix": lambda: loader(
        data.TensorDataset(gn.randn(INPUTS, SAMPLES).t(), samples().tensors[1])
    ),
    "a list": lambda: loader(list(samples()), shuffle=True),
    "collated in its own way": lambda: loader(shuffle=True, collate_fn=data.default_collate),
    "collated by a function": lambda: loader(shuffle=True, collate_fn=lambda s: data.default_collate(s)),
    "no loader": lambda: [(x, y) for x, y in loader()],
}


def made(engine: str, optimizer: Any = optim.SGD, p: float = 0.0) -> tuple[nn.Module, Any, Any]:
    """A network large enough for several threads, its optimizer, and a compiled step."""
    gn.manual_seed(0)
    dropout = [nn.Dropout(p)] if p else []
    model = nn.Sequential(nn.Flatten(), nn.Linear(INPUTS, 16), nn.Tanh(), *dropout, nn.Linear(16, 3))
    chosen = optimizer(model.parameters(), lr=0.05)

    def step(x: gn.Tensor, y: gn.Tensor) -> gn.Tensor:
        chosen.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        chosen.step()
        return loss

    return model, chosen, gn.compile(step, engine=engine)


def outcome(model: nn.Module, chosen: Any, step: Any, batches: Any, *, whole: bool) -> tuple[list[float], list[Any]]:
    """The losses of two epochs, between which the rate falls; and the parameters, gradients and the generator after."""
    schedule = optim.lr_scheduler.StepLR(chosen, 1, gamma=0.5)
    losses: list[float] = []
    for _ in range(2):
        losses += step.epoch(batches).tolist() if whole else [step(x, y).item() for x, y in batches]
        schedule.step()
    kept = [x.tolist() for p in model.parameters() if p.grad is not None for x in (p, p.grad)]
    return losses, [*kept, gn.rand(1).item()]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many batches each call of the loop in C ran."""
    return counted_runs(monkeypatch)


IN_C = {
    "in order", "shuffled", "by a generator of its own", "whole batches only", "weighted", "many permutations",
    "a subset", "datasets joined", "transformed", "pictures", "columns of a transposed matrix",
    "collated in its own way",
}  # fmt: skip


@each_engine
def test_an_epoch_is_what_a_loop_does(engine: str, counted: list[int], subtests: pytest.Subtests) -> None:
    model, chosen, step = made(engine)
    begin = {name: x.clone() for name, x in model.state_dict().items()}
    for name, make in LOADERS.items():
        if engine == "numpy" and name not in ("shuffled", "transformed by chance", "a list"):
            continue
        outcomes = []
        for whole in (False, True):
            model.load_state_dict(begin)
            chosen.param_groups[0]["lr"] = chosen.param_groups[0]["initial_lr"] = 0.05
            gn.manual_seed(1)
            counted.clear()
            outcomes.append(outcome(model, chosen, step, make(), whole=whole))
        with subtests.test(name):
            assert outcomes[0] == outcomes[1]
            assert bool(counted) == (engine == "native" and name in IN_C)


@each_engine
def test_the_state_of_an_optimizer_and_the_random_numbers_go_on(engine: str) -> None:
    parts = made(engine, optim.Adam, p=0.5), made(engine, optim.Adam, p=0.5)
    outcomes = []
    for whole, part in zip((False, True), parts, strict=True):
        gn.manual_seed(1)
        outcomes.append(outcome(*part, LOADERS["many permutations"](), whole=whole))
    assert outcomes[0] == outcomes[1]


@native
def test_most_batches_are_run_in_c_and_the_bits_do_not_depend_on_threads_or_pieces(
    counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = []
    for threads, seconds in (("1", 0.0), ("2", 1e9), ("3", 0.2)):
        monkeypatch.setenv("GLASSNET_THREADS", threads)
        monkeypatch.setattr(epochs, "SECONDS", seconds)
        model, _, step = made("native")
        batches = loader(shuffle=True, sampler=None)
        losses = [step.epoch(batches).tolist() for _ in range(4)]
        outcomes.append((losses, [p.tolist() for p in model.parameters()]))
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert sum(counted) >= 3 * 4 * 2  # of each five, where a piece is as short as there are any


@each_engine
def test_a_label_that_is_no_class_ends_the_epoch_before_its_batch(engine: str) -> None:
    good = samples()
    wrong = good.tensors[1].clone()
    wrong[3 * BATCH + 2] = 5
    bad = data.TensorDataset(good.tensors[0], wrong)
    model, _, step = made(engine)
    with pytest.raises(IndexError, match="expected class labels from 0 to 2, got 5"):
        step.epoch(loader(bad))
    expected, _, single = made(engine)
    for _, (x, y) in zip(range(3), loader(good), strict=False):
        single(x, y)
    for p, q in zip(model.parameters(), expected.parameters(), strict=True):
        np.testing.assert_array_equal(p.array, q.array)
    assert step.epoch(loader(good)).shape == (6,)


@native
def test_ctrl_c_ends_an_epoch_after_a_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    run = ManyRuns.__call__

    def interrupted(self: ManyRuns, *args: Any) -> Any:
        found = run(self, *args)
        signal.raise_signal(signal.SIGINT)
        return found

    model, _, step = made("native")
    parameter = next(iter(model.parameters()))
    step.epoch(loader())
    with monkeypatch.context() as patch:
        patch.setattr(ManyRuns, "__call__", interrupted)
        with pytest.raises(KeyboardInterrupt):
            step.epoch(loader())
    written = version_of(parameter).written
    expected, _, single = made("native")
    single.epoch(loader())
    seen = []
    for x, y in loader():
        single(x, y)
        seen.append([p.tolist() for p in expected.parameters()])
    assert [p.tolist() for p in model.parameters()] in seen
    step.epoch(loader())
    assert version_of(parameter).written > written


def test_an_epoch_without_batches_and_one_of_a_loader_of_another_shape() -> None:
    _, _, step = made("numpy")
    assert step.epoch(loader(data.Subset(samples(), range(3)), drop_last=True)).shape == (0,)
    mean = gn.compile(lambda x: x.mean(), engine="numpy")
    assert mean.epoch(data.DataLoader(gn.arange(4.0), 2)).tolist() == [0.5, 2.5]
    named = gn.compile(lambda batch: batch["x"].sum(), engine="numpy")
    assert named.epoch(data.DataLoader([{"x": 1.0}, {"x": 2.0}], 2)).tolist() == [3.0]


@each_engine
@pytest.mark.parametrize("seconds", [0.0, 1e9])
def test_all_that_a_function_gives_is_joined(engine: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epochs, "SECONDS", seconds)  # pieces of two batches, and as long as there are any

    weight = gn.ones(2, requires_grad=True)

    def function(x: gn.Tensor) -> Any:
        y = x * weight
        return {"sum": y.sum(), "rows": (y, None), "size": len(x)}

    x = gn.arange(14.0).reshape(7, 2)
    results = gn.compile(function, engine=engine).epoch(data.DataLoader(x, 2))
    assert results["sum"].tolist() == [6.0, 22.0, 38.0, 25.0]
    assert results["rows"][0].tolist() == x.tolist()
    assert not results["rows"][0].requires_grad
    assert (results["rows"][1], results["size"]) == (None, [2, 2, 2, 1])


@each_engine
def test_state_that_a_function_gives_back_is_kept_as_it_was_after_each_batch(engine: str) -> None:
    total = gn.zeros(())

    def add(x: gn.Tensor) -> gn.Tensor:
        return total.add_(x.sum())

    assert gn.compile(add, engine=engine).epoch(data.DataLoader(gn.ones(8), 2)).tolist() == [2.0, 4.0, 6.0, 8.0]


@each_engine
def test_map_gives_what_single_calls_give(engine: str, counted: list[int]) -> None:
    gn.manual_seed(0)
    model = nn.Sequential(nn.Linear(INPUTS, 16), nn.Tanh(), nn.Linear(16, 3)).eval()
    scores = gn.compile(model, engine=engine)
    x = gn.randn(SAMPLES, INPUTS)
    found = scores.map(x, batch_size=BATCH)
    assert (found.shape, found.requires_grad) == ((SAMPLES, 3), False)
    assert bool(counted) == (engine == "native")
    for i in range(0, SAMPLES, BATCH):
        np.testing.assert_array_equal(found.array[i : i + BATCH], scores(x[i : i + BATCH]).array)
    np.testing.assert_allclose(found.array, model(x).detach().array, rtol=1e-5, atol=1e-6)
    followed = scores.map(gn.tensor(x, requires_grad=True), batch_size=BATCH)
    np.testing.assert_array_equal(followed.array, found.array)
    with pytest.raises(ValueError, match="batch_size must be a whole number"):
        scores.map(x, batch_size=0)
    with pytest.raises(gn.errors.ShapeError, match="one length"):
        scores.map(x, x[:3], batch_size=2)


def test_an_error_of_the_dataset_comes_in_the_batch_that_it_belongs_to() -> None:
    model, _, step = made("numpy")
    with pytest.raises(IndexError, match="expected indices from -86 to 85"):
        step.epoch(loader(sampler=data.SubsetRandomSampler([*range(40), 86]), shuffle=None))
    assert any(p.grad is not None for p in model.parameters())
