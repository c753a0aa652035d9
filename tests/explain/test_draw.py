"""Pictures: what is drawn is what was computed, no text lies on another, and the file stands by itself."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet
import glassnet.functional as F
from glassnet import nn
from glassnet.explain.draw import DrawError, draw
from glassnet.explain.draw.boxes import MOST, Arrow, Box, Graph
from glassnet.explain.draw.layout import laid_out
from glassnet.explain.draw.picture import Picture, drawn
from glassnet.explain.draw.svg import Canvas, TextBox, width_of
from glassnet.explain.walkthrough import walkthrough


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(3, 4)
        self.block = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))
        self.fc2 = nn.Linear(4, 3)

    def forward(self, x):
        h = F.relu(self.fc1(x))
        return self.fc2(self.block(h) + h)


class 신경망(nn.Module):
    def __init__(self):
        super().__init__()
        self.은닉층 = nn.Linear(3, 4)
        self.출력층 = nn.Linear(4, 3)

    def forward(self, x):
        return self.출력층(F.tanh(self.은닉층(x)))


def deep():
    return nn.Sequential(*(layer for _ in range(12) for layer in (nn.Linear(3, 3), nn.Tanh())))


def batch():
    return glassnet.randn(5, 3), glassnet.tensor([0, 1, 2, 0, 1])


def shared():
    layer = nn.Linear(3, 3)
    return nn.Sequential(layer, layer, layer)


GRAPHS = {
    "residual": lambda: draw(Net(), *batch(), F.cross_entropy),
    "residual, opened": lambda: draw(Net(), *batch(), F.cross_entropy, depth=2),
    "residual, core": lambda: draw(Net(), *batch(), F.cross_entropy, depth=5),
    "forward only": lambda: draw(Net(), batch()[0]),
    "twelve layers": lambda: draw(deep(), *batch(), F.cross_entropy),
    "twelve layers, core": lambda: draw(deep(), *batch(), F.cross_entropy, depth=3),
    "weights shared": lambda: draw(shared(), batch()[0]),
    "Korean": lambda: draw(신경망(), *batch(), F.cross_entropy, depth=2),
    "tensor": lambda: draw(F.cross_entropy(Net()(batch()[0]), batch()[1])),
}
NEURONS = {
    "small": lambda: draw(nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 1), nn.Sigmoid())),
    "large": lambda: draw(nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.Dropout(), nn.Linear(128, 10))),
    "Korean": lambda: draw(신경망()),
    "one layer": lambda: draw(nn.Linear(2, 1, bias=False)),
}
PICTURES = {f"graph: {n}": make for n, make in GRAPHS.items()} | {f"neurons: {n}": m for n, m in NEURONS.items()}


def boxes(picture):
    return {box.lines[0]: box for box in picture.graph.boxes}


# every picture --------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_no_text_lies_on_another_and_all_are_within(make):
    canvas = make().canvas
    assert canvas.texts
    for a, b in combinations(canvas.texts, 2):
        assert not a.overlaps(b), (a, b)
    assert all(t.left >= -12 and t.top >= -12 for t in canvas.texts)
    assert all(t.right <= canvas.width and t.bottom <= canvas.height for t in canvas.texts)


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_the_file_is_svg_and_stands_by_itself(make):
    svg = make().svg
    root = ET.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root[0].text
    assert "prefers-color-scheme: dark" in svg
    assert re.findall(r"https?://[^\s\"<]+", svg) == ["http://www.w3.org/2000/svg"]


def test_the_check_for_texts_would_see_one_on_another():
    canvas = Canvas("two texts")
    canvas.text(0, 0, "one")
    canvas.text(width_of("on"), 0, "two")
    assert canvas.texts[0].overlaps(canvas.texts[1])
    assert not TextBox("a", 0, 0, 1, 1).overlaps(TextBox("b", 1, 0, 2, 1))


@given(st.data())
def test_any_graph_is_laid_out_without_overlap(data):
    names = st.text(min_size=1, max_size=12, alphabet="abcxyzABC가나다·_0123456789")
    made = []
    for number in range(data.draw(st.integers(1, 14))):
        sources = data.draw(st.lists(st.sampled_from(range(number)), max_size=4)) if number else []
        arrows = [Arrow(str(s), data.draw(names), data.draw(st.just("") | names)) for s in sources]
        made.append(Box(str(number), data.draw(st.lists(names, min_size=1, max_size=3)), "operation", arrows))
    graph = Graph("drawn at random", made)
    canvas = drawn(graph).canvas
    for a, b in combinations(canvas.texts, 2):
        assert not a.overlaps(b), (a, b)
    layout = laid_out(graph)
    for route in layout.routes:  # from left to right, always
        columns = [place.column for place in route.places]
        assert columns == list(range(columns[0], columns[-1] + 1))
        assert len(columns) > 1
    frames = [(p.x, p.y - p.height / 2, p.x + p.width, p.y + p.height / 2) for p in layout.places]
    for a, b in combinations(frames, 2):
        assert not TextBox("", *a).overlaps(TextBox("", *b))


# tensors ----------------------------------------------------------------------------------------------


def test_the_graph_of_the_book_has_its_numbers():
    """Buying fruit (K. Saito, Deep Learning from Scratch, chapter 5)."""
    apple, n_apple, orange, n_orange, tax = (
        glassnet.tensor(float(v), requires_grad=True) for v in (100, 2, 150, 3, 1.1)
    )
    price = (apple * n_apple + orange * n_orange) * tax
    found = draw(price).graph
    leaves = {b.key: b.lines[0] for b in found.boxes if b.kind == "leaf"}
    into = {leaves[a.source]: (a.value, a.gradient) for b in found.boxes for a in b.arrows if a.source in leaves}
    assert into == {
        "apple": ("100", "∂ 2.2"),
        "n_apple": ("2", "∂ 110"),
        "orange": ("150", "∂ 3.3"),
        "n_orange": ("3", "∂ 165"),
        "tax": ("1.1", "∂ 650"),
    }
    end = found.boxes[-1].arrows[0]
    assert (end.value, end.gradient) == ("715", "∂ 1")
    assert apple.grad is None
    price.backward()  # drawing has left the graph as it was
    assert apple.grad.item() == pytest.approx(2.2)


def test_parameters_have_the_names_of_the_network():
    model = nn.Linear(3, 2)
    picture = draw(model(glassnet.randn(4, 3)).sum())
    assert {"weight", "bias", "data", "linear", "sum"} <= set(boxes(picture))


def test_data_have_the_names_of_variables_too():
    x, weight = glassnet.tensor([1.0, 2.0]), glassnet.tensor([3.0, 4.0], requires_grad=True)
    assert [b.lines[0] for b in draw((weight * x).sum()).graph.boxes] == ["weight", "x", "mul", "sum", ""]
    assert [b.lines[0] for b in draw(weight * x + x).graph.boxes] == ["weight", "x", "mul", "add", ""]
    found = draw((weight * glassnet.ones(2)).sum()).graph.boxes
    assert [b.lines[0] for b in found] == ["weight", "data", "mul", "sum", ""]


def test_a_value_that_is_used_twice_is_one_box():
    x = glassnet.tensor(3.0, requires_grad=True)
    found = draw(x * x).graph.boxes
    assert [b.lines[0] for b in found] == ["x", "mul", ""]
    assert [(a.value, a.gradient) for a in found[1].arrows] == [("3", "∂ 6"), ("3", "∂ 6")]


# networks ---------------------------------------------------------------------------------------------


def test_modules_are_boxes_that_open():
    model, (x, y) = Net(), batch()
    outermost = draw(model, x, y, F.cross_entropy).graph
    assert [b.lines[0] for b in outermost.boxes] == [
        "x",
        "fc1",
        "relu",
        "block",
        "add",
        "fc2",
        "y",
        "cross_entropy",
        "",
    ]
    assert boxes(draw(model, x, y, F.cross_entropy))["fc1"].lines == ["fc1", "linear", "[4, 3], [4]"]
    opened = [b.lines[0] for b in draw(model, x, depth=2).graph.boxes]
    assert {"linear", "fc1_weight", "block_linear0", "relu"} <= set(opened)
    assert "cross_entropy" in boxes(draw(model, x, y, F.cross_entropy, depth=3))  # core only when all are opened
    core = {b.lines[0] for b in draw(model, x, depth=5).graph.boxes if b.kind == "operation"}
    assert core <= {"permute", "matmul", "add", "maximum"}


def test_values_and_gradients_are_those_of_a_step():
    model, (x, y) = Net(), batch()
    step = walkthrough(model, x, y, F.cross_entropy)
    for depth in (1, 2):
        end = draw(model, x, y, F.cross_entropy, depth=depth).graph.boxes[-1].arrows[0]
        assert end.value == f"{step.loss:.4g}"
    arrow = boxes(draw(step))["fc2"].arrows[0]
    gradient = step.values["add"].gradient.array if "add" in step.values else None
    if gradient is not None:
        assert arrow.gradient == f"∂ mean {abs(gradient).mean():.4g}"
    (bias,) = [a for a in boxes(draw(step, depth=2))["linear"].arrows if a.name == "fc2_bias"] or [None]
    if bias is not None:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        assert bias.gradient == "∂ [" + ", ".join(f"{g:.4g}" for g in model.fc2.bias.grad.tolist()) + "]"


def test_nothing_is_changed_by_drawing():
    model, (x, y) = nn.Sequential(nn.Linear(3, 3), nn.Dropout()), batch()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    state = glassnet.random.get_rng_state()
    draw(model, x, y, F.cross_entropy)
    draw(model, x)
    assert all((before[k] == v).all() for k, v in model.state_dict().items())
    assert str(glassnet.random.get_rng_state()) == str(state)
    assert all(p.grad is None for p in model.parameters())


def test_a_module_that_is_called_again_is_another_box():
    assert [b.lines[0] for b in draw(shared(), batch()[0]).graph.boxes if b.kind == "module"] == [
        "linear0",
        "linear0 (2)",
        "linear0 (3)",
    ]


def test_a_compiled_function_and_its_program_have_a_graph_without_numbers():
    step = glassnet.compile(Net())
    step(batch()[0])
    for what in (step, step.program):
        assert boxes(draw(what))["fc1"].arrows[0].value == "[5, 3]"
        assert not boxes(draw(what))["fc1"].arrows[0].gradient


# neurons ----------------------------------------------------------------------------------------------


def test_a_line_is_a_weight():
    model = nn.Linear(2, 2)
    model.weight.data = glassnet.tensor([[1.0, -2.0], [0.5, 0.0]])
    svg = draw(model).svg
    lines = re.findall(r'<line .*?class="(\w+)" stroke-width="([\d.]+)"><title>weight\[(\d), (\d)\] = ([^<]+)<', svg)
    assert sorted((i, j, value, style) for style, _, i, j, value in lines) == [
        ("0", "0", "1", "positive"),
        ("0", "1", "-2", "negative"),
        ("1", "0", "0.5", "positive"),
        ("1", "1", "0", "positive"),
    ]
    widths = {value: float(width) for _, width, _, _, value in lines}
    assert widths["-2"] > widths["1"] > widths["0.5"] > widths["0"]


def test_a_layer_that_is_shortened_says_so():
    texts = [t.text for t in NEURONS["large"]().canvas.texts]
    assert "784, 10 shown" in texts
    assert texts.count("⋮") == 2
    assert "10" in texts
    assert "Dropout" in texts


def test_weights_that_are_no_numbers_are_drawn():
    model = nn.Linear(2, 1)
    model.weight.data = glassnet.tensor([[float("nan"), 1.0]])
    assert "weight[0, 0] = nan" in draw(model).svg


def test_a_long_name_is_shortened():
    model = nn.Sequential()
    model.add_module("a_layer_with_a_name_that_goes_on_and_on", nn.Linear(1, 1))
    assert any(t.text.endswith("…") and t.text.startswith("a_layer") for t in draw(model).canvas.texts)


# other forms --------------------------------------------------------------------------------------------


def test_dot_and_mermaid_have_every_box_and_arrow():
    a = glassnet.tensor(2.0, requires_grad=True)
    picture = draw(a * 3.0)
    assert picture.dot == (
        'digraph "the graph of mul" {\n'
        "  rankdir=LR;\n"
        '  node [fontname="monospace"];\n'
        '  n0 [shape=ellipse, label="a"];\n'
        '  n1 [shape=ellipse, label="number"];\n'
        '  n2 [shape=box, label="mul"];\n'
        '  n3 [shape=point, label=""];\n'
        '  n0 -> n2 [label="2\\n∂ 3"];\n'
        '  n1 -> n2 [label="3"];\n'
        '  n2 -> n3 [label="6\\n∂ 1"];\n'
        "}\n"
    )
    assert picture.mermaid == (
        "flowchart LR\n"
        '  n0(["a"])\n'
        '  n1(["number"])\n'
        '  n2["mul"]\n'
        '  n3((" "))\n'
        '  n0 -->|"2<br/>∂ 3"| n2\n'
        '  n1 -->|"3"| n2\n'
        '  n2 -->|"6<br/>∂ 1"| n3\n'
    )


def test_what_has_a_meaning_in_a_form_is_escaped():
    picture = drawn(Graph('a "b" <c>', [Box("1", ['<x> & "y" | \\z'], "leaf")]))
    assert 'label="<x> & \\"y\\" | \\\\z"' in picture.dot
    assert '"#60;x#62; #38; #34;y#34; #124; \\z"' in picture.mermaid
    assert ET.fromstring(picture.svg)[0].text == 'a "b" <c>'


@pytest.mark.parametrize(("name", "start"), [("a.svg", "<svg"), ("a.dot", "digraph"), ("a.mmd", "flowchart")])
def test_a_picture_is_saved(tmp_path, name, start):
    picture = GRAPHS["tensor"]()
    picture.save(tmp_path / name)
    assert (tmp_path / name).read_text().startswith(start)
    assert picture._repr_html_().startswith('<div style="overflow-x: auto"><svg')
    assert "picture.save(" in repr(picture)


# bad input ----------------------------------------------------------------------------------------------


class Named(nn.Module):
    def forward(self, x):
        return {"x": x + 1}


BAD = {
    "no history": (lambda: draw(glassnet.ones(3)), "was not computed from any that require a gradient"),
    "no picture": (
        lambda: draw(3),
        "expected a module, a program, a compiled function, a walkthrough or a tensor, got int",
    ),
    "no loss": (lambda: draw(Net(), *batch()), "expected y and loss together"),
    "depth": (lambda: draw(Net(), batch()[0], depth=0), "expected a depth of 1 or more, got 0"),
    "no tensor": (lambda: draw(Named(), batch()[0]), "expected a network that gives tensors, got dict"),
    "a convolution": (
        lambda: draw(nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(2, 1))),
        "drawn as neurons, got Conv2d (0); draw",
    ),
    "packed": (
        lambda: draw(nn.GRU(2, 3), nn.utils.rnn.pack_sequence([glassnet.randn(3, 2)])),
        "expected x as a tensor, or as a tuple of those that the network takes, got PackedSequence",
    ),
    "states": (lambda: draw(nn.LSTM(2, 3), (glassnet.randn(3, 2), (1, 2))), "that the network takes, got tuple"),
    "no layers": (lambda: draw(nn.ReLU()), "has no linear layers to draw as neurons"),
    "not one after another": (lambda: draw(nn.ModuleList([nn.Linear(2, 3), nn.Linear(2, 1)])), "do not simply follow"),
    "nothing": (lambda: draw(nn.Identity(), batch()[0]), "got one without such instructions"),
    "other file": (lambda: GRAPHS["tensor"]().save("a.gif"), "expected a file that ends in .svg, .dot, .mmd"),
    "neurons as text": (lambda: draw(nn.Linear(2, 1)).dot, "a neuron diagram has no DOT"),
    "too much": (lambda: Graph("", [Box(str(i), [""], "leaf") for i in range(MOST + 1)]), "expected 500 boxes at most"),
    "no order": (lambda: Graph("", [Box("1", [""], "leaf", [Arrow("2")])]), "comes before"),
}


@pytest.mark.parametrize(("call", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_one_message(call, message):
    with pytest.raises(DrawError, match=re.escape(message)):
        call()


def test_a_graph_that_backward_has_freed_is_said_so():
    x = glassnet.tensor(1.0, requires_grad=True)
    y = x * x
    y.backward()
    with pytest.raises(glassnet.errors.GradientError, match="freed"):
        draw(y)


def test_large_small_and_odd_values():
    big = nn.Linear(4000, 2500)
    assert "4,000, 10 shown" in [t.text for t in draw(big).canvas.texts]
    x, y = batch()
    x[0, 0] = float("nan")
    assert "nan" in draw(Net(), x, y, F.cross_entropy).svg
    assert isinstance(draw(nn.Sequential(nn.Linear(3, 2)), glassnet.zeros(0, 3)), Picture)
