"""Transforms given what they cannot take: one message each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.errors import DtypeError, GradientError, ShapeError
from glassnet.vision import transforms as T

IMAGE = glassnet.ones(3, 4, 4)
BAD: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "ToTensor of a tensor": (lambda: T.ToTensor()(IMAGE), TypeError, r"got a tensor \[3, 4, 4\] already"),
    "ToTensor of a list": (
        lambda: T.ToTensor()([[1]]),
        TypeError,
        "expected a tensor, a NumPy array or a PIL image, got list",
    ),
    "ToTensor of text": (lambda: T.ToTensor()(np.array([["a"]])), TypeError, "expected numbers, got an array of <U1"),
    "ToTensor in one dimension": (lambda: T.ToTensor()(np.ones(4)), ShapeError, r"got \[4\]"),
    "ToTensor of nothing": (lambda: T.ToTensor()(np.ones((0, 4))), ShapeError, "at least one pixel"),
    "a batch of arrays": (lambda: T.ToTensor().batch(np.ones((2, 3, 4))), TypeError, "batch of pictures as a tensor"),
    "a batch in two dimensions": (lambda: T.Pad(1).batch(glassnet.ones(3, 4)), ShapeError, r"\[n, height, width\]"),
    "a tensor in one dimension": (lambda: T.Pad(1)(glassnet.ones(3)), ShapeError, r"\[height, width\] or"),
    "a tensor with a history": (lambda: T.Pad(1)(glassnet.ones(1, 2, 2).requires_grad_()), GradientError, "detach"),
    "Normalize of an array": (
        lambda: T.Normalize([0], [1])(np.ones((3, 4))),
        TypeError,
        r"got ndarray; put ToTensor\(\) before it",
    ),
    "Normalize of bytes": (
        lambda: T.Normalize([0], [1])(glassnet.ones(1, 3, 4, 4).byte()),
        DtypeError,
        r"got uint8; put ToTensor\(\)",
    ),
    "Normalize without channels": (lambda: T.Normalize([0], [1])(IMAGE[0]), ShapeError, r"unsqueeze\(-3\)"),
    "Normalize of other channels": (
        lambda: T.Normalize([0, 0], [1])(IMAGE),
        ShapeError,
        "mean has.* 2 channels.* has 3",
    ),
    "Normalize by 0": (lambda: T.Normalize([0], [1, 0]), ValueError, "std must not be 0"),
    "Normalize by NaN": (lambda: T.Normalize([float("nan")], [1]), ValueError, "expected mean as finite numbers"),
    "ConvertImageDtype to bool": (lambda: T.ConvertImageDtype(bool), TypeError, "got bool"),
    "ConvertImageDtype to too much": (
        lambda: T.ConvertImageDtype(glassnet.int32)(IMAGE),
        DtypeError,
        "float32 has not digits",
    ),
    "Grayscale in 2": (lambda: T.Grayscale(2), ValueError, "1 or 3, got 2"),
    "Grayscale of 2": (lambda: T.Grayscale()(IMAGE[:2]), ShapeError, "got 2"),
    "Resize to 0": (lambda: T.Resize(0), ValueError, "size must be .* above 0, got 0"),
    "Resize to three": (lambda: T.Resize((1, 2, 3)), ValueError, r"got \(1, 2, 3\)"),
    "Resize by name": (lambda: T.Resize(3, "bilinear"), TypeError, "InterpolationMode.NEAREST or .*got 'bilinear'"),
    "Resize to at most less": (lambda: T.Resize(5, max_size=5), ValueError, "max_size must be larger"),
    "Resize of two to at most": (lambda: T.Resize((5, 6), max_size=9), ValueError, "one number"),
    "Pad by less than 0": (lambda: T.Pad(-1), ValueError, "0 or more, got -1"),
    "Pad three sides": (lambda: T.Pad((1, 2, 3)), ValueError, r"got \(1, 2, 3\)"),
    "Pad by half": (lambda: T.Pad((0.5, 1)), ValueError, "whole"),
    "Pad in a way unknown": (lambda: T.Pad(1, padding_mode="wrap"), ValueError, "one of constant, edge.*got 'wrap'"),
    "Pad by reflecting too much": (
        lambda: T.Pad(4, padding_mode="reflect")(IMAGE),
        ValueError,
        "than a picture 4 high",
    ),
    "Pad by mirroring too much": (lambda: T.Pad(5, padding_mode="symmetric")(IMAGE), ValueError, "has to mirror"),
    "CenterCrop to True": (lambda: T.CenterCrop((True, 2)), ValueError, "whole"),
    "RandomCrop too large": (
        lambda: T.RandomCrop(5)(IMAGE),
        ValueError,
        "5 high and 5 wide is larger than .* 4 high and 4",
    ),
    "flips too probable": (lambda: T.RandomHorizontalFlip(1.5), ValueError, "RandomHorizontalFlip: p .*got 1.5"),
    "RandomRotation backwards": (lambda: T.RandomRotation((5, 1)), ValueError, r"got \(5, 1\)"),
    "RandomRotation by three": (
        lambda: T.RandomRotation((1, 2, 3)),
        ValueError,
        r"or \(least, most\), got \(1, 2, 3\)",
    ),
    "RandomRotation by less than 0": (lambda: T.RandomRotation(-1), ValueError, "0 or more, .* got -1"),
    "RandomRotation by name": (lambda: T.RandomRotation(5, "nearest"), TypeError, "RandomRotation: interpolation must"),
    "RandomRotation about a number": (lambda: T.RandomRotation(5, center=(3,)), ValueError, r"\(x, y\), got \(3,\)"),
    "two fills of three": (lambda: T.Pad(1, fill=(1, 2))(IMAGE), ValueError, r"each of 3 channels, got \(1, 2\)"),
    "a fill that is no byte": (
        lambda: T.RandomRotation(5, fill=-1)(IMAGE.byte()),
        ValueError,
        r"a number of uint8, .* got -1$",
    ),
    "a fill by name": (lambda: T.RandomCrop(9, 9, fill="red")(IMAGE), ValueError, "fill must be .* got 'red'"),
    "Lambda of nothing": (lambda: T.Lambda(None), TypeError, "expected a function, got NoneType"),
    "Compose of one": (lambda: T.Compose(T.ToTensor()), TypeError, r"a list of transforms, got ToTensor; .*\(\[…\]\)"),
    "Compose of numbers": (lambda: T.Compose([T.ToTensor(), 3]), TypeError, "transform 1 is int"),
}


@pytest.mark.parametrize(("act", "error", "says"), BAD.values(), ids=BAD)
def test_bad_input(act: Callable[[], Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says) as raised:
        act()
    assert "\n" not in str(raised.value)
