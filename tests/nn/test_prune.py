"""Pruning: what each way leaves out, once and again; what a pruned layer is; what is refused."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import nn, optim, tensor
from glassnet.nn.utils import prune

WEIGHT = np.random.default_rng(0).permutation(24).reshape(4, 6).astype(np.float32) - 11.25
KERNEL = np.random.default_rng(1).permutation(36).reshape(2, 2, 3, 3).astype(np.float32) - 17.5


def layer(library: ModuleType = nn, make: Any = tensor, kernel: bool = False) -> Any:
    made = library.Conv2d(2, 2, 3) if kernel else library.Linear(6, 4)
    made.weight.data.copy_(make(KERNEL if kernel else WEIGHT))
    made.bias.data.copy_(make(np.array([0.5, -1.5, 2.5, -3.5], np.float32)[: len(made.bias)]))
    return made


# Each does something to a layer with `prune` of either library; the masks and weights are compared.
WAYS: dict[str, Callable[..., Any]] = {
    "l1, a number": lambda p, m, t: p.l1_unstructured(m, "weight", 5),
    "l1, a part": lambda p, m, t: p.l1_unstructured(m, "weight", amount=0.3),
    "l1, none": lambda p, m, t: p.l1_unstructured(m, "weight", 0),
    "l1, all": lambda p, m, t: p.l1_unstructured(m, "weight", 1.0),
    "l1 of a bias": lambda p, m, t: p.l1_unstructured(m, "bias", 1),
    "l1 by scores": lambda p, m, t: p.l1_unstructured(m, "weight", 3, importance_scores=1 / m.weight.detach()),
    "ln, rows": lambda p, m, t: p.ln_structured(m, "weight", 1, 2, 0),
    "ln, columns": lambda p, m, t: p.ln_structured(m, "weight", amount=0.5, n=1, dim=1),
    "ln, the largest": lambda p, m, t: p.ln_structured(m, "weight", amount=1, n=float("inf"), dim=-1),
    "ln, none": lambda p, m, t: p.ln_structured(m, "weight", amount=0, n=2, dim=0),
    "identity": lambda p, m, t: p.identity(m, "weight"),
    "a mask": lambda p, m, t: p.custom_from_mask(m, "weight", t(WEIGHT > 0)),
    "l1 twice": lambda p, m, t: p.l1_unstructured(p.l1_unstructured(m, "weight", 0.25), "weight", 0.5),
    "ln after l1": lambda p, m, t: p.ln_structured(p.l1_unstructured(m, "weight", 0.25), "weight", 1, 2, 0),
    "l1 after ln": lambda p, m, t: p.l1_unstructured(p.ln_structured(m, "weight", 1, 2, 0), "weight", 0.25),
    "ln twice": lambda p, m, t: p.ln_structured(p.ln_structured(m, "weight", 1, 2, 1), "weight", 0.5, 2, 1),
    "three": lambda p, m, t: p.custom_from_mask(
        p.identity(p.l1_unstructured(m, "weight", 2), "weight"), "weight", t(WEIGHT > 0)
    ),
    "all layers": lambda p, m, t: p.global_unstructured(
        [(m, "weight"), (m, "bias")], pruning_method=p.L1Unstructured, amount=0.4
    ),
    "all layers again": lambda p, m, t: [
        p.l1_unstructured(m, "weight", 4),
        p.global_unstructured(
            [(m, "weight"), (m, "bias")], p.L1Unstructured, {(m, "bias"): t(np.zeros(4, np.float32))}, amount=6
        ),
    ],
}


def pruned(way: Callable[..., Any], library: ModuleType, prune: Any, make: Any) -> list[Any]:
    """What the layer is afterwards, and what is left of that once the pruning was taken off."""
    module = layer(library, make)
    way(prune, module, make)
    x = make(np.ones((2, 6), np.float32))
    module(x).sum().backward()
    told = [
        {name: p.tolist() for name, p in module.named_parameters()},
        {name: p.tolist() for name, p in module.named_buffers()},
        list(module.state_dict()),
        {name: p.grad.tolist() for name, p in module.named_parameters()},
        module(x).tolist(),
        module.weight.tolist(),
        module.bias.tolist(),
        prune.is_pruned(module),
        [type(hook).__name__ for hook in module._forward_pre_hooks.values()],
    ]
    for name in ("weight", "bias"):
        if hasattr(module, f"{name}_orig"):
            prune.remove(module, name)
    after = [{name: p.tolist() for name, p in module.named_parameters()}, module(x).tolist(), prune.is_pruned(module)]
    return [*told, *after, len(module._forward_pre_hooks)]


def kept(way: str) -> Any:
    module = layer()
    WAYS[way](prune, module, tensor)
    return module


@pytest.mark.parametrize("way", WAYS)
def test_what_is_left_out_is_out_until_it_is_removed_for_good(way: str) -> None:
    parameters, masks, state, _, output, weight, bias, is_pruned, hooks, *after = pruned(WAYS[way], nn, prune, tensor)
    assert is_pruned
    assert len(hooks) == len(masks) > 0
    assert {*state} == {*parameters, *masks}
    for name, value in (("weight", weight), ("bias", bias)):
        if f"{name}_mask" in masks:
            np.testing.assert_array_equal(value, np.multiply(masks[f"{name}_mask"], parameters[f"{name}_orig"]))
    assert after[0] == {"weight": weight, "bias": bias}
    assert after[1:] == [output, False, 0]


@pytest.mark.parametrize(
    ("way", "left"),
    [("l1, a number", 19), ("l1, a part", 17), ("ln, rows", 18), ("l1 twice", 9), ("ln after l1", None)],
)
def test_how_much_is_left(way: str, left: int | None) -> None:
    mask = kept(way).weight_mask.numpy()
    assert mask.sum() == left or left is None
    rest = np.abs(WEIGHT)[mask == 1].min(), np.abs(WEIGHT)[mask == 0].max()
    assert way != "l1, a number" or rest[0] > rest[1]


@pytest.mark.parametrize(("amount", "left"), [(3, 21), (0.5, 12), (0, 24), (1.0, 0)])
def test_any_numbers(amount: Any, left: int) -> None:
    module = prune.random_unstructured(layer(), "weight", amount)
    assert module.weight_mask.sum() == left
    assert prune.RandomUnstructured(amount).prune(tensor(WEIGHT)).count_nonzero() == left


@pytest.mark.parametrize(("amount", "dim", "left"), [(1, 0, 3), (0.5, 1, 3), (0, 0, 4)])
def test_any_rows_and_columns(amount: Any, dim: int, left: int) -> None:
    mask = prune.random_structured(layer(), "weight", amount, dim).weight_mask.numpy()
    whole = mask.all(axis=1 - dim)
    assert whole.sum() == left
    assert (mask.any(axis=1 - dim) == whole).all()


def test_random_pruning_of_what_is_left() -> None:
    module = layer()
    for left in (18, 12, 6):
        before = getattr(module, "weight_mask", tensor(np.ones((4, 6)))).numpy()
        prune.random_unstructured(module, "weight", 6)
        assert module.weight_mask.sum() == left
        assert (module.weight_mask.numpy() <= before).all()
    (method,) = module._forward_pre_hooks.values()
    assert [type(m).__name__ for m in method] == ["RandomUnstructured"] * 3
    assert len(method) == 3
    assert method[0].amount == 6


def test_pruned_layers_learn_what_is_left() -> None:
    module = prune.l1_unstructured(layer(), "weight", 0.5)
    optimizer = optim.SGD(module.parameters(), lr=0.1)
    (module(glassnet.ones(2, 6)) ** 2).mean().backward()
    optimizer.step()
    mask, weight = module.weight_mask.numpy(), module.weight_orig.detach().numpy()
    assert (weight[mask == 0] == WEIGHT[mask == 0]).all()
    assert (weight[mask == 1] != WEIGHT[mask == 1]).all()
    assert (module.weight.detach().numpy()[mask == 0] == 0).all()


def test_pruned_layers_are_compiled_copied_and_loaded() -> None:
    module = prune.l1_unstructured(layer(), "weight", 0.5)
    x = glassnet.ones(2, 6)
    compiled = glassnet.compile(module)
    assert compiled(x).tolist() == module(x).tolist()
    prune.l1_unstructured(module, "weight", 0.5)
    assert compiled(x).tolist() == module(x).tolist()
    other = deepcopy(module)
    assert other(x).tolist() == module(x).tolist()
    prune.remove(other, "weight")
    assert prune.is_pruned(module)
    third = prune.identity(layer(), "weight")
    third.load_state_dict(module.state_dict())
    assert third(x).tolist() == module(x).tolist()
    assert repr(module) == repr(layer())


class EveryOther(prune.BasePruningMethod):
    """As in PyTorch's tutorial."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        mask = default_mask.clone()
        mask.view(-1)[::2] = 0
        return mask


