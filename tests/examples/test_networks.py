"""The networks of examples: they learn, are compiled and exported, and are PyTorch's with `torch` for `glassnet`."""

from __future__ import annotations

import importlib
import re
import runpy
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.export import numpy_file
from tests.seeds.places import ROOT

FOLDER = ROOT / "examples"
SHARED = {"lenet", "letters"}  # what other examples import

matplotlib = pytest.importorskip("matplotlib", reason="drawing needs matplotlib: pip install 'glassnet[plot]'")


class Example(NamedTuple):
    network: str
    inputs: Callable[[np.random.Generator], tuple[np.ndarray, ...]]  # of two samples
    learned: Callable[[str], bool]  # from what the script prints when it is run with --quick
    data: bool = False  # whether it reads MNIST


def pictures(random: np.random.Generator) -> tuple[np.ndarray, ...]:
    return (random.random((2, 1, 28, 28), np.float32),)


def text(random: np.random.Generator) -> tuple[np.ndarray, ...]:
    return (random.integers(0, 20, (2, 9)),)


def last(pattern: str, said: str) -> float:
    """The last number that follows the pattern."""
    found: list[str] = re.findall(pattern + r"\s+([\d.]+)", said)
    assert found, said
    return float(found[-1])


EXAMPLES = {
    "lenet": Example("LeNet", pictures, lambda said: last("accuracy on the test pictures", said) > 80, data=True),
    "resnet": Example("ResNet", pictures, lambda said: last("accuracy on the test pictures", said) > 50, data=True),
    "autoencoder": Example(
        "Autoencoder",
        pictures,
        lambda said: last("unlike", said.replace("for all: unlike", "")) < 0.95 * last("for all: unlike", said),
        data=True,
    ),
    "forecast": Example(
        "Forecast",
        lambda random: (random.standard_normal((2, 56), np.float32),),
        lambda said: (
            last("LSTM", said) < 0.9 * min(last("last week repeated", said), last("the mean week repeated", said))
        ),
    ),
    "name_classifier": Example(
        "NameClassifier",
        lambda random: (np.array([[3, 1, 4, 1], [5, 9, 0, 0]]),),
        lambda said: last("new names", said) > 60 > 20 > last("always one", said),
    ),
    "character_rnn": Example(
        "CharacterRNN", text, lambda said: last("loss on new text", said) < 0.85 * last("a table of pairs", said)
    ),
    "gpt": Example("GPT", text, lambda said: last("loss on new text", said) < 0.95 * last("a table of pairs", said)),
    "translator": Example(
        "Translator",
        lambda random: (np.array([[9, 3, 12, 20], [5, 9, 0, 0]]), random.integers(1, 20, (2, 5))),
        lambda said: last("wholly right", said) > 50,
    ),
    "gan": Example(
        "Generator",
        lambda random: (random.standard_normal((2, 2), np.float32),),
        lambda said: last("near a true cloud", said) > 40 and last("clouds found", said) >= 5,
    ),
}

every_example = pytest.mark.parametrize("name", EXAMPLES)


@pytest.fixture(autouse=True)
def as_a_script(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Examples import what is beside them; nothing of it stays, nor their style of pictures."""
    monkeypatch.syspath_prepend(str(FOLDER))
    with matplotlib.rc_context():
        yield
    for name in ("scratch", "scratch.helpers", *EXAMPLES, "letters"):
        sys.modules.pop(name, None)


def network(name: str) -> nn.Module:
    """The example's network in evaluation mode, its numbers drawn from seed 0."""
    glassnet.manual_seed(0)
    net: nn.Module = getattr(importlib.import_module(name), EXAMPLES[name].network)()
    return net.eval()


class OneInput(nn.Module):
    """A network as a file of NumPy has it: one input (several are side by side), one result."""

    def __init__(self, net: nn.Module, widths: list[int]) -> None:
        super().__init__()
        self.net = net
        self.widths = widths

    def forward(self, x: glassnet.Tensor) -> Any:
        y = self.net(*x.split(self.widths, 1))
        return y[0] if isinstance(y, tuple) else y


def test_these_are_all_and_short_enough_to_read() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} == {*EXAMPLES, *SHARED}
    for path in FOLDER.glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 120, path.name


