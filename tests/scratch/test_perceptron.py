"""The perceptron and its gates."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from glassnet.scratch import AND, NAND, OR, XOR, Perceptron, TwoLayerPerceptron, sigmoid

TABLES = {
    "AND": (AND, [0, 0, 0, 1]),
    "NAND": (NAND, [1, 1, 1, 0]),
    "OR": (OR, [0, 1, 1, 1]),
    "XOR": (XOR, [0, 1, 1, 0]),
}
INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


@pytest.mark.parametrize("name", TABLES)
def test_truth_tables(name):
    gate, table = TABLES[name]
    assert [gate(a, b) for a, b in INPUTS.tolist()] == table
    assert gate(INPUTS[:, 0], INPUTS[:, 1]).tolist() == table  # each input by itself
    assert gate(INPUTS).tolist() == table  # rows
    assert gate(INPUTS.tolist()).tolist() == table
    assert [gate(row) for row in INPUTS] == table
    assert gate([[0], [1]], [0, 1]).tolist() == np.reshape(table, (2, 2)).tolist()  # broadcast
    assert gate(0, 1).dtype == np.int64


def test_weights_are_there_to_see():
    assert AND.weights.tolist() == [0.5, 0.5]
    assert AND.bias == -0.7
    assert NAND.weights.tolist() == (-AND.weights).tolist()
    assert NAND.bias == -AND.bias
    assert XOR.hidden == (NAND, OR)
    assert XOR.output is AND
    assert repr(OR) == "Perceptron([0.5, 0.5], -0.2)"
    assert repr(XOR) == f"TwoLayerPerceptron([{NAND}, {OR}], {AND})"


def test_no_single_perceptron_is_xor():
    """Of all on a grid, none has XOR's table: no line separates it."""
    tables = {tuple(Perceptron([a, b], c)(INPUTS)) for a, b, c in product(range(-4, 5), repeat=3)}
    assert (0, 1, 1, 0) not in tables
    assert (1, 0, 0, 1) not in tables
    assert len(tables) == 14  # of 16


def test_the_score_is_0_on_the_line_that_separates():
    assert OR.score(0.4, 0.0) == pytest.approx(0)
    assert OR.score(1, 1) == pytest.approx(0.8)
    np.testing.assert_allclose(AND.score(INPUTS), [-0.7, -0.2, -0.2, 0.3])
    np.testing.assert_allclose(sigmoid(AND.score(1, 1)), 1 / (1 + np.exp(-0.3)))


def test_one_weight():
    NOT = Perceptron([-1], 0.5)
    assert NOT(0) == 1
    assert NOT([0, 1, 1]).tolist() == [1, 0, 0]
    assert NOT([[0], [1]]).tolist() == [1, 0]


def test_three_inputs():
    majority = Perceptron([1, 1, 1], -1.5)
    assert majority(1, 0, 1) == 1
    assert majority([[1, 0, 0], [1, 1, 1]]).tolist() == [0, 1]
    equal = TwoLayerPerceptron([AND, Perceptron([-1, -1], 0.5)], OR)
    assert equal(INPUTS).tolist() == [1, 0, 0, 1]
