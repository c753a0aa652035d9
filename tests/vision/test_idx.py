"""IDX files: what they hold, and that no file, however spoiled, does harm."""

from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from glassnet.vision.datasets import IdxError, read_idx
from tests.vision.idx_files import TYPES, idx_bytes

IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    def written(content: bytes) -> Path:
        path = tmp_path / "some-idx"
        path.write_bytes(content)
        return path

    return written


Write = Callable[[bytes], Path]

packings = pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])


@packings
@pytest.mark.parametrize("kind", TYPES)
def test_every_type_of_number(kind: str, pack: Any, write: Write) -> None:
    numbers = np.array([[1, 2, 100], [3, 0, 7]], kind)
    array = read_idx(write(pack(idx_bytes(numbers))))
    assert array.dtype == numbers.dtype
    assert array.dtype.isnative
    np.testing.assert_array_equal(array, numbers)
    array += 1  # it may be written to


def test_the_example_byte_for_byte(write: Write) -> None:
    array = read_idx(write(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 255])))
    assert (array.tolist(), array.dtype) == ([5, 0, 255], np.uint8)


@packings
@pytest.mark.parametrize("shape", [(0,), (0, 28, 28), (0, 2**28), (2, 0), (1,) * 8])
def test_sizes_of_0_and_1(shape: tuple[int, ...], pack: Any, write: Write) -> None:
    header = struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)
    array = read_idx(write(pack(header + bytes(int(all(shape))))))
    assert array.shape == shape


HEADER = bytes([0, 0, 8, 3]) + struct.pack(">III", 2, 3, 4)
TERABYTES = bytes([0, 0, 8, 3]) + struct.pack(">III", 2**31, 2**10, 2**10)
SPOILED = {
    "empty": (b"", "it is empty"),
    "text": (b"<html>not found</html>", "begins with 3c 68 74 6d"),
    "three bytes": (b"\0\0\x08", "begins with 00 00 08"),
    "unknown type": (b"\0\0\x07\x01", "begins with 00 00 07 01"),
    "no dimensions": (b"\0\0\x08\x00\x05", "begins with 00 00 08 00"),
    "nine dimensions": (b"\0\0\x08\x09" + b"\0\0\0\1" * 9 + b"x", "begins with 00 00 08 09"),
    "header cut off": (HEADER[:-1], "header is cut off"),
    "cut off": (HEADER + bytes(23), r"24 bytes of numbers \(2 x 3 x 4\).*23.*cut off"),
    "too long": (HEADER + bytes(25), "too long"),
    "nothing, of sizes beyond memory": (
        b"\0\0\x08\x04" + struct.pack(">IIII", 0, *[2**32 - 1] * 3),
        "and the limit is",
    ),
    "terabytes": (TERABYTES + bytes(100), "2,251,799,813,685,248 bytes of numbers"),
}


