"""The text of an exported file, section by section."""

from __future__ import annotations

import hashlib
import keyword
import os
import re
import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.encoders.encoder import Encoder, Source, Standalone
from glassnet.export import standalone
from glassnet.export.copied import copied, imports_of, module_of
from glassnet.export.forward import forward_text
from glassnet.export.inference import follows_batch
from glassnet.export.literals import WIDTH, array_source, assigned, in_docstring, names_assigned, quoted
from glassnet.ops.dtypes import Array
from glassnet.ops.record import Op
from glassnet.ops.shapes import written
from glassnet.ops.softmax import log_softmax, softmax
from glassnet.program.names import identifier
from glassnet.program.program import Program
from glassnet.text import formulas, shown
from glassnet.threads import computed_once
from glassnet.version import __version__

_TOLERANCES = {"float16": 1e-2, "float32": 1e-4, "float64": 1e-9}


@dataclass(frozen=True)
class Exported:
    """A network as a program, its numbers, and a few samples with what it makes of them.

    ``samples`` are as a person gives them; the ``encoder`` makes ``inputs`` of them. Without ``classes`` the network
    gives values.
    """

    program: Program
    state: dict[str, Array]
    encoder: Encoder
    samples: Any
    inputs: Array
    outputs: Array
    classes: tuple[str, ...]

    @computed_once
    def standalone(self) -> Standalone:
        """What the file needs to encode samples."""
        return self.encoder.standalone(self.inputs.dtype)

    @property
    def weights(self) -> dict[str, Array]:
        """Parameters, buffers and constants, by name."""
        constants = {v.name: array for v, array in self.program.constants.items() if not follows_batch(v)}
        return self.state | constants

    @property
    def arrays(self) -> dict[str, Array]:
        """All numbers of the file: the weights, and the samples it tests itself with."""
        samples = {"TEST_INPUTS": self.samples} if isinstance(self.samples, np.ndarray) else {}
        return self.weights | samples | {"TEST_OUTPUTS": self.outputs}

    @property
    def last_op(self) -> Op | None:
        """The operation that gives the result."""
        return next((i.op for i in self.program if i.output == self.program.outputs[0]), None)

    @property
    def tolerance(self) -> float:
        """How much the results may differ from one machine to another."""
        return _TOLERANCES.get(str(self.outputs.dtype), 0)

    @property
    def fingerprint(self) -> str:
        """A digest of the weights, to know them by: 16 hexadecimal digits."""
        digest = hashlib.sha256()
        for array in self.weights.values():
            digest.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes())
        return digest.hexdigest()[:16]


def reserved_names(parts: Standalone) -> set[str]:
    """What the values of a network may not be called in a file, because something else is called so there."""
    modules = [standalone, formulas, *(module_of(source) for source in _copied_sources(parts))]
    names = {name for module in modules for name in vars(module) if not name.startswith("__")}
    return names | set(parts.constants) | {"Path", "allow_pickle", "beside", "error", "file", "numbers", "problem", "x"}


def _copied_sources(parts: Standalone) -> list[Any]:
    sections = [*parts.encode.values(), *parts.read.values()]
    return [source for section in sections for source in section if not isinstance(source, str)]


