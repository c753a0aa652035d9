"""Healthy scripts at the edges of what is healthy."""

from __future__ import annotations

from typing import Any

import numpy as np

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.data import DataLoader, TensorDataset
from tests.explain.corpus.common import SECOND, Script
from tests.explain.corpus.second.tasks import Residual, digits, mlp, table

healthy = SECOND.is_healthy


@healthy
def last_layer_begins_at_zero() -> Script:
    x, y = digits()
    model = mlp(64, 32, 32, 10)
    nn.init.zeros_(model[4].weight)
    nn.init.zeros_(model[4].bias)
    return Script(model, (x, y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.003))


@healthy
def residual_branches_begin_at_zero() -> Script:
    x, y = digits()
    model = Residual(32, 4, 64, 10)
    for b in model.blocks:
        nn.init.zeros_(b[2].weight)
        nn.init.zeros_(b[2].bias)
    return Script(model, (x, y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.003))


class Heads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = mlp(5, 16, 16)
        self.mean = nn.Linear(16, 1)
        self.spread = nn.Linear(16, 1)
        self.more = nn.Linear(16, 3)
        for h in (self.mean, self.spread, self.more):
            nn.init.zeros_(h.weight)

    def forward(self, x: Any) -> Any:
        h = self.body(x).relu()
        return glassnet.cat([self.mean(h), self.spread(h), self.more(h)], 1)


@healthy
def several_heads_begin_at_zero() -> Script:
    x, y = table(outputs=5)
    model = Heads()
    return Script(model, (x, y), F.mse_loss, optim.Adam(model.parameters(), lr=0.01))


@healthy
def weak_linear_regression() -> Script:
    x = glassnet.randn(200, 1)
    y = 0.6 * x + 0.8 * glassnet.randn(200, 1)
    model = nn.Linear(1, 1)
    return Script(model, (x, y), F.mse_loss, optim.SGD(model.parameters(), lr=0.05))


@healthy
def linear_classes_that_overlap() -> Script:
    y = glassnet.randint(0, 2, (300,))
    x = glassnet.randn(300, 2) + 1.2 * y.float().reshape(-1, 1)
    model = nn.Linear(2, 2)
    return Script(model, (x, y), F.cross_entropy, optim.SGD(model.parameters(), lr=0.1))


@healthy
def distillation() -> Script:
    x, y = digits()
    soft = F.softmax(F.one_hot(y, 10).float() * 2.0, 1)
    model = mlp(64, 32, 10)
    return Script(model, (x, soft), F.cross_entropy, optim.Adam(model.parameters(), lr=0.01))


@healthy
def label_smoothing() -> Script:
    x, y = digits()
    model = mlp(64, 32, 10)
    return Script(model, (x, y), nn.CrossEntropyLoss(label_smoothing=0.3), optim.Adam(model.parameters(), lr=0.01))


@healthy
def counts() -> Script:
    x = glassnet.randn(300, 3)
    rate = (x @ glassnet.tensor([[0.5], [-0.3], [0.2]])).exp()
    y = glassnet.tensor(np.random.default_rng(0).poisson(rate.numpy()).astype("float32"))
    model = mlp(3, 16, 1)
    return Script(model, (x, y), nn.PoissonNLLLoss(), optim.Adam(model.parameters(), lr=0.01))


@healthy
def already_trained() -> Script:
    x, y = digits()
    model = mlp(64, 64, 10)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(200):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    return Script(model, (x, y), F.cross_entropy, optimizer)


@healthy
def already_trained_new_optimizer() -> Script:
    script = already_trained()
    script.optimizer = optim.Adam(script.model.parameters(), lr=0.01)
    return script


@healthy
def trained_linear_regression() -> Script:
    x, y = table()
    model = nn.Linear(5, 1)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(500):
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
    return Script(model, (x, y), F.mse_loss, optimizer)


@healthy
def class_0_is_padding() -> Script:
    x, y = digits()
    model = mlp(64, 32, 11)
    return Script(model, (x, y + 1), F.cross_entropy, optim.Adam(model.parameters(), lr=0.01))


@healthy
def sorted_by_class() -> Script:
    x, y = digits()
    k = (y > 0).nonzero().reshape(-1)
    x, y = x[k], y[k]
    k = y.argsort()
    model = mlp(64, 32, 10)
    return Script(
        model, [(x[k][i::4], y[k][i::4]) for i in range(4)], F.cross_entropy, optim.Adam(model.parameters(), lr=0.01)
    )


@healthy
def categories_and_a_fair_split() -> Script:
    n = 400
    codes = glassnet.randint(0, 40, (n,))
    x = F.one_hot(codes, 40).float()
    y = codes % 4
    model = mlp(40, 32, 4)
    return Script(
        model,
        (x[:300], y[:300]),
        F.cross_entropy,
        optim.Adam(model.parameters(), lr=0.02),
        {"validation": (x[300:], y[300:])},
    )


