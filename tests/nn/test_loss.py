"""Loss modules: each is its function, with its options kept."""

from __future__ import annotations

import inspect
import math
import warnings
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F
from glassnet import nn
from glassnet.errors import GlassnetWarning
from glassnet.nn import loss, margin

rng = np.random.default_rng(0)
X, T = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
P, Q = rng.uniform(0.1, 0.9, (4, 3)), rng.uniform(0.1, 0.9, (4, 3))
W = rng.uniform(0.5, 2, 3)
LABELS, ALL_LABELS = np.array([0, 2, 1, -100]), np.array([0, 2, 1, 2])
MANY_LABELS = np.array([[0, 2, -1], [-1, 1, 0], [1, 1, -1], [2, 1, 0]])
SIGNS = np.array([[1.0], [-1.0], [-1.0], [1.0]]) * np.ones(3)

LOG_P = np.log(rng.dirichlet(np.ones(4), (5, 3)))  # five steps, three samples
PADDED, LENGTHS = np.array([[0, 2, 3], [3, 3, 0], [2, 0, 0]]), np.array([[5, 5, 4], [3, 2, 1]])

# (class, function, inputs, options)
MODULES: list[tuple[str, str, tuple[Any, ...], dict[str, Any]]] = [
    ("MSELoss", "mse_loss", (X, T), {}),
    ("L1Loss", "l1_loss", (X, T), {}),
    ("SmoothL1Loss", "smooth_l1_loss", (X, T), {"beta": 0.5}),
    ("HuberLoss", "huber_loss", (X, T), {"delta": 0.5}),
    ("PoissonNLLLoss", "poisson_nll_loss", (X, np.abs(T)), {"full": True, "log_input": False, "eps": 3.0}),
    ("GaussianNLLLoss", "gaussian_nll_loss", (X, T, P), {"full": True, "eps": 0.5}),
    ("CrossEntropyLoss", "cross_entropy", (X, LABELS), {"weight": W, "label_smoothing": 0.1}),
    ("CrossEntropyLoss", "cross_entropy", (X, ALL_LABELS), {"ignore_index": 1}),
    ("NLLLoss", "nll_loss", (X, ALL_LABELS), {"weight": W, "ignore_index": 2}),
    ("CTCLoss", "ctc_loss", (LOG_P, PADDED, LENGTHS[0], LENGTHS[1]), {"blank": 1, "zero_infinity": True}),
    ("BCELoss", "binary_cross_entropy", (P, Q), {"weight": W}),
    ("BCEWithLogitsLoss", "binary_cross_entropy_with_logits", (X, Q), {"weight": P, "pos_weight": W}),
    ("KLDivLoss", "kl_div", (np.log(P), Q), {}),
    ("KLDivLoss", "kl_div", (np.log(P), np.log(Q)), {"log_target": True}),
    ("SoftMarginLoss", "soft_margin_loss", (X, SIGNS), {}),
    ("MultiLabelSoftMarginLoss", "multilabel_soft_margin_loss", (X, Q), {"weight": W}),
    ("HingeEmbeddingLoss", "hinge_embedding_loss", (X, SIGNS), {"margin": 0.5}),
    ("MarginRankingLoss", "margin_ranking_loss", (X, T, SIGNS), {"margin": 0.5}),
    ("CosineEmbeddingLoss", "cosine_embedding_loss", (X, T, SIGNS[:, 0]), {"margin": 0.1}),
    ("TripletMarginLoss", "triplet_margin_loss", (X, T, P), {"margin": 0.5, "p": 1.0, "eps": 1e-3, "swap": True}),
    ("TripletMarginWithDistanceLoss", "triplet_margin_with_distance_loss", (X, T, P), {"margin": 0.5, "swap": True}),
    ("MultiMarginLoss", "multi_margin_loss", (X, ALL_LABELS), {"p": 2, "margin": 0.5, "weight": W}),
    ("MultiLabelMarginLoss", "multilabel_margin_loss", (X, MANY_LABELS), {}),
]
LOSSES = [*loss.__all__, *margin.__all__]
REDUCTIONS = ["mean", "sum", "none"]

modules = pytest.mark.parametrize(
    ("name", "function", "inputs", "options"), MODULES, ids=lambda part: part if isinstance(part, str) else ""
)


def tensor(x: Any) -> Any:
    return gn.tensor(x) if isinstance(x, np.ndarray) else x