@every_example
def test_recorded_compiled_and_exported_it_is_the_same(name: str, tmp_path: Path) -> None:
    inputs = EXAMPLES[name].inputs(np.random.default_rng(0))
    net = OneInput(network(name), [x.shape[1] for x in inputs]).eval()
    x = np.concatenate(inputs, 1)
    with glassnet.no_grad():
        expected = net(glassnet.tensor(x)).numpy()
    compiled = glassnet.compile(net)
    np.testing.assert_allclose(compiled(glassnet.tensor(x)).detach().numpy(), expected, rtol=1e-5, atol=1e-6)
    assert len(compiled.source.splitlines()) < 500
    assert len(compiled.program.instructions) < 150
    numpy_file(net, tmp_path / "network.py", x)
    predicted = runpy.run_path(str(tmp_path / "network.py"))["predict"](x)
    np.testing.assert_allclose(predicted, expected, rtol=1e-5, atol=1e-6)


@every_example
@pytest.mark.slow("trains a network")
def test_it_learns_and_leaves_a_picture(
    name: str,
    digits_as_mnist: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    picture = tmp_path / "made" / f"{name}.png"
    data = ["--data", str(digits_as_mnist)] if EXAMPLES[name].data else []
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "--quick", "--out", str(picture), *data])
    runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    said = capsys.readouterr().out
    assert EXAMPLES[name].learned(said), said
    assert picture.read_bytes().startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    assert width > height > 500


@pytest.mark.parametrize("name", [name for name, example in EXAMPLES.items() if example.data])
def test_without_mnist_it_says_where_it_looks(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "--data", str(tmp_path / "nowhere")])
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(name).main()
    assert ended.value.code == 2
    assert re.search(r"there is no .*nowhere; say where it is with --data", capsys.readouterr().err)


def in_pytorch(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The example read as it stands but with `torch` for `glassnet`, and what it imports from beside it too."""
    for shared in SHARED - {name}:
        if re.search(rf"^from {shared} import", (FOLDER / f"{name}.py").read_text(encoding="utf-8"), re.MULTILINE):
            monkeypatch.setitem(sys.modules, shared, in_pytorch(shared, monkeypatch))
    module = ModuleType(name)
    module.__file__ = str(FOLDER / f"{name}.py")
    code = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    code = code.replace("from glassnet.vision.", "from torchvision.").replace("glassnet", "torch")
    exec(compile(code, f"{name} in PyTorch", "exec"), module.__dict__)
    return module


@every_example
@pytest.mark.parity
def test_it_is_pytorchs_with_torch_for_glassnet(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    for absent in ("torchvision", "torchvision.datasets"):  # reads MNIST, which this test does not
        monkeypatch.setitem(sys.modules, absent, ModuleType(absent))
    monkeypatch.setattr(sys.modules["torchvision.datasets"], "MNIST", None, raising=False)
    ours = network(name).double()
    theirs = getattr(in_pytorch(name, monkeypatch), EXAMPLES[name].network)().double().eval()
    theirs.load_state_dict({key: torch.tensor(value.numpy()) for key, value in ours.state_dict().items()})
    inputs = EXAMPLES[name].inputs(np.random.default_rng(0))
    inputs = tuple(x.astype(np.float64) if x.dtype == np.float32 else x for x in inputs)
    expected, actual = theirs(*map(torch.tensor, inputs)), ours(*map(glassnet.tensor, inputs))
    pairs = zip(actual, expected, strict=True) if isinstance(actual, tuple) else [(actual, expected)]
    for a, b in pairs:
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=0, atol=1e-10)
