"""A tensor in a notebook: its numbers in a table, shaded by how large they are."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from glassnet.html import heat_table
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written

ROWS, COLUMNS = 12, 12  # shown of a larger tensor; half of them from its end


def tensor_html(array: Array, requires_grad: bool, text: str) -> str:
    """A table of a vector or a matrix; of tensors of other dimensions the ``text``."""
    kind = f"{array.dtype} {written(array.shape)}" + (", requires grad" if requires_grad else "")
    if array.ndim not in (1, 2) or not array.size:
        return f"<pre>{escape(text)}</pre>"
    matrix = array if array.ndim == 2 else array[np.newaxis]
    rows, columns = _shown(matrix.shape[0], ROWS), _shown(matrix.shape[1], COLUMNS)
    numbers = matrix[np.ix_([i for i in rows if i >= 0], [j for j in columns if j >= 0])].astype(np.float64)
    largest = float(np.abs(numbers[np.isfinite(numbers)]).max(initial=0.0)) or 1.0
    cells = ([_cell(matrix, i, j, largest) for j in columns] for i in rows)
    return heat_table(cells, kind)


def _shown(n: int, most: int) -> list[int]:
    """The places that are shown, −1 for those between that are left out."""
    return list(range(n)) if n <= most else [*range(most // 2), -1, *range(n - most // 2, n)]


def _cell(matrix: Array, i: int, j: int, largest: float) -> tuple[str, float]:
    if i < 0 or j < 0:
        return "…", 0.0
    value: Any = matrix[i, j].item()
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    share = float(value) / largest
    return text, share if np.isfinite(share) else 0.0
