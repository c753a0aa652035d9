"""Encodings: fitted, kept as JSON, applied to other tables; targets; rows held out."""

import json
import math
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.tables import Encoding, TableError, held_out_rows, prepare, read_table, write_table
from glassnet.tables.columns import encode_table
from glassnet.tables.validation import FORMAT

SHARED = Path(__file__).parents[3] / "shared" / "data"
TABLE = {
    "size": ["1", "2", "3", None, "5", "6"],
    "colour": ["red", "blue", "red", "blue", "", "red"],
    "happy": ["yes", "no", "yes", "yes", "no", "no"],
    "when": ["2024-01-05", "2023-02-06", "2022-03-07", "2021-04-08", "2020-05-09", "2019-06-10"],
    "id": ["k1", "k2", "k3", "k4", "k5", "k6"],
    "all": ["same"] * 6,
    "kind": ["a", "b", "a", "b", "a", "b"],
}


@pytest.fixture
def encoding():
    return Encoding.fit(TABLE, "kind")


def test_what_was_found_is_said(encoding):
    assert encoding.task == "classification"
    assert encoding.classes == ("a", "b")
    assert encoding.feature_names == (
        *("size", "size is missing", "colour = blue", "colour = red", "colour is missing", "happy"),
        *("when: days", "when: year", "when: month", "when: day", "when: weekday"),
    )
    assert encoding.notes == ("ignored: id (text, another in every row), all (the same in every row ('same'))",)


def test_a_table_becomes_numbers(encoding):
    encoded = encoding.encode(TABLE)
    assert (encoded.inputs.dtype, encoded.inputs.shape) == (np.float32, (6, 11))
    assert (encoded.targets.dtype, encoded.targets.tolist()) == (np.int64, [0, 1, 0, 1, 0, 1])
    assert encoded.rows.tolist() == [0, 1, 2, 3, 4, 5]
    assert encoding.decode_targets(encoded.targets).tolist() == TABLE["kind"]
    assert encoding.decode_targets([[0.1, 0.9], [0.8, 0.2]]).tolist() == ["b", "a"]
    assert np.isfinite(encoded.inputs).all()


def test_the_order_of_the_columns_does_not_matter(encoding):
    expected = encoding.encode(TABLE)
    other = encoding.encode({name: TABLE[name] for name in reversed(TABLE)})
    np.testing.assert_array_equal(other.inputs, expected.inputs)
    assert "the columns are in another order than in training: taken by their names" in other.notes
    assert not any("order" in note for note in expected.notes)


def test_columns_that_are_not_needed_do_no_harm(encoding):
    needed = {name: TABLE[name] for name in ("size", "colour", "happy", "when")}
    encoded = encoding.encode(needed | {"new": range(6)})
    np.testing.assert_array_equal(encoded.inputs, encoding.encode(TABLE).inputs)
    assert encoded.targets is None
    assert encoded.notes[0] == "ignored: training had no such column: 'new'"
    with pytest.raises(TableError, match="expected a table with the column 'size'; add it"):
        encoding.encode({name: TABLE[name] for name in ("colour", "happy", "when")})


def test_json_and_back(encoding):
    for one in (encoding, Encoding.fit(TABLE, "size")):
        text = json.dumps(one.to_json())
        back = Encoding.from_json(json.loads(text))
        assert back == one
        np.testing.assert_array_equal(back.encode(TABLE).inputs, one.encode(TABLE).inputs)
        assert json.dumps(back.to_json()) == text


def places(data, path=()):
    """Every place in nested dicts and lists."""
    yield path
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


def changed(data, path, value):
    if not path:
        return value
    copy = json.loads(json.dumps(data))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copy


WRONG = [None, -1, 10**400, "other", [], {}, [None], [{}], True, math.nan, {"a": 1}, [[1]]]
JSON = [Encoding.fit(TABLE, target).to_json() for target in ("kind", "size")]


@pytest.mark.parametrize("data", JSON, ids=["classes", "quantity"])
def test_json_that_was_changed_works_or_is_a_message(data):
    for path in places(data):
        for value in WRONG:
            with suppress(TableError):
                Encoding.from_json(changed(data, path, value)).encode(TABLE)


