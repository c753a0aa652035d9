"""Cross entropy and negative log-likelihood."""

from __future__ import annotations

import math
import re
import warnings
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F
from glassnet.autograd import gradcheck, gradgradcheck
from glassnet.ops.classification import cross_entropy as cross_entropy_op

C = 5
rng = np.random.default_rng(0)
WEIGHT = rng.uniform(0.2, 2, C)
SHAPES = [(C,), (6, C), (3, C, 4), (2, C, 3, 2)]
REDUCTIONS = ["none", "mean", "sum"]


def logits(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(1).normal(size=shape) * 3


def labels(shape: tuple[int, ...], ignore_index: int = -100, ignored: str = "none") -> np.ndarray:
    made = np.random.default_rng(2).integers(0, C, shape[:1] + shape[2:] if len(shape) > 1 else ())
    if ignored == "all":
        return np.full_like(made, ignore_index)
    if ignored == "some":
        made = np.where(np.random.default_rng(3).random(made.shape) < 0.4, ignore_index, made)
    return made


def probabilities(shape: tuple[int, ...]) -> np.ndarray:
    made = np.random.default_rng(4).uniform(size=shape)
    return made / made.sum(min(len(shape) - 1, 1), keepdims=True)


def tensor(array: Any, requires_grad: bool = False) -> gn.Tensor:
    array = np.asarray(array)
    return gn.tensor(array, dtype=array.dtype, requires_grad=requires_grad)


def test_it_is_the_textbooks_p_minus_t() -> None:
    x = tensor(logits((4, C)), True)
    target = gn.tensor([0, 3, 3, 4])
    F.cross_entropy(x, target).backward()
    p, t = F.softmax(x.detach(), 1).numpy(), F.one_hot(target, C).numpy()
    np.testing.assert_allclose(x.grad.numpy(), (p - t) / 4, atol=1e-15)


def test_values_by_hand() -> None:
    x = gn.tensor([[math.log(1), math.log(3)], [math.log(4), math.log(4)]], dtype=gn.float64)
    assert F.cross_entropy(x, gn.tensor([0, 1]), reduction="none").tolist() == pytest.approx([math.log(4), math.log(2)])
    assert F.cross_entropy(x, gn.tensor([0, 1])).item() == pytest.approx(1.5 * math.log(2))
    assert F.cross_entropy(x, gn.tensor([0, 1]), gn.tensor([3.0, 1.0])).item() == pytest.approx(
        (3 * math.log(4) + math.log(2)) / 4
    )
    assert F.cross_entropy(x, gn.tensor([0, -100])).item() == pytest.approx(math.log(4))
    assert F.cross_entropy(x, gn.tensor([0, 1]), label_smoothing=1.0).item() == pytest.approx(
        (math.log(4) / 2 + math.log(4 / 3) / 2 + math.log(2)) / 2
    )
    assert F.cross_entropy(x, gn.tensor([[0.5, 0.5], [1.0, 0.0]], dtype=gn.float64)).item() == pytest.approx(
        (math.log(4) / 2 + math.log(4 / 3) / 2 + math.log(2)) / 2
    )


def test_it_is_nll_of_log_softmax() -> None:
    x, t, w = tensor(logits((6, C))), tensor(labels((6, C))), tensor(WEIGHT)
    for reduction in REDUCTIONS:
        np.testing.assert_allclose(
            F.cross_entropy(x, t, w, reduction=reduction).numpy(),
            F.nll_loss(F.log_softmax(x, 1), t, w, reduction=reduction).numpy(),
            rtol=1e-13,
        )


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_one_hot_probabilities_are_labels(shape: tuple[int, ...], reduction: str) -> None:
    x, t = tensor(logits(shape)), tensor(labels(shape))
    sure = F.one_hot(t, C).double().movedim(-1, min(len(shape) - 1, 1))
    for weight in (None, tensor(WEIGHT)):
        for label_smoothing in (0.0, 0.2):
            of_labels, of_probabilities = (
                F.cross_entropy(x, target, weight, reduction=reduction, label_smoothing=label_smoothing)
                for target in (t, sure)
            )
            if reduction == "mean" and weight is not None:  # labels are averaged by weight, probabilities by number
                number = labels(shape).size / WEIGHT[labels(shape)].sum()
                of_probabilities = of_probabilities * number
            np.testing.assert_allclose(of_labels.numpy(), of_probabilities.numpy(), rtol=1e-12)
            assert of_labels.shape == (t.shape if reduction == "none" else ())


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("label_smoothing", [0.0, 0.3])
@pytest.mark.parametrize("shape", [(C,), (3, C), (2, C, 2)], ids=str)
def test_gradients_are_slopes_to_second_order(shape: tuple[int, ...], label_smoothing: float, reduction: str) -> None:
    x, t = tensor(logits(shape), True), tensor(labels(shape, ignored="some" if len(shape) > 1 else "none"))
    options: dict[str, Any] = {"reduction": reduction, "label_smoothing": label_smoothing}

    def loss(x: gn.Tensor) -> gn.Tensor:
        return F.cross_entropy(x, t, tensor(WEIGHT), **options)

    assert gradcheck(loss, x)
    assert gradgradcheck(loss, x)
    assert gradgradcheck(lambda x: F.nll_loss(x, t, reduction=reduction) ** 2, x)


def test_gradients_flow_to_target_probabilities() -> None:
    x, t = tensor(logits((3, C)), True), tensor(probabilities((3, C)), True)
    assert gradcheck(F.cross_entropy, (x, t))


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["", "weight"])
@pytest.mark.parametrize("number", [0, 4])
def test_the_mean_of_nothing_is_nan_and_has_no_gradient(
    number: int, weight: np.ndarray | None, label_smoothing: float
) -> None:
    x = tensor(logits((number, C)), True)
    loss = F.cross_entropy(
        x,
        gn.full((number,), -100),
        None if weight is None else tensor(weight),
        label_smoothing=label_smoothing,
    )
    assert math.isnan(loss.item())
    loss.backward()
    np.testing.assert_array_equal(x.grad.numpy(), 0)


