"""A zoo of training steps and inference functions: each made anew, twice the same, from a seed.

A `Case` makes ``step``, a function of a number that says which batch, and says what there is to
compare afterwards: parameters, gradients, the state of optimizers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import glassnet as gn
import glassnet.nn.functional as F
from glassnet import nn, optim
from glassnet.optim import lr_scheduler

Tensor = gn.Tensor
Compile = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass
class Run:
    """A step ready to be called with the number of a batch, and what it changes."""

    call: Callable[[int], Any]
    modules: tuple[nn.Module, ...] = ()
    optimizers: tuple[optim.Optimizer, ...] = ()
    tensors: tuple[Tensor, ...] = ()
    compiled: Any = None

    def outcome(self) -> dict[str, Any]:
        """Everything that the steps have changed, by name."""
        found: dict[str, Any] = {}
        parameters = [p for m in self.modules for p in m.parameters()] + list(self.tensors)
        for i, p in enumerate(parameters):
            found[f"parameter {i}"] = p.array.copy()
            found[f"gradient {i}"] = None if p.grad is None else p.grad.array.copy()
        for i, b in enumerate(b for m in self.modules for b in m.buffers()):
            found[f"buffer {i}"] = b.array.copy()
        for o, optimizer in enumerate(self.optimizers):
            for key, held in optimizer.state_dict()["state"].items():
                found |= {f"state {o}.{key}.{name}": x.array.copy() for name, x in held.items()}
        state = gn.get_rng_state()
        found["random generator"] = np.array([state["state"]["state"] % 2**63, state["state"]["inc"] % 2**63])
        return found


Case = Callable[[Compile], Run]


def batch(seed: int, *shape: int) -> Tensor:
    """Numbers that are the same for the same seed, without the default generator."""
    return gn.tensor(np.random.default_rng(seed).standard_normal(shape))


def labels(seed: int, n: int, classes: int) -> Tensor:
    return gn.tensor(np.random.default_rng(1000 + seed).integers(0, classes, n))


def mlp(*sizes: int, activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Linear(a, b), activation()]
    return nn.Sequential(*layers[:-1]).double()


def usual(
    make_model: Callable[[], nn.Module] = lambda: mlp(5, 7, 3),
    make_optimizer: Callable[[Any], optim.Optimizer] = lambda p: optim.SGD(p, lr=0.1),
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    inputs: Callable[[int], Tensor] = lambda i: batch(i, 6, 5),
    targets: Callable[[int], Tensor] = lambda i: labels(i, 6, 3),
) -> Case:
    """zero_grad, forward, loss, backward, step."""

    def case(wrap: Compile) -> Run:
        model = make_model()
        optimizer = make_optimizer(model.parameters())

        def step(x: Tensor, y: Tensor) -> Tensor:
            optimizer.zero_grad()
            value = loss(model(x), y)
            value.backward()
            optimizer.step()
            return value

        compiled = wrap(step)
        return Run(lambda i: compiled(inputs(i), targets(i)), (model,), (optimizer,), compiled=compiled)

    return case


# networks -----------------------------------------------------------------------------------------


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Linear(5, 5)
        self.head = nn.Linear(5, 3)
        self.again = self.encoder

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.encoder(x))
        h = F.relu(self.again(h))
        return self.head(self.encoder(h) + x)


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(9, 4, padding_idx=0)
        self.mix = nn.Bilinear(4, 4, 4)
        self.out = nn.Linear(4, 9, bias=False)
        self.out.weight = self.embedding.weight

    def forward(self, x: Tensor) -> Tensor:
        e = self.embedding(x).mean(1)
        return self.out(self.mix(e, e.tanh()))


class Bags(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.largest = nn.EmbeddingBag(9, 3, mode="max")
        self.weighted = nn.EmbeddingBag(9, 3, mode="sum", padding_idx=2)
        self.scales = nn.Parameter(gn.ones(24))
        self.register_buffer("offsets", gn.tensor([0, 2, 2, 5, 9, 20]))

    def forward(self, x: Tensor) -> Tensor:
        return self.largest(x, self.offsets) + self.weighted(x, self.offsets, self.scales)


class Adaptive(nn.Module):
    """A head whose loss needs the targets: what it gives is a function of them."""

    def __init__(self) -> None:
        super().__init__()
        self.softmax = nn.AdaptiveLogSoftmaxWithLoss(16, 20, [4, 9], 2.0)

    def forward(self, x: Tensor) -> Callable[[Tensor], Any]:
        return lambda y: self.softmax(x, y)


class Averaging(nn.Module):
    """Keeps a running mean in a buffer, in training, as batch normalisation does."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(5, 3)
        self.register_buffer("mean", gn.zeros(5))
        self.register_buffer("count", gn.tensor(0))

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            with gn.no_grad():
                self.mean.mul_(0.9).add_(0.1 * x.mean(0))
                self.count += 1
        return self.fc(x - self.mean)


