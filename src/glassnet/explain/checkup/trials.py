"""Trials: what some steps of training do, how far they get, and what they could get to at best."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from glassnet.autograd import no_grad
from glassnet.explain.checkup.batches import Batch, head, joined, rows, size_of
from glassnet.explain.checkup.given import Setup
from glassnet.explain.checkup.guessing import guesses, right
from glassnet.ops.dtypes import Array
from glassnet.optim import Adam
from glassnet.tensor import wrap
from glassnet.threads import computed_once

STEPS = 24  # of each trial of a learning rate
LONGER = 96  # until what goes wrong later is seen
COURSE = 4000  # after which a network that has learned nothing is said not to
ENOUGH = 16  # samples that any network should be able to learn by heart
BY_HEART_STEPS = 150  # with a rate, in which they are
BY_HEART = 0.5  # of what there is to learn, that must be left when they were
FEW = 64  # parameters, of a network that often begins where it learns nothing
MOVES = 0.9  # of the loss of a new start, that is left where it learns
BETTER = 0.02  # of what there is to learn beyond guessing, from which on it is no longer guessing


_OF_TARGETS = ("targets", "guess", "chance", "least", "mean_before", "course", "by_heart", "_all")


class Trial(NamedTuple):
    """The mean loss of all batches before and after some steps, and the greatest of a step; NaN if not finite."""

    before: float
    after: float
    peak: float
    steps: int
    outputs: Array | None = None  # at the end


@dataclass
class Trials(Setup):
    """Trials of a run. Each is made once, when it is first read."""

    _trials: dict[tuple[float, int, bool], Trial] = field(default_factory=dict)

    @computed_once
    def outputs(self) -> Array | None:
        """The outputs for all batches, in evaluation mode, concatenated; None where that fails."""
        try:
            with self.untouched(), no_grad():
                self.model.eval()
                return self.answers()
        except Exception:  # `traced` has the error
            return None

    def answers(self) -> Array:
        """The outputs for all batches as the network is now."""
        with no_grad():
            return np.concatenate([self.answer(x).array for x, _ in self.batches])

    def answer_of_last(self, among: int) -> Array | None:
        """The output for the last sample of a batch ``among`` so many, in evaluation mode; None where that fails."""
        try:
            with self.untouched(), no_grad():
                self.model.eval()
                output: Array = self.answer(rows(self.first[0], slice(-among, None))).array[-1]
        except Exception:  # a network that takes batches of one size only, or gives no tensor
            return None
        return output

    def in_training(self, size: int) -> Array | None:
        """The outputs for all batches in training mode, in batches of ``size``; None where they cannot be had twice."""
        x, _ = joined(self.batches)
        tensors = tuple(map(wrap, x))
        try:
            with self.untouched(), no_grad():
                self.model.train()
                parts = [tuple(t[i : i + size] for t in tensors) for i in range(0, len(x[0]), size)]
                first, again = (np.concatenate([self.model(*part).array for part in parts]) for _ in range(2))
        except Exception:  # a network that takes batches of one size only
            return None
        return first if np.array_equal(first, again, equal_nan=True) else None

    def refusal(self, count: int) -> str:
        """What the network says of the first ``count`` samples in training mode; "" where it takes them."""
        x, _ = joined(self.batches)
        try:
            with self.untouched(), no_grad():
                self.model.train()
                self.model(*(wrap(part[:count]) for part in x))
        except Exception as error:  # whatever the user's own code raises
            return str(error) or type(error).__name__
        return ""

    @computed_once
    def targets(self) -> Array:
        """The targets of all batches, concatenated."""
        return np.concatenate([y.array for _, y in self.batches])

    @computed_once
    def mean_before(self) -> float:
        """The mean loss of all batches, as the network is."""
        with self.untouched(), np.errstate(all="ignore"):
            return self.mean_loss()

    # with the optimizer of the run -----------------------------------------------------------------------------

    def trial(self, factor: float = 1.0, steps: int = STEPS, *, decays: bool = True) -> Trial:
        """What ``steps`` steps with the learning rate times ``factor`` do, on the batches in turn."""
        key = factor, self.steps_within(steps), decays
        if key not in self._trials:
            self._trials[key] = self._tried(*key)
        return self._trials[key]

    def _tried(self, factor: float, steps: int, decays: bool) -> Trial:
        assert self.optimizer is not None
        _ = self.outputs  # whether there are any is seen as the network is
        with self.untouched(), np.errstate(all="ignore"):
            before = peak = self.mean_loss()
            self.model.train()
            for group in self.optimizer.param_groups:
                group["lr"] = group["lr"] * factor
                if not decays:
                    group["weight_decay"] = 0.0
            for number in range(steps):
                loss = self.learn(*self.batches[number % len(self.batches)], self.optimizer)
                if not math.isfinite(loss):
                    return Trial(before, math.nan, math.inf, number + 1)
                peak = max(peak, loss)
            return Trial(before, self.mean_loss(), peak, steps, None if self.outputs is None else self.answers())

    @computed_once
    def course(self) -> Trial:
        """What becomes of the run as it is: steps until the network is better than guessing, or long enough."""
        short = self.trial()
        return short if self.is_better(short.after) else self.until(self.is_better, COURSE)

    def until(self, is_done: Callable[[float], bool], most: int, factor: float = 1.0) -> Trial:
        """Steps of the run as it is until a mean loss ``is_done``, which is looked at less and less often."""
        assert self.optimizer is not None
        most, taken, look = self.steps_within(most), 0, STEPS
        _ = self.outputs
        with self.untouched(), np.errstate(all="ignore"):
            for group in self.optimizer.param_groups:
                group["lr"] = group["lr"] * factor
            before = peak = loss = self.mean_loss()
            while taken < most and math.isfinite(loss) and not (taken and is_done(loss)):
                self.model.train()
                for _ in range(min(look, most - taken)):
                    loss = self.learn(*self.batches[taken % len(self.batches)], self.optimizer)
                    taken, peak = taken + 1, max(peak, loss)
                    if not math.isfinite(loss):
                        return Trial(before, math.nan, math.inf, taken)
                loss, look = self.mean_loss(), taken
            return Trial(before, loss, peak, taken, None if self.outputs is None else self.answers())

    @property
    def is_short(self) -> bool:
        """Whether a large network can be given too few steps to say that it does not learn."""
        return self.steps_within(COURSE) < LONGER

    @contextmanager
    def scaled_targets(self, mean: Array, spread: float) -> Iterator[None]:
        """Within, the targets are as they are after a shift and a division; what was found out before stays apart."""
        kept = {name: self.__dict__.pop(name) for name in _OF_TARGETS if name in self.__dict__}
        batches, trials = self.batches, self._trials
        self.batches = [(x, wrap(((y.array - mean) / spread).astype(y.array.dtype))) for x, y in batches]
        self._trials = {}
        try:
            yield
        finally:
            for name in _OF_TARGETS:
                self.__dict__.pop(name, None)
            self.__dict__.update(kept)
            self.batches, self._trials = batches, trials

    # what there is to learn --------------------------------------------------------------------------------------

    @computed_once
    def guess(self) -> float | None:
        """The least loss of outputs that are the same for every sample; None where that is not known."""
        outputs = self.outputs
        if outputs is None or outputs.ndim == 0 or outputs.dtype.kind != "f" or len(outputs) != len(self.targets):
            return None
        losses = [loss for one in guesses(outputs, self.targets) if (loss := self._constant(one)) is not None]
        return min(losses, default=None)

    def _constant(self, output: Array) -> float | None:
        outputs = self.outputs
        assert outputs is not None
        try:
            with self.untouched(), no_grad(), np.errstate(all="ignore"):
                losses = []
                for _, y in self.batches:
                    same = np.broadcast_to(output, (len(y), *outputs.shape[1:])).astype(outputs.dtype)
                    losses.append(float(self.loss(wrap(same), y).item()))
        except Exception:  # a loss that looks at more than its arguments
            return None
        return float(np.mean(losses)) if np.isfinite(losses).all() else None

    def is_better(self, loss: float) -> bool:
        """Whether a loss is clearly less than that of guessing."""
        if self.guess is None:
            return True
        if loss < self.guess - BETTER * abs(self.guess):
            return True
        return loss < self.guess and loss < self.guess - BETTER * (self.guess - self.floor(self.guess))

    def to_learn(self, before: float) -> float:
        """How far the loss can fall: from that of outputs unrelated to the targets to the least possible."""
        return max(before, self.chance) - self.floor(before)

    def floor(self, before: float) -> float:
        """The least that the loss can be; for one above 0, not below 0, though free outputs may be no log p ≤ 0."""
        return max(self.least, 0.0) if before > 0 else self.least

    @computed_once
    def chance(self) -> float:
        """The loss of outputs that belong to other samples: what a network has that knows nothing."""
        sizes = [size_of(batch) for batch in self.batches]
        if self.outputs is None or len(self.outputs) != sum(sizes):
            return -math.inf
        others = np.random.default_rng(0).permutation(len(self.outputs))
        shuffled = np.split(self.outputs[others], np.cumsum(sizes)[:-1])
        try:
            with self.untouched(), no_grad():
                losses = [float(self.loss(wrap(x), y).item()) for x, (_, y) in zip(shuffled, self.batches, strict=True)]
        except Exception:  # a loss that looks at more than its arguments
            return -math.inf
        return float(np.mean(losses))

    @computed_once
    def least(self) -> float:
        """The least loss that any outputs could have, found by training the outputs themselves."""
        x, y = self.enough
        best = math.inf
        if self.mean_before > 0 and self._has_no_floor():
            return 0.0
        try:
            with self.untouched(), np.errstate(all="ignore"):
                self.model.eval()
                with no_grad():
                    free = self.answer(x).clone()
                free.requires_grad_()
                for rate in (0.05, 0.5):
                    optimizer = Adam([free], lr=rate)
                    for _ in range(150):
                        free.grad = None
                        loss = self.loss(free, y)
                        loss.backward()
                        optimizer.step()
                        best = min(best, float(loss.item()))
        except Exception:  # outputs that are no tensor, or that no gradient flows to
            return 0.0
        return best if math.isfinite(best) else 0.0

    def _has_no_floor(self) -> bool:
        """Whether outputs that are right in each way to be so have no loss at all, so that nothing need be tried."""
        if self.outputs is None or len(self.outputs) != len(self.targets):
            return False
        x, y = self.enough
        try:
            with self.untouched(), no_grad(), np.errstate(all="ignore"):
                self.model.eval()
                given = self.answer(x).array
                losses = [float(self.loss(wrap(one.astype(given.dtype)), y).item()) for one in right(given, y.array)]
        except Exception:  # a loss that looks at more than its arguments
            return False
        return any(0 <= loss < 1e-3 * self.mean_before for loss in losses)

    # by heart ----------------------------------------------------------------------------------------------------

    @property
    def enough(self) -> Batch:
        """A few samples that can be learned by heart: with no more outputs than there are numbers to learn.

        Source: Cover, "Geometrical and Statistical Properties of Systems of Linear Inequalities" (1965).
        """
        each = 1 if self.outputs is None else max(1, self.outputs.size // len(self.outputs))
        return head(self.first, max(2, min(ENOUGH, sum(p.numel() for p in self.trained) // each)))

    @computed_once
    def by_heart(self) -> tuple[float, float]:
        """The loss on a few samples before and after they were learned by heart, with Adam."""
        x, y = self.enough
        with self.untouched(), np.errstate(all="ignore"):
            self.model.eval()  # dropout would keep it from learning by heart
            before = self.loss_of(x, y)
            learned = BY_HEART * before if before > 0 else self.floor(before) + BY_HEART * self.to_learn(before)
            return before, min(before, self.learned_by_heart(self.enough, learned))

    def learned_by_heart(self, batch: Batch, until: float) -> float:
        """The least loss on a batch that steps of Adam get to from here, which end below ``until``."""
        best = math.inf
        for rate in (0.01, 0.1):
            optimizer = Adam(self.trained, lr=rate)
            for _ in range(self.steps_by_heart):
                best = min(best, self.learn(*batch, optimizer))
                if best < until:
                    return best
        return best

    @property
    def steps_by_heart(self) -> int:
        """How many steps, with each of two rates, are tried to learn a few samples by heart."""
        return self.steps_within(BY_HEART_STEPS, size_of(self.enough) / self.largest)

    def further(self, until: float, *, fresh: bool) -> float | None:
        """The least loss on a few samples that Adam gets to from here, or the best of some new starts, up to ``until``.

        None where there are no new starts: layers that cannot be made anew.
        """
        layers = [m for m in self.model.modules() if any(True for _ in m.parameters(recurse=False))]
        resets = [getattr(layer, "reset_parameters", None) for layer in layers]
        if fresh and not all(resets):
            return None
        found: list[float] = []
        with self.untouched(), np.errstate(all="ignore"):
            self.model.eval()
            starts = 24 if sum(p.numel() for p in self.trained) <= FEW else 6  # of a few units, most end badly
            for _ in range(starts if fresh else 1):
                for reset in resets if fresh else ():
                    assert reset is not None
                    reset()
                before = self.loss_of(*self.enough)
                found.append(self.learned_by_heart(self.enough, until))
                if fresh and not found[-1] < MOVES * before:
                    found[-1] = math.inf  # it begins elsewhere, and learns nothing there either
                if found[-1] < until:
                    break
        return min(found)

    def rests(self, loss: float) -> bool:
        """Whether the network has come to rest near that loss already, beside what there is to learn."""
        x, y = self.enough
        with self.untouched(), np.errstate(all="ignore"):
            self.model.eval()
            return self.loss_of(x, y) - loss < 0.1 * self.loss_of(x, y)

    @property
    def memory(self) -> float:
        """For how many steps a gradient goes on to move the weights: its momentum outlives it."""
        assert self.optimizer is not None
        momentum = [float(group.get("momentum") or 0.0) for group in self.optimizer.param_groups]
        return 1 / max(1e-3, 1 - max(momentum, default=0.0))

    @computed_once
    def first_change(self) -> float:
        """How much the first step changes the weights, beside their size: the median of all matrices."""
        assert self.optimizer is not None
        matrices = [p for p in self.trained if p.array.ndim > 1 and p.array.any()]
        before = [p.array.copy() for p in matrices]
        with self.untouched(), np.errstate(all="ignore"):
            self.model.train()
            self.learn(*self.first, self.optimizer)
            changes = [
                float(np.linalg.norm(p.array - b) / np.linalg.norm(b)) for p, b in zip(matrices, before, strict=True)
            ]
        return float(np.median(changes)) if changes else 0.0

    @property
    def has_learned(self) -> bool:
        """Whether a few samples can be learned by heart: most of what there is to learn, or half of the loss.

        Of a network that is too large to try for long, it is taken to be so.
        """
        before, after = self.by_heart
        if self.steps_by_heart < LONGER and after < before:
            return True
        if not math.isfinite(before) or (before > 0 and after < BY_HEART * before):
            return True
        to_learn = self.to_learn(before)
        return to_learn < 1e-3 or after - self.floor(before) <= BY_HEART * to_learn
