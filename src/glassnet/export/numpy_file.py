"""`numpy_file`: a network as one Python file that needs NumPy alone, to read, to import and to run as a command."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from glassnet.encoders import Encoder, NumberEncoder
from glassnet.errors import ShapeError
from glassnet.export.file_text import Exported, FileText, reserved_names
from glassnet.export.forward import can_be_written, without_names
from glassnet.export.inference import ExportError, check_one_input, inference_program
from glassnet.files import PathLike, replace_files
from glassnet.nn.finite import check_results, check_weights
from glassnet.nn.module import Module, evaluating
from glassnet.ops.shapes import written
from glassnet.tensor import as_array, wrap
from glassnet.text import shown

INSIDE = 2000  # numbers up to which a file holds them itself
TESTED = 4  # samples whose results are kept, for the file to test itself with
_MODULES = {*sys.stdlib_module_names, "numpy", "glassnet"}  # a file beside a script is found before these


def numpy_file(
    module: Module,
    path: PathLike,
    example_input: Any,
    *,
    classes: Sequence[str] | None = None,
    encoder: Encoder | None = None,
    title: str = "",
    facts: Mapping[str, str] | None = None,
    inside: int = INSIDE,
) -> list[Path]:
    """Write ``module`` in evaluation mode as one Python file that needs NumPy alone; returns the paths written.

    ``example_input`` are a few samples [n, …], such as the file will be used on. With an ``encoder`` they are raw
    samples (rows of a table, pixels from 0 to 255), and the file encodes such samples itself. With ``classes``, the
    names of the outputs, or an encoder that knows them, the file predicts classes and their probabilities;
    otherwise it predicts the outputs of the network. ``title`` and ``facts`` (texts by name) go into its docstring.

    Up to ``inside`` weights are written into the file itself, more into an .npz file beside it. The file is run
    before it is written, and must compute what the module computes. Existing files are replaced: both, or, where one
    cannot be written, neither.

    Raises ExportError for a network that takes several inputs or cannot be written for any number of samples and for
    a name that would hide a module, NotFiniteError for weights or results that are nan or infinite, ShapeError for an
    example or classes that do not fit, SourceError or TableError for samples that the encoder cannot take, and OSError.

    >>> from pathlib import Path
    >>> from glassnet.export import numpy_file
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> numpy_file(model, "model.py", np.ones((1, 4), np.float32), classes=["no", "yes"])
    [PosixPath('model.py')]
    >>> file = Path("model.py").read_text()
    >>> print(file[file.index("    linear0 =") : file.index("# how to use it")])
        linear0 = x @ linear0_weight.T + linear0_bias      # [n, 3]
        relu1 = np.maximum(linear0, 0)                     # [n, 3]
        linear2 = relu1 @ linear2_weight.T + linear2_bias  # [n, 2]
        return linear2
    """
    target = Path(path)
    _check_name(target)
    exported = _exported(module, example_input, encoder, classes)
    numbers = sum(array.size for array in exported.weights.values())
    beside = target.with_suffix(".npz") if numbers > inside else None
    text = str(FileText(exported, target.name, beside.name if beside else "", title, facts or {}))
    files: dict[PathLike, list[bytes]] = {target: [text.encode()]}
    if beside is not None:
        files[beside] = [_packed(exported)]
    _check(target, files, exported, module)
    replace_files(files)
    return [Path(file) for file in files]


def _check_name(target: Path) -> None:
    if target.suffix.lower() != ".py":
        raise ValueError(f"numpy_file: expected a path that ends in .py, got {str(target)!r:.80}")
    if target.stem in _MODULES:
        raise ExportError(
            f"{shown(target)}: a file of this name hides the module {target.stem} from Python, and from itself; name "
            f"another, such as {target.stem}_network.py"
        )


@np.errstate(all="ignore")  # what becomes too large is found in the results
def _exported(module: Module, example: Any, encoder: Encoder | None, classes: Sequence[str] | None) -> Exported:
    """The network, traced with the example, and the samples of it that the file tests itself with."""
    check_one_input(module)
    dtype = next((p.dtype for p in module.parameters() if p.dtype.kind == "f"), np.dtype(np.float32))
    if encoder is None:
        example = as_array(example)
        if example.ndim < 2 or not example.size:
            shape = written(example.shape)
            raise ShapeError(f"numpy_file: expected samples of shape [n, …] as an example, got {shape}")
        encoder = NumberEncoder(example.shape[1:])
        dtype = dtype if example.dtype.kind == "f" else example.dtype
        example = example.astype(dtype)
    inputs = encoder.encode(example, dtype)
    check_weights(module)
    parts = encoder.standalone(dtype)
    program, state = inference_program(module, inputs, lambda i: can_be_written(i.op))
    program, state = without_names(program, state, reserved_names(parts))
    with evaluating(module):
        check_results(module(wrap(inputs)).numpy())
        outputs = module(wrap(inputs[:TESTED])).numpy()
    classes = tuple(encoder.classes or classes or ())
    if classes and outputs.shape[1:] != (len(classes),):
        raise ShapeError(
            f"numpy_file: expected a name for each output, and outputs of shape {written(outputs.shape[1:])} for a "
            f"sample are not those of {len(classes)} classes; leave classes out for a network that gives values"
        )
    if parts.output and not classes and outputs[0].size != encoder.quantities:
        shape = written(outputs.shape[1:])
        wanted = "one output" if encoder.quantities == 1 else f"{encoder.quantities} outputs"
        raise ShapeError(f"numpy_file: expected {wanted} for a sample, {parts.output}, got shape {shape}")
    samples = encoder.take(example, TESTED)
    return Exported(program, state, encoder, samples, inputs[:TESTED], outputs, classes)


def _packed(exported: Exported) -> bytes:
    """The numbers as an .npz file."""
    packed = io.BytesIO()
    arrays: dict[str, Any] = exported.arrays
    np.savez(packed, **arrays, FINGERPRINT=np.array(exported.fingerprint))  # so that each knows the other
    return packed.getvalue()


@np.errstate(all="ignore")
def _check(target: Path, files: Mapping[PathLike, Sequence[bytes]], exported: Exported, module: Module) -> None:
    """Run the ``target`` of the ``files`` as Python will, on one sample and on several, and its self-test.

    It is their bytes that are run, and what they open are these files; nothing is written for it. Raises ExportError
    unless the file computes what the module computes.
    """

    def opened(path: Path, mode: str) -> io.BytesIO:
        if path not in files:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return io.BytesIO(b"".join(files[path]))

    said = io.StringIO()
    namespace: dict[str, Any] = {"__name__": "exported", "__file__": str(target), "open": opened}
    try:
        exec(compile(b"".join(files[target]), "<exported>", "exec"), namespace)
        for n in {1, len(exported.inputs)}:
            _compare(namespace, n, exported, module)
        namespace["sys"] = SimpleNamespace(stdout=said, stderr=said, argv=[str(target)])
        failed = namespace["main"](["--self-test"])
    except ExportError:
        raise
    except Exception as error:
        raise ExportError(f"the file would fail: {type(error).__name__}: {error}") from error
    if failed:
        raise ExportError(f"the file would fail its own test: {said.getvalue().strip()}")


def _compare(namespace: Mapping[str, Any], n: int, exported: Exported, module: Module) -> None:
    with evaluating(module):
        expected = module(wrap(exported.inputs[:n])).numpy()
    try:
        result = namespace["forward"](namespace["encoded"](exported.encoder.take(exported.samples, n)))
    except Exception as error:
        raise ExportError(f"the file would fail with {n} of the samples: {type(error).__name__}: {error}") from error
    same = result.shape == expected.shape and result.dtype == expected.dtype
    if not same or not np.allclose(result, expected, exported.tolerance, exported.tolerance):
        raise ExportError(
            f"the file would give something else than the network for {n} of the samples: "
            f"{np.array2string(result, threshold=6)} for {np.array2string(expected, threshold=6)}; the network "
            "computes in a way that cannot be written for any number of samples"
        )
