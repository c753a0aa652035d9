"""Names in C: what each value is called there."""

from __future__ import annotations

import re

from glassnet.engines.native.generators import generators_of
from glassnet.program.program import Program, Var

KEYWORDS = (
    "auto break case char const continue default do double else enum extern float for goto if inline int long register "
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while asm linux unix"
)
OWN = (
    "rows panel panels column tile sums row first columns deep near part id threads barrier at arena NAN INFINITY "
    "fault own_fault any_fault"
)


def c_names(program: Program) -> dict[Var, str]:
    """The name of each value: as in the program, unless that means something else in C, or is not of its letters."""
    taken = {*KEYWORDS.split(), *OWN.split()}
    names: dict[Var, str] = {}
    values = (*program.inputs, *program.state, *program.constants, *(i.output for i in program))
    for var, name in [*((var, var.name) for var in values), *((var, "generator") for var in generators_of(program))]:
        wish = c_name(name)
        while wish in taken:
            wish += "_"
        taken |= {wish, f"{wish}_", f"{wish}_m"}  # its places in memory are called so
        names[var] = wish
    return names


def c_name(text: str) -> str:
    """``text`` with letters that C has."""
    name = re.sub(r"[^A-Za-z0-9_]", lambda found: "_" if found[0] == " " else f"u{ord(found[0]):x}", text)
    return f"v{name}" if name[0] in "_0123456789" or re.fullmatch(r"[ijkcr]\d*_?", name) else name
