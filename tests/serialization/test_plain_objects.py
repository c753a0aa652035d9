"""Objects that a checkpoint holds besides tensors: a person's own, and those of Python's library."""

from __future__ import annotations

import argparse
import datetime
import enum
import io
import pathlib
import pickle
import types
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.serialization import ModelFileError


class Vocabulary:
    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.numbers = {word: i for i, word in enumerate(words)}
        self.vectors = glassnet.ones(len(words), 2)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.words == other.words and self.numbers == other.numbers


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a: Any = 1, b: Any = 2) -> None:
        self.a, self.b = a, b

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slotted) and (self.a, self.b) == (other.a, other.b)


@dataclass
class Settings:
    rate: float = 0.1
    sizes: tuple[int, ...] = (1, 2)


class Colour(enum.Enum):
    RED = 1


class Attributes(dict):  # type: ignore[type-arg]
    __setattr__ = dict.__setitem__


class Words(list):  # type: ignore[type-arg]
    pass


class WithoutLock:
    def __init__(self) -> None:
        self.kept, self.lock = 1, lambda: 0

    def __getstate__(self) -> Any:
        return {"kept": self.kept}


Point = namedtuple("Point", "x y")
VALUES = {
    "arguments": argparse.Namespace(lr=0.1, name="x", layers=[1, 2]),
    "simple namespace": types.SimpleNamespace(a=1),
    "object": Vocabulary(["a", "b"]),
    "objects within": [{"v": Vocabulary([])}, (Vocabulary(["z"]),)],
    "slots": Slotted(1, [2]),
    "dataclass": Settings(0.5),
    "member": Colour.RED,
    "dict of a class": Attributes(a=1),
    "list of a class": Words(["a"]),
    "named tuple": Point(1, "y"),
    "counter": Counter("aab"),
    "defaultdict": defaultdict(list, a=[1]),
    "without default": defaultdict(None, {1: 2}),
    "deque": deque([1, 2], maxlen=3),
    "ordered": OrderedDict(a=Settings()),
    "time": datetime.datetime(2020, 1, 2, 3, 4, 5, 6),
    "date": datetime.date(2020, 1, 2),
    "duration": datetime.timedelta(1, 2, 3),
    "path": pathlib.Path("/some/where"),
    "pure path": pathlib.PurePosixPath("a/b"),
    "range": range(1, 9, 2),
    "slice": slice(1, None),
    "decimal": Decimal("1.50"),
}


def written(value: Any) -> io.BytesIO:
    file = io.BytesIO()
    glassnet.save({"value": value}, file)
    file.seek(0)
    return file


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_they_come_back(value: Any) -> None:
    again = glassnet.load(written(value), weights_only=False)["value"]
    assert type(again) is type(value)
    assert again == value


def test_attributes_that_are_tensors_and_texts_in_arrays_come_back() -> None:
    again = glassnet.load(written(Vocabulary(["a", "b"])))["value"]
    assert again.vectors.tolist() == [[1, 1], [1, 1]]
    assert glassnet.load(written(np.array(["ab", "c"])))["value"].tolist() == ["ab", "c"]
    assert vars(glassnet.load(written(WithoutLock()))["value"]) == {"kept": 1}
    again = glassnet.load(written(deque([1], maxlen=3)))["value"]
    assert again.maxlen == 3
    again = glassnet.load(written(defaultdict(int)))["value"]
    assert again["new"] == 0


def test_one_object_in_two_places_is_one_again() -> None:
    one = Settings()
    again = glassnet.load(written([one, {"same": one}]))["value"]
    assert again[0] is again[1]["same"]


def test_a_module_may_keep_them() -> None:
    model = nn.Linear(1, 1)
    model.vocabulary = Vocabulary(["a"])  # type: ignore[assignment]
    sequence = nn.Sequential(nn.Linear(1, 1))
    sequence.settings = Settings(0.5)  # type: ignore[assignment]
    assert glassnet.load(written(sequence))["value"].settings == Settings(0.5)


