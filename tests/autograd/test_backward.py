"""backward: what it adds to .grad, what it keeps and frees, and what it refuses."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import glassnet
from glassnet import GradientError, ShapeError, tensor
from glassnet.ops.indexing import put
from glassnet.tensor import Tensor, propagation


def leaf(*values: float) -> Tensor:
    return tensor(values, dtype=glassnet.float64, requires_grad=True)


def test_shared_subexpressions_add_up():
    x = leaf(3.0)
    h = x * x  # used three times
    (h * h + 2 * h).sum().backward()
    assert x.grad.tolist() == [4 * 3**3 + 4 * 3]  # d(x⁴ + 2x²)


def test_a_tensor_used_twice_by_one_operation():
    x = leaf(3.0, -2.0)
    (x * x).sum().backward()
    assert x.grad.tolist() == [6, -4]


def test_a_diamond_is_visited_once_per_node():
    x = leaf(1.0)
    y = x
    for _ in range(60):  # 2⁶⁰ paths
        y = y + y
    y.sum().backward()
    assert x.grad.tolist() == [2.0**60]


USES = {
    "a step": lambda x: (x[1] ** 2).sum(),
    "a step again": lambda x: (3 * x[1]).sum(),
    "an element": lambda x: x[0, 2] ** 2,
    "columns": lambda x: (x[:, ::-2] ** 3).sum(),
    "with a new dimension": lambda x: (x[None, -1, ..., 1:] ** 2).sum(),
    "rows by number": lambda x: (x[[0, 0, 2]] ** 2).sum(),
    "a part of a part": lambda x: (x[1:][0, 1] ** 2).sum(),
    "nothing": lambda x: x[3:].sum(),
    "all": lambda x: (x * x).sum(),
    "itself": lambda x: x.sum(),
}


@pytest.mark.parametrize("of", ["a leaf", "a result", "a result with hooks"])
@pytest.mark.parametrize("first", USES)
def test_gradients_of_parts_add_up(first, of):
    """Against those that can be differentiated again, which are made of zeros around each part."""
    for second in USES:
        x = glassnet.randn(3, 4, dtype=glassnet.float64, requires_grad=True)
        h, seen = x if of == "a leaf" else x * 2, []
        if of == "a result with hooks":
            h.register_hook(seen.append)
            h.retain_grad()
        loss = USES[first](h) + USES[second](h) + USES["a step"](h)
        (expected,) = glassnet.autograd.grad(loss, x, create_graph=True)
        (of_h,) = glassnet.autograd.grad(loss, h, retain_graph=True)
        seen.clear()
        h.grad = None
        loss.backward()
        np.testing.assert_allclose(x.grad.numpy(), expected.detach().numpy(), rtol=1e-12, err_msg=second)
        np.testing.assert_allclose(of_h.numpy() * (1 if h is x else 2), x.grad.numpy(), rtol=1e-12, err_msg=second)
        if of == "a result with hooks":
            np.testing.assert_array_equal(seen[0].numpy() * 2, x.grad.numpy())
            np.testing.assert_array_equal(h.grad.numpy(), seen[0].numpy())


def test_a_loop_over_steps_makes_the_gradient_of_the_whole_once(monkeypatch):
    made = []
    monkeypatch.setattr(propagation, "put", lambda g, **params: made.append(1) or put(g, **params))
    x = glassnet.ones(50, 2, requires_grad=True)
    sum(x[t].sum() * t for t in range(50)).backward()
    assert x.grad[:, 0].tolist() == [*range(50)]
    assert len(made) == 1


def test_gradients_accumulate_in_place():
    x = leaf(1.0, 2.0)
    (x * 3).sum().backward()
    gradient = x.grad
    (x * x).sum().backward()
    assert x.grad is gradient
    assert gradient.tolist() == [5, 7]


def test_gradients_of_one_step_are_each_their_own():
    a, b = leaf(1.0), leaf(2.0)
    (a + b).sum().backward()
    a.grad.add_(1)
    assert b.grad.tolist() == [1]


def test_the_gradient_that_backward_starts_from_is_left_alone():
    x = leaf(1.0, 2.0)
    start = tensor([1.0, 1.0], dtype=glassnet.float64)
    (x + 0).backward(start)
    x.grad.add_(5)
    assert start.tolist() == [1, 1]


@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_can_be_changed_in_place_whatever_they_were_made_of(create_graph):
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    for _ in range(2):
        (a + b).sum().backward(create_graph=create_graph)
    a.grad.zero_()
    assert b.grad.tolist() == [2, 2]


def test_gradients_of_inputs_that_are_no_leaves_are_each_their_own():
    x = leaf(1.0, 2.0)
    h = x + 0
    k = h + 0
    (k + 0).sum().backward(inputs=[h, k, x])
    for t in (h, k, x):
        t.grad.add_(1)
        assert t.grad.tolist() == [2, 2]


def test_a_leaf_is_its_own_backward():
    x = leaf(2.0)
    x.backward()
    x.backward(tensor([3.0]))
    assert x.grad.tolist() == [4]


def test_gradients_have_the_shape_and_dtype_of_their_tensor():
    x = tensor([[1.0], [2.0]], requires_grad=True)
    y = tensor([1.0, 2.0, 3.0], dtype=glassnet.float64, requires_grad=True)
    z = tensor(2.0, dtype=glassnet.float16, requires_grad=True)
    (x * y * z).sum().backward()
    for t in (x, y, z):
        assert t.grad.shape == t.shape
        assert t.grad.dtype == t.dtype
    assert x.grad.tolist() == [[12], [12]]
    assert y.grad.tolist() == [6, 6, 6]
    assert z.grad.item() == 18


def test_several_tensors_with_a_gradient_each():
    x = leaf(2.0)
    glassnet.autograd.backward([x * x, x * 3], [tensor([10.0]), None])
    assert x.grad.tolist() == [43]


def test_inputs_restrict_the_work():
    x, y = leaf(2.0), leaf(3.0)
    h = x * y
    (h * h).sum().backward(inputs=[x, h])
    assert x.grad.tolist() == [36]
    assert h.grad.tolist() == [12]
    assert y.grad is None


def test_second_backward_is_refused():
    x = leaf(2.0)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(GradientError, match=r"a second time.*freed.*retain_graph=True"):
        y.backward()
    assert x.grad.tolist() == [4]


def test_second_backward_through_a_shared_part_is_refused():
    x = leaf(2.0)
    h = x * x
    (h * 2).sum().backward()
    with pytest.raises(GradientError, match=r"freed, a result of mul of shape \[1\]. .*h.detach\(\).* of their sum"):
        (h * 3).sum().backward()
    assert x.grad.tolist() == [8]


@pytest.mark.parametrize(
    "way",
    [
        lambda w: w.double(),
        lambda w: 3 - w,
        lambda w: w.reshape(-1)[1:].flip(0),
        lambda w: glassnet.cat([w, w]).mean(0),
        lambda w: glassnet.zeros(5000, 2) + w,  # whose memory is let go
    ],
)
def test_what_needs_no_values_is_gone_through_again(way):
    w = leaf(2.0, 3.0)
    shared = way(w)
    for _ in range(2):  # as where inputs are cast once, before a loop of steps
        (shared * shared).sum().backward()
    again = w.grad.tolist()
    w.grad = None
    (2 * (way(w) ** 2).sum()).backward()
    assert again == w.grad.tolist()


def test_a_freed_part_is_found_behind_what_was_not_freed():
    x = leaf(2.0)
    h = (x * x).reshape(1) + 1
    (h * 2).sum().backward()
    with pytest.raises(GradientError, match=r"freed, a result of mul of shape \[1\]"):
        (h + 3).sum().backward()


def test_retain_graph_allows_another():
    x = leaf(2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [8]
    with pytest.raises(GradientError, match="a second time"):
        y.backward()


def test_only_one_element_needs_no_gradient_to_start_from():
    x = leaf(1.0, 2.0)
    with pytest.raises(GradientError, match=r"one element, such as a loss, got shape \[2\]"):
        (x * x).backward()
    with pytest.raises(ShapeError, match=r"must have the tensor's shape, \[2\], got \[3\]"):
        (x * x).backward(tensor([1.0, 2.0, 3.0]))
    with pytest.raises(ValueError, match="a gradient for each of the 1 tensors, got 2"):
        glassnet.autograd.backward(x * x, [None, None])


def test_what_requires_no_gradient_has_no_backward():
    with pytest.raises(GradientError, match="requires no gradient"):
        tensor([1.0]).backward()
    with pytest.raises(GradientError, match="requires no gradient"):
        leaf(1.0).detach().backward()


def test_no_gradient_flows_through_integers_and_comparisons():
    x = leaf(1.5, -2.5)
    assert not (x > 0).requires_grad
    assert not x.to(glassnet.int64).requires_grad
    assert not x.argmax().requires_grad
    (x * (x > 0)).sum().backward()
    assert x.grad.tolist() == [1, 0]


def test_values_of_a_failed_step_are_not_half_added():
    x, y = leaf(1.0), leaf(2.0)
    h = x * 2
    loss = (h * y).sum() + y.sum()
    h.mul_(3)  # y's gradient needs the old h
    with pytest.raises(GradientError, match="changed"):
        loss.backward()
    assert x.grad is None
    assert y.grad is None


# second order -------------------------------------------------------------------------------------


def test_hessian_of_a_cubic():
    x = leaf(1.0, 2.0, -1.5)
    a, b, c = x[0], x[1], x[2]
    f = a * a * b + b * c**3 - 2 * a * c + c * c * c
    (g,) = glassnet.autograd.grad(f, x, create_graph=True)
    u, v, w = x.tolist()
    assert g.tolist() == pytest.approx([2 * u * v - 2 * w, u * u + w**3, 3 * v * w**2 - 2 * u + 3 * w**2])
    rows = [glassnet.autograd.grad(g[i], x, retain_graph=True)[0].tolist() for i in range(3)]
    expected = [
        [2 * v, 2 * u, -2],
        [2 * u, 0, 3 * w**2],
        [-2, 3 * w**2, 6 * v * w + 6 * w],
    ]
    np.testing.assert_allclose(rows, expected, rtol=1e-12)


def test_third_order():
    x = leaf(2.0)
    g = (x**5).sum()
    for _ in range(3):
        (g,) = glassnet.autograd.grad(g, x, create_graph=True)
    assert g.item() == pytest.approx(60 * 2.0**2)


def test_create_graph_leaves_a_gradient_that_has_a_history():
    x = leaf(2.0)
    (x**3).sum().backward(create_graph=True)
    assert x.grad.requires_grad
    first = x.grad
    x.grad = None
    (first * first).sum().backward()  # (3x²)², whose derivative is 36x³
    assert x.grad.item() == pytest.approx(36 * 8)


def test_a_gradient_with_a_history_is_added_to_not_written_over():
    x = leaf(2.0)
    (x**3).sum().backward(create_graph=True)
    first = x.grad
    (x * 5).sum().backward()
    assert x.grad is not first
    assert first.item() == 12
    assert x.grad.item() == 17


def test_double_backward_through_a_weighted_gradient():
    x, w = leaf(1.0, 2.0), leaf(3.0, 5.0)
    (g,) = glassnet.autograd.grad(x * x, x, [w], create_graph=True)
    (gw,) = glassnet.autograd.grad(g.sum(), w)
    assert gw.tolist() == [2, 4]


def test_create_graph_restores_the_mode():
    x = leaf(2.0)
    with glassnet.no_grad():
        y = x * 1  # not followed
    assert not y.requires_grad
    z = (x * x).sum()
    with glassnet.no_grad():
        (g,) = glassnet.autograd.grad(z, x, create_graph=True)
        assert not glassnet.is_grad_enabled()
    assert g.requires_grad
    assert glassnet.is_grad_enabled()


# depth --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [20_000, pytest.param(100_000, marks=pytest.mark.slow("makes 100,000 nodes"))])
@pytest.mark.parametrize("followed", [True, False])
def test_a_long_chain_of_operations_has_a_backward_and_is_deleted(followed, number):
    x = leaf(1.0)
    y = x
    for _ in range(number):
        y = y + 1.0
    if followed:
        y.sum().backward(retain_graph=True)
        assert x.grad.tolist() == [1]
    node = weakref.ref(y.grad_fn)
    gc.disable()
    try:
        del y
        assert node() is None
    finally:
        gc.enable()


def test_second_order_through_a_long_chain():
    x = leaf(2.0)
    y = x * x
    for _ in range(5_000):
        y = y * 1.0
    (g,) = glassnet.autograd.grad(y.sum(), x, create_graph=True)
    g.sum().backward()
    assert x.grad.tolist() == [2]
