"""Changes in place: gradients are right, or an error says that they cannot be. Never silently wrong."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet
from glassnet import GradientError, ShapeError, nn, tensor
from glassnet.tensor import Tensor, apply
from glassnet.tensor.methods.inplace import InPlace


def leaf(*values: float) -> Tensor:
    return tensor(values, dtype=glassnet.float64, requires_grad=True)


# a value that an operation needs is changed -------------------------------------------------------

# how h is used, and whether the derivative needs the values of h, or of the result
NEEDS_INPUT = {
    "mul": lambda h, w: h * w,
    "square": lambda h, w: h**2,
    "pow": lambda h, w: h**3,
    "div by h": lambda h, w: w / h,
    "log": lambda h, w: h.log(),
    "sin": lambda h, w: h.sin(),
    "abs": lambda h, w: h.abs(),
    "matmul": lambda h, w: h @ w,
    "maximum": lambda h, w: h.maximum(w),
    "clamp": lambda h, w: h.clamp(0, 2.5),
    "prod": lambda h, w: h.prod(),
    "amax": lambda h, w: h.amax(),
    "norm": lambda h, w: h.norm(),
    "var": lambda h, w: h.var(),
    "logsumexp": lambda h, w: h.logsumexp(),
}
NEEDS_RESULT = {
    "exp": lambda h: h.exp(),
    "sqrt": lambda h: h.sqrt(),
    "tanh": lambda h: h.tanh(),
    "sigmoid": lambda h: h.sigmoid(),
    "relu": lambda h: h.relu(),
    "reciprocal": lambda h: h.reciprocal(),
    "softmax": lambda h: h.softmax(0),
    "log_softmax": lambda h: h.log_softmax(0),
    "norm": lambda h: h.norm(dim=0, keepdim=True),
}
NEEDS_NEITHER = {
    "add": lambda h: h + 1,
    "sub": lambda h: 3 - h,
    "neg": lambda h: -h,
    "mul by a number": lambda h: h * 3,
    "div by a number": lambda h: h / 4,
    "sum": lambda h: h.sum(0, keepdim=True),
    "mean": lambda h: h.mean(0, keepdim=True),
    "clone": lambda h: h.clone(),
    "cat": lambda h: glassnet.cat([h, h]),
    "stack": lambda h: glassnet.stack([h, h]),
    "flip": lambda h: h.flip(0),
    "cumsum": lambda h: h.cumsum(0),
    "float": lambda h: h.float(),
    "gather": lambda h: h.gather(0, tensor([1, 1, 0])),
    "rows": lambda h: h[[0, 1, 1]],
}
FREE = {  # whose derivatives need the result, but not PyTorch's
    "div": lambda h: 1 / h,
    "div by itself": lambda h: h / h.sum(),
    "relu6": lambda h: nn.functional.relu6(h),
    "hardtanh": lambda h: nn.functional.hardtanh(h, 0, 2),
    "sinc": lambda h: h.sinc(),
    "erfinv": lambda h: (h / 4).erfinv(),
    "ndtri": lambda h: glassnet.special.ndtri(h / 4),
    "normalize": lambda h: nn.functional.normalize(h, dim=0),
    "max_pool1d": lambda h: nn.functional.max_pool1d(h[None], 2)[0],
    "adaptive_max_pool1d": lambda h: nn.functional.adaptive_max_pool1d(h[None], 1)[0],
}
CHANGES = {
    "*= 2": lambda t: t.mul_(2),
    "+= 1": lambda t: t.add_(1),
    "[0] = 5": lambda t: t.__setitem__(0, 5.0),
    "[0] += 1": lambda t: t[0].add_(1),
    "zero_": lambda t: t.zero_(),
    "copy_": lambda t: t.copy_(t + 1),
    "normal_": lambda t: t.normal_(),
    "T": lambda t: t.T.mul_(2),
    "detach": lambda t: t.detach().mul_(2),
}
changes = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


@changes
@pytest.mark.parametrize("use", NEEDS_INPUT.values(), ids=NEEDS_INPUT)
def test_an_input_that_is_needed_must_not_change(use, change):
    x, w = leaf(1.0, 2.0, 3.0), leaf(2.5, 1.5, 0.5)
    h = x + 0.25
    y = use(h, w).sum()
    change(h)
    with pytest.raises(GradientError, match=r"needs its input \d, of shape \[3\], which was changed in place.*clone"):
        y.backward()


@changes
@pytest.mark.parametrize("use", NEEDS_RESULT.values(), ids=NEEDS_RESULT)
def test_a_result_that_is_needed_must_not_change(use, change):
    x = leaf(1.0, 2.0, 3.0)
    y = use(x + 0.25)
    z = y + 0
    change(y)
    with pytest.raises(GradientError, match=r"needs its result, of shape \[\d\], which was changed in place"):
        z.sum().backward()


@changes
@pytest.mark.parametrize("use", NEEDS_NEITHER.values(), ids=NEEDS_NEITHER)
def test_what_is_not_needed_may_change(use, change):
    x, same = leaf(1.0, 2.0, 3.0), leaf(1.0, 2.0, 3.0)
    h = x + 0.25
    y = use(h)
    z = y.sum()
    with glassnet.no_grad():
        change(y)
    change(h)
    z.backward()
    use(same + 0.25).sum().backward()
    np.testing.assert_allclose(x.grad, same.grad)


@pytest.mark.parametrize("change", [CHANGES[name] for name in CHANGES if name != "detach"])
@pytest.mark.parametrize("use", FREE.values(), ids=FREE)
def test_a_result_that_is_free_is_copied_before_it_changes(use, change):
    x, same = leaf(1.0, 2.0, 3.0), leaf(1.0, 2.0, 3.0)
    y = use(x + 0.25)
    z = y.sum()
    change(y)
    change(y)
    z.backward()
    use(same + 0.25).sum().backward()
    np.testing.assert_allclose(x.grad, same.grad)


def test_what_is_said_to_be_free_is_read_by_a_derivative():
    free = [op for op in glassnet.ops.registry.values() if op.free_result]
    assert free
    assert all(any(op.reads(which, 0) for which in range(len(op.vjp))) for op in free)


@pytest.mark.parametrize("compiled", [False, True])
def test_pooling_before_a_rectifier_in_place(compiled):
    images = glassnet.randn(2, 1, 8, 8, generator=glassnet.Generator().manual_seed(0))
    layers = [
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.ReLU(in_place), nn.Flatten(), nn.Linear(18, 1))
        for in_place in (False, True)
    ]
    layers[1].load_state_dict(layers[0].state_dict())
    for net in layers:

        def step(x: Tensor, net: nn.Module = net) -> Tensor:
            loss = net(x).sum()
            loss.backward()
            return loss

        (glassnet.compile(step) if compiled else step)(images)
    for plain, changed in zip(layers[0].parameters(), layers[1].parameters(), strict=True):
        np.testing.assert_allclose(plain.grad, changed.grad, rtol=1e-6)


def test_a_change_under_no_grad_is_seen_too():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    with glassnet.no_grad():
        x.add_(1)
    with pytest.raises(GradientError, match="needs its input"):
        y.backward()


def test_an_index_that_was_changed():
    x, i = leaf(1.0, 2.0, 3.0), tensor([0, 1])
    y = x[i].sum()
    i.add_(1)
    with pytest.raises(GradientError, match="getitem needs its input 2"):
        y.backward()


def test_only_what_is_asked_for_must_be_unchanged():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    h = x + 1
    y = (h * w).sum()
    h.mul_(2)  # needed by the gradient of w alone
    (g,) = glassnet.autograd.grad(y, x, retain_graph=True)
    assert g.tolist() == [3, 4]
    with pytest.raises(GradientError, match="input 1"):
        glassnet.autograd.grad(y, w)


def test_an_optimizer_s_update_counts_as_a_change():
    update = glassnet.ops.registry["sgd_update"]
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    apply(update, x, tensor([1.0, 1.0], dtype=glassnet.float64), 0.1)
    with pytest.raises(GradientError, match="needs its input"):
        y.backward()


# operations in place are followed -----------------------------------------------------------------


def test_h_times_2():
    x = leaf(1.0, 2.0)
    h = x * 3
    before = h
    h *= 2
    assert h is before
    assert h.grad_fn.op.name == "mul"
    h.sum().backward()
    assert x.grad.tolist() == [6, 6]


def test_x_0_plus_1_of_a_tensor_that_is_no_leaf():
    x = leaf(1.0, 2.0)
    h = x * 3
    h[0] += 1
    (h * tensor([10.0, 100.0])).sum().backward()
    assert h.tolist() == [4, 6]
    assert x.grad.tolist() == [30, 300]


IN_PLACE_WITH_RESULT = ["exp_", "sqrt_", "rsqrt_", "tanh_", "sigmoid_", "relu_", "reciprocal_", "neg_"]
IN_PLACE_WITH_INPUT = ["sin_", "cos_", "log_", "abs_", "square_"]  # of which a copy is kept


@pytest.mark.parametrize("name", IN_PLACE_WITH_RESULT + IN_PLACE_WITH_INPUT)
def test_in_place_gives_the_gradient_that_it_gives_otherwise(name):
    x, same = leaf(0.5, 2.0), leaf(0.5, 2.0)
    h = x * 1
    getattr(h, name)()
    y = getattr(same * 1, name[:-1])()
    np.testing.assert_allclose(h.detach(), y.detach(), rtol=1e-15)
    h.sum().backward()
    y.sum().backward()
    np.testing.assert_allclose(x.grad, same.grad, rtol=1e-15)


@pytest.mark.parametrize("name", ["mul", "div", "pow", "remainder"])
def test_in_place_with_another_whose_gradient_needs_what_is_gone(name):
    x, w, same_x, same_w = leaf(1.0, 2.0), leaf(3.0, 4.5), leaf(1.0, 2.0), leaf(3.0, 4.5)
    h = x * 2.5
    getattr(h, f"{name}_")(w)
    (h * h).sum().backward()
    y = getattr(same_x * 2.5, name)(same_w)
    (y * y).sum().backward()
    np.testing.assert_allclose(x.grad, same_x.grad, rtol=1e-15)
    np.testing.assert_allclose(w.grad, same_w.grad, rtol=1e-15)


def test_powers_and_bounds_in_place():
    x = leaf(0.5, 2.0)
    h = x * 1
    h **= 2
    h.clamp_(0.0, 3.0)
    h.sum().backward()
    assert x.grad.tolist() == [1, 0]


def test_in_place_with_a_part_of_itself():
    h = leaf(2.0, 3.0) * 1
    h.mul_(h[0])
    assert h.tolist() == [4, 6]
    with pytest.raises(GradientError, match="mul needs its input"):
        h.sum().backward()


def test_in_place_with_itself():
    x = leaf(2.0, 3.0)
    h = x * 1
    h += h
    h.sum().backward()
    assert x.grad.tolist() == [2, 2]


def test_options_of_in_place_methods():
    x = leaf(1.0, 2.0)
    a, b = tensor([1.0, 2.0], dtype=glassnet.float64), tensor([4.0, 5.0], dtype=glassnet.float64)
    h = x * 1
    h.add_(a, alpha=2).sub_(b, alpha=3).addcmul_(a, b, value=2).addcdiv_(a, b, value=5).lerp_(b, 0.5)
    expected = x.detach().numpy() + 2 * a.numpy() - 3 * b.numpy() + 2 * a.numpy() * b.numpy()
    expected = expected + 5 * a.numpy() / b.numpy()
    expected = expected + 0.5 * (b.numpy() - expected)
    np.testing.assert_allclose(h.detach(), expected)
    h.sum().backward()
    assert x.grad.tolist() == [0.5, 0.5]


def test_values_written_have_gradients():
    x, v = leaf(1.0, 2.0, 3.0), leaf(5.0)
    h = x * 1
    h[1:] = v
    (h * tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [1, 0, 0]
    assert v.grad.tolist() == [110]


def test_a_tensor_of_no_gradient_gets_one_from_what_is_written_into_it():
    v = leaf(5.0, 6.0)
    buffer = glassnet.zeros(3, dtype=glassnet.float64)
    buffer[:2] = v * v
    assert buffer.requires_grad
    assert not buffer.is_leaf
    (buffer * 2).sum().backward()
    assert v.grad.tolist() == [20, 24]
    assert buffer.grad is None


def test_an_integer_tensor_gets_none():
    v = leaf(5.7, 6.2)
    whole = glassnet.zeros(2, dtype=glassnet.int64)
    whole.copy_(v)
    whole[0] = v[1]
    assert not whole.requires_grad
    assert whole.tolist() == [6, 6]


def test_zero_fill_and_copy_cut_the_history():
    x, v = leaf(1.0, 2.0), leaf(3.0, 4.0)
    h = x * 1
    h.zero_()
    h += 1
    h.copy_(v)
    h.sum().backward()
    assert x.grad is None
    assert v.grad.tolist() == [1, 1]


def test_masked_fill():
    x = leaf(1.0, 2.0, 3.0)
    h = x * 2
    h.masked_fill_(tensor([True, False, True]), 7.0)
    assert h.tolist() == [7, 4, 7]
    h.sum().backward()
    assert x.grad.tolist() == [0, 2, 0]


def test_drawing_random_numbers_cuts_the_history():
    x = leaf(1.0, 2.0)
    h = x * 1
    h.normal_()
    (h + x).sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_a_result_in_another_dtype_is_cast():
    h = leaf(1.0, 2.0).float() * 1
    h += tensor([0.5, 0.5], dtype=glassnet.float64)
    assert h.dtype == glassnet.float32
    h.sum().backward()


# leaves, and what cannot be changed ---------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.add_(1),
        lambda x: x.__imul__(2),
        lambda x: x.__setitem__(0, 1.0),
        lambda x: x.zero_(),
        lambda x: x.normal_(),
        lambda x: x[0].add_(1),
        lambda x: x.T.reshape(-1)[1:].mul_(2),
    ],
)
def test_a_leaf_that_requires_a_gradient(change):
    x = leaf(1.0, 2.0)
    with pytest.raises(GradientError, match=r"leaf tensor.*no_grad"):
        change(x)
    assert x.tolist() == [1, 2]


def test_an_expanded_tensor():
    for x in (leaf(1.0), tensor([1.0])):
        for part in (lambda e: e, lambda e: e[0], lambda e: e.detach(), lambda e: e.T):
            with pytest.raises(ShapeError, match=r"it was expanded.*clone"):
                part((x * 1).expand(3)).add_(1)


def test_a_read_only_array():
    array = np.ones(2)
    array.flags.writeable = False
    with pytest.raises(ShapeError, match=r"of shape \[2\] cannot be changed in place.*read-only"):
        glassnet.from_numpy(array).add_(1)


def test_nothing_is_written_when_it_does_not_fit():
    x = tensor([1.0, 2.0])
    with pytest.raises(ShapeError, match=r"the result has shape \[3, 2\], which does not fit into \[2\]"):
        x += glassnet.ones(3, 2)
    with pytest.raises(ShapeError, match="do not broadcast"):
        x += glassnet.ones(3)
    whole = tensor([1, 2])
    with pytest.raises(TypeError, match="the result is float32, which int64 cannot hold"):
        whole += 0.5
    with pytest.raises(TypeError, match="the result is float32, which int64 cannot hold"):
        whole.div_(2)
    with pytest.raises(ShapeError, match=r"shapes \[3\] and \[2\] do not broadcast"):
        whole.copy_(glassnet.ones(3))
    assert x.tolist() == [1, 2]
    assert whole.tolist() == [1, 2]


def test_another_shape_in_place_and_its_gradient():
    leaf = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    y = leaf * 2
    before = y[0]
    assert y.t_() is y
    assert y.unsqueeze_(0).shape == (1, 3, 2)
    row = y[0, 1]
    y[0, 0] = 0.0
    assert y.tolist() == [[[0, 0], [4, 10], [6, 12]]]
    assert row.tolist() == [4, 10]
    squares = (row * row).sum()
    (y.squeeze_().sum() + squares).backward()
    assert leaf.grad.tolist() == [[0, 18, 2], [0, 42, 2]]
    with pytest.raises(GradientError, match="whose own shape was changed in place since"):
        before * 2
    with pytest.raises(GradientError, match="a leaf tensor that requires a gradient"):
        leaf.t_()
    with glassnet.no_grad():
        assert leaf.t_().shape == (3, 2)


def test_every_in_place_method_returns_the_tensor_itself():
    arguments = {
        "add_": (1,), "sub_": (1,), "mul_": (2,), "multiply_": (2,), "div_": (2,), "divide_": (2,), "pow_": (2,),
        "remainder_": (2,), "addcmul_": (1, 2), "addcdiv_": (1, 2), "lerp_": (1, 0.5), "clamp_": (0,), "clip_": (0,),
        "copy_": (1,), "fill_": (3,), "masked_fill_": (True, 3), "cumsum_": (0,), "index_fill_": (0, [1], 3),
        "random_": (0, 5), "scatter_": (0, [1], 3),
    }  # fmt: skip
    of_another_shape = {"as_strided_", "squeeze_", "unsqueeze_", "transpose_", "swapaxes_", "swapdims_", "t_"}
    names = [n for n in vars(InPlace) if n.endswith("_") and not n.startswith("_") and n not in of_another_shape]
    assert len(names) > 30
    for name in names:
        x = tensor([0.25, 0.5])
        array = x.array
        assert getattr(x, name)(*arguments.get(name, ())) is x, name
        assert x.array is array, name
