"""Values as a pickle: those that `opcodes` reads, written by the instructions that PyTorch writes, and PyTorch reads.

It goes over what is saved twice: first to see which memory its tensors lie in, then to write. Texts, containers,
tensors and modules are remembered, so that what stands in two places is one again.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import numpy as np

from glassnet.nn.module import Module
from glassnet.nn.parameter import Parameter
from glassnet.ops.bfloat16 import dtype_name
from glassnet.serialization.pt.opcodes import Refused, checked_key
from glassnet.serialization.pt.plain_objects import arguments_of, attributes_of, is_plain
from glassnet.serialization.pt.python_values import BUILT_IN, VALUES
from glassnet.serialization.pt.storages import DTYPES, STORAGE_OF, Storages
from glassnet.serialization.pt.whole_modules import place_of_function, reference, state_of
from glassnet.tensor import Tensor, device
from glassnet.tensor.wording import Size

HOLDS = (
    "tensors, parameters, modules, NumPy arrays and numbers, whole and floating and complex numbers, texts, bytes, "
    "dtypes, devices, shapes, dates, paths, True, False, None, dicts, lists, tuples and sets of them, and objects of "
    "classes of your own that have no __reduce__, __setstate__ or __del__"
)
DEEPEST = 200  # values within each other; a module within another is four
PROTOCOL = b"\x80\x02"


def pickled(value: Any, view_follows: bool = False) -> tuple[bytes, Storages]:
    """``value`` as a pickle, and the storages that it names by their keys.

    ``view_follows`` is how the older form of the file names a storage. Raises TypeError, which says where, for what is
    none of `HOLDS`, and DtypeError for a dtype that PyTorch does not have.
    """
    storages = Storages()
    _Writer(storages, view_follows, places=False).whole(value)
    return _Writer(storages, view_follows, places=True).whole(value), storages


class _Writer:
    def __init__(self, storages: Storages, view_follows: bool, places: bool) -> None:
        self._storages, self._view_follows, self._places = storages, view_follows, places
        self._pieces: list[bytes] = [PROTOCOL]
        self._memo: dict[Any, int] = {}
        self._kept: list[Any] = []
        self._open: set[int] = set()

    def whole(self, value: Any) -> bytes:
        """The pickle of ``value``."""
        try:
            self._write(value, ())
        except Refused as refused:  # a key that would not be read
            raise TypeError(f"save: {refused.problem}") from None
        return b"".join(self._pieces) + b"."

    def _add(self, *pieces: bytes) -> None:
        self._pieces.extend(pieces)

    def _remember(self, key: Any) -> None:
        number = self._memo[key] = len(self._memo)
        self._add(b"q" + bytes([number]) if number < 256 else b"r" + struct.pack("<I", number))

    def _recalled(self, key: Any) -> bool:
        number = self._memo.get(key)
        if number is None:
            return False
        self._add(b"h" + bytes([number]) if number < 256 else b"j" + struct.pack("<I", number))
        return True

    def _write(self, value: Any, path: tuple[Any, ...]) -> None:
        plain = _PLAIN.get(type(value))
        if plain is not None:
            plain(self, value)
            return
        key = id(value)
        if key not in self._open and self._recalled(key):
            return
        if len(path) > DEEPEST or key in self._open:
            raise TypeError(f"save: {_at(path)} holds itself, or is nested more than {DEEPEST} levels deep")
        self._kept.append(value)  # an identity is given again once its value is gone
        self._open.add(key)
        self._contained(value, path)
        self._open.discard(key)
        if key not in self._memo:
            self._remember(key)

    def _contained(self, value: Any, path: tuple[Any, ...]) -> None:
        kind = type(value)
        if kind is dict:
            self._add(b"}")
            self._remember(id(value))
            self._items(value, path)
        elif kind is OrderedDict:
            self._call("collections", "OrderedDict")
            self._remember(id(value))
            self._items(value, path)
            if "_metadata" in vars(value):  # of a state_dict of PyTorch's
                self._write({"_metadata": value._metadata}, path)
                self._add(b"b")
        elif kind is list:
            self._add(b"]")
            self._remember(id(value))
            self._sequence(value, path, b"e")
        elif kind is tuple:
            self._sequence(value, path, b"t")
        elif kind in (set, frozenset):
            self._call("__builtin__", kind.__name__, sorted(map(checked_key, value), key=repr))
        elif isinstance(value, Tensor):
            self._tensor(value)
        elif isinstance(value, Module):
            self._module(value, path)
        elif isinstance(value, type) and BUILT_IN.get(value.__name__) is value:
            self._global("__builtin__", value.__name__)
        elif isinstance(value, type) and (issubclass(value, Module) or is_plain(value)):
            self._global(*reference(value))
        elif kind in VALUES:
            arguments = VALUES[kind].arguments(value)
            self._global(VALUES[kind].module.replace("builtins", "__builtin__"), kind.__name__)
            self._sequence(arguments, path, b"t")
            self._add(b"R")
        elif isinstance(value, np.ndarray | np.generic):
            self._of_numpy(value, path)
        elif self._named(value):
            pass
        elif is_plain(kind):
            self._object(value, path)
        else:
            advice = (
                "state_dict() gives what such an object remembers" if hasattr(value, "state_dict") else "leave it out"
            )
            raise TypeError(
                f"save: {_at(path)} is of type {kind.__module__}.{kind.__qualname__}; a file holds {HOLDS}; {advice}"
            )

    def _named(self, value: Any) -> bool:
        """Write what is known by its name, if ``value`` is."""
        dtype = value if isinstance(value, np.dtype) else getattr(value, "dtype", None)
        if isinstance(value, Size):
            self._call("torch", "Size", tuple(value))
        elif isinstance(value, device):
            self._call("torch", "device", *([value.type] if value.index is None else [value.type, value.index]))
        elif isinstance(dtype, np.dtype) and dtype_name(dtype) in DTYPES:
            self._global("torch", dtype_name(dtype))
        elif (place := place_of_function(value)) is not None:
            self._global(*place)
        else:
            return False
        return True

    # containers -----------------------------------------------------------------------------------

    def _items(self, value: Mapping[Any, Any], path: tuple[Any, ...]) -> None:
        if value:
            self._add(b"(")
            for key, inner in value.items():
                self._write(checked_key(key), path)
                self._write(inner, (*path, key))
            self._add(b"u")

    def _sequence(self, value: Any, path: tuple[Any, ...], end: bytes) -> None:
        items = list(value)
        if items or end == b"t":
            self._add(b"(")
            for number, inner in enumerate(items):
                self._write(inner, (*path, number))
            self._add(end)

    # what is made by a name -----------------------------------------------------------------------

    def _global(self, module: str, name: str) -> None:
        key = module, name
        if not self._recalled(key):
            self._add(f"c{module}\n{name}\n".encode())
            self._remember(key)

    def _call(self, module: str, name: str, *arguments: Any) -> None:
        self._global(module, name)
        self._sequence(arguments, (), b"t")
        self._add(b"R")

    def _tensor(self, tensor: Tensor) -> None:
        if isinstance(tensor, Parameter):
            self._global("torch._utils", "_rebuild_parameter")
            self._add(b"(")
            self._elements(tensor, False)
            self._write(tensor.requires_grad, ())
            self._call("collections", "OrderedDict")
            self._add(b"tR")
        else:
            self._elements(tensor, tensor.requires_grad)

    def _elements(self, tensor: Tensor, requires_grad: bool) -> None:
        if not self._places:
            self._storages.seen(tensor)
            return
        at = self._storages.placed(tensor)
        self._global("torch._utils", "_rebuild_tensor_v2")
        self._add(b"((")
        self._write("storage", ())
        self._global("torch", STORAGE_OF[dtype_name(at.array.dtype)])
        for each in (at.key, "cpu", at.count, *([None] if self._view_follows else [])):
            self._write(each, ())
        self._add(b"tQ")
        self._write(at.offset, ())
        self._write(tuple(at.array.shape), ())
        self._write(at.steps, ())
        self._write(requires_grad, ())
        self._call("collections", "OrderedDict")
        self._add(b"tR")

    def _module(self, module: Module, path: tuple[Any, ...]) -> None:
        state = state_of(module)
        self._global(*reference(type(module)))
        self._add(b")\x81")
        self._remember(id(module))
        self._write(state, path)
        self._add(b"b")

    def _object(self, value: Any, path: tuple[Any, ...]) -> None:
        """An object of a person's own class: of its arguments, then its items, then its attributes."""
        self._global(*reference(type(value)))
        self._sequence(arguments_of(value), path, b"t")
        self._add(b"R" if isinstance(value, Enum) else b"\x81")
        self._remember(id(value))
        if isinstance(value, list):
            self._sequence(list.__iter__(value), path, b"e")
        elif isinstance(value, dict):
            self._items(value, path)
        state = attributes_of(value)
        if state is not None:
            self._write(state, path)
            self._add(b"b")

    def _of_numpy(self, value: Any, path: tuple[Any, ...]) -> None:
        array = np.ascontiguousarray(value)
        if array.dtype.kind not in "biufcSU":
            raise TypeError(f"save: {_at(path)} is an array of {array.dtype}; a file holds those of numbers and texts")
        if isinstance(value, np.generic):
            self._global("numpy._core.multiarray", "scalar")
            self._add(b"(")
            self._dtype(array.dtype)
            self._write(array.tobytes(), path)
            self._add(b"tR")
            return
        self._global("numpy._core.multiarray", "_reconstruct")
        self._add(b"(")
        self._global("numpy", "ndarray")
        self._write((0,), path)
        self._write(b"b", path)
        self._add(b"tR(")
        for each in (1, value.shape):
            self._write(each, path)
        self._dtype(array.dtype)
        self._write(False, path)
        self._write(array.tobytes(), path)
        self._add(b"tb")

    def _dtype(self, dtype: np.dtype[Any]) -> None:
        native = dtype.newbyteorder("=").str
        self._call("numpy", "dtype", native[1:], False, True)
        order = native[0] if native[0] in "<|" else "<"
        self._write((3, order, None, None, None, *dtype.__reduce__()[2][5:]), ())
        self._add(b"b")

    # plain values ---------------------------------------------------------------------------------

    def _integer(self, value: int) -> None:
        if 0 <= value < 2**8:
            self._add(b"K", bytes([value]))
        elif -(2**31) <= value < 2**31:
            self._add(b"J", struct.pack("<i", value))
        else:
            data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
            if len(data) > 255:
                raise TypeError("save: a whole number has more than 255 bytes, which a file cannot hold")
            self._add(b"\x8a", bytes([len(data)]), data)

    def _text(self, value: str) -> None:
        if not self._recalled(("text", value)):
            data = value.encode("utf-8", "surrogatepass")
            self._add(b"X", struct.pack("<I", len(data)), data)
            self._remember(("text", value))

    def _bytes(self, value: bytes) -> None:
        self._call("_codecs", "encode", value.decode("latin1"), "latin1")

    def _bytearray(self, value: bytearray) -> None:
        self._call("__builtin__", "bytearray", bytes(value))


_PLAIN: dict[type, Callable[[_Writer, Any], None]] = {
    type(None): lambda w, _: w._add(b"N"),
    bool: lambda w, value: w._add(b"\x88" if value else b"\x89"),
    int: _Writer._integer,
    float: lambda w, value: w._add(b"G", struct.pack(">d", value)),
    complex: lambda w, value: w._call("__builtin__", "complex", value.real, value.imag),
    str: _Writer._text,
    bytes: _Writer._bytes,
    bytearray: _Writer._bytearray,
}


def _at(path: tuple[Any, ...]) -> str:
    where = ".".join(map(str, path))
    return f"{where[:60]}…" if len(where) > 60 else where or "this"