def test_numbers_alone_means_none_of_them() -> None:
    with pytest.raises(ModelFileError, match=r"holds an object \(argparse.Namespace\).*weights_only=False"):
        glassnet.load(written(VALUES["arguments"]), weights_only=True)


# what would run is neither written nor read ---------------------------------------------------------------------------

ran: list[str] = []


class Closing:
    def __del__(self) -> None:
        ran.append("del")


class Restored:
    def __setstate__(self, state: Any) -> None:
        ran.append("setstate")


class Rebuilt:
    def __reduce__(self) -> Any:
        return (ran.append, ("reduce",))


class Made:
    def __new__(cls) -> Any:
        ran.append("new")
        return super().__new__(cls)

    def __setattr__(self, name: str, value: Any) -> None:
        ran.append("setattr")


class Guarded(Slotted):
    __slots__ = ()

    @property
    def c(self) -> int:
        return 1

    @c.setter
    def c(self, value: int) -> None:
        ran.append("property")


class Noisy(list):  # type: ignore[type-arg]
    def extend(self, items: Any) -> None:
        ran.append("extend")


class Silent(dict):  # type: ignore[type-arg]
    def __setitem__(self, key: Any, value: Any) -> None:
        ran.append("setitem")


@pytest.mark.parametrize("kind", [Closing, Restored, Rebuilt])
def test_objects_whose_class_would_run_are_not_written(kind: Any) -> None:
    with pytest.raises(TypeError, match=f"of type .*{kind.__name__}"):
        written(kind())


def _file(text: bytes) -> io.BytesIO:
    """A file of PyTorch's whose pickle is ``text``."""
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", text)
        archive.writestr("archive/version", "3\n")
    file.seek(0)
    return file


def _asks(kind: type, arguments: bytes = b")", state: bytes = b"") -> bytes:
    return f"\x80\x02c{kind.__module__}\n{kind.__qualname__}\n".encode("latin1") + arguments + b"\x81" + state + b"."


ATTRIBUTES = b"}X\x01\x00\x00\x00cK\x01sb"  # {"c": 1}
SLOTS = b"N}X\x01\x00\x00\x00cK\x01s\x86b"  # (None, {"c": 1})


@pytest.mark.parametrize(
    "text",
    [
        _asks(Closing),
        _asks(Restored, state=ATTRIBUTES),
        _asks(Guarded, state=SLOTS),
        _asks(Guarded, state=ATTRIBUTES),
        _asks(pickle.Unpickler),
        _asks(io.BytesIO),
        _asks(argparse.ArgumentParser),
        _asks(Settings, arguments=b"(K\x01t"),
        _asks(Colour, arguments=b"(K\x07t"),
        _asks(Point, arguments=b"(K\x01t"),
    ],
)
def test_a_file_cannot_ask_for_more(text: bytes) -> None:
    ran.clear()
    with pytest.raises(ModelFileError):
        glassnet.load(_file(text), weights_only=False)
    assert ran == []


def test_no_code_of_a_class_runs_when_it_is_read() -> None:
    texts = [
        _asks(Made, state=ATTRIBUTES),
        _asks(Noisy, state=b"(K\x01e"),
        _asks(Silent, state=b"X\x01\x00\x00\x00cK\x01s"),
    ]
    ran.clear()
    made, noisy, silent = (glassnet.load(_file(text), weights_only=False) for text in texts)
    assert (vars(made), list(noisy), dict(silent)) == ({"c": 1}, [1], {"c": 1})
    assert ran == []


@pytest.mark.parity
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_torch_reads_and_writes_the_same(value: Any) -> None:
    torch = pytest.importorskip("torch")
    if isinstance(value, Vocabulary | list):
        value = Settings(0.25)  # whose attributes are no tensors of ours
    again = torch.load(written(value), weights_only=False)["value"]
    assert type(again) is type(value)
    assert again == value
    file = io.BytesIO()
    torch.save({"value": value}, file)
    file.seek(0)
    assert glassnet.load(file, weights_only=False)["value"] == value