@healthy
def step_with_accumulation() -> Script:
    x, y = digits()
    model = mlp(64, 32, 10)
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def step(x: Any, y: Any) -> None:
        optimizer.zero_grad()
        for h in (slice(0, 16), slice(16, 32)):
            (F.cross_entropy(model(x[h]), y[h]) / 2).backward()
        optimizer.step()

    return Script(model, (x, y), F.cross_entropy, optimizer, {"step": step})


@healthy
def warm_up_factor_tiny() -> Script:
    x, y = digits()
    model = mlp(64, 32, 10)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return Script(model, (x, y), F.cross_entropy, optimizer)


@healthy
def standardised_but_one_rare_column() -> Script:
    x, y = table(features=6)
    a = x.numpy().copy()
    a[:, 5] = 0
    a[3, 5] = 14.0
    a[77, 5] = 9
    model = mlp(6, 20, 1)
    return Script(model, (glassnet.tensor(a), y), F.mse_loss, optim.Adam(model.parameters(), lr=0.01))


@healthy
def one_sample_batches() -> Script:
    x, y = table(40)
    model = mlp(5, 16, 1)
    return Script(
        model, DataLoader(TensorDataset(x, y), batch_size=1), F.mse_loss, optim.SGD(model.parameters(), lr=0.01)
    )


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(5, 16)
        self.b = nn.Linear(16, 16)
        self.c = nn.Linear(16, 1)

    def forward(self, x: Any) -> Any:
        h = self.a(x).tanh()
        for _ in range(3):
            h = self.b(h).tanh()
        return self.c(h)


@healthy
def shared_three_times() -> Script:
    model = Shared()
    return Script(model, table(), F.mse_loss, optim.Adam(model.parameters(), lr=0.01))


@healthy
def balanced_by_pos_weight() -> Script:
    n = 600
    y = (glassnet.rand(n, 1) < 0.05).float()
    x = glassnet.randn(n, 10) + 1.0 * y
    model = mlp(10, 16, 1)
    return Script(
        model, (x, y), nn.BCEWithLogitsLoss(pos_weight=glassnet.tensor([19.0])), optim.Adam(model.parameters(), lr=0.01)
    )


@healthy
def straight_through() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.e = mlp(64, 32, 16)
            self.d = nn.Linear(16, 10)

        def forward(self, x: Any) -> Any:
            h = self.e(x).tanh()
            q = h + (h.round() - h).detach()
            return self.d(q)

    x, y = digits()
    model = Net()
    return Script(model, (x, y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.01))


@healthy
def squared_targets_of_a_column() -> Script:
    x, y = table()
    model = mlp(5, 1)
    return Script(model, (x, y), F.mse_loss, optim.SGD(model.parameters(), lr=0.02))


@healthy
def attention_small_batch_equal_dims() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.l = nn.Linear(64, 10)

        def forward(self, x: Any) -> Any:
            return F.log_softmax(self.l(x).T, dim=0).T

    x, y = digits()
    model = Net()
    return Script(model, (x, y), F.nll_loss, optim.SGD(model.parameters(), lr=0.3))


@healthy
def likelihood_below_zero() -> Script:
    x, y = table()
    model = mlp(5, 32, 2)
    optimizer = optim.Adam(model.parameters(), lr=0.01)

    def loss(o: Any, t: Any) -> Any:
        return F.gaussian_nll_loss(o[:, :1], t, F.softplus(o[:, 1:]) + 0.001)

    for _ in range(150):
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()
    return Script(model, (x, y), loss, optim.Adam(model.parameters(), lr=0.003))


@healthy
def counts_of_fifty() -> Script:
    x = glassnet.randn(300, 3)
    y = glassnet.tensor(np.random.default_rng(0).poisson(12 * (x[:, :1] * 0.3).exp().numpy()).astype("float32"))
    model = mlp(3, 16, 1)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(60):
        optimizer.zero_grad()
        F.poisson_nll_loss(model(x), y).backward()
        optimizer.step()
    return Script(model, (x, y), nn.PoissonNLLLoss(), optimizer)


@healthy
def cosine_reward() -> Script:
    x = glassnet.randn(200, 6)
    w = glassnet.randn(6, 4)
    model = mlp(6, 24, 4)
    optimizer = optim.Adam(model.parameters(), lr=0.002)
    for _ in range(25):
        optimizer.zero_grad()
        (-F.cosine_similarity(model(x), x @ w).mean()).backward()
        optimizer.step()
    return Script(model, (x, x @ w), lambda o, t: -F.cosine_similarity(o, t).mean(), optimizer)
