"""Faults of the data, the targets, and what flows."""

from __future__ import annotations

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.data import DataLoader, TensorDataset
from tests.explain.corpus.common import SECOND, Script
from tests.explain.corpus.second.tasks import (
    AttentionPooling,
    BagOfWords,
    LinearRecurrence,
    Residual,
    Squeezed,
    digits,
    fill,
    mlp,
    moons,
    sentences,
    sequences,
    table,
)

broken = SECOND.has_fault


@broken("softmax_before_loss")
def sigmoid_then_bce_with_logits() -> Script:
    x, y = moons()
    model = mlp(2, 16, 1, act=nn.Tanh, tail=[nn.Sigmoid()])
    return Script(model, (x, y.float().reshape(-1, 1)), nn.BCEWithLogitsLoss(), optim.Adam(model.parameters(), lr=0.01))


@broken("softmax_before_loss")
def probabilities_into_nll() -> Script:
    model = BagOfWords(squash=lambda s: F.softmax(s, dim=-1))
    return Script(model, sentences(), nn.NLLLoss(), optim.Adam(model.parameters(), lr=0.01))


@broken("softmax_over_samples")
def log_softmax_dim_0_with_nll() -> Script:
    x, y = digits()
    model = mlp(64, 32, 10, tail=[nn.LogSoftmax(dim=0)])
    return Script(model, (x, y), F.nll_loss, optim.SGD(model.parameters(), lr=0.5, momentum=0.9))


@broken("softmax_over_samples")
def attention_over_the_batch() -> Script:
    model = AttentionPooling(dim=0)
    return Script(model, sequences(), F.cross_entropy, optim.Adam(model.parameters(), lr=0.02))


@broken("silent_broadcast")
def column_against_vector() -> Script:
    x, y = table()
    model = mlp(5, 24, 24, 1, act=nn.Tanh)
    return Script(model, (x, y.reshape(-1)), F.mse_loss, optim.Adam(model.parameters(), lr=0.01))


@broken("silent_broadcast")
def vector_against_column_own_loss() -> Script:
    model = Squeezed()
    loader = DataLoader(TensorDataset(*table()), batch_size=25, shuffle=True)
    return Script(model, loader, lambda p, t: ((p - t) ** 2).mean(), optim.SGD(model.parameters(), lr=0.05))


@broken("labels_out_of_range")
def one_based_tokens() -> Script:
    x, y = sentences(classes=5)
    model = BagOfWords(classes=5)
    return Script(model, (x, y + 1), F.cross_entropy, optim.Adam(model.parameters(), lr=0.01))


@broken("labels_out_of_range")
def one_output_and_cross_entropy() -> Script:
    x, y = moons()
    model = mlp(2, 8, 1)
    return Script(model, (x, y), nn.CrossEntropyLoss(), optim.Adam(model.parameters(), lr=0.01))


@broken("labels_out_of_range")
def minus_one_and_one_with_bce() -> Script:
    x, y = moons()
    model = mlp(2, 16, 1)
    target = (2 * y - 1).float().reshape(-1, 1)
    return Script(model, (x, target), F.binary_cross_entropy_with_logits, optim.Adam(model.parameters(), lr=0.01))


@broken("unscaled_inputs")
def houses() -> Script:
    n = 150
    area, year, rooms = (
        900 + 2500 * glassnet.rand(n, 1),
        1950 + 70 * glassnet.rand(n, 1),
        glassnet.randint(1, 7, (n, 1)).float(),
    )
    price = area / 3000 + (year - 1950) / 100 + rooms / 10
    model = mlp(3, 16, 1)
    return Script(
        model, (glassnet.cat([area, year, rooms], 1), price), F.mse_loss, optim.SGD(model.parameters(), lr=0.01)
    )


@broken("unscaled_inputs")
def one_wild_column() -> Script:
    x, y = table(features=6)
    scale = glassnet.tensor([1.0, 1.0, 1.0, 1.0, 1.0, 50000.0])
    model = mlp(6, 20, 1, act=nn.Tanh)
    return Script(model, (x * scale, y), F.mse_loss, optim.Adam(model.parameters(), lr=0.003))


