"""A page as LaTeX: displayed formulas, with the numbers as matrices."""

from __future__ import annotations

from glassnet.explain.walkthrough.decimals import cells_of, summary
from glassnet.explain.walkthrough.page import Page, Row
from glassnet.ops.dtypes import Array
from glassnet.ops.formula.latex import name_in_math, text_of


def as_latex(page: Page) -> str:
    """A paragraph of formulas for each phase."""
    setup = "\\allowdisplaybreaks\n\\setcounter{MaxMatrixCols}{12}"
    parts = [rf"\subsection*{{{text_of(page.title)}}}", *map(text_of, page.lines), setup]
    for section in page.sections:
        rows = " \\\\\n".join(_row(row) for row in section.rows)
        parts += [
            rf"\paragraph{{{text_of(section.title)}}}",
            "\\begin{align*}\n" + rows + "\n\\end{align*}",
        ]
    return "\n\n".join(parts) + "\n"


def _row(row: Row) -> str:
    """The formula, or the call where the formula is in words, the numbers, and beside them those of the gradient."""
    name = name_in_math(row.name)
    formula = row.latex or rf"{name} &= \text{{{text_of(row.call)}}}"
    arrays = dict(row.arrays)
    value = f"{formula} && {_matrix(arrays['value'] if 'value' in arrays else arrays['after'])}"
    if "gradient" not in arrays:
        return value
    return rf"{value} && \frac{{\partial \mathit{{loss}}}}{{\partial {name}}} = {_matrix(arrays['gradient'])}"


def _matrix(array: Array) -> str:
    cells = cells_of(array)
    if cells is None:
        return rf"\text{{{text_of(summary(array))}}}"
    rows = r" \\ ".join(map(" & ".join, cells))
    return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"
