"""Every kind of index, and mixtures of them, beside PyTorch: what is read and written, gradients, memory, errors."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glassnet as gn
from tests.pytorch.twins import torch

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore")]  # PyTorch has warnings of its own

SHAPES = st.lists(st.integers(0, 4), max_size=4).map(tuple)
TOGETHER = ((), (1,), (2,), (2, 1), (2, 2))  # shapes that broadcast together, as several index tensors must


@st.composite
def parts(draw: Any, shape: tuple[int, ...]) -> list[Any]:
    """Parts of an index for the dimensions of ``shape``, in order; arrays stand for tensors."""
    found: list[Any] = []
    left = list(shape)
    while left:
        n = left[0]
        kind = draw(st.sampled_from(KINDS))
        if kind == "mask":
            rank = draw(st.integers(1, min(2, len(left))))
            mask = np.array(draw(st.lists(st.booleans(), min_size=16, max_size=16)))
            found.append(np.resize(mask, left[:rank]))
            del left[:rank]
            continue
        if kind in ("none", "bool", "0-d bool"):
            found.append({"none": None, "bool": draw(st.booleans()), "0-d bool": np.array(draw(st.booleans()))}[kind])
            continue
        if kind == "slice":
            ends = st.none() | st.integers(-n - 1, n + 1)
            found.append(slice(draw(ends), draw(ends), draw(st.none() | st.integers(1, 3))))
        elif kind == "int":
            found.append(draw(st.integers(-n - draw(st.sampled_from([0, 0, 0, 1])), max(n - 1, -n))))
        elif kind == "list":
            found.append(draw(places(n, (2,))).tolist())
        elif kind == "bools":
            found.append(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
        else:
            found.append(draw(places(n, draw(st.sampled_from(TOGETHER)))))
        del left[0]
    cut = draw(st.integers(0, len(found)))
    if draw(st.booleans()):
        found[cut : cut + draw(st.integers(0, 1))] = [...]
    elif draw(st.booleans()):
        del found[cut:]
    return found


KINDS = ("slice", "slice", "int", "int", "tensor", "tensor", "list", "bools", "mask", "none", "bool", "0-d bool")


@st.composite
def places(draw: Any, n: int, shape: tuple[int, ...]) -> Any:
    numbers = st.integers(-n, n - 1) if n else st.just(0)
    size = math.prod(shape)
    dtype = draw(st.sampled_from(["int64", "int64", "int32"]))
    return np.array(draw(st.lists(numbers, min_size=size, max_size=size)), dtype).reshape(shape)


@st.composite
def indices(draw: Any, shape: tuple[int, ...]) -> Any:
    found = draw(parts(shape))
    return found[0] if len(found) == 1 and draw(st.booleans()) else tuple(found)


def of(library: Any, index: Any) -> Any:
    """``index`` with this library's tensors for arrays."""
    if isinstance(index, tuple):
        return tuple(of(library, part) for part in index)
    return library.from_numpy(index.copy()) if isinstance(index, np.ndarray) else index


def numbers(shape: tuple[int, ...]) -> Any:
    return np.array(np.cos(np.arange(1.0, math.prod(shape) + 1)).reshape(shape))


def reads(library: Any, x: Any, index: Any) -> dict[str, Any]:
    """The part, its gradient, and where it lies; or what is raised."""
    leaf = library.from_numpy(x.copy()).requires_grad_()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            part = leaf[of(library, index)]
    except Exception as error:
        return {"raised": error}
    (gradient,) = library.autograd.grad((part * library.from_numpy(numbers(tuple(part.shape)))).sum(), leaf)
    mine, whole = part.detach().numpy(), leaf.detach().numpy()
    return {
        "values": mine,
        "gradient": gradient.numpy(),
        "is a view": np.shares_memory(mine, whole),
        "in order": part.is_contiguous(),
        "strides": part.stride(),
    }


def writes(library: Any, x: Any, index: Any, value: Any) -> dict[str, Any]:
    """A tensor with ``value`` at the index, and the gradients of both; or what is raised."""
    leaves = [library.from_numpy(a.copy()).requires_grad_() for a in (x, value)]
    whole = leaves[0] * 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            whole[of(library, index)] = leaves[1]
    except Exception as error:
        return {"raised": error}
    weighted = (whole * library.from_numpy(numbers(x.shape))).sum()
    gradients = library.autograd.grad(weighted, leaves, allow_unused=True)
    filled = [np.zeros(a.shape) if g is None else g.numpy() for a, g in zip((x, value), gradients, strict=True)]
    return {"values": whole.detach().numpy(), "gradient": filled[0], "gradient by the value": filled[1]}


def check_same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    if "raised" in theirs:
        assert "raised" in ours, f"PyTorch raises {theirs['raised']!r}, found {ours}"
        # an index out of range is found first, whatever else is wrong
        assert isinstance(ours["raised"], type(theirs["raised"]) | IndexError), (ours, theirs)
        return
    if isinstance(ours.get("raised"), IndexError) and not theirs["values"].size:
        return  # PyTorch reads indices out of range without complaint, where there is nothing to read
    assert "raised" not in ours, f"{ours['raised']!r}, PyTorch gives {theirs}"
    for what in ("values", "gradient", "gradient by the value"):
        if what in theirs:
            assert ours[what].shape == theirs[what].shape, what
            np.testing.assert_allclose(ours[what], theirs[what], 1e-12, 1e-15, err_msg=what)
    if theirs.get("is a view"):
        assert ours["is a view"]
        if theirs["values"].size:
            assert steps(ours) == steps(theirs)
    elif "in order" in theirs:
        assert not ours["is a view"]
        assert ours["in order"] or not theirs["in order"]


def steps(found: dict[str, Any]) -> list[int]:
    """Strides, of dimensions that have a second element."""
    return [step for step, n in zip(found["strides"], found["values"].shape, strict=True) if n > 1]


@settings(max_examples=4 * settings.default.max_examples)
@given(data=st.data())
def test_read_as_pytorch_reads(data: Any) -> None:
    shape = data.draw(SHAPES)
    index = data.draw(indices(shape))
    x = numbers(shape)
    check_same(reads(gn, x, index), reads(torch, x, index))


@settings(max_examples=4 * settings.default.max_examples)
@given(data=st.data())
def test_written_as_pytorch_writes(data: Any) -> None:
    shape = data.draw(SHAPES)
    index = data.draw(indices(shape))
    x = numbers(shape)
    part = reads(torch, x, index).get("values", np.zeros(data.draw(SHAPES))).shape
    narrow = tuple(data.draw(st.sampled_from([n, n, 1])) for n in part)[data.draw(st.integers(0, len(part))) :]
    value = numbers(data.draw(st.sampled_from([narrow, narrow, (1, *narrow), (3,)])))
    check_same(writes(gn, x, index, value), writes(torch, x, index, value))
