"""The functions loaded when first used: the table of them says what the files have, and they are methods too."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

import glassnet
from glassnet import Tensor
from glassnet.tensor import functions

FILES = [module.name for module in pkgutil.iter_modules(functions.__path__)]


@pytest.mark.parametrize("file", FILES)
def test_the_table_lists_what_the_file_offers(file: str) -> None:
    offered = import_module(f"glassnet.tensor.functions.{file}").__all__
    assert list(offered) == sorted(offered)
    assert {name for name, place in (functions.FILE_OF | functions.FILE_OF_METHOD).items() if place == file} == {
        *offered
    }


def test_a_method_alone_is_no_function() -> None:
    for name, file in functions.FILE_OF_METHOD.items():
        assert getattr(Tensor([1.0]), name).__func__ is getattr(import_module(f"{functions.__name__}.{file}"), name)


@pytest.mark.parametrize("name", functions.FILE_OF)
def test_a_function_is_the_method_of_its_name(name: str) -> None:
    function = getattr(glassnet, name)
    assert name in glassnet.__all__
    if name in ("real", "imag"):  # properties of tensors
        assert name not in functions.METHODS
    elif name in functions.METHODS:
        assert getattr(Tensor([1.0]), name).__func__ is function
        assert next(iter(inspect.signature(function).parameters)) == "input"
        assert name in dir(Tensor([1.0]))
    else:
        assert not hasattr(Tensor([1.0]), name)


def test_no_name_is_in_two_places() -> None:
    names = [name for names in functions._FILES.values() for name in names.split()]
    assert len(names) == len(set(names))
    own = {name for base in Tensor.__mro__[1:] for name in vars(base)}
    assert not own & functions.METHODS


@pytest.mark.parametrize("name", functions._IN_PLACE.split())
def test_what_works_in_place_is_a_method(name: str) -> None:
    assert callable(getattr(Tensor, name, None) or getattr(Tensor([1.0]), name))


def test_importing_glassnet_loads_none_of_the_files() -> None:
    code = "import sys, glassnet; print([m for m in sys.modules if m.startswith('glassnet.tensor.functions.')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_what_a_tensor_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'Tensor' object has no attribute 'lerpp'"):
        _ = Tensor([1.0]).lerpp
