"""Healthy scripts."""

from __future__ import annotations

from typing import Any

import numpy as np

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.data import DataLoader, TensorDataset
from glassnet.datasets import make_spirals
from tests.explain.corpus.common import SECOND, Script
from tests.explain.corpus.second.tasks import (
    AttentionPooling,
    BagOfWords,
    Recurrent,
    Residual,
    digits,
    fill,
    mlp,
    moons,
    sentences,
    sequences,
    table,
)

healthy = SECOND.is_healthy


@healthy
def tiny_rate_that_learns() -> Script:
    x, y = digits()
    model = mlp(64, 128, 10)
    return Script(model, (x, y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.0003))


@healthy
def logits_and_bce() -> Script:
    x, y = moons()
    model = mlp(2, 16, 1, act=nn.Tanh)
    return Script(model, (x, y.float().reshape(-1, 1)), nn.BCEWithLogitsLoss(), optim.Adam(model.parameters(), lr=0.02))


@healthy
def probabilities_and_bce() -> Script:
    x, y = moons()
    model = mlp(2, 16, 1, tail=[nn.Sigmoid()])
    return Script(model, (x, y.float().reshape(-1, 1)), nn.BCELoss(), optim.Adam(model.parameters(), lr=0.02))


@healthy
def targets_in_the_tens() -> Script:
    x, y = table()
    model = mlp(5, 32, 1)
    return Script(model, (x, y * 10 + 20), F.mse_loss, optim.Adam(model.parameters(), lr=0.05))


@healthy
def imbalance_that_is_learned() -> Script:
    n = 400
    y = (glassnet.rand(n) < 0.08).long()
    x = glassnet.randn(n, 4) + 4 * y.float().reshape(-1, 1)
    model = mlp(4, 16, 2)
    return Script(model, (x, y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.02))


@healthy
def dropout_and_weight_decay() -> Script:
    x, y = digits()
    model = nn.Sequential(
        nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10)
    )
    loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True)
    return Script(model, loader, F.cross_entropy, optim.AdamW(model.parameters(), lr=0.003, weight_decay=0.05))


@healthy
def deep_residual_with_norm() -> Script:
    x, y = digits()
    model = Residual(32, 10, 64, 10, normed=True)
    return Script(model, (x, y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.002))


@healthy
def float64_regression() -> Script:
    x, y = table()
    model = mlp(5, 16, 1, act=nn.Softplus).double()
    return Script(model, (x.double(), y.double()), nn.HuberLoss(), optim.SGD(model.parameters(), lr=0.05, momentum=0.9))


@healthy
def a_sine_of_one_feature() -> Script:
    x = glassnet.linspace(-2, 2, 64).reshape(-1, 1)
    model = mlp(1, 40, 40, 1, act=nn.Tanh)
    return Script(model, (x, (2 * x).sin()), F.mse_loss, optim.Adam(model.parameters(), lr=0.01))


@healthy
def eight_rows() -> Script:
    x, y = glassnet.randn(8, 3), glassnet.tensor([0, 1, 0, 1, 1, 0, 0, 1])
    model = mlp(3, 16, 2)
    return Script(model, (x, y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.01))


@healthy
def a_hundred_classes() -> Script:
    n, classes = 1000, 100
    y = glassnet.arange(n) % classes
    centres = glassnet.randn(classes, 20)
    x = centres[y] + 0.3 * glassnet.randn(n, 20)
    model = mlp(20, 64, classes)
    loader = DataLoader(TensorDataset(x, y), batch_size=100, shuffle=True)
    return Script(model, loader, F.cross_entropy, optim.Adam(model.parameters(), lr=0.01))


@healthy
def one_hot_inputs() -> Script:
    n = 300
    codes = glassnet.randint(0, 40, (n,))
    x = F.one_hot(codes, 40).float()
    model = mlp(40, 32, 4)
    return Script(model, (x, codes % 4), F.cross_entropy, optim.Adam(model.parameters(), lr=0.02))


