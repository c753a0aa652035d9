"""Metrics: known values, scikit-learn's, and that it does not matter how a set is divided."""

import math

import numpy as np
import pytest

import glassnet
from glassnet import nn, optim
from glassnet.training import Trainer, TrainingError
from glassnet.training.metrics import (
    F1,
    MAE,
    METRICS,
    R2,
    RMSE,
    Accuracy,
    Confusion,
    Metric,
    Metrics,
    Precision,
    Recall,
    TopK,
    Whole,
    as_metric,
)
from glassnet.training.metrics.classification import OfEachClass
from glassnet.training.metrics.regression import OfNumbers

NAMES = [*METRICS, "top_2"]
REGRESSIONS = ("mae", "rmse", "r2")
SCORES = np.array([[3, 1, 0], [1, 3, 0], [0, 1, 3], [3, 1, 0], [1, 2, 0], [2, 0, 1]], np.float32)  # 0 1 2 0 1 0
LABELS = np.array([0, 1, 2, 1, 1, 2])


def samples(name, n=50):
    random = np.random.default_rng(3)
    if name in REGRESSIONS:
        outputs = random.normal(size=(n, 2)).astype(np.float32) + 100
        return outputs, (outputs + random.normal(size=(n, 2))).astype(np.float32)
    return random.normal(size=(n, 4)).astype(np.float32), random.integers(0, 4, n)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [1, 7, 50])
def test_it_does_not_matter_how_a_set_is_divided(name, size):
    outputs, targets = samples(name)
    whole = as_metric(name).measure(outputs, targets)
    metric = as_metric(name)
    for i in range(0, len(outputs), size):
        again = as_metric(name)  # through what is saved, too
        again.load_state_dict(metric.state_dict())
        metric = again
        metric.update(outputs[i : i + size], targets[i : i + size])
    assert metric.compute() == pytest.approx(whole, rel=1e-12)
    metric.reset()
    assert all(math.isnan(value) or value == 0 for value in metric.compute().values())


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (Accuracy(), {"accuracy": 4 / 6}),
        (TopK(2), {"top_2": 1.0}),
        (TopK(1), {"top_1": 4 / 6}),
        (Precision(per_class=True), {"precision_0": 1 / 3, "precision_1": 1.0, "precision_2": 1.0}),
        (Recall(per_class=True), {"recall_0": 1.0, "recall_1": 2 / 3, "recall_2": 0.5}),
        (F1(classes=["a", "b", "c"]), {"f1_a": 0.5, "f1_b": 0.8, "f1_c": 2 / 3}),
        (Precision(), {"precision": 7 / 9}),
        (Recall(), {"recall": (1 + 2 / 3 + 0.5) / 3}),
        (F1("score"), {"score": (0.5 + 0.8 + 2 / 3) / 3}),
    ],
)
def test_known_classes(metric, expected):
    assert metric.measure(SCORES, LABELS) == pytest.approx(expected)


def test_confusion():
    metric = Confusion()
    assert metric.measure(glassnet.tensor(SCORES), glassnet.tensor(LABELS)) == {}
    assert metric.matrix.tolist() == [[1, 0, 0], [1, 2, 0], [1, 0, 1]]


def test_classes_that_do_not_occur():
    """The macro mean is over those that do, as target or as prediction."""
    scores = np.array([[1.0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0]])
    assert Recall().measure(scores, np.array([0, 0, 2])) == {"recall": pytest.approx(1 / 3)}


def test_ties_go_to_the_first():
    """As argmax says."""
    scores = np.zeros((3, 3))
    assert Accuracy().measure(scores, np.array([0, 1, 2])) == TopK(1, "accuracy").measure(scores, np.array([0, 1, 2]))
    assert TopK(2).measure(scores, np.array([0, 1, 2])) == {"top_2": pytest.approx(2 / 3)}


def test_nothing_known_is_not_right():
    assert TopK(1).measure(np.full((1, 2), np.nan), np.array([0])) == {"top_1": 0.0}


