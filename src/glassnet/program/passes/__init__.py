"""Passes: each a short function from a program to a program that computes the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from glassnet.program.passes.algebraic_simplification import simplify
from glassnet.program.passes.common_subexpressions import eliminate_common_subexpressions
from glassnet.program.passes.constant_folding import fold_constants
from glassnet.program.passes.copy_insertion import insert_copies
from glassnet.program.passes.dead_code import eliminate_dead_code
from glassnet.program.program import Program
from glassnet.program.verify import verify

Pass = Callable[[Program], Program]

PASSES: dict[str, Pass] = {
    "fold_constants": fold_constants,
    "simplify": simplify,
    "eliminate_common_subexpressions": eliminate_common_subexpressions,
    "eliminate_dead_code": eliminate_dead_code,
    "insert_copies": insert_copies,
}


def optimize(program: Program, passes: Mapping[str, Pass] = PASSES) -> Program:
    """The program after all passes, verified after each; its history holds what each of them made."""
    history = {"traced": verify(program)}
    for name, run in passes.items():
        program = verify(run(program))
        history[name] = program
    return program.having(history=history)