@healthy
def images_not_flattened() -> Script:
    x, y = digits(flat=False)
    model = nn.Sequential(nn.Flatten(), *mlp(64, 32, 10))
    return Script(model, (x.unsqueeze(1), y), F.cross_entropy, optim.SGD(model.parameters(), lr=0.3))


@healthy
def words() -> Script:
    model = BagOfWords()
    return Script(model, sentences(), F.cross_entropy, optim.Adam(model.parameters(), lr=0.03))


@healthy
def tanh_recurrence() -> Script:
    model = Recurrent()
    return Script(model, sequences(), F.cross_entropy, optim.Adam(model.parameters(), lr=0.01))


@healthy
def attention_over_steps() -> Script:
    model = AttentionPooling(dim=1)
    return Script(model, sequences(), F.cross_entropy, optim.Adam(model.parameters(), lr=0.03))


@healthy
def spirals_wide() -> Script:
    points, labels = make_spirals(300, 0.05, 2)
    x = glassnet.tensor(np.asarray(points, "float32"))
    y = glassnet.tensor(np.asarray(labels))
    model = mlp(2, 256, int(y.max().item()) + 1)
    return Script(model, (x, y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.01))


@healthy
def autoencoder() -> Script:
    x, _ = digits()
    model = mlp(64, 16, 64, tail=[nn.Sigmoid()])
    return Script(model, (x, x), F.mse_loss, optim.Adam(model.parameters(), lr=0.01))


@healthy
def softmax_regression() -> Script:
    x, y = digits()
    model = nn.Linear(64, 10)
    return Script(model, (x, y), F.cross_entropy, optim.SGD(model.parameters(), lr=0.5))


@healthy
def own_step_with_clipping_and_new_validation() -> Script:
    x, y = digits(500)
    model = mlp(64, 48, 10, act=nn.GELU)
    optimizer = optim.SGD(model.parameters(), lr=0.2, momentum=0.9, nesterov=True)

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y, label_smoothing=0.1)
        loss.backward()
        total = sum((p.grad**2).sum() for p in model.parameters()).sqrt().item()
        for p in model.parameters():
            p.grad.mul_(min(1.0, 1.0 / (total + 1e-6)))
        optimizer.step()
        return loss

    return Script(
        model, (x[:400], y[:400]), F.cross_entropy, optimizer, {"step": step, "validation": (x[400:], y[400:])}
    )


@healthy
def several_labels_each() -> Script:
    n = 300
    x = glassnet.randn(n, 8)
    y = (x @ glassnet.randn(8, 5) > 0).float()
    model = mlp(8, 32, 5, act=nn.SiLU)
    return Script(model, (x, y), nn.BCEWithLogitsLoss(), optim.RMSprop(model.parameters(), lr=0.005))


@healthy
def a_frozen_encoder() -> Script:
    x, y = digits()
    model = mlp(64, 64, 10)
    whole = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(60):
        whole.zero_grad()
        F.cross_entropy(model(x), y).backward()
        whole.step()
    model[0].requires_grad_(False)
    return Script(
        model, (x, y), F.cross_entropy, optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.01)
    )


@healthy
def gru_like() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.z = nn.Linear(22, 16)
            self.h = nn.Linear(22, 16)
            self.o = nn.Linear(16, 3)

        def forward(self, x: Any) -> Any:
            h = glassnet.zeros(len(x), 16)
            for t in range(x.shape[1]):
                c = glassnet.cat([x[:, t], h], 1)
                z = self.z(c).sigmoid()
                h = (1 - z) * h + z * self.h(c).tanh()
            return self.o(h)

    model = Net()
    return Script(model, sequences(), F.cross_entropy, optim.Adam(model.parameters(), lr=0.02))


@healthy
def eight_relu_layers() -> Script:
    x, y = digits()
    model = fill(mlp(64, *[64] * 7, 10), nn.init.kaiming_normal_)
    return Script(model, (x, y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.001))


