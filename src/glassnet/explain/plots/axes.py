"""Axes: where a plot goes. Every plot takes ``ax=``, draws into it and gives it back."""

from __future__ import annotations

from typing import Any

from glassnet.extras import needed_to
from glassnet.text import shown

_LONGEST = 60  # characters

# Told apart by people who see colours differently (M. Okabe and K. Ito, Color Universal Design, 2008).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
DASHES = ("-", "--", ":", "-.")


def axes(ax: Any = None, *, width: float = 6.4, height: float = 4.0) -> Any:
    """``ax``, or new axes of ``width`` × ``height`` inches. Raises MissingExtra without Matplotlib."""
    return grid(1, ax=None if ax is None else [ax], width=width, height=height)[0]


def grid(n: int, ax: Any = None, *, columns: int = 4, width: float = 6.4, height: float = 4.0) -> list[Any]:
    """``n`` axes beside and below each other: those of ``ax``, or new ones of ``width`` × ``height`` inches in all."""
    if ax is not None:
        several = [ax] if not hasattr(ax, "__len__") else list(getattr(ax, "flat", ax))
        if len(several) < n:
            raise ValueError(f"ax: expected {n} axes, one for each plot, got {len(several)}")
        return several[:n]
    with needed_to("draw"):
        from matplotlib import pyplot
    columns = min(columns, n)
    rows = -(-n // columns)
    figure, made = pyplot.subplots(rows, columns, figsize=(width, height), squeeze=False, layout="constrained")
    for unused in made.flat[n:]:
        figure.delaxes(unused)
    return list(made.flat[:n])


def labelled(ax: Any, *, title: str = "", x: str = "", y: str = "", legend: bool = False) -> Any:
    """``ax`` with its words, and without the frame's upper and right line."""
    if title:
        ax.set_title(plain(title))
    ax.set_xlabel(plain(x))
    ax.set_ylabel(plain(y))
    ax.spines[["top", "right"]].set_visible(False)
    if legend:
        ax.legend(frameon=False, loc="best")  # where it is named, Matplotlib does not warn that this takes time
    return ax


def plain(text: object) -> str:
    """``text`` as a label: a line that is not too long, and no formula, as Matplotlib takes what stands between $."""
    return "\n".join(shown(line, _LONGEST) for line in str(text).split("\n")).replace("$", r"\$")


def name_of(function: Any) -> str:
    """What to call a function, a module or an operation in a legend."""
    return str(getattr(function, "__name__", None) or type(function).__name__)
