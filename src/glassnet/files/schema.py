"""What a tree that was read from a file has to be: kinds of values, and the error that names the part that is none.

JSON and checkpoints come back as numbers, texts, lists and dicts, which anyone may have edited. A kind is checked
before anything relies on the tree, so that what is wrong is told by its place.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from numbers import Real
from typing import Any

from glassnet.errors import GlassnetError
from glassnet.text.readable import shown

_COUNTLESS = 2**53  # a bound that no one meets is not told
_FEW = 6  # items that are shown
_LONGEST = 60  # characters of a value in a message


class Misfit(GlassnetError, ValueError):
    """A part of a tree that is not of the kind it should be: its ``place``, what was ``expected``, and what came.

    >>> from glassnet.files.schema import Misfit, record, whole
    >>> try:
    ...     record({"epoch": whole(1)}).check({"epoch": "x"}, "progress")
    ... except Misfit as error:
    ...     print(error)
    progress.epoch should be a whole number of 1 or more, got 'x'
    """

    def __init__(self, place: str, expected: str, value: Any) -> None:
        self.place = shown(place)
        self.expected = expected
        self.value = value
        super().__init__(f"{self.place or 'it'} should be {expected}, got {described(value)}")


@dataclass(frozen=True)
class Kind:
    """Values for which ``test`` is true, ``expected`` in words."""

    expected: str
    test: Callable[[Any], bool]

    def check(self, value: Any, place: str = "") -> None:
        """Raise Misfit unless ``value``, which stands at ``place``, is of this kind."""
        if not self.test(value):
            raise Misfit(place, self.expected, value)


@dataclass(frozen=True)
class _Items(Kind):
    each: Kind
    different: bool

    def check(self, value: Any, place: str = "") -> None:
        super().check(value, place)
        for number, item in enumerate(value):
            self.each.check(item, f"{place}[{number}]")
        if self.different and len(set(value)) < len(value):
            raise Misfit(place, f"{self.expected}, all different", value)


@dataclass(frozen=True)
class _Named(Kind):
    each: Kind

    def check(self, value: Any, place: str = "") -> None:
        super().check(value, place)
        for name, item in value.items():
            self.each.check(item, joined(place, name))


@dataclass(frozen=True)
class _Record(Kind):
    parts: Mapping[str, Kind]
    optional: Mapping[str, Kind]
    others: bool

    def check(self, value: Any, place: str = "") -> None:
        super().check(value, place)
        for name in self.parts:
            if name not in value:
                raise Misfit(place, f"an object with {name!r}", value)
        for name, item in value.items():
            kind = self.parts.get(name) or self.optional.get(name)
            if kind is not None:
                kind.check(item, joined(place, name))
            elif not self.others:
                raise Misfit(place, f"an object of {', '.join([*self.parts, *self.optional])}", value)


@dataclass(frozen=True)
class _Maybe(Kind):
    kind: Kind

    def check(self, value: Any, place: str = "") -> None:
        if value is not None:
            try:
                self.kind.check(value, place)
            except Misfit as error:
                if error.place == shown(place):
                    raise Misfit(place, self.expected, value) from None
                raise


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _as_float(value: Any) -> float:
    """A number as a float, inf where it has more digits than a float can have; nan for what is none."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return math.nan
    with suppress(OverflowError):
        return float(value)
    return -math.inf if isinstance(value, int) and value < 0 else math.inf


def whole(least: int | None = None, most: int | None = None) -> Kind:
    """Whole numbers, which True and False are not.

    >>> from glassnet.files.schema import whole
    >>> whole(1, 9).expected, whole(1).test(True)
    ('a whole number from 1 to 9', False)
    """
    bounds = "" if least is None else f" of {least} or more"
    if most is not None and most < _COUNTLESS:
        bounds = f" up to {most:,}" if least is None else f" from {least:,} to {most:,}"
    expected = f"a whole number{bounds}" if least is None or least != most else f"{least:,}"

    def fits(value: Any) -> bool:
        return _is_whole(value) and (least is None or value >= least) and (most is None or value <= most)

    return Kind(expected, fits)