@broken("unscaled_inputs")
def pixels_as_bytes() -> Script:
    x, y = digits(scale=16 / 255)
    model = mlp(64, 40, 10, act=nn.Tanh)
    return Script(model, (x, y), F.cross_entropy, optim.RMSprop(model.parameters(), lr=0.001))


@broken("dead_relu")
def biases_of_minus_ten() -> Script:
    x, y = digits()
    model = mlp(64, 32, 32, 10)
    with glassnet.no_grad():
        model[2].bias.fill_(-10.0)
    return Script(model, (x, y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.001))


@broken("dead_relu")
def negative_weights_on_positive_inputs() -> Script:
    x, y = digits()
    model = mlp(64, 48, 10)
    with glassnet.no_grad():
        model[0].weight.copy_(-model[0].weight.abs())
        model[0].bias.zero_()
    return Script(model, (x, y), F.cross_entropy, optim.SGD(model.parameters(), lr=0.1))


@broken("saturated", "weights_too_large")
def normal_weights_of_one() -> Script:
    x, y = digits()
    model = fill(mlp(64, 256, 10, act=nn.Sigmoid), nn.init.normal_, 0.0, 3.0)
    return Script(model, (x * 2 - 1, y), F.cross_entropy, optim.SGD(model.parameters(), lr=0.01))


@broken("saturated", "weights_too_large")
def tanh_with_uniform_weights_of_four() -> Script:
    x, y = table(features=8)
    model = fill(mlp(8, 64, 64, 1, act=nn.Tanh), nn.init.uniform_, -4.0, 4.0)
    return Script(model, (x, y), F.mse_loss, optim.Adam(model.parameters(), lr=0.001))


@broken("vanishing_gradients")
def ten_sigmoids() -> Script:
    x, y = digits()
    model = mlp(64, *[32] * 9, 10, act=nn.Sigmoid)
    return Script(model, (x, y), F.cross_entropy, optim.SGD(model.parameters(), lr=0.1))


@broken("vanishing_gradients")
def small_normal_weights_in_depth() -> Script:
    x, y = table()
    model = fill(mlp(5, *[50] * 8, 1, act=nn.Tanh), nn.init.normal_, 0.0, 0.03)
    return Script(model, (x, y), F.mse_loss, optim.SGD(model.parameters(), lr=0.05))


@broken("exploding_gradients")
def large_normal_weights_in_depth() -> Script:
    x, y = digits()
    model = fill(mlp(64, *[64] * 11, 10), nn.init.normal_, 0.0, 0.4)
    return Script(model, (x, y), F.cross_entropy, optim.SGD(model.parameters(), lr=0.01))


@broken("exploding_gradients")
def recurrence_without_bounds() -> Script:
    model = LinearRecurrence(0.5)
    return Script(model, sequences(steps=25), F.cross_entropy, optim.SGD(model.parameters(), lr=0.01))


@broken("exploding_gradients")
def residual_without_scale() -> Script:
    x, y = digits()
    model = Residual(64, 12, 64, 10, std=0.2)
    return Script(model, (x, y), F.cross_entropy, optim.SGD(model.parameters(), lr=0.01))


@broken("symmetric_weights")
def all_weights_a_half() -> Script:
    x, y = moons()
    model = fill(mlp(2, 12, 2, act=nn.Tanh), nn.init.constant_, 0.5)
    return Script(model, (x, y), F.cross_entropy, optim.SGD(model.parameters(), lr=0.1))


@broken("symmetric_weights")
def all_zero_with_adam() -> Script:
    x, y = table()
    model = fill(mlp(5, 16, 16, 1), nn.init.zeros_)
    return Script(model, (x, y), F.mse_loss, optim.Adam(model.parameters(), lr=0.01))


@broken("symmetric_weights")
def one_layer_of_ones() -> Script:
    x, y = digits()
    model = mlp(64, 24, 24, 10, act=nn.ELU)
    nn.init.ones_(model[2].weight)
    nn.init.zeros_(model[2].bias)
    fill(model[4:], nn.init.constant_, 0.1)
    return Script(model, (x, y), F.cross_entropy, optim.Adam(model.parameters(), lr=0.001))
