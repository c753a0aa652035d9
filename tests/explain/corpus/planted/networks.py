"""Healthy trainings of networks with convolution, recurrence, normalization and attention."""

from __future__ import annotations

from typing import Any

import numpy as np

import glassnet
import glassnet.functional as F
from glassnet import datasets, nn
from tests.explain.corpus.common import Pair, tensors
from tests.explain.corpus.planted.trainings import Training, adam, learned, sgd, training

CLASSES = 3


# pictures -----------------------------------------------------------------------------------------------------


def pictures(seed: int, n: int = 320) -> Pair:
    """Digits [N, 1, 8, 8] from 0 to 1."""
    images, labels = datasets.load_digits()
    order = np.random.default_rng(seed).permutation(len(labels))[:n]
    return tensors(images[order][:, None] / 16, labels[order])


def stripes(seed: int, n: int = 256, side: int = 12) -> Pair:
    """Colored pictures [N, 3, side, side] of waves, of which the class is the direction."""
    random = np.random.default_rng(seed)
    y = np.arange(n) % CLASSES
    angle = np.pi * y / CLASSES
    rows, columns = np.mgrid[:side, :side]
    along = np.cos(angle)[:, None, None] * rows + np.sin(angle)[:, None, None] * columns
    wave = np.sin(0.9 * along + random.uniform(0, 2 * np.pi, (n, 1, 1)))[:, None] * random.uniform(0.5, 1, (n, 3, 1, 1))
    return tensors(wave + random.uniform(-0.5, 0.5, (n, 3, 1, 1)) + 0.2 * random.normal(size=(n, 3, side, side)), y)


def convolution(inputs: int, outputs: int, norm: Any = None, **options: Any) -> list[nn.Module]:
    """A convolution of 3×3 with what usually follows."""
    return [nn.Conv2d(inputs, outputs, 3, padding=1, **options), *([norm(outputs)] if norm else []), nn.ReLU()]