class Many(nn.Module):
    """Every operation that the seeds' networks use, and more."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
        self.gates = nn.ModuleDict({"한글": nn.Linear(4, 4), "2nd": nn.Linear(4, 4)})
        self.scale = nn.Parameter(gn.ones(4))
        self.drop = nn.Dropout(0.3)

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for i, layer in enumerate(self.layers):
            y = gn.cat([layer(y)[:, :2], y[:, 2:]], dim=1) * self.scale
            y = gn.where(y > 0, y, 0.1 * y) if i else y.sigmoid()
        gate = self.gates["한글"](y).softmax(-1)
        y = self.drop(y) * gate + self.gates["2nd"](y.T.reshape(y.shape)).tanh()
        y = gn.stack([y, y.flip(0)]).max(0).values
        return y.var(dim=0, keepdim=True) + y[[0, 0, 1]].permute(1, 0).sum() + y.std() + y.norm()


ACTIVATIONS = [
    nn.CELU, nn.ELU, nn.GELU, nn.Hardshrink, nn.Hardsigmoid, nn.Hardswish, nn.Hardtanh, nn.LeakyReLU, nn.LogSigmoid,
    nn.LogSoftmax, nn.Mish, nn.PReLU, nn.ReLU, nn.ReLU6, nn.SELU, nn.SiLU, nn.Sigmoid, nn.Softmax, nn.Softmin,
    nn.Softplus, nn.Softshrink, nn.Softsign, nn.Tanh, nn.Tanhshrink,
]  # fmt: skip


def activated(kind: type[nn.Module]) -> Callable[[], nn.Module]:
    options = {"dim": -1} if kind in (nn.Softmax, nn.LogSoftmax, nn.Softmin) else {}
    return lambda: nn.Sequential(nn.Linear(5, 7), kind(**options), nn.Linear(7, 3)).double()


REAL = {"targets": lambda i: batch(50 + i, 6, 3)}
SHARES = {"targets": lambda i: batch(50 + i, 6, 3).sigmoid()}
SIGNS = {"targets": lambda i: 2 * (batch(50 + i, 6, 3) > 0).double() - 1}
LOSSES: dict[str, Case] = {
    "mse": usual(loss=F.mse_loss, **REAL),
    "l1": usual(loss=F.l1_loss, **REAL),
    "smooth l1": usual(loss=nn.SmoothL1Loss(beta=0.5), **REAL),
    "huber": usual(loss=nn.HuberLoss(delta=0.7), **REAL),
    "bce with logits": usual(loss=nn.BCEWithLogitsLoss(pos_weight=gn.tensor([1.0, 2.0, 0.5]).double()), **SHARES),
    "bce": usual(make_model=lambda: nn.Sequential(nn.Linear(5, 3), nn.Sigmoid()).double(), loss=nn.BCELoss(), **SHARES),
    "kl": usual(
        make_model=lambda: nn.Sequential(nn.Linear(5, 3), nn.LogSoftmax(-1)).double(),
        loss=nn.KLDivLoss(reduction="batchmean"),
        targets=lambda i: batch(50 + i, 6, 3).softmax(-1),
    ),
    "nll": usual(make_model=lambda: nn.Sequential(nn.Linear(5, 3), nn.LogSoftmax(-1)).double(), loss=nn.NLLLoss()),
    "weighted cross entropy": usual(loss=nn.CrossEntropyLoss(weight=gn.tensor([1.0, 2.0, 0.5]).double())),
    "label smoothing": usual(loss=nn.CrossEntropyLoss(label_smoothing=0.1)),
    "soft targets": usual(loss=nn.CrossEntropyLoss(), targets=lambda i: batch(50 + i, 6, 3).softmax(-1)),
    "ignored labels": usual(loss=nn.CrossEntropyLoss(ignore_index=1)),
    "sum": usual(loss=nn.CrossEntropyLoss(reduction="sum"), make_optimizer=lambda p: optim.SGD(p, lr=0.01)),
    "soft margin": usual(loss=nn.SoftMarginLoss(), **SIGNS),
    "hinge embedding": usual(loss=nn.HingeEmbeddingLoss(margin=0.3), **SIGNS),
    "several labels, soft margin": usual(loss=nn.MultiLabelSoftMarginLoss(), **SHARES),
    "several labels, margin": usual(
        loss=nn.MultiLabelMarginLoss(), targets=lambda i: gn.stack([labels(i + j, 6, 3) for j in range(3)], 1) - 1
    ),
    "margin": usual(loss=nn.MultiMarginLoss(p=2, weight=gn.tensor([1.0, 2.0, 0.5]).double())),
    "ranking": usual(loss=lambda out, y: F.margin_ranking_loss(out[:, 0], out[:, 1], y[:, 0], 0.1), **SIGNS),
    "cosine": usual(loss=lambda out, y: F.cosine_embedding_loss(out, gn.ones_like(out), y[:, 0], 0.1), **SIGNS),
    "triplet": usual(loss=lambda out, y: nn.TripletMarginLoss(swap=True)(out[:2], out[2:4], out[4:])),
    "triplet with a distance": usual(
        loss=lambda out, y: nn.TripletMarginWithDistanceLoss(distance_function=F.pairwise_distance)(
            out[:2], out[2:4], out[4:]
        )
    ),
    "distances": usual(loss=lambda out, y: F.cdist(out, out[:2], 3.0).mean() - F.pdist(out).mean()),
    "poisson": usual(loss=nn.PoissonNLLLoss(full=True), targets=lambda i: labels(i, 18, 4).reshape(6, 3).double()),
    "gaussian": usual(loss=lambda out, y: nn.GaussianNLLLoss()(out, y, out.exp()), **REAL),
    "ctc": usual(
        loss=lambda out, y: F.ctc_loss(out.reshape(3, 2, 3).log_softmax(2), y.reshape(2, 3)[:, :2], [3, 2], [2, 1], 0)
    ),
    "ctc, targets in a row": usual(
        loss=lambda out, y: F.ctc_loss(out.reshape(3, 2, 3).log_softmax(2), y[:3], (3, 2), (2, 1), 0, "sum", True)
    ),
    "written out": usual(loss=lambda out, y: -(out.log_softmax(1)[gn.arange(6), y]).mean()),
}

NETWORKS: dict[str, Case] = {
    "mlp": usual(),
    "three layers": usual(lambda: mlp(5, 8, 6, 3, activation=nn.Tanh)),
    "dropout": usual(lambda: nn.Sequential(nn.Linear(5, 9), nn.Dropout(0.4), nn.ReLU(), nn.Linear(9, 3)).double()),
    "alpha dropout": usual(
        lambda: nn.Sequential(nn.Linear(5, 9), nn.SELU(), nn.AlphaDropout(0.2), nn.Linear(9, 3)).double()
    ),
    "dropout in place": usual(
        lambda: nn.Sequential(
            nn.Linear(5, 9), nn.Dropout(0.4, inplace=True), nn.ReLU(inplace=True), nn.Linear(9, 3)
        ).double()
    ),
    "weights shared": usual(lambda: Shared().double()),
    "embedding, bilinear, tied weights": usual(
        lambda: Tied().double(), inputs=lambda i: labels(i, 24, 9).reshape(6, 4), targets=lambda i: labels(7 + i, 6, 9)
    ),
    "bags in rows, rows kept short": usual(
        lambda: nn.Sequential(nn.EmbeddingBag(9, 4, max_norm=1.0, padding_idx=0), nn.Linear(4, 3)).double(),
        inputs=lambda i: labels(i, 24, 9).reshape(6, 4),
    ),
    "bags of many sizes": usual(
        lambda: Bags().double(),
        inputs=lambda i: labels(i, 24, 9),
    ),
    "embedding, rows kept short, gradients by frequency": usual(
        lambda: nn.Sequential(nn.Embedding(9, 3, None, 1.0, 2.0, True), nn.Flatten(), nn.Linear(12, 3)).double(),
        inputs=lambda i: labels(i, 24, 9).reshape(6, 4),
    ),
    "adaptive softmax": usual(
        lambda: nn.Sequential(nn.Linear(5, 16), Adaptive()).double(),
        targets=lambda i: gn.cat([gn.tensor([0, 4, 9]), labels(i, 3, 20)]),  # of the head, of each of two clusters
        loss=lambda out, y: out(y).loss,
    ),
    "running mean": usual(lambda: Averaging().double()),
    "many operations": usual(
        lambda: Many().double(),
        make_optimizer=lambda p: optim.Adam(p, lr=0.01),
        loss=lambda out, y: F.mse_loss(out, y),
        inputs=lambda i: batch(i, 4, 4),
        targets=lambda i: batch(i + 50, 1, 4),
    ),
    **{f"activation {kind.__name__}": usual(activated(kind)) for kind in ACTIVATIONS},
    **{f"loss {name}": case for name, case in LOSSES.items()},
}


class Recurrent(nn.Module):
    """Through a recurrent layer, and the last step to classes."""

    def __init__(self, kind: type[nn.RNNBase], **options: Any) -> None:
        super().__init__()
        self.rnn = kind(5, 4, **options)
        width = (options.get("proj_size") or 4) * (2 if options.get("bidirectional") else 1)
        self.fc = nn.Linear(width, 3)

    def forward(self, x: Tensor) -> Tensor:
        output, last = self.rnn(x)
        for state in last if isinstance(last, tuple) else ():
            output = output + state.mean()
        return self.fc(output[:, -1] if self.rnn.batch_first else output[-1])


class Stepwise(nn.Module):
    """The loop over time written by hand, around cells."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = nn.ModuleList([nn.LSTMCell(5, 4), nn.GRUCell(4, 4), nn.RNNCell(4, 3)])

    def forward(self, x: Tensor) -> Tensor:
        pair, h, y = None, None, None
        for step in x:
            pair = self.cells[0](step, pair)
            h = self.cells[1](pair[0], h)
            y = self.cells[2](h, y)
        return y