def test_json_of_a_newer_version_says_so(encoding):
    with pytest.raises(TableError, match=f"of format {FORMAT + 1}, .* reads up to {FORMAT}; install a newer one"):
        Encoding.from_json(encoding.to_json() | {"format": FORMAT + 1})


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("columns", 0, "scale"), [0.0], r"its columns\[0\].scale\[0\] should be a number above 0, got 0.0"),
        (
            ("columns", 0, "kind"),
            "colour",
            r"its columns\[0\].kind should be one of 'number', 'boolean', 'date', 'category', got",
        ),
        (("columns", 0, "mean"), [1, 2], r"its columns\[0\].mean should be a list of 1, got \[1, 2\]"),
        (("columns", 0, "name"), "kind", "its names should be a list, all different"),
        (
            ("target", "classes"),
            ["a", "a"],
            "its target.classes should be a list of 2 or more, all different",
        ),
        (("target", "extra"), 1, "an object of name, task, classes, decimal"),
        (("columns",), [], "its encoding.columns should be a list of 1 or more"),
    ],
)
def test_json_that_is_broken_says_where(encoding, path, value, message):
    with pytest.raises(TableError, match=message):
        Encoding.from_json(changed(encoding.to_json(), path, value))


# targets ----------------------------------------------------------------------------------------


def fit(target, task=None, n=None):
    return Encoding.fit({"x": range(n or len(target)), "y": target}, "y", task)


@pytest.mark.parametrize(
    ("target", "task", "classes"),
    [
        (["a", "b", "a"], None, ("a", "b")),
        ([True, False], None, ("False", "True")),
        ([0, 1, 1, 0], None, ("0", "1")),
        (["10", "9", "9.0", "10"], None, ("9", "10")),
        ([0.5, 1.5, 0.5, 1.5], None, ("0.5", "1.5")),
        ([3, 10, 5, 5, 10, 3], "classification", ("3", "5", "10")),
        ([3, 10, 5, 5, 10, 3], None, ()),
        ([0.5, 1.7, 2.9], None, ()),
        ([0, 1, 1, 0], "regression", ()),
        (["1,5", "2,5", "3,5"], None, ()),
    ],
)
def test_the_task_follows_from_the_target(target, task, classes):
    assert fit(target, task).classes == classes


def test_whole_numbers_taken_as_a_quantity_are_said():
    assert fit([3, 4, 5, 5]).notes == (
        "y holds 3 different whole numbers: taken as a quantity (regression); to take them as classes: "
        "--task classification",
    )
    assert fit([0.5, 4, 5, 5]).notes == ()


def test_a_quantity_is_standardised_and_comes_back():
    encoding = fit(["10", "20", "30"])
    encoded = encoding.encode({"x": [0, 1], "y": [20, 40]})
    assert (encoded.targets.dtype, encoded.targets.shape) == (np.float32, (2, 1))
    assert encoded.targets[0] == 0
    np.testing.assert_allclose(encoding.decode_targets(encoded.targets), [20, 40], rtol=1e-6)


def test_classes_are_known_however_they_are_written():
    assert fit([0, 1, 1]).encode({"x": [1, 2, 3], "y": ["1.0", "0", 1.0]}).targets.tolist() == [1, 0, 1]
    assert fit(["no", "Yes", "no"]).encode({"x": [1, 2], "y": ["YES", "No"]}).targets.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("target", "task", "message"),
    [
        (["a"] * 3, None, "the target 'y' is 'a' in every row: there is nothing to learn; choose another column"),
        (["1", "1.0", "1"], None, "the target 'y' is '1' in every row"),
        ([5, 5, None], None, "the target 'y' is '5' in every row"),
        ([None, "", "NA"], None, "the target 'y' is missing in every row"),
        (["1", "inf", "2"], None, "row 2: expected finite numbers in the target 'y', got 'inf'"),
        ([None, "1", "-inf", "2"], "regression", "row 3: expected finite numbers in the target 'y', got '-inf'"),
        (["1", "a", "2"], "regression", "row 2: expected a number in the target 'y', as regression needs, got 'a'"),
        ([*map(str, range(40)), "x"], None, "row 41: expected a number in the target 'y', as in almost every row"),
        (["a", "b", "c", "d"], None, "has 4 different values in 4 rows: too many to be classes; choose another column"),
        ([1.5, 2.5, 3.5], "classification", "too many to be classes; choose another column, or --task regression"),
        (["1", "2", "2"], "guess", "task: expected classification or regression, got 'guess'"),
        (["1e308", "-1e308", "1e308", 0], None, "holds numbers too large or too small to compute with"),
        (["1e-320", "2e-320", "5e-324"], None, "holds numbers too large or too small to compute with"),
    ],
)
def test_targets_that_cannot_be_learned(target, task, message):
    with pytest.raises(TableError, match=message):
        fit(target, task)