def lenet(channels: int = 1, side: int = 8, classes: int = 10, norm: Any = None) -> nn.Sequential:
    """Two convolutions, each with a pooling, and two layers that take all of what they give."""
    first, second = convolution(channels, 6, norm), convolution(6, 16, norm)
    pooled = 16 * (side // 4) ** 2
    head = [nn.Flatten(), nn.Linear(pooled, 32), nn.ReLU(), nn.Linear(32, classes)]
    return nn.Sequential(*first, nn.MaxPool2d(2), *second, nn.MaxPool2d(2), *head)


class ResidualBlock(nn.Module):
    """Two convolutions, and a way around them: K. He et al., Deep residual learning, 2016."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.around = nn.Conv2d(inputs, outputs, 1, stride) if stride > 1 or inputs != outputs else nn.Identity()

    def forward(self, x: Any) -> Any:
        y = self.norm2(self.conv2(self.norm1(self.conv1(x)).relu()))
        return (y + self.around(x)).relu()


def resnet(channels: int, classes: int) -> nn.Sequential:
    blocks = [ResidualBlock(8, 8), ResidualBlock(8, 16, 2)]
    return nn.Sequential(
        *convolution(channels, 8, nn.BatchNorm2d),
        *blocks,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, classes),
    )


def picture(model: nn.Module, data: Pair, optimizer: Any = None, **more: Any) -> Training:
    return Training(model, data, F.cross_entropy, optimizer or adam(0.003), batch=32, **more)


@training()
def lenet_of_digits(seed: int) -> Training:
    return picture(lenet(), pictures(seed))


@training()
def lenet_with_batch_norm(seed: int) -> Training:
    return picture(lenet(norm=nn.BatchNorm2d), pictures(seed), sgd(0.05, momentum=0.9))


@training()
def resnet_of_stripes(seed: int) -> Training:
    return picture(resnet(3, CLASSES), stripes(seed))


@training()
def resnet_of_digits(seed: int) -> Training:
    return picture(resnet(1, 10), pictures(seed))


@training()
def lenet_of_stripes(seed: int) -> Training:
    return picture(lenet(3, 12, CLASSES), stripes(seed))


@training()
def lenet_with_group_norm(seed: int) -> Training:
    return picture(lenet(3, 12, CLASSES, lambda n: nn.GroupNorm(2, n)), stripes(seed))


@training()
def lenet_with_dropout(seed: int) -> Training:
    model = lenet()
    return picture(nn.Sequential(*list(model)[:-1], nn.Dropout(0.3), model[-1]), pictures(seed), own_step=True)


class Divided(nn.Module):
    """Takes pictures as bytes, and makes numbers up to 1 of them, or what another divisor makes."""

    def __init__(self, network: nn.Module, divisor: float = 255.0) -> None:
        super().__init__()
        self.network, self.divisor = network, divisor

    def forward(self, x: Any) -> Any:
        return self.network(x.float() / self.divisor)


def as_bytes(data: Pair) -> Pair:
    return (data[0] * 255).to(glassnet.uint8), data[1]


@training()
def lenet_that_divides(seed: int) -> Training:
    return picture(Divided(lenet()), as_bytes(pictures(seed)))


@training()
def lenet_that_begins_with_batch_norm(seed: int) -> Training:
    x, y = as_bytes(pictures(seed))
    return picture(nn.Sequential(nn.BatchNorm2d(1), *lenet()), (x.float(), y))


@training()
def batch_norm_frozen_on_purpose(seed: int) -> Training:
    """Trained before; its statistics are kept while the last layer learns on."""
    made = learned(picture(lenet(norm=nn.BatchNorm2d), pictures(seed)), 60)
    made.model[-1].reset_parameters()
    for layer in made.model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eval()
    return made


@training()
def perceptron_with_batch_norm(seed: int) -> Training:
    x, y = pictures(seed)
    model = nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 10))
    return picture(model, (x.flatten(1), y))


@training()
def autoencoder_of_convolutions(seed: int) -> Training:
    x, _ = pictures(seed)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU(),
        nn.ConvTranspose2d(8, 8, 2, 2), nn.ReLU(), nn.ConvTranspose2d(8, 1, 2, 2),
    )  # fmt: skip
    return Training(model, (x, x), F.mse_loss, adam(0.005))


# series -------------------------------------------------------------------------------------------------------


def waves(seed: int, n: int = 256, steps: int = 16) -> Pair:
    """Series [N, steps, 1], of which the class is the frequency."""
    random = np.random.default_rng(seed)
    y, t = np.arange(n) % CLASSES, np.arange(steps)
    x = np.sin((0.3 + 0.4 * y[:, None]) * t + random.uniform(0, 6, (n, 1))) + 0.1 * random.normal(size=(n, steps))
    return tensors(x[..., None], y)


class Read(nn.Module):
    """A recurrent layer, of whose last output a linear layer makes an answer."""

    def __init__(self, layer: Any, outputs: int) -> None:
        super().__init__()
        self.layer = layer
        self.out = nn.Linear(layer.hidden_size * (2 if layer.bidirectional else 1), outputs)

    def forward(self, x: Any) -> Any:
        return self.out(self.layer(x)[0][:, -1])


def series(layer: Any, seed: int, rate: float = 0.01) -> Training:
    return Training(Read(layer, CLASSES), waves(seed), F.cross_entropy, adam(rate))


@training()
def lstm_of_waves(seed: int) -> Training:
    return series(nn.LSTM(1, 16, batch_first=True), seed, 0.02)


@training()
def gru_of_waves(seed: int) -> Training:
    return series(nn.GRU(1, 16, batch_first=True), seed, 0.02)


@training()
def rnn_of_waves(seed: int) -> Training:
    return series(nn.RNN(1, 24, batch_first=True), seed)


@training()
def rnn_of_relus(seed: int) -> Training:
    return series(nn.RNN(1, 24, nonlinearity="relu", batch_first=True), seed)


@training()
def lstm_of_two_layers_both_ways(seed: int) -> Training:
    return series(nn.LSTM(1, 12, num_layers=2, bidirectional=True, dropout=0.1, batch_first=True), seed, 0.02)


class Turned(nn.Module):
    """A recurrent layer as it is by default: [positions, samples, features]."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.out = nn.GRU(1, 16), nn.Linear(16, CLASSES)

    def forward(self, x: Any) -> Any:
        return self.out(self.layer(x.transpose(0, 1))[0][-1])


@training()
def gru_with_positions_first(seed: int) -> Training:
    return Training(Turned(), waves(seed), F.cross_entropy, adam(0.02))


@training()
def lstm_of_rows(seed: int) -> Training:
    x, y = pictures(seed)
    return Training(Read(nn.LSTM(8, 32, batch_first=True), 10), (x[:, 0], y), F.cross_entropy, adam(0.01))


@training()
def gru_forecast(seed: int) -> Training:
    """The next number of a series with a season."""
    random = np.random.default_rng(seed)
    t = np.arange(320)
    all_of_it = np.sin(2 * np.pi * t / 12) + 0.002 * t + 0.1 * random.normal(size=320)
    x = np.lib.stride_tricks.sliding_window_view(all_of_it, 13)
    return Training(Read(nn.GRU(1, 16, batch_first=True), 1), tensors(x[:, :12, None], x[:, 12:]), F.mse_loss, adam())


@training()
def convolution_of_waves(seed: int) -> Training:
    x, y = waves(seed)
    model = nn.Sequential(
        nn.Conv1d(1, 12, 5, padding=2), nn.ReLU(), nn.Conv1d(12, 12, 5, padding=2), nn.ReLU(),
        nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(12, CLASSES),
    )  # fmt: skip
    return Training(model, (x.transpose(1, 2), y), F.cross_entropy, adam())


class Remembering(nn.Module):
    """A recurrent layer that begins where it ended for the batch before."""

    def __init__(self, layer: Any, outputs: int, detaches: bool = True) -> None:
        super().__init__()
        self.layer, self.out, self.detaches = layer, nn.Linear(layer.hidden_size, outputs), detaches
        self.state: Any = None

    def forward(self, x: Any) -> Any:
        state = self.state
        if self.detaches and state is not None:
            state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        outputs, self.state = self.layer(x, state)
        return self.out(outputs[:, -1])


@training()
def lstm_that_goes_on(seed: int) -> Training:
    model = Remembering(nn.LSTM(1, 16, batch_first=True), CLASSES)
    return Training(model, waves(seed), F.cross_entropy, adam(0.02), own_step=True)


@training()
def gru_that_goes_on(seed: int) -> Training:
    return Training(Remembering(nn.GRU(1, 16, batch_first=True), CLASSES), waves(seed), F.cross_entropy, adam(0.02))


# words --------------------------------------------------------------------------------------------------------

WORDS, PADDING, LONGEST = 24, 0, 10


def sentences(seed: int, n: int = 256) -> Pair:
    """Sentences [N, LONGEST] of 3 words or more, filled up with 0; the class is of which kind most words are."""
    random = np.random.default_rng(seed)
    y = np.arange(n) % CLASSES
    own = 1 + y[:, None] + CLASSES * random.integers(0, 7, (n, LONGEST))
    x = np.where(random.uniform(size=(n, LONGEST)) < 0.6, own, random.integers(1, WORDS, (n, LONGEST)))
    x[np.arange(LONGEST) >= random.integers(3, LONGEST + 1, n)[:, None]] = PADDING
    return glassnet.tensor(x), glassnet.tensor(y)


class MeanOfWords(nn.Module):
    """The mean of the embeddings of the words that there are."""

    def __init__(self, masked: bool = True) -> None:
        super().__init__()
        self.embedding, self.out, self.masked = nn.Embedding(WORDS, 16), nn.Linear(16, CLASSES), masked

    def forward(self, x: Any) -> Any:
        h = self.embedding(x)
        if not self.masked:
            return self.out(h.mean(1))
        mask = (x != PADDING).float().unsqueeze(-1)
        return self.out((h * mask).sum(1) / mask.sum(1))


class PackedWords(nn.Module):
    """A recurrent layer over the words that there are: its last state."""

    def __init__(self, layer: Any, packed: bool = True) -> None:
        super().__init__()
        self.embedding, self.layer, self.packed = nn.Embedding(WORDS, 12), layer, packed
        self.out = nn.Linear(layer.hidden_size, CLASSES)

    def forward(self, x: Any) -> Any:
        h = self.embedding(x)
        if self.packed:
            lengths = (x != PADDING).sum(1)
            h = nn.utils.rnn.pack_padded_sequence(h, lengths, batch_first=True, enforce_sorted=False)
        state = self.layer(h)[1]
        return self.out((state[0] if isinstance(state, tuple) else state)[-1])


class Attending(nn.Module):
    """Attention as it is written by hand, between words and their places; the mean of what there is."""

    def __init__(self, dim: int = -1, masked: bool = True) -> None:
        super().__init__()
        self.dim, self.masked = dim, masked
        self.embedding, self.places = nn.Embedding(WORDS, 16), nn.Parameter(0.1 * glassnet.randn(LONGEST, 16))
        self.queries, self.keys, self.values = nn.Linear(16, 16), nn.Linear(16, 16), nn.Linear(16, 16)
        self.out = nn.Linear(16, CLASSES)

    def forward(self, x: Any) -> Any:
        h = self.embedding(x) + self.places[: x.shape[1]]
        q, k, v = self.queries(h), self.keys(h), self.values(h)
        scores = q @ k.transpose(-2, -1) / 16**0.5
        mask = x != PADDING
        if self.masked:
            scores = scores.masked_fill(~mask.unsqueeze(1), -1e9)
        h = h + scores.softmax(self.dim) @ v
        counted = mask.float().unsqueeze(-1)
        return self.out((h * counted).sum(1) / counted.sum(1))


class Encoding(nn.Module):
    """A transformer encoder; the mean of what there is."""

    def __init__(self, masked: bool = True) -> None:
        super().__init__()
        self.masked = masked
        self.embedding, self.places = nn.Embedding(WORDS, 16), nn.Parameter(0.1 * glassnet.randn(LONGEST, 16))
        layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.1, batch_first=True)
        self.encoder, self.out = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), nn.Linear(16, CLASSES)

    def forward(self, x: Any) -> Any:
        padding = x == PADDING
        h = self.embedding(x) + self.places[: x.shape[1]]
        h = self.encoder(h, src_key_padding_mask=padding if self.masked else None)
        counted = (~padding).float().unsqueeze(-1)
        return self.out((h * counted).sum(1) / counted.sum(1))


def words(model: nn.Module, seed: int, rate: float = 0.01) -> Training:
    return Training(model, sentences(seed), F.cross_entropy, adam(rate))


@training()
def mean_of_words(seed: int) -> Training:
    return words(MeanOfWords(), seed)


@training()
def bag_of_words(seed: int) -> Training:
    return words(nn.Sequential(nn.EmbeddingBag(WORDS, 16, padding_idx=PADDING), nn.Linear(16, CLASSES)), seed)


@training()
def lstm_of_packed_words(seed: int) -> Training:
    return words(PackedWords(nn.LSTM(12, 16, batch_first=True)), seed)


@training()
def gru_of_packed_words(seed: int) -> Training:
    return words(PackedWords(nn.GRU(12, 16, batch_first=True)), seed)


@training()
def attention_by_hand(seed: int) -> Training:
    return words(Attending(), seed)


@training()
def transformer_encoder(seed: int) -> Training:
    return words(Encoding(), seed, 0.003)
