"""Pictures of layers: small images of what convolution, recurrence and attention compute; time folded or unrolled."""

from __future__ import annotations

import base64
import re
from io import BytesIO
from itertools import combinations, pairwise

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn
from glassnet.explain.draw import DrawError, draw

image = pytest.importorskip("PIL.Image")


class Tagger(nn.Module):
    """A recurrent network over tokens, whose last state gives two scores."""

    def __init__(self, **options):
        super().__init__()
        self.emb = nn.Embedding(10, 3)
        self.lstm = nn.LSTM(3, 5, batch_first=True, **options)
        self.head = nn.Linear(10 if options.get("bidirectional") else 5, 2)

    def forward(self, x):
        return self.head(self.lstm(self.emb(x))[0][:, -1])


def convolutional():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(72, 2)
    )


def tokens(length):
    return glassnet.tensor([[n % 10 for n in range(length)]] * 2)


PICTURES = {
    "convolution": lambda: draw(convolutional(), glassnet.randn(4, 1, 8, 8)),
    "with gradients": lambda: draw(
        convolutional(), glassnet.randn(4, 1, 8, 8), glassnet.tensor([0, 1, 0, 1]), F.cross_entropy
    ),
    "one dimension": lambda: draw(nn.Sequential(nn.Conv1d(2, 3, 3), nn.Tanh()), glassnet.randn(1, 2, 9)),
    "three dimensions": lambda: draw(nn.ConvTranspose3d(2, 7, 2), glassnet.randn(2, 3, 3, 3)),
    "folded": lambda: draw(Tagger(), tokens(12)),
    "unrolled": lambda: draw(Tagger(), tokens(12), unrolled=True),
    "unrolled, two layers": lambda: draw(Tagger(num_layers=2), tokens(3), unrolled=True),
    "unrolled, both directions": lambda: draw(Tagger(bidirectional=True), tokens(9), unrolled=True),
    "unrolled, opened": lambda: draw(nn.GRU(3, 2), glassnet.randn(4, 1, 3), depth=2, unrolled=True),
    "attention": lambda: draw(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), glassnet.randn(2, 7, 8)),
    "not finite": lambda: draw(nn.Conv2d(1, 1, 2), glassnet.full((1, 1, 4, 4), float("nan"))),
    "nothing in it": lambda: draw(nn.Conv2d(1, 1, 2), glassnet.zeros(0, 1, 4, 4)),
}


def box(picture, name):
    return next(b for b in picture.graph.boxes if b.lines[0] == name)