def test_a_target_that_is_not_there_is_told_with_what_is():
    with pytest.raises(
        TableError, match=r"no column 'kinds' \(did you mean 'kind'\?\); the columns are 'size', 'colour'"
    ):
        Encoding.fit(TABLE, "kinds")


def test_nothing_to_learn_from():
    with pytest.raises(TableError, match="a column beside the target 'y' to learn from, but there is none"):
        Encoding.fit({"y": [0, 1]}, "y")
    with pytest.raises(TableError, match=r"to learn from, but 'x' is the same in every row \('1'\)"):
        Encoding.fit({"x": [1, 1], "y": [0, 1]}, "y")


def test_a_class_of_a_single_row_is_said():
    assert "y: 'c' is the class of a single row: too few" in fit(["a", "a", "b", "b", "b", "c"]).notes[0]
    assert "y: 'b', 'c' are classes of a single row each: too few" in fit(["a", "a", "b", "c", "a", "a"]).notes[0]


def test_rows_without_a_target_are_left_out_and_said():
    encoding = fit(["a", None, "b", "a", "b"])
    assert encoding.notes == ("1 of 5 rows without 'y': left out",)
    table = {"x": [5, 6, 7], "y": ["b", "", "a"]}
    encoded = encoding.encode(table)
    assert (encoded.rows.tolist(), encoded.targets.tolist(), len(encoded.inputs)) == ([0, 2], [1, 0], 2)
    assert encoded.notes == ("1 of 3 rows without 'y': left out",)
    alone = encoding.encode(table, target=False)
    assert (alone.rows.tolist(), alone.targets, len(alone.inputs), alone.notes) == ([0, 1, 2], None, 3, ())


@pytest.mark.parametrize(
    ("target", "cells", "message"),
    [
        (["a", "b", "a"], ["a", "c", "b"], "row 2: expected one of the classes a, b in 'y', got 'c'; correct it"),
        ([1.5, 2.5, 4], [1, "x", 2], "row 2: expected a finite number in the target 'y', got 'x'"),
        ([1.5, 2.5, 4], [1, 2, "inf"], "row 3: expected a finite number in the target 'y', got 'inf'"),
    ],
)
def test_targets_that_the_encoding_does_not_know(target, cells, message):
    with pytest.raises(TableError, match=message):
        fit(target).encode({"x": [1, 2, 3], "y": cells})


# tables of pandas -------------------------------------------------------------------------------


def test_a_frame_with_types_of_its_own_gives_the_same_as_its_text(tmp_path):
    frame = pd.DataFrame(
        {
            "n": [1.5, None, 3.0, 4.0],
            "i": pd.array([1, 2, None, 4], "Int64"),
            "when": pd.to_datetime(["2024-01-05 10:00", "2023-02-06 12:30", None, "2021-03-07 00:00"]),
            "c": pd.Categorical(["a", "b", None, "a"]),
            "b": [True, False, True, False],
            "o": [[1], "x", "x", None],
            "y": [0, 1, 0, 1],
        }
    )
    frame.to_csv(tmp_path / "a.csv", index=False)
    typed, text = (Encoding.fit(table, "y") for table in (frame, read_table(tmp_path / "a.csv")))
    assert typed == text
    np.testing.assert_array_equal(typed.encode(frame).inputs, text.encode(read_table(tmp_path / "a.csv")).inputs)


