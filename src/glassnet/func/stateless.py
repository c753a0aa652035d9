"""Modules as functions of their parameters, and many modules of a kind as one with parameters for all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from glassnet.nn import Module
from glassnet.nn.registry import Registered, joined
from glassnet.tensor import Tensor
from glassnet.tensor.graph import changes
from glassnet.tensor.joining import stack


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: dict[str, Tensor] | Sequence[dict[str, Tensor]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """What ``module`` gives for ``args``, with other tensors in the places of its parameters and buffers.

    The tensors are named by path, "fc1.weight", in a dict or several; what none names stays as it is. A parameter that
    is in several places is replaced in all of them, unless ``tie_weights=False``. The module is afterwards as before.

    Raises RuntimeError for a path that is not there or, with ``strict``, one that is left out; ValueError for two dicts
    that name one path.

    >>> module = nn.Linear(2, 1)
    >>> tensors = {"weight": glassnet.tensor([[1.0, 2.0]]), "bias": glassnet.tensor([10.0])}
    >>> glassnet.func.functional_call(module, tensors, glassnet.ones(2))
    tensor([13.])
    """
    tensors = _one_dict(parameter_and_buffer_dicts)
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    with _replaced(module, tensors, tie_weights, strict):
        return module(*arguments, **(kwargs or {}))


def _one_dict(dicts: Any) -> dict[str, Tensor]:
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, list | tuple) or not all(isinstance(one, dict) for one in dicts):
        raise ValueError(f"functional_call: expected a dict of tensors by path, or several, got {type(dicts).__name__}")
    together: dict[str, Tensor] = {}
    for one in dicts:
        twice = together.keys() & one.keys()
        if twice:
            raise ValueError(f"functional_call: {min(twice)!r:.80} is named by two of the dicts")
        together |= one
    return together


def _places(module: Module) -> dict[str, tuple[Module, str]]:
    """The module and the name of each parameter and buffer, by path; of those in several places all."""
    found = {}
    for path, inner in module.named_modules(remove_duplicate=False):
        for kind in ("parameter", "buffer"):
            for name in Registered(inner, kind):
                found[joined(path, name)] = inner, name
    return found


@contextmanager
def _replaced(module: Module, tensors: dict[str, Tensor], tie_weights: bool, strict: bool) -> Iterator[None]:
    places = _places(module)
    unknown = tensors.keys() - places.keys()
    if unknown and strict:
        raise RuntimeError(
            f"functional_call: {type(module).__name__} has no {min(unknown)!r:.80}; it has {_list(places)}"
        )
    given = {path: x for path, x in tensors.items() if path in places}
    if tie_weights:
        given |= _tied(places, given)
    if strict:
        lacking = [
            path for path, (inner, name) in places.items() if path not in given and vars(inner)[name] is not None
        ]
        if lacking:
            raise RuntimeError(f"functional_call: strict=True expects all of the tensors, got no {_list(lacking)}")
    before = [(inner, name, vars(inner)[name]) for inner, name in (places[path] for path in given)]
    try:
        for path, x in given.items():
            inner, name = places[path]
            vars(inner)[name] = x
        changes.tell()
        yield
    finally:
        for inner, name, x in reversed(before):
            vars(inner)[name] = x
        changes.tell()


def _tied(places: dict[str, tuple[Module, str]], given: dict[str, Tensor]) -> dict[str, Tensor]:
    """What comes to the places of tensors that are in several, of which one is named."""
    now = {path: vars(inner)[name] for path, (inner, name) in places.items()}
    by_tensor = {id(now[path]): x for path, x in given.items() if now[path] is not None}
    return {path: by_tensor[id(x)] for path, x in now.items() if path not in given and id(x) in by_tensor}


def _list(names: Any) -> str:
    shown = [repr(name) for name in list(names)[:5]]
    return ", ".join(shown) + (", …" if len(names) > 5 else "")


def stack_module_state(models: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and the buffers of modules of a kind, stacked along a new first dimension, each in a dict by path.

    With `functional_call` and `vmap`, all the modules compute at once. Raises RuntimeError for no modules, for some in
    training mode and some not, and for modules of different classes.

    >>> params, buffers = glassnet.func.stack_module_state([nn.Linear(3, 2) for _ in range(4)])
    >>> params["weight"].shape
    (4, 2, 3)
    """
    modules = list(models)
    if not modules:
        raise RuntimeError("stack_module_state: expected one module at least, got none")
    if len({module.training for module in modules}) > 1:
        raise RuntimeError(
            "stack_module_state: some modules are in training mode and some are not; call train() or eval()"
        )
    if len({type(module) for module in modules}) > 1:
        raise RuntimeError("stack_module_state: expected modules of one class")
    params = {
        name: _stacked([dict(module.named_parameters())[name] for module in modules])
        for name, _ in modules[0].named_parameters()
    }
    buffers = {
        name: _stacked([dict(module.named_buffers())[name] for module in modules])
        for name, _ in modules[0].named_buffers()
    }
    return params, buffers


def _stacked(tensors: list[Any]) -> Tensor:
    if len({x.requires_grad for x in tensors}) > 1:
        raise RuntimeError(
            "stack_module_state: a parameter requires a gradient in some of the modules and not in others"
        )
    return stack([x.detach() for x in tensors]).requires_grad_(tensors[0].requires_grad)


def replace_all_batch_norm_modules_(root: Module) -> Module:
    """Have all batch norms within ``root`` use each batch's own statistics, and keep none; returns ``root``.

    What is kept is changed in place by each batch, which differs from sample to sample under `vmap`.

    >>> glassnet.func.replace_all_batch_norm_modules_(nn.Sequential(nn.BatchNorm1d(2)))[0].running_mean is None
    True
    """
    for module in root.modules():
        if hasattr(module, "track_running_stats") and "BatchNorm" in type(module).__name__:
            module.track_running_stats = False
            for name in ("running_mean", "running_var", "num_batches_tracked"):
                setattr(module, name, None)
    return root
