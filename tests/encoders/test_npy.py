"""Numbers in .npy files: every layout NumPy writes is read; what is anything else is one message."""

import io
import os
import struct
import zipfile

import numpy as np
import pytest

from glassnet.encoders import NumberEncoder
from glassnet.encoders.npy_file import read_npy
from glassnet.files import FileError

NUMBERS = np.arange(12).reshape(4, 3)


@pytest.mark.parametrize("dtype", ["f4", "<f8", ">f8", "f2", "i1", "u1", ">i4", "<i8", "u2", "?", "longdouble"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_what_numpy_writes_is_read(tmp_path, dtype, order):
    array = NUMBERS.astype(dtype, order=order)
    np.save(tmp_path / "a.npy", array)
    assert np.array_equal(read_npy(tmp_path / "a.npy"), array)
    samples = NumberEncoder((3,)).read(tmp_path / "a.npy", (), targets=False)
    assert np.array_equal(samples.inputs.numpy(), array.astype(np.float32))


def header(text, version=(1, 0), numbers=b""):
    size = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + size + text.encode() + numbers


def of(shape="(4, 3)", descr="'<f8'", fortran="False", **more):
    return header(f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}}}", **more)


def saved(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def a_zip():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", saved(NUMBERS))
    return file.getvalue()


BAD = {
    "empty": (b"", "it is no .npy file of numbers"),
    "a zip": (a_zip(), "it is no .npy file of numbers"),
    "text": (b"1,2,3\n", "it is no .npy file of numbers"),
    "0-d": (saved(np.float32(3)), "expected an array of samples, got one of shape"),
    "negative": (of("(-4, 3)"), "expected an array of samples, got one of shape"),
    "true": (of("(True, 3)"), "expected an array of samples, got one of shape (True, 3)"),
    "huge": (of("(1000000000000, 3)"), "and the limit is 2,147,483,648"),
    "huge product": (of("(4294967296, 4294967296)"), "and the limit is"),
    "no samples but huge": (of("(0, 99999999999)"), "and the limit is"),
    "cut off": (saved(NUMBERS)[:-1], "its header promises 96 bytes of numbers, of shape [4, 3], but 95 follow it"),
    "unclosed": (header("{'descr': '<f8', 'shape': (4, 3"), "it is no .npy file of numbers"),
    "unclosed text": (header("{'descr': '<f8"), "it is no .npy file of numbers"),
    "deep": (header("(" * 3000), "it is no .npy file of numbers"),
    "code": (of("__import__('os').abort()"), "it is no .npy file of numbers"),
    "a comprehension": (of("[1 for _ in range(10**9)]"), "it is no .npy file of numbers"),
    "a list as shape": (of("[4, 3]"), "it is no .npy file of numbers"),
    "texts as shape": (of("('4', 3)"), "it is no .npy file of numbers"),
    "a header of 10 MB": (of("(4, 3)" + " " * 10**7, version=(2, 0)), "its header is none of an array of numbers"),
    "a header of 4 GB": (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{", "its header is none of an array of numbers"),
    "version 3": (header("{}", (3, 0)), "it is no .npy file of numbers"),
    "version 9": (header("{}", (9, 9)), "it is no .npy file of numbers"),
    "dtype none": (of(descr="'nonsense'"), "it is no .npy file of numbers"),
    "object": (of(descr="'|O'"), "expected an array of numbers, got one of object"),
    "structured": (saved(np.zeros(3, [("a", "f4"), ("b", "i4")])), "expected an array of numbers, got one of"),
    "nested dtype": (of(descr="('<f8', (1000,))"), "numbers"),
    "unicode": (saved(np.array(["a", "b"])), "expected an array of numbers, got one of <U1"),
    "bytes": (saved(np.array([b"a", b"b"])), "expected an array of numbers, got one of |S1"),
    "complex": (saved(np.zeros((4, 3), complex)), "expected an array of numbers, got one of complex128"),
    "datetime": (saved(np.zeros(3, "M8[s]")), "expected an array of numbers, got one of datetime64[s]"),
    "difference of times": (saved(np.zeros(3, "m8[s]")), "expected an array of numbers, got one of timedelta64[s]"),
}


@pytest.mark.filterwarnings("ignore")  # of NumPy's, about headers
@pytest.mark.parametrize("name", BAD)
def test_anything_else_is_one_message(tmp_path, name):
    content, message = BAD[name]
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(FileError) as caught:
        NumberEncoder((3,)).read(tmp_path / "a.npy", (), targets=False)
    assert str(caught.value).startswith(f"{tmp_path}/a.npy: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "a.npy")
    with pytest.raises(FileError, match="got a pipe"):
        NumberEncoder((3,)).read(tmp_path / "a.npy", (), targets=False)


@pytest.mark.parametrize("divide_by", [1, 255])
@pytest.mark.parametrize("number", [1e300, np.inf, np.nan, -1e39])
def test_numbers_that_float32_does_not_have_are_one_message(tmp_path, number, divide_by):
    np.save(tmp_path / "a.npy", np.full((2, 3), number * divide_by))
    with pytest.raises(ValueError, match="finite") as caught:
        NumberEncoder((3,), divide_by).read(tmp_path / "a.npy", (), targets=False)
    assert "\n" not in str(caught.value)
