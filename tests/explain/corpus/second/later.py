"""Faults of all kinds, written when those before had been mended, and two that only their edges tell."""

from __future__ import annotations

from typing import Any

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.data import DataLoader, TensorDataset
from tests.explain.corpus.common import SECOND, Script
from tests.explain.corpus.second.tasks import BagOfWords, digits, fill, mlp, moons, sentences, sequences, table

broken = SECOND.has_fault


@broken("softmax_before_loss")
def softmax_temperature_then_ce() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.n = mlp(64, 32, 10)

        def forward(self, x: Any) -> Any:
            return F.softmax(self.n(x) / 2.0, dim=-1)

    model = Net()
    return Script(model, digits(), nn.CrossEntropyLoss(), optim.Adam(model.parameters(), lr=0.005))


@broken("softmax_before_loss")
def sigmoid_outputs_into_cross_entropy() -> Script:
    x, y = moons()
    model = mlp(2, 16, 2, tail=[nn.Sigmoid()])
    return Script(model, (x, y), F.cross_entropy, optim.SGD(model.parameters(), lr=0.5))


@broken("softmax_over_samples")
def softmax_dim0_by_hand() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.n = mlp(64, 32, 10)

        def forward(self, x: Any) -> Any:
            e = self.n(x).exp()
            return (e / e.sum(0, keepdim=True)).log()

    model = Net()
    return Script(model, digits(), F.nll_loss, optim.Adam(model.parameters(), lr=0.005))


@broken("silent_broadcast")
def absolute_error_by_hand_of_sequences() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.u = nn.Linear(6, 12)
            self.w = nn.Linear(12, 12)
            self.o = nn.Linear(12, 1)

        def forward(self, x: Any) -> Any:
            h = self.u(x[:, 0]).tanh()
            for t in range(1, 5):
                h = (self.u(x[:, t]) + self.w(h)).tanh()
            return self.o(h)

    x, y = sequences()
    model = Net()
    return Script(model, (x, y.float()), lambda p, t: (p - t).abs().mean(), optim.Adam(model.parameters(), lr=0.01))


@broken("labels_out_of_range")
def percent_for_bce() -> Script:
    x, y = moons()
    model = mlp(2, 8, 1, tail=[nn.Sigmoid()])
    return Script(
        model, (x, 100 * y.float().reshape(-1, 1)), nn.BCEWithLogitsLoss(), optim.Adam(model.parameters(), lr=0.01)
    )


@broken("labels_out_of_range")
def ten_classes_nine_outputs() -> Script:
    x, y = digits()
    model = mlp(64, 32, 9)
    return Script(
        model, DataLoader(TensorDataset(x, y), batch_size=50), F.cross_entropy, optim.Adam(model.parameters(), lr=0.01)
    )


@broken("dead_relu")
def dead_after_a_jump() -> Script:
    x, y = digits()
    model = mlp(64, 32, 32, 10)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with glassnet.no_grad():
        model[0].weight.sub_(1.0)
    return Script(model, (x, y), F.cross_entropy, optimizer)


@broken("saturated")
def sigmoid_gates_of_thirty() -> Script:
    x, y = table()
    model = mlp(5, 32, 1, act=nn.Sigmoid)
    with glassnet.no_grad():
        model[0].weight.mul_(60.0)
    return Script(model, (x, y), F.mse_loss, optim.Adam(model.parameters(), lr=0.003))


@broken("vanishing_gradients")
def twenty_tanhs_shrunk() -> Script:
    x, y = moons()
    model = mlp(2, *[12] * 18, 2, act=nn.Tanh)
    fill(model, nn.init.xavier_normal_, 0.3)
    return Script(model, (x, y), F.cross_entropy, optim.SGD(model.parameters(), lr=0.1))


@broken("exploding_gradients")
def deep_silu_too_big() -> Script:
    x, y = table(8 * 20)
    model = fill(mlp(5, *[40] * 14, 1, act=nn.SiLU), nn.init.normal_, 0.0, 0.6)
    return Script(model, (x, y), nn.L1Loss(), optim.SGD(model.parameters(), lr=0.001))


@broken("exploding_gradients")
def recurrence_relu() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.u = nn.Linear(6, 24)
            self.w = nn.Linear(24, 24, bias=False)
            self.o = nn.Linear(24, 3)
            nn.init.normal_(self.w.weight, 0, 0.6)

        def forward(self, x: Any) -> Any:
            h = self.u(x[:, 0]).relu()
            for t in range(1, x.shape[1]):
                h = (self.u(x[:, t]) + self.w(h)).relu()
            return self.o(h)

    model = Net()
    return Script(model, sequences(steps=16), F.cross_entropy, optim.Adam(model.parameters(), lr=0.001))


@broken("symmetric_weights")
def zero_middle_and_last() -> Script:
    x, y = moons()
    model = mlp(2, 10, 10, 2, act=nn.Tanh)
    for i in (2, 4):
        nn.init.zeros_(model[i].weight)
        nn.init.zeros_(model[i].bias)
    return Script(model, (x, y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.01))


@broken("learning_rate_too_high")
def adam_of_one_half_regression() -> Script:
    x, y = table()
    model = mlp(5, 64, 64, 1, act=nn.Tanh)
    return Script(model, (x, y), F.mse_loss, optim.Adam(model.parameters(), lr=0.8))


