"""C draws the very numbers that NumPy would draw, and leaves the generator as NumPy would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.nn.functional as F
from glassnet import nn
from glassnet.data import DataLoader, TensorDataset
from glassnet.engines.native import generators
from glassnet.engines.native.compilers import compiler
from glassnet.program.program import Instruction

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")

OWN = gn.Generator(seed=3)


def many_draws() -> Any:
    """All kinds of draws, of the default generator and of one's own, some of which NumPy has to do."""
    x = gn.ones(7, 100)
    gn.randn(2), gn.randint(5, (3,))  # which nobody reads
    return (
        gn.rand(5, 7),
        gn.randn(3, generator=OWN),
        F.dropout(x, 0.5),
        gn.randint(-3, 4, (9,)),
        F.dropout(x, 0.3) + gn.rand(7, 1),
        gn.randn(4, 4, dtype=gn.float64),
        gn.randperm(6),
        gn.rand((), dtype=gn.float64, generator=OWN),
        gn.bernoulli(gn.full((3,), 0.4)),
        gn.empty(11).uniform_(-1, 1),
        gn.empty(11).normal_(2.0, 3.0),
        gn.randint(0, 2**40, (5,)),
        gn.rand(1),
    )


def drawn(function: Callable[[], Any], times: int = 2) -> list[Any]:
    """What a function draws, and where the generators are afterwards."""
    gn.manual_seed(1)
    OWN.manual_seed(2)
    results = [x.array for _ in range(times) for x in function()]
    return [*results, np.array(str([gn.get_rng_state(), OWN.get_state()]))]


def test_the_numbers_and_the_generators_are_as_in_eager_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = drawn(many_draws)
    for threads in ("1", "3"):
        monkeypatch.setenv("GLASSNET_THREADS", threads)
        compiled = gn.compile(many_draws, engine="native")
        for found, right in zip(drawn(compiled), expected, strict=True):
            np.testing.assert_array_equal(found, right)
    engine: Any = compiled.specialisations[-1].engine
    by_numpy = [part.op.name for part in engine._schedule.parts if isinstance(part, Instruction)]
    assert by_numpy == ["permutation"]


def test_a_step_that_is_refused_leaves_the_generator_where_eager_mode_does() -> None:
    def step(labels: gn.Tensor) -> gn.Tensor:
        scores = F.dropout(gn.randn(2, 5), 0.3)
        loss = F.cross_entropy(scores, labels)
        return loss + gn.rand(1)

    compiled = gn.compile(step, engine="native")
    states = []
    for function in (step, compiled):
        gn.manual_seed(0)
        for labels in ([1, 2], [1, 5], [4, 0]):
            try:
                result = function(gn.tensor(labels)).item()
            except IndexError:
                result = None
            states.append((result, gn.get_rng_state()))
    assert states[1][0] is None
    for found, right in zip(states[3:], states[:3], strict=True):
        assert found[0] == pytest.approx(right[0])
        assert found[1] == right[1]


def test_a_generator_that_c_does_not_know_is_left_to_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    assert generators.is_known(OWN)
    assert not generators.is_known(np.random.Generator(np.random.MT19937(0)))
    monkeypatch.setattr(generators, "_raw_state", lambda bits: bytes(40))
    assert not generators.is_known(OWN)
    compiled = gn.compile(lambda: gn.rand(3), engine="native")
    gn.manual_seed(0)
    found = compiled()
    gn.manual_seed(0)
    np.testing.assert_array_equal(found.array, gn.rand(3).array)


def test_an_epoch_draws_as_a_loop_over_its_batches_does() -> None:
    """Up to the sixth batch, one of whose labels is no class."""

    def trained(by_epoch: bool) -> list[Any]:
        gn.manual_seed(0)
        layer = nn.Linear(6, 3)
        y = gn.randint(0, 3, (64,))
        y[41] = 7
        loader = DataLoader(TensorDataset(gn.randn(64, 6), y), batch_size=8)

        @gn.compile(engine="native")
        def step(x: gn.Tensor, y: gn.Tensor) -> gn.Tensor:
            loss = F.cross_entropy(layer(F.dropout(x, 0.3)), y)
            with gn.no_grad():
                layer.bias.sub_(loss * 0.1)
            return loss

        with pytest.raises(IndexError, match="got 7"):
            step.epoch(loader) if by_epoch else [step(*batch) for batch in loader]
        return [*layer.bias.tolist(), gn.get_rng_state()]

    assert trained(by_epoch=True) == trained(by_epoch=False)