def test_ignored_rows_may_hold_anything() -> None:
    x = gn.tensor([[math.nan, 1.0], [0.0, 0.0]], requires_grad=True)
    F.cross_entropy(x, gn.tensor([-1, 0]), ignore_index=-1).backward()
    assert x.grad[1].tolist() == [-0.5, 0.5]


def test_logits_of_any_size() -> None:
    x = gn.tensor([[1e4, 0.0], [-1e4, 0.0], [-math.inf, 0.0]], requires_grad=True)
    loss = F.cross_entropy(x, gn.tensor([0, 0, 1]), reduction="none")
    assert loss.tolist() == [0, 1e4, 0]
    loss.sum().backward()
    assert x.grad.tolist() == [[0, 0], [-1, 1], [0, 0]]


@pytest.mark.parametrize("dtype", [gn.float32, gn.float64], ids=str)
@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_dtype_is_that_of_the_logits(dtype: Any, label_smoothing: float) -> None:
    x = gn.tensor(logits((4, C)), dtype=dtype, requires_grad=True)
    weight = gn.tensor(WEIGHT, dtype=gn.float64)  # as made from a NumPy array
    for reduction in REDUCTIONS:
        loss = F.cross_entropy(
            x, gn.tensor([0, 1, 2, -100]), weight, reduction=reduction, label_smoothing=label_smoothing
        )
        assert loss.dtype == dtype
        loss.sum().backward()
        assert x.grad.dtype == dtype


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64"])
def test_labels_of_any_integer_dtype(dtype: str) -> None:
    x, t = tensor(logits((6, C))), labels((6, C))
    assert F.cross_entropy(x, tensor(t.astype(dtype))).item() == F.cross_entropy(x, tensor(t)).item()


def test_bytes_are_labels_under_smoothing_too() -> None:
    x, labels = gn.tensor([[1.0, 2.0], [0.0, 3.0]]), gn.tensor([0, 1])
    expected = F.cross_entropy(x, labels, label_smoothing=0.1)
    assert F.cross_entropy(x, labels.byte(), label_smoothing=0.1).item() == expected.item()


