"""Dispatch: `apply`, the only way an operation happens, and `write`, the same in place.

Both run the operation's forward, leave a `Node` for autograd where a gradient is required, and tell the observer, if
there is one (see `glassnet.observer`). A `State` is what a tensor is underneath: an array, and what autograd knows of
it. `Tensor` adds the methods, which all come through here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import numpy as np

from glassnet.errors import DtypeError, GradientError, LinAlgError, ShapeError
from glassnet.observer import mode, observers
from glassnet.ops.bfloat16 import any_bfloat16, bfloat16, operand, result_of, rounded
from glassnet.ops.dtypes import CAST_TYPES, Array, Dtype, category, float32, float64
from glassnet.ops.movement import copy
from glassnet.ops.put_back import put_back
from glassnet.ops.record import Op, Value
from glassnet.ops.shapes import equal_dtypes, written
from glassnet.tensor.device import on_cpu
from glassnet.tensor.graph import LARGE, Node, RetainGrad, VersionCounter, tick, version_of
from glassnet.tensor.silence import SILENT, settings, under
from glassnet.tensor.wording import Size

ndarray = np.ndarray
be, no_longer = settings.set, settings.reset
NUMBERS = (float, int, type(None))


def _keep_freed_memory() -> None:
    """Have the C library keep freed memory of a step for the next one, rather than give it back to the system.

    Given back, it comes again page by page, each filled with zeros: up to a fifth of a training step. How much glibc
    keeps follows the largest block that it has seen freed, to 32 MiB: up to twice that (mallopt(3), M_TRIM_THRESHOLD).
    This one is never written to and takes no memory. Other C libraries do not care.
    """
    with suppress(MemoryError):
        np.empty((32 << 20) - (8 << 10), np.uint8)  # the block is a bit larger, and must not exceed 32 MiB


_keep_freed_memory()


class State(Value):
    """An array, whether it requires a gradient, the node that made it, and its gradient.

    A view knows the tensor it looks into, how, and what that one's node was then: if it has another
    by now, the view needs one too (see `follow`). What holds for most tensors is said once, here on the class.
    """

    array: Array
    node: Node | None = None
    grad: Any = None  # a Tensor: what apply, wrap and made_of give is of a class above this file
    version: VersionCounter | None = None
    hooks: list[Callable[[Any], Any]] | None = None
    accumulated_hooks: dict[object, Callable[[Any], Any]] | None = None  # called once .grad has been added to
    view_of: tuple[State, Op, dict[str, Any], Node | None] | None = None
    _accumulator: Callable[[], Any] | None = None  # a leaf's own node, if somebody holds it: see node_hooks.py
    _reshaped = False  # in place: unsqueeze_()
    _of_several = False  # one of the parts that split() or unbind() gave
    _requires_grad = False

    def operate(self, op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Carry out ``op`` through dispatch.

        >>> x = glassnet.tensor([1, 2])
        >>> x.operate(glassnet.ops.registry["add"], (x, 10), {})
        tensor([11, 12])
        """
        for x in inputs:
            if isinstance(x, Value) and not isinstance(x, State):  # which notes what is done with it
                return x.operate(op, inputs, params)
        return apply(op, *inputs, **params)

    @property
    def shape(self) -> Size:
        """The size of each dimension."""
        return Size(self.array.shape)

    @property
    def dtype(self) -> Dtype:
        """The dtype of the elements."""
        return self.array.dtype


T = TypeVar("T", bound=State)

_new: Callable[[], Any] = State


def results_are(tensor_class: type[State]) -> None:
    """Say which class the results of operations are of. `Tensor` does, once it is defined."""
    global _new
    _new = partial(tensor_class.__new__, tensor_class)


def wrap(array: Array) -> Any:
    """A tensor of ``array`` itself, without a history."""
    tensor = _new()
    tensor.array = array
    if mode.tracer is not None:
        mode.tracer.wrapped(tensor)
    return tensor


def made_of(data: Any, array: Array) -> Any:
    """A tensor of ``array``, which was made of a person's ``data``."""
    if mode.tracer is not None:
        mode.tracer.made_of(data, array)
    return wrap(array)


def finished(array: Array, requires_grad: bool, device: Any) -> Any:
    """A new tensor of ``array``."""
    if device is not None:
        on_cpu(device)
    tensor = wrap(rounded(array) if array.dtype is bfloat16 else array)
    if requires_grad:
        tensor.requires_grad = True
    return tensor


