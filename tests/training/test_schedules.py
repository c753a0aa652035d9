"""Schedules of the learning rate: when they make their steps."""

import pytest

from glassnet import nn, optim
from glassnet.optim.lr_scheduler import CyclicLR, OneCycleLR, ReduceLROnPlateau, SequentialLR, StepLR
from glassnet.training import Callback, Schedule, Trainer
from tests.training.samples import data, network


def rates(make, epochs=3, **options):
    """The rate at the beginning of each batch."""
    seen = []

    class See(Callback):
        def on_batch_start(self, t):
            seen.append(t.learning_rate)

    model = network()
    optimizer = optim.SGD(model.parameters(), lr=1.0, momentum=0.5)
    t = Trainer(
        model, nn.CrossEntropyLoss(), optimizer, schedule=make(optimizer), callbacks=See(), clip_norm=1e-3, **options
    )
    t.fit(data(8), data(8), epochs=epochs, batch_size=4)
    return seen


def by_loop(make, steps):
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=1.0, momentum=0.5)
    scheduler = make(optimizer)
    optimizer.stepped = True
    seen = []
    for _ in range(steps):
        seen.append(optimizer.param_groups[0]["lr"])
        scheduler.step()
    return seen


def test_per_epoch():
    assert rates(lambda o: StepLR(o, 1, 0.5)) == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]


@pytest.mark.parametrize(
    "make",
    [
        lambda o: OneCycleLR(o, 2.0, total_steps=6),
        lambda o: CyclicLR(o, 0.1, 2.0, step_size_up=2),
    ],
)
def test_per_batch(make):
    assert rates(make) == by_loop(make, 6)


def test_said_when():
    assert rates(lambda o: Schedule(StepLR(o, 1, 0.5), every="batch"), epochs=1) == [1.0, 0.5]

    def chain(o):
        return SequentialLR(o, [StepLR(o, 1, 0.5), StepLR(o, 1, 0.1)], [2])

    assert rates(lambda o: Schedule(chain(o), every="batch")) == by_loop(chain, 6)
    assert len(set(rates(lambda o: Schedule(OneCycleLR(o, 2.0, total_steps=3), every="epoch")))) == 3


def test_per_update():
    """With gradients accumulated, a batch for the schedule is an update."""
    assert rates(lambda o: Schedule(StepLR(o, 1, 0.5), every="batch"), accumulate=2) == [1, 1, 0.5, 0.5, 0.25, 0.25]


@pytest.mark.parametrize("monitor", [None, "train_loss", "val_loss"])
def test_plateau(monitor):
    def make(o):
        return Schedule(
            ReduceLROnPlateau(o, factor=0.5, patience=0, threshold=1e9, threshold_mode="abs"), monitor=monitor
        )

    assert rates(make) == [1.0, 1.0, 1.0, 1.0, 0.5, 0.5]