def test_probabilities_have_no_label_to_ignore() -> None:
    with pytest.raises(ValueError, match="ignore_index=1 is for labels, and the target holds probabilities"):
        F.cross_entropy(gn.zeros(2, 3), gn.ones(2, 3) / 3, ignore_index=1)


def test_labels_need_not_lie_side_by_side() -> None:
    x, t = tensor(logits((6, C))), tensor(np.stack([labels((6, C))] * 2, 1))
    assert F.cross_entropy(x, t[:, 0]).item() == F.cross_entropy(x, tensor(labels((6, C)))).item()


def test_one_node_is_all_it_takes() -> None:
    x = tensor(logits((6, C)), True)
    node = F.cross_entropy(x, tensor(labels((6, C)))).grad_fn
    assert node.op is cross_entropy_op
    assert node.parents[0] is x


# what does not fit --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
@pytest.mark.parametrize(
    ("shape", "target", "options", "error", "message"),
    [
        (
            (3, 10),
            [0, 10, 1],
            {},
            IndexError,
            "expected class labels from 0 to 9, got 10; the scores have 10 columns, one per class: give the last layer "
            "an output for each class",
        ),
        (
            (3, 10),
            [1, 10, 5],
            {},
            IndexError,
            "expected class labels from 0 to 9, got 10; labels that count from 1 must count from 0: labels - 1",
        ),
        (
            (3, 10),
            [1, -1, 5],
            {},
            IndexError,
            "expected class labels from 0 to 9, got -1; to leave rows out of the loss, pass ignore_index=-1",
        ),
        (
            (3, 10),
            [0, -1, 12],
            {"ignore_index": -1},
            IndexError,
            "expected class labels from 0 to 9, got 12; the scores have 10 columns, one per class: give the last layer "
            "an output for each class",
        ),
        (
            (2, 3),
            [0.0, 1.0],
            {},
            TypeError,
            "expected class labels of an integer dtype, got float32 of shape [2]; convert them: labels.long()",
        ),
        (
            (2, 3),
            [True, False],
            {},
            TypeError,
            "expected class labels of an integer dtype, got bool of shape [2]; convert them: labels.long()",
        ),
        (
            (2, 3),
            [[0], [1]],
            {},
            RuntimeError,
            "expected one label for each row of the scores [2, 3], so labels of shape [2], got [2, 1]; drop their "
            "last dimension: labels.squeeze(1)",
        ),
        (
            (2, 3),
            [[0, 1, 0], [1, 0, 0]],
            {},
            ValueError,
            "expected one label for each row of the scores [2, 3], so labels of shape [2], got [2, 3]; if they are "
            "one-hot rows, take the position of the 1: labels.argmax(1)",
        ),
        (
            (2, 3),
            [0, 1, 2],
            {},
            ValueError,
            "expected one label for each row of the scores [2, 3], so labels of shape [2], got [3]; take scores and "
            "labels of one batch",
        ),
        ((2, 0), [0, 0], {}, ValueError, "expected scores of shape [n, classes], got [2, 0]"),
        ((), 0, {}, ValueError, "expected a score for each class, got one number"),
        (
            (3,),
            [0, 1],
            {},
            ValueError,
            "for scores of shape [3], of which dimension 0 is the classes, expected labels of shape [], got [2]",
        ),
        (
            (2, 3, 4),
            [0, 1],
            {},
            ValueError,
            "for scores of shape [2, 3, 4], of which dimension 1 is the classes, expected labels of shape [2, 4], got "
            "[2]",
        ),
        (
            (2, 3),
            [0, 1],
            {"weight": gn.ones(4)},
            RuntimeError,
            "expected a weight for each of the 3 classes, so of shape [3], got [4]",
        ),
        (
            (2, 3),
            [0, 1],
            {"reduction": "average"},
            ValueError,
            'reduction must be one of "none", "mean", "sum", got \'average\'',
        ),
    ],
)
def test_message(name: str, shape: Any, target: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        getattr(F, name)(gn.zeros(*shape) - 1, gn.tensor(target), **options)
    assert str(caught.value) == f"{name}: {message}"


@pytest.mark.parametrize(
    ("x", "target", "options", "error", "message"),
    [
        (
            gn.ones(2, 3),
            gn.tensor([0, 1]),
            {"label_smoothing": 1.5},
            ValueError,
            "expected label_smoothing from 0 to 1, got 1.5",
        ),
        (
            gn.ones(2, 3),
            gn.ones(2, 3),
            {"weight": gn.ones(2)},
            ValueError,
            "expected a weight for each of the 3 classes, so of shape [3], got [2]",
        ),
        (
            gn.tensor([[1, 2], [3, 4]]),
            gn.tensor([0, 1]),
            {},
            TypeError,
            "expected floating scores, got int64; convert them: x.float()",
        ),
        (
            gn.ones(2, 3),
            gn.tensor([0, 3]),
            {"label_smoothing": 0.1},
            IndexError,
            "expected class labels from 0 to 2, got 3; the scores have 3 columns, one per class: give the last layer "
            "an output for each class",
        ),
    ],
)
def test_message_of_cross_entropy(x: Any, target: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message) + "$"):
        F.cross_entropy(x, target, **options)


