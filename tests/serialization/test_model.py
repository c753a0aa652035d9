import json
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet
from glassnet import nn, optim, serialization
from glassnet.files import replace_file
from glassnet.nn.utils import parametrizations
from glassnet.nn.utils.parametrize import computed_attributes
from glassnet.serialization import DescriptionError, ModelFileError, load_metadata, read_model


def small():
    return nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Dropout(0.2), nn.Linear(2, 2, bias=False))


@pytest.fixture
def path(tmp_path):
    glassnet.save_model(small(), tmp_path / "m.safetensors", {"classes": ["no", "yes"]})
    return tmp_path / "m.safetensors"


def changed(path, tensors=None, **metadata):
    """The file at ``path`` with other tensors and other texts in its metadata."""
    there = glassnet.load(path) | (tensors or {})
    texts = load_metadata(path) | metadata
    tensors = {name: x for name, x in there.items() if x is not None}
    glassnet.save(tensors, path, {name: text for name, text in texts.items() if text is not None})


# what comes back ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [glassnet.float16, glassnet.float32, glassnet.float64])
@pytest.mark.parametrize("training", [True, False])
def test_the_network_comes_back(tmp_path, dtype, training):
    model = small().to(dtype).train(training)
    glassnet.save_model(model, tmp_path / "m", {"classes": ["아니오", "예"]})
    again, extra = read_model(tmp_path / "m")
    assert repr(again) == repr(model)
    assert again.training is training
    assert all(layer.training is training for layer in again)
    assert extra == {"classes": ["아니오", "예"]}
    for (name, x), (name_again, y) in zip(model.named_parameters(), again.named_parameters(), strict=True):
        assert name == name_again
        assert y.requires_grad
        assert y.dtype == dtype
        assert (x.detach().numpy() == y.detach().numpy()).all()


def test_a_transformer_comes_back(tmp_path):
    layer = nn.TransformerEncoderLayer(4, 2, 8, activation=nn.ELU(0.5))
    model = nn.Transformer(4, 2, custom_encoder=nn.TransformerEncoder(layer, 2), num_decoder_layers=1).eval()
    glassnet.save_model(model, tmp_path / "m")
    again = glassnet.load_model(tmp_path / "m")
    src, tgt = glassnet.randn(5, 3, 4), glassnet.randn(6, 3, 4)
    assert (again(src, tgt) == model(src, tgt)).all()


def within_a_layer():
    layer = nn.TransformerEncoderLayer(4, 2, 8, activation=nn.utils.weight_norm(nn.PReLU(8)))
    parametrizations.spectral_norm(layer.linear1)
    nn.utils.weight_norm(layer.self_attn.out_proj)
    return layer


def with_many_steps():
    layer = parametrizations.spectral_norm(nn.Linear(4, 3), eps=1e-9)
    layer.parametrizations.weight[0].n_power_iterations = 10**6  # none of which are made when it is loaded
    return layer


COMPUTED = {
    "weight norm": lambda: nn.utils.weight_norm(nn.Linear(4, 3)),
    "weight norm of all": lambda: nn.utils.weight_norm(nn.Linear(4, 3), dim=None),
    "spectral norm": lambda: nn.utils.spectral_norm(nn.Linear(4, 3), n_power_iterations=3, eps=1e-6),
    "both, of two tensors": lambda: nn.utils.spectral_norm(nn.utils.weight_norm(nn.Linear(4, 3), "bias")),
    "parametrized weight norm": lambda: parametrizations.weight_norm(nn.Linear(4, 3), dim=1),
    "parametrized spectral norm": with_many_steps,
    "parametrized bias": lambda: parametrizations.spectral_norm(nn.Linear(4, 3), "bias"),
    "two after each other": lambda: parametrizations.spectral_norm(parametrizations.weight_norm(nn.Linear(4, 3))),
    "pruned": lambda: nn.utils.prune.l1_unstructured(nn.Linear(4, 3), "weight", 0.5),
    "pruned twice, bias too": lambda: nn.utils.prune.random_unstructured(
        nn.utils.prune.l1_unstructured(nn.utils.prune.ln_structured(nn.Linear(4, 3), "weight", 1, 2, 0), "weight", 3),
        "bias",
        1,
    ),
    "orthogonal columns": lambda: parametrizations.orthogonal(nn.Linear(3, 4)),
    "orthogonal rows": lambda: parametrizations.orthogonal(nn.Linear(4, 3), orthogonal_map="cayley"),
    "orthogonal, by reflections": lambda: parametrizations.orthogonal(
        nn.Linear(3, 4), orthogonal_map="householder", use_trivialization=False
    ),
    "recurrent": lambda: nn.Sequential(nn.utils.weight_norm(nn.LSTM(4, 3), "weight_hh_l0")),
    "convolutions": lambda: nn.Sequential(parametrizations.weight_norm(nn.ConvTranspose1d(2, 3, 2)), nn.ReLU()),
    "within a layer": within_a_layer,
    "in two places": lambda: nn.Sequential(*[nn.utils.weight_norm(nn.Linear(4, 4))] * 2),
}


