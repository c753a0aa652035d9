"""CIFAR-10 and CIFAR-100, as published: pickles of Python 2, in a folder or in an archive."""

from __future__ import annotations

import io
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest

import glassnet
from glassnet.data import DataLoader
from glassnet.vision import datasets, transforms


def text(words: str) -> bytes:
    return b"U" + bytes([len(words)]) + words.encode()


def part(pictures: np.ndarray, key: str, labels: list[int]) -> bytes:
    """A file of the dataset, as Python 2 wrote them."""
    raw = pictures.tobytes()
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\x01b\x87R(K\x01"
    array += b"J" + struct.pack("<i", len(pictures)) + b"M\0\x0c\x86cnumpy\ndtype\nU\x02u1K\0K\x01\x87R"
    array += b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89T" + struct.pack("<i", len(raw)) + raw + b"tb"
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\x02}(" + text("data") + array + text(key) + numbers + b"u."


def names(key: str, words: list[str]) -> bytes:
    return b"\x80\x02}" + text(key) + b"](" + b"".join(map(text, words)) + b"es."


PICTURES = np.random.default_rng(0).integers(0, 256, (2, 3072), np.uint8)
FILES = {
    "cifar-10-batches-py": {
        **{f"data_batch_{n}": part(PICTURES, "labels", [n, 0]) for n in range(1, 6)},
        "test_batch": part(PICTURES[:1], "labels", [7]),
        "batches.meta": names("label_names", ["airplane", "automobile"]),
    },
    "cifar-100-python": {
        "train": part(PICTURES, "fine_labels", [99, 3]),
        "test": part(PICTURES[:1], "fine_labels", [1]),
        "meta": names("fine_label_names", ["apple", "fish"]),
    },
}


def written(root: Path, folder: str, packed: bool) -> Path:
    if packed:
        name = folder.replace("batches-py", "python") + ".tar.gz"
        with tarfile.open(root / name, "w:gz") as archive:
            for member, content in FILES[folder].items():
                info = tarfile.TarInfo(f"{folder}/{member}")
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        return root / name
    (root / folder).mkdir()
    for member, content in FILES[folder].items():
        (root / folder / member).write_bytes(content)
    return root / folder


@pytest.mark.parametrize("packed", [True, False], ids=["archive", "folder"])
def test_pictures_and_classes(tmp_path: Path, packed: bool) -> None:
    written(tmp_path, "cifar-10-batches-py", packed)
    train = datasets.CIFAR10(tmp_path, train=True, download=True)
    assert train.data.shape == (10, 32, 32, 3)
    assert train.targets == [1, 0, 2, 0, 3, 0, 4, 0, 5, 0]
    assert train.class_to_idx == {"airplane": 0, "automobile": 1}
    image, target = train[3]
    assert (image == PICTURES[1].reshape(3, 32, 32).transpose(1, 2, 0)).all()
    assert target == 0
    test = datasets.CIFAR10(str(tmp_path), train=False, transform=transforms.ToTensor(), target_transform=float)
    assert (len(test), test[0][1]) == (1, 7.0)
    np.testing.assert_allclose(test[0][0].numpy(), PICTURES[0].reshape(3, 32, 32) / np.float32(255))
    assert "Split: Test" in repr(test)
    (batch, labels) = next(iter(DataLoader(test, batch_size=4)))
    assert batch.shape == (1, 3, 32, 32)
    assert labels.tolist() == [7]


def test_a_hundred_classes(tmp_path: Path) -> None:
    written(tmp_path, "cifar-100-python", packed=False)
    train = datasets.CIFAR100(tmp_path)
    assert train.targets == [99, 3]
    assert train.classes == ["apple", "fish"]


def test_it_is_found_where_data_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "cifar-10-batches-py", packed=False)
    monkeypatch.setenv("GLASSNET_DATA", str(tmp_path))
    assert len(datasets.CIFAR10("./data", train=False, download=True)) == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\x80\x02cos\nsystem\n" + text("ls") + b"\x85R.", "it asks for os.system"),
        (part(PICTURES, "labels", [1])[:200], "cut off|edited"),
        (part(PICTURES, "labels", [1]), "a class for each of 2 pictures"),
        (part(PICTURES, "label", [1, 2]), "a class for each of 2 pictures"),
        (names("data", ["x"]), "pictures of 3,072 bytes"),
        (b"\x80\x02].", "pictures and classes by name"),
        (b"", "cut off"),
    ],
)
def test_a_file_that_is_none_is_named(tmp_path: Path, content: bytes, problem: str) -> None:
    folder = written(tmp_path, "cifar-10-batches-py", packed=False)
    (folder / "test_batch").write_bytes(content)
    with pytest.raises(
        datasets.PictureError, match=f"cifar-10-batches-py/test_batch: .*({problem}).*as it was published"
    ):
        datasets.CIFAR10(tmp_path, train=False)


def test_an_archive_that_is_none_is_named(tmp_path: Path) -> None:
    archive = written(tmp_path, "cifar-10-batches-py", packed=True)
    archive.write_bytes(archive.read_bytes()[:100])
    with pytest.raises(datasets.PictureError, match="the archive was cut off or edited"):
        datasets.CIFAR10(tmp_path)
    with pytest.raises(glassnet.vision.datasets.MissingDataError, match=r"CIFAR10: expected cifar-10-python\.tar\.gz"):
        datasets.CIFAR10(tmp_path / "elsewhere")