def called(tensor: T, name: str) -> T:
    """``tensor``, which people know by ``name``: that is what it is called where a program is read."""
    if mode.tracer is not None:
        mode.tracer.called(tensor, name)
    return tensor


def apply(op: Op, *inputs: Any, **params: Any) -> Any:
    """Carry out ``op``: run its forward, and note what autograd needs.

    Inputs are tensors, arrays, Python numbers or None. Raises what the operation's shape rule
    raises where the inputs do not fit.
    """
    if observers and mode.autocast is not None:
        inputs = mode.autocast(op, inputs)
    tracked = is_short = False
    common, alike = None, True  # the dtype of the tensors, if they have one, and there are only numbers besides
    values: list[Any] = []
    for x in inputs:
        if isinstance(x, State):
            array = x.array
            values.append(array)
            if array.dtype is not common:
                alike = alike and common is None
                common = array.dtype
            if x._requires_grad:
                tracked = True
            elif x.view_of is not None and mode.grad:
                follow(x)
                tracked = tracked or x._requires_grad
        else:
            values.append(x)
            alike = alike and type(x) in NUMBERS
    if not (common is float32 or common is float64 if alike else op.cast is not None and _alike(values)):
        is_short = common is bfloat16 or (not alike and any_bfloat16(values))
        if op.cast is not None:
            values = _cast(op, values)
    if params and "generator" in params and mode.tracer is not None:
        mode.tracer.drawing(params["generator"])
    try:
        if op.view:
            array = op.forward(*values, **params)
        else:
            before = be(SILENT)
            try:
                array = op.forward(*values, **params)
            finally:
                no_longer(before)
    except (ValueError, IndexError, TypeError, AttributeError) as error:
        explain(op, values, params, error)
        raise
    if type(array) is not ndarray:
        array = np.asarray(array)
    if op.in_order and array.ndim > 1 and not array.flags.c_contiguous:  # asking for flags costs more than both
        array = np.array(array, order="C")
    if is_short:
        array = _in_bfloat16(op, values, params, array)
    result = _new()
    result.array = array
    if tracked and mode.grad and op.differentiable and array.dtype.kind in "fc":
        for x in inputs:
            if getattr(x, "view_of", None) is not None:
                follow(x)
        result._requires_grad = True
        result.node = Node(op, inputs, values, params, array)
        if (array.nbytes >= LARGE or getattr(values[0], "nbytes", 0) >= LARGE) and mode.tracer is None:
            result.node.let_go()  # a tracer knows arrays by what they are
    if op.view:
        _share_memory(result, inputs, params, op)
    if op.writes:
        for position in op.writes:
            if position < len(inputs) and isinstance(inputs[position], State):  # else it was left out, or is None
                version_of(inputs[position]).written = tick()
    if observers and mode.tracer is not None:
        mode.tracer.note(op, inputs, values, params, result)
    return result


def _in_bfloat16(op: Op, values: list[Any], params: dict[str, Any], array: Array) -> Array:
    """What ``op`` gave, rounded where it is of bfloat16, as some of ``values`` are; and so what it has written to."""
    if mode.tracer is not None:
        mode.tracer.rounding()
    for position in op.writes:
        if position < len(values):  # else it was left out
            _round_in_place(values[position])
    if op.view or op.writes or "dtype" in params:  # the numbers of an input, or what was asked for
        return array
    return result_of(values, array)


def _round_in_place(array: Any) -> None:
    if getattr(array, "dtype", None) is bfloat16:
        array[...] = rounded(array)


def _alike(values: list[Any]) -> bool:
    """Whether the arrays are all float32 or all float64, and the rest Python numbers: no cast needed."""
    common = None
    for value in values:
        kind = type(value)
        if kind is ndarray:
            dtype = value.dtype
            if dtype is not common:
                if common is not None or (dtype is not float32 and dtype is not float64):
                    return False
                common = dtype
        elif kind is not float and kind is not int and value is not None:
            return False
    return common is not None


