"""Layers: what they compute, what they are made with, and what they say to wrong input."""

import copy
import inspect
import math

import numpy as np
import pytest

import glassnet
import glassnet.nn.functional
from glassnet import nn


def numbers(*shape):
    return glassnet.tensor(np.random.default_rng(0).standard_normal(shape))


# ways in --------------------------------------------------------------------------------------------


def test_the_names_people_write():
    import glassnet.functional
    import glassnet.nn as also
    import glassnet.nn.functional as F
    from glassnet.nn.module import Module
    from glassnet.nn.parameter import Parameter

    assert also is nn is glassnet.nn
    assert F.linear is glassnet.functional.linear is nn.functional.linear
    assert nn.Module is Module
    assert nn.Parameter is Parameter
    assert nn.init.xavier_uniform_ is glassnet.nn.init.xavier_uniform_
    assert callable(nn.utils.clip_grad_norm_)


def test_a_function_that_is_elsewhere_or_called_otherwise_says_so():
    import glassnet.nn.functional as F

    for module in (F, glassnet.functional):
        with pytest.raises(AttributeError, match=rf"'{module.__name__}' has .*: F\.relu\(x, inplace=True\)$"):
            _ = module.relu_
        for name in ("conv2d_", "relux"):
            with pytest.raises(AttributeError, match=rf"has no attribute '{name}'$"):
                getattr(module, name)
    with pytest.raises(AttributeError, match=r"'conv2d'; nn.functional has it: glassnet\.nn\.functional\.conv2d$"):
        _ = glassnet.conv2d
    with pytest.raises(AttributeError, match=r"'relu_'; tensors have it: x\.relu_$"):
        _ = glassnet.relu_


def test_a_missing_argument_is_one_of_the_layer_that_was_named():
    """Not of a private class that its constructor is of."""
    named = 0
    for name in nn.__all__:
        kind = getattr(nn, name)
        needed = isinstance(kind, type) and issubclass(kind, nn.Module) and inspect.signature(kind).parameters.values()
        if any(p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD for p in needed or ()):
            with pytest.raises(TypeError, match=rf"^{name}\.__init__\(\) missing "):
                kind()
            named += 1
    assert named > 50


def test_an_argument_too_many_is_one_of_the_layer_that_was_named():
    for name in nn.__all__:
        kind = getattr(nn, name)
        if isinstance(kind, type) and issubclass(kind, nn.Module):
            arguments = inspect.signature(kind).parameters.values()
            if not any(p.kind is p.VAR_KEYWORD for p in arguments):
                with pytest.raises(TypeError, match=rf"^{name}\b.*(unknown=|'unknown')"):
                    kind(**{p.name: 1 for p in arguments if p.kind is p.POSITIONAL_OR_KEYWORD}, unknown=1)


def test_a_layer_without_arguments_says_so():
    assert not inspect.signature(nn.Sigmoid).parameters
    with pytest.raises(TypeError, match=r"^Sigmoid: expected no arguments, got Tensor; make it, .*: Sigmoid\(\)\(x\)$"):
        nn.Sigmoid(glassnet.ones(2))

    class Net(nn.Module):
        pass

    class Wide(nn.Module):
        def __init__(self, width):
            super().__init__(width)

    with pytest.raises(TypeError, match=r"^Net: expected no arguments, got int; it has no __init__ of its own"):
        Net(3)
    with pytest.raises(TypeError, match=r"^Wide: expected no arguments, got int; call super\(\).__init__\(\) without"):
        Wide(3)


# Linear and Bilinear ----------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [(), (5,), (2, 3), (0,)])
def test_linear(batch):
    layer = nn.Linear(4, 3).double()
    x = numbers(*batch, 4)
    np.testing.assert_allclose(layer(x).detach().numpy(), x.array @ layer.weight.array.T + layer.bias.array)
    bare = nn.Linear(4, 3, bias=False, dtype=glassnet.float64)
    np.testing.assert_allclose(bare(x).detach().numpy(), x.array @ bare.weight.array.T)
    assert bare.bias is None


