"""The text of an exported file, section by section."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import glassnet
from glassnet.export import standalone
from glassnet.export.exported import Exported
from glassnet.export.forward import forward_text
from glassnet.export.given import copied
from glassnet.export.given_table import RESERVED_BY_TABLES
from glassnet.export.layout import WIDTH, assigned, named, section
from glassnet.export.numbers import array_source
from glassnet.ops.shapes import written
from glassnet.ops.softmax import log_softmax, softmax

# What values of a network may not be called, because a file calls something else so.
RESERVED = {name for name in vars(standalone) if not name.startswith("__")} | RESERVED_BY_TABLES | {
    "Path", "allow_pickle", "file", "numbers", "x", "zipfile",
}  # fmt: skip


class FileText:
    """The text of a file named ``stem``.py; ``code`` is all of it but the numbers and what starts the command.

    ``beside`` is the name of the file that the numbers are in, "" if they are in the text itself.
    """

    def __init__(self, exported: Exported, stem: str, beside: str, title: str, facts: Mapping[str, str]) -> None:
        self.exported = exported
        self.stem = stem
        self.beside = beside
        self.title = title or "A network, written out by glassnet. It needs NumPy alone."
        self.facts = facts

    def __str__(self) -> str:
        start = 'if __name__ == "__main__":\n    sys.exit(main())'
        return "\n".join([self.code, section("the numbers"), "", *self._numbers(), "", "", start, ""])

    @cached_property
    def code(self) -> str:
        """Everything but the numbers."""
        also = [softmax] if self._softmax_last else []
        forward = forward_text(self.exported.program, also)
        parts = [f'"""{self._docstring()}\n"""', "", *self._imports(forward.imports), ""]
        parts += [section("what goes in and comes out"), "", *self._constants()]
        if any(forward.operations):
            parts += [section("the operations"), "", "\n\n\n".join(filter(None, forward.operations)), ""]
        parts += [section("the network"), "", *self._forward(forward.lines), ""]
        parts += [section("how to use it"), "", *self._use()]
        parts += [section("the command"), "", copied(standalone.main), "", "", copied(self._answers), "", ""]
        parts += [*self.exported.given.reading(), ""]
        parts += [section("the self-test"), "", copied(standalone.self_test), ""]
        return "\n".join(parts)

    # what it is ---------------------------------------------------------------------------------------

    def _docstring(self) -> str:
        e = self.exported
        count = sum(array.size for array in e.weights.values())
        place = f"in {self.beside}, which belongs beside this file" if self.beside else "at the end of this file"
        facts = {"input": e.given.input, "output": self._output(), **self.facts}
        facts |= {"numbers": f"{count:,}, {place}", "written by": f"glassnet {glassnet.__version__}"}
        width = max(map(len, facts)) + 2
        lines = [*textwrap.wrap(self.title, WIDTH), ""]
        for name, text in facts.items():
            lines += textwrap.wrap(f"{name.ljust(width)}{text}", WIDTH, subsequent_indent=" " * width)
        offered = "predict" if e.classes is None else "predict, predict_proba"
        name = self.stem if self.stem.isidentifier() else f"({self.stem}, renamed to what Python can import)"
        lines += ["", "In Python:", "", f"    from {name} import {offered}", ""]
        lines += [f"    predict(X)  # X: {e.given.usage}", ""]
        lines += ["As a command:", "", f"    python {self.stem}.py data.csv [--output results.csv]"]
        lines += [f"    python {self.stem}.py --self-test"]
        return "\n".join(lines).replace("\\", "\\\\").replace('"""', "'''")

    def _output(self) -> str:
        e = self.exported
        if e.classes is None:
            return e.given.output or f"{e.outputs[0].size} value{'s' * (e.outputs[0].size != 1)} a sample"
        names = ", ".join(e.classes) if len(e.classes) <= 12 else f"{e.classes[0]}, {e.classes[1]}, …, {e.classes[-1]}"
        return f"the class, one of {names}, and the probability of each"

    def _imports(self, more: list[str]) -> list[str]:
        own = ["argparse", "csv", "hashlib", "sys"] + ["zipfile"] * bool(self.beside)
        needed = {*(f"import {name}" for name in own), *more, *self.exported.given.imports}
        needed |= {"from pathlib import Path"} if self.beside else set()
        return [*sorted(needed, key=lambda line: (line.startswith("from"), line)), "", "import numpy as np"]

    def _constants(self) -> Iterator[str]:
        e = self.exported
        yield from e.given.constants()
        yield assigned("DATA", e.given.data)
        if e.classes is not None:
            yield assigned("CLASSES", e.classes)
        yield ""

    # what it does -------------------------------------------------------------------------------------

    def _forward(self, lines: list[str]) -> Iterator[str]:
        e = self.exported
        yield "def forward(x):"
        came, given = ((", ".join(map(str, ("n", *array.shape[1:])))) for array in (e.inputs, e.outputs))
        yield f'    """What the network makes of n samples: [{given}] from [{came}]."""'
        yield from (f"    {line}" for line in lines)
        yield f"    return {e.program.outputs[0]}"

    @property
    def _softmax_last(self) -> bool:
        """Whether the network gives scores, of which probabilities are still to be made."""
        return self.exported.classes is not None and self.exported.last_op not in (softmax, log_softmax)

    def _use(self) -> Iterator[str]:
        e = self.exported
        if e.classes is None:
            yield from (copied(e.given.values, "predict"), "", "")
        else:
            given = {softmax: "forward(encoded(X))", log_softmax: "np.exp(forward(encoded(X)))"}
            yield from (copied(standalone.predict), "", "")
            yield "def predict_proba(X):"
            yield f'    """The probability of each class for each sample: [n, {len(e.classes)}]."""'
            yield f"    return {given.get(e.last_op, 'softmax(forward(encoded(X)), dim=1)')}"  # type: ignore[arg-type]
            yield from ("", "")
        yield from (*e.given.encoding(), "")

    @property
    def _answers(self) -> Callable[..., Any]:
        return self.exported.given.answers if self.exported.classes is None else standalone.answers

    # its numbers --------------------------------------------------------------------------------------

    def _numbers(self) -> Iterator[str]:
        arrays = self.exported.arrays
        if self.beside:
            yield from self._loaded()
        else:
            yield "\n\n".join(array_source(name, array) for name, array in arrays.items())
            yield ""
        yield from self.exported.given.tests()
        yield named("WEIGHTS", [*self.exported.weights])
        yield f'FINGERPRINT = "{self.exported.fingerprint}"  # of the weights'
        yield f"TOLERANCE = {self.exported.tolerance}  # of the self-test: machines round differently"

    def _loaded(self) -> Iterator[str]:
        yield "try:"
        yield f'    with open(Path(__file__).with_name("{self.beside}"), "rb") as file:'
        yield "        numbers = np.load(file, allow_pickle=False)"
        for name, array in self.exported.arrays.items():
            yield f'        {name} = numbers["{name}"]  # {written(array.shape)}'
        yield "except (OSError, LookupError, ValueError, EOFError, zipfile.BadZipFile) as error:"
        yield f'    problem = f"{self.stem}.py needs {self.beside}, as it was written, beside it: {{error}}"'
        yield '    raise (SystemExit if __name__ == "__main__" else ImportError)(problem) from None'
