"""The trainer against a loop as PyTorch users write it."""

import numpy as np
import pytest

import glassnet
from glassnet import nn, optim
from glassnet.optim.lr_scheduler import OneCycleLR, StepLR
from glassnet.training import Schedule, Trainer

pytestmark = pytest.mark.parity

EPOCHS, SAMPLES, SIZE = 3, 40, 8
START = np.random.default_rng(0)
X = START.normal(size=(SAMPLES, 4))
Y = START.integers(0, 3, SAMPLES)
WEIGHTS = [START.normal(size=shape) * 0.5 for shape in ((6, 4), (6,), (3, 6), (3,))]

RUNS = {
    "momentum": ("SGD", {"lr": 0.1, "momentum": 0.9}, None, {}),
    "adam, steps": ("Adam", {"lr": 0.01}, "StepLR", {}),
    "one cycle": ("SGD", {"lr": 0.1, "momentum": 0.9}, "OneCycleLR", {}),
    "norm": ("SGD", {"lr": 0.1}, None, {"clip_norm": 0.3}),
    "value": ("SGD", {"lr": 0.1}, None, {"clip_value": 0.01}),
    "class weights": ("AdamW", {"lr": 0.01}, None, {"class_weight": [1.0, 0.3, 5.0]}),
    "accumulated": ("Adam", {"lr": 0.01}, None, {"accumulate": 4, "clip_norm": 0.3}),
}


def of_torch(torch, name):
    optimizer_name, settings, schedule_name, options = RUNS[name]
    layers = torch.nn
    model = layers.Sequential(layers.Linear(4, 6), layers.Tanh(), layers.Linear(6, 3)).double()
    for param, value in zip(model.parameters(), WEIGHTS, strict=True):
        param.data = torch.tensor(value)
    optimizer = getattr(torch.optim, optimizer_name)(model.parameters(), **settings)
    schedules = torch.optim.lr_scheduler
    schedule = {
        None: lambda: None,
        "StepLR": lambda: schedules.StepLR(optimizer, 1, 0.5),
        "OneCycleLR": lambda: schedules.OneCycleLR(optimizer, 0.5, total_steps=EPOCHS * SAMPLES // SIZE),
    }[schedule_name]()
    weight = torch.tensor(options["class_weight"], dtype=torch.float64) if "class_weight" in options else None
    loss_of = layers.CrossEntropyLoss(weight)
    x, y = torch.tensor(X), torch.tensor(Y)
    for _ in range(EPOCHS):
        for i in range(0, SAMPLES, SIZE):
            optimizer.zero_grad()
            loss_of(model(x[i : i + SIZE]), y[i : i + SIZE]).backward()
            if "clip_norm" in options:
                layers.utils.clip_grad_norm_(model.parameters(), options["clip_norm"])
            if "clip_value" in options:
                layers.utils.clip_grad_value_(model.parameters(), options["clip_value"])
            optimizer.step()
            if schedule_name == "OneCycleLR":
                schedule.step()
        if schedule_name == "StepLR":
            schedule.step()
    return [param.detach().numpy() for param in model.parameters()]


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("compiled", [True, False])
def test_same_weights(name, compiled):
    torch = pytest.importorskip("torch")
    expected = of_torch(torch, name)
    optimizer_name, settings, schedule_name, options = RUNS[name]
    model = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3)).double()
    for param, value in zip(model.parameters(), WEIGHTS, strict=True):
        param.data = glassnet.tensor(value)
    optimizer = getattr(optim, optimizer_name)(model.parameters(), **settings)
    schedule = {
        None: lambda: None,
        "StepLR": lambda: Schedule(StepLR(optimizer, 1, 0.5)),
        "OneCycleLR": lambda: OneCycleLR(optimizer, 0.5, total_steps=EPOCHS * SAMPLES // SIZE),
    }[schedule_name]()
    trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, schedule=schedule, compile=compiled, **options)
    data = glassnet.tensor(X), glassnet.tensor(Y)
    trainer.fit(data, epochs=EPOCHS, batch_size=SIZE // options.get("accumulate", 1), shuffle=False)
    for param, value in zip(model.parameters(), expected, strict=True):
        assert np.allclose(param.detach().array, value, rtol=0, atol=1e-10)
