"""functorch, as `torch.func` was called before: a module as a function and a tuple of its parameters."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from glassnet.func import functional_call
from glassnet.nn import Module
from glassnet.tensor.joining import stack

__all__ = ["combine_state_for_ensemble", "make_functional", "make_functional_with_buffers"]


def make_functional(model: Module, disable_autograd_tracking: bool = False) -> tuple[Callable[..., Any], Any]:
    """A function of (parameters, inputs), and the parameters of ``model``, in a tuple.

    >>> from glassnet.pytorch.names.functional_modules import make_functional
    >>> function, params = make_functional(nn.Linear(2, 1))
    >>> function(params, glassnet.ones(3, 2)).shape
    (3, 1)
    """
    function, params, _ = make_functional_with_buffers(model, disable_autograd_tracking)
    return (lambda params, *inputs, **named: function(params, (), *inputs, **named)), params


def make_functional_with_buffers(
    model: Module, disable_autograd_tracking: bool = False
) -> tuple[Callable[..., Any], Any, Any]:
    """A function of (parameters, buffers, inputs), and both, in a tuple each.

    >>> from glassnet.pytorch.names.functional_modules import make_functional_with_buffers
    >>> function, params, buffers = make_functional_with_buffers(nn.BatchNorm1d(2).eval())
    >>> function(params, buffers, glassnet.ones(3, 2)).shape
    (3, 2)
    """
    own = copy.deepcopy(model)
    names = [name for name, _ in own.named_parameters()]
    buffer_names = [name for name, _ in own.named_buffers()]

    def function(params: Any, buffers: Any, *inputs: Any, **named: Any) -> Any:
        state = dict(zip(names, params, strict=True)) | dict(zip(buffer_names, buffers, strict=False))
        return functional_call(own, state, inputs, named)

    params = [p.detach() if disable_autograd_tracking else p for p in own.parameters()]
    return function, tuple(params), tuple(own.buffers())


def combine_state_for_ensemble(models: Any) -> tuple[Callable[..., Any], Any, Any]:
    """One function for modules of a kind, and the parameters and the buffers of all, stacked.

    >>> from glassnet.pytorch.names.functional_modules import combine_state_for_ensemble
    >>> function, params, buffers = combine_state_for_ensemble([nn.Linear(2, 1) for _ in range(4)])
    >>> glassnet.vmap(function, in_dims=(0, 0, None))(params, buffers, glassnet.ones(3, 2)).shape
    (4, 3, 1)
    """
    if not len(models):
        raise RuntimeError("combine_state_for_ensemble: expected one module at least, got none")
    made = [make_functional_with_buffers(model) for model in models]
    params = tuple(
        stack([p.detach() for p in each]).requires_grad_() for each in zip(*(m[1] for m in made), strict=True)
    )
    buffers = tuple(stack(list(each)) for each in zip(*(m[2] for m in made), strict=True))
    return made[0][0], params, buffers
