"""What tensors, shapes and the graph say, beside PyTorch's words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glassnet as gn
from glassnet.tensor.printing import set_printoptions
from glassnet.tensor.wording import write_as_torch

DTYPES = ["float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]
SHAPES = st.one_of(
    arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    arrays.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=60),
)
# Numbers of very different sizes are written in powers of ten, so there are some of one size too.
SIZES = [st.sampled_from([0.0, -0.0, 1.5, -2.0, 30.0, 0.125, float("nan"), float("inf"), float("-inf")]), st.floats()]


@pytest.fixture
def torch_s_words() -> Iterator[Any]:
    """PyTorch, in whose words glassnet writes meanwhile."""
    torch = pytest.importorskip("torch")
    write_as_torch()
    yield torch
    write_as_torch(False)
    torch.set_printoptions(profile="default")
    set_printoptions(profile="default")


@st.composite
def samples(draw: st.DrawFn) -> np.ndarray:
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(SHAPES)
    if dtype.kind != "f":
        return draw(arrays.arrays(dtype, shape))
    elements = draw(st.sampled_from(SIZES)).map(dtype.type)
    with np.errstate(all="ignore"):
        return draw(arrays.arrays(dtype, shape, elements=elements))


OPTIONS = st.one_of(
    st.sampled_from([{"profile": "default"}, {"profile": "short"}, {"profile": "full"}]),
    st.fixed_dictionaries(
        {
            "precision": st.integers(0, 8),
            "threshold": st.integers(0, 200),
            "edgeitems": st.integers(1, 4),
            "linewidth": st.integers(10, 120),
            "sci_mode": st.sampled_from([None, True, False]),
        }
    ),
)


@pytest.mark.parity
def test_texts_are_torch_s(torch_s_words: Any) -> None:
    torch = torch_s_words

    @settings(max_examples=2 * settings.default.max_examples)
    @given(samples(), OPTIONS, st.sampled_from(["", "leaf", "result"]))
    @np.errstate(all="ignore")
    def same(array: np.ndarray, options: dict[str, Any], history: str) -> None:
        texts = []
        for library in (torch, gn):
            library.set_printoptions(**options)
            x = library.tensor(array.copy())
            if history and array.dtype.kind == "f":
                x.requires_grad_()
                x = x * 2 if history == "result" else x
            texts.append((repr(x), str(x), str(x.shape)))
        assert texts[0] == texts[1]

    same()


OPERANDS = {
    "x": (2, 3), "m": (3, 3), "v": (3,), "b": (2, 3, 4), "c": (2, 4, 5), "s": (2, 5, 3), "image": (2, 3, 8, 8),
}  # fmt: skip
# fmt: off
NAMED = """
    x + 1; x - x; 1 - x; x * 2; x / 2; 2 / x; -x; x**2; x**x; 2**x; x @ m; m @ v; v @ v; v @ m; b @ c; x.sum();
    x.sum(0); x.mean(); x.mean(0); x.prod(); x.prod(0); x.var(); x.std(); x.std(0); x.norm(); x.norm(dim=1); x.max();
    x.max(0)[0]; x.min(); x.min(0).values; x.amax(0); x.amin(); x.median(); x.median(0)[0]; x.sort()[0]; x.topk(2)[0];
    x.logsumexp(0); x.cumsum(0); t.maximum(x, x); x.clamp(0, 1); x.exp(); x.log(); x.log1p(); x.sqrt(); x.tanh();
    x.sigmoid(); x.relu(); x.abs(); x.softmax(1); x.log_softmax(1); t.where(x > 0, x, x); x.view(6); x.reshape(6);
    x.t().reshape(6); image.flatten(1); x.unsqueeze(0); x.unsqueeze(1).squeeze();
    x.transpose(0, 1); b.permute(2, 0, 1); x.expand(4, 2, 3); x.narrow(0, 0, 1); x[0]; x[0:1]; x[0, 1]; x[:, 0]; x[...];
    x[None]; x[x > 0]; x[:, t.tensor([0])]; x[0, t.tensor([0])]; x.gather(1, t.zeros(2, 1).long()); x.flip(0);
    v.diag(); x.clone(); x.double(); t.cat([x, x]); t.stack([x, x]); F.linear(x, m); F.linear(x, m, v); F.linear(s, m);
    F.linear(s, m, v); F.conv2d(image, t.rand(4, 3, 3, 3)); F.conv_transpose2d(image, t.rand(3, 4, 2, 2));
    F.max_pool2d(image, 2); F.avg_pool2d(image, 2); F.max_pool1d(b, 2); F.adaptive_avg_pool2d(image, 2);
    F.batch_norm(x, None, None, training=True); F.layer_norm(x, (3,)); F.dropout(x, 0.5);
    F.embedding(t.tensor([0, 1]), x); F.cross_entropy(x, t.tensor([0, 1])); F.nll_loss(x, t.tensor([0, 1]));
    F.cross_entropy(image, t.zeros(2, 8, 8).long()); F.mse_loss(x, x); F.l1_loss(x, x); F.smooth_l1_loss(x, x);
    F.huber_loss(x, x); F.binary_cross_entropy(x, t.ones(2, 3)); F.binary_cross_entropy_with_logits(x, t.ones(2, 3));
    F.leaky_relu(x); F.elu(x); F.selu(x); F.gelu(x); F.silu(x); F.softplus(x); F.hardtanh(x); F.relu6(x);
    F.logsigmoid(x); F.prelu(x, t.ones(1)); F.pad(x, (1, 1)); F.interpolate(image, scale_factor=2);
    F.interpolate(image, scale_factor=2, mode="bilinear"); (x * 2).add_(1); (x * 2).relu_(); x.masked_fill(x > 0, 1.0);
    x.t(); x.tril(); x.trace(); b.bmm(c);
    (x * 2).zero_(); (x * 2).fill_(1.0); (x * 2).copy_(x); F.glu(b)
