"""The NumPy engine: every operation as it writes it, its text on its own, its lines in tracebacks."""

from __future__ import annotations

import linecache
import math
import traceback
from typing import Any

import numpy as np
import pytest

from glassnet.codegen import sources
from glassnet.engines.numpy.engine import NumpyEngine
from glassnet.errors import ShapeError
from glassnet.ops import Op, registry
from glassnet.ops.arithmetic import add, mul
from glassnet.ops.arithmetic import maximum as fmax
from glassnet.ops.elementary import log
from glassnet.ops.linear import matmul
from glassnet.ops.reduction import sum as sum_
from glassnet.ops.sampling import normal, uniform
from glassnet.program.passes import optimize
from glassnet.program.program import Instruction, Operand, Program, Var
from glassnet.program.verify import verify
from glassnet.trace.decomposition import passes_for
from tests.ops import checks
from tests.ops.sample import Sample
from tests.ops.samples import samples_of

float64 = np.dtype(np.float64)
ops = pytest.mark.parametrize("op", registry.values(), ids=registry)


def program_of(op: Op, sample: Sample) -> tuple[Program, list[Any]] | None:
    """A program of that one instruction, and its arrays; None where its shape depends on values."""
    arrays = checks.cast(op, sample.arrays())
    operands: list[Operand] = [
        Var(f"x{i}", x.shape, x.dtype) if isinstance(x, np.ndarray) else x for i, x in enumerate(arrays)
    ]
    params = sample.kwargs()
    try:
        spec = op.shape(*operands, **params)
    except ShapeError:
        return None
    written = {i for i in op.writes if i < len(operands)}
    variables = [x for i, x in enumerate(operands) if isinstance(x, Var) and i not in written]
    state = [x for i, x in enumerate(operands) if isinstance(x, Var) and i in written]
    output = Var("y", spec.shape, spec.dtype)
    phase: Any = "update" if state else "forward"
    instruction = Instruction(op, tuple(operands), output, params, phase)
    program = Program(tuple(variables), tuple(state), {}, (instruction,), () if state else (output,))
    return verify(program), arrays


def run(program: Program, arrays: list[Any]) -> list[Any]:
    """What the program gives and what it makes of its state; run twice, for the workspace remembers nothing."""
    engine = NumpyEngine(program, "run")
    by_name = {f"x{i}": x for i, x in enumerate(arrays)}
    results: list[Any] = []
    for _ in range(2):
        held = {var.name: by_name[var.name].copy() for var in program.state}
        for name, array in held.items():
            engine.bind(name, array)
        result = engine.run(*(by_name[var.name].copy() for var in program.inputs))
        results.append([*held.values()] if held else [result])
    if not any("generator" in i.params for i in program):
        for x, y in zip(*results, strict=True):
            np.testing.assert_array_equal(x, y)
    return results[0]


def expected(op: Op, sample: Sample) -> list[Any]:
    arrays = checks.cast(op, sample.arrays())
    result = np.asarray(op.forward(*arrays, **sample.kwargs()))
    return [arrays[i] for i in op.writes if i < len(arrays) and arrays[i] is not None] or [result]


# Each sample is a program of its own: the quick run takes one in three, the first among them.
QUICK, OTHERS = "quick", pytest.param("others", marks=(pytest.mark.slow("a program of each sample"), pytest.mark.more))


def some(op: Op, which: str) -> list[Sample]:
    """The samples of ``op`` for the quick run, or the others."""
    return [sample for i, sample in enumerate(samples_of(op)) if (i % 3 == 0) == (which == QUICK)]


@pytest.mark.parametrize("which", [QUICK, OTHERS])
@ops
def test_every_operation_is_run_as_its_forward(op: Op, which: str) -> None:
    for sample in some(op, which):
        made = program_of(op, sample)
        if made is not None:
            for x, y in zip(run(*made), expected(op, sample), strict=True):
                assert (x.shape, x.dtype) == (y.shape, y.dtype), sample.label
                np.testing.assert_array_equal(x, y, err_msg=sample.label)