def test_softmax_before_the_loss_that_has_one_is_a_warning() -> None:
    x, t = gn.zeros(2, 3, requires_grad=True), gn.tensor([0, 1])
    with pytest.warns(UserWarning, match="cross_entropy takes logits and applies softmax itself") as caught:
        F.cross_entropy(F.softmax(x, 1), t)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="nll_loss takes log-probabilities"):
        F.nll_loss(F.softmax(x, 1), t)
    with warnings.catch_warnings():
        F.cross_entropy(x, t)
        F.cross_entropy(x, F.softmax(x, 1))
        F.nll_loss(F.log_softmax(x, 1), t)


# parity -------------------------------------------------------------------------------------------


def _compare(name: str, torch: Any, x: np.ndarray, target: np.ndarray, options: dict[str, Any]) -> None:
    ours, theirs = tensor(x, True), torch.tensor(x, requires_grad=True)
    y = getattr(F, name)(ours, tensor(target), **{k: tensor(v) if k == "weight" else v for k, v in options.items()})
    z = getattr(torch.nn.functional, name)(
        theirs, torch.tensor(target), **{k: torch.tensor(v) if k == "weight" else v for k, v in options.items()}
    )
    assert y.shape == tuple(z.shape)
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), atol=1e-10)
    grade = np.random.default_rng(5).normal(size=y.shape)
    y.backward(tensor(grade))
    z.backward(torch.tensor(grade))
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), atol=1e-8)


@pytest.mark.parity
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["", "weight"])
@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_parity_of_cross_entropy(
    shape: tuple[int, ...], weight: np.ndarray | None, label_smoothing: float, reduction: str
) -> None:
    torch = pytest.importorskip("torch")
    x = logits(shape)
    options: dict[str, Any] = {"reduction": reduction, "label_smoothing": label_smoothing}
    if weight is not None:
        options["weight"] = weight
    _compare("cross_entropy", torch, x, probabilities(shape), options)
    for ignore_index in (-100, -1, 2):
        for ignored in ("none", "some", "all"):
            target = labels(shape, ignore_index, ignored)
            _compare("cross_entropy", torch, x, target, {**options, "ignore_index": ignore_index})


@pytest.mark.parity
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["", "weight"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_parity_of_nll_loss(shape: tuple[int, ...], weight: np.ndarray | None, reduction: str) -> None:
    torch = pytest.importorskip("torch")
    options = {"reduction": reduction} if weight is None else {"reduction": reduction, "weight": weight}
    for ignore_index in (-100, -1, 2):
        for ignored in ("none", "some", "all"):
            target = labels(shape, ignore_index, ignored)
            _compare("nll_loss", torch, logits(shape), target, {**options, "ignore_index": ignore_index})
