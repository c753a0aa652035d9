"""What the walkthrough spells out of layers: a window, a gate, the statistics of a norm, a row of attention."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import nn
from glassnet.explain.walkthrough import WalkthroughError, walkthrough
from glassnet.nn import functional as F
from tests.explain.arithmetic_text import holds


class LastState(nn.Module):
    """A recurrent layer, and its last hidden state."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.rnn = layer

    def forward(self, x: Any) -> Any:
        return self.rnn(x)[0][-1]


def walked(model: nn.Module, x: Any) -> Any:
    return walkthrough(model, x, gn.zeros(*model(x).shape), F.mse_loss)


def true_lines(element: Any) -> list[str]:
    for chain in element.chains:
        for line in chain.lines:
            assert line.expr is None or holds(line.arithmetic, line.number), line.arithmetic
    return str(element).split("\n")


def test_a_convolution_shows_its_window_its_kernel_and_where_it_lies() -> None:
    conv = nn.Conv2d(2, 3, 3, padding=1, stride=2)
    x = gn.randn(2, 2, 6, 6)
    with gn.no_grad():
        x[:, 0] *= 0.01  # so that channel 1 weighs most
    element = walked(conv, x).element("model", 1, 2, 0, 1)
    text = " ".join(" ".join(true_lines(element)).split())
    assert "its window: x[1, …, 0:2, 1:4], 2 channels, 3 of its 9 places in the padding, 0" in text
    assert "its kernel: model_weight[2] channel 1 weighs most" in text
    window, kernel, products = (block for _, block in element.forward.lines[0].about[-1])
    np.testing.assert_array_equal(window[1:], x.numpy()[1, 1, 0:2, 1:4])
    np.testing.assert_array_equal(kernel, conv.weight.detach().numpy()[2, 1])
    np.testing.assert_allclose(products, window * kernel)


def test_of_a_large_kernel_the_window_is_only_named() -> None:
    text = str(walked(nn.Conv2d(1, 1, 9), gn.randn(1, 1, 12, 12)).element("model", 0, 0, 1, 1))
    assert "9 × 9 numbers, too many to be written out" in text
    assert "(… 77 more terms" in text


@pytest.mark.parametrize("layer", [nn.Conv1d(4, 6, 3, groups=2, dilation=2), nn.ConvTranspose1d(4, 6, 3, groups=2)])
def test_a_convolution_and_its_gradients_are_the_sums_that_are_written(layer: nn.Module) -> None:
    w = walked(nn.Sequential(layer), gn.randn(2, 4, 7, dtype=gn.float32))
    for name in ("conv1d0", "convtranspose1d0"):
        if name in w.values:
            true_lines(w.element(name, 1, 4, 2, terms=50, lines=3))
            true_lines(w.element(f"{name}_weight", 1, 1, 2, terms=50, lines=3))


def test_a_pooling_says_which_place_won_and_that_others_get_no_gradient() -> None:
    x = gn.tensor([[[[1.0, 5.0], [2.0, 3.0]]]]).requires_grad_()
    scaled = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.MaxPool2d(2))
    with gn.no_grad():
        scaled[0].weight[:] = 1.0
    w = walked(scaled, x)
    assert "the largest is [0,0,0,1], the only one that" in " ".join(str(w.element("maxpool2d1", 0, 0, 0, 0)).split())
    assert "no gradient comes back" in " ".join(str(w.element("conv2d0", 0, 0, 1, 1)).split())
    assert w.element("conv2d0", 0, 0, 0, 1).gradient == 10.0


def test_a_norm_shows_mean_variance_and_the_number() -> None:
    element = walked(nn.Sequential(nn.LayerNorm(4)), gn.tensor([[1.0, 2.0, 3.0, 6.0]])).element("layernorm0", 0, 3)
    text = "\n".join(true_lines(element))
    assert "layernorm0.mean[0,0] = (1 + 2 + 3 + 6) / 4 = 3" in text
    assert "layernorm0.variance[0,0] = ((1 - 3)^2 + (2 - 3)^2 + (3 - 3)^2 + (6 - 3)^2) / 4" in text
    assert "over x[0, :]: 4 numbers, from 1 to 6" in text


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_every_gate_of_every_step_is_spelled_out_truly(kind: Any, bidirectional: bool) -> None:
    model = LastState(kind(2, 3, bidirectional=bidirectional))
    w = walked(model, gn.randn(4, 2, 2))
    planes = {nn.LSTM: "ifgoch", nn.GRU: "rznh", nn.RNN: "h"}[kind]
    for plane in planes:
        for step in (0, 2):
            true_lines(w.element(f"rnn.{plane}", step, 1, 2, lines=4))


def test_a_gate_says_what_it_lets_through() -> None:
    model = LastState(nn.LSTM(2, 3))
    w = walked(model, gn.randn(3, 1, 2))
    i, g = (w[f"rnn.{plane}"].array[1, 0, 2] for plane in "ig")
    text = " ".join(str(w.element("rnn.i", 1, 0, 2)).split())
    assert f"the input gate, {100 * i:.3g} % open: of lstm1.g[1,0,2] = {g:.4g} it lets {i * g:.4g} into c" in text
    with pytest.raises(WalkthroughError, match=r"no value 'rnn\.q'"):
        w["rnn.q"]
    with pytest.raises(WalkthroughError, match=r"no value 'lstm\.f' in this step; there are lstm1\.f, …"):
        w["lstm.f"]


