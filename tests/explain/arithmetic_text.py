"""Printed arithmetic, read and worked out again: by Python, knowing nothing of how it was printed."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

NAMES: dict[str, Any] = {
    **{name: getattr(np, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "abs", "sign", "trunc")},
    "erf": math.erf,
    **{name: getattr(math, name) for name in ("asin", "acos", "atan", "atan2")},
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.rint,
    "max": lambda *x: np.max(x),
    "min": lambda *x: np.min(x),
    "inf": math.inf,
    "nan": math.nan,
    "invert": lambda x: ~int(x),
    "xor": lambda a, b: int(a) ^ int(b),
}


def split(text: str) -> tuple[str, str, str]:
    """The left side, "=" or "≈", and the result."""
    found = re.fullmatch(r"(.*) ([=≈]) (\S+)", text)
    assert found, text
    return found[1], found[2], found[3]


def worked_out(text: str) -> float:
    """What the left side comes to."""
    code = re.sub(r"\(… \d+ more \w+: ([^()]+)\)", r"(\1)", text)
    code = code.replace("not(", "invert(").replace(" and ", " & ").replace(" or ", " | ").replace(" xor ", " ^ ")
    code = code.replace(" mod ", " % ")
    code = code.replace("^", "**") if " ^ " not in code else code
    code = code.replace("·", "*").replace("[", "(1*(").replace("]", "))")
    # numbers as NumPy's, for which 0/0 is NaN; whole ones stay Python's where bits count
    if not re.search(r"[&|]|invert| \^ ", code):
        code = re.sub(r"(?<![\w.])(\d+\.?\d*(e[+-]?\d+)?)", r"f(\1)", code)
    with np.errstate(all="ignore"):
        return float(eval(code, {"__builtins__": {}}, NAMES | {"f": np.float64}))


def holds(text: str, number: float) -> bool:
    """Whether a line is true as it stands, and its result is ``number`` to four digits that count."""
    left, sign, result = split(text)
    if not _close(float(result), number, 0.5):
        return False
    return sign == "≈" or _close(worked_out(left), float(result), 1.0)


def _close(a: float, b: float, places: float) -> bool:
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    if math.isinf(a) or math.isinf(b):
        return a == b
    last = 10.0 ** (math.floor(math.log10(abs(b))) - 3) if b else 1e-12
    return abs(a - b) <= places * last * 1.002
