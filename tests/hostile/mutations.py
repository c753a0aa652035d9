"""Ways to damage a file: each a function of its bytes, of chance, and of the bytes of other good files.

A `Mutation` that a reader's file does not suit (a tree of JSON for what is none) may give the bytes as they are. What
knows a format (its header, its tree) is in `formats.py`; what puts another thing in the file's place in `places.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

Mutation = Callable[[bytes, Random, Sequence[bytes]], bytes]

HUGE = (
    b"9223372036854775808", b"-9223372036854775809", b"4611686018427387904", b"4294967296", b"1e400", b"-1e400",
    b"1e-320", b"1e308", b"nan", b"inf", b"-0", b"0", b"-1", b"0x10", b"1_000", b"1e5", b"9" * 4301,
    b"0." + b"0" * 4301,
)  # fmt: skip
PIECES = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1b[31m\x1b]0;x\x07", b"\r", b"\r\n", b"\n\n", b'"', b"'", b",", b"\t",
    b";", b"|", b"\\", b"{", b"[", b"<script>", b"=1+1", b"\xe2\x80\xa8", b"\xc2\x85", b"\xe2\x80\xae", b"\xed\xa0\x80",
    "한글".encode("cp949"), b"x" * 10_000, b"," * 5_000, b"\n" * 5_000, b"[" * 2_000, b'{"a":' * 990, b'"' * 999,
)  # fmt: skip


def flip(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Some bits, anywhere."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8, 64)) if data else 0):
        changed[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(changed)


def flip_at_an_end(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Some bytes, near the beginning or the end, where formats say what they are."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 2, 4)) if data else 0):
        near = random.randrange(min(len(data), random.choice((8, 32, 200))))
        changed[random.choice((near, -1 - near))] = random.choice((0, 1, 127, 128, 255, random.randrange(256)))
    return bytes(changed)


def truncate(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Its beginning."""
    return data[: random.choice((0, 1, len(data) - 1, random.randrange(len(data) + 1)))]


def without_beginning(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Its end."""
    return data[random.randrange(len(data) + 1) :]


def insert(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A piece that means something somewhere, at any place."""
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice(PIECES) + data[at:]


def append(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """More at the end."""
    return data + random.choice((random.choice(PIECES), data, random.randbytes(1000), b"\0" * 10_000))


def remove(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A run of bytes less."""
    first, last = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return data[:first] + data[min(last, first + random.choice((1, 8, 10**6))) :]


def repeat(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A run of bytes twice, or many times."""
    first, last = sorted(random.randrange(len(data) + 1) for _ in range(2))
    times = random.choice((2, 2, 20, max(1, 10**5 // (last - first + 1))))
    return data[:first] + data[first:last] * times + data[last:]


def overwrite(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A run of bytes that are all the same, or random."""
    first, last = sorted(random.randrange(len(data) + 1) for _ in range(2))
    run = random.choice((bytes(last - first), b"\xff" * (last - first), random.randbytes(last - first)))
    return data[:first] + run + data[last:]


def huge_number(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A number in text becomes one that does not fit."""
    numbers = list(re.finditer(rb"-?\d+(\.\d+)?", data))
    if not numbers:
        return data
    number = random.choice(numbers)
    return data[: number.start()] + random.choice(HUGE) + data[number.end() :]


def splice(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """The beginning of it, and the end of another good file."""
    other = random.choice(others or [data])
    return data[: random.randrange(len(data) + 1)] + other[random.randrange(len(other) + 1) :]


def another(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Another good file in its place."""
    return random.choice(others or [data])


def noise(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Nothing but chance, or nothing at all."""
    return random.randbytes(random.choice((0, 1, 8, 100, 10_000)))


BYTES: tuple[Mutation, ...] = (
    flip, flip, flip_at_an_end, flip_at_an_end, truncate, without_beginning, insert, append, remove, repeat, overwrite,
    splice, another, noise,
)  # fmt: skip


# texts ----------------------------------------------------------------------------------------------------


def encoding(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """The same text in another encoding."""
    text = data.decode("utf-8", "replace")
    return text.encode(random.choice(("utf-16", "utf-32", "utf-8-sig", "utf-7", "cp949")), "replace")


def lines(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Lines in another order, one twice or away; or other ends of lines."""
    rows = data.split(b"\n")
    how = random.randrange(4)
    if how == 0:
        random.shuffle(rows)
    elif how == 1:
        rows.insert(random.randrange(len(rows)), random.choice(rows))
    elif how == 2:
        del rows[random.randrange(len(rows))]
    return random.choice((b"\n", b"\n", b"\r", b"\r\n")).join(rows)


def cells(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A cell of a table becomes another, or the whole row wide."""
    rows = [row.split(b",") for row in data.split(b"\n")]
    row = random.choice(rows)
    how = random.randrange(4)
    if how == 0:
        row[random.randrange(len(row))] = random.choice(PIECES + HUGE)
    elif how == 1:
        row += random.choice(rows) * random.choice((1, 100))
    elif how == 2:
        del row[random.randrange(len(row))]
    else:
        place = random.randrange(len(rows[0]))
        value = random.choice(PIECES + HUGE)
        for other in rows[random.randrange(2) :]:
            if place < len(other):
                other[place] = value
    return b"\n".join(map(b",".join, rows))


TEXT: tuple[Mutation, ...] = (*BYTES, huge_number, huge_number, insert, encoding, lines)
TABLE: tuple[Mutation, ...] = (*TEXT, cells, cells, cells, cells)