def number(
    *,
    least: float = -math.inf,
    above: float = -math.inf,
    most: float = math.inf,
    below: float = math.inf,
    expected: str = "",
) -> Kind:
    """Finite numbers within bounds, which need not all be told.

    >>> from glassnet.files.schema import number
    >>> number(least=0, below=1).expected, number().test(10**400)
    ('a number of 0 or more and below 1', False)
    """
    bounds = [f"above {above:g}"] * (above > -math.inf) + [f"of {least:g} or more"] * (least > -math.inf)
    bounds += [f"up to {most:g}"] * (most < math.inf) + [f"below {below:g}"] * (below < math.inf)

    def fits(value: Any) -> bool:
        x = _as_float(value)
        return math.isfinite(x) and least <= x <= most and above < x < below

    return Kind(expected or f"a number {' and '.join(bounds)}".rstrip(), fits)


any_number = Kind("a number", lambda value: isinstance(value, float) or math.isfinite(_as_float(value)))
"""Numbers, those that are not finite too."""
a_count = whole(0, _COUNTLESS)
"""Numbers of things, which a float can hold."""
flag = Kind("true or false", lambda value: isinstance(value, bool))
text = Kind("a text", lambda value: isinstance(value, str))
filled = Kind("a text that is not empty", lambda value: isinstance(value, str) and value != "")
an_object = Kind("an object", lambda value: isinstance(value, Mapping))
anything = Kind("anything", lambda _: True)


def one_of(*choices: Any, expected: str = "") -> Kind:
    """These values, and no others that merely equal them: 1 is not True.

    >>> from glassnet.files.schema import one_of
    >>> one_of(".", ",").expected
    "one of '.', ','"
    """
    words = expected or f"one of {', '.join(map(repr, choices))}".removeprefix("one of " * (len(choices) == 1))
    return Kind(words, lambda x: any(type(x) is type(choice) and x == choice for choice in choices))


def maybe(kind: Kind) -> Kind:
    """That kind, or None.

    >>> from glassnet.files.schema import maybe, text
    >>> maybe(text).expected
    'a text, or nothing'
    """
    return _Maybe(f"{kind.expected}, or nothing", lambda _: True, kind)


def either(*kinds: Kind) -> Kind:
    """Values of any of these kinds.

    >>> from glassnet.files.schema import either, items, whole
    >>> sizes = either(whole(), items(whole()))
    >>> sizes.test(3), sizes.test([3, 4]), sizes.test([3, "x"])
    (True, True, False)
    """

    def fits(value: Any) -> bool:
        for kind in kinds:
            with suppress(Misfit):
                kind.check(value)
                return True
        return False

    return Kind(" or ".join(kind.expected for kind in kinds), fits)


def items(each: Kind, least: int = 0, most: int = sys.maxsize, *, different: bool = False, expected: str = "") -> Kind:
    """Lists of ``least`` to ``most`` items of one kind, perhaps each of them ``different``.

    >>> from glassnet.files.schema import items, whole
    >>> items(whole(1)).check([3, 0], "shape")
    Traceback (most recent call last):
    glassnet.files.schema.Misfit: shape[1] should be a whole number of 1 or more, got 0
    """
    size = f" of {least:,} or more" if least else ""
    if most < sys.maxsize:
        size = f" of {least:,}" if least == most else f" of {least:,} to {most:,}"
    words = expected or f"a list{size}"
    return _Items(words, lambda x: isinstance(x, list | tuple) and least <= len(x) <= most, each, different)


def named(each: Kind, name: type = str, expected: str = "an object") -> Kind:
    """Dicts of values of one kind, by texts, or by names of another type.

    >>> from glassnet.files.schema import flag, named
    >>> named(flag).check({"missing": 1}, "columns")
    Traceback (most recent call last):
    glassnet.files.schema.Misfit: columns.missing should be true or false, got 1
    """
    return _Named(expected, lambda x: isinstance(x, Mapping) and all(type(key) is name for key in x), each)


