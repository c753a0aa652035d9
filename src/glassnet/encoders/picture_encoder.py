"""Pictures of one size: their pixels as numbers, from files of pictures or of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.encoders.by_folder import labels_by_folder
from glassnet.encoders.encoder import Samples, SourceError, Standalone
from glassnet.encoders.number_encoder import NumberEncoder
from glassnet.ops.dtypes import Array
from glassnet.text import decoded_name

WHITE = 255  # in a file of a picture; what it is among the samples, the network divides them by


@dataclass(frozen=True)
class PictureEncoder(NumberEncoder):
    """Pictures of ``shape`` [height, width] (shades of grey) or [3, height, width], each pixel divided.

    They are read from files of pictures, which are scaled to that size, and from files of numbers.

    >>> from glassnet.encoders import PictureEncoder
    >>> PictureEncoder((2, 2), divide_by=255).encode([[[255, 0], [0, 51]]])
    array([[[1. , 0. ],
            [0. , 0.2]]], dtype=float32)
    """

    @property
    def how_to_label(self) -> str:
        """How samples are given with their targets."""
        return f"{super().how_to_label}, or a folder of pictures by class"

    def read(self, path: Path, classes: Sequence[str], *, targets: bool) -> Samples:
        """A picture, the pictures in a folder, by class if there is a folder for each, or a file of numbers."""
        from glassnet.vision.datasets import IMG_EXTENSIONS  # other samples do without

        if not path.is_dir() and path.suffix.lower() not in IMG_EXTENSIONS:
            return super().read(path, classes, targets=targets)
        files = [path]
        if path.is_dir():
            files = sorted(f for f in path.rglob("*") if f.suffix.lower() in IMG_EXTENSIONS)
        if not files:
            endings = ", ".join(IMG_EXTENSIONS)
            raise SourceError(f"FILE: there is no picture in {path}; those count that end in {endings}")
        pictures = [resized(read_picture(file, self.shape[-2:]), self.shape[-2:]) for file in files]
        if len(self.shape) == 2:
            pictures = [picture.mean(0) for picture in pictures]  # shades of grey
        given = np.stack(pictures) * np.float32(self.divide_by / WHITE)
        known = labels_by_folder(path, files, classes, wanted=targets)
        samples = self._samples(given, path, known)
        return Samples(samples.inputs, samples.targets, [decoded_name(str(file)) for file in files])

    # an exported file -------------------------------------------------------------------------------

    def standalone(self, dtype: Any) -> Standalone:
        """What an exported file needs to take such pictures: numbers, and, where Pillow is there, files of pictures."""
        from glassnet.encoders import picture_standalone as copied  # other samples do without
        from glassnet.vision.datasets import folder
        from glassnet.vision.transforms.geometry import triangles

        numbers = super().standalone(dtype)
        height, width = self.shape[-2:]
        colours = "in colour" if len(self.shape) == 3 else "in shades of grey"
        first, *read = numbers.read[""]
        return replace(
            numbers,
            sample=f"a picture of {height} × {width} pixels {colours}: {numbers.sample}",
            usage=f"paths of pictures, which need Pillow and are scaled to {height} × {width}; or {numbers.usage}",
            data=f"a picture ({', '.join(folder.IMG_EXTENSIONS)}), which needs Pillow; or {numbers.data}",
            constants={
                **numbers.constants,
                "SHAPE": self.shape,
                "ENDINGS": folder.IMG_EXTENSIONS,
                "FORMATS": folder.FORMATS,
                "MOST_PIXELS": folder.MOST_PIXELS,
                "WHITE": self.divide_by,
            },
            encode={
                **numbers.encode,
                "from a picture to numbers": [
                    copied.pixels_of,
                    copied.pixels_of_one,
                    copied.read_picture,
                    folder.made_smaller,
                    copied.scaled,
                    triangles,
                ],
            },
            read={"": [copied.read, str(first).replace("def read(", "def numbers_of(", 1), *read]},
            example="picture.png",
        )

    def _given(self) -> str:
        return "pixels_of(X)"


def read_picture(file: str | Path, size: Sequence[int]) -> Array:
    """The picture in a file: [3, height, width], of bytes; of a large one no more than scaling it to ``size`` needs."""
    from glassnet.vision.datasets.folder import read_image

    return np.moveaxis(np.asarray(read_image(str(file), size)), 2, 0)


def resized(picture: Array, size: Sequence[int]) -> Array:
    """A picture [planes, height, width], scaled to ``size``."""
    from glassnet.vision.transforms import Resize

    scaled: Array = Resize(tuple(size)).changed(picture[None])[0]
    return scaled
