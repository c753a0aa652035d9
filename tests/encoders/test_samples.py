"""Samples that are plain numbers: text, .npy; and what an encoding may be."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.encoders import encoder_from_json, read_samples
from glassnet.encoders.number_encoder import read_numbers
from glassnet.files import FileError
from glassnet.sources import SourceError, open_source
from glassnet.tables import TableError
from tests.growth import calls

COLORS = encoder_from_json({"kind": "numbers", "shape": [3], "divide_by": 255})
GREY = encoder_from_json({"kind": "numbers", "shape": [2, 2], "divide_by": 1})


@pytest.fixture
def file(tmp_path):
    """``file(text, name)``: a file of it."""

    def made(text, name="a.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return made


@pytest.mark.parametrize("header", ["", "r,g,b\n", "\ufeffr,g,b\n"])
def test_numbers_in_a_text_with_or_without_a_header(file, header):
    samples = read_samples(COLORS, file(f"{header}255,0,51\n\n0,255,102\n"))
    assert samples.inputs.tolist() == pytest.approx([pytest.approx([1, 0, 0.2]), pytest.approx([0, 1, 0.4])])
    assert (samples.targets, samples.names, samples.frame) == (None, ["sample 1", "sample 2"], None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("," * 10_000, r"line 1: expected 3 numbers, got 10001 cells"),
        (",,\n" * 1000, r"line 2: expected a finite number, got ''"),
        ('"' * 1000, "found none|expected 3 numbers"),
        ("\n" * 1000, "found none"),
    ],
)
def test_what_holds_no_numbers_is_refused_at_once(file, text, message):
    """Each cell that is none would cost an error of its own."""
    path = file(text)
    with pytest.raises(SourceError, match=message):
        read_samples(COLORS, path)
    assert calls(read_samples, COLORS, path) < 4000


def test_a_class_after_the_numbers(file):
    samples = read_samples(GREY, file("1,2,3,4, cat\n5,6,7,8,dog\n"), ("dog", "cat"), targets=True)
    assert samples.inputs.tolist() == [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    assert samples.targets.tolist() == [1, 0]


def test_held_out_digits_from_a_text(file):
    data = open_source("digits")
    rows = (data.held_out.inputs.numpy() * 16).reshape(-1, 64).astype(int)
    lines = [",".join(map(str, [*row, label])) for row, label in zip(rows, data.held_out.targets.tolist(), strict=True)]
    samples = read_samples(data.encoder, file("\n".join(lines)), data.classes, targets=True)
    assert np.array_equal(samples.inputs.numpy(), data.held_out.inputs.numpy())
    assert np.array_equal(samples.targets.numpy(), data.held_out.targets.numpy())


def test_an_npy_file(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(8.0).reshape(2, 4))
    samples = read_samples(GREY, tmp_path / "a.npy")
    assert samples.inputs.tolist() == [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected 3 numbers in a row for each sample, found none"),
        ("r,g,b\n", "found none"),
        ("1,2\n", "line 1: expected 3 numbers, got 2 cells"),
        ("1,2,3,4\n", "line 1: expected 3 numbers, got 4 cells; leave out the label"),
        ("1,2,3\n1,x,3\n", "line 2: expected a finite number, got 'x'"),
        ("1,2,3\n1,inf,3\n", "line 2: expected a finite number, got 'inf'"),
        ("1,2,1e300\n", "line 1: expected a finite number, got '1e300'"),
        (b"1,2,\x00\n", "line 1"),
    ],
)
def test_text_that_is_no_samples_is_one_message(file, text, message):
    with pytest.raises(SourceError, match=message):
        read_samples(COLORS, file(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,3\n", "expected 3 numbers and a class, got 3 cells"),
        ("1,2,3,blue\n", "expected classes light, dark, got 'blue'"),
    ],
)
def test_labels_that_are_missing_or_not_known(file, text, message):
    with pytest.raises(SourceError, match=message):
        read_samples(COLORS, file(text), ("light", "dark"), targets=True)


def test_files_that_are_no_samples_are_one_message(file, tmp_path):
    with pytest.raises(SourceError, match=r"FILE: there is no no\.csv; name a file of samples"):
        read_samples(COLORS, tmp_path.relative_to(tmp_path) / "no.csv")
    with pytest.raises(FileError, match=r"is no \.npy file of numbers"):
        read_samples(COLORS, file(b"\x93NUMPY", "a.npy"))
    np.save(tmp_path / "b.npy", np.zeros((2, 4)))
    with pytest.raises(SourceError, match=r"expected numbers of shape \[n, 3\], got float64 \[2, 4\]"):
        read_samples(COLORS, tmp_path / "b.npy")
    np.save(tmp_path / "c.npy", np.array(["a", "b"]))
    with pytest.raises(FileError, match="expected an array of numbers, got one of <U1"):
        read_samples(COLORS, tmp_path / "c.npy")
    np.save(tmp_path / "d.npy", np.zeros((2, 3)))
    with pytest.raises(SourceError, match="has no targets to hold the results against; give a table with 3 numbers"):
        read_samples(COLORS, tmp_path / "d.npy", targets=True)
    with pytest.raises(SourceError, match="expected 3 numbers for a sample, not pictures"):
        read_samples(COLORS, tmp_path)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_numbers_or_one_message(tmp_path_factory, content, labelled):
    path = tmp_path_factory.mktemp("bytes") / "a.csv"
    path.write_bytes(content)
    with suppress(SourceError):
        numbers, labels = read_numbers(path, 2, labelled=labelled)
        assert numbers.shape[1] == 2
        assert np.isfinite(numbers).all()
        assert len(labels) == len(numbers) * labelled


@pytest.mark.parametrize("name", ["digits", "colors", "xor"])
def test_encodings_of_sources_are_sound(name):
    encoder = open_source(name).encoder
    assert encoder_from_json(encoder.to_json()) == encoder


@pytest.mark.parametrize(
    "encoding",
    [
        None,
        [],
        {},
        {"kind": "sound"},
        {"kind": "numbers"},
        {"kind": "numbers", "shape": 3, "divide_by": 1},
        {"kind": "numbers", "shape": [], "divide_by": 1},
        {"kind": "numbers", "shape": [0], "divide_by": 1},
        {"kind": "numbers", "shape": ["3"], "divide_by": 1},
        {"kind": "numbers", "shape": [3], "divide_by": 0},
        {"kind": "numbers", "shape": [3], "divide_by": "1"},
        {"kind": "table"},
    ],
)
def test_what_is_no_encoding_is_refused(encoding):
    with pytest.raises((SourceError, TableError)):
        encoder_from_json(encoding)
