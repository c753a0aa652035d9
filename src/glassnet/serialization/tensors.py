"""Tensors in a safetensors file: `save`, `load`, and what lies between them and the bytes.

The format (https://github.com/huggingface/safetensors#format): the length of a header (8 bytes,
little-endian), the header (JSON: each tensor's dtype, shape and place; ``__metadata__``, texts by
name), the numbers. The safetensors library checks a file; the header says what its reader leaves
out: the order of the tensors.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import safetensors
import safetensors.numpy

from glassnet.errors import DtypeError
from glassnet.files import PathLike, replace_file
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.serialization.errors import ModelFileError
from glassnet.serialization.nested import NestingError, flatten, unflatten
from glassnet.tensor import Tensor, as_array, wrap

_DTYPES = {"BOOL": np.dtype(np.bool_)} | {
    f"{letter}{bits}": np.dtype(f"{kind}{bits}")
    for letter, kind, sizes in (("F", "float", (16, 32, 64)), ("I", "int", (8, 16, 32, 64)), ("U", "uint", (8,)))
    for bits in sizes
}
_METADATA = "__metadata__"
_STRUCTURE = "glassnet_structure"  # what is around the tensors, where that is more than names
_LENGTH = 8  # bytes of the number that a file begins with
_deserialize: Callable[[bytes], list[tuple[str, dict[str, Any]]]] = safetensors.deserialize


class Content(NamedTuple):
    """What is in a file: tensors by name, in the order they were saved in, and texts by name."""

    tensors: dict[str, Tensor]
    metadata: dict[str, str]


def save(value: Any, path: PathLike, metadata: Mapping[str, str] | None = None) -> None:
    """Save tensors (or arrays) in a safetensors file: ``model.state_dict()``, or a checkpoint of several.

    ``value`` may be tensors by name, which any program that reads safetensors finds under these names; or
    tensors within dicts, lists and tuples, beside numbers and texts: ``{"epoch": 3, "model":
    model.state_dict(), "optimizer": optimizer.state_dict()}``. ``metadata`` are texts to keep with them.

    The file is written whole or not at all, and what is in it depends on nothing but what is saved.
    Raises TypeError or DtypeError, naming the entry, for what a file cannot hold, and OSError where
    the file cannot be written.

    >>> glassnet.save({"w": glassnet.ones(2)}, "weights.safetensors")
    >>> glassnet.load("weights.safetensors")
    {'w': tensor([1., 1.])}
    """
    texts = dict(metadata or {})
    for name, text in texts.items():
        if not isinstance(name, str) or not isinstance(text, str):
            raise TypeError(
                f"save: metadata are texts by name, got {name!r}: {type(text).__name__}; write it as text: json.dumps"
            )
    if isinstance(value, Module):
        raise TypeError("save: a network is more than its tensors; use save_model(model, path), or model.state_dict()")
    if isinstance(value, Mapping) and all(_is_named_tensor(*item) for item in value.items()):
        tensors = dict(value)
    else:
        structure, tensors = flatten(value)
        texts[_STRUCTURE] = json.dumps(structure, ensure_ascii=False)
    replace_file(path, *_packed({name: _array(name, x) for name, x in tensors.items()}, texts))


def _is_named_tensor(name: Any, value: Any) -> bool:
    return isinstance(name, str) and name != _METADATA and isinstance(value, Tensor | np.ndarray | np.generic)


def load(path: PathLike, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """What `save` wrote: tensors by name, in their order, or whatever was around them.

    A safetensors file of another program gives tensors by name. ``map_location`` and ``weights_only``
    are PyTorch's: here all is on the CPU, and nothing but weights is read.

    Raises ModelFileError for a file that is something else, truncated or edited, and OSError for one
    that cannot be opened.

    >>> glassnet.save({"epoch": 3, "w": glassnet.ones(2)}, "weights.safetensors")
    >>> glassnet.load("weights.safetensors")
    {'epoch': 3, 'w': tensor([1., 1.])}
    """
    tensors, metadata = read(path)
    if _STRUCTURE not in metadata:
        return tensors
    try:
        return unflatten(json.loads(metadata[_STRUCTURE]), tensors)
    except (NestingError, ValueError, RecursionError) as error:
        raise ModelFileError(path, str(error), "use the original file") from None


def load_metadata(path: PathLike) -> dict[str, str]:
    """The texts by name that were saved with the tensors in a safetensors file.

    >>> glassnet.save({"w": glassnet.ones(2)}, "weights.safetensors", {"author": "me"})
    >>> serialization.load_metadata("weights.safetensors")
    {'author': 'me'}
    """
    return {name: text for name, text in read(path).metadata.items() if name != _STRUCTURE}


def read(path: PathLike) -> Content:
    """Everything in a safetensors file. Raises what `load` raises."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise ModelFileError(path, "expected a safetensors file, but this is no file", "name the file itself")
    with open(path, "rb") as file:
        data = file.read()
    try:
        entries = dict(_deserialize(data))
        header = json.loads(data[_LENGTH : _LENGTH + _length(data)])
    except (safetensors.SafetensorError, ValueError) as error:
        raise _damaged(path, data, error) from None
    metadata = header.pop(_METADATA, None) or {}
    return Content({name: wrap(_read_array(path, name, entries[name])) for name in header}, metadata)