@pytest.mark.parametrize("batch", [(), (5,), (2, 3)])
def test_bilinear(batch):
    layer = nn.Bilinear(4, 3, 2).double()
    a, b = numbers(*batch, 4), numbers(*batch, 3)
    expected = np.einsum("...i,kij,...j->...k", a.array, layer.weight.array, b.array)
    np.testing.assert_allclose(layer(a, b).detach().numpy(), expected + layer.bias.array)
    layer.bias = None
    np.testing.assert_allclose(layer(a, b).detach().numpy(), expected)


def test_shapes_and_bounds_at_the_start():
    linear, bilinear = nn.Linear(25, 400), nn.Bilinear(16, 9, 50)
    assert (linear.weight.shape, linear.bias.shape) == ((400, 25), (400,))
    assert (bilinear.weight.shape, bilinear.bias.shape) == ((50, 16, 9), (50,))
    for parameter, bound in [
        (linear.weight, 1 / 5),
        (linear.bias, 1 / 5),
        (bilinear.weight, 1 / 4),
        (bilinear.bias, 1 / 4),
    ]:
        assert parameter.dtype == glassnet.float32
        assert 0.9 * bound < abs(parameter.array).max() <= bound
        assert math.isclose(parameter.array.std(), bound / math.sqrt(3), rel_tol=0.1)


def test_resetting_draws_anew_and_a_seed_repeats():
    layer = nn.Linear(3, 2)
    before = layer.weight.tolist()
    layer.reset_parameters()
    assert layer.weight.tolist() != before
    glassnet.manual_seed(0)
    assert nn.Linear(3, 2).weight.tolist() == before


def test_the_default_dtype_is_respected():
    glassnet.set_default_dtype(glassnet.float64)
    try:
        assert nn.Linear(2, 2).weight.dtype == glassnet.float64
    finally:
        glassnet.set_default_dtype(glassnet.float32)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: nn.Linear(4, 3)(numbers(2, 4)),
            r"float32, .*got float64; convert the input: x\.float\(\), or the n",
        ),
        (
            lambda: nn.Linear(4, 3)(glassnet.ones(2, 4).long()),
            r"float32, .*got int64; convert.*: x\.float\(\)$",
        ),
        (
            lambda: nn.Linear(4, 3).double()(glassnet.ones(2, 4)),
            r"float64, .*x\.double\(\), or .*: net\.float",
        ),
        (
            lambda: nn.Linear(4, 3)(np.ones((2, 4))),
            r"expected a tensor, got ndarray; make one: glassnet\.tensor\(",
        ),
        (lambda: nn.Linear(4, 3)([[1, 2, 3, 4]]), r"linear: expected a tensor, got list; make one"),
        (lambda: nn.Linear(4, 3)(nn.LSTM(2, 4)(glassnet.ones(5, 2))), r"got tuple; .*output, state = layer\(x\)"),
        (
            lambda: nn.LayerNorm(1)(nn.utils.rnn.pack_sequence([glassnet.ones(2, 1)])),
            r"got PackedSequence; .*pad_packed_sequence\(x\) brings",
        ),
        (lambda: nn.Embedding(4, 3)([1, 2]), r"embedding: expected a tensor, got list; make one: glassnet\.tensor"),
        (lambda: nn.EmbeddingBag(4, 3)([[1, 2]]), r"embedding_bag: expected a tensor, got list; make one"),
        (lambda: nn.Bilinear(4, 3, 2)(numbers(4), glassnet.ones(3)), r"bilinear: .*float32, .*got float64"),
        (lambda: nn.Bilinear(4, 3, 2)(glassnet.ones(4), numbers(3)), r"bilinear: .*float32, .*got float64"),
        (lambda: nn.Embedding(4, 3)(glassnet.ones(3)), r"integer indices, got float32; convert them: index\.long\(\)"),
    ],
)
def test_a_wrong_dtype_says_what_to_convert_and_how(call, message):
    with pytest.raises(glassnet.DtypeError, match=rf"^in \w+\(.*{message}"):
        call()


