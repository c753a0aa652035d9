"""Normalization: what it computes, the statistics it keeps, and what it says of input that does not fit."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn


def numbers(*shape, seed=0, dtype=np.float64):
    return glassnet.tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


@pytest.mark.parametrize(
    ("layer", "shape", "dims"),
    [
        (nn.BatchNorm1d(4), (5, 4), (0,)),
        (nn.BatchNorm1d(4), (5, 4, 3), (0, 2)),
        (nn.BatchNorm2d(4, affine=False), (5, 4, 3, 2), (0, 2, 3)),
        (nn.BatchNorm3d(4, track_running_stats=False), (5, 4, 3, 2, 2), (0, 2, 3, 4)),
        (nn.SyncBatchNorm(4), (5, 4, 3, 2, 2), (0, 2, 3, 4)),
        (nn.InstanceNorm1d(4), (4, 6), (1,)),
        (nn.InstanceNorm2d(4, affine=True), (5, 4, 3, 2), (2, 3)),
        (nn.InstanceNorm3d(4, track_running_stats=True), (5, 4, 3, 2, 2), (2, 3, 4)),
        (nn.LayerNorm(6), (5, 4, 6), (2,)),
        (nn.LayerNorm((4, 6)), (5, 4, 6), (1, 2)),
        (nn.GroupNorm(1, 4), (5, 4, 6), (1, 2)),
    ],
    ids=lambda x: x._get_name() if isinstance(x, nn.Module) else str(x),
)
def test_what_comes_out_has_mean_0_and_variance_1(layer, shape, dims):
    y = layer.double()(3 + 2 * numbers(*shape)).detach().numpy()
    np.testing.assert_allclose(y.mean(dims), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(dims), 1, rtol=1e-4)


def test_rms_norm_keeps_the_direction():
    x = numbers(3, 4)
    y = nn.RMSNorm(4, eps=0.0).double()(x).detach().numpy()
    np.testing.assert_allclose(np.square(y).mean(1), 1)
    np.testing.assert_allclose(y / y[:, :1], x.numpy() / x.numpy()[:, :1])


def test_statistics_run_towards_those_of_the_batches():
    norm = nn.BatchNorm1d(2, momentum=0.25).double()
    first, second = numbers(6, 2), 5 + numbers(6, 2, seed=1)
    norm(first), norm(second)
    of = [(x.numpy().mean(0), x.numpy().var(0, ddof=1)) for x in (first, second)]
    np.testing.assert_allclose(norm.running_mean, 0.75 * 0.25 * of[0][0] + 0.25 * of[1][0])
    np.testing.assert_allclose(norm.running_var, 0.75**2 + 0.75 * 0.25 * of[0][1] + 0.25 * of[1][1])
    assert norm.num_batches_tracked.item() == 2
    assert norm.num_batches_tracked.dtype == glassnet.int64
    before = {name: x.clone() for name, x in norm.state_dict().items()}
    y = norm.eval()(first)
    expected = (first - before["running_mean"]) / (before["running_var"] + 1e-5).sqrt()
    np.testing.assert_allclose(y.detach(), expected)
    assert all(before[name].equal(x) for name, x in norm.state_dict().items())
    norm.reset_running_stats()
    assert (norm.running_mean.tolist(), norm.running_var.tolist()) == ([0, 0], [1, 1])


@pytest.mark.parametrize("through", [lambda f: f, glassnet.compile], ids=["eager", "compiled"])
def test_without_momentum_statistics_are_the_mean_of_all_batches(through):
    norm = nn.BatchNorm1d(2, momentum=None).double()
    batches = [numbers(6, 2, seed=seed) for seed in range(3)]
    step = through(lambda x: norm(x))
    for x in batches:
        step(x)
    np.testing.assert_allclose(norm.running_mean, np.mean([x.numpy().mean(0) for x in batches], 0))
    np.testing.assert_allclose(norm.running_var, np.mean([x.numpy().var(0, ddof=1) for x in batches], 0))


def test_far_from_0_nothing_is_lost():
    """In float32, E[x²] − E[x]² would be wrong in its first digit."""
    x = (1000 + numbers(20_000, 3)).float()
    exact = x.numpy().astype(np.float64)
    norm = nn.BatchNorm1d(3, momentum=1.0)
    y = norm(x).detach().numpy()
    np.testing.assert_allclose(norm.running_mean, exact.mean(0), rtol=1e-7)
    np.testing.assert_allclose(norm.running_var, exact.var(0, ddof=1), rtol=1e-5)
    np.testing.assert_allclose(y, (exact - exact.mean(0)) / exact.std(0), atol=2e-4)
    half = F.layer_norm(numbers(2, 3000).half() * 100, (3000,)).numpy()
    assert abs(half.astype(np.float64).std() - 1) < 1e-3  # a sum of squares of 3e7, which float16 cannot hold


def test_a_batch_norm_becomes_a_synchronized_one_of_the_same_tensors():
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3, eps=0.1, affine=False))).eval()
    norm = model[1][0]
    assert nn.SyncBatchNorm.convert_sync_batchnorm(model) is model
    made = model[1][0]
    assert type(made) is nn.SyncBatchNorm
    assert made.running_mean is norm.running_mean
    assert (made.weight, made.eps, made.training) == (None, 0.1, False)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.BatchNorm1d(3)(glassnet.ones(1, 3)), r"^in BatchNorm1d.* more than 1 value .*got 1 for each"),
        (lambda: nn.BatchNorm2d(3)(glassnet.ones(1, 3, 1, 1)), r"1 · 1 · 1 = 1 .*\[1, 3, 1, 1\]; give it a larger"),
        (lambda: nn.BatchNorm2d(3)(glassnet.ones(3, 4, 4)), r"input \[N, C, H, W\], got \[3, 4, 4\].*use BatchNorm1d"),
        (lambda: nn.BatchNorm1d(3)(glassnet.ones(3)), r"expected an input \[N, C\] or \[N, C, L\], got \[3\]"),
        (lambda: nn.SyncBatchNorm(3)(glassnet.ones(3)), r"expected an input \[N, C\] or \[N, C, \*\], got \[3\]"),
        (lambda: nn.BatchNorm2d(3)(glassnet.ones(2, 4, 4, 3)), r"=3 .*num_features=4, or.*permute\(0, 3, 1, 2"),
        (lambda: nn.InstanceNorm1d(3, affine=True)(glassnet.ones(4, 5)), r"=3 channels \(dimension 0\), got \[4, 5\]"),
        (lambda: nn.InstanceNorm2d(3)(glassnet.ones(2, 3, 1, 1)), r"got 1 · 1 = 1 for each channel.*larger samples"),
        (lambda: nn.LayerNorm(4)(glassnet.ones(2, 3)), r"shape=\[4\], got \[2, 3\]; set normalized_shape=\[3\]"),
        (lambda: nn.LayerNorm((2, 4))(glassnet.ones(4)), r"last dimensions are normalized_shape=\[2, 4\], got \[4\]"),
        (lambda: nn.RMSNorm(4)(glassnet.ones(2, 3)), r"^in RMSNorm.*rms_norm: expected an input whose last"),
        (lambda: nn.GroupNorm(2, 4)(glassnet.ones(2, 6)), r"4 channels .*, got \[2, 6\]; set num_channels=6"),
        (lambda: nn.GroupNorm(2, 2)(glassnet.ones(1, 2)), r"got 1 for each group of .*use fewer groups"),
        (lambda: F.group_norm(glassnet.ones(2, 6), 4), r"divides the 6 channels of .*, got 4; 1, 2, 3, 6 do"),
        (lambda: nn.GroupNorm(4, 6), "GroupNorm: expected num_groups that divides num_channels, got 6 / 4 = 1.5"),
        (lambda: nn.LayerNorm(()), "LayerNorm: expected normalized_shape of 1 size or more"),
        (lambda: nn.BatchNorm1d(0), "BatchNorm1d: expected num_features of 1 or more, got 0"),
        (lambda: nn.LocalResponseNorm(2)(glassnet.ones(2, 3)), r"\[N, C, \*\] of 3 dimensions or more, got \[2, 3\]"),
        (lambda: nn.CrossMapLRN2d(2)(glassnet.ones(2, 3, 4)), r"expected an input \[N, C, H, W\], got \[2, 3, 4\]"),
        (lambda: F.batch_norm(glassnet.ones(2, 3), None, None), "expected running_mean and running_var"),
        (
            lambda: F.batch_norm(glassnet.ones(2, 3), None, None, glassnet.ones(2), training=True),
            r"a weight of 3 numbers, one for each channel of the input \[2, 3\], got \[2\]",
        ),
        (lambda: F.layer_norm(glassnet.ones(2, 3), [3], glassnet.ones(2)), r"a weight of shape \[3\], got \[2\]"),
    ],
)  # fmt: skip
def test_what_does_not_fit_says_why(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_another_dtype_says_what_to_convert():
    for layer in (nn.BatchNorm1d(3), nn.BatchNorm1d(3, affine=False), nn.LayerNorm(3), nn.GroupNorm(1, 3)):
        with pytest.raises(TypeError, match=r"dtype float32, as its parameters are, got float64; .*x\.float\(\)"):
            layer(numbers(2, 3))
        with pytest.raises(TypeError, match="expected a tensor, got list"):
            layer([[1.0, 2.0, 3.0]])
    with pytest.raises(TypeError, match="InstanceNorm1d: expected a tensor, got list"):
        nn.InstanceNorm1d(1)([[1.0, 2.0, 3.0]])
    with pytest.raises(TypeError, match=r"expected a floating tensor, got int64; .*x\.float\(\)"):
        F.layer_norm(glassnet.tensor([1, 2]), [2])


def test_a_refused_call_leaves_the_statistics():
    norm = nn.BatchNorm1d(3)
    for x in (glassnet.ones(1, 3), glassnet.ones(2, 4), glassnet.ones(2, 3, dtype=glassnet.float64)):
        with pytest.raises(glassnet.GlassnetError):
            norm(x)
    assert (norm.running_mean.tolist(), norm.num_batches_tracked.item()) == ([0, 0, 0], 0)


@pytest.mark.parity
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("channels", [1, 3, 7])
def test_the_norm_across_maps_is_pytorchs(size, channels):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).standard_normal((2, channels, 3, 2))
    ours = nn.CrossMapLRN2d(size, alpha=0.5, beta=0.6, k=2)
    theirs = torch.nn.CrossMapLRN2d(size, alpha=0.5, beta=0.6, k=2)
    np.testing.assert_allclose(ours(glassnet.tensor(x)).numpy(), theirs(torch.tensor(x)).numpy(), rtol=0, atol=1e-12)
    assert repr(ours) == repr(theirs)
    assert glassnet.autograd.gradgradcheck(ours, glassnet.tensor(x[:1, :, :1], requires_grad=True))
