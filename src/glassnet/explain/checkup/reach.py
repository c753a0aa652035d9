"""FreeVariables: whether the activation after the last layer can give the targets at all."""

from __future__ import annotations

import math

from glassnet.explain.checkup.finding import Said
from glassnet.explain.checkup.observed import Observed
from glassnet.explain.checkup.structure import op_of, source_of
from glassnet.explain.walkthrough import Value

ENDS = {
    "relu": (0, math.inf),
    "relu6": (0, 6),
    "sigmoid": (0, 1),
    "softmax": (0, 1),
    "softplus": (0, math.inf),
    "tanh": (-1, 1),
}
"""What activations give, from the least to the greatest."""
BEYOND, EDGE = 0.05, 0.02  # of the targets, and how far of the range


def out_of_reach(seen: Observed) -> Said | None:
    """What is to be said of targets that are compared with an activation that cannot be like them."""
    step = seen.recorded
    for value in step.forward("squared_error", "absolute_error", "sub") if step else ():
        pair = [source_of(x) for x in value.operands[:2] if isinstance(x, Value)]
        made = next((x for x in pair if op_of(x) in ENDS), None)
        targets = next((x for x in pair if x is not None and x.name == "y"), None)
        if made is None or targets is None or not seen.y.size:
            continue
        low, high = ENDS[op_of(made)]
        beyond = float(((seen.y < low - EDGE) | (seen.y > high + EDGE)).mean())
        if beyond > BEYOND:
            end = f"the {op_of(made)} at its end"
            return Said(
                f"the network cannot give the targets, so that it cannot learn them: {end} stays in {low} … {high}",
                f"{100 * beyond:.0f} % of the targets are beyond; they are {seen.y.min():.4g} … {seen.y.max():.4g}",
                f"leave out {end}, or scale the targets",
            )
    return None
