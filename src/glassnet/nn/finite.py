"""Numbers that are none: whether a network, and what it gives, can be used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from glassnet.errors import NotFiniteError
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.text import shown

_SHOWN = 4  # parameters that an error names
ADVICE = "train it again with a smaller learning rate, or go on from a checkpoint of before"


def weights_problem(module: Module) -> str:
    """What is wrong with the weights of ``module``, by name; "" where all parameters are finite, and no buffer is nan.

    >>> from glassnet.nn.finite import weights_problem
    >>> model = nn.Linear(2, 3)
    >>> model.weight.data.fill_(float("nan"))
    tensor(...)
    >>> weights_problem(model)
    'its weights are not finite: weight [3, 2] (6 of 6 numbers)'
    """
    wrong = list(_wrong(module))
    more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    return f"its weights are not finite: {', '.join(wrong[:_SHOWN])}{more}" if wrong else ""


def check_weights(module: Module) -> None:
    """Raise NotFiniteError, which names the parameters, where `weights_problem` finds one.

    >>> from glassnet.nn.finite import check_weights
    >>> check_weights(nn.Linear(2, 3))
    """
    problem = weights_problem(module)
    if problem:
        raise NotFiniteError(f"the network cannot be used, {problem}; {ADVICE}")


def check_results(results: Array, names: Sequence[str] = ()) -> None:
    """Raise NotFiniteError, which says for which sample, unless all ``results`` [n, …] are finite.

    ``names`` are what the samples are called.

    >>> from glassnet.nn.finite import check_results
    >>> check_results(np.array([[1.0], [np.inf]]))
    Traceback (most recent call last):
    glassnet.errors.NotFiniteError: sample 2: the network gives inf for it; ...
    """
    places = np.argwhere(~np.isfinite(results))
    if not len(places):
        return
    first, value = int(places[0][0]), results[tuple(places[0])]
    count = len(np.unique(places[:, 0]))
    name = shown(names[first]) if names else f"sample {first + 1}"
    others = f", and nothing finite for {count - 1} more" if count > 1 else ""
    raise NotFiniteError(
        f"{name}: the network gives {value} for it{others}; look at its numbers, which may be far from all it was "
        f"trained on, or {ADVICE}"
    )


def _wrong(module: Module) -> Iterator[str]:
    """The parameters that are not finite, and the buffers that hold nan: an infinite one may be a mask."""
    for name, parameter in module.named_parameters():
        yield from _described(name, parameter.array, np.isfinite(parameter.array))
    for name, buffer in module.named_buffers():
        yield from _described(name, buffer.array, ~np.isnan(buffer.array))


def _described(name: str, numbers: Array, good: Array) -> Iterator[str]:
    if not good.all():
        yield f"{name} {written(numbers.shape)} ({int((~good).sum()):,} of {numbers.size:,} numbers)"
