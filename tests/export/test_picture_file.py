"""Exported files of networks that were trained on pictures: they take files of pictures, as the library does."""

import sys

import numpy as np
import pytest

from glassnet import nn
from glassnet.encoders import PictureEncoder, read_samples
from glassnet.export import numpy_file
from tests.export.files import loaded, run, run_here

Image = pytest.importorskip("PIL.Image")
SHAPES = {"grey": (6, 5), "colour": (3, 6, 5)}


@pytest.fixture(params=SHAPES)
def exported(request, tmp_path):
    """A file, and the encoder of its network."""
    shape = SHAPES[request.param]
    model = nn.Sequential(nn.Flatten(), nn.Linear(int(np.prod(shape)), 2))
    encoder = PictureEncoder(shape, divide_by=255)
    numpy_file(model, tmp_path / "model.py", np.zeros((1, *shape)), encoder=encoder, classes=["cat", "dog"])
    return tmp_path / "model.py", encoder


def picture(path, size, mode="RGB"):
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), np.uint8)).convert(mode).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "size", "mode"),
    [
        ("same.png", (5, 6), "RGB"),
        ("grey.png", (9, 4), "L"),
        ("palette.png", (3, 20), "P"),
        ("large.jpg", (1200, 900), "RGB"),
        ("large.PNG", (1100, 1000), "P"),
    ],
)
def test_a_picture_is_scaled_as_the_library_scales_it(exported, name, size, mode):
    path, encoder = exported
    file = picture(path.with_name(name), size, mode)
    module = loaded(path)
    wanted = read_samples(encoder, file).inputs.numpy()
    np.testing.assert_array_equal(module["encoded"](str(file)), wanted)
    np.testing.assert_array_equal(module["encoded"]([file, str(file)]), np.concatenate([wanted, wanted]))
    assert module["predict"](str(file)).tolist() == module["predict"]([file]).tolist()
    if size[0] < 1000:
        array = np.array(Image.open(file).convert("RGB"))
        np.testing.assert_array_equal(module["encoded"]([array]), wanted)
    if mode == "L":
        np.testing.assert_array_equal(module["encoded"]([np.array(Image.open(file))]), wanted)


def test_the_command_takes_a_picture_or_numbers(exported):
    path, encoder = exported
    file = picture(path.with_name("1.png"), (9, 9))
    header, row = run_here(path, file.name).stdout.splitlines()
    assert header == "prediction,cat,dog"
    sample = 255 * read_samples(encoder, file).inputs.numpy().reshape(1, -1)
    np.savetxt(path.with_name("1.csv"), sample, delimiter=",")
    assert run_here(path, "1.csv").stdout.splitlines() == [header, row]
    text = " ".join(path.read_text(encoding="utf-8").split())
    assert "X: paths of pictures, which need Pillow and are scaled to 6 × 5; or" in text
    assert "python model.py picture.png [--output results.csv]" in text


def test_the_command_takes_several_and_says_which_is_which(exported):
    path, _ = exported
    files = [picture(path.with_name(f"{i}.png"), (9, 9), mode).name for i, mode in enumerate(("RGB", "L"))]
    alone = [run_here(path, file).stdout.splitlines()[1] for file in files]
    header, *rows = run_here(path, *files).stdout.splitlines()
    assert header == "data,prediction,cat,dog"
    assert rows == [f"{file},{row}" for file, row in zip(files, alone, strict=True)]
    refused = run_here(path, files[0], "2.png")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "2.png: No such file" in refused.stderr


def test_white_is_what_it_was_in_training(tmp_path):
    """Of digits whose pixels are 0 to 16, a white pixel in a file is 16, for `predict` and in an exported file."""
    encoder = PictureEncoder((6, 5), divide_by=16)
    model = nn.Sequential(nn.Flatten(), nn.Linear(30, 2))
    numpy_file(model, tmp_path / "model.py", np.zeros((1, 6, 5)), encoder=encoder, classes=["cat", "dog"])
    Image.new("L", (5, 6), 255).save(tmp_path / "white.png")
    ours = read_samples(encoder, tmp_path / "white.png").inputs.numpy()
    np.testing.assert_array_equal(ours, np.ones((1, 6, 5), np.float32))
    np.testing.assert_array_equal(loaded(tmp_path / "model.py")["encoded"](tmp_path / "white.png"), ours)


def test_what_is_no_picture_says_so(exported, monkeypatch):
    path, _ = exported
    path.with_name("1.png").write_text("no picture")
    done = run_here(path, "1.png")
    assert (done.returncode, done.stdout) == (2, "")
    assert "1.png: expected a picture, but it cannot be read (cannot identify image file" in done.stderr
    picture(path.with_name("2.png"), (9, 9))
    path.write_text(path.read_text(encoding="utf-8").replace("MOST_PIXELS = 83886080", "MOST_PIXELS = 80"))
    assert (
        "2.png: expected a picture, but it cannot be read (expected at most 80 pixels" in run_here(path, "2.png").stderr
    )
    assert "No such file" in run_here(path, "3.png").stderr
    monkeypatch.setitem(sys.modules, "PIL", None)
    done = run_here(path, "2.png")
    assert done.stderr == "model.py: 2.png: to read a picture, install Pillow: pip install pillow\n"


def test_without_pillow_it_takes_numbers(exported):
    path, encoder = exported
    np.savetxt(path.with_name("1.csv"), np.zeros((2, encoder.size)), delimiter=",")
    assert run(path, "1.csv").stdout.count("\n") == 3
