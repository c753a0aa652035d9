"""Processes that compute together: each is connected with each, and hands arrays over as bytes.

What several are to put together, every one of them gets from all the others and puts together itself, in the order of
their ranks: the bits are the same everywhere. Pairs exchange in one order, the lower rank sending first, so that none
waits for another in a circle.
"""

from __future__ import annotations

import io
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Client, Connection, Listener
from typing import Any
from urllib.parse import urlparse

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.serialization import load, save

_HELLO = "{rank} {address} {port}"


class ProcessGroup:
    """The processes of ``ranks``, of which this is one, or none; ``links`` has a connection to each of the others."""

    def __init__(self, rank: int, ranks: Sequence[int], links: dict[int, Connection]) -> None:
        self.global_rank, self.ranks = rank, list(ranks)
        self.links = links
        self._pending: dict[tuple[int, str], threading.Thread] = {}

    def rank(self) -> int:
        """Which of its processes this is; −1 if it is none of them."""
        return self.ranks.index(self.global_rank) if self.global_rank in self.ranks else -1

    def size(self) -> int:
        """How many there are."""
        return len(self.ranks)

    def send(self, array: Array, peer: int) -> None:
        """Send an array to the process of that rank."""
        self.wait_for(peer, "send")
        self.links[peer].send_bytes(np.ascontiguousarray(array).tobytes() or b"\0")

    def receive(self, like: Array, peer: int) -> Array:
        """The next array from there, which has the shape and the dtype of ``like``. Raises RuntimeError for another."""
        self.wait_for(peer, "receive")
        data = self.links[peer].recv_bytes()
        if like.nbytes and len(data) != like.nbytes:
            raise RuntimeError(
                f"torch.distributed: expected {like.nbytes} bytes from process {peer}, for a tensor of shape "
                f"{list(like.shape)}, got {len(data)}; all processes must give tensors of one shape and dtype"
            )
        return np.frombuffer(data[: like.nbytes], like.dtype).reshape(like.shape)

    def later(self, peer: int, way: str, work: Callable[[], None]) -> threading.Thread:
        """Do ``work``, a "send" or a "receive", meanwhile; the next one of that kind waits for it."""
        self.wait_for(peer, way)
        self._pending[peer, way] = thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    def wait_for(self, peer: int, way: str) -> None:
        """Wait until what is going on with that process is done."""
        thread = self._pending.pop((peer, way), None)
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def exchanged(self, to: Callable[[int], Array], like: Callable[[int], Array]) -> list[Array]:
        """Send each process the array ``to(rank)``; gives what each has sent here, which is like ``like(rank)``."""
        found: list[Array] = []
        for peer in self.ranks:
            if peer == self.global_rank:
                found.append(to(peer))
            elif self.global_rank < peer:
                self.send(to(peer), peer)
                found.append(self.receive(like(peer), peer))
            else:
                received = self.receive(like(peer), peer)
                self.send(to(peer), peer)
                found.append(received)
        return found

    def gathered(self, array: Array) -> list[Array]:
        """The array that each process has."""
        return self.exchanged(lambda _: array, lambda _: array)

    def gathered_objects(self, value: Any) -> list[Any]:
        """What each process has: a tensor, numbers, texts, or containers of them, as a file may hold."""
        file = io.BytesIO()
        save(value, file)
        data = np.frombuffer(file.getvalue(), np.uint8)
        sizes = [int(n) for n in self.gathered(np.array(data.size))]
        received = self.exchanged(lambda _: data, lambda peer: np.empty(sizes[self.ranks.index(peer)], np.uint8))
        return [load(io.BytesIO(each.tobytes())) for each in received]

    def close(self) -> None:
        """End all connections."""
        for link in self.links.values():
            link.close()


# the beginning -------------------------------------------------------------------------------------------------------


def connected(rank: int, size: int, method: str, timeout: float) -> ProcessGroup:
    """All processes, once they have found one another: by the address of the first, or by a file that has it.

    Raises RuntimeError where some are not there in time.
    """
    until = time.monotonic() + timeout
    links: dict[int, Connection] = {}
    if size > 1:
        host, port, file = _place(method)
        if rank == 0:
            addresses = _received_by_first(host, port, file, size, links)
            for link in links.values():
                link.send_bytes(" ".join(addresses).encode())
        else:
            with Listener((_own_host(host), 0)) as listener:
                first = _first(host, port, file, until)
                own_host, own_port = listener.address[:2]
                first.send_bytes(_HELLO.format(rank=rank, address=own_host, port=own_port).encode())
                links[0] = first
                for peer, address in enumerate(first.recv_bytes().decode().split(), 1):
                    if peer < rank:
                        other_host, other_port = address.rsplit(":", 1)
                        links[peer] = _client(other_host, int(other_port), until)
                        links[peer].send_bytes(str(rank).encode())
                for _ in range(rank + 1, size):
                    link = listener.accept()
                    links[int(link.recv_bytes())] = link
    return ProcessGroup(rank, range(size), links)


def _received_by_first(host: str, port: int, file: str, size: int, links: dict[int, Connection]) -> list[str]:
    """Wait for all others; gives their addresses, in the order of their ranks."""
    addresses = {}
    with Listener((host, port), backlog=size) as listener:
        if file:
            with open(f"{file}.part", "w", encoding="utf-8") as made:
                made.write("{}:{}".format(*listener.address[:2]))
            os.replace(f"{file}.part", file)
        for _ in range(size - 1):
            link = listener.accept()
            rank, address, other_port = link.recv_bytes().decode().split()
            links[int(rank)], addresses[int(rank)] = link, f"{address}:{other_port}"
    return [addresses[rank] for rank in sorted(addresses)]


def _place(method: str) -> tuple[str, int, str]:
    """The address and port of the first process, or the file in which it is."""
    parts = urlparse(method)
    if parts.scheme == "file":
        return "127.0.0.1", 0, parts.path
    if parts.scheme == "tcp":
        return parts.hostname or "127.0.0.1", parts.port or 0, ""
    for name in ("MASTER_ADDR", "MASTER_PORT"):
        if name not in os.environ:
            raise ValueError(f"init_process_group: set os.environ[{name!r}], the address of the first process")
    return os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), ""


def _own_host(first: str) -> str:
    """The address at which other processes find this one."""
    return first if socket.gethostbyname(first).startswith("127.") else socket.gethostbyname(socket.gethostname())


def _first(host: str, port: int, file: str, until: float) -> Connection:
    while file:
        try:
            with open(file, encoding="utf-8") as found:
                host, text = found.read().rsplit(":", 1)
            return _client(host, int(text), until)
        except FileNotFoundError:
            _wait(until)
    return _client(host, port, until)


def _client(host: str, port: int, until: float) -> Connection:
    while True:
        try:
            return Client((host, port))
        except ConnectionRefusedError:
            _wait(until)


def _wait(until: float) -> None:
    if time.monotonic() > until:
        raise RuntimeError("init_process_group: not all processes are there in time")
    time.sleep(0.02)
