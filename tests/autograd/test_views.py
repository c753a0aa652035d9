"""Views: they share memory, and what is written through them is known to the tensor they look into."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet
from glassnet import tensor
from glassnet.errors import GradientError, ShapeError
from glassnet.tensor import Tensor

VIEWS = {
    "int": lambda t: t[1],
    "element": lambda t: t[1, 2],
    "negative": lambda t: t[-1],
    "slice": lambda t: t[:, 1:],
    "step": lambda t: t[:, ::2],
    "backwards": lambda t: t[:, 1],
    "None": lambda t: t[None],
    "...": lambda t: t[..., 0],
    "reshape": lambda t: t.reshape(3, 2),
    "view": lambda t: t.view(-1),
    "flatten": lambda t: t.flatten(),
    "unsqueeze": lambda t: t.unsqueeze(0),
    "squeeze": lambda t: t[0:1].squeeze(0),
    "T": lambda t: t.T,
    "permute": lambda t: t.permute(1, 0),
    "transpose": lambda t: t.transpose(0, 1),
    "narrow": lambda t: t.narrow(1, 1, 2),
    "select": lambda t: t.select(1, 2),
    "unsafe_split": lambda t: t.unsafe_split(1)[1],
    "unsafe_chunk": lambda t: t.unsafe_chunk(2, 1)[0],
    "tensor_split": lambda t: t.tensor_split(2, 1)[0],
    "expand": lambda t: t.expand(1, 2, 3),
    "as_strided": lambda t: t.as_strided((2, 2), (3, 1), 1),
    "as_strided of a transpose": lambda t: t.T.as_strided((3,), (2,)),
    "view of a view": lambda t: t.T[1:].reshape(2, 2, 1)[0],
    "views of views": lambda t: t.reshape(1, 2, 3).permute(2, 0, 1)[1:].permute(1, 0, 2)[0, :, 1],
}
views = pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
PARTS = {
    "split": lambda t: t.split(1)[1],
    "chunk": lambda t: t.chunk(2, 1)[0],
    "unbind": lambda t: t.unbind(1)[1],
    "iteration": lambda t: next(iter(t)),
    "view of a part": lambda t: t.chunk(2, 1)[0].T[1:],
}


def matrix() -> Tensor:
    return tensor(np.arange(6.0).reshape(2, 3) + 1, requires_grad=True)


@views
def test_views_share_memory(view):
    x = matrix().detach()
    v = view(x)
    v.mul_(100)
    assert (x >= 100).sum().item() == v.numel()
    x.fill_(7)
    assert (v == 7).all()


@pytest.mark.parametrize(
    "copy",
    [
        lambda t: t[[0, 1]],
        lambda t: t[t > 0],
        lambda t: t.clone(),
        lambda t: t.flip(0),
        lambda t: t.T.reshape(-1),
        lambda t: t.repeat(1, 2),
        lambda t: t.to(glassnet.float64, copy=True),
    ],
)
def test_copies_do_not(copy):
    x = matrix().detach()
    copy(x).fill_(0)
    assert (x > 0).all()


@views
def test_writing_through_a_view_gives_right_gradients(view):
    """Against the same without views: where(mask, h·5, h)."""
    weights = tensor(np.random.default_rng(0).standard_normal((2, 3)))
    x, same = matrix(), matrix()
    h = x * x
    view(h).mul_(5)
    (h * weights).sum().backward()

    mask = np.zeros((2, 3))
    view(tensor(mask))  # does not share memory with mask
    marked = tensor(mask)
    view(marked).fill_(1)
    k = same * same
    ((k * (1 + 4 * marked)) * weights).sum().backward()
    np.testing.assert_allclose(h.detach(), (k * (1 + 4 * marked)).detach())
    np.testing.assert_allclose(x.grad, same.grad, rtol=1e-14)


@views
def test_writing_into_the_base_is_known_to_a_view_taken_later(view):
    x, same = matrix(), matrix()
    h = x * x
    h[0] = 3.0
    view(h).sum().backward()
    mask = Tensor([[0.0], [1.0]])
    view(same * same * mask).sum().backward()
    np.testing.assert_allclose(x.grad, same.grad)


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_one_of_several_parts_is_not_written_to_while_autograd_is_watching(part):
    x = matrix()
    h = x * 1
    v = part(h)
    for change in (lambda: v.mul_(2), lambda: part(tensor([[0.0] * 3] * 2, dtype=glassnet.float64)).add_(v)):
        with pytest.raises(GradientError, match=r"one of several parts.*x\[i\] \*= 2"):
            change()
    with glassnet.no_grad():
        v.fill_(7)
    h.mul_(2)  # which the part follows
    assert (v == 14).all()
    v.sum().backward()
    assert x.grad.sum().item() == 2 * v.numel()
    part(h.detach()).mul_(2)
    assert (v == 28).all()


@views
def test_a_view_taken_under_no_grad_is_not_written_to_outside(view):
    h = matrix() * 1
    with glassnet.no_grad():
        v = view(h)
        v.fill_(2)
    with pytest.raises(GradientError, match="taken as a view under no_grad"):
        v.fill_(3)
    assert (v == 2).all()


def test_writing_values_through_a_view():
    x, v = matrix(), tensor([10.0, 20.0], dtype=glassnet.float64, requires_grad=True)
    h = x * 1
    h.T[2][:] = v  # column 2
    h.sum().backward()
    assert h[:, 2].tolist() == [10, 20]
    assert x.grad.tolist() == [[1, 1, 0], [1, 1, 0]]
    assert v.grad.tolist() == [1, 1]


def test_writing_through_a_view_of_a_buffer():
    w = tensor([1.0, 2.0], requires_grad=True)
    buffer = glassnet.zeros(2, 2)
    row = buffer[0]
    row.copy_(w)
    assert buffer.requires_grad
    (buffer * 3).sum().backward()
    assert w.grad.tolist() == [3, 3]
    assert row.requires_grad  # and is fresh: it was through it that the buffer changed


def test_two_changes_through_one_view():
    x = matrix()
    h = x * 1
    row = h[0]
    row.mul_(2)
    row.add_(1)
    (h + h).sum().backward()
    assert x.grad.tolist() == [[4, 4, 4], [2, 2, 2]]


@views
def test_a_view_taken_before_a_change_follows_it(view):
    x = matrix()
    h = x * 1
    v = view(h)
    h.mul_(2)
    (v * 3).sum().backward(retain_graph=True)
    expected = view(glassnet.ones(2, 3) * 0 + 1)
    assert x.grad.sum().item() == 6 * expected.numel()
    v.add_(1)
    x.grad = None
    (h * h).sum().backward()
    changed = glassnet.zeros(2, 3)
    view(changed).add_(1)
    np.testing.assert_array_equal(x.grad, 4 * (2 * x.detach() + changed))


def test_a_sibling_follows():
    x = matrix()
    h = x * 1
    a, b = h[0], h[0, 1:]
    a.mul_(2)
    (b * 2).sum().backward()
    assert x.grad.tolist() == [[0, 4, 4], [0, 0, 0]]


def test_a_view_of_a_view_follows():
    x = matrix()
    h = x * 1
    part = h[0][1:]
    h.mul_(2)
    (part * 2).sum().backward()
    assert x.grad.tolist() == [[0, 4, 4], [0, 0, 0]]


def test_a_view_of_what_had_no_gradient_then_has_one_now():
    buffer = glassnet.zeros(2)
    v = buffer[:1]
    x = tensor(1.0, requires_grad=True)
    buffer[0] = x * 3
    assert v.requires_grad
    assert not v.is_leaf
    (v * 2).sum().backward()
    assert x.grad.item() == 6
    with glassnet.no_grad():
        assert (v * 2).tolist() == [6]


def test_what_was_computed_of_a_view_before_is_as_it_was():
    x = matrix()
    h = x * 1
    v = h[0]
    before = (v * 2).sum()
    h.mul_(5)
    (before + v.sum()).backward()
    assert x.grad.tolist() == [[7, 7, 7], [0, 0, 0]]


def test_a_change_that_is_not_followed_leaves_views_fresh():
    h = matrix() * 1
    v = h[0]
    with glassnet.no_grad():
        h.mul_(2)
    v.sum().backward()
    buffer = glassnet.zeros(2)
    v = buffer[:1]
    buffer += 1
    assert (v * 2).tolist() == [2]


def test_detached_tensors_are_never_stale():
    x = matrix()
    h = x * 1
    d, part = h.detach(), h.detach()[0]
    h.mul_(2)
    (x * d).sum().backward()
    np.testing.assert_array_equal(x.grad, 2 * np.arange(1.0, 7).reshape(2, 3))
    assert part.sum().item() == 12
    assert (part * 2).tolist() == [4, 8, 12]


def test_a_gradient_goes_through_views_of_leaves():
    x = matrix()
    (x.T[1:].reshape(-1) * tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
    assert x.grad.tolist() == [[0, 1, 3], [0, 2, 4]]


def test_second_order_through_writes_and_views():
    def function(x, v):
        h = x * x
        h[0] = v * h[1].clone()
        h.T[1].mul_(3)
        return h.reshape(-1)[1:] ** 2 * x[0, 0]

    v = Tensor([2.0, 3.0, 4.0], dtype=glassnet.float64, requires_grad=True)
    assert glassnet.autograd.gradcheck(function, (matrix(), v))
    assert glassnet.autograd.gradgradcheck(function, (matrix(), v))


def test_view_refuses_to_copy():
    with pytest.raises(RuntimeError, match=r"cannot be seen as \[6\] without copying.*reshape"):
        matrix().T.view(6)
    assert matrix().T.reshape(6).tolist() == [1, 4, 2, 5, 3, 6]


# of complex numbers -----------------------------------------------------------------------------------


def five_real(z):
    z.real.mul_(5)
    return z


def five_imaginary(z):
    z.imag[0] = z.imag[0] * 5
    return z


def five_in_pairs(z):
    glassnet.view_as_real(z)[:, 0, 1] *= 5
    return z


def five_in_complex(z):
    pairs = glassnet.view_as_real(z).clone()
    glassnet.view_as_complex(pairs)[1] *= 5
    return pairs[..., 0] + 1j * pairs[..., 1]


FIVE = {
    five_real: lambda a, b: (a * 5, b),
    five_imaginary: lambda a, b: (a, glassnet.stack([b[0] * 5, b[1]])),
    five_in_pairs: lambda a, b: (a, glassnet.stack([b[:, 0] * 5, b[:, 1], b[:, 2]], 1)),
    five_in_complex: lambda a, b: tuple(glassnet.stack([x[0], x[1] * 5]) for x in (a, b)),
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("change", FIVE)
def test_writing_through_a_part_of_complex_numbers(change, compiled):
    weights = tensor(np.random.default_rng(0).standard_normal((2, 3)))

    def written(x):
        z = change(glassnet.complex(x * x, x.sin()))
        ((z * z).real * weights).sum().backward()
        return z

    x, same = matrix(), matrix()
    z = (glassnet.compile(written) if compiled else written)(x)
    a, b = FIVE[change](same * same, same.sin())
    ((a * a - b * b) * weights).sum().backward()
    np.testing.assert_allclose(z.detach(), (a + 1j * b).detach())
    np.testing.assert_allclose(x.grad, same.grad, rtol=1e-13)


def test_a_part_of_complex_numbers_follows_them():
    z = tensor([1 + 2j, 3 + 4j])
    pairs, imaginary = glassnet.view_as_real(z), z.imag
    z *= 2
    assert (pairs.tolist(), imaginary.tolist()) == ([[2, 4], [6, 8]], [4, 8])
    assert glassnet.view_as_complex(pairs[:1]).data_ptr() == z.data_ptr()
    with pytest.raises(ShapeError, match=r"pair do not lie side by side.*x\.contiguous\(\)"):
        glassnet.view_as_complex(glassnet.ones(2, 3).T)


def test_a_compiled_function_changes_what_strides_show():
    def written(x):
        y = x * x
        y.T.as_strided((2,), (4,), 1).mul_(5)
        return y, glassnet.view_as_complex((y.T + 1).contiguous())

    x = matrix()
    for ours, theirs in zip(glassnet.compile(written)(x), written(x), strict=True):
        np.testing.assert_array_equal(ours.detach(), theirs.detach())
