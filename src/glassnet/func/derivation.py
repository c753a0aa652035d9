"""Derivatives as functions: what `grad`, `vjp`, `jvp`, `jacrev`, `jacfwd` and `hessian` make of a function.

They can be put into one another and into `vmap`. Forward derivatives go back twice, as `autograd.functional.jvp` does;
a Jacobian is one backward pass for all its rows at once, by `vmap`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from glassnet.autograd.modes import enable_grad, is_grad_enabled
from glassnet.func.batching import Batching
from glassnet.func.mapping import vmap
from glassnet.observer import mode
from glassnet.pytree import TreeDef, flatten
from glassnet.tensor import Tensor, gradients, wrap
from glassnet.tensor.creation import eye, zeros_like
from glassnet.tensor.graph import Node, key_of, version_of

Function = Callable[..., Any]


# what is common to all ---------------------------------------------------------------------------------------------


def followed(name: str, x: Any) -> Tensor:
    """``x`` as a tensor of this level, to which gradients go back, and through which, if it has one, to its history."""
    if not isinstance(x, Tensor):
        raise ValueError(f"{name}: expected tensors to differentiate by, got {type(x).__name__}: {x!r:.60}")
    if x.dtype.kind not in "fc":
        raise RuntimeError(f"{name}: expected floating tensors to differentiate by, got {x.dtype}; use x.float()")
    if x.requires_grad:
        return x.view_as(x)
    return _same_numbers(x).requires_grad_()


def _same_numbers(x: Tensor) -> Tensor:
    """A tensor of the same memory without this level's history; that of other levels an observer knows by the array."""
    if isinstance(mode.tracer, Batching):
        mode.tracer.keep(x)
    other = wrap(x.array)
    other.version = version_of(x)
    return other


def _is_needed_outside(outputs: Sequence[Tensor], leaves: Sequence[Tensor], could: bool) -> bool:
    """Whether somebody outside may ask for the derivative of what is given back."""
    if isinstance(mode.tracer, Batching):  # what is needed is told by the history that the whole has, not the sample
        return True
    if not could:
        return False
    own = {id(key_of(x)) for x in leaves}
    if any(x.node is not None for x in leaves):
        return True
    waiting: list[Any] = [y.node for y in outputs if y.node is not None]
    seen = {id(node) for node in waiting}
    while waiting:
        for parent in waiting.pop().parents or ():
            if id(parent) in seen:
                continue
            seen.add(id(parent))
            if isinstance(parent, Node):
                waiting.append(parent)
            elif isinstance(parent, Tensor) and id(parent) not in own and not _is_over(parent):
                return True
    return False


def _is_over(leaf: Tensor) -> bool:
    """Whether a leaf is that of a function within, which has been called: nobody asks for its gradient any more."""
    level = vars(leaf).get("level")
    return level is not None and not level.is_going_on


def pulled_back(outputs: Sequence[Tensor], weights: Any, leaves: Sequence[Tensor], create_graph: bool) -> list[Tensor]:
    """The gradients of the leaves: zeros of those that nothing depends on."""
    pairs = [(y, w) for y, w in zip(outputs, weights, strict=True) if y.requires_grad]
    found: Any = (None,) * len(leaves)
    if pairs and leaves:
        ys, ws = zip(*pairs, strict=True)
        found = gradients(ys, list(leaves), ws, True, create_graph, allow_unused=True)
    return [zeros_like(x) if g is None else g for x, g in zip(leaves, found, strict=True)]


class _Level:
    """What the leaves of a run have in common: whether its function is being called."""

    is_going_on = True