@pytest.mark.parametrize(
    ("outputs", "targets", "threshold", "expected"),
    [
        ([-1.0, 2.0, 3.0, -4.0], [0, 1, 0, 0], None, 0.75),
        ([[-1.0], [2.0], [3.0], [-4.0]], [[0.0], [1.0], [0.0], [0.0]], None, 0.75),
        ([[0.4], [0.6]], [0, 1], 0.5, 1.0),
        ([[0.4], [0.6]], [0, 1], 0.0, 0.5),
        ([[1.0, 0.0], [0.0, 1.0]], [[0.9, 0.1], [0.8, 0.2]], None, 0.5),
        ([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]], [0, -100, 1], None, 1.0),
        ([[[1.0, 0.0], [0.0, 1.0]]], [[0, 0]], None, 0.5),
    ],
)
def test_forms_of_outputs(outputs, targets, threshold, expected):
    metric = Accuracy(threshold=threshold)
    assert metric.measure(np.array(outputs), np.array(targets)) == {"accuracy": expected}


def test_known_numbers():
    outputs, targets = np.array([1.0, 2.0, 3.0, 6.0]), np.array([1.0, 2.0, 4.0, 3.0])
    assert MAE().measure(outputs, targets) == {"mae": 1.0}
    assert RMSE().measure(outputs, targets) == {"rmse": pytest.approx(math.sqrt(2.5))}
    assert R2().measure(outputs, targets) == {"r2": pytest.approx(1 - 10 / 5)}
    assert R2().measure(targets, targets) == {"r2": 1.0}
    assert R2().measure(np.full(4, 2.5), targets) == {"r2": pytest.approx(0.0)}


def test_r2_far_from_zero():
    """A large mean does not eat up the spread."""
    random = np.random.default_rng(0)
    targets = random.normal(size=1000) + 1e8
    outputs = targets + random.normal(size=1000) * 0.1
    expected = 1 - ((outputs - targets) ** 2).sum() / ((targets - targets.mean()) ** 2).sum()
    metric = R2()
    for i in range(0, 1000, 10):
        metric.update(outputs[i : i + 10], targets[i : i + 10])
    metric.update(outputs[:0], targets[:0])
    assert metric.compute()["r2"] == pytest.approx(expected, rel=1e-6)


def test_constant_targets():
    assert R2().measure(np.ones((3, 1)), np.ones((3, 1))) == {"r2": 1.0}
    assert R2().measure(np.zeros((3, 1)), np.ones((3, 1))) == {"r2": 0.0}
    assert math.isnan(R2().measure(np.ones(1), np.ones(1))["r2"])


@pytest.mark.parametrize("seed", range(3))
def test_as_scikit_learn(seed):
    sk = pytest.importorskip("sklearn.metrics", reason="the oracle, scikit-learn, is not installed")
    random = np.random.default_rng(seed)
    scores, labels = random.normal(size=(60, 5)), random.integers(0, 4, 60)
    said = scores.argmax(1)
    options = {"zero_division": 0.0}
    expected = {
        "accuracy": sk.accuracy_score(labels, said),
        "precision": sk.precision_score(labels, said, average="macro", **options),
        "recall": sk.recall_score(labels, said, average="macro", **options),
        "f1": sk.f1_score(labels, said, average="macro", **options),
        "top_3": sk.top_k_accuracy_score(labels, scores, k=3, labels=range(5)),
    }
    for name, per_class in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        values = per_class(labels, said, average=None, labels=range(5), **options)
        expected |= {f"{name}_{i}": value for i, value in enumerate(values)}
    names = ["accuracy", "precision", "recall", "f1", "top_3"]
    metrics = Metrics(names)
    metrics.update(glassnet.tensor(scores), glassnet.tensor(labels))
    found = metrics.compute()
    for metric in (Precision(per_class=True), Recall(per_class=True), F1(per_class=True)):
        found |= metric.measure(scores, labels)
    assert found == pytest.approx(expected)
    confusion = Confusion()
    confusion.measure(scores, labels)
    assert (confusion.matrix.array == sk.confusion_matrix(labels, said, labels=range(5))).all()
    y, p = random.normal(size=(40, 3)), random.normal(size=(40, 3))
    assert R2().measure(p, y)["r2"] == pytest.approx(sk.r2_score(y, p))
    assert MAE().measure(p, y)["mae"] == pytest.approx(sk.mean_absolute_error(y, p))
    assert RMSE().measure(p[:, 0], y[:, 0])["rmse"] == pytest.approx(sk.root_mean_squared_error(y[:, 0], p[:, 0]))


