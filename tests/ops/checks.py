"""What every operation is held to. Each check raises AssertionError; `test_planted` sees that it does."""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import tensor
from glassnet.autograd import grad
from glassnet.ops import Op, Spec, registry
from glassnet.ops.dtypes import float_type, result_type
from glassnet.ops.formula import parameters
from glassnet.tensor import Tensor, apply, dispatch
from tests.ops import projection
from tests.ops.sample import Sample

# Of symmetric matrices, of which they read one triangle; the gradient is that of both.
OF_SYMMETRIC = {"cholesky", "eigh", "eigvalsh"}


def cast(op: Op, arrays: list[Any]) -> list[Any]:
    """``arrays`` in the dtype in which dispatch would pass them to ``op``."""
    if op.cast in ("common", "difference", "comparison", "float"):
        dtype = (float_type if op.cast == "float" else result_type)(*arrays)
        return [np.asarray(x, dtype) for x in arrays]
    return arrays


def forward(op: Op, arrays: list[Any], kwargs: dict[str, Any], **out: Any) -> np.ndarray:
    return np.asarray(op.forward(*cast(op, arrays), **kwargs, **out))


def is_float(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def is_complex(x: Any) -> bool:
    return getattr(x, "dtype", np.dtype(bool)).kind == "c"


def differentiated(op: Op, sample: Sample) -> list[int]:
    """The positions of the inputs that have a derivative."""
    return [i for i, x in enumerate(sample.inputs) if (is_float(x) or is_complex(x)) and op.rule(i) is not None]


def function_of(op: Op, sample: Sample) -> Callable[..., Any]:
    """``op`` as a function of those inputs that have a derivative, the others fixed; complex numbers are pairs."""
    places = differentiated(op, sample)

    def function(*tensors: Any) -> Any:
        inputs = sample.arrays()
        for place, x in zip(places, tensors, strict=True):
            inputs[place] = gn.view_as_complex(x) if is_complex(inputs[place]) else x
            if op.name in OF_SYMMETRIC:
                inputs[place] = (inputs[place] + inputs[place].transpose(-1, -2)) / 2
        y = apply(op, *inputs, **sample.kwargs())
        return gn.view_as_real(y) if is_complex(y) else y

    return function


def differentiated_arrays(op: Op, sample: Sample) -> list[np.ndarray]:
    arrays = [sample.arrays()[i] for i in differentiated(op, sample)]
    return [np.stack([x.real, x.imag], -1) if is_complex(x) else x for x in arrays]


# shape and dtype ------------------------------------------------------------------------------------


def check_shape(op: Op, sample: Sample) -> None:
    """The shape rule gives the shape and dtype that dispatch gives, in float64 and float32."""
    for dtype in (np.float64, np.float32):
        result = apply(op, *sample.arrays(dtype), **sample.kwargs())
        _compare_spec(op, [_spec(x) for x in sample.arrays(dtype)], sample, result)


def check_other_dtypes(op: Op, sample: Sample) -> int:
    """The same for the dtypes that elementwise operations take besides; gives how many they are."""
    taken = 0
    for name in ("float16", "bool", "uint8", "int8", "int16", "int32", "int64"):
        arrays = [np.ones(x.shape, name) for x in sample.arrays()]
        try:
            result = apply(op, *arrays, **sample.kwargs())
        except TypeError:
            continue
        taken += 1
        _compare_spec(op, [_spec(x) for x in arrays], sample, result)
    return taken


def _spec(x: Any) -> Any:
    if isinstance(x, np.ndarray) and x.dtype.kind != "b":  # how many a mask picks, only its values tell
        return Spec(x.shape, x.dtype)
    return x


def _compare_spec(op: Op, specs: list[Any], sample: Sample, result: Any) -> None:
    spec = op.shape(*specs, **sample.kwargs())
    came = [str(getattr(x, "dtype", x)) for x in specs]
    assert spec.shape == result.shape, f"{sample.label}: shape rule {spec.shape}, forward {result.shape}"
    assert type(spec.shape) is tuple, f"{sample.label}: the shape is a {type(spec.shape).__name__}"
    assert spec.dtype == result.dtype, f"{sample.label} of {came}: shape rule {spec.dtype}, forward {result.dtype}"
    assert isinstance(spec.dtype, np.dtype), f"{sample.label}: the dtype is a {type(spec.dtype).__name__}"


# forward ----------------------------------------------------------------------------------------------


def check_out(op: Op, sample: Sample) -> None:
    """With ``out``, forward computes the same, into ``out``; for elementwise operations that may be an input."""
    if op.writes:  # it has its inputs to write into
        arrays = sample.arrays()
        assert op.forward(*arrays, **sample.kwargs()) is arrays[op.writes[0]], f"{sample.label}: does not return it"
        return
    for dtype in (np.float64, np.float32):
        expected = forward(op, sample.arrays(dtype), sample.kwargs())
        for label, arrays, out in _places(op, sample, dtype, expected):
            forward(op, arrays, sample.kwargs(), out=out)
            np.testing.assert_allclose(
                out, expected, rtol=1e-14 if dtype is np.float64 else 1e-6, err_msg=f"{sample.label}, {label}"
            )


def _places(op: Op, sample: Sample, dtype: Any, expected: np.ndarray) -> Iterator[tuple[str, list[Any], np.ndarray]]:
    yield "out of its own", sample.arrays(dtype), np.full_like(expected, 77)
    positions = range(len(sample.inputs)) if op.elementwise else range(1) if op.in_place else ()
    for i in positions:
        arrays = cast(op, sample.arrays(dtype))
        if arrays[i].shape == expected.shape and arrays[i].dtype == expected.dtype:
            yield f"out is input {i}", arrays, arrays[i]


def check_textbook(op: Op, sample: Sample) -> None:
    """What a textbook writes computes what forward does."""
    assert op.textbook is not None
    came = op.textbook(*cast(op, sample.arrays()), **sample.kwargs())
    expected = forward(op, sample.arrays(), sample.kwargs())
    np.testing.assert_allclose(came, expected, rtol=1e-12, err_msg=sample.label)


def check_inputs_kept(op: Op, sample: Sample) -> None:
    """Forward changes no input but those it says it writes."""
    before, arrays = sample.arrays(), sample.arrays()
    forward(op, arrays, sample.kwargs())
    for i, (was, now) in enumerate(zip(before, arrays, strict=True)):
        if i not in op.writes:
            np.testing.assert_array_equal(now, was, err_msg=f"{sample.label}: input {i} was changed")


# expand -----------------------------------------------------------------------------------------------


def check_expand(op: Op, sample: Sample) -> None:
    """The decomposition has the operation's values, dtype and first derivative."""
    assert op.expand is not None
    if op.writes:
        _check_new_values(op, sample)
        return
    places = differentiated(op, sample) if sample.order else []
    results = []
    for function in (lambda *xs, **kw: apply(op, *xs, **kw), op.expand):
        inputs = [
            tensor(x, requires_grad=i in places) if isinstance(x, np.ndarray) else x
            for i, x in enumerate(sample.arrays())
        ]
        y = function(*inputs, **sample.kwargs())
        assert isinstance(y, Tensor), f"{sample.label}: the decomposition gives a {type(y).__name__}"
        weights = np.random.default_rng(0).standard_normal(y.shape)
        found = grad(y, [inputs[i] for i in places], (weights,)) if places else ()
        results.append((y.detach().numpy(), [g.numpy() for g in found]))
    (expected, gradients), (expanded, expanded_gradients) = results
    assert expanded.dtype == expected.dtype, f"{sample.label}: dtype {expected.dtype}, expanded {expanded.dtype}"
    assert expanded.shape == expected.shape, f"{sample.label}: shape {expected.shape}, expanded {expanded.shape}"
    np.testing.assert_allclose(expanded, expected, rtol=1e-12, atol=1e-15, err_msg=f"{sample.label}: values")
    for place, g, e in zip(places, gradients, expanded_gradients, strict=True):
        np.testing.assert_allclose(
            e, g, rtol=1e-10, atol=1e-12, err_msg=f"{sample.label}: gradient of input {place}, expanded"
        )


def _check_new_values(op: Op, sample: Sample) -> None:
    """The decomposition of an operation that writes gives the new values of what is written, in order."""
    assert op.expand is not None
    arrays = sample.arrays()
    op.forward(*arrays, **sample.kwargs())
    written = [arrays[i] for i in op.writes if i < len(arrays)]
    tensors = [tensor(x) if isinstance(x, np.ndarray) else x for x in sample.arrays()]
    expanded = op.expand(*tensors, **sample.kwargs())
    for i, new, expected in zip(op.writes, expanded, written, strict=False):
        if expected is None:
            assert new is None, f"{sample.label}: input {i} is None, expanded it is not"
        else:
            np.testing.assert_allclose(new, expected, rtol=1e-12, err_msg=f"{sample.label}: input {i}, expanded")


def check_decomposes_into_primitives(op: Op, sample: Sample) -> None:
    """Expanded fully, the operation is made of primitive operations alone, all of them registered."""
    arrays = sample.arrays()
    expected = apply(op, *arrays, **sample.kwargs()).numpy()
    with dispatched(expanding=True) as happened:
        inputs = [tensor(x) if isinstance(x, np.ndarray) else x for x in sample.arrays()]
        result = dispatch.apply(op, *inputs, **sample.kwargs())
        result = result[0] if op.writes else result
    assert happened, f"{sample.label}: nothing happened"
    strangers = {o.name for o in happened if registry.get(o.name) is not o}
    assert not strangers, f"{sample.label}: expands to operations that are not registered: {strangers}"
    assert all(o.primitive for o in happened)
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-11, atol=1e-14, err_msg=sample.label)


