"""Every printed line of arithmetic, of every operation there is, is true as it stands."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest

from glassnet.explain.walkthrough.decimals import written_number
from glassnet.explain.walkthrough.element import Element, Line
from glassnet.explain.walkthrough.rules import is_complex
from glassnet.explain.walkthrough.values import Value, values_of
from glassnet.explain.walkthrough.worked_formula import Words
from glassnet.ops import Op, registry
from glassnet.program.program import Instruction, Program, Var
from tests.explain.arithmetic_text import holds, split
from tests.ops.samples import samples_of

IN_WORDS = {"argmax", "argmin", "argsort", "all", "any", "uniform", "normal", "integers", "permutation", "bernoulli"}
IN_WORDS |= {"inverse", "matrix_exp", "nextafter", "exponent", "gcd", "lcm", "left_shift", "right_shift"}
IN_WORDS |= {"solve", "det", "cofactor", "logabsdet", "det_sign", "pinv", "cholesky", "qr", "lu_pivots", "row_order"}
IN_WORDS |= {"lu", "eigh", "eigvalsh", "svd", "svdvals", "median", "mode_position", "running_extreme"}
IN_WORDS |= {"igamma", "igammac", "standard_gamma", "standard_gamma_slope"}
IN_WORDS |= {"poisson", "binomial", "category", "von_mises"}  # what is drawn, as uniform and normal numbers are
IN_WORDS |= {"conjugate", "real", "imag", "angle"}  # of real numbers too
IN_WORDS |= {"lgamma", "digamma", "polygamma", "zeta", "erfcx", "erfinv", "ndtri", "log_ndtr", "i0", "i1", "i0e", "i1e"}
ops = pytest.mark.parametrize("op", registry.values(), ids=registry)


def of_one(op: Op, sample: Any) -> list[Value]:
    """What a program of this one instruction makes."""
    arrays = sample.arrays()
    inputs = {f"a{i}": x for i, x in enumerate(arrays) if isinstance(x, np.ndarray)}
    operands = tuple(Var(f"a{i}", x.shape, x.dtype) if f"a{i}" in inputs else x for i, x in enumerate(arrays))
    spec = op.shape(*arrays, **sample.params)
    phase: Any = "update" if op.writes else "forward"
    instruction = Instruction(op, operands, Var("y", spec.shape, spec.dtype), sample.kwargs(), phase)
    state = tuple(x for x in instruction.reads if x.name in instruction.writes)
    variables = tuple(x for x in instruction.reads if x not in state)
    program = Program(variables, state, {}, (instruction,), (instruction.output,))
    return [v for v in values_of(program, inputs, inputs).all if v.instruction is not None]


def lines_of(value: Value, terms: int = 3) -> list[Line]:
    found: list[Line] = []
    for index in islice(np.ndindex(value.array.shape), 7):
        found += Element(value, index, (), terms, 12).forward.lines
    return found


EVERY = pytest.mark.slow("every sample of each operation"), pytest.mark.more


@pytest.mark.parametrize("number", [2, pytest.param(None, marks=EVERY)])
@ops
def test_every_element_of_every_sample_is_spelled_out_truly(op: Op, number: int | None) -> None:
    almost = 0
    seen = 0
    for sample in samples_of(op)[:number]:
        for value in of_one(op, sample):
            for line in lines_of(value):
                if line.expr is None:
                    assert line.origin == "input"
                    continue
                seen += 1
                if isinstance(line.expr, Words):
                    told = line.element.value
                    assert told.instruction.op.name in IN_WORDS or is_complex(told)
                    assert line.arithmetic.endswith(f": {written_number(told.array[line.element.index])}")
                    continue
                assert holds(line.arithmetic, line.number), f"{sample.label}: {line.name} = {line.arithmetic}"
                almost += split(line.arithmetic)[1] == "≈"
    assert seen
    assert almost <= 0.05 * seen, f"{almost} of {seen} lines are true only about"