def _cast(op: Op, values: list[Any]) -> list[Any]:
    """``values`` in the dtype that ``op`` computes in, or a DtypeError."""
    values = [v.item() if isinstance(v, np.generic) else v for v in values]
    if op.cast == "equal":
        if all(hasattr(v, "dtype") or v is None for v in values):
            equal_dtypes(op.name, *values)
            return values
        kinds = ", ".join(type(v).__name__ for v in values)
        raise DtypeError(f"{op.name}: expected tensors, got {kinds}")
    try:
        dtype = CAST_TYPES[op.cast](*values)
    except TypeError as error:
        explain(op, values, {}, error)
        raise DtypeError(f"{op.name}: {error}") from None
    if dtype.kind == "c" and not op.complex_too:
        raise DtypeError(f"{op.name}: expected real numbers, got {dtype}; take x.real, x.imag or x.abs()")
    try:
        if dtype.kind in "fc":
            return [under(SILENT, operand, v, dtype) for v in values]
        return [np.asarray(v, dtype) for v in values]
    except OverflowError:  # a number that the integers of this dtype do not hold: it wraps around, as their sums do
        return [np.asarray(v).astype(dtype) for v in values]


def explain(op: Op, values: list[Any], params: dict[str, Any], error: Exception) -> None:
    """Raise what the shape rule says of inputs that forward would not take, if it says anything."""
    if isinstance(error, ShapeError):
        return
    if isinstance(error, np.linalg.LinAlgError):
        raise LinAlgError(f"{op.name}: there is none for this matrix, or one of them: {error}") from None
    if isinstance(error, AttributeError):
        for place, v in enumerate(values):
            if not hasattr(v, "dtype") and not isinstance(v, int | float | complex):
                raise DtypeError(f"{op.name}: expected a tensor, got {type(v).__name__} as input {place + 1}") from None
    specs = [np.asarray(v) if isinstance(v, (list, tuple)) else v for v in values]
    try:
        op.shape(*specs, **params)
    except (ShapeError, DtypeError, IndexError) as better:
        raise better from None
    except Exception:  # the rule itself could make nothing of the inputs: NumPy's own error stands
        return


def follow(x: Any) -> None:
    """Give a view the history of its base, where that was changed in place since the view was taken."""
    views = []
    while (view_of := getattr(x, "view_of", None)) is not None:
        views.append(x)
        x = view_of[0]
    for view in reversed(views):
        base, op, params, node = view.view_of
        if base._reshaped and not _same_place(op.forward(base.array, **params), view.array):
            raise GradientError(
                f"this tensor of shape {written(view.shape)} is a view of one whose own shape was changed in place "
                "since; take the view again"
            )
        is_leaf = view.node is None and view._requires_grad
        if base.node is not node and base.node is not None and not is_leaf:
            _new_history(view, Node(op, (base,), [base.array], params, view.array))
            view.view_of = (base, op, params, base.node)


def _same_place(a: Array, b: Array) -> bool:
    return a.ctypes.data == b.ctypes.data and a.shape == b.shape and a.strides == b.strides


def _share_memory(result: State, inputs: tuple[Any, ...], params: dict[str, Any], op: Op) -> None:
    """Note that ``result`` looks into the memory of its first input, if it does."""
    source = inputs[0]
    if isinstance(source, State) and len(inputs) == 1 and np.may_share_memory(result.array, source.array):
        result.version = version_of(source)
        if result.node is not None:
            result.node.version = result.version
        result.view_of = (source, op, params, source.node)


def write(target: T, op: Op, *inputs: Any, **params: Any) -> T:
    """Put the result of ``op`` in the place of ``target``'s elements; returns ``target``.

    Raises GradientError for a leaf that requires a gradient (its gradient would be of values
    that are gone), ShapeError where the result does not fit; nothing is written then.
    """
    if mode.grad:
        for x in (target, *inputs):
            follow(x)
    tracked = (
        mode.grad
        and target.dtype.kind in "fc"
        and any(isinstance(x, State) and x._requires_grad for x in (target, *inputs))
    )
    _check_writable(target, tracked)
    _spare_results(target)
    values = [x.array if isinstance(x, State) else x for x in inputs]
    cast = values
    if op.cast is not None and not _alike(values):
        cast = _cast(op, values)
    if mode.tracer is not None:
        mode.tracer.writing(target, inputs)
        if "generator" in params:
            mode.tracer.drawing(params["generator"])
    _compute_into(target.array, op, cast, values, params)
    if mode.tracer is not None:
        mode.tracer.note_write(target, op, inputs, cast, params)
    if tracked:
        node = Node(op, inputs, cast, params, target.array)
        version_of(target).written = node.time
        _new_history(target, node)
        _update_bases(target)
    else:
        version_of(target).written = tick()
    return target