def test_a_row_of_attention_is_scores_softmax_and_a_weighted_sum() -> None:
    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

        def forward(self, x: Any) -> Any:
            return self.attention(x, x, x)[0]

    element = walked(Attention(), gn.randn(1, 3, 4)).element("taken", 0, 1, 2, 0, lines=40)
    text = "\n".join(true_lines(element))
    assert "taken[0,1,2,0] = shares[0,1,2,0]·v[0,1,0,0]" in text
    assert "exp(scores[0,1,2,0]) / (exp(scores[0,1,2,0])" in text
    assert "its row: " in text
    assert "which add up to 1" in text


NORMS = {
    "layer norm": (lambda: nn.LayerNorm(4), (3, 4)),
    "without weight": (lambda: nn.LayerNorm((3, 4), elementwise_affine=False), (2, 3, 4)),
    "without mean": (lambda: nn.RMSNorm(4), (3, 4)),
    "of a batch": (lambda: nn.BatchNorm2d(2), (3, 2, 2, 2)),
    "of groups": (lambda: nn.GroupNorm(2, 4), (2, 4, 3)),
}


@pytest.mark.parametrize("name", NORMS)
def test_the_gradient_of_a_norm_says_what_it_takes_away(name: str) -> None:
    make, shape = NORMS[name]
    first = nn.Linear(shape[-1], shape[-1])
    w = walked(nn.Sequential(first, make()), gn.randn(*shape))
    text = " ".join(" ".join(true_lines(w.element("linear0", *(0 for _ in shape), lines=12))).split())
    assert "h = g·weight, less what the norm of " in text
    assert ("the mean of h, which moves all of them alike" in text) == (name != "without mean")
    assert ".xhat" in text
    for value in [v.name for v in w.values.values() if v.kind == "parameter"]:
        true_lines(w.element(value, *(0 for _ in w[value].array.shape), lines=12))


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            nn.LSTM,
            ("times the c that it kept", "times tanh(c), what it showed", "what reaches c: through h = o·tanh(c)"),
        ),
        (
            nn.GRU,
            ("d_n, times what it let through", "times 1 − z, as much as was taken", "what reaches h: from above"),
        ),
    ],
)
def test_the_gradients_of_gates_are_told_by_what_flows_into_them(kind: Any, words: Any, bidirectional: bool) -> None:
    model = LastState(kind(2, 3, bidirectional=bidirectional))
    w = walked(model, gn.randn(4, 2, 2))
    name = next(v for v in w.values if v.startswith("rnn_weight_ih"))
    text = ""
    for row in range(len(w[name].array)):
        element = w.element(name, row, 1, terms=50, lines=40)
        text += " ".join(" ".join(true_lines(element)).split())
    assert all(each in text for each in words)
    assert "y·(1 − y) of y = " in text


def test_the_gradients_of_gates_of_packed_sequences_are_told_truly() -> None:
    class Packed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(2, 3, bidirectional=True)

        def forward(self, x: Any) -> Any:
            packed = nn.utils.rnn.pack_padded_sequence(x, [4, 3, 1])
            return self.rnn(packed)[0].data

    w = walked(Packed(), gn.randn(4, 3, 2))
    for name in ("rnn_weight_ih_l0", "rnn_weight_ih_l0_reverse"):
        for row in (1, 4, 7, 10):
            true_lines(w.element(name, row, 0, terms=50, lines=40))


class Everything(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.pool = nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.MaxPool2d(2)
        self.rnn, self.attention = nn.LSTM(4, 3, batch_first=True), nn.MultiheadAttention(3, 1, batch_first=True)

    def forward(self, x: Any) -> Any:
        states, _ = self.rnn(self.pool(self.norm(self.conv(x)).relu()).reshape(len(x), 2, 4))
        return self.attention(states, states, states)[0]


def test_the_page_spells_out_one_number_of_each_layer_that_has_a_story() -> None:
    w = walked(Everything(), gn.randn(2, 1, 4, 4))
    told = {row.name: row.example for section in w.page.sections for row in section.rows if row.example}
    assert {name.rstrip("0123456789") for name in told} == {"conv", "moments", "standardize", "pool", "lstm", "shares"}
    text, html = " ".join(str(w).split()), " ".join(w._repr_html_().split())
    for first, *_, last in told.values():
        assert f"{first} e.g. " not in text  # a formula in names is long
        assert last in text
        assert first.replace(">", "&gt;") in html
    assert "e.g. conv[" in text
    assert "e.g. lstm1.f[" in text
    for name, (of_names, *_) in told.items():
        assert of_names.startswith(f"{name}.f[" if name.startswith("lstm") else f"{name}["), name


def test_an_element_is_broken_into_lines_once_where_the_page_is_narrow() -> None:
    element = walked(nn.Conv2d(2, 3, 3, padding=1), gn.randn(2, 2, 6, 6)).element("model", 1, 2, 0, 1)
    html = element._repr_html_()
    first = element.forward.lines[0]
    assert f"{first.name} = {first.formula}</pre>" in html.replace("&gt;", ">")
    assert '<pre class="rows">window' in html
    assert max(map(len, str(element).split("\n"))) <= 80
