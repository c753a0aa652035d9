"""Every pass, and the engine, compute what the function did: on random programs."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings

from glassnet.compilation.specialisation import Specialisation
from glassnet.compilation.tiers import by_name
from glassnet.program.evaluation import Evaluation, evaluate
from glassnet.program.passes import PASSES
from tests.program.checks import check_equal
from tests.program.recipes import Kitchen, Recipe, recipes

EXACT = {"eliminate_common_subexpressions", "eliminate_dead_code", "insert_copies"}


@settings(max_examples=3 * settings.default.max_examples // 2)
@given(recipe=recipes())
def test_passes_and_engine_compute_what_the_function_does(recipe: Recipe) -> None:
    kitchen = Kitchen(recipe)
    specialisation = Specialisation(kitchen.cook, tuple(kitchen.inputs(1)), {}, "cook", by_name("numpy"))
    assert specialisation.complete
    inputs = [x.array for x in kitchen.inputs(2)]
    state = {var.name: np.array(specialisation.engine.module[var.name]) for var in specialisation.program.state}

    programs = specialisation.program.history
    stages = {name: evaluate(program, inputs, state, in_order=True) for name, program in programs.items()}
    before = "traced"
    for name in ("decompose", *PASSES):
        check_equal(stages[name], stages[before], exactly=name in EXACT)
        before = name

    engine = specialisation.engine
    lowered = evaluate(engine.program, inputs, state, in_order=True)
    check_equal(lowered, stages[before], exactly=True)
    for _ in range(2):  # the workspace remembers nothing
        check_equal(_run(specialisation, inputs, state), lowered, exactly=True)
    _check_against_the_function(kitchen, specialisation, evaluate(programs["traced"], inputs, state))


def _check_against_the_function(kitchen: Kitchen, specialisation: Specialisation, traced: Evaluation) -> None:
    """What was traced gives the function's outputs bit for bit; what runs changes what the function changes."""
    inputs = kitchen.inputs(2)
    start = [array.copy() for array in kitchen.changed()]
    outputs = [y.array.copy() for y in kitchen.cook(*inputs)]
    changed = [array.copy() for array in kitchen.changed()]
    gradients = [g if g is None else g.copy() for g in kitchen.gradients()]
    for x, y in zip(outputs, traced.outputs, strict=True):
        np.testing.assert_array_equal(y, x)

    for array, before in zip(kitchen.changed(), start, strict=True):
        array[...] = before
    results = specialisation.run([x.array for x in inputs])
    for came, expected in zip(results, outputs, strict=True):
        np.testing.assert_allclose(came.array, expected, rtol=1e-9, atol=1e-11)
    for came, expected in zip(kitchen.changed(), changed, strict=True):
        np.testing.assert_allclose(came, expected, rtol=1e-9, atol=1e-11)
    for came, expected in zip(kitchen.gradients(), gradients, strict=True):
        assert (came is None) == (expected is None)
        if expected is not None:
            np.testing.assert_allclose(came, expected, rtol=1e-9, atol=1e-11)
            assert came.flags.writeable


def _run(specialisation: Specialisation, inputs: list[Any], state: dict[str, Any]) -> Evaluation:
    """What the engine makes of a state, which is put back."""
    module, program = specialisation.engine.module, specialisation.engine.program
    for name, array in state.items():
        module[name][...] = array
    result = specialisation.engine.run(*inputs)
    results = result if isinstance(result, tuple) else (result,)
    values = Evaluation(
        (),
        tuple(np.array(x) for x in results[: len(program.outputs)]),
        tuple(np.array(module[x.name]) for x in program.kept),
        {name: np.array(module[name]) for name in state},
    )
    for name, array in state.items():
        module[name][...] = array
    return values
