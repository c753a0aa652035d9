"""Products whose matrices are gone over in several loops: windows, heads, groups, and whatever is permuted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.nn.functional as F
from glassnet.engines.native import product_code
from glassnet.engines.native.compilers import compiler
from glassnet.engines.native.gathering import part_of, place

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")

CONVOLUTIONS: list[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]] = [
    ((2, 4, 11, 10), (6, 2, 3, 2), {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 3), "groups": 2}),
    ((70, 3, 40), (6, 1, 5), {"stride": 2, "padding": 3, "groups": 3}),  # the gradient of the weight is a deep product
    ((3, 20, 7, 6), (4, 20, 3, 3), {"padding": 1}),  # so many channels that the windows are gathered in parts
    ((1, 8, 70, 64), (3, 8, 3, 3), {}),  # more windows than are gathered at once
]


def convolution(x: Any, w: Any, how: dict[str, Any]) -> Any:
    """A convolution over one or two dimensions."""
    return (F.conv1d if len(x.shape) == 3 else F.conv2d)(x, w, **how)


def convolution_and_gradients(x: Any, w: Any, g: Any, how: dict[str, Any]) -> Any:
    """A convolution, and the gradients of its input and its weight where ``g`` is that of its output."""
    x, w = x.detach().requires_grad_(), w.detach().requires_grad_()
    y = convolution(x, w, how)
    (y * g).sum().backward()
    return y, x.grad, w.grad


def convolutions(first: int = 0) -> tuple[Any, list[gn.Tensor]]:
    """A function that computes them, from the ``first`` on, with their gradients, and its inputs."""
    inputs, hows = [], [how for _, _, how in CONVOLUTIONS[first:]]
    for x_shape, w_shape, how in CONVOLUTIONS[first:]:
        x, w = gn.randn(*x_shape, dtype=gn.float64), gn.randn(*w_shape, dtype=gn.float64)
        inputs += [x, w, gn.randn(*convolution(x, w, how).shape, dtype=gn.float64)]

    def function(*arrays: Any) -> Any:
        threes = zip(*[iter(arrays)] * 3, hows, strict=True)
        return [y for x, w, g, how in threes for y in convolution_and_gradients(x, w, g, how)]

    return function, inputs


def test_convolutions_gather_their_windows_as_they_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    function, inputs = convolutions()
    compiled = gn.compile(function, engine="native")
    results = compiled(*inputs)
    for found, expected in zip(results, function(*inputs), strict=True):
        np.testing.assert_allclose(found.array, expected.array, rtol=1e-11, atol=1e-11)
    schedule = compiled.specialisations[-1].engine._schedule
    made = {i.output: i.op.name for code in schedule.codes.values() for i in code.kernel.instructions}
    moved = {output for output, name in made.items() if name == "reshape"}
    assert moved <= set(compiled.program.outputs)  # neither a matrix of windows nor of their gradients is put in order
    monkeypatch.setenv("GLASSNET_THREADS", "3")
    for found, same in zip(gn.compile(function, engine="native")(*inputs), results, strict=True):
        np.testing.assert_array_equal(found.array, same.array)


def test_heads_are_read_from_where_they_lie() -> None:
    def attention(x: gn.Tensor, q: gn.Tensor, k: gn.Tensor, v: gn.Tensor, out: gn.Tensor) -> Any:
        q, k, v = ((x @ w).reshape(3, 7, 2, 4).permute(0, 2, 1, 3) for w in (q, k, v))
        shares = (q @ k.transpose(2, 3)).softmax(-1)
        return (shares @ v).transpose(1, 2).reshape(3, 7, 8) @ out

    def step(x: gn.Tensor, *weights: gn.Tensor) -> Any:
        leaves = [t.detach().requires_grad_() for t in (x, *weights)]
        y = attention(*leaves)
        (y * y).sum().backward()
        return [y, *(t.grad for t in leaves)]

    inputs = [gn.randn(3, 7, 8, dtype=gn.float64), *(gn.randn(8, 8, dtype=gn.float64) for _ in range(4))]
    compiled = gn.compile(step, engine="native")
    for found, expected in zip(compiled(*inputs), step(*inputs), strict=True):
        np.testing.assert_allclose(found.array, expected.array, rtol=1e-10, atol=1e-10)
    assert all(isinstance(part, list) for part in compiled.specialisations[-1].engine._schedule.parts)


def test_operands_may_be_permuted_in_any_way() -> None:
    def products(a: gn.Tensor, b: gn.Tensor) -> Any:
        matrix = a.permute(2, 0, 3, 1).reshape(20, 6)  # rows and depth of two loops each
        return (
            matrix @ b,
            b.t() @ matrix.t() + 1,
            a.permute(3, 0, 1, 2) @ b[:5, :4],
            (matrix.t() @ matrix).exp(),
            a.transpose(0, 3).reshape(4, 3, 10).transpose(1, 2) @ a.permute(3, 1, 2, 0)[..., 0],
        )

    a, b = gn.randn(2, 3, 5, 4, dtype=gn.float64), gn.randn(6, 17, dtype=gn.float64)
    for found, expected in zip(gn.compile(products, engine="native")(a, b), products(a, b), strict=True):
        np.testing.assert_allclose(found.array, expected.array, rtol=1e-11, atol=1e-11)


def test_a_walk_that_is_off_by_one_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the faults that walks invite makes another result of some convolution."""
    function, inputs = convolutions(first=3)
    right = function(*inputs)

    def shifted(pairs: Any, name: str) -> Any:
        return place(pairs, f"({name} + 1)") if len(pairs) > 1 else place(pairs, name)

    def shortened(pairs: Any, size: int) -> Any:
        found = part_of(pairs, size)
        return (*found[:-1], (found[-1][0], found[-1][1] + 1)) if len(found) > 1 else found

    for name, fault in (("place", shifted), ("part_of", shortened)):
        with monkeypatch.context() as patch:
            patch.setattr(product_code, name, fault)
            found = gn.compile(function, engine="native")(*inputs)
        assert any(not np.allclose(x.array, y.array) for x, y in zip(found, right, strict=True))


