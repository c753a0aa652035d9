"""Pooling: against PyTorch, in 1, 2 and 3 dimensions; and what it says to wrong input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn
from tests.nn.test_images import compare, numbers

SHAPES = {1: (2, 3, 9), 2: (2, 3, 7, 6), 3: (2, 2, 5, 6, 4)}
WINDOWS: list[dict[str, Any]] = [
    {"kernel_size": 2},
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": 3, "stride": 1},
    {"kernel_size": 2, "stride": 3, "ceil_mode": True},
    {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
]


def values(n: int, ties: bool = False) -> Any:
    x = np.random.default_rng(0).standard_normal(SHAPES[n])
    return np.maximum(np.round(x), 0) if ties else x


def both(name: str, *arguments: Any, **options: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A function of glassnet and the one of PyTorch, as functions of the input."""
    torch = pytest.importorskip("torch")
    ours, theirs = getattr(F, name), getattr(torch.nn.functional, name)
    return lambda x: ours(x, *arguments, **options), lambda x: theirs(x, *arguments, **options)


# against PyTorch --------------------------------------------------------------------------------------


@pytest.mark.parity
@pytest.mark.parametrize("n", [1, 2, 3])
def test_max_pool_is_pytorchs(n: int) -> None:
    for windows in [*WINDOWS, {"kernel_size": 2, "dilation": 2, "stride": 1, "padding": 1}]:
        for ties in (False, True):
            ours, theirs = both(f"max_pool{n}d", **windows)
            compare(ours, theirs, values(n, ties))
            compare(ours, theirs, values(n, ties)[0])
            ours, theirs = both(f"max_pool{n}d", **windows, return_indices=True)
            for part in (0, 1):
                compare(lambda x, f=ours, i=part: f(x)[i], lambda x, f=theirs, i=part: f(x)[i], values(n, ties))


@pytest.mark.parity
@pytest.mark.parametrize("n", [1, 2, 3])
def test_avg_pool_and_lp_pool_are_pytorchs(n: int) -> None:
    for windows in WINDOWS:
        compare(*both(f"avg_pool{n}d", **windows), values(n))
        compare(*both(f"avg_pool{n}d", **windows), values(n)[0])
        compare(*both(f"avg_pool{n}d", **windows, count_include_pad=False), values(n))
        if n > 1:
            compare(*both(f"avg_pool{n}d", **windows, divisor_override=5), values(n))
        if "padding" not in windows:
            compare(*both(f"lp_pool{n}d", 2.0, **windows), values(n))
            compare(*both(f"lp_pool{n}d", 1.5, **windows), np.abs(values(n)))


@pytest.mark.parity
@pytest.mark.parametrize("n", [1, 2, 3])
def test_adaptive_pools_are_pytorchs(n: int) -> None:
    sizes: list[Any] = [1, 2, 3, 5, 8]
    if n > 1:
        sizes += [(3,) + (None,) * (n - 1), (2, 5, 3)[:n]]
    for size in sizes:
        compare(*both(f"adaptive_avg_pool{n}d", size), values(n))
        compare(*both(f"adaptive_avg_pool{n}d", size), values(n)[0])
        for ties in (False, True):
            compare(*both(f"adaptive_max_pool{n}d", size), values(n, ties))
            ours, theirs = both(f"adaptive_max_pool{n}d", size, return_indices=True)
            compare(lambda x, f=ours: f(x)[1], lambda x, f=theirs: f(x)[1], values(n, ties)[0])
    for kind in ("avg", "max"):  # of which PyTorch has no gradient
        ours, theirs = both(f"adaptive_{kind}_pool{n}d", (0, 2, 3)[:n])
        x = pytest.importorskip("torch").from_numpy(values(n))
        assert ours(glassnet.from_numpy(values(n))).shape == tuple(theirs(x).shape)


