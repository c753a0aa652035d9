"""The memory that model files take: no more than the numbers in them need, whatever they claim."""

import json
import os

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.serialization import DescriptionError, ModelFileError, build, load_metadata, network, read_model
from glassnet.serialization.network import _arguments
from tests.growth import peak

MB = 2**20


def with_network(path, description, numbers=None):
    """A model file at ``path``, whose description says what it likes."""
    metadata = {"glassnet_format": "1", "network": json.dumps(description)}
    glassnet.save({"x": np.zeros(1)} if numbers is None else numbers, path, metadata)
    return path


# files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [2, 2**26 + 1, 3 * 2**30 - 8, 2**40])
@pytest.mark.parametrize("begin", [b"{}", b"\0\0"])
def test_a_header_is_doubted_before_the_file_is_read(tmp_path, length, begin):
    """The file has holes: it says that it has 3 GB, and fills none of them."""
    path = tmp_path / "sparse.safetensors"
    path.write_bytes(length.to_bytes(8, "little") + begin)
    os.truncate(path, 3 * 2**30)
    for read in (glassnet.load, load_metadata, read_model):
        with pytest.raises(ModelFileError) as raised:
            read(path)
        assert "\n" not in str(raised.value)
        assert peak(read, path) < MB


def test_a_header_is_no_larger_in_memory_than_it_has_to_be(tmp_path):
    """Each of these values is two letters there, and 64 bytes here."""
    header = b'{"x":[' + b"[]," * 5_000_000 + b"0]}"
    (tmp_path / "x").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(ModelFileError, match="its header is no JSON: it holds more than 5,000,000 values"):
        glassnet.load(tmp_path / "x")
    assert peak(glassnet.load, tmp_path / "x") < 4 * len(header)


def test_numbers_that_the_network_does_not_have_are_not_read(tmp_path):
    path = with_network(tmp_path / "x", {"type": "ReLU"}, {"x": np.zeros(MB)})
    with pytest.raises(ModelFileError, match="x is too many"):
        read_model(path)
    assert peak(read_model, path) < MB


@pytest.mark.parametrize("kind", ["model", "checkpoint"])
def test_each_number_is_in_memory_once(tmp_path, kind):
    """While it is read; and not at all, beside the network's own, while it is written."""
    model = nn.Sequential(nn.Linear(1000, 1000), nn.PReLU(300_000))
    value = {"epoch": 3, "model": [model.state_dict()]}
    numbers = sum(x.nbytes for x in model.parameters())
    path = tmp_path / "x"
    writing = peak(glassnet.save_model, model, path) if kind == "model" else peak(glassnet.save, value, path)
    assert writing < (0.2 if kind == "checkpoint" else 1.2) * numbers  # a network is built to compare with
    assert peak(read_model if kind == "model" else glassnet.load, path) < 1.3 * numbers


# descriptions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [2**20, pytest.param(2**40, marks=pytest.mark.slow("a smaller one is quick"))])
def test_no_layer_makes_more_numbers_than_the_file_has(tmp_path, subtests, size):
    """Whatever its arguments are, alone or many times."""
    for name, kind in network.layers().items():
        arguments = {
            argument: size if str(parameter.annotation) == "int" else [size, size]
            for argument, parameter in _arguments(kind).items()
            if str(parameter.annotation).startswith(("int", "Sequence[int]"))
        }
        layer = {"type": name} | arguments
        layers = {"type": "Sequential", "modules": {str(n): layer for n in range(20)}}
        for description in (layer, layers):
            with subtests.test(name=name):
                path = with_network(tmp_path / "x", description)
                assert peak(read_model, path) < 8 * MB


def test_a_small_file_cannot_describe_a_large_network(tmp_path):
    layers = {str(n): {"type": "PReLU", "num_parameters": 2**19} for n in range(300)}
    path = with_network(tmp_path / "x", {"type": "Sequential", "modules": layers})
    assert path.stat().st_size < 19_000
    message = r"layer 1: PReLU\(num_parameters=524288\) cannot be built: it needs 524,288 numbers, and there is room"
    with pytest.raises(ModelFileError, match=message):
        read_model(path)
    assert peak(read_model, path) < 8 * MB