def test_a_way_of_ones_own() -> None:
    module = layer()
    EveryOther.apply(module, "weight")
    np.testing.assert_array_equal(module.weight_mask.numpy().ravel(), [0, 1] * 12)
    EveryOther.apply(module, "weight")
    np.testing.assert_array_equal(module.weight_mask.numpy().ravel(), [0, 0, 0, 1] * 6)


class Unknown(EveryOther):
    PRUNING_TYPE = "by moonlight"


def _named(name: str) -> Any:
    method = prune.Identity()
    method._tensor_name = name
    return method


REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: prune.L1Unstructured("a"), TypeError, "L1Unstructured: expected an amount as a number, got 'a'"),
    (lambda: prune.L1Unstructured(-1), ValueError, "expected an amount of 0 or more, a part from 0.0 to 1.0, got -1"),
    (lambda: prune.RandomStructured(1.5), ValueError, "a part from 0.0 to 1.0, got 1.5"),
    (lambda: prune.l1_unstructured(layer(), "weight", 25), ValueError, "an amount of 24 at most, as many as there are"),
    (lambda: prune.ln_structured(layer(), "weight", 5, 2, 0), ValueError, "an amount of 4 at most"),
    (lambda: prune.ln_structured(layer(), "bias", 1, 2, 0), ValueError, "of 2 dimensions or more to prune along one"),
    (lambda: prune.ln_structured(layer(), "weight", 1, 2, 2), IndexError, "a dim from -2 to 1 for [4, 6], got dim=2"),
    (lambda: prune.l1_unstructured(layer(), "wieght", 1), AttributeError, "has no attribute 'wieght'"),
    (lambda: prune.custom_from_mask(layer(), "weight", tensor([1])), AssertionError, "shape [4, 6], got [1]"),
    (
        lambda: prune.l1_unstructured(layer(), "weight", 1, importance_scores=tensor([1.0])),
        AssertionError,
        "importance_scores of the parameter's shape [4, 6], got [1]",
    ),
    (lambda: prune.remove(layer(), "weight"), ValueError, "a parameter that is pruned, got 'weight' of Linear, which"),
    (lambda: prune.global_unstructured(7, prune.Identity), TypeError, "a list of pairs of module and name, got int"),
    (
        lambda: prune.global_unstructured([(layer(), "weight")], prune.Identity, importance_scores=[1]),
        TypeError,
        "importance_scores as a dict by pairs, got list",
    ),
    (
        lambda: prune.global_unstructured([(layer(), "weight")], prune.LnStructured, amount=1, n=2),
        TypeError,
        "expected an unstructured method for several parameters, got LnStructured",
    ),
    (lambda: prune.PruningContainer(7), TypeError, "expected a BasePruningMethod, got int"),
    (lambda: prune.PruningContainer(_named("a"), _named("b")), ValueError, "of the parameter 'a', got one of 'b'"),
    (lambda: Unknown.apply(prune.identity(layer(), "weight"), "weight"), ValueError, "got 'by moonlight' of Unknown"),
    (lambda: prune.BasePruningMethod(), TypeError, "abstract"),
]