class FileText:
    """The text of the file called ``name``.

    ``beside`` is the name of the file that the numbers are in, "" if they are in the text itself.
    """

    def __init__(self, exported: Exported, name: str, beside: str, title: str, facts: Mapping[str, str]) -> None:
        self.exported = exported
        self.name = name
        self.beside = beside
        self.title = title or "A network, written out by glassnet. It needs NumPy alone."
        self.facts = facts

    def __str__(self) -> str:
        start = 'if __name__ == "__main__":\n    sys.exit(main())'
        return "\n".join([self._code(), section("the numbers"), "", *self._numbers(), "", "", start, ""])

    def _code(self) -> str:
        """Everything but the numbers."""
        parts = self.exported.standalone
        also = [softmax] if self._softmax_last else []
        forward = forward_text(self.exported.program, also)
        blocks = [*self._constants(), ""]
        if any(forward.operations):
            blocks += [section("the operations"), "", "\n\n\n".join(filter(None, forward.operations)), ""]
        blocks += [section("the network"), "", *self._forward(forward.lines), ""]
        blocks += [section("how to use it"), "", *self._use(), *_sections(parts.encode), ""]
        blocks += [section("the command"), "", self._main(), "", "", self._answers(), "", ""]
        blocks += [*_sections(parts.read), ""]
        for function in (
            standalone.results,
            standalone.check_files,
            standalone.write,
            formulas.as_text,
            standalone.print_out,
            standalone.printable,
        ):
            blocks += ["", copied(function), ""]
        blocks += [section("the self-test"), "", copied(standalone.self_test), ""]
        body = "\n".join(blocks)
        head = [f'"""{self._docstring()}\n"""', "", *self._imports(body, forward.imports), ""]
        return "\n".join([*head, section("what goes in and comes out"), "", body])

    # what it is ---------------------------------------------------------------------------------------

    def _docstring(self) -> str:
        e = self.exported
        count = sum(array.size for array in e.weights.values())
        beside = shown(self.beside)
        place = f"in {beside}, which belongs beside this file" if beside else "at the end of this file"
        facts = {"input": e.standalone.sample, "output": self._output(), **self.facts}
        facts |= {"numbers": f"{count:,}, {place}", "written by": f"glassnet {__version__}"}
        facts = {_line(name, 20): _line(text) for name, text in facts.items()}
        width = max(map(len, facts)) + 2
        title = _line(self.title).replace("%(", "% (")  # which argparse would take for a name of its own
        lines = [*textwrap.wrap(title, WIDTH), ""]
        for name, text in facts.items():
            lines += textwrap.wrap(f"{name.ljust(width)}{text}", WIDTH, subsequent_indent=" " * width)
        offered = "predict" if not e.classes else "predict, predict_proba"
        lines += ["", "In Python:", "", f"    from {self._module()} import {offered}", ""]
        usage = textwrap.wrap(e.standalone.usage, WIDTH - 22)
        lines += [f"    predict(X)  # X: {usage[0]}", *(f"                # {line}" for line in usage[1:]), ""]
        name = shlex.quote(f"./{self.name}" if self.name.startswith("-") else self.name)
        lines += [
            "As a command:",
            "",
            f"    python {shown(name)} {shlex.quote(e.standalone.example)} [--output results.csv]",
        ]
        lines += [f"    python {shown(name)} --self-test"]
        return in_docstring("\n".join(lines))

    def _module(self) -> str:
        """What the file is called in an import."""
        stem, ending = os.path.splitext(self.name)
        can_be_imported = identifier(stem) == stem and not keyword.iskeyword(stem) and ending == ".py"
        return stem if can_be_imported else f"({shown(self.name)}, renamed to what Python can import)"

    def _output(self) -> str:
        e = self.exported
        if not e.classes:
            return e.standalone.output or f"{e.outputs[0].size} value{'s' * (e.outputs[0].size != 1)} a sample"
        few = e.classes if len(e.classes) <= 12 else (*e.classes[:2], "…", e.classes[-1])
        names = ", ".join(map(shown, few))
        return f"the class, one of {names}, and the probability of each"

    def _imports(self, body: str, of_operations: list[str]) -> list[str]:
        modules = [standalone, formulas, *(module_of(source) for source in _copied_sources(self.exported.standalone))]
        lines = {*of_operations, *imports_of(body, modules)}
        lines |= {"from pathlib import Path"} if self.beside else set()
        return [*sorted(lines, key=lambda line: (line.startswith("from"), line)), "", "import numpy as np"]

    def _constants(self) -> Iterator[str]:
        e = self.exported
        yield from (assigned(name, value) for name, value in e.standalone.constants.items())
        yield assigned("DATA", e.standalone.data)
        if e.classes:
            yield assigned("CLASSES", e.classes)

    # what it does -------------------------------------------------------------------------------------

    def _forward(self, lines: list[str]) -> Iterator[str]:
        e = self.exported
        yield '@np.errstate(all="ignore")  # what is too large is found in the results'
        yield "def forward(x):"
        shape, input_shape = ((", ".join(map(str, ("n", *array.shape[1:])))) for array in (e.outputs, e.inputs))
        yield f'    """What the network makes of n samples: [{shape}] from [{input_shape}]."""'
        yield from (f"    {line}" for line in lines)
        yield f"    return {e.program.outputs[0]}"

    @property
    def _softmax_last(self) -> bool:
        """Whether the network gives scores, of which probabilities are still to be made."""
        return bool(self.exported.classes) and self.exported.last_op not in (softmax, log_softmax)

    def _use(self) -> Iterator[str]:
        e = self.exported
        if not e.classes:
            yield from (copied(e.standalone.predict or standalone.values, "predict"), "", "")
            yield from (copied(standalone.finite), "", "")
            return
        probabilities = "forward(encoded(X))"
        if e.last_op is log_softmax:
            probabilities = f"np.exp({probabilities})"
        elif self._softmax_last:
            probabilities = f"softmax({probabilities}, dim=1)"
        yield from (copied(standalone.predict), "", "")
        yield "def predict_proba(X):"
        yield f'    """The probability of each class for each sample: [n, {len(e.classes)}]."""'
        yield from (f"    return finite({probabilities})", "", "", copied(standalone.finite), "", "")

    def _main(self) -> str:
        return copied(standalone.main).replace(
            "check_files(options.data,", f"check_files({self.exported.standalone.files},"
        )

    def _answers(self) -> str:
        e = self.exported
        answers = standalone.answers if e.classes else e.standalone.answers or standalone.answers_in_values
        return copied(answers, "answers")

    # its numbers --------------------------------------------------------------------------------------

    def _numbers(self) -> Iterator[str]:
        arrays = self.exported.arrays
        fingerprint = f'FINGERPRINT = "{self.exported.fingerprint}"  # of the weights'
        if self.beside:
            yield fingerprint
            yield from (*self._loaded(), "")
        else:
            yield "\n\n".join(array_source(name, array) for name, array in arrays.items())
            yield ""
        samples = self.exported.samples
        if not isinstance(samples, np.ndarray):  # else they are among the arrays
            yield assigned("TEST_INPUTS", samples)
        yield names_assigned("WEIGHTS", [*self.exported.weights])
        if not self.beside:
            yield fingerprint
        yield f"TOLERANCE = {self.exported.tolerance}  # of the self-test: machines round differently"

    def _loaded(self) -> Iterator[str]:
        needs = f"{shown(self.name)} needs {shown(self.beside)}, as it was written, beside it: "
        yield f"beside = Path(__file__).with_name({quoted(self.beside)})"
        yield "try:"
        yield "    if beside.exists() and not beside.is_file():"
        yield '        raise OSError("it is no file")'
        yield '    with open(beside, "rb") as file:'
        yield "        numbers = np.load(file, allow_pickle=False)"
        yield '        if str(numbers["FINGERPRINT"]) != FINGERPRINT:'
        yield '            raise ValueError("it is of another network")'
        for name, array in self.exported.arrays.items():
            yield f'        {name} = numbers["{name}"]  # {written(array.shape)}'
        yield "except Exception as error:  # NumPy has many for a file that is damaged"
        yield f"    problem = {quoted(needs)} + printable(error)"
        yield '    raise (SystemExit if __name__ == "__main__" else ImportError)(problem) from None'


def _line(text: str, most: int = 2000) -> str:
    """A text from outside as a line of ``most`` characters or fewer that can be shown."""
    return shown(re.sub(r"[ \t\n\r\f\v]+", " ", text), most)


def section(title: str) -> str:
    """The line that a section of the file begins with."""
    return f"\n# {title} {'-' * (WIDTH - len(title) - 3)}"


def _sections(sources: Mapping[str, Sequence[Source]]) -> Iterator[str]:
    """Sources below the titles of their sections, the functions two lines apart."""
    for title, parts in sources.items():
        if title:
            yield from ("", section(title), "")
        yield "\n\n\n".join(map(copied, parts))