class _Run:
    """One run of a function whose chosen arguments are followed."""

    def __init__(self, name: str, func: Function, primals: Any, has_aux: bool, call: Callable[[Any], Any]) -> None:
        self.name = name
        self.could = is_grad_enabled()
        values, self.tree = flatten(primals)
        with enable_grad():
            self.leaves = [followed(name, x) for x in values]
            level = _Level()
            for x in self.leaves:
                vars(x)["level"] = level
            try:
                result = call(self.tree.unflatten(self.leaves))
            finally:
                level.is_going_on = False
        self.aux: Any = None
        if has_aux:
            if not (isinstance(result, tuple) and len(result) == 2):
                raise RuntimeError(f"{name}: has_aux=True expects a function that gives (output, aux)")
            result, self.aux = result
        self.outputs, self.out_tree = flatten(result)
        for y in self.outputs:
            if not isinstance(y, Tensor):
                raise RuntimeError(f"{name}: expected a function that gives tensors, got {type(y).__name__}")
        self.is_needed = _is_needed_outside(self.outputs, self.leaves, self.could)

    def given(self, values: Sequence[Any], tree: TreeDef) -> Any:
        """``values`` as they are given back: with their history only where somebody may ask for it."""
        return tree.unflatten([x if self.is_needed or not isinstance(x, Tensor) else _same_numbers(x) for x in values])

    def output(self) -> Any:
        """What the function gave."""
        return self.given(self.outputs, self.out_tree)

    def side(self) -> Any:
        """What it gave besides."""
        leaves, tree = flatten(self.aux)
        return self.given(leaves, tree)

    def pull_back(self, weights: Sequence[Any]) -> list[Tensor]:
        """The gradients of the leaves, for gradients of the outputs."""
        self.is_needed = self.is_needed or any(isinstance(w, Tensor) and w.requires_grad for w in weights)
        with enable_grad():
            return pulled_back(self.outputs, weights, self.leaves, self.is_needed)

    def forward(self) -> Callable[[Sequence[Any]], list[Tensor]]:
        """A function from tangents of the leaves to those of the outputs."""
        with enable_grad():  # what is pulled back is linear in the weights: its derivative by them is J · v
            followed = [y for y in self.outputs if y.dtype.kind in "fc"]
            weights = [zeros_like(y).requires_grad_() for y in followed]
            pulled = pulled_back(followed, weights, self.leaves, True)

        def pushed(tangents: Sequence[Any]) -> list[Tensor]:
            self.is_needed = self.is_needed or any(x.requires_grad for x in tangents)
            with enable_grad():
                pushed = iter(pulled_back(pulled, tangents, weights, self.is_needed))
                return [next(pushed) if y.dtype.kind in "fc" else zeros_like(y) for y in self.outputs]

        return pushed


def _chosen(name: str, argnums: Any, args: tuple[Any, ...]) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The arguments to differentiate by, and a function that puts others in their place."""
    if isinstance(argnums, bool) or not isinstance(argnums, int | tuple):
        raise RuntimeError(f"{name}: expected argnums as a number or a tuple of them, got {argnums!r:.80}")
    numbers = (argnums,) if isinstance(argnums, int) else argnums
    if not numbers or len(set(numbers)) < len(numbers):
        raise RuntimeError(f"{name}: expected argnums that are there and differ, got {argnums!r:.80}")
    for number in numbers:
        if not -len(args) <= number < len(args):
            raise RuntimeError(f"{name}: argnums={argnums!r:.80} of {len(args)} arguments")
    places = [number % len(args) for number in numbers]

    def put(values: Any) -> tuple[Any, ...]:
        new = list(args)
        for place, value in zip(places, (values,) if isinstance(argnums, int) else values, strict=True):
            new[place] = value
        return tuple(new)

    chosen = tuple(args[place] for place in places)
    return chosen[0] if isinstance(argnums, int) else chosen, put


# gradients of one number ---------------------------------------------------------------------------------------------


def grad_and_value(func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """A function that gives the gradient of ``func``, which gives one number, and that number.

    The gradient is by argument ``argnums``, or a tuple of gradients by several. With ``has_aux``, ``func`` gives
    (number, other things), and the result is (gradient, (number, other things)).

    Raises RuntimeError for a function that does not give one number.

    >>> glassnet.func.grad_and_value(lambda x: (x**2).sum())(glassnet.tensor([1.0, 2.0]))
    (tensor([2., 4.]), tensor(5.))
    """

    @wraps(func)
    def derived(*args: Any, **named: Any) -> Any:
        chosen, put = _chosen("grad", argnums, args)
        run = _Run("grad", func, chosen, has_aux, lambda leaves: func(*put(leaves), **named))
        if len(run.outputs) != 1 or run.out_tree != flatten(0)[1] or run.outputs[0].dim():
            got = ", ".join(str(list(y.shape)) for y in run.outputs)
            raise RuntimeError(
                f"grad: expected a function that gives one number, of shape [], got {got}; take .sum() of it"
            )
        slopes = run.given(run.pull_back([None]), run.tree)
        return slopes, (run.output(), run.side()) if has_aux else run.output()

    return derived


def grad(func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """A function that gives the gradient of ``func``, which gives one number; with ``has_aux``, (gradient, aux).

    >>> glassnet.func.grad(lambda x: x**3)(glassnet.tensor(2.0))
    tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    @wraps(func)
    def derived(*args: Any, **named: Any) -> Any:
        slopes, value = both(*args, **named)
        return (slopes, value[1]) if has_aux else slopes

    return derived


