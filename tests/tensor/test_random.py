"""Randomness: the same for the same seed, of the right distribution, and with a state that can be kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import Generator, Tensor
from glassnet.ops.sampling import bernoulli

DRAWS: dict[str, Callable[[Any], Tensor]] = {
    "rand": lambda g: gn.rand(5, generator=g),
    "rand_like": lambda g: gn.rand_like(gn.ones(5), generator=g),
    "randn_like": lambda g: gn.randn_like(gn.ones(5), generator=g),
    "randint_like": lambda g: gn.randint_like(gn.ones(5), 0, 1000, generator=g),
    "randn": lambda g: gn.randn(5, generator=g),
    "randint": lambda g: gn.randint(0, 1000, (5,), generator=g),
    "randperm": lambda g: gn.randperm(50, generator=g),
    "normal": lambda g: gn.normal(2.0, 3.0, (5,), generator=g),
    "normal of tensors": lambda g: gn.normal(gn.zeros(5), gn.ones(5), generator=g),
    "bernoulli": lambda g: gn.bernoulli(gn.full((60,), 0.5), generator=g),
    "multinomial": lambda g: gn.multinomial(gn.ones(3, 60), 5, generator=g),
    "uniform_": lambda g: gn.empty(5).uniform_(-1, 1, generator=g),
    "normal_": lambda g: gn.empty(5).normal_(generator=g),
    "bernoulli_": lambda g: gn.empty(60).bernoulli_(generator=g),
    "random_": lambda g: gn.empty(5).random_(0, 1000, generator=g),
    "exponential_": lambda g: gn.empty(5).exponential_(generator=g),
    "log_normal_": lambda g: gn.empty(5).log_normal_(generator=g),
    "cauchy_": lambda g: gn.empty(5).cauchy_(generator=g),
    "geometric_": lambda g: gn.empty(20).geometric_(0.1, generator=g),
    "poisson": lambda g: gn.poisson(gn.full((20,), 9.0), g),
    "binomial": lambda g: gn.binomial(gn.full((20,), 9.0), gn.full((20,), 0.5), g),
}


@pytest.fixture(params=DRAWS)
def draw(request: pytest.FixtureRequest) -> Callable[[Any], list[Any]]:
    return lambda generator=None: DRAWS[request.param](generator).tolist()


# seeds and states -------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_numbers_and_the_next_draw_others(draw):
    gn.manual_seed(7)
    first, second = draw(), draw()
    gn.manual_seed(7)
    assert draw() == first
    assert first != second
    gn.manual_seed(8)
    assert draw() != first


def test_a_generator_of_ones_own_is_independent_of_the_default_one(draw):
    first = draw(Generator(3))
    gn.manual_seed(0)
    expected = draw()
    gn.manual_seed(0)
    own = Generator(3)
    assert draw(own) == first
    assert draw() == expected
    assert draw(own) != first
    assert draw(Generator(4)) != first


def test_a_state_goes_through_json_and_back(draw):
    gn.manual_seed(5)
    draw()
    kept = json.loads(json.dumps(gn.get_rng_state()))
    expected = [draw(), draw()]
    gn.manual_seed(99)
    gn.set_rng_state(kept)
    assert [draw(), draw()] == expected
    assert gn.initial_seed() == 5
    generator = Generator().set_state(kept)
    assert [draw(generator), draw(generator)] == expected


def test_a_state_is_kept_although_the_generator_goes_on():
    generator = Generator(1)
    state = generator.get_state()
    gn.rand(3, generator=generator)
    assert generator.get_state() != state
    assert state == Generator(1).get_state()


def test_seeds():
    generator = Generator(11)
    assert generator.initial_seed() == 11
    assert repr(generator) == "Generator(seed=11)"
    assert generator.manual_seed(-1) is generator
    assert generator.initial_seed() == -1
    assert gn.rand(1, generator=Generator(-1)) == gn.rand(1, generator=Generator(2**64 - 1))
    assert Generator(np.int64(4)).initial_seed() == 4
    assert gn.manual_seed(3).initial_seed() == gn.initial_seed() == 3
    unforeseen = {Generator().initial_seed(), Generator("cpu").initial_seed(), generator.seed(), gn.seed()}
    assert len(unforeseen) == 4
    assert gn.initial_seed() in unforeseen
    assert (
        gn.rand(3, generator=Generator(generator.initial_seed())).tolist() == gn.rand(3, generator=generator).tolist()
    )


# distributions ------------------------------------------------------------------------------------

N = 20_000
MOMENTS = [  # what is drawn, mean, standard deviation, least, most
    ("rand", lambda: gn.rand(N), 0.5, 12**-0.5, 0, 1),
    ("rand, float64", lambda: gn.rand(N, dtype=gn.float64), 0.5, 12**-0.5, 0, 1),
    ("rand, float16", lambda: gn.rand(N, dtype=gn.float16).float(), 0.5, 12**-0.5, 0, 1),
    ("rand, complex64", lambda: gn.rand(N, dtype=gn.complex64).imag, 0.5, 12**-0.5, 0, 1),
    ("randn, complex128", lambda: gn.randn(N, dtype=gn.complex128).real, 0, 0.5**0.5, -6, 6),
    ("randn", lambda: gn.randn(N), 0, 1, -6, 6),
    ("randn, float64", lambda: gn.randn(N, dtype=gn.float64), 0, 1, -6, 6),
    ("randint", lambda: gn.randint(-3, 5, (N,)).float(), 0.5, (63 / 12) ** 0.5, -3, 4),
    ("normal", lambda: gn.normal(-2.0, 0.5, (N,)), -2, 0.5, -5, 1),
    ("normal of means", lambda: gn.normal(gn.full((N,), 4.0), 2.0), 4, 2, -8, 16),
    ("normal of deviations", lambda: gn.normal(1.0, gn.full((N,), 3.0)), 1, 3, -17, 19),
    ("uniform_", lambda: gn.empty(N).uniform_(2, 6), 4, 4 * 12**-0.5, 2, 6),
    ("normal_", lambda: gn.empty(N, dtype=gn.float64).normal_(3, 2), 3, 2, -9, 15),
    ("exponential_", lambda: gn.empty(N).exponential_(0.5), 2, 2, 0, 60),
    ("log_normal_", lambda: gn.empty(N).log_normal_(0, 0.25), 1.0317, 0.262, 0.2, 5),
    ("cauchy_, within its width", lambda: (gn.empty(N).cauchy_(1, 2) - 1).abs().lt(2).float(), 0.5, 0.5, 0, 1),
    ("geometric_", lambda: gn.empty(N).geometric_(0.5), 2, 2**0.5, 1, 60),
    ("geometric_ of integers", lambda: gn.empty(N, dtype=gn.int64).geometric_(0.5).float(), 2, 2**0.5, 1, 60),
    ("poisson", lambda: gn.poisson(gn.full((N,), 4.0)), 4, 2, 0, 30),
    ("binomial", lambda: gn.binomial(gn.full((N,), 20.0), gn.full((N,), 0.2)), 4, 3.2**0.5, 0, 20),
    ("bernoulli_", lambda: gn.empty(N).bernoulli_(0.2), 0.2, 0.4, 0, 1),
    ("bernoulli", lambda: gn.bernoulli(gn.full((N,), 0.8)), 0.8, 0.4, 0, 1),
    ("random_", lambda: gn.empty(N).random_(4), 1.5, (15 / 12) ** 0.5, 0, 3),
    ("random_ of integers", lambda: gn.empty(N, dtype=gn.int64).random_(2, 4).float(), 2.5, 0.5, 2, 3),
    ("multinomial", lambda: gn.multinomial(gn.tensor([2.0, 0.0, 6.0]), N, True).float(), 1.5, 0.75**0.5, 0, 2),
]  # fmt: skip


@pytest.mark.parametrize(
    ("drawn", "mean", "std", "least", "most"), [m[1:] for m in MOMENTS], ids=[m[0] for m in MOMENTS]
)
def test_mean_deviation_and_bounds(drawn, mean, std, least, most):
    x = drawn()
    assert abs(x.mean().item() - mean) < 5 * std / N**0.5
    assert x.std().item() == pytest.approx(std, rel=0.03)
    assert least <= x.min().item()
    assert x.max().item() <= most


def test_normal_numbers_are_normal():
    x = gn.randn(N).numpy()
    for sigmas, share in ((1, 0.6827), (2, 0.9545), (3, 0.9973)):
        assert (abs(x) < sigmas).mean() == pytest.approx(share, abs=0.015)


def test_every_whole_number_comes_equally_often():
    counts = gn.randint(5, (N,)).bincount(minlength=5)
    assert counts.sum() == N
    assert ((counts - N / 5).abs() < 300).all()


@pytest.mark.parametrize("n", [0, 1, 2, 100])
def test_randperm_is_a_permutation(n):
    order = gn.randperm(n)
    assert order.dtype == gn.int64
    assert sorted(order.tolist()) == list(range(n))


def test_randperm_gives_every_order():
    orders = {tuple(gn.randperm(3).tolist()) for _ in range(200)}
    assert len(orders) == 6


@pytest.mark.parametrize("p", [0.0, 1e-3, 1 / 256, 0.1, 0.25, 0.5, 0.9, 1 - 1e-3, 1.0])
def test_a_byte_and_where_it_is_not_enough_a_further_number_decide(p):
    n = 2_000_000
    drawn = bernoulli.forward(shape=(n,), dtype=np.dtype(bool), generator=np.random.default_rng(3), p=p)
    assert abs(np.count_nonzero(drawn) - n * p) <= 4 * np.sqrt(n * p * (1 - p))
    neighbours = np.count_nonzero(drawn[1:] & drawn[:-1])  # one does not tell of the next
    assert abs(neighbours - n * p * p) <= 6 * np.sqrt(n * p * p * (1 - p) * (1 + 3 * p)) + 1


def test_bernoulli_of_certainty():
    p = gn.tensor([[0.0, 1.0], [1.0, 0.0]], dtype=gn.float64)
    assert gn.bernoulli(p).tolist() == p.tolist()
    assert gn.bernoulli(p).dtype == gn.float64


def test_multinomial_without_replacement_draws_each_once_and_never_what_weighs_nothing():
    weights = gn.tensor([[1.0, 0.0, 3.0, 2.0], [5.0, 1.0, 1.0, 0.0]])
    for _ in range(20):
        drawn = gn.multinomial(weights, 3)
        assert drawn.dtype == gn.int64
        assert [sorted(row) for row in drawn.tolist()] == [[0, 2, 3], [0, 1, 2]]


def test_multinomial_follows_the_weights():
    drawn = gn.multinomial(gn.tensor([1.0, 3.0, 4.0]), N, replacement=True)
    shares = drawn.bincount(minlength=3) / N
    assert gn.allclose(shares, gn.tensor([0.125, 0.375, 0.5]), atol=0.02)
    first = gn.stack([gn.multinomial(gn.tensor([1.0, 3.0]), 2)[0] for _ in range(2000)])
    assert abs(first.float().mean().item() - 0.75) < 0.05


def test_drawing_into_a_view_leaves_the_rest():
    x = gn.zeros(4, 4)
    x[:, 1].normal_()
    assert (x[:, 1] != 0).all()
    assert x.count_nonzero() == 4


def test_drawn_numbers_may_require_gradients():
    for x in (gn.rand(2, requires_grad=True), gn.normal(0, 1, (2,), requires_grad=True)):
        assert x.requires_grad
        assert x.is_leaf
        x.sum().backward()
        assert x.grad.tolist() == [1, 1]
    mean = gn.zeros(3, requires_grad=True)
    assert not gn.normal(mean, 1.0).requires_grad


@pytest.mark.parametrize(
    ("dtype", "end"), [("bool", 2), ("uint8", 2**8), ("int8", 2**7), ("float16", 2**11), ("float32", 2**24)]
)
def test_whole_numbers_without_an_end_go_as_far_as_the_dtype(dtype: str, end: int) -> None:
    x = gn.empty(20000, dtype=getattr(gn, dtype)).random_().double()
    assert 0 <= x.min() < 0.01 * end
    assert 0.99 * (end - 1) < x.max() < end
    assert bool((x == x.floor()).all())


def test_ends_by_name() -> None:
    assert gn.empty(100).uniform_(to=0.5).max() < 0.5
    assert gn.empty(100).random_(3, to=5).unique().tolist() == [3, 4]


@pytest.mark.parametrize("like", [gn.rand_like, gn.randn_like, lambda x, **o: gn.randint_like(x, 9, **o)])
def test_draws_lie_in_memory_as_is_said(like: Any) -> None:
    x = gn.ones(2, 3, 4, 5)
    assert like(x, memory_format=gn.channels_last).stride() == (60, 1, 15, 3)
    assert like(x, memory_format=gn.preserve_format).is_contiguous()
