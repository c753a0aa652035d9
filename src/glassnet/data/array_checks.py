"""Checks of data before anything is trained on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.data.dataset import TensorDataset
from glassnet.data.gather import batch_function
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor

_ROWS = 1024  # checked at a time, so that the data is never copied as a whole


def check_finite(data: Any) -> None:
    """Raise ValueError, with the position, at the first nan or infinity in ``data``.

    ``data`` is a tensor, an array, a tuple or list of them, or a dataset with a length, all of whose samples
    are then read once, transforms included.

    >>> data.check_finite(np.array([[1.0, 2.0], [np.nan, 0.0]]))
    Traceback (most recent call last):
    ValueError: expected finite numbers, but tensor 0 holds nan at row 1, column 0, ...
    """
    for name, start, rows in _pieces(data):
        if rows.dtype.kind != "f" or np.isfinite(rows).all():
            continue
        row, *place = (int(i) for i in np.argwhere(~np.isfinite(rows))[0])
        value = rows[(row, *place)]
        where = f"row {start + row}"
        if len(place) == 1:
            where += f", column {place[0]}"
        elif place:
            where += f", position {place}"
        raise ValueError(
            f"expected finite numbers, but {name} holds {value} at {where}, and training on it makes every weight "
            "nan; leave such rows out (keep = isfinite(x).all(1); x[keep], y[keep]) or fill them in (where(isnan(x), "
            "0, x)) first"
        )


def _pieces(data: Any) -> Iterator[tuple[str, int, Array]]:
    """Every tensor of ``data``, some rows at a time: its name, the number of the first row, the rows."""
    if isinstance(data, Tensor | np.ndarray):
        data = (data,)
    elif isinstance(data, TensorDataset):
        data = data.tensors
    if isinstance(data, tuple | list):
        for number, x in enumerate(data):
            array = np.atleast_1d(x.array if isinstance(x, Tensor) else np.asarray(x))
            for start in range(0, len(array), _ROWS):
                yield f"tensor {number}", start, array[start : start + _ROWS]
        return
    batch_at = batch_function(data)
    for start in range(0, len(data), _ROWS):
        batch = batch_at(np.arange(start, min(start + _ROWS, len(data))))
        for name, array in _tensors(batch):
            yield name, start, array


def _tensors(batch: Any, name: str = "") -> Iterator[tuple[str, Array]]:
    """Every tensor of a batch, with a name for it."""
    if isinstance(batch, Tensor):
        yield f"tensor {name}" if name else "tensor 0", batch.array
    elif isinstance(batch, Mapping | Sequence) and not isinstance(batch, str | bytes):
        items = batch.items() if isinstance(batch, Mapping) else enumerate(batch)
        for key, value in items:
            yield from _tensors(value, f"{name}[{key!r}]" if name else f"{key}")
