"""A pickle read as data: a stack of values, and a closed list of instructions that build plain ones.

What an instruction names outside (GLOBAL) is looked up by whoever reads, and what is made of it (REDUCE, NEWOBJ,
BUILD) is made by a `Maker` of that list. Nothing is imported and nothing of the file is called. The instructions are
described in Python's own pickletools.
"""

from __future__ import annotations

import struct
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from glassnet.text import shown

_MARK = object()
_MOST = 4_000_000  # instructions: a file of a few MB may else ask for billions of values
_PLAIN = (str, bytes, int, float, bool, type(None))
_LARGEST_KEY = 2**60  # whole numbers below it differ in their hash: no file can make a dict slow


class Refused(Exception):
    """What stands in the file is not read: ``problem`` says what it is, ``advice`` what to do."""

    def __init__(self, problem: str, advice: str = "use the original file") -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice


class Maker(Protocol):
    """What a file may have made: by REDUCE with arguments, then changed by BUILD with a state."""

    def make(self, arguments: tuple[Any, ...]) -> Any:
        """The value of these arguments."""


def read_pickle(
    data: memoryview,
    names: Callable[[str, str], Any],
    storages: Callable[[Any], Any],
    build: Callable[[Any, Any], None],
) -> tuple[Any, int]:
    """The value that the pickle at the beginning of ``data`` describes, and how many bytes it takes.

    ``names(module, name)`` gives what a name stands for, ``storages(id)`` what is kept outside the pickle, and
    ``build(value, state)`` gives a value its state. Raises Refused, for a text that ends too early too.
    """
    reader = _Reader(data, names, storages, build)
    try:
        return reader.run(), reader.place
    except (struct.error, IndexError):
        raise Refused("its description of the values was cut off") from None
    except (KeyError, ValueError, TypeError, OverflowError, UnicodeError) as error:
        raise Refused(
            f"its description of the values was edited ({type(error).__name__}: {shown(str(error)):.80})"
        ) from None


class _Reader:
    def __init__(
        self,
        data: memoryview,
        names: Callable[[str, str], Any],
        storages: Callable[[Any], Any],
        build: Callable[[Any, Any], None],
    ) -> None:
        self.place = 0
        self._data = data
        self._names, self._storages, self._build = names, storages, build
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Follow the instructions up to STOP."""
        for _ in range(_MOST):
            code = self._data[self.place]
            self.place += 1
            if code == ord("."):
                (value,) = self._stack
                return value
            does = _DOES.get(code)
            if does is None:
                raise Refused(f"its description has the instruction {bytes([code])!r}, which no tensors need")
            does(self)
        raise Refused(f"its description has more than {_MOST:,} instructions")

    # what the instructions say of themselves ------------------------------------------------------

    def number(self, form: str) -> Any:
        """A number that stands in the text, in the form that `struct` knows."""
        (value,) = struct.unpack_from(form, self._data, self.place)
        self.place += struct.calcsize(form)
        return value

    def piece(self, length_form: str) -> bytes:
        """Bytes that stand in the text behind their number."""
        length = self.number(length_form)
        if not 0 <= length <= len(self._data) - self.place:
            raise IndexError
        self.place += length
        return bytes(self._data[self.place - length : self.place])

    def line(self) -> str:
        """A text up to the end of its line."""
        end = bytes(self._data[self.place : self.place + 1000]).index(b"\n") + self.place
        text = bytes(self._data[self.place : end]).decode()
        self.place = end + 1
        return text

    # the stack ------------------------------------------------------------------------------------

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self._stack.append(value)

    def pop(self) -> Any:
        """Take the value on top."""
        value = self._stack.pop()
        if value is _MARK:
            raise ValueError("a mark where a value should be")
        return value

    def top(self) -> Any:
        """The value on top."""
        return self._stack[-1]

    def after_mark(self) -> list[Any]:
        """Take all that lies above the last mark, and the mark."""
        at = len(self._stack) - 1
        while self._stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise IndexError
        items = self._stack[at + 1 :]
        del self._stack[at:]
        return items

    def keep(self, number: int) -> None:
        """Remember the value on top under a number."""
        self._memo[number] = self._stack[-1]

    def keep_next(self) -> None:
        """Remember the value on top under the next number."""
        self._memo[len(self._memo)] = self._stack[-1]

    def recall(self, number: int) -> None:
        """Put the value that was remembered on the stack."""
        self.push(self._memo[number])

    # what is built --------------------------------------------------------------------------------

    def extend(self, items: list[Any]) -> None:
        """Add items to the list, or the deque, on top; what a class of its own does then is left out."""
        target = self.top()
        if not isinstance(target, list | deque):
            raise TypeError("items for what is no list")
        extend: Any = list.extend if isinstance(target, list) else deque.extend
        extend(target, items)

    def set_items(self, items: list[Any]) -> None:
        """Add keys and values to the dict on top."""
        target = self.top()
        if not isinstance(target, dict) or len(items) % 2:
            raise TypeError("keys for what is no dict")
        set_item = OrderedDict.__setitem__ if isinstance(target, OrderedDict) else dict.__setitem__
        for key, value in zip(items[::2], items[1::2], strict=True):
            set_item(target, checked_key(key), value)

    def add_items(self, items: list[Any]) -> None:
        """Add items to the set on top."""
        target = self.top()
        if not isinstance(target, set):
            raise TypeError("items for what is no set")
        target.update(map(checked_key, items))

    def name(self, module: Any, name: Any) -> None:
        """Put what a name stands for on the stack."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise TypeError("a name that is no text")
        self.push(self._names(module, name))

    def reduce(self) -> None:
        """Make a value of arguments."""
        arguments, maker = self.pop(), self.pop()
        if not isinstance(arguments, tuple):
            raise TypeError("arguments that are no tuple")
        make = getattr(type(maker), "make", None)
        if make is None:
            raise Refused(f"it calls {shown(repr(maker)):.60}, which is not called here")
        self.push(make(maker, arguments))

    def stored(self) -> None:
        """Put what is kept outside on the stack."""
        self.push(self._storages(self.pop()))

    def state(self) -> None:
        """Give the value on top its state."""
        state = self.pop()
        self._build(self.top(), state)


