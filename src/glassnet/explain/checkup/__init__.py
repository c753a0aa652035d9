"""The check-up: what is wrong with a training run, with the numbers that show it, and what to do."""

from __future__ import annotations

from glassnet.explain.checkup import (
    belonging,
    data,
    flows,
    learning,
    pictures,
    script,
    sequences,
    signals,
    start,
    structure,
    updates,
)
from glassnet.explain.checkup.batches import CheckupError
from glassnet.explain.checkup.check import CHECKS, Finding
from glassnet.explain.checkup.examination import Checkup, checkup

__all__ = ["CHECKS", "Checkup", "CheckupError", "Finding", "checkup"]
