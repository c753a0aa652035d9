"""Several threads at once: each computes to the bit what it computes alone, and none changes what is another's."""

from __future__ import annotations

import asyncio
import ctypes
import random
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.engines import ENGINES
from glassnet.observer import mode
from glassnet.threads import quietly
from glassnet.trace.snapshot import Snapshot
from glassnet.trace.trace import trace
from glassnet.training import Trainer

Job = Callable[[int, str], bytes]


@pytest.fixture(autouse=True)
def threads_change_often() -> Iterator[None]:
    """Between any two instructions, nearly, another thread may go on."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Dropout(0.3), nn.Linear(12, 2))


def data(seed: int, n: int = 32) -> tuple[gn.Tensor, gn.Tensor]:
    x = np.random.default_rng(seed).standard_normal((n, 6)).astype(np.float32)
    return gn.from_numpy(x), gn.from_numpy((x[:, 0] * x[:, 1] > 0).astype(np.int64))


def bits(model: nn.Module, *more: Any) -> bytes:
    return b"".join(p.array.tobytes() for p in model.parameters()) + repr(more).encode()


def stepping(model: nn.Module, optimizer: optim.Optimizer) -> Callable[[gn.Tensor, gn.Tensor], gn.Tensor]:
    def step(x: gn.Tensor, y: gn.Tensor) -> gn.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def eager(seed: int, _engine: str) -> bytes:
    gn.manual_seed(seed)
    model = network()
    step = stepping(model, optim.Adam(model.parameters(), lr=0.01))
    return bits(model, [step(*data(seed)).item() for _ in range(5)])


def compiled(seed: int, engine: str) -> bytes:
    gn.manual_seed(seed)
    model = network()
    step = gn.compile(stepping(model, optim.SGD(model.parameters(), lr=0.1, momentum=0.9)), engine=engine)
    return bits(model, [step(*data(seed, n)).item() for n in (32, 16, 32, 16, 16, 32)])


def training(seed: int, _engine: str) -> bytes:
    gn.manual_seed(seed)
    model = network()
    optimizer = optim.AdamW(model.parameters(), lr=0.01)
    history = Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics="accuracy").fit(data(seed), 0.25, epochs=2)
    return bits(model, history.epochs)


def check_up(seed: int, _engine: str) -> bytes:
    gn.manual_seed(seed)
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    x, y = data(seed)
    found = gn.checkup(model, (x, y + seed % 2), F.cross_entropy, optimizer, step=stepping(model, optimizer))
    return bits(model, str(found), gn.rand(3).tolist())


def walkthrough(seed: int, _engine: str) -> bytes:
    gn.manual_seed(seed)
    model = network()
    return bits(model, str(gn.walkthrough(model, *data(seed, 4), F.cross_entropy)), gn.rand(3).tolist())


def other_dtype(seed: int, _engine: str) -> bytes:
    """A traced function that makes float64 the default, and draws."""
    gn.manual_seed(seed)
    model = network()

    def f(x: gn.Tensor) -> gn.Tensor:
        gn.set_default_dtype(gn.float64)
        return model(x) + gn.rand(2).float()

    programs = [str(trace(f, gn.ones(2, 6)).program) for _ in range(3)]
    return bits(model, programs, gn.get_default_dtype(), gn.rand(3).tolist())


JOBS: tuple[Job, ...] = (eager, compiled, training, check_up, walkthrough, other_dtype)
_alone: dict[tuple[Job, int, str], Any] = {}


def together(*works: Callable[[], Any]) -> list[Any]:
    """What each gives, in a thread of its own, all at once; the text of an error if it raises one."""
    results: list[Any] = [None] * len(works)
    barrier = threading.Barrier(len(works))

    def run(i: int) -> None:
        barrier.wait()
        try:
            results[i] = works[i]()
        except BaseException:
            results[i] = traceback.format_exc()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def alone(job: Job, seed: int, engine: str) -> Any:
    key = job, seed, engine
    if key not in _alone:
        (_alone[key],) = together(lambda: job(seed, engine))
    return _alone[key]


def mistaken(jobs: list[tuple[Job, int]], engine: str) -> list[str]:
    """The jobs that give something else together than alone."""
    works = [(lambda job=job, seed=seed: job(seed, engine)) for job, seed in jobs]  # type: ignore[misc]
    expected = [alone(job, seed, engine) for job, seed in jobs]
    results = together(*works)
    assert all(isinstance(x, bytes) for x in expected), expected
    named = zip(jobs, expected, results, strict=True)
    return [f"{j.__name__}({s}): {r if isinstance(r, str) else 'other bits'}" for (j, s), e, r in named if r != e]


@pytest.mark.parametrize("engine", ENGINES)
def test_every_kind_of_work_at_once(engine: str) -> None:
    assert mistaken([(job, 0) for job in JOBS], engine) == []
    assert gn.get_default_dtype() == gn.float32


@pytest.mark.slow("50 rounds of two and of four threads")
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("threads", [2, 4])
def test_any_works_at_once(threads: int, engine: str) -> None:
    chance = random.Random(threads)
    for _ in range(50):
        assert mistaken([(chance.choice(JOBS), chance.randrange(3)) for _ in range(threads)], engine) == []
        assert gn.get_default_dtype() == gn.float32


# random numbers ------------------------------------------------------------------------------------------------------


def test_a_thread_that_seeds_has_its_own_numbers_and_the_others_go_on() -> None:
    gn.manual_seed(3)
    expected = gn.rand(4).tolist()
    gn.manual_seed(3)
    first = gn.rand(2).tolist()

    def seeds() -> tuple[int, list[float]]:
        gn.manual_seed(3)
        return gn.initial_seed(), gn.rand(4).tolist()

    assert together(seeds, seeds) == [(3, expected)] * 2
    assert first + gn.rand(2).tolist() == expected


def test_threads_that_do_not_seed_share_the_numbers_of_the_main_thread() -> None:
    gn.manual_seed(3)
    expected = gn.rand(400).tolist()
    gn.manual_seed(3)
    drawn = together(*[lambda: [gn.rand(1).item() for _ in range(100)]] * 4)
    assert sorted(sum(drawn, [])) == sorted(expected), "each number once"  # noqa: RUF017 - four lists


def _tried(how: str, f: Callable[..., gn.Tensor]) -> None:
    """Have ``f``, as part of a network, tried out."""
    x, y = gn.ones(4, 1), gn.ones(4, 1)
    layer = nn.Linear(1, 1)

    def loss(outputs: gn.Tensor, targets: gn.Tensor) -> gn.Tensor:
        return F.mse_loss(outputs * f(), targets)

    if how == "trace":
        trace(lambda x: loss(layer(x), y), x)
    elif how == "compile":
        gn.compile(lambda x: loss(layer(x), y))(x)
    elif how == "walkthrough":
        gn.walkthrough(layer, x, y, loss)
    elif how == "checkup":
        gn.checkup(layer, (x, y), loss, optim.SGD(layer.parameters(), lr=0.1))
    else:
        Trainer(layer, loss, optim.SGD(layer.parameters(), lr=0.1)).evaluate((x, y))


@pytest.mark.parametrize("how", ["trace", "compile", "walkthrough", "checkup", "evaluate"])
def test_what_is_tried_out_in_one_thread_puts_back_no_number_of_another(how: str) -> None:
    """Both draw from the default generator: one while the other draws within a step that is put back."""
    turns = [threading.Event() for _ in range(2)]

    def tries() -> None:
        def noise() -> gn.Tensor:
            drawn = gn.rand(1)
            if not turns[0].is_set():
                turns[0].set()
                turns[1].wait()
            return drawn

        try:
            _tried(how, noise)
        finally:
            turns[0].set()

    def draws() -> list[float]:
        turns[0].wait()
        try:
            return gn.rand(3).tolist()  # type: ignore[no-any-return]
        finally:
            turns[1].set()

    nothing, drawn = together(tries, draws)
    assert nothing is None
    assert not set(drawn) & set(gn.rand(20).tolist()), "the same numbers again"


def test_the_state_is_never_that_of_half_a_draw() -> None:
    """One thread draws much at a time, without the interpreter's lock, while another reads the state."""
    generator = gn.Generator(0)
    steps = {str(generator.get_state()["state"]["state"])}
    one = gn.Generator(0)
    for _ in range(30):
        gn.rand(50_000, generator=one, dtype=gn.float64)
        steps.add(str(one.get_state()["state"]["state"]))

    finished = threading.Event()

    def looks() -> set[str]:
        seen = set()
        while not finished.is_set():
            seen.add(str(generator.get_state()["state"]["state"]))
        return seen

    def draws() -> None:
        try:
            for _ in range(len(steps) - 1):
                gn.rand(50_000, generator=generator, dtype=gn.float64)
        finally:
            finished.set()

    seen, _ = together(looks, draws)
    assert seen <= steps
    assert generator.get_state() == one.get_state()


