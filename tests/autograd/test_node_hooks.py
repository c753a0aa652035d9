"""Hooks of nodes: each case is written once, says what it has to give, and is asked of PyTorch too."""

from __future__ import annotations

import copy
import gc
import math
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import glassnet
from glassnet import DtypeError, GradientError, ShapeError, nn

Log = list[Any]
CASES: list[Any] = []


def gives(*expected: Any) -> Callable[[Callable[[Any, Log], None]], Callable[[Any, Log], None]]:
    """A case: what it does with a library is noted in a list."""

    def kept(case: Callable[[Any, Log], None]) -> Callable[[Any, Log], None]:
        CASES.append(pytest.param(case, list(expected), id=case.__name__))
        return case

    return kept


def numbers(gradients: Any) -> list[Any]:
    return [None if g is None else g.tolist() for g in gradients]


def leaf(library: Any) -> Any:
    return library.tensor([1.0, 2.0], requires_grad=True)


@gives(
    ("tensor", [1, 1]),
    ("before", [[1, 1]]),
    ("after", [[6, 6], None], [[2, 2]]),
    ("leaf", [60, 60]),
    ("before the leaf", [[60, 60]], None),
    ("added", [61, 61]),
    ("after the leaf", [], [[61, 61]]),
    ("kept", [1, 1]),
)
def the_order(library: Any, log: Log) -> None:
    x = leaf(library)
    y = x * 3
    end = y.grad_fn.next_functions[0][0]
    end.register_hook(lambda given, came: log.append(("after the leaf", numbers(given), numbers(came))))
    end.register_prehook(
        lambda came: (log.append(("before the leaf", numbers(came), x.grad)), tuple(g + 1 for g in came))[1]
    )
    y.grad_fn.register_hook(
        lambda given, came: (log.append(("after", numbers(given), numbers(came))), (given[0] * 10, None))[1]
    )
    y.retain_grad()
    y.grad_fn.register_prehook(lambda came: (log.append(("before", numbers(came))), (came[0] * 2,))[1])
    y.register_hook(lambda g: log.append(("tensor", g.tolist())))
    x.register_hook(lambda g: log.append(("leaf", g.tolist())))
    x.register_post_accumulate_grad_hook(lambda x: log.append(("added", x.grad.tolist())))
    y.sum().backward()
    log.append(("kept", y.grad.tolist()))


@gives([[4, 8], [4, 8]], [8, 16])
def one_gradient_for_each_input(library: Any, log: Log) -> None:
    x = leaf(library)
    y = x * x
    y.grad_fn.register_hook(lambda given, came: log.append(numbers(given)))
    (y * 4).sum().backward()
    log.append(x.grad.tolist())


@gives([[[5, 1]], [[5, 1]]], [5, 1])
def parts_are_given_whole(library: Any, log: Log) -> None:
    x = leaf(library)
    y = x.exp().log()
    y.grad_fn.register_prehook(lambda came: log.append([numbers(came)]))
    y.grad_fn.register_hook(lambda given, came: log[-1].append(numbers(came)))
    (y[0] * 5 + y[1]).backward()
    log.append([round(g, 4) for g in x.grad.tolist()])


@gives([8, 8], [7, 7], [2, 2])
def a_handle_takes_its_hook_away(library: Any, log: Log) -> None:
    x = leaf(library)
    y = x * 2
    after = y.grad_fn.register_hook(lambda given, came: (given[0] + 1, None))
    before = y.grad_fn.register_prehook(lambda came: (came[0] * 3.5,))
    for remove in (lambda: None, after.remove, before.remove):
        remove()
        x.grad = None
        y.sum().backward(retain_graph=True)
        log.append(x.grad.tolist())


@gives([2, 2], [2, 2], [12, 12])
def gradients_of_inputs(library: Any, log: Log) -> None:
    x = leaf(library)
    y = x * 2
    z = y * 1
    z.grad_fn.register_hook(lambda given, came: (given[0] * 2, None))
    y.grad_fn.register_prehook(lambda came: (came[0] * 3,))
    x.register_post_accumulate_grad_hook(lambda x: log.append("never"))
    y.grad_fn.next_functions[0][0].register_prehook(lambda came: log.append("never"))
    log.append(library.autograd.grad(z.sum(), y, retain_graph=True)[0].tolist())
    at_y, at_x = library.autograd.grad(z.sum(), (y, x))
    log.extend((at_y.tolist(), at_x.tolist()))


@gives([12, 24], [12, 12])
def a_graph_of_their_own(library: Any, log: Log) -> None:
    x = leaf(library)
    y = x * x
    y.grad_fn.register_hook(lambda given, came: tuple(g * 2 for g in given))
    y.grad_fn.register_prehook(lambda came: (came[0] * 3,))
    (g,) = library.autograd.grad(y.sum(), x, create_graph=True)
    log.append(g.tolist())
    log.append(library.autograd.grad(g.sum(), x)[0].tolist())


@gives(None)
def none_goes_no_further(library: Any, log: Log) -> None:
    x = leaf(library)
    y = x * 2
    y.grad_fn.register_prehook(lambda came: (None,))
    y.sum().backward()
    log.append(x.grad)


