"""Tensors in a safetensors file: what lies between `save` and `load` and the bytes.

The format (https://github.com/huggingface/safetensors#format): the length of a header (8 bytes,
little-endian), the header (JSON: each tensor's dtype, shape and place; ``__metadata__``, texts by
name), the numbers, without gaps. What a file claims is held against its size before any of its numbers are read, and
each number is in memory once.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedReader
from typing import Any, BinaryIO, NamedTuple, cast

import numpy as np

from glassnet.errors import DtypeError
from glassnet.files import PathLike, opened, parsed_json, schema
from glassnet.nn.module import Module
from glassnet.ops.bfloat16 import bfloat16, dtype_name, item_bytes, read_as, stored, stored_dtype
from glassnet.ops.dtypes import Array, Dtype
from glassnet.ops.shapes import written
from glassnet.serialization.errors import ModelFileError
from glassnet.serialization.nested import flatten, unflatten
from glassnet.tensor import Tensor, as_array, wrap

_DTYPES = {"BOOL": np.dtype(np.bool_)} | {
    f"{letter}{bits}": np.dtype(f"{kind}{bits}")
    for letter, kind, sizes in (("F", "float", (16, 32, 64)), ("I", "int", (8, 16, 32, 64)), ("U", "uint", (8,)))
    for bits in sizes
}
_DTYPES["BF16"] = bfloat16
_NAMES = {dtype_name(dtype): name for name, dtype in _DTYPES.items()}
_METADATA = "__metadata__"
_STRUCTURE = "glassnet_structure"  # what is around the tensors, where that is more than names
_LENGTH = 8  # bytes of the number that a file begins with
_LONGEST = 2**26  # bytes of a header: that of 49,999 columns has 15 MB
_PIECE = 2**24  # bytes that are read at once
_SIZE = schema.whole(0, 2**64 - 1)
_ENTRY = schema.record(
    {"dtype": schema.text, "shape": schema.items(_SIZE), "data_offsets": schema.items(_SIZE, 2, 2)}, others=True
)


class Entry(NamedTuple):
    """What the header of a file says of a tensor: its kind, and where its bytes are, from ``start`` to ``end``."""

    dtype: Dtype
    shape: tuple[int, ...]
    start: int
    end: int


def packed(value: Any, metadata: Mapping[str, str] | None = None) -> list[bytes | memoryview]:
    """What `save` writes, in pieces. Raises TypeError or DtypeError.

    >>> from glassnet.serialization import packed
    >>> b"".join(packed({"w": glassnet.ones(1)}))[8:31]
    b'{"w":{"dtype":"F32","sh'
    """
    texts = dict(metadata or {})
    for name, text in texts.items():
        if not isinstance(name, str) or not isinstance(text, str):
            raise TypeError(
                f"save: metadata are texts by name, got {name!r:.80}: {type(text).__name__}; use json.dumps"
            )
    if isinstance(value, Module):
        raise TypeError(
            "save: a network is more than its tensors; use a path that ends in .pt, save_model(model, path), or "
            "model.state_dict()"
        )
    if isinstance(value, Mapping) and all(_is_named_tensor(*item) for item in value.items()):
        tensors = dict(value)
    else:
        structure, tensors = flatten(value)
        texts[_STRUCTURE] = json_text(structure)
    kinds_and_arrays = {name: _stored(name, x) for name, x in tensors.items()}
    return list(_packed(kinds_and_arrays, texts))


def _is_named_tensor(name: Any, value: Any) -> bool:
    return isinstance(name, str) and name != _METADATA and isinstance(value, Tensor | np.ndarray | np.generic)


def load_tensors(path: PathLike) -> Any:
    """What is in a safetensors file: tensors by name, in their order, or whatever was around them.

    Raises ModelFileError for a file that is something else, truncated or edited, and OSError for one
    that cannot be opened.
    """
    with tensor_file(path) as file:
        structure = file.metadata.get(_STRUCTURE)
        tensors = file.tensors()
    if structure is None:
        return tensors
    try:
        return unflatten(parsed_json(structure), tensors)
    except ValueError as error:  # NestingError among them
        raise ModelFileError(path, str(error), "use the original file") from None


def load_metadata(path: PathLike) -> dict[str, str]:
    """The texts by name that were saved with the tensors in a safetensors file.

    >>> glassnet.save({"w": glassnet.ones(2)}, "weights.safetensors", {"author": "me"})
    >>> serialization.load_metadata("weights.safetensors")
    {'author': 'me'}
    """
    with tensor_file(path) as file:
        return {name: text for name, text in file.metadata.items() if name != _STRUCTURE}


def json_text(value: Any) -> str:
    """``value`` as JSON; letters beyond ASCII as they are, unless half of one is among them, which no file can hold."""
    text = json.dumps(value, ensure_ascii=False)
    return text if _can_be_written(text) else json.dumps(value)


def _can_be_written(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# reading ------------------------------------------------------------------------------------------


class TensorFile:
    """An open file, whose header was read and found to be in order: ``entries`` and ``metadata`` are what is in it."""

    def __init__(self, path: PathLike, file: BinaryIO) -> None:
        self._path, self._file = path, cast(BufferedReader, file)
        size = os.fstat(file.fileno()).st_size
        header, self._begin = _header(path, file, size)
        texts = header.pop(_METADATA, None)
        self.metadata: dict[str, str] = {} if texts is None else texts
        _check(path, schema.named(schema.text), self.metadata, "metadata")
        self.entries = {name: _entry(path, name, entry) for name, entry in header.items()}
        end = 0
        for name, entry in self._in_order():
            if entry.start != end:
                raise _edited(path, f"the numbers of {name:.60} begin at {entry.start}, expected at {end}")
            end = entry.end
        if self._begin + end != size:
            raise _edited(path, f"the header speaks of {end:,} bytes of numbers, and there are {size - self._begin:,}")

    def tensors(self) -> dict[str, Tensor]:
        """All tensors by name, in the order they were saved in; each has memory of its own."""
        self._file.seek(self._begin)
        arrays = {name: self._array(name, entry) for name, entry in self._in_order()}
        return {name: wrap(arrays[name]) for name in self.entries}

    def _in_order(self) -> list[tuple[str, Entry]]:
        """The entries in the order of their bytes."""
        return sorted(self.entries.items(), key=lambda item: (item[1].start, item[1].end))

    def _array(self, name: str, entry: Entry) -> Array:
        try:
            array = np.empty(entry.shape, stored_dtype(entry.dtype).newbyteorder("<"))
        except (ValueError, MemoryError) as error:
            problem = f"{name} has shape {written(entry.shape)}, which NumPy cannot make ({error})"
            raise ModelFileError(self._path, problem, "use the original file, or a machine with more memory") from None
        numbers = array.reshape(-1).view(np.uint8)
        for start in range(0, len(numbers), _PIECE):
            piece = numbers[start : start + _PIECE]
            if self._file.readinto(piece.data) != len(piece):
                raise _edited(self._path, f"the file ends within {name:.60}")
        array = read_as(entry.dtype, array)
        # the view has NumPy's own object for the dtype: dispatch compares by identity, and would cast in every call
        return array.astype(entry.dtype, copy=False).view(entry.dtype)


@contextmanager
def tensor_file(path: PathLike) -> Iterator[TensorFile]:
    """The safetensors file at ``path``, open. Raises what `load` raises."""
    with opened(path, ModelFileError) as file:
        yield TensorFile(path, file)


def _header(path: PathLike, file: BinaryIO, size: int) -> tuple[dict[str, Any], int]:
    """The header of a file of ``size`` bytes, and where it ends."""
    advice = "use a whole copy of it, or save the model again"
    start = file.read(_LENGTH + 4)
    length = int.from_bytes(start[:_LENGTH], "little")
    if not start:
        raise ModelFileError(path, "the file is empty", advice)
    if start[_LENGTH : _LENGTH + 1] != b"{":
        raise ModelFileError(path, f"not a safetensors file (it begins with {start!r})", advice)
    if length > size - _LENGTH:
        problem = f"the header should have {length} bytes, but the whole file has {size}: it was cut off"
        raise ModelFileError(path, problem, advice)
    if length > _LONGEST:
        raise ModelFileError(path, f"expected a header of at most {_LONGEST:,} bytes, got {length:,}", advice)
    file.seek(_LENGTH)
    try:
        header = parsed_json(file.read(length).decode())
    except ValueError as error:
        raise _edited(path, f"its header is no JSON: {error}") from None
    if not isinstance(header, dict):
        raise _edited(path, "its header is no object")
    return header, _LENGTH + length


def _entry(path: PathLike, name: str, entry: Any) -> Entry:
    """What the header says of the tensor ``name``, if it makes sense."""
    _check(path, _ENTRY, entry, name)
    kind, shape, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
    dtype = _DTYPES.get(kind)
    if dtype is None:
        problem = f"{name:.60} has dtype {kind:.20}, which NumPy or glassnet does not have"
        raise ModelFileError(path, problem, f"convert it to one of {', '.join(_DTYPES)} where it was made")
    needed = math.prod(shape) * item_bytes(dtype)
    if end - start != needed:
        raise _edited(path, f"{name:.60} is {kind}{written(shape)}, {needed} bytes, and has {end - start}")
    return Entry(dtype, tuple(shape), start, end)


def _check(path: PathLike, kind: schema.Kind, value: Any, place: str) -> None:
    try:
        kind.check(value, place)
    except schema.Misfit as error:
        raise _edited(path, f"in its header, {error}") from None


def _edited(path: PathLike, reason: str) -> ModelFileError:
    problem = f"the safetensors file was cut off or edited ({reason})"
    return ModelFileError(path, problem, "use a whole copy of it, or save the model again")


# writing ------------------------------------------------------------------------------------------


def _stored(name: str, value: Any) -> tuple[str, Array]:
    """What a file calls the dtype of ``value``, and its numbers as it holds them."""
    array = as_array(value)
    dtype = dtype_name(array.dtype.newbyteorder("=") if array.dtype.byteorder == ">" else array.dtype)
    if dtype not in _NAMES:
        known = ", ".join(_NAMES)
        raise DtypeError(f"save: {name!r} has dtype {array.dtype}, which a file cannot hold; it holds {known}")
    array = stored(array)
    return _NAMES[dtype], np.array(array, array.dtype.newbyteorder("<"), order="C", copy=None)


def _packed(values: dict[str, tuple[str, Array]], metadata: dict[str, str]) -> Iterator[bytes | memoryview]:
    """The bytes of a file: header and numbers, of which none are copied.

    The largest kinds of numbers come first, so that each begins at a multiple of its size.
    """
    places: dict[str, Any] = {}
    end = 0
    in_order = sorted(values, key=lambda name: -values[name][1].itemsize)
    for name in in_order:
        (kind, array), start = values[name], end
        end += array.nbytes
        places[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [start, end]}
    ordered = ({_METADATA: metadata} if metadata else {}) | {name: places[name] for name in values}
    text = json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))
    try:
        header = text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"save: expected names of whole letters, got half of one at {text[: error.end][-20:]!r}"
        ) from None
    header += b" " * (-len(header) % _LENGTH)  # the numbers begin at a multiple of 8
    yield len(header).to_bytes(_LENGTH, "little") + header
    for name in in_order:
        yield values[name][1].reshape(-1).view(np.uint8).data
