"""Every public class and function has a docstring with an example, and every example does what it shows.

As in NumPy's documentation, an example need not import what everybody imports: `glassnet`, `F`, `np` and the rooms in
`IMPORTED` are there. Examples run in an empty folder, from the same random state each.
"""

from __future__ import annotations

import doctest
import inspect
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.tensor import functions

ROOMS = (
    "glassnet",
    "glassnet.autograd",
    "glassnet.autograd.derivatives",
    "glassnet.pytorch",
    "glassnet.data",
    "glassnet.datasets",
    "glassnet.distributions",
    "glassnet.distributions.constraints",
    "glassnet.distributions.utils",
    "glassnet.encoders",
    "glassnet.explain.checkup",
    "glassnet.explain.draw",
    "glassnet.explain.plots",
    "glassnet.explain.walkthrough",
    "glassnet.export",
    "glassnet.files",
    "glassnet.fft",
    "glassnet.func",
    "glassnet.functional",
    "glassnet.linalg",
    "glassnet.nn",
    "glassnet.nn.init",
    "glassnet.nn.utils",
    "glassnet.nn.utils.prune",
    "glassnet.optim",
    "glassnet.optim.lr_scheduler",
    "glassnet.optim.swa_utils",
    "glassnet.profiler",
    "glassnet.scratch",
    "glassnet.serialization",
    "glassnet.sources",
    "glassnet.tables",
    "glassnet.training",
    "glassnet.training.metrics",
    "glassnet.vision.datasets",
    "glassnet.vision.io",
    "glassnet.vision.models",
    "glassnet.vision.models.detection",
    "glassnet.vision.models.segmentation",
    "glassnet.vision.models.video",
    "glassnet.vision.ops",
    "glassnet.vision.transforms",
    "glassnet.vision.transforms.v2",
    "glassnet.vision.tv_tensors",
    "glassnet.vision.utils",
)

IMPORTED = ("data", "datasets", "nn", "optim", "scratch", "serialization")
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def is_documented(x: Any) -> bool:
    """Whether ``x`` is what needs an example: a class or a function, not a module or a constant."""
    return inspect.isclass(x) or inspect.isroutine(x)


def offered(room: str) -> dict[str, Any]:
    """The public classes and functions of a room."""
    module = import_module(room)
    return {name: x for name in module.__all__ if is_documented(x := getattr(module, name))}


ELSEWHERE = {id(x) for room in ROOMS if room != "glassnet" for x in offered(room).values()}


def public(room: str) -> dict[str, Any]:
    """What a room offers; the front door but what it offers of other rooms. Methods of `Tensor` are public names."""
    names = offered(room)
    if room == "glassnet":
        names = {name: x for name, x in names.items() if id(x) not in ELSEWHERE}
        own = [name for name in dir(glassnet.Tensor) if not name.startswith("_") and name not in functions.METHODS]
        methods = {name: getattr(glassnet.Tensor, name) for name in own}  # the others are functions, or as those are
        names |= {f"Tensor.{name}": x for name, x in methods.items() if inspect.isroutine(x)}
    return names


def examples(room: str) -> Iterator[doctest.DocTest]:
    """The examples of a room, and of its classes' methods; what has two names is there once."""
    finder = doctest.DocTestFinder()
    done = set()
    for name, x in public(room).items():
        if id(x) not in done:
            done.add(id(x))
            yield from (test for test in finder.find(x, name, module=False, globs={}) if test.examples)


@pytest.mark.parametrize("room", ROOMS)
def test_public_names_have_an_example(room: str) -> None:
    lacking = [name for name, x in public(room).items() if ">>> " not in (x.__doc__ or "")]
    assert lacking == [], "these need a docstring with an example"


@pytest.mark.parametrize("room", ROOMS)
def test_examples_do_what_they_show(room: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GLASSNET_DATA", raising=False)  # examples bring their own files
    rooms = {name: import_module(f"glassnet.{name}") for name in IMPORTED}
    known = {"glassnet": glassnet, "F": glassnet.functional, "np": np} | rooms
    failures: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    for test in examples(room):
        glassnet.manual_seed(0)
        test.globs = dict(known)
        runner.run(test, out=failures.append)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
    assert not failures, "".join(failures)
