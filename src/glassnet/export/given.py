"""Given: what a person gives to an exported file, and the text that makes it the input of the network.

There are two kinds: `Numbers`, as they are or divided by one, and `glassnet.export.given_table`.
"""

from __future__ import annotations

import ast
import inspect
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from glassnet.export import standalone
from glassnet.export.shorten import without_types
from glassnet.ops.dtypes import Array


class Given(ABC):
    """Samples as a person gives them, and everything about them that differs between kinds."""

    imports: tuple[str, ...] = ("import math",)  # beyond those of every file
    values: Callable[..., Any] = staticmethod(standalone.values)  # how the file predicts, without classes
    answers: Callable[..., Any] = staticmethod(standalone.answers_in_values)

    @property
    @abstractmethod
    def input(self) -> str:
        """What a sample is, in words."""

    @property
    @abstractmethod
    def usage(self) -> str:
        """What X is in ``predict(X)``."""

    @property
    @abstractmethod
    def data(self) -> str:
        """What the file is that the command reads."""

    @property
    def output(self) -> str:
        """What comes out where there are no classes, in words; "" to count the values."""
        return ""

    @property
    def arrays(self) -> dict[str, Array]:
        """Numbers that the file holds beside the network's."""
        return {}

    @abstractmethod
    def first(self, n: int) -> Any:
        """The first ``n`` samples, to try the file with."""

    @abstractmethod
    def constants(self) -> Iterator[str]:
        """The lines that say what a sample is."""

    @abstractmethod
    def encoding(self) -> Iterator[str]:
        """The functions between what a person gives and what the network takes."""

    @abstractmethod
    def reading(self) -> Iterator[str]:
        """The functions that read a file of samples."""

    def tests(self) -> Iterator[str]:
        """The samples that the file tests itself with, where they are not among the ``arrays``."""
        return iter(())


@dataclass(frozen=True)
class Numbers(Given):
    """Samples [n, …] as numbers, each divided by ``divide_by`` before the network sees it."""

    samples: Array
    divide_by: float

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample."""
        return self.samples.shape[1:]

    @property
    def columns(self) -> int:
        """How many numbers one sample has."""
        return math.prod(self.shape)

    @property
    def whole(self) -> bool:
        """Whether the network takes whole numbers only."""
        return self.samples.dtype.kind in "iu"

    @property
    def kind(self) -> str:
        """What a sample is made of."""
        return "whole numbers" if self.whole else "numbers"

    @property
    def divisor(self) -> str:
        """What numbers are divided by, as text."""
        number = float(self.divide_by)
        return f"{number:.0f}" if number.is_integer() else repr(number)

    @property
    def input(self) -> str:
        """What a sample is, in words."""
        text = f"{self.columns} {self.kind} a sample"
        if len(self.shape) > 1:
            text += f", {' × '.join(map(str, self.shape))}"
        return text if self.divide_by == 1 else f"{text}, each divided by {self.divisor} before the network sees it"

    @property
    def usage(self) -> str:
        """What X is in ``predict(X)``."""
        shape = f" or [n, {', '.join(map(str, self.shape))}]" if len(self.shape) > 1 else ""
        return f"samples, a list or an array [n, {self.columns}]{shape}"

    @property
    def data(self) -> str:
        """What the file is that the command reads."""
        return f"a CSV file: {self.columns} numbers a row, a header if you like, no label"

    @property
    def arrays(self) -> dict[str, Array]:
        """The samples that the file tests itself with."""
        return {"TEST_INPUTS": self.samples}

    def first(self, n: int) -> Any:
        """The first ``n`` samples."""
        return self.samples[:n]

    def constants(self) -> Iterator[str]:
        """The lines that say what a sample is."""
        yield f"COLUMNS = {self.columns}"

    def encoding(self) -> Iterator[str]:
        """The function between what a person gives and what the network takes."""
        shape = ", ".join(map(str, self.shape))
        accepted = f"!= ({shape},)" if len(self.shape) == 1 else f"not in (({self.columns},), ({shape}))"
        yield "def encoded(X):"
        yield f'    """Samples as the network takes them, [n, {shape}], or a ValueError that says what is wrong."""'
        yield "    try:"
        yield f"        x = np.asarray(X, np.{'float64' if self.whole else self.samples.dtype})"
        yield "    except (TypeError, ValueError):"
        yield f'        raise ValueError("expected samples of {self.columns} {self.kind} each") from None'
        yield f"    if x.ndim < 2 or x.shape[1:] {accepted}:"
        yield '        hint = "; a single sample goes in a list of its own: [sample]" if x.ndim < 2 else ""'
        wrong = f"expected samples of {self.columns} {self.kind} each, got shape {{list(x.shape)}}{{hint}}"
        yield f'        raise ValueError(f"{wrong}")'
        if self.whole:
            yield "    if (x != np.rint(x)).any():"
            yield f'        raise ValueError("expected {self.kind}")'
        value = "x" if len(self.shape) == 1 else f"x.reshape(len(x), {shape})"
        value += f".astype(np.{self.samples.dtype})" if self.whole else ""
        yield f"    return {value}{'' if self.divide_by == 1 else f' / {self.divisor}'}"

    def reading(self) -> Iterator[str]:
        """The functions that read a file of samples."""
        yield from (copied(standalone.read), "", "", copied(standalone.is_number))


def scaled(samples: Array, divide_by: float) -> Array:
    """Numbers as the network takes them."""
    return samples if divide_by == 1 else np.asarray(samples / divide_by)


def contents(module: ModuleType) -> str:
    """What a module defines, as it stands there, without the types: its text after the imports."""
    text = inspect.getsource(module)
    imports = [node for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom)]
    return without_types("\n".join(text.splitlines()[imports[-1].end_lineno :]).strip())


def copied(function: Callable[..., Any], name: str = "") -> str:
    """The source of a function, without the types, under the name it has in the file."""
    text = without_types(inspect.getsource(function).strip())
    return re.sub(r"^def \w+", f"def {name or function.__name__.partition('_in_')[0]}", text)
