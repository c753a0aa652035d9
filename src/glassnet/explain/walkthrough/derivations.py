"""Derivations: textbook ways to compute what an operation computes, where its expansion takes another."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.explain.walkthrough.inside import Form, Tell
from glassnet.ops.arithmetic import div, mul
from glassnet.ops.classification import row_weights
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import exp, log
from glassnet.ops.movement import cast, reshape
from glassnet.ops.reduction import sum as sum_of

LARGE = 50  # exp of twice as much is more than float32 holds


def _softmax_with_loss(tell: Tell, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """The computational graph of K. Saitoh, "Deep Learning from Scratch", appendix A: exp, sum, division, log, product.

    A node r = 1/S is of its own, so that p = e·r is a product, as there. What the book
    calls y is p here: y are the labels.
    """
    a, labels, *rest = inputs
    weight = rest[0] if rest else None
    classes = np.arange(a.shape[1])
    t = tell("t", cast(reshape(labels, shape=(-1, 1)) == classes, dtype=a.dtype))
    e = tell("e", exp(_shifted(tell, a)))
    total = tell("S", sum_of(e, dim=1, keepdim=True))
    inverse = tell("r", div(1.0, total))
    p = tell("p", mul(e, inverse))
    log_p = tell("log_p", log(p))
    product = tell("t_log_p", mul(t, log_p))
    each = tell("L_row", -sum_of(product, dim=1))
    share = row_weights(labels, weight, dtype=a.dtype, **params)
    parts = tell("L_part", each * tell("share", share))
    return parts if params.get("reduction", "mean") == "none" else tell("L", sum_of(parts))


def _shifted(tell: Tell, a: Any) -> Any:
    """Scores for which exp does not overflow: those of a row less the greatest of them, which changes no p."""
    if a.array.size == 0 or not np.max(np.abs(a.array)) > LARGE:
        return a
    return tell("shifted", a - a.array.max(axis=1, keepdims=True))


def p_minus_t(found: dict[str, Array], gradient: Array) -> Array:
    """The shortcut by hand, of the values p, t and share of the graph above."""
    return np.asarray((found["p"] - found["t"]) * (found["share"] * gradient)[:, np.newaxis])


DERIVATIONS: dict[str, tuple[str, Form]] = {
    "cross_entropy": (
        "softmax with cross-entropy, p = softmax(a), t = 1 at the label: the shortcut is ∂loss/∂a = p − t, each row "
        "times its share in the loss; node by node, back through product, log, division, sum and exp, it is the same",
        _softmax_with_loss,
    ),
}
