"""Padded and packed sequences beside PyTorch's: what is in them, what layers make of them, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import nn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

LENGTHS = [2, 5, 1, 3]
BOTH = [(gn, nn.utils.rnn), (torch, torch.nn.utils.rnn)]


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).standard_normal(shape)


def same(ours: Any, theirs: Any, tolerance: float = 1e-10) -> None:
    if isinstance(theirs, tuple | list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            same(a, b, tolerance)
    elif theirs is None:
        assert ours is None
    else:
        assert f"torch.{ours.dtype}" == str(theirs.dtype)
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("batch_first", [False, True])
def test_packing_and_padding(batch_first: bool) -> None:
    results = []
    for library, rnn in BOTH:
        sequences = [library.tensor(numbers(n, 2)) for n in LENGTHS]
        padded = rnn.pad_sequence(sequences, batch_first, 7.0)
        left = rnn.pad_sequence(sequences, batch_first, 7.0, "left")
        packed = rnn.pack_padded_sequence(padded, library.tensor(LENGTHS), batch_first, enforce_sorted=False)
        again = rnn.pad_packed_sequence(packed, batch_first, -1.0, total_length=6)
        ordered = rnn.pack_sequence(sorted(sequences, key=len, reverse=True))
        results.append([padded, left, tuple(packed), again, tuple(ordered), rnn.unpack_sequence(packed)])
    same(*results)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_packed_through_a_layer(kind: str) -> None:
    theirs = getattr(torch.nn, kind)(2, 3, num_layers=2, bidirectional=True).double()
    ours = getattr(nn, kind)(2, 3, num_layers=2, bidirectional=True).double()
    ours.load_state_dict(theirs.state_dict())
    results, gradients = [], []
    for (library, rnn), layer in zip(BOTH, (ours, theirs), strict=True):
        sequences = [library.tensor(numbers(n, 2), requires_grad=True) for n in LENGTHS]
        states = tuple(library.tensor(numbers(4, 4, 3) + k, requires_grad=True) for k in range(2))
        hx = states if kind == "LSTM" else states[0]
        output, last = layer(rnn.pack_sequence(sequences, enforce_sorted=False), hx)
        results.append([tuple(output), last])
        total = (output.data**2).sum()
        for state in last if kind == "LSTM" else (last,):
            total = total + (state**3).sum()
        total.backward()
        of_states = [s.grad for s in states if s.grad is not None]
        gradients.append([*(x.grad for x in sequences), *of_states, *(p.grad for p in layer.parameters())])
    same(*results)
    same(*gradients, tolerance=1e-8)


REFUSED = {
    "not sorted": lambda lib, rnn: rnn.pack_padded_sequence(lib.ones(4, 2), [3, 4]),
    "a length of 0": lambda lib, rnn: rnn.pack_padded_sequence(lib.ones(4, 2), [3, 0]),
    "too few lengths": lambda lib, rnn: rnn.pack_padded_sequence(lib.ones(4, 2), [4]),
    "no sequences": lambda lib, rnn: rnn.pad_sequence([]),
    "no list": lambda lib, rnn: rnn.pad_sequence(3),
    "other widths": lambda lib, rnn: rnn.pad_sequence([lib.ones(2, 2), lib.ones(2, 3)]),
    "another side": lambda lib, rnn: rnn.pad_sequence([lib.ones(2)], padding_side="top"),
    "too short in all": lambda lib, rnn: rnn.pad_packed_sequence(rnn.pack_sequence([lib.ones(3)]), total_length=2),
    "no steps": lambda lib, rnn: lib.nn.GRU(2, 5)(lib.ones(0, 3, 2)),
    "other features": lambda lib, rnn: lib.nn.GRU(2, 5)(lib.ones(4, 3, 7)),
    "one dimension": lambda lib, rnn: lib.nn.GRU(2, 5)(lib.ones(2)),
    "another dtype": lambda lib, rnn: lib.nn.GRU(2, 5)(lib.ones(4, 3, 2).double()),
    "a state of another batch": lambda lib, rnn: lib.nn.GRU(2, 5)(lib.ones(4, 3, 2), lib.ones(1, 4, 5)),
    "a state without layers": lambda lib, rnn: lib.nn.GRU(2, 5)(lib.ones(4, 3, 2), lib.ones(3, 5)),
    "a wide projection": lambda lib, rnn: lib.nn.LSTM(2, 5, proj_size=5),
    "no units": lambda lib, rnn: lib.nn.LSTM(2, 0),
    "a cell's state of another batch": lambda lib, rnn: lib.nn.GRUCell(2, 5)(lib.ones(3, 2), lib.ones(2, 5)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_pytorchs_class_of_error(name: str) -> None:
    try:
        REFUSED[name](*BOTH[1])
    except Exception as error:
        theirs = type(error)
    with pytest.raises(theirs):
        REFUSED[name](*BOTH[0])
