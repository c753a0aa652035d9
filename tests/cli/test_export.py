import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest

import glassnet.functional as F
from glassnet.cli import export
from glassnet.cli.saved_run import SavedRun
from glassnet.serialization import ModelFileError
from glassnet.sources import open_source
from tests.export.files import loaded, run


@pytest.fixture
def model_file(command, trained, tmp_path):
    """The trained network as a file."""
    result = command("export", trained)
    assert result.exit_code == 0, result.output
    return tmp_path / "model.py"


def test_the_file_reads_every_held_out_digit_as_the_network_does(model_file, trained, tmp_path):
    """From a table of pixels, with a header, in a process that has no glassnet."""
    held_out = open_source("digits").held_out.inputs
    pixels = (held_out.numpy() * 16).reshape(-1, 64).astype(int)
    header = ",".join(f"pixel{i}" for i in range(64))
    np.savetxt(tmp_path / "digits.csv", pixels, "%d", delimiter=",", header=header, comments="")
    done = run(model_file, "digits.csv", "--output", "results.csv")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    lines = [line.split(",") for line in (tmp_path / "results.csv").read_text().splitlines()]
    assert lines[0] == ["prediction", *"0123456789"]
    expected = F.softmax(SavedRun.read(str(trained), trained.parent).outputs(held_out), 1).numpy()
    np.testing.assert_allclose(np.array([line[1:] for line in lines[1:]], float), expected, atol=2e-6)
    assert [line[0] for line in lines[1:]] == [str(i) for i in expected.argmax(1)]
    file = loaded(model_file)
    np.testing.assert_allclose(file["predict_proba"](pixels.tolist()), expected, 1e-5, 1e-7)


def test_the_file_tests_itself_and_says_where_it_is_from(model_file):
    done = run(model_file, "--self-test")
    assert (done.returncode, done.stderr) == (0, "")
    said = " ".join(loaded(model_file)["__doc__"].split())
    for line in (
        "digits-001: a network trained on digits, written out by glassnet. It needs NumPy alone.",
        "network 64 → 64, ReLU → 32, ReLU → 10",
        "on 355 digits held out from its training",
        "UCI optical digits",
        "input a picture of 8 × 8 pixels in shades of grey: 64 numbers",
        "each divided by 16 before the network sees it",
    ):
        assert line in said


def test_examples_are_numbers_as_a_person_gives_them(model_file, trained):
    held_out = open_source("digits").held_out.inputs.numpy()[::88][:4] * 16
    saved = SavedRun.read(str(trained), trained.parent)
    assert saved.extra["examples"] == held_out.astype(int).tolist()
    np.testing.assert_array_equal(saved.examples(), held_out)
    points = open_source("moons")
    found = np.array(points.examples(4), np.float32)
    np.testing.assert_array_equal(found, points.held_out.inputs.numpy()[:: len(points.held_out) // 4][:4])
    assert all(len(str(x)) < 14 for row in points.examples(4) for x in row)


@pytest.mark.parametrize("examples", [[], [[1, 2]], [["x"] * 64], {"a": ["1"]}, 5])
def test_damaged_examples_are_one_message(trained, examples):
    saved = SavedRun.read(str(trained), trained.parent)
    damaged = replace(saved, extra={**saved.extra, "examples": examples})
    with pytest.raises(ModelFileError, match="its examples are no samples of the network"):
        damaged.examples()


def test_a_small_network_is_one_file(command, tmp_path):
    assert command("train", "digits", "--epochs", 1, "--hidden", 16).exit_code == 0
    result = command("export", "latest", "-o", "small.py")
    assert result.exit_code == 0
    assert "Exported runs/digits-001 as small.py (" in result.stdout
    assert "  python small.py --self-test\n" in result.stdout
    assert not (tmp_path / "small.npz").exists()
    shutil.rmtree(tmp_path / "runs")
    assert run(tmp_path / "small.py", "--self-test").returncode == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--to", "abacus"), "got 'abacus'"),
        (("-o", "model.txt"), "--output: expected a file that ends in .py, got 'model.txt'"),
        (("-o", "no/where.py"), "--output: no/where.py cannot be written (No such file or directory); name another"),
        (("-o", "there.py"), "--output: there.py would be written over; name another file, or add --force"),
        (("-o", "numbers.py"), "--output: numbers.npz would be written over"),
    ],
)
def test_bad_input_is_one_message_and_writes_nothing(command, trained, tmp_path, words, message):
    (tmp_path / "there.py").write_text("precious")
    (tmp_path / "numbers.npz").write_text("precious")
    result = command("export", trained, *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["numbers.npz", "there.py"]
    assert (tmp_path / "there.py").read_text() == "precious"


def test_a_run_that_is_not_there_is_bad_input(command):
    result = command("export", "latest")
    assert result.exit_code == 2
    assert "make one: glassnet train digits" in result.stderr


def test_with_force_a_file_is_written_over(command, trained, model_file):
    model_file.write_text("")
    assert command("export", trained, "--force").exit_code == 0
    assert run(model_file, "--self-test").returncode == 0


def test_other_commands_do_without_the_exporter():
    assert "numpy_file" not in vars(export)
    assert sys.modules[export.__name__] is export
