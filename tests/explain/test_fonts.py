"""Names in any script can be read in a plot, where a font that has their letters is installed."""

from __future__ import annotations

import warnings

import pytest

from glassnet.errors import GlassnetWarning

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")

from matplotlib import pyplot, rcParams  # noqa: E402

from glassnet.explain import plots  # noqa: E402
from glassnet.explain.plots import fonts  # noqa: E402

MODIFIER = "\u1d15"  # which DejaVu Serif has, and the usual DejaVu Sans has not: Matplotlib brings both


@pytest.fixture(autouse=True)
def _closed():
    fonts.fonts_with.cache_clear()
    fonts.warned_of.clear()
    yield
    pyplot.close("all")


@pytest.fixture
def brought(monkeypatch):
    """No fonts but those that come with Matplotlib."""
    from matplotlib import font_manager

    own = [font for font in font_manager.fontManager.ttflist if "mpl-data" in font.fname]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)


def families(ax):
    return {label.get_text(): label.get_fontfamily() for label in ax.get_yticklabels()}


def test_letters_that_the_usual_font_has_not_are_in_one_that_has_them(brought):
    ax = plots.confusion([0, 1], [0, 1], classes=["cat", f"{MODIFIER}é"])
    assert families(ax) == {"cat": rcParams["font.family"], f"{MODIFIER}é": [*rcParams["font.family"], "DejaVu Serif"]}
    ax.figure.canvas.draw()  # Matplotlib would warn of a letter that it does not find, and a warning is an error here


def test_letters_that_no_font_has_are_told_of_once(brought):
    with pytest.warns(GlassnetWarning, match="no installed font has Hangul letters such as .: .*, such as NanumGothic"):
        ax = plots.confusion([0, 1], [0, 1], classes=["고양이", "강아지"])
    assert families(ax)["고양이"] == rcParams["font.family"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plots.confusion([0, 1], [0, 1], classes=["말", "소"])
    with pytest.warns(GlassnetWarning, match="no installed font has Thai letters such as ก"):
        plots.confusion([0, 1], [0, 1], classes=["말", "ก"])


def test_letters_that_the_first_font_lacks_are_looked_for_in_the_others(brought):
    with pytest.warns(GlassnetWarning, match="no installed font has Hangul letters"):
        assert fonts.fonts_with(frozenset({MODIFIER, "가"})) == ["DejaVu Serif"]


def test_a_font_that_was_installed_since_is_found(brought, monkeypatch):
    from matplotlib import font_manager

    there = font_manager.fontManager.ttflist
    without = [font for font in there if font.name != "DejaVu Serif"]
    files = [font.fname for font in there if font.name == "DejaVu Serif"]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", without)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [__file__, *files])
    assert fonts.fonts_with(frozenset(MODIFIER)) == ["DejaVu Serif"]