@broken("learning_rate_too_high")
def momentum_099() -> Script:
    x, y = digits()
    model = mlp(64, 64, 10)
    return Script(model, (x, y), F.cross_entropy, optim.SGD(model.parameters(), lr=2.0, momentum=0.99))


@broken("learning_rate_too_low")
def rmsprop_tiny() -> Script:
    model = BagOfWords()
    return Script(model, sentences(), F.cross_entropy, optim.RMSprop(model.parameters(), lr=1e-8))


@broken("no_gradient")
def output_through_numpy() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Linear(5, 16)
            self.b = nn.Linear(16, 1)

        def forward(self, x: Any) -> Any:
            return self.b(glassnet.tensor(self.a(x).relu().detach().numpy()))

    model = Net()
    return Script(model, table(), F.mse_loss, optim.Adam(model.parameters(), lr=0.01))


@broken("no_gradient", "step_fails")
def argmax_in_the_loss() -> Script:
    x, y = digits()
    model = mlp(64, 10)
    return Script(
        model, (x, y), lambda o, t: F.mse_loss(o.argmax(1).float(), t.float()), optim.SGD(model.parameters(), lr=0.1)
    )


@broken("not_in_optimizer")
def dict_of_heads() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Linear(64, 16)
            self.heads = {"d": nn.Linear(16, 10)}

        def forward(self, x: Any) -> Any:
            return self.heads["d"](self.a(x).relu())

    model = Net()
    return Script(model, digits(), F.cross_entropy, optim.SGD(model.parameters(), lr=0.1))


@broken("gradients_not_zeroed")
def zeroes_on_a_wrong_optimizer() -> Script:
    x, y = digits()
    model = mlp(64, 32, 10)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    other = optim.Adam(mlp(2, 2).parameters(), lr=0.01)

    def step(x: Any, y: Any) -> None:
        other.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()

    return Script(model, (x, y), F.cross_entropy, optimizer, {"step": step})


@broken("evaluation_mode")
def validation_leaves_eval() -> Script:
    x, y = digits()
    b = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.3))
    model = nn.Sequential(b, nn.Linear(32, 10))
    b.eval()
    return Script(model, (x, y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.01))


@broken("not_finite")
def kl_of_zero() -> Script:
    x, y = digits()
    model = mlp(64, 10, tail=[nn.Softmax(dim=1)])
    t = F.one_hot(y, 10).float()
    return Script(
        model, (x, t), lambda p, t: (t * (t.log() - p.log())).sum(1).mean(), optim.SGD(model.parameters(), lr=0.1)
    )


@broken("wrong_gradient")
def clamp_by_detach() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Linear(5, 16)
            self.b = nn.Linear(16, 1)

        def forward(self, x: Any) -> Any:
            h = self.a(x)
            return self.b(h * h.detach())

    model = Net()
    return Script(model, table(), F.mse_loss, optim.Adam(model.parameters(), lr=0.01))


@broken("class_imbalance")
def churn() -> Script:
    n = 500
    y = (glassnet.rand(n) < 0.06).long()
    x = glassnet.randn(n, 6) + 0.5 * y.float().reshape(-1, 1)
    model = mlp(6, 32, 2)
    return Script(model, (x, y), F.cross_entropy, optim.SGD(model.parameters(), lr=0.05))


@broken("leakage")
def validation_within_training_images() -> Script:
    x, y = digits(500, flat=False)
    model = nn.Sequential(nn.Flatten(), *mlp(64, 16, 10))
    return Script(
        model,
        (x, y),
        F.cross_entropy,
        optim.Adam(model.parameters(), lr=0.01),
        {"validation": (x[300:400], y[300:400])},
    )


@broken("cannot_overfit")
def tanh_output_for_prices() -> Script:
    x, y = table()
    model = mlp(5, 32, 1, tail=[nn.Tanh()])
    return Script(model, (x, 3 + y * 2), nn.L1Loss(), optim.Adam(model.parameters(), lr=0.01))


@broken("no_gradient", "cannot_overfit")
def bottleneck_of_one_sign() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.n = mlp(64, 1)
            self.o = mlp(1, 16, 10)

        def forward(self, x: Any) -> Any:
            return self.o(self.n(x).sign())

    model = Net()
    return Script(model, digits(), F.cross_entropy, optim.Adam(model.parameters(), lr=0.01))


@broken("leakage")
def leak_in_a_long_loader() -> Script:
    x, y = digits(1700)
    model = mlp(64, 32, 10)
    return Script(
        model,
        DataLoader(TensorDataset(x, y), batch_size=32),
        F.cross_entropy,
        optim.Adam(model.parameters(), lr=0.01),
        {"validation": (x[1500:], y[1500:])},
    )


@broken("symmetric_weights")
def own_parameters_of_ones() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w1 = nn.Parameter(glassnet.ones(5, 16) * 0.1)
            self.b1 = nn.Parameter(glassnet.zeros(16))
            self.w2 = nn.Parameter(glassnet.ones(16, 1) * 0.1)

        def forward(self, x: Any) -> Any:
            return (x @ self.w1 + self.b1).tanh() @ self.w2

    model = Net()
    return Script(model, table(), F.mse_loss, optim.Adam(model.parameters(), lr=0.01))
