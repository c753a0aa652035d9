"""Rules of a softmax, as in attention: every score, and the share that it is given."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from glassnet.explain.walkthrough.decimals import written_number
from glassnet.explain.walkthrough.rules import Index, Operand, Rule, array_of, broadcast_index, op_of, series
from glassnet.explain.walkthrough.values import Value
from glassnet.explain.walkthrough.window_rules import About, Told
from glassnet.explain.walkthrough.worked_formula import binary
from glassnet.ops.dtypes import Array
from glassnet.ops.formula import Call, Formula
from glassnet.ops.layers.attention import masked_softmax
from glassnet.ops.record import Op
from glassnet.ops.softmax import softmax
from glassnet.program.program import Instruction

LARGE = 50  # exp of twice as much is more than float32 holds
ROW = 7  # shares of a row that are written out


def _along(value: Value, index: Index) -> tuple[int, tuple[slice | int, ...]]:
    dim = op_of(value)[1].get("dim", -1) % len(index)
    return dim, (*index[:dim], slice(None), *index[dim + 1 :])


def _share(value: Value, index: Index, operand: Operand, shown: int) -> Formula | None:
    """exp(score) / Σ exp(score), where no exp is too large; else the operation has to be opened."""
    if not index:
        return None
    dim, row = _along(value, index)
    is_masked = op_of(value)[0] is masked_softmax
    scores = array_of(value, 0).astype(np.float64)
    if is_masked:
        scores = scores + array_of(value, 1)
    scores = scores[row]
    if not np.abs(scores[scores != -np.inf]).max(initial=0) <= LARGE or np.all(scores == -np.inf):
        return None

    def term(k: int) -> Formula:
        place = (*index[:dim], k, *index[dim + 1 :])
        score = operand(0, place)
        if is_masked:
            score = binary("+", score, operand(1, broadcast_index(place, array_of(value, 1).shape)))
        return Call("exp", (score,))

    return binary("/", term(index[dim]), series("+", np.exp(scores), term, shown))


def _about(value: Value, index: Index) -> Iterator[Told]:
    if not index:
        return
    _, row = _along(value, index)
    shares = value.array[row]
    order = np.argsort(-shares, kind="stable")[:ROW]
    if len(shares) <= ROW:
        listed = ", ".join(map(written_number, shares))
        yield f"its row: {listed}, which add up to {written_number(float(shares.sum()))}"
    else:
        listed = ", ".join(f"{written_number(shares[k])} at {k}" for k in order)
        yield f"its row: {len(shares)} shares, which add up to {written_number(float(shares.sum()))}; largest: {listed}"


def is_attention(i: Instruction) -> bool:
    """Whether the result of an instruction is how much each token takes of every other."""
    return i.op in SHARE_RULES and i.output.name.startswith("shares") and len(i.output.shape) > 1


def by_head(shares: Array) -> Array:
    """What an instruction of attention gives, [N, heads, L, S] whatever dimensions it has left out."""
    *samples, heads, queries, keys = (1, *shares.shape)[-max(shares.ndim, 3) :]
    return shares.reshape(math.prod(samples), heads, queries, keys)


SHARE_RULES: dict[Op, Rule] = {softmax: _share, masked_softmax: _share}
ABOUT_SHARES: dict[Op, About] = {softmax: _about, masked_softmax: _about}
