import inspect
import json
from collections import OrderedDict
from contextlib import suppress

import numpy as np
import pytest

import glassnet
from glassnet import networks, nn
from glassnet.nn.utils import parametrizations
from glassnet.nn.utils.parametrize import register_parametrization
from glassnet.serialization import DescriptionError, build, describe
from glassnet.serialization.network import _arguments, layers

# A network of every class whose constructor needs arguments, or takes some that are not its defaults.
LAYERS = [
    nn.Linear(3, 2),
    nn.Linear(3, 2, bias=False),
    nn.NonDynamicallyQuantizableLinear(3, 2),
    nn.Bilinear(3, 4, 2),
    nn.Bilinear(3, 4, 2, bias=False),
    nn.Flatten(0, -2),
    nn.Unflatten(1, (2, -1)),
    nn.Unflatten(-1, [4, 5]),
    nn.Dropout(0.25, inplace=True),
    *(getattr(nn, f"MaxPool{n}d")(3, 2, 1, ceil_mode=True, return_indices=True) for n in (1, 2, 3)),
    *(getattr(nn, f"MaxUnpool{n}d")(3, 2, padding=1) for n in (1, 2, 3)),
    *(getattr(nn, f"AvgPool{n}d")(3, 2, 1, count_include_pad=False) for n in (1, 2, 3)),
    *(getattr(nn, f"LPPool{n}d")(1.5, 3, ceil_mode=True) for n in (1, 2, 3)),
    *(getattr(nn, f"Adaptive{kind}Pool{n}d")(2) for kind in ("Avg", "Max") for n in (1, 2, 3)),
    nn.FractionalMaxPool2d(2, output_ratio=(0.5, 0.7), return_indices=True),
    nn.FractionalMaxPool3d((2, 3, 2), 4),
    nn.AvgPool2d((3, 2), (2, 1), divisor_override=4),
    nn.AdaptiveMaxPool2d((None, 3), return_indices=True),
    nn.Conv2d(4, 6, (3, 1), 2, 1, groups=2, bias=False, padding_mode="reflect"),
    nn.Conv2d(4, 6, 3, padding="same"),
    *(getattr(nn, f"Conv{n}d")(4, 6, 3) for n in (1, 2, 3)),
    *(getattr(nn, f"ConvTranspose{n}d")(4, 6, 3, stride=2, output_padding=1, dilation=2) for n in (1, 2, 3)),
    *(getattr(nn, f"LazyConv{n}d")(6, 3, padding=1) for n in (1, 2, 3)),
    *(getattr(nn, f"LazyConvTranspose{n}d")(6, 3, bias=False) for n in (1, 2, 3)),
    nn.LazyLinear(3),
    *(
        getattr(nn, f"{kind}Pad{n}d")(1)
        for kind in ("Circular", "Reflection", "Replication", "Zero")
        for n in (1, 2, 3)
    ),
    *(getattr(nn, f"ConstantPad{n}d")(2, 1.5) for n in (1, 2, 3)),
    nn.ZeroPad2d((1, 0, 2, 0)),
    nn.Unfold(3, stride=(1, 2)),
    nn.Fold((4, 5), 2),
    nn.ChannelShuffle(2),
    nn.PixelShuffle(2),
    nn.PixelUnshuffle(3),
    nn.Upsample((3, 4), mode="bilinear", align_corners=True),
    nn.UpsamplingNearest2d(scale_factor=(1.5, 2)),
    nn.Identity(54, unused=3),
    nn.AdaptiveLogSoftmaxWithLoss(8, 20, [4, 9], 2.0, True),
    nn.Embedding(10, 3),
    nn.Embedding(10, 3, padding_idx=-1),
    nn.Embedding(10, 3, None, 2.0, 1.0, True, True),
    nn.EmbeddingBag(10, 3, mode="max", include_last_offset=True, padding_idx=2),
    nn.MultiheadAttention(4, 2),
    nn.MultiheadAttention(4, 2, 0.25, False, True, True, kdim=3, vdim=5, batch_first=True),
    nn.RNN(3, 2, nonlinearity="relu", bidirectional=True),
    nn.LSTM(3, 4, num_layers=2, batch_first=True, dropout=0.5, proj_size=2),
    nn.GRU(3, 2, bias=False),
    nn.RNNBase("RNN_RELU", 3, 2),
    nn.RNNCell(3, 2, nonlinearity="relu"),
    nn.LSTMCell(3, 2, bias=False),
    nn.GRUCell(3, 2),
    nn.RNNCellBase(3, 2, True, 2),
    nn.TransformerEncoderLayer(4, 2, 8),
    nn.TransformerEncoderLayer(4, 2, 8, 0.25, "gelu", 1e-3, True, True, False),
    nn.TransformerDecoderLayer(4, 2, 8, batch_first=True),
    nn.TransformerEncoderLayer(4, 2, 8, activation=nn.LeakyReLU(0.3)),
    nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2, mask_check=False),
    nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, activation=nn.GELU("tanh")), 2, nn.RMSNorm(4)),
    nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8, 0.25, "gelu"), 3, nn.LayerNorm(4, eps=1e-3)),
    nn.Transformer(4, 2, 1, 2, 8, batch_first=True),
    nn.Transformer(4, 2, custom_encoder=nn.Linear(4, 4), custom_decoder=nn.Identity()),
    nn.Sequential(nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 1), nn.Linear(4, 2)),
    networks.Forecaster(3, [8, 4], "gru", "tanh", 0.25),
    networks.TextReader(20, 3, 4, [8], "lstm"),
    nn.Sequential(),
    nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Flatten())),
    nn.Sequential(OrderedDict(first=nn.Linear(2, 3), then=nn.Identity())),
    nn.ModuleList([nn.Linear(1, 1), nn.Flatten()]),
    nn.ModuleDict({"a": nn.Linear(1, 1), "b": nn.Flatten()}),
    nn.LeakyReLU(0.3),
    nn.ELU(2.0),
    nn.CELU(0.5),
    nn.GELU(approximate="tanh"),
    nn.Hardtanh(-2.0, 3.0),
    nn.Threshold(0.1, 20),
    nn.PReLU(5),
    nn.Softplus(2, 10),
    nn.BatchNorm1d(3, eps=1e-3, momentum=None, bias=False),
    nn.BatchNorm2d(3, track_running_stats=False),
    nn.BatchNorm3d(3, affine=False),
    nn.SyncBatchNorm(3),
    nn.InstanceNorm1d(3, affine=True, track_running_stats=True),
    nn.InstanceNorm2d(3),
    nn.InstanceNorm3d(3),
    nn.LayerNorm([2, 3], elementwise_affine=False),
    nn.LayerNorm(3, bias=False),
    nn.RMSNorm(3, eps=0.1),
    nn.GroupNorm(2, 4, affine=False),
    nn.LocalResponseNorm(3, alpha=0.1, k=2),
    nn.CrossMapLRN2d(4, beta=0.5),
    nn.Softmax(1),
    nn.LogSoftmax(-1),
]


