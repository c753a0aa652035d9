"""Losses of numbers, and losses with a margin."""

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

rng = np.random.default_rng(0)
REAL = (rng.normal(size=(4, 3)) * 2, rng.normal(size=(4, 3)))
PROBABLE = (rng.uniform(0.05, 0.95, (4, 3)), rng.uniform(0.05, 0.95, (4, 3)))
LOGITS = (rng.normal(size=(4, 3)) * 5, rng.uniform(size=(4, 3)))
WEIGHT = rng.uniform(0.5, 2, (4, 3))
LOG_P = (np.log(PROBABLE[0]), PROBABLE[1])
COUNTS = (rng.normal(size=(4, 3)), rng.integers(0, 5, (4, 3)).astype(float))
SIGNS = (REAL[0], np.sign(REAL[1]))
LABELS = np.array([2, 0, 1, 1])
ROW_SIGNS = np.array([1.0, -1.0, -1.0, 1.0])


def product(a: Any, b: Any) -> Any:
    return (a * b).sum(-1)


# (name, inputs that may require a gradient, further inputs, options)
LOSSES: list[tuple[str, tuple[Any, ...], tuple[Any, ...], dict[str, Any]]] = [
    ("mse_loss", REAL, (), {}),
    ("mse_loss", REAL, (), {"weight": WEIGHT}),
    ("l1_loss", REAL, (), {}),
    ("l1_loss", REAL, (), {"weight": WEIGHT}),
    ("smooth_l1_loss", REAL, (), {}),
    ("smooth_l1_loss", REAL, (), {"beta": 0.4}),
    ("smooth_l1_loss", REAL, (), {"beta": 0.0}),
    ("huber_loss", REAL, (), {}),
    ("huber_loss", REAL, (), {"delta": 0.4}),
    ("huber_loss", REAL, (), {"weight": WEIGHT}),
    ("binary_cross_entropy", PROBABLE, (), {}),
    ("binary_cross_entropy", PROBABLE, (), {"weight": WEIGHT}),
    ("binary_cross_entropy_with_logits", LOGITS, (), {}),
    ("binary_cross_entropy_with_logits", LOGITS, (), {"weight": WEIGHT[0]}),
    ("binary_cross_entropy_with_logits", LOGITS, (), {"pos_weight": WEIGHT[1]}),
    ("binary_cross_entropy_with_logits", LOGITS, (), {"weight": WEIGHT, "pos_weight": WEIGHT[1]}),
    ("kl_div", LOG_P, (), {}),
    ("kl_div", (LOG_P[0], np.log(LOG_P[1])), (), {"log_target": True}),
    ("poisson_nll_loss", COUNTS[:1], COUNTS[1:], {}),
    ("poisson_nll_loss", COUNTS[:1], COUNTS[1:], {"full": True}),
    ("poisson_nll_loss", (np.abs(COUNTS[0]),), COUNTS[1:], {"log_input": False}),
    ("gaussian_nll_loss", (*REAL, WEIGHT), (), {}),
    ("gaussian_nll_loss", (*REAL, WEIGHT[:, 0]), (), {"full": True}),
    ("gaussian_nll_loss", (*REAL, WEIGHT[:, :1]), (), {"eps": 1.0}),
    ("soft_margin_loss", SIGNS[:1], SIGNS[1:], {}),
    ("multilabel_soft_margin_loss", LOGITS, (), {}),
    ("multilabel_soft_margin_loss", LOGITS, (), {"weight": WEIGHT[0]}),
    ("hinge_embedding_loss", SIGNS[:1], SIGNS[1:], {}),
    ("hinge_embedding_loss", SIGNS[:1], SIGNS[1:], {"margin": 2.0}),
    ("margin_ranking_loss", REAL, SIGNS[1:], {}),
    ("margin_ranking_loss", REAL, SIGNS[1:], {"margin": 0.5}),
    ("cosine_embedding_loss", REAL, (ROW_SIGNS,), {}),
    ("cosine_embedding_loss", REAL, (ROW_SIGNS,), {"margin": 0.1}),
    ("triplet_margin_loss", (*REAL, WEIGHT), (), {}),
    ("triplet_margin_loss", (*REAL, WEIGHT), (), {"margin": 2.0, "p": 1.0, "swap": True}),
    ("triplet_margin_with_distance_loss", (*REAL, WEIGHT), (), {"margin": 2.0, "swap": True}),
    ("triplet_margin_with_distance_loss", (*REAL, WEIGHT), (), {"distance_function": product}),
    ("multi_margin_loss", REAL[:1], (LABELS,), {}),
    ("multi_margin_loss", REAL[:1], (LABELS,), {"p": 2, "margin": 0.5, "weight": WEIGHT[0]}),
    ("multi_margin_loss", (REAL[0][0],), (np.array(1),), {"margin": 2.0}),
    ("multilabel_margin_loss", REAL[:1], (np.array([[0, 2, -1], [-1, 1, 0], [1, 1, -1], [2, 1, 0]]),), {}),
    ("multilabel_margin_loss", (REAL[0][0],), (np.array([1, -1, 0]),), {}),
]


