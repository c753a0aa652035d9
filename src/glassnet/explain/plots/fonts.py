"""Fonts that have the letters of a plot: names may be in any script, and Matplotlib's own font has few of them."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

from glassnet.errors import GlassnetWarning

# Looked at first, since they are made for reading; then whatever else is installed.
PREFERRED = (
    "Noto Sans CJK KR",
    "Noto Sans CJK JP",
    "Noto Sans KR",
    "Pretendard",
    "NanumGothic",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "AppleGothic",
    "Noto Sans",
    "Arial Unicode MS",
)
SUCH_AS = {"HANGUL": "NanumGothic or Noto Sans CJK", "": "Noto Sans Symbols or Noto Emoji"}
BOXES = "Last Resort"  # a font that has a box for every letter there is

Arguments = ParamSpec("Arguments")
Drawn = TypeVar("Drawn")


def legible(plot: Callable[Arguments, Drawn]) -> Callable[Arguments, Drawn]:
    """``plot``, with texts whose letters are not in Matplotlib's font in an installed font that has them, too.

    Where none is installed, a `GlassnetWarning` says so, once for a script, and the letters are drawn as boxes.
    """

    @wraps(plot)
    def legibly(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Drawn:
        drawn = plot(*args, **kwargs)
        several: list[Any] = drawn if isinstance(drawn, list) else [drawn]
        for figure in {id(ax.figure): ax.figure for ax in several}.values():
            _make_legible(figure)
        return drawn

    return legibly


def _make_legible(figure: Any) -> None:
    from matplotlib.text import Text

    missing = {}
    for text in figure.findobj(Text):
        families = tuple(text.get_fontfamily())
        letters = {c for c in text.get_text() if not c.isascii() and c.isprintable() and not _has(families, c)}
        if letters:
            missing[text] = letters
    fonts = fonts_with(frozenset[str]().union(*missing.values())) if missing else []
    for text in missing:
        text.set_fontfamily([*text.get_fontfamily(), *fonts])


@lru_cache
def fonts_with(letters: frozenset[str]) -> list[str]:
    """Installed fonts that have these ``letters``, the fewest first found. Warns of letters that none has."""
    fonts, left = [], letters
    for name, path in _installed():
        had = {letter for letter in left if _is_in(path, letter)}
        if had:
            fonts.append(name)
            left -= had
        if not left:
            break
    for script, letter in {_script_of(letter): letter for letter in sorted(left)}.items():
        _warn(script, letter)
    return fonts


def _script_of(letter: str) -> str:
    """The first word of its name, such as HANGUL; of a sign, which is of no script, nothing."""
    return unicodedata.name(letter, "").partition(" ")[0] if unicodedata.category(letter).startswith("L") else ""


warned_of: set[str] = set()


def _warn(script: str, letter: str) -> None:
    """Warn, once, that there is no font for a ``script``."""
    if script not in warned_of:
        letters = f"{script.capitalize()} letters" if script else "signs"
        such_as = SUCH_AS.get(script, "Noto Sans for that script")
        warnings.warn(
            f"no installed font has {letters} such as {letter}: they are drawn as boxes; "
            f"install one, such as {such_as}",
            GlassnetWarning,
            stacklevel=5,
        )
        warned_of.add(script)


def _installed() -> Iterator[tuple[str, str]]:
    """The upright fonts of usual weight, with their files, preferred ones first; then those installed since."""
    from matplotlib import font_manager

    manager = font_manager.fontManager

    def usual() -> list[tuple[str, str]]:
        upright = [font for font in manager.ttflist if font.style == "normal" and font.weight in (400, "normal")]
        named = [(font.name, font.fname) for font in upright if not font.name.startswith(BOXES)]
        return sorted(named, key=lambda font: PREFERRED.index(font[0]) if font[0] in PREFERRED else len(PREFERRED))

    known = usual()
    yield from known
    files = {font.fname for font in manager.ttflist}
    for path in font_manager.findSystemFonts():  # Matplotlib keeps a list of those it has once found
        if path not in files:
            try:
                manager.addfont(path)
            except Exception:  # what is no font that FreeType reads raises what it likes
                continue
    yield from [font for font in usual() if font not in known]


def _has(families: Iterable[str], letter: str) -> bool:
    """Whether a text in one of these ``families`` shows a ``letter``."""
    return any(_is_in(path, letter) for path in map(_file_of, families) if path)


@lru_cache
def _file_of(family: str) -> str:
    from matplotlib import font_manager

    try:
        return str(font_manager.findfont(font_manager.FontProperties(family=[family]), fallback_to_default=False))
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def _is_in(path: str, letter: str) -> bool:
    from matplotlib import font_manager

    try:
        return bool(font_manager.get_font(path).get_char_index(ord(letter)))
    except Exception:  # a bitmap font, one of colours, or none
        return False