def ids(layers):
    return [f"{number}-{type(layer).__name__}" for number, layer in enumerate(layers)]


def through_json(description):
    return json.loads(json.dumps(description, allow_nan=False))


@pytest.mark.parametrize("layer", LAYERS, ids=ids(LAYERS))
def test_what_is_described_is_built(layer):
    again = build(through_json(describe(layer)))
    assert type(again) is type(layer)
    assert repr(again) == repr(layer)
    assert describe(again) == describe(layer)
    shapes = {name: x.shape for name, x in layer.state_dict().items()}
    assert {name: x.shape for name, x in again.state_dict().items()} == shapes


@pytest.mark.parametrize("name", layers())
def test_every_layer_keeps_the_arguments_it_was_made_with(name):
    """One that does not would be saved, and come back as another."""
    kind = layers()[name]
    parameters = inspect.signature(kind).parameters.values()
    needed = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if needed:
        assert any(type(layer) is kind for layer in LAYERS), f"add a {name} to LAYERS"
    else:
        layer = kind()
        assert repr(build(through_json(describe(layer)))) == repr(layer)


def test_a_layer_reads_as_its_constructor_call():
    assert describe(nn.Linear(64, 10)) == {"type": "Linear", "in_features": 64, "out_features": 10, "bias": True}
    assert describe(nn.Sequential(nn.Flatten())) == {
        "type": "Sequential",
        "modules": {"0": {"type": "Flatten", "start_dim": 1, "end_dim": -1}},
    }


def test_sizes_may_be_numpy_numbers():
    size = np.int64(3)
    assert through_json(describe(nn.Linear(size, 2)))["in_features"] == 3


def test_building_draws_new_weights_and_not_filling_draws_none():
    description = describe(nn.Linear(3, 3))
    first, second = build(description), build(description)
    assert (first.weight != second.weight).all()
    of_layers = describe(nn.TransformerEncoderLayer(4, 2, 8))  # which has layers within it
    before = glassnet.get_rng_state()
    build(of_layers, fill=False)
    unfilled = build(description, fill=False)
    assert glassnet.get_rng_state() == before
    assert type(unfilled) is nn.Linear
    unfilled.reset_parameters()
    assert (unfilled.weight.abs() <= 1 / np.sqrt(3)).all()


def test_one_module_in_two_places_stays_one():
    shared = nn.Linear(2, 2)
    again = build(through_json(describe(nn.Sequential(shared, nn.Sequential(nn.Flatten(), shared)))))
    assert again[0] is again[1][1]