def pixels(uri, band="R"):
    """How light the pixels are, or with the band "A", how strong."""
    return np.asarray(image.open(BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGBA").getchannel(band))


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_no_text_lies_on_another_or_on_an_image(make):
    picture = make()
    texts = picture.canvas.texts
    for a, b in combinations(texts, 2):
        assert not a.overlaps(b), (a, b)
    place = r'<image x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"'
    for x, y, width, height in ((float(n) for n in found) for found in re.findall(place, picture.svg)):
        assert not [t for t in texts if t.left < x + width and x < t.right and t.top < y + height and y < t.bottom]
    assert "http" not in picture.svg.replace("http://www.w3.org/2000/svg", "")


def test_feature_maps_are_what_the_layer_gives():
    glassnet.manual_seed(0)
    model, x = convolutional(), glassnet.randn(4, 1, 8, 8)
    picture = draw(model, x)
    kernels, maps = box(picture, "conv2d0").strips
    assert kernels.captions == ("kernels 0–5 of 8",)
    assert maps.captions == ("maps 0–5 of 8", "of sample 0 of 4")
    made = model[0](x).detach().numpy()[0, :6]
    scaled = (made - made.min()) / (made.max() - made.min()) * 255
    for drawn, expected in zip(maps.images, scaled, strict=True):
        np.testing.assert_allclose(pixels(drawn.uri), expected, atol=1)
    assert box(picture, "x").strips[0].captions == ("1 channel", "of sample 0 of 4")
    assert [len(box(picture, name).strips) for name in ("batchnorm2d1", "relu2", "maxpool2d3", "linear5")] == [
        1,
        1,
        1,
        0,
    ]


def test_a_coloured_picture_is_in_colour_and_a_large_one_says_what_is_left_out():
    picture = draw(nn.Conv2d(3, 2, 3), glassnet.rand(1, 3, 200, 100))
    (strip,) = box(picture, "x").strips
    assert strip.captions == ("in colour", "1 pixel in 3 each way")
    assert box(picture, "model").strips[0].captions == ("2 kernels", "on channel 0 of 3")


def test_attention_is_a_matrix_between_tokens():
    glassnet.manual_seed(0)
    model = nn.MultiheadAttention(8, 2, batch_first=True)
    x = glassnet.randn(2, 5, 8)
    with glassnet.no_grad():
        _, shares = model(x, x, x, average_attn_weights=False)
    picture = draw(model, (x, x, x))
    (strip,) = [s for b in picture.graph.boxes for s in b.strips]
    assert strip.captions == ("2 heads", "of sample 0 of 2")
    largest = shares.numpy()[0].max()
    for drawn, expected in zip(strip.images, shares.numpy()[0], strict=True):
        assert f"{largest:.3g}" in drawn.hint
        np.testing.assert_allclose(pixels(drawn.uri, "A") / 255, expected / largest, atol=1 / 16)
    long = draw(nn.MultiheadAttention(4, 1), (glassnet.randn(70, 1, 4),) * 3)
    (strip,) = [s for b in long.graph.boxes for s in b.strips]
    assert strip.captions == ("1 head", "tokens 0–63 of 70")


def test_tokens_are_named_along_the_sides_of_an_attention():
    names = ["see", "through", "a longer name than has room"]
    model = nn.MultiheadAttention(4, 2, batch_first=True)
    three, five = glassnet.randn(1, 3, 4), glassnet.randn(1, 5, 4)
    picture = draw(model, (three, three, three), tokens=names)
    (strip,) = [s for b in picture.graph.boxes for s in b.strips]
    assert strip.rows == strip.columns == ("see", "through", "a longer na…")
    texts = picture.canvas.texts
    assert [text.text for text in texts].count("through") == 3  # rows once, columns for each head
    assert not any(a.overlaps(b) for i, a in enumerate(texts) for b in texts[:i])
    assert picture.svg.count('transform="rotate(-90') == 6
    (strip,) = [s for b in draw(model, (three, five, five), tokens=names).graph.boxes for s in b.strips]
    assert (len(strip.rows), strip.columns) == (3, ())
    many = glassnet.randn(1, 30, 4)
    (strip,) = [s for b in draw(model, (many, many, many), tokens=["x"] * 30).graph.boxes for s in b.strips]
    assert strip.rows == ()
    with pytest.raises(DrawError, match="expected 3 or 5 tokens, one for each position, got 2"):
        draw(model, (three, five, five), tokens=["a", "b"])
    with pytest.raises(DrawError, match="expected tokens for a network with attention, and this one has none"):
        draw(nn.Linear(4, 2), three, tokens=names)


def test_many_images_are_fewer_and_the_box_says_how_many_more():
    model = nn.Sequential(nn.Sequential(*(nn.Conv2d(1, 1, 3, padding=1) for _ in range(6))))
    (made,) = [b for b in draw(model, glassnet.randn(1, 1, 5, 5)).graph.boxes if b.kind == "module"]
    assert len(made.strips) == 4
    assert made.lines[-1] == "3 more rows of images: a larger depth="
    assert [s.captions for s in made.strips] == [(f"_0_conv2d{n}", "1 kernel") for n in range(4)]


# time ---------------------------------------------------------------------------------------------


def test_a_recurrent_layer_is_a_box_with_a_loop():
    picture = draw(Tagger(), tokens(12))
    lstm = box(picture, "lstm")
    assert lstm.loop == "12 steps"
    assert lstm.strips[0].captions == ("state: 5 units ↓, 12 steps →", "of sequence 0 of 2")
    assert pixels(lstm.strips[0].images[0].uri).shape == (5, 12)
    name = f"n{picture.graph.boxes.index(lstm)}"
    assert f'{name} -->|"12 steps"| {name}' in picture.mermaid
    assert f'{name} -> {name} [label="12 steps"]' in picture.dot


def test_unrolled_steps_are_boxes_and_the_state_goes_from_one_to_the_next():
    glassnet.manual_seed(0)
    model, x = nn.RNN(2, 2), glassnet.randn(9, 1, 2)
    states = model(x)[0].detach().numpy()
    boxes = draw(model, x, unrolled=True).graph.boxes
    steps = [b for b in boxes if "step" in b.lines[0]]
    assert [b.lines[0] for b in steps] == ["step 0", "step 1", "step 2", "⋮ steps 3 to 6", "step 7", "step 8"]
    written = [f"h [[{s[0, 0]:.4g}, {s[0, 1]:.4g}]]" for s in states]
    assert [next(a.value for a in b.arrows if a.source == a_before.key) for a_before, b in pairwise(steps)] == [
        written[n] for n in (0, 1, 2, 6, 7)
    ]
    assert [a.value for a in box_of(boxes, "model").arrows] == [written[n] for n in (0, 1, 2, 6, 7, 8)]
    assert not any(b.loop for b in boxes)


def box_of(boxes, name):
    return next(b for b in boxes if b.lines[0] == name)


def test_layers_and_directions_are_chains_of_their_own():
    boxes = {b.key: b for b in draw(Tagger(num_layers=2), tokens(3), unrolled=True).graph.boxes}
    chains = {line: [b for b in boxes.values() if b.lines[1:] == [line]] for line in ("lstm1", "lstm2")}
    for lower, upper in zip(*chains.values(), strict=True):
        assert lower.key in [a.source for a in upper.arrows]
    both = draw(Tagger(bidirectional=True), tokens(3), unrolled=True).graph.boxes
    assert [b.lines for b in both if "step" in b.lines[0]] == [
        [f"step {n}", name] for name, order in (("lstm1", (0, 1, 2)), ("lstm2", (2, 1, 0))) for n in order
    ]


class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.LSTM(2, 3), nn.LSTM(4, 3)

    def forward(self, x, y):
        return self.decoder(y, self.encoder(x)[1])[0]


def test_the_last_state_of_one_loop_is_the_first_of_another():
    boxes = draw(nn.ModuleDict({"net": Translator()})["net"], (glassnet.randn(3, 1, 2), glassnet.randn(2, 1, 4)))
    assert [b.loop for b in boxes.graph.boxes if b.kind == "module"] == ["3 steps", "2 steps"]

    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = Translator()

        def forward(self, x, y):
            return self.net(x, y)

    found = draw(Outer(), (glassnet.randn(3, 1, 2), glassnet.randn(2, 1, 4)), unrolled=True).graph.boxes
    first = next(b for b in found if b.lines == ["step 0", "lstm2"])
    (last,) = [b.key for b in found if b.lines == ["step 2", "lstm1"]]
    assert last in [a.source for a in first.arrows]
    assert all(b.lines[1] == "lstm2" for a in box_of(found, "net").arrows for b in found if b.key == a.source)


class Packed(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(2, 3, batch_first=True)

    def forward(self, x):
        packed = nn.utils.rnn.pack_padded_sequence(x, [7, 3], batch_first=True)
        return self.gru(packed)[1]


def test_lengths_that_differ_are_drawn_too():
    model, x = Packed(), glassnet.randn(2, 7, 2)
    assert box(draw(model, x), "gru").loop == "7 steps"
    steps = [b for b in draw(model, x, unrolled=True).graph.boxes if "step" in b.lines[0]]
    sizes = [a.value for b in steps for a in b.arrows if a.name.startswith("h after")]
    assert sizes[:2] == ["h [2, 3]", "h [2, 3]"]
    assert sizes[-1].startswith("h [[")  # one sequence is left


class Steps(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(2, 3)

    def forward(self, x):
        h = glassnet.zeros(1, 3)
        for step in x:
            h = self.cell(step, h)
        return h


@pytest.mark.parametrize("unrolled", [False, True])
def test_a_cell_that_is_called_in_a_loop_of_python_is_a_box_each_time(unrolled):
    boxes = draw(Steps(), glassnet.randn(3, 1, 2), unrolled=unrolled).graph.boxes
    assert [b.lines[0] for b in boxes if b.kind == "module"] == ["cell", "cell (2)", "cell (3)"]
    assert not any(b.loop for b in boxes)


def test_a_program_without_numbers_has_its_steps():
    step = glassnet.compile(Tagger())
    step(tokens(7))
    assert box(draw(step), "lstm").loop == "7 steps"
    assert "⋮ steps 3 to 4" in [b.lines[0] for b in draw(step, unrolled=True).graph.boxes]
    assert not any(b.strips for b in draw(step).graph.boxes)
