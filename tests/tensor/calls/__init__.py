"""Calls by table: what a person writes, and what NumPy calls the same.

A row is an expression in `OPERANDS` and ``t`` (glassnet, or torch), and an expression in the same
names as NumPy arrays and ``np`` that has the same value, shape and dtype. A third entry is what
PyTorch writes instead, or None where it has no such thing.
"""

from __future__ import annotations

from tests.tensor.calls.arranging import ARRANGING
from tests.tensor.calls.creation import CREATION
from tests.tensor.calls.elementwise import ELEMENTWISE, OPERATORS
from tests.tensor.calls.in_place import IN_PLACE
from tests.tensor.calls.mathematics import MATHEMATICS
from tests.tensor.calls.matrices import FACTORS, PRODUCTS
from tests.tensor.calls.operands import OPERANDS, Row
from tests.tensor.calls.places import CASTS, FACTS, FINDING, VIEWS
from tests.tensor.calls.reductions import ORDER, REDUCTIONS, STATISTICS

__all__ = ["IN_PLACE", "OPERANDS", "TABLES", "VIEWS", "Row"]

TABLES: dict[str, list[Row]] = {
    "operators": OPERATORS,
    "elementwise": ELEMENTWISE,
    "mathematics": MATHEMATICS,
    "reductions": REDUCTIONS,
    "order": ORDER,
    "views": VIEWS,
    "casts": CASTS,
    "finding": FINDING,
    "facts": FACTS,
    "in place": IN_PLACE,
    "creation": CREATION,
    "factors": FACTORS,
    "products": PRODUCTS,
    "arranging": ARRANGING,
    "statistics": STATISTICS,
}
