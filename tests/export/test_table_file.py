"""Exported files of networks trained on tables: they encode a raw table as training did, on their own."""

import ast
import csv

import numpy as np
import pandas as pd
import pytest

import glassnet
from glassnet import nn
from glassnet.encoders import TableEncoder
from glassnet.errors import ShapeError
from glassnet.export import numpy_file
from glassnet.tables import TableError, columns, prepare, read_table, standalone
from glassnet.tables.columns import encode_table
from tests.export.files import loaded, run, run_here
from tests.shares import one_in

TABLE = {
    "size": ["1", "2", None, "4", "5"] * 8,
    "when": ["2024-01-05", "2023-02-06 13:00", "2022-03-07", "2021-04-08"] * 10,
    "색": ["빨강", "파랑", "빨강", ""] * 10,
    "ok": ["yes", "no"] * 20,
    "price": [i * 2.5 for i in range(40)],
    "kind": ["a", "b", 'the "c" of it\'s', "a"] * 10,
    "id": [f"k{i}" for i in range(40)],
}
RAW = {  # in another order, with more columns, cells that are missing and cells that training never saw
    "ok": ["no", "maybe", "TRUE", ""],
    "more": [1, 2, 3, 4],
    "색": ["파랑", "초록", "", "빨강"],
    "when": ["2030-12-31", "", "soon", "2022-03-07T23:59"],
    "size": ["1,000", "many", "", "2.5"],
    "kind": ["b", "?", "", "a"],
    "price": ["7", "", "8.5", "x"],
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.py"


@pytest.fixture(scope="module", params=["kind", "price"])
def written(request, tmp_path_factory):
    """The encoding, the module, and the text of its file."""
    path = tmp_path_factory.mktemp("table") / "model.py"
    encoding = prepare(TABLE, request.param).encoding
    model = nn.Sequential(
        nn.Linear(len(encoding.feature_names), 5), nn.Tanh(), nn.Linear(5, len(encoding.classes) or 1)
    )
    title = "A network trained on a table " * 6
    files = numpy_file(model, path, TABLE, encoder=TableEncoder(encoding), title=title, facts={"accuracy": "none"})
    assert files == [path]
    return encoding, model, path.read_text("utf-8")


@pytest.fixture
def trained(written, path):
    """The encoding, and what the module makes of a table, in words or in the units of the target."""
    encoding, model, text = written
    path.write_text(text, "utf-8")

    def predicted(table):
        with glassnet.no_grad():
            return encoding.decode_targets(
                model(glassnet.from_numpy(encoding.encode(table, target=False).inputs)).numpy()
            )

    return encoding, predicted


def agree(result, expected):
    return list(result) == list(expected) if expected.dtype.kind == "O" else np.allclose(result, expected, rtol=1e-6)


@pytest.mark.parametrize("table", [TABLE, RAW], ids=["training", "raw"])
def test_a_file_predicts_what_the_network_does(trained, path, table):
    encoding, predicted = trained
    file = loaded(path)
    expected = predicted(table)
    names = [column["name"] for column in encoding.columns]
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    for table_like in (table, pd.DataFrame(table), rows, [[row[name] for name in names] for row in rows]):
        assert agree(file["predict"](table_like), expected)
    np.testing.assert_array_equal(file["encoded"](table), encoding.encode(table, target=False).inputs)
    assert file["predict"]({name: [] for name in names}).shape == (0,)


@pytest.mark.parametrize(
    ("encoding", "delimiter"), one_in(4, [("cp949", "\t"), ("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "|")])
)
def test_the_command_reads_a_raw_file_and_says_what_it_did(trained, path, encoding, delimiter):
    how, predicted = trained
    with open(path.with_name("raw.csv"), "w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([RAW, *zip(*RAW.values(), strict=True)])
    done = run(path, "raw.csv")
    assert done.returncode == 0, done.stderr
    header, *rows = csv.reader(done.stdout.splitlines())
    assert header == (["prediction", *how.classes] if how.classes else ["price"])
    predictions = [row[0] for row in rows]
    assert agree(predictions if how.classes else np.array(predictions, float), predicted(RAW))
    notes = [f"raw.csv: {note}" for note in how.encode(RAW, target=False).notes if "columns" not in note]
    assert [line for line in notes if "column" not in line] == done.stderr.splitlines()
    assert any("'초록' (row 2) not among the categories it knows" in line for line in notes)
    assert run_here(path, "--self-test").stdout.startswith("self-test passed: 4 samples")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "data.csv: expected a header and rows, got an empty file; give a table"),
        ("size,when\n", "data.csv: expected a header and rows below it, got none; add data"),
        ("size,when\n1\n", "data.csv, line 2: expected 2 cells, as in the header, got 1; fill in what is missing"),
        ("size,Wann\n1,2\n", "data.csv: expected a table with the columns 'when', '색', 'ok', "),
        ("size,size\n1,2\n", "data.csv: expected columns of different names, got 'size' more than once; rename them"),
        ('size,when\n1,"2\n', 'data.csv, line 2: expected a quote (")'),
        ("size\n1\0\n", "data.csv, line 2: expected text, got a NUL byte"),
        ("size,when,색,ok,price,kind\ninf,,,,1,a\n", "data.csv: row 1: expected a finite number in 'size'"),
    ],
)
def test_bad_files_are_one_message(trained, path, text, message):
    path.with_name("data.csv").write_text(text, encoding="utf-8")
    done = run_here(path, "data.csv")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert message in done.stderr


@pytest.mark.parametrize("no_table", [5, [5], ["abcde"], [[1, 2]], None, "text"])
def test_what_is_no_table_is_one_message(trained, path, no_table):
    with pytest.raises(ValueError, match="a list of dicts, or rows of 5 cells: size, when, 색, ok, "):
        loaded(path)["predict"](no_table)


def test_columns_of_different_lengths_are_one_message(trained, path):
    with pytest.raises(ValueError, match="expected columns of the same length"):
        loaded(path)["predict"](TABLE | {"size": [1]})


def test_the_text(trained, path):
    encoding, _ = trained
    text = path.read_text("utf-8")
    assert max(map(len, text.splitlines())) <= 120
    tree = ast.parse(text)
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert {name for name, f in vars(columns).items() if getattr(f, "__module__", "") == columns.__name__} < defined
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    defined |= {
        t.id for node in tree.body if isinstance(node, ast.Assign) for t in node.targets if isinstance(t, ast.Name)
    }
    assert defined - names <= {"predict"}
    imported = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    assert imported - {"numpy"} <= names | {"np"}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.arg) and node.annotation]
    docstring = ast.get_docstring(tree)
    assert "input       a row of a table with the columns size, when, 색, ok, " in docstring
    assert ("output      an estimate of price" in docstring) == (encoding.task == "regression")
    assert "predict(X)  # X: a dict of columns, a DataFrame, a list of dicts" in docstring


