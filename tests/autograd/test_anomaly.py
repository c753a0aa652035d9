"""Backward stops at the first operation that gives NaN, names it, and says where the program computed it."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import glassnet as gn
from glassnet import GradientError
from glassnet.autograd import Function, detect_anomaly, set_detect_anomaly
from glassnet.autograd.anomaly import is_anomaly_check_nan_enabled, is_anomaly_enabled
from glassnet.profiler import profile


class Bad(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 1

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * float("nan")


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: x.sqrt() * gn.zeros(2), "SqrtBackward0"),
        (lambda x: x / x, "DivBackward0"),
        (lambda x: (x * 2).norm(dim=0, p=3) * 0 / x, "DivBackward0"),
        (lambda x: gn.where(x > 0, x.log(), x) * x.log(), "LogBackward0"),
    ],
)
@pytest.mark.filterwarnings("always")
def test_the_first_one_is_named_with_its_line(function: Any, name: str) -> None:
    x = gn.tensor([0.0, 1.0], requires_grad=True)
    with detect_anomaly():
        loss = function(x).sum()
        with warnings.catch_warnings(record=True) as warned, pytest.raises(GradientError, match=name):
            loss.backward()
    assert "has given nan. It was computed here" in str(warned[0].message)
    assert __file__ in str(warned[0].message)
    assert x.grad is None


def test_what_is_right_is_as_without() -> None:
    def gradient() -> Any:
        x = gn.arange(1.0, 7.0).reshape(2, 3).requires_grad_()
        (x[0] * x[1] * x.exp().sum(0) + x[0]).sum().backward()
        return x.grad.tolist()

    plain = gradient()
    with detect_anomaly():
        assert gradient() == plain
    with detect_anomaly(), profile() as found:
        assert gradient() == plain
    assert {row.key for row in found.key_averages()} >= {"aten::exp", "ExpBackward0"}


def test_it_is_on_as_long_as_asked() -> None:
    assert not is_anomaly_enabled()
    with detect_anomaly(check_nan=False):
        assert (is_anomaly_enabled(), is_anomaly_check_nan_enabled()) == (True, False)
        with set_detect_anomaly(False):
            assert not is_anomaly_enabled()
        y = gn.tensor([0.0], requires_grad=True).sqrt()
        assert "test_it_is_on" in "".join(y.grad_fn.metadata["traceback_"])
        (y * 0).sum().backward()
    set_detect_anomaly(True)
    assert is_anomaly_enabled()
    set_detect_anomaly(False)
    assert not is_anomaly_enabled()


@pytest.mark.parametrize("function", [lambda x: x.sqrt() * 0, Bad.apply])
@pytest.mark.filterwarnings("always")
def test_where_no_line_is_known_that_is_said(function: Any) -> None:
    loss = function(gn.zeros(1, requires_grad=True)).sum()
    with detect_anomaly(), warnings.catch_warnings(record=True) as warned, pytest.raises(GradientError):
        loss.backward()
    assert "before anomalies were looked for" in str(warned[0].message)
