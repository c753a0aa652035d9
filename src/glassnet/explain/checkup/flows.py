"""Checks of the gradients that flow back, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from glassnet.explain.checkup.check import Symptom, check, symptom
from glassnet.explain.checkup.observed import Observed
from glassnet.explain.checkup.step import Step
from glassnet.explain.checkup.weighing import layers_of, size_of_gradient, weights_of

HUGE = 1e4


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
    return Sizes((v.name, size_of_gradient(v)) for v in layers_of(step) if v.gradient is not None)


FLOWS = (Flow(gradient_sizes, 1e-3, 1e3), Flow(output_sizes, 1e-5, 300.0))


@check(45, explains="learning_rate_too_low learning_rate_too_high cannot_overfit")
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
