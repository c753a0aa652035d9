"""The walkthrough: one training step, every number of it, and how it came about."""

from __future__ import annotations

from glassnet.explain.walkthrough.element import Element, Line, Trace
from glassnet.explain.walkthrough.errors import WalkthroughError
from glassnet.explain.walkthrough.opened import Opened
from glassnet.explain.walkthrough.step import Walkthrough, walkthrough
from glassnet.explain.walkthrough.values import Value

__all__ = ["Element", "Line", "Opened", "Trace", "Value", "Walkthrough", "WalkthroughError", "walkthrough"]
