"""Seed 004: from the perceptron's step to the sigmoid, and a first look at ReLU; in the order of the seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.scratch import AND, NAND, OR, XOR, Perceptron, numerical_diff, relu, sigmoid, step

X = np.array([-1, 1, 2])


# a perceptron's answer is a step, and one perceptron is not enough ------------------------------------


def test_gates() -> None:
    table = {gate: [int(gate(a, b)) for a in (0, 1) for b in (0, 1)] for gate in (AND, NAND, OR, XOR)}
    assert table == {AND: [0, 0, 0, 1], NAND: [1, 1, 1, 0], OR: [0, 1, 1, 1], XOR: [0, 1, 1, 0]}


def test_no_single_perceptron_is_xor() -> None:
    """On a line the value in the middle is the mean of the ends; XOR's two diagonals share their middle."""
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    best = 0
    for w1, w2, b in np.random.default_rng(0).normal(size=(2000, 3)):
        best = max(best, int((Perceptron([w1, w2], b)(inputs) == [0, 1, 1, 0]).sum()))
    assert best == 3


def test_a_step_has_nothing_to_tell_a_learner() -> None:
    """Its slope is 0 wherever it has one. That of sigmoid is y(1 − y), nowhere 0 and at most 1/4."""
    x = np.array([-3.0, -0.1, 0.1, 3.0])
    assert numerical_diff(step, x).tolist() == [0, 0, 0, 0]
    y = sigmoid(x)
    np.testing.assert_allclose(numerical_diff(sigmoid, x), y * (1 - y), rtol=1e-6)
    assert numerical_diff(sigmoid, 0.0) == pytest.approx(0.25)
    assert numerical_diff(step, 0.0) > 1000  # at the jump the quotient grows without end as h shrinks


# the step function, three times ------------------------------------------------------------------------


def test_a_step_written_with_if_fails_on_an_array() -> None:
    def with_if(x: Any) -> int:
        return 1 if x > 0 else 0

    assert [with_if(x) for x in (-1.0, 0.0, 2.5)] == [0, 0, 1]
    with pytest.raises(ValueError, match="truth value of an array with more than one element is ambiguous"):
        with_if(X)
    # What makes the mistake hard to see: an array of one number passes, and all of it becomes a single int.
    assert with_if(np.array([[2.0]])) == 1


def test_a_comparison_gives_bools_and_dtype_int_makes_them_numbers() -> None:
    as_bool, as_int = np.array(X > 0), np.array(X > 0, dtype=int)
    assert (as_bool.dtype, as_bool.tolist()) == (np.bool_, [False, True, True])
    assert as_int.dtype.kind == "i"
    assert as_int.tolist() == [0, 1, 1]


@pytest.mark.parametrize("x", [X, X.tolist(), X.astype(float), X.reshape(3, 1)])
def test_step_takes_numbers_lists_and_arrays(x: Any) -> None:
    y = step(x)
    assert isinstance(y, np.ndarray)
    assert y.dtype.kind == "i"
    assert y.tolist() == np.reshape([0, 1, 1], np.shape(x)).tolist()


def test_step_of_a_number_and_of_nothing() -> None:
    """At 0 there is no slope, but a value must be chosen: the seed's is 0, as here. `np.heaviside` asks for it."""
    assert [step(x) for x in (-2.0, 0.0, 1e-300)] == np.heaviside([-2.0, 0.0, 1e-300], 0).tolist() == [0, 0, 1]
    assert step(np.zeros((0, 3))).shape == (0, 3)


# sigmoid -------------------------------------------------------------------------------------------------


def test_sigmoid_of_the_seeds_array() -> None:
    np.testing.assert_allclose(sigmoid(X), [0.26894142, 0.73105858, 0.88079708], rtol=1e-7)
    assert str(sigmoid(X)) == "[0.26894142 0.73105858 0.88079708]"


def test_sigmoid_by_hand_warns_where_the_built_in_one_does_not() -> None:
    x = np.array([-1000.0, 0.0, 1000.0])
    with pytest.warns(RuntimeWarning, match="overflow"):
        by_hand = 1 / (1 + np.exp(-x))
    assert sigmoid(x).tolist() == by_hand.tolist() == [0, 0.5, 1]


def test_sigmoid_nears_the_step_as_its_input_is_stretched() -> None:
    x = np.array([-5.0, -0.5, 0.5, 5.0])
    distance = [np.abs(sigmoid(k * x) - step(x)).max() for k in (1, 10, 100)]
    assert distance[0] > distance[1] > distance[2]
    assert distance[2] < 1e-20


# pictures of both ----------------------------------------------------------------------------------------


@pytest.fixture
def plt() -> Any:
    matplotlib = pytest.importorskip("matplotlib", reason="drawing needs matplotlib: pip install 'glassnet[plot]'")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


def test_both_curves_with_a_legend(plt: Any) -> None:
    x = np.arange(-5.0, 5.0, 0.1)
    plt.plot(x, step(x), "r")
    plt.plot(x, sigmoid(x), "b")
    plt.ylim(-0.1, 1.1)
    legend = plt.legend(["step", "sigmoid"])
    assert [text.get_text() for text in legend.get_texts()] == ["step", "sigmoid"]
    drawn = [line.get_ydata() for line in plt.gca().lines]
    assert set(drawn[0]) == {0, 1}
    assert (np.diff(drawn[1]) > 0).all()


def test_the_upright_line_in_the_plot_of_a_step_leans() -> None:
    """Between the last 0 and the first 1 the plot joins two points: a line of slope 1/0.1, not a jump."""
    x = np.arange(-5.0, 5.0, 0.1)
    rise = np.flatnonzero(np.diff(step(x)))
    assert len(rise) == 1
    (at,) = rise
    assert (step(x)[at + 1] - step(x)[at]) / (x[at + 1] - x[at]) == pytest.approx(10)
    # The point that looks like 0 is not 0 but −1.8e−14: 0.1 has no exact double, and the error adds up.
    assert x[at] != 0
    assert abs(x[at]) < 1e-12
    assert 0.0 in np.linspace(-5, 5, 101)


def test_arange_stops_short_of_its_end() -> None:
    assert np.arange(-5, 5, 2).tolist() == [-5, -3, -1, 1, 3]
    x = np.arange(-5.0, 5.0, 0.1)
    assert len(x) == 100
    assert x[-1] == pytest.approx(4.9)


# what comes after sigmoid ----------------------------------------------------------------------------------


def test_gradients_vanish_through_many_sigmoids_and_not_through_relus() -> None:
    slopes = {}
    for name in ("sigmoid", "relu"):
        x = glassnet.tensor(1.0, dtype=glassnet.float64, requires_grad=True)
        y = x
        for _ in range(10):
            y = getattr(y, name)()
        y.backward()
        slopes[name] = x.grad.item()
    assert slopes["sigmoid"] < 0.25**10 < 1e-6
    assert slopes["relu"] == 1


def test_relu() -> None:
    x = np.arange(-5.0, 5.0, 0.1)
    y = relu(x)
    assert y.tolist() == [max(0.0, value) for value in x]
    assert relu([-2, 0, 3]).tolist() == [0, 0, 3]


def test_relu_is_drawn(plt: Any) -> None:
    x = np.arange(-5.0, 5.0, 0.1)
    plt.plot(x, relu(x))
    plt.ylim(-1.0, 5.5)
    assert plt.gca().lines[0].get_ydata().min() == 0