@gives("the same", "noted", [1, 1], [1, 1], "gone", [3, 3])
def the_node_of_a_leaf_is_one(library: Any, log: Log) -> None:
    x = leaf(library)
    y = x * 2
    end = y.grad_fn.next_functions[0][0]
    log.append("the same" if (x + 1).grad_fn.next_functions[0][0] is end and end.variable is x else "another")
    end.metadata["seen"] = "noted"
    log.append(y.grad_fn.next_functions[0][0].metadata["seen"])
    end.register_prehook(lambda came: (came[0].clamp(max=1),))
    for factor in (2, 3):
        x.grad = None
        (x * factor).sum().backward()
        log.append(x.grad.tolist())
    del y, end
    gc.collect()
    log.append("kept" if (x + 1).grad_fn.next_functions[0][0].metadata else "gone")
    x.grad = None
    (x * 3).sum().backward()
    log.append(x.grad.tolist())


@gives([[[1, 1], None], [[2, 2], [0, 0]]], "one node", [0, 1], [6, 6])
def results_of_one_function(library: Any, log: Log) -> None:
    class Two(library.autograd.Function):
        @staticmethod
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            return a * 2, b * 3

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            return g * 2, h * 3

    x = leaf(library)
    first, second = Two.apply(x, x)
    node = first.grad_fn
    node.register_prehook(lambda came: log.append([numbers(came)]))
    node.register_hook(lambda given, came: (log[0].append(numbers(given)), tuple(g * 3 for g in given))[1])
    edges = (first + second).grad_fn.next_functions
    which = [number for _, number in edges]
    same = second.grad_fn is node and all(function is node for function, _ in edges)
    first.sum().backward()
    log.extend(("one node" if same else "several", which, x.grad.tolist()))


def noted(case: Callable[[Any, Log], None], library: Any) -> Log:
    log: Log = []
    case(library, log)
    return log


@pytest.mark.parametrize(("case", "expected"), CASES)
def test_hooks_are_called_as_it_is_said(case: Any, expected: Log) -> None:
    assert noted(case, glassnet) == expected


@pytest.mark.parity
@pytest.mark.parametrize(("case", "expected"), CASES)
def test_so_does_pytorch(case: Any, expected: Log) -> None:
    assert noted(case, pytest.importorskip("torch")) == expected


EDGES = """
    x + 1; 1 - x; x * 2; x * x; x / 2; x**2; 2**x; x @ m; x.sum(); x.sum().sum(); x.relu(); x[0]; x[x > 0];
    t.cat([x, x]); x.gather(1, t.zeros(2, 1).long()); t.where(x > 0, x, 0.0); x.clamp(0); F.mse_loss(x * 2, x);
    F.nll_loss(x, k); F.embedding(k, x); F.binary_cross_entropy_with_logits(x * 1, t.ones(2, 3));
    F.huber_loss(x, x.detach()); x.sort()[0]
"""


def edges(expression: str, library: Any) -> list[tuple[str | None, int]]:
    x, m = library.rand(2, 3, requires_grad=True), library.rand(3, 3, requires_grad=True)
    names = {"x": x, "m": m, "k": library.tensor([0, 1]), "t": library, "F": library.nn.functional}
    return [(f and f.name(), number) for f, number in eval(expression, names).grad_fn.next_functions]


@pytest.mark.parity
@pytest.mark.parametrize("expression", [text.strip() for text in EDGES.split(";")])
def test_a_node_leads_where_pytorch_s_does(expression: str) -> None:
    assert edges(expression, glassnet) == edges(expression, pytest.importorskip("torch"))


def test_the_walk_of_the_tutorial_from_a_loss_to_the_bias() -> None:
    layer = nn.Linear(2, 3)
    loss = nn.MSELoss()(layer(glassnet.ones(1, 2).requires_grad_().relu()), glassnet.zeros(1, 3))
    linear = loss.grad_fn.next_functions[0][0]
    assert linear.name() == "AddmmBackward0"
    bias, relu, weight = (function for function, _ in linear.next_functions)
    assert (bias.variable is layer.bias, relu.name(), weight.variable is layer.weight) == (True, "ReluBackward0", True)
    seen: Log = []
    linear.register_hook(lambda given, came: seen.extend(map(numbers, (given, came))))
    linear.register_hook(lambda given, came: (given[0] * 2, given[1], given[2] * 4))
    loss.backward()
    assert layer.bias.grad.tolist() == [2 * g for g in seen[0][0]]
    assert layer.weight.grad.tolist() == [[4 * g for g in row] for row in seen[0][2]]
    assert seen[1] == [[seen[0][0]]]


