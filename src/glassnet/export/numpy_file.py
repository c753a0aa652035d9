"""A network as one file of NumPy: to read, to import, to run as a command."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.export.errors import ExportError
from glassnet.export.exported import Exported
from glassnet.export.forward import can_be_written, without_names
from glassnet.export.given import Given, Numbers, scaled
from glassnet.export.given_table import Table
from glassnet.export.recording import evaluating, inference_program
from glassnet.export.text import RESERVED, FileText
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.serialization.files import PathLike, replace_file
from glassnet.tables import Encoding
from glassnet.tables.cells import Cells
from glassnet.tensor import as_array, wrap

INSIDE = 2000  # numbers that a file holds itself; more of them go into a file beside it
TESTED = 4  # samples whose results are kept, for the file to test itself with


def numpy_file(
    module: Module,
    path: PathLike,
    example_input: Any,
    *,
    classes: Sequence[str] | None = None,
    divide_by: float = 1,
    table: Mapping[str, Any] | None = None,
    title: str = "",
    facts: Mapping[str, str] | None = None,
    inside: int = INSIDE,
) -> list[Path]:
    """Write ``module``, as it is when it is used and not trained, as one file that needs NumPy alone.

    ``example_input`` are samples [n, …] as the file will be given them; ``divide_by`` is what each
    number is divided by before the network sees it. With ``classes``, the names of the network's
    outputs, the file predicts a class and its probability, otherwise the values that the network gives.
    With ``table``, an `Encoding` as JSON, the samples are rows of a table (a DataFrame, a dict of lists),
    and the file encodes such rows itself; the classes are those of the encoding.
    ``title`` and ``facts``, texts by name, go into its docstring.

    Up to ``inside`` weights are written into the file, more into an .npz beside it. Gives the paths of
    what was written; a file that was there is replaced. Before that the file has been run, and has given
    what the module gives. Raises ExportError for a network that cannot be written for any number
    of samples, ShapeError for an example or classes that do not fit, and OSError.
    """
    target = Path(path)
    if target.suffix != ".py":
        raise ValueError(f"numpy_file: expected a path that ends in .py, got {str(path)!r}")
    if table is None:
        samples = _samples(module, example_input, divide_by)
        exported = _exported(module, Numbers(samples[:TESTED], divide_by), scaled(samples, divide_by), classes)
    else:
        encoding, cells = Encoding.from_json(table), Cells.of(example_input)
        inputs = _samples(module, encoding.encode(cells, target=False).inputs, 1)
        given = Table(encoding, cells.take(range(min(TESTED, len(cells)))), inputs.dtype)
        exported = _exported(module, given, inputs, encoding.classes or None)
        if not encoding.classes and exported.outputs[0].size != 1:
            came = written(exported.outputs.shape[1:])
            raise ShapeError(f"numpy_file: expected one output for a sample, {given.output}, got shape {came}")
    numbers = sum(array.size for array in exported.weights.values())
    beside = target.with_suffix(".npz") if numbers > inside else None
    text = FileText(exported, target.stem, beside.name if beside else "", title, facts or {})
    _check(text, exported, module)
    return _write(target, text, beside, exported)


def _samples(module: Module, example: Any, divide_by: float) -> Array:
    """The example as an array that the module can take: of its parameters' dtype, if it is of real numbers."""
    samples = as_array(example)
    if samples.ndim < 2 or not samples.size:
        raise ShapeError(f"numpy_file: expected samples of shape [n, …] as an example, got {written(samples.shape)}")
    if samples.dtype.kind == "f" or divide_by != 1:
        dtypes = [p.dtype for p in module.parameters() if p.dtype.kind == "f"]
        samples = samples.astype(dtypes[0] if dtypes else np.float32)
    return samples


def _exported(module: Module, given: Given, inputs: Array, classes: Sequence[str] | None) -> Exported:
    program, state = inference_program(module, inputs, lambda i: can_be_written(i.op))
    program, state = without_names(program, state, RESERVED)
    with evaluating(module):
        outputs = module(wrap(inputs[:TESTED])).numpy()
    if classes is not None and outputs.shape[1:] != (len(classes),):
        raise ShapeError(
            f"numpy_file: expected a name for each output, and outputs of shape {written(outputs.shape[1:])} for a "
            f"sample are not those of {len(classes)} classes; leave classes out for a network that gives values"
        )
    return Exported(program, state, given, inputs[:TESTED], outputs, None if classes is None else tuple(classes))


def _check(text: FileText, exported: Exported, module: Module) -> None:
    """Run what is to be written, on one sample and on several, and hold it against the module."""
    namespace: dict[str, Any] = {"__name__": "exported"}
    exec(compile(text.code, "<exported>", "exec"), namespace)
    namespace.update(exported.weights)
    for n in {1, len(exported.inputs)}:
        with evaluating(module):
            expected = module(wrap(exported.inputs[:n])).numpy()
        try:
            came = namespace["forward"](namespace["encoded"](exported.given.first(n)))
        except Exception as error:
            raise ExportError(
                f"the file would fail with {n} of the samples: {type(error).__name__}: {error}"
            ) from error
        same = came.shape == expected.shape and came.dtype == expected.dtype
        if not same or not np.allclose(came, expected, exported.tolerance, exported.tolerance, equal_nan=True):
            raise ExportError(
                f"the file would give something else than the network for {n} of the samples: "
                f"{np.array2string(came, threshold=6)} for {np.array2string(expected, threshold=6)}; the network "
                "computes in a way that cannot be written for any number of samples"
            )


def _write(path: Path, text: FileText, beside: Path | None, exported: Exported) -> list[Path]:
    """Write both files, or neither."""
    if beside is None:
        replace_file(path, str(text).encode())
        return [path]
    packed = io.BytesIO()
    np.savez(packed, **exported.arrays)  # type: ignore[arg-type]
    is_new = not beside.exists()
    replace_file(beside, packed.getbuffer())
    try:
        replace_file(path, str(text).encode())
    except BaseException:
        if is_new:
            beside.unlink(missing_ok=True)
        raise
    return [path, beside]