def test_the_help_begins_with_all_of_the_title(trained, path):
    assert " ".join(["A network trained on a table"] * 6) in " ".join(run_here(path, "--help").stdout.split())


def test_a_changed_encoding_fails_the_self_test(trained, path):
    text = path.read_text("utf-8")
    path.write_text(text.replace('"mean": [', '"mean": [9 + ', 1), "utf-8")
    done = run_here(path, "--self-test")
    assert (done.returncode, done.stdout) == (1, "")


def test_a_file_reads_what_the_library_reads(path):
    """A column without a name, a .tsv whose cells hold commas, a comma before decimals, thousands."""
    data = path.with_name("data.tsv")
    rows = [f"{i % 4}\tSeoul, {'AB'[i % 2]}\t{i},5\t{i + 1},000.5\t{'pq'[i // 2 % 2]}" for i in range(20)]
    data.write_text("\n".join(["\tplace, city\tsize\tprice\ty", *rows]) + "\n", "cp949")
    frame = read_table(data)
    encoding = prepare(frame, "y").encoding
    assert encoding.feature_names == (
        *("Unnamed: 0", "place, city = Seoul, A", "place, city = Seoul, B", "size", "price"),
    )
    model = nn.Linear(5, 2)
    numpy_file(model, path, frame, encoder=TableEncoder(encoding))
    done = run(path, data)
    assert (done.returncode, done.stderr) == (0, "")
    scores = model(glassnet.from_numpy(encoding.encode(frame).inputs)).detach().numpy()
    labels = [row[0] for row in csv.reader(done.stdout.splitlines()[1:])]
    assert labels == encoding.decode_targets(scores).tolist()