@pytest.mark.parametrize(("encoding", "name"), [("cp949", "CP949"), ("utf-16", ""), ("utf-8", "")])
def test_an_encoding_that_was_guessed_is_said(tmp_path, encoding, name):
    (tmp_path / "a.csv").write_text("이름,값\n" + "가,예\n나,아니오\n" * 5, encoding=encoding)
    frame = read_table(tmp_path / "a.csv")
    expected = (f"the file is not in UTF-8: read as {name}",) if name else ()
    prepared = prepare(frame, "값")
    assert prepared.notes == expected
    assert prepared.encoding.encode(frame).notes == expected


@pytest.mark.parametrize(
    ("name", "encoding", "word"),
    [
        *[("a.csv", encoding, "빨강") for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32", "cp949", "euc-kr")],
        *[("a.tsv", encoding, "Größe") for encoding in ("utf-8", "latin-1", "cp1252")],
        ("a.parquet", "", "빨강"),
    ],
)
def test_a_raw_file_is_encoded_whatever_it_is_written_in(tmp_path, name, encoding, word):
    trained = {"kind": [word, "b"] * 5, "n": [*map(str, range(10))], "y": ["p", "q"] * 5}
    raw = {"more": [1, 2, 3, 4], "n": ["1", "", "x", "1,000"], "kind": [word, "another", "", "b"]}
    how = Encoding.from_json(json.loads(json.dumps(Encoding.fit(trained, "y").to_json())))
    frame = pd.DataFrame(raw)
    frame.attrs["encoding"] = encoding
    if name == "a.parquet":
        pytest.importorskip("pyarrow")
    write_table(frame, tmp_path / name)
    encoded = how.encode(read_table(tmp_path / name))
    np.testing.assert_array_equal(encoded.inputs, how.encode(raw).inputs)
    assert [note for note in encoded.notes if "UTF-8" not in note] == [
        "ignored: training had no such column: 'more'",
        "the columns are in another order than in training: taken by their names",
        "kind: 'another' (row 2) not among the categories it knows: taken as none of them",
        "kind: 1 of 4 cells missing, taken as none of the categories it knows",
        "n: expected numbers, got 'x' (row 3): taken as missing",
        "n: 2 of 4 cells missing, filled with the mean of the training rows",
    ]


def test_rows_are_called_by_their_number_in_the_file():
    frame = pd.DataFrame({"x": ["1", "2", "inf", "4"], "y": ["a", "b", "a", "b"]})
    with pytest.raises(TableError, match="row 3: expected finite numbers in 'x'"):
        Encoding.fit(frame.iloc[1:], "y")
    with pytest.raises(TableError, match="row 2: expected finite numbers in 'x'"):
        Encoding.fit(frame.iloc[1:].set_axis(["p", "q", "r"]), "y")


def test_a_list_of_dicts_is_a_table(encoding):
    rows = [dict(zip(TABLE, row, strict=True)) for row in zip(*TABLE.values(), strict=True)]
    np.testing.assert_array_equal(encoding.encode(rows).inputs, encoding.encode(TABLE).inputs)
    del rows[3]["size"]  # it was missing anyway
    np.testing.assert_array_equal(encoding.encode(rows).inputs, encoding.encode(TABLE).inputs)


def test_tables_that_do_not_fit_together():
    with pytest.raises(TableError, match="expected columns of the same length, got 2 in 'x', 1 in 'y'"):
        Encoding.fit({"x": [1, 2], "y": [1]}, "y")
    with pytest.raises(TableError, match="expected columns of different names, got 'x' more than once"):
        Encoding.fit(pd.DataFrame([[1, 2], [3, 4]], columns=["x", "x"]), "x")


def test_a_table_that_would_fill_the_memory_is_refused(encoding, monkeypatch):
    monkeypatch.setattr("glassnet.tables.encoding.MOST", 65)
    with pytest.raises(TableError, match="at most 65 numbers, got 6 rows of 11 features; leave out columns of many"):
        encoding.encode(TABLE)


# rows held out ----------------------------------------------------------------------------------


def test_every_fifth_of_each_class_is_held_out():
    labels = np.array([0] * 10 + [1] * 6 + [2] * 4)
    assert np.flatnonzero(held_out_rows(labels, "classification")).tolist() == [4, 9, 14]


@given(st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=60))
def test_a_quantity_is_held_out_over_all_its_range(values):
    held_out = held_out_rows(np.array(values)[:, None], "regression")
    ranks = np.argsort(values, kind="stable")
    assert held_out.sum() == (len(values) + 2) // 5
    assert held_out[ranks[2]]
    assert not held_out[ranks[[0, 1]]].any()


