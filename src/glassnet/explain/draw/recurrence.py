"""Time: the steps of a recurrent layer, folded into a loop at its box or unrolled, a box a step."""

from __future__ import annotations

from collections.abc import Iterable

from glassnet.explain.walkthrough.gate_rules import PLANES, steps_of
from glassnet.ops.dtypes import Array
from glassnet.program.program import Instruction, Operand, Var

FIRST, LAST = 3, 2  # steps that are drawn of many


def is_recurrent(i: Instruction) -> bool:
    """Whether an instruction is a loop over time."""
    return i.op in PLANES


def hidden_states(i: Instruction, planes: Array) -> list[Array]:
    """The hidden state [B, H] after each step, the first in time first."""
    initial = i.inputs[1]
    assert isinstance(initial, Var)
    rows = planes[-1].reshape(-1, planes.shape[-1])[:, : initial.shape[1]]
    steps = [rows[step] for step in steps_of(i)]
    return steps[::-1] if i.params.get("reverse", False) else steps


def loops_in(instructions: Iterable[Instruction]) -> list[Instruction]:
    """The loops over time that go on for several steps: a cell by itself, in a loop of Python, is none."""
    return [i for i in instructions if is_recurrent(i) and len(steps_of(i)) > 1]


def loop_text(instructions: Iterable[Instruction]) -> str:
    """What is written at the loop of a box: "28 steps"; "" where nothing recurs."""
    most = max((len(steps_of(i)) for i in instructions), default=0)
    return f"{most:,} steps" if most else ""


def shown_steps(count: int) -> list[int | None]:
    """The steps that are drawn, in order of computation, with None in the place of those between."""
    if count <= FIRST + LAST + 1:
        return list(range(count))
    return [*range(FIRST), None, *range(count - LAST, count)]


def fed_by(operand: Operand, group: list[Instruction], loops: list[Instruction]) -> list[Var | Instruction]:
    """What an operand is computed of in its group: values from outside of the group, and ``loops`` of it."""
    made = {i.output.name: i for i in group}
    found: list[Var | Instruction] = []
    stack = [operand]
    seen: set[str] = set()
    while stack:
        x = stack.pop()
        if not isinstance(x, Var) or x.name in seen:
            continue
        seen.add(x.name)
        maker = made.get(x.name)
        if maker is None or maker in loops:
            found.append(maker or x)
        else:
            stack.extend(maker.inputs)
    return found