def test_the_loops_around_a_product_are_those_of_its_matrices() -> None:
    """Of 6 samples and 2·3 windows, which are as many, one are the rows: the others do not lie in equal steps."""

    def by_places(x: gn.Tensor, w: gn.Tensor) -> gn.Tensor:
        y = F.unfold(x, 3, stride=2).transpose(1, 2) @ w
        return y.reshape(6, 2, 3, 2).permute(0, 3, 1, 2).reshape(6, 12)

    x, w = gn.randn(6, 3, 6, 8, dtype=gn.float64), gn.randn(27, 2, dtype=gn.float64)
    found = gn.compile(by_places, engine="native")(x, w)
    np.testing.assert_allclose(found.array, by_places(x, w).array, rtol=1e-12, atol=1e-12)


def test_a_result_lies_in_the_order_in_which_it_is_read() -> None:
    """So the activation follows a convolution in its kernel; and NumPy finds what is left to it."""

    def function(x: gn.Tensor, w: gn.Tensor, b: gn.Tensor) -> Any:
        h = x[:, 0] @ x[:, 1]
        return F.conv2d(x, w, b).relu(), h.permute(2, 0, 1).exp(), gn.linalg.det(h)

    inputs = [gn.randn(2, 3, 6, 6), gn.randn(5, 3, 2, 2), gn.randn(5)]
    compiled = gn.compile(function, engine="native")
    for found, expected in zip(compiled(*inputs), function(*inputs), strict=True):
        np.testing.assert_allclose(found.array, expected.array, rtol=1e-5, atol=1e-5)
    schedule = compiled.specialisations[-1].engine._schedule
    products = [code.kernel for code in schedule.codes.values() if code.kernel.product]
    followers = [i.op.name for kernel in products for i in kernel.instructions]
    assert sorted(followers) == ["add", "exp", "matmul", "matmul", "maximum"]
    assert [i.op.name for i in schedule.parts if not isinstance(i, list)] == ["det"]
