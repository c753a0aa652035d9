"""``glassnet plot``: a file with a picture, or one message."""

from __future__ import annotations

import sys
from unittest import mock

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.cli.inside_run import INSIDE
from glassnet.explain import plots
from glassnet.serialization import read_model
from tests.cli import runs


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
        (["kernels"], "kernels is drawn of one run, which comes before it: glassnet plot latest kernels"),
        (["latest", "relu", "saliency"], "saliency is drawn of one run, which comes before it"),
        (["latest", "saliency"], "no run"),
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


@pytest.fixture(scope="module")
def bars(tmp_path_factory):
    """A folder of runs: one of a small convolutional network on pictures that have no channels."""
    pytest.importorskip("matplotlib")
    image = pytest.importorskip("PIL.Image")
    folder = tmp_path_factory.mktemp("bars")
    for i in range(20):
        pixels = np.zeros((16, 16), np.uint8)
        (pixels if i % 2 else pixels.T)[i % 16, 2:9] = 255
        path = folder / "bars" / ("lying" if i % 2 else "standing") / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.fromarray(pixels).save(path)
    runs.trained(folder / "runs", ("train", folder / "bars", "--epochs", 1, "--quiet"))
    return folder / "runs"


@pytest.mark.parametrize(
    "what", ["kernels", "saliency", pytest.param("feature_maps", marks=pytest.mark.slow("fifty axes"))]
)
def test_a_network_of_pictures_is_drawn(command, bars, tmp_path, what):
    result = command("plot", "latest", what, "--runs", bars, "--row", 1)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "Drawn in plot.png\n"
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_what_a_network_has_not_is_one_message(command, bars, tmp_path):
    words = ("plot", "latest", "saliency", "--runs", bars, "--row", "4")
    assert "--row: expected a held-out sample, 0 to 3, got 4" in command(*words).stderr
    here = "kernels, feature_maps, saliency, activations"
    for words, message in {
        ("latest", "hidden_state"): f"hidden_state needs a network with a recurrent layer; {bars}/bars-001 has {here}",
        ("latest", "weights"): f"weights needs a network whose first layer weighs the pixels of grey pictures; {bars}",
        ("latest",): f"say what to draw of {bars}/bars-001: {here}; as in: glassnet plot {bars}/bars-001 kernels",
        (bars / "bars-001",): f"say what to draw of {bars}/bars-001: {here}; as in",
        ("bars", "kernel"): f"of {bars}/bars-001: expected one of {here}; got 'kernel' (did you mean kernels?)",
        ("bars", "relu"): f"expected one of {here}; got 'relu'",
        ("bras", "kernels"): "there is no run 'bras'; in",
        (bars / "bras", "kernel"): f"there is no run '{bars}/bras'; in",
        ("relu", "kernel"): "such as sigmoid, got 'kernel'",
    }.items():
        result = command("plot", *words, "--runs", bars)
        assert (result.exit_code, result.stdout) == (2, "")
        assert message in result.stderr
    moons = runs.trained(tmp_path / "t", ("train", "moons", "--epochs", 1, "--quiet"))
    table = command("plot", moons, "feature_maps")
    assert "feature_maps needs a network with a convolution of pictures" in table.stderr
    assert "moons-001 has activations\n" in table.stderr
    assert not (tmp_path / "plot.png").exists()
    assert command("plot", moons, "activations").stdout == "Drawn in plot.png\n"


@pytest.mark.slow("thirty-two axes")
def test_the_weights_of_pixels_are_drawn(command, trained, tmp_path):
    assert command("plot", trained, "weights", "-o", "w.png").stdout == "Drawn in w.png\n"


def test_what_words_attend_to_is_drawn(command, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    for i in range(12):
        path = tmp_path / "texts" / ("good" if i % 2 else "bad") / f"{i}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("what a good film" if i % 2 else "a bad film")
    runs.trained(tmp_path / "runs", ("train", tmp_path / "texts", "--epochs", 1, "--quiet"))
    run = tmp_path / "runs" / "texts-001"
    refused = command("plot", run, "attention_maps")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "attention_maps needs a network with attention; " in refused.stderr

    extra = read_model(run / "model.safetensors").extra
    length, words = extra["encoding"]["length"], 2 + len(extra["encoding"]["vocabulary"])
    attention = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    model = nn.Sequential(
        nn.Embedding(words, 4), attention, nn.Flatten(), nn.utils.weight_norm(nn.Linear(4 * length, 2))
    )
    glassnet.save_model(model, run / "model.safetensors", extra)
    drawing = mock.Mock(wraps=plots.attention_maps)
    monkeypatch.setattr(plots, "attention_maps", drawing)
    result = command("plot", run, "attention_maps", "-o", "maps.png")
    assert (result.exit_code, result.stderr, result.stdout) == (0, "", "Drawn in maps.png\n")
    assert drawing.call_args.kwargs["tokens"] in (["what", "a", "good", "film"], ["", "a", "bad", "film"])
    for what in INSIDE:
        assert what in " ".join(command("plot", "--help").stdout.split())


def test_without_matplotlib_it_says_how_to_install_it(command, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = command("plot", "relu")
    assert result.exit_code == 1
    assert 'pip install "glassnet[plot]"' in result.stderr
