"""Cells and texts in C become the numbers that they become in glassnet."""

from __future__ import annotations

import csv
import ctypes
import io
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
import glassnet.functional as F
from glassnet import nn
from glassnet.encoders import SeriesEncoder, TableEncoder, TextEncoder
from glassnet.export import c_file
from glassnet.networks import Forecaster, bag, mlp
from glassnet.tables import Encoding, TableError
from tests.export.c_programs import TRAPPED, WATCHED, built, compiled, needs_compiler, run

pytestmark = needs_compiler

TABLE = {
    "size": ["61.5", "84", "120", "", "77.25", "1,250"],
    "price": ["1.234,5", "99,25", "7", "8,5", "1.000", "12,0"],
    "garden": ["yes", "no", "Yes", "", "no", "yes"],
    "colour": ["red", "초록", 'b"l,ue', "red", "", "초록"],
    "built": ["14.03.2019", "01.01.2000", "29.02.2024", "31.12.1999", "", "05.06.2010"],
    "seen": ["2024-01-05 10:00", "2024-02-29 23:59", "2023-12-31 00:00", "2024-01-06 04:30", "2024-03-01 12:00", ""],
    "kind": ["a", "b", "a", "b", "a", "b"],
}
NUMBERS = (
    "| |NA|n/a|-|?|unknown|12| 7 |+3.5|-0|1e3|.5|5.|1,234.5|1,23|1.234|1.2.3|1.234,56|0,5|,5|1_000|0x10|inf|nan|1e"
)
OTHERS = "-|--1|1 2|99999999999999999999|1e30|yes|NO|t|off|red|Red|초록|b\"l,ue|'red"
DAYS = "14.03.2019|1.1.2000|29.02.2023|31.04.2020|00.01.2000|14.13.2019|14.03.19|2019-03-14|2019-3-14|2024-01-05"
TIMES = "2024-01-05 10:00|2024-01-05T10:00:30|2024-01-05 24:00|2024-01-05 10:00:61|10:00|2024-13-05 10:00"
CELLS = [cell for cells in (NUMBERS, OTHERS, DAYS, TIMES) for cell in cells.split("|")]


def library(folder: Path, model: nn.Module, samples: Any, encoder: Any, classes: Any) -> Callable[..., Any]:
    """``model_encode`` of a network, as a function of cells: the numbers, or which cell it refuses."""
    path = folder / "model.c"
    c_file(model, path, samples, encoder=encoder, classes=classes)
    compiled([path], folder / "model.so", "-shared", "-fPIC", *TRAPPED)
    encode = ctypes.CDLL(str(folder / "model.so")).model_encode
    shape, dtype = encoder.encode(samples).shape[1:], encoder.encode(samples).dtype

    def encoded(*cells: str) -> Any:
        x = np.zeros(shape, np.int32 if dtype.kind == "i" else np.float32)
        texts = (ctypes.c_char_p * len(cells))(*(cell.encode() for cell in cells))
        refused = encode(texts, x.ctypes.data_as(ctypes.c_void_p))
        return refused or x

    return encoded


@pytest.fixture(scope="module")
def table() -> TableEncoder:
    return TableEncoder(Encoding.fit(TABLE, "kind"))


def test_cells_of_all_kinds(table: TableEncoder, tmp_path: Path) -> None:
    names = [column["name"] for column in table.encoding.columns]
    kinds = {column["kind"] for column in table.encoding.columns}
    assert kinds == {"number", "boolean", "category", "date"}
    width = table.encode(TABLE).shape[1]
    encode = library(tmp_path, mlp((width,), [3], 2), TABLE, table, None)
    usual = {name: TABLE[name][1] for name in names}
    for name in names:
        for cell in CELLS:
            row = {**usual, name: cell}
            try:
                expected = table.encode({key: [value, TABLE[key][0]] for key, value in row.items()})[0]
            except TableError:
                assert isinstance(encode(*row.values()), int) or cell in ("inf", "1e"), (name, cell)
                continue
            np.testing.assert_allclose(encode(*row.values()), expected, rtol=2e-6, atol=1e-6, err_msg=f"{name}: {cell}")


@pytest.mark.slow("compiles three commands")
def test_a_command_reads_a_table_whose_columns_are_in_any_order(table: TableEncoder, tmp_path: Path) -> None:
    gn.manual_seed(0)
    model = mlp((table.encode(TABLE).shape[1],), [3], 2)
    c_file(model, tmp_path / "model.c", TABLE, encoder=table)
    program = built(tmp_path / "model.c", *WATCHED)
    columns = {"further": ["x"] * 6, **dict(reversed(TABLE.items()))}
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([columns.keys(), *zip(*columns.values(), strict=True)])
    done = run(program, given=text.getvalue())
    assert (done.returncode, done.stderr) == (0, "")
    header, *rows = csv.reader(done.stdout.splitlines())
    assert header == ["prediction", "a", "b"]
    with gn.no_grad():
        expected = F.softmax(model(gn.from_numpy(table.encode(TABLE))), 1).numpy()
    np.testing.assert_allclose(np.array([row[1:] for row in rows], float), expected, atol=2e-6)
    assert "expected a table with the column 'size'" in run(program, given="a,b\n1,2\n").stderr
    assert "expected as many cells" in run(program, given=text.getvalue() + "1;2\n").stderr


@pytest.mark.slow("compiles two commands")
@pytest.mark.parametrize("rows", [9, 14])
def test_a_command_forecasts_after_the_last_row(tmp_path: Path, rows: int) -> None:
    target = {"name": "sold", "decimal": ",", "mean": 10.0, "scale": 2.0}
    encoder = SeriesEncoder({"name": "day", "format": "%Y-%m-%d"}, target, {"unit": "seconds", "count": 86400}, 9, 3, 1)
    values = np.random.default_rng(0).normal(10, 2, rows).round(3)
    gn.manual_seed(0)
    model = Forecaster(3, [4], "gru")
    c_file(model, tmp_path / "model.c", [values[-9:]], encoder=encoder)
    lines = "".join(f'2020-01-{n + 1:02},"{str(x).replace(".", ",")}"\n' for n, x in enumerate(values))
    done = run(built(tmp_path / "model.c", *WATCHED), given=f"day,sold\n{lines}")
    assert (done.returncode, done.stderr) == (0, "")
    header, *forecasts = csv.reader(done.stdout.splitlines())
    assert header == ["step", "sold"]
    with gn.no_grad():
        expected = encoder.decode(model(gn.from_numpy(encoder.encode([values[-9:]]))).numpy())
    np.testing.assert_allclose([float(x) for _, x in forecasts], expected, rtol=1e-5)


WORDS = TextEncoder(("the", "café", "고양이", "don", "ньюс", "ß", "k"), length=4)
LETTERS = "theTHEcafÉéКньюсЬЮß고양이 \t\n.,!—…’'0_K💡़ি"


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    folder = tmp_path_factory.mktemp("words")
    return library(folder, bag(WORDS.numbers, [], 2, 2), ["the"], WORDS, ["a", "b"])


@given(st.text(LETTERS, max_size=40) | st.text(max_size=20).filter(lambda text: "\0" not in text))
def test_the_words_of_a_text(words: Callable[..., Any], text: str) -> None:
    try:
        text = unicodedata.normalize("NFC", text)
        text.encode()
    except UnicodeEncodeError:  # half a character
        return
    np.testing.assert_array_equal(words(text), WORDS.encode([text])[0], err_msg=repr(text))
