"""Whether what is learned of some samples holds for others, which were held out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from glassnet.autograd import no_grad
from glassnet.explain.checkup.batches import head, rows, size_of
from glassnet.explain.checkup.guessing import accuracy, guesses
from glassnet.explain.checkup.observed import Observed
from glassnet.ops.dtypes import Array
from glassnet.optim import Adam
from glassnet.tensor import wrap

DOUBTFUL = 2.5  # standard deviations of a share, within which it may be chance
HINT = 1.5  # standard deviations of a share, which chance makes of one in fifteen
CARRIES = 0.07  # of what guessing costs, that is learned for other samples, too
LEARNED = 400  # steps to see whether what is learned holds for other samples


class Held(NamedTuple):
    """What a network learned of one part of the samples, measured on another."""

    carries_over: bool
    text: str
    numbers: dict[str, Any]
    can_tell: bool = True  # whether anything could be better than guessing there
    hints: bool = False  # whether it is better by as much as chance seldom makes it


def _held(learned: Array, y: Array, other: Array, other_y: Array, losses: tuple[float, float, float]) -> Held:
    on_train, on_other = accuracy(learned, y), accuracy(other, other_y)
    if on_train is None or on_other is None:
        train, held, guess = losses
        text = (
            "; {learned} steps bring the loss to {train:.4g}, and to {held:.4g} on samples that were held out, where "
        )
        carries_over = held < (1 - CARRIES) * guess
        return Held(carries_over, text + "guessing has {guess:.4g}", {"train": train, "held": held, "guess": guess})
    held, guess = on_other
    deviation = float(np.sqrt(guess * (1 - guess) / len(other_y)))
    chance = guess + DOUBTFUL * deviation
    text = (
        "; after {learned} steps {train:.0%} are right, and {held:.0%} of {others} samples that were held out, where "
        "guessing has {guess:.0%}, and chance may make that {chance:.0%}"
    )
    numbers = {"train": on_train[0], "held": held, "guess": guess, "chance": chance, "others": len(other_y)}
    return Held(held > chance, text, numbers, chance < 1, held > guess + HINT * deviation)


def on_other_samples(run: Observed) -> Held | None:
    """What steps of Adam on most of the samples come to on the rest; None where that cannot be measured."""
    if run.outputs is None or run.everything is None or run.guess is None or not run.trained:
        return None
    x, y = head(run.everything, 512)
    count = size_of((x, y))
    order = np.random.default_rng(1).permutation(count)
    train, held = order[: count * 2 // 3], order[count * 2 // 3 :]
    kept, test = (rows(x, wrap(train)), y[wrap(train)]), (rows(x, wrap(held)), y[wrap(held)])
    try:
        with run.untouched(), np.errstate(all="ignore"):
            run.model.train()
            optimizer = Adam(run.trained, lr=0.005)
            for number in range(run.steps_within(LEARNED)):
                at = number * 32 % max(1, len(train) - 31)
                part = slice(at, at + 32)
                run.learn(rows(kept[0], part), kept[1][part], optimizer)
            run.model.eval()
            with no_grad():
                learned, other = run.answer(kept[0]).array, run.answer(test[0]).array
                same = [
                    wrap(np.broadcast_to(g, other.shape).astype(other.dtype)) for g in guesses(learned, kept[1].array)
                ]
                guess = min(float(run.loss(one, test[1]).item()) for one in same)
                losses = run.loss_of(*kept), run.loss_of(*test), guess
        return _held(learned, kept[1].array, other, test[1].array, losses)
    except Exception:  # a network or a loss that takes batches of one size only
        return None
