"""Random programs: a recipe is a list of steps on a pool of tensors, which anyone can carry out.

Each step takes tensors from the pool and adds one, or changes one in place. Numbers stay small, so
that rounding does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

import glassnet as gn

Tensor = gn.Tensor
float64 = gn.float64


@dataclass(frozen=True)
class Step:
    """A function by name, the places in the pool of what it takes, and a number that makes its choices."""

    name: str
    places: tuple[int, ...]
    choice: int


@dataclass(frozen=True)
class Recipe:
    """Shapes of the inputs and parameters that the pool begins with, steps, and what becomes of the pool.

    ``returned`` are the places of the outputs. ``ending``: "forward" ends there, "gradients" also
    goes back from their sum, "sgd" also updates the parameters.
    """

    inputs: tuple[tuple[int, ...], ...]
    parameters: tuple[tuple[int, ...], ...]
    steps: tuple[Step, ...]
    returned: tuple[int, ...]
    ending: str


def _unary(f: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    return lambda choice, x: f(x)


def _reduced(f: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def step(choice: int, x: Tensor) -> Tensor:
        if x.ndim == 0 or choice % 3 == 0:
            return f(x)
        return f(x, dim=choice % x.ndim, keepdim=choice % 2 == 0)

    return step


def _along(f: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return lambda choice, x: f(x, dim=choice % x.ndim) if x.ndim else x * 2.0


def _pair(f: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    def step(choice: int, a: Tensor, b: Tensor) -> Tensor:
        return f(a, b) if _broadcast(a, b) else f(a, a)

    return step


def _broadcast(*tensors: Tensor) -> bool:
    try:
        return np.broadcast_shapes(*(t.shape for t in tensors)) is not None
    except ValueError:
        return False


_NUMBERS = (0, 1, 2, -1, 0.5, 1.0, 0.0, -0.25)


def _with_number(f: Callable[[Any, Any], Tensor]) -> Callable[..., Tensor]:
    def step(choice: int, x: Tensor) -> Tensor:
        number = _NUMBERS[choice % len(_NUMBERS)]
        return f(x, number) if choice % 2 else f(number, x)

    return step


def _with_constant(choice: int, x: Tensor) -> Tensor:
    number = float(_NUMBERS[choice % len(_NUMBERS)])
    shape = x.shape if choice % 2 else x.shape[-1:]
    constant = gn.full(shape, number, dtype=float64) if choice % 3 else gn.arange(int(np.prod(shape))).reshape(shape)
    return x * constant if choice % 5 else constant + x


def _matmul(choice: int, a: Tensor, b: Tensor) -> Tensor:
    if a.ndim == 2 and b.ndim == 2:
        if a.shape[1] == b.shape[0]:
            return 0.5 * (a @ b)
        if a.shape[1] == b.shape[1]:
            return 0.5 * (a @ b.T)
    return 0.5 * (a @ a.T) if a.ndim == 2 else a * a * 0.5


def _reshaped(choice: int, x: Tensor) -> Tensor:
    shapes = [(-1,), (1, -1), (-1, 1), x.shape, (*x.shape, 1)]
    return x.reshape(*shapes[choice % len(shapes)])


def _permuted(choice: int, x: Tensor) -> Tensor:
    dims = list(range(x.ndim))
    turned = dims[choice % (x.ndim or 1) :] + dims[: choice % (x.ndim or 1)]
    return x.permute(*turned) if choice % 2 else x.T


def _picked(choice: int, x: Tensor) -> Tensor:
    if x.ndim == 0:
        return x.unsqueeze(0)
    if x.shape[0] == 0:
        return x
    n = x.shape[0]
    return (x[0], x[-1:], x[::2], x[[0, n - 1, 0]], x[..., : max(1, x.shape[-1] // 2)], x[None, ::-1])[choice % 6]


def _expanded(choice: int, x: Tensor) -> Tensor:
    return x.unsqueeze(0).expand(1 + choice % 3, *x.shape)


def _joined(choice: int, a: Tensor, b: Tensor) -> Tensor:
    if a.shape == b.shape and choice % 2:
        return gn.stack((a, b), dim=0).sum(dim=0) if choice % 4 == 1 else gn.stack((a, b))
    if a.ndim and a.ndim == b.ndim and a.shape[1:] == b.shape[1:]:
        return gn.cat((a, b, a), dim=0)
    return a.flip(0) if a.ndim else a + 0


def _where(choice: int, a: Tensor, b: Tensor) -> Tensor:
    if not _broadcast(a, b):
        b = a * 0.5
    mask = (a > b) if choice % 2 else (a >= 0.1) & (b <= a * 2)
    return gn.where(mask, a, b) if choice % 3 else gn.where(mask, a, 0.0)


def _masked(choice: int, a: Tensor) -> Tensor:
    return a * (a > 0) if choice % 2 else a * (a <= 0).to(float64)


def _in_place(choice: int, x: Tensor) -> Tensor:
    y = x.clone()
    match choice % 8:
        case 0:
            y.add_(x, alpha=0.5)
        case 1:
            y.mul_(0.5)
        case 2:
            y.relu_()
        case 3:
            y[...] = x * 0.25
        case 4:
            y.zero_()
            y += x
        case 5 if y.ndim:
            y[0] = y[-1] * 0.5
        case 6 if y.ndim:
            y[0] += 1
        case 7 if y.ndim:
            y.reshape(-1)[0].mul_(0.5)
        case _:
            y.clamp_(-1, 1)
    return y


def _filled(choice: int, x: Tensor) -> Tensor:
    total = gn.zeros(x.shape, dtype=float64)
    for part in range(1 + choice % 3):
        total += x * part
    return total


def _remembered(choice: int, x: Tensor, buffer: Tensor) -> Tensor:
    """Read a buffer, change it in place, and go on with what was read before, or is read after."""
    before = (buffer * 1, buffer.clone(), -(-buffer), buffer.mean(), buffer.sum(dim=0), buffer + x.mean())[choice % 6]  # noqa: B002
    with gn.no_grad():
        if choice % 2:
            buffer.mul_(0.5).add_(x.detach().mean() * 0.5)
        else:
            buffer[choice % 3] = x.detach().mean() * 0.25
    after = (buffer * 1, buffer.clone(), -(-buffer), buffer.mean(), buffer[1:], buffer.reshape(3, 1))[choice % 6]  # noqa: B002
    return (before * 0.5).mean() + (after * 0.5).mean() + x


STEPS: dict[str, tuple[int, Callable[..., Tensor]]] = {
    **{f.__name__: (1, _unary(f)) for f in (gn.tanh, gn.sigmoid, gn.relu, gn.sin, gn.cos, gn.neg, gn.abs, gn.clone)},
    "exp": (1, lambda choice, x: x.clamp(-2, 2).exp()),
    "double negative": (1, lambda choice, x: -(-x)),  # noqa: B002
    "sum": (1, lambda choice, x: _reduced(gn.sum)(choice, x) * 0.25),
    "mean": (1, _reduced(gn.mean)),
    "amax": (1, _reduced(gn.amax)),
    "var": (1, lambda choice, x: x.var(correction=0) if choice % 2 or not x.ndim else x.var(dim=0, correction=0)),
    "softmax": (1, _along(gn.softmax)),
    "log_softmax": (1, lambda choice, x: x.log_softmax(choice % x.ndim) * 0.25 if x.ndim else x),
    "logsumexp": (1, lambda choice, x: x.logsumexp(choice % x.ndim) * 0.25 if x.ndim else x),
    "cumsum": (1, lambda choice, x: x.cumsum(choice % x.ndim) * 0.25 if x.ndim else x),
    "add": (2, _pair(lambda a, b: a + b)),
    "sub": (2, _pair(lambda a, b: a - b)),
    "mul": (2, _pair(lambda a, b: a * b * 0.5)),
    "div": (2, _pair(lambda a, b: a / (b.abs() + 1))),
    "maximum": (2, _pair(gn.maximum)),
    "number times": (1, _with_number(lambda a, b: a * b)),
    "number plus": (1, _with_number(lambda a, b: a + b)),
    "number minus": (1, _with_number(lambda a, b: a - b)),
    "over number": (1, lambda choice, x: x / (_NUMBERS[choice % 8] or 3)),
    "power": (1, lambda choice, x: x.tanh() ** (choice % 4)),
    "constant": (1, _with_constant),
    "matmul": (2, _matmul),
    "reshape": (1, _reshaped),
    "permute": (1, _permuted),
    "getitem": (1, _picked),
    "expand": (1, _expanded),
    "cat": (2, _joined),
    "where": (2, _where),
    "mask": (1, _masked),
    "in place": (1, _in_place),
    "filled": (1, _filled),
    "remember": (1, _remembered),
}

SHAPES = ((), (3,), (1, 3), (2, 3), (3, 2), (2, 1), (3, 3), (1,), (2, 2, 3))


@st.composite
def recipes(draw: Any, longest: int = 9) -> Recipe:
    """Recipes of up to ``longest`` steps."""
    shapes = st.sampled_from(SHAPES)
    inputs = tuple(draw(st.lists(shapes, min_size=1, max_size=2)))
    parameters = tuple(draw(st.lists(shapes, min_size=1, max_size=2)))
    size = len(inputs) + len(parameters)
    steps = []
    for _ in range(draw(st.integers(1, longest))):
        name = draw(st.sampled_from(sorted(STEPS)))
        places = tuple(draw(st.integers(0, size - 1)) for _ in range(STEPS[name][0]))
        steps.append(Step(name, places, draw(st.integers(0, 23))))
        size += 1
    returned = tuple(draw(st.lists(st.integers(0, size - 1), min_size=0, max_size=3)))
    ending = draw(st.sampled_from(["forward", "gradients", "sgd"]))
    return Recipe(inputs, parameters, tuple(steps), returned, ending)


@dataclass
class Kitchen:
    """A recipe with parameters of its own, ready to be carried out any number of times."""

    recipe: Recipe
    parameters: list[Tensor] = field(init=False)
    buffer: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.buffer = gn.tensor(numbers((3,), 20))
        self.parameters = [self._parameter(i, shape) for i, shape in enumerate(self.recipe.parameters)]

    @staticmethod
    def _parameter(i: int, shape: tuple[int, ...]) -> Tensor:
        return gn.tensor(numbers(shape, 10 + i), requires_grad=True)

    def inputs(self, seed: int) -> list[Tensor]:
        """Numbers to begin with."""
        return [gn.tensor(numbers(shape, seed + i)) for i, shape in enumerate(self.recipe.inputs)]

    def cook(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Carry the recipe out."""
        recipe = self.recipe
        parameters = self.parameters
        pool = [*inputs, *parameters]
        for step in recipe.steps:
            taken = [pool[i] for i in step.places] + ([self.buffer] if step.name == "remember" else [])
            result = STEPS[step.name][1](step.choice, *taken)
            pool.append(result if result.numel() <= 200 else result.mean())
        if recipe.ending != "forward":
            for p in parameters:
                p.grad = None
            loss = (pool[-1] * 0.5).mean()
            for i in recipe.returned:
                loss = loss + pool[i].mean()
            if loss.requires_grad:
                loss.backward()
        if recipe.ending == "sgd":
            pool = [x.clone() if x.view_of else x for x in pool]  # to give back a view of what is updated is refused
            with gn.no_grad():
                for p in parameters:
                    if p.grad is not None:
                        p -= 0.1 * p.grad
        return tuple(pool[i] * 1 if pool[i].is_leaf else pool[i] for i in recipe.returned)

    def changed(self) -> list[Any]:
        """The arrays of all that it changes."""
        return [self.buffer.array, *(p.array for p in self.parameters)]

    def gradients(self) -> list[Any]:
        """The gradients, as they are now."""
        return [None if p.grad is None else p.grad.array for p in self.parameters]


def numbers(shape: tuple[int, ...], seed: int) -> Any:
    """Numbers of about 1, some of them equal."""
    return np.round(np.random.default_rng(seed).standard_normal(shape), 1)
