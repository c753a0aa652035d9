"""The page that lists every public name of PyTorch's is true, and so is what is said of a name that is missing."""

from __future__ import annotations

from importlib import import_module

import pytest

from glassnet.pytorch.answered import SOURCES, is_answered, sources_of
from glassnet.pytorch.homes import home_of
from glassnet.pytorch.missing import NOT_PLANNED, explained, matches
from glassnet.pytorch.public_names import public_names
from glassnet.pytorch.stand_in import StandIn
from tests.pytorch import names_page
from tests.pytorch import public_names as asked


@pytest.mark.parametrize("path", names_page.PAGES, ids=lambda path: path.parent.name)
def test_the_page_is_what_would_be_written_now(path: object) -> None:
    assert path.read_text(encoding="utf-8") == names_page.page("ko" in path.parts), (
        "write it anew: python -m tests.pytorch.names_page"
    )


def test_every_name_is_in_one_state() -> None:
    for module, names in public_names().items():
        found = [name for state in names_page.states(module).values() for name in state]
        assert sorted(found) == sorted(names), module


def test_every_way_to_differ_is_of_a_name_that_is_there() -> None:
    for how, patterns in names_page.DIFFERS.items():
        for pattern in patterns.split():
            assert any(matches(place, pattern) for place in names_page.places()), (how, pattern)


def test_why_a_name_is_not_planned_is_said_in_korean_too() -> None:
    assert {*NOT_PLANNED, *names_page.DIFFERS, *names_page.WORDS.values()} <= {*names_page.korean()}


@pytest.mark.parametrize(
    ("module", "name", "text"),
    [
        ("torch", "relux", "there is no torch.relux, nor has PyTorch one; nearest: torch.relu"),
        ("torch", "futurez", "there is no torch.futurez, nor has PyTorch one"),
        ("torch", "signal", "glassnet has no torch.signal yet; it is planned"),
        ("torch.onnx", "export", "glassnet has no torch.onnx.export yet; it is planned"),
        ("torch", "quantize_per_tensor", "glassnet has no torch.quantize_per_tensor and will not have it (there are no "
         "kernels for small integers in NumPy)"),
        ("torch._C", "_jit", "glassnet has no torch._C._jit and will not have it (it belongs to PyTorch's insides)"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_missing_name(module: str, name: str, text: str) -> None:
    assert explained(module, name, ["relu", "tanh"]) == text


def test_a_name_that_can_be_imported_is_a_public_one_of_its_source() -> None:
    for module in (name for name in SOURCES if "*" not in name and is_answered(name)):
        assert dir(StandIn(module, sources_of(module))) == sorted({*dir(StandIn(module, sources_of(module)))})


@pytest.mark.parity
@pytest.mark.slow("asks PyTorch for all its names")
def test_the_names_are_those_of_pytorch() -> None:
    torch = pytest.importorskip("torch")
    if not torch.__version__.startswith("2.13"):
        pytest.skip("the file is of PyTorch 2.13")
    assert asked.FILE.read_text(encoding="utf-8") == asked.written(asked.of_pytorch())


@pytest.mark.parity
def test_classes_are_said_to_be_where_pytorch_has_them() -> None:
    torch = pytest.importorskip("torch")
    rooms = ["nn", "nn.utils.rnn", "optim", "optim.lr_scheduler", "optim.swa_utils", "utils.data", "distributions"]
    wrong = {}
    for room in rooms:
        theirs, ours = import_module(f"torch.{room}"), import_module(f"glassnet.{room}")
        for name in dir(ours):
            named, kind = getattr(theirs, name, None), getattr(ours, name)
            are_classes = isinstance(named, type) and isinstance(kind, type) and name not in ("Tensor", "Any")
            if are_classes and home_of(kind) != named.__module__:
                wrong[name] = home_of(kind), named.__module__
    assert torch.typename(torch.nn.Linear) == "torch.nn.modules.linear.Linear"
    assert not wrong
