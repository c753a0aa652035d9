"""torch.autograd.forward_ad and functorch: what torch.func has taken the place of."""

from __future__ import annotations

import doctest

import pytest

import glassnet as gn
from glassnet import nn
from glassnet.pytorch.names import dual_numbers as forward_ad
from glassnet.pytorch.names import functional_modules


@pytest.mark.parametrize("module", [forward_ad, functional_modules])
def test_the_examples_do_what_they_show(module: object) -> None:
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    assert doctest.testmod(module, extraglobs={"glassnet": gn, "nn": nn}, optionflags=flags).failed == 0


def test_tangents_of_parameters() -> None:
    net = nn.Linear(3, 2)
    x, tangents = gn.randn(4, 3), {"weight": gn.randn(2, 3), "bias": gn.randn(2)}
    given = dict(net.named_parameters())
    with forward_ad.dual_level():
        for name, p in given.items():
            delattr(net, name)
            setattr(net, name, forward_ad.make_dual(p, tangents[name]))
        out = net(x)
        found = forward_ad.unpack_dual(out)
    expected = x @ tangents["weight"].t() + tangents["bias"]
    assert found.tangent.numpy() == pytest.approx(expected.numpy(), abs=1e-6)
    assert forward_ad.unpack_dual(out).tangent is None


def test_levels() -> None:
    with pytest.raises(RuntimeError, match="dual_level"):
        forward_ad.make_dual(gn.ones(1), gn.ones(1))
    with pytest.raises(RuntimeError, match="no dual_level was entered"):
        forward_ad.exit_dual_level()
    with forward_ad.dual_level():
        with pytest.raises(RuntimeError, match="of shape"):
            forward_ad.make_dual(gn.ones(2), gn.ones(1))
        with pytest.raises(RuntimeError, match="within another"):
            forward_ad.enter_dual_level()
        assert forward_ad.unpack_dual(gn.ones(1)).tangent is None


def test_no_models() -> None:
    with pytest.raises(RuntimeError, match="one module at least"):
        functional_modules.combine_state_for_ensemble([])