# one function, one model ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_a_function_that_four_threads_call_first_is_traced_once(engine: str) -> None:
    model = network().eval()
    predict = gn.compile(model, engine=engine)
    inputs = [data(seed)[0] for seed in range(4)]
    expected = [model(x).array for x in inputs]
    works = [(lambda x=x: [predict(x).array for _ in range(20)]) for x in inputs]  # type: ignore[misc]
    for results, right in zip(together(*works), expected, strict=True):
        assert all(np.allclose(result, right, atol=1e-6) for result in results)
    assert len(predict.specialisations) == 1


@pytest.mark.parametrize("is_compiled", [False, True])
def test_one_model_is_trained_by_threads_that_take_turns(is_compiled: bool) -> None:
    w = gn.zeros(3, requires_grad=True)
    optimizer = optim.SGD([w], lr=1.0)

    def step(x: gn.Tensor) -> None:
        optimizer.zero_grad()
        (w * x).sum().backward()
        optimizer.step()

    train: Any = gn.compile(step) if is_compiled else step
    lock = threading.Lock()

    def work() -> None:
        for _ in range(25):
            with lock:
                train(gn.ones(3))

    assert together(work, work, work) == [None] * 3
    assert w.tolist() == [-75.0] * 3


def test_a_network_may_be_used_while_another_thread_traces_it() -> None:
    """Nothing that is shared is changed meanwhile, not even for a moment: attributes, hooks, modes."""
    model, (x, y) = network().eval(), data(0)
    expected = model(x).array
    finished = threading.Event()

    def traces() -> None:
        try:
            for _ in range(5):
                trace(lambda x, y: F.cross_entropy(model(x), y), x, y, reached=[("model", model)])
        finally:
            finished.set()

    def uses() -> bool:
        same = True
        while not finished.is_set():
            same = same and np.array_equal(model(x).array, expected) and len(list(model.parameters())) == 4
        return same

    assert together(traces, uses, uses) == [None, True, True]