def checked_key(key: Any) -> Any:
    """``key``, if a file may have it in a dict or a set: others may take forever to be compared."""
    parts = key if isinstance(key, tuple) else (key,)
    for part in parts:
        if not isinstance(part, _PLAIN):
            raise Refused(f"it has a key of type {type(part).__name__}; expected texts and numbers as keys")
        if isinstance(part, int) and abs(part) > _LARGEST_KEY:
            raise Refused("it has a key that is too large a number")
    return key


def _whole(data: bytes) -> int:
    if len(data) > 255:
        raise Refused("it holds a whole number of more than 255 bytes")
    return int.from_bytes(data, "little", signed=True)


def _unsupported(name: str) -> NoReturn:
    raise Refused(f"its description is of {name}, older than PyTorch writes", "save it again with a newer PyTorch")


_DOES: dict[int, Callable[[_Reader], Any]] = {
    0x80: lambda r: r.number("<B"),  # PROTO
    0x95: lambda r: r.number("<Q"),  # FRAME
    ord("("): lambda r: r.push(_MARK),
    ord("0"): lambda r: r.pop(),
    ord("1"): lambda r: r.after_mark(),
    ord("2"): lambda r: r.push(r.top()),
    ord("N"): lambda r: r.push(None),
    0x88: lambda r: r.push(True),
    0x89: lambda r: r.push(False),
    ord("J"): lambda r: r.push(r.number("<i")),
    ord("K"): lambda r: r.push(r.number("<B")),
    ord("M"): lambda r: r.push(r.number("<H")),
    0x8A: lambda r: r.push(_whole(r.piece("<B"))),
    0x8B: lambda r: r.push(_whole(r.piece("<i"))),
    ord("G"): lambda r: r.push(r.number(">d")),
    ord("X"): lambda r: r.push(r.piece("<I").decode("utf-8", "surrogatepass")),
    0x8C: lambda r: r.push(r.piece("<B").decode("utf-8", "surrogatepass")),
    0x8D: lambda r: r.push(r.piece("<Q").decode("utf-8", "surrogatepass")),
    ord("T"): lambda r: r.push(r.piece("<i").decode("latin1")),  # a text of Python 2
    ord("U"): lambda r: r.push(r.piece("<B").decode("latin1")),
    ord("B"): lambda r: r.push(r.piece("<I")),
    ord("C"): lambda r: r.push(r.piece("<B")),
    0x8E: lambda r: r.push(r.piece("<Q")),
    0x96: lambda r: r.push(bytearray(r.piece("<Q"))),
    ord("]"): lambda r: r.push([]),
    ord("l"): lambda r: r.push(r.after_mark()),
    ord("a"): lambda r: r.extend([r.pop()]),
    ord("e"): lambda r: r.extend(r.after_mark()),
    ord(")"): lambda r: r.push(()),
    ord("t"): lambda r: r.push(tuple(r.after_mark())),
    0x85: lambda r: r.push((r.pop(),)),
    0x86: lambda r: r.push((r.pop(), r.pop())[::-1]),
    0x87: lambda r: r.push((r.pop(), r.pop(), r.pop())[::-1]),
    ord("}"): lambda r: r.push({}),
    ord("d"): lambda r: _dict(r, r.after_mark()),
    ord("s"): lambda r: r.set_items([r.pop(), r.pop()][::-1]),
    ord("u"): lambda r: r.set_items(r.after_mark()),
    0x8F: lambda r: r.push(set()),
    0x90: lambda r: r.add_items(r.after_mark()),
    0x91: lambda r: r.push(frozenset(map(checked_key, r.after_mark()))),
    ord("c"): lambda r: r.name(r.line(), r.line()),
    0x93: lambda r: r.name(*(r.pop(), r.pop())[::-1]),
    ord("R"): lambda r: r.reduce(),
    0x81: lambda r: r.reduce(),
    ord("b"): lambda r: r.state(),
    ord("Q"): lambda r: r.stored(),
    ord("q"): lambda r: r.keep(r.number("<B")),
    ord("r"): lambda r: r.keep(r.number("<I")),
    0x94: lambda r: r.keep_next(),
    ord("h"): lambda r: r.recall(r.number("<B")),
    ord("j"): lambda r: r.recall(r.number("<I")),
    ord("I"): lambda r: _unsupported("protocol 0"),
    ord("F"): lambda r: _unsupported("protocol 0"),
    ord("V"): lambda r: _unsupported("protocol 0"),
    ord("S"): lambda r: _unsupported("protocol 0"),
    ord("p"): lambda r: _unsupported("protocol 0"),
    ord("g"): lambda r: _unsupported("protocol 0"),
}


def _dict(reader: _Reader, items: list[Any]) -> None:
    reader.push({})
    reader.set_items(items)
