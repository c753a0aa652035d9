"""Checks of the numbers that flow: forward through activations, back as gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from glassnet.explain.checkup.check import Range, Symptom, check, symptom
from glassnet.explain.checkup.observed import Observed, Step
from glassnet.explain.walkthrough import Value
from glassnet.ops.dtypes import Array

DEAD = 0.5  # of the units of a layer
SATURATED = 0.5  # of the numbers of a layer
HUGE = 1e4


@check(99, explains=(
    "dead_relu saturated vanishing_gradients exploding_gradients learning_rate_too_high learning_rate_too_low "
    "cannot_overfit wrong_gradient unscaled_inputs class_imbalance"
))  # fmt: skip
def not_finite(run: Observed) -> Iterator[Symptom]:
    """NaN or infinity, and the first instruction that made one."""
    if run.traced is None:
        return
    for name, values in (*run.inputs.items(), ("targets", run.y)):
        bad = _not_finite(values)
        if bad:
            yield symptom(
                "the {where} are not all finite",
                "{bad:,} of {size:,} numbers; the first in sample {sample}",
                "drop these samples, or fill in what is missing",
                where=name,
                bad=bad,
                size=values.size,
                sample=_first_row(values),
            )
            return
    for name, parameter in run.model.named_parameters():
        bad = _not_finite(parameter.array)
        if bad:
            yield symptom(
                "parameters are not all finite",
                "{where}: {bad:,} of {size:,} numbers",
                "begin anew, with a smaller learning rate",
                where=name,
                bad=bad,
                size=parameter.array.size,
            )
            return
    for value in run.traced.results:
        if value.array.dtype.kind == "f" and _not_finite(value.array):
            yield _first_made(value)
            return


def _first_made(value: Value) -> Symptom:
    assert value.instruction is not None
    operands = [f"{x.name} in {Range.of(x.array)}" for x in value.operands if isinstance(x, Value)]
    op = value.instruction.op.name
    remedies = {
        "log": "log of 0 or less: add a small number within, log(x + 1e-8), or use log_softmax and cross_entropy",
        "div": "a division by 0: add a small number below the line",
        "sqrt": "a root of a negative number, or, in backward, of 0: add a small number within",
        "exp": "exp of a large number overflows: subtract the maximum first, as softmax does",
    }
    bad = value.array[~np.isfinite(value.array)]
    return symptom(
        "{where} has numbers that are not finite; it is the first that does",
        "{call} ({phase}) of {operands} made {made} in {bad:,} of {size:,} places",
        remedies.get(op, "look at what {op} is given"),
        where=value.name,
        call=value.instruction.text,
        op=op,
        phase=value.phase,
        operands=", ".join(operands) or "constants",
        made=float(bad[0]),
        bad=bad.size,
        size=value.array.size,
    )


def _not_finite(values: Array) -> int:
    return int((~np.isfinite(values)).sum()) if values.dtype.kind == "f" else 0


def _first_row(values: Array) -> int:
    return int(np.argwhere(~np.isfinite(values))[0][0])


@check(50, explains="vanishing_gradients learning_rate_too_low cannot_overfit")
def dead_relu(run: Observed) -> Iterator[Symptom]:
    """ReLU units that are 0 for every sample, so that no gradient passes."""
    for value in run.traced.forward("relu", "relu6") if run.traced else ():
        units = value.array.reshape(len(value.array), -1) if value.array.ndim > 1 else value.array[:, None]
        dead = int((units <= 0).all(0).sum())
        if len(units) >= 16 and units.shape[1] >= 3 and dead > DEAD * units.shape[1]:
            yield symptom(
                "most units of {where} are dead: 0 for every sample, so that nothing flows back through them",
                "{dead} of {units} units are 0 for all {samples} samples",
                "begin with smaller biases and weights, lower the learning rate, scale the inputs, or use leaky_relu",
                where=value.name,
                dead=dead,
                units=units.shape[1],
                samples=len(units),
            )
            return


@check(48, explains="vanishing_gradients learning_rate_too_low cannot_overfit")
def saturated(run: Observed) -> Iterator[Symptom]:
    """Sigmoids and tanhs at their ends, where they are flat."""
    for value in run.traced.forward("sigmoid", "tanh") if run.traced else ():
        if not _is_hidden(value):
            continue
        lower = -1.0 if value.instruction is not None and value.instruction.op.name == "tanh" else 0.0
        at_end = (value.array < lower + 0.01) | (value.array > 0.99)
        share = float(at_end.mean()) if at_end.size else 0.0
        if share > SATURATED:
            yield symptom(
                "{where} is saturated: most of its numbers are at an end, where it is flat",
                "{percent:.0f} % of {size:,} numbers are within 0.01 of {lower:g} or 1",
                "begin with smaller weights (nn.init.xavier_uniform_), scale the inputs, or use relu",
                where=value.name,
                percent=100 * share,
                size=value.array.size,
                lower=lower,
            )
            return


def _is_hidden(value: Value) -> bool:
    """Whether a layer of weights comes after it."""
    stack, seen = list(value.users), set()
    while stack:
        user = stack.pop()
        if id(user) in seen or user.phase != "forward" or user.instruction is None:
            continue
        seen.add(id(user))
        if user.instruction.op.name in ("linear", "matmul", "bilinear"):
            return True
        stack += user.users
    return False


class Sizes(list[tuple[str, float]]):
    """Sizes by name, from the first layer to the last; as text the first and the last two."""

    def __str__(self) -> str:
        few = self if len(self) <= 4 else [*self[:2], *self[-2:]]
        return ", ".join(f"{name} {size:.1e}" for name, size in few)


class Flow(NamedTuple):
    """A way to follow gradients through the layers of weights: how far that of the first may be from the last's.

    In the gradient of a weight, small activations may make up for a large gradient of what the layer gives, and the
    other way round; that of what it gives says what came back, and is the less even of both in a healthy network.
    """

    sizes: Callable[[Step], Sizes]
    faded: float
    grown: float


def gradient_sizes(step: Step) -> Sizes:
    """The root mean square of the gradient of each weight, in the order in which they are used."""
    return Sizes((w.name, size_of_gradient(w)) for w in weights_of(step) if w.gradient is not None)


def output_sizes(step: Step) -> Sizes:
    """The root mean square of the gradient of what each layer of weights gives, in order."""
    outputs = (v for v in step.forward("linear", "matmul") if _weights_in(v))
    return Sizes((v.name, size_of_gradient(v)) for v in outputs if v.gradient is not None)


FLOWS = (Flow(gradient_sizes, 1e-3, 1e3), Flow(output_sizes, 1e-5, 300.0))


def weights_of(step: Step) -> list[Value]:
    """The matrices that the network learns, in the order in which they are used."""
    return list(dict.fromkeys(w for value in step.forward("linear", "matmul") for w in _weights_in(value)))


def _weights_in(value: Value) -> list[Value]:
    return [x for x in value.operands if isinstance(x, Value) and x.kind == "parameter" and x.array.ndim > 1]


def size_of_gradient(value: Value) -> float:
    """The root mean square of the gradient of a value."""
    assert value.gradient is not None
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.mean(np.square(value.gradient.array, dtype=np.float64))))


@check(45, explains="learning_rate_too_low cannot_overfit")
def vanishing_gradients(run: Observed) -> Iterator[Symptom]:
    """Gradients that become smaller layer by layer towards the first."""
    for flow in FLOWS if run.traced else ():
        assert run.traced is not None
        sizes = flow.sizes(run.traced)
        if len(sizes) < 3 or not sizes[0][1] < flow.faded * sizes[-1][1]:
            continue
        (first, small), (last, large) = sizes[0], sizes[-1]
        if small == 0 and any(not w.array.any() for w in weights_of(run.traced)):
            continue  # behind a layer that begins at zero: after the first step it is there
        yield symptom(
            "gradients vanish on their way back: {where} hardly learns",
            "root mean square of the gradients: {sizes}; {where} has {ratio:.1e} of {last}",
            "use relu in place of sigmoid or tanh, begin with larger weights (nn.init), add ways around: x + f(x)",
            where=first,
            sizes=sizes,
            ratio=small / large,
            last=last,
        )
        return


@check(46, explains="learning_rate_too_high cannot_overfit")
def exploding_gradients(run: Observed) -> Iterator[Symptom]:
    """Gradients that become larger layer by layer, or are huge from the start."""
    for flow in FLOWS if run.traced else ():
        assert run.traced is not None
        sizes = flow.sizes(run.traced)
        grown = len(sizes) >= 3 and sizes[-1][1] > 0 and sizes[0][1] > flow.grown * sizes[-1][1]
        huge = flow is FLOWS[0] and max((size for _, size in sizes), default=0) > HUGE
        if grown or huge:
            weights, scales = "begin with smaller weights (nn.init)", "scale inputs and targets"
            first, then = (
                (weights, scales) if grown else (scales, weights)
            )  # what is huge everywhere came from the loss
            yield symptom(
                "gradients explode",
                "root mean square of the gradients: {sizes}",
                f"{first}, {then}, clip: nn.utils.clip_grad_norm_",
                where=sizes[0][0],
                sizes=sizes,
            )
            return