@pytest.mark.parametrize("which", [QUICK, OTHERS])
@pytest.mark.parametrize("op", [o for o in registry.values() if not o.primitive], ids=lambda o: o.name)
def test_every_named_operation_is_run_as_its_expansion(op: Op, which: str) -> None:
    for sample in some(op, which):
        made = program_of(op, sample)
        if made is None or "large" in sample.label or sample.label == "log 0":
            continue
        program, arrays = made
        expanded = optimize(program, passes_for(lambda instruction: False))
        assert all(instruction.op.primitive for instruction in expanded)
        with np.errstate(all="ignore"):
            came = run(expanded, arrays)
        for x, y in zip(came, expected(op, sample), strict=True):
            assert (x.shape, x.dtype) == (y.shape, y.dtype), sample.label
            np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9, err_msg=sample.label)


@ops
def test_the_source_of_an_operation_stands_on_its_own(op: Op) -> None:
    if isinstance(op.forward, np.ufunc):
        return
    text = "from __future__ import annotations\nimport numpy as np\n" + "\n\n".join(sources([op]))
    names: dict[str, Any] = {"__name__": "alone"}
    exec(compile(text, op.name, "exec"), names)
    assert "import glassnet" not in text
    for sample in samples_of(op):
        arrays = checks.cast(op, sample.arrays())
        result = np.asarray(names[op.name](*arrays, **_with_place(names, sample.kwargs())))
        wanted = expected(op, sample)
        came = [arrays[i] for i in op.writes if i < len(arrays) and arrays[i] is not None] or [result]
        for x, y in zip(came, wanted, strict=True):
            np.testing.assert_array_equal(x, y, err_msg=sample.label)


