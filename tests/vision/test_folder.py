"""Pictures in folders, and pictures of nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.data import DataLoader
from glassnet.vision import transforms
from glassnet.vision.datasets import DatasetFolder, FakeData, ImageFolder, PictureError, default_loader


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Two cats and three dogs, one of them in a folder below, and what is no picture."""
    pil = pytest.importorskip("PIL.Image")
    for number, name in enumerate(["cat/b.png", "cat/a.PNG", "dog/x.png", "dog/deeper/y.png", "dog/z.bmp"]):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        pil.fromarray(np.full((6, 4 + number, 3), 10 * number, np.uint8)).save(tmp_path / name)
    (tmp_path / "dog" / "notes.txt").write_text("good dogs")
    (tmp_path / "readme.txt").write_text("pets")
    return tmp_path


def test_image_folder(pets: Path) -> None:
    dataset = ImageFolder(pets)
    assert dataset.classes == ["cat", "dog"]
    assert dataset.class_to_idx == {"cat": 0, "dog": 1}
    names = [Path(path).relative_to(pets).as_posix() for path, _ in dataset.samples]
    assert names == ["cat/a.PNG", "cat/b.png", "dog/x.png", "dog/z.bmp", "dog/deeper/y.png"]
    assert dataset.targets == [0, 0, 1, 1, 1]
    assert dataset.imgs is dataset.samples
    image, target = dataset[2]
    assert (image.mode, image.size, target) == ("RGB", (6, 6), 1)


def test_a_loader_over_image_folder(pets: Path) -> None:
    pipeline = transforms.Compose([transforms.Resize((8, 8)), transforms.ToTensor()])
    dataset = ImageFolder(pets, pipeline, target_transform=lambda t: t + 1)
    x, t = next(iter(DataLoader(dataset, 5)))
    assert (x.shape, x.dtype) == ((5, 3, 8, 8), glassnet.float32)
    assert t.tolist() == [1, 1, 2, 2, 2]
    np.testing.assert_allclose(x.numpy()[:, 0, 0, 0], np.array([10, 0, 20, 40, 30]) / 255, rtol=1e-6)


def test_links_in_a_circle(pets: Path) -> None:
    for name in ("one", "two", "three"):
        (pets / "dog" / name).symlink_to(pets / "dog", target_is_directory=True)
    assert len(ImageFolder(pets)) == 5


def test_files_of_ones_own_choice(pets: Path) -> None:
    dataset: Any = ImageFolder(pets, is_valid_file=lambda path: path.endswith(".txt"), loader=len, allow_empty=True)
    assert dataset.classes == ["cat", "dog"]
    assert dataset[0] == (len(str(pets / "dog" / "notes.txt")), 1)
    dataset = DatasetFolder(pets, lambda path: Path(path).read_text(), [".TXT"], allow_empty=True)
    assert dataset[0] == ("good dogs", 1)


def test_folders_without_pictures(pets: Path, tmp_path: Path) -> None:
    (pets / "fish").mkdir()
    with pytest.raises(FileNotFoundError, match=r"found none of fish; those count that end in \.jpg, .*allow_empty"):
        ImageFolder(pets)
    assert ImageFolder(pets, allow_empty=True).classes == ["cat", "dog", "fish"]
    with pytest.raises(FileNotFoundError, match="a folder for each class, found none"):
        ImageFolder(pets / "fish")
    with pytest.raises(FileNotFoundError):
        ImageFolder(pets / "nowhere")
    for both in ({}, {"extensions": [".a"], "is_valid_file": len}):
        with pytest.raises(ValueError, match="either extensions or is_valid_file"):
            DatasetFolder(pets, len, **both)


@pytest.mark.parametrize(
    "spoil",
    [lambda b: b"", lambda b: b"no picture", lambda b: b[:60], lambda b: b[:45] + b"\xff" * 8 + b[53:]],
    ids=["empty", "text", "cut off", "spoiled"],
)
def test_spoiled_pictures(spoil: Any, tmp_path: Path) -> None:
    pil = pytest.importorskip("PIL.Image")
    path = tmp_path / "a" / "x.png"
    path.parent.mkdir()
    pil.fromarray(np.random.default_rng(0).integers(0, 256, (20, 20), np.uint8)).save(path)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(PictureError, match=r"x\.png: expected a picture, but it cannot be read") as raised:
        ImageFolder(tmp_path)[0]
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("most", [50, 150])
def test_a_picture_too_large(most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow warns from its limit on, and refuses from twice its limit on; here both are refused."""
    pil = pytest.importorskip("PIL.Image")
    pil.fromarray(np.zeros((20, 10), np.uint8)).save(tmp_path / "x.png")
    monkeypatch.setattr(pil, "MAX_IMAGE_PIXELS", most)
    with pytest.raises(PictureError, match="too large to be read safely"):
        default_loader(tmp_path / "x.png")


def test_reading_needs_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r'pip install "glassnet\[images\]"'):
        default_loader(tmp_path / "x.png")


def test_a_picture_that_is_not_there(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    with pytest.raises(FileNotFoundError):
        default_loader(tmp_path / "x.png")


# pictures of nothing ----------------------------------------------------------------------------------


def test_fake_data() -> None:
    dataset = FakeData(50, (3, 8, 6), 4, transforms.ToTensor())
    x, t = dataset[7]
    assert (len(dataset), x.shape, x.dtype) == (50, (3, 8, 6), glassnet.float32)
    assert {target for _, target in (dataset[i] for i in range(50))} == {0, 1, 2, 3}
    assert dataset[7][0].tolist() == x.tolist() == dataset[-43][0].tolist()
    assert dataset[8][0].tolist() != x.tolist()
    assert FakeData(50, (3, 8, 6), 4, transforms.ToTensor(), random_offset=-1)[7][0].tolist() != x.tolist()
    assert FakeData(5, (1, 2, 2), target_transform=str)[1][1] in map(str, range(10))
    batches = list(DataLoader(dataset, 20))
    assert [len(x) for x, _ in batches] == [20, 20, 10]
    assert batches[0][0][7].tolist() == x.tolist()
    assert batches[0][1][7].item() == t


@pytest.mark.parametrize(
    "arguments", [{"size": 0}, {"num_classes": 0}, {"image_size": (3, 4)}, {"image_size": (0, 2, 2)}]
)
def test_fake_data_of_what_cannot_be(arguments: Any) -> None:
    with pytest.raises(ValueError, match="FakeData: "):
        FakeData(**arguments)


def test_an_index_out_of_range() -> None:
    with pytest.raises(IndexError, match=r"from -5 to 4.*got 5"):
        FakeData(5)[5]


def test_a_dataset_must_say_what_its_pictures_are() -> None:
    from glassnet.vision.datasets.picture_dataset import Pictures

    with pytest.raises(NotImplementedError, match="must define picture"):
        Pictures()[0]
