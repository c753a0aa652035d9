"""The C is for other systems too: what cannot be run here is compiled for them, by Zig, which has their headers."""

from __future__ import annotations

import shutil
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import pytest

import glassnet as gn
from glassnet import nn, optim
from glassnet.engines.native.commands import output_of
from glassnet.engines.native.compilers import COMPILE, FLAGS
from glassnet.engines.native.engine import NativeEngine
from glassnet.engines.native.target import Target
from tests.engines.native.test_steps import compiled_step

SYSTEMS = {"x86_64-windows-gnu": 32, "aarch64-linux-gnu": 16, "aarch64-macos": 16, "x86_64-macos": 32}


def zig() -> str | None:
    """The command of Zig."""
    package = find_spec("ziglang")
    for folder in (package and package.submodule_search_locations) or ():
        return str(Path(folder) / "zig")
    return shutil.which("zig")


pytestmark = [
    pytest.mark.skipif(zig() is None, reason="ziglang is not installed"),
    pytest.mark.slow("compiles for four systems"),
]


def source(vector_bytes: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """The C of a training step with a bit of everything, for vectors of that width."""

    class Stop(Exception):
        pass

    texts: list[str] = []

    def instead(text: str) -> None:
        texts.append(text)
        raise Stop

    monkeypatch.setattr("glassnet.engines.native.engine.Target", lambda _: Target(vector_bytes))
    monkeypatch.setattr("glassnet.engines.native.engine.library_of", instead)
    convolution = nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()
    model = nn.Sequential(
        *convolution, nn.Linear(36, 70), nn.GELU(), nn.Dropout(0.3), nn.LayerNorm(70), nn.Linear(70, 5)
    )
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    step = compiled_step(model, optimizer, "native")
    x, y = gn.randn(6, 1, 8, 8), gn.randint(0, 5, (6,))
    step(x, y)  # makes the optimizer's state
    with pytest.raises(Stop):
        step(x, y)
    return texts[0]


@pytest.mark.skipif(bool(NativeEngine.missing()), reason="there is no C compiler here")
@pytest.mark.parametrize("system", SYSTEMS)
def test_it_compiles_for(system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    team = files("glassnet.engines.native").joinpath("team.c").read_text(encoding="utf-8")
    for name, text in (("team", team), ("step", source(SYSTEMS[system], monkeypatch))):
        file, made = tmp_path / f"{name}.c", tmp_path / f"{name}.o"
        file.write_text(text)
        flags = [flag for flag in FLAGS if flag != "-shared"]
        command = zig()
        assert command is not None
        output_of([command, "cc", "-target", system, *flags, "-c", str(file), "-o", str(made)], COMPILE)
        assert made.stat().st_size
