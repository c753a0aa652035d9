"""The walkthrough: one training step, every number of it, and how it came about.

In reading order: `traced_step` has the step as a program, `values` every number that it computes, `element` one of
them traced back by `rules` to a `worked_formula`, printed in names and in numbers; `layer_rules` has those of windows,
norms, gates and attention, and what is told of them; `forms` and `opened` compute an operation in another way; `page`
is what is shown of a step, written by `text` and `latex`; `walked_step` puts it together.
"""

from __future__ import annotations

from glassnet.explain.walkthrough.element import Chain, Element, Line
from glassnet.explain.walkthrough.opened import Opened
from glassnet.explain.walkthrough.traced_step import WalkthroughError
from glassnet.explain.walkthrough.values import Value
from glassnet.explain.walkthrough.walked_step import Walkthrough, walkthrough

__all__ = ["Chain", "Element", "Line", "Opened", "Value", "Walkthrough", "WalkthroughError", "walkthrough"]
