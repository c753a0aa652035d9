"""Seed 001: a network of three inputs, three hidden nodes and one output chooses a font's shade for a colour.

In the order of the seed: activations, the CSV, the forward pass with samples as columns, and the accuracy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet
import glassnet.nn.functional as F
from glassnet.data import TensorDataset, random_split
from glassnet.ops import registry
from glassnet.scratch import identity, leaky_relu, relu, sigmoid, softmax, tanh
from tests.seeds.places import colours, data


def forward_prop(x: Any, w_hidden: Any, b_hidden: Any, w_output: Any, b_output: Any) -> tuple[Any, Any, Any, Any]:
    """Every stage of the network for ``x`` [3, n], whose columns are colours."""
    z1 = w_hidden @ x + b_hidden
    a1 = relu(z1)
    z2 = w_output @ a1 + b_output
    return z1, a1, z2, sigmoid(z2)


def parameters(draw: Any) -> list[Any]:
    """w_hidden, b_hidden, w_output, b_output, by ``draw(rows, columns)``."""
    return [draw(*shape) for shape in ((3, 3), (3, 1), (1, 3), (1, 1))]


def split(seed: int = 0) -> tuple[Any, Any, Any, Any]:
    """Two thirds of the colours, from 0 to 1, and their labels; then the last third, held out."""
    x, y = colours()
    order = np.random.default_rng(seed).permutation(len(x))
    train, test = np.split(order, [len(x) * 2 // 3])
    return x[train] / 255, x[test] / 255, y[train], y[test]


# activation functions ---------------------------------------------------------------------------------


def test_without_an_activation_two_layers_are_one() -> None:
    rng = np.random.default_rng(0)
    w1, b1, w2, b2 = parameters(lambda *shape: rng.normal(size=shape))
    x = rng.normal(size=(3, 5))
    np.testing.assert_allclose(w2 @ (w1 @ x + b1) + b2, (w2 @ w1) @ x + (w2 @ b1 + b2))


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (identity, [-2, 0, 3]),
        (sigmoid, [0.11920292, 0.5, 0.95257413]),
        (tanh, [-0.96402758, 0, 0.99505475]),
        (relu, [0, 0, 3]),
        (leaky_relu, [-0.02, 0, 3]),
        (softmax, [0.00637746, 0.04712342, 0.94649912]),
    ],
    ids=lambda f: getattr(f, "__name__", None),
)
def test_the_common_activations(function: Any, expected: list[float]) -> None:
    np.testing.assert_allclose(function([-2.0, 0.0, 3.0]), expected, atol=1e-8)
    name = function.__name__
    if name != "identity":  # the same operation as on the tensor side
        dim = {"dim": 0} if name == "softmax" else {}
        x = glassnet.tensor([-2.0, 0.0, 3.0], dtype=glassnet.float64)
        assert getattr(F, name)(x, **dim).tolist() == function([-2.0, 0.0, 3.0]).tolist()


@pytest.mark.parametrize(("ours", "theirs"), [("relu", "Max(0, x)"), ("sigmoid", "1/(1 + exp(-x))")])
def test_the_formulas_are_sympy_s(ours: str, theirs: str) -> None:
    """The seed draws them with SymPy: the formula of every elementwise operation is an expression SymPy reads."""
    sympy = pytest.importorskip("sympy")
    x = sympy.Symbol("x", real=True)
    names = {"x": x}
    assert sympy.simplify(sympy.sympify(registry[ours].formula, names) - sympy.sympify(theirs, names)) == 0


# the data ---------------------------------------------------------------------------------------------


def test_the_csv_of_colours() -> None:
    x, y = colours()
    assert x.shape == (1345, 3)
    assert (x.min(), x.max()) == (0, 255)
    assert sorted(set(y.tolist())) == [0, 1]
    assert y.sum() == 833
    train, test, *labels = split()
    assert (len(train), len(test)) == (896, 449)
    assert max(train.max(), test.max()) == 1
    assert [len(part) for part in labels] == [896, 449]


def test_a_third_is_held_out_by_chance() -> None:
    x, y = colours()
    whole = TensorDataset(glassnet.tensor(x), glassnet.tensor(y))
    train, test = random_split(whole, [2 / 3, 1 / 3])
    assert (len(train), len(test)) == (897, 448)
    assert sorted([*train.indices, *test.indices]) == list(range(1345))
    glassnet.manual_seed(7)
    first = random_split(whole, [2 / 3, 1 / 3])[0].indices
    glassnet.manual_seed(7)
    assert random_split(whole, [2 / 3, 1 / 3])[0].indices == first  # unseeded, every run has another accuracy


def test_pandas_reads_the_same() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.read_csv(data("light_dark_font_training_set.csv"))
    x, y = colours()
    np.testing.assert_array_equal(table.iloc[:, 0:3].to_numpy(), x)
    np.testing.assert_array_equal(table.iloc[:, -1].to_numpy(), y)


def test_label_1_stands_for_the_dark_font() -> None:
    """The seed reads it the other way round. White, on which only a dark font can be read, has a 1; black has a 0."""
    x, y = colours()
    assert set(y[(x == 255).all(axis=1)].tolist()) == {1}
    assert set(y[(x == 0).all(axis=1)].tolist()) == {0}
    brightness = x @ [0.299, 0.587, 0.114]  # as television weighs the three (Rec. ITU-R BT.601)
    assert brightness[y == 1].mean() > 180
    assert brightness[y == 0].mean() < 90
    assert ((brightness > 127) == y).mean() > 0.995


def test_half_of_the_rows_repeat_a_colour() -> None:
    """So most colours of a held-out third were trained on as well: a figure for them says little of new colours."""
    x, _ = colours()
    assert len(np.unique(x, axis=0)) == 661
    train, test, *_ = split()
    seen = set(map(tuple, train.tolist()))
    assert np.mean([tuple(colour) in seen for colour in test.tolist()]) > 0.5


# the forward pass ---------------------------------------------------------------------------------------


def test_samples_are_columns() -> None:
    rng = np.random.default_rng(0)
    p = parameters(lambda *shape: rng.normal(size=shape))
    x = rng.random((5, 3))
    w_hidden, b_hidden, w_output, b_output = p
    z1, a1, z2, a2 = forward_prop(x.T, *p)
    assert [stage.shape for stage in (z1, a1, z2, a2)] == [(3, 5), (3, 5), (1, 5), (1, 5)]
    assert (a1 >= 0).all()
    assert ((a2 > 0) & (a2 < 1)).all()
    for i, colour in enumerate(x):  # one at a time, node by node
        nodes = zip(w_hidden, b_hidden[:, 0], strict=True)
        hidden = [max(0, row @ colour + b) for row, b in nodes]
        score = sum(w * h for w, h in zip(w_output[0], hidden, strict=True)) + b_output[0, 0]
        assert a2[0, i] == pytest.approx(1 / (1 + np.exp(-score)))


def test_samples_as_rows_give_the_same_turned_over() -> None:
    """As `linear` and most libraries have it; a weight [out, in] is the seed's already, a bias loses its axis."""
    rng = np.random.default_rng(0)
    p, x = parameters(lambda *shape: rng.normal(size=shape)), rng.random((5, 3))
    w_hidden, b_hidden, w_output, b_output, rows = (glassnet.tensor(value) for value in (*p, x))
    y = F.linear(F.linear(rows, w_hidden, b_hidden[:, 0]).relu(), w_output, b_output[:, 0]).sigmoid()
    np.testing.assert_allclose(y.numpy().T, forward_prop(x.T, *p)[3])