def tensors(options: dict[str, Any]) -> dict[str, Any]:
    return {name: tensor(x) for name, x in options.items()}


def made(name: str, options: dict[str, Any], **more: Any) -> Any:
    return getattr(nn, name)(**tensors(options), **more)


@modules
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_it_is_its_function(name: str, function: str, inputs: Any, options: Any, reduction: str) -> None:
    arguments = [gn.tensor(x) for x in inputs]
    expected = getattr(F, function)(*arguments, **tensors(options), reduction=reduction)
    result = made(name, options, reduction=reduction)(*arguments)
    np.testing.assert_array_equal(result.numpy(), expected.numpy())


@modules
def test_repr_and_defaults(name: str, function: str, inputs: Any, options: Any) -> None:
    module = getattr(nn, name)()
    assert repr(module).split("(")[0] == name
    assert module.extra_repr() == ""
    assert module.reduction == "mean"
    default = inspect.signature(getattr(F, function)).parameters
    for option in set(module.options) - {"distance_function"}:  # None there, here the `PairwiseDistance` it stands for
        assert getattr(module, option) == default[option].default, option


@pytest.mark.parametrize("name", LOSSES)
def test_every_module_is_tested_documented_and_in_nn(name: str) -> None:
    assert name in {case[0] for case in MODULES}
    assert getattr(nn, name).__doc__


