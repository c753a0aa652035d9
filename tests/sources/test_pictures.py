"""Pictures as sources: IDX files, and folders by class."""

import gzip
import struct

import numpy as np
import pytest

from glassnet.encoders import read_samples
from glassnet.sources import SourceError, open_source
from glassnet.vision.datasets import PictureError
from tests.sources.test_named import check

image = pytest.importorskip("PIL.Image")


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture
def mnist(tmp_path):
    """A small data set in the files of MNIST."""
    random = np.random.default_rng(0)
    for part, n in (("train", 40), ("t10k", 20)):
        pictures, labels = random.integers(0, 256, (n, 28, 28), np.uint8), np.arange(n, dtype=np.uint8) % 10
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(pictures)))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
    return tmp_path


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "kmnist"])
@pytest.mark.parametrize("how", ["folder", "GLASSNET_DATA"])
def test_idx_files_that_are_there_are_taken(mnist, monkeypatch, name, how):
    if how == "folder":
        data = open_source(name, folder=mnist)
    else:
        monkeypatch.setenv("GLASSNET_DATA", str(mnist))
        data = open_source(name)
    check(data)
    assert (len(data.train), len(data.held_out), data.split) == (40, 20, "its own test set")
    assert data.train.inputs.shape == (40, 28, 28)
    assert data.train.inputs.numpy().max() == 1
    assert len(data.classes) == 10
    assert data.encoder.to_json() == {"kind": "numbers", "shape": [28, 28], "divide_by": 255}


def test_digits_are_called_by_their_numbers(mnist):
    assert open_source("mnist", folder=mnist).classes == tuple("0123456789")
    assert open_source("fashion-mnist", folder=mnist).classes[0] == "T-shirt/top"


def test_an_idx_file_is_read_as_samples(mnist):
    data = open_source("mnist", folder=mnist)
    samples = read_samples(data.encoder, mnist / "t10k-images-idx3-ubyte.gz", data.classes)
    assert np.array_equal(samples.inputs.numpy(), data.held_out.inputs.numpy())
    with pytest.raises(SourceError, match=r"expected numbers of shape \[n, 28, 28\], got uint8 \[20\]"):
        read_samples(data.encoder, mnist / "t10k-labels-idx1-ubyte", data.classes)


# a folder of pictures by class ----------------------------------------------------------------------------


def draw(folder, name, pixels):
    folder.mkdir(parents=True, exist_ok=True)
    image.fromarray(pixels).save(folder / name)


@pytest.fixture
def folder(tmp_path):
    """``folder(grey=…, sides=…)``: ten pictures each of dark and light."""

    def made(grey=False, sides=(8,), n=10):
        random = np.random.default_rng(0)
        for name, low in (("dark", 0), ("light", 128)):
            for i in range(n):
                shape = (sides[i % len(sides)], 8) if grey else (sides[i % len(sides)], 8, 3)
                draw(tmp_path / "by" / name, f"{i}.png", random.integers(low, low + 128, shape, np.uint8))
        return tmp_path / "by"

    return made


@pytest.mark.parametrize(
    ("how", "shape", "what"),
    [
        ({}, (3, 8, 8), "20 pictures of 8 × 8 pixels in colour, in 2 classes"),
        ({"grey": True}, (8, 8), "20 pictures of 8 × 8 pixels, in 2 classes"),
        ({"sides": (8, 9)}, (3, 32, 32), "20 pictures of 32 × 32 pixels in colour, scaled, in 2 classes"),
        ({"sides": (100,)}, (3, 32, 32), "20 pictures of 32 × 32 pixels in colour, scaled, in 2 classes"),
        ({"sides": (100, 8), "grey": True}, (32, 32), "20 pictures of 32 × 32 pixels, scaled, in 2 classes"),
    ],
)
def test_folders_are_classes(folder, how, shape, what):
    data = open_source(str(folder(**how)))
    check(data)
    assert data.classes == ("dark", "light")
    assert (len(data.train), len(data.held_out)) == (16, 4)
    assert data.train.inputs.shape[1:] == shape
    assert data.what == what


def test_a_folder_is_read_as_samples_with_its_classes(folder):
    path = folder(grey=True)
    data = open_source(str(path))
    samples = read_samples(data.encoder, path, data.classes, targets=True)
    assert samples.targets.tolist() == [0] * 10 + [1] * 10
    assert np.array_equal(samples.inputs[4].numpy(), data.held_out.inputs[0].numpy())
    one = read_samples(data.encoder, path / "light" / "3.png", data.classes)
    assert np.array_equal(one.inputs[0].numpy(), samples.inputs[13].numpy())
    assert (one.targets, one.names) == (None, [str(path / "light" / "3.png")])
    flat = read_samples(data.encoder, path / "light", data.classes)
    assert flat.targets is None
    with pytest.raises(SourceError, match="has no targets to hold the results against; give a table with 64 numbers"):
        read_samples(data.encoder, path / "light", data.classes, targets=True)


def test_pictures_of_other_sizes_and_in_colour_fit(folder, tmp_path):
    data = open_source(str(folder(grey=True)))
    draw(tmp_path / "new", "a.png", np.full((20, 30, 3), 51, np.uint8))
    samples = read_samples(data.encoder, tmp_path / "new" / "a.png", data.classes)
    assert samples.inputs.shape == (1, 8, 8)
    np.testing.assert_allclose(samples.inputs.numpy(), 0.2, atol=1e-6)


def test_a_folder_that_cannot_be_used_is_one_message(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="expected a folder for each class, found none in it"):
        open_source(str(tmp_path / "empty"))
    path = folder(n=2)
    with pytest.raises(SourceError, match="expected 5 pictures of a class or more, one to test with, got fewer"):
        open_source(str(path))
    (path / "grey").mkdir()
    with pytest.raises(SourceError, match="each with the pictures of a class, got none in grey; those count that end"):
        open_source(str(path))
    (tmp_path / "single").mkdir()
    draw(tmp_path / "single" / "cat", "1.png", np.zeros((2, 2), np.uint8))
    with pytest.raises(SourceError, match="got one folder, cat"):
        open_source(str(tmp_path / "single"))
    with pytest.raises(SourceError, match=r"--data: .* is a path of its own"):
        open_source(str(path), folder=".")
    with pytest.raises(SourceError, match=r"--target: .* is a folder of pictures, whose classes are its folders"):
        open_source(str(path), target="x")


def test_a_damaged_picture_is_named(folder):
    path = folder()
    (path / "dark" / "3.png").write_bytes(b"\x89PNG and then nothing")
    with pytest.raises(PictureError, match=r"3\.png"):
        open_source(str(path))


def test_a_folder_without_pictures_has_no_samples(folder, tmp_path):
    data = open_source(str(folder()))
    (tmp_path / "none").mkdir()
    with pytest.raises(SourceError, match=r"there is no picture in .*; those count that end in"):
        read_samples(data.encoder, tmp_path / "none", data.classes)
