"""What datasets of pictures share: samples (image, target), each changed by a transform of its own."""

from __future__ import annotations

import os
from typing import Any

from glassnet.data.collate import default_collate
from glassnet.data.dataset import Dataset
from glassnet.data.gather import (
    Indices,
    as_indices,
    batch_by_sample,
    checked_range,
    is_up_to_date,
    made_at_once,
    take_rows,
)
from glassnet.data.transformed import apply_to_batch, apply_to_sample, takes_batches
from glassnet.tensor import Tensor
from glassnet.threads import computed_once

PathLike = str | os.PathLike[str]


class Pictures(Dataset[tuple[Any, Any]]):
    """Samples ``(image, target)``: a subclass gives them in ``picture(index)`` as they are, before the transforms."""

    root: PathLike | None = None  # where they are from, if they are files
    transform: Any = None
    target_transform: Any = None

    @computed_once
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class, of a dataset that has ``classes``."""
        dataset: Any = self
        return {name: number for number, name in enumerate(dataset.classes)}

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must define __len__(self), the number of pictures")

    def picture(self, index: int) -> tuple[Any, Any]:
        """The image and the target at ``index``."""
        raise NotImplementedError(f"{type(self).__name__} must define picture(self, index)")

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image, target = self.picture(index)
        if self.transform is not None:
            image = apply_to_sample(self.transform, image)
        if self.target_transform is not None:
            target = apply_to_sample(self.target_transform, target)
        return image, target

    def __repr__(self) -> str:
        lines = [f"Dataset {type(self).__name__}", *self._origin()]
        transforms = {"Transform: ": self.transform, "Target transform: ": self.target_transform}
        described = [
            what + repr(transform).replace("\n", "\n" + " " * len(what))
            for what, transform in transforms.items()
            if transform is not None
        ]
        return "\n    ".join(lines + ["\n".join(["StandardTransform", *described])] * bool(described))

    def _origin(self) -> list[str]:
        """Lines that say how many pictures there are, and where they are from."""
        count = f"Number of datapoints: {len(self)}"
        return [count] if self.root is None else [count, f"Root location: {self.root}"]


class PicturesInMemory(Pictures):
    """Pictures ``data`` [n, height, width] and ``targets`` [n], from which a batch is one gather."""

    data: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.data)

    def picture(self, index: int) -> tuple[Any, Any]:
        """The image, as a NumPy array, and the target, as an int."""
        return self.data.array[index].copy(), int(self.targets.array[index])

    def batch_at(self, indices: Indices) -> Any:
        """The samples at ``indices``, as a batch: one call of the transform, if it takes batches."""
        if not (takes_batches(self.transform) and is_up_to_date(self, "batch_at", "picture")):
            return batch_by_sample(self, indices)
        indices = checked_range(type(self).__name__, as_indices(indices), len(self))
        images, targets = take_rows(self.data, indices), take_rows(self.targets, indices)
        return [images if self.transform is None else apply_to_batch(self.transform, images), self._targets(targets)]

    def rows_at(self, indices: Indices) -> tuple[Any, Indices] | None:
        """All pictures, and where those at ``indices`` are; where there are transforms, these pictures, changed."""
        if not is_up_to_date(self, "batch_at", "picture"):
            return None
        if self.transform is self.target_transform is None:
            return [self.data, self.targets], checked_range(type(self).__name__, as_indices(indices), len(self))
        takes_all = takes_batches(self.transform) and takes_batches(self.target_transform)
        return made_at_once(self.batch_at, indices) if takes_all else None

    def _targets(self, targets: Tensor) -> Any:
        """The targets of a batch after their transform."""
        if self.target_transform is None:
            return targets
        if takes_batches(self.target_transform):
            return apply_to_batch(self.target_transform, targets)
        return default_collate([self.target_transform(target) for target in targets.tolist()])