def recurrent(make_model: Callable[[], nn.Module], batch_first: bool = False) -> Case:
    shape = (6, 4, 5) if batch_first else (4, 6, 5)
    return usual(lambda: make_model().double(), inputs=lambda i: batch(i, *shape))


RECURRENT = {
    "lstm": recurrent(lambda: Recurrent(nn.LSTM, batch_first=True), batch_first=True),
    "lstm, both ways, two layers, projected": recurrent(
        lambda: Recurrent(nn.LSTM, num_layers=2, bidirectional=True, proj_size=2, dropout=0.3)
    ),
    "gru": recurrent(lambda: Recurrent(nn.GRU, bidirectional=True)),
    "gru without bias": recurrent(lambda: Recurrent(nn.GRU, bias=False, num_layers=2)),
    "rnn": recurrent(lambda: Recurrent(nn.RNN, nonlinearity="relu", batch_first=True), batch_first=True),
    "cells": recurrent(Stepwise),
}


class PutBack(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.pool, self.unpool = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        return self.unpool(*self.pool(x)) + x


class Transformed(nn.Module):
    """A spatial transformer: an affine map of the picture, found from the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(24, 6)

    def forward(self, x: Tensor) -> Tensor:
        theta = self.fc(x.flatten(1)).reshape(-1, 2, 3)
        return F.grid_sample(x, F.affine_grid(theta, x.shape), padding_mode="border")


def pictures(make_layers: Callable[[], Any], *shape: int) -> Case:
    """A network that lays its 6 × 5 numbers out as ``shape``, and has layers of pictures there."""

    def make_model() -> nn.Module:
        inside = nn.Sequential(nn.Linear(5, math.prod(shape)), nn.Unflatten(1, shape), *make_layers(), nn.Flatten())
        size = inside(gn.zeros(1, 5)).shape[1]
        return nn.Sequential(inside, nn.Linear(size, 3)).double()

    return usual(make_model)


PICTURES: dict[str, Case] = {
    "convolution": pictures(lambda: [nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 2, (2, 1), 2)], 2, 4, 5),
    "convolution of signals": pictures(lambda: [nn.Conv1d(2, 4, 3, dilation=2, groups=2, bias=False), nn.Tanh()], 2, 7),
    "convolution of volumes": pictures(lambda: [nn.Conv3d(1, 2, 2, padding="same"), nn.Conv3d(2, 1, 1)], 1, 2, 2, 3),
    "convolution of what goes on": pictures(lambda: [nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular")], 2, 3, 4),
    "transposed convolution": pictures(lambda: [nn.ConvTranspose2d(2, 3, 3, 2, 1, 1), nn.Tanh()], 2, 2, 3),
    "padded": pictures(lambda: [nn.ReflectionPad2d(1), nn.ZeroPad2d((1, -1, 0, 2)), nn.Tanh()], 2, 3, 2),
    "unfolded": pictures(lambda: [nn.Unfold(2), nn.Tanh(), nn.Fold((3, 4), 2)], 2, 3, 4),
    "lazy": pictures(lambda: [nn.LazyConv1d(3, 2), nn.LazyBatchNorm1d(), nn.Flatten(), nn.LazyLinear(4)], 2, 3),
    "upsampled, nearest": pictures(lambda: [nn.Upsample(scale_factor=2)], 2, 2, 3),
    "upsampled, bilinear": pictures(lambda: [nn.Upsample((5, 4), mode="bilinear", align_corners=True)], 2, 2, 3),
    "downsampled, area": pictures(lambda: [nn.Upsample(2, mode="area")], 2, 5),
    "max pooled": pictures(lambda: [nn.MaxPool2d(2), nn.Tanh()], 2, 4, 6),
    "max pooled, overlapping": pictures(lambda: [nn.ReLU(), nn.MaxPool2d(3, 2, 1, ceil_mode=True)], 2, 4, 5),
    "max pooled in bins": pictures(lambda: [nn.AdaptiveMaxPool1d(3)], 2, 7),
    "max pooled at random": pictures(lambda: [nn.FractionalMaxPool2d(2, output_ratio=0.7)], 2, 4, 5),
    "average pooled": pictures(lambda: [nn.AvgPool2d(3, 2, 1, count_include_pad=False), nn.Tanh()], 2, 4, 5),
    "average pooled in bins": pictures(
        lambda: [nn.AdaptiveAvgPool2d((2, 3)), nn.Tanh(), nn.AdaptiveAvgPool2d(1)], 3, 5, 4
    ),
    "pooled by squares": pictures(lambda: [nn.LPPool1d(2, 3, 2)], 2, 7),
    "transformed": pictures(lambda: [Transformed()], 2, 3, 4),
    "pooled and put back": pictures(lambda: [PutBack()], 2, 4, 4),
    "shuffled": pictures(lambda: [nn.ChannelShuffle(2), nn.PixelShuffle(2), nn.Tanh(), nn.PixelUnshuffle(2)], 4, 1, 2),
    "batch norm": pictures(lambda: [nn.BatchNorm2d(2), nn.ReLU(), nn.BatchNorm2d(2, momentum=None)], 2, 2, 3),
    "batch norm of the batch alone": pictures(lambda: [nn.BatchNorm1d(4, track_running_stats=False)], 4, 2),
    "instance norm": pictures(lambda: [nn.InstanceNorm1d(3, affine=True, track_running_stats=True)], 3, 4),
    "group norm": pictures(lambda: [nn.GroupNorm(2, 4), nn.Tanh(), nn.LocalResponseNorm(3)], 4, 2, 2),
    "layer norm": pictures(lambda: [nn.LayerNorm((2, 3)), nn.RMSNorm(3), nn.LayerNorm(3, bias=False)], 2, 3),
}
NETWORKS |= PICTURES | RECURRENT


class LooksAtItself(nn.Module):
    """Attention of a sequence [N, 3, 4] to itself, with a mask, and what it looked at."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, dropout=0.1, batch_first=True, **options)

    def forward(self, x: Tensor) -> Tensor:
        not_yet = nn.Transformer.generate_square_subsequent_mask(3, dtype=x.dtype)
        y, shares = self.attention(x, x, x, attn_mask=not_yet)
        return gn.cat([y, shares], 2)


NETWORKS |= {
    "attention": pictures(lambda: [LooksAtItself()], 3, 4),
    "attention, biased": pictures(lambda: [LooksAtItself(add_bias_kv=True, add_zero_attn=True)], 3, 4),
    "transformer": pictures(lambda: [nn.TransformerEncoderLayer(4, 2, 6, batch_first=True, norm_first=True)], 3, 4),
    "transformer, gelu": pictures(
        lambda: [nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 6, 0.2, "gelu", batch_first=True), 2)], 3, 4
    ),
}

