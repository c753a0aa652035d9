"""Operations that have kernels of their own compute what NumPy does, to the bit, by any number of threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.engines.native.compilers import compiler
from glassnet.engines.native.routines import BY_OPERATION, recurrence
from glassnet.ops import registry
from glassnet.program.program import Instruction
from glassnet.tensor import apply
from tests.ops.sample import Sample
from tests.ops.samples import TABLE

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")


def picks_by_mask(name: str, sample: Sample) -> bool:
    """Whether it picks by a mask, which cannot be compiled: values tell how many there are."""
    masks = [x for x in sample.inputs if isinstance(x, np.ndarray) and x.dtype == np.bool_]
    is_of_one = name == "setitem" and np.size(sample.inputs[1]) == 1
    return bool(masks) and "index" in sample.params and not is_of_one


ROUNDED = {routine.op for routine in recurrence.ROUTINES}  # in another order: see test_recurrence.py
SELDOM = {"matmul", "all", "amax", "amin", "any", "prod", "sum"}  # they have routines for nothing, or for one number
NAMES = [name for name in BY_OPERATION if name not in ROUNDED | SELDOM]
SAMPLES = [
    (name, sample) for name in NAMES for sample in TABLE[name] if sample.inputs and not picks_by_mask(name, sample)
]


def all_at_once(dtype: Any) -> tuple[Any, list[Any]]:
    """A function that computes every sample, and what it takes: one program is compiled, not one for each."""

    def function(*arrays: gn.Tensor) -> Any:
        rest = iter(arrays)
        return tuple(
            apply(registry[name], *(next(rest) if isinstance(x, np.ndarray) else x for x in s.inputs), **s.params)
            for name, s in SAMPLES
        )

    inputs = [x for _, s in SAMPLES for x in s.arrays(dtype) if isinstance(x, np.ndarray)]
    return function, [gn.from_numpy(x) for x in inputs]


def left_to_numpy(compiled: Any) -> list[Instruction]:
    """What a compiled function has NumPy do."""
    return [part for part in compiled.specialisations[-1].engine._schedule.parts if isinstance(part, Instruction)]


def assert_same(found: Any, expected: Any, label: str) -> None:
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype), label
    np.testing.assert_array_equal(found, expected, err_msg=label)
    if expected.dtype.kind == "f" and "max_pool_backward" not in label:  # NumPy's zeros are g * False there
        real = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(found)[real], np.signbit(expected)[real], err_msg=label)


FLOAT32 = pytest.param(np.float32, marks=pytest.mark.slow("a second program of a hundred kernels"))


@pytest.mark.parametrize("dtype", [np.float64, FLOAT32])
def test_the_bits_are_those_of_numpy_by_any_number_of_threads(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    function, inputs = all_at_once(dtype)
    expected = function(*inputs)
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("GLASSNET_THREADS", threads)
        compiled = gn.compile(function, engine="native")
        for (name, sample), found, right in zip(SAMPLES, compiled(*inputs), expected, strict=True):
            assert_same(found.array, right.array, f"{name}: {sample.label}, {threads} threads")
    assert [i.op.name for i in left_to_numpy(compiled) if 0 not in i.output.shape] == []


def test_an_index_that_is_out_of_range_is_refused_as_by_numpy_and_nothing_is_changed() -> None:
    x, y = gn.randn(3, 3), gn.zeros(3, 3)

    def pick(index: gn.Tensor) -> Any:
        y[index] = x[index] * 2
        return x[:, index], apply(registry["one_hot"], index.abs(), classes=3, dtype=np.dtype(np.float32))

    def write(index: gn.Tensor) -> None:
        y[index] = 7.0

    for function in (gn.compile(pick, engine="native"), gn.compile(write, engine="native")):
        function(gn.tensor([0, 2]))
        before = y.array.copy()
        for wrong in ([0, 3], [1, -4]):
            with pytest.raises(IndexError):
                function(gn.tensor(wrong))
            np.testing.assert_array_equal(y.array, before)
        function(gn.tensor([1, -2]))
        assert (y.array[1] != before[1]).all()


def test_parts_of_state_are_overwritten_where_they_lie() -> None:
    cache = gn.zeros(4, 6)

    def write(rows: gn.Tensor, index: gn.Tensor) -> gn.Tensor:
        cache[1:4:2, 2:] = rows
        cache[index, 0] = rows[:, 0]
        cache[..., 1] = rows.reshape(4, 2)[..., 0]
        return cache.sum()

    rows = gn.arange(1, 9).reshape(2, 4).float()
    compiled = gn.compile(write, engine="native")
    compiled(rows, gn.tensor([3, 0]))
    expected = np.zeros((4, 6))
    expected[1:4:2, 2:] = rows.array
    expected[[3, 0], 0] = rows.array[:, 0]
    expected[..., 1] = rows.array.reshape(4, 2)[..., 0]
    np.testing.assert_array_equal(cache.array, expected)
    assert not left_to_numpy(compiled)


def test_a_reduction_of_one_number_is_that_number() -> None:
    x = gn.tensor([[0.5], [-3.5], [float("nan")]])

    def reduced(x: gn.Tensor) -> Any:
        of_columns = x.sum(1), x.prod(1, keepdim=True), x.amax(1), x.amin(0).amin(0), x.bool().all(1), x.any(1)
        return *of_columns, x[1, 0].sum() + 1, x[0, 0].amax(), x.int()[1].sum(), x.T.sum(0).exp()

    compiled = gn.compile(reduced, engine="native")
    for found, right in zip(compiled(x), reduced(x), strict=True):
        assert_same(found.array, right.array, "of one number")
    assert not left_to_numpy(compiled)


def test_nothing_adds_up_to_nothing() -> None:
    compiled = gn.compile(lambda x: (x @ x.T, x.sum(1), (x.sum() + 1)), engine="native")
    assert [y.tolist() for y in compiled(gn.ones(2, 0))] == [[[0.0, 0.0], [0.0, 0.0]], [0.0, 0.0], 1.0]
    assert not left_to_numpy(compiled)


def test_numbers_are_sorted_as_by_numpy() -> None:
    rng = np.random.default_rng(0)
    numbers = rng.integers(-9, 9, (37, 3)).astype(np.float32)
    numbers[rng.random(numbers.shape) < 0.2] = np.nan
    numbers[4:6] = [-0.0, 0.0, np.inf], [0.0, -0.0, -np.inf]

    def sort(x: gn.Tensor) -> Any:
        return x.sort(0, stable=True), x.sort(0, descending=True, stable=True), x.argsort(1), x.topk(2, dim=0)

    compiled = gn.compile(sort, engine="native")
    x = gn.from_numpy(numbers)
    for found, right in zip(compiled(x), sort(x), strict=True):
        for a, b in zip(found, right, strict=True):
            assert_same(a.array, b.array, "sorted")
    assert not left_to_numpy(compiled)


def test_what_is_picked_of_a_single_number_is_that_number() -> None:
    values, indices = gn.compile(lambda x: x.mode(), engine="native")(gn.tensor(2.5))
    assert (values.item(), indices.item()) == (2.5, 0)
