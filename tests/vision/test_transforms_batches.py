"""Every transform: what it makes of a batch, and of each kind of picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.data import DataLoader, TensorDataset, Transformed
from glassnet.vision import transforms as T


def colours() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (5, 6, 3), dtype=np.uint8)


EVERY: dict[str, Callable[[], T.Transform]] = {  # of those that take every kind of picture
    "ConvertImageDtype": lambda: T.ConvertImageDtype(glassnet.float64),
    "Grayscale": lambda: T.Grayscale(3),
    "Resize": lambda: T.Resize((3, 7)),
    "Resize smaller side": lambda: T.Resize(4),
    "Resize nearest": lambda: T.Resize(9, T.InterpolationMode.NEAREST),
    "Resize to itself": lambda: T.Resize((5, 6)),
    "Pad": lambda: T.Pad((1, 2, 3, 0), 5),
    "Pad by nothing": lambda: T.Pad(0),
    "CenterCrop": lambda: T.CenterCrop((3, 8)),
    "RandomCrop": lambda: T.RandomCrop(4, padding=2),
    "RandomHorizontalFlip": T.RandomHorizontalFlip,
    "RandomVerticalFlip": T.RandomVerticalFlip,
    "RandomRotation": lambda: T.RandomRotation(180),
    "RandomRotation smooth": lambda: T.RandomRotation(180, T.InterpolationMode.BILINEAR, center=(1, 2), fill=9),
}
OF_BYTES: dict[str, Callable[[], T.Transform]] = {
    "ColorJitter": lambda: T.ColorJitter(0.5, 0.5, 0.5, 0.2),
    "RandomGrayscale": lambda: T.RandomGrayscale(0.5),
    "RandomInvert": T.RandomInvert,
    "RandomAutocontrast": T.RandomAutocontrast,
    "RandomEqualize": T.RandomEqualize,
    "RandomPosterize": lambda: T.RandomPosterize(2),
    "RandomSolarize": lambda: T.RandomSolarize(128),
    "RandomAdjustSharpness": lambda: T.RandomAdjustSharpness(2),
    "GaussianBlur": lambda: T.GaussianBlur(3),
    "RandomResizedCrop": lambda: T.RandomResizedCrop(4),
    "RandomErasing": T.RandomErasing,
    "RandomAffine": lambda: T.RandomAffine(20, (0.1, 0.2), (0.8, 1.2), (-5, 5, -5, 5)),
    "RandomPerspective": T.RandomPerspective,
    "ElasticTransform": lambda: T.ElasticTransform(sigma=2.0),
    "AutoAugment": T.AutoAugment,
    "RandAugment": T.RandAugment,
    "TrivialAugmentWide": T.TrivialAugmentWide,
    "AugMix": T.AugMix,
    "ToDtype": lambda: T.ToDtype(glassnet.float32),
    "LinearTransformation": lambda: T.LinearTransformation(glassnet.eye(90), glassnet.zeros(90)),
}
# Those that are of one picture alone, or no transforms.
ALONE = {"AutoAugmentPolicy", "FiveCrop", "InterpolationMode", "Lambda", "PILToTensor", "RandomApply", "RandomChoice",
         "RandomOrder", "TenCrop", "ToImage", "ToPILImage", "Transform"}  # fmt: skip
every = pytest.mark.parametrize("make", EVERY.values(), ids=EVERY)


def pictures(n: int = 8) -> Any:
    return glassnet.randint(0, 256, (n, 3, 5, 6), dtype=glassnet.uint8)


def grey() -> Any:
    return pictures()[:, 0]


def scaled() -> Any:
    return pictures() / 255


NORMALIZE = T.Normalize((0.1, 0.2, 0.3), (0.5, 0.6, 0.7))
BATCHED: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {  # those that take a batch, and of what
    **{name: (make, pictures) for name, make in EVERY.items()},
    **{f"{name} of float32": (make, scaled) for name, make in EVERY.items()},
    **{name: (make, pictures) for name, make in OF_BYTES.items()},
    "ToTensor": (T.ToTensor, grey),
    "Normalize": (lambda: NORMALIZE, scaled),
    "Compose": (lambda: T.Compose([T.ToTensor(), T.RandomCrop(4, 1), T.Normalize(0.5, 0.5)]), grey),
    "Compose of Compose": (lambda: T.Compose([T.Compose([]), T.Compose([T.RandomVerticalFlip(), NORMALIZE])]), scaled),
}


def test_no_transform_is_left_out() -> None:
    classes = {name for name in T.__all__ if isinstance(getattr(T, name), type)}
    assert classes - {name.partition(" ")[0] for name in BATCHED} == ALONE


@pytest.mark.parametrize(("make", "samples"), BATCHED.values(), ids=BATCHED)
def test_a_batch_is_its_pictures_each_as_if_alone(make: Any, samples: Any) -> None:
    transform, x = make(), samples()
    assert transform.batched
    glassnet.manual_seed(1)
    together = transform.batch(x)
    glassnet.manual_seed(1)
    alone = [transform(image) for image in x]
    np.testing.assert_array_equal(together.numpy(), [y.numpy() for y in alone])
    assert together.dtype == alone[0].dtype


@every
def test_several_pictures_in_a_tensor_are_a_batch(make: Any) -> None:
    transform, x = make(), pictures()
    glassnet.manual_seed(1)
    together = transform.batch(x)
    glassnet.manual_seed(1)
    np.testing.assert_array_equal(
        transform(x.view(2, 4, 3, 5, 6)).numpy(), together.view(2, 4, *together.shape[1:]).numpy()
    )


@every
def test_pictures_without_channels(make: Any) -> None:
    x = pictures()[:, 0]
    results = []
    for form in (make().batch(x)[0], make()(x[0]), make()(x[0].numpy())):
        glassnet.manual_seed(0)
        results.append(form.shape)
    if make is EVERY["Grayscale"]:
        assert [results[0], results[1], results[2]] == [(3, 5, 6), (3, 5, 6), (5, 6, 3)]
    else:
        assert len(set(results)) == 1
        assert len(results[0]) == 2


@every
def test_arrays_have_their_channels_last(make: Any) -> None:
    x = pictures(1)[0]
    glassnet.manual_seed(1)
    of_tensor = make()(x).numpy()
    glassnet.manual_seed(1)
    of_array = make()(x.numpy().transpose(1, 2, 0))
    assert isinstance(of_array, np.ndarray)
    np.testing.assert_array_equal(of_array, of_tensor.transpose(1, 2, 0))


@every
def test_the_given_picture_is_left_alone_and_not_given_back(make: Any) -> None:
    x = pictures(1)[0]
    before = x.tolist()
    y = make()(x)
    assert not np.shares_memory(y.numpy(), x.numpy())
    assert x.tolist() == before


@every
def test_pil_images(make: Any) -> None:
    image = pytest.importorskip("PIL.Image").fromarray(colours())
    if make is EVERY["ConvertImageDtype"]:
        return  # there are no PIL images of float64
    glassnet.manual_seed(1)
    y = make()(image)
    glassnet.manual_seed(1)
    assert y.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(y), make()(colours()))


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "P", "CMYK", "YCbCr", "HSV", "I", "F"])
def test_modes_of_pil_images(mode: str) -> None:
    image = pytest.importorskip("PIL.Image").fromarray(np.full((4, 6, 3), 200, np.uint8)).convert(mode)
    kept = T.CenterCrop(2)(image)
    assert kept.size == (2, 2)
    seen, before = (np.asarray(i.convert("RGB"))[0, 0].astype(int) for i in (kept, image))
    assert np.abs(seen - before).max() <= 1
    if mode in ("RGB", "P"):
        assert T.Grayscale()(image).mode == "L"


@pytest.mark.parametrize(
    ("mode", "channels", "most"), [("1", 1, 1), ("L", 1, 1), ("P", 3, 1), ("RGBA", 4, 1), ("I", 1, 255)]
)
def test_to_tensor_of_pil_images(mode: str, channels: int, most: float) -> None:
    pil = pytest.importorskip("PIL.Image")
    image = pil.fromarray(np.array([[0, 255, 255]], np.uint8)).convert(mode)
    x = T.ToTensor()(image)
    assert x.shape == (channels, 1, 3)
    assert x[0].tolist() == [[0, most, most]]


# through a loader -------------------------------------------------------------------------------------------


def test_transformed_gathers_and_transforms_a_batch_at_once() -> None:
    images = glassnet.randint(0, 256, (10, 5, 6), dtype=glassnet.uint8)
    transform = T.Compose([T.Resize(4), T.ToTensor(), T.Normalize([0.5], [0.5])])
    dataset = Transformed(TensorDataset(images, glassnet.arange(10)), transform)
    x, _ = next(iter(DataLoader(dataset, 10)))
    assert x.shape == (10, 1, 4, 4)
    np.testing.assert_array_equal(x.numpy(), [dataset[i][0].numpy() for i in range(10)])