@pytest.mark.parametrize("name", LOSSES)
def test_unknown_reduction_is_told_when_the_loss_is_made(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: reduction must be one of .*, got 'average'$"):
        getattr(nn, name)(reduction="average")


def test_kl_div_knows_one_reduction_more() -> None:
    x, t = gn.tensor(np.log(P)), gn.tensor(Q)
    batchmean = loss.KLDivLoss(reduction="batchmean")(x, t).item()
    assert batchmean == pytest.approx(loss.KLDivLoss(reduction="sum")(x, t).item() / 4)


def test_weights_are_state_but_not_learned() -> None:
    module = loss.BCEWithLogitsLoss(gn.ones(3), pos_weight=gn.tensor(W))
    assert list(module.state_dict()) == ["weight", "pos_weight"]
    assert list(module.parameters()) == []
    assert module.double().weight.dtype == gn.float64
    assert list(loss.CrossEntropyLoss().state_dict()) == []
    with pytest.raises(TypeError, match="expected a Tensor or None for the buffer 'weight', got list"):
        loss.CrossEntropyLoss([1.0, 2.0])


def test_training_with_one() -> None:
    layer, criterion = nn.Linear(3, 2), nn.CrossEntropyLoss()
    x, t = gn.randn(8, 3), gn.randint(2, (8,))
    before = criterion(layer(x), t)
    before.backward()
    with gn.no_grad():
        for p in layer.parameters():
            p -= 0.1 * p.grad
    assert criterion(layer(x), t).item() < before.item()


def test_errors_name_the_loss() -> None:
    with pytest.raises(IndexError) as caught:
        nn.CrossEntropyLoss()(gn.randn(2, 3), gn.tensor([0, 3]))
    assert str(caught.value).startswith(
        "in CrossEntropyLoss(): cross_entropy: expected class labels from 0 to 2, got 3"
    )


# probabilities where they are not meant -------------------------------------------------------------


@pytest.mark.parametrize(
    ("criterion", "message"),
    [
        (
            nn.CrossEntropyLoss,
            "CrossEntropyLoss: every row of the input is of probabilities (0 or more, and adding up to 1), but the "
            "loss takes logits, of any size and sign, and applies softmax itself; leave that out of the network",
        ),
        (
            nn.NLLLoss,
            "NLLLoss: every row of the input is of probabilities (0 or more, and adding up to 1), but the loss takes "
            "log-probabilities; use LogSoftmax, or CrossEntropyLoss on what comes before",
        ),
    ],
)
@pytest.mark.parametrize("shape", [(4, 3), (3,), (2, 3, 5)])
def test_probabilities_are_warned_of_once(criterion: Any, message: str, shape: tuple[int, ...]) -> None:
    p = F.softmax(gn.randn(*shape), min(len(shape) - 1, 1))  # no graph: only the numbers tell
    labels = gn.zeros(*(shape[:1] + shape[2:] if len(shape) > 1 else ()), dtype=gn.int64)
    module = criterion()
    with pytest.warns(UserWarning) as caught:  # noqa: PT030
        module(p, labels)
    assert [str(w.message) for w in caught] == [message]
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        module(p, labels)


def test_the_graph_tells_as_well_and_no_warning_comes_twice() -> None:
    logits = gn.randn(4, 3, requires_grad=True)
    with pytest.warns(UserWarning, match="cross_entropy takes logits") as caught:
        nn.CrossEntropyLoss()(F.softmax(logits, 1), gn.tensor([0, 1, 2, 0]))
    assert len(caught) == 1
    with pytest.warns(UserWarning, match="applies the sigmoid itself"):
        nn.BCEWithLogitsLoss()(logits.sigmoid(), gn.zeros(4, 3))


@pytest.mark.parametrize("x", [[[0.5, 0.6]], [[1.5, -0.5]], [[1.0], [1.0]]], ids=str)
def test_what_are_no_probabilities_passes_quietly(x: Any) -> None:
    nn.CrossEntropyLoss()(gn.tensor(x), gn.zeros(len(x), dtype=gn.int64))


def test_nothing_passes_quietly() -> None:
    assert nn.CrossEntropyLoss(reduction="sum")(gn.zeros(0, 2), gn.zeros(0, dtype=gn.int64)).item() == 0


def test_only_the_first_input_is_looked_at() -> None:
    module = nn.CrossEntropyLoss()
    module(gn.randn(2, 3), gn.tensor([0, 1]))
    p = gn.tensor([[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]])
    assert module(p, gn.tensor([0, 1])).item() > 0


# parity -------------------------------------------------------------------------------------------


@pytest.mark.parity
@modules
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_parity(name: str, function: str, inputs: Any, options: Any, reduction: str) -> None:
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn, name)(
        **{k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}, reduction=reduction
    )
    ours = made(name, options, reduction=reduction)
    assert repr(ours) == repr(theirs)
    assert [path for path, _ in ours.named_modules()] == [path for path, _ in theirs.named_modules()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own about kl_div
        expected = theirs(*(torch.tensor(x) for x in inputs))
    result = ours(*(gn.tensor(x) for x in inputs))
    np.testing.assert_allclose(result.numpy(), expected.numpy(), atol=1e-10)
    assert not math.isnan(result.sum().item())


@pytest.mark.parity
@modules
@pytest.mark.parametrize(("size_average", "reduce"), [(None, None), (True, None), (False, None), (None, False)])
def test_parity_of_older_arguments(
    name: str, function: str, inputs: Any, options: Any, size_average: bool | None, reduce: bool | None
) -> None:
    """All that PyTorch takes by position, taken by position: one that stands elsewhere would be another's value."""
    torch = pytest.importorskip("torch")
    older = {"size_average": size_average, "reduce": reduce, "reduction": "sum"}

    def called(call: Any, signature: Any, tensor: Any) -> Any:
        values = {**older, **{k: tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}}
        given = [values.get(p.name, p.default) for p in signature.parameters.values() if p.default is not p.empty]
        return call(given, [tensor(x) for x in inputs])

    for ours, theirs, call in (
        (getattr(nn, name), getattr(torch.nn, name), lambda kind: lambda given, xs: kind(*given)(*xs)),
        (getattr(F, function), getattr(torch.nn.functional, function), lambda f: lambda given, xs: f(*xs, *given)),
    ):
        signature = inspect.signature(theirs)
        if "size_average" not in signature.parameters:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = called(call(theirs), signature, torch.tensor)
        if size_average is reduce is None:
            got = called(call(ours), signature, gn.tensor)
        else:
            with pytest.warns(GlassnetWarning, match="size_average and reduce are older .* use reduction="):
                got = called(call(ours), signature, gn.tensor)
        np.testing.assert_allclose(got.numpy(), expected.numpy(), atol=1e-10)


def test_older_arguments_are_given_once() -> None:
    with pytest.raises(TypeError, match="multiple values for argument 'reduction'"):
        F.mse_loss(gn.ones(2), gn.ones(2), None, None, "sum", reduction="sum")
    with pytest.raises(TypeError, match="takes 1 positional argument but 5"):
        nn.MSELoss(None, None, "sum", 1.0)
    with pytest.raises(TypeError, match="unexpected keyword argument 'size_average'"):
        nn.HuberLoss(size_average=True)
