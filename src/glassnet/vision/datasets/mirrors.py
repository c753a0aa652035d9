"""Downloads of published files: from mirrors in turn, resumed after a broken connection, checked by MD5."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from glassnet.files import opened

Progress = Callable[[str, int, int | None], None]

MOST = 2**28  # bytes of one file; no published one is near it
_CHUNK = 2**16
_CONNECTIONS = 20  # to one mirror, each of which must bring the file further than the one before
_BROKEN = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


class DownloadError(OSError, RuntimeError):
    """A file that could not be downloaded from any mirror, or could not be written.

    >>> from pathlib import Path
    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.download([], Path("digits.gz"), md5="")
    ... except datasets.DownloadError as error:
    ...     print(error)
    could not download digits.gz: no mirror is known; try again later, or put the file into ... yourself
    """


class _Refused(Exception):
    """A problem with a mirror that another attempt would not change."""


def md5_of(path: Path) -> str:
    """The MD5 of a file, in hexadecimal: the published checksum, against accidents rather than attacks."""
    with opened(path) as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def download(
    urls: Iterable[str], target: Path, md5: str, progress: Progress | None = None, timeout: float = 20.0
) -> None:
    """Download the file with this ``md5`` from the first of ``urls`` that has it, as ``target``.

    The bytes go into ``target``.part, which is renamed when the file is complete and its checksum right. An unfinished
    .part is resumed if the server can (RFC 9110, range requests). ``progress(name, done, total)`` is called as bytes
    arrive; ``total`` is None if the server does not say. ``timeout`` is in seconds without a byte. Raises DownloadError
    (an OSError), which says what went wrong at each mirror, or why the file could not be written.

    >>> import hashlib
    >>> from pathlib import Path
    >>> from glassnet.vision import datasets
    >>> _ = Path("published.txt").write_text("some data")
    >>> md5 = hashlib.md5(b"some data").hexdigest()
    >>> datasets.download([Path("published.txt").absolute().as_uri()], Path("copy.txt"), md5)
    >>> Path("copy.txt").read_text()
    'some data'
    """
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        problems = []
        for url in urls:
            problem = _problem(url, part, md5, progress or _silent, timeout)
            if problem is None:
                os.replace(part, target)
                return
            problems.append(f"{url} {problem}")
    except OSError as error:
        with suppress(OSError):
            part.unlink()  # makes room again, if that is what was missing
        raise DownloadError(
            f"could not write {target.name} into {target.parent}: {error.strerror or error}; make room, or choose "
            "another folder"
        ) from error
    raise DownloadError(
        f"could not download {target.name}: {'; '.join(problems) or 'no mirror is known'}; try again later, or put "
        f"the file into {target.parent} yourself"
    )


def _silent(name: str, done: int, total: int | None) -> None:
    """No report."""


def _problem(url: str, part: Path, md5: str, progress: Progress, timeout: float) -> str | None:
    """Fill ``part`` with the file of this ``md5`` from ``url``; the problem, or None."""
    begun = _size(part) > 0
    try:
        _fill(url, part, progress, timeout)
    except _Refused as refusal:
        if not _size(part):
            part.unlink(missing_ok=True)
        return str(refusal)
    checksum = md5_of(part)
    if checksum == md5:
        return None
    part.unlink()
    if begun:  # what was there may have been the beginning of something else
        return _problem(url, part, md5, progress, timeout)
    return f"gave a file with the checksum {checksum}, not the published {md5}"


def _fill(url: str, part: Path, progress: Progress, timeout: float) -> None:
    """Fill ``part`` from ``url``, by as many connections as it takes."""
    for _ in range(_CONNECTIONS):
        have = _size(part)
        try:
            return _fetch(url, part, have, progress, timeout)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 416 or not have:
                raise _Refused(f"answered {error.code} {error.reason}") from None
            return None  # 416: the server has nothing beyond what is here
        except _BROKEN as error:
            reason = getattr(error, "reason", None) or str(error) or type(error).__name__
            if _size(part) <= have:
                raise _Refused(
                    f"broke off after {have:,} bytes: {reason}" if have else f"gave nothing: {reason}"
                ) from None
    raise _Refused(f"broke off {_CONNECTIONS} times")


def _fetch(url: str, part: Path, have: int, progress: Progress, timeout: float) -> None:
    """Append to ``part``, which has ``have`` bytes, what the server sends, all of it or an error."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=timeout) as response:
        done = have if response.status == 206 else 0
        if done and not re.match(rf"bytes {have}-", response.headers.get("Content-Range") or ""):
            raise _Refused("sent another part of the file than the one asked for")
        length = response.headers.get("Content-Length") or ""
        total = done + int(length) if length.isdecimal() else None
        with open(part, "ab" if done else "wb") as file:
            while piece := _read(response):
                done += len(piece)
                if max(done, total or 0) > MOST:
                    file.truncate(0)
                    raise _Refused(f"sends more than {MOST:,} bytes, which is too much for a dataset's file")
                file.write(piece)
                file.flush()  # so that the size on disk is what has come
                progress(part.stem, done, total)
            os.fsync(file.fileno())
        if total is not None and done < total:
            raise ConnectionError(f"cut off after {done:,} of {total:,} bytes")


def _read(response: http.client.HTTPResponse) -> bytes:
    """The next piece; a connection that breaks is a ConnectionError, however the system calls it."""
    try:
        return response.read1(_CHUNK)
    except OSError as error:
        raise ConnectionError(str(error)) from error


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
