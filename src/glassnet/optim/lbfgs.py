"""L-BFGS: steps along the gradient, turned by what the last steps have told of the curvature."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from glassnet.autograd import enable_grad, no_grad
from glassnet.observer import mode
from glassnet.ops.dtypes import Array
from glassnet.optim.checks import OPTIONS, Allowed
from glassnet.optim.line_search import Point, search
from glassnet.optim.optimizer import Group, Optimizer, Params, Rate, options
from glassnet.tensor import Tensor, as_array, wrap

CURVED = 1e-10
"""A step along which the gradient has changed by less tells nothing of the curvature."""


class LBFGS(Optimizer):
    """Steps that follow the curvature, as far as the last ``history_size`` steps have told of it.

    ``step`` needs a closure, which clears the gradients, computes the loss and its gradients, and returns the loss: it
    is called for each of up to ``max_iter`` iterations, ``max_eval`` times in all (by default 1.25·max_iter). An
    iteration goes ``lr`` times the step that the curvature suggests, or, with line_search_fn="strong_wolfe", as far as
    a search along it finds good. A step ends early where the largest gradient is ``tolerance_grad`` or less, or where
    the loss or the weights change by ``tolerance_change`` or less.

    It is for few parameters and the loss of all samples: there it needs tens of steps where others need thousands. It
    decides by the numbers of the loss, so a program cannot have it: compile the closure, not the step. All parameters
    are in one group. Raises ValueError for more.

    Liu and Nocedal, "On the limited memory BFGS method for large scale optimization" (1989).

    >>> w = nn.Parameter(glassnet.tensor([-1.0, 1.0]))
    >>> optimizer = optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2  # Rosenbrock's valley
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(3):
    ...     loss = optimizer.step(closure)
    >>> w.detach()
    tensor([1.0000, 1.0000])
    """

    allowed: ClassVar[Mapping[str, Allowed]] = {
        **OPTIONS,
        "line_search_fn": Allowed(
            lambda x: x in (None, "strong_wolfe"), "a line_search_fn of 'strong_wolfe' or None", "None is usual"
        ),
    }

    def __init__(
        self,
        params: Params,
        lr: Rate = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        if max_eval is None:
            max_eval = max_iter * 5 // 4
        super().__init__(params, options(locals()))
        self._params: list[Tensor] = self.param_groups[0]["params"]

    def add_param_group(self, param_group: Group) -> None:
        """Add the parameters, once; raises ValueError for a second group."""
        if self.param_groups:
            raise ValueError("LBFGS: expected one group of parameters, got another; give all parameters in one list")
        super().add_param_group(param_group)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make up to ``max_iter`` iterations, and give the loss before the first of them."""
        if closure is None:
            raise TypeError(
                "LBFGS.step: expected a closure, got none; it is called several times a step: def closure(): "
                "optimizer.zero_grad(); loss = …; loss.backward(); return loss"
            )
        if mode.tracer is not None:
            mode.tracer.searching()
        self.stepped = True
        given = closure

        def evaluate() -> tuple[Any, float, Array]:
            with enable_grad():
                loss = given()
            return loss, float(loss), self._gradient()

        return self._iterate(evaluate)

    def _iterate(self, evaluate: Callable[[], tuple[Any, float, Array]]) -> Any:
        group, state = self.param_groups[0], self.state[self._params[0]]
        rate = float(group["lr"])
        first_loss, loss, gradient = evaluate()
        state["func_evals"] = state.get("func_evals", 0) + 1
        state.setdefault("n_iter", 0)
        if _largest(gradient) <= group["tolerance_grad"]:
            return first_loss
        memory = _Memory(state, group["history_size"])
        evaluations, iterations = 1, 0
        while iterations < group["max_iter"]:
            iterations += 1
            state["n_iter"] += 1
            is_first = state["n_iter"] == 1
            memory.turn(gradient, is_first)
            memory.gradient, memory.loss = gradient, loss
            memory.length = min(1.0, 1.0 / float(np.abs(gradient).sum())) * rate if is_first else rate
            slope = float(gradient @ memory.direction)
            if slope > -group["tolerance_change"]:
                break
            tried = 0
            if group["line_search_fn"] is not None:
                before = [param.array.copy() for param in self._params]

                def along(length: float, origin: list[Array] = before) -> tuple[float, Array]:
                    self._move(origin, length, memory.direction)
                    return evaluate()[1:]

                start = Point(0.0, loss, gradient, slope)
                found, tried = search(along, start, memory.length, memory.direction, group["tolerance_change"])
                loss, gradient, memory.length = found.loss, found.gradient, found.at
                self._move(before, memory.length, memory.direction)
            else:
                self._move((param.array for param in self._params), memory.length, memory.direction)
                if iterations < group["max_iter"]:
                    _, loss, gradient = evaluate()
                    tried = 1
            evaluations += tried
            state["func_evals"] += tried
            moved = _largest(memory.direction * np.asarray(memory.length, gradient.dtype))
            if (
                evaluations >= group["max_eval"]
                or _largest(gradient) <= group["tolerance_grad"]
                or moved <= group["tolerance_change"]
                or abs(loss - memory.loss) < group["tolerance_change"]
            ):
                break
        memory.keep(state)
        return first_loss

    def _gradient(self) -> Array:
        """The gradients of all parameters in a row."""
        parts = [np.zeros_like(p.array) if p.grad is None else p.grad.array for p in self._params]
        return np.concatenate([_as_real(part.ravel()) for part in parts])

    def _move(self, origin: Iterable[Array], length: float, direction: Array) -> None:
        """Put the parameters ``length`` times ``direction`` away from ``origin``."""
        at = 0
        with no_grad():
            for param, start in zip(self._params, origin, strict=True):
                size = start.size * (2 if start.dtype.kind == "c" else 1)
                part = direction[at : at + size].astype(start.real.dtype)
                param.copy_(wrap((start + length * part.view(start.dtype).reshape(start.shape)).astype(start.dtype)))
                at += size


