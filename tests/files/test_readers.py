"""Whatever is read comes through the door in `glassnet.files`: no module opens a file by itself, or is named here."""

import ast
import os
import re

import pytest

import glassnet
from glassnet import nn
from glassnet.cli.run import read_config
from glassnet.cli.settings import read as read_settings
from glassnet.encoders import NumberEncoder, PictureEncoder, read_samples
from glassnet.errors import GlassnetError
from glassnet.sources import open_source
from glassnet.tables import read_table
from glassnet.vision.datasets import ImageFolder, default_loader, read_idx
from tests.files.calls import calls_in, found_in_modules

BY_THEMSELVES = {
    "cli/machine.py": "what the system says of the machine, in files that it makes",
    "cli/quiet.py": "standard error, as a file of its own",
    "cli/streams.py": "what stands for a standard output that is closed",
    "datasets/digits.py": "a part of the package",
    "engines/native/c_source.py": "a part of the package",
    "engines/native/compilers.py": "what the system says of the machine, in files that it makes",
    "engines/native/library_cache.py": "a part of the package",
    "engines/native/many_runs.py": "a part of the package",
    "export/c/c_functions.py": "a part of the package",
    "export/standalone.py": "is copied into exported files, which know nothing of glassnet",
    "encoders/picture_standalone.py": "is copied into exported files, which know nothing of glassnet",
    "encoders/text_standalone.py": "is copied into exported files, which know nothing of glassnet",
    "tables/series_standalone.py": "is copied into exported files, which know nothing of glassnet",
    "tables/standalone.py": "is copied into exported files, which know nothing of glassnet",
    "tensor/shared_memory.py": "memory that several processes have, which is written",
    "utils/tensorboard/event_file.py": "an event file, which is written",
    "pytorch/public_names.py": "a part of the package",
    "pytorch/names/process_group.py": "where processes that begin together find one another",
    "serialization/pt/zip_form.py": "the members of an archive that the door has opened",
    "vision/datasets/cifar.py": "a part of an archive that the door has opened",
    "vision/datasets/mirrors.py": "a download, which is written",
}
CALLS = {"open", "fdopen", "read_bytes", "read_text", "fromfile", "loadtxt", "genfromtxt", "memmap", "open_memmap"}
OF_MODULES = {
    "np": {"load"}, "numpy": {"load"}, "tomllib": {"load"}, "json": {"load"}, "gzip": {"open", "GzipFile"},
    "zipfile": {"ZipFile"}, "pandas": {"read_csv", "read_parquet"}, "safetensors": {"safe_open"},
}  # fmt: skip
MAY = re.compile(rf"\b(?:{'|'.join(sorted(CALLS.union(*OF_MODULES.values())))})\(")  # else it is not parsed
ARE_NO_FILES = ("self", "walk", "shown", "webbrowser")  # other things that are opened


def readers(text):
    """The calls in a module that may read a file by themselves, where no door has opened it."""
    if not MAY.search(text):
        return
    for call, name, of in calls_in(text):
        words = ast.unparse(call)
        if of in ARE_NO_FILES or words.startswith(("read_bytes(", "Image.open(file, ", "gzip.GzipFile(fileobj=file")):
            continue  # the door itself; and what it has opened
        if name in CALLS or name in OF_MODULES.get(of, ()):
            yield words


def test_no_module_opens_a_file_by_itself():
    found = found_in_modules(readers)
    assert set(found) == set(BY_THEMSELVES), found


@pytest.mark.parametrize(
    "text",
    ["open(path)", "path.open()", "io.open(path)", "path.read_text()", "Path(x).read_bytes()", "np.load(path)",
     "tomllib.load(file)", "Image.open(path)", "gzip.open(path)", "os.open(path, 0)", "numpy.load('x')"],
)  # fmt: skip
def test_what_opens_by_itself_is_found(text):
    assert list(readers(text))


@pytest.mark.parametrize("text", ["read_bytes(path)", "with opened(path) as file: pass", "Image.open(file, formats=F)"])
def test_what_comes_through_the_door_is_not(text):
    assert not list(readers(text))


# what each of them does with what is no file -----------------------------------------------------------------


def a_run(path):
    folder = path.parent / "run"
    folder.mkdir(exist_ok=True)
    os.rename(path, folder / "config.json")
    read_config(folder)


def a_folder_of_pictures(path):
    for name in ("a", "b"):
        (path.parent / "pictures" / name).mkdir(parents=True)
    (path.parent / "pictures" / "b" / "1.png").write_bytes(b"no picture")
    os.rename(path, path.parent / "pictures" / "a" / "1.png")
    ImageFolder(path.parent / "pictures")[0]


def a_dataset(path):
    os.rename(path, path.parent / "t10k-images-idx3-ubyte.gz")
    glassnet.vision.datasets.MNIST(path.parent, train=False)


PICTURES = PictureEncoder((2, 2))
READERS = {
    "load": (".safetensors", glassnet.load),
    "load_model": (".safetensors", glassnet.load_model),
    "settings": (".toml", read_settings),
    "config": (".json", a_run),
    "table": (".csv", read_table),
    "table that is learned": (".csv", lambda path: open_source(str(path), target="y")),
    "numbers": (".csv", lambda path: read_samples(NumberEncoder((2,)), path)),
    "npy": (".npy", lambda path: read_samples(NumberEncoder((2,)), path)),
    "idx": ("-ubyte", read_idx),
    "idx of samples": ("-ubyte.gz", lambda path: read_samples(PICTURES, path)),
    "dataset": (".gz", a_dataset),
    "picture": (".png", default_loader),
    "picture of samples": (".png", lambda path: read_samples(PICTURES, path)),
    "folder of pictures": (".png", a_folder_of_pictures),
}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
@pytest.mark.parametrize("made", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "device"])
@pytest.mark.parametrize("reader", READERS)
def test_what_never_ends_is_refused_at_once(reader, made, tmp_path):
    if "pict" in reader:
        pytest.importorskip("PIL")
    if "table" in reader:
        pytest.importorskip("pandas")
    ending, read = READERS[reader]
    path = tmp_path / f"x{ending}"
    made(path)
    with pytest.raises(GlassnetError, match=r"got a (pipe|device); copy|expected the files"):
        read(path)


def test_a_model_that_says_it_is_empty_is_one_message():
    for path in ("/proc/self/status", "/proc/self/maps"):
        if os.path.exists(path):
            with pytest.raises(GlassnetError) as caught:
                glassnet.load_model(path)
            assert "\n" not in str(caught.value)


def test_what_is_whole_is_read(tmp_path):
    """Else a door that lets nothing through would pass."""
    glassnet.save_model(nn.Linear(2, 1), tmp_path / "x.safetensors")
    assert glassnet.load_model(tmp_path / "x.safetensors").in_features == 2
    (tmp_path / "x.csv").write_text("1,2\n3,4\n")
    assert read_samples(NumberEncoder((2,)), tmp_path / "x.csv").inputs.tolist() == [[1, 2], [3, 4]]