@pytest.mark.parity
@pytest.mark.parametrize("n", [1, 2, 3])
def test_max_unpool_is_pytorchs(n: int) -> None:
    torch = pytest.importorskip("torch")
    for size in (None, SHAPES[n], SHAPES[n][2:]):
        x = values(n)
        if size is None:
            x = x[(..., *(slice(m // 2 * 2) for m in SHAPES[n][2:]))]
        pooled, indices = both(f"max_pool{n}d", 2, return_indices=True)[1](torch.tensor(x))
        i = indices.numpy()
        compare(
            lambda x, i=i, size=size: getattr(F, f"max_unpool{n}d")(x, glassnet.tensor(i), 2, output_size=size),
            lambda x, i=indices, size=size: getattr(torch.nn.functional, f"max_unpool{n}d")(x, i, 2, output_size=size),
            pooled.numpy(),
        )


@pytest.mark.parity
@pytest.mark.parametrize("windows", [(2,), (3, 2, 1), ((3, 2), (1, 2)), ((2, 3), None, (1, 0), (1, 2), False, True)])
def test_layers_are_pytorchs(windows: Any) -> None:
    torch = pytest.importorskip("torch")
    x = values(2)
    compare(nn.MaxPool2d(*windows), torch.nn.MaxPool2d(*windows), x)
    assert repr(nn.MaxPool2d(*windows)) == repr(torch.nn.MaxPool2d(*windows))
    if len(windows) < 4:
        compare(nn.AvgPool2d(*windows), torch.nn.AvgPool2d(*windows), x)
        assert repr(nn.AvgPool2d(*windows)) == repr(torch.nn.AvgPool2d(*windows))
    for name in ("AvgPool1d", "MaxUnpool1d", "MaxUnpool2d", "MaxPool3d", "AvgPool3d"):
        arguments = (3, 2, 1)
        assert repr(getattr(nn, name)(*arguments)) == repr(getattr(torch.nn, name)(*arguments))
    for name in ("AdaptiveAvgPool2d", "AdaptiveMaxPool3d"):
        assert repr(getattr(nn, name)(2)) == repr(getattr(torch.nn, name)(2))
    assert repr(nn.LPPool1d(2, 3)) == repr(torch.nn.LPPool1d(2, 3))


# what it is -------------------------------------------------------------------------------------------


def test_the_first_of_equal_numbers_receives_the_gradient() -> None:
    x = glassnet.tensor([[[1.0, 2.0], [2.0, 2.0]]], requires_grad=True)
    F.max_pool2d(x, 2).sum().backward()
    assert x.grad.tolist() == [[[0, 1], [0, 0]]]


def test_nan_is_the_largest_and_receives_the_gradient() -> None:
    x = glassnet.tensor([[1.0, float("nan"), 2.0, 3.0]], requires_grad=True)
    y = F.max_pool1d(x, 2)
    np.testing.assert_array_equal(y.detach().numpy(), [[np.nan, 3.0]])
    y.sum().backward()
    assert x.grad.tolist() == [[0, 1, 0, 1]]


@pytest.mark.parametrize(
    ("options", "means"),
    [
        ({}, [[1]]),
        ({"stride": 1}, [[1, 2], [1, -2]]),
        ({"stride": 1, "ceil_mode": True, "divisor_override": -3}, [[-1, -3], [-2, 3]]),
        ({"padding": 1, "count_include_pad": False}, [[-7, 6], [4, -2]]),
    ],
    ids=str,
)
def test_means_of_whole_numbers_are_cut(options: dict[str, Any], means: list[list[int]]) -> None:
    x = glassnet.tensor([[[-7, 10, 3], [7, -5, 1], [2, 2, -9]]])
    for f in (F.avg_pool2d, glassnet.compile(F.avg_pool2d)):
        result = f(x, 2, **options)
        assert result.dtype == glassnet.int64
        assert result.tolist() == [means]


def test_whole_numbers_have_a_largest() -> None:
    assert F.max_pool1d(glassnet.tensor([[-5, -3, -9]]), 2, 2, 1).tolist() == [[-5, -3]]


@pytest.mark.parametrize("pool", [lambda x: F.max_pool2d(x, 3, 2, 1), lambda x: F.avg_pool2d(x, 3, 2, 1)])
def test_derivatives_to_second_order(pool: Callable[..., Any]) -> None:
    x = numbers(1, 1, 4, 5).requires_grad_()
    assert glassnet.autograd.gradcheck(lambda x: pool(x).exp(), x)
    assert glassnet.autograd.gradgradcheck(lambda x: pool(x).exp(), x)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda x: F.max_pool2d(x, 8),
            RuntimeError,
            r"max_pool2d: no window fits into dimension -2: .* = ⌊\(6 \+ 2·0 − 1·\(8 − 1\) − 1\)/8⌋ \+ 1 = 0",
        ),
        (
            lambda x: F.avg_pool2d(x, (2, 6)),
            RuntimeError,
            r"no window fits into dimension -1: .*\(5 \+ 2·0",
        ),
        (lambda x: F.max_pool2d(x, 2, 2, 2), RuntimeError, r"at most half the kernel.*\(2 − 1\) \+ 1\)/2⌋ = 1, got 2"),
        (lambda x: F.max_pool2d(x, 2, 0), RuntimeError, "stride of 1 or more, got 0"),
        (lambda x: F.max_pool2d(x, 2, 1, -1), RuntimeError, "padding of 0 or more, got -1"),
        (lambda x: F.max_pool2d(x, (2, 2, 2)), RuntimeError, r"kernel_size as one number or 2.*got \(2, 2, 2\)"),
        (lambda x: F.max_pool2d(x, 2.0), TypeError, "kernel_size as a whole number.*got float: 2.0"),
        (
            lambda x: F.max_pool2d(x[0, 0], 2),
            RuntimeError,
            r"\[N, C, H, W\] or \[C, H, W\], got \[6, 5\]; give it a",
        ),
        (lambda x: F.max_pool1d(x, 2), RuntimeError, r"\[N, C, L\] or \[C, L\], got \[2, 3, 6, 5\]"),
        (lambda x: F.max_pool2d(x > 0, 2), RuntimeError, r"expected numbers, got bool; .*x\.float\(\)"),
        (lambda x: F.max_pool2d(x.numpy(), 2), TypeError, "expected a tensor, got ndarray"),
        (lambda x: F.avg_pool2d(x.int(), 2), RuntimeError, r"floating tensor, got int32; .*x\.float\(\)"),
        (lambda x: F.avg_pool2d(x, 2, divisor_override=0), RuntimeError, "divisor_override other than 0"),
        (lambda x: F.adaptive_avg_pool2d(x[:, :, :0], 2), RuntimeError, r"at least 1 element .*got \[2, 3, 0, 5\]"),
        (lambda x: F.adaptive_max_pool2d(x, (2, 2, 2)), RuntimeError, "output_size as one number or 2"),
        (lambda x: nn.MaxPool2d(9)(x), RuntimeError, r"^in MaxPool2d\(.*\): max_pool2d: no window fits"),
        (
            lambda _: nn.MaxPool2d(2, padding=2),
            RuntimeError,
            "MaxPool2d: expected a padding of at most half the",
        ),
        (lambda _: nn.AvgPool3d(2, stride=0), ValueError, "AvgPool3d: expected stride of 1 or more, got 0"),
        (lambda _: nn.AdaptiveAvgPool2d(-1), ValueError, "AdaptiveAvgPool2d: expected output_size of 0 or more"),
        (lambda x: nn.LPPool2d(0, 2)(x), ZeroDivisionError, "lp_pool2d: expected a norm_type other than 0"),
        (lambda _: nn.LPPool1d(2, "3"), TypeError, "LPPool1d: expected kernel_size as a whole number"),
        (
            lambda x: F.max_unpool2d(x, F.max_pool2d(x, 1, return_indices=True)[1], 2, output_size=(20, 10)),
            ValueError,
            r"between 10 and 14 .* \(in − 1\)·stride − 2·padding \+ kernel = 12.*got 20",
        ),
        (
            lambda x: F.max_unpool2d(x, F.max_pool2d(x, 1, return_indices=True)[1] + 200, 2),
            RuntimeError,
            r"indices from 0 to 119, the places of \[12, 10\], got 200",
        ),
        (
            lambda x: F.max_unpool2d(x, F.max_pool2d(x, 2, return_indices=True)[1], 2),
            RuntimeError,
            r"indices of the shape of the input, \[2, 3, 6, 5\], got \[2, 3, 3, 2\]",
        ),
        (
            lambda x: F.max_unpool2d(x, F.max_pool2d(x, 1, return_indices=True)[1], 2, output_size=(12,)),
            ValueError,
            r"output_size of 2 numbers, or the shape .* got \(12,\)",
        ),
        (lambda x: F.max_unpool2d(x, x, 2), RuntimeError, "of dtype int64, got float64"),
    ],
)
def test_what_cannot_be_says_why(call: Callable[..., Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(numbers(2, 3, 6, 5))


# fractional -------------------------------------------------------------------------------------------


@pytest.mark.parity
@pytest.mark.parametrize("n", [2, 3])
def test_fractional_max_pool_is_pytorchs_with_its_random_numbers(n: int) -> None:
    torch = pytest.importorskip("torch")
    for batch in (2, 1):
        x = values(n)[:batch]
        shares = np.random.default_rng(3).random((batch, x.shape[1], n))
        for how in ({"output_size": 2}, {"output_ratio": 0.5}, {"output_size": 1}):
            ours, theirs = getattr(nn, f"FractionalMaxPool{n}d"), getattr(torch.nn, f"FractionalMaxPool{n}d")
            for part in (0, 1):
                options = {**how, "return_indices": True}
                pool = ours(2, **options, _random_samples=glassnet.tensor(shares))
                their_pool = theirs(2, **options, _random_samples=torch.tensor(shares))
                compare(lambda x, f=pool, i=part: f(x)[i], lambda x, f=their_pool, i=part: f(x)[i], x)
            if batch == 1:
                single = ours(2, **how, _random_samples=glassnet.tensor(shares))
                assert single(glassnet.tensor(x[0])).equal(single(glassnet.tensor(x))[0])


def test_fractional_windows_differ_from_call_to_call_and_cover_the_ends() -> None:
    x = glassnet.arange(400.0).reshape(1, 1, 20, 20).repeat(1, 30, 1, 1)
    pool = nn.FractionalMaxPool2d(2, output_ratio=0.7)
    y = pool(x)
    assert y.shape == (1, 30, 14, 14)
    assert not y.equal(pool(x))
    np.testing.assert_array_equal(y[0, :, 0, 0].numpy(), 21)
    np.testing.assert_array_equal(y[0, :, -1, -1].numpy(), 399)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda _: nn.FractionalMaxPool2d(2), ValueError, "either output_size or output_ratio, got neither"),
        (lambda x: F.fractional_max_pool2d(x, 2, 3, 0.5), ValueError, "either output_size or output_ratio, got both"),
        (lambda _: nn.FractionalMaxPool3d(2, output_ratio=1.0), ValueError, "between 0 and 1.*got 1.0"),
        (lambda x: F.fractional_max_pool2d(x, 2, (3, 5)), RuntimeError, r"5 windows of 2 .*− 1 = 6 elements, .* has 5"),
        (
            lambda x: F.fractional_max_pool2d(x, 2, 2, _random_samples=numbers(2, 3)),
            RuntimeError,
            r"of shape \[2, 3, 2\], got \[2, 3\]",
        ),
    ],
)
def test_fractional_windows_that_cannot_be(call: Callable[..., Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(numbers(2, 3, 6, 5))
