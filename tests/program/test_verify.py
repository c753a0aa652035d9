"""verify(): what makes no sense is told, by the instruction at fault; and passes that are wrong are caught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from glassnet.ops.arithmetic import add, mul, sub
from glassnet.ops.dtypes import float32, float64, int64
from glassnet.ops.linear import matmul
from glassnet.ops.movement import cast, copy, reshape
from glassnet.ops.update import sgd_update
from glassnet.program import passes
from glassnet.program.evaluation import evaluate
from glassnet.program.passes import optimize
from glassnet.program.program import Instruction, Program, Var
from glassnet.program.verify import ProgramError, verify
from tests.program.checks import check_equal

x = Var("x", (2, 3), float64)
w = Var("w", (2, 3), float64)
two = Var("two", (), float64)
lr = Var("lr", (), float64)
a, b, c = (Var(name, (2, 3), float64) for name in "abc")

GOOD = Program(
    inputs=(x,),
    state=(w, lr),
    constants={two: np.array(2.0)},
    instructions=(
        Instruction(mul, (x, two), a),
        Instruction(add, (a, w), b),
        Instruction(sgd_update, (w, b, lr), c, phase="update"),
    ),
    outputs=(b, 3.0, None),
    kept=(a,),
)


def having(position: int, **changes: Any) -> Program:
    instructions = list(GOOD.instructions)
    instructions[position] = replace(instructions[position], **changes)
    return GOOD.having(instructions=tuple(instructions))


def test_a_good_program_passes() -> None:
    assert verify(GOOD) is GOOD


FAULTS: dict[str, tuple[Program, str]] = {
    "used before it is defined": (
        GOOD.having(instructions=(GOOD.instructions[1], GOOD.instructions[0], GOOD.instructions[2])),
        r"instruction 0, b = add\(a, w\): a is used before it is defined",
    ),
    "used as what it is not": (
        having(1, inputs=(Var("a", (3, 2), float64), w)),
        "instruction 1.*a is used before it is defined, or as what it is not",
    ),
    "never defined": (having(1, inputs=(a, Var("v", (2, 3), float64))), "v is used before"),
    "defined twice": (having(1, output=a), "instruction 1, a = .*a is defined a second time"),
    "defined over an input": (having(0, output=x), "x is defined a second time"),
    "declared twice": (GOOD.having(state=(w, lr, w)), "w is declared twice"),
    "wrong shape": (having(0, output=Var("a", (3, 2), float64)), r"shape rule says \(2, 3\) float64, the program \(3, 2\)"),  # noqa: E501
    "wrong dtype": (having(0, output=Var("a", (2, 3), float32)), "shape rule says .* float64, the program .* float32"),
    "refused by the shape rule": (having(0, op=matmul, inputs=(x, x)), "instruction 0.*the shape rule refuses it: matmul"),  # noqa: E501
    "number where there must be a tensor": (having(0, op=reshape, inputs=(2.0,), params={"shape": (1,)}), "refuses it"),
    "write to an input": (having(2, inputs=(x, b, lr)), r"instruction 2.*writes to x, which is not state"),
    "write to a value": (having(2, inputs=(a, b, lr)), "writes to a, which is not state"),
    "write to a constant": (
        GOOD.having(instructions=(Instruction(copy, (x,), a, phase="update", into="two"),), outputs=(), kept=()),
        "writes to two, which is not state",
    ),
    "state written outside update": (having(2, phase="forward"), "instruction 2.*writes state in the forward phase"),
    "state written in place outside update": (having(1, into="w"), "writes state in the forward phase"),
    "written in another shape": (
        GOOD.having(
            instructions=(*GOOD.instructions, Instruction(copy, (two,), Var("d", (), float64), phase="update", into="w"))  # noqa: E501
        ),
        r"writes \(\) float64 to w, which is \(2, 3\) float64",
    ),
    "output missing": (GOOD.having(outputs=(Var("lost", (2, 3), float64),)), "gives back lost, which it does not define"),  # noqa: E501
    "output of another kind": (GOOD.having(outputs=(Var("b", (2,), float64),)), "gives back b"),
    "kept value missing": (GOOD.having(kept=(Var("lost", (2, 3), float64),)), "lost"),
    "constant of another shape": (GOOD.having(constants={two: np.zeros(2)}), r"two is declared as \(\) float64, but holds"),  # noqa: E501
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str) -> None:
    program, message = FAULTS[fault]
    with pytest.raises(ProgramError, match=message):
        verify(program)


# passes that are wrong -----------------------------------------------------------------------------------


def test_every_pass_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in passes.PASSES:
        with monkeypatch.context() as patch:
            patch.setitem(passes.PASSES, name, lambda program: program.having(outputs=(Var("lost", (), int64),)))
            with pytest.raises(ProgramError, match="gives back lost"):
                optimize(GOOD)


def _forgets_an_update(program: Program) -> Program:
    return program.having(instructions=program.instructions[:-1])


def _swaps_operands(program: Program) -> Program:
    return program.having(
        instructions=tuple(replace(i, inputs=i.inputs[::-1]) if i.op is sub else i for i in program.instructions)
    )


def _shares_what_is_not_the_same(program: Program) -> Program:
    return program.having(outputs=(a, a))


def _folds_wrongly(program: Program) -> Program:
    return program.having(constants={two: np.array(2.0 + 1e-6)})


COMPUTES = GOOD.having(
    instructions=(
        *GOOD.instructions[:2],
        Instruction(sub, (b, a), c),
        Instruction(copy, (b,), Var("d", (2, 3), float64), phase="update", into="w"),
    ),
    outputs=(a, c),
)


@pytest.mark.parametrize("wrong", [_forgets_an_update, _swaps_operands, _shares_what_is_not_the_same, _folds_wrongly])
def test_a_planted_wrong_pass_is_caught_by_the_comparison(wrong: Callable[[Program], Program]) -> None:
    numbers = np.random.default_rng(0).standard_normal((2, 3))
    state = {"w": numbers + 1, "lr": np.array(0.1)}
    right = evaluate(verify(COMPUTES), [numbers], state)
    came = evaluate(verify(wrong(COMPUTES)), [numbers], state)
    check_equal(right, evaluate(COMPUTES, [numbers], state), exactly=True)
    for exactly in (True, False):
        with pytest.raises(AssertionError):
            check_equal(came, right, exactly=exactly)


# the program itself ------------------------------------------------------------------------------------------


def test_programs_are_printed_in_columns() -> None:
    assert str(GOOD).splitlines() == [
        "input: x float64[2, 3]",
        "state: w float64[2, 3], lr float64[]",
        "constant: two float64[]",
        "forward:",
        "  a  float64[2, 3]  = mul(x, two)",
        "  b  float64[2, 3]  = add(a, w)",
        "update:",
        "  c  float64[2, 3]  = sgd_update(w, b, lr)",
        "output: b, 3.0, None",
    ]


def test_programs_can_be_compared_and_taken_apart() -> None:
    assert GOOD.having() == GOOD
    assert having(0, op=sub) != GOOD
    assert len(GOOD) == 3
    assert [i.output.name for i in GOOD] == ["a", "b", "c"]
    assert GOOD.phase("update") == (GOOD.instructions[2],)
    assert GOOD.wanted == (b, a)
    assert GOOD.instructions[2].writes == ("w",)
    assert GOOD.instructions[2].reads == (w, b, lr)
    assert (x.nbytes, str(x)) == (48, "x")
    whole = optimize(GOOD)
    assert whole.after("traced") == GOOD
    with pytest.raises(KeyError, match=r"expected the name of a pass, traced, fold_constants, simplify.*got 'sharing'"):
        whole.after("sharing")


def test_instructions_are_written_as_a_person_would() -> None:
    generator = np.random.default_rng(0)
    params = {
        "index": (slice(1, None), slice(None, None, 2), 0),
        "dims": (1,),
        "generator": generator,
        "dtype": float32,
    }
    instruction = Instruction(cast, (x, None, 2), a, params)
    assert instruction.text == "cast(x, None, 2, index=(1:, ::2, 0), dims=(1,), generator=generator, dtype=float32)"