OPTIMIZERS: dict[str, Case] = {
    f"{kind.__name__} {options}": usual(make_optimizer=lambda p, kind=kind, options=options: kind(p, **options))
    for kind, variants in {
        optim.SGD: [
            {"lr": 0.1},
            {"lr": 0.1, "momentum": 0.9},
            {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
            {"lr": 0.1, "momentum": 0.9, "dampening": 0.2, "maximize": True},
            {"lr": 0.1, "weight_decay": 0.1},
        ],
        optim.Adam: [{"lr": 0.01}, {"lr": 0.01, "amsgrad": True, "weight_decay": 0.1}, {"maximize": True}],
        optim.AdamW: [{"lr": 0.01, "weight_decay": 0.1}, {"amsgrad": True}],
        optim.Adamax: [{"lr": 0.01}, {"weight_decay": 0.1}],
        optim.NAdam: [{"lr": 0.01}, {"weight_decay": 0.1, "decoupled_weight_decay": True}],
        optim.Adagrad: [{"lr": 0.05}, {"lr_decay": 0.1, "initial_accumulator_value": 0.2, "weight_decay": 0.1}],
        optim.RMSprop: [{"lr": 0.01}, {"centered": True, "momentum": 0.9, "weight_decay": 0.1}, {"momentum": 0.5}],
        optim.Adadelta: [{"lr": 0.5}, {"weight_decay": 0.1}],
        optim.RAdam: [{"lr": 0.01, "betas": (0.9, 0.9), "weight_decay": 0.1}],
        optim.SparseAdam: [{"lr": 0.01}],
        optim.Rprop: [{"lr": 0.01}],
        optim.ASGD: [{"lr": 0.1, "lambd": 0.1, "t0": 1}],
        optim.Adafactor: [{"lr": 0.1, "weight_decay": 0.1}],
    }.items()
    for options in variants
}


# other ways to write a step ---------------------------------------------------------------------------


def clipping(wrap: Compile) -> Run:
    model = mlp(5, 7, 3)
    optimizer = optim.SGD(model.parameters(), lr=0.5)

    @wrap
    def step(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x) * 5, y)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        nn.utils.clip_grad_value_(model.parameters(), 0.2)
        optimizer.step()
        return loss, norm

    return Run(lambda i: step(batch(i, 6, 5), labels(i, 6, 3)), (model,), (optimizer,), compiled=step)