def record(parts: Mapping[str, Kind], optional: Mapping[str, Kind] | None = None, *, others: bool = False) -> Kind:
    """Dicts of these ``parts``, each of its kind, of ``optional`` ones, and of ``others`` only if they are let.

    >>> from glassnet.files.schema import flag, record
    >>> record({"missing": flag}).check({})
    Traceback (most recent call last):
    glassnet.files.schema.Misfit: it should be an object with 'missing', got an object of nothing
    """
    is_one = an_object.test
    return _Record("an object", is_one, parts, optional or {}, others)


def like(example: Any, leaf: Callable[[Any], Kind | None] = lambda _: None) -> Kind:
    """The kind of ``example``: dicts of its names, lists of its length, and numbers, texts or flags where it has them.

    ``leaf`` gives the kind of other values. What is None in the example may be anything.

    >>> from glassnet.files.schema import like
    >>> like({"lr": 0.1, "betas": [0.9, 0.999]}).check({"lr": 0.2, "betas": [0.9, "x"]})
    Traceback (most recent call last):
    glassnet.files.schema.Misfit: betas[1] should be a number, got 'x'
    """
    if isinstance(example, bool):
        return flag
    if isinstance(example, int | float):
        return number() if math.isfinite(_as_float(example)) else any_number
    if isinstance(example, str):
        return text
    if isinstance(example, Mapping):
        if all(isinstance(name, str) for name in example):
            return record({name: like(value, leaf) for name, value in example.items()})
        return an_object
    if isinstance(example, list | tuple):
        return _Listed(f"a list of {len(example)}", _has_length(len(example)), [like(x, leaf) for x in example])
    return leaf(example) or anything


@dataclass(frozen=True)
class _Listed(Kind):
    kinds: Sequence[Kind]

    def check(self, value: Any, place: str = "") -> None:
        super().check(value, place)
        for position, (kind, item) in enumerate(zip(self.kinds, value, strict=True)):
            kind.check(item, f"{place}[{position}]")


def _has_length(size: int) -> Callable[[Any], bool]:
    return lambda x: isinstance(x, list | tuple) and len(x) == size


def joined(place: str, name: Any) -> str:
    """The place of the part ``name`` of what stands at ``place``."""
    inner = str(name)
    return f"{place}.{inner}" if place and inner and not inner.startswith("[") else f"{place}{inner}"


@contextmanager
def within(place: str) -> Iterator[None]:
    """Inside, a Misfit of a part says where it is in the whole.

    >>> from glassnet.files.schema import flag, within
    >>> with within("optimizer"):
    ...     flag.check(1, "amsgrad")
    Traceback (most recent call last):
    glassnet.files.schema.Misfit: optimizer.amsgrad should be true or false, got 1
    """
    try:
        yield
    except Misfit as error:
        raise Misfit(joined(place, error.place), error.expected, error.value) from None


def described(value: Any) -> str:
    """``value`` in a few words, however large it is.

    >>> from glassnet.files.schema import described
    >>> described([1, 2]), described([[]]), described({"a": 1}), described(10**5000)
    ('[1, 2]', 'a list of 1', 'an object of a', 'a number of more than 4,300 digits')
    """
    if isinstance(value, Mapping):
        names = ", ".join(str(name) for name, _ in zip(value, range(9), strict=False))
        return shown(f"an object of {names or 'nothing'}", _LONGEST)
    if isinstance(value, list | tuple):
        if 0 < len(value) < _FEW and all(x is None or isinstance(x, int | float | str) for x in value):
            inner = ", ".join(map(described, value)) + "," * (isinstance(value, tuple) and len(value) == 1)
            return shown(f"[{inner}]" if isinstance(value, list) else f"({inner})", _LONGEST)
        return f"a list of {len(value)}"
    if isinstance(value, str):
        return shown(repr(value[: 2 * _LONGEST]), _LONGEST)
    if value is None or isinstance(value, int | float):
        try:
            return shown(repr(value), _LONGEST)
        except ValueError:
            return f"a number of more than {sys.get_int_max_str_digits():,} digits"
    if hasattr(value, "shape"):
        return f"a {type(value).__name__} of shape {list(value.shape)}"
    return type(value).__name__