def label(part: Any) -> str:
    if isinstance(part, dict):
        return " ".join(f"{k}={v}" if np.ndim(v) == 0 and not callable(v) else k for k, v in part.items())
    return part if isinstance(part, str) else ""


losses = pytest.mark.parametrize(("name", "inputs", "constants", "options"), LOSSES, ids=label)


def tensors(arrays: Any, requires_grad: bool) -> list[Any]:
    return [gn.tensor(a, dtype=a.dtype, requires_grad=requires_grad) for a in arrays]


def with_tensors(options: dict[str, Any], make: Any) -> dict[str, Any]:
    return {k: make(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}


@losses
def test_gradients_are_slopes_to_second_order(name: str, inputs: Any, constants: Any, options: Any) -> None:
    function = getattr(F, name)
    options = with_tensors(options, gn.tensor)
    fixed = tensors(constants, False)
    arguments = tuple(tensors(inputs, True))
    if options.get("eps") == 1.0:  # variances below eps get the gradient of eps: no slope
        arguments[2].requires_grad = False
    for reduction in ("none", "mean"):
        assert gradcheck(lambda *xs, how=reduction: function(*xs, *fixed, **options, reduction=how), arguments)
    assert gradgradcheck(lambda *xs: function(*xs, *fixed, **options), arguments, atol=1e-5)


@losses
def test_reductions_agree(name: str, inputs: Any, constants: Any, options: Any) -> None:
    function, arguments = getattr(F, name), tensors((*inputs, *constants), False)
    options = with_tensors(options, gn.tensor)
    each = function(*arguments, **options, reduction="none").numpy()
    assert function(*arguments, **options, reduction="sum").item() == pytest.approx(each.sum(), rel=1e-13)
    weighted = name in ("mse_loss", "l1_loss") and "weight" in options
    mean = each.sum() / WEIGHT.sum() if weighted else each.mean()
    assert function(*arguments, **options).item() == pytest.approx(mean, rel=1e-13)


@losses
def test_unknown_reduction(name: str, inputs: Any, constants: Any, options: Any) -> None:
    with pytest.raises(ValueError, match=rf"{name}: reduction must be one of .*, got 'average'"):
        getattr(F, name)(*tensors((*inputs, *constants), False), reduction="average")


@pytest.mark.parametrize(
    ("loss", "value"),
    [
        (F.mse_loss, (4 + 9) / 2),
        (F.l1_loss, 2.5),
        (F.smooth_l1_loss, 2.0),
        (F.huber_loss, 2.0),
    ],
)
def test_value(loss: Any, value: float) -> None:
    assert loss(gn.tensor([3.0, 0.0]), gn.tensor([1.0, 3.0])).item() == pytest.approx(value)


def test_smooth_l1_is_huber_divided_by_beta() -> None:
    x, t = tensors(REAL, False)
    assert F.smooth_l1_loss(x, t, beta=0.3).item() == pytest.approx(F.huber_loss(x, t, delta=0.3).item() / 0.3)


def test_slopes_where_the_parabola_meets_the_line() -> None:
    for loss in (F.smooth_l1_loss, F.huber_loss):
        x = gn.tensor([-1.0, 0.0, 1.0], requires_grad=True)
        loss(x, gn.zeros(3), reduction="sum").backward()
        assert x.grad.tolist() == [-1, 0, 1]


# probabilities ------------------------------------------------------------------------------------


def test_binary_cross_entropy_at_certainty() -> None:
    x = gn.tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
    loss = F.binary_cross_entropy(x, gn.tensor([0.0, 1.0, 1.0, 0.0]), reduction="none")
    assert loss.tolist() == [0, 0, 100, 100]
    loss.sum().backward()
    assert x.grad.tolist() == pytest.approx([0, 0, -1e12, 1e12])


def test_binary_cross_entropy_with_logits_of_any_size() -> None:
    x = gn.tensor([1e4, 1e4, -1e4, -1e4, 0.0], requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(x, gn.tensor([1.0, 0.0, 1.0, 0.0, 0.5]), reduction="none")
    assert loss.tolist() == pytest.approx([0, 1e4, 1e4, 0, math.log(2)])
    loss.sum().backward()
    assert x.grad.tolist() == [0, 1, -1, 0, 0]


def test_kl_div_of_nothing_is_nothing() -> None:
    x = gn.tensor([-80.0, math.log(0.5), 0.0], dtype=gn.float64, requires_grad=True)
    t = gn.tensor([0.0, 0.25, 0.75], dtype=gn.float64, requires_grad=True)
    loss = F.kl_div(x, t, reduction="sum")
    assert loss.item() == pytest.approx(0.25 * math.log(0.5) + 0.75 * math.log(0.75))
    loss.backward()
    assert x.grad.tolist() == [0, -0.25, -0.75]
    assert np.isfinite(t.grad.numpy()).all()
    assert F.kl_div(gn.tensor([-math.inf]), gn.zeros(1)).isnan()  # 0·∞, as PyTorch has it


def test_kl_div_batchmean_is_the_mean_over_rows() -> None:
    x, t = tensors(LOG_P, False)
    each = F.kl_div(x, t, reduction="none").numpy()
    assert F.kl_div(x, t, reduction="batchmean").item() == pytest.approx(each.sum() / 4)
    assert F.kl_div(x[0, 0], t[0, 0], reduction="batchmean").item() == pytest.approx(each[0, 0])


def test_gaussian_nll_takes_one_variance_for_all() -> None:
    x, t = tensors(REAL, False)
    assert F.gaussian_nll_loss(x, t, 2.0).item() == pytest.approx(
        F.gaussian_nll_loss(x, t, gn.full((4, 3), 2.0)).item()
    )
    assert F.gaussian_nll_loss(x, x, 0.0, eps=0.5).item() == pytest.approx(0.5 * math.log(0.5))


# what does not fit --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "gaussian_nll_loss"])
@pytest.mark.parametrize(
    ("shape", "target", "advice"),
    [
        ((4, 1), (4,), "so they are repeated to fill [4, 4], which is rarely intended; give the target that shape: "
                       "target.unsqueeze(1)"),
        ((4,), (4, 1), "so they are repeated to fill [4, 4], which is rarely intended; give the target that shape: "
                       "target.squeeze(1)"),
        ((2, 3), (3,), "so they are repeated to fill [2, 3], which is rarely intended"),
        ((1, 2, 2), (1, 4, 1), None),
    ],
)  # fmt: skip
def test_shapes_that_differ_are_a_warning(name: str, shape: Any, target: Any, advice: str | None) -> None:
    arguments = (gn.ones(*shape), gn.zeros(*target)) + ((1.0,) if name == "gaussian_nll_loss" else ())
    if advice is None:
        with pytest.raises(RuntimeError, match=f"{name}: shapes"):
            getattr(F, name)(*arguments)
        return
    with pytest.warns(UserWarning, match=re.escape(advice) + "$") as caught:
        getattr(F, name)(*arguments)
    assert str(caught[0].message).startswith(f"{name}: the input is [{', '.join(map(str, shape))}] but the target [")
    assert caught[0].filename == __file__


def test_another_arrangement_is_reshaped() -> None:
    with pytest.warns(UserWarning, match=r"; give the target that shape: target.reshape\(input.shape\)$"):
        F.mse_loss(gn.ones(2, 1, 1), gn.ones(1, 1, 2))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: F.binary_cross_entropy(gn.ones(3, 1), gn.ones(3)),
            ValueError,
            "binary_cross_entropy: expected a target of the shape of the input, [3, 1], got [3]; give the target that "
            "shape: target.unsqueeze(1)",
        ),
        (
            lambda: F.binary_cross_entropy_with_logits(gn.ones(3), gn.ones(2)),
            ValueError,
            "binary_cross_entropy_with_logits: expected a target of the shape of the input, [3], got [2]",
        ),
        (
            lambda: F.binary_cross_entropy(gn.tensor([0.5, 1.25]), gn.ones(2)),
            RuntimeError,
            "binary_cross_entropy: expected inputs from 0 to 1 (probabilities), got 1.25; for logits, of any size, "
            "there is binary_cross_entropy_with_logits",
        ),
        (
            lambda: F.binary_cross_entropy(gn.tensor([0.5, math.nan]), gn.ones(2)),
            ValueError,
            "binary_cross_entropy: expected inputs from 0 to 1 (probabilities), got nan; for logits, of any size, "
            "there is binary_cross_entropy_with_logits",
        ),
        (
            lambda: F.binary_cross_entropy(gn.tensor([0.5]), gn.tensor([-1.0])),
            ValueError,
            "binary_cross_entropy: expected targets from 0 to 1 (probabilities), got -1",
        ),
        *(
            (
                lambda loss=loss: loss(gn.ones(2, 3), gn.ones(2, 3), weight=gn.ones(3)),
                ValueError,
                f"{loss.__name__}: expected weights of the shape of the input, [2, 3], got [3]",
            )
            for loss in (F.mse_loss, F.l1_loss, F.huber_loss)
        ),
        (
            lambda: F.huber_loss(gn.ones(1), gn.ones(1), delta=0),
            ValueError,
            "huber_loss: expected a delta above 0, got 0",
        ),
        (
            lambda: F.smooth_l1_loss(gn.ones(1), gn.ones(1), beta=-1),
            ValueError,
            "smooth_l1_loss: expected a beta of 0 or more, got -1",
        ),
        (
            lambda: F.gaussian_nll_loss(gn.ones(1), gn.ones(1), gn.tensor([-2.0])),
            ValueError,
            "gaussian_nll_loss: expected variances of 0 or more, got -2",
        ),
        (
            lambda: F.margin_ranking_loss(gn.ones(2, 2), gn.ones(2, 2), gn.ones(2)),
            ValueError,
            "margin_ranking_loss: expected inputs and target of one number of dimensions, got [2, 2], [2, 2], [2]",
        ),
        (
            lambda: F.gaussian_nll_loss(gn.ones(4, 3), gn.ones(4, 3), gn.ones(3)),
            ValueError,
            "gaussian_nll_loss: expected variances of the shape of the input, [4, 3], of [4], or with one size 1, got "
            "[3]",
        ),
        (
            lambda: F.cosine_embedding_loss(gn.ones(2, 2), gn.ones(2, 2), gn.ones(2, 2)),
            RuntimeError,
            "cosine_embedding_loss: expected inputs [n, d] and a target [n], or [d] and a target [], got [2, 2], "
            "[2, 2], [2, 2]",
        ),
        (
            lambda: F.cosine_embedding_loss(gn.ones(3, 2), gn.ones(3, 2), gn.ones(2)),
            RuntimeError,
            "cosine_embedding_loss: expected a target of shape [3], 1 or −1 for each pair of vectors, got [2]",
        ),
        (
            lambda: F.triplet_margin_loss(gn.ones(2, 2), gn.ones(2), gn.ones(2, 2)),
            RuntimeError,
            "triplet_margin_loss: expected anchor, positive and negative of one number of dimensions, got shapes "
            "[2, 2], [2], [2, 2]",
        ),
        (
            lambda: F.triplet_margin_with_distance_loss(gn.ones(2), gn.ones(2), gn.ones(2), margin=0),
            ValueError,
            "triplet_margin_with_distance_loss: expected a margin above 0, got 0",
        ),
        (
            lambda: F.multi_margin_loss(gn.ones(2, 3), gn.tensor([1, 3])),
            RuntimeError,
            "multi_margin_loss: expected class labels from 0 to 2, got 3",
        ),
        (
            lambda: F.multi_margin_loss(gn.ones(2, 3), gn.tensor([1, 2, 0])),
            RuntimeError,
            "multi_margin_loss: expected one label for each row of scores, [2], got [3]",
        ),
        (
            lambda: F.multi_margin_loss(gn.ones(2, 3), gn.tensor([1, 2]), weight=gn.ones(2)),
            ValueError,
            "multi_margin_loss: expected a weight for each class, so of shape [3], got [2]",
        ),
        (
            lambda: F.multi_margin_loss(gn.ones(2, 3), gn.tensor([1, 2]), p=3),
            ValueError,
            "multi_margin_loss: expected p as 1 or 2, got 3",
        ),
        (
            lambda: F.multilabel_margin_loss(gn.ones(1, 3), gn.tensor([[1, -2, 0]])),
            RuntimeError,
            "multilabel_margin_loss: expected class labels from -1 to 2, got -2",
        ),
        (
            lambda: F.multilabel_margin_loss(gn.ones(1, 3), gn.tensor([[1.0, -1.0, 0.0]])),
            RuntimeError,
            "multilabel_margin_loss: expected class labels of an integer dtype, got float32; convert them: "
            "labels.long()",
        ),
        (
            lambda: F.multilabel_margin_loss(gn.ones(2, 0), gn.zeros(2, 0, dtype=gn.int64)),
            RuntimeError,
            "multilabel_margin_loss: expected scores [n, classes] or [classes], got [2, 0]",
        ),
        (
            lambda: F.kl_div(gn.ones(1), gn.ones(1), reduction="batch"),
            ValueError,
            'kl_div: reduction must be one of "none", "mean", "sum", "batchmean", got \'batch\'',
        ),
    ],
)
def test_message(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


def test_a_sigmoid_before_the_loss_that_has_one_is_a_warning() -> None:
    x, t = gn.zeros(3, requires_grad=True), gn.ones(3)
    with pytest.warns(UserWarning, match="takes logits and applies the sigmoid itself") as caught:
        F.binary_cross_entropy_with_logits(F.sigmoid(x), t)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="kl_div takes log-probabilities, but this input is the result of softmax"):
        F.kl_div(F.softmax(x, 0), t)
    with warnings.catch_warnings():
        F.binary_cross_entropy_with_logits(x * 1, t)
        F.binary_cross_entropy(F.sigmoid(x), t)
        F.kl_div(F.log_softmax(x, 0), t)


