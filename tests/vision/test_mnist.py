"""MNIST and its like: where the files are looked for, what the samples are, and batches."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.data import DataLoader, Subset
from glassnet.vision import datasets, transforms
from glassnet.vision.datasets import FashionMNIST, IdxError, MissingDataError, data_folder, load_mnist_like
from tests.seeds.places import data
from tests.vision.idx_files import NAMES, idx_bytes, small, write_dataset

SEED = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Nothing is found or fetched but what a test has put there."""
    if "real" not in request.node.name:
        monkeypatch.delenv("GLASSNET_DATA", raising=False)

        def no_network(*_: Any) -> None:
            raise AssertionError("the network was touched")

        monkeypatch.setattr("glassnet.vision.datasets.mnist.download", no_network)


PLACES = ["MNIST/raw", "mnist", "."]


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("place", PLACES)
def test_the_files_are_found(place: str, packed: bool, tmp_path: Path) -> None:
    arrays = write_dataset(tmp_path / place, packed=packed)
    for train, images, labels in ((True, *arrays[:2]), (False, *arrays[2:])):
        dataset = datasets.MNIST(tmp_path, train=train, download=True)  # nothing is missing, so nothing is fetched
        assert dataset.train is train
        assert len(dataset) == len(images)
        np.testing.assert_array_equal(dataset.data.numpy(), images)
        np.testing.assert_array_equal(dataset.targets.numpy(), labels)
        assert (dataset.data.dtype, dataset.targets.dtype) == (glassnet.uint8, glassnet.int64)


def test_samples_are_a_picture_and_its_class(tmp_path: Path) -> None:
    images, labels, *_ = write_dataset(tmp_path)
    image, target = datasets.MNIST(tmp_path)[3]
    assert isinstance(image, np.ndarray)
    np.testing.assert_array_equal(image, images[3])
    assert (target, type(target)) == (labels[3], int)
    image, target = datasets.MNIST(tmp_path, True, SEED, lambda t: t + 100)[-1]
    assert (image.shape, image.dtype, target) == ((1, 28, 28), glassnet.float32, labels[-1] + 100)
    np.testing.assert_allclose(image.numpy()[0], images[-1] / 127.5 - 1, atol=1e-6)


def test_classes() -> None:
    assert datasets.MNIST.classes[7] == "7 - seven"
    assert FashionMNIST.classes[9] == "Ankle boot"
    assert datasets.KMNIST.classes[0] == "o"


def test_what_it_says_of_itself(tmp_path: Path) -> None:
    write_dataset(tmp_path)
    dataset = datasets.MNIST(tmp_path, False, SEED, transforms.Lambda(str))
    assert dataset.class_to_idx["3 - three"] == 3
    assert repr(dataset).splitlines() == [
        "Dataset MNIST",
        "    Number of datapoints: 10",
        f"    Root location: {tmp_path}",
        "    Split: Test",
        "    StandardTransform",
        "Transform: Compose(",
        "               ToTensor()",
        "               Normalize(mean=(0.5,), std=(0.5,))",
        "           )",
        "Target transform: Lambda()",
    ]
    assert "Transform" not in repr(datasets.MNIST(tmp_path))
    assert repr(datasets.FakeData(5)) == "Dataset FakeData\n    Number of datapoints: 5"


@pytest.mark.parametrize(
    ("before", "now"),
    [("train_data", "data"), ("test_data", "data"), ("train_labels", "targets"), ("test_labels", "targets")],
)
def test_names_of_long_ago(before: str, now: str, tmp_path: Path) -> None:
    write_dataset(tmp_path)
    dataset = datasets.MNIST(tmp_path, False)
    with pytest.warns(UserWarning, match=f"MNIST: {before} is now called {now}"):
        assert getattr(dataset, before) is getattr(dataset, now)


# batches ----------------------------------------------------------------------------------------------

TRANSFORMS = {
    "none": None,
    "the seed's": SEED,
    "of arrays": transforms.Resize(14),
    "one by one": transforms.Compose([transforms.ToTensor(), transforms.Lambda(lambda x: x.view(-1))]),
}


