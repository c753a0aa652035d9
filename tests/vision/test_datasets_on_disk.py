"""Datasets that are read from where they lie: small ones in their own formats."""

from __future__ import annotations

import bz2
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassnet.vision import datasets
from glassnet.vision.datasets.mat_files import MatError, read_mat
from tests.vision.idx_files import idx_bytes

Image = pytest.importorskip("PIL.Image")


def element(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", kind, len(data)) + data + b"\0" * (-len(data) % 8)


def mat(arrays: dict[str, Any], packed: bool = True) -> bytes:
    """A file of MATLAB's, as its format says: bytes (class 9), or doubles (6) stored as bytes."""
    content = b""
    for name, array in arrays.items():
        kind = 9 if array.dtype == np.uint8 else 6
        short = struct.pack("<HH", 1, len(name)) + name.encode().ljust(4, b"\0")  # in the head itself
        matrix = element(6, struct.pack("<II", kind, 0)) + element(5, np.array(array.shape, "<i4").tobytes())
        matrix += short if len(name) <= 4 else element(1, name.encode())
        matrix = element(14, matrix + element(2, array.astype(np.uint8).tobytes(order="F")))
        data = zlib.compress(matrix)
        content += struct.pack("<II", 15, len(data)) + data if packed else matrix
    return b"MATLAB 5.0".ljust(124) + b"\0\1IM" + content


@pytest.mark.parametrize("packed", [True, False])
def test_mat_files_are_read(tmp_path: Path, packed: bool) -> None:
    arrays = {"X": np.arange(24, dtype=np.uint8).reshape(2, 3, 4), "y": np.array([[1.0], [10.0]])}
    (tmp_path / "a.mat").write_bytes(mat(arrays, packed))
    found = read_mat(tmp_path / "a.mat")
    assert {name: (array.dtype, array.tolist()) for name, array in found.items()} == {
        name: (array.dtype, array.tolist()) for name, array in arrays.items()
    }
    (tmp_path / "a.mat").write_bytes(mat(arrays, packed)[:-9])
    with pytest.raises(MatError, match="cut off or edited"):
        read_mat(tmp_path / "a.mat")
    (tmp_path / "a.mat").write_bytes(b"no such file")
    with pytest.raises(MatError, match="expected a MAT-file of version 5"):
        read_mat(tmp_path / "a.mat")


def test_svhn_has_0_where_its_file_has_10(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 2), dtype=np.uint8)
    (tmp_path / "test_32x32.mat").write_bytes(mat({"X": pictures, "y": np.array([[3.0], [10.0]])}))
    svhn = datasets.SVHN(tmp_path, "test")
    assert [label for _, label in svhn] == [3, 0]
    assert (svhn[1][0] == pictures[..., 1]).all()
    with pytest.raises(ValueError, match="SVHN: expected split, one of train, test, extra, got 'all'"):
        datasets.SVHN(tmp_path, "all")


def test_emnist_and_qmnist(tmp_path: Path) -> None:
    pictures = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)
    folder = tmp_path / "EMNIST" / "raw"
    folder.mkdir(parents=True)
    (folder / "emnist-letters-test-images-idx3-ubyte").write_bytes(idx_bytes(pictures))
    (folder / "emnist-letters-test-labels-idx1-ubyte").write_bytes(idx_bytes(np.array([1, 26], np.uint8)))
    letters = datasets.EMNIST(tmp_path, "letters", train=False)
    assert [letters.classes[label] for _, label in letters] == ["a", "z"]
    assert letters[1][0].tolist() == pictures[1].tolist()
    (tmp_path / "qmnist-test-images-idx3-ubyte").write_bytes(idx_bytes(pictures))
    known = np.arange(16, dtype=">i4").reshape(2, 8)
    (tmp_path / "qmnist-test-labels-idx2-int").write_bytes(idx_bytes(known))
    assert [label for _, label in datasets.QMNIST(tmp_path, train=False)] == [0, 8]
    assert datasets.QMNIST(tmp_path, "test", compat=False)[1][1].tolist() == known[1].tolist()
    assert len(datasets.EMNIST(tmp_path, "letters", train=False).classes) == 27
    with pytest.raises(
        datasets.MissingDataError, match=r"glassnet downloads no such files: get it from https://www.nist"
    ):
        datasets.EMNIST(tmp_path, "balanced")


def test_stl10_usps_and_semeion(tmp_path: Path) -> None:
    folder = tmp_path / "stl10_binary"
    folder.mkdir()
    pictures = np.random.default_rng(0).integers(0, 256, (2, 3, 96, 96), dtype=np.uint8)
    (folder / "train_X.bin").write_bytes(pictures.transpose(0, 1, 3, 2).tobytes())
    (folder / "train_y.bin").write_bytes(bytes([1, 10]))
    (folder / "unlabeled_X.bin").write_bytes(pictures[:1].tobytes())
    (folder / "fold_indices.txt").write_text("1\n0\n")
    assert [label for _, label in datasets.STL10(tmp_path, "train+unlabeled")] == [0, 9, -1]
    image, label = datasets.STL10(tmp_path, folds=0)[0]
    assert (image.transpose(2, 0, 1) == pictures[1]).all()
    assert label == 9
    line = "7 " + " ".join(f"{n + 1}:{-1 if n % 2 else 1}" for n in range(256))
    (tmp_path / "usps.bz2").write_bytes(bz2.compress(f"{line}\n{line}\n".encode()))
    usps = datasets.USPS(tmp_path)
    assert usps.targets == [6, 6]
    assert usps[0][0][0, :2].tolist() == [255, 0]
    bits = ["1.0"] * 256 + ["0"] * 9 + ["1"]
    (tmp_path / "semeion.data").write_text(" ".join(bits) + "\n")
    assert datasets.SEMEION(tmp_path)[0][1] == 9


