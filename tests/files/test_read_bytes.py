"""The door: an ordinary file is read, and anything else is refused at once."""

import os
import socket

import pytest

from glassnet.files import FileError, opened, read_bytes


def a_folder(path):
    path.mkdir()


def a_pipe(path):
    os.mkfifo(path)


def a_socket(path):
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(path))


def a_device(path):
    path.symlink_to("/dev/zero")


def a_link_to_a_pipe(path):
    os.mkfifo(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


@pytest.mark.parametrize("made", [a_folder, a_pipe, a_socket, a_device, a_link_to_a_pipe])
def test_what_is_no_ordinary_file_is_refused_without_waiting(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    path = tmp_path / "x"
    if made is a_socket:
        a_socket(path.relative_to(tmp_path))
    else:
        made(path)
    with pytest.raises(FileError, match=r"expected a file, got a (folder|pipe|socket|device); "):
        read_bytes(path)


def test_a_file_that_becomes_a_pipe_meanwhile_is_not_waited_for(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_text("hello")
    real = os.open

    def late(at, *how):
        path.unlink()
        os.mkfifo(path)
        return real(at, *how)

    monkeypatch.setattr(os, "open", late)
    with pytest.raises(FileError, match="got a pipe"):
        read_bytes(path)


@pytest.mark.parametrize(("size", "fits"), [(0, True), (9, True), (10, True), (11, False), (10_000, False)])
def test_no_more_is_read_than_is_expected(size, fits, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"x" * size)
    if fits:
        assert read_bytes(path, most=10) == b"x" * size
    else:
        with pytest.raises(FileError, match=f"expected at most 10 bytes, got {size:,}; "):
            read_bytes(path, most=10)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="there is no file here that says it is empty")
def test_a_file_that_says_it_is_empty_is_bounded_too():
    with pytest.raises(FileError, match="expected at most 10 bytes, got more"):
        read_bytes("/proc/self/status", most=10)


def test_what_is_not_there_is_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / "none")
    with pytest.raises(FileError, match="no file can have this name"):
        read_bytes("a\0b")


def test_the_error_is_of_the_kind_that_is_asked_for(tmp_path):
    class OtherError(FileError):
        pass

    with pytest.raises(OtherError) as caught, opened(tmp_path, OtherError):
        pass
    assert (caught.value.path, caught.value.problem) == (str(tmp_path), "expected a file, got a folder")
