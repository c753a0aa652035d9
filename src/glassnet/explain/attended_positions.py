"""What the positions are called that an attention is between: the tokens, and one that the network adds itself."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.explain.walkthrough.share_rules import is_attention
from glassnet.ops.movement import concatenate
from glassnet.ops.shapes import shape_of
from glassnet.program.instruction import Instruction
from glassnet.program.program import Program

CLASS = "[class]"  # a position of no token, in which a network gathers what it says of all


def names_of_positions(program: Program, tokens: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """The names of the positions between which attention is, by how many there are: ``tokens`` are those of the input.

    Where a network sets one of its own before the tokens or behind them, it is `CLASS`. Empty where no attention is
    between so many positions.
    """
    forward = program.phase("forward")
    lengths = {n for i in forward if is_attention(i) for n in i.output.shape[-2:]}
    named = {len(tokens): tuple(tokens)} if len(tokens) in lengths else {}
    if len(tokens) + 1 in lengths:
        for first, second in (_put_together(i) for i in forward if i.op is concatenate and len(i.inputs) == 2):
            if (first, second) == (1, len(tokens)):
                named[len(tokens) + 1] = (CLASS, *tokens)
            elif (first, second) == (len(tokens), 1):
                named[len(tokens) + 1] = (*tokens, CLASS)
    return named


def _put_together(i: Instruction) -> list[int]:
    """How many positions each input of a concatenation brings."""
    return [shape_of(x)[i.params.get("dim", 0)] for x in i.inputs]
