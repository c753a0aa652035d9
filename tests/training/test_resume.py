"""A run that is stopped anywhere and goes on in a fresh trainer ends with the same bytes."""

import pytest

import glassnet
from glassnet import nn, optim
from glassnet.data import DataLoader, TensorDataset, WeightedRandomSampler
from glassnet.optim.lr_scheduler import MultiStepLR, OneCycleLR, ReduceLROnPlateau
from glassnet.tensor import Tensor
from glassnet.training import Callback, EarlyStopping, Trainer, TrainingError

EPOCHS = 3
SAMPLES = 26  # in batches of 8: the last is smaller
BATCHES = 4


class Killed(Exception):
    pass


class Collect(Callback):
    """Keeps the state after every batch, and at the end of every epoch, when all other callbacks were called."""

    is_last = True

    def __init__(self):
        self.states = []

    def on_batch_end(self, trainer):
        self.states.append((f"epoch {trainer.epoch}, batch {trainer.batch}", trainer.state_dict()))

    def on_epoch_end(self, trainer):
        self.states.append((f"the end of epoch {trainer.epoch}", trainer.state_dict()))


class Stop(Callback):
    """Keeps the state after some batches in all, and ends everything, as a power cut would."""

    def __init__(self, after):
        self.left = after

    def on_batch_end(self, trainer):
        self.left -= 1
        if self.left == 0:
            self.state = trainer.state_dict()
            raise Killed


def data():
    generator = glassnet.Generator(7)
    x = glassnet.randn(SAMPLES, 4, generator=generator)
    return x, (x[:, 0] * x[:, 1] > 0).long()


def sgd(params):
    return optim.SGD(params, lr=0.1, momentum=0.9)


def adam(params):
    return optim.Adam(params, lr=0.05)


KINDS = {
    "momentum": {"optimizer": sgd},
    "adam": {"optimizer": adam, "schedule": lambda o: MultiStepLR(o, [1, 2])},
    "one cycle": {"optimizer": adam, "schedule": lambda o: OneCycleLR(o, 0.1, total_steps=EPOCHS * BATCHES)},
    "plateau": {
        "optimizer": sgd,
        "schedule": lambda o: ReduceLROnPlateau(o, patience=0, threshold=10.0, threshold_mode="abs"),
    },
    "accumulated": {"optimizer": adam, "options": {"accumulate": 3, "clip_norm": 0.5}},
    "weighted": {"optimizer": sgd, "options": {"class_weight": [1, 3]}},
    "eager": {"optimizer": adam, "options": {"compile": False}},
    "fraction": {"optimizer": adam, "validation": 0.25},
    "own generator": {"optimizer": sgd, "own": True},
    "sampler": {"optimizer": sgd, "sampled": True},
    "after": {"optimizer": sgd, "options": {"measure": "after"}},
}


