import hashlib

import numpy as np

from glassnet.datasets import load_digits


def test_shapes_and_dtypes():
    images, labels = load_digits()
    assert images.shape == (1797, 8, 8)
    assert images.dtype == np.float32
    assert labels.shape == (1797,)
    assert labels.dtype == np.int64


def test_pixels_are_whole_counts_from_0_to_16():
    images, _ = load_digits()
    assert set(np.unique(images)) == set(range(17))


def test_each_digit_is_there_as_often_as_published():
    _, labels = load_digits()
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_first_image_is_the_published_zero():
    images, labels = load_digits()
    assert labels[0] == 0
    assert images[0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]


def test_content_is_unchanged():
    images, labels = load_digits()
    table = np.column_stack([images.reshape(-1, 64), labels]).astype(np.uint8)
    digest = hashlib.sha256(table.tobytes()).hexdigest()
    assert digest == "68aea062d35a127749050fa0e52dca09d6569ac08092c925610e0954e172dde2"


def test_every_call_gives_arrays_of_its_own():
    images, labels = load_digits()
    images[:] = -1
    labels[:] = -1
    again, labels_again = load_digits()
    assert again.min() == 0
    assert labels_again.min() == 0
