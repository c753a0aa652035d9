"""Tensors made by PyTorch's older names, types and devices by name, and what Python asks of a tensor: as in PyTorch."""

from __future__ import annotations

import copy
from array import array
from collections import deque
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import nn
from glassnet.errors import DeviceError
from glassnet.tensor.wording import write_as_torch

# Each gives the same text, or an error of the same class.
SAME = """
    t.Tensor([1, 2]); t.Tensor(np.ones(2)); t.Tensor([[1, 2], [3]]); t.Tensor(3.0); t.Tensor(None); t.Tensor("a")
    t.Tensor(True); t.Tensor(2, "a"); t.Tensor(-1); t.Tensor(2.0, 3); t.Tensor(np.float32(3)); t.Tensor(2, 3).shape
    t.Tensor([1], device="cuda"); t.Tensor(t.Size([2, 3])).shape; t.Tensor(); t.Tensor(t.ones(2)); t.Tensor((2, 3))
    t.Tensor(x) is x; t.Tensor(x).requires_grad; t.LongTensor([1.5]); t.LongTensor(t.ones(2)); t.FloatTensor(3).shape
    t.FloatTensor(np.array([1, 2])); t.ByteTensor([1]); t.IntTensor(2, 3).size(); t.DoubleTensor([1]); t.HalfTensor([1])
    t.zeros(2, -1); t.zeros(1, device="cuda"); t.device("cuda"); t.device("cuda:1"); t.device("cuda", 1)
    t.device("foo"); t.device("cuda:x"); t.device("cpu") == t.device("cpu"); t.device("cpu") == "cpu"; t.device("meta")
    str(t.device("cuda:1")); t.device("cuda:1").index; t.device(type="cpu"); t.device(t.device("cuda")); x.device
    x.cuda(); x.to("cuda"); x.to(t.device("cuda")); x.to("foo"); t.nn.Linear(2, 2).cuda(); t.nn.Linear(2, 2).to("cuda")
    x.cpu() is x; x.to("cpu") is x; x.to("cpu", t.float64); x.to(t.float64, True); x.to(n); x.to("cpu", copy=True) is x
    x.to(t.float32, False, True) is x; x.to(device="cpu", dtype=t.int32); x.to(x.device); x.is_cuda; n.type()
    x.type(); x.double().type(); (x > 0).type(); x.half().type(); n.int().type(); n.byte().type(); n.type(t.FloatTensor)
    n.type("torch.FloatTensor"); n.type(t.float64); x.type("torch.cuda.FloatTensor"); x.type("foo"); n.short().type()
    isinstance(x, t.FloatTensor); isinstance(n, t.FloatTensor); isinstance(n, t.LongTensor); isinstance(x, t.Tensor)
    isinstance(x.shape, tuple); isinstance(x.shape, t.Size); x.shape.numel(); t.Size([2, 3]); x.shape + (1,)
    t.Size((1,)) == (1,); {t.Size([2]): 1}[(2,)]; x.new(2, 3).shape; n.new([1, 2]); n.new(x); x.get_device()
    t.ones(2).resize_(2, 2).shape; t.ones(4).resize_(2); x.resize_(1); t.ones(1).set_(t.zeros(3)); n.set_(t.ones(2))
    x.pin_memory(); t.ones(1).is_pinned(); t.ones(1).is_shared(); t.ones(2).share_memory_()
    bool(x); bool(t.ones(0)); bool(t.ones(1)); int(t.ones(1)); int(x); float(t.tensor([2.5])); float(x); x.item()
    t.ones(1).item(); t.tensor(3).item(); t.ones(1).__index__(); n.__index__(); [1, 2][t.tensor(1)]; len(x)
    len(t.tensor(1)); iter(t.tensor(1)); list(n); x == None; x != None; None in n; "a" in n; [1] in n; 2 in n; n in n
    t.tensor(2.0) in n; {x: 1}[x]; hash(x) == hash(x.clone()); x.data; x.data.requires_grad; t.tensor(1.0).data[0]
    n.tolist(); t.tensor(1.5).tolist(); f"{t.tensor(3)}"; f"{t.tensor(1.5):.3f}"; f"{n:.3f}"; "%d" % t.tensor(3)
    "%.2f" % t.tensor(1.5); f"{x}"; str(t.tensor(2)); round(t.tensor(2.5)); range(t.tensor(3)); np.ones(3)[t.tensor(1)]
    x.numpy(); np.asarray(n); np.array(x); np.transpose(n); np.exp(t.zeros(2)); np.sqrt(t.tensor(4.0))
    np.concatenate([n, n]); n.numpy().dtype; n * np.ones(2); sum(n); max(n); abs(-n)
    x.grad; x.is_leaf; n.requires_grad_(); t.tensor([1, 2], requires_grad=True); t.from_numpy([1]); t.tensor("a")
    t.tensor([[1], [2, 3]]); t.tensor(None); t.nn.Parameter(t.ones(2)); t.nn.Parameter(n); t.tensor([x[0], x[1]])
    [*t.tensor([1, 2])]; t.tensor(5).shape; t.tensor(5).size(); t.tensor(5).dim(); x.size(5); x.stride(); x.numel()
"""
EXPRESSIONS = [part.strip() for line in SAME.strip().split("\n") for part in line.split(";")]


