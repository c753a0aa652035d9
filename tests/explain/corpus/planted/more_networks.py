"""Healthy trainings of whole models: language models, translation, generation, segmentation, comparison."""

from __future__ import annotations

from typing import Any

import numpy as np

import glassnet
import glassnet.functional as F
from glassnet import nn
from tests.explain.corpus.common import Pair, tensors
from tests.explain.corpus.planted.networks import CLASSES, convolution, pictures, sentences, stripes, waves
from tests.explain.corpus.planted.trainings import Training, adam, training

LETTERS, CONTEXT = 12, 12


def texts(seed: int, n: int = 192) -> Pair:
    """Letters [N, CONTEXT] and those that follow: each is the one before, moved by 1 or, now and then, by 3."""
    random = np.random.default_rng(seed)
    moves = np.where(random.uniform(size=(n, CONTEXT + 1)) < 0.85, 1, 3)
    moves[:, 0] = random.integers(0, LETTERS, n)
    text = moves.cumsum(1) % LETTERS
    return glassnet.tensor(text[:, :-1]), glassnet.tensor(text[:, 1:])


def of_positions(o: Any, y: Any) -> Any:
    """Cross entropy of outputs [N, T, classes]."""
    return F.cross_entropy(o.reshape(-1, o.shape[-1]), y.reshape(-1))


class CharacterNetwork(nn.Module):
    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.embedding, self.layer = nn.Embedding(LETTERS, 16), layer
        self.out = nn.Linear(layer.hidden_size, LETTERS)

    def forward(self, x: Any) -> Any:
        return self.out(self.layer(self.embedding(x))[0])


@training()
def characters_by_lstm(seed: int) -> Training:
    return Training(CharacterNetwork(nn.LSTM(16, 24, batch_first=True)), texts(seed), of_positions, adam())


@training()
def characters_by_rnn(seed: int) -> Training:
    return Training(CharacterNetwork(nn.RNN(16, 24, batch_first=True)), texts(seed), of_positions, adam())


class SmallGpt(nn.Module):
    """Blocks of causal attention: A. Radford et al., Improving language understanding by generative pre-training."""

    def __init__(self, width: int = 24, heads: int = 2, blocks: int = 2) -> None:
        super().__init__()
        self.embedding, self.places = nn.Embedding(LETTERS, width), nn.Embedding(CONTEXT, width)
        layer = nn.TransformerEncoderLayer(
            width, heads, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(layer, blocks, enable_nested_tensor=False)
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, LETTERS, bias=False)

    def forward(self, x: Any) -> Any:
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        h = self.embedding(x) + self.places(glassnet.arange(x.shape[1]))
        return self.out(self.norm(self.blocks(h, mask=mask, is_causal=True)))


@training()
def small_gpt(seed: int) -> Training:
    return Training(SmallGpt(), texts(seed), of_positions, adam(0.003))


class HandWrittenGpt(nn.Module):
    """One block of causal attention, written out."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.width, self.dim = width, -1
        self.embedding, self.places = nn.Embedding(LETTERS, width), nn.Parameter(0.1 * glassnet.randn(CONTEXT, width))
        self.norm, self.qkv, self.out = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, LETTERS)
        self.register_buffer("mask", glassnet.ones(CONTEXT, CONTEXT).tril())

    def forward(self, x: Any) -> Any:
        h = self.embedding(x) + self.places
        q, k, v = self.qkv(self.norm(h)).split(self.width, dim=2)
        scores = (q @ k.transpose(1, 2)) * self.width**-0.5
        return self.out(h + F.softmax(scores.masked_fill(self.mask == 0, float("-inf")), self.dim) @ v)


@training()
def hand_written_gpt(seed: int) -> Training:
    return Training(HandWrittenGpt(), texts(seed), of_positions, adam())


def backwards(seed: int) -> Any:
    """Sequences and what is written of them so far, beside them from their end to their beginning."""
    x = glassnet.tensor(np.random.default_rng(seed).integers(0, LETTERS, (192, 5)))
    y = x.flip(1)
    begun = glassnet.cat([glassnet.full((len(y), 1), LETTERS, dtype=glassnet.int64), y[:, :-1]], 1)
    return (x, begun), y


class Translating(nn.Module):
    """Reads a sequence, and writes it backwards, looking at all of it: D. Bahdanau, K. Cho, Y. Bengio, 2015."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.embedding = nn.Embedding(LETTERS + 1, 16)
        self.reader, self.writer = nn.GRU(16, width, batch_first=True), nn.GRUCell(16 + width, width)
        self.query, self.key, self.score = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, 1)
        self.out = nn.Linear(2 * width, LETTERS)

    def forward(self, source: Any, target: Any) -> Any:
        read, state = self.reader(self.embedding(source))
        h, keys, written = state[0], self.key(read), []
        for t in range(target.shape[1]):
            weights = self.score((self.query(h).unsqueeze(1) + keys).tanh()).squeeze(2).softmax(1)
            seen = (weights.unsqueeze(1) @ read).squeeze(1)
            h = self.writer(glassnet.cat([self.embedding(target[:, t]), seen], 1), h)
            written.append(self.out(glassnet.cat([h, seen], 1)))
        return glassnet.stack(written, 1)


@training()
def sequence_to_sequence(seed: int) -> Training:
    return Training(Translating(), backwards(seed), of_positions, adam())


