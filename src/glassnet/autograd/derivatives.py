"""Derivatives of functions: Jacobians, Hessians, and their products with vectors, by PyTorch's names.

A function takes tensors and gives tensors; where it takes or gives several, so does each of these. The products never
build the matrix. ``jvp`` goes back twice (the "double backward trick", J. Townsend, 2017), as PyTorch's does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassnet.autograd.modes import enable_grad
from glassnet.errors import GradientError, ShapeError
from glassnet.tensor import Tensor, gradients
from glassnet.tensor.creation import zeros_like
from glassnet.tensor.joining import stack

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Function = Callable[..., Any]


def jacobian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The derivative of every element that ``func`` gives with respect to every element of ``inputs``.

    Its shape is that of the output, then that of the input; of several, a tuple by output of tuples by input.
    ``strict`` raises GradientError for an output that does not depend on an input. ``vectorize`` and ``strategy``
    change nothing here.

    >>> glassnet.autograd.functional.jacobian(lambda x: x**2, glassnet.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    leaves, outputs, (one_in, one_out) = _called(func, inputs, create_graph)
    rows = tuple(_rows(y, leaves, create_graph, strict) for y in outputs)
    found = tuple(row[0] for row in rows) if one_in else rows
    return found[0] if one_out else found


def _rows(y: Tensor, leaves: tuple[Tensor, ...], create_graph: bool, strict: bool) -> tuple[Tensor, ...]:
    """The derivatives of one output by each input."""
    elements = y.reshape(-1)
    columns: list[list[Tensor]] = [[] for _ in leaves]
    for i in range(elements.numel()):
        grads = _gradients(elements[i], leaves, None, create_graph, strict)
        for column, g in zip(columns, grads, strict=True):
            column.append(g)
    return tuple(
        stack(column).reshape(*y.shape, *x.shape)
        if column
        else zeros_like(x).expand(0, *x.shape).reshape(*y.shape, *x.shape)
        for column, x in zip(columns, leaves, strict=True)
    )


def hessian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The second derivatives of ``func``, which gives one number, with respect to every two elements of ``inputs``.

    >>> glassnet.autograd.functional.hessian(lambda x: (x**3).sum(), glassnet.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    is_one = isinstance(inputs, Tensor)

    def gradient(*xs: Tensor) -> Any:
        y = _number(func(*xs), "hessian")
        return _gradients(y, xs, None, True, strict)

    found = jacobian(gradient, inputs if is_one else tuple(inputs), create_graph)
    return found[0] if is_one else found


def vjp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """What ``func`` gives, and the product of the vector ``v``, shaped like it, with its Jacobian.

    >>> glassnet.autograd.functional.vjp(lambda x: x**2, glassnet.tensor([1.0, 2.0]), glassnet.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    leaves, outputs, (one_in, one_out) = _called(func, inputs, create_graph)
    weights = _vectors("vjp", v, outputs, "what the function gives")
    grads = _gradients(outputs, leaves, weights, create_graph, strict)
    return _given(outputs, one_out, create_graph), _given(grads, one_in, create_graph)


def jvp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """What ``func`` gives, and the product of its Jacobian with the vector ``v``, shaped like ``inputs``.

    >>> glassnet.autograd.functional.jvp(lambda x: x**2, glassnet.tensor([1.0, 2.0]), glassnet.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    leaves, outputs, (_, one_out) = _called(func, inputs, True)
    vectors = _vectors("jvp", v, leaves, "inputs")
    with enable_grad():
        weights = tuple(zeros_like(y).requires_grad_() for y in outputs)
        grads = _gradients(outputs, leaves, weights, True, strict)  # linear in the weights: its derivative is J·v
        products = _gradients(grads, weights, vectors, create_graph, strict)
    return _given(outputs, one_out, create_graph), _given(products, one_out, create_graph)


def vhp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """What ``func`` gives, which is one number, and the product of ``v``, shaped like ``inputs``, with its Hessian.

    >>> glassnet.autograd.functional.vhp(lambda x: (x**3).sum(), glassnet.tensor([1.0, 2.0]), glassnet.ones(2))
    (tensor(9.), tensor([ 6., 12.]))
    """
    leaves, outputs, (one_in, _) = _called(func, inputs, True)
    vectors = _vectors("vhp", v, leaves, "inputs")
    with enable_grad():
        grads = _gradients(_number(outputs[0], "vhp"), leaves, None, True, strict)
        products = _gradients(grads, leaves, vectors, create_graph, strict)
    return _given(outputs, True, create_graph), _given(products, one_in, create_graph)


hvp = vhp  # a Hessian is symmetric


def _called(func: Function, inputs: Any, create_graph: bool) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...], Any]:
    """Inputs that gradients go back to, what ``func`` gives for them, and whether there was one of each."""
    one_in = isinstance(inputs, Tensor)
    given = (inputs,) if one_in else tuple(inputs)
    with enable_grad():
        leaves = tuple(x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_() for x in given)
        result = func(*leaves)
    one_out = isinstance(result, Tensor)
    return leaves, (result,) if one_out else tuple(result), (one_in, one_out)


def _gradients(
    outputs: Any, inputs: tuple[Tensor, ...], weights: Any, create_graph: bool, strict: bool
) -> tuple[Tensor, ...]:
    """Gradients, zeros where an output does not depend on an input, unless ``strict``."""
    outputs = (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)
    pairs = [(y, w) for y, w in zip(outputs, weights or [None] * len(outputs), strict=True) if y.requires_grad]
    found: tuple[Tensor | None, ...] = (None,) * len(inputs)
    if pairs:
        ys, ws = zip(*pairs, strict=True)
        found = gradients(ys, inputs, None if weights is None else ws, True, create_graph, allow_unused=True)
    for i, g in enumerate(found):
        if g is None and strict:
            raise GradientError(f"the output does not depend on input {i}; without strict=True its derivative is 0")
    return tuple(zeros_like(x) if g is None else g for x, g in zip(inputs, found, strict=True))


def _vectors(name: str, v: Any, like: tuple[Tensor, ...], what: str) -> tuple[Tensor, ...]:
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise GradientError(f"{name}: expected v, of the shape of {what}; it may be left out for one number only")
        return (zeros_like(like[0]) + 1,)
    vectors = (v,) if isinstance(v, Tensor) else tuple(v)
    shapes = [tuple(x.shape) for x in like]
    if [tuple(x.shape) for x in vectors] != shapes:
        raise ShapeError(
            f"{name}: expected v of the shape of {what}, {shapes}, got {[tuple(x.shape) for x in vectors]}"
        )
    return vectors


def _number(y: Any, name: str) -> Tensor:
    if not isinstance(y, Tensor) or y.numel() != 1:
        raise GradientError(f"{name}: expected a function that gives one number, such as a loss; take .sum() of it")
    return y.reshape(())


def _given(values: tuple[Any, ...], is_one: bool, create_graph: bool) -> Any:
    values = values if create_graph else tuple(x.detach() for x in values)
    return values[0] if is_one else values
