"""Tables in files as sources, and their rows."""

import pytest

from glassnet.encoders import read_samples
from glassnet.sources import SourceError, open_source
from glassnet.sources.source_data import Rows
from tests.sources.test_named import check

pd = pytest.importorskip("pandas")


@pytest.fixture
def file(tmp_path):
    """30 rows of a name, a number and what is to be learned."""
    path = tmp_path / "t.csv"
    lines = (f"{'ab'[i % 2]},{i},{i * 2.5},{'yes' if i > 14 else 'no'}" for i in range(30))
    path.write_text("\n".join(["name,n,x,y", *lines]))
    return path


def test_classes(file):
    data = open_source(str(file), target="y")
    check(data)
    assert (data.task, data.classes, data.noun) == ("classification", ("no", "yes"), "rows")
    assert (len(data.train), len(data.held_out)) == (24, 6)
    assert data.encoder.to_json()["kind"] == "table"
    assert "30 rows of 4 columns; to learn: y (2 classes)" in data.what


def test_a_quantity(file):
    data = open_source(str(file), target="x", task="regression")
    check(data)
    assert (data.task, data.classes) == ("regression", ())
    assert abs(data.train.targets.numpy().mean()) < 1e-6
    assert data.train.targets.numpy().std() == pytest.approx(1, rel=1e-5)


def test_rows_are_those_held_out_as_they_were_in_the_file(file):
    data = open_source(str(file), target="y")
    frame = pd.read_csv(file)
    rows = data.rows
    assert isinstance(rows, Rows)
    assert len(rows) == len(data.held_out) == len(rows.numbers)
    for i, (row, number) in enumerate(zip(rows, rows.numbers, strict=True)):
        assert {name: str(value) for name, value in row.items()} == {
            name: str(value) for name, value in frame.iloc[number - 1].items()
        }
        assert data.classes[data.held_out.targets[i].item()] == row["y"]
    assert rows[-1] == rows[len(rows) - 1]
    part = rows[1:4]
    assert [*part] == [rows[1], rows[2], rows[3]]
    assert part.numbers == rows.numbers[1:4]


def test_a_target_must_be_named_and_a_task_known(file):
    with pytest.raises(SourceError, match=r"--target: name the column of .* one of name, n, x, y; perhaps --target y"):
        open_source(str(file))
    with pytest.raises(SourceError, match="--task: expected classification or regression, got 'cat'"):
        open_source(str(file), target="y", task="cat")


def test_held_out_samples_are_read_from_the_file_as_they_were_learned(file):
    data = open_source(str(file), target="y")
    samples = read_samples(data.encoder, file, data.classes, targets=True)
    places = [number - 1 for number in data.rows.numbers]
    assert samples.inputs[places].numpy().tolist() == data.held_out.inputs.numpy().tolist()
    assert samples.targets[places].tolist() == data.held_out.targets.tolist()
    assert samples.names[places[0]] == f"row {places[0] + 1}"
    assert list(samples.frame.columns) == ["name", "n", "x", "y"]


def test_samples_need_a_target_only_to_be_judged(file, tmp_path):
    data = open_source(str(file), target="y")
    (tmp_path / "new.csv").write_text("x,n,name\n5,2,a\n7.5,3,b\n")
    samples = read_samples(data.encoder, tmp_path / "new.csv", data.classes)
    assert (len(samples.inputs), samples.targets, samples.names) == (2, None, ["row 1", "row 2"])
    assert samples.notes == ("the columns are in another order than in training: taken by their names",)
    with pytest.raises(SourceError, match="has no column 'y', so there is nothing to hold the results against"):
        read_samples(data.encoder, tmp_path / "new.csv", data.classes, targets=True)
