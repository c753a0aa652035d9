"""Twelve broken scripts and eight healthy ones, written after the checks were mended, to measure them once."""

from __future__ import annotations

from typing import Any

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.data import DataLoader, Subset, TensorDataset
from tests.explain.corpus.common import THIRD, Script, blobs, digits, line, mlp, moons, stepping, wave

broken, healthy = THIRD.has_fault, THIRD.is_healthy


# broken ---------------------------------------------------------------------------------------------------


@broken("silent_broadcast")
def weights_of_samples_beside_a_column() -> Script:
    """Targets come with a weight each; the weights are [n], the errors [n, 1]."""
    x, y = line()
    weighted = glassnet.cat([y, glassnet.rand(len(y), 1)], 1)
    return Script(mlp(5, 16, 1), (x, weighted), lambda o, t: (t[:, 1] * (o - t[:, :1]) ** 2).mean())


class Tagger(nn.Module):
    """A tag for each word, and the tags as the second dimension, as cross_entropy has it."""

    def __init__(self, tags: int) -> None:
        super().__init__()
        self.embedding, self.fc = nn.Embedding(20, 16), nn.Linear(16, tags)

    def forward(self, x: Any) -> Any:
        return self.fc(self.embedding(x)).movedim(-1, 1)


@broken("labels_out_of_range")
def tags_from_one() -> Script:
    x = glassnet.randint(0, 20, (200, 6))
    return Script(Tagger(4), (x, x % 4 + 1))


class Both(nn.Module):
    """Two inputs, each with a layer of its own."""

    def __init__(self, *features: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(n, 16) for n in features)
        self.out = nn.Linear(16 * len(features), 1)

    def forward(self, *parts: Any) -> Any:
        return self.out(glassnet.cat([F.relu(f(x)) for f, x in zip(self.layers, parts, strict=True)], 1))


@broken("unscaled_inputs")
def the_second_input_in_thousands() -> Script:
    x, y = line()
    prices = 3000 + 900 * glassnet.randn(len(x), 2)
    return Script(Both(5, 2), ((x, prices), y), F.mse_loss)


class Clamped(nn.Module):
    def forward(self, x: Any) -> Any:
        return x.clamp(min=0)


@broken("dead_relu")
def dead_units_of_a_clamp() -> Script:
    model = mlp(4, 24, 3, activation=Clamped)
    nn.init.constant_(model[0].bias, -12.0)
    return Script(model, blobs())


class Gated(nn.Module):
    """A recurrence with a gate: h ← z·h + (1 − z)·tanh(…)."""

    def __init__(self, bias: float) -> None:
        super().__init__()
        self.gate, self.new, self.out = nn.Linear(9, 8), nn.Linear(9, 8), nn.Linear(8, 1)
        nn.init.constant_(self.gate.bias, bias)

    def forward(self, x: Any) -> Any:
        h = glassnet.zeros(len(x), 8)
        for t in range(x.shape[1]):
            both = glassnet.cat([x[:, t : t + 1], h], 1)
            z = F.sigmoid(self.gate(both))
            h = z * h + (1 - z) * F.tanh(self.new(both))
        return self.out(h)


@broken("saturated")
def a_gate_that_is_always_open() -> Script:
    return Script(Gated(30.0), line(), F.mse_loss)


class Turning(nn.Module):
    """One layer of sigmoids, thirty times."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.turn, self.leave = nn.Linear(2, 12), nn.Linear(12, 12), nn.Linear(12, 2)

    def forward(self, x: Any) -> Any:
        h = F.sigmoid(self.enter(x))
        for _ in range(30):
            h = F.sigmoid(self.turn(h))
        return self.leave(h)


@broken("vanishing_gradients")
def one_layer_thirty_times() -> Script:
    return Script(Turning(), moons())


class Product(nn.Module):
    """Layers that multiply what comes with what they make of it."""

    def __init__(self, width: int = 24, depth: int = 5) -> None:
        super().__init__()
        self.enter, self.leave = nn.Linear(5, width), nn.Linear(width, 1)
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        for layer in self.layers:
            nn.init.normal_(layer.weight, std=1.0)

    def forward(self, x: Any) -> Any:
        h = self.enter(x)
        for layer in self.layers:
            h = h * layer(h)
        return self.leave(h)


@broken("exploding_gradients", "not_finite")
def layers_that_multiply() -> Script:
    return Script(Product(), line(), F.mse_loss, None)


@broken("learning_rate_too_high")
def likeness_with_a_rate_of_a_thousand() -> Script:
    x, _ = line()
    model = mlp(5, 24, 3, activation=nn.Tanh)
    wanted = x @ glassnet.randn(5, 3)
    loss = nn.GaussianNLLLoss()
    sgd = optim.SGD(model.parameters(), lr=50.0)
    return Script(model, (x, wanted), lambda o, t: loss(o, t, glassnet.ones_like(o) * 0.1) - 3.0, sgd)


class Tempered(nn.Module):
    """Cross-entropy at a temperature that is learned."""

    def __init__(self) -> None:
        super().__init__()
        self.log_temperature = nn.Parameter(glassnet.zeros(()))

    def forward(self, scores: Any, labels: Any) -> Any:
        return F.cross_entropy(scores / self.log_temperature.exp(), labels)


@broken("not_in_optimizer")
def a_temperature_that_nobody_has() -> Script:
    return Script(mlp(4, 16, 3), blobs(), Tempered())


@broken("gradients_not_zeroed")
def zeroed_each_hundredth_step() -> Script:
    script = Script(nn.Sequential(nn.Flatten(), *mlp(64, 32, 10)), digits())
    steps = 0

    def step(x: Any, y: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps % 100 == 0:
            script.optimizer.zero_grad()
        loss = script.loss(script.model(x), y)
        loss.backward()
        script.optimizer.step()
        return loss

    script.extra["step"] = step
    return script


@broken("leakage")
def parts_that_overlap() -> Script:
    data = TensorDataset(*digits(600))
    order = glassnet.randperm(600).tolist()
    train, held = Subset(data, order[:500]), Subset(data, order[440:])
    script = Script(nn.Sequential(nn.Flatten(), *mlp(64, 32, 10)), DataLoader(train, 20, shuffle=True))
    script.extra["validation"] = DataLoader(held, 20)
    return script


@broken("wrong_gradient")
def softmax_by_hand_without_the_labels() -> Script:
    x, y = blobs()
    model = nn.Linear(4, 3)
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def step(x: Any, y: Any) -> None:
        with glassnet.no_grad():
            delta = F.softmax(model(x), dim=1) / len(x)  # - one_hot(y) is forgotten
            model.weight.grad, model.bias.grad = delta.T @ x, delta.sum(0)
        optimizer.step()

    return Script(model, (x, y), F.cross_entropy, optimizer, {"step": step})


# healthy --------------------------------------------------------------------------------------------------


@healthy
def pairs_told_apart_in_the_batch() -> Script:
    """Each sample's likeness to all others of the batch, of which its own is the right one."""
    x, _ = line(features=8)
    other = x @ glassnet.randn(8, 8) / 3

    def loss(a: Any, b: Any) -> Any:
        return F.cross_entropy(a @ b.T, glassnet.arange(len(a)))

    return Script(mlp(8, 32, 8), (x, other), loss)


