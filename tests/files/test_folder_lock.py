"""The lock of a folder: one holds it, and it leaves nothing behind."""

import errno
import os
import signal
import sys

import pytest

from glassnet.files.lock import FolderLock

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="where a file stands for it")


def test_one_at_a_time(tmp_path):
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    assert first.take()
    assert not second.take()
    second.release()  # it holds nothing
    assert not second.take()
    first.release()
    first.release()
    assert second.take()
    second.release()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_the_lock_of_a_killed_process_is_free(tmp_path):
    ready, tell = os.pipe()
    child = os.fork()
    if not child:
        FolderLock(tmp_path).take()
        os.write(tell, b"!")
        signal.pause()
        os._exit(0)
    assert os.read(ready, 1) == b"!"
    assert not FolderLock(tmp_path).take()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ready)
    os.close(tell)
    lock = FolderLock(tmp_path)
    assert lock.take()
    assert list(tmp_path.iterdir()) == []
    lock.release()


def test_it_goes_with_the_folder(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to("b")
    lock = FolderLock(tmp_path / "a")
    assert lock.take()
    lock.rename(tmp_path / "b")
    assert lock.folder == tmp_path / "b"
    assert lock.is_in_place
    assert not FolderLock(tmp_path / "link").take()  # another way to the same folder
    lock.release()


@pytest.mark.parametrize("what", ["deleted", "moved", "made again", "a link", "a file"])
def test_a_folder_that_is_exchanged_is_not_in_its_place(what, tmp_path):
    folder = tmp_path / "a"
    folder.mkdir()
    lock = FolderLock(folder)
    assert not lock.is_in_place  # it was not locked yet
    assert lock.take()
    assert lock.is_in_place
    folder.rename(tmp_path / "b")
    if what == "deleted":
        (tmp_path / "b").rmdir()
    elif what == "made again":
        folder.mkdir()
    elif what == "a link":
        (tmp_path / "c").mkdir()
        folder.symlink_to("c")
    elif what == "a file":
        folder.touch()
    assert not lock.is_in_place
    lock.release()


def test_what_is_no_folder_has_no_lock(tmp_path):
    (tmp_path / "file").touch()
    for name in ("file", "missing"):
        with pytest.raises(OSError, match=name):
            FolderLock(tmp_path / name).take()


def test_where_there_are_no_locks_it_goes_on(tmp_path, monkeypatch):
    import fcntl

    def none(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    lock = FolderLock(tmp_path)
    assert lock.take()
    lock.release()
