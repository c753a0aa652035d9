"""Every call in the tables gives what PyTorch gives: value, shape, dtype, names, and whose memory it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import Tensor
from tests.tensor.calls import OPERANDS, TABLES, Row
from tests.tensor.evaluated import assert_same, evaluated, parts

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity


def as_array(x: Any) -> Any:
    if isinstance(x, torch.Tensor):
        x = x.float() if x.dtype == torch.bfloat16 else x.resolve_conj()
    return x.detach().numpy() if isinstance(x, torch.Tensor | Tensor) else tuple(x) if isinstance(x, torch.Size) else x


def owners(x: Any, operands: dict[str, Any]) -> set[str]:
    """Whose memory a tensor looks into."""
    if isinstance(x, Tensor):
        return {name for name, operand in operands.items() if np.may_share_memory(x.array, operand.array)}
    memory = x.untyped_storage().data_ptr()
    return {name for name, o in operands.items() if o.numel() and o.untyped_storage().data_ptr() == memory}


def common(table: str) -> list[Row]:
    """Those rows of a table that PyTorch has as well."""
    return [row for row in TABLES[table] if len(row) == 2 or row[2] is not None]


@pytest.mark.parametrize("table", TABLES)
def test_same_as_torch(table: str, subtests: pytest.Subtests) -> None:
    for row in common(table):
        with subtests.test(row[0]):
            ours, operands = evaluated(row[0], glassnet.from_numpy, glassnet)
            theirs, tensors = evaluated(row[-1] if len(row) == 3 else row[0], torch.from_numpy, torch)
            assert hasattr(ours, "_fields") == type(theirs).__module__.startswith("torch.return_types")
            assert len(parts(ours)) == len(parts(theirs))
            for x, y in zip(parts(ours), parts(theirs), strict=True):
                assert_same(x.array if isinstance(x, Tensor) else x, as_array(y))
                if isinstance(x, Tensor):
                    assert owners(x, operands) == owners(y, tensors)
                    assert {n for n, o in operands.items() if o is x} == {n for n, o in tensors.items() if o is y}
            for name in OPERANDS:
                assert_same(operands[name].array, as_array(tensors[name]))


# Without those of which there is none to compare: no history, an infinite result, or no rule in PyTorch.
WITHOUT_GRADIENT = ("apply_", "map", "detach", ".data", "-inf", "//", "floor", "rounding_mode", "requires_grad")
DIFFERENTIATED = ("operators", "elementwise", "reductions", "order", "views", "in place")


def gradients(expression: str, convert: Any, library: Any) -> dict[str, Any]:
    """The gradients by every floating operand, of the result weighted so that no two elements count the same.

    Operands are copies of the leaves, so that they may be changed in place.
    """
    leaves: list[Any] = []

    def copied(array: Any) -> Any:
        leaves.append(convert(array).requires_grad_(array.dtype.kind == "f"))
        return leaves[-1].clone()

    result, _ = evaluated(expression, copied, library)
    for x in parts(result):
        if getattr(x, "grad_fn", None) is not None:
            weights = np.cos(np.arange(float(x.numel()))).reshape(tuple(x.shape)).astype(as_array(x.detach()).dtype)
            (x * convert(weights)).sum().backward(retain_graph=True)
    return {name: None if x.grad is None else as_array(x.grad) for name, x in zip(OPERANDS, leaves, strict=True)}


@pytest.mark.parametrize("table", DIFFERENTIATED)
def test_same_gradients_as_torch(table: str, subtests: pytest.Subtests) -> None:
    for row in common(table):
        if any(piece in row[0] for piece in WITHOUT_GRADIENT):
            continue
        with subtests.test(row[0]):
            ours = gradients(row[0], glassnet.from_numpy, glassnet)
            theirs = gradients(row[-1] if len(row) == 3 else row[0], torch.from_numpy, torch)
            for name, expected in theirs.items():
                if expected is None:
                    assert ours[name] is None, name
                else:  # a flat function leaves no trace here, and zeros there
                    gradient = np.zeros(expected.shape) if ours[name] is None else ours[name]
                    np.testing.assert_allclose(gradient, expected, 1e-8, 1e-12, err_msg=name)