@healthy
def three_quantiles() -> Script:
    share = glassnet.tensor([0.1, 0.5, 0.9])

    def loss(o: Any, y: Any) -> Any:
        error = y - o
        return glassnet.maximum(share * error, (share - 1) * error).mean()

    return Script(mlp(5, 16, 3), line(), loss)


@healthy
def two_inputs() -> Script:
    x, y = line()
    return Script(Both(3, 2), ((x[:, :3], x[:, 3:]), y), F.mse_loss)


class Adapted(nn.Module):
    """A frozen layer, and beside it a product of two narrow ones of which the second begins at zero."""

    def __init__(self) -> None:
        super().__init__()
        self.base, self.out = nn.Linear(64, 32), nn.Linear(32, 10)
        self.base.requires_grad_(False)
        self.down, self.up = nn.Parameter(glassnet.randn(64, 4) / 8), nn.Parameter(glassnet.zeros(4, 32))

    def forward(self, x: Any) -> Any:
        x = x.flatten(1)
        return self.out(F.relu(self.base(x) + x @ self.down @ self.up))


@healthy
def an_adapter_that_begins_at_zero() -> Script:
    model = Adapted()
    with glassnet.no_grad():  # as what was learned elsewhere: a few directions stand out
        model.base.weight += glassnet.randn(32, 2) @ glassnet.randn(2, 64) / 8
    wanted = [p for p in model.parameters() if p.requires_grad]
    return Script(model, digits(), F.cross_entropy, optim.Adam(wanted, lr=0.01))


@healthy
def a_step_for_four_batches() -> Script:
    script = Script(mlp(4, 16, 3), blobs())
    calls = 0

    def step(x: Any, y: Any) -> None:
        nonlocal calls
        calls += 1
        (script.loss(script.model(x), y) / 4).backward()
        if calls % 4 == 0:
            script.optimizer.step()
            script.optimizer.zero_grad()

    script.extra["step"] = step
    return script


@healthy
def zeroed_after_the_step() -> Script:
    script = Script(mlp(1, 32, 32, 1, activation=nn.Tanh), wave(), F.mse_loss)

    def step(x: Any, y: Any) -> None:
        script.loss(script.model(x), y).backward()
        nn.utils.clip_grad_norm_(script.model.parameters(), 0.5)
        script.optimizer.step()
        script.optimizer.zero_grad()

    script.extra["step"] = step
    return script


class Uncertain(nn.Module):
    """Two tasks, each loss weighed by what is learned of its uncertainty; its least is not 0."""

    def __init__(self) -> None:
        super().__init__()
        self.log_variance = nn.Parameter(glassnet.zeros(2))

    def forward(self, outputs: Any, targets: Any) -> Any:
        errors = ((outputs - targets) ** 2).mean(0)
        return (errors * (-self.log_variance).exp() + self.log_variance).sum()


@healthy
def two_tasks_weighed_by_uncertainty() -> Script:
    x, y = line()
    model, loss = mlp(5, 24, 2), Uncertain()
    both = glassnet.cat([y, (x[:, :1] * 2).sin()], 1)
    return Script(model, (x, both), loss, optim.Adam([*model.parameters(), *loss.parameters()], lr=0.01))


@healthy
def a_network_measured_in_its_step() -> Script:
    """Each step measures in evaluation mode first, and then trains."""
    model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 2))
    script = Script(model, moons())
    train = stepping(model, script.loss, script.optimizer)

    def step(x: Any, y: Any) -> Any:
        model.eval()
        with glassnet.no_grad():
            model(x)
        model.train()
        return train(x, y)

    script.extra["step"] = step
    return script