class Whole(dict[str, Any]):
    """A namespace that is never without what is in it."""

    def clear(self) -> None:
        raise AssertionError("another thread finds nothing here")


def test_attributes_that_are_as_they_were_are_not_put_back() -> None:
    owner = nn.Linear(1, 1)
    owner.__dict__ = Whole(vars(owner))
    names = list(vars(owner))
    with Snapshot() as snapshot:
        snapshot.keep_attributes(owner)
        owner.new, owner.training = 1, False
    assert (list(vars(owner)), owner.training) == (names, True)


def test_a_compiled_method_is_one_whichever_thread_asks_first() -> None:
    class Scaled:
        @gn.compile
        def forward(self, x: gn.Tensor) -> gn.Tensor:
            return x * 2

    scaled, method = Scaled(), vars(Scaled)["forward"]
    assert method.__get__(scaled, Scaled) is method.__get__(scaled, Scaled) is scaled.forward


def test_hooks_that_threads_add_are_all_called() -> None:
    model, w, called = nn.Linear(1, 1), gn.ones(1, requires_grad=True), []

    def work() -> None:
        for i in range(50):
            model.register_forward_hook(lambda *_: called.append("module"), prepend=bool(i % 2))
            w.register_hook(lambda _: called.append("tensor"))

    assert together(work, work) == [None, None]
    (model(gn.ones(1)) * w).sum().backward()
    assert (called.count("module"), called.count("tensor")) == (100, 100)


