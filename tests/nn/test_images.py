"""Layers of images: other sizes, and numbers moved between channels and places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn


def numbers(*shape: int) -> glassnet.Tensor:
    return glassnet.tensor(np.random.default_rng(0).standard_normal(shape))


def compare(ours: Callable[..., Any], theirs: Callable[..., Any], *arrays: np.ndarray) -> None:
    """Values within 1e-10 and gradients within 1e-8 of PyTorch's."""
    torch = pytest.importorskip("torch")
    a = [glassnet.tensor(x, requires_grad=x.dtype.kind == "f") for x in arrays]
    b = [torch.tensor(x, requires_grad=x.dtype.kind == "f") for x in arrays]
    found, expected = ours(*a), theirs(*b)
    assert found.shape == tuple(expected.shape)
    np.testing.assert_allclose(found.detach().numpy(), expected.detach().numpy(), rtol=1e-10, atol=1e-10)
    if not expected.requires_grad:
        return
    g = np.random.default_rng(1).standard_normal(found.shape)
    found.backward(glassnet.tensor(g))
    expected.backward(torch.tensor(g))
    for x, y in zip(a, b, strict=True):
        if y.requires_grad:
            np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-8, atol=1e-8)


# interpolation ----------------------------------------------------------------------------------------

MODES = {
    3: ("nearest", "nearest-exact", "linear", "area"),
    4: ("nearest", "nearest-exact", "bilinear", "bicubic", "area"),
    5: ("nearest", "nearest-exact", "trilinear", "area"),
}
SIZES: list[dict[str, Any]] = [
    *({"size": n} for n in (1, 3, 5, 8, 14)),
    *({"scale_factor": s} for s in (0.5, 0.9, 1.3, 2.0, 2.7)),
    {"scale_factor": 1.3, "recompute_scale_factor": True},
]


@pytest.mark.parity
@pytest.mark.parametrize(("ndim", "mode"), [(n, mode) for n, modes in MODES.items() for mode in modes])
def test_interpolate_is_pytorchs(ndim: int, mode: str) -> None:
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).standard_normal((2, 1, 7, 5, 6)[:ndim])
    kernel = "linear" in mode or mode == "bicubic"
    for size in SIZES:
        for align_corners in (None, False, True) if kernel else (None,):
            for antialias in (False, True) if kernel and ndim == 4 else (False,):
                options = {**size, "mode": mode, "align_corners": align_corners, "antialias": antialias}
                compare(
                    lambda x, options=options: F.interpolate(x, **options),
                    lambda x, options=options: torch.nn.functional.interpolate(x, **options),
                    x,
                )


PICTURES = {  # of uint8, as PyTorch 2.13 has them
    ("bilinear", False): [0, 6, 7, 3, 4, 5, 4, 2, 7, 3, 1, 1],
    ("bicubic", False): [0, 7, 10, 2, 4, 5, 5, 2, 8, 3, 0, 1],
    ("bicubic", True): [0, 7, 8, 3, 4, 5, 5, 2, 7, 3, 1, 1],
}


@pytest.mark.parametrize(("mode", "antialias"), PICTURES)
def test_a_picture_in_bytes_stays_one(mode: str, antialias: bool) -> None:
    x = glassnet.tensor([[[[0, 10, 3], [7, 1, 1]]]], dtype=glassnet.uint8)
    result = F.interpolate(x, (3, 4), mode=mode, antialias=antialias)
    assert result.dtype == glassnet.uint8
    assert result.flatten().tolist() == PICTURES[mode, antialias]


