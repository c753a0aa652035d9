"""Printing: a program as lines of text, in columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from glassnet.ops.shapes import written
from glassnet.program.instruction import Instruction, Var

_CALL = 80  # columns: comments align to the calls that are no longer than this


def titles(instructions: Iterable[Instruction]) -> Iterator[str]:
    """For each instruction the title that goes before it: its phase where that begins, "" elsewhere.

    A phase may come again, as forward does where something is computed of what was just learned.
    """
    phase, seen = "", set()
    for instruction in instructions:
        begins, phase = instruction.phase != phase, instruction.phase
        yield "" if not begins else f"{phase} again" if phase in seen else phase
        seen.add(phase)


def listing(instructions: Sequence[Instruction]) -> Iterator[str]:
    """One line an instruction, each field in a column of its own."""
    rows = []
    for instruction in instructions:
        name, kind, text, origin = row(instruction)
        rows.append((name, kind, f"= {text}", f"# {origin}" if origin else ""))
    widths = [max((len(cells[c]) for cells in rows), default=0) for c in range(4)]
    # one long call, such as an optimizer's, does not push every comment out of sight
    widths[2] = max((width for cells in rows if (width := len(cells[2])) <= _CALL), default=0)
    for title, cells in zip(titles(instructions), rows, strict=True):
        if title:
            yield f"{title}:"
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        yield f"  {line}".rstrip()


def declarations(inputs: Iterable[Var], state: Iterable[Var], constants: Iterable[Var]) -> Iterator[str]:
    """A line for each kind of value that a program starts from: "input: x float32[2, 3]"."""
    for kind, values in (("input", inputs), ("state", state), ("constant", constants)):
        declared = ", ".join(f"{v.name} {v.dtype}{written(v.shape)}" for v in values)
        if declared:
            yield f"{kind}: {declared}"


def row(instruction: Instruction) -> tuple[str, str, str, str]:
    """An instruction in four texts: the result's name, its dtype and shape, the call, and where it comes from."""
    kind = f"{instruction.output.dtype}{written(instruction.output.shape)}"
    name = instruction.into or instruction.output.name
    origin = instruction.module
    if instruction.derivative_of:
        origin = f"∂ {instruction.derivative_of}" + (f" in {origin}" if origin else "")
    return name, kind, instruction.text, origin
