"""bfloat16 beside PyTorch's: rounding, what operations, gradients and optimizers give, and the dtypes of autocast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
from glassnet.ops.bfloat16 import dtype_name
from glassnet.ops.dtypes import as_dtype

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity


def dtype_of(x: Any) -> str:
    """By its name in both libraries."""
    return str(x.dtype).removeprefix("torch.") if isinstance(x, torch.Tensor) else dtype_name(as_dtype(x.dtype))


def same(ours: Any, theirs: Any, steps: float = 0) -> None:
    """Whether both are of one dtype, and differ by at most so many steps of bfloat16."""
    assert dtype_of(ours) == dtype_of(theirs)
    x, y = ours.detach().float().numpy(), theirs.detach().float().numpy()
    np.testing.assert_allclose(x, y, rtol=steps * 2**-8, atol=steps * 2**-14)


def test_every_kind_of_number_is_rounded_as_pytorch_does() -> None:
    bits = np.random.default_rng(0).integers(0, 2**32, 4000, dtype=np.uint32)
    numbers = np.concatenate([bits.view(np.float32), np.array([3.4e38, -3.4e38, 0.0, -0.0, 1e-42], np.float32)])
    same(gn.tensor(numbers).bfloat16(), torch.tensor(numbers).bfloat16())


@given(st.sampled_from(["bool", "uint8", "int64", "float16", "float32", "float64", "bfloat16"]), st.booleans())
def test_promotion(other: str, has_dimensions: bool) -> None:
    def result(library: Any) -> Any:
        y = library.ones(1 if has_dimensions else (), dtype=getattr(library, other))
        return library.ones(1, dtype=library.bfloat16) * y

    assert dtype_of(result(gn)) == dtype_of(result(torch))


EXPRESSIONS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "add": lambda library, x, y: x + y * 2.1,
    "mul": lambda library, x, y: x * y / 3,
    "whole": lambda library, x, y: x * library.tensor([257, 3, 1000]),
    "exp": lambda library, x, y: (x.exp() + 1).log(),
    "matmul": lambda library, x, y: x @ y.T,
    "sum": lambda library, x, y: x.sum(0),
    "mean": lambda library, x, y: (x - y.mean(1, keepdim=True)).pow(2),
    "gelu": lambda library, x, y: library.nn.functional.gelu(x),
    "softmax": lambda library, x, y: x.softmax(-1),
    "part": lambda library, x, y: x[1:, [0, 2]] * y[0, 1],
    "cat": lambda library, x, y: library.cat([x, y]).reshape(3, -1),
    "where": lambda library, x, y: library.where(x > y, x, y),
    "compared": lambda library, x, y: x > y,
    "in place": lambda library, x, y: x.clone().mul_(1.003).add_(y),
    "wider": lambda library, x, y: x * y.float(),
    "layer_norm": lambda library, x, y: library.nn.functional.layer_norm(x, (3,), y[0].float(), y[1].float()),
    "cross_entropy": lambda library, x, y: library.nn.functional.cross_entropy(x, library.tensor([0, 2, 1, 1])),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_operations_and_their_gradients(name: str) -> None:
    numbers = np.random.default_rng(1).normal(size=(2, 4, 3)).astype(np.float32)

    def results(library: Any) -> Any:
        x, y = (library.tensor(row).bfloat16().requires_grad_() for row in numbers)
        result = EXPRESSIONS[name](library, x, y)
        if result.dtype == library.bool:
            return [result]
        result.sum().backward()
        return [result, *(g for g in (x.grad, y.grad) if g is not None)]

    for ours, theirs in zip(results(gn), results(torch), strict=True):
        same(ours, theirs, steps=2)


def test_a_module_learns() -> None:
    numbers = np.random.default_rng(2).normal(size=(2, 8, 3)).astype(np.float32)
    weights = np.random.default_rng(3).normal(size=(3, 3)).astype(np.float32)

    def learned(library: Any) -> Any:
        layer = library.nn.Linear(3, 3, bias=False)
        with library.no_grad():
            layer.weight.copy_(library.tensor(weights))
        layer = layer.bfloat16()
        optimizer = library.optim.SGD(layer.parameters(), lr=0.125, momentum=0.5)
        x, y = (library.tensor(row).bfloat16() for row in numbers)
        for _ in range(5):
            optimizer.zero_grad()
            library.nn.functional.mse_loss(layer(x), y).backward()
            optimizer.step()
        return layer.weight

    same(learned(gn), learned(torch), steps=4)


AUTOCAST: dict[str, Callable[[Any, Any], Any]] = {
    "matmul": lambda library, x: x @ x,
    "linear": lambda library, x: library.nn.Linear(4, 2)(x),
    "conv": lambda library, x: library.nn.Conv1d(4, 4, 1)(x[None]),
    "lstm": lambda library, x: library.nn.LSTM(4, 4)(x)[0],
    "gru": lambda library, x: library.nn.GRU(4, 4)(x)[0],
    "attention": lambda library, x: library.nn.functional.scaled_dot_product_attention(x[None], x[None], x[None]),
    "float64": lambda library, x: x.double() @ x.double(),
    "half": lambda library, x: x.half() @ x.half(),
    "sum": lambda library, x: x @ x + x,
    "layer_norm": lambda library, x: library.nn.LayerNorm(4)(x @ x),
    "batch_norm": lambda library, x: library.nn.BatchNorm1d(4)(x @ x),
    "softmax": lambda library, x: (x @ x).softmax(1),
    "encoder": lambda library, x: library.nn.TransformerEncoderLayer(4, 2)(x),
    "mse_loss": lambda library, x: library.nn.functional.mse_loss(x @ x, x),
    "l1_loss": lambda library, x: library.nn.functional.l1_loss(x @ x, x),
    "cross_entropy": lambda library, x: library.nn.functional.cross_entropy(x @ x, library.tensor([0, 1, 2, 3])),
}


@pytest.fixture
def stand_in() -> Any:
    """What a script of PyTorch's imports."""
    from glassnet.pytorch.names import mixed_precision

    return mixed_precision


