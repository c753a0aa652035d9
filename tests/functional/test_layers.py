"""Linear maps, tables of vectors, dropout."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F


def test_linear_and_bilinear_by_hand() -> None:
    x, weight, bias = gn.tensor([[1.0, 2.0]]), gn.tensor([[3.0, 4.0], [5.0, 6.0]]), gn.tensor([0.5, -0.5])
    assert F.linear(x, weight).tolist() == [[11, 17]]
    assert F.linear(x, weight, bias).tolist() == [[11.5, 16.5]]
    both = weight.reshape(1, 2, 2)
    assert F.bilinear(x, x, both).tolist() == [[1 * 3 + 2 * 4 + 2 * 5 + 4 * 6]]
    assert F.bilinear(x, x, both, gn.tensor([1.0])).tolist() == [[46]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: F.one_hot(gn.tensor([0.0])),
            TypeError,
            "one_hot: expected labels of an integer dtype, got float32; convert them: x.long()",
        ),
        (
            lambda: F.one_hot(gn.tensor([0, 3]), 3),
            ValueError,
            "one_hot: expected labels from 0 to 2, got 3; there is a class for each number from 0 to the largest "
            "label: num_classes=4",
        ),
        (
            lambda: F.one_hot(gn.tensor([0, -1])),
            ValueError,
            "one_hot: expected labels from 0 to 0, got -1; the first class is 0: count the labels from there",
        ),
        (
            lambda: F.one_hot(gn.zeros(0, dtype=gn.int64)),
            ValueError,
            "one_hot: without labels the number of classes is unknown; pass num_classes",
        ),
        (
            lambda: F.dropout(gn.ones(2), 1.5, training=False),
            ValueError,
            "dropout: expected a probability p from 0 to 1, got 1.5",
        ),
        (
            lambda: F.alpha_dropout(gn.ones(2), -0.1),
            ValueError,
            "alpha_dropout: expected a probability p from 0 to 1, got -0.1",
        ),
    ],
)
def test_message(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


def test_one_hot() -> None:
    y = F.one_hot(gn.tensor([[0, 2]]))
    assert y.dtype == gn.int64
    assert y.tolist() == [[[1, 0, 0], [0, 0, 1]]]
    assert F.one_hot(gn.tensor(1), 4).tolist() == [0, 1, 0, 0]
    assert F.one_hot(gn.zeros(0, dtype=gn.int64), 3).shape == (0, 3)


# dropout ------------------------------------------------------------------------------------------


def test_dropout_keeps_the_mean_and_drops_the_gradient_too() -> None:
    x = gn.ones(100, 100, requires_grad=True)
    y = F.dropout(x, 0.2)
    values = y.detach().numpy()
    assert set(np.unique(values).tolist()) == {0.0, 1.25}
    assert values.mean() == pytest.approx(1, abs=0.02)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), values)


@pytest.mark.parametrize("name", ["dropout", "alpha_dropout"])
def test_dropout_is_the_input_itself_when_nothing_is_dropped(name: str) -> None:
    x, function = gn.ones(3), getattr(F, name)
    assert function(x, 0.5, training=False) is x
    assert function(x, 0.0, training=True) is x


def test_dropout_of_everything() -> None:
    assert F.dropout(gn.ones(3), 1.0).tolist() == [0, 0, 0]
    assert F.alpha_dropout(gn.ones(3), 1.0, training=True).tolist() == [0, 0, 0]


@pytest.mark.parametrize("name", ["dropout", "alpha_dropout"])
def test_dropout_in_place(name: str) -> None:
    function = getattr(F, name)
    gn.manual_seed(1)
    expected = function(gn.ones(8), 0.5, training=True)
    gn.manual_seed(1)
    x = gn.ones(8)
    assert function(x, 0.5, training=True, inplace=True) is x
    assert x.tolist() == expected.tolist()


def test_dropout_follows_the_seed() -> None:
    gn.manual_seed(5)
    first = F.dropout(gn.ones(50)).tolist()
    assert F.dropout(gn.ones(50)).tolist() != first
    gn.manual_seed(5)
    assert F.dropout(gn.ones(50)).tolist() == first


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_alpha_dropout_keeps_mean_and_variance(p: float) -> None:
    y = F.alpha_dropout(gn.randn(300, 300), p, training=True)
    assert y.mean().item() == pytest.approx(0, abs=0.02)
    assert y.var().item() == pytest.approx(1, abs=0.02)


def test_nn_functional_offers_the_same() -> None:
    import glassnet.functional
    import glassnet.nn.functional

    assert sorted(glassnet.nn.functional.__all__) == sorted(glassnet.functional.__all__)
