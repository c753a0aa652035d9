"""A trainer's steps run by one engine from the first to the last, also where the run was stopped in between."""

import numpy as np
import pytest

import glassnet
from glassnet import nn, optim
from glassnet.compilation import tiers
from glassnet.engines.native.compilers import CompilerError, compiler
from glassnet.errors import GlassnetWarning
from glassnet.training import Trainer, TrainingError, engine_choice

needs_a_compiler = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")


@pytest.fixture(autouse=True)
def auto(monkeypatch):
    monkeypatch.delenv("GLASSNET_ENGINE")


@pytest.fixture
def every_run_is_long(monkeypatch):
    monkeypatch.setattr(engine_choice, "FEWEST", 0)
    monkeypatch.setattr(engine_choice, "LONG", 0.0)
    monkeypatch.setattr(tiers, "_told", set())


def trainer(**options):
    glassnet.manual_seed(0)
    model = nn.Linear(3, 1)
    return Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), **options)


def data():
    generator = glassnet.Generator(1)
    x = glassnet.randn(20, 3, generator=generator)
    return x, x.sum(1, keepdim=True)


def engine_of(fitted):
    (runner,) = fitted._steps._runners.values()
    return type(runner.compiled.specialisations[-1].engine).__name__


def test_a_short_run_is_numpys_and_stays_so(every_run_is_long, monkeypatch):
    monkeypatch.setattr(engine_choice, "FEWEST", 200)
    one = trainer()
    one.fit(data(), epochs=1, batch_size=5)
    assert (one.engine.name, engine_of(one)) == ("numpy", "NumpyEngine")
    other = trainer()
    other.load_state_dict(one.state_dict())
    other.fit(data(), epochs=60, batch_size=5)
    assert (other.engine.name, engine_of(other)) == ("numpy", "NumpyEngine")


def test_how_long_a_run_is_follows_from_updates_and_the_size_of_the_step(monkeypatch):
    monkeypatch.setattr(tiers, "_told", set())
    seen = []
    monkeypatch.setattr(engine_choice, "_nanoseconds", lambda traced: seen.append(len(traced)) or 1e6)
    monkeypatch.setattr(engine_choice, "LONG", 250e6)
    choices = []
    for epochs in (49, 62, 63):  # of 4 updates
        choice = engine_choice.EngineChoice("auto")
        choice.updates = 4 * epochs
        choice("a program", lambda name: choices.append(name))
    assert choices == ["numpy", "numpy", "native"]
    assert seen == [len("a program")] * 2


@needs_a_compiler
def test_a_long_run_is_native_and_stays_so(every_run_is_long, monkeypatch):
    whole = trainer()
    whole.fit(data(), epochs=3, batch_size=8)
    assert (whole.engine.name, engine_of(whole)) == ("native", "NativeEngine")
    first = trainer()
    first.fit(data(), epochs=1, batch_size=8)
    state = first.state_dict()
    monkeypatch.setattr(engine_choice, "FEWEST", 1000)
    second = trainer()
    second.load_state_dict(state)
    second.fit(data(), epochs=3, batch_size=8)
    assert engine_of(second) == "NativeEngine"
    np.testing.assert_array_equal(second.model.weight.array, whole.model.weight.array)
    assert second.history.epochs == whole.history.epochs


def test_a_run_whose_engine_is_not_here_any_more(monkeypatch):
    one = trainer()
    one.fit(data(), epochs=1)
    state = {**one.state_dict(), "engine": "native"}
    monkeypatch.setattr("glassnet.engines.native.engine.compiler", lambda: None)
    with pytest.raises(TrainingError, match=r"no C compiler was found.*; ask for engine=\"numpy\" to go on by that"):
        trainer().load_state_dict(state)
    other = trainer(engine="numpy")
    other.load_state_dict(state)
    assert other.engine.name == "numpy"


def test_what_was_saved_before_there_was_a_choice_is_numpys():
    state = trainer().state_dict()
    del state["engine"]
    other = trainer()
    other.load_state_dict(state)
    assert other.engine.name == "numpy"


@needs_a_compiler
def test_where_nothing_can_be_compiled_numpy_learns(every_run_is_long, monkeypatch):
    def nowhere(_):
        raise CompilerError("the disk is full")

    monkeypatch.setattr("glassnet.engines.native.engine.library_of", nowhere)
    one = trainer()
    with pytest.warns(GlassnetWarning, match="programs stay with NumPy: the disk is full"):
        one.fit(data(), epochs=2)
    assert (one.engine.name, engine_of(one), len(one.history)) == ("numpy", "NumpyEngine", 2)


def test_a_compiler_that_fails_is_told_in_one_line_where_it_was_asked_for():
    def fails(_name):
        raise CompilerError("gcc ended with 4:\nno space\nleft")

    choice = engine_choice.EngineChoice("numpy")
    choice.name = "native"
    with pytest.raises(TrainingError, match=r'^engine: gcc ended with 4: no space left; engine="numpy" needs none$'):
        choice("a program", fails)