@pytest.mark.parametrize("name", AUTOCAST)
def test_dtypes_under_autocast(stand_in: Any, name: str) -> None:
    def result(library: Any, autocast: Any) -> Any:
        with autocast("cpu", dtype=library.bfloat16):
            return AUTOCAST[name](library, library.ones(4, 4))

    assert dtype_of(result(gn, stand_in.autocast)) == dtype_of(result(torch, torch.autocast))


def test_under_autocast_parameters_keep_their_dtype(stand_in: Any) -> None:
    layer = gn.nn.Linear(4, 2)
    with stand_in.autocast("cpu"):
        assert stand_in.is_autocast_enabled("cpu")
        loss = layer(gn.ones(3, 4)).pow(2).mean()
        with stand_in.autocast("cpu", enabled=False):
            assert dtype_of(layer(gn.ones(3, 4))) == "float32"
    loss.backward()
    assert dtype_of(layer.weight) == dtype_of(layer.weight.grad) == "float32"
    assert not stand_in.is_autocast_enabled("cpu")


@pytest.mark.parametrize("form", ["pt", "safetensors"])
def test_files_hold_two_bytes_a_number(form: str, tmp_path: Any) -> None:
    numbers = np.random.default_rng(4).normal(size=(50, 40)).astype(np.float32)
    path, base = tmp_path / f"x.{form}", gn.tensor(numbers).bfloat16()
    gn.save(
        {"x": base, "part": base[3:, 2], "one": base[0, 0]} if form == "pt" else {"x": base, "one": base[0, 0]}, path
    )
    assert path.stat().st_size < 6000
    read = pytest.importorskip("safetensors.torch").load_file if form == "safetensors" else torch.load
    for name, x in read(path).items():
        assert x.dtype == torch.bfloat16
        same(gn.load(path)[name], x)


def test_numpy_has_none() -> None:
    with pytest.raises(TypeError, match=r"x\.float\(\)\.numpy\(\)"):
        gn.ones(2).bfloat16().numpy()