def groups(wrap: Compile) -> Run:
    model = mlp(5, 7, 3)
    optimizer = optim.SGD(
        [{"params": model[0].parameters(), "lr": 0.2}, {"params": model[2].parameters(), "momentum": 0.9}], lr=0.05
    )

    @wrap
    def step(x: Tensor, y: Tensor) -> Tensor:
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    def call(i: int) -> Tensor:
        if i % 3 == 2:
            optimizer.param_groups[1]["lr"] *= 0.5
        return step(batch(i, 6, 5), labels(i, 6, 3))

    return Run(call, (model,), (optimizer,), compiled=step)


def accumulation(wrap: Compile) -> Run:
    model = mlp(5, 7, 3)
    optimizer = optim.Adam(model.parameters(), lr=0.02)

    @wrap
    def step(x: Tensor, y: Tensor) -> list[Tensor]:
        optimizer.zero_grad()
        losses = []
        for part in range(3):
            loss = F.cross_entropy(model(x[2 * part : 2 * part + 2]), y[2 * part : 2 * part + 2]) / 3
            loss.backward()
            losses.append(loss)
        optimizer.step()
        return losses

    return Run(lambda i: step(batch(i, 6, 5), labels(i, 6, 3)), (model,), (optimizer,), compiled=step)


def accumulation_outside(wrap: Compile) -> Run:
    model = mlp(5, 7, 3)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    @wrap
    def backward(x: Tensor, y: Tensor) -> Tensor:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        return loss

    def call(i: int) -> Tensor:
        loss = backward(batch(i, 6, 5), labels(i, 6, 3))
        if i % 3 == 2:
            optimizer.step()
            optimizer.zero_grad(set_to_none=i % 2 == 0)
        return loss

    return Run(call, (model,), (optimizer,), compiled=backward)


