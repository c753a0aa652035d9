"""Gradients in bounds, and parameters as one vector."""

import math

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.nn import utils


def parameters(*gradients):
    made = []
    for gradient in gradients:
        p = nn.Parameter(glassnet.zeros(3) if gradient is None else glassnet.zeros_like(glassnet.tensor(gradient)))
        p.grad = None if gradient is None else glassnet.tensor(gradient)
        made.append(p)
    return made


@pytest.mark.parametrize(
    ("norm_type", "norm"),
    [(2, 13.0), (2.0, 13.0), (1, 19.0), (math.inf, 12.0), ("inf", 12.0), (3, (27 + 64 + 1728) ** (1 / 3))],
)
def test_the_norm_of_all_gradients_together(norm_type, norm):
    ps = parameters([3.0, -4.0], None, [[-12.0]])
    total = utils.clip_grad_norm_(ps, 1e9, norm_type)
    assert total.shape == ()
    assert math.isclose(total.item(), norm, rel_tol=1e-6)
    assert ps[0].grad.tolist() == [3, -4]  # below the bound: as they were
    gradients = [p.grad for p in ps if p.grad is not None]
    assert math.isclose(utils.get_total_norm(gradients, norm_type).item(), norm, rel_tol=1e-6)


def test_clipping_scales_all_gradients_in_place():
    ps = parameters([3.0, -4.0], None, [[-12.0]])
    gradients = [p.grad for p in ps]
    total = utils.clip_grad_norm_((p for p in ps), 1.3)
    assert total.item() == 13
    assert all(p.grad is g for p, g in zip(ps, gradients, strict=True))
    np.testing.assert_allclose(ps[0].grad.array, [0.3, -0.4], rtol=1e-6)
    np.testing.assert_allclose(ps[2].grad.array, [[-1.2]], rtol=1e-6)
    assert ps[1].grad is None


def test_clipping_one_parameter_or_none():
    (p,) = parameters([3.0, 4.0])
    assert utils.clip_grad_norm_(p, 0).item() == 5
    assert p.grad.tolist() == [0, 0]
    assert utils.clip_grad_norm_([], 1.0).item() == 0
    assert utils.clip_grad_norm_(parameters(None), 1.0).item() == 0


def test_clipping_two_dtypes():
    a, b = parameters([3.0], [4.0])
    b.data = b.data.to(glassnet.float64)
    b.grad = b.grad.to(glassnet.float64)
    assert utils.clip_grad_norm_([a, b], 2.5).item() == 5
    assert a.grad.dtype == glassnet.float32
    assert b.grad.dtype == glassnet.float64
    assert math.isclose(b.grad.item(), 2, rel_tol=1e-6)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_norm_that_is_no_number(bad):
    ps = parameters([3.0, bad], [1.0])
    with pytest.raises(RuntimeError, match=rf"the norm of the gradients is {bad}, .*error_if_nonfinite=False"):
        utils.clip_grad_norm_(ps, 1.0, error_if_nonfinite=True)
    assert ps[0].grad[0].item() == 3
    with np.errstate(invalid="ignore"):  # 0 · inf
        assert not math.isfinite(utils.clip_grad_norm_(parameters([bad]), 1.0).item())


def test_clipping_values():
    ps = parameters([3.0, -4.0, 0.5], None)
    gradient = ps[0].grad
    utils.clip_grad_value_(ps, 1.5)
    assert ps[0].grad is gradient
    assert gradient.tolist() == [1.5, -1.5, 0.5]
    utils.clip_grad_value_(ps[0], 0.25)
    assert gradient.tolist() == [0.25, -0.25, 0.25]


@pytest.mark.parametrize("bound", [-1, math.nan])
def test_bounds_are_not_negative(bound):
    for clip in (utils.clip_grad_norm_, utils.clip_grad_value_):
        ps = parameters([3.0])
        with pytest.raises(ValueError, match=f"of 0 or more, got {bound}"):
            clip(ps, bound)
        assert ps[0].grad.item() == 3


def test_parameters_as_a_vector_and_back():
    net = nn.Linear(3, 2)
    vector = utils.parameters_to_vector(net.parameters())
    assert vector.shape == (8,)
    assert vector.requires_grad
    assert vector.tolist() == [*net.weight.flatten().tolist(), *net.bias.tolist()]
    array = net.weight.array
    utils.vector_to_parameters(glassnet.arange(8.0), net.parameters())
    assert net.weight.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert net.bias.tolist() == [6, 7]
    assert net.weight.array is array


@pytest.mark.parametrize(
    ("vector", "error", "message"),
    [
        (glassnet.zeros(9), ValueError, r"a vector of 8 elements, .* got shape \[9\]"),
        (glassnet.zeros(4, 2), ValueError, r"got shape \[4, 2\]"),
        (np.zeros(8), TypeError, "expected a tensor, got ndarray"),
    ],
)
def test_a_vector_that_does_not_fit_changes_nothing(vector, error, message):
    net = nn.Linear(3, 2)
    before = utils.parameters_to_vector(net.parameters()).tolist()
    with pytest.raises(error, match=message):
        utils.vector_to_parameters(vector, net.parameters())
    assert utils.parameters_to_vector(net.parameters()).tolist() == before


@pytest.mark.parity
@pytest.mark.parametrize("norm_type", [1, 2, 2.5, math.inf])
@pytest.mark.parametrize("max_norm", [0.1, 3.0, 100.0])
def test_clipping_is_pytorchs(norm_type, max_norm):
    torch = pytest.importorskip("torch")
    gradients = [np.random.default_rng(0).standard_normal(shape) for shape in [(3, 4), (5,), ()]]
    ours = [nn.Parameter(glassnet.zeros_like(glassnet.tensor(g))) for g in gradients]
    theirs = [torch.nn.Parameter(torch.zeros(g.shape, dtype=torch.float64)) for g in gradients]
    for p, q, g in zip(ours, theirs, gradients, strict=True):
        p.grad, q.grad = glassnet.tensor(g), torch.tensor(g)
    total = utils.clip_grad_norm_(ours, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert math.isclose(total.item(), expected.item(), rel_tol=1e-12)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.grad.array, q.grad.numpy(), rtol=1e-12)
