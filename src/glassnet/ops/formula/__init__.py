"""Formulas: parsed once into a tree, printed as Python, as a textbook does, in LaTeX, and by SymPy."""

from __future__ import annotations

from glassnet.ops.formula.parse import formula_of, input_names, parameters, parse, parse_statement
from glassnet.ops.formula.text import PythonText, TextbookText
from glassnet.ops.formula.tree import Binary, Call, Cases, Formula, Mention, Name, Number, Statement, Unary

__all__ = [
    "Binary",
    "Call",
    "Cases",
    "Formula",
    "Mention",
    "Name",
    "Number",
    "PythonText",
    "Statement",
    "TextbookText",
    "Unary",
    "formula_of",
    "input_names",
    "parameters",
    "parse",
    "parse_statement",
]