@packings
@pytest.mark.parametrize(("content", "says"), SPOILED.values(), ids=SPOILED)
def test_spoiled_files(content: bytes, says: str, pack: Any, write: Write) -> None:
    path = write(pack(content))
    with pytest.raises(IdxError, match=says if pack is bytes else says.replace("23.*", "")) as raised:
        read_idx(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


GZIPPED = {
    "cut off": lambda: gzip.compress(idx_bytes(IMAGES))[:-9],
    "two bytes": lambda: b"\x1f\x8b",
    "spoiled": lambda: gzip.compress(idx_bytes(IMAGES))[:10] + b"\x07" * 12,
    "wrong checksum": lambda: gzip.compress(idx_bytes(IMAGES))[:-8] + bytes(8),
    "rubbish after the end": lambda: gzip.compress(idx_bytes(IMAGES)) + b"rubbish",
}


@pytest.mark.parametrize("content", GZIPPED.values(), ids=GZIPPED)
def test_spoiled_gzip(content: Callable[[], bytes], write: Write) -> None:
    with pytest.raises(IdxError, match="gzip stream is damaged or cut off"):
        read_idx(write(content()))


def most_memory(act: Callable[[], Any]) -> int:
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_zeros_after_the_end_are_no_fault(write: Write) -> None:
    path = write(gzip.compress(idx_bytes(IMAGES)) + bytes(30_000))
    assert read_idx(path).tobytes() == IMAGES.tobytes()
    path = write(gzip.compress(idx_bytes(IMAGES)) + bytes(30_000) + b"rubbish")
    with pytest.raises(IdxError, match="something follows its end"):
        read_idx(path)


def test_a_gzip_bomb_is_not_unpacked(write: Write) -> None:
    """30 MB of zeros after what the header promises, in 30 KB."""
    path = write(gzip.compress(idx_bytes(IMAGES) + bytes(30_000_000)))
    assert path.stat().st_size < 100_000

    def act() -> None:
        with pytest.raises(IdxError, match="too long"):
            read_idx(path)

    assert most_memory(act) < 2_000_000


def test_a_header_cannot_promise_more_than_gzip_could_hold(write: Write) -> None:
    path = write(gzip.compress(bytes([0, 0, 8, 1]) + struct.pack(">I", 200_000_000) + bytes(10)))
    with pytest.raises(IdxError, match=r"200,000,000 bytes.*more than 100 times as many as the gzip file has"):
        read_idx(path)


@packings
def test_the_limit(pack: Any, write: Write) -> None:
    path = write(pack(idx_bytes(IMAGES)))
    assert read_idx(path, most=24).shape == (2, 3, 4)
    with pytest.raises(IdxError, match="the limit is 23"):
        read_idx(path, most=23)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "nothing")
    with pytest.raises(IdxError, match="expected a file, got a folder; name a file in it"):
        read_idx(tmp_path)
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for someone to write
    with pytest.raises(IdxError, match="expected a file, got a pipe; copy what it gives into a file"):
        read_idx(tmp_path / "pipe")


# any bytes at all ---------------------------------------------------------------------------------

sizes = st.integers(0, 4) | st.sampled_from([28, 255, 60_000, 2**16, 2**31, 2**32 - 1])
headers = st.builds(
    lambda kind, shape: bytes([0, 0, kind, len(shape)]) + b"".join(struct.pack(">I", n) for n in shape),
    st.sampled_from([8, 9, 11, 12, 13, 14, 7, 0]),
    st.lists(sizes, max_size=9),
)
whole = arrays(st.sampled_from(sorted(TYPES)), array_shapes(max_dims=4, max_side=5, min_side=0)).map(idx_bytes)
longer = st.builds(bytes.__add__, whole, st.binary(max_size=3))
cut = st.builds(lambda content, end: content[: -end - 1], whole, st.integers(0, 40))
contents = st.binary(max_size=50) | st.builds(bytes.__add__, headers, st.binary(max_size=300)) | whole | longer | cut


@settings(max_examples=3 * settings.default.max_examples)
@given(contents, st.sampled_from([None, 0, 1, 9]), st.data())
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, content: bytes, level: Any, data: Any) -> None:
    """Read, and right, or refused with one message; and never more memory than the file fills."""
    stored = bytearray(content if level is None else gzip.compress(content, level))
    flips = data.draw(st.lists(st.tuples(st.integers(0, max(0, len(stored) - 1)), st.integers(1, 255)), max_size=2))
    for place, flip in flips if stored else []:
        stored[place] ^= flip
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(stored)
    arrays: list[np.ndarray] = []

    def act() -> None:
        try:
            arrays.append(read_idx(path))
        except IdxError as error:
            assert "\n" not in str(error)  # noqa: PT017

    assert most_memory(act) < 500_000  # the buffers of gzip; content itself is under 8 KB
    if arrays and level is None:
        assert idx_bytes(arrays[0]) == bytes(stored)
    if arrays and not flips:
        assert idx_bytes(arrays[0]) == content


@given(whole, st.sampled_from([None, 1]))
def test_whatever_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, content: bytes, level: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content if level is None else gzip.compress(content, level))
    assert idx_bytes(read_idx(path)) == content