@training()
def transformer_of_two_sides(seed: int) -> Training:
    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.places = nn.Embedding(LETTERS + 1, 16), nn.Parameter(0.3 * glassnet.randn(5, 16))
            self.transformer = nn.Transformer(16, 2, 1, 1, 32, dropout=0.0, batch_first=True)
            self.out = nn.Linear(16, LETTERS)

        def forward(self, source: Any, target: Any) -> Any:
            mask = nn.Transformer.generate_square_subsequent_mask(5)
            s, t = self.embedding(source) + self.places, self.embedding(target) + self.places
            return self.out(self.transformer(s, t, tgt_mask=mask))

    return Training(Whole(), backwards(seed), of_positions, adam(0.005))


class Variational(nn.Module):
    """D. P. Kingma and M. Welling, Auto-encoding variational Bayes, 2014."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 32), nn.ReLU())
        self.mean, self.spread = nn.Linear(32, 4), nn.Linear(32, 4)
        self.decoder = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 64))

    def forward(self, x: Any) -> Any:
        h = self.encoder(x)
        mean, log_variance = self.mean(h), self.spread(h)
        z = mean + glassnet.randn_like(mean) * (0.5 * log_variance).exp() if self.training else mean
        return self.decoder(z), mean, log_variance


@training()
def variational_autoencoder(seed: int) -> Training:
    x = pictures(seed)[0].flatten(1)

    def loss(o: Any, y: Any) -> Any:
        outputs, mean, log_variance = o
        divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1).mean()
        return F.binary_cross_entropy_with_logits(outputs, y, reduction="sum") / len(y) + divergence

    return Training(Variational(), (x, x), loss, adam(0.003))


class Segmenting(nn.Module):
    """Down and up again, with a way across: O. Ronneberger, P. Fischer, T. Brox, U-Net, 2015."""

    def __init__(self) -> None:
        super().__init__()
        self.into = nn.Sequential(*convolution(1, 8, nn.BatchNorm2d))
        self.down = nn.Sequential(nn.MaxPool2d(2), *convolution(8, 16, nn.BatchNorm2d))
        self.up, self.out = nn.ConvTranspose2d(16, 8, 2, 2), nn.Conv2d(16, 1, 1)

    def forward(self, x: Any) -> Any:
        across = self.into(x)
        return self.out(glassnet.cat([across, self.up(self.down(across))], 1))


@training()
def segmentation(seed: int) -> Training:
    x, _ = pictures(seed, 160)
    y = (x > 0.4).float()
    noisy = x + 0.3 * glassnet.tensor(np.random.default_rng(seed).normal(size=x.shape).astype(np.float32))
    return Training(Segmenting(), (noisy, y), F.binary_cross_entropy_with_logits, adam())


@training()
def tags_of_words(seed: int) -> Training:
    """A tag for each word, none (-100) for padding, which comes after all that an answer depends on."""
    x, _ = sentences(seed)
    y = glassnet.where(x == 0, -100, x % CLASSES)
    model = nn.Sequential(nn.Embedding(24, 16), EachOutput(nn.LSTM(16, 24, batch_first=True)))
    return Training(model, (x, y), of_positions, adam())


class EachOutput(nn.Module):
    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer, self.out = layer, nn.Linear(layer.hidden_size, CLASSES)

    def forward(self, x: Any) -> Any:
        return self.out(self.layer(x)[0])


@training()
def spectral_and_weight_norm(seed: int) -> Training:
    x, y = pictures(seed)
    model = nn.Sequential(
        nn.utils.parametrizations.spectral_norm(nn.Linear(64, 32)), nn.LeakyReLU(0.2),
        nn.utils.parametrizations.weight_norm(nn.Linear(32, 10)),
    )  # fmt: skip
    return Training(model, (x.flatten(1), y), F.cross_entropy, adam())


@training()
def depthwise_convolution(seed: int) -> Training:
    x, y = stripes(seed)
    model = nn.Sequential(
        nn.Conv2d(3, 12, 3, 2, 1), nn.BatchNorm2d(12), nn.Hardswish(), nn.Conv2d(12, 12, 3, padding=1, groups=12),
        nn.BatchNorm2d(12), nn.Hardswish(), nn.Conv2d(12, 16, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(16, CLASSES),
    )  # fmt: skip
    return Training(model, (x, y), F.cross_entropy, adam())


@training()
def cells_by_hand(seed: int) -> Training:
    class Loop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell, self.out = nn.LSTMCell(1, 16), nn.Linear(16, CLASSES)

        def forward(self, x: Any) -> Any:
            h = c = glassnet.zeros(len(x), 16)
            for t in range(x.shape[1]):
                h, c = self.cell(x[:, t], (h, c))
            return self.out(h)

    return Training(Loop(), waves(seed, steps=10), F.cross_entropy, adam(0.02))


@training()
def numbers_by_attention(seed: int) -> Training:
    """Sets of numbers, of which the largest is to be found."""
    x = np.random.default_rng(seed).normal(size=(256, 6, 1))

    class Pooling(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.into, self.attention = nn.Linear(1, 16), nn.MultiheadAttention(16, 2, batch_first=True)
            self.out = nn.Linear(16, 1)

        def forward(self, x: Any) -> Any:
            h = self.into(x).relu()
            return self.out((h + self.attention(h, h, h, need_weights=False)[0]).amax(1))

    return Training(Pooling(), tensors(x, x.max(1)), F.mse_loss, adam(0.005))
