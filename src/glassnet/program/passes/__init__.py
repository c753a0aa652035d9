"""Passes: each a short function from a program to a program that computes the same."""

from __future__ import annotations

from collections.abc import Callable

from glassnet.program.passes.expand import expand
from glassnet.program.passes.fold import fold
from glassnet.program.passes.prune import prune
from glassnet.program.passes.settle import settle
from glassnet.program.passes.share import share
from glassnet.program.passes.simplify import simplify
from glassnet.program.program import Instruction, Program
from glassnet.program.verify import verify

Pass = Callable[[Program], Program]

PASSES: dict[str, Pass] = {"fold": fold, "simplify": simplify, "share": share, "prune": prune, "settle": settle}


def optimized(program: Program, known: Callable[[Instruction], bool]) -> Program:
    """The program after all passes, verified after each; its history holds what each of them made.

    ``known`` says which instructions the reader of the program has a form of its own for; other named
    operations are expanded.
    """
    history = {"recorded": verify(program)}
    program = history["expand"] = verify(expand(program, known))
    for name, run in PASSES.items():
        program = verify(run(program))
        history[name] = program
    return program.having(history=history)
