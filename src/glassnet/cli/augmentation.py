"""``--augment``: pictures shifted and turned anew in each epoch, so that a network learns what stays the same."""

from __future__ import annotations

from typing import Any

from glassnet.cli.errors import BadInput
from glassnet.data import TensorDataset, Transformed
from glassnet.encoders import PictureEncoder
from glassnet.sources import Data

DEGREES = 10
SHIFTED = 12  # a shift is one pixel of so many


def augmented(data: Data) -> Any:
    """The samples to learn from, each changed by chance whenever it is drawn."""
    from glassnet.vision import transforms  # other runs do without

    size = data.train.inputs.shape[-2:]
    changes: list[Any] = [
        transforms.RandomRotation(DEGREES, transforms.InterpolationMode.BILINEAR),
        transforms.RandomCrop(size, padding=_shift(data), padding_mode="edge"),
    ]
    if data.mirrored:
        changes.append(transforms.RandomHorizontalFlip())
    return Transformed(TensorDataset(*data.train), transforms.Compose(changes))


def in_words(data: Data) -> str:
    """What is done to a picture. Raises BadInput where samples are none."""
    if not isinstance(data.encoder, PictureEncoder):
        raise BadInput(f"--augment: expected pictures to shift and turn, got {data.noun}; leave it out")
    shift = _shift(data)
    words = f"each turned by up to {DEGREES}°, shifted by up to {shift} pixel{'' if shift == 1 else 's'}"
    return f"{words}, and mirrored or not" if data.mirrored else f"{words}; not mirrored"


def _shift(data: Data) -> int:
    return max(1, round(min(data.train.inputs.shape[-2:]) / SHIFTED))
