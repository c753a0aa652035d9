"""Everything that writes a file leaves it whole or as it was, with its permissions, and nothing beside it.

No module writes by itself: all do so through `glassnet.files`, or are named here with the reason.
"""

import ast
import errno
import os
import re
import stat

import numpy as np
import pytest

import glassnet
from glassnet import nn, optim
from glassnet.export import numpy_file
from glassnet.training import Checkpoint, CSVLogger, JSONLLogger, Trainer
from glassnet.training.report import Report, write_report
from tests.files.calls import calls_in, found_in_modules, tree_of

BY_THEMSELVES = {
    "cli/quiet.py": "standard error, as a file of its own",
    "cli/streams.py": "what stands for a standard output that is closed",
    "engines/native/library_cache.py": "a folder for this process, where there can be no lasting one",
    "export/standalone.py": "is copied into exported files, which know nothing of glassnet",
    "tensor/shared_memory.py": "memory that several processes have",
    "utils/tensorboard/event_file.py": "an event file grows as long as the run",
    "pytorch/names/process_group.py": "where processes that begin together find one another",
    "serialization/pt/zip_form.py": "the members of an archive, in a file that is replaced as a whole",
    "vision/datasets/mirrors.py": "a download goes on where it broke off",
}
CALLS = {"copy2", "copyfile", "copytree", "fdopen", "hardlink_to", "savetxt", "symlink_to", "tofile", "touch"}
CALLS |= {"write_bytes", "write_text"}
OF_MODULES = {"os": {"open", "replace", "rename", "link", "symlink"}, "shutil": {"copy", "move"}}
BUFFERED = {"savefig", "savez", "savez_compressed", "to_parquet"}  # allowed into memory
MAY = re.compile(rf"\b(?:open|os|shutil|tempfile|{'|'.join(sorted(CALLS | BUFFERED))})\b")  # else it is not parsed


def writers(text):
    """The calls in a module that may write a file by themselves."""
    if not MAY.search(text):
        return
    buffers = {
        target.id
        for node in ast.walk(tree_of(text))
        if isinstance(node, ast.Assign) and ast.unparse(node.value) == "io.BytesIO()"
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call, name, of in calls_in(text):
        first = call.args[0] if call.args else None
        if (
            name in CALLS
            or name in OF_MODULES.get(of, ())
            or (name == "open" and _may_write(call, of))
            or (name in BUFFERED and not (isinstance(first, ast.Name) and first.id in buffers))
            or (of == "tempfile" and name != "gettempdir")
        ):
            yield ast.unparse(call)


def _may_write(call, of):
    if of in ("self", "walk", "shown", "Image"):  # other things that are called so
        return False
    modes = [keyword.value for keyword in call.keywords if keyword.arg == "mode"] or call.args[not of or of == "io" :][
        :1
    ]
    return any(not isinstance(mode, ast.Constant) or set(str(mode.value)) & set("wax+") for mode in modes)


def test_no_module_writes_by_itself():
    found = found_in_modules(writers)
    assert set(found) == set(BY_THEMSELVES), found


@pytest.mark.parametrize(
    "text",
    [
        "open(path, 'w')",
        "open(path, mode='ab')",
        "open(path, how)",
        "path.open('x')",
        "io.open(path, 'r+')",
        "path.write_text('')",
        "os.replace(a, b)",
        "figure.savefig(path)",
        "np.savez('x.npz', **arrays)",
        "tempfile.mkstemp()",
        "os.open(path, os.O_WRONLY)",
    ],
)
def test_what_writes_by_itself_is_found(text):
    assert list(writers(text))


@pytest.mark.parametrize("text", ["open(path)", "open(path, 'rb')", "path.open()", "text.replace('a', 'b')"])
def test_what_does_not_is_not(text):
    assert not list(writers(text))


# what each of them leaves -------------------------------------------------------------------------------------


def fitted(callback):
    model = nn.Linear(1, 1)
    x = glassnet.zeros(4, 1)
    Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), callbacks=callback, compile=False).fit((x, x))


def table(path):
    pandas = pytest.importorskip("pandas")
    glassnet.tables.write_table(pandas.DataFrame({"a": [1, 2]}), path)


WRITERS = {
    "save": (".safetensors", lambda path: glassnet.save({"w": glassnet.ones(2)}, path)),
    "save_model": (".safetensors", lambda path: glassnet.save_model(nn.Linear(1, 1), path)),
    "Checkpoint": ("", lambda path: fitted(Checkpoint(path, every=0))),
    "CSVLogger": (".csv", lambda path: fitted(CSVLogger(path))),
    "JSONLLogger": (".json", lambda path: fitted(JSONLLogger(path))),
    "write_report": (".html", lambda path: write_report(path, Report("report", "regression"))),
    "write_table": (".csv", table),
    "draw": (".svg", lambda path: glassnet.draw(nn.Sequential(nn.Linear(2, 1))).save(path)),
    "numpy_file": (".py", lambda path: numpy_file(nn.Linear(2, 1), path, np.ones((1, 2), np.float32))),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_is_written_whole_or_left_as_it_was(writer, tmp_path, monkeypatch):
    ending, write = WRITERS[writer]
    path = tmp_path / f"x{ending}"
    before = os.umask(0o027)
    try:
        write(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    names = os.listdir(tmp_path)
    path.write_bytes(b"old")
    path.chmod(0o600)
    full = OSError(errno.ENOSPC, "No space left on device")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(full))
        with pytest.raises(OSError, match="No space") as caught:
            write(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == names
    write(path)
    assert path.read_bytes() != b"old"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == names


@pytest.mark.parametrize("writer", WRITERS)
def test_a_limit_of_the_size_of_files_leaves_the_old_one(writer, tmp_path):
    """As a quota does, it lets the beginning of a file be written."""
    resource = pytest.importorskip("resource")
    ending, write = WRITERS[writer]
    path = tmp_path / f"x{ending}"
    path.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_folder_is_not_written_over(writer, tmp_path):
    ending, write = WRITERS[writer]
    path = tmp_path / f"x{ending}"
    path.mkdir()
    with pytest.raises(OSError, match="folder"):
        write(path)
    assert os.listdir(tmp_path) == [path.name]