"""
# fmt: on


@pytest.mark.parity
@pytest.mark.parametrize("expression", [text.strip() for text in NAMED.split(";")])
def test_a_node_has_torch_s_name(expression: str) -> None:
    torch = pytest.importorskip("torch")
    names = []
    for library in (torch, gn):
        library.manual_seed(0)
        operands = {name: library.rand(*shape, requires_grad=True) for name, shape in OPERANDS.items()}
        y = eval(expression, {**operands, "t": library, "F": library.nn.functional})
        names.append(re.search(r"grad_fn=<(\w+)>", repr(y)).group(1))
    assert names[0] == names[1]


RECURRENT = [
    ("LSTMCell", {}, (1, 2)), ("LSTMCell", {}, (2,)), ("GRUCell", {}, (1, 2)), ("RNNCell", {}, (1, 2)),
    ("RNNCell", {"nonlinearity": "relu"}, (1, 2)), ("GRU", {}, (4, 5, 2)), ("GRU", {"batch_first": True}, (4, 5, 2)),
    ("LSTM", {"proj_size": 1}, (4, 5, 2)), ("LSTM", {"batch_first": True}, (4, 5, 2)), ("RNN", {}, (4, 2)),
    ("RNN", {"num_layers": 2, "bidirectional": True}, (4, 5, 2)),
]  # fmt: skip


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize(("layer", "options", "shape"), RECURRENT)
def test_a_node_of_a_recurrent_layer_has_torch_s_name(layer: str, options: Any, shape: tuple[int, ...]) -> None:
    names = []
    for library in (pytest.importorskip("torch"), gn):
        given = getattr(library.nn, layer)(2, 3, **options)(library.ones(*shape))
        first, *others = given if isinstance(given, tuple) else (given,)
        states = others[0] if others and isinstance(others[0], tuple) else others
        names.append([x.grad_fn.name() for x in (first, *states)])
    assert names[0] == names[1]


def test_the_states_of_a_cell_are_called_after_what_made_them() -> None:
    h, c = gn.nn.LSTMCell(2, 3)(gn.ones(1, 2))
    assert [h.grad_fn.name(), c.grad_fn.name()] == ["MulBackward0", "AddBackward0"]


@pytest.mark.parity
def test_the_node_of_a_function_says_where_pytorch_has_its_class(torch_s_words: Any) -> None:
    texts = []
    for library in (torch_s_words, gn):

        class Scale(library.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                return x * 2

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                return g * 2

        y = Scale.apply(library.ones(2, requires_grad=True))
        texts.append((repr(y.grad_fn).split(" object")[0], repr(y)))
    assert texts[0] == texts[1]


def test_the_graph_can_be_walked_to_its_leaves() -> None:
    x = gn.ones(2, requires_grad=True)
    y = (x * gn.ones(2)).exp().sum()
    assert y.grad_fn.name() == "SumBackward0"
    exp, _ = y.grad_fn.next_functions[0]
    mul, _ = exp.next_functions[0]
    assert (exp.name(), mul.name()) == ("ExpBackward0", "MulBackward0")
    (leaf, _), (constant, _) = mul.next_functions
    assert leaf.variable is x
    assert constant is None
    assert repr(leaf).startswith("<AccumulateGrad object at 0x")


def test_a_node_keeps_its_name_after_backward() -> None:
    loss = gn.nn.functional.mse_loss(gn.ones(2, requires_grad=True), gn.zeros(2))
    loss.backward()
    assert repr(loss) == "tensor(1., grad_fn=<MseLossBackward0>)"


def test_a_shape_is_a_tuple_that_counts() -> None:
    shape = gn.ones(2, 3, 4).shape
    assert shape == (2, 3, 4)
    assert hash(shape) == hash((2, 3, 4))
    assert shape.numel() == gn.Size([2, 3, 4]).numel() == 24
    for part in (shape[1:], shape + shape, (1, 2)[:1] + shape, shape * 2, gn.ones(2).size()):
        assert type(part) is gn.Size
    write_as_torch()
    try:
        assert f"{shape} {shape[:1]}" == "torch.Size([2, 3, 4]) torch.Size([2])"
        assert repr(gn.ones(1).double()) == "tensor([1.], dtype=torch.float64)"
        assert repr(gn.tensor([1]).max(0)) == "torch.return_types.max(\nvalues=tensor(1),\nindices=tensor(0))"
    finally:
        write_as_torch(False)
    assert repr(shape) == "(2, 3, 4)"


def test_a_program_is_written_in_plain_tuples() -> None:
    x = gn.ones(2, 3, requires_grad=True)
    step = gn.compile(lambda: x.T.reshape(x.shape).sum())
    write_as_torch()
    try:
        step()
    finally:
        write_as_torch(False)
    assert "(2, 3)" in step.source
    assert "Size" not in step.source


def test_one_number_is_formatted_as_python_does() -> None:
    assert f"{gn.tensor(3)}, {gn.tensor(1.5)}, {gn.tensor(2.0):.3f}, {gn.tensor(True)}" == "3, 1.5, 2.000, True"
    assert f"{gn.tensor([3])}" == "tensor([3])"
    with pytest.raises(TypeError, match=r"0 dimensions, got shape \[2\]"):
        f"{gn.ones(2):.2f}"
