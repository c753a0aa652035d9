"""What the layers within a network give, beside or instead of what it gives itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glassnet.nn.module import Module
from glassnet.tensor import Tensor


class FeatureExtractor(Module):
    """``model``, run for what the layers at some paths within it give: see `create_feature_extractor`.

    >>> from glassnet.vision import models
    >>> models.FeatureExtractor(nn.Sequential(nn.ReLU(), nn.Flatten()), {"0": "relu"})(-glassnet.ones(1, 2))
    {'relu': tensor([[0., 0.]])}
    """

    def __init__(self, model: Module, return_nodes: Mapping[str, str]) -> None:
        super().__init__()
        for name, child in model.named_children():
            self.add_module(name, child)
        self._places = dict(return_nodes)
        self._of = [model]  # in a list: its parts are this module's own, by the same names

    def forward(self, *inputs: Any, **named: Any) -> dict[str, Tensor]:
        """What each layer gave, by the name that was asked for."""
        (model,) = self._of
        found: dict[str, Tensor] = {}
        handles = [
            model.get_submodule(path).register_forward_hook(
                lambda _module, _inputs, output, alias=alias: found.__setitem__(alias, output)
            )
            for path, alias in self._places.items()
        ]
        try:
            model.train(self.training)
            model(*inputs, **named)
        finally:
            for handle in handles:
                handle.remove()
        return {alias: found[alias] for alias in self._places.values()}


def create_feature_extractor(
    model: Module, return_nodes: Sequence[str] | Mapping[str, str], **options: Any
) -> FeatureExtractor:
    """A module that gives what layers within ``model`` give: a dict, by path, or by the names of ``return_nodes``.

    Raises ValueError for a path that no layer has.

    >>> from glassnet.vision import models
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    >>> features = models.create_feature_extractor(model, ["0", "1"])(glassnet.ones(1, 2))
    >>> {name: x.shape for name, x in features.items()}
    {'0': (1, 3), '1': (1, 3)}
    """
    wanted = dict(return_nodes) if isinstance(return_nodes, Mapping) else {path: path for path in return_nodes}
    there = get_graph_node_names(model)[0]
    for path in wanted:
        if path not in there:
            raise ValueError(
                f"create_feature_extractor: {type(model).__name__} has no layer {path!r:.60}; it has "
                f"{', '.join(there[:40])}"
            )
    return FeatureExtractor(model, wanted)


def get_graph_node_names(model: Module, **options: Any) -> tuple[list[str], list[str]]:
    """The paths of the layers within ``model``, which `create_feature_extractor` takes, in training and in evaluation.

    >>> from glassnet.vision import models
    >>> models.get_graph_node_names(nn.Sequential(nn.Linear(2, 3), nn.Tanh()))[0]
    ['0', '1']
    """
    paths = [path for path, _ in model.named_modules() if path]
    return paths, list(paths)