def test_an_empty_place_stays_empty():
    modules = nn.ModuleDict({"a": nn.Flatten(), "b": None})
    assert build(through_json(describe(modules)))["b"] is None


def test_layers_of_a_stack_keep_what_became_of_them():
    """A stack is not described by the layer that it was copied from: each may be another since."""
    stack = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 3)
    stack.layers[1], stack.layers[2].dropout.p = stack.layers[0], 0.75
    again = build(through_json(describe(stack)))
    assert again.layers[1] is again.layers[0]
    assert again.layers[2].dropout.p == 0.75
    without = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 1, nn.LayerNorm(4))
    without.norm = None
    assert build(through_json(describe(without))).norm is None


# what cannot be described -------------------------------------------------------------------------


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)


class Linear(nn.Linear):
    """Not glassnet's."""


class Doubled(nn.Module):
    def forward(self, x):
        return 2 * x


def tied():
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    second.weight = first.weight
    return nn.Sequential(first, nn.Sequential(second))


def odd():
    layer = nn.Flatten()
    layer.start_dim = object()
    return nn.Sequential(nn.Sequential(layer))


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (
            Net(),
            "the network is a Net, which a file cannot describe .*glassnet.save.model.state_dict.*with nn.Sequential",
        ),
        (nn.Sequential(nn.Flatten(), Net()), "layer 1 is a Net, which a file cannot describe"),
        (Linear(2, 2), "the network is a Linear, which a file cannot describe"),
        (
            nn.Sequential(register_parametrization(nn.Linear(2, 2), "weight", Doubled())),
            "layer 0 has a parametrization Doubled, which a file cannot describe .*; take it off .*, or save the weigh",
        ),
        (
            register_parametrization(parametrizations.weight_norm(nn.Linear(2, 2)), "weight", nn.Tanh()),
            "the network has a parametrization Tanh, which a file cannot describe .it can describe weight_norm, spect",
        ),
        (tied(), "the parameter 1.0.weight is shared with another layer, .*; use one module in both places, or save"),
        (odd(), r"layer 0.0 has start_dim=<object .*, which a description cannot hold"),
        (
            nn.Sequential(nn.ModuleList([nn.ParameterList()])),
            "layer 0.0 is a ParameterList, which a file cannot describe",
        ),
        (
            nn.TransformerEncoderLayer(4, 2, 8, activation=abs),
            "the network has activation=<built-in function abs>, which a description cannot hold",
        ),
        (
            nn.CrossEntropyLoss(weight=glassnet.ones(2)),
            "the network has weight=tensor.*, which a description cannot hold",
        ),
    ],
)
def test_what_cannot_be_described_says_what_to_do(module, message):
    with pytest.raises(DescriptionError, match=message):
        describe(module)


def test_only_modules_are_described():
    with pytest.raises(TypeError, match="describe: expected a Module, got dict"):
        describe({})


# what cannot be built -----------------------------------------------------------------------------

FLATTEN = {"type": "Flatten", "start_dim": 1, "end_dim": -1}


def inside(description, depth=1):
    for _ in range(depth):
        description = {"type": "Sequential", "modules": {"0": description}}
    return description


def encoder(modules):
    return {"type": "TransformerEncoder", "enable_nested_tensor": True, "mask_check": True, "modules": modules}


def computed(how):
    return {"type": "Linear", "in_features": 2, "out_features": 2, "computed": how}