@pytest.mark.parametrize("targets", [None, transforms.Lambda(lambda t: t * 2)], ids=["plain targets", "doubled"])
@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
def test_a_batch_is_its_samples_collated(transform: Any, targets: Any, tmp_path: Path) -> None:
    write_dataset(tmp_path)
    dataset = datasets.MNIST(tmp_path, True, transform, targets)
    for of in (dataset, Subset(dataset, [4, 2, 19])):
        (x, t), *_ = DataLoader(of, 3)
        samples = [of[i] for i in range(3)]
        assert t.tolist() == [target for _, target in samples]
        assert t.dtype == glassnet.int64
        np.testing.assert_array_equal(x.numpy(), [np.asarray(image) for image, _ in samples])


def test_a_batch_is_transformed_by_one_call(tmp_path: Path) -> None:
    write_dataset(tmp_path)
    calls = []

    @glassnet.data.batched
    def counted(x: Any) -> Any:
        calls.append(x.shape)
        return x

    dataset = datasets.MNIST(tmp_path, transform=counted, target_transform=counted)
    assert len(list(DataLoader(dataset, 8, shuffle=True))) == 3
    assert calls == [(8, 28, 28), (8,), (8, 28, 28), (8,), (4, 28, 28), (4,)]


def test_a_subclass_that_makes_other_pictures_is_asked_for_each(tmp_path: Path) -> None:
    class Negative(datasets.MNIST):
        def picture(self, index: int) -> Any:
            image, target = super().picture(index)
            return 255 - image, target

    images, *_ = write_dataset(tmp_path)
    (x, _), *_ = DataLoader(Negative(tmp_path), 4)
    np.testing.assert_array_equal(x.numpy(), 255 - images[:4])


def test_changing_a_batch_or_a_sample_leaves_the_data_alone(tmp_path: Path) -> None:
    images, *_ = write_dataset(tmp_path)
    dataset = datasets.MNIST(tmp_path)
    image, _ = dataset[0]
    image[:] = 0
    for x, _ in DataLoader(dataset, 20):
        x.zero_()
    np.testing.assert_array_equal(dataset.data.numpy(), images)


@pytest.mark.parametrize("transform", [SEED, transforms.Lambda(lambda x: x)])
def test_an_index_out_of_range(transform: Any, tmp_path: Path) -> None:
    write_dataset(tmp_path)
    dataset = datasets.MNIST(tmp_path, transform=transform)
    for get in (lambda: dataset[20], lambda: dataset.batch_at(np.array([0, 20]))):
        with pytest.raises(IndexError, match="20"):
            get()


# what is missing or spoiled -----------------------------------------------------------------------------


def test_missing_files_are_named_with_every_place(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"train-images-idx3-ubyte\.gz and .*download=True") as raised:
        datasets.MNIST(tmp_path)
    assert all(str(tmp_path / place) in str(raised.value) for place in ("MNIST/raw", "mnist"))
    assert isinstance(raised.value, RuntimeError)


def spoil(tmp_path: Path, number: int, array: np.ndarray) -> None:
    write_dataset(tmp_path, packed=False)
    (tmp_path / NAMES[number]).write_bytes(idx_bytes(array))


@pytest.mark.parametrize(
    ("number", "array", "says"),
    [
        (0, np.zeros((20, 28, 27), np.uint8), r"pictures of 28 x 28 bytes, got uint8 \[20, 28, 27\]"),
        (0, np.zeros(20, np.uint8), r"got uint8 \[20\]"),
        (0, np.zeros((20, 28, 28), np.float32), "got float32"),
        (1, np.zeros(19, np.uint8), r"a byte for each of the 20 pictures of train-images-idx3-ubyte, got uint8 \[19\]"),
        (1, np.zeros(20, np.int32), "got int32"),
        (1, np.full(20, 10, np.uint8), "labels from 0 to 9, got 10"),
    ],
)
def test_files_that_do_not_fit(number: int, array: np.ndarray, says: str, tmp_path: Path) -> None:
    spoil(tmp_path, number, array)
    with pytest.raises(IdxError, match=says):
        datasets.MNIST(tmp_path)


def test_more_than_there_can_be_is_not_read(tmp_path: Path) -> None:
    write_dataset(tmp_path, packed=False)
    header = idx_bytes(np.zeros((0, 28, 28), np.uint8))[:4] + (400_000).to_bytes(4, "big") + bytes([0, 0, 0, 28] * 2)
    with open(tmp_path / NAMES[0], "wb") as file:
        file.write(header)
        file.truncate(16 + 400_000 * 784)  # a hole, which takes no room
    with pytest.raises(IdxError, match="the limit is 268,435,456"):
        datasets.MNIST(tmp_path)