def _spare_results(target: State) -> None:
    """Copy what is about to be written over and a derivative reads where PyTorch's, which permits that, does not."""
    view: State | None = target
    while view is not None:
        node = view.node
        if node is not None and node.op.free_result and node.parents is not None and not hasattr(node, "spared"):
            node.output, node.spared = apply(copy, view).array, True
        view = None if view.view_of is None else view.view_of[0]


def _compute_into(out: Array, op: Op, cast: list[Any], values: list[Any], params: dict[str, Any]) -> None:
    are_the_operands = all(a is b for a, b in zip(cast, values, strict=True))
    reuses_memory = op.takes_out and (op.elementwise or op.in_place) and are_the_operands
    before = be(SILENT)
    try:
        if reuses_memory:
            op.forward(*cast, out=out, **params)
        else:
            result = np.asarray(op.forward(*cast, **params))
            _check_fits(op, out, result.shape, result.dtype)
            out[...] = result
        _round_in_place(out)
    except (ValueError, IndexError, TypeError) as error:
        explain(op, cast, params, error)
        _explain_unfit(op, np.shape(out), out.dtype, cast, params)
        raise
    finally:
        no_longer(before)


def _explain_unfit(op: Op, shape: tuple[int, ...], dtype: Dtype, values: list[Any], params: dict[str, Any]) -> None:
    spec = op.shape(*values, **params)
    _check_fits(op, np.empty(shape, dtype), spec.shape, spec.dtype)


def _check_fits(op: Op, out: Array, shape: tuple[int, ...], dtype: Dtype) -> None:
    if np.broadcast_shapes(shape, out.shape) != out.shape:
        raise ShapeError(
            f"{op.name} in place: the result has shape {written(shape)}, which does not fit into "
            f"{written(out.shape)}; use the operation that makes a new tensor"
        )
    if category(dtype) > category(out.dtype):
        raise DtypeError(
            f"{op.name} in place: the result is {dtype}, which {out.dtype} cannot hold; convert the tensor first: "
            "x = x.float()"
        )


def _check_writable(target: State, tracked: bool) -> None:
    if not target.array.flags.writeable:
        raise ShapeError(
            f"this tensor of shape {written(target.shape)} cannot be changed in place: it was expanded or unfolded, so "
            "that its elements share memory, or made of a read-only array; change a copy: x.clone()"
        )
    view: State | None = target if mode.grad else None
    while view is not None:
        base = None if view.view_of is None else view.view_of[0]
        if tracked and view._requires_grad and view.node is None:
            raise GradientError(
                "a leaf tensor that requires a gradient cannot be changed in place while autograd is watching; "
                "do it under `with glassnet.no_grad():`, or on x.data"
            )
        if tracked and view._of_several:
            raise GradientError(
                "one of several parts, which split(), chunk(), unbind() or a loop over a tensor has given, cannot be "
                "changed in place while autograd is watching; change the tensor where the part lies, x[i] *= 2, or a "
                "copy: part.clone()"
            )
        if base is not None and base._requires_grad and not view._requires_grad:
            raise GradientError(
                f"this tensor of shape {written(view.shape)} was taken as a view under no_grad() of one that requires "
                "a gradient, which would not know of the change; take the view outside of no_grad(), or change it "
                "under no_grad() too"
            )
        view = base


def _new_history(x: State, node: Node) -> None:
    if x.node is not None and x.node.hooks:
        node.hooks = [hook for hook in x.node.hooks if isinstance(hook, RetainGrad)]
        x.node.hooks = [hook for hook in x.node.hooks if not isinstance(hook, RetainGrad)]
    node.version = version_of(x)
    x.node = node
    x._requires_grad = True


def _update_bases(view: State) -> None:
    """A view has changed: give the tensor that it looks into, and that one's base, a node that says so."""
    while view.view_of is not None:
        base, op, params, _ = view.view_of
        back, its_params, takes_base = put_back(op, params, base.shape)
        inputs = (base, view) if takes_base else (view,)
        node = Node(back, inputs, [x.array for x in inputs], its_params, base.array)
        _new_history(base, node)
        view.view_of = (base, op, params, node)
        view = base
