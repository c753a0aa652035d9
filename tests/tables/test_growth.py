"""Tables: four times the rows, columns, categories or classes cost about four times as much, never the square."""

import io

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.tables import TableError, parsing, prepare, read_table, write_table
from glassnet.tables.parsing import delimiter_of, lines_of, rows_of
from glassnet.tables.splitting import every_fifth
from glassnet.training.report.mistakes import owners_of
from tests.growth import calls, growth, peak

TABLES = {
    "rows of numbers": lambda n: {"x": np.arange(float(n)), "y": np.arange(n) % 2},
    "columns": lambda n: {f"c{i}": range(i, i + 10) for i in range(n // 10)} | {"y": [0, 1] * 5},
    "categories": lambda n: {"x": [f"k{i % (n // 2)}" for i in range(n)], "y": np.arange(n) % 2},
    "classes": lambda n: {"x": np.arange(n), "y": [f"k{i % (n // 5)}" for i in range(n)]},
    "dates": lambda n: {"x": [f"{1000 + i}-01-02" for i in range(n)], "y": np.arange(n) % 2},
    "wrong numbers": lambda n: {"x": [*range(n - n // 30), *(f"w{i}" for i in range(n // 30))], "y": np.arange(n) % 2},
    "columns of one name's beginning": lambda n: {"c" * (i + 1): range(10) for i in range(n // 10)} | {"y": [0, 1] * 5},
}
TEXTS = {
    "rows": lambda n: "a,b\n" + "1,2\n" * n,
    "columns": lambda n: ",".join(f"c{i}" for i in range(n)) + "\n" + ",".join("1" * n) + "\n",
    "commas": lambda n: "," * n,
    "rows of commas": lambda n: ",,,,\n" * n,
    "quotes": lambda n: '"' * n,
    "newlines": lambda n: "a,b\n1,2\n" + "\n" * n,
    "returns": lambda n: "a,b\r1,2\r" * n,
    "blank lines": lambda n: "a,b\n1,2\n" + " \n" * n,
    "an open quote": lambda n: 'a,b\n1,"' + "x\n" * n,
    "a long header": lambda n: "x" * n + "\n1\n",
    "four delimiters": lambda n: "a,b;c|d\te\n" * n,
}


@pytest.mark.parametrize("cost", [calls, pytest.param(peak, marks=pytest.mark.slow("the calls are among the quick"))])
@pytest.mark.parametrize("kind", TABLES)
def test_preparing(kind, cost):
    def preparing(n):
        table = TABLES[kind](n)
        return lambda: prepare(table, "y")

    assert growth(cost, preparing, 100) < 6


@pytest.mark.parametrize("cost", [calls, peak])
@pytest.mark.parametrize("kind", TEXTS)
def test_reading_a_text(kind, cost):
    def rows(n):
        text = TEXTS[kind](n)
        return lambda: suppressed(lambda: sum(1 for _ in rows_of(text, delimiter_of(text, "x.csv"))))

    assert growth(cost, rows, 1000) < 6


def suppressed(act):
    """Texts may be refused: that is an end, too."""
    try:
        act()
    except ValueError as error:
        assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize("kind", ["commas", "rows of commas", "quotes", "an open quote", "a long header"])
def test_what_is_refused_takes_no_more_memory_than_a_few_times_its_size(tmp_path, kind):
    (tmp_path / "x.csv").write_text(TEXTS[kind](10_000), newline="")
    size = (tmp_path / "x.csv").stat().st_size
    assert peak(read_table, tmp_path / "x.csv") < 60 * size + 300_000


def test_a_line_has_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(parsing, "LONGEST", 100)
    (tmp_path / "x.csv").write_bytes(b"," * 101)
    with pytest.raises(TableError, match="expected lines of at most 100 characters, got 101; is it a table"):
        read_table(tmp_path / "x.csv")


@given(st.text(st.sampled_from('a"\n\r\u2028\x0b ')))
def test_lines_are_those_of_a_file(text):
    assert list(lines_of(text)) == list(io.StringIO(text, newline=""))


def test_a_wide_table_is_written_many_rows_at_once(tmp_path, monkeypatch):
    """Pandas alone takes two, where there are 50,000 columns: each time for as long as for a thousand."""
    frame = pandas.DataFrame({f"c{i}": ["1"] for i in range(500)})
    at_once = []
    to_csv = pandas.DataFrame.to_csv
    monkeypatch.setattr(
        pandas.DataFrame,
        "to_csv",
        lambda *args, **options: at_once.append(options["chunksize"]) or to_csv(*args, **options),
    )
    write_table(frame, tmp_path / "x.csv")
    assert set(at_once) == {2**20 // 500}


# all columns against all features, all classes against all rows -------------------------------------------


@given(st.lists(st.integers(-2, 3), max_size=40))
def test_every_fifth_of_each_class(labels):
    labels = np.array(labels, np.int64)
    expected = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        expected[np.flatnonzero(labels == label)[4::5]] = True
    assert (every_fifth(labels) == expected).all()


def test_many_classes_are_held_out_as_quickly_as_few():
    assert calls(every_fifth, np.arange(1000)) == calls(every_fifth, np.zeros(1000))


names = st.text(st.sampled_from("ab ="), max_size=4)


@given(st.lists(names, unique=True, max_size=8), st.lists(names, max_size=8))
def test_a_feature_belongs_to_the_longest_column_that_it_begins_with(columns, features):
    expected = [max((c for c in columns if f.startswith(c)), key=len, default=None) for f in features]
    assert owners_of(features, columns) == expected


@pytest.mark.parametrize("name", [lambda i: f"c{i}", lambda i: "c" * i])
def test_owners_of_many_columns(name):
    columns = [name(i) for i in range(400)]
    assert growth(calls, lambda n: lambda: owners_of(columns[:n], columns[:n]), 50) < 6
