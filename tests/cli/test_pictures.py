"""A folder of pictures by class: trained, used on other pictures, exported."""

import re
import subprocess
import sys

import numpy as np
import pytest

from tests.cli.runs import config

image = pytest.importorskip("PIL.Image")


@pytest.fixture
def pictures(tmp_path):
    """Twenty pictures each that are reddish and bluish, of 8 × 8 pixels."""
    random = np.random.default_rng(0)
    for name, colour in (("blue", (20, 50, 120)), ("red", (120, 50, 20))):
        (tmp_path / "hues" / name).mkdir(parents=True)
        for i in range(20):
            pixels = random.integers(0, 120, (8, 8, 3)) + np.array(colour)
            image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "hues" / name / f"{i}.png")
    return tmp_path / "hues"


def test_a_folder_is_trained_and_used(command, pictures, tmp_path):
    result = command("train", "hues", "--epochs", 30)
    assert result.exit_code == 0, result.output
    assert "40 pictures of 8 × 8 pixels in colour, in 2 classes" in result.stdout
    found = config(tmp_path / "runs" / "hues-001")
    assert found["results"]["val_accuracy"] == 1
    page = (tmp_path / "runs" / "hues-001" / "report.html").read_text()
    assert 'id="weights"' in page
    judged = command("evaluate", "latest", "hues")
    assert re.search(r"Accuracy (0\.9|1)", judged.stdout), judged.output
    assert "on hues: 40 pictures" in judged.stdout
    one = command("predict", "latest", "hues/red/3.png")
    assert re.search(r"hues/red/3.png +red +\d", one.stdout), one.output
    assert command("predict", "latest", "hues/blue", "--out", "p.csv").exit_code == 0
    lines = (tmp_path / "p.csv").read_text().splitlines()
    assert lines[0] == "sample,prediction"
    assert sum(line.endswith(",blue") for line in lines) >= 18
    assert command("export", "latest").exit_code == 0
    done = subprocess.run([sys.executable, "-I", "model.py", "--self-test"], cwd=tmp_path, check=False)
    assert done.returncode == 0


def test_a_drawing_on_white_paper_is_told_from_white_strokes_on_black(command, trained, tmp_path):
    """Which is what a network of digits has learned from; a picture like these is taken without a word."""
    stroke = np.zeros((40, 40), np.uint8)
    stroke[8:32, 18:24] = 255
    image.fromarray(stroke).save(tmp_path / "white.png")
    image.fromarray(255 - stroke).save(tmp_path / "black.png")
    said = " ".join(command("predict", trained, "black.png").stdout.split())
    note = "Note: the ground of black.png is light, and what was learned from is dark: turn the colours round"
    assert said.startswith(note)
    assert "Note" not in command("predict", trained, "white.png").stdout
    assert "black.png is light, and" in command("predict", trained, tmp_path, columns=200).stdout


def test_pictures_that_are_judged_need_classes_that_are_known(command, pictures):
    assert command("train", "hues", "--epochs", 1, "--quiet").exit_code == 0
    result = command("evaluate", "latest", "hues/blue")
    assert result.exit_code == 2
    assert "FILE: hues/blue has no targets to hold the results against; give a table with 192 numbers" in result.stderr


def test_a_damaged_picture_is_one_message(command, pictures):
    (pictures / "blue" / "3.png").write_bytes(b"\x89PNG and nothing")
    result = command("train", "hues")
    assert result.exit_code == 2
    assert "3.png" in result.stderr
    assert result.stderr.count("\n") == 1
