"""Named: a function of `glassnet.functional` by its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from glassnet import functional


def named_function(name: str) -> Callable[..., Any]:
    """The function of that name. Raises ValueError, which lists what is near, for one that there is not."""
    found: Any = getattr(functional, name, None)
    if inspect.isfunction(found):
        return found
    near = get_close_matches(name, [n for n, v in vars(functional).items() if inspect.isfunction(v)], n=3)
    guess = f"; did you mean {' or '.join(near)}?" if near else ""
    raise ValueError(f"expected the name of a function of glassnet.functional, such as sigmoid, got {name!r}{guess}")
