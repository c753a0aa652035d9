"""Cells of a CSV file that a spreadsheet would compute.

A spreadsheet takes a cell that begins with = + - or @ for a formula, in quotes or not, and what it computes may read
files or call programs. With an apostrophe before it, the cell is text (OWASP, "CSV Injection"). A text that is written
with one is read without it; a text that begins so by itself gets one more, so that every text comes back as it was.

Exported files read and write tables by these functions, which are copied into them as they stand: they know nothing
of glassnet.
"""

from __future__ import annotations

import re

SIGNS = frozenset("'=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # that a text begins with if it is changed


def as_text(cell: str) -> str:
    """The text of a cell as it is written, with an apostrophe where a spreadsheet would compute it.

    >>> as_text("=1+1"), as_text("'=1"), as_text("-1"), as_text("red")
    ("'=1+1", "''=1", '-1', 'red')
    """
    is_formula = re.match("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]", cell)
    is_number = re.fullmatch(r"[+-]?([0-9][0-9.,]*|[.,][0-9]+)([eE][+-]?[0-9]+)?%?|[+-]", cell)
    return f"'{cell}" if is_formula and not is_number else cell


def as_written(cell: str) -> str:
    """The text that `as_text` wrote so: every cell of a table is read by this.

    >>> as_written("'=1+1"), as_written("'tis"), as_written("red")
    ('=1+1', "'tis", 'red')
    """
    return cell[1:] if cell[:1] == "'" and as_text(cell[1:]) == cell else cell