@healthy
def variational() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.e = mlp(64, 32, 8)
            self.d = mlp(4, 32, 64)

        def forward(self, x: Any) -> Any:
            h = self.e(x)
            mu, lv = h[:, :4], h[:, 4:]
            z = mu + (lv / 2).exp() * glassnet.randn_like(mu)
            return glassnet.cat([self.d(z), mu, lv], 1)

    def loss(o: Any, x: Any) -> Any:
        r, mu, lv = o[:, :64], o[:, 64:68], o[:, 68:]
        return ((r - x) ** 2).sum(1).mean() + 0.1 * (-0.5 * (1 + lv - mu**2 - lv.exp())).sum(1).mean()

    x, _ = digits()
    model = Net()
    return Script(model, (x, x), loss, optim.Adam(model.parameters(), lr=0.003))


@healthy
def gaussian_heads() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.n = mlp(5, 32, 2)

        def forward(self, x: Any) -> Any:
            return self.n(x)

    model = Net()
    return Script(
        model,
        table(),
        lambda o, t: F.gaussian_nll_loss(o[:, :1], t, F.softplus(o[:, 1:]) + 0.001),
        optim.Adam(model.parameters(), lr=0.01),
    )


@healthy
def logistic_one_feature() -> Script:
    x = glassnet.randn(150, 1)
    y = (x + 0.8 * glassnet.randn(150, 1) > 0).float()
    model = nn.Linear(1, 1)
    return Script(model, (x, y), nn.BCEWithLogitsLoss(), optim.SGD(model.parameters(), lr=0.5))


@healthy
def fine_tuning_a_small_rate() -> Script:
    x, y = digits()
    model = mlp(64, 32, 10)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(60):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    return Script(model, (x, y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.0001))


@healthy
def triplets_by_margin() -> Script:
    x, y = moons()
    model = mlp(2, 16, 1, act=nn.Tanh)
    return Script(
        model, (x, (2 * y - 1).float().reshape(-1, 1)), nn.SoftMarginLoss(), optim.Adam(model.parameters(), lr=0.02)
    )


@healthy
def tied_autoencoder() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(glassnet.randn(64, 20) * 0.1)
            self.b = nn.Parameter(glassnet.zeros(64))

        def forward(self, x: Any) -> Any:
            return (x @ self.w).tanh() @ self.w.T + self.b

    x, _ = digits()
    model = Net()
    return Script(model, (x, x), F.mse_loss, optim.Adam(model.parameters(), lr=0.01))


@healthy
def sgd_with_own_step_and_dropout() -> Script:
    x, y = digits()
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.4), nn.Linear(64, 10))
    optimizer = optim.SGD(model.parameters(), lr=0.2, momentum=0.9)

    def step(x: Any, y: Any) -> Any:
        model.train()
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return Script(model, (x, y), F.cross_entropy, optimizer, {"step": step})


@healthy
def own_step_with_l2_and_two_losses() -> Script:
    x, y = digits()
    model = mlp(64, 32, 10)
    optimizer = optim.Adam(model.parameters(), lr=0.005)

    def step(x: Any, y: Any) -> None:
        optimizer.zero_grad()
        (F.cross_entropy(model(x), y) + 0.0001 * sum((p**2).sum() for p in model.parameters())).backward()
        optimizer.step()

    return Script(model, (x, y), F.cross_entropy, optimizer, {"step": step})


@healthy
def mixup_step() -> Script:
    x, y = digits()
    model = mlp(64, 64, 10)
    optimizer = optim.Adam(model.parameters(), lr=0.005)

    def step(x: Any, y: Any) -> None:
        k = glassnet.randperm(len(x))
        a = 0.7
        optimizer.zero_grad()
        s = model(a * x + (1 - a) * x[k])
        (a * F.cross_entropy(s, y) + (1 - a) * F.cross_entropy(s, y[k])).backward()
        optimizer.step()

    return Script(model, (x, y), F.cross_entropy, optimizer, {"step": step})


@healthy
def frozen_random_features() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("r", glassnet.randn(64, 200) / 8)
            self.o = nn.Linear(200, 10)

        def forward(self, x: Any) -> Any:
            return self.o((x @ self.r).relu())

    model = Net()
    return Script(model, digits(), F.cross_entropy, optim.Adam(model.parameters(), lr=0.005))
