"""Networks that are exported in tests: those that can be written, and those that cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import glassnet
import glassnet.functional as F
from glassnet import nn
from glassnet.cli.options import ACTIVATIONS
from glassnet.ops.activation import leaky_relu
from glassnet.tensor import apply

X = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)
INDICES = np.array([[1, 2, 3], [4, 5, 9], [0, 0, 7]])


class Net(nn.Module):
    """A network whose forward is ``function``, with a layer, a table and further modules to use."""

    def __init__(self, function: Callable[..., Any], *others: nn.Module) -> None:
        super().__init__()
        self.function = function
        self.layer = nn.Linear(6, 4)
        self.others = nn.ModuleList(others)
        self.register_buffer("table", glassnet.randn(3, 6))

    def forward(self, x):
        return self.function(self, x)


def halves(net, x):
    return net.others[0](x[:, :3], x[:, 3:])


def normalized(_net, x):
    return (x - x.mean(1, keepdim=True)) / (x.var(1, keepdim=True) + 1e-5).sqrt()


def reshaped(_net, x):
    n = x.shape[0]
    return x.reshape(2 * n, 3).sum(1).reshape(n, 2)


def looks_back(net, x):
    x = x.unsqueeze(2)
    later = nn.Transformer.generate_square_subsequent_mask(6)
    return net.others[0](x, x, x, attn_mask=later)[0].squeeze(2)


WRITTEN: dict[str, tuple[Callable[[], nn.Module], Any]] = {
    f"with {name}": (lambda kind=kind: nn.Sequential(nn.Linear(6, 5), kind(), nn.Linear(5, 3)), X)
    for name, kind in ACTIVATIONS.items()
}


def turned(net, x):
    theta = net.layer(x).reshape(-1, 1, 4)[:, :, :3] + glassnet.tensor([[[1.0, 0, 0], [0, 1, 0]]])
    return F.grid_sample(x.reshape(-1, 1, 2, 3), F.affine_grid(theta, (len(x), 1, 2, 2)))


WRITTEN |= {
    "one layer": (lambda: nn.Linear(6, 3), X),
    "no bias": (lambda: nn.Sequential(nn.Linear(6, 4, bias=False), nn.ReLU(), nn.Linear(4, 2)), X),
    "dropout": (lambda: nn.Sequential(nn.Dropout(0.5), nn.Linear(6, 4), nn.Identity()), X),
    "flatten": (lambda: nn.Sequential(nn.Linear(6, 4), nn.Flatten(), nn.Linear(8, 2)), np.stack([X, X + 1], 1)),
    "unflatten": (lambda: nn.Sequential(nn.Unflatten(1, (2, 3)), nn.Linear(3, 4), nn.Flatten()), X),
    "embedding": (lambda: nn.Sequential(nn.Embedding(10, 4), nn.Flatten(), nn.Linear(12, 2)), INDICES),
    "bag of embeddings": (lambda: nn.Sequential(nn.EmbeddingBag(10, 4, padding_idx=0), nn.Linear(4, 2)), INDICES),
    "embedding of short rows": (lambda: nn.Sequential(nn.Embedding(10, 4, max_norm=0.5), nn.Flatten()), INDICES),
    "bag of short rows": (lambda: nn.EmbeddingBag(10, 4, max_norm=1.5, norm_type=1.0), INDICES),
    "largest of a bag": (lambda: nn.EmbeddingBag(10, 4, mode="max"), INDICES),
    "cosine similarity": (lambda: Net(lambda net, x: net.others[0](x, net.table[0]), nn.CosineSimilarity()), X),
    "pairwise distance": (lambda: Net(lambda net, x: net.others[0](x, net.table[0]), nn.PairwiseDistance()), X),
    "distances": (lambda: Net(lambda net, x: glassnet.cdist(x, net.table)), X),
    "bilinear": (lambda: Net(halves, nn.Bilinear(3, 3, 2)), X),
    "glu": (lambda: nn.Sequential(nn.Linear(6, 4), nn.GLU()), X),
    "softmax": (lambda: nn.Sequential(nn.Linear(6, 3), nn.Softmax(1)), X),
    "log-softmax": (lambda: nn.Sequential(nn.Linear(6, 3), nn.LogSoftmax(1)), X),
    "float64": (lambda: nn.Sequential(nn.Linear(6, 4), nn.GELU()).double(), X.astype(np.float64)),
    "float16": (lambda: nn.Sequential(nn.Linear(6, 4), nn.Tanh()).half(), X.astype(np.float16)),
    "a residual": (lambda: Net(lambda net, x: x + glassnet.cat([net.layer(x), x[:, :2]], 1)), X),
    "shapes of the batch": (lambda: Net(reshaped), X),
    "a part of the batch that is all of it": (lambda: Net(lambda _, x: x[: len(x), 1:] / (2 * len(x))), X),
    "the batch twice": (lambda: Net(lambda _, x: glassnet.cat([x, x + 1])[len(x) : 2 * len(x)]), X),
    "batch norm": (lambda: nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4), nn.ReLU()), X),
    "batch norm of channels": (lambda: nn.Sequential(nn.Unflatten(1, (2, 3)), nn.BatchNorm1d(2, affine=False)), X),
    "layer norm": (lambda: nn.Sequential(nn.LayerNorm(6), nn.Linear(6, 3), nn.RMSNorm(3)), X),
    "group norm": (lambda: nn.Sequential(nn.GroupNorm(2, 6), nn.Unflatten(1, (2, 3)), nn.InstanceNorm1d(2)), X),
    "local response norm": (lambda: nn.Sequential(nn.Unflatten(1, (3, 2)), nn.LocalResponseNorm(2)), X),
    "cross-map norm": (lambda: nn.Sequential(nn.Unflatten(1, (6, 1, 1)), nn.CrossMapLRN2d(4), nn.Flatten()), X),
    "weight norm": (lambda: nn.utils.weight_norm(nn.Linear(6, 3)), X),
    "spectral norm": (lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(6, 3)), X),
    "normalized": (lambda: Net(normalized), X),
    "a buffer": (lambda: Net(lambda net, x: x @ net.table.T), X),
    "a constant": (lambda: Net(lambda _, x: x * glassnet.tensor([1.0, 2, 3, 4, 5, 6])), X),
    "positions": (lambda: Net(lambda net, x: net.layer(x).argmax(1)), X),
    "one of two": (lambda: Net(lambda _, x: glassnet.where(x > 0, x, x * 0.1)), X),
    "bounds": (lambda: Net(lambda _, x: x.clamp(-0.5, 0.5)), X),
    "powers": (lambda: Net(lambda _, x: (x.abs() + 1) ** 0.5 - x**2 / 3 + 2**x), X),
    "truths": (lambda: Net(lambda _, x: ((x > 0) & (x < 1) | (x == 2)).float()), X),
    "zeros beside": (lambda: Net(lambda net, x: glassnet.cat([glassnet.zeros(len(x), 2), net.layer(x)], 1)), X),
    "zeros through a layer": (lambda: Net(lambda net, x: net.layer(glassnet.zeros(len(x), 6)) + net.layer(x)), X),
    "sorted": (lambda: Net(lambda _, x: x.sort(1)[0]), X),
    "divided by the batch": (lambda: Net(lambda _, x: x / len(x)), X),
    "itself": (lambda: Net(lambda _, x: x), X),
}


def pictures(*layers: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    """Layers of pictures [2, 6, 6], made of the 6 numbers by one that is linear."""
    return lambda: nn.Sequential(nn.Linear(6, 72), nn.Unflatten(1, (2, 6, 6)), *(layer() for layer in layers))


WRITTEN |= {
    "convolution": (
        pictures(lambda: nn.Conv2d(2, 4, 3, 2, 1, groups=2), nn.ReLU, lambda: nn.Conv2d(4, 2, 2, padding="same")),
        X,
    ),
    "transposed convolution": (pictures(lambda: nn.ConvTranspose2d(2, 1, 3, 2), lambda: nn.ReflectionPad2d(1)), X),
    "unfolded": (pictures(lambda: nn.Unfold(3, stride=2), lambda: nn.Fold(5, 3, stride=2), lambda: nn.Unfold(2)), X),
    "upsampled": (pictures(lambda: nn.Upsample(scale_factor=2)), X),
    "upsampled, bicubic": (pictures(lambda: nn.Upsample(4, mode="bicubic")), X),
    "max pooled": (pictures(lambda: nn.MaxPool2d(3, 2, 1), lambda: nn.AdaptiveMaxPool2d(2)), X),
    "average pooled": (pictures(lambda: nn.AvgPool2d(3, 2, 1), lambda: nn.AdaptiveAvgPool2d((2, 1))), X),
    "average of all": (pictures(lambda: nn.LPPool2d(2, 2), lambda: nn.AdaptiveAvgPool2d(1)), X),
    "turned": (lambda: Net(turned), X),
    "pixels shuffled": (pictures(lambda: nn.PixelUnshuffle(2), lambda: nn.ChannelShuffle(4)), X),
}


def sequence(layer: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    """A layer of sequences [3, 6], made of the 6 numbers by one that is linear."""
    return lambda: nn.Sequential(nn.Linear(6, 18), nn.Unflatten(1, (3, 6)), layer())


class LastStep(nn.Module):
    """The state of a recurrent layer after the last step."""

    def __init__(self, layer: nn.RNNBase) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x):
        output, _ = self.layer(x)
        return output[:, -1]


def times_matrices(_net, x):
    return (glassnet.arange(36.0).reshape(1, 6, 6).repeat(len(x), 1, 1) @ x.unsqueeze(2)).squeeze(2)


def along_a_grid(_net, x):
    halved = glassnet.tensor([[[0.5, 0.0, 0.0], [0.0, 1.0, 0.0]]]).expand(len(x), 2, 3)
    return F.grid_sample(x.reshape(-1, 1, 2, 3), F.affine_grid(halved, (len(x), 1, 2, 3), align_corners=True)).flatten(
        1
    )


WRITTEN |= {
    "lstm": (sequence(lambda: LastStep(nn.LSTM(6, 4, num_layers=2, batch_first=True))), X),
    "gru": (sequence(lambda: LastStep(nn.GRU(6, 4, bidirectional=True, batch_first=True))), X),
    "rnn": (sequence(lambda: LastStep(nn.RNN(6, 4, batch_first=True))), X),
    "transformer": (sequence(lambda: nn.TransformerEncoderLayer(6, 2, 8, batch_first=True)), X),
    "a matrix for each sample": (lambda: Net(times_matrices), X),
    "read along a grid": (lambda: Net(along_a_grid), X),
    "attention with a mask": (lambda: Net(looks_back, nn.MultiheadAttention(1, 1, batch_first=True)), X),
}

REFUSED: dict[str, tuple[Callable[..., Any], str]] = {
    "one number": (lambda _, x: x.sum(), r"output begins with the batch, \[7, …\] for 7 samples, got \[\]"),
    "two tensors": (lambda _, x: (x, x), "expected a network that gives one tensor, got tuple"),
    "always the same": (lambda _, x: glassnet.ones(len(x), 2), "the same whatever it is given"),
    "random numbers": (lambda _, x: x + glassnet.randn(len(x), 6), "normal draws random numbers in evaluation mode"),
    "dropped anyway": (lambda _, x: F.dropout(x), "bernoulli draws random numbers"),
    "a value read": (lambda _, x: x * x.sum().item(), "reads a tensor's value in Python"),
    "a fixed batch": (lambda _, x: x.reshape(5, 6), "the network refuses 7: .*42 elements"),
    "halves of the batch": (lambda _, x: glassnet.cat(x.chunk(2)), "got 4 for 7 samples and 6 for 12"),
    "another way": (lambda _, x: x * 2 if len(x) > 8 else x + 1, "does something else for 12 samples than for 7"),
    "numbered samples": (lambda _, x: x * glassnet.arange(len(x)).float().unsqueeze(1), "made anew for each batch"),
    "a counter": (lambda net, x: x + net.table.add_(1).sum(), "changes table in evaluation mode"),
    "other ways of a call": (
        lambda _, x: apply(leaky_relu, x, **{"negative_slope": 0.5} if len(x) > 8 else {}),
        "got ",
    ),
}
