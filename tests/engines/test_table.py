"""Every engine in the table computes what the evaluator does, and a new one is one class and one line."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings

import glassnet as gn
import glassnet.nn.functional as F
from glassnet import engines, nn, optim
from glassnet.compilation.specialisation import Specialisation
from glassnet.compilation.tiers import by_name
from glassnet.engines import ENGINES, Engine, engine_class
from glassnet.program.evaluation import Evaluation, evaluate
from glassnet.program.passes import PASSES, Pass
from glassnet.program.passes.view_analysis import Strides
from glassnet.program.program import Instruction, Program
from tests.compilation.zoo import ZOO
from tests.program.checks import check_equal
from tests.program.recipes import Kitchen, Recipe, recipes
from tests.shares import one_in


class Evaluator:
    """The evaluator as an engine. It knows the primitive operations alone."""

    passes: ClassVar[Mapping[str, Pass]] = PASSES

    def __init__(self, program: Program, name: str = "step", strides: Strides | None = None) -> None:
        assert all(instruction.op.primitive for instruction in program)
        self.program = program
        self.source = repr(program)
        self._state: dict[str, Any] = {}
        self._kept = {var.name: np.zeros(var.shape, var.dtype) for var in program.kept}

    @classmethod
    def missing(cls) -> str:
        return ""

    @classmethod
    def accepts(cls, instruction: Instruction) -> bool:
        return False

    def bind(self, name: str, array: Any) -> None:
        self._state[name] = array

    def run(self, *inputs: Any) -> Any:
        with np.errstate(over="ignore"):
            evaluation = evaluate(self.program, inputs, self._state, advance=True)
        for name, array in evaluation.state.items():
            self._state[name][...] = array
        for var, array in zip(self.program.kept, evaluation.kept, strict=True):
            self._kept[var.name][...] = array
        outputs = evaluation.outputs
        return None if not outputs else outputs[0] if len(outputs) == 1 else outputs

    def value(self, name: str) -> Any:
        return self._kept.get(name, self._state.get(name))


class Lacking(Evaluator):
    """An engine that lacks what it needs."""

    @classmethod
    def missing(cls) -> str:
        return "install the moon"


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engines.ENGINES, "evaluator", f"{__name__}:Evaluator")
    monkeypatch.setitem(engines.ENGINES, "lacking", f"{__name__}:Lacking")


# every engine ---------------------------------------------------------------------------------------------


def outcome(engine: Engine, program: Program, inputs: list[Any], state: Mapping[str, Any]) -> Evaluation:
    """What an engine makes of inputs and a state, as the evaluator says it."""
    own = {name: array.copy() for name, array in state.items()}
    for name, array in own.items():
        engine.bind(name, array)
    result = engine.run(*inputs)
    outputs = result if isinstance(result, tuple) else () if not program.outputs else (result,)
    kept = tuple(np.array(engine.value(var.name)) for var in program.kept)
    return Evaluation((), tuple(np.array(x) for x in outputs), kept, own)


def check(engine: Engine, program: Program, inputs: list[Any], state: Mapping[str, Any]) -> None:
    """Assert that an engine does, each time it runs, what the evaluator says."""
    with np.errstate(all="ignore"):
        right = evaluate(program, inputs, state, in_order=True)
        for _ in range(2):
            check_equal(outcome(engine, program, inputs, state), right, exactly=False)


def cases() -> list[Any]:
    """The engines that can run here; where a program has to be compiled first, it takes as long as ten others."""
    compiling = pytest.mark.slow("each program is compiled by a C compiler")
    found = []
    for name, place in ENGINES.items():
        module, _, attribute = place.partition(":")
        why = getattr(import_module(module), attribute).missing()
        marks = [] if name == "numpy" else [compiling, pytest.mark.skipif(bool(why), reason=why or "it can run here")]
        found.append(pytest.param(name, marks=marks))
    return found


@pytest.mark.parametrize("engine", cases()[:1])
@settings(max_examples=settings.default.max_examples // 2)
@given(recipe=recipes())
def test_an_engine_computes_what_the_evaluator_does(engine: str, recipe: Recipe) -> None:
    compare(engine, recipe)


@pytest.mark.parametrize("engine", cases()[1:])
@settings(max_examples=1 + settings.default.max_examples // 16)
@given(recipe=recipes())
def test_an_engine_that_compiles_computes_what_the_evaluator_does(engine: str, recipe: Recipe) -> None:
    compare(engine, recipe)


def compare(engine: str, recipe: Recipe) -> None:
    kitchen = Kitchen(recipe)
    specialisation = Specialisation(kitchen.cook, tuple(kitchen.inputs(1)), {}, "cook", by_name(engine))
    state = {var.name: np.array(specialisation.engine.value(var.name)) for var in specialisation.program.state}
    check(specialisation.engine, specialisation.program, [x.array for x in kitchen.inputs(2)], state)


@pytest.mark.parametrize("name", one_in(4, ZOO))
@pytest.mark.parametrize("engine", cases()[:1])
def test_an_engine_runs_the_zoo_as_the_evaluator_does(engine: str, name: str) -> None:
    run_zoo(engine, name)


@pytest.mark.parametrize("name", list(ZOO)[::8])
@pytest.mark.parametrize("engine", cases()[1:])
def test_an_engine_that_compiles_runs_the_zoo_as_the_evaluator_does(engine: str, name: str) -> None:
    run_zoo(engine, name)


def run_zoo(engine: str, name: str) -> None:
    gn.manual_seed(1)
    run = ZOO[name](lambda function: gn.compile(function, engine=engine))
    for i in range(4):
        run.call(i)
    rng = np.random.default_rng(0)
    for specialisation in run.compiled.specialisations:
        program = specialisation.program
        state = {var.name: np.array(specialisation.engine.value(var.name)) for var in program.state}
        made = engine_class(engine)(program, "alone")
        if any("generator" in instruction.params for instruction in program):
            continue  # the evaluator draws what an engine would draw next
        inputs: list[Any] = [
            rng.random(v.shape).astype(v.dtype) if v.dtype.kind == "f" else np.zeros(v.shape, v.dtype)
            for v in program.inputs
        ]
        check(made, program, inputs, state)


# the table ------------------------------------------------------------------------------------------------


def test_auto_is_the_first_that_can_run(monkeypatch: pytest.MonkeyPatch, table: None) -> None:
    assert engine_class("auto") is engine_class(next(iter(ENGINES)))
    monkeypatch.setattr(engines.table, "ENGINES", {name: ENGINES[name] for name in ("lacking", "evaluator")})
    assert engine_class("auto").__name__ == "Evaluator"


def test_an_engine_that_is_not_there(table: None) -> None:
    with pytest.raises(ValueError, match=r"expected engine 'auto', 'numpy', .*'evaluator' or 'lacking', got 'abacus'"):
        gn.compile(lambda x: x, engine="abacus")
    with pytest.raises(RuntimeError, match="the engine 'lacking' cannot run here: install the moon"):
        gn.compile(lambda x: x, engine="lacking")


def test_an_engine_of_primitive_operations_alone_trains_a_network(table: None) -> None:
    """All that `compile` asks of an engine is in the protocol."""
    losses = []
    for compiler in (lambda f: f, gn.compile, lambda f: gn.compile(f, engine="evaluator")):
        gn.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 8), nn.Sigmoid(), nn.Linear(8, 3)).double()
        optimizer = optim.Adam(model.parameters(), lr=0.05)

        @compiler
        def step(x: gn.Tensor, y: gn.Tensor, model: Any = model, optimizer: Any = optimizer) -> gn.Tensor:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        x, y = gn.randn(6, 4).double(), gn.randint(0, 3, (6,))
        losses.append([step(x, y).item() for _ in range(10)] + [model[0].weight.grad.sum().item()])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-9)
    np.testing.assert_allclose(losses[2], losses[0], rtol=1e-9)
