"""Downloads, from servers on this machine that cut off, lie, and refuse."""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import re
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassnet.vision import datasets
from glassnet.vision.datasets import DownloadError, download, mirrors
from tests.vision.idx_files import NAMES, write_dataset

CONTENT = bytes(np.random.default_rng(0).integers(0, 256, 300_000, np.uint8))
MD5 = hashlib.md5(CONTENT).hexdigest()

Answer = Callable[[Any, int], None]  # a request, and where in the file it wants to begin


class Server:
    """Answers requests in turn by ``answers``, the last of them again and again; keeps what was asked for."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                begin = int(re.findall(r"\d+", self.headers.get("Range", "bytes=0-"))[0])
                outer.asked.append(begin)
                answer = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                answer(self, begin)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/"

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.end()


def sends(
    content: bytes = CONTENT, *, most: int | None = None, ranges: bool = True, stated: bool = True, shift: int = 0
) -> Answer:
    """Sends ``content``, in one answer no more than ``most`` bytes of what it promises."""

    def answer(request: Any, begin: int) -> None:
        begin = begin if ranges else 0
        if begin >= len(content):
            request.send_error(416)
            return
        request.send_response(206 if begin else 200)
        if begin:
            request.send_header("Content-Range", f"bytes {begin + shift}-{len(content) - 1}/{len(content)}")
        if stated:
            request.send_header("Content-Length", str(len(content) - begin))
        request.end_headers()
        request.wfile.write(content[begin:][:most])

    return answer


def fails(code: int) -> Answer:
    return lambda request, begin: request.send_error(code)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "new" / "folder" / "file.gz"


def got(target: Path) -> bool:
    """The whole file is there, and nothing besides."""
    return target.read_bytes() == CONTENT and os.listdir(target.parent) == [target.name]


def test_a_download_and_its_progress(server: Server, target: Path) -> None:
    server.answers = [sends()]
    reports: list[tuple[str, int, int | None]] = []
    download([server.url], target, MD5, lambda *progress: reports.append(progress))
    assert got(target)
    assert [name for name, *_ in reports] == ["file.gz"] * len(reports)
    done = [n for _, n, _ in reports]
    assert done == sorted(done)
    assert done[-1] == 300_000
    assert {total for *_, total in reports} == {300_000}


def test_what_was_cut_off_is_gone_on_with(server: Server, target: Path) -> None:
    server.answers = [sends(most=100_000), sends(most=150_000), sends()]
    download([server.url], target, MD5)
    assert got(target)
    assert server.asked == [0, 100_000, 250_000]


def test_a_later_call_goes_on_too(server: Server, target: Path) -> None:
    server.answers = [sends(most=1000), fails(503)]
    with pytest.raises(DownloadError, match="answered 503 Service Unavailable"):
        download([server.url], target, MD5)
    assert not target.exists()
    server.answers = [sends()]
    download([server.url], target, MD5)
    assert got(target)
    assert server.asked[-1] == 1000


def test_the_next_mirror_goes_on_where_the_first_broke_off(server: Server, target: Path) -> None:
    other = Server()
    try:
        server.answers, other.answers = [sends(most=1000), sends(most=0)], [sends()]
        download([server.url, other.url], target, MD5)
    finally:
        other.end()
    assert got(target)
    assert other.asked == [1000]


def test_a_server_without_ranges_begins_again(server: Server, target: Path) -> None:
    server.answers = [sends(most=1000), sends(ranges=False)]
    download([server.url], target, MD5)
    assert got(target)


def test_a_server_that_does_not_say_how_much(server: Server, target: Path) -> None:
    server.answers = [sends(stated=False)]
    reports: list[Any] = []
    download([server.url], target, MD5, lambda *progress: reports.append(progress[2]))
    assert got(target)
    assert set(reports) == {None}


@pytest.mark.parametrize("left", [b"something else", CONTENT + b"more", CONTENT])
def test_what_an_earlier_call_left(left: bytes, server: Server, target: Path) -> None:
    """The beginning of something else is thrown away; all of the file is taken as it is."""
    target.parent.mkdir(parents=True)
    target.with_name("file.gz.part").write_bytes(left)
    server.answers = [sends()]
    download([server.url], target, MD5)
    assert got(target)
    assert len(server.asked) == (1 if left == CONTENT else 2)


def test_a_download_takes_the_place_of_a_spoiled_file(server: Server, target: Path) -> None:
    target.parent.mkdir(parents=True)
    target.write_bytes(b"spoiled")
    server.answers = [sends()]
    download([server.url], target, MD5)
    assert got(target)


@pytest.mark.parametrize("wrong", [sends(b"<html>please log in</html>"), fails(500), sends(most=0)])
def test_the_next_mirror_is_asked_where_one_fails(wrong: Answer, server: Server, target: Path) -> None:
    server.answers = [wrong, sends()]
    download([server.url + "one", server.url + "two"], target, MD5)
    assert got(target)
    assert server.asked == [0, 0]


REFUSED: dict[str, tuple[list[Answer], str]] = {
    "another file": ([sends(b"<html>please log in</html>")], f"the checksum .*, not the published {MD5}"),
    "not there": ([fails(404)], "answered 404 Not Found"),
    "nothing": ([sends(most=0)], "gave nothing: cut off after 0 of 300,000 bytes"),
    "always the same piece": ([sends(most=1000, ranges=False)], "broke off after 1,000 bytes: cut off after 1,000 of"),
    "another part": ([sends(most=1000), sends(shift=5)], "sent another part of the file than the one asked for"),
    "a byte at a time": ([sends(most=1)], "broke off 20 times"),
}  # fmt: skip


@pytest.mark.parametrize(("answers", "says"), REFUSED.values(), ids=REFUSED)
def test_a_mirror_that_does_not_give_the_file(answers: list[Answer], says: str, server: Server, target: Path) -> None:
    server.answers = list(answers)
    with pytest.raises(DownloadError, match=says) as raised:
        download([server.url], target, MD5)
    message = str(raised.value)
    assert message.startswith(f"could not download file.gz: {server.url} ")
    assert message.endswith(f"try again later, or put the file into {target.parent} yourself")
    assert "\n" not in message
    assert not target.exists()


@pytest.mark.parametrize("stated", [True, False])
def test_more_than_any_file_has(stated: bool, server: Server, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirrors, "MOST", 200_000)
    server.answers = [sends(stated=stated)]
    with pytest.raises(DownloadError, match="sends more than 200,000 bytes"):
        download([server.url], target, MD5)
    assert os.listdir(target.parent) == []
    assert len(server.asked) == 1


def test_no_network(server: Server, target: Path) -> None:
    server.end()
    urls = [server.url + "a", "http://nowhere.invalid/b"]
    with pytest.raises(DownloadError, match=r"a gave nothing: .*refused.*; http://nowhere\.invalid/b gave nothing: "):
        download(urls, target, MD5, timeout=5)
    with pytest.raises(DownloadError, match="no mirror is known"):
        download([], target, MD5)


def test_a_mirror_that_falls_silent(server: Server, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of the call is that of the connection; where it runs out, what there is is kept and asked on from."""
    limits: list[float] = []
    silent = True
    read1, urlopen = http.client.HTTPResponse.read1, urllib.request.urlopen

    def opened(request: Any, timeout: float) -> Any:
        limits.append(timeout)
        return urlopen(request, timeout=600)

    def read(response: Any, *most: int) -> bytes:
        nonlocal silent
        data = read1(response, *most)
        if not data and silent:
            silent = False
            raise TimeoutError("timed out")
        return data

    monkeypatch.setattr(urllib.request, "urlopen", opened)
    monkeypatch.setattr(http.client.HTTPResponse, "read1", read)
    server.answers = [sends(most=1000), fails(404)]
    with pytest.raises(DownloadError, match="404"):
        download([server.url], target, MD5, timeout=0.5)
    assert server.asked == [0, 1000]
    assert limits == [0.5, 0.5]
    assert not silent


