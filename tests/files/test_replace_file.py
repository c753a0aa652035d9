"""Files written whole or not at all, and what writing leaves as it was."""

import errno
import fcntl
import os
import stat
import threading

import pytest

from glassnet.files import new_folder, replace_file, replace_files, replacing, sweep


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("call", ["open", "ftruncate", "fsync", "replace"])
@pytest.mark.parametrize("old", [None, b"old"])
def test_where_it_cannot_be_written_nothing_is_changed(call, old, tmp_path, monkeypatch):
    path = tmp_path / "x"
    if old is not None:
        path.write_bytes(old)
    before = contents(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(f"glassnet.files.writing.os.{call}", full)
        with pytest.raises(OSError, match="No space left") as caught:
            replace_file(path, b"new")
    assert caught.value.filename == str(path)
    assert contents(tmp_path) == before


def test_an_error_while_writing_is_no_file(tmp_path):
    def stopped():
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "x") as file:
        file.writelines(stopped())
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
def test_permissions_are_kept(mode, tmp_path):
    path = tmp_path / "x"
    path.touch()
    path.chmod(mode)
    replace_file(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_new_file_has_the_permissions_of_any_other(tmp_path):
    replace_file(tmp_path / "x", b"new")
    (tmp_path / "y").touch()
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "y").stat().st_mode


@pytest.mark.parametrize("name", ["한" * 85, "x" * 255, "a\nb", '"', "\udcb0\udced"])
def test_any_name_that_a_file_can_have(name, tmp_path):
    replace_file(tmp_path / name, b"new")
    assert contents(tmp_path) == {name: b"new"}


def test_links_are_followed_or_replaced(tmp_path):
    (tmp_path / "there").write_bytes(b"old")
    (tmp_path / "link").symlink_to("there")
    replace_file(tmp_path / "link", b"new")
    assert contents(tmp_path) == {"there": b"new", "link": b"new"}
    replace_file(tmp_path / "link", b"newer", follow=False)
    assert contents(tmp_path) == {"there": b"new", "link": b"newer"}
    assert not (tmp_path / "link").is_symlink()


def test_what_a_killed_process_left_is_written_over(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:  # as if it were killed: nothing is cleared away
        patch.setattr("glassnet.files.writing.os.replace", full)
        patch.setattr("pathlib.Path.unlink", lambda *_, **__: None)
        with pytest.raises(OSError, match="No space"):
            replace_file(tmp_path / "x", b"half")
    (left,) = tmp_path.iterdir()
    replace_file(tmp_path / "x", b"new")
    assert contents(tmp_path) == {"x": b"new"}
    left.write_bytes(b"half")
    sweep(tmp_path)
    assert contents(tmp_path) == {"x": b"new"}


def test_what_is_being_written_is_not_swept_away(tmp_path):
    with replacing(tmp_path / "x") as file:
        file.write(b"one")
        sweep(tmp_path)
        replace_file(tmp_path / "x", b"two")  # at the same time, under a name of its own
        sweep(tmp_path)
    assert contents(tmp_path) == {"x": b"one"}


def test_a_link_is_not_taken_for_what_was_left(tmp_path):
    (tmp_path / "other").write_bytes(b"precious")
    with replacing(tmp_path / "x"):
        (name,) = (path.name for path in tmp_path.glob(".glassnet-*"))
    (tmp_path / "x").unlink()
    for link in (os.symlink, os.link):
        link(tmp_path / "other", tmp_path / name)
        replace_file(tmp_path / "x", b"new")
        assert (tmp_path / "other").read_bytes() == b"precious"
        (tmp_path / name).unlink()


def test_many_threads_write_one_file(tmp_path):
    path = tmp_path / "x"
    wholes = [bytes([i]) * 100_000 for i in range(4)]

    def write(data):
        for _ in range(20):
            replace_file(path, data)
            assert path.read_bytes() in wholes

    threads = [threading.Thread(target=write, args=[data]) for data in wholes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in wholes
    assert len(contents(tmp_path)) == 1


@pytest.mark.parametrize("old", [{}, {"a": b"old a"}, {"b": b"old b"}, {"a": b"old a", "b": b"old b"}])
@pytest.mark.parametrize("failing", [1, 2])
def test_of_several_files_all_are_written_or_none(old, failing, tmp_path, monkeypatch):
    for name, data in old.items():
        (tmp_path / name).write_bytes(data)
    files = {tmp_path / "a": [b"new a"], tmp_path / "b": [b"new", b" b"]}
    real, calls = os.replace, []

    def replace(*names):
        calls.append(names)
        return full() if len(calls) == failing else real(*names)

    with monkeypatch.context() as patch:
        patch.setattr("glassnet.files.writing.os.replace", replace)
        with pytest.raises(OSError, match="No space"):
            replace_files(files)
    assert contents(tmp_path) == old
    replace_files(files)
    assert contents(tmp_path) == {"a": b"new a", "b": b"new b"}


def test_a_folder_that_holds_a_lock_on_nothing(tmp_path):
    """A file system without locks: what is there is written over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fcntl, "flock", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOLCK, "No locks available")))
        replace_file(tmp_path / "x", b"new")
    assert contents(tmp_path) == {"x": b"new"}


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_only_a_file_is_replaced(kind, tmp_path):
    path = tmp_path / "x"
    {"folder": path.mkdir, "pipe": lambda: os.mkfifo(path), "device": lambda: path.symlink_to("/dev/null")}[kind]()
    with pytest.raises(FileExistsError, match=f"is a {kind}"):
        replace_file(path, b"new")


def test_a_missing_folder_is_told_by_the_path_that_was_asked_for(tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        replace_file(tmp_path / "no" / "x", b"x")
    assert raised.value.filename == str(tmp_path / "no" / "x")


def test_where_one_cannot_be_kept_the_others_need_not_be_put_back(tmp_path, monkeypatch):
    files = {tmp_path / name: [b"new"] for name in "ab"}
    for path in files:
        path.write_bytes(b"old")
    link, kept = os.link, []

    def once(*names):
        kept.append(names)
        if len(kept) > 1:
            full()
        link(*names)

    with monkeypatch.context() as patch:
        patch.setattr("glassnet.files.writing.os.link", once)
        patch.setattr("glassnet.files.writing.shutil.copy2", full)
        patch.setattr("glassnet.files.writing.os.replace", full)
        with pytest.raises(OSError, match="No space left"):
            replace_files(files)
    assert contents(tmp_path) == {"a": b"old", "b": b"old"}


def test_a_new_folder_that_cannot_be_locked_is_not_left(tmp_path, monkeypatch):
    monkeypatch.setattr("glassnet.files.lock.os.open", full)
    with pytest.raises(OSError, match="No space left"), new_folder(tmp_path):
        pass
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_a_signal_before_the_first_byte_leaves_nothing(tmp_path, monkeypatch):
    lstat, told = os.lstat, []

    def interrupted(path, **more):
        if str(path).endswith(".tmp") and not told:
            told.append(path)
            raise KeyboardInterrupt
        return lstat(path, **more)

    monkeypatch.setattr(os, "lstat", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "a.txt", b"hello")
    assert told
    assert os.listdir(tmp_path) == []
