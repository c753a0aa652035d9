"""Initialisation: exact values where there are, and the right distributions where there are not."""

import math

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.nn import init
from glassnet.nn.truncated_normal import truncated_normal

N = 40_000


def distance(sample, distribution):
    """The Kolmogorov-Smirnov distance between a sample and a distribution function."""
    x = np.sort(np.asarray(sample, float).ravel())
    wanted = distribution(x)
    steps = np.arange(len(x) + 1) / len(x)
    return max(np.abs(wanted - steps[1:]).max(), np.abs(wanted - steps[:-1]).max())


def close(sample, distribution):
    # P(distance > 1.95 / √n) = 0.001 if the distribution is the right one; the seed is fixed
    return distance(sample, distribution) < 1.95 / math.sqrt(np.size(sample))


def uniform(low, high):
    return lambda x: np.clip((x - low) / (high - low), 0, 1)


def normal(mean=0.0, std=1.0):
    return np.vectorize(lambda x: 0.5 * math.erfc(-(x - mean) / std / math.sqrt(2)))


def truncated(low, high):
    # differences of tails on the side where they are small, or digits are lost far out
    sign = -1 if low > 0 else 1
    below = normal()
    a, b = below(np.array([sign * low, sign * high]))
    return lambda x: (below(sign * x) - a) / (b - a)


def weight(*shape, dtype=glassnet.float64):
    return nn.Parameter(glassnet.empty(*shape, dtype=dtype))


# the distributions ----------------------------------------------------------------------------------

CASES = {
    "uniform": (lambda w: init.uniform_(w), uniform(0, 1)),
    "uniform(a, b)": (lambda w: init.uniform_(w, -3, 5), uniform(-3, 5)),
    "normal": (lambda w: init.normal_(w), normal()),
    "normal(mean, std)": (lambda w: init.normal_(w, 2, 0.1), normal(2, 0.1)),
    "trunc_normal": (lambda w: init.trunc_normal_(w), truncated(-2, 2)),
    "xavier_uniform": (lambda w: init.xavier_uniform_(w, 2), uniform(-2 * math.sqrt(6 / 500), 2 * math.sqrt(6 / 500))),
    "xavier_normal": (lambda w: init.xavier_normal_(w, 2), normal(0, 2 * math.sqrt(2 / 500))),
    "kaiming_uniform": (lambda w: init.kaiming_uniform_(w), uniform(-math.sqrt(6 / 400), math.sqrt(6 / 400))),
    "kaiming_uniform(√5)": (lambda w: init.kaiming_uniform_(w, math.sqrt(5)), uniform(-1 / 20, 1 / 20)),
    "kaiming_normal": (lambda w: init.kaiming_normal_(w, nonlinearity="tanh"), normal(0, 5 / 3 / 20)),
    "kaiming_normal(fan_out)": (
        lambda w: init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu"),
        normal(0, math.sqrt(2 / 100)),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_drawn_from_the_distribution(name):
    fill, distribution = CASES[name]
    w = weight(100, 400)
    assert fill(w) is w
    assert w.is_leaf
    assert w.requires_grad
    assert close(w.array, distribution)
    assert not close(w.array * 1.1, distribution)  # the check itself tells distributions apart


def test_convolutions_count_their_kernel():
    w = weight(20, 10, 4, 4)
    assert init._calculate_fan_in_and_fan_out(w) == (160, 320)
    assert close(init.xavier_normal_(w).array, normal(0, math.sqrt(2 / 480)))


@pytest.mark.parametrize(
    ("low", "high"),
    [(-2, 2), (-0.5, 1), (-0.1, 3), (0, 100), (0, 0.1), (1e-3, 1000), (1, 1.1), (2, 7), (5, 6), (-6, -5), (-30, -29.9)],
)
def test_truncated_normal_is_exact_wherever_it_is_cut(low, high):
    x = truncated_normal(np.random.default_rng(0), N, low, high)
    assert x.min() >= low
    assert x.max() <= high
    if low > -20:  # beyond, the distribution function itself has no digits left
        assert close(x, truncated(low, high))


def test_truncated_normal_of_one_tail():
    x = truncated_normal(np.random.default_rng(0), N, 30, math.inf)
    assert close(x, lambda x: -np.expm1(-(x * x - 900) / 2 - np.log(x / 30)))  # the tail to first order


def test_trunc_normal_scales_and_stays_within():
    w = weight(N, dtype=glassnet.float32)
    init.trunc_normal_(w, mean=1, std=0.5, a=0.9, b=1.7)
    assert w.array.min() >= np.float32(0.9)
    assert w.array.max() <= np.float32(1.7)
    assert close((w.array - 1) / 0.5, truncated(-0.2, 1.4))


# exact ones -----------------------------------------------------------------------------------------


def test_constants():
    w = weight(2, 3)
    assert init.constant_(w, 0.3).tolist() == [[0.3] * 3] * 2
    assert init.ones_(w).tolist() == [[1] * 3] * 2
    assert init.zeros_(w).tolist() == [[0] * 3] * 2
    assert init.eye_(w).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert init.constant_(glassnet.zeros(2, dtype=glassnet.int64), 3).tolist() == [3, 3]


@pytest.mark.parametrize("dimensions", [1, 2, 3])
@pytest.mark.parametrize("groups", [1, 2])
def test_dirac_passes_channels_on(dimensions, groups):
    w = init.dirac_(weight(4, 3, *(5, 4, 3)[:dimensions]), groups)
    centre = (2, 2, 1)[:dimensions]
    expected = np.zeros(w.shape)
    for out, channel in [(0, 0), (1, 1), (2, 2)] if groups == 1 else [(0, 0), (1, 1), (2, 0), (3, 1)]:
        expected[(out, channel, *centre)] = 1
    np.testing.assert_array_equal(w.array, expected)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (3, 2, 4)])