def test_whole():
    """A function is called once, with everything."""
    calls = []

    def largest(outputs, targets):
        calls.append(outputs.shape)
        return (outputs - targets).abs().max()

    metrics = Metrics(largest)
    for i in range(3):
        metrics.update(glassnet.full((4,), float(i)), glassnet.zeros(4))
    assert metrics.compute() == {"largest": 2.0}
    assert calls == [(12,)]
    other = metrics.copy()
    other.load_state_dict(metrics.state_dict())
    assert other.compute() == {"largest": 2.0}
    assert other["largest"] is not metrics["largest"]


@pytest.mark.parametrize("value", [0.25, np.float32(0.25), np.array([0.25]), glassnet.tensor(0.25)])
def test_what_functions_give(value):
    assert Whole(lambda outputs, targets: value, "odd").measure([1.0], [1.0]) == {"odd": 0.25}


def test_names():
    metrics = Metrics({"right": "accuracy", "good": F1(), "odd": lambda outputs, targets: 1.0})
    assert list(metrics) == ["right", "good", "odd"]
    assert len(Metrics()) == 0
    assert len(Metrics(Accuracy())) == 1


@pytest.mark.parametrize(
    ("loss", "expected"), [(nn.BCELoss(), 0.5), (nn.BCEWithLogitsLoss(), 0.0), (nn.CrossEntropyLoss(), 0.0)]
)
def test_threshold_of_the_loss(loss, expected):
    model = nn.Linear(2, 1)
    metric = Accuracy()
    Trainer(model, loss, optim.SGD(model.parameters(), lr=0.1), metrics=metric)
    assert metric.threshold == expected


@pytest.mark.parametrize(
    ("metric", "outputs", "targets", "message"),
    [
        (Accuracy(), np.zeros((3, 1)), np.array([0.3, 0.5, 1.0]), "for a regression use mae, rmse or r2"),
        (Accuracy(), np.zeros((3, 1)), np.zeros(2), "a target for each sample"),
        (Accuracy(), np.zeros(()), np.zeros(()), "an output for each class"),
        (Accuracy(), np.zeros((3, 2)), np.zeros((3, 2)), "one class for each sample"),
        (Accuracy(), np.zeros((3, 2)), np.zeros(4, int), "class numbers, one for each row"),
        (Accuracy(), np.zeros((3, 2)), np.array([0, 1, 2]), "classes from 0 to 1, for 2 outputs, got 0 to 2"),
        (Accuracy(), np.zeros((3, 2)), np.array([-1, 1, 0]), "got -1 to 1"),
        (TopK(3), np.zeros((3, 2)), np.array([0, 1, 1]), "top_3: expected at least 3 classes, got 2"),
        (MAE(), np.zeros((3, 2)), np.zeros(3), "for classes use accuracy or f1"),
        (F1(classes=["a"]), np.zeros((3, 2)), np.zeros(3, int), "1 names of classes for 2 classes"),
    ],
)
def test_misfits(metric, outputs, targets, message):
    if outputs.ndim == 0:
        outputs = outputs.reshape(())
    with pytest.raises(TrainingError, match=message):
        metric.measure(outputs, targets)


def test_misuse():
    with pytest.raises(TrainingError, match="TopK: k: expected a whole number"):
        TopK(0)
    with pytest.raises(TrainingError, match="the class Accuracy; make one"):
        as_metric(Accuracy)
    with pytest.raises(TrainingError, match=r"expected the model to give tensors, .*, got int"):
        Metrics("accuracy").update((1, 2), glassnet.zeros(2))
    with pytest.raises(NotImplementedError, match="Metric has no update"):
        Metric().update(None, None)
    with pytest.raises(NotImplementedError, match="Metric has no compute"):
        Metric().compute()
    with pytest.raises(NotImplementedError):
        OfNumbers().measure([1.0], [1.0])
    with pytest.raises(NotImplementedError):
        OfEachClass().measure([[1.0, 0.0]], [0])


@pytest.mark.parametrize("name", NAMES)
def test_what_is_measured_is_pythons_own_numbers(name):
    """NumPy's print and compare as others do, and make a history that is not all of one kind."""
    measured = Metrics(name)
    measured.update(*map(glassnet.tensor, samples(name)))
    assert {type(value) for value in measured.compute().values()} <= {float}
