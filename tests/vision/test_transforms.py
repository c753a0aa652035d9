"""Transforms: what they make of known pictures, of each kind of picture, and of a batch."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.data import DataLoader, Transformed, batched
from glassnet.vision import transforms as T
from glassnet.vision.transforms import v2

BYTES = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


def colours(height: int = 5, width: int = 6) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


# values ---------------------------------------------------------------------------------------------


def test_to_tensor_of_bytes() -> None:
    x = T.ToTensor()(BYTES)
    assert (x.shape, x.dtype) == ((1, 3, 4), glassnet.float32)
    np.testing.assert_array_equal(x.numpy(), (BYTES.astype(np.float32) / np.float32(255))[None])
    y = T.ToTensor()(colours())
    assert y.shape == (3, 5, 6)
    assert y.array.flags.c_contiguous
    np.testing.assert_array_equal(y.numpy(), colours().transpose(2, 0, 1) / np.float32(255))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.bool_])
def test_to_tensor_leaves_other_numbers_as_they_are(dtype: Any) -> None:
    array = np.array([[0, 1, 300], [4, 5, 6]], dtype)
    x = T.ToTensor()(array)
    assert x.dtype == dtype
    np.testing.assert_array_equal(x.numpy()[0], array)
    x[0, 0, 0] = 1
    assert array[0, 0] == 0


def test_to_tensor_follows_the_default_dtype() -> None:
    glassnet.set_default_dtype(glassnet.float64)
    try:
        assert T.ToTensor()(BYTES).dtype == glassnet.float64
    finally:
        glassnet.set_default_dtype(glassnet.float32)


def test_normalize() -> None:
    x = glassnet.rand(2, 3, 4, 5)
    mean, std = [0.1, 0.2, 0.3], (1.0, 2.0, 4.0)
    y = T.Normalize(mean, std)(x)
    for c in range(3):
        np.testing.assert_allclose(y.numpy()[:, c], (x.numpy()[:, c] - mean[c]) / std[c], rtol=1e-6)
    np.testing.assert_allclose(T.Normalize((0.5,), (0.5,))(x).numpy(), x.numpy() * 2 - 1, atol=1e-6)
    assert T.Normalize(0.5, 0.5)(x).tolist() == T.Normalize([0.5] * 3, [0.5] * 3)(x).tolist()


def test_normalize_in_place() -> None:
    x = glassnet.ones(1, 2, 2)
    assert T.Normalize([0.5], [0.25], inplace=True)(x) is x
    assert x.tolist() == [[[2, 2], [2, 2]]]


def test_normalize_can_be_differentiated() -> None:
    x = glassnet.ones(1, 2, 2).requires_grad_()
    T.Normalize([0.5], [0.25])(x).sum().backward()
    assert x.grad.tolist() == [[[4, 4], [4, 4]]]


@pytest.mark.parametrize(
    ("old", "new", "value", "expected"),
    [
        ("uint8", "float32", [0, 51, 255], [0, 0.2, 1]),
        ("float32", "uint8", [0, 0.2, 0.5, 1], [0, 51, 127, 255]),
        ("float16", "uint8", [0, 0.5, 1], [0, 127, 255]),
        ("float32", "float64", [0.25], [0.25]),
        ("uint8", "int32", [0, 1, 255], [0, 2**23, 255 * 2**23]),
        ("int32", "uint8", [0, 2**23, 2**31 - 1], [0, 1, 255]),
        ("uint8", "int8", [0, 2, 255], [0, 1, 127]),
        ("uint8", "uint8", [3], [3]),
        ("int8", "uint8", [0, 1, 127], [0, 2, 254]),
        ("bool", "float32", [True, False], [1, 0]),
        ("float64", "int32", [0, 1], [0, 2**31 - 1]),
    ],
)
def test_convert_image_dtype(old: str, new: str, value: list[Any], expected: list[Any]) -> None:
    y = T.ConvertImageDtype(getattr(glassnet, new))(glassnet.tensor([[value]], dtype=getattr(glassnet, old)))
    assert y.dtype == np.dtype(new)
    np.testing.assert_allclose(y.numpy()[0, 0], expected, rtol=1e-7)


def test_grayscale() -> None:
    x = glassnet.tensor([1.0, 0.5, 0.25]).view(3, 1, 1)
    assert T.Grayscale()(x).item() == pytest.approx(0.2989 + 0.587 / 2 + 0.114 / 4)
    assert T.Grayscale(3)(x).shape == (3, 1, 1)
    assert T.Grayscale(3)(BYTES).shape == (3, 4, 3)
    np.testing.assert_array_equal(T.Grayscale()(BYTES), BYTES)
    grey = T.Grayscale()(colours())
    assert (grey.shape, grey.dtype) == ((5, 6, 1), np.uint8)
    np.testing.assert_array_equal(grey[..., 0], (colours() @ np.float32([0.2989, 0.587, 0.114])).astype(np.uint8))


# places ---------------------------------------------------------------------------------------------


def test_flips() -> None:
    np.testing.assert_array_equal(T.RandomHorizontalFlip(1)(BYTES), BYTES[:, ::-1])
    np.testing.assert_array_equal(T.RandomVerticalFlip(1)(BYTES), BYTES[::-1])
    np.testing.assert_array_equal(T.RandomVerticalFlip(0)(BYTES), BYTES)


def test_pictures_of_a_batch_are_flipped_one_by_one() -> None:
    x = glassnet.arange(12).view(1, 1, 3, 4).repeat(400, 1, 1, 1)
    y = T.RandomHorizontalFlip(0.25)(x).numpy()
    flipped = (y[:, 0, 0, 0] == 3).sum()
    assert 70 <= flipped <= 130
    assert (y[:, 0, 0, 0] == 0).sum() == 400 - flipped


@pytest.mark.parametrize(
    ("padding", "shape"), [(1, (5, 6)), ([1], (5, 6)), ((1, 2), (7, 6)), ((1, 2, 3, 4), (9, 8)), (0, (3, 4))]
)
def test_pad(padding: Any, shape: tuple[int, int]) -> None:
    y = T.Pad(padding, fill=7)(BYTES)
    assert y.shape == shape
    left, top = (padding, padding) if isinstance(padding, int) else (padding * 2)[:2]
    np.testing.assert_array_equal(y[top : top + 3, left : left + 4], BYTES)
    assert (y == 7).sum() == y.size - 12


@pytest.mark.parametrize(
    ("mode", "row"),
    [
        ("edge", [0, 0, 0, 20, 40, 40, 40]),
        ("reflect", [40, 20, 0, 20, 40, 20, 0]),
        ("symmetric", [20, 0, 0, 20, 40, 40, 20]),
    ],
)
def test_padding_modes(mode: str, row: list[int]) -> None:
    assert T.Pad((2, 0), padding_mode=mode)(BYTES[:1, :3])[0].tolist() == row


def test_center_crop() -> None:
    x = np.arange(30).reshape(5, 6)
    np.testing.assert_array_equal(T.CenterCrop((3, 2))(x), x[1:4, 2:4])
    np.testing.assert_array_equal(T.CenterCrop(4)(x), x[0:4, 1:5])  # round(0.5) is 0, as in torchvision
    wide = T.CenterCrop((3, 9))(x)
    np.testing.assert_array_equal(wide, np.pad(x, ((0, 0), (1, 2)))[1:4])


def test_random_crop_takes_every_place() -> None:
    x = np.arange(20).reshape(4, 5)
    crop = T.RandomCrop((3, 3))
    seen = {int(crop(x)[0, 0]) for _ in range(200)}
    assert seen == {0, 1, 2, 5, 6, 7}
    batch = crop(glassnet.tensor(x)[None, None].repeat(200, 1, 1, 1))
    assert batch.shape == (200, 1, 3, 3)
    assert set(batch[:, 0, 0, 0].tolist()) == seen
    assert all(part.tolist() == x[i // 5 : i // 5 + 3, i % 5 : i % 5 + 3].tolist() for part, i in
               zip(batch[:, 0], batch[:, 0, 0, 0].tolist(), strict=True))  # fmt: skip


def test_random_crop_with_a_border() -> None:
    x = np.ones((2, 2), np.uint8)
    assert T.RandomCrop(6, padding=2)(x).sum() == 4
    assert T.RandomCrop((4, 2), pad_if_needed=True, fill=9)(x).shape == (4, 2)
    assert T.RandomCrop(2)(x).tolist() == x.tolist()
    crops = {tuple(T.RandomCrop(2, padding=1, padding_mode="edge")(BYTES[:2, :2]).ravel().tolist()) for _ in range(99)}
    assert len(crops) == 9


# one after another ------------------------------------------------------------------------------------


def test_compose() -> None:
    both = T.Compose([T.ToTensor(), T.Normalize((0.5,), (0.5,)), T.Lambda(lambda x: x.view(-1)), lambda x: x + 1])
    np.testing.assert_allclose(both(BYTES).numpy(), BYTES.ravel() / 255 * 2, rtol=1e-5)
    assert not both.batched
    assert T.Compose(both.transforms[:2]).batched
    assert not T.Lambda(lambda x: x).batched


def test_a_function_declared_as_batched_is_part_of_a_batch() -> None:
    calls = []

    @batched
    def doubled(x: Any) -> Any:
        calls.append(x.shape)
        return x * 2

    both = T.Compose([T.ToTensor(), doubled])
    assert both.batched
    images = np.stack([BYTES, BYTES + 1])
    together = both.batch(glassnet.tensor(images))
    assert calls == [(2, 1, 3, 4)]
    assert both(BYTES).tolist() == together[0].tolist()
    assert calls[1:] == [(1, 1, 3, 4)]


def test_a_subclass_that_changes_single_pictures_alone_is_not_given_batches() -> None:
    class Odd(T.RandomCrop):
        def __call__(self, image: Any) -> Any:
            return super().__call__(image) + 100

    images = glassnet.zeros(4, 1, 3, 3)
    (x,) = DataLoader(Transformed(images, Odd(2)), 4)
    assert x.tolist() == glassnet.full((4, 1, 2, 2), 100.0).tolist()


def test_how_they_are_written() -> None:
    assert repr(T.Compose([T.ToTensor(), T.Normalize((0.5,), (0.5,)), T.Lambda(len)])) == (
        "Compose(\n    ToTensor()\n    Normalize(mean=(0.5,), std=(0.5,))\n    Lambda()\n)"
    )
    assert repr(T.RandomHorizontalFlip()) == "RandomHorizontalFlip(p=0.5)"
    assert repr(T.CenterCrop(4)) == "CenterCrop(size=(4, 4))"
    assert repr(T.Resize(4)) == "Resize(size=4, interpolation=bilinear, max_size=None, antialias=True)"


def test_they_are_modules() -> None:
    """As torchvision's, so that some may be put together by nn.Sequential, or have a hook."""
    picture = glassnet.ones(1, 5, 5, dtype=glassnet.uint8) * 255
    net = nn.Sequential(T.CenterCrop(3), T.ConvertImageDtype(glassnet.float32), v2.Normalize([0.5], [0.5]))
    assert net(picture).tolist() == glassnet.ones(1, 3, 3).tolist()
    assert str(net).splitlines()[1:3] == ["  (0): CenterCrop(size=(3, 3))", "  (1): ConvertImageDtype()"]
    every = [T.RandomResizedCrop(2), T.FiveCrop(2), T.RandomErasing(), T.AutoAugment(), T.RandomApply([])]
    every += [v2.Compose([]), v2.RandomOrder([]), v2.MixUp(num_classes=2), v2.ToImage(), v2.PILToTensor()]
    for module in (*net, *every):
        assert isinstance(module, nn.Module)
        assert module.training
        assert not module.eval().training
        assert not [*module.children(), *module.parameters()]
        assert repr(copy.deepcopy(module)) == repr(module)
    assert not any(isinstance(each, nn.Module) for each in (T.Compose([]), T.Lambda(len), T.ToPILImage()))


