"""Colours and fonts, by the contrast ratio of WCAG 2."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from glassnet.datasets import FONTS, contrast, font_for, luminance, make_colors

SEED = Path(__file__).parents[2].parent / "shared" / "data" / "light_dark_font_training_set.csv"


def test_luminance_and_contrast_are_those_of_the_guidelines():
    assert luminance([0, 0, 0]) == 0
    assert luminance([255, 255, 255]) == pytest.approx(1)
    np.testing.assert_allclose(luminance(np.diag([255] * 3)), [0.2126, 0.7152, 0.0722])
    assert luminance([10, 10, 10]) == pytest.approx(10 / 255 / 12.92)  # the straight part
    assert contrast(0, 1) == contrast(1, 0) == pytest.approx(21)
    assert contrast(luminance([118] * 3), 1) == pytest.approx(4.54, abs=0.005)  # the well-known grey of 4.5 : 1
    assert contrast(0.3, 0.3) == 1


@pytest.mark.parametrize(
    ("color", "font"),
    [((0, 0, 0), "light"), ((255, 255, 255), "dark"), ((255, 255, 0), "dark"), ((0, 0, 255), "light")],
)
def test_the_font_with_the_greater_contrast(color, font):
    assert FONTS[int(font_for(color))] == font


def test_colours_are_made():
    colors, fonts = make_colors(500, seed=1)
    assert colors.shape == (500, 3)
    assert colors.dtype == np.uint8
    np.testing.assert_array_equal(fonts, font_for(colors))
    assert 0.2 < fonts.mean() < 0.8
    np.testing.assert_array_equal(make_colors(500, seed=1)[0], colors)
    with pytest.raises(ValueError, match="expected 1 colour or more, got n=0"):
        make_colors(0)


def test_the_seeds_own_file_means_the_same_by_its_labels():
    """Its 1 is the dark font, as on white; it draws the line elsewhere, so that it agrees for most colours only."""
    if not SEED.exists():
        pytest.skip("the seed's CSV is not there")
    with SEED.open(newline="") as file:
        table = np.array(list(csv.reader(file))[1:], int)
    agreement = (font_for(table[:, :3]) == table[:, 3]).mean()
    assert 0.85 < agreement < 0.95