# products with Jacobians ---------------------------------------------------------------------------------------------


def vjp(func: Function, *primals: Any, has_aux: bool = False) -> Any:
    """What ``func`` gives for ``primals``, and a function from gradients of that to those of the primals.

    >>> output, pull_back = glassnet.func.vjp(glassnet.sin, glassnet.tensor(0.0))
    >>> pull_back(glassnet.tensor(2.0))
    (tensor(2.),)
    """
    run = _Run("vjp", func, primals, has_aux, lambda leaves: func(*leaves))

    def pull_back(*cotangents: Any, **_: Any) -> Any:
        given = cotangents[0] if len(cotangents) == 1 else cotangents
        weights = _fitting("vjp", given, run.outputs, run.out_tree)
        return run.given(run.pull_back(weights), run.tree)

    return (run.output(), pull_back, run.side()) if has_aux else (run.output(), pull_back)


def jvp(func: Function, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> Any:
    """What ``func`` gives for ``primals``, and how that changes as they change by ``tangents``: two tuples.

    >>> glassnet.func.jvp(glassnet.sin, (glassnet.tensor(0.0),), (glassnet.tensor(2.0),))
    (tensor(0.), tensor(2.))
    """
    if not isinstance(primals, tuple) or not primals:
        raise RuntimeError(f"jvp: expected primals as a tuple of arguments, got {type(primals).__name__}")
    run = _Run("jvp", func, primals, has_aux, lambda leaves: func(*leaves))
    changed = run.given(run.forward()(_fitting("jvp", tangents, run.leaves, run.tree)), run.out_tree)
    return (run.output(), changed, run.side()) if has_aux else (run.output(), changed)


def linearize(func: Function, *primals: Any) -> tuple[Any, Function]:
    """What ``func`` gives for ``primals``, and the linear function from tangents that it is like there.

    >>> output, push_forward = glassnet.func.linearize(glassnet.sin, glassnet.tensor(0.0))
    >>> push_forward(glassnet.tensor(3.0))
    tensor(3.)
    """
    run = _Run("linearize", func, primals, False, lambda leaves: func(*leaves))
    forward = run.forward()

    def push_forward(*tangents: Any) -> Any:
        return run.given(forward(_fitting("linearize", tangents, run.leaves, run.tree)), run.out_tree)

    return run.output(), push_forward


def _fitting(name: str, values: Any, like: Sequence[Tensor], tree: TreeDef) -> list[Any]:
    """The leaves of ``values``, which are as those of ``tree``: RuntimeError if they are not."""
    leaves, found = flatten(values)
    shapes = [list(x.shape) for x in like]
    if len(leaves) != len(like) or (found != tree and len(like) > 1):
        raise RuntimeError(f"{name}: expected tensors put together as those of shapes {shapes}, got {len(leaves)}")
    for x, y in zip(leaves, like, strict=True):
        if not isinstance(x, Tensor) or x.shape != y.shape:
            got = list(x.shape) if isinstance(x, Tensor) else type(x).__name__
            raise RuntimeError(f"{name}: expected tensors of shapes {shapes}, got {got}")
    return leaves


# Jacobians -----------------------------------------------------------------------------------------------------------


def jacrev(
    func: Function, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False, chunk_size: int | None = None
) -> Function:
    """A function that gives the derivative of every element of what ``func`` gives by every element of an argument.

    Its shape is that of the output, then that of the argument. All rows go back at once, or ``chunk_size`` at a time:
    right for few outputs of many arguments; for the opposite there is `jacfwd`.

    >>> glassnet.func.jacrev(lambda x: x**2)(glassnet.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    @wraps(func)
    def derived(*args: Any, **named: Any) -> Any:
        chosen, put = _chosen("jacrev", argnums, args)
        run = _Run("jacrev", func, chosen, has_aux, lambda leaves: func(*put(leaves), **named))
        found = []
        for i, y in enumerate(run.outputs):

            def row(g: Any, i: int = i) -> Any:
                weights = [g if j == i else zeros_like(y) for j, y in enumerate(run.outputs)]
                return tuple(run.pull_back(weights))

            with enable_grad():
                rows = vmap(row, chunk_size=chunk_size)(_basis(y)) if run.leaves else ()
                parts = [g.reshape(*y.shape, *x.shape) for g, x in zip(rows, run.leaves, strict=True)]
            found.append(run.given(parts, run.tree))
        result = run.out_tree.unflatten(found)
        return (result, run.side()) if has_aux else result

    return derived


def jacfwd(
    func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Function:
    """As `jacrev`, element by element of the argument: right for many outputs of few arguments.

    >>> glassnet.func.jacfwd(lambda x: x**2)(glassnet.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    @wraps(func)
    def derived(*args: Any, **named: Any) -> Any:
        chosen, put = _chosen("jacfwd", argnums, args)
        run = _Run("jacfwd", func, chosen, has_aux, lambda leaves: func(*put(leaves), **named))
        forward = run.forward()
        columns = []
        for i, x in enumerate(run.leaves):

            def column(tangent: Any, i: int = i) -> Any:
                tangents = [tangent if j == i else zeros_like(x) for j, x in enumerate(run.leaves)]
                return tuple(forward(tangents))

            with enable_grad():
                found = vmap(column, randomness=randomness)(_basis(x))
                columns.append([g.movedim(0, -1).reshape(*g.shape[1:], *x.shape) for g in found])
        each = [run.given([column[k] for column in columns], run.tree) for k in range(len(run.outputs))]
        result = run.out_tree.unflatten(each)
        return (result, run.side()) if has_aux else result

    return derived


def _basis(x: Tensor) -> Tensor:
    """Tensors of the shape of ``x``, each with a 1 in one place."""
    return eye(x.numel(), dtype=x.dtype).reshape(x.numel(), *x.shape)


def hessian(func: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """A function that gives the second derivatives of ``func`` by every two elements of an argument.

    >>> glassnet.func.hessian(lambda x: (x**3).sum())(glassnet.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)


def debug_unwrap(tensor: Tensor, *, recurse: bool = True) -> Tensor:
    """The tensor itself: what a transform follows is no tensor of another kind here.

    >>> glassnet.func.debug_unwrap(glassnet.ones(1))
    tensor([1.])
    """
    return tensor


def functionalize(func: Function, *, remove: str = "mutations") -> Function:
    """``func`` as it is: it may change tensors in place, and every transform here follows that.

    PyTorch rewrites such functions for compilers that cannot; none here has to.

    >>> glassnet.func.functionalize(lambda x: x.add_(1))(glassnet.zeros(2))
    tensor([1., 1.])
    """
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(f'functionalize: expected remove "mutations" or "mutations_and_views", got {remove!r:.80}')
    return func
