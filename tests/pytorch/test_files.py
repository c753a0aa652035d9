"""Files between PyTorch and glassnet: what one writes the other reads, bit for bit."""

import io
from collections import OrderedDict

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.ops.bfloat16 import dtype_name
from glassnet.ops.dtypes import as_dtype
from glassnet.serialization.pt.storages import DTYPES as OF_FILES

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

FORMS = pytest.mark.parametrize("as_archive", [True, False], ids=["archive", "legacy"])
DTYPES = list(OF_FILES)


def theirs(value, as_archive=True):
    file = io.BytesIO()
    torch.save(value, file, _use_new_zipfile_serialization=as_archive)
    file.seek(0)
    return file


def ours(value, as_archive=True):
    file = io.BytesIO()
    glassnet.save(value, file, _use_new_zipfile_serialization=as_archive)
    file.seek(0)
    return file


def same(x, y):
    """Whether two trees of both libraries are the same, tensors by bits and layout."""
    if isinstance(x, torch.Tensor):
        assert x.shape == tuple(y.shape)
        assert x.stride() == y.stride() or not x.numel()
        assert x.requires_grad == y.requires_grad
        assert dtype_name(as_dtype(y.dtype)) == str(x.dtype).removeprefix("torch.")
        if x.dtype == torch.bfloat16:  # which NumPy does not have
            x, y = x.float(), y.float()
        assert x.detach().contiguous().numpy().tobytes() == y.detach().numpy().tobytes()
    elif isinstance(x, dict):
        assert type(x) is type(y)
        assert list(x) == list(y)
        for name in x:
            same(x[name], y[name])
    elif isinstance(x, list | tuple) and not isinstance(x, torch.Size):
        assert type(x) is type(y)
        for each, other in zip(x, y, strict=True):
            same(each, other)
    elif isinstance(x, torch.dtype):
        assert str(x) == f"torch.{y.name}"
    elif isinstance(x, torch.device):
        assert str(x) == str(y)
    else:
        assert x == y


def values():
    base = torch.arange(24.0).reshape(2, 3, 4)
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.LSTM(2, 3))
    optimizer = torch.optim.Adam(model.parameters())
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    return {
        "dtypes": [torch.arange(6).reshape(2, 3).to(getattr(torch, name)) for name in DTYPES],
        "views": [base, base[1:], base.permute(2, 0, 1), base[:, ::2, 1], base[0, 0, :1].expand(5, 1), base.mT],
        "empty": [torch.zeros(0, 3), torch.tensor(1.5), torch.tensor([])],
        "checkpoint": {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "best": 0.5},
        "plain": [OrderedDict(b=1), (1, "é"), {2, "x"}, 1 + 2j, b"\x00\xff", 2**70, -5, None, True, torch.Size([1, 2])],
        "kinds": [torch.float16, torch.int64, torch.device("cpu"), torch.device("cuda", 1)],
        "parameters": [torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2), False)],
        "grad": torch.ones(2, requires_grad=True),
    }


@FORMS
def test_what_pytorch_writes_is_read(as_archive):
    value = values()
    same(value, glassnet.load(theirs(value, as_archive), weights_only=True))


@FORMS
def test_what_is_written_pytorch_reads(as_archive):
    value = values()
    came = glassnet.load(theirs(value))
    same(torch.load(ours(came, as_archive), weights_only=True), came)


@FORMS
def test_memory_is_shared_in_both_ways(as_archive):
    base = torch.zeros(8)
    x, y = glassnet.load(theirs([base[2:], base.view(2, 4)], as_archive))
    x[2] = 5
    assert y[1, 0] == 5
    x, y = torch.load(ours([x, y], as_archive), weights_only=True)
    x[3] = 6
    assert y[1, 1] == 6


def test_numbers_that_numpy_does_not_have_are_read_as_wider_ones():
    assert glassnet.load(theirs(torch.tensor([65535]).to(torch.uint16))).tolist() == [65535]
    with pytest.raises(glassnet.serialization.ModelFileError, match="float8_e5m2"):
        glassnet.load(theirs(torch.ones(1).to(torch.float8_e5m2)))


LAYERS = {
    "Linear": (2, 3), "Conv2d": (1, 2, 3), "BatchNorm1d": (3,), "LayerNorm": (3,), "Embedding": (4, 2), "LSTM": (2, 3),
    "GRU": (2, 3), "Dropout": (0.3,), "MaxPool2d": (2,), "AdaptiveAvgPool2d": (1,), "Flatten": (), "ReLU": (),
    "GELU": (), "Softmax": (1,), "Upsample": (None, 2), "ConvTranspose2d": (2, 1, 3), "GroupNorm": (1, 2), "PReLU": (),
}  # fmt: skip


def test_a_whole_network_of_pytorch_is_read():
    layers = [getattr(torch.nn, name)(*arguments) for name, arguments in LAYERS.items()]
    network = torch.nn.ModuleDict(dict(zip(LAYERS, layers, strict=True))).eval()
    came = glassnet.load(theirs(network))
    same(network.state_dict(), came.state_dict())
    x = np.random.default_rng(0).standard_normal((2, 1, 5, 5)).astype(np.float32)
    mine, their = came["Conv2d"](glassnet.from_numpy(x)), network["Conv2d"](torch.from_numpy(x))
    np.testing.assert_allclose(mine.detach().numpy(), their.detach().numpy(), rtol=1e-5)


def test_a_whole_network_is_read_by_pytorch():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.LayerNorm(4), nn.Dropout(0.5)).eval()
    came = torch.load(ours(model), weights_only=False)
    x = np.ones((2, 3), np.float32)
    np.testing.assert_allclose(came(torch.from_numpy(x)).detach(), model(glassnet.from_numpy(x)).detach().numpy(), 1e-5)


def test_a_file_can_be_mapped_into_memory(tmp_path):
    glassnet.save({"a": glassnet.ones(3), "b": glassnet.arange(5)}, tmp_path / "x.pt")
    assert torch.load(tmp_path / "x.pt", mmap=True, weights_only=True)["b"].tolist() == [0, 1, 2, 3, 4]