def zeroed_in_place(wrap: Compile) -> Run:
    model = mlp(5, 7, 3)
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @wrap
    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad(set_to_none=False)
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return Run(lambda i: step(batch(i, 6, 5), labels(i, 6, 3)), (model,), (optimizer,), compiled=step)


def zeroed_at_the_end(wrap: Compile) -> Run:
    model = mlp(5, 7, 3)
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @wrap
    def step(x: Tensor, y: Tensor) -> Tensor:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    return Run(lambda i: step(batch(i, 6, 5), labels(i, 6, 3)), (model,), (optimizer,), compiled=step)


def update_alone(wrap: Compile) -> Run:
    model = mlp(5, 7, 3)
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    update = wrap(optimizer.step)

    def call(i: int) -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(batch(i, 6, 5)), labels(i, 6, 3))
        loss.backward()
        update()
        return loss

    return Run(call, (model,), (optimizer,), compiled=update)


def frozen(wrap: Compile) -> Run:
    model = mlp(5, 7, 3)
    model[0].requires_grad_(False)
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @wrap
    def step(x: Tensor, y: Tensor) -> Tensor:
        model.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    def call(i: int) -> Tensor:
        if i == 4:
            model[0].requires_grad_(True)
        if i == 8:
            model[2].weight.requires_grad = False
        return step(batch(i, 6, 5), labels(i, 6, 3))

    return Run(call, (model,), (optimizer,), compiled=step)


def by_hand(wrap: Compile) -> Run:
    w = gn.tensor(np.random.default_rng(0).standard_normal((5, 3)), requires_grad=True)
    b = gn.zeros(3, dtype=gn.float64, requires_grad=True)
    rate = 0.1

    @wrap
    def step(x: Tensor, y: Tensor) -> Tensor:
        loss = F.cross_entropy(x @ w + b, y)
        w.grad = b.grad = None
        loss.backward()
        with gn.no_grad():
            for p in (w, b):
                p -= rate * p.grad
        return loss

    return Run(lambda i: step(batch(i, 6, 5), labels(i, 6, 3)), tensors=(w, b), compiled=step)


