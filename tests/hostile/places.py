"""What may stand where a file is expected: links, pipes, devices, folders, sockets."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

Place = Callable[[Path, Path, bytes], object]


def put(path: Path, outside: Path, number: int) -> str:
    """Put the place of that number where the file ``path`` is; returns what. No command may change ``outside``."""
    name, place = list(PLACES.items())[number]
    data = path.read_bytes()
    path.unlink()
    place(path, outside, data)
    return name


def _link(to: str) -> Place:
    return lambda path, outside, data: path.symlink_to(to)


def _link_outside(path: Path, outside: Path, data: bytes) -> None:
    (outside / path.name).write_bytes(data)
    path.symlink_to(outside / path.name)


def _hard_link(path: Path, outside: Path, data: bytes) -> None:
    (outside / path.name).write_bytes(data)
    os.link(outside / path.name, path)


def _socket(path: Path, outside: Path, data: bytes) -> None:
    before = os.getcwd()
    os.chdir(path.parent)  # the name of a socket may have a hundred bytes
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(before)


def _sparse(path: Path, outside: Path, data: bytes) -> None:
    path.write_bytes(data)
    os.truncate(path, 3 * 2**30)


def _sparse_zeros(path: Path, outside: Path, data: bytes) -> None:
    path.touch()
    os.truncate(path, 3 * 2**30)


def _folder_with_a_file(path: Path, outside: Path, data: bytes) -> None:
    path.mkdir()
    (path / path.name).write_bytes(data)


PLACES: dict[str, Place] = {
    "nothing": lambda path, outside, data: None,
    "an empty file": lambda path, outside, data: path.touch(),
    "a folder": lambda path, outside, data: path.mkdir(),
    "a folder with a file": _folder_with_a_file,
    "a pipe": lambda path, outside, data: os.mkfifo(path),
    "a socket": _socket,
    "a link to a file outside": _link_outside,
    "a hard link to a file outside": _hard_link,
    "a link to itself": lambda path, outside, data: path.symlink_to(path.name),
    "a link to nothing": _link("nothing"),
    "a link to /dev/zero": _link("/dev/zero"),
    "a link to /dev/null": _link("/dev/null"),
    "a link to /dev/full": _link("/dev/full"),
    "a link to standard input": _link("/dev/stdin"),
    "a link to this process's memory": _link("/proc/self/mem"),
    "a link to a folder": _link("."),
    "a sparse file of 3 GB that begins well": _sparse,
    "a sparse file of 3 GB of zeros": _sparse_zeros,
}
