"""Checkpoints: tensors within dicts, lists and tuples, beside numbers and texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
from glassnet import nn, optim
from glassnet.serialization import ModelFileError
from glassnet.serialization.nested import copied

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8"), max_size=5)
)
KEYS = st.text(st.characters(codec="utf-8"), max_size=4) | st.integers() | st.booleans() | st.none()
TENSORS = st.lists(st.floats(width=32, allow_nan=False), max_size=3).map(lambda numbers: gn.tensor(numbers))
NESTED = st.recursive(
    PLAIN | TENSORS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(KEYS, inner, max_size=3)
    ),
)


def assert_same(loaded: Any, expected: Any) -> None:
    assert type(loaded) is type(expected)
    if isinstance(expected, gn.Tensor):
        assert loaded.dtype == expected.dtype
        assert gn.equal(loaded, expected)
    elif isinstance(expected, dict):
        assert list(loaded) == list(expected)
        for key, value in expected.items():
            assert_same(loaded[key], value)
    elif isinstance(expected, list | tuple):
        assert len(loaded) == len(expected)
        for one, other in zip(loaded, expected, strict=True):
            assert_same(one, other)
    else:
        assert loaded == expected


@given(NESTED)
def test_whatever_is_saved_comes_back(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    path = tmp_path_factory.mktemp("nested") / "x"
    gn.save(value, path)
    assert_same(gn.load(path), value)
    before = path.read_bytes()
    gn.save(gn.load(path), path)
    assert path.read_bytes() == before


@given(NESTED)
def test_a_copy_is_what_a_file_would_give(value: Any) -> None:
    assert_same(copied(value), value)


def test_a_copy_shares_no_numbers() -> None:
    value = {"tensor": gn.ones(2), 3: [np.ones(2)]}
    copy = copied(value)
    for x in (value["tensor"], value[3][0]):
        x *= 0
    assert copy["tensor"].tolist() == copy[3][0].tolist() == [1, 1]


def test_a_checkpoint_as_pytorch_users_write_it(tmp_path: Path) -> None:
    gn.manual_seed(0)
    model, x = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1)), gn.randn(5, 3)
    optimizer = optim.Adam(model.parameters())

    def step() -> float:
        optimizer.zero_grad()
        loss = model(x).square().mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    step()
    gn.save({"epoch": 1, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "c")
    expected = [step() for _ in range(3)]
    saved = gn.load(tmp_path / "c")
    model.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    assert [step() for _ in range(3)] == expected
    assert saved["epoch"] == 1


def test_other_programs_find_the_tensors_by_their_paths(tmp_path: Path) -> None:
    gn.save({"epoch": 1, "model": {"0.weight": gn.ones(2)}, "model.0": {"weight": gn.zeros(1)}}, tmp_path / "c")
    assert set(safetensors.numpy.load_file(tmp_path / "c")) == {"model.0.weight", "model.0.weight_"}


def test_one_tensor_and_numbers_of_numpy(tmp_path: Path) -> None:
    gn.save([gn.arange(3), np.float64(2.5), np.int64(3), float("inf"), 2**200], tmp_path / "c")
    tensor, *numbers = gn.load(tmp_path / "c")
    assert tensor.tolist() == [0, 1, 2]
    assert numbers == [2.5, 3, float("inf"), 2**200]
    gn.save(gn.arange(3), tmp_path / "c", {"by": "hand"})
    assert gn.load(tmp_path / "c").tolist() == [0, 1, 2]
    assert gn.serialization.load_metadata(tmp_path / "c") == {"by": "hand"}


@pytest.mark.parametrize(
    "structure",
    [
        '{"tensor": "y"}',
        '{"dict": [3]}',
        '{"dict": 3}',
        '{"set": []}',
        "{}",
        '{"list": {"a": 1}, "b": 2}',
        "[",
        '{"dict": [[[], 1]]}',
    ],
)
def test_an_edited_structure_is_one_message(tmp_path: Path, structure: str) -> None:
    safetensors.numpy.save_file({"x": np.zeros(1)}, tmp_path / "c", {"glassnet_structure": structure})
    with pytest.raises(ModelFileError, match="use the original file"):
        gn.load(tmp_path / "c")


def test_a_structure_deeper_than_python_can_follow(tmp_path: Path) -> None:
    structure = json.dumps(0)
    for _ in range(5000):
        structure = f'{{"list":[{structure}]}}'
    safetensors.numpy.save_file({"x": np.zeros(1)}, tmp_path / "c", {"glassnet_structure": structure})
    with pytest.raises(ModelFileError, match="use the original file"):
        gn.load(tmp_path / "c")
