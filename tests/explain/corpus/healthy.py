"""Forty training scripts that nothing is wrong with."""

from __future__ import annotations

from typing import Any

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.data import DataLoader, TensorDataset
from tests.explain.corpus.common import (
    FIRST,
    Digits,
    Pair,
    Residual,
    Script,
    Words,
    binary,
    blobs,
    digits,
    healthy,
    line,
    mlp,
    moons,
    stepping,
    wave,
    words,
)


def _add(name: str, make: Any) -> None:
    make.__name__ = name
    healthy(make)


def _squeezed(output: Any, y: Any) -> Any:
    return F.mse_loss(output.squeeze(1), y)


def _flat(pair: Pair) -> Pair:
    return pair[0], pair[1].squeeze(1)


def _with_step(script: Script) -> Script:
    script.extra["step"] = stepping(script.model, script.loss, script.optimizer)
    return script


def _split(pair: Pair, script: Any) -> Script:
    x, y = pair
    made = script((x[:160], y[:160]))
    made.extra["validation"] = (x[160:], y[160:])
    return made


def _optimized(model: nn.Module, data: Any, loss: Any, make: Any) -> Script:
    return Script(model, data, loss, make(model.parameters()))


def _sequence_loss(output: Any, y: Any) -> Any:
    return F.nll_loss(F.log_softmax(output, dim=1), y)


