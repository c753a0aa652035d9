"""The layers of a network, without what computes their weights."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.nn.module import Module

_WITHIN = "parametrizations"  # what computes a weight, see `nn.utils.parametrize`


def layers_within(model: Module) -> Iterator[tuple[str, Module]]:
    """``model`` and the modules within it by path, without those that compute the weight of another.

    >>> from glassnet.nn.innermost import layers_within
    >>> model = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(2, 3)), nn.ReLU())
    >>> [path for path, _ in layers_within(model)]
    ['', '0', '1']
    """
    return ((path, module) for path, module in model.named_modules() if _WITHIN not in path.split("."))


def innermost(model: Module) -> Iterator[tuple[str, Module]]:
    """Those of the `layers_within` ``model`` that are made of no others.

    >>> from glassnet.nn.innermost import innermost
    >>> [path for path, _ in innermost(nn.Sequential(nn.Linear(2, 3), nn.ReLU()))]
    ['0', '1']
    """
    for path, module in layers_within(model):
        if all(name == _WITHIN for name, _ in module.named_children()):
            yield path, module
