"""Transforms that change colours, move and distort: torchvision's numbers, and what is drawn at random."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.errors import ShapeError
from glassnet.vision import transforms as T
from glassnet.vision.transforms import functional as TF

BYTES = np.random.default_rng(0).integers(0, 256, (3, 11, 13), np.uint8)

# The function and its arguments, and the CRC-32 of the bytes that torchvision 0.28 makes of `BYTES`.
CASES: list[tuple[tuple[Any, ...], int]] = [
    (("adjust_brightness", 0.5), 347673002),
    (("adjust_brightness", 1.7), 2640054864),
    (("adjust_contrast", 0.5), 281795943),
    (("adjust_contrast", 1.7), 1522314442),
    (("adjust_saturation", 0.3), 489532528),
    (("adjust_saturation", 2.0), 207035122),
    (("adjust_hue", -0.4), 1596210677),
    (("adjust_hue", 0.2), 4077324007),
    (("adjust_gamma", 0.5), 642403796),
    (("adjust_gamma", 2.0, 1.5), 3019102923),
    (("adjust_sharpness", 0.0), 3276300190),
    (("adjust_sharpness", 2.5), 133990842),
    (("invert",), 2963753127),
    (("solarize", 100), 1416476156),
    (("posterize", 3), 284621622),
    (("autocontrast",), 2370200935),
    (("equalize",), 281011105),
    (("rgb_to_grayscale",), 229175248),
    (("gaussian_blur", [3, 5], [0.7, 1.2]), 2850393081),
    (("gaussian_blur", 3), 665079336),
    (("hflip",), 3650862927),
    (("vflip",), 3231606321),
    (("crop", -1, 2, 8, 20), 662125016),
    (("center_crop", [5, 20]), 1881516699),
    (("five_crop", 4), 1981516168),
    (("ten_crop", [4, 3], True), 3711500121),
    (("resized_crop", 1, 2, 5, 6, [4, 4]), 2160345480),
    (("affine", 30, [2, -1], 1.2, [10, 5]), 1051054667),
    (("affine", -70, [0, 0], 0.6, [-20, 0]), 1692870384),
    (("rotate", 40), 1573911777),
    (("perspective", [[0, 0], [12, 0], [12, 10], [0, 10]], [[2, 1], [10, 2], [11, 9], [1, 8]]), 2422896277),
]


@pytest.mark.parametrize(("call", "expected"), CASES, ids=lambda value: str(value)[:40])
def test_bytes_are_torchvision_s(call: Any, expected: int) -> None:
    name, *arguments = call
    found = getattr(TF, name)(glassnet.from_numpy(BYTES), *arguments)
    parts = found if isinstance(found, tuple) else (found,)
    assert zlib.crc32(b"".join(part.numpy().tobytes() for part in parts)) == expected


@pytest.mark.parametrize(
    ("size", "antialias", "expected"),
    [
        ((5, 6), True, 98510882),
        ((5, 6), False, 1517745512),
        ((20, 31), True, 2475075314),
        ((20, 31), False, 2617699221),
    ],
)
def test_a_smooth_curve_is_torchvision_s(size: Any, antialias: bool, expected: int) -> None:
    x = T.Resize(size, T.InterpolationMode.BICUBIC, antialias=antialias)(glassnet.from_numpy(BYTES))
    assert zlib.crc32(x.numpy().tobytes()) == expected
    with pytest.raises(ValueError, match="nearest or bilinear, got bicubic"):
        T.RandomRotation(3, T.InterpolationMode.BICUBIC)


SMOOTH = ("adjust_brightness", "adjust_contrast", "adjust_saturation", "adjust_hue", "adjust_sharpness", "autocontrast",
          "gaussian_blur", "invert", "adjust_gamma")  # fmt: skip


@pytest.mark.parametrize("call", [call for call, _ in CASES if call[0] in SMOOTH], ids=str)
def test_floating_pictures_change_as_bytes_do(call: Any) -> None:
    name, *arguments = call
    of_bytes = getattr(TF, name)(glassnet.from_numpy(BYTES), *arguments).numpy() / 255
    of_shares = getattr(TF, name)(glassnet.from_numpy(BYTES.astype(np.float32) / 255), *arguments).numpy()
    assert np.abs(of_bytes - of_shares).max() < 0.02


def test_functions_take_every_kind_of_picture() -> None:
    image = pytest.importorskip("PIL.Image")
    array = BYTES.transpose(1, 2, 0)
    expected = TF.adjust_hue(glassnet.from_numpy(BYTES), 0.1).numpy()
    assert (TF.adjust_hue(array, 0.1).transpose(2, 0, 1) == expected).all()
    assert (np.asarray(TF.adjust_hue(image.fromarray(array), 0.1)).transpose(2, 0, 1) == expected).all()
    assert TF.get_dimensions(array) == [3, 11, 13]
    assert TF.get_image_size(array) == [13, 11]
    assert TF.get_image_num_channels(array) == 3


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA"])
def test_to_pil_and_back(mode: str) -> None:
    pytest.importorskip("PIL.Image")
    channels = len(mode)
    x = glassnet.randint(0, 256, (channels, 4, 5)).to(glassnet.uint8)
    picture = T.ToPILImage()(x)
    assert (picture.mode, picture.size) == (mode, (5, 4))
    assert (T.PILToTensor()(picture) == x).all()
    assert (T.ToTensor()(T.ToPILImage()(x.float() / 255)) * 255 - x).abs().max().item() <= 1.01
    assert T.ToPILImage(mode="L")(x[:1]).mode == "L"
    with pytest.raises(ShapeError, match="1 to 4 channels"):
        T.ToPILImage()(glassnet.zeros(5, 2, 2))
    for bad in (T.ToPILImage(), T.PILToTensor()):
        with pytest.raises(TypeError, match="expected a"):
            bad("x")


RANDOM: dict[str, Any] = {
    "ColorJitter": lambda: T.ColorJitter(0.5, 0.5, 0.5, 0.2), "RandomGrayscale": lambda: T.RandomGrayscale(0.5),
    "RandomInvert": T.RandomInvert, "RandomAutocontrast": T.RandomAutocontrast, "RandomEqualize": T.RandomEqualize,
    "RandomPosterize": lambda: T.RandomPosterize(2), "RandomSolarize": lambda: T.RandomSolarize(128),
    "RandomAdjustSharpness": lambda: T.RandomAdjustSharpness(2), "GaussianBlur": lambda: T.GaussianBlur(3),
    "RandomResizedCrop": lambda: T.RandomResizedCrop(8), "RandomErasing": T.RandomErasing,
    "RandomAffine": lambda: T.RandomAffine(20, (0.1, 0.2), (0.8, 1.2), (-5, 5, -5, 5)),
    "RandomPerspective": T.RandomPerspective, "ElasticTransform": lambda: T.ElasticTransform(sigma=2.0),
    "AutoAugment": T.AutoAugment, "CIFAR10": lambda: T.AutoAugment(T.AutoAugmentPolicy.CIFAR10),
    "SVHN": lambda: T.AutoAugment(T.AutoAugmentPolicy.SVHN), "RandAugment": T.RandAugment,
    "TrivialAugmentWide": T.TrivialAugmentWide, "AugMix": T.AugMix,
}  # fmt: skip


@pytest.mark.parametrize("name", RANDOM)
def test_each_picture_of_a_batch_gets_a_draw_of_its_own(name: str) -> None:
    transform = RANDOM[name]()
    picture = np.tile(BYTES, (1, 2, 2))  # of enough pixels to be equalized
    batch = glassnet.from_numpy(np.stack([picture] * 12))
    glassnet.manual_seed(1)
    changed = transform.batch(batch)
    assert changed.dtype == glassnet.uint8
    assert (batch.numpy() == picture).all()
    assert len({each.numpy().tobytes() for each in changed}) > 1
    glassnet.manual_seed(1)
    assert (transform.batch(batch) == changed).all()
    assert name == "CIFAR10" or name == "SVHN" or repr(transform).startswith(type(transform).__name__)


SHOWN = {
    "Pad((1, 2), fill=1)": "Pad(padding=(1, 2), fill=1, padding_mode=constant)",
    "RandomCrop(32, padding=4)": "RandomCrop(size=(32, 32), padding=4)",
    "RandomResizedCrop(22)": "RandomResizedCrop(size=(22, 22), scale=(0.08, 1.0), ratio=(0.75, 1.3333), "
    "interpolation=bilinear, antialias=True)",
    "ColorJitter(0.2, hue=0.1)": "ColorJitter(brightness=(0.8, 1.2), contrast=None, saturation=None, hue=(-0.1, 0.1))",
    "RandomRotation(10)": "RandomRotation(degrees=[-10.0, 10.0], interpolation=nearest, expand=False, fill=0)",
    "RandomAffine(10)": "RandomAffine(degrees=[-10.0, 10.0])",
    "RandomAffine(10, shear=5, fill=3)": "RandomAffine(degrees=[-10.0, 10.0], shear=[-5.0, 5.0], fill=3)",
    "RandomPerspective()": "RandomPerspective(p=0.5)",
    "RandomErasing(value='random')": "RandomErasing(p=0.5, scale=(0.02, 0.33), ratio=(0.3, 3.3), value=random, "
    "inplace=False)",
    "GaussianBlur(3)": "GaussianBlur(kernel_size=(3, 3), sigma=(0.1, 2.0))",
    "ElasticTransform()": "ElasticTransform(alpha=[50.0, 50.0], sigma=[5.0, 5.0], "
    "interpolation=InterpolationMode.BILINEAR, fill=[0.0])",
    "RandAugment()": "RandAugment(num_ops=2, magnitude=9, num_magnitude_bins=31, "
    "interpolation=InterpolationMode.NEAREST, fill=None)",
    "AutoAugment()": "AutoAugment(policy=AutoAugmentPolicy.IMAGENET, fill=None)",
    "ConvertImageDtype(glassnet.float32)": "ConvertImageDtype()",
    "ToPILImage()": "ToPILImage()",
    "ToPILImage('L')": "ToPILImage(mode=L)",
    "RandomApply([ToTensor()], p=0.3)": "RandomApply(\n    p=0.3\n    ToTensor()\n)",
    "RandomChoice([ToTensor()])": "RandomChoice(\n    ToTensor()\n)(p=None)",
}


@pytest.mark.parametrize("made", SHOWN)
def test_transforms_print_as_torchvision_s_do(made: str) -> None:
    assert repr(eval(made, {**vars(T), "glassnet": glassnet})) == SHOWN[made]


def test_jitter_stays_within_its_range() -> None:
    grey = np.full((1, 1), 100, np.uint8)
    values = {int(T.ColorJitter(brightness=0.5)(grey)[0, 0]) for _ in range(60)}
    assert min(values) >= 50
    assert max(values) <= 150
    assert len(values) > 20
    assert (T.ColorJitter()(BYTES.transpose(1, 2, 0)) == BYTES.transpose(1, 2, 0)).all()


def test_a_resized_crop_is_a_part_of_the_picture() -> None:
    ramp = glassnet.arange(64.0).reshape(1, 8, 8)
    for _ in range(20):
        part = T.RandomResizedCrop(4, scale=(0.25, 0.25), ratio=(1, 1))(ramp)[0]
        assert (part[:, 1:] - part[:, :-1] == 1).all()  # 4 × 4 of 8 × 8: nothing is resized
        assert (part[1:] - part[:-1] == 8).all()
    tall = T.RandomResizedCrop((2, 6), scale=(5, 5), ratio=(9, 9))  # none fits: the middle
    assert tall(ramp).shape == (1, 2, 6)


def test_erasing_leaves_the_rest() -> None:
    x = glassnet.ones(2, 20, 20)
    areas = [int((T.RandomErasing(1.0, value=(2.0, 3.0))(x)[0] == 2).sum().item()) for _ in range(20)]
    assert min(areas) >= 0.01 * 400
    assert max(areas) <= 0.4 * 400
    noisy = T.RandomErasing(1.0, value="random")(x)
    assert len(set(noisy.reshape(-1).tolist())) > 5
    erased = TF.erase(x, 1, 2, 3, 4, 0.0)
    assert (erased == 0).sum().item() == 2 * 12
    assert (x == 1).all()


def test_choices() -> None:
    def times(number: int) -> Any:
        return lambda x: x * number

    one = glassnet.ones(1)
    assert {T.RandomApply([times(2)], p=0.5)(one).item() for _ in range(30)} == {1, 2}
    assert {T.RandomChoice([times(2), times(3)])(one).item() for _ in range(30)} == {2, 3}
    assert {T.RandomChoice([times(2), times(3)], p=[0, 1])(one).item() for _ in range(30)} == {3}
    orders = {T.RandomOrder([times(2), lambda x: x + 1])(one).item() for _ in range(30)}
    assert orders == {3, 4}
    assert repr(T.RandomApply([T.Pad(1)])).splitlines()[0] == "RandomApply("


def test_whitening() -> None:
    x = glassnet.rand(3, 2, 2)
    same = T.LinearTransformation(glassnet.eye(12), glassnet.zeros(12))(x)
    np.testing.assert_allclose(same.numpy(), x.numpy(), rtol=1e-6)
    with pytest.raises(ShapeError, match="pictures of 12 numbers"):
        T.LinearTransformation(glassnet.eye(12), glassnet.zeros(12))(glassnet.rand(1, 2, 2))
    with pytest.raises(ShapeError, match=r"a matrix \[n, n\] and a mean \[n\]"):
        T.LinearTransformation(glassnet.eye(3), glassnet.zeros(2))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: T.ColorJitter(-1), "brightness as a number of 0 or more"),
        (lambda: T.ColorJitter(hue=0.6), "hue as a number"),
        (lambda: T.ColorJitter((2, 1)), "brightness"),
        (lambda: T.RandomInvert(2), "p must be a probability"),
        (lambda: T.GaussianBlur(2), "kernel_size must be odd"),
        (lambda: T.GaussianBlur(3, 0), "sigma must be above 0"),
        (lambda: T.RandomResizedCrop(3, scale=(2, 1)), r"scale must be \(least, most\)"),
        (lambda: T.RandomAffine(5, translate=(2, 0)), "translate must be two shares"),
        (lambda: T.RandomAffine(5, scale=(0, 1)), "scale must be"),
        (lambda: T.RandomAffine((5, 1)), "degrees must be"),
        (lambda: T.RandomPerspective(2), "distortion_scale must be from 0 to 1"),
        (lambda: T.ElasticTransform((1, 2, 3)), "alpha and sigma"),
        (lambda: T.RandomErasing(scale=(1, 0)), "scale and ratio"),
        (lambda: T.RandomErasing(value="x"), 'or "random"'),
        (lambda: T.RandomErasing(1.0, value=(1, 2))(glassnet.ones(3, 9, 9)), "one for each of 3 channels"),
        (lambda: T.RandAugment(magnitude=40), "magnitude must be from 0 to 30"),
        (lambda: T.AugMix(severity=0), "severity must be from 1 to 10"),
        (lambda: T.FiveCrop(9)(glassnet.ones(1, 4, 4)), "larger than the picture"),
        (lambda: T.RandomChoice([abs], p=[1, 2]), "a p for each of 1"),
        (lambda: TF.adjust_hue(BYTES, 0.7), "from -0.5 to 0.5"),
        (lambda: TF.adjust_contrast(BYTES, -1), "contrast_factor must be 0 or more"),
        (lambda: TF.adjust_gamma(BYTES, -1), "gamma of 0 or more"),
        (lambda: TF.affine(BYTES, 0, (0, 0), 0, 0), "scale must be above 0"),
        (lambda: TF.gaussian_blur(BYTES, 4), "kernel_size must be odd"),
        (lambda: TF.adjust_hue(glassnet.ones(2, 4, 4), 0.1), "1 or 3 channels, got 2"),
    ],
)
def test_what_is_refused_is_named(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("name", ["posterize", "equalize"])
def test_what_is_for_bytes_alone_says_so(name: str) -> None:
    with pytest.raises(TypeError, match=f"{name}: expected bytes, got float32"):
        getattr(TF, name)(glassnet.ones(1, 2, 2), *([2] if name == "posterize" else []))


def test_grey_pictures_have_no_hue() -> None:
    grey = glassnet.from_numpy(BYTES[:1])
    assert (TF.adjust_hue(grey, 0.3) == grey).all()
    assert (TF.adjust_saturation(grey, 0.3) == grey).all()
    assert (TF.adjust_sharpness(grey[:, :2], 3) == grey[:, :2]).all()


def test_newer_transforms() -> None:
    to_inputs = T.Compose([T.ToImage(), T.ToDtype(glassnet.float32, scale=True)])
    x = to_inputs(BYTES.transpose(1, 2, 0))
    np.testing.assert_allclose(x.numpy(), BYTES / 255, rtol=1e-6)
    assert T.ToImage()(x) is x
    assert T.ToDtype(glassnet.float32)(glassnet.from_numpy(BYTES)).max().item() == BYTES.max()