def made(kind, *callbacks):
    """A fresh trainer, as a new process would make it, and what is to be fitted."""
    spec = KINDS[kind]
    glassnet.manual_seed(3)
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Dropout(0.3), nn.Linear(6, 2))
    optimizer = spec["optimizer"](model.parameters())
    schedule = spec["schedule"](optimizer) if "schedule" in spec else None
    own = glassnet.Generator(5) if "own" in spec else None
    trainer = Trainer(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        metrics=["accuracy", "f1", lambda_free],
        callbacks=[EarlyStopping("val_accuracy", patience=2), *callbacks],
        schedule=schedule,
        generator=own,
        **spec.get("options", {}),
    )
    if "sampled" in spec:
        x, y = data()
        sampler = WeightedRandomSampler([1.0, 2.0] * (SAMPLES // 2), SAMPLES, generator=glassnet.Generator(11))
        return trainer, lambda: trainer.fit(DataLoader(TensorDataset(x, y), 8, sampler=sampler), data(), epochs=EPOCHS)
    validation = spec.get("validation", data())
    size = 8 if "validation" not in spec else 5
    return trainer, lambda: trainer.fit(data(), validation, epochs=EPOCHS, batch_size=size)


def lambda_free(outputs, targets):
    return (outputs.argmax(1) == targets).float().mean()


def flat(state, where=""):
    """Every number and tensor of a state, by its path."""
    if isinstance(state, Tensor):
        return {where: (state.array.dtype.str, state.shape, state.array.tobytes())}
    if isinstance(state, dict):
        return {k: v for key, inner in state.items() for k, v in flat(inner, f"{where}/{key}").items()}
    if isinstance(state, list | tuple):
        return {k: v for i, inner in enumerate(state) for k, v in flat(inner, f"{where}/{i}").items()}
    return {where: repr(state)}


@pytest.fixture(scope="module")
def whole():
    """What the run of Adam ends with when nothing stops it."""
    trainer, fit = made("adam")
    fit()
    return flat(trainer.state_dict())


def gone_on(kind, state):
    trainer, fit = made(kind)
    glassnet.manual_seed(999)  # nothing may depend on how the generator happens to stand
    trainer.load_state_dict(state)
    fit()
    return flat(trainer.state_dict())


@pytest.mark.parametrize(
    ("kind", "every"),
    [
        *((kind, 4) for kind in list(KINDS)[::3]),
        *(pytest.param(kind, 1, marks=pytest.mark.slow("goes on from fifteen places")) for kind in KINDS),
    ],
)
def test_from_everywhere(kind, every):
    """After every batch and every epoch of a run, a fresh trainer goes on to the same end."""
    collect = Collect()
    trainer, fit = made(kind, collect)
    fit()
    end = flat(trainer.state_dict())
    assert len(trainer.history) == EPOCHS
    assert len(collect.states) == EPOCHS * (BATCHES + 1)
    for place, state in collect.states[::every]:  # of four: early, late and at the end of an epoch
        assert gone_on(kind, state) == end, place


@pytest.mark.parametrize("after", [1, BATCHES, EPOCHS * BATCHES])
def test_stopped(after, whole):
    """A run that really ends there, as by a power cut."""
    stop = Stop(after)
    _, fit = made("adam", stop)
    with pytest.raises(Killed):
        fit()
    assert gone_on("adam", stop.state) == whole


def killed():
    """The state in the middle of a run of Adam."""
    stop = Stop(6)
    _, fit = made("adam", stop)
    with pytest.raises(Killed):
        fit()
    return stop.state


def test_twice(whole):
    """Stopped, gone on, and stopped again before anything was learned."""
    state = killed()
    between, _ = made("adam")
    between.load_state_dict(state)
    assert gone_on("adam", between.state_dict()) == whole


def test_negative_control(whole):
    """The comparison sees a generator that was not put back."""
    state = killed()
    state["generators"]["now"] = state["generators"]["at_start"]
    assert gone_on("adam", state) != whole


def test_through_a_file(tmp_path, whole):
    glassnet.save(killed(), tmp_path / "run")
    assert gone_on("adam", glassnet.load(tmp_path / "run")) == whole


def test_state_stays_what_it_was():
    trainer, fit = made("adam")
    state = trainer.state_dict()
    before = flat(state)
    trainer.load_state_dict(state)
    fit()
    assert flat(state) == before


def test_more_epochs():
    """Two epochs and then three more are five."""
    runs = []
    for parts in ([5], [2, 5]):
        glassnet.manual_seed(3)
        model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Dropout(0.3), nn.Linear(6, 2))
        trainer = Trainer(model, nn.CrossEntropyLoss(), adam(model.parameters()))
        for epochs in parts:
            trainer.fit(data(), data(), epochs=epochs, batch_size=8)
        runs.append(flat(trainer.state_dict()))
    assert runs[0] == runs[1]


def test_other_data():
    """Fewer batches than were learned, or other generators, are an error and not another run."""
    state = killed()
    trainer, _ = made("adam")
    trainer.load_state_dict(state)
    for size, batches in ((100, 1), (2, 13)):
        with pytest.raises(TrainingError, match=f"had learned 2 of 4 batches, and this data has {batches};"):
            trainer.fit(data(), epochs=EPOCHS, batch_size=size)
    trainer, _ = made("own generator")
    other = killed()
    other["callbacks"] = []
    fresh = Trainer(
        trainer.model,
        trainer.loss,
        optim.Adam(trainer.model.parameters()),
        metrics=list(trainer.metrics.values()),
        schedule=None,
        generator=glassnet.Generator(),
    )
    other["schedule"] = None
    fresh.load_state_dict(other)
    with pytest.raises(TrainingError, match="the saved run drew from 1 random generators, this one has 2"):
        fresh.fit(data(), epochs=EPOCHS, batch_size=8)


def test_a_loss_that_learns():
    """What the loss itself holds is part of the state."""

    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(glassnet.ones(()))

        def forward(self, outputs, targets):
            return ((outputs * self.scale - targets) ** 2).mean() + self.scale**2

    def new():
        glassnet.manual_seed(3)
        model, loss = nn.Linear(4, 1), Scaled()
        return Trainer(model, loss, adam([*model.parameters(), *loss.parameters()]))

    x, y = data()
    y = y.float().unsqueeze(1)
    whole = new()
    whole.fit((x, y), epochs=3)
    first = new()
    first.fit((x, y), epochs=1)
    state = first.state_dict()
    second = new()
    second.load_state_dict(state)
    second.fit((x, y), epochs=3)
    assert whole.loss.scale.item() != 1
    assert flat(second.state_dict()) == flat(whole.state_dict())
