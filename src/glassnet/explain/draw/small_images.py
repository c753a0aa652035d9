"""Small images: what stands in the box of a layer besides its name, so that one sees what the layer sees.

A convolution shows some of its kernels, and every layer that gives feature maps some of these; attention shows how much
each token takes of every other, a recurrent layer its hidden state over time. Of many, the first few are
drawn, and the line below says which.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from glassnet.explain.draw.recurrence import hidden_states, is_recurrent
from glassnet.explain.draw.svg import LINE, width_of
from glassnet.explain.png import LARGEST, picture, weights
from glassnet.explain.walkthrough.share_rules import by_head, is_attention
from glassnet.explain.walkthrough.values import Value
from glassnet.ops.dtypes import Array
from glassnet.program.program import Instruction, Var

MAPS, HEADS, STEPS, UNITS = 6, 4, 64, 32  # shown of each
STRIPS = 4  # rows of images in one box
SIDE, MATRIX = 44.0, 66.0  # of a small image, in pixels: of a map, and of a matrix between tokens or over time
GAP = 5.0
NAMED, LONGEST = 24, 12  # tokens that are named at an attention, and letters of a name
CONVOLUTIONS = {"convolution": 0, "conv_transpose": 1}  # and which dimension of the weight is that of the outputs
POOLINGS = ("max_pool", "avg_pool", "adaptive_max_pool")
Names = Mapping[int, Sequence[str]]  # of positions, by how many there are
MOVED = ("reshape", "permute", "matmul", "linear", "getitem")  # after these, a result is no picture of its input's kind


@dataclass(frozen=True)
class SmallImage:
    """One image as a data URI, ``width`` × ``height`` where it is drawn, and what shows when it is pointed at."""

    uri: str
    width: float
    height: float
    hint: str


@dataclass(frozen=True)
class Strip:
    """Small images side by side, and the lines below that say which they are.

    ``rows`` are names of the rows of pixels, written on the left, and ``columns`` of the columns, below each image.
    """

    images: tuple[SmallImage, ...]
    captions: tuple[str, ...]
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def left(self) -> float:
        """The room that the names of rows take."""
        return max(map(width_of, self.rows), default=-GAP) + GAP

    @property
    def below(self) -> float:
        """The room that the names of columns take."""
        return max(map(width_of, self.columns), default=-GAP) + GAP

    @property
    def width(self) -> float:
        """Of the images, with the gaps between, and of the names of rows."""
        return self.left + sum(image.width for image in self.images) + GAP * (len(self.images) - 1)

    @property
    def height(self) -> float:
        """Of the highest image, and of the names of columns."""
        return max(image.height for image in self.images) + self.below


def pictures_in(instructions: Iterable[Instruction]) -> dict[str, int]:
    """The values that are pictures, by name, and of how many dimensions: what goes through convolution or pooling."""
    found: dict[str, int] = {}
    for i in instructions:
        operands = [x for x in i.inputs if isinstance(x, Var)]
        if i.op.name in CONVOLUTIONS:
            found[operands[0].name] = found[i.output.name] = len(operands[1].shape) - 2
        elif i.op.name in POOLINGS and "size" in i.params:
            found.setdefault(operands[0].name, len(i.params["size"]))
            found[i.output.name] = found[operands[0].name]
        elif i.op.name not in MOVED:
            known = [found[x.name] for x in operands if x.name in found and len(x.shape) == len(i.output.shape)]
            found.update({i.output.name: known[0]} if known else {})
    return found


def strips_of(
    instructions: Sequence[Instruction],
    values: Mapping[str, Value],
    pictures: Mapping[str, int],
    names: Names,
) -> tuple[list[Strip], int]:
    """The strips of a box with these instructions, and how many more there are than are shown."""
    found = [(i.module, strip) for i in instructions for strip in _of_instruction(i, values, names)]
    several = len({module for module, _ in found}) > 1  # then each says of which it is
    strips = [replace(s, captions=(module, *s.captions)) if several else s for module, s in found]
    last = [i.output.name for i in instructions if i.output.name in pictures][-1:]  # behind it, statistics may be kept
    strips += [strip for name in last for strip in maps(name, values, pictures)]
    return strips[:STRIPS], max(0, len(strips) - STRIPS)


def _of_instruction(i: Instruction, values: Mapping[str, Value], names: Names) -> Iterator[Strip]:
    if i.op.name in CONVOLUTIONS and isinstance(i.inputs[1], Var):
        yield from _kernels(values[i.inputs[1].name].array, CONVOLUTIONS[i.op.name])
    elif is_attention(i):
        yield from _attention(by_head(values[i.output.name].array), names)
    elif is_recurrent(i):
        yield from _over_time(hidden_states(i, values[i.output.name].array))


def _kernels(weight: Array, outputs: int) -> Iterator[Strip]:
    """Of each output channel, the kernel on input channel 0; a kernel of one dimension with all its channels."""
    if not weight.size:
        return
    weight = np.moveaxis(weight, outputs, 0)
    count, channels = weight.shape[:2]
    shown = range(min(MAPS, count))
    largest = float(np.abs(np.nan_to_num(weight)).max())
    if weight.ndim == 3:
        kernels, which = [weight[o] for o in shown], f"{channels} channels ↓ each" if channels > 1 else ""
    else:
        kernels = [_middle(weight[o, 0]) for o in shown]
        which = f"on channel 0 of {channels}" if channels > 1 else ""
    images = (_signed(kernel, largest, f"kernel {o}") for o, kernel in zip(shown, kernels, strict=True))
    yield _strip(images, _which("kernel", len(shown), count), which)


def maps(name: str, values: Mapping[str, Value], pictures: Mapping[str, int]) -> Iterator[Strip]:
    """The feature maps of the value of this name, if it is a picture: of the first sample, grey from low to high."""
    if name not in pictures:
        return
    array, dims = values[name].array, pictures[name]
    samples = array.shape[0] if array.ndim == dims + 2 else 1
    if array.ndim not in (dims + 1, dims + 2) or not array.size or array.dtype.kind not in "fbiu":
        return
    sample = array[0] if array.ndim == dims + 2 else array
    count = sample.shape[0]
    of_sample = f"of sample 0 of {samples:,}" if samples > 1 else ""
    if dims == 1:
        rows = sample[:LARGEST]
        yield _strip([_grey(rows, rows, "channel ↓, place →")], f"{_which('channel', len(rows), count)} ↓", of_sample)
        return
    if count == 3 and dims == 2 and values[name].kind == "input":
        yield _strip([_grey(np.moveaxis(sample, 0, -1), sample, name)], "in colour", of_sample, _thinned(sample[0]))
        return
    shown = [_middle(sample[c]) for c in range(min(MAPS, count))]
    images = (_grey(image, np.stack(shown), f"{name}, channel {c}") for c, image in enumerate(shown))
    yield _strip(
        images,
        _which("channel" if values[name].kind == "input" else "map", len(shown), count),
        of_sample,
        _thinned(shown[0]),
    )


def _attention(shares: Array, names: Names) -> Iterator[Strip]:
    """How much each token (row) takes of every other (column), a matrix a head, of the first sample.

    Their ``names`` are written along the sides that have as many, if there are not too many.
    """
    if not shares.size:
        return
    samples, heads, rows, columns = shares.shape
    shown = shares[0, :HEADS]
    largest = float(np.nan_to_num(shown).max())
    cut = [matrix[:STEPS, :STEPS] for matrix in shown]
    images = [_signed(matrix, largest, f"head {h}: token ↓ takes of token →", MATRIX) for h, matrix in enumerate(cut)]
    known = names if max(rows, columns) <= NAMED else {}
    beside, below = (tuple(map(_short, known.get(n, ()))) for n in (rows, columns))
    if beside or below:
        cell = max(LINE, MATRIX / min(rows, columns))
        images = [replace(image, width=cell * columns, height=cell * rows) for image in images]
    part = f"tokens 0–{STEPS - 1} of {max(rows, columns):,}" if max(rows, columns) > STEPS else ""
    of_sample = f"of sample 0 of {samples:,}" if samples > 1 else ""
    yield replace(_strip(images, _which("head", len(shown), heads), of_sample, part), rows=beside, columns=below)


def _over_time(states: list[Array]) -> Iterator[Strip]:
    """The hidden state of the first sequence: a row a unit, a column a step."""
    rows = [state[0] for state in states if len(state)]
    if not rows or not rows[0].size:
        return
    plane = np.stack(rows, 1)
    shown = plane[:UNITS, :STEPS]
    units, steps = _which("unit", len(shown), len(plane)), _which("step", shown.shape[1], plane.shape[1])
    image = _signed(shown, float(np.abs(np.nan_to_num(shown)).max()), "hidden state: unit ↓, step →", MATRIX)
    sequences = max(map(len, states))
    yield _strip([image], f"state: {units} ↓, {steps} →", f"of sequence 0 of {sequences:,}" if sequences > 1 else "")


def state_strip(state: Array) -> Strip | None:
    """The hidden state [B, H] after one step: of the first sequence, side by side."""
    if not state.size:
        return None
    shown = state[:1, :UNITS]
    image = _signed(shown, float(np.abs(np.nan_to_num(shown)).max()), "hidden state, unit →")
    return _strip([image], _which("unit", shown.shape[1], state.shape[1]))


# parts ----------------------------------------------------------------------------------------------


def _strip(images: Iterable[SmallImage], *captions: str) -> Strip:
    return Strip(tuple(images), tuple(filter(None, captions)))


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _which(what: str, shown: int, count: int) -> str:
    """ "maps 0–5 of 16", or "4 maps" if there are no others."""
    if shown < count:
        return f"{what}s 0–{shown - 1} of {count:,}" if shown > 1 else f"{what} 0 of {count:,}"
    return f"{count:,} {what}{'s' if count > 1 else ''}"


def _thinned(image: Array) -> str:
    """Which pixels are drawn, where not all are."""
    step = math.ceil(max(image.shape[:2]) / LARGEST)
    return f"1 pixel in {step} each way" if step > 1 else ""


def _middle(image: Array) -> Array:
    """The slice in the middle of what has a depth before its two sides."""
    while image.ndim > 2:
        image = image[len(image) // 2]
    return image


def _grey(image: Array, beside: Array, hint: str) -> SmallImage:
    """Black is the smallest number of all the images ``beside`` it, white the largest."""
    finite = beside[np.isfinite(beside)].astype(np.float64)
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return SmallImage(picture(image, low, high), *_size(image), f"{hint}: black {low:.3g}, white {high:.3g}")


def _signed(image: Array, largest: float, hint: str, side: float = SIDE) -> SmallImage:
    """Orange above zero, blue below, the stronger the larger."""
    return SmallImage(weights(image, largest), *_size(image, side), f"{hint}; strongest colour: {largest:.3g}")


def _size(image: Array, side: float = SIDE) -> tuple[float, float]:
    """Where it is drawn: its shorter side is ``side``, but the longer one at most three times that."""
    height, width = image.shape[:2]
    unit = min(side / min(height, width), 3 * side / max(height, width))
    return max(8.0, width * unit), max(8.0, height * unit)
