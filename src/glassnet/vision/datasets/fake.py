"""Random pictures, to try a program with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.data.gather import out_of_range
from glassnet.data.sampler import check_count
from glassnet.vision.datasets.picture_dataset import Pictures


class FakeData(Pictures):
    """``size`` pictures of random pixels, ``image_size`` = (channels, height, width), each of a random class.

    Sample i is the same whenever it is asked for; another ``random_offset`` gives others. Without a
    ``transform`` a picture is a NumPy array [height, width, channels] of uint8.

    >>> from glassnet.vision import datasets, transforms
    >>> pictures = datasets.FakeData(size=3, image_size=(1, 28, 28), num_classes=10, transform=transforms.ToTensor())
    >>> image, label = pictures[0]
    >>> len(pictures), image.shape, 0 <= label < 10
    (3, (1, 28, 28), True)
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: Sequence[int] = (3, 224, 224),
        num_classes: int = 10,
        transform: Any = None,
        target_transform: Any = None,
        random_offset: int = 0,
    ) -> None:
        check_count("FakeData: size", size)
        check_count("FakeData: num_classes", num_classes)
        if len(image_size) != 3 or min(image_size) < 1:
            raise ValueError(f"FakeData: image_size must be (channels, height, width), got {tuple(image_size)}")
        self.size = size
        self.image_size = tuple(image_size)
        self.num_classes = num_classes
        self.transform = transform
        self.target_transform = target_transform
        self.random_offset = random_offset

    def __len__(self) -> int:
        return self.size

    def picture(self, index: int) -> tuple[Any, Any]:
        """The picture at ``index`` and its class, drawn from a generator of their own."""
        if not -self.size <= index < self.size:
            raise out_of_range("FakeData", [index], self.size)
        random = np.random.default_rng([abs(self.random_offset), int(self.random_offset < 0), int(index) % self.size])
        channels, height, width = self.image_size
        image = random.integers(0, 256, (height, width, channels), dtype=np.uint8)
        return image, int(random.integers(self.num_classes))
