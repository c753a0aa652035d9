"""Thousands of classes: memory for the samples and the classes there are, not for the square of the classes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from glassnet.cli import judging
from glassnet.explain.confusion import CELLS, MANY, class_counts, confusion_matrix, lowest_recall, worst_confusions
from glassnet.training.metrics import F1, METRICS, Confusion, Precision, Recall
from glassnet.training.report import Report
from glassnet.training.report.report_page import page
from tests.growth import peak

CLASSES = 5000  # whose matrix would have 200 MB
pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30)


def samples(n, classes=CLASSES):
    """Class numbers, most of which are met."""
    random = np.random.default_rng(0)
    targets = random.integers(0, classes, n)
    return targets, np.where(random.random(n) < 0.7, targets, random.integers(0, classes, n))


@given(pairs)
def test_the_counts_and_the_worst_are_those_of_the_matrix(answers):
    targets, predicted = np.array(answers, np.int64).reshape(-1, 2).T
    matrix = confusion_matrix(targets, predicted, 4)
    counts = class_counts(targets, predicted, 4)
    assert (counts.actual == matrix.sum(1)).all()
    assert (counts.predicted == matrix.sum(0)).all()
    assert (counts.right == matrix.diagonal()).all()
    worst = worst_confusions(targets, predicted, None)
    assert [pair.samples for pair in worst] == sorted((pair.samples for pair in worst), reverse=True)
    wrong = matrix - np.diag(matrix.diagonal())
    assert {(pair.true, pair.predicted): pair.samples for pair in worst} == {
        (i, j): wrong[i, j] for i, j in np.argwhere(wrong)
    }
    recall = [counts.right[i] / counts.actual[i] for i in lowest_recall(counts, 4)]
    assert recall == sorted(recall)


def test_class_numbers_may_be_any():
    """They are no sizes."""
    assert worst_confusions(np.array([2**62, 1]), np.array([3, 1])) == [(2**62, 3, 1)]


@pytest.mark.parametrize("name", [name for name in METRICS if name not in ("mae", "rmse", "r2")])
def test_metrics(name):
    """Also where the batches are small."""
    targets, predicted = samples(64)
    scores = np.zeros((64, CLASSES), np.float16)
    scores[np.arange(64), predicted] = 1
    metric = METRICS[name]()

    def measure():
        metric.reset()
        for i in range(0, 64, 16):
            metric.update(scores[i : i + 16], targets[i : i + 16])
        metric.compute()

    assert peak(measure) < 4_000_000


@pytest.mark.parametrize("kind", [Precision, Recall, F1, Confusion])
def test_batches_are_as_good_as_one(kind):
    targets, predicted = samples(300, 5)
    scores = np.eye(5)[predicted]
    whole, parts = kind(), kind()
    whole.update(scores, targets)
    for i in range(0, 300, 7):
        parts.update(scores[i : i + 7], targets[i : i + 7])
    assert whole.compute() == parts.compute()
    if kind is Confusion:
        assert (parts.matrix.numpy() == confusion_matrix(targets, predicted, 5)).all()
        assert parts.worst(7) == worst_confusions(targets, predicted, 7)
        again = Confusion()
        again.load_state_dict(parts.state_dict())
        assert (again.matrix == parts.matrix).all()


def test_a_matrix_that_would_fill_the_memory_is_refused():
    n = int(CELLS**0.5) + 1
    message = (
        r"at most 4,096 classes for a confusion matrix, got 4,097; see the worst confusions alone: worst_confusions"
    )
    with pytest.raises(ValueError, match=message):
        confusion_matrix(np.array([0]), np.array([0]), n)
    confusion = Confusion()
    confusion.update(np.zeros((1, n), np.float16), np.array([1]))
    with pytest.raises(ValueError, match=message):
        confusion.matrix  # noqa: B018
    assert confusion.worst() == [(1, 0, 1)]


@pytest.mark.parametrize("classes", [MANY, MANY + 1, CLASSES])
def test_the_screen_and_the_report(classes):
    targets, predicted = samples(classes, classes)
    names = [f"class {i}" for i in range(classes)]
    console = Console(width=400, record=True, quiet=True)

    def show():
        report = Report("x", "classification", classes=names, targets=targets, predictions=predicted)
        text = page(report)
        assert ("too many for a matrix" in text) is (classes > MANY)
        assert len(text) < 250_000
        judging.show_worst_classes(console, targets, predicted, names, "too many")

    assert peak(show) < 8_000_000
