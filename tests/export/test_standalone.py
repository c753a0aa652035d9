"""The functions that are copied into every file, where they stand: a file of their own, so to speak."""

import io
import sys

import numpy as np
import pytest

from glassnet.export import standalone


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["standalone.py"])
    (tmp_path / "data.csv").write_text("x\n1.5\n\n-2\n")
    return tmp_path


def test_classes_are_told_with_their_probabilities(capsys):
    assert standalone.main(["data.csv"]) == 0
    assert capsys.readouterr().out == "prediction,no,yes\nyes,-1.500000,1.500000\nno,2.000000,-2.000000\n"
    assert list(standalone.predict([[1.5], [-2]])) == ["yes", "no"]


def test_of_several_files_each_row_begins_with_its_own(folder, capsys):
    (folder / "more.csv").write_text("-1\n")
    assert standalone.main(["data.csv", "more.csv"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header == "data,prediction,no,yes"
    assert [row.split(",")[:2] for row in rows] == [["data.csv", "yes"], ["data.csv", "no"], ["more.csv", "no"]]
    assert standalone.main(["more.csv", "data.csv", "--output", "data.csv"]) == 2
    assert "--output: data.csv is the data itself; name another file" in capsys.readouterr().err


def test_what_it_takes_is_told_whatever_the_columns_are_called(monkeypatch, capsys):
    monkeypatch.setattr(standalone, "DATA", "a CSV file with the column 100%(s)")
    with pytest.raises(SystemExit):
        standalone.main(["--help"])
    assert "100%(s)" in capsys.readouterr().out


class _Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_no_escape_sequence_of_a_class(monkeypatch, capsys):
    monkeypatch.setattr(standalone, "CLASSES", ["\x1b[31mno", "y\u202ees"])
    assert standalone.main(["data.csv"]) == 0
    assert "\x1b[31mno" in capsys.readouterr().out  # in a pipe it is data
    monkeypatch.setattr(sys, "stdout", _Terminal())
    assert standalone.main(["data.csv"]) == 0
    assert sys.stdout.getvalue().startswith("prediction,\\x1b[31mno,y\\u202ees\n")
    assert sys.stdout.getvalue().count("\n") == 3


def test_a_stream_that_cannot_hold_a_class_is_told_of(monkeypatch, capsys):
    monkeypatch.setattr(standalone, "CLASSES", ["고양이", "개"])
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "cp1252"))
    assert standalone.main(["data.csv"]) == 2
    assert "what is printed is in cp1252, which has no '\\uace0'; add --output FILE" in capsys.readouterr().err


def test_values_are_told_as_they_are(folder, monkeypatch):
    monkeypatch.setattr(standalone, "answers", standalone.answers_in_values)
    monkeypatch.setattr(standalone, "predict", standalone.values)
    assert standalone.main(["data.csv", "--output", "results.csv"]) == 0
    assert (folder / "results.csv").read_text() == "output1,output2\n-1.5,1.5\n2.0,-2.0\n"
    monkeypatch.setattr(standalone, "forward", lambda x: x)
    assert list(standalone.answers_in_values([[0.1], [2]])) == [["output"], ["0.1"], ["2.0"]]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("none.csv", None, "none.csv: No such file or directory"),
        ("a.csv", "", "a.csv: expected 1 numbers in a row for each sample, found none"),
        ("a.csv", "1\n2,3\n", "a.csv, line 2: expected 1 numbers, got 2 cells; leave out the label"),
        ("a.csv", "1\n2,3,4\n", "a.csv, line 2: expected 1 numbers, got 3 cells"),
        ("a.csv", "1\ninf\n", "a.csv, line 2: expected a finite number, got 'inf'"),
        ("a.csv", '1\n"' + "x" * 200_000, "field larger than field limit"),
    ],
)
def test_bad_input_is_one_message(folder, capsys, name, text, message):
    if text is not None:
        (folder / name).write_text(text)
    assert standalone.main([name]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err
    assert printed.err.count("\n") == 1


def test_a_command_without_data_says_what_it_expects(capsys):
    with pytest.raises(SystemExit) as ended:
        standalone.main([])
    assert ended.value.code == 2
    assert "expected a CSV file of numbers; or --self-test" in capsys.readouterr().err


def test_the_self_test(capsys, monkeypatch):
    assert standalone.main(["--self-test"]) == 0
    assert capsys.readouterr().out == "self-test passed: 1 samples, largest difference 0\n"
    for wrong in (1.0, np.nan):
        monkeypatch.setattr(standalone, "TEST_OUTPUTS", np.full((1, 2), wrong, np.float32))
        assert standalone.main(["--self-test"]) == 1
        assert "self-test failed: the outputs differ by " in capsys.readouterr().err
    monkeypatch.setattr(standalone, "WEIGHTS", (np.ones(1),))
    assert standalone.main(["--self-test"]) == 1
    assert "the weights are not those" in capsys.readouterr().err