@pytest.mark.parametrize(
    ("description", "message"),
    [
        (None, 'the network: expected a layer as {"type": …}, got None'),
        ([FLATTEN], "the network: expected a layer"),
        (inside("Flatten"), "layer 0: expected a layer as .*, got 'Flatten'"),
        ({}, "the network: unknown layer None: glassnet.nn has none of that name"),
        ({"type": ["Linear"]}, "unknown layer .'Linear'.: glassnet.nn has none"),
        (
            inside({"type": "Linaer"}, 2),
            "layer 0.0: unknown layer 'Linaer': glassnet.nn has none of that name .did you mean Linear?",
        ),
        ({"type": "Module"}, "unknown layer 'Module'"),
        ({"type": "init"}, "unknown layer 'init'"),
        ({"type": "os.system"}, "unknown layer 'os.system'"),
        ({"type": "Linear", "in_features": 3}, "Linear takes in_features, out_features, bias: needs out_features"),
        ({"type": "Flatten", "start": 1, "x": 2}, "Flatten takes start_dim, end_dim: no argument 'start', no argument"),
        ({"type": "Identity", "args": 1}, "Identity takes no arguments: no argument 'args'"),
        ({"type": "Sequential", "modules": []}, r"expected the modules of a Sequential by name, got \[\]"),
        ({"type": "Sequential", "bias": True}, "Sequential takes no arguments: no argument 'bias'"),
        (inside(inside({"same_as": "7"})), "layer 0.0: expected the path of an earlier layer, got '7'"),
        (inside({"same_as": ""}), "layer 0: expected the path of an earlier layer, got ''"),
        ({"same_as": [1]}, r"expected the path of an earlier layer, got \[1\]"),
        ({"type": "Sequential", "modules": {"": FLATTEN}}, "Sequential.. cannot be built: .*must not be empty"),
        ({"type": "Sequential", "modules": {"forward": FLATTEN}}, "Sequential.. cannot be built: 'forward' is a name"),
        ({"type": "Sequential", "modules": {"0": None}}, "Sequential.. cannot be built: .*expected a module"),
        ({"type": "Linear", "in_features": "3", "out_features": 2}, "Linear takes in_features as int, got '3'"),
        ({"type": "Linear", "in_features": True, "out_features": 2}, "Linear takes in_features as int, got True"),
        ({"type": "Linear", "in_features": 3, "out_features": 2, "bias": 1}, "Linear takes bias as bool, got 1"),
        ({"type": "Linear", "in_features": -3, "out_features": 2}, r"Linear\(in_features=-3, out_features=2\) cannot"),
        ({"type": "Linear", "in_features": 10**30, "out_features": 2}, "cannot be built"),
        ({"type": "Linear", "in_features": 10**9, "out_features": 10**9}, "cannot be built"),
        ({"type": "Dropout", "p": 2}, "Dropout.p=2. cannot be built: .*from 0 to 1"),
        ({"type": "Dropout", "p": "half"}, "Dropout takes p as float, got 'half'"),
        ({"type": "Unflatten", "dim": 1, "unflattened_size": [[1]]}, r"Unflatten takes unflattened_size as Sequence"),
        ({"type": "TransformerEncoder", "num_layers": 9}, "TransformerEncoder takes .*: no argument 'num_layers'"),
        (encoder({"norm": FLATTEN}), r"TransformerEncoder\(.*\) cannot be built: layers"),
        (encoder({"layers": FLATTEN}), r"TransformerEncoder\(.*\) cannot be built: "),
        (
            encoder({"layers": {"type": "ModuleList", "modules": {}}}),
            r"cannot be built: .* num_layers of 1 or more, got 0",
        ),
        (encoder({"layers": [FLATTEN]}), r"layer layers: expected a layer as .*, got \["),
        (
            {"type": "TransformerEncoderLayer", "d_model": 4, "nhead": 2, "activation": {"type": "GELUU"}},
            "layer activation: unknown layer 'GELUU'.*did you mean GELU",
        ),
        (computed([]), r"the network: expected what is computed by name, got \[\]"),
        (computed({"weight": "weight_norm"}), "the network: expected how weight is made, a list of at most 16"),
        (computed({"weight": [{"type": "weight_norm", "dim": 0}] * 17}), "a list of at most 16"),
        (computed({"weight": [{"type": "Doubled"}]}), "how weight is made, one of weight_norm, .*; got {'type': 'Doub"),
        (computed({"weight": [7]}), "how weight is made, one of weight_norm, .*; got 7"),
        (computed({"weight": [{"type": "weight_norm", "x": 1}]}), "weight_norm takes dim: no argument 'x'"),
        (computed({"weight": [{"type": "weight_norm", "dim": "0"}]}), "takes dim as int . None, got '0'"),
        (
            computed({"weight": [{"type": "weight_norm", "dim": 9}]}),
            r"weight_norm\(name='weight', dim=9\) cannot be bui",
        ),
        (computed({"a.weight": [{"type": "weight_norm"}]}), "cannot be built: get_submodule: Linear has no module 'a'"),
        (
            computed({"train": [{"type": "weight_norm"}]}),
            "cannot be built: weight_norm: Linear has no parameter 'train'",
        ),
        (inside(FLATTEN, 3000), "expected containers at most 40 deep within each other, got more"),
    ],
)
def test_what_cannot_be_built_names_the_layer(description, message):
    with pytest.raises(DescriptionError, match=message) as raised:
        build(description, fill=False)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("value", [{"a": 1}, "\0", ["x"], [[1]], 10**30])
def test_an_argument_of_another_kind_is_refused_by_its_type(value):
    """Where its type says so; what is left to the constructor is an error of the same class."""
    for layer in LAYERS:
        description = describe(layer)
        for name in _arguments(type(layer)):
            wrong = {**description, name: value}
            with suppress(DescriptionError):
                build(wrong, fill=False, largest=1000)
    for kind, arguments in (
        ("Conv2d", {"in_channels": 1, "out_channels": 1, "kernel_size": value}),
        ("LSTM", {"input_size": value, "hidden_size": 2}),
        ("Forecaster", {"horizon": 2, "hidden": [value]}),
    ):
        with pytest.raises(DescriptionError):
            build({"type": kind, **arguments}, fill=False, largest=1000)
