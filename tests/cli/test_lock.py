"""A lock: one holds it, and it leaves nothing behind."""

import errno
import os
import sys

import pytest

from glassnet.cli.run import LOCK, Lock


def test_one_at_a_time(tmp_path):
    first, second = Lock(tmp_path), Lock(tmp_path)
    assert first.take()
    assert not second.take()
    second.release()  # it holds nothing
    assert (tmp_path / LOCK).exists()
    first.release()
    first.release()
    assert list(tmp_path.iterdir()) == []
    assert second.take()
    second.release()


def test_what_a_killed_process_left_is_no_lock(tmp_path):
    (tmp_path / LOCK).touch()
    assert Lock(tmp_path).take()


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be taken away")
def test_a_file_that_is_taken_away_meanwhile_is_no_lock(tmp_path, monkeypatch):
    """The holder ends between the file's being opened and locked: another may have made a new one."""
    lock, opened, times = Lock(tmp_path), os.open, []

    def late(path, *how):
        handle = opened(path, *how)
        times.append(path)
        if len(times) == 1:
            os.unlink(path)
        return handle

    monkeypatch.setattr(os, "open", late)
    assert lock.take()
    assert len(times) == 2
    assert not Lock(tmp_path).take()
    lock.release()


@pytest.mark.skipif(sys.platform == "win32", reason="it has another way to lock")
def test_where_there_are_no_locks_it_goes_on(tmp_path, monkeypatch):
    import fcntl

    def none(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    assert Lock(tmp_path).take()