def test_nearest_is_of_any_dtype_and_keeps_what_is_not_finite() -> None:
    x = glassnet.tensor([[[1, 2, 3]]])
    assert F.interpolate(x, 5).tolist() == [[[1, 1, 2, 2, 3]]]
    wild = glassnet.tensor([[[float("nan"), 1.0, float("inf")]]])
    np.testing.assert_array_equal(F.interpolate(wild, 6).numpy(), [[[np.nan, np.nan, 1, 1, np.inf, np.inf]]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: F.interpolate(x), ValueError, "either size or scale_factor, got neither"),
        (lambda x: F.interpolate(x, 3, 2), ValueError, "either size or scale_factor, got both"),
        (
            lambda x: F.interpolate(x, 3, recompute_scale_factor=True),
            ValueError,
            "recompute_scale_factor is of a scale",
        ),
        (lambda x: F.interpolate(x, (3, 4, 5)), RuntimeError, r"size as one number or 2.*got \(3, 4, 5\)"),
        (lambda x: F.interpolate(x, 2.5), TypeError, "size as a whole number.*got float: 2.5"),
        (lambda x: F.interpolate(x, scale_factor=(2, 3, 4)), ValueError, r"scale_factor as one number or 2"),
        (lambda x: F.interpolate(x, scale_factor=-1), ValueError, "scale_factor above 0, got -1"),
        (
            lambda x: F.interpolate(x, scale_factor=0.1),
            RuntimeError,
            r"\[4, 5\] with scale_factor=0.1 makes that \[0, 0",
        ),
        (lambda x: F.interpolate(x, 0), RuntimeError, r"\[4, 5\] with it would be \[0, 0\]"),
        (lambda x: F.interpolate(x, 3, mode="linear"), NotImplementedError, '3 dimensions, got .*mode="bilinear"'),
        (lambda x: F.interpolate(x[0], 3, mode="bilinear"), NotImplementedError, '4 dimensions, got .*mode="linear"'),
        (lambda x: F.interpolate(x[0, 0], 3), NotImplementedError, r"\[N, C, L\].*got \[4, 5\]"),
        (lambda x: F.interpolate(x, 3, mode="cubic"), NotImplementedError, "\"bicubic\".*got 'cubic'"),
        (lambda x: F.interpolate(x, 3, align_corners=True), ValueError, 'align_corners has no meaning for mode "near'),
        (lambda x: F.interpolate(x, 3, antialias=True), ValueError, 'antialias is for .*got mode="nearest"'),
        (lambda x: F.interpolate(x.long(), 3, mode="bilinear"), RuntimeError, r"floating .*got int64; .*x\.float\(\)"),
        (lambda x: nn.Upsample(3)(x[:, :, :0]), RuntimeError, r"^in Upsample.*at least 1 element .*got \[2, 4, 0, 5\]"),
        (lambda x: F.pixel_shuffle(x, 3), RuntimeError, "divisible by upscale_factor² = 3² = 9, got 4"),
        (lambda x: F.pixel_shuffle(x, -1), RuntimeError, "upscale_factor of 1 or more, got -1"),
        (lambda x: F.pixel_shuffle(x, 2.0), TypeError, "upscale_factor as a whole number, got float"),
        (lambda x: F.pixel_shuffle(x[0, 0], 2), RuntimeError, r"\[..., C, H, W\], got \[4, 5\]"),
        (lambda x: F.pixel_unshuffle(x, 2), RuntimeError, "a width divisible by downscale_factor = 2, got 5"),
        (lambda x: nn.ChannelShuffle(3)(x), RuntimeError, "in ChannelShuffle.*divisible by groups = 3, got 4"),
        (lambda x: F.channel_shuffle(x[0, 0], 3), RuntimeError, r"\[N, C, ...\], got \[4, 5\]"),
        (lambda _: nn.PixelShuffle(0), ValueError, "PixelShuffle: expected upscale_factor of 1 or more, got 0"),
        (lambda _: nn.ChannelShuffle("2"), TypeError, "groups as a whole number, got str"),
    ],
)
def test_what_cannot_be_says_why(call: Callable[..., Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(numbers(2, 4, 4, 5))


def test_upsampling_layers() -> None:
    x = numbers(1, 2, 3, 4)
    assert nn.UpsamplingNearest2d(6)(x).shape == (1, 2, 6, 6)
    doubled = nn.UpsamplingNearest2d(scale_factor=2)(x)
    np.testing.assert_array_equal(doubled.numpy(), x.numpy().repeat(2, 2).repeat(2, 3))
    corners = nn.UpsamplingBilinear2d(scale_factor=3)(x)[:, :, [0, -1]][:, :, :, [0, -1]]
    np.testing.assert_allclose(corners.numpy(), x[:, :, [0, -1]][:, :, :, [0, -1]].numpy())
    assert repr(nn.Upsample(scale_factor=2, mode="bilinear")) == "Upsample(scale_factor=2.0, mode='bilinear')"
    assert repr(nn.Upsample((3, 4))) == "Upsample(size=(3, 4), mode='nearest')"


# grids ------------------------------------------------------------------------------------------------


@pytest.mark.parity
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic", "trilinear"])
@pytest.mark.parametrize("padding_mode", ["zeros", "border", "reflection"])
def test_grid_sample_is_pytorchs_at_pixels_and_between_them(mode: str, padding_mode: str) -> None:
    torch = pytest.importorskip("torch")
    n = 3 if mode == "trilinear" else 2
    options = {"mode": mode.replace("tri", "bi"), "padding_mode": padding_mode}
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 2, 4, 2, 8)[: n + 2])  # sizes whose pixels' places are exact numbers
    identity = torch.eye(n, n + 1, dtype=torch.float64).repeat(2, 1, 1)
    for corners in (False, True):
        at_pixels = torch.nn.functional.affine_grid(identity, x.shape, align_corners=corners).numpy()
        for grid in (at_pixels, rng.uniform(-6, 6, (*(2, 3, 2, 4)[: n + 1], n))):
            compare(
                lambda x, g, corners=corners: F.grid_sample(x, g, **options, align_corners=corners),
                lambda x, g, corners=corners: torch.nn.functional.grid_sample(x, g, **options, align_corners=corners),
                x,
                grid,
            )