@pytest.mark.parametrize("name", COMPUTED)
def test_what_is_computed_comes_back(tmp_path, name):
    model = COMPUTED[name]().eval()
    before = glassnet.get_rng_state()
    glassnet.save_model(model, tmp_path / "m")
    again = glassnet.load_model(tmp_path / "m")
    assert glassnet.get_rng_state() == before
    assert repr(again) == repr(model)
    assert serialization.describe(again) == serialization.describe(model)
    assert list(again.state_dict()) == list(model.state_dict())
    for inner, inner_again in zip(model.modules(), again.modules(), strict=True):
        for tensor in computed_attributes(inner):
            assert (getattr(inner, tensor) == getattr(inner_again, tensor)).all(), tensor
    with glassnet.no_grad():
        for p, q in zip(model.parameters(), again.parameters(), strict=True):
            assert (p == q).all()


def test_what_is_computed_learns_as_before(tmp_path):
    model = nn.Sequential(nn.utils.weight_norm(nn.Linear(4, 3)), parametrizations.spectral_norm(nn.Linear(3, 2)))
    glassnet.save_model(model, tmp_path / "m")
    results = []
    for each in (model, glassnet.load_model(tmp_path / "m")):
        optimizer = optim.Adam(each.parameters())
        for _ in range(3):
            loss = each(glassnet.ones(1, 4)).square().sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        results.append(loss.item())
    assert results[0] == results[1]


def test_a_loaded_network_computes_and_learns_as_before(tmp_path):
    model = small().eval()
    glassnet.save_model(model, tmp_path / "m")
    again = glassnet.load_model(tmp_path / "m")
    x = glassnet.randn(5, 3)
    assert (again(x) == model(x)).all()
    again(x).sum().backward()
    assert again[0].weight.grad.shape == (2, 3)


def test_saving_and_loading_leave_the_random_numbers_alone(tmp_path):
    model = small()
    before = glassnet.get_rng_state()
    glassnet.save_model(model, tmp_path / "m")
    glassnet.load_model(tmp_path / "m")
    assert glassnet.get_rng_state() == before


def test_shared_layers_are_shared_again(tmp_path):
    layer = nn.Linear(2, 2)
    glassnet.save_model(nn.Sequential(layer, layer), tmp_path / "m")
    again = glassnet.load_model(tmp_path / "m")
    assert again[0] is again[1]
    assert len(list(again.parameters())) == 2


def test_the_file_says_what_it_is(path):
    metadata = load_metadata(path)
    assert metadata["glassnet"] == glassnet.__version__
    assert metadata["glassnet_format"] == "1"
    assert json.loads(metadata["network"])["modules"]["0"]["in_features"] == 3


