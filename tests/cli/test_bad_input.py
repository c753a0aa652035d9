"""What cannot be trained with is one message, and leaves nothing behind."""

import os
import sys

import pytest

from glassnet.cli import run
from tests.cli.runs import tree

FEW = ("--epochs", 2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "SOURCE: name what to learn: digits, colors, xor, moons, circles, spirals, blobs, mnist"),
        (["digit"], "folder of pictures or texts, got 'digit' (did you mean digits?)"),
        (["digits", "--lr", "-1"], "--lr: expected a number above 0, got '-1'; 0.002 is usual for adam"),
        (
            ["digits", "--lr", "0", "--optimizer", "sgd"],
            "--lr: expected a number above 0, got '0'; 0.2 is usual for sg",
        ),
        (["digits", "--lr", "nan"], "--lr: expected a number above 0, got 'nan'"),
        (["digits", "--lr", "inf"], "--lr: expected a number above 0, got 'inf'"),
        (["digits", "--lr", "fast"], "--lr: expected a number above 0, got 'fast'"),
        (["digits", "--epochs", "0"], "--epochs: expected a whole number of 1 or more, got '0'"),
        (["digits", "--epochs", "1.5"], "--epochs: expected a whole number of 1 or more, got '1.5'"),
        (["digits", "--epochs", "1" + "0" * 30], "--epochs: expected a whole number up to 1,000,000, got '1000"),
        (["digits", "--epochs", "9" * 5000], "--epochs: expected a whole number of 1 or more, got '9999"),
        (["digits", "--epochs", "١٢"], "--epochs: expected a whole number of 1 or more, got '١٢'"),
        (["digits", "--epochs", "1_0"], "--epochs: expected a whole number of 1 or more, got '1_0'"),
        (["digits", "--lr", "1e400"], "--lr: expected a number above 0, got '1e400'"),
        (["digits", "--lr", "1" + "0" * 400], "--lr: expected a number above 0, got '1000"),
        (["digits", "--lr", "٠.١"], "--lr: expected a number above 0, got '٠.١'"),
        (["digits", "--lr", "1_0.5"], "--lr: expected a number above 0, got '1_0.5'"),
        (["digits", "--lr", "0x1p-3"], "--lr: expected a number above 0, got '0x1p-3'"),
        (["digits", "--hidden", "٦٤"], "got '٦٤' in"),
        (["digits", "--hidden", ",".join("1" * 1001)], "--hidden: expected at most 1,000 hidden layers, got 1,001"),
        (["digits", "--hidden", "1000000,1000000"], "at most 268,435,456 weights, got 1,000,076,000,010 for 64 inputs"),
        (["digits", "--batch-size", "0"], "--batch-size: expected a whole number of 1 or more, got '0'"),
        (["digits", "--batch-size", ""], "--batch-size: expected a whole number of 1 or more, got ''"),
        (["digits", "--seed", "x"], "--seed: expected a whole number, got 'x'"),
        (["digits", "--hidden", "64,x"], "with commas between them (64,32), or none; got 'x' in \"64,x\""),
        (["digits", "--hidden", "64,"], "got '' in \"64,\""),
        (
            ["digits", "--hidden", "0"],
            "--hidden: expected the sizes of the hidden layers, whole numbers from 1 to 1,00",
        ),
        (["digits", "--hidden", "-3"], "got '-3' in"),
        (["digits", "--hidden", "1000001"], "got '1000001' in"),
        (["digits", "--hidden", "²"], "got '²' in"),
        (["digits", "--hidden", "9" * 5000], "got '99999999"),
        (["digits", "--activation", "rellu"], "--activation: expected one of "),
        (["digits", "--activation", "rellu"], "got 'rellu' (did you mean "),
        (["digits", "--activation", "softmax"], "got 'softmax'"),
        (["digits", "--optimizer", "adm"], "adamw, asgd, nadam, radam, rmsprop, sgd; got 'adm' (did you mean adam"),
        (["digits", "--optimizer", "Optimizer"], "got 'Optimizer'"),
        (["digits", "--out", "file/runs"], "--out: a run folder cannot be made in file/runs (Not a directory); name a"),
        (["digits", "--out", "file"], "--out: a run folder cannot be made in file (File exists)"),
        (["digits", "--out", "x" * 270], "(File name too long)"),
        ([""], "folder of pictures or texts, got ''"),
        (["no.csv", "--target", "x"], "SOURCE: there is no file 'no.csv'"),
        (["table.cvs", "--target", "x"], "there is no file 'table.cvs' (did you mean table.csv?)"),
        (["table.csv"], "--target: name the column of table.csv to learn, one of a, b; perhaps --target b"),
        (["table.csv", "--target", "B"], "no column 'B'; the columns are 'a', 'b'"),
        (["table.csv", "--target", "b", "--task", "foo"], "--task: expected classification or regression, got 'foo'"),
        (["table.csv", "--target", "b", "--data", "."], "--data: table.csv is a path of its own; leave it out"),
        (
            ["table.csv", "--target", "a", "--task", "regression", "--class-weight", "balanced"],
            "there are no classes; l",
        ),
        (["digits", "--target", "x", "--task", "y"], "--target and --task: digits is no table; leave them out"),
        (["digits", "--data", "."], "--data: digits is made here, from no files; leave it out"),
        (
            ["mnist", "--data", "nowhere"],
            "MNIST: expected the files train-images-idx3-ubyte.gz and train-labels-idx1-u",
        ),
        (["mnist", "--data", "~nobody-of-that-name"], "MNIST: expected the files train-images-idx3-ubyte.gz and"),
        (["~nobody-of-that-name/a.csv"], "SOURCE: there is no file '~nobody-of-that-name/a.csv'"),
        (["/dev/zero", "--target", "y"], "/dev/zero: expected a file, got a device; copy what it gives into a file"),
        (["digits", "--config", "/dev/zero"], "--config: /dev/zero: expected a file, got a device; copy what it gives"),
        (["digits", "--config", "."], "--config: .: expected a file, got a folder; name a file in it"),
        (["."], "SOURCE: .: expected a folder for each class, found none in it; put the files of each"),
        (["digits", "--dropout", "1"], "--dropout: expected a number of 0 or more and below 1, got '1'"),
        (["digits", "--weight-decay", "-1"], "--weight-decay: expected a number of 0 or more, got '-1'"),
        (
            ["digits", "--schedule", "cosin"],
            "none, cosine, step, onecycle, plateau; got 'cosin' (did you mean cosine?)",
        ),
        (["digits", "--clip", "0"], "--clip: expected a number above 0, got '0'"),
        (["digits", "--accumulate", "0"], "--accumulate: expected a whole number of 1 or more, got '0'"),
        (["digits", "--patience", "0"], "--patience: expected a whole number of 1 or more, got '0'"),
        (["digits", "--class-weight", "x"], "--class-weight: expected one of none, balanced; got 'x'"),
        (["digits", "--save-every", "-1"], "--save-every: expected a number of 0 or more, got '-1'"),
        (["--resume", "x"], "--resume: there is no run 'x', and none in runs; make one: glassnet train digits"),
        (["--resume", "x", "digits", "--lr", "1"], "--resume: the run goes on as it began; leave out SOURCE, --lr"),
        (["--resume", "x", "--print-config"], "the run goes on as it began; leave out --print-config"),
        (
            ["digits", "--config", "no.toml"],
            "--config: no.toml cannot be read (No such file or directory); --print-con",
        ),
        (["digits", "--epoch", "3"], "No such option: --epoch"),
        (["digits", "mnist"], "unexpected extra argument"),
        (["digits", "--lr"], "requires an argument"),
    ],
)
def test_bad_input_is_one_message_and_leaves_nothing(command, tmp_path, words, message):
    (tmp_path / "file").write_text("here")
    (tmp_path / "table.csv").write_text("a,b\n" + "".join(f"{i},{i % 2}\n" for i in range(40)))
    result = command("train", *words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr
    assert result.stderr.startswith("glassnet: ")
    assert result.stderr.count("\n") == 1
    assert len(result.stderr) < 400
    assert tree(tmp_path) == ["file", "table.csv"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_bad_input(command, tmp_path):
    (tmp_path / "runs").mkdir(mode=0o500)
    result = command("train", "digits", *FEW)
    assert result.exit_code == 2
    assert "a run folder cannot be made in runs (Permission denied)" in result.stderr


def test_a_read_only_disk_is_bad_input(command, tmp_path, monkeypatch):
    def read_only(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(run.Path, "mkdir", read_only)
    result = command("train", "digits", *FEW)
    assert result.exit_code == 2
    assert "--out: a run folder cannot be made in runs (Read-only file system)" in result.stderr


TABLES = {
    "empty": (b"", "expected a header and rows, got an empty file"),
    "header": (b"a,b\n", "expected a header and rows below it, got none"),
    "ragged": (b"a,b\n1,2\n3\n", "line 3: expected 2 cells, as in the header, got 1"),
    "quote": (b'a,b\n1,"2\n3,4\n', "line 2: expected a quote"),
    "nul": (b"a,b\n1,\0\n", "line 2: expected text, got a NUL byte"),
    "one_class": (b"a,b\n" + b"1,x\n2,x\n" * 9, "the target 'b' is 'x' in every row: there is nothing to learn"),
    "one_value": (b"a,b\n" + b"7,x\n7,y\n" * 9, "but 'a' is the same in every row ('7')"),
    "infinite": (b"a,b\n" + b"inf,x\n1,y\n" * 9, "expected finite numbers in 'a', got 'inf'"),
    "few": (b"a,b\n1,x\n2,y\n", "expected 5 rows"),
    "packed": (b"\x1f\x8b\x08" + bytes(30), "got a gzip file; unpack it"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_cannot_be_used_is_one_message(command, tmp_path, name):
    content, message = TABLES[name]
    (tmp_path / f"{name}.csv").write_bytes(content)
    result = command("train", f"{name}.csv", "--target", "b")
    assert result.exit_code == 2
    assert message in result.stderr
    assert (result.stdout, result.stderr.count("\n")) == ("", 1)
    assert tree(tmp_path) == [f"{name}.csv"]


def test_pictures_cut_off_or_claiming_too_much_are_one_message(command, tmp_path):
    (tmp_path / "there").mkdir()
    for part in ("train", "t10k"):
        (tmp_path / "there" / f"{part}-images-idx3-ubyte").write_bytes(bytes([0, 0, 8, 3] + [127, 0, 0, 0] * 3))
        (tmp_path / "there" / f"{part}-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 1, 7]))
    result = command("train", "mnist", "--data", "there")
    assert result.exit_code == 2
    assert "there/train-images-idx3-ubyte: the header promises" in result.stderr
    assert result.stderr.count("\n") == 1


def test_without_pandas_a_table_says_how_to_install_it(command, tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    monkeypatch.setitem(sys.modules, "pandas", None)
    result = command("train", "a.csv", "--target", "b")
    assert result.exit_code in (1, 2)
    assert 'pip install "glassnet[tables]"' in result.stderr
    assert result.stderr.count("\n") == 1
