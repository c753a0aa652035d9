"""Faults of learning, of the script, and of derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.data import DataLoader, TensorDataset
from glassnet.datasets import make_xor
from glassnet.ops import Op
from glassnet.ops.elementary import exp
from glassnet.tensor import apply
from tests.explain.corpus.common import SECOND, Script
from tests.explain.corpus.second.tasks import (
    BagOfWords,
    Forgotten,
    Frozen,
    Listed,
    Normed,
    digits,
    fill,
    mlp,
    moons,
    sentences,
    table,
)

broken = SECOND.has_fault


@broken("learning_rate_too_high")
def sgd_of_thirty() -> Script:
    x, y = moons()
    model = mlp(2, 16, 2, act=nn.Tanh)
    return Script(model, (x, y), F.cross_entropy, optim.SGD(model.parameters(), lr=30.0))


@broken("learning_rate_too_high")
def adam_of_two() -> Script:
    x, y = digits()
    model = mlp(64, 64, 32, 10)
    return Script(
        model,
        DataLoader(TensorDataset(x, y), batch_size=50, shuffle=True),
        nn.CrossEntropyLoss(),
        optim.Adam(model.parameters(), lr=2.0),
    )


@broken("learning_rate_too_high")
def regression_diverges() -> Script:
    x, y = table()
    model = mlp(5, 64, 1)
    return Script(model, (x, y * 5), F.mse_loss, optim.SGD(model.parameters(), lr=0.5, momentum=0.9))


@broken("learning_rate_too_low")
def sgd_of_a_millionth() -> Script:
    x, y = digits()
    model = mlp(64, 32, 10)
    return Script(model, (x, y), F.cross_entropy, optim.SGD(model.parameters(), lr=1e-6))


@broken("learning_rate_too_low")
def adam_of_a_ten_millionth() -> Script:
    x, y = table()
    model = mlp(5, 16, 1, act=nn.SiLU)
    return Script(model, (x, y), nn.L1Loss(), optim.AdamW(model.parameters(), lr=1e-7))


@broken("no_gradient")
def encoder_detached() -> Script:
    model = Frozen()
    return Script(model, digits(), F.cross_entropy, optim.Adam(model.parameters(), lr=0.01))


@broken("no_gradient")
def a_layer_that_is_not_used() -> Script:
    model = Forgotten()
    return Script(model, table(), F.mse_loss, optim.Adam(model.parameters(), lr=0.01))


@broken("not_in_optimizer")
def layers_in_a_list() -> Script:
    model = Listed()
    return Script(model, digits(), F.cross_entropy, optim.Adam(model.parameters(), lr=0.01))


@broken("not_in_optimizer")
def optimizer_of_the_head() -> Script:
    x, y = digits()
    model = mlp(64, 32, 10)
    return Script(model, (x, y), F.cross_entropy, optim.SGD(model[2].parameters(), lr=0.1))


@broken("not_in_optimizer")
def optimizer_of_another_model() -> Script:
    x, y = table()
    optimizer = optim.Adam(mlp(5, 8, 1).parameters(), lr=0.01)
    return Script(mlp(5, 8, 1), (x, y), F.mse_loss, optimizer)


@broken("gradients_not_zeroed")
def no_zero_grad() -> Script:
    model = BagOfWords()
    optimizer = optim.SGD(model.parameters(), lr=0.5)

    def step(x: Any, y: Any) -> Any:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return Script(model, sentences(), F.cross_entropy, optimizer, {"step": step})


@broken("gradients_not_zeroed")
def zeroes_one_of_two_modules() -> Script:
    model = nn.Sequential(mlp(64, 32, 16), nn.ReLU(), nn.Linear(16, 10))
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def step(x: Any, y: Any) -> None:
        model[2].zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()

    return Script(model, digits(), F.cross_entropy, optimizer, {"step": step})


@broken("no_gradient", "gradients_not_zeroed")
def zero_grad_between_backward_and_step() -> Script:
    x, y = digits()
    model = mlp(64, 32, 10)
    optimizer = optim.Adam(model.parameters(), lr=0.01)

    def step(x: Any, y: Any) -> None:
        F.cross_entropy(model(x), y).backward()
        optimizer.zero_grad()
        optimizer.step()

    return Script(model, (x, y), F.cross_entropy, optimizer, {"step": step})


@broken("evaluation_mode")
def eval_and_never_train() -> Script:
    x, y = digits()
    model = mlp(64, 64, 10)
    model = nn.Sequential(nn.Dropout(0.2), *model).eval()
    return Script(model, (x, y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.003))


@broken("evaluation_mode")
def eval_in_the_step() -> Script:
    x, y = moons()
    model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 2))
    optimizer = optim.Adam(model.parameters(), lr=0.01)

    def step(x: Any, y: Any) -> None:
        model.eval()
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()

    return Script(model, (x, y), F.cross_entropy, optimizer, {"step": step})


@broken("not_finite")
def missing_value_in_the_table() -> Script:
    x, y = table()
    a = x.numpy().copy()
    a[17, 3] = np.nan
    model = mlp(5, 16, 1)
    return Script(model, (glassnet.tensor(a), y), F.mse_loss, optim.Adam(model.parameters(), lr=0.01))


@broken("not_finite")
def row_of_zeros_normalised() -> Script:
    x, y = digits()
    a = x.numpy().copy()
    a[5] = 0
    model = Normed()
    return Script(model, (glassnet.tensor(a), y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.01))


@broken("not_finite")
def exp_softmax_by_hand_overflows() -> Script:
    x, y = digits(scale=1.0)
    x = x - x.mean(0)
    model = mlp(64, 10)
    with glassnet.no_grad():
        model[0].weight.mul_(40.0)

    def loss(scores: Any, labels: Any) -> Any:
        e = scores.exp()
        p = e / e.sum(1, keepdim=True)
        return -p.gather(1, labels.reshape(-1, 1)).log().mean()

    return Script(model, (x, y), loss, optim.SGD(model.parameters(), lr=0.01))


@broken("not_finite")
def distance_of_equal_points() -> Script:
    """√0 backward is infinite: forward nothing is amiss."""
    x, y = table()
    model = mlp(5, 1)
    fill(model, nn.init.zeros_)
    y0 = glassnet.zeros(*y.shape)
    return Script(model, (x, y0), lambda p, t: ((p - t) ** 2).sum().sqrt(), optim.SGD(model.parameters(), lr=0.01))


swish_forgot = Op(
    "swish_forgot",
    lambda x, out=None: x / (1 + np.exp(-x)),
    (lambda g, y, x: g * (1 / (1 + exp(-x))),),  # + y·(1 − σ(x)) is forgotten
    lambda x: x,
    "x / (1 + exp(-x))",
    elementwise=True,
    cast="float",
)


class WithSwish(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(5, 16), nn.Linear(16, 1)

    def forward(self, x: Any) -> Any:
        return self.b(apply(swish_forgot, self.a(x)))


@broken("wrong_gradient")
def swish_without_its_second_term() -> Script:
    model = WithSwish()
    return Script(model, table(), F.mse_loss, optim.Adam(model.parameters(), lr=0.01))


@broken("wrong_gradient")
def backprop_by_hand_without_the_mask() -> Script:
    x, y = table()
    model = mlp(5, 16, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.05)

    def step(x: Any, y: Any) -> None:
        with glassnet.no_grad():
            z = model[0](x)
            h = z.relu()
            d = 2 * (model[2](h) - y) / len(x)
            model[2].weight.grad, model[2].bias.grad = d.T @ h, d.sum(0)
            dz = d @ model[2].weight  # · (z > 0) is forgotten
            model[0].weight.grad, model[0].bias.grad = dz.T @ x, dz.sum(0)
        optimizer.step()

    return Script(model, (x, y), F.mse_loss, optimizer, {"step": step})


@broken("wrong_gradient")
def hook_with_a_wrong_sign() -> Script:
    x, y = digits()

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(64, 32), nn.Linear(32, 10)

        def forward(self, x: Any) -> Any:
            h = self.a(x).tanh()
            if h.requires_grad:
                h.register_hook(lambda g: -g)
            return self.b(h)

    model = Net()
    return Script(model, (x, y), F.cross_entropy, optim.SGD(model.parameters(), lr=0.1))


@broken("class_imbalance")
def fraud() -> Script:
    n = 600
    y = (glassnet.rand(n, 1) < 0.03).float()
    x = glassnet.randn(n, 10) + 0.3 * y
    model = mlp(10, 16, 1)
    return Script(model, (x, y), nn.BCEWithLogitsLoss(), optim.SGD(model.parameters(), lr=0.01))


@broken("class_imbalance")
def four_classes_one_of_them_everything() -> Script:
    n = 800
    y = (glassnet.rand(n) > 0.94).long() * glassnet.randint(1, 4, (n,))
    x = glassnet.randn(n, 6) + 0.2 * y.float().reshape(-1, 1)
    model = mlp(6, 24, 4, act=nn.Tanh)
    loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True)
    return Script(model, loader, F.cross_entropy, optim.Adam(model.parameters(), lr=0.001))


@broken("leakage")
def oversampled_before_the_split() -> Script:
    x, y = digits(300)
    order = glassnet.randperm(600)
    both, labels = glassnet.cat([x, x])[order], glassnet.cat([y, y])[order]
    model = mlp(64, 32, 10)
    return Script(
        model,
        (both[:450], labels[:450]),
        F.cross_entropy,
        optim.Adam(model.parameters(), lr=0.01),
        {"validation": (both[450:], labels[450:])},
    )


@broken("leakage")
def random_split_twice() -> Script:
    x, y = table(300)
    a, b = glassnet.randperm(300)[:240], glassnet.randperm(300)[:60]
    model = mlp(5, 16, 1)
    loader = DataLoader(TensorDataset(x[a], y[a]), batch_size=30, shuffle=True)
    return Script(model, loader, F.mse_loss, optim.Adam(model.parameters(), lr=0.01), {"validation": (x[b], y[b])})


@broken("cannot_overfit")
def sigmoid_output_for_targets_beyond_one() -> Script:
    x, y = table()
    model = mlp(5, 32, 1, act=nn.Tanh, tail=[nn.Sigmoid()])
    return Script(model, (x, y * 4 - 2), F.mse_loss, optim.Adam(model.parameters(), lr=0.01))


@broken("not_separable")
def linear_on_xor() -> Script:
    points, labels = make_xor(200, 0.1, 1)
    x = glassnet.tensor(np.asarray(points, "float32"))
    x = (x - x.mean(0)) / x.std(0)
    model = nn.Linear(2, 2)
    return Script(
        model, (x, glassnet.tensor(np.asarray(labels))), F.cross_entropy, optim.Adam(model.parameters(), lr=0.05)
    )


@broken("cannot_overfit", "dead_relu")
def relu_at_the_end() -> Script:
    """Negative targets that a ReLU cannot give."""
    x, y = table()
    model = mlp(5, 32, 1, tail=[nn.ReLU()])
    return Script(model, (x, y - 0.5), F.mse_loss, optim.Adam(model.parameters(), lr=0.01))


@broken("labels_unrelated")
def inputs_that_do_not_tell() -> Script:
    """One-hot of a column that has nothing to do with the label, so samples alike have labels unlike."""
    n = 256
    x = F.one_hot(glassnet.randint(0, 3, (n,)), 3).float()
    model = mlp(3, 32, 4)
    return Script(model, (x, glassnet.randint(0, 4, (n,))), F.cross_entropy, optim.Adam(model.parameters(), lr=0.01))