def test_a_dtype_error_that_is_not_the_inputs_stands():
    layer = nn.Linear(4, 3)
    layer.bias = nn.Parameter(glassnet.zeros(3, dtype=glassnet.float64))
    with pytest.raises(glassnet.DtypeError, match="one dtype, got float32"):
        layer(glassnet.ones(2, 4))
    layer = nn.Bilinear(4, 3, 2)
    layer.bias = nn.Parameter(glassnet.zeros(2, dtype=glassnet.float64))
    with pytest.raises(glassnet.DtypeError, match="one dtype, got float32"):
        layer(glassnet.ones(2, 4), glassnet.ones(2, 3))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.Linear(4, 3)(glassnet.ones(2, 2, 2)), ValueError, r"last dimension is 4 .*: x\.flatten\(1\)"),
        (lambda: nn.Linear(4, 3)(glassnet.ones(4, 2)), ValueError, r"its first dimension would fit: x\.T"),
        (lambda: nn.Linear(4, 3)(glassnet.ones(())), ValueError, r"got \[\]"),
        (
            lambda: nn.Bilinear(4, 3, 2)(glassnet.ones(4), glassnet.ones(4)),
            ValueError,
            r"\[\.\.\., 4\] and \[\.\.\., 3",
        ),
        (
            lambda: nn.Embedding(4, 3)(glassnet.tensor([0, 4])),
            IndexError,
            r"^in Emb.* 0 to 3 .*4 rows.*, got 4",
        ),
        (lambda: nn.Embedding(4, 3)(glassnet.tensor(-1)), IndexError, "got -1"),
        (lambda: nn.Flatten(2)(glassnet.ones(2, 2)), IndexError, "dim must be between -2 and 1"),
        (lambda: nn.Unflatten(1, (2, 4))(glassnet.ones(2, 6)), ValueError, "has 6 elements"),
    ],
)
def test_a_wrong_input_says_what_was_expected(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.Linear(0, 3), ValueError, "Linear: expected in_features of 1 or more, got 0"),
        (lambda: nn.Linear(3, -2), ValueError, "expected out_features of 1 or more, got -2"),
        (lambda: nn.Linear(3.0, 2), TypeError, "expected in_features as a whole number, got float: 3.0"),
        (lambda: nn.Linear(3, "2"), TypeError, "expected out_features as a whole number, got str: '2'"),
        (lambda: nn.Linear(True, 2), TypeError, "expected in_features as a whole number, got bool"),
        (lambda: nn.Linear(3, 2, dtype=glassnet.int64), TypeError, "Linear: expected a floating dtype .*, got int64"),
        (lambda: nn.Linear(3, 2, device="cuda"), RuntimeError, 'expected device "cpu"'),
        (lambda: nn.Bilinear(3, 2, 0), ValueError, "Bilinear: expected out_features of 1 or more, got 0"),
        (lambda: nn.Embedding(0, 2), ValueError, "Embedding: expected num_embeddings of 1 or more, got 0"),
        (lambda: nn.Embedding(2, None), TypeError, "embedding_dim as a whole number, got NoneType"),
        (lambda: nn.Embedding(3, 2, padding_idx=3), ValueError, "padding_idx from -3 to 2, got 3"),
        (lambda: nn.Embedding(3, 2, padding_idx=-4), ValueError, "padding_idx from -3 to 2, got -4"),
        (lambda: nn.Embedding.from_pretrained(glassnet.ones(3)), ValueError, r"shape \[n, dim\], got \[3\]"),
        (lambda: nn.Embedding.from_pretrained(glassnet.tensor([[1]])), TypeError, "a floating dtype .*, got int64"),
        (lambda: nn.Unflatten(1.5, (2, 3)), TypeError, "expected dim as a whole number"),
        (lambda: nn.Unflatten(1, 6), TypeError, "unflattened_size as a tuple of whole numbers, got int: 6"),
        (lambda: nn.Unflatten(1, (2, 1.5)), TypeError, "expected size as a whole number, got float"),
        (lambda: nn.Unflatten(1, (2, -3)), ValueError, "expected size of -1 or more, got -3"),
        (lambda: nn.Dropout(1.5), ValueError, "Dropout: expected a probability p from 0 to 1, got 1.5"),
        (lambda: nn.Dropout(-0.1), ValueError, "got -0.1"),
        (lambda: nn.Dropout(math.nan), ValueError, "got nan"),
        (lambda: nn.Dropout("half"), TypeError, "p as a number from 0 to 1, got str: 'half'"),
        (lambda: nn.Dropout(True), TypeError, "got bool: True"),
    ],
)
def test_a_layer_that_cannot_be_says_why(make, error, message):
    with pytest.raises(error, match=message):
        make()


