"""``glassnet walkthrough``: one row of a run, in a terminal or in a file."""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pytest

from glassnet.serialization import read_model
from glassnet.sources import open_source


def test_a_row_is_walked_through_forward_backward_and_update(command, trained):
    before = (trained / "model.safetensors").read_bytes()
    result = command("walkthrough", trained, "--row", 3)
    assert result.exit_code == 0, result.output
    label = open_source("digits").held_out.targets[3].item()
    first = result.stdout.splitlines()[0]
    assert first == f"Row 3 held out of digits, which is {label}; the update is a first step of Adam"
    assert all(len(line) <= 80 for line in result.stdout.splitlines())
    order = [result.stdout.index(word) for word in ("forward: ", "backward: ", "update: ", "adam_update")]
    assert order == sorted(order)
    assert "linear1 float32[1, 64] = linear(" in result.stdout
    assert (trained / "model.safetensors").read_bytes() == before


def test_one_element_is_that_of_the_network(command, trained):
    result = command("walkthrough", trained, "--row", 5, "--element", "linear1[0, 2]")
    assert result.exit_code == 0, result.output
    model, _ = read_model(trained / "model.safetensors")
    expected = model[1](open_source("digits").held_out.inputs[5:6].flatten(1))[0, 2].item()
    text = " ".join(result.stdout.split())
    assert "linear1[0,2] = " in text
    assert "·linear1_weight[2," in text
    said = re.search(r" [=≈] (-?[\d.e-]+) flatten0\[", text)
    assert said, text
    np.testing.assert_allclose(float(said[1]), expected, rtol=1e-3)


def test_a_named_operation_is_opened(command, trained):
    result = command("walkthrough", trained, "--open", "loss")
    assert result.exit_code == 0, result.output
    assert "(p − t)·share: agree to" in result.stdout


@pytest.mark.parametrize(
    ("name", "has"),
    [("w.html", "color-scheme: light dark"), ("w.md", "### forward"), ("w.tex", r"\paragraph"), ("w.txt", "forward: ")],
)
def test_it_is_written_to_a_file(command, trained, tmp_path, name, has):
    result = command("walkthrough", trained, "-o", name)
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith(f"Written to {name}\n")
    assert has in (tmp_path / name).read_text(encoding="utf-8")
    again = command("walkthrough", trained, "-o", name)
    assert again.exit_code == 2
    assert "add --force" in again.stderr
    assert command("walkthrough", trained, "-o", name, "--force").exit_code == 0


@pytest.mark.parametrize("options", [{}, {"optimizer": "adam", "lr": -0.002}, {"optimizer": "adam", "lr": "fast"}])
def test_a_run_that_does_not_say_what_it_was_trained_with_shows_no_update(command, trained, tmp_path, options):
    shutil.copytree(trained, tmp_path / "runs" / "digits-001")
    file = tmp_path / "runs" / "digits-001" / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"options": options}))
    result = command("walkthrough", "latest")
    assert result.exit_code == 0, result.output
    assert "update" not in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--row", "355"), "--row: expected a held-out row, 0 to 354, got 355"),
        (("--row", "three"), "--row: expected a whole number"),
        (("--element", "linear1[0"), "--element: expected a value and which element of it"),
        (("--element", "linear1[0,64]"), "expected 2 numbers (0 … 0, 0 … 63), got 0, 64"),
        (("--element", "linear9[0,0]"), "there is no value 'linear9'"),
        (("--open", "y"), "y is an input"),
        (("--open", "loss", "--element", "loss"), "give one of them"),
        (("-o", "w.pdf"), "expected a file that ends in .html, .md, .tex or .txt"),
        (("--element", "loss", "-o", "w.md"), "write it to a file that ends in .html or .txt"),
    ],
)
def test_bad_input_is_one_message(command, trained, words, said):
    result = command("walkthrough", trained, *words)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert result.stderr.count("\n") == 1
