"""Samples for the operations of `glassnet.tensor.functions` on numbers that are no elementary ones."""

from __future__ import annotations

import numpy as np

from tests.ops.sample import Sample, ints, normal, spaced

_ANY = [Sample("any", (spaced(2, 3),)), Sample("one", (spaced(),)), Sample("none", (spaced(0, 3),))]
_POSITIVE = [Sample("positive", (np.abs(spaced(2, 3)),)), Sample("one", (np.array(1.3),))]
_WHOLE = (ints(2, 3, high=50), ints(3, high=20, seed=1))
_PARTS = Sample("two", (np.array([0.5, 2.0, 9.0, 30.0]), np.array([0.25, 3.5, 4.0, 41.0])))
_PLACES = (np.array([[3, -8, 100], [0, 1, 7]]), np.array([0, 2, 70]))
_DRAWN = [Sample("drawn", (np.array([[0.4, 1.0, 7.0]]),), {"generator": 7}, order=0)]

FUNCTIONS = {
    **dict.fromkeys(("erfcx", "i0", "i0e", "i1", "i1e", "log_ndtr", "lgamma", "digamma"), _ANY),
    "polygamma": [*_POSITIVE, *(Sample(f"of order {n}", (np.abs(spaced(4)),), {"n": n}) for n in (1, 2))],
    "zeta": [Sample("two", (np.array([2.0, 3.5, 4.0]), np.array([1.0, 0.5, 12.0])))],
    "igamma": [_PARTS],
    "igammac": [_PARTS],
    "logcumsumexp": [
        *(Sample(f"along {dim}", (spaced(3, 4),), {"dim": dim}) for dim in (0, -1)),
        Sample("one", (spaced(),), {"dim": 0}),
        Sample("none", (spaced(0, 3),), {"dim": 1}),
    ],
    "erfinv": [Sample("any", (spaced(2, 3) / 5,)), Sample("one", (np.array(0.3),))],
    "ndtri": [Sample("any", (np.abs(spaced(2, 3)) / 5,))],
    "nextafter": [Sample("two", (normal(2, 3), normal(3, seed=1)))],
    "gcd": [Sample("whole", _WHOLE)],
    "lcm": [Sample("whole", _WHOLE)],
    "left_shift": [Sample("bits", _PLACES)],
    "right_shift": [Sample("bits", _PLACES)],
    **dict.fromkeys(("standard_gamma", "poisson", "von_mises", "category"), _DRAWN),
    "binomial": [Sample("tries", (ints(2, 3, high=9), np.array([0.2, 0.5, 0.9])), {"generator": 7}, order=0)],
    "standard_gamma_slope": [Sample("two", (np.array([0.4, 2.0, 3000.0]), np.array([0.1, 2.5, 2990.0])), order=0)],
    "exponent": [Sample("any", (spaced(2, 3),))],
}