# parity -------------------------------------------------------------------------------------------


@pytest.mark.parity
@losses
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_parity(name: str, inputs: Any, constants: Any, options: Any, reduction: str) -> None:
    torch = pytest.importorskip("torch")
    ours = tensors(inputs, True)
    theirs = [torch.tensor(a, requires_grad=True) for a in inputs]
    y = getattr(F, name)(*ours, *tensors(constants, False), **with_tensors(options, gn.tensor), reduction=reduction)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own about kl_div
        z = getattr(torch.nn.functional, name)(
            *theirs, *map(torch.tensor, constants), **with_tensors(options, torch.tensor), reduction=reduction
        )
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), atol=1e-10)
    (y * y).sum().backward()
    (z * z).sum().backward()
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), atol=1e-8)


@pytest.mark.parity
@pytest.mark.parametrize("log_target", [False, True])
def test_parity_kl_div_batchmean(log_target: bool) -> None:
    torch = pytest.importorskip("torch")
    target = np.log(LOG_P[1]) if log_target else LOG_P[1]
    ours = F.kl_div(*tensors((LOG_P[0], target), False), reduction="batchmean", log_target=log_target)
    theirs = torch.nn.functional.kl_div(
        torch.tensor(LOG_P[0]), torch.tensor(target), reduction="batchmean", log_target=log_target
    )
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-12)


def test_the_cosine_of_short_vectors_is_pytorchs() -> None:
    """PyTorch adds 1e-12 to the squares of the lengths: a vector of length 1e-6 counts for 1/√2 of its cosine."""
    short = gn.tensor([[1e-6, 0.0], [0.0, 0.0]], dtype=gn.float64)
    loss = F.cosine_embedding_loss(short, gn.tensor([[1.0, 0.0]] * 2).double(), gn.tensor([1, 1]), reduction="none")
    np.testing.assert_allclose(loss.numpy(), [1 - 0.5**0.5, 1], rtol=1e-9)