def test_a_change_is_seen_whatever_other_threads_change_meanwhile() -> None:
    model, other = nn.Linear(2, 2), nn.Linear(2, 2)
    model.scale = 1.0
    predict = gn.compile(lambda x: model(x) * model.scale, max_specialisations=1000)
    stop = threading.Event()

    def changes() -> None:
        while not stop.is_set():
            other.train(not other.training)

    def sees() -> list[float]:
        try:
            return [i for i in range(1, 40) if not _is_scaled(model, predict, float(i % 7))]
        finally:
            stop.set()

    assert together(changes, changes, sees)[2] == []


def _is_scaled(model: Any, predict: Any, scale: float) -> bool:
    model.scale = scale
    x = gn.ones(1, 2)
    return np.allclose(predict(x).array, model(x).array * scale)


# errors, and threads that end ----------------------------------------------------------------------------------------


def test_an_error_in_one_thread_is_nothing_to_another() -> None:
    def fails() -> str:
        def f(x: gn.Tensor) -> gn.Tensor:
            gn.set_default_dtype(gn.float64)
            gn.rand(1)
            return x.reshape(-1) @ gn.ones(7)

        for _ in range(8):
            try:
                gn.compile(f)(gn.ones(2))
            except gn.errors.GlassnetError as error:
                message = str(error)
        return message + str(mode.tracer) + str(gn.get_default_dtype())

    expected, right = together(fails)[0], alone(compiled, 0, "numpy")
    assert "float32" in expected
    assert together(fails, lambda: compiled(0, "numpy"), fails) == [expected, right, expected]


def test_a_thread_that_is_killed_while_it_traces_leaves_all_as_it_was() -> None:
    """As some servers and debuggers do: an error is raised in it from outside, wherever it is."""
    model, (x, y) = network(), data(0)
    before = bits(model)
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def endlessly(x: gn.Tensor, y: gn.Tensor) -> None:
        try:
            while True:
                stepping(model, optimizer)(x, y)
                began.set()
        finally:
            began.set()

    for _ in range(5):
        began = threading.Event()
        thread = threading.Thread(target=_until_killed, args=(lambda: gn.compile(endlessly)(x, y),))
        thread.start()
        began.wait()
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))
        thread.join()
        assert bits(model) == before
    assert (mode.tracer, gn.get_default_dtype()) == (None, gn.float32)


def _until_killed(work: Callable[[], Any]) -> None:
    try:
        work()
    except SystemExit:
        return


@pytest.mark.parametrize("at", range(4))
def test_ctrl_c_while_a_function_is_traced(at: int) -> None:
    model, (x, y) = network(), data(0)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    step, lines = stepping(model, optimizer), iter(range(4))

    def stopped(x: gn.Tensor, y: gn.Tensor) -> Any:
        for line in lines:
            gn.set_default_dtype(gn.float64)
            step(x, y)
            if line == at:
                signal.raise_signal(signal.SIGINT)
        return step(x, y)

    before, state = bits(model), gn.get_rng_state()
    train: Any = gn.compile(stopped)
    with pytest.raises(KeyboardInterrupt):
        train(x, y)
    assert (bits(model), gn.get_rng_state(), gn.get_default_dtype()) == (before, state, gn.float32)
    assert (mode.tracer, mode.grad) == (None, True)
    assert all(p.grad is None for p in model.parameters())