def test_a_module_with_a_forward_of_its_own_is_not_given_batches() -> None:
    class Twice(T.Pad):
        def forward(self, image: Any) -> Any:
            return super().forward(super().forward(image))

    assert Transformed(glassnet.zeros(2, 1, 4, 4), Twice(1)).batch_at([0, 1]).shape == (2, 1, 8, 8)


def test_how_transforms_of_samples_are_written() -> None:
    made = v2.Compose([v2.ToImage(), v2.Resize(4), v2.ColorJitter(0.5), v2.ToDtype(glassnet.float32, scale=True)])
    assert repr(made).splitlines() == [
        "Compose(",
        "      ToImage()",
        "      Resize(size=[4], interpolation=bilinear, antialias=True)",
        "      ColorJitter(brightness=(0.5, 1.5))",
        "      ToDtype(scale=True)",
        ")",
    ]
    assert repr(v2.RandomHorizontalFlip()) == "RandomHorizontalFlip(p=0.5)"


def test_a_transform_of_ones_own() -> None:
    class Negative(T.Transform):
        def changed(self, pixels: np.ndarray) -> np.ndarray:
            return 255 - pixels

    np.testing.assert_array_equal(Negative()(BYTES), 255 - BYTES)
    assert Negative().batch(glassnet.ones(8, 3, 5, 6)).shape == (8, 3, 5, 6)
    with pytest.raises(NotImplementedError, match="must define changed"):
        T.Transform()(BYTES)