@pytest.mark.parity
@pytest.mark.parametrize("size", [(2, 1, 3, 4), (2, 1, 2, 5), (2, 3, 2, 3, 4)])
@pytest.mark.parametrize("corners", [False, True])
def test_affine_grid_is_pytorchs(size: tuple[int, ...], corners: bool) -> None:
    torch = pytest.importorskip("torch")
    theta = np.random.default_rng(0).standard_normal((2, len(size) - 2, len(size) - 1))
    compare(
        lambda t: F.affine_grid(t, size, corners), lambda t: torch.nn.functional.affine_grid(t, size, corners), theta
    )


def test_a_shift_by_one_pixel() -> None:
    x = numbers(1, 2, 3, 4)
    theta = glassnet.tensor([[[1.0, 0.0, 2 / 4], [0.0, 1.0, 0.0]]], dtype=glassnet.float64)
    moved = F.grid_sample(x, F.affine_grid(theta, x.shape))
    np.testing.assert_allclose(moved[..., :-1].numpy(), x[..., 1:].numpy(), atol=1e-14)
    assert not moved[..., -1].numpy().any()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x, g: F.grid_sample(x, g, "cubic"), ValueError, "mode as one of \"bilinear\", .* got 'cubic'"),
        (lambda x, g: F.grid_sample(x, g, padding_mode="zero"), ValueError, "padding_mode as one of"),
        (lambda x, g: F.grid_sample(x, g[..., :1]), RuntimeError, r"\[N, H′, W′, 2\].*got .* and \[2, 3, 3, 1\]"),
        (lambda x, g: F.grid_sample(x[:1], g), RuntimeError, r"got \[1, 2, 4, 5\] and \[2, 3, 3, 2\]"),
        (lambda x, g: F.grid_sample(x, g.float()), RuntimeError, "inputs of one dtype, got float64 and float32"),
        (lambda x, g: F.grid_sample(x.long(), g), RuntimeError, "floating input, got int64"),
        (lambda x, g: F.grid_sample(x[:, :, :0], g), RuntimeError, r"at least 1 element .* got \[2, 2, 0, 5\]"),
        (
            lambda x, _: F.grid_sample(x[:, :, None], numbers(2, 1, 1, 1, 3), "bicubic"),
            RuntimeError,
            'mode="bicubic" is for images',
        ),
        (
            lambda x, _: F.affine_grid(x[0, :, :3], (2, 1, 3, 4)),
            RuntimeError,
            r"theta of shape \[N, 2, 3\].*got \[2",
        ),
        (lambda x, _: F.affine_grid(x[:, 0, :2, :3], (3, 1, 3, 4)), RuntimeError, "the same N"),
        (lambda x, _: F.affine_grid(x[:, 0, :2, :3], (3, 4)), RuntimeError, r"size as \(N, C, H, W\)"),
        (lambda x, _: F.affine_grid(x[:, 0, :2, :3].long(), (3, 1, 2, 2)), RuntimeError, "floating theta, got int64"),
    ],
)
def test_a_grid_that_does_not_fit_says_why(call: Callable[..., Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(numbers(2, 2, 4, 5), numbers(2, 3, 3, 2))


# channels ---------------------------------------------------------------------------------------------


@pytest.mark.parity
@pytest.mark.parametrize(
    ("name", "shape", "argument"),
    [
        ("pixel_shuffle", (2, 8, 2, 3), 2),
        ("pixel_shuffle", (9, 2, 1), 3),
        ("pixel_shuffle", (2, 1, 4, 1, 2), 2),
        ("pixel_unshuffle", (2, 2, 4, 6), 2),
        ("pixel_unshuffle", (1, 3, 6), 3),
        ("channel_shuffle", (2, 6, 2, 3), 3),
        ("channel_shuffle", (2, 6, 2), 2),
    ],
)
def test_channels_are_moved_as_in_pytorch(name: str, shape: tuple[int, ...], argument: int) -> None:
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).standard_normal(shape)
    if name != "channel_shuffle" or len(shape) == 4:
        compare(lambda x: getattr(F, name)(x, argument), lambda x: getattr(torch.nn.functional, name)(x, argument), x)
    kind = "".join(part.title() for part in name.split("_"))
    assert getattr(nn, kind)(argument)(glassnet.tensor(x)).equal(getattr(F, name)(glassnet.tensor(x), argument))
    assert repr(getattr(nn, kind)(argument)) == repr(getattr(torch.nn, kind)(argument))
