"""bfloat16: rounded once an operation, told apart from float32, two bytes a number in files."""

from __future__ import annotations

import copy
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.nn.functional as F
from glassnet import nn, optim
from glassnet.ops.bfloat16 import rounded
from glassnet.pytorch.names.mixed_precision import autocast
from glassnet.pytorch.names.numbers import finfo
from glassnet.trace.tracer import TraceError

short = gn.bfloat16


def near(x: Any) -> Any:
    """Numbers as bfloat16 has them: eight bits, of two as near the even one."""
    mantissa, exponent = np.frexp(np.float64(x))
    return np.ldexp(np.round(mantissa * 256) / 256, exponent)


@pytest.mark.parametrize("x", [1.0, 1.00390625, 1.01171875, -3.14159, 1e-3, 65537.0, 3e38, math.inf, -math.inf, 0.0])
def test_a_number_becomes_the_nearest(x: float) -> None:
    expected = near(x) if math.isfinite(x) else x
    assert gn.tensor([x]).bfloat16().item() == gn.tensor([x], dtype=short).item() == expected


def test_what_is_no_number_stays_none() -> None:
    assert np.isnan(rounded(np.array([np.nan, -np.nan], np.float32))).all()


def test_it_is_a_dtype_of_its_own() -> None:
    x = gn.ones(3).to(short)
    assert x.dtype is short
    assert (x.element_size(), x.nbytes) == (2, 6)
    assert repr(x) == "tensor([1., 1., 1.], dtype=bfloat16)"
    assert x.float().dtype is gn.float32
    with pytest.raises(TypeError, match="bfloat16"):
        x.numpy()


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (lambda: gn.ones(2).to(short), short),
        (lambda: 1.5, short),
        (lambda: gn.ones(2, dtype=gn.int64), short),
        (lambda: gn.ones(2), gn.float32),
        (lambda: gn.ones(2).half(), gn.float32),
        (lambda: gn.ones(2).double(), gn.float64),
    ],
    ids=["bfloat16", "number", "int64", "float32", "float16", "float64"],
)
def test_what_it_makes_with_others(other: Any, expected: Any) -> None:
    x = gn.tensor([1.0, 2.0], dtype=short)
    for y in (x + other(), other() * x):
        assert y.dtype is expected or (expected is not short and y.dtype == expected and y.dtype is not short)


def test_each_operation_rounds() -> None:
    x = gn.tensor([1.0, 256.0], dtype=short)
    assert (x + 1).tolist() == [2.0, 256.0]  # 257 lies between 256 and 258
    assert (x / 3).tolist() == [near(1 / 3), near(256 / 3)]
    x += 1
    assert x.tolist() == [2.0, 256.0]
    assert gn.linspace(0, 1, 7).to(short).sum().item() == near(gn.linspace(0, 1, 7).to(short).float().sum().item())


def test_gradients_are_rounded_too() -> None:
    x = gn.tensor([0.1, 0.2, 0.7], dtype=short, requires_grad=True)
    (x * x * x).sum().backward()
    assert x.grad.dtype is short
    assert all(g == near(g) for g in x.grad.tolist())


def test_a_network_trains_and_stays_short() -> None:
    gn.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)).bfloat16()
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    x, y = gn.randn(20, 4).to(short), gn.randint(0, 3, (20,))
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    for p in model.parameters():
        assert p.dtype is p.grad.dtype is short
        np.testing.assert_array_equal(p.array, near(p.array).astype(np.float32))


@pytest.mark.parametrize("name", ["x.pt", "x.safetensors"])
def test_files_hold_two_bytes_a_number(tmp_path: Path, name: str) -> None:
    x = gn.randn(1000).to(short)
    gn.save({"x": x}, tmp_path / name)
    assert 2000 <= (tmp_path / name).stat().st_size < 4000
    back = gn.load(tmp_path / name)["x"]
    assert back.dtype is short
    np.testing.assert_array_equal(back.array, x.array)


def test_copies_keep_it() -> None:
    x = gn.tensor([1.5], dtype=short)
    for y in (copy.deepcopy(x), pickle.loads(pickle.dumps(x)), x.clone(), x.detach(), x[:1], x.view(1, 1)):
        assert y.dtype is short


def test_autocast_computes_products_in_it() -> None:
    model, x = nn.Linear(4, 3), gn.randn(5, 4)
    with autocast("cpu", dtype=short):
        y = model(x)
        loss = F.cross_entropy(y, gn.tensor([0, 1, 2, 0, 1]))
    assert (y.dtype is short, loss.dtype == gn.float32, loss.dtype is short) == (True, True, False)
    loss.backward()
    assert model.weight.grad.dtype is not short
    with autocast("cpu", enabled=False):
        assert model(x).dtype is not short


def test_a_program_does_not_compute_in_it() -> None:
    with pytest.raises(TraceError, match="bfloat16"):
        gn.compile(lambda x: x + 1)(gn.ones(2).to(short))


def test_its_limits() -> None:
    info = finfo(short)
    assert (info.bits, info.eps, info.max) == (16, 2.0**-7, near(3.3895e38))