def _with_place(names: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """Parameters with the text's own mark for the places of index arrays."""
    from glassnet.ops.indexing import ARRAY

    if "index" in params:
        params["index"] = tuple(names["ARRAY"] if part is ARRAY else part for part in params["index"])
    return params


@pytest.mark.parametrize("op", registry.values(), ids=registry)
def test_the_source_of_an_operation_is_short(op: Op) -> None:
    """People read it: an operation drags in no more than it needs."""
    if not isinstance(op.forward, np.ufunc):
        lines = "\n\n".join(sources([op])).count("\n")
        most = 95 if op.writes else LONGEST.get(op.name, 45)
        assert lines <= most, f"{op.name} is written out in {lines} lines"


# Losses say which label is no class, erf is a table of polynomials; where and clamp are written out as what they
# consist of, and only their rule for dtypes is long.
LONGEST = {
    "clamp": 72,
    "cross_entropy": 105,
    "erf": 80,
    "erfc": 120,
    "erfcx": 120,
    "erfinv": 140,
    "log_ndtr": 140,
    "ndtri": 140,
    "polygamma": 60,
    "igamma": 75,
    "igammac": 75,
    "gelu": 105,
    "gelu_backward": 115,
    "nll_loss": 105,
    "where": 78,
    # for the dtypes, the statistics that may be given, and what is left out
    "ctc_posterior": 55,
    "standardize": 50,
    "standardize_backward": 65,
    # written for speed: a network in one file, which is to be read, has the textbook's form, a quarter as long
    "conv_transpose": 160,  # two ways
    "convolution": 135,
    "convolution_weight": 105,
    # seven modes
    "interpolate": 100,
    "interpolate_backward": 95,
    # three modes, three paddings
    "grid_sample": 175,
    "grid_sample_backward": 200,
    "grid_sample_slope": 180,
    # a loop over time, for padded and for packed sequences, with the products of the input and of the state, and what a
    # cell does in a step; back, with what some steps tell at once
    **{name: 135 for name in registry if name.startswith(("rnn_", "gru", "lstm"))},
    "rnn_tanh_backward": 110,
    "rnn_relu_backward": 110,
    "gru_backward": 130,
    "lstm_backward": 150,
}


# the text -----------------------------------------------------------------------------------------------


def small(*instructions: Instruction, outputs: tuple[Var, ...] = (), state: tuple[Var, ...] = ()) -> Program:
    return verify(Program((x,), state, {}, instructions, outputs))


x = Var("x", (2, 3), float64)
y = Var("y", (2, 3), float64)
z = Var("z", (2, 3), float64)


def test_an_error_shows_the_line_of_the_source() -> None:
    engine = NumpyEngine(small(Instruction(log, (x,), y), outputs=(y,)), "fails")
    with np.errstate(all="raise"), pytest.raises(FloatingPointError) as caught:
        engine.run(np.zeros((2, 3)))
    lines = traceback.extract_tb(caught.value.__traceback__)
    assert lines[-1].name == "fails"
    assert lines[-1].line is not None
    assert lines[-1].line.startswith("np.log(x, y)")
    assert linecache.getline(lines[-1].filename, 1).startswith('"""fails: one step of a network')
    linecache.checkcache()
    assert linecache.getline(lines[-1].filename, 1)


def test_the_lines_go_when_the_engine_goes() -> None:
    engine = NumpyEngine(small(Instruction(log, (x,), y), outputs=(y,)))
    file = engine.file
    assert file in linecache.cache
    del engine
    assert file not in linecache.cache


def test_values_share_memory_when_they_are_not_needed_at_once() -> None:
    program = small(Instruction(mul, (x, 2.0), y), Instruction(add, (y, 1.0), z), outputs=(z,))
    engine = NumpyEngine(program)
    np.testing.assert_array_equal(engine.run(np.ones((2, 3))), np.full((2, 3), 3.0))
    assert engine.buffers.nbytes == x.nbytes
    assert engine.value("z") is engine.value("y")
    assert engine.value("nothing") is None


def test_a_value_of_another_shape_takes_over_memory_as_well() -> None:
    weight, long = Var("weight", (3, 3), float64), Var("long", (6,), float64)
    total, last = Var("total", (), float64), Var("last", (6,), float64)
    instructions = (
        Instruction(log, (x,), y),
        Instruction(matmul, (y, weight), z),
        Instruction(sum_, (z,), total),
        Instruction(mul, (long, total), last),
    )
    constants = {weight: np.ones((3, 3)), long: np.arange(6.0)}
    engine = NumpyEngine(verify(Program((x,), (), constants, instructions, (last,))))
    assert engine.buffers.nbytes == y.nbytes + z.nbytes + total.nbytes
    assert ".reshape((6,))  # in its memory, free by then" in engine.source
    for _ in range(2):
        np.testing.assert_array_equal(engine.run(np.full((2, 3), np.e)), 18 * np.arange(6.0))


def test_generators_have_a_name_each() -> None:
    one, two = np.random.default_rng(1), np.random.default_rng(2)
    spec: dict[str, Any] = {"shape": (2, 3), "dtype": float64}
    program = small(
        Instruction(uniform, (), y, {**spec, "generator": one}),
        Instruction(normal, (), z, {**spec, "generator": two}),
        Instruction(uniform, (), w := Var("w", (2, 3), float64), {**spec, "generator": one}),
        outputs=(y, z, w),
    )
    engine = NumpyEngine(program)
    came = engine.run(np.ones((2, 3)))
    again, other = np.random.default_rng(1), np.random.default_rng(2)
    for ours, theirs in zip(
        came, (again.random((2, 3)), other.standard_normal((2, 3)), again.random((2, 3))), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    assert "generator = np.random.default_rng()\ngenerator_2 = np.random.default_rng()" in engine.source


def test_numbers_that_python_cannot_spell() -> None:
    bounds = Var("bounds", (3,), float64)
    constants = {bounds: np.array([-np.inf, 0.0, np.nan])}
    instructions = (Instruction(mul, (x, -math.inf), y), Instruction(fmax, (y, bounds), z))
    program = verify(Program((x,), (), constants, instructions, (z,)))
    engine = NumpyEngine(program)
    names: dict[str, Any] = {}
    exec(engine.source, names)
    for run in (engine.run, names["step"]):
        np.testing.assert_array_equal(run(np.ones((2, 3))), [[-np.inf, 0, np.nan]] * 2)