def test_a_second_ctrl_c_while_things_are_put_back() -> None:
    array, presses = np.zeros(3), iter([True, True])
    snapshot = Snapshot()
    snapshot.keep_array(array)
    snapshot.keep(lambda: next(presses, None) and signal.raise_signal(signal.SIGINT))
    array += 1
    with pytest.raises(KeyboardInterrupt):
        snapshot.restore()
    assert array.tolist() == [0, 0, 0]


def test_what_fails_to_be_put_back_keeps_nothing_else_from_it() -> None:
    array = np.zeros(3)
    snapshot = Snapshot()
    snapshot.keep_array(array)
    snapshot.keep(lambda: 1 / 0)
    array += 1
    with pytest.raises(ZeroDivisionError):
        snapshot.restore()
    assert array.tolist() == [0, 0, 0]


# warnings and modes --------------------------------------------------------------------------------------------------


def test_silence_is_of_one_thread() -> None:
    """And whoever leaves first, the filters are afterwards what they were: `warnings.catch_warnings` leaves its own."""
    before, inside, left = list(warnings.filters), threading.Event(), threading.Event()

    def first() -> None:
        with quietly():
            inside.set()
            left.wait()
            warnings.warn("first", stacklevel=1)

    def second() -> str:
        inside.wait()
        try:
            with quietly():
                warnings.warn("second", stacklevel=1)
            warnings.warn("heard", UserWarning, stacklevel=1)
        except UserWarning as warning:
            return str(warning)
        finally:
            left.set()
        return "not heard"

    assert together(first, second) == [None, "heard"]
    assert warnings.filters == before


def test_asyncio_trains_in_threads_of_its_own() -> None:
    jobs: list[Job] = [compiled, eager, eager, compiled]
    expected = [alone(job, 0, "numpy") for job in jobs]
    gn.manual_seed(5)
    numbers = gn.rand(4).tolist()
    gn.manual_seed(5)

    async def main() -> tuple[list[Any], list[float]]:
        works = [asyncio.to_thread(job, 0, "numpy") for job in jobs]
        results = await asyncio.gather(*works)
        return results, await asyncio.to_thread(lambda: gn.rand(4).tolist())

    # fewer threads than there are jobs, so that one has several, one after another
    with ThreadPoolExecutor(2) as pool, asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(pool)
        results, drawn = runner.run(main())
    assert results == expected
    assert drawn == numbers, "a job that has seeded leaves nothing behind in its thread"


def test_asyncio_tasks_take_turns_between_steps() -> None:
    """Tasks share a thread, and so its modes and random numbers, as in PyTorch: what each has by itself is its own."""

    async def train(seed: int) -> bytes:
        generator = gn.Generator(seed)
        model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 2))
        with gn.no_grad():
            for parameter in model.parameters():
                parameter.uniform_(-0.5, 0.5, generator=generator)
        step = gn.compile(stepping(model, optim.SGD(model.parameters(), lr=0.1)))
        for _ in range(5):
            await asyncio.sleep(0)
            step(*data(seed))
        return bits(model)

    async def all_of(seeds: range) -> list[bytes]:
        return await asyncio.gather(*map(train, seeds))

    expected = [asyncio.run(train(seed)) for seed in range(3)]
    assert asyncio.run(all_of(range(3))) == expected


def test_no_grad_is_of_one_thread() -> None:
    inside, done = threading.Event(), threading.Event()

    def without() -> bool:
        with gn.no_grad():
            inside.set()
            done.wait()
            return gn.is_grad_enabled()

    def with_gradients() -> bool:
        inside.wait()
        try:
            return gn.is_grad_enabled() and (gn.ones(1, requires_grad=True) * 2).requires_grad
        finally:
            done.set()

    assert together(without, with_gradients) == [False, True]
