"""Every encoder: read back from JSON as it was, and the same in an exported file as in the library."""

import json

import numpy as np
import pytest

from glassnet import nn
from glassnet.encoders import (
    ENCODERS,
    NumberEncoder,
    PictureEncoder,
    SeriesEncoder,
    SourceError,
    TableEncoder,
    TextEncoder,
    encoder_from_json,
    read_samples,
)
from glassnet.export import numpy_file
from glassnet.tables import Encoding
from tests.export.files import loaded

HOUSES = {"size": ["61", "84", "", "120"], "garden": ["no", "yes", "no", "yes"], "price": ["412", "598", "390", "701"]}
FONTS = {"r": [0, 255, 9, 250], "g": [3, 251, 7, 240], "font": ["light", "dark", "light", "dark"]}
DAY = {"name": "day", "format": "%Y-%m-%d"}
SOLD = {"name": "sold", "decimal": ".", "mean": 10.0, "scale": 2.0}

# An encoder of each sort, and samples for it.
EXAMPLES = {
    "numbers": (NumberEncoder((3,), 255), [[0, 51, 255], [1, 2, 3]]),
    "numbers as they are": (NumberEncoder((2,)), [[0.1, -2.5], [1.0, 3.25]]),
    "pictures": (PictureEncoder((2, 2), 16), [[[0, 16], [8, 4]]]),
    "pictures in colour": (PictureEncoder((3, 1, 2), 255), [[[[0, 255]], [[1, 2]], [[3, 4]]]]),
    "table, a quantity": (TableEncoder(Encoding.fit(HOUSES, "price")), HOUSES),
    "table, classes": (TableEncoder(Encoding.fit(FONTS, "font")), FONTS),
    "series": (SeriesEncoder(DAY, SOLD, {"unit": "seconds", "count": 86400.0}, 3, 2, 1), [[8.0, 10.0, 13.5]] * 2),
    "text": (TextEncoder(("the", "cat", "고양이"), 4), ["The cat sat.", "고양이"]),
}
all_of_them = pytest.mark.parametrize("name", EXAMPLES)


def test_every_kind_has_an_example():
    assert {encoder.to_json()["kind"] for encoder, _ in EXAMPLES.values()} == set(ENCODERS)


@all_of_them
def test_json_gives_the_encoder_back(name):
    encoder, _ = EXAMPLES[name]
    assert encoder_from_json(json.loads(json.dumps(encoder.to_json()))) == encoder


@all_of_them
def test_samples_become_numbers_of_any_dtype(name):
    encoder, samples = EXAMPLES[name]
    inputs = encoder.encode(samples)
    words = isinstance(encoder, TextEncoder)  # which have numbers that are whole
    assert inputs.dtype == (np.int64 if words else np.float32)
    assert np.isfinite(inputs).all()
    wide = encoder.encode(samples, np.float64)
    assert wide.dtype == (np.int64 if words else np.float64)
    np.testing.assert_allclose(wide, inputs, 1e-6)
    first = encoder.take(samples, 1)
    np.testing.assert_array_equal(encoder.encode(first), inputs[:1])


@all_of_them
def test_examples_survive_json(name):
    encoder, samples = EXAMPLES[name]
    as_they_are = isinstance(samples, dict) or isinstance(encoder, TextEncoder)
    raw = samples if as_they_are else encoder.inverse(encoder.encode(samples))
    back = encoder.examples_from_json(json.loads(json.dumps(encoder.examples_to_json(raw))))
    np.testing.assert_allclose(encoder.encode(back), encoder.encode(samples), 1e-6)
    for damaged in ([], {}, None, [[None]], {"size": []}, "text"):
        with pytest.raises(SourceError):
            encoder.examples_from_json(damaged)


@all_of_them
def test_an_exported_file_encodes_as_the_library_does(name, tmp_path):
    encoder, samples = EXAMPLES[name]
    inputs = encoder.encode(samples)
    outputs = len(encoder.classes) or encoder.quantities
    first = nn.EmbeddingBag(9, inputs[0].size) if isinstance(encoder, TextEncoder) else nn.Flatten()
    model = nn.Sequential(first, nn.Linear(inputs[0].size, outputs))
    numpy_file(model, tmp_path / "model.py", samples, encoder=encoder)
    file = loaded(tmp_path / "model.py")
    np.testing.assert_array_equal(file["encoded"](samples), inputs)
    assert file["self_test"]() == 0
    assert encoder.standalone(np.float32).sample in " ".join(file["__doc__"].split())


def test_results_are_told_in_the_words_and_units_of_the_table():
    classes, quantity = EXAMPLES["table, classes"][0], EXAMPLES["table, a quantity"][0]
    assert classes.classes == ("dark", "light")
    assert classes.decode([[2.0, 1.0], [0.0, 3.0]]).tolist() == ["dark", "light"]
    assert (quantity.classes, quantity.target_name) == ((), "price")
    np.testing.assert_allclose(quantity.decode([[0.0]]), [np.mean([412, 598, 390, 701])])
    assert quantity.feature_names == ("size", "size is missing", "garden")
    numbers = EXAMPLES["numbers"][0]
    assert (numbers.classes, numbers.feature_names, numbers.target_name) == ((), (), "target")
    assert numbers.decode([[1.5], [2.5]]).tolist() == [1.5, 2.5]


def test_numbers_with_rows_and_columns_are_pictures_whatever_wrote_them():
    old = {"kind": "numbers", "shape": [8, 8], "divide_by": 16}
    assert encoder_from_json(old) == PictureEncoder((8, 8), 16)
    assert encoder_from_json(old | {"shape": [64]}) == NumberEncoder((64,), 16)
    assert PictureEncoder((8, 8), 16).to_json() == old


def test_what_is_no_sample_is_refused(tmp_path):
    with pytest.raises(SourceError, match=r"expected numbers of shape \[n, 3\], got int64 \[1, 2\]"):
        NumberEncoder((3,)).encode([[1, 2]])
    with pytest.raises(SourceError, match="there is no"):
        read_samples(NumberEncoder((3,)), tmp_path / "none.csv")
