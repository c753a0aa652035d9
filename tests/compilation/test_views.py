"""Views that were taken before their memory was changed: a program reads in them what is there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn


def of_the_base(x: Any) -> Any:
    y = x * 2
    row = y[:1]
    y.mul_(3)
    return row + 1


def of_a_sibling(x: Any) -> Any:
    y = x * 2
    row, column = y[0], y.t()[1]
    row.add_(1)
    return column * 2, row, y


def of_a_view_of_a_view(x: Any) -> Any:
    y = x * 2
    part = y.t()[1:].t()[0]
    y.mul_(3)
    part.add_(1)
    return part, y, y.diagonal()


def of_a_diagonal(x: Any) -> Any:
    y = x * 2
    row = y[1]
    y.diagonal().zero_()
    return row, y


def given_back(x: Any) -> Any:
    y = x * 2
    row = y[1]
    y.mul_(3)
    return row


def with_gradients(x: Any) -> Any:
    w = x.clone().requires_grad_()
    y = w * 2
    row = y[0]
    y.mul_(3)
    row.mul_(2)
    ((row * row).sum() + (y * y).sum()).backward()
    return w.grad


@pytest.mark.parametrize(
    "function", [of_the_base, of_a_sibling, of_a_view_of_a_view, of_a_diagonal, given_back, with_gradients]
)
def test_as_without_compiling(function: Any) -> None:
    x = gn.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    compiled = gn.compile(function)
    for given in (x, x + 1):
        expected, came = function(given), compiled(given)
        for a, b in zip(*(r if isinstance(r, tuple) else (r,) for r in (came, expected)), strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())
