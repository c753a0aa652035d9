"""Pictures of many pixels: refused by what their header says, or made smaller while they are read."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from glassnet.sources import open_source
from glassnet.vision.datasets import PictureError, default_loader
from glassnet.vision.datasets.folder import MOST_PIXELS, read_image
from tests.growth import peak

MANY_PIXELS = 2**20  # from which a picture is made smaller while it is read

KINDS = {
    "png": ["L", "P", "RGB", "RGBA", "LA", "1"],
    "jpg": ["L", "RGB", "CMYK"],
    "tiff": ["L", "RGB", "F", "I"],
    "webp": ["RGB"],
}
QUICK = ("RGB", "P", "CMYK")  # modes: as it is, with a palette, of other colours


def png_of(width, height):
    """A PNG that says that it is so large, of 60 bytes."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("side", [9200, 12_000, 40_000, 2**31 - 1])
def test_a_picture_is_refused_before_it_is_decoded(tmp_path, side):
    (tmp_path / "x.png").write_bytes(png_of(side, side))
    for size in (None, (32, 32)):
        with pytest.raises(PictureError, match=r"x\.png: .*(at most 83,886,080 pixels, got 9,200 × 9,200|too large)"):
            read_image(tmp_path / "x.png", size)
    assert peak(lambda: read_image(tmp_path / "x.png")) < 100_000
    assert MOST_PIXELS < 9200**2


@pytest.mark.parametrize(
    ("ending", "mode"),
    [
        pytest.param(ending, mode, marks=() if mode in QUICK else pytest.mark.slow("more modes"))
        for ending, modes in KINDS.items()
        for mode in modes
    ],
)
def test_a_large_picture_is_made_smaller_while_it_is_read(tmp_path, ending, mode):
    """By averages: its colours stay, and its sides are four times those that are wanted, or more."""
    height, width = 900, 1200
    assert height * width > MANY_PIXELS
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, width // 2 :] = [250, 120, 30]
    Image.fromarray(picture).convert(mode).save(tmp_path / f"x.{ending}")
    whole = default_loader(tmp_path / f"x.{ending}")
    assert whole.size == (width, height)
    small = read_image(tmp_path / f"x.{ending}", (30, 40))
    assert small.mode == "RGB"
    if mode != "1":
        assert 160 <= small.size[0] < 400
        assert 120 <= small.size[1] < 300
    expected = np.asarray(whole.resize((4, 3), Image.Resampling.BOX)).astype(int)
    assert np.abs(np.asarray(small.resize((4, 3), Image.Resampling.BOX)).astype(int) - expected).max() <= 12


def test_a_picture_that_is_long_is_made_smaller_along_its_length(tmp_path):
    Image.new("L", (200_000, 8)).save(tmp_path / "x.png")
    assert read_image(tmp_path / "x.png", (32, 32)).size[0] < 300


def test_other_formats_are_not_looked_for(tmp_path):
    """A file that ends in .png may be of a kind that needs another program to be read."""
    (tmp_path / "x.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")
    with pytest.raises(PictureError, match="expected a picture, but it cannot be read"):
        default_loader(tmp_path / "x.png")


def test_many_large_pictures_take_the_memory_of_small_ones(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        for i in range(5):
            Image.new("RGB", (1100, 1000), (i, 200, 7)).save(tmp_path / name / f"{i}.png", compress_level=1)
    assert peak(open_source, str(tmp_path)) < 1100 * 1000 * 3