def test_an_asterisk_in_the_place_of_the_matrix_product() -> None:
    """The seed's formulas have ``w_hidden * X``. In NumPy that is element by element: an error, unless n is 3 or 1."""
    w, x = np.arange(9.0).reshape(3, 3), np.ones((3, 4))
    with pytest.raises(ValueError, match="could not be broadcast"):
        w * x
    assert (w @ x).tolist() == [[3] * 4, [12] * 4, [21] * 4]
    assert not np.array_equal(w * x[:, :3], w @ x[:, :3])  # three colours: no error, and a wrong result


# the accuracy of random weights -----------------------------------------------------------------------------


def accuracy(p: list[Any], x: Any, y: Any) -> float:
    return float(((forward_prop(x.T, *p)[3] >= 0.5).flatten().astype(int) == y).mean())


@pytest.mark.parametrize("seed", range(20))
def test_weights_from_rand_answer_1_to_every_colour(seed: int) -> None:
    """None is negative, so no sum is, and sigmoid gives 0.5 or more, whatever the colour."""
    rng = np.random.default_rng(seed)
    p = parameters(lambda *shape: rng.random(shape))
    assert (forward_prop(rng.random((3, 500)), *p)[3] >= 0.5).all()


def test_so_their_accuracy_is_the_share_of_ones() -> None:
    """To the last digit: it depends on the split alone."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        _, test, _, labels = split(seed)
        assert accuracy(parameters(lambda *shape, rng=rng: rng.random(shape)), test, labels) == labels.mean()
        assert 0.55 < labels.mean() < 0.68


def test_weights_of_both_signs_are_no_better_than_chance() -> None:
    """From under 20 % to over 85 % right without having learned a thing: one such figure says nothing."""
    x, y = colours()
    figures = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        figures.append(accuracy(parameters(lambda *shape, rng=rng: rng.normal(size=shape)), x / 255, y))
    assert min(figures) < 0.2
    assert max(figures) > 0.85
    assert 0.4 < np.mean(figures) < 0.6


def test_the_accuracy_is_a_mean() -> None:
    """The seed divides each hit by n and then adds up; the mean says the same, without n roundings."""
    hits = np.random.default_rng(0).integers(0, 2, 449)
    assert sum(hits / len(hits)) == pytest.approx(hits.mean(), rel=1e-13)


def test_trained_it_does_read_colours() -> None:
    """What the accuracy of random weights is not: the same 3-3-1 network after learning."""
    train, test, y, labels = split()
    x = glassnet.tensor(train, dtype=glassnet.float32)
    glassnet.manual_seed(1)
    model = glassnet.nn.Sequential(glassnet.nn.Linear(3, 3), glassnet.nn.ReLU(), glassnet.nn.Linear(3, 1))
    optimizer = glassnet.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(model(x)[:, 0], glassnet.tensor(y).float()).backward()
        optimizer.step()
    right = (model(glassnet.tensor(test, dtype=glassnet.float32))[:, 0].detach().numpy() > 0) == labels
    assert right.mean() >= 0.97
