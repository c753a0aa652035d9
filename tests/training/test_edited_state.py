"""A state of which any part was edited is refused in a line, and changes nothing; or the run goes on from it."""

import math
from copy import deepcopy

import numpy as np
import pytest

import glassnet
from glassnet import nn, optim
from glassnet.errors import GlassnetError
from glassnet.optim.lr_scheduler import CosineAnnealingLR, CosineAnnealingWarmRestarts, OneCycleLR, ReduceLROnPlateau
from glassnet.tensor import Tensor
from glassnet.training import Callback, EarlyStopping, Trainer, TrainingError
from tests.training.test_resume import flat

GONE, RENAMED = "gone", "renamed"
WRONG = [
    None, True, "x", "", -1, 0, 1, 1.5, math.nan, math.inf, -math.inf, 10**30, 10**400, [], {}, [1], ["x"], {"x": 1},
    glassnet.zeros(3), glassnet.zeros(2, 2, dtype=glassnet.int64), GONE, RENAMED,
]  # fmt: skip
EPOCHS = 3


class Keep(Callback):
    """A callback of somebody's, which changes what it remembers in place."""

    def __init__(self):
        self.seen = []

    def on_batch_end(self, trainer):
        self.seen.append(trainer.batch)

    def state_dict(self):
        return {"seen": list(self.seen)}

    def load_state_dict(self, state_dict):
        self.seen[:] = state_dict["seen"]


class Stop(Callback):
    def on_batch_end(self, trainer):
        if trainer.epoch == 2 and trainer.batch == 2:
            self.state = trainer.state_dict()


OPTIMIZERS = {
    "adam": lambda p: optim.Adam(p, lr=0.01),
    "sgd": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "rmsprop": lambda p: optim.RMSprop(p, centered=True, momentum=0.5),
}
SCHEDULES = {
    "cosine": lambda o: CosineAnnealingLR(o, T_max=EPOCHS),
    "one cycle": lambda o: OneCycleLR(o, 0.1, total_steps=EPOCHS * 2),
    "plateau": lambda o: ReduceLROnPlateau(o, patience=0),
    "restarts": lambda o: CosineAnnealingWarmRestarts(o, 2, 2),
}
KINDS = {
    "adam": ("adam", "cosine", ["accuracy", "f1", "confusion"], {"accumulate": 3}),
    "sgd": ("sgd", "one cycle", [], {"accumulate": 3, "measure": "after"}),
    "rmsprop": ("rmsprop", "plateau", [lambda_free := lambda o, t: (o.argmax(1) == t).float().mean()], {}),
    "restarts": ("sgd", "restarts", ["top_2"], {"class_weight": [1, 2]}),
}


def made(kind, *callbacks):
    optimizer, schedule, metrics, options = KINDS[kind]
    glassnet.manual_seed(3)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Dropout(0.2), nn.Linear(3, 2))
    optimizer = OPTIMIZERS[optimizer](model.parameters())
    return Trainer(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        metrics={f"m{i}": m for i, m in enumerate(metrics)} if callable((metrics or [0])[0]) else metrics,
        callbacks=[EarlyStopping(patience=9), Keep(), *callbacks],
        schedule=SCHEDULES[schedule](optimizer),
        compile=False,
        **options,
    )


def fit(trainer, epochs=EPOCHS):
    generator = glassnet.Generator(7)
    x = glassnet.randn(16, 2, generator=generator)
    trainer.fit((x, (x[:, 0] > 0).long()), (x[:4], (x[:4, 0] > 0).long()), epochs=epochs, batch_size=4)


def everything(trainer):
    """All that a trainer holds, and the default generator, to the last bit."""
    gradients = [None if p.grad is None else p.grad.array.tobytes() for p in trainer.model.parameters()]
    optimizer = trainer.optimizer
    ids = [id(p) for group in optimizer.param_groups for p in group["params"]]
    return flat(trainer.state_dict()), gradients, ids, optimizer.stepped, trainer.result, glassnet.get_rng_state()


def places(tree, path=()):
    """The path of every part of a state, inner ones after outer ones."""
    if path:
        yield path
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list | tuple) else ()
    for name, value in inner:
        yield from places(value, (*path, name))