@contextlib.contextmanager
def dispatched(expanding: bool = False) -> Iterator[list[Op]]:
    """The operations that are dispatched; with ``expanding``, those that have a decomposition are decomposed."""
    happened: list[Op] = []
    real = dispatch.apply

    def spied(op: Op, *inputs: Any, **params: Any) -> Any:
        if expanding and op.expand is not None:
            tensors = [tensor(x) if isinstance(x, np.ndarray) else x for x in inputs]
            return op.expand(*tensors, **params)
        happened.append(op)
        return real(op, *inputs, **params)

    with pytest.MonkeyPatch.context() as patch:
        for module in _that_dispatch(len(sys.modules)):
            patch.setattr(module, "apply", spied)
        yield happened


@functools.cache
def _that_dispatch(_loaded: int) -> list[Any]:
    """The modules of the house that call `dispatch.apply` by its name, looked for again where more are loaded."""
    return [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("glassnet") and getattr(module, "apply", None) is dispatch.apply
    ]


# derivatives ------------------------------------------------------------------------------------------


def check_gradients(op: Op, sample: Sample, order: int = 2) -> None:
    """The gradients are the slopes; to order 2, their gradients the slopes of those."""
    try:
        projection.check(function_of(op, sample), differentiated_arrays(op, sample), min(order, sample.order))
    except AssertionError as error:
        raise AssertionError(f"{sample.label}: {error}") from None


