"""Pruning: parameters of which a mask leaves some out, ``weight = weight_orig * weight_mask``, as in PyTorch.

The functions choose what to leave out: the smallest numbers (``l1_unstructured``), rows with the smallest norm
(``ln_structured``), any (``random_unstructured``, ``random_structured``), the smallest of several layers
(``global_unstructured``), what a mask of yours says (``custom_from_mask``). What was pruned may be pruned again: of
what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from glassnet.nn.module import Module
from glassnet.nn.utils.clip import parameters_to_vector
from glassnet.nn.utils.pruning_methods import (
    Amount,
    BasePruningMethod,
    CustomFromMask,
    Identity,
    L1Unstructured,
    LnStructured,
    PruningContainer,
    RandomStructured,
    RandomUnstructured,
    method_of,
    methods_of,
)
from glassnet.tensor import Tensor

__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]


def identity(module: Module, name: str) -> Module:
    """Prune nothing: there is a mask, of ones. Returns ``module``.

    >>> nn.utils.prune.identity(nn.Linear(2, 1), "bias").bias_mask
    tensor([1.])
    """
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount: Amount) -> Module:
    """Leave out any ``amount`` of the numbers of ``module.name``: a whole number of them, or a part of all.

    Returns ``module``, which has the parameter ``weight_orig`` and the buffer ``weight_mask`` then, for "weight", and
    whose ``weight`` is the one times the other.

    >>> layer = nn.utils.prune.random_unstructured(nn.Linear(4, 4), "weight", amount=0.25)
    >>> layer.weight_mask.sum(), [name for name, parameter in layer.named_parameters()]
    (tensor(12.), ['bias', 'weight_orig'])
    """
    RandomUnstructured.apply(module, name, amount=amount)
    return module


def l1_unstructured(module: Module, name: str, amount: Amount, importance_scores: Tensor | None = None) -> Module:
    """Leave out the ``amount`` of smallest numbers of ``module.name``, or of those with the smallest scores.

    Returns ``module``; see `random_unstructured`.

    >>> layer = nn.Linear(3, 1)
    >>> layer.weight.data.copy_(glassnet.tensor([[3.0, -1.0, 2.0]]))
    tensor([[ 3., -1.,  2.]])
    >>> nn.utils.prune.l1_unstructured(layer, "weight", amount=1).weight
    tensor([[3., -0., 2.]], grad_fn=<MulBackward0>)
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: Module, name: str, amount: Amount, dim: int) -> Module:
    """Leave out any ``amount`` of the indices of the dimension ``dim`` of ``module.name``.

    Returns ``module``; see `random_unstructured`.

    >>> layer = nn.utils.prune.random_structured(nn.Linear(4, 3), "weight", amount=1, dim=0)
    >>> layer.weight_mask.sum()
    tensor(8.)
    """
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Module, name: str, amount: Amount, n: Any, dim: int, importance_scores: Tensor | None = None
) -> Module:
    """Leave out the ``amount`` of indices of the dimension ``dim`` with the smallest ``n``-norm.

    ``n`` is as in `glassnet.norm`: 1, 2, inf, "fro". Returns ``module``; see `random_unstructured`.

    >>> layer = nn.utils.prune.ln_structured(nn.Conv2d(1, 4, 3), "weight", amount=0.5, n=2, dim=0)
    >>> layer.weight_mask.sum()
    tensor(18.)
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Module, name: str, mask: Tensor) -> Module:
    """Leave out of ``module.name`` what ``mask`` has 0 for. Returns ``module``; see `random_unstructured`.

    >>> layer = nn.utils.prune.custom_from_mask(nn.Linear(3, 1), "weight", glassnet.tensor([[1, 0, 1]]))
    >>> layer.weight[0, 1].item() == 0
    True
    """
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: type[BasePruningMethod],
    importance_scores: Mapping[tuple[Module, str], Tensor] | None = None,
    **kwargs: Any,
) -> None:
    """Prune several parameters, pairs of module and name, as if they were one.

    With `L1Unstructured` and amount=0.2, the smallest fifth of all numbers goes, wherever they are. Raises TypeError
    for a method that is not unstructured.

    >>> first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    >>> first.weight.data.fill_(1.0), second.weight.data.fill_(2.0)
    (tensor([[1., 1.],
            [1., 1.]]), tensor([[2., 2.],
            [2., 2.]]))
    >>> both = [(first, "weight"), (second, "weight")]
    >>> nn.utils.prune.global_unstructured(both, nn.utils.prune.L1Unstructured, amount=0.5)
    >>> first.weight_mask.sum(), second.weight_mask.sum()
    (tensor(0.), tensor(4.))
    """
    if not isinstance(parameters, Iterable):
        raise TypeError(f"expected a list of pairs of module and name, got {type(parameters).__name__}")
    if importance_scores is not None and not isinstance(importance_scores, Mapping):
        raise TypeError(f"expected importance_scores as a dict by pairs, got {type(importance_scores).__name__}")
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            f"expected an unstructured method for several parameters, got {pruning_method.__name__}; prune each by "
            "itself"
        )
    pairs = list(parameters)
    scores = importance_scores or {}
    weights = [getattr(module, name) for module, name in pairs]
    importances = [scores.get(pair, weight).detach() for pair, weight in zip(pairs, weights, strict=True)]
    masks = [
        getattr(module, f"{name}_mask", weight.new_ones(weight.shape))
        for (module, name), weight in zip(pairs, weights, strict=True)
    ]
    method._tensor_name = "temp"
    mask = PruningContainer(method).compute_mask(parameters_to_vector(importances), parameters_to_vector(masks))
    at = 0
    for (module, name), weight in zip(pairs, weights, strict=True):
        custom_from_mask(module, name, mask[at : at + weight.numel()].view_as(weight))
        at += weight.numel()


def remove(module: Module, name: str) -> Module:
    """Make ``module.name`` an ordinary parameter again, what was left out being 0 for good. Returns ``module``.

    Raises ValueError where it is not pruned.

    >>> layer = nn.utils.prune.l1_unstructured(nn.Linear(2, 2), "weight", amount=2)
    >>> [name for name, parameter in nn.utils.prune.remove(layer, "weight").named_parameters()]
    ['bias', 'weight']
    """
    method = method_of(module, name)
    if method is None:
        raise ValueError(f"expected a parameter that is pruned, got {name!r:.80} of {module._get_name()}, which is not")
    method.remove(module)
    return module


def is_pruned(module: Module) -> bool:
    """Whether anything within ``module`` is pruned.

    >>> net = nn.Sequential(nn.Linear(2, 2))
    >>> nn.utils.prune.is_pruned(net), nn.utils.prune.is_pruned(nn.utils.prune.identity(net[0], "bias"))
    (False, True)
    """
    return any(True for inner in module.modules() for _ in methods_of(inner))
