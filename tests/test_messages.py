"""Bad input: what a person is told. Each message names the layer or the argument, what was expected,
what came, and what to do, and nothing has changed when it comes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.nn.functional as F
from glassnet import data, nn, optim
from glassnet.errors import DimensionError, DtypeError, GlassnetWarning, GradientError, ShapeError

NAN = float("nan")


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(4, 3)
        self.fc2 = nn.Linear(3, 2)

    def forward(self, x: gn.Tensor) -> gn.Tensor:
        return self.fc2(self.fc1(x))


def leaf() -> gn.Tensor:
    return gn.ones(3, requires_grad=True)


def scores(n: int = 5) -> gn.Tensor:
    return gn.zeros(n, 10)


def backward_twice() -> None:
    loss = (leaf() * 2).sum()
    loss.backward()
    loss.backward()


def changed_in_place() -> None:
    h = leaf() * 2
    loss = h.exp().sum() + h.square().sum()
    h.add_(1)
    loss.backward()


def clip_nan() -> None:
    x = leaf()
    x.grad = gn.full((3,), NAN)
    nn.utils.clip_grad_norm_([x], 1.0, error_if_nonfinite=True)


def without_super() -> None:
    class Hasty(nn.Module):
        def __init__(self) -> None:
            self.fc = nn.Linear(1, 1)

    Hasty()


Case = tuple[str, Callable[[], Any], type[Exception], list[str]]

CASES: list[Case] = [
    # shapes
    ("images not flattened", lambda: nn.Sequential(nn.Linear(784, 9))(gn.zeros(2, 28, 28)), ShapeError,
     ["in 0 (Linear(in_features=784", "last dimension is 784", "got [2, 28, 28]", "x.flatten(1)"]),
    ("wrong number of features", lambda: Net()(gn.zeros(2, 5)), ShapeError,
     ["in fc1 (Linear(", "last dimension is 4", "the weight is [3, 4]", "got [2, 5]"]),
    ("transposed features", lambda: nn.Linear(4, 3)(gn.zeros(4, 7)), ShapeError, ["is 4", "got [4, 7]", "x.T"]),
    ("matrix product", lambda: gn.zeros(2, 3) @ gn.zeros(2, 3), ShapeError,
     ["matmul", "(3) must equal", "(2)", "[2, 3] and [2, 3]", "b.T"]),
    ("mm of a vector", lambda: gn.zeros(2, 3).mm(gn.zeros(3)), ShapeError, ["2-dimensional", "got [3]", "matmul (@)"]),
    ("rows added to a column", lambda: gn.zeros(64, 10) + gn.zeros(64), ShapeError,
     ["add", "[64, 10] and [64]", "dimension -1 has sizes 10 and 64", "unsqueeze(1)"]),
    ("in place into less", lambda: gn.zeros(3).add_(gn.zeros(2, 3)), ShapeError,
     ["add in place", "[2, 3]", "does not fit into [3]", "makes a new tensor"]),
    ("reshape", lambda: gn.zeros(6).reshape(4, 2), ShapeError, ["[6] has 6 elements", "[4, 2] holds 8"]),
    ("view of a transpose", lambda: gn.zeros(2, 3).T.view(6), ShapeError, ["[3, 2]", "[6]", "use reshape()"]),
    ("cat", lambda: gn.cat([gn.zeros(2, 3), gn.zeros(2, 4)]), ShapeError, ["except in dimension 0", "[2, 3], [2, 4]"]),
    ("stack", lambda: gn.stack([gn.zeros(2), gn.zeros(3)]), ShapeError, ["tensors of one shape", "[2], [3]"]),
    ("largest of nothing", lambda: gn.zeros(0).max(), ShapeError, ["at least one element", "[0]"]),
    ("ragged lists", lambda: gn.tensor([[1, 2], [3]]), ShapeError, ["nested lists of one length", "ragged"]),
    ("labels as a column", lambda: F.cross_entropy(scores(), gn.zeros(5, 1).long()), ShapeError,
     ["labels of shape [5]", "got [5, 1]", "labels.squeeze(1)"]),
    ("too few labels", lambda: F.cross_entropy(scores(), gn.zeros(4).long()), ShapeError, ["[5, 10]", "[5], got [4]"]),
    ("class weights", lambda: F.cross_entropy(scores(), gn.zeros(5).long(), weight=gn.ones(3)), ShapeError,
     ["each of the 10 classes", "[10], got [3]"]),
    ("probabilities as a column", lambda: F.binary_cross_entropy(gn.full((3, 1), 0.5), gn.ones(3)), ShapeError,
     ["shape of the input, [3, 1]", "got [3]", "target.unsqueeze(1)"]),
    # dtypes
    ("doubles into a layer", lambda: Net()(gn.zeros(2, 4, dtype=gn.float64)), DtypeError,
     ["in fc1 (", "dtype float32", "got float64", "x.float()", "net.double()"]),
    ("whole numbers into a layer", lambda: Net()(gn.zeros(2, 4).long()), DtypeError,
     ["in fc1 (", "float32", "got int64", "x.float()"]),
    ("an array into a layer", lambda: Net()(np.zeros((2, 4))), DtypeError,
     ["a tensor, got ndarray", "glassnet.tensor"]),
    ("matrices of two dtypes", lambda: gn.zeros(2, 3) @ gn.zeros(3, 2).double(), DtypeError,
     ["one dtype", "float32 and float64", "x.to("]),
    ("mean of whole numbers", lambda: gn.tensor([1, 2]).mean(), DtypeError, ["floating", "got int64", "x.float()"]),
    ("labels that are not whole", lambda: F.cross_entropy(scores(), gn.zeros(5)), DtypeError,
     ["integer dtype", "got float32", "labels.long()"]),
    ("an index that is not whole", lambda: nn.Embedding(9, 4)(gn.ones(1)), DtypeError,
     ["in Embedding(9, 4)", "integer indices", "got float32", "index.long()"]),
    ("gradients of whole numbers", lambda: gn.tensor([1], requires_grad=True), DtypeError,
     ["floating", "got int64", "x.float()"]),
    ("text", lambda: gn.tensor(["a"]), DtypeError, ["expected numbers", "['a']", "encode"]),
    # dimensions and indices
    ("sum over a dimension too many", lambda: gn.zeros(2, 3).sum(dim=2), DimensionError, ["sum", "-2 and 1", "got 2"]),
    ("softmax over none", lambda: gn.zeros(2, 3).softmax(dim=5), DimensionError, ["softmax", "-2 and 1", "got 5"]),
    ("softmax over which", lambda: F.softmax(gn.zeros(2, 3)), GlassnetWarning,  # a warning is an error in tests
     ["without dim", "along dim=1 of [2, 3]", "say which dimension is meant"]),
    ("index", lambda: gn.zeros(3)[5], IndexError, ["shape [3]", "index 5 is out of bounds"]),
    ("index that is not whole", lambda: gn.zeros(3)[1.5], TypeError, ["ints, slices", "got float"]),
    ("a class too many", lambda: F.cross_entropy(scores(), gn.full((5,), 17)), IndexError,
     ["from 0 to 9", "got 17", "an output for each class"]),
    ("classes from one", lambda: F.cross_entropy(gn.zeros(3, 3), gn.tensor([1, 2, 3])), IndexError,
     ["from 0 to 2", "got 3", "labels - 1"]),
    ("a negative class", lambda: F.cross_entropy(scores(), gn.full((5,), -1)), IndexError,
     ["from 0 to 9", "got -1", "ignore_index=-1"]),
    ("a word too many", lambda: nn.Embedding(9, 4)(gn.tensor([9])), IndexError, ["from 0 to 8", "9 rows", "got 9"]),
    ("one-hot", lambda: F.one_hot(gn.tensor([3]), 2), IndexError, ["from 0 to 1", "got 3"]),
    # arguments
    ("no features", lambda: nn.Linear(0, 4), ValueError, ["Linear", "in_features of 1 or more", "got 0"]),
    ("half a feature", lambda: nn.Linear(2.5, 4), TypeError, ["Linear", "whole number", "2.5"]),
    ("dropout", lambda: nn.Dropout(1.5), ValueError, ["probability p from 0 to 1", "got 1.5"]),
    ("reduction", lambda: F.mse_loss(gn.ones(2), gn.ones(2), reduction="avg"), ValueError, ['"mean"', "got 'avg'"]),
    ("not probabilities", lambda: F.binary_cross_entropy(gn.full((3,), 1.5), gn.ones(3)), IndexError,
     ["from 0 to 1", "got 1.5", "binary_cross_entropy_with_logits"]),
    ("device", lambda: gn.zeros(3, device="cuda"), RuntimeError, ['"cpu"', "got 'cuda'", "leave the device out"]),
    ("layer without forward", lambda: nn.Module()(1), NotImplementedError, ["no forward", "def forward(self, x)"]),
    ("super().__init__ forgotten", without_super, AttributeError, ["Hasty", "super().__init__()"]),
    # optimizers and schedules
    ("learning rate", lambda: optim.SGD([leaf()], lr=-1), ValueError, ["SGD", "0 or more", "lr=-1", "maximize=True"]),
    ("no parameters", lambda: optim.SGD([], lr=0.1), ValueError,
     ["at least one parameter", "none", "model.parameters()"]),
    ("one tensor", lambda: optim.SGD(leaf(), lr=0.1), TypeError, ["list", "one tensor", "[x]"]),
    ("a set", lambda: optim.SGD({leaf()}, lr=0.1), TypeError, ["list", "a set, whose order changes", "pass a list"]),
    ("a result", lambda: optim.SGD([leaf() * 2], lr=0.1), ValueError, ["leaf tensor", "the result of mul", "detach()"]),
    ("betas", lambda: optim.Adam([leaf()], betas=(0.9, 1.0)), ValueError,
     ["up to but not 1", "(0.9, 1.0)", "(0.9, 0.999)"]),
    ("nesterov", lambda: optim.SGD([leaf()], nesterov=True), ValueError, ["momentum above 0", "momentum=0", "0.9"]),
    ("schedule", lambda: optim.lr_scheduler.StepLR(optim.SGD([leaf()]), step_size=0), ValueError,
     ["step_size above 0", "step_size=0"]),
    ("clipping NaN", clip_nan, RuntimeError,
     ["norm of the gradients is nan", "look for a NaN", "error_if_nonfinite=False"]),
    # data
    ("empty dataset", lambda: data.DataLoader(data.TensorDataset(gn.zeros(0, 3))), ValueError,
     ["at least one sample", "empty", "read or split"]),
    ("tensors of two lengths", lambda: data.TensorDataset(gn.zeros(3), gn.zeros(4)), ShapeError,
     ["one length", "[4]", "[3]", "one row for each sample"]),
    ("batches of nothing", lambda: data.DataLoader([1], batch_size=0), ValueError,
     ["batch_size", "1 or more", "got 0"]),
    ("order given twice", lambda: data.DataLoader([1], shuffle=True, sampler=[0]), ValueError,
     ["sampler decides the order", "shuffle", "leave one out"]),
    ("split of more than all", lambda: data.random_split([1, 2, 3], [2, 2]), ValueError,
     ["add up to the 3", "add up to 4"]),
    ("NaN in the data", lambda: data.check_finite(gn.tensor([[1.0, NAN]])), ValueError,
     ["finite", "nan at row 0, column 1", "leave such rows out"]),
    # gradients
    ("backward of many", lambda: (leaf() * 2).backward(), GradientError, ["one element", "got shape [3]", ".sum()"]),
    ("backward of a constant", lambda: gn.zeros(1).backward(), GradientError,
     ["requires no gradient", "requires_grad=True"]),
    ("backward twice", backward_twice, GradientError, ["second time", "retain_graph=True"]),
    ("a value that is gone", changed_in_place, GradientError, ["in place", "clone()"]),
    ("a leaf in place", lambda: leaf().add_(1), GradientError, ["leaf", "no_grad()", "x.data"]),
    ("numpy() of a parameter", lambda: leaf().numpy(), GradientError, ["requires a gradient", "detach().numpy()"]),
    ("truth of many", lambda: bool(gn.zeros(3) > 0), ValueError, ["shape [3]", "ambiguous", ".any()"]),
    ("item of many", lambda: gn.zeros(3).item(), ValueError, ["one element", "got shape [3]", "tolist()"]),
    # states
    ("missing weights", lambda: Net().load_state_dict({"fc1.weight": gn.zeros(3, 4)}), RuntimeError,
     ["Net", "missing fc1.bias", "Nothing was changed", "strict=False"]),
    ("weights of another shape", lambda: Net().load_state_dict({**Net().state_dict(), "fc1.weight": gn.ones(3, 5)}),
     RuntimeError, ["fc1.weight is [3, 4] here and [3, 5] in the state", "Nothing was changed"]),
]  # fmt: skip


@pytest.mark.parametrize(("act", "error", "pieces"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_message(act: Callable[[], Any], error: type[Exception], pieces: list[str]) -> None:
    with pytest.raises(error) as raised:
        act()
    message = str(raised.value)
    for piece in pieces:
        assert piece in message
    assert "\n" not in message


WARNED = [
    ("a column against a row", lambda: F.mse_loss(gn.zeros(3, 1), gn.zeros(3)), ["[3, 1]", "[3, 3]", "unsqueeze(1)"]),
    ("softmax twice", lambda: nn.CrossEntropyLoss()(gn.full((5, 10), 0.1), gn.zeros(5).long()),
     ["CrossEntropyLoss", "probabilities", "logits", "leave that out"]),
]  # fmt: skip


@pytest.mark.parametrize(("act", "pieces"), [c[1:] for c in WARNED], ids=[c[0] for c in WARNED])
def test_warning_where_one_cannot_be_sure(act: Callable[[], Any], pieces: list[str]) -> None:
    with pytest.warns(UserWarning, match=re.escape(pieces[0])) as warned:
        act()
    for piece in pieces:
        assert piece in str(warned[0].message)


# model files --------------------------------------------------------------------------------------


def saved(folder: Path) -> Path:
    path = folder / "model.safetensors"
    gn.save_model(nn.Sequential(nn.Linear(4, 2), nn.ReLU()), path)
    return path


def rewritten(path: Path, change: Callable[[str], str]) -> None:
    """Change the header of a safetensors file: its length in 8 bytes, then JSON, then the numbers."""
    held = path.read_bytes()
    length = int.from_bytes(held[:8], "little")
    header = change(held[8 : 8 + length].decode()).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + held[8 + length :])


def unknown_layer(path: Path) -> None:
    rewritten(path, lambda header: header.replace("Linear", "Linaer"))


def other_weights(path: Path) -> None:
    def change(header: str) -> str:
        read = json.loads(header)
        read["1.weight"] = read.pop("0.weight")
        return json.dumps(read)

    rewritten(path, change)


SPOILED: list[tuple[str, Callable[[Path], Any], list[str]]] = [
    ("truncated", lambda path: path.write_bytes(path.read_bytes()[:-7]), ["model.safetensors"]),
    ("cut in the header", lambda path: path.write_bytes(path.read_bytes()[:50]), ["model.safetensors"]),
    ("empty", lambda path: path.write_bytes(b""), ["model.safetensors"]),
    ("not a model", lambda path: path.write_text("hello, world"), ["model.safetensors"]),
    ("unknown layer", unknown_layer, ["Linaer", "Linear"]),
    ("weights of another layer", other_weights, ["0.weight"]),
    ("no description", lambda path: gn.save({"w": gn.ones(2)}, path), ["model.safetensors"]),
]


@pytest.mark.parametrize(("spoil", "pieces"), [c[1:] for c in SPOILED], ids=[c[0] for c in SPOILED])
def test_spoiled_model_file(spoil: Callable[[Path], Any], pieces: list[str], tmp_path: Path) -> None:
    path = saved(tmp_path)
    gn.load_model(path)
    spoil(path)
    with pytest.raises(ValueError, match=re.escape(pieces[0])) as raised:
        gn.load_model(path)
    assert all(piece in str(raised.value) for piece in pieces)


def test_there_are_at_least_forty() -> None:
    assert len(CASES) >= 40
    assert len({name for name, *_ in CASES}) == len(CASES)