# shapes -----------------------------------------------------------------------------------------------


def test_flatten_and_unflatten():
    x = glassnet.zeros(2, 3, 4, 5)
    assert nn.Flatten()(x).shape == (2, 60)
    assert nn.Flatten(0)(x).shape == (120,)
    assert nn.Flatten(1, 2)(x).shape == (2, 12, 5)
    assert nn.Unflatten(1, (3, -1))(nn.Flatten()(x)).shape == (2, 3, 20)
    assert nn.Unflatten(-1, [5, 1])(x).shape == (2, 3, 4, 5, 1)
    y = nn.Flatten()(x)
    y[0, 0] = 1
    assert x[0, 0, 0, 0].item() == 1  # a view


def test_identity_takes_anything():
    x = glassnet.zeros(1)
    assert nn.Identity(54, unused=3)(x) is x


# Embedding --------------------------------------------------------------------------------------------


def test_embedding_reads_rows():
    table = nn.Embedding(5, 3)
    index = glassnet.tensor([[0, 4], [4, 2]])
    np.testing.assert_array_equal(table(index).detach().numpy(), table.weight.array[index.array])
    table(index).sum().backward()
    assert table.weight.grad.tolist() == [[1] * 3, [0] * 3, [1] * 3, [0] * 3, [2] * 3]


def test_embedding_leaves_the_padding_alone():
    table = nn.Embedding(5, 3, padding_idx=-1)
    assert table.padding_idx == 4
    assert not table.weight[4].array.any()
    assert table.weight[:4].array.all()
    table(glassnet.tensor([0, 4, 4])).sum().backward()
    assert table.weight.grad.sum(1).tolist() == [3, 0, 0, 0, 0]


@pytest.mark.parametrize("freeze", [True, False])
def test_embedding_from_pretrained(freeze):
    rows = numbers(4, 2)
    table = nn.Embedding.from_pretrained(rows, freeze, padding_idx=1)
    assert table.weight.array is rows.array
    assert table.weight.dtype == glassnet.float64
    assert table.weight.requires_grad is not freeze
    assert (table.num_embeddings, table.embedding_dim, table.padding_idx) == (4, 2, 1)
    assert nn.Embedding.from_pretrained(rows.array)(glassnet.tensor(3)).tolist() == rows[3].tolist()


# Dropout ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 1.0])
def test_dropout_drops_in_training_alone(p):
    layer = nn.Dropout(p)
    x = glassnet.ones(100, 200, requires_grad=True)
    y = layer(x)
    kept = y.detach().numpy() != 0
    assert abs(kept.mean() - (1 - p)) < 0.02
    np.testing.assert_allclose(y.detach().numpy()[kept], 1 / (1 - p) if p < 1 else 0, rtol=1e-6)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.array, y.detach().numpy())
    layer.eval()
    np.testing.assert_array_equal(layer(x).detach().numpy(), x.array)