def test_orthogonal(shape):
    w = init.orthogonal_(weight(*shape), gain=2).array.reshape(shape[0], -1)
    small = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-12)


def test_orthogonal_is_evenly_distributed():
    # a rotation of the plane by an angle: cos of the angle, if evenly distributed, has this distribution
    w = np.stack([init.orthogonal_(weight(2, 2)).array for _ in range(2000)])
    assert close(w[:, 0, 0], lambda x: 1 - np.arccos(x) / math.pi)
    assert init.orthogonal_(weight(0, 3)).shape == (0, 3)


def test_sparse_has_so_many_zeros_in_each_column():
    w = init.sparse_(weight(50, 800), sparsity=0.13, std=0.5).array
    assert ((w == 0).sum(axis=0) == 7).all()  # ceil(0.13 · 50)
    assert close(w[w != 0], normal(0, 0.5))
    assert distance(np.nonzero(w == 0)[0], lambda x: (x + 1) / 50) < 0.05  # at no favourite places


# in general -----------------------------------------------------------------------------------------

RANDOM = [
    init.uniform_,
    init.normal_,
    init.trunc_normal_,
    init.xavier_uniform_,
    init.xavier_normal_,
    init.kaiming_uniform_,
    init.kaiming_normal_,
    init.orthogonal_,
    lambda w, generator=None: init.sparse_(w, 0.2, generator=generator),
]


@pytest.mark.parametrize("fill", RANDOM)
def test_generators_and_seeds(fill):
    a, b, c = (weight(4, 5, dtype=glassnet.float32) for _ in range(3))
    state = glassnet.get_rng_state()
    fill(a, generator=glassnet.Generator(7))
    fill(b, generator=glassnet.Generator(7))
    assert glassnet.get_rng_state() == state
    np.testing.assert_array_equal(a.array, b.array)
    glassnet.manual_seed(3)
    fill(b)
    glassnet.manual_seed(3)
    fill(c)
    np.testing.assert_array_equal(b.array, c.array)
    assert not np.array_equal(a.array, b.array)
    assert a.dtype == glassnet.float32