def test_prepared_rows_are_all_rows_once_and_only_those_to_learn_from_count():
    rng = np.random.default_rng(0)
    table = {"x": rng.normal(size=50).tolist(), "y": [*sorted(rng.normal(size=49)), None]}
    prepared = prepare(table, "y")
    assert sorted([*prepared.train.rows, *prepared.held_out.rows]) == [*range(49)]
    assert prepared.split == "every fifth by the size of the target"
    assert prepared.encoding == Encoding.fit({k: [v[i] for i in prepared.train.rows] for k, v in table.items()}, "y")
    np.testing.assert_allclose(prepared.train.inputs.mean(), 0, atol=1e-6)
    np.testing.assert_allclose(prepared.train.targets.std(), 1, atol=1e-6)
    y = np.array(table["y"][:49])
    np.testing.assert_allclose(
        prepared.encoding.decode_targets(prepared.held_out.targets), y[prepared.held_out.rows], rtol=1e-5
    )
    assert prepared.notes == ("1 of 50 rows without 'y': left out",)


def test_prepared_classes_are_those_of_all_rows():
    prepared = prepare({"x": range(11), "y": [*"aaaaabbbbb", "c"]}, "y")
    assert prepared.encoding.classes == ("a", "b", "c")
    assert prepared.held_out.rows.tolist() == [4, 9]
    assert "'c' is the class of a single row" in prepared.notes[0]


def test_prepared_notes_say_of_which_rows():
    table = {"x": ["1", "2", "3", "", "odd", "6"] * 10, "c": [*"pq"] * 30, "y": [*"ab"] * 30}
    notes = prepare(table, "y").notes
    assert any(note.startswith("training: x: ") for note in notes)
    assert any(note.startswith("held out: x: ") for note in notes)


def test_too_few_rows():
    with pytest.raises(TableError, match="expected 5 rows of one class, one of them to test with, got 4 in all"):
        prepare({"x": range(4), "y": [*"aabb"]}, "y")
    with pytest.raises(TableError, match="expected 8 rows, two of them to test with, got 2 in all"):
        prepare({"x": [1, 2], "y": [1, 2]}, "y", "regression")


@pytest.mark.parametrize(
    ("different", "task", "more"),
    [
        ([f"2024-01-{day + 1:02}" for day in range(28)], None, "choose another column$"),
        ([f"name {i}" for i in range(20)], None, "choose another column$"),
        (list(range(20)), "classification", "choose another column, or --task regression$"),
    ],
)
def test_a_target_of_too_many_values_is_no_class(different, task, more):
    """Each of them is there two or three times, so that none can be held out."""
    table = {"x": range(60), "y": [different[i % len(different)] for i in range(60)]}
    message = f"the target 'y' has {len(different)} different values in 60 rows: too many to be classes; {more}"
    with pytest.raises(TableError, match=message):
        prepare(table, "y", task)


# real files -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "target", "classes", "rows", "features"),
    [
        ("iris", "species", 3, (120, 30), 4),
        ("winequality-red", "quality", 0, (1279, 320), 11),
        ("light_dark_font_training_set", "LIGHT_OR_DARK_FONT_IND", 2, (1077, 268), 3),
    ],
)
def test_real_files(name, target, classes, rows, features):
    path = SHARED / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"needs {path.name}, which is not here")
    frame = read_table(path)
    prepared = prepare(frame, target)
    assert len(prepared.encoding.classes) == classes
    assert (len(prepared.train.inputs), len(prepared.held_out.inputs)) == rows
    assert prepared.train.inputs.shape[1] == features
    assert not any("ignored" in note or "missing" in note for note in prepared.notes)
    expected = frame.iloc[prepared.held_out.rows][target].tolist()
    decoded = prepared.encoding.decode_targets(prepared.held_out.targets)
    assert decoded.tolist() == expected if classes else np.allclose(decoded, np.array(expected, float))
    alone, _ = encode_table({c: frame[c].tolist() for c in frame}, prepared.encoding.to_json()["columns"])
    np.testing.assert_array_equal(alone[prepared.held_out.rows], prepared.held_out.inputs)
