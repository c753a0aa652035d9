"""The reader of an exported file and the library's own make the same of any text, and neither fails otherwise."""

import csv
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet import nn
from glassnet.encoders import NumberEncoder, SourceError, read_samples
from glassnet.export import numpy_file
from glassnet.tables import TableError, read_table, standalone
from glassnet.text import harmless
from tests.export.files import run, run_here

LETTERS = st.sampled_from(
    ["a", "1", "1.5", " ", "é", "한글", "\u2028", "\x85", "\x0b", "\x1c", "\ufeff", "'", "\\", "-", ""]
)
PIECES = LETTERS | st.sampled_from(['"', '""', '"a"', ",", ";", "\t", "|", "\n", "\r", "\r\n", "\0", "\x1a", "size"])
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp949", "cp1252"])


@st.composite
def tables(draw):
    """Texts of tables: of cells in quotes and not, that may hold quotes, delimiters and ends of lines."""
    delimiter, end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    columns, rows = draw(st.integers(1, 3)), draw(st.integers(0, 3))

    def cell():
        text = "".join(draw(st.lists(LETTERS, max_size=3)))
        if not draw(st.booleans()):
            return text
        more = draw(st.sampled_from(["", '"', delimiter, end, "\n", '"\r']))
        return '"' + (text + more).replace('"', '""') + '"'

    lines = [delimiter.join(cell() for _ in range(columns)) for _ in range(rows + 1)]
    return end.join(lines) + draw(st.sampled_from(["", end, end + end, " "]))


def of_library(path):
    try:
        return read_table(path).to_dict("list")
    except TableError as error:
        return str(error)


def of_file(path):
    try:
        return standalone.read(path)
    except ValueError as error:
        return harmless(error)


@given(tables() | st.lists(PIECES, max_size=12).map("".join), ENCODINGS)
def test_a_table_is_the_same_to_both(tmp_path_factory, text, encoding):
    path = str(tmp_path_factory.mktemp("csv") / "data.csv")
    with open(path, "wb") as file:
        file.write(text.encode(encoding, "ignore"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standalone, "encode_table", lambda *_: (None, []))  # whatever its columns are
        assert of_file(path) == of_library(path)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.py"
    numpy_file(nn.Linear(3, 2), path, np.ones((2, 3), np.float32), classes=["a", "b"])
    return path


NUMBERS = PIECES | st.sampled_from(
    ["1,2,3\n", "1;2;3\n", "a,b,c\n", "1,2,3e38\n", "1e39", "nan", "inf", "1_0", "-.5", '"1"']
)


@pytest.mark.slow("runs the file for each text")
@given(st.lists(NUMBERS, max_size=8).map("".join), ENCODINGS)
def test_numbers_are_the_same_to_both(model, text, encoding):
    path = model.with_name("numbers.csv")
    path.write_bytes(text.encode(encoding, "ignore"))
    done = run_here(model, "numbers.csv")
    try:
        expected = read_samples(NumberEncoder((3,)), path).inputs.numpy()
    except SourceError:
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    else:
        assert (done.returncode, done.stderr) == (0, "")
        assert len(list(csv.reader(done.stdout.splitlines()))) == len(expected) + 1


# what is read and written ---------------------------------------------------------------------------------


def data_of(model, rows=3):
    path = model.with_name("data.csv")
    path.write_text("1,2,3\n" * rows)
    return path


@pytest.mark.parametrize("data", ["/dev/zero", ".", "pipe", "none.csv", "", "x\x1b[31m\n.csv"])
def test_what_is_no_file_is_not_waited_for(model, data):
    if data == "pipe" and not model.with_name("pipe").exists():
        os.mkfifo(model.with_name("pipe"))
    done = run_here(model, data)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("output", [".", "/dev/full", "no/where.csv", "data.csv", "", "x\x1b[31m/\n.csv"])
def test_what_cannot_be_written_is_one_message(model, output):
    before = data_of(model).read_bytes()
    done = run_here(model, "data.csv", "--output", output)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "\x1b" not in done.stderr
    assert data_of(model).read_bytes() == before
    assert not [file for file in os.listdir(model.parent) if file.endswith(".tmp")]


def test_a_file_is_replaced_whole_with_its_permissions_or_not_at_all(model, monkeypatch):
    data_of(model)
    results, link = model.with_name("results.csv"), model.with_name("link.csv")
    results.write_text("old")
    results.chmod(0o600)
    link.symlink_to(results)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        done = run_here(model, "data.csv", "--output", "results.csv")
        assert (done.returncode, done.stderr) == (2, "model.py: results.csv: No space left on device\n")
        assert results.read_text() == "old"
    assert run_here(model, "data.csv", "--output", "link.csv").returncode == 0
    assert results.read_text().startswith("prediction,a,b\n")
    assert results.stat().st_mode & 0o777 == 0o600
    assert link.is_symlink()
    assert not [file for file in os.listdir(model.parent) if file.endswith(".tmp")]


def test_samples_without_a_finite_answer_are_named(model):
    numpy_file(nn.Linear(3, 1), model.with_name("large.py"), np.ones((2, 3), np.float32))
    with open(model.with_name("large.csv"), "w") as file:
        file.write("1,2,3\n3e38,3e38,3e38\n3e38,-3e38,3e38\n")
    text = model.with_name("large.py").read_text()
    model.with_name("large.py").write_text(text.replace("return model", "return model * np.float32(9)", 1))
    done = run_here(model.with_name("large.py"), "large.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "large.py: sample 2: the network gives no finite number for it; look at its numbers\n"


@pytest.mark.slow("processes")
@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 999, b"\xff\xfe1\0", b"1," + b"9" * 200_000, b'"1' * 99, np.random.default_rng(0).bytes(9999)],
)
def test_a_process_ends_with_one_message(model, content):
    model.with_name("bad.csv").write_bytes(content)
    done = run(model, "bad.csv")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