def edited(state, path, value):
    """The state with another value at the path; None where that cannot be done, or is what was there."""
    whole = deepcopy_of(state)
    at = whole
    for name in path[:-1]:
        at = at[name]
    if isinstance(at, tuple):
        return None
    old = at[path[-1]]
    if value is GONE:
        del at[path[-1]]
    elif value is RENAMED:
        if not isinstance(at, dict):
            return None
        at[f"{path[-1]}x"] = at.pop(path[-1])
    else:
        if type(old) is type(value) and not isinstance(old, Tensor) and repr(old) == repr(value):
            return None
        at[path[-1]] = value
    return whole


def deepcopy_of(tree):
    if isinstance(tree, dict):
        return {name: deepcopy_of(value) for name, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(deepcopy_of(value) for value in tree)
    return deepcopy(tree) if isinstance(tree, Tensor) else tree


def check_all(kind, choose):
    stop = Stop()
    fit(made(kind, stop))
    state = stop.state
    refused = tried = 0
    trainer, before = with_something_to_lose(kind)
    for number, path in enumerate(places(state)):
        for value in choose(number):
            other = edited(state, path, value)
            if other is None:
                continue
            tried += 1
            if (message := refusal(trainer, other)) is None:
                goes_on(trainer, path, value)
                trainer, before = with_something_to_lose(kind)
            else:
                refused += 1
                assert "\n" not in message, path
                assert len(message) < 500, path
                assert everything(trainer) == before, (path, value)
    return tried, refused


def refusal(trainer, state):
    """The message with which a state is refused; None where it is loaded."""
    try:
        trainer.load_state_dict(state)
    except GlassnetError as error:
        return str(error)
    return None


def with_something_to_lose(kind):
    trainer = made(kind)
    fit(trainer, epochs=1)
    for parameter in trainer.model.parameters():
        parameter.grad = glassnet.ones(*parameter.shape)
    return trainer, everything(trainer)


def epochs_of(found):
    return sum(place.startswith("/history/") for place in found[0])


def goes_on(trainer, path, value):
    loaded = everything(trainer)
    try:
        with np.errstate(all="ignore"):
            fit(trainer)
    except GlassnetError:
        after = everything(trainer)
        if epochs_of(after) == epochs_of(loaded):  # else it is as after the last of them
            assert after[0] == loaded[0], (path, value)
    except BaseException as error:
        raise AssertionError(f"{path}, set to {value!r}: {type(error).__name__}: {error}") from error


@pytest.mark.slow("every part of a state, with two dozen wrong values each")
@pytest.mark.parametrize("kind", KINDS)
def test_every_part_with_every_wrong_value(kind):
    tried, refused = check_all(kind, lambda number: WRONG)
    assert tried > 1000
    assert refused > 0.6 * tried


def test_every_third_part_with_a_wrong_value():
    tried, refused = check_all("adam", lambda number: [] if number % 3 else [WRONG[number % len(WRONG)]])
    assert refused > 0.5 * tried


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("progress", "epoch"), "x", "its progress.epoch should be a whole number of 0 or more, got 'x'"),
        (("progress", "epoch"), True, "its progress.epoch should be a whole number of 0 or more, got True"),
        (("progress", "epoch"), 7, "its progress.epoch should be 2, got 7"),
        (("progress", "done"), 10**30, "its progress.done should be a whole number"),
        (("progress", "total"), math.nan, "its progress.total should be a number, got nan"),
        (("progress", "metrics", "accuracy", "right"), [1], "its progress.metrics.accuracy.right should be a whole"),
        (("history", 0, "epoch"), 2, r"its history\[0\].epoch should be 1, got 2"),
        (("generators", "now", 0, "state", "inc"), 2**128, r"its generators.now\[0\].state.inc should be"),
        (("optimizer", "param_groups", 0, "lr"), "x", r"lr"),
        (("optimizer", "state", 0, "step"), -1, "its optimizer.state.0.step should be a number of 0 or more"),
        (("schedule", "last_epoch"), -5, "its schedule.last_epoch should be a whole number of -1 or more, got -5"),
        (("callbacks", 0, "state", "waited"), None, r"its callbacks\[0\].state.waited should be a whole number"),
        (("should_stop",), 1, "its should_stop should be true or false, got 1"),
    ],
)
def test_the_message_names_the_part(path, value, message):
    stop = Stop()
    fit(made("adam", stop))
    with pytest.raises(TrainingError, match=message):
        made("adam").load_state_dict(edited(stop.state, path, value))