def test_equal_networks_are_equal_bytes(tmp_path):
    model = small()
    for name in "ab":
        glassnet.save_model(model, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


# what cannot be saved -----------------------------------------------------------------------------


class Net(nn.Module):
    pass


def with_surplus():
    model = small()
    model[0].register_buffer("seen", glassnet.zeros(3))
    return model


def with_another_shape():
    model = small()
    model[0].weight = nn.Parameter(glassnet.zeros(5, 3))
    return model


@pytest.mark.parametrize(
    ("model", "extra", "error", "message"),
    [
        (Net, None, DescriptionError, "is a Net, which a file cannot describe"),
        (with_surplus, None, DescriptionError, "from the description would differ: 0.seen is too many; save the weigh"),
        (with_another_shape, None, DescriptionError, r"would differ: 0.weight should be \[2, 3\] and is \[5, 3\]"),
        (small, {"x": object()}, TypeError, "not JSON serializable"),
    ],
)
def test_what_cannot_be_saved_leaves_no_file(tmp_path, model, extra, error, message):
    with pytest.raises(error, match=message):
        glassnet.save_model(model(), tmp_path / "m", extra)
    assert not list(tmp_path.iterdir())


# what cannot be loaded ----------------------------------------------------------------------------

LINEAR = {"type": "Linear", "in_features": 3, "out_features": 2}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"network": None},
            "it holds tensors, but no description of a network; build the network yourself, then model",
        ),
        ({"network": "{"}, "its network is not valid JSON .*; the file was edited: use the original"),
        ({"network": "[" * 100_000}, "its network is not valid JSON"),
        ({"network": "[]"}, r'the network: expected a layer as {"type": …}, got \[\]; the description was edited'),
        (
            {"network": '{"type": "Linaer"}'},
            "the network: unknown layer 'Linaer': .* .did you mean Linear.*; the descr",
        ),
        ({"network": json.dumps(LINEAR | {"in_features": 0})}, "Linear.* cannot be built"),
        (
            {"network": json.dumps(LINEAR | {"in_features": 10**7})},
            "cannot have in_features=10000000: there are not that",
        ),
        (
            {"network": json.dumps(LINEAR)},
            "not fit the network it describes: weight is missing, bias is missing, 0.wei",
        ),
        (
            {"glassnet_format": "2"},
            "written in format 2 by glassnet .*, but this glassnet reads up to format 1; instal",
        ),
        ({"glassnet_format": "two"}, "expected the format of the file as a number, got 'two'"),
        ({"glassnet_format": None}, "expected the format of the file as a number, got ''"),
        ({"glassnet_format": "9" * 5000}, "expected the format of the file as a number, got '999"),
        ({"extra": "[]"}, r"its extra is no object, but \[\]"),
        ({"extra": "{,}"}, "its extra is not valid JSON"),
        ({"tensors": {"0.bias": None}}, "the weights do not fit the network it describes: 0.bias is missing; the file"),
        ({"tensors": {"9.bias": np.zeros(1)}}, "9.bias is too many"),
        ({"tensors": {str(n): np.zeros(1) for n in range(9)}}, "4 is too many, 5 is too many and 3 more; the file"),
        ({"tensors": {"0.bias": np.zeros(3)}}, r"0.bias should be \[2\] and is \[3\]"),
        ({"tensors": {"0.bias": np.zeros(2, int)}}, "0.bias should be float32 and is int64"),
    ],
)
def test_an_edited_file_is_one_error(path, changes, message):
    changed(path, **changes)
    with pytest.raises(ModelFileError, match=message) as raised:
        glassnet.load_model(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)


def test_texts_that_say_little_are_not_needed(path):
    changed(path, extra=None, mode=None, glassnet=None)
    model, extra = read_model(path)
    assert extra == {}
    assert model.training


def attempt(path, data):
    """Whether ``data`` is a whole model; the one error is the only other way it may end."""
    path.write_bytes(data)
    try:
        glassnet.load_model(path)
    except ModelFileError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return False
    return True


def test_a_file_cut_off_anywhere_is_the_one_error(path):
    data = path.read_bytes()
    assert attempt(path, data)
    for length in range(len(data)):
        assert not attempt(path, data[:length]), length


def test_a_byte_changed_anywhere_in_the_header_is_the_one_error_or_a_whole_model(path):
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    flips = [(place, bit) for place in range(end) for bit in (1, 4, 16, 128)]
    for place, bit in flips:
        attempt(path, data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])


@given(st.data())
def test_bytes_put_in_taken_out_or_replaced_are_the_one_error_or_a_whole_model(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("edited") / "m"
    glassnet.save_model(nn.Sequential(nn.Linear(2, 2)), path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        stop = data.draw(st.integers(start, min(start + 4, len(content))))
        content[start:stop] = data.draw(st.binary(max_size=4) | st.sampled_from([b"0", b"9", b'"', b"{", b"}", b","]))
    attempt(path, bytes(content))


def test_a_description_of_terabytes_allocates_nothing(path):
    if not hasattr(os, "fork"):
        pytest.skip("needs a limit on memory, which this system does not have")
    import resource

    network = {"type": "Sequential", "modules": {"0": LINEAR | {"in_features": 10**6, "out_features": 10**5}}}
    changed(path, network=json.dumps(network))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelFileError):
        glassnet.load_model(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


def test_a_half_written_model_is_never_there(path, monkeypatch):
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        glassnet.save_model(small(), path)
    assert path.read_bytes() == before
    monkeypatch.undo()
    replace_file(path, b"")
    with pytest.raises(ModelFileError, match="the file is empty"):
        glassnet.load_model(path)
