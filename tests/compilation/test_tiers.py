"""A program begins on one engine and goes over to another: nobody can tell but by the time and the source."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import engines
from glassnet.compilation import background, tiers
from glassnet.errors import GlassnetWarning
from glassnet.threads import OWN
from tests.compilation.test_zoo import check_as_uncompiled
from tests.compilation.zoo import ZOO
from tests.engines.test_table import Evaluator
from tests.shares import one_in


class Clock:
    """A clock that each look at it, and each run of `Quick` or `Slow`, moves on."""

    now = 0.0

    @classmethod
    def look(cls) -> float:
        cls.now += 1
        return cls.now


class Quick(Evaluator):
    cost = -0.5

    def run(self, *inputs: Any) -> Any:
        Clock.now += self.cost
        return super().run(*inputs)


class Slow(Quick):
    cost = 0.5


class Broken(Evaluator):
    def __init__(self, *_: Any) -> None:
        raise RuntimeError("it is out of\norder")


@pytest.fixture(params=["quick", "slow"])
def second(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Programs go over to another engine after two runs, and after two more to the faster of both."""
    return set_up(request.param, monkeypatch)


def set_up(second: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for engine in (Quick, Slow, Broken):
        monkeypatch.setitem(engines.ENGINES, engine.__name__.lower(), f"{__name__}:{engine.__name__}")
    monkeypatch.delenv("GLASSNET_ENGINE")
    monkeypatch.setattr(tiers, "SECOND", second)
    monkeypatch.setattr(tiers, "HOT", 2.0)
    monkeypatch.setattr(tiers, "COMPILING", 0.0)
    monkeypatch.setattr(tiers, "TRIALS", 2)
    monkeypatch.setattr(tiers, "perf_counter", Clock.look)
    monkeypatch.setattr(tiers, "_told", set())
    monkeypatch.setattr(background._worker, "do", lambda job: job.do())
    return second


def engines_of(compiled: Any, calls: int) -> list[str]:
    """The engine that runs each of some calls."""
    x = gn.ones(3)
    found = []
    for _ in range(calls):
        np.testing.assert_array_equal(compiled(x).numpy(), [3.0, 3.0, 3.0])
        found.append(type(compiled.specialisations[0].engine).__name__)
    return found


def test_the_faster_engine_is_found(second: str) -> None:
    found = engines_of(gn.compile(lambda x: x * 2 + 1), 9)
    final = "Quick" if second == "quick" else "NumpyEngine"
    assert found == ["NumpyEngine"] * 3 + [second.title()] * 2 + [final] * 4


@pytest.mark.parametrize("name", one_in(9, ZOO))
def test_what_is_computed_does_not_change(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up("slow", monkeypatch)  # there and back again
    check_as_uncompiled(name)


def test_what_is_shown_is_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    set_up("quick", monkeypatch)
    compiled = gn.compile(lambda x: x * 2 + 1)
    engines_of(compiled, 1)
    assert "def " in compiled.source
    engines_of(compiled, 6)
    (specialisation,) = compiled.specialisations
    assert compiled.source == repr(compiled.program) == specialisation.engine.source


def test_gradients_may_be_given_back_in(second: str) -> None:
    """They are memory of the engine, which the next run overwrites, whichever engine it is."""
    w = gn.tensor([1.0, 2.0], requires_grad=True)

    @gn.compile
    def step(x: gn.Tensor) -> gn.Tensor:
        w.grad = None
        y = (w * x * x).sum()
        y.backward()
        return y

    x, expected = gn.tensor([1.0, 1.1]), np.array([1.0, 1.1], np.float32)
    for _ in range(8):
        step(x)
        expected = expected * expected
        assert w.grad is not None
        np.testing.assert_allclose(w.grad.numpy(), expected, rtol=1e-6)
        x = w.grad


def test_an_engine_that_cannot_be_made_is_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    set_up("broken", monkeypatch)
    one, another = (gn.compile(lambda x, n=n: x * 2 + n // n) for n in (1, 2))  # type: ignore[misc]
    with pytest.warns(GlassnetWarning) as told:
        found = engines_of(one, 5) + engines_of(another, 5)
    assert set(found) == {"NumpyEngine"}
    assert [str(one.message) for one in told] == [
        'programs stay with NumPy: it is out of order (engine="numpy" leaves this note out)'
    ]
    assert told[0].filename == __file__


def test_an_engine_that_is_named_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    set_up("quick", monkeypatch)
    assert set(engines_of(gn.compile(lambda x: x * 2 + 1, engine="numpy"), 9)) == {"NumpyEngine"}


def test_the_variable_says_what_auto_is(monkeypatch: pytest.MonkeyPatch) -> None:
    set_up("quick", monkeypatch)
    monkeypatch.setenv("GLASSNET_ENGINE", "slow")
    assert set(engines_of(gn.compile(lambda x: x * 2 + 1), 9)) == {"Slow"}
    assert set(engines_of(gn.compile(lambda x: x * 2 + 1, engine="numpy"), 9)) == {"NumpyEngine"}
    monkeypatch.setenv("GLASSNET_ENGINE", "abacus")
    with pytest.raises(ValueError, match=r"GLASSNET_ENGINE: expected 'auto', 'numpy', .*'broken', got 'abacus'"):
        gn.compile(lambda x: x)


def test_the_background_does_what_somebody_holds() -> None:
    done: list[int] = []
    kept = [background.Job(lambda i=i: done.append(i)) for i in range(3)]  # type: ignore[misc]
    while not all(job.is_done for job in kept):
        pass
    assert done == [0, 1, 2]
    failed = background.Job(lambda: 1 // 0)
    while not failed.is_done:
        pass
    assert isinstance(failed.error, ZeroDivisionError)


def test_the_thread_is_there_while_there_is_work_and_its_name_tells_that_it_is_ours() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work() -> bool:
        begun.set()
        return go_on.wait(10)

    jobs = [background.Job(work), background.Job(lambda: 7)]
    assert begun.wait(10)
    thread = background._worker._thread
    assert thread.name.startswith(OWN)
    go_on.set()
    thread.join(10)
    assert [job.result for job in jobs] == [True, 7]
    assert background._worker._thread is None
    job = background.Job(lambda: 8)
    while not job.is_done:
        go_on.wait(0.001)
    assert job.result == 8


def test_what_takes_longer_to_compile_is_compiled_later(monkeypatch: pytest.MonkeyPatch) -> None:
    set_up("quick", monkeypatch)
    monkeypatch.setattr(tiers, "COMPILING", 2.5)  # of each of two instructions
    assert engines_of(gn.compile(lambda x: x * 2 + 1), 9).count("NumpyEngine") == 6
