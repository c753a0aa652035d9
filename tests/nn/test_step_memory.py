"""The memory of a training step, written as usual and compiled: at most three times what its modules put out.

Two kinds of networks take more, and `MORE` says how much. A recurrent layer keeps, besides its output, its gates and
its cell state, and the way back makes a slope for each gate: 6 + 4 times the output of an LSTM, 5 + 4 times that of a
GRU, of which each direction is half the output. A decoder layer, compiled, has q, k, v, the scores and the shares of
two attentions, which are no module's output.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import Tensor, nn, optim


class Residual(nn.Module):
    """Two convolutions, and what goes past them."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8),
        )  # fmt: skip
        self.last = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.inner(x) + x).mean((2, 3))


class LastState(nn.Module):
    """A recurrent layer, and its output after the last step."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)[0][-1]


class Decoder(nn.TransformerDecoderLayer):
    """One that reads its own input."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x, x)


def lenet() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 10),
    )  # fmt: skip


NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "LeNet": (lenet, (32, 1, 28, 28)),
    "residual block": (Residual, (16, 8, 16, 16)),
    "LSTM": (lambda: LastState(nn.LSTM(8, 32)), (40, 32, 8)),
    "GRU, both ways": (lambda: LastState(nn.GRU(8, 32, bidirectional=True)), (40, 32, 8)),
    "encoder": (lambda: nn.TransformerEncoderLayer(32, 4, 128, batch_first=True), (32, 32, 32)),
    "decoder": (lambda: Decoder(32, 4, 128, batch_first=True), (32, 32, 32)),
}


# A loop back through time prepares a hundred rows at a time, of any number: of the 1,280 rows here they are much.
MORE = {"LSTM": 12.8, "GRU, both ways": 9.7, "decoder": 3.2}


def activations(model: nn.Module, x: Tensor) -> int:
    """The bytes of what modules put out: those that consist of no others, and attention."""
    counted = 0

    def count(module: Any, inputs: Any, output: Any) -> None:
        nonlocal counted
        counted += (output[0] if isinstance(output, tuple) else output).array.nbytes

    handles = [
        module.register_forward_hook(count)
        for module in model.modules()
        if not list(module.children()) or isinstance(module, nn.MultiheadAttention)
    ]
    model(x)
    for handle in handles:
        handle.remove()
    return counted


def bytes_of_arrays() -> int:
    """What is held in arrays, without the text and the objects that a compiled step consists of as well."""
    numpy_alone = tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain)
    return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces([numpy_alone]).traces)


@pytest.mark.parametrize(
    "compiled",
    [
        pytest.param(False, id="as written"),
        pytest.param(True, id="compiled", marks=pytest.mark.slow("compiles a training step of each network")),
    ],
)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_step_takes_no_more_than_a_few_times_its_activations(name: str, compiled: bool) -> None:
    make, shape = NETWORKS[name]
    model, x = make(), glassnet.randn(*shape)
    optimizer = optim.SGD(model.parameters(), lr=0.01)

    def step(x: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    parameters = 4 * sum(p.array.nbytes for p in model.parameters())
    put_out = activations(model, x)
    step(x)
    tracemalloc.start()
    try:
        if compiled:
            step = glassnet.compile(step)
            step(x)
            step(x)
        gc.collect()
        workspace = bytes_of_arrays() if compiled else 0
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        step(x)
        peak = workspace + tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    times = (peak - parameters) / put_out
    assert times <= MORE.get(name, 3), f"{peak / 1e6:.2f} MB, {times:.2f} times its activations"