@pytest.mark.parametrize(("make", "error", "words"), REFUSED, ids=[words for _, _, words in REFUSED])
def test_refused(make: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error) as raised:
        make()
    assert words in str(raised.value)


def test_a_refused_pruning_changes_nothing() -> None:
    module = layer()
    with pytest.raises(ValueError, match="at most"):
        prune.l1_unstructured(module, "weight", 25)
    assert list(module.state_dict()) == ["weight", "bias"]
    assert not prune.is_pruned(module)


@pytest.mark.parity
@pytest.mark.parametrize("way", WAYS)
def test_as_pytorchs(way: str) -> None:
    torch = pytest.importorskip("torch")
    from torch.nn.utils import prune as theirs

    ours, wanted = pruned(WAYS[way], nn, prune, tensor), pruned(WAYS[way], torch.nn, theirs, torch.tensor)
    assert ours == wanted


@pytest.mark.parity
@pytest.mark.parametrize("dim", [0, 1, 2, -1])
def test_kernels_as_pytorchs(dim: int) -> None:
    torch = pytest.importorskip("torch")
    from torch.nn.utils import prune as theirs

    masks = [
        p.ln_structured(p.ln_structured(layer(library, make, kernel=True), "weight", 1, 2, dim), "weight", 0.5, 1, 0)
        for p, library, make in ((prune, nn, tensor), (theirs, torch.nn, torch.tensor))
    ]
    assert masks[0].weight_mask.tolist() == masks[1].weight_mask.tolist()


@pytest.mark.parity
@pytest.mark.parametrize(
    ("make", "error"),
    [
        pytest.param(make, error, id=words)
        for make, error, words in REFUSED
        if "Pruning" not in words and "'a'" not in words
    ],
)
def test_refused_as_pytorch_does(make: Callable[[], Any], error: type[Exception], monkeypatch: Any) -> None:
    torch = pytest.importorskip("torch")
    from torch.nn.utils import prune as theirs

    class Moon(theirs.BasePruningMethod):
        PRUNING_TYPE = "by moonlight"

        def compute_mask(self, t: Any, default_mask: Any) -> Any:
            return default_mask

    monkeypatch.setitem(globals(), "prune", theirs)
    monkeypatch.setitem(globals(), "layer", lambda: layer_of(torch))
    monkeypatch.setitem(globals(), "tensor", torch.tensor)
    monkeypatch.setitem(globals(), "Unknown", Moon)
    with pytest.raises(error):
        make()


def layer_of(torch: Any, build: Callable[..., Any] = layer) -> Any:
    return build(torch.nn, torch.tensor)