WRONG = {
    "a tensor": (lambda gs: gs[0], TypeError, "expected a tuple of gradients, or None to leave them, got Tensor"),
    "too few": (lambda gs: (), GradientError, r"expected \d gradients, as many as it was given, got 0"),
    "a number": (lambda gs: (1.0, *gs[1:]), TypeError, "gradient 0 must be a tensor or None, got float"),
    "a shape": (lambda gs: (gs[0][:1], *gs[1:]), ShapeError, r"gradient 0 has shape \[2\], .* got \[1\]"),
    "a dtype": (lambda gs: (gs[0].to(int), *gs[1:]), DtypeError, "gradient 0 is float32, .* got int64"),
    "one too many": (lambda gs: (*gs[:-1], gs[0]), GradientError, "there is no gradient 1 to replace"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_a_hook_gives_has_to_fit(wrong: str) -> None:
    given, error, message = WRONG[wrong]
    x = leaf(glassnet)
    after, before = x * 2, x * 2
    after.grad_fn.register_hook(lambda gradients, came: given(gradients))
    with pytest.raises(error, match=message):
        after.sum().backward()
    before.grad_fn.register_prehook(given)
    if wrong != "one too many":
        with pytest.raises(error, match=message):
            before.sum().backward()
    with pytest.raises(TypeError, match="a hook is a function of gradients, got 3"):
        before.grad_fn.register_hook(3)


def test_what_hooks_of_a_leaf_hold_on_to_is_left_alone() -> None:
    x, seen, given = leaf(glassnet), [], glassnet.tensor([10.0, 20.0])
    end = (x * 1).grad_fn.next_functions[0][0]
    end.register_hook(lambda _, came: seen.extend(came))
    for _ in range(2):
        x.sum().backward()
    assert numbers(seen) == [[1, 1], [1, 1]]
    end.register_prehook(lambda _: (given,))
    for _ in range(2):
        x.sum().backward()
    assert x.grad.tolist() == [22, 42]
    assert given.tolist() == [10, 20]


def test_a_compiled_step_has_the_hooks_in_it_and_notices_new_ones() -> None:
    x = leaf(glassnet)
    y = x * 1
    end = y.grad_fn.next_functions[0][0]

    def step(a: Any) -> None:
        z = x * a
        z.grad_fn.register_hook(lambda given, came: (given[0] * 5, *given[1:]))
        z.sum().backward()

    compiled = glassnet.compile(step)

    def gradient() -> list[float]:
        x.grad = None
        compiled(glassnet.tensor(3.0))
        return x.grad.tolist()

    assert gradient() == [15, 15]
    handle = end.register_prehook(lambda came: (came[0] + 1,))
    assert gradient() == gradient() == [16, 16]
    handle.remove()
    assert gradient() == [15, 15]
    end.register_prehook(lambda came: (came[0] + 2,))
    assert gradient() == [17, 17]
    del y, end
    assert gradient() == [15, 15]


def test_a_node_with_hooks_is_freed_with_its_tensor_and_a_copy_has_none() -> None:
    layer = nn.Linear(2, 3)
    y = layer(glassnet.ones(1, 2))
    y.grad_fn.next_functions[2][0].register_prehook(lambda came: (came[0] * 0,))
    y.grad_fn.register_hook(lambda given, came: None)
    node = weakref.ref(y.grad_fn)
    other = copy.deepcopy(layer)
    for each in (layer, other):
        each(glassnet.ones(1, 2)).sum().backward()
    assert layer.weight.grad.tolist() != other.weight.grad.tolist() == [[1, 1]] * 3
    gc.disable()
    try:
        y.sum().backward()
        del y
        assert node() is None
    finally:
        gc.enable()


def test_a_node_has_a_class_of_its_name_and_goes_on_as_before():
    x = glassnet.tensor([1.0, 2.0], requires_grad=True)
    y = (x * 3).exp()
    (before,) = y.grad_fn.next_functions
    assert [type(node).__name__ for node in (y.grad_fn, before[0])] == ["ExpBackward0", "MulBackward0"]
    assert type(y.grad_fn) is type(x.exp().grad_fn)
    drawn = str(glassnet.draw(y.sum()))
    assert drawn == str(glassnet.draw((x * 3).exp().sum()))
    before[0].register_hook(lambda grad_inputs, grad_outputs: (grad_inputs[0] * 10, None))
    y.sum().backward()
    assert x.grad.tolist() == pytest.approx([30 * math.exp(3), 30 * math.exp(6)])


def test_what_is_kept_for_backward_has_a_name() -> None:
    x = glassnet.tensor([1.0, 2.0], requires_grad=True)
    assert (x**2).grad_fn._saved_self is x
    assert ((x**2).grad_fn._saved_exponent, (x**2.5).grad_fn._saved_exponent) == (2, 2.5)
    y = x.exp()
    assert y.grad_fn._saved_result.equal(y)
    assert y.grad_fn._saved_result is not y
    assert (y * 3).grad_fn._saved_self is None
    assert (y * x).grad_fn._saved_self.grad_fn is y.grad_fn
    assert x.softmax(0).grad_fn._saved_dim == 0
    for missing in ("_saved_result", "_saved_nothing", "nothing"):
        assert not hasattr((x * x).grad_fn, missing)
    assert not hasattr((x * x).grad_fn, "_saved_exponent")
    assert not hasattr(x.mean().grad_fn, "_saved_target")
    z = (y * x).sum()
    product = z.grad_fn.next_functions[0][0]
    z.backward()
    with pytest.raises(RuntimeError, match="backward has freed what it kept"):
        product._saved_self.sum()
