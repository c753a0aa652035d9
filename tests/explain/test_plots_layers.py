"""Plots of layers: kernels, feature maps, saliency, attention, hidden states are what the network has and computes."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet
from glassnet import nn

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")

from matplotlib import pyplot  # noqa: E402

from glassnet.explain import plots  # noqa: E402


@pytest.fixture(autouse=True)
def _closed():
    yield
    pyplot.close("all")


@pytest.fixture
def net():
    body = nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Tanh(), nn.MaxPool2d(2)
    return nn.Sequential(*body, nn.Flatten(), nn.Linear(12, 4)).double()


def test_kernels_are_those_of_the_layer(net):
    drawn = plots.kernels(net, most=4)
    assert [ax.get_title() for ax in drawn] == ["0 ← 0", "0 ← 1", "1 ← 0", "1 ← 1"]
    np.testing.assert_array_equal(drawn[3].images[0].get_array(), net[0].weight.detach().numpy()[1, 1])
    assert drawn[0].figure.get_suptitle() == "kernels of 0 Conv2d, 4 of 6"


def test_feature_maps_are_what_layers_give(net):
    x = glassnet.randn(2, 6, 6, dtype=glassnet.float64)
    drawn = plots.feature_maps(net, x, most=2)
    assert [ax.get_title() for ax in drawn][:3] == ["0 Conv2d, 2 of 3\n0", "1", "1 BatchNorm2d, 2 of 3\n0"]
    np.testing.assert_allclose(drawn[1].images[0].get_array(), net[0](x.unsqueeze(0)).detach().numpy()[0, 1])
    assert net.training
    assert not net[1].num_batches_tracked.item()  # nothing was learned from it


def test_integrated_gradients_add_up_to_the_difference_of_the_scores(net):
    x, base = (glassnet.randn(1, 2, 6, 6, dtype=glassnet.float64) for _ in range(2))
    found = plots.attributions(net, x, 1, "integrated_gradients", base, steps=400)
    net.eval()
    difference = (net(x) - net(base)).detach().numpy()[0, 1]
    assert found.sum() == pytest.approx(difference, abs=2e-3)
    slopes = plots.attributions(net, x, 1)
    assert (slopes * (x - base).numpy()).sum() != pytest.approx(difference, abs=2e-3)  # which the gradient does not
    assert all(p.grad is None for p in net.parameters())


def test_saliency_is_of_the_greatest_score_where_none_is_given(net):
    x = glassnet.randn(2, 6, 6, dtype=glassnet.float64)
    best = int(net.eval()(x.unsqueeze(0)).argmax())
    assert plots.saliency(net, x)[1].get_title() == f"gradient of score {best}"


def test_attention_maps_are_the_weights_that_the_layer_returns():
    layer = nn.MultiheadAttention(8, 2, batch_first=True)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = layer

        def forward(self, x):
            return self.attention(x, x, x)[0]

    x = glassnet.randn(2, 3, 8)
    drawn = plots.attention_maps(Net(), x, tokens=["a", "b", "c"], sample=1)
    _, weights = layer(x, x, x, average_attn_weights=False)
    np.testing.assert_allclose(drawn[1].images[0].get_array(), weights.detach().numpy()[1, 1], rtol=1e-6)
    assert [label.get_text() for label in drawn[0].get_yticklabels()] == ["a", "b", "c"]


class WithClassToken(nn.Module):
    """Attention between tokens and one position of its own, which is set before or behind them."""

    def __init__(self, *, first):
        super().__init__()
        self.first = first
        self.own = nn.Parameter(glassnet.randn(1, 1, 4))
        self.layer = nn.TransformerEncoderLayer(4, 1, 8, batch_first=True)

    def forward(self, x):
        own = self.own.expand(len(x), -1, -1)
        return self.layer(glassnet.cat([own, x] if self.first else [x, own], 1))


@pytest.mark.parametrize("first", [True, False])
def test_a_class_token_has_a_name_of_its_own(first):
    model, x, words = WithClassToken(first=first), glassnet.randn(1, 3, 4), ["see", "through", "it"]
    (ax,) = plots.attention_maps(model, x, tokens=words)
    expected = ["[class]", *words] if first else [*words, "[class]"]
    assert [label.get_text() for label in ax.get_yticklabels()] == expected
    strips = [strip for box in glassnet.draw(model, x, tokens=words).graph.boxes for strip in box.strips]
    assert [list(strip.rows) for strip in strips if strip.rows] == [expected]
    for wrong in ([*words, "and", "more"], words[:2]):
        with pytest.raises(ValueError, match=f"expected 4 tokens, one for each position, got {len(wrong)}"):
            plots.attention_maps(model, x, tokens=wrong)


def test_hidden_states_are_those_of_one_sample():
    layer, x = nn.GRU(2, 5, batch_first=True), glassnet.randn(3, 7, 2)
    ax = plots.hidden_state(nn.Sequential(layer), x, sample=2, tokens=[*"abcdefg"])
    np.testing.assert_array_equal(ax.images[0].get_array(), layer(x)[0].detach().numpy()[2].T)
    assert [label.get_text() for label in ax.get_xticklabels()] == [*"abcdefg"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda net: plots.kernels(nn.Linear(2, 2)), "kernels: expected a network with a convolution"),
        (lambda net: plots.kernels(net, "5"), "kernels: expected a convolution of the network: 0; got '5'"),
        (lambda net: plots.feature_maps(net, glassnet.zeros(2, 2, 6, 6)), r"one picture \[C, H, W\]"),
        (lambda net: plots.saliency(net, glassnet.zeros(2, 6, 6).double(), method="x"), "expected method 'gradient'"),
        (lambda net: plots.saliency(net, glassnet.zeros(2, 6, 6).double(), target=4), "a target from 0 to 3, got 4"),
        (lambda net: plots.attention_maps(nn.Linear(2, 2), glassnet.zeros(1, 2)), "a network with attention"),
        (lambda net: plots.hidden_state(net, glassnet.zeros(1, 2)), "a network with a recurrent layer"),
        (lambda net: plots.hidden_state(nn.RNN(2, 2), glassnet.zeros(3, 1, 2), sample=1), "a sample from 0 to 0"),
        (lambda net: plots.hidden_state(nn.RNN(2, 2), glassnet.zeros(3, 1, 2), tokens="ab"), "3 tokens, .* got 2"),
    ],
)
def test_what_cannot_be_drawn_is_said(net, wrong, message):
    with pytest.raises((ValueError, IndexError, RuntimeError), match=message):
        wrong(net)


def test_a_network_whose_pictures_have_no_channels_takes_one_without():
    model, picture = nn.Sequential(nn.Unflatten(1, (1, 8)), nn.Conv2d(1, 2, 3), nn.Flatten()), glassnet.randn(8, 8)
    maps = plots.feature_maps(model, picture)
    assert [ax.get_title() for ax in maps] == ["0 Unflatten", "1 Conv2d\n0", "1"]
    np.testing.assert_array_equal(maps[0].images[0].get_array(), picture.numpy())
    given, drawn = plots.saliency(model, picture, target=1)
    np.testing.assert_array_equal(given.images[0].get_array(), picture.numpy())
    np.testing.assert_array_equal(drawn.images[0].get_array(), plots.attributions(model, picture[None], 1)[0])
