"""State: what is in it, that it goes back unchanged, and that what does not fit changes nothing."""

from collections import OrderedDict

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.tensor import Tensor


def network():
    net = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2, bias=False))
    net.register_buffer("mean", glassnet.zeros(2))
    net.register_buffer("count", glassnet.tensor(5))
    net.register_buffer("scratch", glassnet.zeros(7), persistent=False)
    net.register_buffer("nothing", None)
    return net


KEYS = ["mean", "count", "0.weight", "0.bias", "1.weight"]


def values(net):
    return {key: value.array.copy() for key, value in net.state_dict().items()}


def test_the_state_is_detached_and_shares_memory():
    net = network()
    state = net.state_dict()
    assert isinstance(state, OrderedDict)
    assert list(state) == KEYS
    assert all(type(value) is Tensor and not value.requires_grad for value in state.values())
    state["0.weight"].zero_()
    assert not net[0].weight.array.any()
    assert net.state_dict(keep_vars=True)["0.weight"] is net[0].weight


def test_the_state_goes_where_it_is_told():
    destination = {"epoch": 3}
    state = network().state_dict(destination=destination, prefix="net.")
    assert state is destination
    assert list(state) == ["epoch", *(f"net.{key}" for key in KEYS)]


def test_shared_modules_are_under_every_name():
    net = network()
    net.append(net[0])
    assert list(net.state_dict())[-2:] == ["2.weight", "2.bias"]


@pytest.mark.parametrize("form", [lambda x: x, lambda x: x.array, lambda x: x.double()], ids=["tensor", "array", "f8"])
def test_loading_copies_the_values(form):
    source, net = network(), network()
    source.mean += 3
    source.count += 2
    tensors = list(net.state_dict(keep_vars=True).values())
    result = net.load_state_dict({key: form(value) for key, value in source.state_dict().items()})
    assert repr(result) == "<All keys matched successfully>"
    assert result == ([], [])
    for key, value in values(source).items():
        np.testing.assert_array_equal(values(net)[key], value)
    assert all(a is b for a, b in zip(tensors, net.state_dict(keep_vars=True).values(), strict=True))
    assert net[0].weight.dtype == glassnet.float32
    source[0].weight.data.fill_(9)
    assert not (net[0].weight.array == 9).any()


def test_loading_is_seen_by_autograd():
    net = nn.Linear(2, 1)
    y = (net(net.weight.detach()) * net.weight).sum()
    net.load_state_dict(nn.Linear(2, 1).state_dict())
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_loading_in_part():
    net = network()
    before = values(net)
    result = net.load_state_dict({"0.bias": np.ones(3, np.float32), "other": glassnet.zeros(1)}, strict=False)
    assert result.missing_keys == ["mean", "count", "0.weight", "1.weight"]
    assert result.unexpected_keys == ["other"]
    assert repr(result).startswith("_IncompatibleKeys(missing_keys=['mean',")
    assert net[0].bias.tolist() == [1, 1, 1]
    np.testing.assert_array_equal(net[0].weight.array, before["0.weight"])


def test_assigning_puts_the_tensors_in_place():
    net = network()
    net[0].weight.requires_grad = False
    state = {
        key: value.double() if value.is_floating_point() else value for key, value in network().state_dict().items()
    }
    mine = state["0.bias"] = nn.Parameter(state["0.bias"])
    state["count"] = nn.Parameter(glassnet.zeros(()))  # a buffer takes the values, and stays a buffer
    net.load_state_dict(state, assign=True)
    assert net[0].bias is mine
    assert net[0].weight.dtype == glassnet.float64
    assert isinstance(net[0].weight, nn.Parameter)
    assert not net[0].weight.requires_grad
    assert net[1].weight.requires_grad
    assert np.shares_memory(net[0].weight.array, state["0.weight"].array)
    assert net.mean is state["mean"]
    assert list(net.state_dict()) == KEYS


def test_assigning_integers_to_what_is_learned_changes_nothing():
    net = network()
    tensors = net.state_dict(keep_vars=True)
    state = {**network().state_dict(), "1.weight": glassnet.zeros(2, 3).long()}
    with pytest.raises(TypeError, match=r"a floating tensor for 1\.weight, got int64"):
        net.load_state_dict(state, assign=True)
    assert all(value is tensors[key] for key, value in net.state_dict(keep_vars=True).items())


@pytest.mark.parametrize(
    ("change", "strict", "words"),
    [
        (lambda s: s.pop("0.bias"), True, ["missing 0.bias.", "strict=False"]),
        (lambda s: s.update(more=glassnet.zeros(1)), True, ["unexpected more.", "strict=False"]),
        (
            lambda s: s.update({"0.bias": glassnet.zeros(4)}),
            False,
            ["size mismatch: 0.bias is [3] here and [4] in the"],
        ),
        (lambda s: s.update({"count": glassnet.zeros(1)}), True, ["count is [] here and [1] in the state."]),
        (
            lambda s: (s.pop("mean"), s.update(x=s["count"], count=glassnet.zeros(2))),
            True,
            ["this Sequential: missing mean; unexpected x; size mismatch: count is [] here and [2] in the state."],
        ),
        (
            lambda s: s.update({f"k{i}": s["mean"] for i in range(9)}),
            True,
            ["unexpected k0, k1, k2, k3, k4, k5 and 3 more.", "strict=False"],
        ),
    ],
)
@pytest.mark.parametrize("assign", [False, True])
def test_a_state_that_does_not_fit_changes_nothing(change, strict, words, assign):
    net = network()
    before, tensors = values(net), net.state_dict(keep_vars=True)
    state = {key: value + 1 for key, value in net.state_dict().items()}
    change(state)
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state, strict=strict, assign=assign)
    message = str(caught.value)
    for part in ["load_state_dict: the state does not fit this Sequential", "Nothing was changed", *words]:
        assert part in message
    assert ("strict=False" in message) == ("strict=False" in words)
    for key, value in net.state_dict(keep_vars=True).items():
        assert value is tensors[key]
        np.testing.assert_array_equal(value.array, before[key])


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([("0.weight", glassnet.zeros(1))], "expected a dict from names to tensors, got list"),
        ({**network().state_dict(), "count": "five"}, "expected a tensor or an array for count, got str"),
        ({**network().state_dict(), "count": [5]}, "expected a tensor or an array for count, got list"),
        ({**network().state_dict(), "count": np.array("five")}, "expected numbers"),
    ],
)
def test_what_is_no_state_changes_nothing(state, message):
    net = network()
    before = values(net)
    with pytest.raises(TypeError, match=message):
        net.load_state_dict(state)
    for key, value in values(net).items():
        np.testing.assert_array_equal(value, before[key])


@pytest.mark.parity
def test_a_state_travels_to_pytorch_and_back():
    torch = pytest.importorskip("torch")

    def build(nn):
        return nn.Sequential(nn.Linear(3, 4), nn.Embedding(5, 2), nn.ModuleList([nn.Bilinear(2, 3, 4, bias=False)]))

    ours, theirs, back = build(nn), build(torch.nn), build(nn)
    theirs.load_state_dict({key: torch.tensor(value.array) for key, value in ours.state_dict().items()})
    back.load_state_dict(theirs.state_dict())  # anything with __array__ will do
    for a, b in zip(ours.state_dict().values(), back.state_dict().values(), strict=True):
        np.testing.assert_array_equal(a.array, b.array)
