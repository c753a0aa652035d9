"""`c_file`: a network as C99 that needs no library: a header, a source, and a command that uses them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.encoders import Encoder, NumberEncoder
from glassnet.engines.native.c_names import KEYWORDS
from glassnet.errors import ShapeError
from glassnet.export.c.command_text import command
from glassnet.export.c.contents import Contents
from glassnet.export.c.header_text import header
from glassnet.export.c.quantisation import quantised
from glassnet.export.c.source_text import source
from glassnet.export.c.traced_network import Training, network_of
from glassnet.export.inference import ExportError
from glassnet.files import PathLike, replace_files
from glassnet.nn.finite import check_results, check_weights
from glassnet.nn.module import Module, evaluating
from glassnet.ops.dtypes import Array, Dtype, float32, int64
from glassnet.ops.shapes import written
from glassnet.tensor import as_array, wrap
from glassnet.text import shown

TAKEN = ("predict", "train")  # what the functions of layers begin with
TESTED = 4  # samples whose results are kept, for the files to test themselves with


def c_file(
    module: Module,
    path: PathLike,
    example_input: Any,
    *,
    classes: Sequence[str] | None = None,
    encoder: Encoder | None = None,
    title: str = "",
    facts: Mapping[str, str] | None = None,
    training: Training | None = None,
    calibration: Any = None,
) -> list[Path]:
    """Write ``module`` in evaluation mode as C99 without dependencies; returns the paths written.

    For the ``path`` model.c these are model.c, model.h, which says how to call it, and model_main.c, a command. All
    memory is static, and its size stands in the header. ``example_input`` are a few samples [n, …], raw ones with
    an ``encoder``, whose work is written out too. With ``classes``, or an encoder that knows them,
    ``model_predict`` gives their probabilities, otherwise the values. With ``training`` there is
    ``model_train_step``, and the weights are variables. With ``calibration``, samples to learn from, the weights of
    layers are whole numbers of 8 bits. Existing files are replaced: all of them, or, where one cannot be written,
    none.

    Raises ExportError for a network that cannot be written as C, NotFiniteError for weights or results that are nan or
    infinite, ShapeError for an example or classes that do not fit, SourceError or TableError for samples that the
    encoder cannot take, and OSError.

    >>> from glassnet.export import c_file
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> [str(path) for path in c_file(model, "model.c", np.ones((1, 4), np.float32), classes=["no", "yes"])]
    ['model.c', 'model.h', 'model_main.c']
    """
    if training is not None and calibration is not None:
        raise ExportError("expected training or calibration, got both: weights of 8 bits do not learn; leave one out")
    contents = contents_of(module, path, example_input, classes, encoder, title, facts or {}, training)
    if calibration is not None:
        contents = in_8_bits(contents, contents.encoder.encode(calibration, contents.input.dtype))
    return write(contents, path)


def write(contents: Contents, path: PathLike) -> list[Path]:
    """Write the three files; returns their paths."""
    target = Path(path)
    files: dict[PathLike, list[bytes]] = {
        target: [source(contents).encode()],
        target.with_suffix(".h"): [header(contents).encode()],
        target.with_name(f"{target.stem}_main.c"): [command(contents).encode()],
    }
    replace_files(files)
    return [Path(file) for file in files]


def in_8_bits(contents: Contents, samples: Array) -> Contents:
    """``contents`` with weights of 8 bits, calibrated on encoded samples. They test themselves with what these give."""
    network = quantised(contents.network, samples)
    return replace(contents, network=network, outputs=network.answers(contents.inputs))


def _name(target: Path) -> str:
    """What the functions of a file are called after: its name, of letters that C has."""
    if target.suffix.lower() != ".c":
        raise ValueError(f"c_file: expected a path that ends in .c, got {str(target)!r:.80}")
    name = re.sub(r"\W", "_", target.stem, flags=re.ASCII)
    if name != target.stem or name[0].isdigit() or name in (*KEYWORDS.split(), *TAKEN):
        raise ExportError(
            f"{shown(target)}: the functions in it are called after the file; expected a name of the letters a to z, "
            "digits and _ that means nothing else there, such as model.c"
        )
    return name


@np.errstate(all="ignore")  # what becomes too large is found in the results
def contents_of(
    module: Module,
    path: PathLike,
    example: Any,
    classes: Sequence[str] | None,
    encoder: Encoder | None,
    title: str,
    facts: Mapping[str, str],
    training: Training | None = None,
) -> Contents:
    """The network, traced with the example, and the samples of it that the files test themselves with."""
    name = _name(Path(path))
    dtype = next((p.dtype for p in module.parameters() if p.dtype.kind == "f" and p.dtype != float32), None)
    if dtype is not None:
        raise ExportError(f"expected weights of float32, got {dtype}; convert the network: model.float()")
    taken: Dtype = float32
    if encoder is None:
        example = as_array(example)
        if example.ndim < 2 or not example.size:
            raise ShapeError(f"c_file: expected samples of shape [n, …] as an example, got {written(example.shape)}")
        encoder = NumberEncoder(example.shape[1:])
        taken = float32 if example.dtype.kind == "f" else int64
    inputs = encoder.encode(example, taken)
    check_weights(module)
    with evaluating(module):
        results = module(wrap(inputs)).numpy()
    check_results(results)
    classes = tuple(encoder.classes or classes or ())
    if classes and results.shape[1:] != (len(classes),):
        raise ShapeError(
            f"c_file: expected a name for each output, and outputs of shape {written(results.shape[1:])} for a sample "
            f"are not those of {len(classes)} classes; leave classes out for a network that gives values"
        )
    network = network_of(module, inputs, encoder, classes, training)
    outputs = network.answers(inputs[:TESTED])
    title = title or "A network, written out by glassnet as C99 that needs no library."
    return Contents(name, network, encoder, classes, inputs[:TESTED], outputs, title, facts)