@pytest.mark.parametrize(
    ("nonlinearity", "param", "gain"),
    [
        ("linear", None, 1),
        ("conv2d", None, 1),
        ("conv_transpose3d", None, 1),
        ("sigmoid", None, 1),
        ("tanh", None, 5 / 3),
        ("relu", None, math.sqrt(2)),
        ("leaky_relu", None, math.sqrt(2 / (1 + 0.01**2))),
        ("leaky_relu", 2, math.sqrt(2 / 5)),
        ("selu", None, 0.75),
    ],
)
def test_gains(nonlinearity, param, gain):
    assert init.calculate_gain(nonlinearity, param) == gain


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: init.calculate_gain("swish"), ValueError, "one of linear, .*leaky_relu, got 'swish'"),
        (lambda: init.calculate_gain("leaky_relu", "0.1"), ValueError, "slope of leaky_relu as a number, got '0.1'"),
        (lambda: init.trunc_normal_(weight(2), a=1, b=1), ValueError, "expected a < b and std > 0, got a=1, b=1"),
        (lambda: init.trunc_normal_(weight(2), a=math.nan), ValueError, "expected a < b"),
        (lambda: init.trunc_normal_(weight(2), std=0), ValueError, "std=0"),
        (lambda: init.normal_(weight(2), std=-1), ValueError, "got std=-1"),
        (lambda: init.uniform_(weight(2), 1, 0), ValueError, "low ≤ to, got 1 and 0"),
        (
            lambda: init.uniform_(glassnet.tensor([1])),
            TypeError,
            r"a floating tensor, got int64.*x\.float\(\)",
        ),
        (lambda: init.normal_([1.0]), TypeError, "normal_: expected a tensor, got list"),
        (lambda: init.eye_(weight(2)), ValueError, r"eye_: expected a tensor of 2 dimensions, got shape \[2\]"),
        (lambda: init.dirac_(weight(2, 2)), ValueError, r"a tensor of 3 to 5 dimensions, got shape \[2, 2\]"),
        (lambda: init.dirac_(weight(3, 2, 1), 2), ValueError, "groups that 3 divides into, got 2"),
        (lambda: init.orthogonal_(weight(2)), ValueError, "orthogonal_: expected a tensor of 2 dimensions or more"),
        (lambda: init.sparse_(weight(2, 2, 2), 0.1), ValueError, "sparse_: expected a tensor of 2 dimensions"),
        (lambda: init.sparse_(weight(2, 2), 1.1), ValueError, "a sparsity from 0 to 1, got 1.1"),
        (
            lambda: init.xavier_uniform_(weight(2)),
            ValueError,
            "xavier_uniform_: expected a tensor of 2 dim",
        ),
        (lambda: init.kaiming_normal_(weight(0, 2)), ValueError, r"a tensor with elements, got shape \[0, 2\]"),
        (lambda: init.kaiming_normal_(weight(2, 2), mode="in"), ValueError, '"fan_in" or "fan_out", got \'in\''),
    ],
)
def test_what_cannot_be_is_explained(call, error, message):
    with pytest.raises(error, match=message):
        call()


# against PyTorch ------------------------------------------------------------------------------------


def samples_agree(a, b):
    """Whether two samples are from one distribution (two-sample Kolmogorov-Smirnov)."""
    a, b = np.sort(np.ravel(a)), np.sort(np.ravel(b))
    x = np.concatenate([a, b])
    gap = np.abs(np.searchsorted(a, x, "right") / len(a) - np.searchsorted(b, x, "right") / len(b)).max()
    return gap < 1.95 * math.sqrt(1 / len(a) + 1 / len(b))


@pytest.mark.parity
@pytest.mark.parametrize(
    ("name", "arguments", "shape"),
    [
        ("uniform_", (-1, 2), (100, 200)),
        ("normal_", (1, 3), (100, 200)),
        ("trunc_normal_", (), (100, 200)),
        ("trunc_normal_", (0.5, 2, -1, 4), (100, 200)),
        ("xavier_uniform_", (1.5,), (20, 50, 4, 5)),
        ("xavier_normal_", (1.5,), (20, 50, 4, 5)),
        ("kaiming_uniform_", (0.2, "fan_out"), (20, 50, 4, 5)),
        ("kaiming_normal_", (0, "fan_in", "selu"), (20, 50, 4, 5)),
        ("orthogonal_", (2,), (150, 100)),
        ("sparse_", (0.4, 0.1), (100, 200)),
    ],
)
def test_distributions_are_pytorchs(name, arguments, shape):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    ours = getattr(init, name)(weight(*shape), *arguments).array
    theirs = getattr(torch.nn.init, name)(torch.empty(*shape), *arguments).numpy()
    assert samples_agree(ours, theirs)


@pytest.mark.parity
@pytest.mark.parametrize(
    ("name", "arguments"),
    [("Linear", (40, 50)), ("Linear", (300, 7)), ("Bilinear", (12, 10, 20)), ("Embedding", (100, 20))],
)
def test_layers_start_as_pytorchs(name, arguments):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    for parameter in dict(getattr(nn, name)(*arguments).named_parameters()):
        drawn = [
            np.concatenate(
                [np.ravel(getattr(getattr(lib.nn, name)(*arguments), parameter).detach().numpy()) for _ in range(10)]
            )
            for lib in (glassnet, torch)
        ]
        assert samples_agree(*drawn)


@pytest.mark.parity
def test_exact_ones_are_pytorchs():
    torch = pytest.importorskip("torch")
    for name, shape, arguments in [
        ("eye_", (3, 5), ()),
        ("dirac_", (6, 2, 3, 4), (3,)),
        ("dirac_", (2, 6, 5), ()),
        ("constant_", (2, 2), (0.25,)),
    ]:
        ours = getattr(init, name)(weight(*shape), *arguments)
        theirs = getattr(torch.nn.init, name)(torch.empty(*shape), *arguments)
        np.testing.assert_array_equal(ours.array, theirs.numpy())
    names = ["linear", "conv1d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]
    assert [init.calculate_gain(n) for n in names] == [torch.nn.init.calculate_gain(n) for n in names]
