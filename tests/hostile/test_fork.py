"""Other processes: one that is forked, whatever another thread is in the midst of, and those that start anew."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

import glassnet as gn
from glassnet import optim
from glassnet.engines import ENGINES
from glassnet.random import default_generator
from tests.hostile.test_threads import JOBS, alone, data, network, stepping

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

PATIENCE = 2000  # times the work of a child, after which it is not waited for any longer


def end_of_child(work: Callable[[], object]) -> int:
    """Fork, do ``work`` in the child, and give its exit code; what it is killed with if it does not end."""
    with warnings.catch_warnings():  # Python warns of a fork beside threads, from 3.12 on
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    for _ in range(PATIENCE):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        sum(range(100_000))  # as long as a child takes, or longer
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@contextmanager
def another_thread_in(begin: Callable[[Callable[[], None]], object]) -> Iterator[None]:
    """Within, another thread is in ``begin``, which has called what it was given, and waits there."""
    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        inside.set()
        leave.wait()

    def work() -> None:
        try:
            begin(stay)
        finally:
            inside.set()

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait()
    try:
        yield
    finally:
        leave.set()
        thread.join()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("moment", ["traced", "running"])
def test_fork_while_another_thread_is_in_a_compiled_function(moment: str, engine: str) -> None:
    x = gn.ones(3)
    staying: SimpleQueue[Callable[[], None]] = SimpleQueue()  # which tracing knows nothing of

    def f(x: gn.Tensor) -> gn.Tensor:
        if moment == "traced" and not staying.empty():
            staying.get()()
        return x * 2 + 1

    double = gn.compile(f, engine=engine)
    if moment == "running":
        double(x)
        run = double.specialisations[0].engine.run

        def slowly(*arrays: Any) -> Any:
            if not staying.empty():
                staying.get()()
            return run(*arrays)

        double.specialisations[0].engine.run = slowly

    def begins(stay: Callable[[], None]) -> None:
        staying.put(stay)
        double(x)

    def child() -> None:
        for _ in range(3):
            assert double(x).tolist() == [3, 3, 3]
        assert len(double.specialisations) == 1
        assert gn.compile(f)(x).tolist() == [3, 3, 3]

    with another_thread_in(begins):
        assert all(end_of_child(child) == 0 for _ in range(3))
    assert double(x).tolist() == [3, 3, 3]


@pytest.mark.parametrize("which", ["default", "own"])
def test_fork_while_another_thread_draws(which: str) -> None:
    """NumPy's generators have a lock of their own."""
    generator = default_generator if which == "default" else gn.Generator(0)
    generator.manual_seed(3)
    expected = gn.rand(3, generator=generator).tolist()
    generator.manual_seed(3)

    def draws(stay: Callable[[], None]) -> None:
        with generator.numpy.bit_generator.lock:  # as NumPy has it while it draws
            stay()

    def child() -> None:
        assert gn.rand(3, generator=generator).tolist() == expected
        generator.manual_seed(3)
        assert gn.rand(3, generator=generator).tolist() == expected

    with another_thread_in(draws):
        assert all(end_of_child(child) == 0 for _ in range(3))
    assert gn.rand(3, generator=generator).tolist() == expected


def test_fork_within_a_compiled_function() -> None:
    """By the thread that is in it: the child goes on in it."""
    ends: SimpleQueue[int] = SimpleQueue()
    inner = gn.compile(lambda x: x + 1)

    def f(x: gn.Tensor) -> gn.Tensor:
        ends.put(end_of_child(lambda: inner(x)))
        return x * 2

    gn.compile(f)(gn.ones(2))
    assert ends.get() == 0