def test_a_full_disk(server: Server, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    server.answers = [sends()]
    with pytest.raises(DownloadError, match=r"could not write file\.gz into .*: No space left on device; make room"):
        download([server.url], target, MD5)
    assert os.listdir(target.parent) == []


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DownloadError, match=r"could not write x\.gz into .*: File exists"):
        download([], tmp_path / "file" / "x.gz", MD5)


def test_a_folder_that_may_only_be_read(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(
        DownloadError, match=r"could not write file\.gz into .*: Read-only file system; .*another folder"
    ):
        download(["http://127.0.0.1:1/"], target, MD5)


def test_mnist_is_downloaded_where_it_is_missing(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GLASSNET_DATA", raising=False)
    images, *_ = write_dataset(tmp_path / "there")
    files = [(tmp_path / "there" / f"{name}.gz").read_bytes() for name in NAMES]
    resources = [(f"{name}.gz", hashlib.md5(file).hexdigest()) for name, file in zip(NAMES, files, strict=True)]
    monkeypatch.setattr(datasets.MNIST, "resources", resources)
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:1/", server.url])
    server.answers = [sends(file) for file in files]
    dataset = datasets.MNIST(tmp_path / "here", download=True)
    np.testing.assert_array_equal(dataset.data.numpy(), images)
    assert sorted(os.listdir(tmp_path / "here" / "MNIST" / "raw")) == sorted(name for name, _ in resources)
    datasets.MNIST(tmp_path / "here", train=False, download=True)
    assert len(server.asked) == 4