def outcome(library: Any, expression: str) -> Any:
    names = {"t": library, "np": np, "x": library.tensor([1.5, 2.0], requires_grad=True), "n": library.tensor([1, 2])}
    try:
        return repr(eval(expression, names))
    except Exception as error:
        return error


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_same_text_or_class_of_error(expression: str) -> None:
    torch = pytest.importorskip("torch")
    theirs = outcome(torch, expression)
    write_as_torch()
    try:
        ours = outcome(gn, expression)
    finally:
        write_as_torch(False)
    if isinstance(theirs, Exception):
        assert isinstance(ours, type(theirs)), f"{ours!r}, not {theirs!r}"
    else:
        assert ours == theirs


def test_a_tensor_of_a_tensor_is_in_its_graph_and_memory() -> None:
    x = gn.ones(2, requires_grad=True)
    y = gn.Tensor(x)
    (y * 3).sum().backward()
    assert x.grad.tolist() == [3, 3]
    assert y.data_ptr() == x.data_ptr()


def test_a_type_named_by_name() -> None:
    n = gn.tensor([1, 2])
    assert n.type() == "torch.LongTensor"
    assert n.type("torch.FloatTensor").dtype == n.type(gn.FloatTensor).dtype == n.type(gn.float32).dtype == gn.float32
    assert isinstance(n, gn.LongTensor)
    assert not isinstance(n, gn.FloatTensor)
    with pytest.raises(ValueError, match=r"such as 'torch\.LongTensor', got 'torch\.Tensr'"):
        n.type("torch.Tensr")


@pytest.mark.parametrize(
    "use", [lambda d: gn.ones(2, device=d), lambda d: gn.ones(2).to(d), lambda d: nn.Linear(1, 1).to(d), gn.Tensor]
)
def test_another_device_can_be_named_and_not_used(use: Any) -> None:
    gpu = gn.device("cuda", 1)
    assert (gpu.type, gpu.index, str(gpu)) == ("cuda", 1, "cuda:1")
    with pytest.raises(DeviceError if use is not gn.Tensor else TypeError):
        use(gpu)


def test_memory_of_another_tensor() -> None:
    x, y = gn.zeros(3), gn.ones(2)
    y.set_(x)
    y[0] = 5
    assert x.tolist() == [5, 0, 0]
    y.resize_(2)
    y[1] = 7
    assert x.tolist() == [5, 7, 0]


def test_a_copy_of_a_leaf_is_its_own() -> None:
    x = gn.ones(2, requires_grad=True)
    y = copy.deepcopy(x)
    assert y.requires_grad
    assert y.is_leaf
    assert y.data_ptr() != x.data_ptr()


def test_older_constructors_take_any_row_of_numbers() -> None:
    class Column(list[int]):  # as a table's
        def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
            return np.array([1, 2], np.int8)

    for row in (Column(), deque([1, 2]), array("f", [1, 2]), bytearray([1, 2]), range(1, 3), np.array([1, 2])):
        for kind in (gn.Tensor, gn.FloatTensor, gn.LongTensor):
            assert kind(row).tolist() == [1, 2]
    assert gn.Tensor(np.int64(3)).shape == (3,)
    with pytest.raises(TypeError):
        gn.Tensor({1, 2})