@pytest.mark.slow("forks sixty times beside threads that work")
@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.__name__)
def test_fork_beside_work_of_every_kind(job: Callable[[int, str], bytes]) -> None:
    """At any moment of it: the child can do that work, and every other."""
    model, (x, y) = network(), data(0)
    step = gn.compile(stepping(model, optim.SGD(model.parameters(), lr=0.01)))
    expected = {other: alone(other, 1, "numpy") for other in JOBS}
    finished = threading.Event()
    wrong: list[str] = []

    def works() -> None:
        while not finished.is_set():
            step(x, y)
            gn.randn(10_000)
            if job(1, "numpy") != expected[job]:
                wrong.append("other bits")

    def child() -> None:
        step(x, y)
        gn.randn(10)
        for other in JOBS:
            gn.manual_seed(0)
            assert _in_a_thread(lambda other=other: other(1, "numpy")) == expected[other], other  # type: ignore[misc]

    thread = threading.Thread(target=works)
    thread.start()
    try:
        assert all(end_of_child(child) == 0 for _ in range(12))
    finally:
        finished.set()
        thread.join()
    assert wrong == []


def _in_a_thread(work: Callable[[], bytes]) -> bytes:
    results: list[bytes] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


SCRIPT = """
import multiprocessing, sys
import numpy as np
import glassnet as gn
import glassnet.functional as F
from glassnet import nn, optim

def network():
    return nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 2))

@gn.compile
def double(x):
    return x * 2

def train(arguments):
    seed, numbers = arguments
    gn.manual_seed(seed)
    model = network()
    model.load_state_dict(numbers)
    optimizer = optim.Adam(model.parameters())
    x, y = gn.from_numpy(np.eye(3, dtype=np.float32)), gn.tensor([0, 1, 1])
    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss
    step = gn.compile(step)
    losses = [step(x, y).item() for _ in range(4)]
    return losses, {name: x.numpy().copy() for name, x in model.state_dict().items()}

def doubled(arguments):
    function, array = arguments
    return function(gn.from_numpy(array)).numpy()

def itself(x):
    return x

def same(a, b):
    return a[0] == b[0] and all(np.array_equal(a[1][name], b[1][name]) for name in a[1])

if __name__ == "__main__":
    numbers = {name: x.numpy() for name, x in network().state_dict().items()}
    works = [(seed, numbers) for seed in range(4)]
    expected = [train(work) for work in works]
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        print(all(map(same, pool.map(train, works), expected)))
        print(pool.map(doubled, [(double, np.ones(2))])[0].tolist())
        for what in (gn.ones(2), network(), optim.SGD(network().parameters(), lr=0.1), gn.compile(network())):
            print(type(pool.map(itself, [what])[0]).__name__)
"""


@pytest.mark.slow("starts Python anew")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_pool_of_processes(method: str, tmp_path: Path) -> None:
    """Numbers go there and back, and so do tensors and what is made of them; compiled functions by their names."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, str(script), method]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
    right, doubled, *kinds = done.stdout.splitlines() or [done.stderr, "", ""]
    assert (right, doubled) == ("True", "[2.0, 2.0]"), done.stderr
    assert kinds == ["Tensor", "Sequential", "SGD", "Compiled"]


@pytest.mark.slow("starts Python anew, twelve times")
def test_threads_that_are_the_first_to_use_a_room() -> None:
    """Rooms are loaded when they are first used: by four threads at once, each finds all of it there."""
    script = """if True:
        import sys, threading
        sys.setswitchinterval(1e-6)
        import glassnet as gn
        x, y = gn.ones(4, 2), gn.zeros(4, 2)
        errors = []
        barrier = threading.Barrier(4)
        def loss(a, b): return gn.functional.mse_loss(a, b)
        works = [
            lambda: gn.compile(lambda x: x * 2)(x),
            lambda: gn.walkthrough(gn.nn.Linear(2, 2), x, y, loss),
            lambda: gn.checkup(gn.nn.Linear(2, 2), (x, y), loss),
            lambda: gn.optim.Adam(gn.nn.Linear(2, 2).parameters()),
        ]
        def run(work):
            barrier.wait()
            try: work()
            except BaseException as error: errors.append(repr(error))
        threads = [threading.Thread(target=run, args=(work,)) for work in works]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(errors)
    """
    for _ in range(12):
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        assert (done.stdout.strip(), done.stderr) == ("[]", "")
