"""StackDataset: the samples of several datasets side by side."""

from __future__ import annotations

from typing import Any

from glassnet.data.dataset import Dataset

__all__ = ["StackDataset"]


class StackDataset(Dataset[Any]):
    """Datasets of one length, whose samples i are sample i of this one: a tuple, or, of datasets with names, a dict.

    Raises ValueError for none, for some with names and some without, and for datasets of several lengths.

    >>> pairs = data.StackDataset(["a", "b"], [1, 2])
    >>> pairs[1], data.StackDataset(letter="ab", number=[1, 2])[0]
    (('b', 2), {'letter': 'a', 'number': 1})
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise ValueError("StackDataset: expected datasets, either all of them with names or none of them")
        self.datasets: Any = args or kwargs
        lengths = {len(dataset) for dataset in args or kwargs.values()}
        if len(lengths) > 1:
            raise ValueError(f"StackDataset: expected datasets of one length, got {sorted(lengths)}")
        self._length = lengths.pop()

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)
