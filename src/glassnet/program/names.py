"""Names: what the values of a program are called, each name given once and none that means something else."""

from __future__ import annotations

import builtins
import keyword
import sys
import unicodedata
from collections.abc import Container, Mapping
from functools import cache
from types import ModuleType
from typing import Any

from glassnet import ops
from glassnet.ops import registry
from glassnet.ops.movement import cast, permute
from glassnet.ops.record import Op
from glassnet.program.program import Program, Var


def identifier(path: str, kind: str = "") -> str:
    """A path through modules as one Python name: "layers.0" of a Linear is layers_linear0.

    It is what Python itself makes of it (NFKC), so names that Python takes for one are one. What cannot stand in a
    name, also letters of \\w that Python knows no name with, is an underscore.
    """
    words = [f"{kind.lower()}{word}" if word.isdigit() else word for word in path.split(".")]
    name = unicodedata.normalize("NFKC", "_".join(words))
    if not name.isidentifier():
        name = "".join(letter if f"_{letter}".isidentifier() else "_" for letter in name)
    return name if name.isidentifier() else f"_{name}"


def telling_name(op: Op, params: Mapping[str, Any], source: Var | None) -> str:
    """The name of what is ``source`` in another form: W_T, lr_float32; "" for anything else."""
    if source is None:
        return ""
    if op is permute and len(source.shape) > 1 and tuple(params["dims"]) == tuple(range(len(source.shape)))[::-1]:
        return f"{source.name}_T"
    return f"{source.name}_{params['dtype']}" if op is cast else ""


class Namer:
    """Gives names, each only once, and none that means something else in the source of a program.

    The second ``sum`` is sum_2; what is known by its operation alone is sum1, sum2. The names of
    ``program`` are taken already.
    """

    def __init__(self, program: Program | None = None) -> None:
        self._used = {*_reserved(), "step"} | (set() if program is None else _names_in(program))

    def __call__(self, wish: str) -> str:
        """``wish``, or what is nearest to it of the names that are free."""
        form = f"{wish}{{}}" if wish in self._used and wish in registry else f"{wish}_{{}}"
        number, name = 1, wish
        while name in self._used or is_modules_own(name):
            name = form.format(number if wish in registry else number + 1)
            number += 1
        self._used.add(name)
        return name


def is_modules_own(name: str) -> bool:
    """Whether a module may keep something of its own under ``name``: __file__, __builtins__."""
    return name.startswith("__") and name.endswith("__")


def unused(name: str, taken: Container[str]) -> str:
    """``name``, with as many underscores after it as it takes to be none of the ``taken``."""
    while name in taken:
        name += "_"
    return name


def taken_names(program: Program) -> set[str]:
    """The names that mean something in the source of ``program``."""
    return _names_in(program) | (_reserved() - {"step"}) | {instruction.op.name for instruction in program}


def _names_in(program: Program) -> set[str]:
    made = (instruction.output for instruction in program.instructions)
    return {var.name for var in (*program.inputs, *program.state, *program.constants, *made)}


def _reserved() -> set[str]:
    """Names that are Python's, NumPy's, or those of operations and of what they call."""
    return {*registry, *_reserved_by_modules()}  # operations may be added at any time


@cache
def _reserved_by_modules() -> set[str]:
    modules = [vars(module) for name, module in list(sys.modules.items()) if name.startswith(ops.__name__)]
    helpers = {n for names in modules for n, x in names.items() if not isinstance(x, ModuleType | type | Op)}
    return {*keyword.kwlist, *dir(builtins), *helpers, "np", "math", "generator"}