def photograph(path: Path, colour: Any = (9, 9, 9), mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (4, 3), colour).save(path)


def written(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_pets_have_kinds_and_masks(tmp_path: Path) -> None:
    folder = tmp_path / "oxford-iiit-pet"
    written(folder / "annotations" / "test.txt", "great_pyrenees_7 2 2 1\nSphynx_1 1 1 3\n")
    photograph(folder / "images" / "great_pyrenees_7.jpg")
    photograph(folder / "annotations" / "trimaps" / "great_pyrenees_7.png", 2, "L")
    pets = datasets.OxfordIIITPet(tmp_path, "test", ["category", "binary-category", "segmentation"])
    assert pets.classes == ["Sphynx", "Great Pyrenees"]
    image, (kind, species, mask) = pets[0]
    assert (image.size, kind, species, np.asarray(mask)[0, 0]) == ((4, 3), 1, 1, 2)


def test_flowers_meals_textures_land_and_faces(tmp_path: Path) -> None:
    flowers = tmp_path / "flowers-102"
    photograph(flowers / "jpg" / "image_00002.jpg")
    (flowers / "setid.mat").write_bytes(mat({"valid": np.array([[2.0]])}))
    (flowers / "imagelabels.mat").write_bytes(mat({"labels": np.array([[7.0, 9.0]])}))
    assert datasets.Flowers102(tmp_path, "val")[0][1] == 8
    written(tmp_path / "food-101" / "meta" / "test.json", json.dumps({"pizza": ["pizza/1"], "apple_pie": []}))
    photograph(tmp_path / "food-101" / "images" / "pizza" / "1.jpg")
    assert datasets.Food101(tmp_path, "test")[0][1] == 1
    written(tmp_path / "dtd" / "labels" / "val3.txt", "dotted/1.jpg\nbanded/1.jpg\n")
    photograph(tmp_path / "dtd" / "images" / "dotted" / "1.jpg")
    assert datasets.DTD(tmp_path, "val", 3)[0][1] == 1
    photograph(tmp_path / "2750" / "River" / "a.jpg")
    photograph(tmp_path / "2750" / "Forest" / "b.jpg")
    assert [label for _, label in datasets.EuroSAT(tmp_path)] == [0, 1]
    celeba = tmp_path / "celeba"
    written(celeba / "list_eval_partition.txt", "1.jpg 0\n2.jpg 2\n")
    written(celeba / "list_attr_celeba.txt", "2\nBald Young\n1.jpg -1 1\n2.jpg  1 -1\n")
    written(celeba / "identity_CelebA.txt", "1.jpg 11\n2.jpg 22\n")
    photograph(celeba / "img_align_celeba" / "2.jpg")
    faces = datasets.CelebA(tmp_path, "test", ["attr", "identity"])
    _, (attributes, identity) = faces[0]
    assert (faces.attr_names, attributes.tolist(), identity.item()) == (["Bald", "Young"], [1, 0], 22)


def test_voc_and_coco(tmp_path: Path) -> None:
    folder = tmp_path / "VOCdevkit" / "VOC2007"
    written(folder / "ImageSets" / "Main" / "val.txt", "7\n")
    written(folder / "ImageSets" / "Segmentation" / "val.txt", "7\n")
    photograph(folder / "JPEGImages" / "7.jpg")
    photograph(folder / "SegmentationClass" / "7.png", 5, "L")
    thing = "<object><name>dog</name><bndbox><xmin>1</xmin><ymin>2</ymin></bndbox></object>"
    written(folder / "Annotations" / "7.xml", f"<annotation><filename>7.jpg</filename>{thing}</annotation>")
    image, mask = datasets.VOCSegmentation(tmp_path, "2007", "val")[0]
    assert image.size == mask.size == (4, 3)
    assert np.asarray(mask).max() == 5
    said = datasets.VOCDetection(tmp_path, "2007", "val", transforms=lambda image, target: (image.size, target))[0]
    assert said == ((4, 3), {"annotation": {
        "filename": "7.jpg", "object": [{"name": "dog", "bndbox": {"xmin": "1", "ymin": "2"}}],
    }})  # fmt: skip
    photograph(tmp_path / "9.jpg")
    boxes = [{"image_id": 9, "bbox": [1, 2, 3, 4], "category_id": 1}]
    content = {"images": [{"id": 9, "file_name": "9.jpg"}], "annotations": boxes}
    written(tmp_path / "instances.json", json.dumps(content))
    assert datasets.CocoDetection(tmp_path, tmp_path / "instances.json")[0][1] == boxes
    with pytest.raises(ValueError, match="expected either transforms, or transform"):
        datasets.VOCDetection(tmp_path, "2007", "val", transforms=len, transform=len)