def test_the_files_of_another_dataset_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_dataset(tmp_path)
    md5 = [hashlib.md5((tmp_path / f"{name}.gz").read_bytes()).hexdigest() for name in NAMES]
    resources = [(f"{name}.gz", m) for name, m in zip(NAMES, md5, strict=True)]
    monkeypatch.setattr(datasets.MNIST, "resources", resources)
    assert len(datasets.MNIST(tmp_path)) == 20
    monkeypatch.setattr(FashionMNIST, "resources", [(name, "0" * 32) for name, _ in resources])
    with pytest.raises(MissingDataError, match="FashionMNIST"):
        FashionMNIST(tmp_path)


# GLASSNET_DATA, the cache, and both halves at once ---------------------------------------------------------


def test_the_variable_names_a_folder_to_look_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_dataset(tmp_path / "here" / "mnist")
    monkeypatch.setenv("GLASSNET_DATA", str(tmp_path / "here"))
    assert len(datasets.MNIST(tmp_path / "elsewhere", download=True)) == 20
    assert len(datasets.MNIST()) == 20
    assert data_folder() == tmp_path / "here"
    assert len(load_mnist_like("mnist").test_images) == 10
    assert not (tmp_path / "elsewhere").exists()
    with pytest.raises(MissingDataError, match="or none, and they are downloaded"):  # the folder given, and no other
        load_mnist_like("mnist", tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "here")
    with pytest.raises(MissingDataError):  # nothing is downloaded where the variable is set
        load_mnist_like("mnist")


def test_both_halves(tmp_path: Path) -> None:
    arrays = write_dataset(tmp_path / "kmnist")
    loaded = load_mnist_like("kmnist", tmp_path)
    for ours, array in zip(loaded, arrays, strict=True):
        np.testing.assert_array_equal(ours, array)
    assert [a.dtype for a in loaded] == [np.uint8, np.int64] * 2
    with pytest.raises(ValueError, match="one of mnist, fashion-mnist, kmnist, got 'emnist'"):
        load_mnist_like("emnist")


def test_without_a_folder_missing_files_are_fetched_into_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    fetched: list[list[str]] = []

    def download(urls: list[str], target: Path, md5: str, progress: Any) -> None:
        fetched.append(urls)
        assert dict(datasets.MNIST.resources)[target.name] == md5
        assert progress == "told"
        images, labels = small(5)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(idx_bytes(images if "images" in target.name else labels))

    monkeypatch.setattr("glassnet.vision.datasets.mnist.download", download)
    loaded = load_mnist_like("mnist", progress="told")  # type: ignore[arg-type]
    assert loaded.train_images.shape == (5, 28, 28)
    assert [urls[0].rpartition("/")[2] for urls in fetched] == [f"{name}.gz" for name in NAMES]
    assert fetched[0][1].startswith("https://storage.googleapis.com/cvdf-datasets/mnist/")
    assert (tmp_path / "glassnet" / "MNIST" / "raw" / f"{NAMES[0]}.gz").exists()
    load_mnist_like("mnist", progress="told")  # type: ignore[arg-type]
    assert len(fetched) == 4
    assert datasets.MNIST().raw_folder == tmp_path / "glassnet" / "MNIST" / "raw"


# MNIST itself ----------------------------------------------------------------------------------------------


def test_the_real_files_have_the_published_checksums() -> None:
    folder = data("mnist")
    for name, md5 in datasets.MNIST.resources:
        assert hashlib.md5((folder / name).read_bytes()).hexdigest() == md5


def test_the_real_pictures() -> None:
    folder = data("mnist").parent
    loaded = load_mnist_like("mnist", folder)
    assert [a.shape for a in loaded] == [(60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,)]
    assert np.bincount(loaded.train_labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert loaded.train_images.mean() / 255 == pytest.approx(0.1307, abs=1e-4)  # as everybody normalises it
    assert loaded.train_images.std() / 255 == pytest.approx(0.3081, abs=1e-4)
    assert loaded.test_labels[:5].tolist() == [7, 2, 1, 0, 4]
    with pytest.raises(MissingDataError):
        load_mnist_like("fashion-mnist", folder / "mnist")  # the same names, other pictures