def check_both_ways(op: Op, sample: Sample, dtypes: tuple[Any, ...] = (np.float64, np.float32)) -> None:
    """The rules give the same on arrays as on tensors, in the shape and dtype of the input."""
    for dtype in dtypes:
        found = []
        for create_graph in (False, True):
            inputs = sample.arrays(dtype)
            places = differentiated(op, sample)
            for i in places:
                inputs[i] = tensor(inputs[i], requires_grad=True)
            y = apply(op, *inputs, **sample.kwargs())
            if not y.requires_grad:  # a cast to int
                return
            weights = np.random.default_rng(0).standard_normal(y.shape).astype(y.dtype)
            found.append(grad(y, [inputs[i] for i in places], (weights,), create_graph=create_graph))
        for i, plain, lifted in zip(places, *found, strict=True):
            what = f"{sample.label}: gradient of input {i}"
            assert plain.shape == sample.inputs[i].shape, f"{what} has shape {plain.shape}"
            assert plain.dtype == lifted.dtype == sample.arrays(dtype)[i].dtype, (
                f"{what} is {plain.dtype} and {lifted.dtype}, not {dtype}"
            )
            np.testing.assert_allclose(
                lifted.detach().numpy(), plain.numpy(), rtol=1e-5 if dtype is np.float32 else 1e-13, err_msg=what
            )


def check_precision(op: Op, sample: Sample) -> None:
    """No rule turns float32 into float64 on the way."""
    if op.cast is None and any(is_float(x) and x.ndim == 0 for x in sample.inputs):
        return
    arrays = cast(op, sample.arrays(np.float32))
    y = np.asarray(op.forward(*arrays, **sample.kwargs()))
    if y.dtype != np.float32:
        return
    for i in differentiated(op, sample):
        if is_complex(arrays[i]):
            continue
        g = np.asarray(_call_rule(op, i, np.ones_like(y), y, arrays, sample))
        assert g.dtype == np.float32, f"{sample.label}: the rule of input {i} gives {g.dtype}"


@np.errstate(all="ignore")  # as in backward
def _call_rule(op: Op, which: int, g: Any, y: Any, arrays: list[Any], sample: Sample) -> Any:
    rule = op.rule(which)
    assert rule is not None
    return rule(op.upstream(g, y, *arrays, **sample.kwargs()), y, *arrays, **sample.kwargs())


