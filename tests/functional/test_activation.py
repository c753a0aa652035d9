"""Activation functions: values, slopes, extremes, in place, messages."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F
from glassnet.autograd import gradcheck, gradgradcheck
from glassnet.ops.special import BLOCK, EDGE
from tests.functional.cases import ACTIVATIONS, INPLACE, name_of, points, smooth_points

INF = math.inf
activations = pytest.mark.parametrize(("name", "options", "kinks"), ACTIVATIONS, ids=name_of)


def at(name: str, x: float, **options: Any) -> float:
    return getattr(F, name)(gn.tensor([x], dtype=gn.float64), **options).item()


def slope(name: str, x: float, **options: Any) -> float:
    t = gn.tensor([x], dtype=gn.float64, requires_grad=True)
    getattr(F, name)(t, **options).sum().backward()
    return t.grad.item()


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [
        ("step", 0.5, 1),
        ("step", 0.0, 0),
        ("step", -0.5, 0),
        ("relu", -2, 0),
        ("relu", 2, 2),
        ("relu6", 7, 6),
        ("hardtanh", -3, -1),
        ("hardsigmoid", 1.5, 0.75),
        ("hardswish", 1.5, 1.125),
        ("leaky_relu", -2, -0.02),
        ("rrelu", -24, -5.5),
        ("hardshrink", 0.4, 0),
        ("hardshrink", 0.6, 0.6),
        ("softshrink", -2, -1.5),
        ("sigmoid", math.log(3), 0.75),
        ("logsigmoid", -math.log(3), math.log(0.25)),
        ("tanh", math.log(2), 0.6),
        ("tanhshrink", math.log(2), math.log(2) - 0.6),
        ("softsign", -3, -0.75),
        ("softplus", math.log(3), math.log(4)),
        ("elu", -math.log(2), -0.5),
        ("celu", -math.log(2), -0.5),
        ("selu", -math.log(2), -0.5 * 1.0507009873554805 * 1.6732632423543772),
        ("selu", 2, 2 * 1.0507009873554805),
        ("silu", math.log(3), math.log(3) * 0.75),
        ("mish", 1, math.tanh(math.log(1 + math.e))),
        ("gelu", 1, 0.8413447460685429),
    ],
)
def test_value(name: str, x: float, y: float) -> None:
    assert at(name, x) == pytest.approx(y, rel=1e-14)


def test_gelu_approximated_is_near_the_exact_one() -> None:
    assert at("gelu", 1, approximate="tanh") == pytest.approx(0.8411919906082768, rel=1e-14)


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("relu", 0, 0),
        ("relu6", 0, 0),
        ("relu6", 6, 0),
        ("hardtanh", -1, 0),
        ("hardtanh", 1, 0),
        ("hardsigmoid", -3, 0),
        ("hardsigmoid", 3, 0),
        ("hardswish", -3, 0),
        ("hardswish", 3, 1),
        ("leaky_relu", 0, 0.01),
        ("softshrink", 0.5, 0),
        ("hardshrink", -0.5, 0),
        ("elu", 0, 1),
        ("selu", 0, 1.7580993408473766),
        ("celu", 0, 1),
        ("softsign", 0, 1),
    ],
)
def test_slope_at_a_kink(name: str, x: float, expected: float) -> None:
    assert slope(name, x) == pytest.approx(expected, rel=1e-15)


def test_no_gradient_flows_through_a_step() -> None:
    assert not F.step(gn.tensor([1.0], requires_grad=True)).requires_grad


@activations
def test_gradients_are_slopes_to_second_order(name: str, options: dict[str, Any], kinks: list[float]) -> None:
    x = gn.tensor(smooth_points(kinks), dtype=gn.float64, requires_grad=True)
    function = getattr(F, name)
    assert gradcheck(lambda t: function(t, **options), x)
    assert gradgradcheck(lambda t: function(t, **options), x, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "at_minus", "at_plus"),
    [
        ("step", 0, 1),
        ("relu", 0, INF),
        ("relu6", 0, 6),
        ("hardtanh", -1, 1),
        ("hardsigmoid", 0, 1),
        ("hardswish", 0, INF),
        ("leaky_relu", -INF, INF),
        ("hardshrink", -INF, INF),
        ("softshrink", -INF, INF),
        ("sigmoid", 0, 1),
        ("logsigmoid", -INF, 0),
        ("tanh", -1, 1),
        ("tanhshrink", -INF, INF),
        ("softsign", -1, 1),
        ("softplus", 0, INF),
        ("elu", -1, INF),
        ("celu", -1, INF),
        ("silu", 0, INF),
        ("mish", 0, INF),
        ("gelu", 0, INF),
    ],
)
def test_limits(name: str, at_minus: float, at_plus: float) -> None:
    assert (at(name, -INF), at(name, INF)) == (at_minus, at_plus)


@activations
@pytest.mark.parametrize("dtype", [gn.float32, gn.float64], ids=str)
def test_huge_numbers_pass_without_nan_or_warning(
    name: str, options: dict[str, Any], kinks: list[float], dtype: Any
) -> None:
    x = gn.Tensor([-INF, -1e30, -1e4, -0.0, 0.0, 1e4, 1e30, INF], dtype=dtype, requires_grad=True)
    y = getattr(F, name)(x, **options)
    y.backward(gn.ones_like(x))
    assert y.dtype == x.grad.dtype == dtype
    assert not np.isnan(y.detach().numpy()).any()
    assert not np.isnan(x.grad.numpy()).any()


@activations
def test_nan_stays_nan(name: str, options: dict[str, Any], kinks: list[float]) -> None:
    assert math.isnan(at(name, math.nan, **options))


def test_small_values_keep_their_digits_in_float32() -> None:
    x = gn.tensor([-20.0])
    tiny = math.exp(-20)
    assert F.sigmoid(x).item() == pytest.approx(tiny, rel=1e-6)
    assert F.silu(x).item() == pytest.approx(-20 * tiny, rel=1e-6)
    assert F.mish(x).item() == pytest.approx(-20 * tiny, rel=1e-6)
    assert F.logsigmoid(-x).item() == pytest.approx(-tiny, rel=1e-6)
    assert F.softplus(x).item() == pytest.approx(tiny, rel=1e-6)


def test_gelu_in_float32_has_the_digits_of_float32() -> None:
    x = np.linspace(-6, 6, 4001, dtype=np.float32)
    exact = [v * 0.5 * (1 + math.erf(v * math.sqrt(0.5))) for v in x.tolist()]
    np.testing.assert_allclose(F.gelu(gn.tensor(x)).numpy(), exact, rtol=1e-6, atol=1e-6)  # x times what 1 + erf loses
    erf = gn.tensor(x).erf().numpy()
    np.testing.assert_allclose(erf, [math.erf(v) for v in x.tolist()], rtol=4e-7)
    assert erf.dtype == np.float32
    assert abs(erf).max() == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["gelu", "gelu_backward", "silu", "elu", "selu", "celu", "softplus", "logsigmoid"])
def test_large_arrays_are_gone_through_in_blocks(name: str, dtype: Any) -> None:
    op = gn.ops.registry[name]
    x = np.linspace(-3, 3, 2 * BLOCK + 6).astype(dtype).reshape(2, -1)
    inputs = (np.ones_like(x), x)[-len(op.vjp) :]
    expected = op.textbook(*inputs)  # which knows no blocks
    for out in (None, np.empty_like(x), np.empty_like(x.T).T, x.copy()):
        given = (*inputs[:-1], out) if out is not None and (out == x).all() else inputs  # over the input itself
        np.testing.assert_allclose(op.forward(*given, out=out), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("dtype", "most"), [(np.float32, 3e-7), (np.float64, 5e-16)])
def test_exponentials_keep_the_digits_of_numbers_close_to_0(dtype: Any, most: float) -> None:
    x = -np.logspace(-30, 2, 4000).astype(dtype)
    for came, exact in (
        (F.elu(gn.tensor(x)).numpy(), np.expm1(x.astype(np.longdouble))),
        (F.celu(gn.tensor(x), 0.5).numpy(), 0.5 * np.expm1(2 * x.astype(np.longdouble))),
        (F.softplus(gn.tensor(x)).numpy(), np.log1p(np.exp(x.astype(np.longdouble)))),
        (F.logsigmoid(gn.tensor(-x)).numpy(), -np.log1p(np.exp(x.astype(np.longdouble)))),
    ):
        large = abs(exact) > np.finfo(dtype).tiny
        np.testing.assert_allclose(came[large], exact[large], rtol=most)


def test_gelu_is_0_and_the_number_itself_beyond_the_edge() -> None:
    x = np.array([-40, -6, -EDGE, EDGE, 6, 40], np.float32)
    np.testing.assert_array_equal(F.gelu(gn.tensor(x)).numpy(), np.maximum(x, 0))


@pytest.mark.parametrize("name", ["gelu", "hardswish", "sigmoid", "softplus", "elu", "prelu"])
def test_a_single_number_will_do(name: str) -> None:
    weight = (gn.tensor([0.25]),) if name == "prelu" else ()
    assert getattr(F, name)(gn.tensor(-1.5), *weight).numel() == 1


@pytest.mark.parametrize("name", ["relu", "relu6", "step"])
def test_integers_stay_integers(name: str) -> None:
    y = getattr(F, name)(gn.tensor([-2, 9]))
    assert y.dtype == gn.int64


# in place ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "options", "kinks"), [c for c in ACTIVATIONS if c[0] in INPLACE], ids=name_of)
def test_in_place_is_the_same_with_the_same_gradient(name: str, options: dict[str, Any], kinks: list[float]) -> None:
    function = getattr(F, name)
    results = []
    for inplace in (False, True):
        x = gn.tensor(points(kinks), dtype=gn.float64, requires_grad=True)
        middle = x * 2
        y = function(middle, **options, inplace=inplace)
        assert (y is middle) == inplace
        (y * y).sum().backward()
        results.append((y.detach().numpy(), x.grad.numpy()))
    for plain, in_place in zip(*results, strict=True):
        np.testing.assert_array_equal(in_place, plain)


def test_in_place_copies_nothing_when_nobody_asks_for_gradients() -> None:
    x = gn.tensor([-1.0, 2.0])
    assert F.silu(x, inplace=True) is x
    assert x.tolist() == pytest.approx([-0.26894142, 1.7615942])


def test_a_leaf_is_not_overwritten_while_autograd_is_watching() -> None:
    with pytest.raises(RuntimeError, match="leaf"):
        F.elu(gn.tensor([1.0], requires_grad=True), inplace=True)


# those with something of their own --------------------------------------------------------------


def test_prelu_has_a_weight_for_each_channel() -> None:
    x = gn.tensor([[[-1.0, 2.0], [-1.0, -2.0]]])
    weight = gn.tensor([0.5, 10.0], requires_grad=True)
    y = F.prelu(x, weight)
    assert y.tolist() == [[[-0.5, 2.0], [-10.0, -20.0]]]
    y.sum().backward()
    assert weight.grad.tolist() == [-1.0, -3.0]


def test_prelu_of_a_number_is_a_number() -> None:
    assert F.prelu(gn.tensor(-2.0), gn.tensor([0.25])).tolist() == -0.5


def test_prelu_of_a_vector_has_one_weight() -> None:
    x = gn.tensor([-2.0, 3.0], dtype=gn.float64, requires_grad=True)
    weight = gn.tensor([0.25], dtype=gn.float64, requires_grad=True)
    assert F.prelu(x, weight).tolist() == [-0.5, 3.0]
    assert gradcheck(F.prelu, (x, weight))
    assert gradgradcheck(F.prelu, (x, weight))


def test_rrelu_draws_a_slope_for_each_element() -> None:
    x = gn.full((1000,), -1.0, dtype=gn.float64, requires_grad=True)
    y = F.rrelu(x, 0.1, 0.3, training=True)
    drawn = -y.detach().numpy()
    assert (drawn >= 0.1).all()
    assert (drawn < 0.3).all()
    assert drawn.mean() == pytest.approx(0.2, abs=0.01)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), drawn)
    assert F.rrelu(gn.ones(3), training=True).tolist() == [1, 1, 1]


def test_rrelu_in_place_in_training() -> None:
    x = gn.tensor([-1.0, 2.0], requires_grad=True)
    middle = x * 1.0
    y = F.rrelu(middle, training=True, inplace=True)
    assert y is middle
    y.sum().backward()
    assert x.grad.tolist() == [-y[0].item(), 1.0]
    z = gn.tensor([-1.0])
    assert F.rrelu(z, 0.5, 0.5, training=True, inplace=True) is z
    assert z.item() == -0.5


def test_glu_gates_the_first_half_with_the_second() -> None:
    x = gn.tensor([[1.0, 2.0, 0.0, math.log(3)]], dtype=gn.float64)
    np.testing.assert_allclose(F.glu(x).numpy(), [[0.5, 1.5]], rtol=1e-14)
    np.testing.assert_allclose(F.glu(x.T, 0).numpy(), [[0.5], [1.5]], rtol=1e-14)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: F.hardtanh(x, 2.0, 1.0), ValueError, "hardtanh: expected min_val ≤ max_val, got 2.0 and 1.0"),
        (lambda x: F.rrelu(x, 0.5, 0.1), ValueError, "rrelu: expected lower ≤ upper, got 0.5 and 0.1"),
        (lambda x: F.softshrink(x, -1.0), ValueError, "softshrink: expected lambd of 0 or more, got -1.0"),
        (lambda x: F.celu(x, 0.0), ValueError, "celu: expected an alpha that is not 0"),
        (lambda x: F.softplus(x, beta=0), ValueError, "softplus: expected a beta that is not 0"),
        (lambda x: F.gelu(x, "fast"), ValueError, 'gelu: approximate must be "none" or "tanh", got \'fast\''),
        (
            lambda x: F.prelu(x, gn.ones(4)),
            RuntimeError,
            "prelu: expected 1 weight or 3, one for each channel (dimension 1) of the input [2, 3], got weights of "
            "shape [4]",
        ),
        (
            lambda x: F.glu(x),
            RuntimeError,
            "glu: expected an even size to halve in dimension -1, got an input of shape [2, 3]",
        ),
        (lambda x: F.glu(x, 2), IndexError, "glu: dim must be between -2 and 1 for a tensor of 2 dimensions, got 2"),
    ],
)
def test_message(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        call(gn.ones(2, 3))
    assert str(caught.value) == message


# parity -------------------------------------------------------------------------------------------


@pytest.mark.parity
@activations
def test_parity(name: str, options: dict[str, Any], kinks: list[float]) -> None:
    torch = pytest.importorskip("torch")
    x = points(kinks)
    ours = gn.tensor(x, dtype=gn.float64, requires_grad=True)
    theirs = torch.tensor(x, requires_grad=True)
    y, z = getattr(F, name)(ours, **options), getattr(torch.nn.functional, name)(theirs, **options)
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=1e-14, atol=1e-10)
    y.sum().backward()
    z.sum().backward()
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=0, atol=1e-8)


@pytest.mark.parity
@activations
def test_parity_in_float32(name: str, options: dict[str, Any], kinks: list[float]) -> None:
    torch = pytest.importorskip("torch")
    x = points(kinks).astype(np.float32)
    y, z = getattr(F, name)(gn.tensor(x), **options), getattr(torch.nn.functional, name)(torch.tensor(x), **options)
    np.testing.assert_allclose(y.numpy(), z.numpy(), rtol=2e-6, atol=1e-6)


@pytest.mark.parity
@pytest.mark.parametrize(("shape", "channels"), [((4,), 1), ((5, 3), 3), ((5, 3), 1), ((2, 3, 4, 2), 3)])
def test_parity_prelu(shape: tuple[int, ...], channels: int) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=shape), rng.normal(size=channels)
    x.flat[0] = 0
    ours = [gn.tensor(a, dtype=gn.float64, requires_grad=True) for a in (x, w)]
    theirs = [torch.tensor(a, requires_grad=True) for a in (x, w)]
    y, z = F.prelu(*ours), torch.nn.functional.prelu(*theirs)
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=1e-14)
    (y * y).sum().backward()
    (z * z).sum().backward()
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), atol=1e-12)


@pytest.mark.parity
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_parity_glu(dim: int) -> None:
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).normal(size=(4, 2, 6))
    ours, theirs = gn.tensor(x, dtype=gn.float64, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, z = F.glu(ours, dim), torch.nn.functional.glu(theirs, dim)
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=1e-13)
    (y * y).sum().backward()
    (z * z).sum().backward()
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), atol=1e-12)