def test_a_layer_that_comes_again_takes_no_more_room():
    layers = {"0": {"type": "PReLU", "num_parameters": 100}} | {str(n): {"same_as": "0"} for n in range(1, 1000)}
    module = build({"type": "Sequential", "modules": layers}, fill=False, largest=20_000)
    assert module[999] is module[0]


MANY = {
    "one inside another": {
        "type": "TransformerEncoder",
        "modules": {"layers": {"type": "ModuleList", "modules": {"0": None}}},
    },
    "small ones": {"type": "TransformerEncoderLayer", "d_model": 1, "nhead": 1, "dim_feedforward": 1},
    "without weights": {"type": "ReLU"},
    "one of many": {"type": "LSTM", "input_size": 1, "hidden_size": 1, "num_layers": 50_000, "bias": False},
    "one that makes many": {"type": "TextReader", "words": 2, "classes": 2, "hidden": [1] * 40_000},
}


@pytest.mark.slow("a description of 70,000 layers")
@pytest.mark.parametrize("layer", MANY.values(), ids=MANY)
def test_a_description_cannot_make_many_layers_of_few_weights(layer):
    """Each takes time and memory, whatever it holds. However long the file is, few are built."""
    layers = {str(n): layer for n in range(70_000)}
    with pytest.raises(DescriptionError, match="numbers, and there is room for"):
        build({"type": "Sequential", "modules": layers}, fill=False, largest=2**20)


@pytest.mark.slow("it takes tens of thousands of layers")
def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    model = nn.Sequential(*(nn.ReLU() for _ in range(66_000)))
    with pytest.raises(DescriptionError, match="room"):
        glassnet.save_model(model, tmp_path / "x")
    assert not (tmp_path / "x").exists()
    small = nn.Sequential(*(nn.Linear(1, 1) for _ in range(10_000)))  # however many there are, with weights
    glassnet.save_model(small, tmp_path / "x")
    assert len(glassnet.load_model(tmp_path / "x")) == 10_000


def test_what_was_limited_is_limited_no_more():
    with pytest.raises(DescriptionError, match="it needs 200 numbers, and there is room for 84"):
        build({"type": "Linear", "in_features": 2, "out_features": 200}, largest=500)
    assert nn.PReLU(100).weight.shape == (100,)


def test_a_long_name_is_not_in_memory_once_for_each_layer_below_it(tmp_path):
    inner = {str(n): {"type": "ReLU"} for n in range(2000)}
    outer = {"x" * 100_000: {"type": "Sequential", "modules": inner}}
    path = with_network(tmp_path / "x", {"type": "Sequential", "modules": outer})
    assert peak(read_model, path) < 8 * MB


def test_containers_in_containers_have_no_more_paths_than_can_be_walked(tmp_path):
    """Each has the one before in it twice: of these 30, in a file of 2 kB, there are a billion paths."""
    description = {"type": "ReLU"}
    for depth in range(30):
        first = ".".join(["0"] * (30 - depth))
        description = {"type": "Sequential", "modules": {"0": description, "1": {"same_as": first}}}
    path = with_network(tmp_path / "x", description)
    with pytest.raises(ModelFileError, match="expected layers whose paths have at most 16,777,216 letters together"):
        read_model(path)
    assert peak(read_model, path) < MB


@pytest.mark.parametrize("around", [nn.Sequential, lambda m: nn.ModuleList([m]), lambda m: nn.ModuleDict({"0": m})])
def test_what_can_be_saved_is_not_too_deep_to_be_read(tmp_path, around):
    module = nn.ReLU()
    for _ in range(40):
        module = around(module)
    glassnet.save_model(module, tmp_path / "x")
    assert repr(glassnet.load_model(tmp_path / "x")) == repr(module)
    with pytest.raises(DescriptionError, match="at most 40 deep within each other"):
        glassnet.save_model(around(module), tmp_path / "x")