@pytest.mark.parametrize(("layer", "shape"), [(nn.Dropout1d, (5,)), (nn.Dropout2d, (3, 4)), (nn.Dropout3d, (2, 3, 2))])
def test_dropout_of_whole_channels(layer, shape):
    x = glassnet.ones(30, 40, *shape)
    y = layer(0.25)(x).numpy().reshape(30, 40, -1)
    assert (y == y[:, :, :1]).all()
    np.testing.assert_allclose(np.unique(y), [0, 4 / 3], rtol=1e-6)
    assert abs((y != 0).mean() - 0.75) < 0.04
    assert layer().eval()(x) is x
    assert layer(inplace=True)(x) is x
    assert set(x.flatten().tolist()) == {0.0, 2.0}


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (nn.Dropout1d, (2, 3, 4, 5), r"of shape \[N, C, L\] or \[C, L\], got \[2, 3, 4, 5\]"),
        (nn.Dropout2d, (3,), r"of shape \[N, C, …\], got \[3\]; .*dropout"),
        (nn.Dropout3d, (), r"of shape \[C, …\], got \[\]; .*dropout"),
    ],
)
def test_dropout_needs_channels(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer()(glassnet.ones(*shape))


@pytest.mark.parametrize(("layer", "shape"), [(nn.Dropout1d, (5,)), (nn.Dropout3d, (2, 3, 2))])
def test_dropout_of_the_channels_of_one_sample(layer, shape):
    y = layer(0.25)(glassnet.ones(400, *shape)).numpy().reshape(400, -1)
    assert (y == y[:, :1]).all()
    assert abs((y != 0).mean() - 0.75) < 0.1


def test_dropout2d_reads_three_dimensions_as_pytorch_does():
    with pytest.warns(glassnet.errors.GlassnetWarning, match=r"\[30, 4, 9\], is read as \[N, C, L\]; .*unsqueeze"):
        y = nn.Dropout2d(0.25)(glassnet.ones(30, 4, 9)).numpy()
    assert (y == y[:, :, :1]).all()
    assert (y != y[:, :1]).any()


@pytest.mark.parametrize(
    ("layer", "shape", "channels"),
    [(nn.Dropout2d, (30, 9), 2), (nn.Dropout2d, (3, 40, 2, 3, 2), 2), (nn.Dropout3d, (100, 9), 1)],
)
def test_dropout_of_other_dimensions_warns_and_drops_what_pytorch_drops(layer, shape, channels):
    with pytest.warns(glassnet.errors.GlassnetWarning, match=r"is read as \[(N, )?C, …\]; .*: dropout"):
        y = layer(0.5)(glassnet.ones(*shape)).flatten(channels - 1).numpy().reshape(*shape[:channels], -1)
    assert (y == y[..., :1]).all()
    assert abs((y[..., 0] != 0).mean() - 0.5) < 0.2


def test_alpha_dropout_of_whole_channels():
    y = nn.FeatureAlphaDropout(0.5)(numbers(300, 40, 20))
    values, counts = np.unique(y.numpy(), return_counts=True)
    at_limit = y.numpy() == values[counts.argmax()]
    assert (at_limit == at_limit[:, :, :1]).all()
    assert abs(at_limit.mean() - 0.5) < 0.02
    assert abs(y.array.mean()) < 0.02
    assert abs(y.array.std() - 1) < 0.02


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_alpha_dropout_keeps_mean_and_variance(p):
    x = numbers(300, 300)
    y = nn.AlphaDropout(p)(x)
    assert abs(y.array.mean()) < 0.02
    assert abs(y.array.std() - 1) < 0.02
    dropped = np.unique(y.array, return_counts=True)[1].max()  # all the same, which no other two are
    assert abs(dropped / y.numel() - p) < 0.01
    assert nn.AlphaDropout(p).eval()(x) is x


def test_dropout_in_place():
    x = glassnet.ones(1000)
    y = nn.Dropout(0.5, inplace=True)(x)
    assert y is x
    assert set(x.tolist()) == {0.0, 2.0}


# all of them ------------------------------------------------------------------------------------------

POOLS = ("AvgPool", "MaxPool", "MaxUnpool", "AdaptiveAvgPool", "AdaptiveMaxPool")
MADE_WITH = {
    "AdaptiveLogSoftmaxWithLoss": (16, 20, [4, 9]),
    **dict.fromkeys(("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"), (2, 3)),
    "RNNBase": ("GRU", 2, 3),
    "RNNCellBase": (2, 3, True, 2),
    **{f"Conv{kind}{n}d": (4, 6, 3) for kind in ("", "Transpose") for n in (1, 2, 3)},
    **{f"LazyConv{kind}{n}d": (6, 3) for kind in ("", "Transpose") for n in (1, 2, 3)},
    **{f"{kind}Pad{n}d": (1,) for kind in ("Circular", "Reflection", "Replication", "Zero") for n in (1, 2, 3)},
    **{f"ConstantPad{n}d": (1, 1.5) for n in (1, 2, 3)},
    "Fold": ((4, 5), 2),
    "LazyLinear": (3,),
    "Unfold": (2,),
    "BatchNorm1d": (3,),
    "BatchNorm2d": (3,),
    "BatchNorm3d": (3,),
    "GroupNorm": (2, 4),
    "InstanceNorm1d": (3,),
    "InstanceNorm2d": (3,),
    "InstanceNorm3d": (3,),
    "LayerNorm": (3,),
    "LocalResponseNorm": (3,),
    "CrossMapLRN2d": (3,),
    "RMSNorm": (3,),
    "SyncBatchNorm": (3,),
    **{f"{kind}{n}d": (2,) for kind in POOLS for n in (1, 2, 3)},
    **{f"LPPool{n}d": (2, 3) for n in (1, 2, 3)},
    **{f"FractionalMaxPool{n}d": (2, 3) for n in (2, 3)},
    "Bilinear": (2, 3, 4),
    "ChannelShuffle": (2,),
    "Embedding": (3, 4),
    "EmbeddingBag": (3, 4),
    "Linear": (2, 3),
    "NonDynamicallyQuantizableLinear": (2, 3),
    "MultiheadAttention": (4, 2),
    "PixelShuffle": (2,),
    "PixelUnshuffle": (2,),
    "Threshold": (0.1, 20),
    "Transformer": (4, 2, 1, 1, 8),
    "TransformerDecoder": (nn.TransformerDecoderLayer(4, 2, 8), 2),
    "TransformerDecoderLayer": (4, 2, 8),
    "TransformerEncoder": (nn.TransformerEncoderLayer(4, 2, 8), 2),
    "TransformerEncoderLayer": (4, 2, 8),
    "Unflatten": (1, (2, 3)),
}


@pytest.mark.parametrize(
    "name",
    [n for n, c in sorted(vars(nn).items()) if isinstance(c, type) and issubclass(c, nn.Module) and c is not nn.Module],
)
def test_every_layer_does_what_a_module_does(name):
    layer = getattr(nn, name)(*MADE_WITH.get(name, ()))
    other = copy.deepcopy(layer)
    assert other.load_state_dict(layer.state_dict()) == ([], [])
    assert repr(other) == repr(layer)
    assert repr(layer).startswith(f"{name}(")
    assert layer.double().eval() is layer
    assert {p.dtype for p in layer.parameters()} <= {glassnet.float64}
    assert getattr(nn, name).__doc__


# printing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.Linear(2, 3), "Linear(in_features=2, out_features=3, bias=True)"),
        (nn.Bilinear(2, 3, 4, bias=False), "Bilinear(in1_features=2, in2_features=3, out_features=4, bias=False)"),
        (nn.Embedding(4, 2), "Embedding(4, 2)"),
        (nn.Embedding(4, 2, padding_idx=1), "Embedding(4, 2, padding_idx=1)"),
        (nn.Flatten(), "Flatten(start_dim=1, end_dim=-1)"),
        (nn.Unflatten(1, [2, 3]), "Unflatten(dim=1, unflattened_size=(2, 3))"),
        (nn.Dropout(0.3), "Dropout(p=0.3, inplace=False)"),
        (nn.AlphaDropout(), "AlphaDropout(p=0.5, inplace=False)"),
        (nn.Dropout2d(0.1, True), "Dropout2d(p=0.1, inplace=True)"),
        (nn.Identity(), "Identity()"),
    ],
)
def test_layers_print_what_they_are(layer, text):
    assert repr(layer) == text