class _Attention(nn.Module):
    """Softmax within a network, over places: no softmax before a loss."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20, 16)
        self.score = nn.Linear(16, 1)
        self.fc = nn.Linear(16, 2)

    def forward(self, x: Any) -> Any:
        e = self.embedding(x)
        weights = F.softmax(self.score(e), dim=1)
        return self.fc((e * weights).sum(1))


def _frozen() -> Script:
    """A layer that has learned, with a new one after it."""
    model = _trained().model
    for p in model[0].parameters():
        p.requires_grad_(False)
    model[2].reset_parameters()
    return Script(model, blobs(), optimizer=optim.Adam(model[2].parameters(), lr=0.01))


def _shared() -> Script:
    layer = nn.Linear(8, 8)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), layer, nn.Tanh(), layer, nn.Tanh(), nn.Linear(8, 3))
    return Script(model, blobs())


def _zero_last() -> Script:
    model = mlp(4, 16, 3)
    nn.init.zeros_(model[2].weight)
    nn.init.zeros_(model[2].bias)
    return Script(model, blobs())


def _trained() -> Script:
    script = Script(mlp(4, 16, 3), blobs())
    step = stepping(script.model, script.loss, script.optimizer)
    for _ in range(150):
        step(*script.data)
    return script


def _weighted() -> Script:
    x, y = blobs(2, n=300)
    keep = glassnet.tensor([i for i in range(300) if y[i].item() == 0 or i % 10 == 1])
    x, y = x[keep], y[keep]
    weight = glassnet.tensor([1.0, 5.0])
    return Script(mlp(4, 16, 2), (x, y), lambda o, t: F.cross_entropy(o, t, weight=weight))


def _uneven() -> Script:
    """One class in ten is rare, and can be told apart."""
    x, y = blobs(2, n=400, seed=2)
    keep = glassnet.tensor([i for i in range(400) if y[i].item() == 0 or i % 8 == 1])
    return Script(mlp(4, 16, 2), (x[keep] * 1.5, y[keep]), optimizer=None)


_MAKES: dict[str, Any] = {
    "blobs_relu": lambda: Script(mlp(4, 16, 3), blobs()),
    "blobs_tanh": lambda: Script(mlp(4, 16, 16, 3, activation=nn.Tanh), blobs(seed=1)),
    "blobs_sigmoid": lambda: Script(mlp(4, 16, 3, activation=nn.Sigmoid), blobs(), optimizer=None),
    "blobs_gelu": lambda: Script(mlp(4, 24, 24, 3, activation=nn.GELU), blobs(seed=2)),
    "blobs_leaky": lambda: Script(mlp(4, 16, 3, activation=nn.LeakyReLU), blobs(seed=3)),
    "blobs_elu_deep": lambda: Script(mlp(4, 16, 16, 16, 16, 3, activation=nn.ELU), blobs(seed=4)),
    "blobs_linear": lambda: Script(nn.Linear(4, 3), blobs(), optimizer=None),
    "blobs_five_classes": lambda: Script(mlp(6, 32, 5), blobs(5, 6)),
    "blobs_sgd": lambda: _optimized(mlp(4, 16, 3), blobs(), F.cross_entropy, lambda p: optim.SGD(p, lr=0.1)),
    "blobs_momentum": lambda: _optimized(
        mlp(4, 16, 3), blobs(), F.cross_entropy, lambda p: optim.SGD(p, lr=0.05, momentum=0.9)
    ),
    "blobs_rmsprop": lambda: _optimized(mlp(4, 16, 3), blobs(), F.cross_entropy, lambda p: optim.RMSprop(p, lr=0.005)),
    "blobs_adagrad": lambda: _optimized(mlp(4, 16, 3), blobs(), F.cross_entropy, lambda p: optim.Adagrad(p, lr=0.05)),
    "blobs_adamw": lambda: _optimized(mlp(4, 16, 3), blobs(), F.cross_entropy, lambda p: optim.AdamW(p, lr=0.003)),
    "moons_relu": lambda: Script(mlp(2, 32, 32, 2), moons()),
    "moons_step": lambda: _with_step(Script(mlp(2, 32, 2), moons(seed=1))),
    "moons_nll": lambda: Script(mlp(2, 32, 2), moons(), _sequence_loss),
    "moons_log_softmax": lambda: Script(mlp(2, 32, 2, last=nn.LogSoftmax(dim=1)), moons(), F.nll_loss),
    "moons_logits": lambda: Script(mlp(2, 32, 1), binary(), F.binary_cross_entropy_with_logits),
    "moons_probabilities": lambda: Script(mlp(2, 32, 1, last=nn.Sigmoid()), binary(), F.binary_cross_entropy),
    "moons_module_loss": lambda: Script(mlp(2, 32, 1), binary(), nn.BCEWithLogitsLoss()),
    "moons_validation": lambda: _split(moons(), lambda pair: Script(mlp(2, 32, 2), pair)),
    "digits_dropout": lambda: Script(Digits(), digits()),
    "digits_deep": lambda: Script(nn.Sequential(nn.Flatten(), *mlp(64, 32, 32, 10)), digits()),
    "digits_loader": lambda: Script(Digits(), DataLoader(TensorDataset(*digits()), 32, shuffle=True)),
    "digits_dataset": lambda: Script(Digits(), TensorDataset(*digits())),
    "digits_residual": lambda: Script(nn.Sequential(nn.Flatten(), Residual(64, 32, 10)), digits()),
    "digits_smoothed": lambda: Script(Digits(), digits(), lambda o, y: F.cross_entropy(o, y, label_smoothing=0.1)),
    "line_linear": lambda: Script(nn.Linear(5, 1), line(), F.mse_loss, None),
    "line_mlp": lambda: Script(mlp(5, 16, 1), line(), F.mse_loss),
    "line_squeezed": lambda: Script(mlp(5, 16, 1), _flat(line(seed=1)), _squeezed),
    "line_l1": lambda: Script(mlp(5, 32, 1), line(), F.l1_loss),
    "line_huber": lambda: Script(mlp(5, 32, 1), line(seed=2), nn.HuberLoss()),
    "wave_tanh": lambda: Script(mlp(1, 32, 32, 1, activation=nn.Tanh), wave(), F.mse_loss),
    "wave_residual": lambda: Script(Residual(1, 16, 1), wave(), F.mse_loss),
    "wave_silu": lambda: Script(mlp(1, 32, 1, activation=nn.SiLU), wave(), nn.MSELoss()),
    "words_mean": lambda: Script(Words(), words(), optimizer=None),
    "words_attention": lambda: Script(_Attention(), words()),
    "first_layer_frozen": _frozen,
    "weights_shared": _shared,
    "last_layer_zero": _zero_last,
    "already_trained": _trained,
    "classes_weighted": _weighted,
    "classes_uneven": _uneven,
}
for _name, _make in _MAKES.items():
    _add(_name, _make)

assert len(FIRST.healthy) >= 40
