"""Trainings that nothing is wrong with, of many kinds; each learns, which `tests/explain/test_planted.py` measures.

A training is made of a seed, which draws its data and its weights. Its traits say which faults can be planted in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

import glassnet
import glassnet.functional as F
from glassnet import datasets, nn, optim
from glassnet.data import DataLoader, TensorDataset
from tests.explain.corpus.common import Pair, Residual, Script, Words, mlp, tensors

Optimizer = Callable[[Any], Any]


@dataclass
class Training:
    """A training before its optimizer is made: faults change its parts."""

    model: nn.Module
    data: Pair
    loss: Callable[..., Any]
    optimizer: Optimizer
    validation: Pair | None = None
    batch: int = 0  # 0: (x, y) is given as it is
    own_step: bool = False
    before: list[Callable[[Script], None]] = field(default_factory=list)  # what the script does before the check-up
    parameters: Callable[[nn.Module], Any] = lambda model: model.parameters()

    def script(self) -> Script:
        """What a check-up is given."""
        data: Any = self.data
        if self.batch:
            data = DataLoader(TensorDataset(*self.data), self.batch, shuffle=True)
        made = Script(self.model, data, self.loss, self.optimizer(self.parameters(self.model)))
        if self.validation is not None:
            made.extra["validation"] = self.validation
        if self.own_step:
            made.extra["step"] = partial(whole_step, made)
        for change in self.before:
            change(made)
        return made


def whole_step(script: Script, x: Any, y: Any) -> Any:
    """One step of a script, as it should be."""
    script.optimizer.zero_grad()
    value = script.loss(script.model(x), y)
    value.backward()
    script.optimizer.step()
    return value


Make = Callable[[int], Training]
TRAININGS: dict[str, tuple[frozenset[str], Make]] = {}


def training(traits: str = "") -> Callable[[Make], Make]:
    """Register a function of a seed as a healthy training."""

    def register(make: Make) -> Make:
        assert make.__name__ not in TRAININGS, make.__name__
        TRAININGS[make.__name__] = frozenset(traits.split()), make
        return make

    return register


def made(name: str, seed: int) -> Training:
    """A training of the registry, with its data and weights drawn by a seed."""
    glassnet.manual_seed(seed)
    return TRAININGS[name][1](seed)


# optimizers, losses, tasks ----------------------------------------------------------------------------------


def sgd(lr: float, **options: Any) -> Optimizer:
    return lambda p: optim.SGD(p, lr=lr, **options)


def adam(lr: float = 0.01, **options: Any) -> Optimizer:
    return lambda p: optim.Adam(p, lr=lr, **options)


def points(make: Any, n: int, noise: float, seed: int) -> Pair:
    return tensors(*make(n, noise, seed))


def digits(seed: int, n: int = 400) -> tuple[Pair, Pair]:
    images, labels = datasets.load_digits()
    order = np.random.default_rng(seed).permutation(len(labels))
    x, y = images[order].reshape(-1, 64) / 16, labels[order]
    return tensors(x[:n], y[:n]), tensors(x[n : n + 200], y[n : n + 200])


def column(pair: Pair) -> Pair:
    """Labels 0 and 1 as numbers in a column."""
    return pair[0], pair[1].float().unsqueeze(1)


def table(seed: int, n: int = 300, features: int = 8, noise: float = 0.2, bent: bool = True) -> Pair:
    random = np.random.default_rng(seed)
    x = random.normal(0, 1, (n, features))
    y = x @ random.normal(0, 1, (features, 1)) / np.sqrt(features)
    if bent:
        y = y + np.sin(2 * x[:, :1]) + 0.3 * x[:, 1:2] * x[:, 2:3]
    return tensors(x, y + noise * random.normal(0, 1, (n, 1)))


def two_classes(seed: int, n: int, share: float, apart: float, features: int = 6) -> Pair:
    random = np.random.default_rng(seed)
    y = (np.arange(n) < share * n).astype(np.int64)
    random.shuffle(y)
    direction = random.normal(0, 1, features)
    x = random.normal(0, 1, (n, features)) + apart * y[:, None] * direction / np.linalg.norm(direction)
    return tensors(x, y)


class Normed(nn.Module):
    """Normalises each feature over the batch, or each sample over its features."""

    def __init__(self, width: int, over: int) -> None:
        super().__init__()
        self.over, self.width = over, width
        self.scale, self.shift = nn.Parameter(glassnet.ones(width)), nn.Parameter(glassnet.zeros(width))

    def forward(self, x: Any) -> Any:
        away = x - x.mean(self.over, keepdim=True)
        return self.scale * away / (away.square().mean(self.over, keepdim=True) + 1e-5).sqrt() + self.shift


class Recurrent(nn.Module):
    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.width, self.new, self.out = width, nn.Linear(width + 1, width), nn.Linear(width, classes)

    def forward(self, x: Any) -> Any:
        h = glassnet.zeros(len(x), self.width)
        for t in range(x.shape[1]):
            h = self.new(glassnet.cat([x[:, t : t + 1], h], 1)).tanh()
        return self.out(h)


# points of the plane ----------------------------------------------------------------------------------------


@training("classes hidden small")
def xor_tanh(seed: int) -> Training:
    return Training(
        mlp(2, 8, 2, activation=nn.Tanh), points(datasets.make_xor, 300, 0.1, seed), F.cross_entropy, adam(0.02)
    )


@training("binary hidden")
def xor_of_four_points(seed: int) -> Training:
    x, y = tensors([[0, 0], [0, 1], [1, 0], [1, 1]], [[0.0], [1.0], [1.0], [0.0]])
    return Training(mlp(2, 16, 1, activation=nn.Tanh), (x, y), F.binary_cross_entropy_with_logits, adam(0.05))


@training("classes hidden relu")
def moons_sgd(seed: int) -> Training:
    return Training(mlp(2, 32, 2), points(datasets.make_moons, 400, 0.1, seed), F.cross_entropy, sgd(0.3))


@training("classes hidden sigmoid")
def moons_sigmoid_slow(seed: int) -> Training:
    model = mlp(2, 16, 2, activation=nn.Sigmoid)
    return Training(model, points(datasets.make_moons, 300, 0.1, seed), F.cross_entropy, sgd(0.3))


@training("classes hidden sigmoid deep")
def blobs_two_sigmoids_slow(seed: int) -> Training:
    model = mlp(2, 16, 16, 3, activation=nn.Sigmoid)
    return Training(model, points(datasets.make_blobs, 300, 0.3, seed), F.cross_entropy, sgd(0.5, momentum=0.9))


@training("classes hidden relu deep")
def circles_relu(seed: int) -> Training:
    return Training(mlp(2, 24, 24, 2), points(datasets.make_circles, 300, 0.1, seed), F.cross_entropy, adam())


@training("classes hidden relu deep")
def spirals_relu(seed: int) -> Training:
    return Training(mlp(2, 64, 64, 3), points(datasets.make_spirals, 450, 0.05, seed), F.cross_entropy, adam())


@training("classes linear")
def blobs_linear(seed: int) -> Training:
    return Training(nn.Linear(2, 3), points(datasets.make_blobs, 300, 0.3, seed), F.cross_entropy, sgd(0.1))


@training("classes hidden")
def blobs_softsign(seed: int) -> Training:
    model = mlp(2, 12, 3, activation=nn.Softsign)
    return Training(
        model, points(datasets.make_blobs, 240, 0.3, seed), F.cross_entropy, lambda p: optim.RMSprop(p, lr=0.01)
    )


@training("classes hidden relu few")
def three_units(seed: int) -> Training:
    """So few that some may be dead by chance, and the others do the work."""
    return with_units_left(
        Training(mlp(2, 3, 3), points(datasets.make_blobs, 300, 0.3, seed), F.cross_entropy, adam(0.02))
    )


@training("binary hidden relu few")
def four_units_of_positive_inputs(seed: int) -> Training:
    x, y = points(datasets.make_blobs, 300, 0.3, seed)
    x = (x - x.amin(0)) / (x.amax(0) - x.amin(0))
    return with_units_left(
        Training(mlp(2, 4, 1), column((x, (y == 0).long())), F.binary_cross_entropy_with_logits, adam(0.03))
    )


def with_units_left(made: Training) -> Training:
    """A training from the first weights with which not all of its few units die on the way: then it would not learn."""
    while True:
        start = {name: value.clone() for name, value in made.model.state_dict().items()}
        outputs = learned(made, 500, 32).model(made.data[0])
        if not bool((outputs == outputs[:1]).all()):
            made.model.load_state_dict(start)
            return made
        for layer in made.model.modules():
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()


@training("binary hidden relu")
def moons_logits(seed: int) -> Training:
    pair = column(points(datasets.make_moons, 400, 0.1, seed))
    return Training(mlp(2, 24, 1), pair, F.binary_cross_entropy_with_logits, sgd(0.2, momentum=0.9))


@training("binary hidden tanh probabilities")
def moons_probabilities(seed: int) -> Training:
    model = mlp(2, 24, 1, activation=nn.Tanh, last=nn.Sigmoid())
    return Training(model, column(points(datasets.make_moons, 300, 0.1, seed)), F.binary_cross_entropy, adam())


@training("hidden relu")
def moons_hinge(seed: int) -> Training:
    x, y = column(points(datasets.make_moons, 300, 0.1, seed))
    return Training(mlp(2, 24, 1), (x, 2 * y - 1), lambda o, t: F.relu(1 - o * t).mean(), adam())


@training("classes hidden deep")
def moons_batch_norm(seed: int) -> Training:
    model = nn.Sequential(
        nn.Linear(2, 24), Normed(24, 0), nn.ReLU(), nn.Linear(24, 24), Normed(24, 0), nn.ReLU(), nn.Linear(24, 2)
    )
    return Training(model, points(datasets.make_moons, 320, 0.1, seed), F.cross_entropy, adam(), batch=32)


@training("classes")
def moons_double(seed: int) -> Training:
    x, y = points(datasets.make_moons, 300, 0.1, seed)
    return Training(mlp(2, 24, 2).double(), (x.double(), y), F.cross_entropy, adam())


# digits -----------------------------------------------------------------------------------------------------


def of_digits(model: nn.Module, seed: int, optimizer: Optimizer, loss: Any = F.cross_entropy, **more: Any) -> Training:
    train, validation = digits(seed)
    return Training(model, train, loss, optimizer, validation, **more)


@training("classes hidden relu digits wide")
def digits_relu(seed: int) -> Training:
    return of_digits(mlp(64, 32, 10), seed, adam(0.003))


@training("classes digits dropout hidden own_step")
def digits_dropout(seed: int) -> Training:
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10))
    return of_digits(model, seed, adam(0.003), own_step=True)


@training("classes hidden relu digits decay")
def digits_weight_decay(seed: int) -> Training:
    return of_digits(mlp(64, 48, 10), seed, lambda p: optim.AdamW(p, lr=0.003, weight_decay=0.05))


@training("classes hidden relu digits momentum loader")
def digits_momentum(seed: int) -> Training:
    return of_digits(mlp(64, 32, 10), seed, sgd(0.05, momentum=0.9, weight_decay=1e-4), batch=32)


@training("classes hidden relu digits loader")
def digits_small_batches(seed: int) -> Training:
    return of_digits(mlp(64, 32, 10), seed, sgd(0.05), batch=8)


@training("classes hidden relu digits loader")
def digits_one_batch(seed: int) -> Training:
    return of_digits(mlp(64, 32, 10), seed, adam(0.01), batch=400)


@training("classes hidden sigmoid digits")
def digits_sigmoid(seed: int) -> Training:
    return of_digits(mlp(64, 32, 10, activation=nn.Sigmoid), seed, adam(0.01))


@training("classes hidden relu digits deep wide")
def digits_six_layers(seed: int) -> Training:
    return of_digits(mlp(64, 48, 48, 48, 48, 48, 10), seed, adam(0.002))


@training("classes hidden tanh digits deep own_step")
def digits_tanh(seed: int) -> Training:
    return of_digits(mlp(64, 32, 32, 10, activation=nn.Tanh), seed, sgd(0.1, momentum=0.9), own_step=True)


@training("classes digits hidden")
def digits_log_softmax(seed: int) -> Training:
    return of_digits(mlp(64, 32, 10, activation=nn.SELU, last=nn.LogSoftmax(1)), seed, adam(0.003), F.nll_loss)


@training("classes digits hidden")
def digits_smoothed(seed: int) -> Training:
    return of_digits(mlp(64, 32, 10, activation=nn.GELU), seed, adam(0.003), nn.CrossEntropyLoss(label_smoothing=0.2))


@training("digits hidden")
def digits_each_class_by_itself(seed: int) -> Training:
    made = of_digits(mlp(64, 32, 10), seed, adam(0.01), F.binary_cross_entropy_with_logits)
    made.data = made.data[0], F.one_hot(made.data[1], 10).float()
    made.validation = None
    return made


@training("digits classes hidden")
def digits_standardised(seed: int) -> Training:
    made = of_digits(mlp(64, 32, 10), seed, adam(0.003))
    x, y = made.data
    mean, std = x.mean(0), x.std(0) + 0.05
    assert made.validation is not None
    made.data, made.validation = ((x - mean) / std, y), ((made.validation[0] - mean) / std, made.validation[1])
    return made


@training("classes hidden digits deep")
def digits_residual(seed: int) -> Training:
    return of_digits(Residual(64, 32, 10), seed, adam(0.003))


@training("classes hidden digits deep")
def digits_layer_norm(seed: int) -> Training:
    model = nn.Sequential(
        nn.Linear(64, 32), Normed(32, 1), nn.GELU(), nn.Linear(32, 32), Normed(32, 1), nn.GELU(), nn.Linear(32, 10)
    )
    return of_digits(model, seed, sgd(0.1))


@training("classes hidden relu digits wide")
def digits_wide(seed: int) -> Training:
    return of_digits(mlp(64, 256, 10), seed, adam(0.001))


@training("classes linear digits")
def digits_linear(seed: int) -> Training:
    return of_digits(nn.Linear(64, 10), seed, lambda p: optim.Adagrad(p, lr=0.05))


@training("classes hidden digits")
def digits_adadelta(seed: int) -> Training:
    return of_digits(mlp(64, 32, 10, activation=nn.PReLU), seed, lambda p: optim.Adadelta(p, lr=1.0))


@training("hidden digits")
def digits_autoencoder(seed: int) -> Training:
    x = digits(seed)[0][0]
    return Training(mlp(64, 24, 64), (x, x), F.mse_loss, adam())


@training("hidden digits")
def digits_autoencoder_of_probabilities(seed: int) -> Training:
    x = digits(seed)[0][0]
    return Training(mlp(64, 24, 64, activation=nn.Tanh, last=nn.Sigmoid()), (x, x), F.binary_cross_entropy, adam())


@training("digits classes")
def digits_with_a_trained_layer_frozen(seed: int) -> Training:
    made = of_digits(mlp(64, 32, 10), seed, adam(0.01))
    learned(made, 60)
    made.model[0].requires_grad_(False)
    made.model[2].reset_parameters()
    return made


@training("digits classes")
def digits_trained_already(seed: int) -> Training:
    return learned(of_digits(mlp(64, 32, 10), seed, adam(0.003)), 150)


def learned(made: Training, steps: int, batch: int | None = None) -> Training:
    script = Script(made.model, made.data, made.loss, made.optimizer(made.model.parameters()))
    batches = list(zip(*(part.split(batch or len(part)) for part in made.data), strict=True))
    for number in range(steps):
        whole_step(script, *batches[number % len(batches)])
    return made


@training("digits classes")
def digits_warmed_up(seed: int) -> Training:
    made = of_digits(mlp(64, 32, 10), seed, sgd(0.2, momentum=0.9))

    def scheduled(script: Script) -> None:
        scheduler = optim.lr_scheduler.LinearLR(script.optimizer, start_factor=0.05, total_iters=50)

        def step(x: Any, y: Any) -> None:
            whole_step(script, x, y)
            scheduler.step()

        script.extra["step"] = step

    made.before.append(scheduled)
    return made


# numbers ----------------------------------------------------------------------------------------------------


@training("numbers hidden relu")
def table_relu(seed: int) -> Training:
    return Training(mlp(8, 32, 1), table(seed), F.mse_loss, adam())


@training("numbers hidden tanh deep")
def table_tanh(seed: int) -> Training:
    return Training(mlp(8, 24, 24, 1, activation=nn.Tanh), table(seed), F.mse_loss, sgd(0.05, momentum=0.9))


@training("numbers linear")
def table_linear(seed: int) -> Training:
    return Training(nn.Linear(8, 1), table(seed, bent=False), F.mse_loss, sgd(0.05))


@training("numbers linear")
def table_weak(seed: int) -> Training:
    """A tenth of the variance can be known."""
    return Training(nn.Linear(8, 1), table(seed, 400, noise=3.0, bent=False), F.mse_loss, sgd(0.05))


@training("numbers hidden relu")
def prices_standardised(seed: int) -> Training:
    x, y = table(seed)
    y = 250_000 + 80_000 * y
    return Training(mlp(8, 32, 1), (x, (y - y.mean()) / y.std()), F.mse_loss, adam())


@training("numbers hidden relu")
def table_huber(seed: int) -> Training:
    return Training(mlp(8, 32, 1), table(seed), nn.HuberLoss(), lambda p: optim.NAdam(p, lr=0.01))


@training("numbers hidden relu loader")
def table_l1(seed: int) -> Training:
    return Training(mlp(8, 32, 32, 1), table(seed), F.l1_loss, adam(0.005), batch=16)


@training("numbers hidden tanh")
def a_wave(seed: int) -> Training:
    x = np.random.default_rng(seed).uniform(-1, 1, (256, 1))
    return Training(mlp(1, 32, 1, activation=nn.Tanh), tensors(x, np.sin(3 * x)), F.mse_loss, adam())


@training("numbers linear exact")
def a_line_without_noise(seed: int) -> Training:
    x = np.random.default_rng(seed).uniform(-1, 1, (64, 1))
    return Training(nn.Linear(1, 1), tensors(x, 3 * x + 2), F.mse_loss, sgd(0.1))


@training("hidden")
def several_numbers(seed: int) -> Training:
    x, y = table(seed)
    return Training(mlp(8, 32, 3), (x, glassnet.cat([y, y.square(), x[:, :1] - x[:, 1:2]], 1)), F.mse_loss, adam())


@training("hidden")
def counts(seed: int) -> Training:
    x, y = table(seed, noise=0.0)
    many = np.random.default_rng(seed).poisson(np.exp(0.7 * y.numpy()))
    return Training(mlp(8, 16, 1), (x, glassnet.tensor(many.astype(np.float32))), nn.PoissonNLLLoss(), adam())


# words, rare classes, others --------------------------------------------------------------------------------


@training("classes words")
def words_mean(seed: int) -> Training:
    x = np.random.default_rng(seed).integers(0, 30, (300, 8))
    y = ((x < 15).mean(1) > 0.5).astype(np.int64)
    return Training(Words(30, 16, 2), (glassnet.tensor(x), glassnet.tensor(y)), F.cross_entropy, adam())


@training("classes words hidden")
def words_in_order(seed: int) -> Training:
    x = np.random.default_rng(seed).integers(0, 12, (400, 4))
    y = (x[:, 0] > x[:, -1]).astype(np.int64)
    model = nn.Sequential(nn.Embedding(12, 8), nn.Flatten(), *mlp(32, 32, 2))
    return Training(model, (glassnet.tensor(x), glassnet.tensor(y)), F.cross_entropy, adam())


@training("classes hidden sparse")
def bags_of_words(seed: int) -> Training:
    random = np.random.default_rng(seed)
    y = np.arange(300) % 3
    x = (random.uniform(size=(300, 120)) < 0.03 + 0.15 * (np.arange(120) % 3 == y[:, None])).astype(float)
    return Training(mlp(120, 16, 3), tensors(x, y), F.cross_entropy, adam())


@training("classes hidden")
def categories(seed: int) -> Training:
    kinds = np.random.default_rng(seed).integers(0, 6, (300, 3))
    x = np.eye(6)[kinds].reshape(300, 18)
    return Training(mlp(18, 24, 3), tensors(x, kinds.sum(1) % 3), F.cross_entropy, adam(0.02))


@training("classes rare hidden")
def one_in_ten(seed: int) -> Training:
    return Training(mlp(6, 16, 2), two_classes(seed, 400, 0.1, 4.0), F.cross_entropy, adam())


@training("classes rare hidden")
def one_in_sixteen(seed: int) -> Training:
    return Training(mlp(6, 24, 2), two_classes(seed, 480, 1 / 16, 5.0), F.cross_entropy, adam(0.02))


@training("classes linear")
def classes_that_overlap(seed: int) -> Training:
    return Training(nn.Linear(6, 2), two_classes(seed, 400, 0.5, 1.2), F.cross_entropy, sgd(0.1))


@training("classes hidden relu")
def twelve_samples(seed: int) -> Training:
    x, y = points(datasets.make_blobs, 12, 0.2, seed)
    return Training(mlp(2, 16, 3), (x, y), F.cross_entropy, adam(0.02))


@training("classes hidden")
def parity_of_four_bits(seed: int) -> Training:
    bits = np.random.default_rng(seed).integers(0, 2, (240, 4))
    return Training(
        mlp(4, 32, 2, activation=nn.Tanh), tensors(2 * bits - 1, bits.sum(1) % 2), F.cross_entropy, adam(0.02)
    )


@training("hidden")
def several_labels(seed: int) -> Training:
    random = np.random.default_rng(seed)
    x = random.normal(0, 1, (300, 8))
    y = (x @ random.normal(0, 1, (8, 4)) > 0).astype(np.float32)
    return Training(mlp(8, 24, 4, activation=nn.SiLU), tensors(x, y), F.binary_cross_entropy_with_logits, adam())


@training("classes recurrent deep")
def a_recurrence(seed: int) -> Training:
    random = np.random.default_rng(seed)
    y = np.arange(240) % 3
    t = np.arange(10)
    x = np.sin((0.4 + 0.4 * y[:, None]) * t + random.uniform(0, 1, (240, 1))) + 0.1 * random.normal(0, 1, (240, 10))
    return Training(Recurrent(16, 3), tensors(x, y), F.cross_entropy, adam(0.02))


@training("classes hidden own_step relu")
def blobs_clipped(seed: int) -> Training:
    made = Training(mlp(2, 24, 3), points(datasets.make_blobs, 300, 0.3, seed), F.cross_entropy, adam(0.02))

    def own(script: Script) -> None:
        def step(x: Any, y: Any) -> None:
            script.optimizer.zero_grad()
            script.loss(script.model(x), y).backward()
            nn.utils.clip_grad_norm_(script.model.parameters(), 1.0)
            script.optimizer.step()

        script.extra["step"] = step

    made.before.append(own)
    return made


@training("classes hidden relu")
def colors(seed: int) -> Training:
    x, y = datasets.make_colors(300, seed)
    return Training(mlp(3, 24, 2), tensors(x / 255.0, y), F.cross_entropy, adam())
