"""``glassnet plot``: a file with a picture, or one message."""

from __future__ import annotations

import sys

import pytest


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")])
def test_a_picture_is_drawn(command, tmp_path, name, start):
    pytest.importorskip("matplotlib")
    result = command("plot", "step", "sigmoid", "relu", "--derivative", "-o", name)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"Drawn in {name}\n"
    assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Missing argument 'NAME...'"),
        (["sigmod"], "got 'sigmod'; did you mean sigmoid"),
        (["cross_entropy"], "cross_entropy"),
        (["relu", "--domain", "5"], "--domain: expected two numbers with a comma"),
        (["relu", "--domain", "5,-5"], "the smaller first"),
        (["relu", "-o", "a.txt"], "--output: expected a file that ends in .png, .svg or .pdf"),
        (["nope", "-o", "there.png"], "expected the name of a function of glassnet.functional, such as sigmoid, got"),
        (["nope", "-o", "a.txt"], "got 'nope'"),
        (["relu", "-o", "there.png"], "there.png would be written over"),
        (["relu", "-o", "no/a.png"], "no/a.png cannot be written (No such file or directory)"),
    ],
)
def test_bad_input_is_one_message(command, tmp_path, words, message):
    pytest.importorskip("matplotlib")
    (tmp_path / "there.png").write_text("here")
    result = command("plot", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["there.png"]


def test_without_matplotlib_it_says_how_to_install_it(command, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = command("plot", "relu")
    assert result.exit_code == 1
    assert 'pip install "glassnet[plot]"' in result.stderr
