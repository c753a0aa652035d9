"""A network cut off after the last of some of its layers, which gives what those gave."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import glassnet.nn as nn
from glassnet.nn.module import Module
from glassnet.tensor import Tensor


class IntermediateLayerGetter(nn.ModuleDict):
    """The children of ``model`` up to the last of ``return_layers``, which says what each one's result is called.

    They run one after another, each on what the one before gave. Raises ValueError for a name that no child has.

    >>> from glassnet.vision.models.intermediate_layers import IntermediateLayerGetter
    >>> layers = IntermediateLayerGetter(nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Tanh()), {"0": "first", "1": "flat"})
    >>> {name: x.shape for name, x in layers(glassnet.ones(1, 2, 3)).items()}
    {'first': (1, 2, 3), 'flat': (1, 6)}
    """

    def __init__(self, model: Module, return_layers: Mapping[str, str]) -> None:
        children = dict(model.named_children())
        lacking = [name for name in return_layers if name not in children]
        if lacking:
            raise ValueError(
                f"{type(model).__name__} has no layer {lacking[0]!r:.60} to return; it has {', '.join(children)}"
            )
        last = max(list(children).index(name) for name in return_layers)
        super().__init__(OrderedDict(list(children.items())[: last + 1]))
        self.return_layers = {str(name): str(called) for name, called in return_layers.items()}

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """What the layers gave, by what they are called."""
        found: dict[str, Tensor] = OrderedDict()
        for name, layer in self.items():
            x = layer(x)
            if name in self.return_layers:
                found[self.return_layers[name]] = x
        return found
