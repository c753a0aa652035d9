"""What two evaluations of a program are compared by."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.program.evaluation import Evaluation

Array = Any


def arrays(evaluation: Evaluation) -> dict[str, Array]:
    """All that came of a program, by name."""
    return (
        {f"output {i}": np.asarray(x) for i, x in enumerate(evaluation.outputs)}
        | {f"kept {i}": x for i, x in enumerate(evaluation.kept)}
        | {f"state {name}": x for name, x in evaluation.state.items()}
    )


def check_equal(a: Evaluation, b: Evaluation, *, exactly: bool) -> None:
    """Assert that two evaluations gave the same: bit for bit, or to rounding."""
    named = arrays(b)
    for name, x in arrays(a).items():
        y = named[name]
        assert x.shape == y.shape, name
        if exactly or x.dtype.kind != "f":
            np.testing.assert_array_equal(x, y, err_msg=name)
        else:
            np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-11, err_msg=name)
