"""The confusion matrix: which class was taken for which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from glassnet.cli.tasks import percent
from glassnet.ops.dtypes import Array


def confusion(targets: Array, predicted: Array, classes: int) -> Array:
    """How many samples of class i (row) were taken for class j (column): [classes, classes]."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (targets, predicted), 1)
    return counts


def show(console: Console, counts: Array, classes: Sequence[str]) -> None:
    """The matrix, and of each class the part that was recognised (its recall)."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="", padding=0)
    table.add_column("true", justify="right", style="bold")
    for name in classes:
        table.add_column(name, justify="right", min_width=3)
    table.add_column("recall", justify="right")
    for true, row in enumerate(counts):
        cells = [_cell(int(n), right=true == predicted) for predicted, n in enumerate(row)]
        total = int(row.sum())
        table.add_row(classes[true], *cells, percent(row[true] / total) if total else "-")
    console.print(Text("  Rows: what it is. Columns: what the network says.", "dim"))
    console.print()
    console.print(Padding(table, (0, 2)))


def _cell(n: int, *, right: bool) -> Text:
    if n == 0:
        return Text("·", "dim")
    return Text(str(n), "bold" if right else "red")
