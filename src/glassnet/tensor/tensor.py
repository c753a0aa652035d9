"""Tensor: an array that remembers how it was computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from glassnet.errors import DimensionError, DtypeError, GradientError
from glassnet.notebook import repr_html
from glassnet.observer import mode
from glassnet.ops.bfloat16 import item_bytes
from glassnet.ops.dtypes import Array, get_default_dtype
from glassnet.ops.record import Op
from glassnet.ops.shapes import normalize_dim
from glassnet.tensor import dispatch, functions, graph
from glassnet.tensor.device import cpu, device, on_cpu
from glassnet.tensor.from_data import as_array, legacy_array
from glassnet.tensor.graph import version_of
from glassnet.tensor.methods.autograd import Autograd
from glassnet.tensor.wording import layout, strided


class Tensor(Autograd):
    """A multi-dimensional array of one dtype that remembers how it was computed.

    ``array`` is the NumPy array itself: look at it, print it, change it. `glassnet.tensor` makes one. The class itself
    is called in older scripts: ``Tensor(data)`` copies lists and arrays in the default dtype, ``Tensor(tensor)`` is
    that tensor, and ``Tensor(2, 3)`` is one of this shape, whose values are not set.

    >>> x = glassnet.Tensor([[1, 2], [3, 4]])
    >>> x.array
    array([[1., 2.],
           [3., 4.]], dtype=float32)
    >>> glassnet.Tensor(3).shape
    (3,)
    """

    __array_priority__ = 1000  # so that array * tensor comes to Tensor.__rmul__

    grad: Tensor | None = None
    name = None  # this and the next two are asked for in PyTorch's older scripts
    output_nr = 0
    volatile = False

    def __init__(
        self, *data_or_sizes: Any, dtype: npt.DTypeLike | None = None, requires_grad: bool = False, device: Any = None
    ) -> None:
        on_cpu(device)
        first = data_or_sizes[0] if len(data_or_sizes) == 1 else None
        if isinstance(first, Tensor) and dtype is None:
            self.__dict__.update(vars(first.view_as(first)))
        else:
            self.array = legacy_array("Tensor", data_or_sizes, get_default_dtype() if dtype is None else dtype)
        if requires_grad:
            self.requires_grad = True

    # the methods that are loaded when first used ------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        """One of them; it is found without this the next time."""
        if name not in functions.METHODS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r:.80}", name=name, obj=self)
        setattr(Tensor, name, functions.method(Tensor, name))
        return getattr(self, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *functions.METHODS})

    # what it is -------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether backward computes a gradient for it, or for what it was computed from."""
        if self.view_of is not None:
            dispatch.follow(self)
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value and self.dtype.kind not in "fc":
            raise DtypeError(
                f"only floating tensors can require gradients, got {self.dtype}; convert it first: x.float()"
            )
        if not value and self.node is not None:
            raise GradientError(
                "requires_grad can be turned off for leaf tensors only; x.detach() gives one that shares the values"
            )
        if self._requires_grad is not bool(value):
            self._requires_grad = bool(value)
            graph.changes.tell()

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set whether backward computes a gradient for this tensor.

        >>> glassnet.ones(2).requires_grad_()
        tensor([1., 1.], requires_grad=True)
        """
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user, not by an operation that autograd followed.

        >>> x = glassnet.ones(2, requires_grad=True)
        >>> x.is_leaf, (x * 2).is_leaf
        (True, False)
        """
        return self.node is None

    @property
    def grad_fn(self) -> graph.Node | None:
        """The node of the operation that made it: ``op``, ``parents``, ``params``; None for a leaf.

        >>> x = glassnet.ones(2, requires_grad=True)
        >>> (x * 2).grad_fn
        <MulBackward0 object at 0x...>
        """
        return None if self.node is None else graph.edge_to(self.node)[0]

    @property
    def retains_grad(self) -> bool:
        """Whether its gradient is kept, although it is not a leaf: see `retain_grad`."""
        return self.node is not None and any(isinstance(hook, graph.RetainGrad) for hook in self.node.hooks or ())

    @property
    def layout(self) -> layout:
        """How it keeps its elements: always all of them, ``strided``."""
        return strided

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def device(self) -> device:
        """Where the tensor is: always the CPU."""
        return cpu

    @property
    def itemsize(self) -> int:
        """The bytes of one element."""
        return item_bytes(self.array.dtype)

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self.array.size * self.itemsize

    def dim(self) -> int:
        """The number of dimensions.

        >>> glassnet.ones(2, 3).dim()
        2
        """
        return self.array.ndim

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of dimension ``dim``.

        >>> glassnet.ones(2, 3).size(), glassnet.ones(2, 3).size(1)
        ((2, 3), 3)
        """
        if dim is None:
            return self.shape
        if not self.shape:
            raise DimensionError(f"size: a tensor without dimensions has no dimension {dim}")
        return self.array.shape[normalize_dim("size", dim, self.ndim)]

    def numel(self) -> int:
        """The number of elements.

        >>> glassnet.ones(2, 3).numel()
        6
        """
        return self.array.size

    nelement = numel

    def stride(self, dim: int | None = None) -> Any:
        """How many elements further in memory the next index lies, for each dimension or for ``dim``.

        >>> glassnet.ones(2, 3).stride()
        (3, 1)
        """
        steps = tuple(n // self.array.itemsize for n in self.array.strides)
        return steps if dim is None else steps[normalize_dim("stride", dim, self.ndim)]

    def element_size(self) -> int:
        """The bytes of one element.

        >>> glassnet.ones(2).element_size()
        4
        """
        return self.itemsize

    def data_ptr(self) -> int:
        """The address of the first element.

        >>> x = glassnet.ones(2)
        >>> x[1].data_ptr() - x.data_ptr()
        4
        """
        return int(self.array.ctypes.data)

    def is_floating_point(self) -> bool:
        """Whether the dtype is floating.

        >>> glassnet.tensor([1, 2]).is_floating_point()
        False
        """
        return self.dtype.kind == "f"

    @property
    def real(self) -> Tensor:
        """The real part; the tensor itself where it is real."""
        real: Tensor = functions.function("real")(self)
        return real

    @property
    def imag(self) -> Tensor:
        """The imaginary part. Raises DtypeError for a tensor that is not complex."""
        imag: Tensor = functions.function("imag")(self)
        return imag

    # how it prints, its copies, and others like it --------------------------------------------

    def __contains__(self, value: Any) -> bool:
        if not isinstance(value, Tensor | int | float | np.generic):
            raise DtypeError(
                f"in: expected a number or a tensor to look for, got {type(value).__name__}: {value!r:.60}"
            )
        return bool((self == value).any())

    def __repr__(self) -> str:
        from glassnet.tensor.printing import tensor_text  # a script that prints none need not load it

        other = None if mode.tracer is None else mode.tracer.printed(self)
        return tensor_text(self) if other is None else other

    _repr_html_ = repr_html

    def __copy__(self) -> Self:
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        if self.node is not None:
            raise GradientError("only leaf tensors can be deep-copied; use x.detach().clone()")
        self._read("copy.deepcopy()")
        other = type(self).__new__(type(self))
        memo[id(self)] = other
        other.array = self.array.copy()
        other._requires_grad = self._requires_grad
        other.grad = None if self.grad is None else self.grad.detach().clone()
        return other

    def new_tensor(
        self, data: Any, *, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False
    ) -> Self:
        """A copy of ``data``, as `glassnet.tensor` takes it, of the dtype of this tensor.

        >>> glassnet.tensor([1.0, 2.0]).new_tensor([[3, 4]])
        tensor([[3., 4.]])
        """
        made: Self = dispatch.finished(as_array(data, self._dtype_of(dtype), copy=True), requires_grad, device)
        return made

    # other dtypes, other histories --------------------------------------------------------------

    @property
    def data(self) -> Tensor:
        """The same memory without the history: autograd does not see changes to it."""
        return wrap(self.array if mode.tracer is None else mode.tracer.detached(self.array))

    @data.setter
    def data(self, value: Any) -> None:
        array = value.array if isinstance(value, Tensor) else np.asarray(value)
        if mode.tracer is not None and array is not self.array:
            mode.tracer.replacing("a tensor's data")
        self.array = array

    def detach(self) -> Tensor:
        """A tensor of the same memory that autograd does not follow.

        >>> x = glassnet.ones(2, requires_grad=True)
        >>> (x * 2).detach()
        tensor([2., 2.])
        """
        other = wrap(self.array if mode.tracer is None else mode.tracer.detached(self.array))
        other.version = version_of(self)
        return other

    def detach_(self) -> Self:
        """Forget the history: the tensor becomes a leaf that requires no gradient.

        >>> x = glassnet.ones(2, requires_grad=True) * 2
        >>> x.detach_()
        tensor([2., 2.])
        """
        self.node, self._requires_grad, self.view_of = None, False, None
        graph.changes.tell()
        return self


class _Apply(Protocol):
    def __call__(self, op: Op, /, *inputs: Any, **params: Any) -> Tensor: ...


# Dispatch is below this file and cannot name the class of its results: they are Tensors.
dispatch.results_are(Tensor)
apply: _Apply = dispatch.apply
wrap: Callable[[Array], Tensor] = dispatch.wrap
made_of: Callable[[Any, Array], Tensor] = dispatch.made_of
finished: Callable[[Array, bool, Any], Tensor] = dispatch.finished