# against PyTorch --------------------------------------------------------------------------------------

LAYERS = {
    "Linear": ((5, 3), [(4, 5)]),
    "Linear of a batch of sequences": ((5, 3), [(2, 3, 5)]),
    "Linear without bias": ((5, 3, False), [(5,)]),
    "Bilinear": ((5, 3, 2), [(4, 5), (4, 3)]),
    "Bilinear of one": ((5, 3, 2, False), [(5,), (3,)]),
    "Flatten": ((), [(2, 3, 4)]),
    "Unflatten": ((1, (3, 2)), [(2, 6)]),
    "Embedding": ((6, 4), [(2, 3)]),
    "Embedding with padding": ((6, 4, 2), [(2, 3)]),
}


@pytest.mark.parity
@pytest.mark.parametrize("name", LAYERS)
def test_layers_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    arguments, shapes = LAYERS[name]
    kind = name.split()[0]
    ours, theirs = getattr(nn, kind)(*arguments).double(), getattr(torch.nn, kind)(*arguments).double()
    theirs.load_state_dict({key: torch.tensor(value.array) for key, value in ours.state_dict().items()})
    rng = np.random.default_rng(0)
    if kind == "Embedding":
        inputs = [rng.integers(0, 6, shape) for shape in shapes]
        mine, other = [[lib.tensor(x) for x in inputs] for lib in (glassnet, torch)]
    else:
        inputs = [rng.standard_normal(shape) for shape in shapes]
        mine, other = [[lib.tensor(x, requires_grad=True) for x in inputs] for lib in (glassnet, torch)]
    y, z = ours(*mine), theirs(*other)
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=0, atol=1e-10)
    weights = rng.standard_normal(y.shape)
    (y * glassnet.tensor(weights)).sum().backward()
    (z * torch.tensor(weights)).sum().backward()
    for p, q in zip((*mine, *ours.parameters()), (*other, *theirs.parameters()), strict=True):
        if q.grad is not None:
            np.testing.assert_allclose(p.grad.array, q.grad.numpy(), rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    "make",
    [
        (lambda: nn.LazyLinear(3), lambda: nn.Linear(5, 3), (2, 5)),
        (lambda: nn.LazyConv2d(4, 3), lambda: nn.Conv2d(2, 4, 3), (1, 2, 5, 5)),
        (lambda: nn.LazyConvTranspose1d(4, 3, groups=2), lambda: nn.ConvTranspose1d(2, 4, 3, groups=2), (1, 2, 5)),
    ],
)
def test_a_lazy_layer_draws_its_weights_once(make):
    lazy, plain, shape = make
    x = glassnet.ones(*shape)
    glassnet.manual_seed(0)
    wanted = plain().state_dict()
    after = glassnet.get_rng_state()
    glassnet.manual_seed(0)
    layer = lazy()
    layer(x)
    assert glassnet.get_rng_state() == after
    for name, value in layer.state_dict().items():
        assert value.equal(wanted[name]), name