def check_part(op: Op, sample: Sample) -> None:
    """The rules make the same of the gradient of a part as of zeros around it."""
    arrays = cast(op, sample.arrays())
    y = np.asarray(op.forward(*arrays, **sample.kwargs()))
    whole = np.zeros_like(y)
    whole[op.part] = np.random.default_rng(0).standard_normal(y[op.part].shape)
    for which in differentiated(op, sample):
        expected, result = (_call_rule(op, which, g, y, arrays, sample) for g in (whole, whole[op.part]))
        np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-15, err_msg=f"{sample.label}, input {which}")


def spoiled(x: Any) -> Any:
    """``x`` with other values: NaN, or for ints and bools plainly different ones."""
    if not isinstance(x, np.ndarray):
        return x
    if x.dtype.kind in "fc":
        return np.full_like(x, np.nan)
    return ~x if x.dtype.kind == "b" else np.full_like(x, 0)


def check_unread(op: Op, sample: Sample, depends: set[tuple[int, int]]) -> None:
    """What a rule names with an underscore, its result does not depend on.

    Adds to ``depends`` (input, position) of what the rules do depend on; what is read and known to be is passed over.
    """
    arrays = cast(op, sample.arrays())
    y = np.asarray(op.forward(*cast(op, sample.arrays()), **sample.kwargs()))
    g = np.random.default_rng(0).standard_normal(y.shape)
    for which in differentiated(op, sample):
        unasked = op.shared is None and names_no_input(op, which)
        unknown = [
            position
            for position in range(len(arrays) + 1)
            if not (op.reads(which, position) and (unasked or (which, position) in depends))
        ]
        if not unknown:
            continue
        expected = np.asarray(_call_rule(op, which, g, y, arrays, sample))
        for position in unknown:
            values = [y, *arrays]
            values[position] = spoiled(values[position])
            try:
                with np.errstate(all="ignore"):
                    result = np.asarray(_call_rule(op, which, g, values[0], values[1:], sample))
                same = result.shape == expected.shape and np.array_equal(result, expected, equal_nan=True)
            except (ValueError, IndexError):  # of an index, for one
                same = False
            if not same:
                depends.add((which, position))
            assert same or op.reads(which, position), (
                f"{sample.label}: the rule of input {which} reads the values of "
                f"{'the output' if position == 0 else f'input {position - 1}'}, which it names with an underscore"
            )


def names_no_input(op: Op, which: int) -> bool:
    """Whether a rule takes its inputs as they come, as those do that are found from a decomposition."""
    code = getattr(op.rule(which), "__code__", None)
    return code is not None and code.co_argcount == 2 and bool(code.co_flags & inspect.CO_VARARGS)


def check_reads(op: Op, samples: list[Sample]) -> None:
    """What the rules do not name with an underscore, they do depend on, in one sample or another."""
    depends: set[tuple[int, int]] = set()
    for sample in samples:
        check_unread(op, sample, depends)
    for sample in samples:
        for which in differentiated(op, sample):
            if names_no_input(op, which):
                continue
            for position in range(len(sample.inputs) + 1):
                # what they share is read for all of them
                readers = differentiated(op, sample) if op.shared is not None else [which]
                assert any((reader, position) in depends for reader in readers) or not op.reads(which, position), (
                    f"{op.name}: the rule of input {which} does not use the values at position {position} of "
                    "(y, *inputs): name it with an underscore"
                )


# the record -------------------------------------------------------------------------------------------


def check_parameters(op: Op) -> None:
    """Rules, shape rule and decomposition take the parameters that forward takes, with the same defaults."""
    expected = parameters(op)
    others = {f"the rule of input {i}": rule for i, rule in enumerate(op.vjp) if rule is not None}
    others["the shape rule"] = op.shape
    if op.expand is not None:
        others["the decomposition"] = op.expand
    for what, function in others.items():
        found = inspect.signature(function).parameters
        takes_any = any(p.kind is p.VAR_KEYWORD for p in found.values())
        for name, default in expected.items():
            if name not in found:
                assert takes_any, f"{op.name}: {what} does not take the parameter {name}"
            elif not (what == "the shape rule" and name == "generator"):  # it draws nothing
                assert found[name].default == default, (
                    f"{op.name}: {what} has {name}={found[name].default}, forward {default}"
                )
    if op.textbook is not None:
        found = inspect.signature(op.textbook).parameters
        assert "out" not in found, f"{op.name}: its textbook form takes out"
        assert {name: found[name].default for name in expected} == dict(expected), f"{op.name}: its textbook form"
