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
from glassnet.export.recording import evaluating, inference_program
from glassnet.export.text import RESERVED, FileText
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.serialization.files import PathLike, replace_file
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
    title: str = "",
    facts: Mapping[str, str] | None = None,
    inside: int = INSIDE,
) -> list[Path]:
    """Write ``module``, as it is when it is used and not trained, as one file that needs NumPy alone.

    ``example_input`` are samples [n, …] as the file will be given them; ``divide_by`` is what each
    number is divided by before the network sees it. With ``classes``, the names of the network's
    outputs, the file predicts a class and its probability, otherwise the values that the network gives.
    ``title`` and ``facts``, texts by name, go into its docstring.

    Up to ``inside`` weights are written into the file, more into an .npz beside it. Gives the paths of
    what was written; a file that was there is replaced. Before that the file has been run, and has given
    what the module gives. Raises ExportError for a network that cannot be written for any number
    of samples, ShapeError for an example or classes that do not fit, and OSError.
    """
    target = Path(path)
    if target.suffix != ".py":
        raise ValueError(f"numpy_file: expected a path that ends in .py, got {str(path)!r}")
    exported = _exported(module, _samples(module, example_input, divide_by), divide_by, classes)
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


def _exported(module: Module, samples: Array, divide_by: float, classes: Sequence[str] | None) -> Exported:
    inputs = samples if divide_by == 1 else samples / divide_by
    program, state = inference_program(module, inputs, lambda i: can_be_written(i.op))
    program, state = without_names(program, state, RESERVED)
    with evaluating(module):
        outputs = module(wrap(inputs[:TESTED])).numpy()
    if classes is not None and outputs.shape[1:] != (len(classes),):
        raise ShapeError(
            f"numpy_file: expected a name for each output, and outputs of shape {written(outputs.shape[1:])} for a "
            f"sample are not those of {len(classes)} classes; leave classes out for a network that gives values"
        )
    return Exported(program, state, samples[:TESTED], outputs, divide_by, None if classes is None else tuple(classes))


def _check(text: FileText, exported: Exported, module: Module) -> None:
    """Run what is to be written, on one sample and on several, and hold it against the module."""
    namespace: dict[str, Any] = {"__name__": "exported"}
    exec(compile(text.code, "<exported>", "exec"), namespace)
    namespace.update(exported.weights)
    for n in {1, len(exported.samples)}:
        inputs = exported.samples[:n]
        with evaluating(module):
            expected = module(wrap(inputs if exported.divide_by == 1 else inputs / exported.divide_by)).numpy()
        try:
            came = namespace["forward"](namespace["encoded"](inputs))
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