def _length(data: bytes | memoryview) -> int:
    return int.from_bytes(data[:_LENGTH], "little")


def _damaged(path: PathLike, data: bytes, error: Exception) -> ModelFileError:
    """The error for a file that is no safetensors file: what is wrong with it, as far as its bytes show."""
    if not data:
        problem = "the file is empty"
    elif data[_LENGTH : _LENGTH + 1] != b"{":
        problem = f"not a safetensors file (it begins with {data[:12]!r})"
    elif _LENGTH + _length(data) > len(data):
        problem = f"the header should have {_length(data)} bytes, but the whole file has {len(data)}: it was cut off"
    else:
        problem = f"the safetensors file was cut off or edited ({error})"
    return ModelFileError(path, problem, "use a whole copy of it, or save the model again")


def _read_array(path: PathLike, name: str, entry: dict[str, Any]) -> Array:
    dtype = _DTYPES.get(entry["dtype"])
    if dtype is None:
        problem = f"{name} has dtype {entry['dtype']}, which NumPy or glassnet does not have"
        raise ModelFileError(path, problem, f"convert it to one of {', '.join(_DTYPES)} where it was made")
    try:
        array = np.frombuffer(entry["data"], dtype.newbyteorder("<")).reshape(entry["shape"])
    except ValueError as error:
        problem = f"{name} has shape {written(entry['shape'])}, which NumPy cannot make ({error})"
        raise ModelFileError(path, problem, "the file was edited: use the original") from None
    return np.asarray(array, dtype)


def _array(name: str, value: Any) -> Array:
    array = as_array(value)
    if array.dtype.newbyteorder("=") not in _DTYPES.values():
        known = ", ".join(str(dtype) for dtype in _DTYPES.values())
        raise DtypeError(f"save: {name!r} has dtype {array.dtype}, which a file cannot hold; it holds {known}")
    return np.array(array, order="C", copy=None)


def _packed(arrays: dict[str, Array], metadata: dict[str, str]) -> tuple[bytes, memoryview]:
    """The bytes of a file: header and numbers.

    The library writes metadata in an order that differs from run to run, and the tensors in one of
    its own; the header is written again in the order given, so that equal content is equal bytes.
    """
    packed = memoryview(safetensors.numpy.save(arrays))
    end = _LENGTH + _length(packed)
    places = json.loads(bytes(packed[_LENGTH:end]))
    ordered = ({_METADATA: metadata} if metadata else {}) | {name: places[name] for name in arrays}
    header = json.dumps(ordered, ensure_ascii=False, separators=(",", ":")).encode()
    header += b" " * (-len(header) % _LENGTH)  # the numbers begin at a multiple of 8
    return len(header).to_bytes(_LENGTH, "little") + header, packed[end:]
