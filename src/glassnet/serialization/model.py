"""Whole networks in a file: the weights, and in the metadata a description that rebuilds the network."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from glassnet.files import PathLike, parsed_json, replace_file
from glassnet.nn.module import Module
from glassnet.ops.shapes import written
from glassnet.serialization.described import DescriptionError
from glassnet.serialization.errors import ModelFileError
from glassnet.serialization.network import build, describe
from glassnet.serialization.tensors import Entry, json_text, packed, tensor_file
from glassnet.tensor import Tensor
from glassnet.version import __version__

FORMAT = 1  # raised when a file changes in a way that older versions would misread
_SHOWN = 6  # entries that do not fit, named in an error
_USUAL = 2**20  # weights that a network may have, and sizes; one that needs more has to have them in the file
_OF_A_TENSOR = 64  # numbers: the layer around a tensor takes no more room than these


class SavedModel(NamedTuple):
    """The network in a file, and the ``extra`` saved with it.

    >>> glassnet.save_model(nn.Linear(4, 3), "model.safetensors", {"classes": ["a", "b", "c"]})
    >>> serialization.read_model("model.safetensors").extra
    {'classes': ['a', 'b', 'c']}
    """

    module: Module
    extra: dict[str, Any]


def save_model(module: Module, path: PathLike, extra: Mapping[str, Any] | None = None) -> None:
    """Save a network in a file that `load_model` needs nothing else for.

    The safetensors file holds ``state_dict()`` and, in its metadata, the description of the network
    (`describe`), its mode (train or eval), and ``extra``: anything JSON can hold, such as the names of
    the classes. Raises DescriptionError for a network that cannot be described, TypeError for
    an extra that JSON cannot hold, and OSError; then nothing is written.

    >>> model = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    >>> glassnet.save_model(model, "model.safetensors")
    >>> glassnet.load_model("model.safetensors")
    Sequential(
      (0): Linear(in_features=4, out_features=3, bias=True)
      (1): ReLU()
    )
    """
    replace_file(path, *packed_model(module, extra))


def packed_model(module: Module, extra: Mapping[str, Any] | None = None) -> list[bytes | memoryview]:
    """What `save_model` writes, in pieces. Raises DescriptionError and TypeError.

    >>> from glassnet.serialization import packed_model
    >>> header, weight, bias = packed_model(nn.Linear(4, 3))
    >>> len(weight), len(bias)  # bytes
    (48, 12)
    """
    description, state = describe(module), module.state_dict()
    wrong = _misfits(build(description, fill=False, largest=_largest(state)).state_dict(), state)
    if wrong:
        raise DescriptionError(
            f"a network built from the description would differ: {_few(wrong)}; save the weights alone: "
            "glassnet.save(model.state_dict(), path)"
        )
    metadata = {
        "glassnet": __version__,
        "glassnet_format": str(FORMAT),
        "network": json_text(description),
        "mode": "train" if module.training else "eval",
        "extra": json_text(dict(extra or {})),
    }
    return packed(state, metadata)


def load_model(path: PathLike) -> Module:
    """The network that `save_model` saved, with its weights, in the mode (train or eval) it was in.

    Raises ModelFileError for a file that is truncated, edited, of a newer format or without a
    description, and OSError for one that cannot be opened.

    >>> glassnet.save_model(nn.Linear(4, 3), "model.safetensors")
    >>> glassnet.load_model("model.safetensors")
    Linear(in_features=4, out_features=3, bias=True)
    """
    return read_model(path).module


def read_model(path: PathLike) -> SavedModel:
    """The network that `save_model` saved, and the ``extra`` saved with it. Raises what `load_model` raises.

    >>> glassnet.save_model(nn.Linear(4, 3), "model.safetensors", {"classes": ["a", "b", "c"]})
    >>> module, extra = serialization.read_model("model.safetensors")
    >>> module, extra
    (Linear(in_features=4, out_features=3, bias=True), {'classes': ['a', 'b', 'c']})
    """
    with tensor_file(path) as file:
        metadata = file.metadata
        _check_format(path, metadata)
        module = _described(path, metadata, file.entries)
        for made in module.state_dict(keep_vars=True).values():  # only its shape is needed: it takes no memory
            made.array = np.broadcast_to(np.zeros((), made.dtype), made.shape)
        tensors = file.tensors()
    module.load_state_dict(tensors, assign=True)
    module.train(metadata.get("mode") != "eval")
    extra = _json(path, metadata, "extra")
    if not isinstance(extra, dict):
        raise ModelFileError(path, f"its extra is no object, but {extra!r:.60}", "use the original file")
    return SavedModel(module, extra)


def _described(path: PathLike, metadata: Mapping[str, str], entries: Mapping[str, Entry]) -> Module:
    """The network that a file describes, with weights that are not set, if those in the file fit it."""
    try:
        module = build(_json(path, metadata, "network"), fill=False, largest=_largest(entries))
    except DescriptionError as error:
        raise ModelFileError(path, str(error), "the description was edited: use the original file") from None
    wrong = _misfits(module.state_dict(), entries)
    if wrong:
        problem = f"the weights do not fit the network it describes: {_few(wrong)}"
        raise ModelFileError(path, problem, "the file was edited: use the original")
    return module


def _largest(tensors: Mapping[str, Tensor | Entry]) -> int:
    """How much room a network of these may take when it is built, and the largest size that is believed."""
    return max(_USUAL, sum(math.prod(each.shape) + _OF_A_TENSOR for each in tensors.values()))


def _check_format(path: PathLike, metadata: Mapping[str, str]) -> None:
    if "network" not in metadata:
        advice = "build the network yourself, then model.load_state_dict(glassnet.load(path))"
        raise ModelFileError(path, "it holds tensors, but no description of a network", advice)
    version = metadata.get("glassnet_format", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        problem = f"expected the format of the file as a number, got {version!r:.60}"
        raise ModelFileError(path, problem, "the file was edited: use the original")
    if int(version) > FORMAT:
        writer = metadata.get("glassnet", "an unknown version")
        problem = f"written in format {version} by glassnet {writer:.20}, but this glassnet reads up to format {FORMAT}"
        raise ModelFileError(path, problem, "install a newer one: pip install --upgrade glassnet")


def _json(path: PathLike, metadata: Mapping[str, str], name: str) -> Any:
    try:
        return parsed_json(metadata.get(name, "{}"))
    except ValueError as error:
        problem = f"its {name} is not valid JSON ({error})"
        raise ModelFileError(path, problem, "the file was edited: use the original") from None


def _misfits(expected: Mapping[str, Tensor], saved: Mapping[str, Tensor | Entry]) -> list[str]:
    """Where ``saved`` differs from ``expected`` in names, shapes or kinds of numbers."""
    wrong = [f"{name} is missing" for name in expected if name not in saved]
    wrong += [f"{name} is too many" for name in saved if name not in expected]
    for name, wanted in expected.items():
        there: Tensor | Entry = saved.get(name, wanted)
        if wanted.shape != there.shape:
            wrong.append(f"{name} should be {written(wanted.shape)} and is {written(there.shape)}")
        elif wanted.dtype != there.dtype and not wanted.dtype.kind == there.dtype.kind == "f":
            wrong.append(f"{name} should be {wanted.dtype} and is {there.dtype}")
    return wrong


def _few(items: Iterable[str]) -> str:
    texts = list(items)
    more = len(texts) - _SHOWN
    return ", ".join(texts[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
