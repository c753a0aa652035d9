"""torch.jit: what it gives runs as it is written, is saved whole, and can be read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

import glassnet as gn
from glassnet import nn
from glassnet.pytorch.names import jit
from glassnet.serialization import ModelFileError

pytestmark = pytest.mark.filterwarnings("error")


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, x: Any) -> Any:
        return self.layer(x) if x.sum() > 0 else -self.layer(x)


def test_a_module_keeps_its_parameters_and_its_branches() -> None:
    model = Branching()
    scripted = jit.script(model)
    assert isinstance(scripted, jit.ScriptModule)
    assert isinstance(scripted, Branching)
    assert next(iter(scripted.parameters())) is model.layer.weight
    assert repr(scripted) == repr(model)
    assert jit.script(scripted) is scripted
    x = gn.ones(1, 3)
    assert scripted(-x).tolist() == model(-x).tolist()
    assert "self.layer(x) if" in scripted.code == scripted.graph


@pytest.mark.parametrize("to", ["path", "file"])
def test_a_module_is_saved_and_loaded(to: str, tmp_path: Path) -> None:
    place: Any = tmp_path / "model.pt" if to == "path" else io.BytesIO()
    model = Branching().eval()
    jit.trace(model, gn.ones(1, 3)).save(place, _extra_files={"about": "mine", "rest": ""})
    if to == "file":
        place.seek(0)
    texts = {"about": ""}
    found = jit.load(place, map_location="cpu", _extra_files=texts)
    assert (texts, found.training, found.original_name) == ({"about": "mine"}, False, "Branching")
    assert found(-gn.ones(2, 3)).tolist() == model(-gn.ones(2, 3)).tolist()


def test_a_function_can_be_read_and_called() -> None:
    def double(x: Any) -> Any:
        """Twice."""
        return x * 2

    traced = jit.trace(double, gn.ones(3))
    assert (traced(gn.ones(2)).tolist(), traced.__doc__) == ([2, 2], "Twice.")
    assert "mul(x, 2)" in str(traced.graph)
    assert "return x * 2" in traced.code
    with pytest.raises(TypeError, match="put it into the forward of a module"):
        jit.save(traced, "function.pt")


def test_another_file_is_refused(tmp_path: Path) -> None:
    gn.save({"w": gn.ones(1)}, tmp_path / "w.pt")
    with pytest.raises((RuntimeError, ModelFileError), match=r"torch\.jit\.save"):
        jit.load(tmp_path / "w.pt")
