"""The parsers that read bytes of others, each with good bytes to begin from, and the errors by which it refuses.

To add a parser, add a row to `PARSERS`.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import glassnet
from glassnet import nn
from glassnet.cli import run, settings
from glassnet.encoders import NumberEncoder, SeriesEncoder, TextEncoder
from glassnet.errors import GlassnetError
from glassnet.files import parsed_json
from glassnet.ops.formula import parse
from glassnet.serialization import read_model, save_model
from glassnet.tables.parsing import delimiter_of, names_of, rows_of, text_in
from glassnet.vision.datasets import read_idx


class Parser(NamedTuple):
    """``parse(data, folder)`` may raise ``refuses``, and nothing else; ``good`` bytes it takes."""

    parse: Callable[[bytes, Path], Any]
    good: bytes
    refuses: tuple[type[Exception], ...] = (GlassnetError,)


def _table(data: bytes, folder: Path) -> None:
    text, _ = text_in(data)
    rows = rows_of(text, delimiter_of(text, "x.csv"))
    names = names_of(next(rows)[1])
    for _, row in rows:
        assert len(row) == len(names)


def _file(name: str, read: Callable[[Path], Any]) -> Callable[[bytes, Path], Any]:
    def parse_file(data: bytes, folder: Path) -> Any:
        (folder / name).write_bytes(data)
        return read(folder / name)

    return parse_file


def _samples(path: Path) -> None:
    samples = NumberEncoder((3,), 255).read(path, (), targets=False)
    assert np.isfinite(samples.inputs.numpy()).all()


def _forecast(path: Path) -> None:
    day, sold = {"name": "day", "format": "%Y-%m-%d"}, {"name": "sold", "decimal": ".", "mean": 2.0, "scale": 1.0}
    encoder = SeriesEncoder(day, sold, {"unit": "seconds", "count": 86400}, window=2, horizon=1, season=1)
    for targets in (False, True):
        samples = encoder.read(path, (), targets=targets)
        assert samples.inputs.shape[1:] == (2, 1)


def _words(path: Path) -> None:
    encoder = TextEncoder(("the", "cat"), 5)
    numbers = encoder.read(path, (), targets=False).inputs.numpy()
    assert 0 <= numbers.min() <= numbers.max() < encoder.numbers


def _npy() -> bytes:
    file = io.BytesIO()
    np.save(file, np.arange(12.0).reshape(4, 3))
    return file.getvalue()


def _model(folder: Path, write: Callable[[Path], Any]) -> bytes:
    write(folder / "good")
    return (folder / "good").read_bytes()


def parsers(folder: Path) -> dict[str, Parser]:
    """All of them; ``folder`` is for what has to be a file."""
    model = nn.Sequential(nn.Linear(3, 2), nn.PReLU(), nn.Linear(2, 2))
    state = {"epoch": 3, "model": dict(model.state_dict()), "history": [{"epoch": 1.0}], "more": ("a", None, True)}
    config = {
        "format": run.FORMAT, "settings": {"source": "colors", "epochs": "1"}, "options": {"lr": 0.1, "hidden": [8]},
        "data": {"what": "x", "train": 3, "held_out": 1}, "results": {"epoch": 1, "val_loss": 0.5}, "seconds": 0.1,
    }  # fmt: skip
    toml = b'source = "colors"\nhidden = [8, 4]\nlr = 0.01\nseed = 3\ncompile = false\n'
    return {
        "JSON": Parser(lambda data, _: parsed_json(data), json.dumps(config).encode(), (ValueError,)),
        "config": Parser(_file("config.json", lambda path: run.read_config(path.parent)), json.dumps(config).encode()),
        "settings": Parser(_file("settings.toml", settings.read), toml),
        "table": Parser(_table, b"height,colour\n1.5,red\n,blue\n2,\"a \"\"b\"\"\"\n", (ValueError,)),
        "numbers": Parser(_file("x.csv", _samples), b"red,green,blue\n1,2,3\n4,5,6\n"),
        "series": Parser(_file("x.csv", _forecast), b"day,sold\n2024-01-01,1\n2024-01-02,2.5\n2024-01-03,3\n"),
        "text": Parser(_file("x.txt", _words), "The cat, 고양이.\n".encode()),
        "npy": Parser(_file("x.npy", _samples), _npy()),
        "IDX": Parser(_file("x-ubyte", read_idx), bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6])),
        "tensors": Parser(_file("x", glassnet.load), _model(folder, lambda path: glassnet.save(state, path))),
        "model": Parser(_file("x", read_model), _model(folder, lambda path: save_model(model, path, {"a": 1}))),
        "formula": Parser(
            lambda data, _: parse(data.decode("utf-8", "replace")), b"Max(x, 0) + alpha*(exp(x) - 1)", (ValueError,)
        ),
    }  # fmt: skip


def tried(parser: Parser, data: bytes, folder: Path) -> Exception | None:
    """The error by which ``data`` is refused, or None. Raises any other, and warnings too."""
    refused = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            parser.parse(data, folder)
        except parser.refuses as error:
            refused = error
    if isinstance(refused, GlassnetError):
        assert len(str(refused).encode("utf-8", "surrogatepass")) <= 2_000
    return refused
