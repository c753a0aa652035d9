"""What dispatch costs: apply() of an addition of two 1-element arrays, beside np.add itself."""

from __future__ import annotations

from timeit import repeat

import numpy as np

CALLS, ROUNDS = 50_000, 15


def costs() -> dict[str, float]:
    """Microseconds a call: NumPy alone, through dispatch, with a gradient required, as a + b."""
    import glassnet
    from glassnet.ops.arithmetic import add
    from glassnet.tensor import apply

    x, y = np.ones(1, np.float32), np.ones(1, np.float32)
    a, b = glassnet.from_numpy(x), glassnet.from_numpy(y)
    trainable = glassnet.ones(1, requires_grad=True)
    calls = {
        "np.add(x, y)": lambda: np.add(x, y),
        "apply(add, a, b)": lambda: apply(add, a, b),
        "apply(add, a, b), b requires grad": lambda: apply(add, a, trainable),
        "a + b": lambda: a + b,
    }
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(ROUNDS):
        for name, call in calls.items():
            best[name] = min(best[name], repeat(call, number=CALLS // 10, repeat=1)[0] / (CALLS // 10) * 1e6)
    return best
