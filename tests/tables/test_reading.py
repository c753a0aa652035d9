"""Files as tables: what is read is what is written, whatever the encoding; what is no table is one message."""

import codecs
import csv
import gzip
import io
import json
import sys
import tracemalloc
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.extras import MissingExtra
from glassnet.tables import Encoding, TableError, prepare, read_table
from glassnet.tables.parsing import DELIMITERS, delimiter_of, rows_of
from glassnet.text.encodings import decoded

KOREAN = "이름,값\r\n홍길동,1\r\n"
EXPECTED = [["홍길동", "1"]]


@pytest.fixture
def write(tmp_path):
    def file(data, name="a.csv"):
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return file


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (KOREAN.encode(), "utf-8"),
        (KOREAN.encode("utf-8-sig"), "utf-8-sig"),
        (codecs.BOM_UTF8 + KOREAN.encode("utf-8-sig"), "utf-8-sig"),
        (KOREAN.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + KOREAN.encode("utf-16-be"), "utf-16"),
        (KOREAN.encode("utf-32"), "utf-32"),
        (KOREAN.encode("cp949"), "cp949"),
        (KOREAN.encode("euc-kr"), "cp949"),
    ],
)
def test_korean_in_every_common_encoding(write, data, encoding):
    frame = read_table(write(data))
    assert [*frame.columns] == ["이름", "값"]
    assert frame.values.tolist() == EXPECTED
    assert frame.attrs == {"encoding": encoding, "delimiter": ","}


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("a,b\néé,1\n", "cp1252"), ("é,Größe\nMüller,naïve €\n", "cp1252"), ("a,b\n\xfcber,\x81\n", "latin-1")],
)
def test_western_european(write, text, encoding):
    frame = read_table(write(text.encode(encoding)))
    assert frame.attrs["encoding"] == encoding
    assert [[*frame.columns], *frame.values.tolist()] == [line.split(",") for line in text.splitlines()]


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_delimiter_and_line_end(write, delimiter, end):
    rows = [["a", "b", "c"], ["1,5;2|3\t4", 'he said "x"', ""], ["  spaces ", f"two{end}lines", "NA"], ["", "", ""]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    frame = read_table(write(text.getvalue()))
    assert [[*frame.columns], *frame.values.tolist()] == rows
    assert frame.attrs["delimiter"] == delimiter


def test_cells_are_as_they_are_written_and_blank_lines_left_out(write):
    frame = read_table(write('\n \nid, name \n\n007,"a ""b"""\n   \n1.50,N/A\n\n'))
    assert [*frame.columns] == ["id", "name"]
    assert frame.values.tolist() == [["007", 'a "b"'], ["1.50", "N/A"]]
    assert [*frame.index] == [0, 1]
    assert read_table(write('a\n""\n\n1\n')).values.tolist() == [[""], ["1"]]
    assert [*read_table(write(",b\n1,2\n")).columns] == ["Unnamed: 0", "b"]
    assert [*read_table(write("2019,2020\n1,2\n")).columns] == ["2019", "2020"]


@pytest.mark.parametrize(
    ("text", "path", "delimiter"),
    [
        ("a\n1\n2\n", "a.csv", ","),
        ("", "a.csv", ","),
        ('a;b\n"1,5";2\n3,5;4\n', "a.csv", ";"),
        ("a" * 200_000 + "\n1\n", "a.csv", ","),
        ("city, country\tn\nSeoul, Korea\t10\n", "a.csv", ","),
        ("city, country\tn\nSeoul, Korea\t10\n", "a.TSV", "\t"),
        ("a,b\n1,2\n", "a.tsv", ","),
    ],
)
def test_the_delimiter_is_the_one_that_fits(text, path, delimiter):
    assert delimiter_of(text, path) == delimiter


BAD = {
    "empty": (b"", ": expected a header and rows, got an empty file"),
    "blank": (b" \r\n\n", ": expected a header and rows, got an empty file"),
    "only a mark": (codecs.BOM_UTF8, ": expected a header and rows, got an empty file"),
    "no data": ("a,b\n\n", ": expected a header and rows below it, got none; add data"),
    "short row": ("a,b\n\n1,2\n3\n", ", line 4: expected 2 cells, as in the header, got 1; fill in what is missing"),
    "long row": ('a,b\n"1\n",2\n3,4,5\n', ", line 4: expected 2 cells, as in the header, got 3; put a cell that holds"),
    "NUL": (b"a,b\r\n1,2\r\n3,\x00\r\n", ", line 3: expected text, got a NUL byte; save it again"),
    "NUL in UTF-16": ("a,b\n1,\x00".encode("utf-16"), ", line 2: expected text, got a NUL byte"),
    "UTF-16 without a mark": ("a,b\n1,2".encode("utf-16-le"), ", line 1: expected text, got a NUL byte"),
    "half of a UTF-16": (b"\xff\xfea\x00b", ": it begins as UTF-16, and is something else at byte 4"),
    "a mark, then Latin-1": (codecs.BOM_UTF8 + b"a,b\n\xe9,1", ": it begins as UTF-8, and is something else at byte"),
    "unclosed quote": ('a,b\n1,2\n3,"4\n5,6\n', ', line 3: expected a quote (") at the end of the cell'),
    "more after a quote": ('a,b\n"1"x,2\n', ", line 2: expected ',' after the quote that ends a cell, got more"),
    "a huge cell": (b"a\n" + b"x" * 200_000, ", line 2: expected cells of at most 131,072 characters"),
    "no names": (
        "1,2,1\n1,2,3\n",
        ": expected columns of different names, got '1' more than once; rename them, or add",
    ),
    "same names": ("a,b,a \n1,2,3\n", ": expected columns of different names, got 'a' more than once; rename them"),
    "no header": (
        "5.1,3.5,iris\n4.9,3.0,rose\n",
        ", line 1: expected the names of the columns, got numbers (5.1",
    ),
    "too many columns": (b"," * 60_000 + b"\n", ": expected at most 50,000 columns, got 60,001; leave some out"),
    "JSON": ('[{"a": 1}]', ": expected a table of text, such as CSV, got a JSON file; write it as CSV"),
    "JSON in lines": ('{\n  "a": 1\n}', ": expected a table of text, such as CSV, got a JSON file; write it as CSV"),
    "Excel": (b"PK\x03\x04....", ": expected a table of text, such as CSV, got a ZIP or Excel file; save the sheet"),
    "gzip": (b"\x1f\x8b\x08....", "got a gzip file; unpack it: gunzip"),
    "bytes": (bytes(range(1, 256)), "got bytes that are no text"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_message(write, name):
    data, message = BAD[name]
    path = write(data)
    with pytest.raises(TableError) as caught:
        read_table(path)
    assert str(caught.value).startswith(f"{path}")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_an_error_says_where_it_is_in_fields(write):
    path = write("a,b\n1,2\n3\n")
    with pytest.raises(TableError) as raised:
        read_table(path)
    error = raised.value
    assert (error.path, error.line) == (str(path), 3)
    assert error.problem == "expected 2 cells, as in the header, got 1; fill in what is missing"
    assert str(error) == f"{path}, line 3: {error.problem}"
    with pytest.raises(TableError) as raised:
        read_table("none.csv")
    assert (raised.value.path, raised.value.line, raised.value.advice) == (
        "none.csv",
        None,
        "check the name and the folder",
    )


def test_what_is_no_file(tmp_path, monkeypatch):
    with pytest.raises(TableError, match=r"none\.csv: there is no such file; check the name"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(TableError, match="expected a file, got a folder; name a file in it"):
        read_table(tmp_path)
    with pytest.raises(TableError, match="expected a file, got a device; copy"):
        read_table("/dev/null")
    with pytest.raises(TableError, match="no file can have this name; check the name"):
        read_table("a\0b")

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.csv").write_text("a,b")
    monkeypatch.setattr("os.open", refused)
    with pytest.raises(TableError, match=r"a\.csv: it cannot be read \(Permission denied\)"):
        read_table(tmp_path / "a.csv")


def test_an_error_of_pandas_is_a_message(write, monkeypatch):
    def fails(*_, **__):
        raise pd.errors.ParserError("C error:\nout of memory")

    monkeypatch.setattr(pd, "read_csv", fails)
    with pytest.raises(TableError, match=r"a\.csv: it cannot be read \(C error: out of memory\); the file is broken"):
        read_table(write("a\n1\n"))


@pytest.mark.parametrize(("missing", "file"), [("pandas", "a\n1\n"), ("pyarrow", "PAR1")])
def test_without_the_extra_it_says_how_to_install_it(write, monkeypatch, missing, file):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtra, match=rf'{missing} is needed to read .*: pip install "glassnet\[tables\]"'):
        read_table(write(file))


# Parquet ----------------------------------------------------------------------------------------


@pytest.fixture
def parquet(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "a.parquet"
    when = pd.to_datetime(["2024-01-05", None])
    frame = pd.DataFrame({"x": [1.5, None], 2: ["가", "b"], "when": when, "c": pd.Categorical([7, 8])})
    frame.rename(columns=str).to_parquet(path)
    return path


def test_parquet(parquet, tmp_path):
    frame = read_table(parquet)
    assert [*frame.columns] == ["x", "2", "when", "c"]
    assert frame["2"].tolist() == ["가", "b"]
    other = tmp_path / "no ending"
    other.write_bytes(parquet.read_bytes())
    assert len(read_table(other)) == 2


@pytest.mark.parametrize(
    "broken", [lambda data: data[:-9], lambda data: data[:4] + b"\xff" * 40 + data[44:], lambda data: b"PAR1"]
)
def test_broken_parquet(parquet, broken):
    parquet.write_bytes(broken(parquet.read_bytes()))
    with pytest.raises(TableError, match=r"a\.parquet: it cannot be read \(.*\); the file is broken: write it again"):
        read_table(parquet)


def test_parquet_of_nothing(parquet):
    pd.DataFrame({"a": []}).to_parquet(parquet)
    with pytest.raises(TableError, match="expected rows and columns, got none"):
        read_table(parquet)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": ["x", "y"] * 600}, "it says that it holds 1,200 cells in"),
        ({"a": ["x" * 20_000]}, "it says that it holds 20,.* bytes of cells in"),
        ({"a": ["x" * 100, "y"] * 200}, "it says that it holds 20,200 bytes of text in"),
        ({"a": [[1], [2]]}, r"got list<.*> in 'a'; leave that column out"),
        ({"a": [{"b": 1}, {"b": 2}]}, r"got struct<.*> in 'a'; leave that column out"),
    ],
)
def test_parquet_that_is_more_than_it_seems(tmp_path, monkeypatch, columns, message):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    monkeypatch.setattr("glassnet.tables.parquet.CELLS", 1000)
    monkeypatch.setattr("glassnet.tables.parquet.CELLS_PER_BYTE", 0)
    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table(columns), path, compression="gzip", store_schema=False)
    with pytest.raises(TableError, match=message):
        read_table(path)


# anything at all --------------------------------------------------------------------------------

CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff"), max_size=8)
PIECES = st.sampled_from(
    [
        b'"',
        b",",
        b"\n",
        b"\r",
        b";",
        b"\t",
        b"|",
        b"a",
        b"1.5",
        b"\x00",
        b" ",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xb0\xa1",
    ]
)


def fits_or_is_a_message(frame):
    for target in frame.columns[:3]:
        with suppress(TableError):
            encoding = Encoding.fit(frame, target)
            back = Encoding.from_json(json.loads(json.dumps(encoding.to_json())))
            assert back == encoding
            encoded = back.encode(frame)
            assert encoded.inputs.shape == (len(encoded.rows), len(back.feature_names))
            assert np.isfinite(encoded.inputs).all()
            assert len(back.decode_targets(encoded.targets)) == len(encoded.rows)
            assert len(back.encode(frame, target=False).inputs) == len(frame)
        with suppress(TableError):
            prepare(frame, target)


@given(st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=40).map(b"".join)))
def test_any_bytes_are_a_table_or_a_message(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(data)
    with suppress(TableError):
        frame = read_table(path)
        assert len(frame) > 0
        assert len(set(frame.columns)) == len(frame.columns) > 0
        fits_or_is_a_message(frame)
        text, _ = decoded(data)
        _, *rows = (row for _, row in rows_of(text, frame.attrs["delimiter"]))
        assert frame.values.tolist() == rows  # what was checked is what pandas reads


@given(st.integers(2, 4).flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=6)))
def test_what_csv_writes_is_what_is_read(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "written.csv"
    names = [f"column {i}" for i in range(len(rows[0]))]
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([names, *rows])
    assert read_table(path).values.tolist() == rows


ODD = st.sampled_from(
    [
        *"01-?t가é٣²", "-1e308", "1e308", "5e-324", "inf", "nan", "1,5", "1.234,5", "1,234.5", "1_0", "0x1", "yes",
        "NO", "2024-01-05", "31/12/0001", "05/06/2024", "9999-12-31", "2024-01-05T10:00:00.123456789Z", "Jan 5, 2024"
    ]
)  # fmt: skip


@given(
    st.integers(2, 4).flatmap(lambda n: st.lists(st.lists(st.one_of(ODD, CELLS), min_size=n, max_size=n), min_size=1)),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    st.sampled_from(DELIMITERS),
)
def test_any_table_fits_or_is_a_message(tmp_path_factory, rows, encoding, delimiter):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    with open(path, "w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=delimiter).writerows([["a", "b", "c", "d"][: len(rows[0])], *rows])
    with suppress(TableError):
        fits_or_is_a_message(read_table(path))


def test_a_gzip_bomb_is_not_unpacked(write):
    path = write(gzip.compress(bytes(50_000_000)), "a.csv.gz")
    tracemalloc.start()
    with pytest.raises(
        TableError, match=r"a\.csv\.gz: expected a table of text, such as CSV, got a gzip file; unpack it"
    ):
        read_table(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.slow("tests/tables/test_growth.py has smaller ones")
def test_memory_is_bounded_by_the_file(write):
    for data in (b"," * 30_000, b"\n" * 30_000, b'"' * 30_001, b"a\n" + b"1\n" * 150_000, b"a,b\n" + b"," * 30_000):
        path = write(data)
        tracemalloc.start()
        with suppress(TableError):
            read_table(path)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 100 * len(data) + 1_000_000