def by_hand_on_data(wrap: Compile) -> Run:
    w = gn.tensor(np.random.default_rng(0).standard_normal((5, 3)), requires_grad=True)

    @wrap
    def step(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
        loss = F.cross_entropy(x @ w, y)
        loss.backward()
        w.data -= 0.1 * w.grad
        w.data[0] *= 0.5
        w.grad.zero_()
        return loss

    return Run(lambda i: step(w, batch(i, 6, 5), labels(i, 6, 3)), tensors=(w,), compiled=step)


def without_backward(wrap: Compile) -> Run:
    model = mlp(5, 7, 3)

    @wrap
    def step(x: Tensor, y: Tensor) -> Tensor:
        parameters = list(model.parameters())
        loss = F.cross_entropy(model(x), y)
        for p, g in zip(parameters, gn.autograd.grad(loss, parameters), strict=True):
            p.data.sub_(g, alpha=0.1)
        return loss.detach()

    return Run(lambda i: step(batch(i, 6, 5), labels(i, 6, 3)), (model,), compiled=step)


def second_order(wrap: Compile) -> Run:
    model = mlp(5, 7, 1, activation=nn.Tanh)
    optimizer = optim.SGD(model.parameters(), lr=0.05)

    @wrap
    def step(x: Tensor) -> Tensor:
        x = x.detach().requires_grad_()
        optimizer.zero_grad()
        (slope,) = gn.autograd.grad(model(x).sum(), x, create_graph=True)
        loss = ((slope.norm(dim=1) - 1) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    return Run(lambda i: step(batch(i, 6, 5)), (model,), (optimizer,), compiled=step)


def two_networks(wrap: Compile) -> Run:
    maker, judge = mlp(4, 6, 5), mlp(5, 6, 1)
    of_maker, of_judge = optim.Adam(maker.parameters(), lr=0.01), optim.Adam(judge.parameters(), lr=0.01)

    @wrap
    def step(real: Tensor) -> dict[str, Tensor]:
        noise = gn.randn(6, 4, dtype=gn.float64)
        fake = maker(noise)
        of_judge.zero_grad()
        told = F.binary_cross_entropy_with_logits(judge(real), gn.ones(6, 1, dtype=gn.float64))
        told = told + F.binary_cross_entropy_with_logits(judge(fake.detach()), gn.zeros(6, 1, dtype=gn.float64))
        told.backward()
        of_judge.step()
        of_maker.zero_grad()
        fooled = F.binary_cross_entropy_with_logits(judge(fake), gn.ones(6, 1, dtype=gn.float64))
        fooled.backward()
        of_maker.step()
        return {"judge": told, "maker": fooled}

    return Run(lambda i: step(batch(i, 6, 5)), (maker, judge), (of_maker, of_judge), compiled=step)


def given_everything(wrap: Compile) -> Run:
    model = mlp(5, 7, 3)
    optimizer = optim.RMSprop(model.parameters(), lr=0.01)

    @wrap
    def step(model: nn.Module, optimizer: optim.Optimizer, batch: dict[str, Any], *, scale: float = 1.0) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(batch["inputs"][0]), batch["labels"]) * scale
        loss.backward()
        optimizer.step()
        return {"loss": loss, "scaled by": scale, "parts": (loss / scale, [loss * 2, None])}

    def call(i: int) -> Any:
        given = {"inputs": (batch(i, 6, 5), "unused"), "labels": labels(i, 6, 3)}
        return step(model, optimizer, given, scale=0.5 if i % 5 == 4 else 1.0)

    return Run(call, (model,), (optimizer,), compiled=step)


class Trainer:
    """Whose method is compiled."""

    def __init__(self, wrap: Compile) -> None:
        self.net = mlp(5, 7, 3)
        self.optimizer = optim.SGD(self.net.parameters(), lr=0.1)
        self.criterion = nn.CrossEntropyLoss()
        self.scale = 1.0
        self.calls = 0
        self.step = wrap(self._step)

    def _step(self, x: Tensor, y: Tensor) -> Tensor:
        self.optimizer.zero_grad()
        loss = self._loss(x, y)
        loss.backward()
        self.optimizer.step()
        return loss

    def _loss(self, x: Tensor, y: Tensor) -> Tensor:
        return self.scale * self.criterion(self.net(x), y)


def method(wrap: Compile) -> Run:
    trainer = Trainer(wrap)

    def call(i: int) -> Tensor:
        trainer.calls += 1
        if i == 5:
            trainer.scale = 0.5
        return trainer.step(batch(i, 6, 5), labels(i, 6, 3))

    return Run(call, (trainer.net,), (trainer.optimizer,), compiled=trainer.step)


def nested(wrap: Compile) -> Run:
    model = mlp(5, 7, 3)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    forward = wrap(model)

    @wrap
    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(forward(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return Run(lambda i: step(batch(i, 6, 5), labels(i, 6, 3)), (model,), (optimizer,), compiled=step)


def inference(wrap: Compile) -> Run:
    model = nn.Sequential(mlp(5, 7, 3), nn.Dropout(0.5), nn.Softmax(-1)).eval()
    predict = wrap(model)

    def call(i: int) -> Tensor:
        with gn.no_grad():
            return predict(batch(i, 6, 5))

    return Run(call, (model,), compiled=predict)


def evaluation(wrap: Compile) -> Run:
    model = nn.Sequential(mlp(5, 7, 3), nn.Dropout(0.5))

    @wrap
    @gn.no_grad()
    def accuracy(x: Tensor, y: Tensor) -> Tensor:
        return (model(x).argmax(dim=1) == y).float().mean()

    def call(i: int) -> Tensor:
        model.train(i % 4 < 2)
        return accuracy(batch(i, 6, 5), labels(i, 6, 3))

    return Run(call, (model,), compiled=accuracy)


def sets_the_mode(wrap: Compile) -> Run:
    model = nn.Sequential(mlp(5, 7, 3), nn.Dropout(0.5))

    @wrap
    def evaluate(x: Tensor) -> Tensor:
        model.eval()
        with gn.no_grad():
            return model(x)

    def call(i: int) -> tuple[Tensor, bool]:
        if i % 3 == 0:
            model.train()
        result = evaluate(batch(i, 6, 5))
        return result, model.training

    return Run(call, (model,), compiled=evaluate)


def sizes(wrap: Compile) -> Run:
    model = mlp(5, 7, 3)
    optimizer = optim.Adam(model.parameters(), lr=0.01)

    @wrap
    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return Run(lambda i: step(batch(i, 6 - i % 2, 5), labels(i, 6 - i % 2, 3)), (model,), (optimizer,), compiled=step)


class OwnOptimizer(optim.Optimizer):
    """One with a step of its own."""

    def __init__(self, params: Any, lr: float) -> None:
        super().__init__(params, {"lr": lr})

    def step(self, closure: Any = None) -> None:
        with gn.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    p.sub_(p.grad.sign(), alpha=group["lr"])


def own_optimizer(wrap: Compile) -> Run:
    model = mlp(5, 7, 3)
    optimizer = OwnOptimizer(model.parameters(), 0.01)

    @wrap
    def step(x: Tensor, y: Tensor) -> Tensor:
        model.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    def call(i: int) -> Tensor:
        if i == 6:
            optimizer.param_groups[0]["lr"] = 0.001
        return step(batch(i, 6, 5), labels(i, 6, 3))

    return Run(call, (model,), (optimizer,), compiled=step)


def closure(wrap: Compile) -> Run:
    model = mlp(5, 7, 3)
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @wrap
    def step(x: Tensor, y: Tensor) -> Tensor:
        def loss_of() -> Tensor:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            return loss

        return optimizer.step(loss_of)

    return Run(lambda i: step(batch(i, 6, 5), labels(i, 6, 3)), (model,), (optimizer,), compiled=step)


def hooks(wrap: Compile) -> Run:
    model = mlp(5, 7, 3)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model[0].weight.register_hook(lambda g: g.clamp(-0.01, 0.01))
    model[1].register_forward_hook(lambda module, args, output: output * 0.5)

    @wrap
    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    def call(i: int) -> Tensor:
        if i == 5:
            model[2].weight.register_hook(lambda g: g * 2)
        if i == 7:
            handle = model[1].register_forward_pre_hook(lambda module, args: (args[0] + 1,))
            loss = step(batch(i, 6, 5), labels(i, 6, 3))
            handle.remove()
            return loss
        return step(batch(i, 6, 5), labels(i, 6, 3))

    return Run(call, (model,), (optimizer,), compiled=step)


def reached_in_another_way(wrap: Compile) -> Run:
    """The model and the optimizer are where no look at the function could find them."""
    held: dict[str, Any] = {"deep": [[{"model": mlp(5, 7, 3)}]]}

    def model() -> Any:
        return held["deep"][0][0]["model"]

    optimizers = [[[optim.Adam(model().parameters(), lr=0.01)]]]

    @wrap
    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer = optimizers[0][0][0]
        optimizer.zero_grad()
        loss = F.cross_entropy(model()(x), y)
        loss.backward()
        optimizer.step()
        return loss

    def call(i: int) -> Tensor:
        if i == 6:
            optimizers[0][0][0].param_groups[0]["lr"] = 0.001
        model().train(i != 8)
        return step(batch(i, 6, 5), labels(i, 6, 3))

    return Run(call, (model(),), (optimizers[0][0][0],), compiled=step)


def scheduled(make: Callable[[optim.Optimizer], Any], momentum: float = 0.9, adam: bool = False) -> Case:
    def case(wrap: Compile) -> Run:
        model = mlp(5, 7, 3)
        parameters = model.parameters()
        optimizer = optim.Adam(parameters, lr=0.05) if adam else optim.SGD(parameters, lr=0.1, momentum=momentum)
        schedule = make(optimizer)

        @wrap
        def step(x: Tensor, y: Tensor) -> Tensor:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        def call(i: int) -> Tensor:
            loss = step(batch(i, 6, 5), labels(i, 6, 3))
            if isinstance(schedule, lr_scheduler.ReduceLROnPlateau):
                schedule.step(loss.item())
            else:
                schedule.step()
            return loss

        return Run(call, (model,), (optimizer,), compiled=step)

    return case


SCHEDULES: dict[str, Case] = {
    "StepLR": scheduled(lambda o: lr_scheduler.StepLR(o, 3, 0.5)),
    "MultiStepLR": scheduled(lambda o: lr_scheduler.MultiStepLR(o, [2, 5], 0.5)),
    "ExponentialLR": scheduled(lambda o: lr_scheduler.ExponentialLR(o, 0.9)),
    "CosineAnnealingLR": scheduled(lambda o: lr_scheduler.CosineAnnealingLR(o, 10)),
    "CosineAnnealingWarmRestarts": scheduled(lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 4)),
    "LambdaLR": scheduled(lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 0.8**epoch)),
    "MultiplicativeLR": scheduled(lambda o: lr_scheduler.MultiplicativeLR(o, lambda epoch: 0.8)),
    "LinearLR": scheduled(lambda o: lr_scheduler.LinearLR(o, total_iters=5)),
    "ConstantLR": scheduled(lambda o: lr_scheduler.ConstantLR(o, total_iters=4)),
    "PolynomialLR": scheduled(lambda o: lr_scheduler.PolynomialLR(o, 12)),
    "CyclicLR": scheduled(lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.2, 4)),
    "CyclicLR Adam": scheduled(lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.05, 4), adam=True),
    "OneCycleLR": scheduled(lambda o: lr_scheduler.OneCycleLR(o, 0.2, total_steps=20)),
    "OneCycleLR Adam": scheduled(lambda o: lr_scheduler.OneCycleLR(o, 0.05, total_steps=20), adam=True),
    "ReduceLROnPlateau": scheduled(lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0, threshold=0.5)),
    "SequentialLR": scheduled(
        lambda o: lr_scheduler.SequentialLR(
            o, [lr_scheduler.ConstantLR(o, total_iters=3), lr_scheduler.ExponentialLR(o, 0.8)], milestones=[3]
        )
    ),
    "ChainedScheduler": scheduled(
        lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(o, 2, 0.5), lr_scheduler.ExponentialLR(o, 0.9)])
    ),
}

WAYS: dict[str, Case] = {
    case.__name__.replace("_", " "): case
    for case in (
        clipping,
        groups,
        accumulation,
        accumulation_outside,
        zeroed_in_place,
        zeroed_at_the_end,
        update_alone,
        frozen,
        by_hand,
        by_hand_on_data,
        without_backward,
        second_order,
        two_networks,
        given_everything,
        method,
        nested,
        inference,
        evaluation,
        sets_the_mode,
        sizes,
        own_optimizer,
        closure,
        hooks,
        reached_in_another_way,
    )
}

ZOO: dict[str, Case] = {
    **NETWORKS,
    **OPTIMIZERS,
    **{f"schedule {name}": case for name, case in SCHEDULES.items()},
    **WAYS,
}
