"""The names that a PyTorch file may use: tensors and parameters, plain containers, dtypes and devices, NumPy's arrays.

Each stands for a value, or for a maker, which builds a value of arguments that it checks. The list is closed: a name
that is not in it is refused, unless it is that of a network's class (`whole_modules`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from glassnet.nn.parameter import Parameter
from glassnet.ops.bfloat16 import dtype_name
from glassnet.ops.dtypes import Array
from glassnet.serialization.pt.opcodes import Refused, checked_key
from glassnet.serialization.pt.python_values import BUILT_IN, VALUES
from glassnet.serialization.pt.storages import BYTES, DTYPES, READ_AS, STORAGES, Kind, tensor_in
from glassnet.tensor import Tensor, device, wrap
from glassnet.tensor.wording import Size

_ENCODINGS = ("latin1", "latin-1", "utf-8", "utf8", "ascii")
_LARGEST_KEY = 64  # bytes of a text that stands for a dtype


class Made(NamedTuple):
    """A maker: the name by which a file asks for it, and the function that is given the arguments."""

    name: str
    function: Callable[..., Any]

    def make(self, arguments: tuple[Any, ...]) -> Any:
        """The value of these arguments."""
        return self.function(*arguments)


class Class(NamedTuple):
    """The name of a class that is an argument, and is not made by itself."""

    name: str


def named(module: str, name: str) -> Any:
    """What ``module.name`` stands for; None if it is not in the list."""
    module = {"__builtin__": "builtins", "numpy.core.multiarray": "numpy._core.multiarray"}.get(module, module)
    whole = f"{module}.{name}"
    if module in ("torch", "torch.cuda") and name in STORAGES:
        return Kind(STORAGES[name])
    if module == "torch" and name in DTYPES:
        return DTYPES[name]
    if module == "torch" and name in READ_AS:
        return Kind(name)
    if whole in ("torch.storage.UntypedStorage", "torch.UntypedStorage"):
        return Kind("untyped")
    return _NAMES.get(whole)


# tensors ------------------------------------------------------------------------------------------


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any = False, *_: Any) -> Tensor:
    return _finished(tensor_in(storage, None, offset, size, stride), requires_grad)


def _tensor_of_dtype(
    storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any, hooks: Any, dtype: Any, *_: Any
) -> Tensor:
    kind = Kind(dtype_name(dtype)) if isinstance(dtype, np.dtype) else dtype
    if not isinstance(kind, Kind) or kind.name not in BYTES:
        raise Refused(f"a tensor has the dtype {dtype!r:.60}")
    return _finished(tensor_in(storage, kind, offset, size, stride), requires_grad)


def _finished(array: Array, requires_grad: Any) -> Tensor:
    tensor = wrap(array)
    if requires_grad:
        tensor.requires_grad = True
    return tensor


def _parameter(data: Any, requires_grad: Any, *_: Any) -> Parameter:
    return Parameter(_checked(data), requires_grad=bool(requires_grad))


def _of_class(maker: Any, kind: Any, arguments: Any, state: Any) -> Tensor:
    """A tensor with attributes of its own; the attributes are left out."""
    made = maker.make(arguments) if isinstance(maker, Made) and isinstance(arguments, tuple) else None
    if not isinstance(kind, Class):
        raise Refused("a tensor is of a class of its own")
    return _checked(made)


def _checked(value: Any) -> Tensor:
    if not isinstance(value, Tensor):
        raise Refused("a tensor is made of what is none")
    return value


# plain values -------------------------------------------------------------------------------------


def _ordered(items: Any = ()) -> OrderedDict[Any, Any]:
    return OrderedDict((checked_key(key), value) for key, value in items)


def _set(items: Any = ()) -> set[Any]:
    return set(map(checked_key, _list(items)))


def _frozenset(items: Any = ()) -> frozenset[Any]:
    return frozenset(_set(items))


def _list(items: Any = ()) -> list[Any]:
    if not isinstance(items, list | tuple):
        raise TypeError("items that are no list")
    return list(items)


def _encoded(text: Any, encoding: Any = "utf-8") -> bytes:
    if not isinstance(text, str) or encoding not in _ENCODINGS:
        raise Refused(f"bytes are written in the encoding {encoding!r:.40}")
    return text.encode(encoding)


def _bytes(*arguments: Any) -> bytes:
    if arguments:
        raise Refused("bytes are made of arguments")
    return b""


def _bytearray(*arguments: Any) -> bytearray:
    if arguments and isinstance(arguments[0], str):
        return bytearray(_encoded(*arguments))
    if arguments and not isinstance(arguments[0], bytes):
        raise Refused("bytes are made of a number")
    return bytearray(*arguments)


def _size(sizes: Any = ()) -> Size:
    numbers = _list(sizes)
    if not all(type(n) is int for n in numbers):
        raise Refused("a shape is not of whole numbers")
    return Size(numbers)


def _device(*arguments: Any) -> device:
    return device(*arguments)


# NumPy's ------------------------------------------------------------------------------------------


def _dtype(text: Any, *_: Any) -> np.dtype[Any]:
    kind = np.dtype(text) if isinstance(text, str) and len(text) <= _LARGEST_KEY else np.dtype(object)
    if kind.kind not in "biufcSU" or kind.itemsize > 2**16:
        raise Refused(f"an array of NumPy's is of {text!r:.40}; read are numbers and texts")
    return kind


def _scalar(kind: Any, data: Any) -> Any:
    if not isinstance(kind, np.dtype) or not isinstance(data, bytes) or len(data) != kind.itemsize:
        raise Refused("a number of NumPy's has not the bytes of its dtype")
    return np.frombuffer(data, kind)[0]


def _array(kind: Any, shape: Any, data: Any) -> Array:
    if kind != Class("numpy.ndarray"):
        raise Refused("an array is of a class of its own")
    return np.empty(0, np.uint8)


def set_array(array: Array, state: Any) -> None:
    """Give ``array``, which was made empty, the shape, the dtype and the numbers that a file says."""
    _, shape, kind, by_columns, data = state
    data = data.encode("latin1") if isinstance(data, str) else data  # of Python 2, whose texts were bytes
    sound = isinstance(kind, np.dtype) and isinstance(data, bytes) and isinstance(shape, tuple)
    if not sound or not all(type(n) is int and 0 <= n < 2**62 for n in shape) or len(shape) > 64:
        raise Refused("an array of NumPy's has no plain shape, dtype and numbers")
    count = 1
    for size in shape:
        count *= size
    if count * kind.itemsize != len(data):
        raise Refused(f"an array of NumPy's of shape {shape} has {len(data)} bytes")
    array.__setstate__((1, shape, kind, bool(by_columns), data))  # type: ignore[arg-type]


_NAMES: dict[str, Any] = {
    made.name: made
    for made in (
        Made("torch._utils._rebuild_tensor", _tensor),
        Made("torch._utils._rebuild_tensor_v2", _tensor),
        Made("torch._utils._rebuild_tensor_v3", _tensor_of_dtype),
        Made("torch._utils._rebuild_parameter", _parameter),
        Made("torch._utils._rebuild_parameter_with_state", _parameter),
        Made("torch._tensor._rebuild_from_type_v2", _of_class),
        Made("torch.Size", _size),
        Made("torch.device", _device),
        Made("collections.OrderedDict", _ordered),
        Made("builtins.set", _set),
        Made("builtins.frozenset", _frozenset),
        Made("builtins.list", _list),
        Made("builtins.complex", complex),
        Made("builtins.bytes", _bytes),
        Made("builtins.bytearray", _bytearray),
        Made("_codecs.encode", _encoded),
        Made("numpy.dtype", _dtype),
        Made("numpy._core.multiarray.scalar", _scalar),
        Made("numpy._core.multiarray._reconstruct", _array),
    )
} | {
    name: Class(name)
    for name in ("numpy.ndarray", "torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer")
}
for _kind, _value in VALUES.items():
    _NAMES[f"{_value.module}.{_kind.__name__}"] = Made(f"{_value.module}.{_kind.__name__}", _value.make)
for _built_in in BUILT_IN:
    _NAMES.setdefault(f"builtins.{_built_in}", Class(f"builtins.{_built_in}"))
_NAMES["builtins.xrange"] = _NAMES["builtins.range"]  # as Python writes it for Python 2
