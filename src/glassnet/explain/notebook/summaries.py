"""What a notebook shows of a tensor, a module and a program: small tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.explain.notebook.tables import heat_table, table
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.program.printing import declarations, row, titles
from glassnet.program.program import Program
from glassnet.tensor import Tensor
from glassnet.text import escaped, shown

ROWS, COLUMNS = 12, 12  # of a larger tensor; half of them from its end
LAYERS = 100  # of a larger network; the rest is counted
INSTRUCTIONS = 200  # of a longer program; half of them from its end


# a tensor: its numbers, shaded by how large they are -------------------------------------------------


def tensor_html(tensor: Tensor) -> str:
    """A table of a vector or a matrix; of tensors of other dimensions the text."""
    text = repr(tensor)  # which a tracer refuses: the numbers are not there yet
    array = tensor.array
    if array.ndim not in (1, 2) or not array.size:
        return f"<pre>{escaped(text)}</pre>"
    caption = f"{array.dtype} {written(array.shape)}" + (", requires grad" if tensor.requires_grad else "")
    matrix = array if array.ndim == 2 else array[np.newaxis]
    rows, columns = _shown(matrix.shape[0], ROWS), _shown(matrix.shape[1], COLUMNS)
    numbers = matrix[np.ix_([i for i in rows if i >= 0], [j for j in columns if j >= 0])].astype(np.float64)
    largest = float(np.abs(numbers[np.isfinite(numbers)]).max(initial=0.0)) or 1.0
    return heat_table(([_cell(matrix, i, j, largest) for j in columns] for i in rows), caption)


def _shown(n: int, most: int) -> list[int]:
    """The indices that are shown, −1 for those between that are left out."""
    return list(range(n)) if n <= most else [*range(most // 2), -1, *range(n - most // 2, n)]


def _cell(matrix: Array, i: int, j: int, largest: float) -> tuple[str, float]:
    if i < 0 or j < 0:
        return "…", 0.0
    value: Any = matrix[i, j].item()
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    share = float(value) / largest
    return text, share if np.isfinite(share) else 0.0


# a module: its layers, what each learns, and how many numbers that is --------------------------------


def module_html(module: Module) -> str:
    """A row for each module within, in the order of their names; one that comes again says where it came first."""
    rows: list[list[str]] = []
    first: dict[int, str] = {}
    for path, inner in module.named_modules(remove_duplicate=False):
        depth = path.count(".") + 1 if path else 0
        name = "  " * (depth - 1) + shown(path.rpartition(".")[2]) if path else ""
        described = f"{type(inner).__name__}({inner.extra_repr()})"
        if id(inner) in first:
            rows.append([name, described, f"same as {shown(first[id(inner)])}", ""])
            continue
        first[id(inner)] = path
        own = dict(inner.named_parameters(recurse=False))
        shapes = ", ".join(f"{shown(key)} {written(p.shape)}" for key, p in own.items())
        count = sum(p.numel() for p in own.values())
        rows.append([name, described, shapes, f"{count:,}" if count else ""])
    total = sum(p.numel() for p in module.parameters())
    learned = sum(p.numel() for p in module.parameters() if p.requires_grad)
    caption = f"{type(module).__name__}: {total:,} parameters" + (f", {learned:,} learned" if learned < total else "")
    caption += "" if module.training else ", in evaluation mode"
    more = [f"… {len(rows) - LAYERS:,} more"] if len(rows) > LAYERS else []
    header = ("name", "layer", "parameters", "count")
    return table([*rows[:LAYERS], *more], header, caption, ("", "", "faint", "number"))


# a program: its instructions, phase by phase ---------------------------------------------------------


def program_html(program: Program) -> str:
    """What `print` shows of a program, as a table."""
    rows: list[tuple[str, ...] | str] = []
    for instruction, title in zip(program.instructions, titles(program.instructions), strict=True):
        if title:
            rows.append(title)
        rows.append(row(instruction))
    if len(rows) > INSTRUCTIONS:
        left_out = f"… {len(rows) - INSTRUCTIONS:,} more lines: print(program) shows them all"
        rows = [*rows[: INSTRUCTIONS // 2], left_out, *rows[-INSTRUCTIONS // 2 :]]
    header = ("value", "shape", "instruction", "from")
    declared = "; ".join(declarations(program.inputs, program.state, program.constants))
    return table(rows, header, declared, ("", "faint", "", "faint"))
