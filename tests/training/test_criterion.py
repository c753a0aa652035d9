"""The criterion: losses with weights are those that repeated samples would have, for every built-in loss."""

from functools import partial

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn
from glassnet.training import TrainingError
from glassnet.training.criterion import _BUILT_IN, Criterion, built_in

N = 6


def labels():
    return glassnet.randn(N, 3), glassnet.tensor([0, 1, 2, 0, 1, 1])


def grid():
    return glassnet.randn(N, 3, 2), glassnet.randint(0, 3, (N, 2))


def probabilities():
    return glassnet.rand(N, 2), glassnet.tensor([[0.0, 1], [1, 1], [0, 0], [1, 0], [1, 1], [0, 1]])


def numbers():
    return glassnet.randn(N, 2), glassnet.randn(N, 2)


def signs():
    return glassnet.randn(N, 2), glassnet.randint(0, 2, (N, 2)) * 2.0 - 1


LOSSES = {
    "cross_entropy": (nn.CrossEntropyLoss(), labels),
    "of its own weights": (nn.CrossEntropyLoss(glassnet.tensor([1.0, 2.0, 3.0])), labels),
    "ignored": (nn.CrossEntropyLoss(ignore_index=1), labels),
    "smoothed": (nn.CrossEntropyLoss(label_smoothing=0.1), labels),
    "grid": (nn.CrossEntropyLoss(), grid),
    "of probabilities": (F.cross_entropy, lambda: (glassnet.randn(N, 3), glassnet.rand(N, 3))),
    "nll": (F.nll_loss, labels),
    "bce": (nn.BCELoss(), probabilities),
    "bce with logits": (F.binary_cross_entropy_with_logits, probabilities),
    "mse": (nn.MSELoss(), numbers),
    "l1": (F.l1_loss, numbers),
    "huber": (partial(F.huber_loss, delta=0.5), numbers),
    "smooth l1": (nn.SmoothL1Loss(beta=0.5), numbers),
    "poisson": (nn.PoissonNLLLoss(), numbers),
    "kl": (nn.KLDivLoss(), probabilities),
    "batchmean": (nn.KLDivLoss(reduction="batchmean"), probabilities),
    "soft margin": (nn.SoftMarginLoss(), signs),
    "hinge": (nn.HingeEmbeddingLoss(), signs),
    "multilabel": (nn.MultiLabelSoftMarginLoss(), probabilities),
    "margins of labels": (nn.MultiMarginLoss(), labels),
    "margins of several labels": (
        F.multilabel_margin_loss,
        lambda: (glassnet.randn(N, 2), glassnet.randint(-1, 2, (N, 2))),
    ),
    "sum": (nn.MSELoss(reduction="sum"), numbers),
    "sum of labels": (nn.CrossEntropyLoss(reduction="sum"), grid),
}


def of(criterion, outputs, targets, sample_weight=None):
    """The loss of everything."""
    weights = criterion.weigh(targets, sample_weight)
    return criterion.of_all(criterion.measured(outputs, targets, weights), criterion.count(targets, weights))


@pytest.mark.parametrize("name", LOSSES)
def test_a_weight_is_a_repetition(name):
    loss, make = LOSSES[name]
    outputs, targets = make()
    counts = np.array([1, 0, 2, 3, 1, 0])
    places = np.repeat(np.arange(N), counts)
    criterion = Criterion(loss)
    found = of(criterion, outputs, targets, glassnet.tensor(counts.astype(np.float32)))
    assert found == pytest.approx(loss(outputs[places], targets[places]).item(), rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_batches_make_the_whole(name):
    loss, make = LOSSES[name]
    outputs, targets = make()
    criterion = Criterion(loss)
    total = count = 0.0
    for part in (slice(0, 2), slice(2, 3), slice(3, N)):
        if criterion.count(targets[part], None):
            total += criterion.measured(outputs[part], targets[part], None)
            count += criterion.count(targets[part], None)
    assert criterion.of_all(total, count) == pytest.approx(loss(outputs, targets).item(), rel=1e-5)


@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss, nn.NLLLoss])
def test_class_weight_of_labels(loss):
    outputs, targets = labels()
    expected = loss(glassnet.tensor([1.0, 2.0, 5.0]))(outputs, targets).item()
    for given in ([1, 2, 5], glassnet.tensor([1.0, 2.0, 5.0]), {1: 2, 2: 5}, np.array([1, 2, 5])):
        assert of(Criterion(loss(), given), outputs, targets) == pytest.approx(expected, rel=1e-5)


def test_class_weight_of_a_grid():
    outputs, targets = grid()
    expected = F.cross_entropy(outputs, targets, glassnet.tensor([1.0, 2.0, 5.0])).item()
    assert of(Criterion(F.cross_entropy, [1, 2, 5]), outputs, targets) == pytest.approx(expected, rel=1e-5)
    with_samples = of(Criterion(F.cross_entropy, [1, 2, 5]), outputs, targets, glassnet.ones(N) * 3)
    assert with_samples == pytest.approx(expected, rel=1e-5)


def test_class_weight_of_probabilities():
    outputs, targets = probabilities()
    weights = glassnet.where(targets > 0.5, 3.0, 1.0)
    losses = F.binary_cross_entropy(outputs, targets, reduction="none")
    expected = (losses * weights).sum() / weights.sum()
    assert of(Criterion(nn.BCELoss(), [1, 3]), outputs, targets) == pytest.approx(expected.item(), rel=1e-5)


def test_class_weight_of_ignored_labels():
    outputs, targets = labels()
    criterion = Criterion(nn.CrossEntropyLoss(ignore_index=1), [1, 7, 2])
    expected = F.cross_entropy(outputs, targets, glassnet.tensor([1.0, 7.0, 2.0]), ignore_index=1).item()
    assert of(criterion, outputs, targets) == pytest.approx(expected, rel=1e-5)


def test_class_weight_needs_labels():
    with pytest.raises(TrainingError, match="targets that are class numbers, got probabilities"):
        Criterion(nn.CrossEntropyLoss(), [1, 2, 3]).weigh(glassnet.rand(N, 3), None)


def test_every_loss_is_tried():
    """All that the criterion takes for built in is in the table above."""
    tried = {built_in(loss).name for loss, _ in LOSSES.values()}
    assert tried == set(_BUILT_IN.values())


def test_what_is_built_in():
    class Mine(nn.MSELoss):
        def forward(self, input, target):
            return super().forward(input, target) * 2

    class NoHash:
        __hash__ = None

        def __call__(self, outputs, targets):
            return outputs.mean()

    assert built_in(nn.MSELoss()).name == "mse_loss"
    assert built_in(partial(F.mse_loss, reduction="sum")).reduction == "sum"
    for other in (Mine(), NoHash(), partial(F.mse_loss, glassnet.zeros(1)), nn.GaussianNLLLoss(), lambda o, t: o):
        assert built_in(other) is None
    assert Criterion(Mine()).name == "Mine"
    assert Criterion(partial(F.mse_loss, glassnet.zeros(1))).name == "partial"
