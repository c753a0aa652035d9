"""In step: whether a class's fast method still says the same as its plain one."""

from __future__ import annotations

from typing import Any


def in_step(thing: Any, fast: str, *plain: str) -> bool:
    """Whether ``thing`` has the method ``fast``, defined no further from its class than any of ``plain``.

    A subclass that changes ``__getitem__`` alone inherits a ``batch_at`` that knows nothing of the
    change, and taking it would silently undo what the subclass is for. So the method nearest to
    the class counts. Methods are looked up on classes: a wrapper that passes unknown attributes on
    to what it wraps is not taken for it.
    """
    for cls in type(thing).__mro__:
        names = vars(cls)
        if fast in names:
            return names[fast] is not None
        if any(name in names for name in plain):
            return False
    return False