@pytest.mark.parametrize("cells", [[1.5, float("nan"), 3.0], np.array([1.5, 2.5, 3.5]), pd.Series([1, None, 3])])
def test_samples_of_any_numbers_are_kept_as_texts(path, cells):
    encoding = prepare({"x": [1.5, 2.5, None, 4.5, 5.5] * 2, "y": range(10)}, "y").encoding
    model = nn.Linear(len(encoding.feature_names), 1)
    numpy_file(model, path, {"x": cells}, encoder=TableEncoder(encoding))
    assert run_here(path, "--self-test").returncode == 0


def test_many_numbers_go_beside_the_file(path):
    encoding = prepare(TABLE, "kind").encoding
    model = nn.Linear(len(encoding.feature_names), 3)
    written = numpy_file(model, path, TABLE, encoder=TableEncoder(encoding), inside=0)
    assert [file.name for file in written] == ["model.py", "model.npz"]
    assert run_here(path, "--self-test").returncode == 0


def test_networks_of_other_numbers_get_them(path):
    encoding = prepare(TABLE, "price").encoding
    numpy_file(nn.Linear(len(encoding.feature_names), 1).double(), path, TABLE, encoder=TableEncoder(encoding))
    assert loaded(path)["encoded"](TABLE).dtype == np.float64


def test_what_does_not_fit_is_refused(path):
    encoding = prepare(TABLE, "kind").encoding
    with pytest.raises(ShapeError, match="are not those of 3 classes"):
        numpy_file(nn.Linear(len(encoding.feature_names), 2), path, TABLE, encoder=TableEncoder(encoding))
    other = prepare(TABLE, "price").encoding
    with pytest.raises(ShapeError, match=r"one output for a sample, an estimate of price, got shape \[2\]"):
        numpy_file(nn.Linear(len(other.feature_names), 2), path, TABLE, encoder=TableEncoder(other))
    with pytest.raises(TableError, match="the encoding of the table is broken"):
        numpy_file(nn.Linear(2, 2), path, TABLE, encoder=TableEncoder.from_json({}))
    with pytest.raises(TableError, match="expected a table with the columns 'size'"):
        numpy_file(nn.Linear(2, 2), path, {"a": [1]}, encoder=TableEncoder(encoding))


def test_the_functions_where_they_stand(tmp_path, capsys):
    assert standalone.predict({"size": [2, 3]}).tolist() == [10, 12]
    assert list(standalone.answers({"size": ["2"]})) == [["price"], ["10"]]
    (tmp_path / "a.csv").write_text("size\n2\n\n \nmany\n")
    table = standalone.read(str(tmp_path / "a.csv"))
    assert table == {"size": ["2", "many"]}
    assert "size: expected numbers, got 'many' (row 2): taken as missing" in capsys.readouterr().err
    for text, message in (("size\n", "got none"), ('size\n"1', ", line 2: expected a quote"), ("a\n1", "'size'")):
        (tmp_path / "a.csv").write_text(text)
        with pytest.raises(ValueError, match=message):
            standalone.read(str(tmp_path / "a.csv"))
    assert encode_table(table, standalone.COLUMNS)[0].tolist() == [[0], [0]]
