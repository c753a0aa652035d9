"""Rewriting: a script's tree with its training steps asked first whether a program has done them.

    for loss, in _glassnet_steps[0](0):    # once where a program did the step, else never
        break
    else:
        optimizer.zero_grad()
        loss = ...                                     # as it is written
        loss.backward()
        optimizer.step()

Where a step can begin at several statements, each is carried out as it is written, and asked again at the next. All
keep their lines, so that tracebacks are those of the script.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from types import CodeType

from glassnet.pytorch.compiling.training_steps import TrainingStep, steps_in

STEPS = "_glassnet_steps"


def rewritten(tree: ast.Module, whole: ast.Module, add: Callable[[TrainingStep], int]) -> ast.Module:
    """``tree``, part of the ``whole``, changed; ``add`` takes each step and gives its number among all."""
    found = list(steps_in(tree, whole))
    for body, first, step in reversed(found):  # the later ones first, so that places stay what they are
        number = add(step)
        body[first : first + len(step.statements)] = _asked(step, number)
    return tree


def _asked(step: TrainingStep, number: int) -> list[ast.stmt]:
    rest = step.statements[step.starts[-1] :]
    for start in reversed(step.starts):
        results = "".join(f"{name}, " for name in step.results(start))
        loop = ast.parse(
            f"for {results or '_glassnet_nothing'} in {STEPS}[{number}]({start}):\n break\nelse:\n pass"
        ).body[0]
        assert isinstance(loop, ast.For)
        for part in ast.walk(loop):
            ast.copy_location(part, step.statements[start])
        loop.body[:0] = [one.later for place, one in sorted(step.waiting.items()) if place >= start]
        loop.orelse = rest
        before = max((s for s in step.starts if s < start), default=0)
        rest = [*step.statements[before:start], loop]
    return rest


def function_of(
    statements: Sequence[ast.stmt], arguments: Sequence[str], results: Sequence[str], file: str
) -> CodeType:
    """The code of a function that does the ``statements``, of that ``file``, and gives its ``results`` in a tuple."""
    given = "".join(f"{name}, " for name in results)
    module = ast.parse(f"def training_step({', '.join(arguments)}):\n return ({given})")
    for part in ast.walk(module):
        ast.copy_location(part, statements[-1])
    function = module.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body[:0] = statements
    code = compile(ast.fix_missing_locations(module), file, "exec", dont_inherit=True)
    return next(inner for inner in code.co_consts if isinstance(inner, CodeType))
