"""Slopes of functions that are known at places: `gradient`, of neighbours by second-order differences."""

from __future__ import annotations

from typing import Any

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.ops.shapes import normalize_dim, written
from glassnet.tensor.joining import cat
from glassnet.tensor.tensor import Tensor

__all__ = ["gradient"]


def gradient(input: Tensor, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> tuple[Tensor, ...]:
    """The slope of the numbers along each of ``dim``, by differences of neighbours; one-sided at both ends.

    ``spacing`` is how far apart they are: a number, one for each dimension, or a vector of places for each.
    With ``edge_order=2``, the ends are as exact as the rest. Raises RangeError for too few numbers.

    >>> glassnet.gradient(glassnet.tensor([1.0, 4.0, 9.0, 16.0]))
    (tensor([3., 4., 6., 7.]),)
    """
    if edge_order not in (1, 2):
        raise RangeError(f"gradient: expected edge_order of 1 or 2, got {edge_order}")
    if input.dtype.kind == "u":
        raise DtypeError("gradient: expected signed numbers, got uint8, whose differences wrap; use x.float()")
    spacing = 1 if spacing is None else spacing
    given = spacing if isinstance(spacing, list | tuple) else None
    if dim is not None:
        dims = [dim] if isinstance(dim, int) else list(dim)
    else:  # as many as there are vectors of places
        of_places = given is not None and bool(given) and isinstance(given[0], Tensor)
        dims = list(range(len(given) if given is not None and of_places else input.ndim))
    dims = [normalize_dim("gradient", d, input.ndim) for d in dims]
    if len(set(dims)) < len(dims):
        raise RangeError(f"gradient: expected each dimension once, got dim={dim}")
    spaces = list(given) if given is not None else [spacing] * len(dims)
    if len(spaces) != len(dims):
        raise ShapeError(f"gradient: expected a spacing for each of {len(dims)} dimensions, got {len(spaces)}")
    return tuple(_slope(input, d, space, edge_order) for d, space in zip(dims, spaces, strict=True))


def _slope(x: Tensor, d: int, spacing: Any, edge_order: int) -> Tensor:
    n = x.shape[d]
    if n <= edge_order:
        raise RangeError(f"gradient: expected {edge_order + 1} numbers or more along dimension {d}, got {n}")
    if x.dtype.kind in "bi":
        x = x.float()
    between = _part(x, d, 1, n) - _part(x, d, 0, n - 1)
    if isinstance(spacing, Tensor) and spacing.ndim:
        if spacing.shape != (n,):
            raise ShapeError(f"gradient: expected {n} places along dimension {d}, got {written(spacing.shape)}")
        steps = (spacing[1:] - spacing[:-1]).reshape(-1, *(1 for _ in range(x.ndim - d - 1)))
    else:
        steps = x.new_full([n - 1, *(1 for _ in range(x.ndim - d - 1))], 1) * spacing
    slopes = between / steps
    # of three places a and b apart, the slope in the middle is that of the parabola through them: both slopes,
    # weighted by the other's step; those at its ends lie on the same line
    a, b = steps[:-1], steps[1:]
    left, right = _part(slopes, d, 0, n - 2), _part(slopes, d, 1, n - 1)
    middle = (left * b + right * a) / (a + b)
    first, last = _part(slopes, d, 0, 1), _part(slopes, d, n - 2, n - 1)
    if edge_order == 2:
        bent = (right - left) / (a + b)
        first = first - _part(bent, d, 0, 1) * a[:1]
        last = last + _part(bent, d, n - 3, n - 2) * b[-1:]
    return cat([first, middle, last], d)


def _part(x: Tensor, d: int, start: int, stop: int) -> Tensor:
    return x.narrow(d, start, stop - start)
