"""``glassnet export RUN --to c``."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet.functional as F
from glassnet.cli.saved_run import SavedRun
from glassnet.sources import open_source
from tests.cli.runs import config
from tests.export.c_programs import WATCHED, built, needs_compiler, run


def test_it_writes_a_header_a_source_and_a_command(command: Any, trained: Path, tmp_path: Path) -> None:
    result = command("export", trained, "--to", "c", "-o", "digits.c")
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert re.search(r"Exported \S+ as digits\.c \(\d+ kB\), digits\.h \(\d+ kB\) and digits_main\.c", said)
    assert "cc -std=c99 -O2 digits.c digits_main.c -lm -o digits ./digits --self-test ./digits data.csv" in said
    header = (tmp_path / "digits.h").read_text()
    assert header.startswith(
        "/* digits-001: a network trained on digits, written out by glassnet. It is C99, and needs"
    )
    assert "input       64 pixels" in header
    assert 'labels[DIGITS_OUTPUTS] = {"0", "1",' in (tmp_path / "digits.c").read_text()
    again = command("export", trained, "--to", "c", "-o", "digits.c")
    assert again.exit_code == 2
    assert "digits.c and digits.h and digits_main.c would be written over" in " ".join(again.output.split())


def test_in_8_bits_it_says_what_that_costs(command: Any, trained: Path, tmp_path: Path) -> None:
    result = command("export", trained, "--to", "c", "--int8")
    assert result.exit_code == 0, result.output
    found = re.search(r"accuracy: (0\.\d{4}) in 8 bits, (0\.\d{4}) in float32, on 355 digits held out", result.stdout)
    assert found is not None
    assert abs(float(found[1]) - float(found[2])) < 0.03
    assert f"accuracy    {found[1]} in 8 bits" in (tmp_path / "model.h").read_text()


def test_its_training_step_is_that_of_the_run(command: Any, trained: Path, tmp_path: Path) -> None:
    assert command("export", trained, "--to", "c", "--train").exit_code == 0
    header = (tmp_path / "model.h").read_text()
    assert re.search(rf"#define MODEL_BATCH +{config(trained)['options']['batch_size']} ", header)
    assert "float model_train_step(const float *x, const int32_t *y);" in header
    assert "exp_avg_sq" in (tmp_path / "model.c").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--int8"], "--int8: only C has it; add --to c"),
        (["--train"], "--train: only C has it; add --to c"),
        (["--to", "c", "--train", "--int8"], "--train: weights of 8 bits do not learn; leave out --int8"),
        (["--to", "c", "-o", "model.py"], "--output: expected a file that ends in .c, got 'model.py'"),
        (["--to", "c", "-o", "1.c"], "such as model.c"),
        (["--to", "cpp"], "--to: expected"),
    ],
)
def test_what_cannot_be_is_one_message(
    command: Any, trained: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    before = sorted(tmp_path.iterdir())
    result = command("export", trained, *options)
    assert result.exit_code in (1, 2)
    assert message in " ".join(result.output.split())
    assert sorted(tmp_path.iterdir()) == before


@needs_compiler
@pytest.mark.slow("compiles a network")
def test_the_command_reads_every_held_out_digit_as_the_network_does(
    command: Any, trained: Path, tmp_path: Path
) -> None:
    assert command("export", trained, "--to", "c").exit_code == 0
    held_out = open_source("digits").held_out.inputs
    np.savetxt(tmp_path / "digits.csv", (held_out.numpy() * 16).reshape(-1, 64), "%d", delimiter=",")
    done = run(built(tmp_path / "model.c", *WATCHED), "digits.csv")
    assert (done.returncode, done.stderr) == (0, "")
    header, *rows = csv.reader(done.stdout.splitlines())
    assert header == ["prediction", *"0123456789"]
    expected = F.softmax(SavedRun.read(str(trained), trained.parent).outputs(held_out), 1).numpy()
    np.testing.assert_allclose(np.array([row[1:] for row in rows], float), expected, atol=2e-6)
    assert [row[0] for row in rows] == [str(i) for i in expected.argmax(1)]