class _Memory:
    """What the last steps have told: the changes of weights and of gradients, in PyTorch's names for them."""

    def __init__(self, state: dict[str, Any], size: int) -> None:
        self._size = size
        self._changes: list[Array] = [as_array(x) for x in state.get("old_dirs") or ()]  # of the gradient
        self._steps: list[Array] = [as_array(x) for x in state.get("old_stps") or ()]
        self._inverses: list[float] = [float(x) for x in state.get("ro") or ()]
        self._scale = float(state.get("H_diag", 1))
        self._factors: list[float] = []
        self.direction: Array = as_array(state.get("d", ()))
        self.length = float(state.get("t", 0))
        self.gradient: Array = as_array(state.get("prev_flat_grad", ()))
        self.loss = float(state.get("prev_loss", 0))

    def turn(self, gradient: Array, is_first: bool) -> None:
        """Note what the step before has changed, and set the direction of the next one."""
        if is_first:
            self._changes, self._steps, self._inverses, self._scale = [], [], [], 1.0
            self.direction = -gradient
            return
        change, step = gradient - self.gradient, self.direction * np.asarray(self.length, gradient.dtype)
        curvature = float(change @ step)
        if curvature > CURVED:
            if len(self._steps) == self._size:
                del self._changes[0], self._steps[0], self._inverses[0]
            self._changes.append(change)
            self._steps.append(step)
            self._inverses.append(1.0 / curvature)
            self._scale = curvature / float(change @ change)
        known = list(zip(self._changes, self._steps, self._inverses, strict=True))
        turned, factors = -gradient, []
        for change, step, inverse in reversed(known):
            factors.append(float(step @ turned) * inverse)
            turned -= factors[-1] * change
        turned *= self._scale
        self._factors = factors[::-1]
        for (change, step, inverse), factor in zip(known, self._factors, strict=True):
            turned += (factor - float(change @ turned) * inverse) * step
        self.direction = turned

    def keep(self, state: dict[str, Any]) -> None:
        """Put all of it into the optimizer's state."""
        state.update(
            d=wrap(self.direction),
            t=self.length,
            old_dirs=[wrap(x) for x in self._changes],
            old_stps=[wrap(x) for x in self._steps],
            ro=[wrap(np.asarray(x)) for x in self._inverses],
            H_diag=wrap(np.asarray(self._scale)),
            prev_flat_grad=wrap(self.gradient),
            prev_loss=self.loss,
            al=[wrap(np.asarray(x)) for x in self._factors],
        )


def _as_real(x: Array) -> Array:
    """An array in order in memory; complex numbers as two real ones each."""
    return x.view(x.real.dtype) if x.dtype.kind == "c" else x


def _largest(x: Array) -> float:
    return float(np.abs(x).max()) if x.size else 0.0
