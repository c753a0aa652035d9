"""The memory of a training step: at most three times its activations, written as usual and compiled."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

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


def activations(model: nn.Module, x: Tensor) -> int:
    """The bytes of what modules compute: their outputs, and what is kept of each step, of queries, keys and weights."""
    counted = 0

    def count(module: Any, inputs: Any, output: Any) -> None:
        nonlocal counted
        first = output[0] if isinstance(output, tuple) else output
        size = first.array.nbytes
        if isinstance(module, nn.RNNBase):
            size *= {"LSTM": 6, "GRU": 5}[module.mode]  # the gates, the cell state, the hidden state
        elif isinstance(module, nn.MultiheadAttention):
            tokens = inputs[1].shape[1]
            size += 3 * size + size // module.embed_dim * module.num_heads * tokens
        counted += size

    handles = [
        module.register_forward_hook(count)
        for module in model.modules()
        if not list(module.children()) or isinstance(module, nn.MultiheadAttention)
    ]
    model(x)
    for handle in handles:
        handle.remove()
    return counted


@pytest.mark.parametrize(
    "compiled",
    [
        pytest.param(False, id="as written"),
        pytest.param(True, id="compiled", marks=pytest.mark.slow("compiles a training step of each network")),
    ],
)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_step_takes_no_more_than_three_times_its_activations(name: str, compiled: bool) -> None:
    make, shape = NETWORKS[name]
    model, x = make(), glassnet.randn(*shape)
    optimizer = optim.SGD(model.parameters(), lr=0.01)

    def step(x: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    allowed = 3 * activations(model, x) + 4 * sum(p.array.nbytes for p in model.parameters())
    step(x)
    tracemalloc.start()
    try:
        if compiled:
            step = glassnet.compile(step)
            step(x)
            step(x)
        gc.collect()
        workspace = tracemalloc.get_traced_memory()[0] if compiled else 0
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        step(x)
        peak = workspace + tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert peak <= allowed, f"{peak / 1e6:.2f} MB, {3 * peak / allowed:.2f} times its activations"
