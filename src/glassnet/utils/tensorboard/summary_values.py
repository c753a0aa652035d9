"""The values of a summary, one for each kind of what TensorBoard shows: a number, a histogram, a picture, a text …

Each function gives the bytes of a message of values (tensorflow/core/framework/summary.proto).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.files.png_bytes import png_bytes
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.tensor import as_array
from glassnet.utils.tensorboard import protobuf

_FLOAT, _STRING = 1, 7  # dtypes of a tensor in a message
_GROWTH, _LEAST, _MOST = 1.1, 1e-12, 1e20  # of TensorFlow's bins: each is so much wider than the one before
_WIDEST = 8  # pictures in a row


def array_of(values: Any) -> Array:
    """``values``, a tensor, an array, a number or a list, as an array."""
    return as_array(values.detach() if hasattr(values, "detach") else values)


def scalar(tag: str, value: Any) -> bytes:
    """One number."""
    if isinstance(value, int | float):
        return _value(tag, protobuf.single(2, value))
    array = array_of(value)
    if array.size != 1:
        raise ValueError(f"add_scalar: expected one number for {tag!r}, got a shape of {written(array.shape)}")
    return _value(tag, protobuf.single(2, float(array.reshape(-1)[0])))


def histogram(tag: str, values: Any, bins: Any = "tensorflow", max_bins: int | None = None) -> bytes:
    """How often numbers are in each of several bins. Raises ValueError where there are no finite numbers."""
    numbers = array_of(values).reshape(-1).astype(np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        raise ValueError(f"add_histogram: expected finite numbers for {tag!r}, and there are none")
    edges = _edges() if bins == "tensorflow" else np.histogram_bin_edges(numbers, bins)
    counts, edges = np.histogram(np.clip(numbers, edges[0], edges[-1]), edges)
    if max_bins is not None and len(counts) > max_bins:
        step = -(-len(counts) // max_bins)
        counts = np.add.reduceat(counts, np.arange(0, len(counts), step))
        edges = np.append(edges[:-1:step], edges[-1])
    first, last = np.flatnonzero(counts)[[0, -1]]
    moments = (numbers.min(), numbers.max(), numbers.size, numbers.sum(), (numbers * numbers).sum())
    message = b"".join(protobuf.real(n, float(x)) for n, x in enumerate(moments, 1))
    message += protobuf.reals(6, edges[first : last + 2])  # an empty bin before the first says where that begins
    message += protobuf.reals(7, [0, *counts[first : last + 1]])
    return _value(tag, protobuf.data(5, message))


def _edges() -> Array:
    steps = int(np.log(_MOST / _LEAST) / np.log(_GROWTH)) + 2
    above = _LEAST * _GROWTH ** np.arange(steps)
    return np.concatenate([-above[::-1], [0.0], above])


def image(tag: str, pixels: Any, dataformats: str) -> bytes:
    """A picture, or several in rows: bytes from 0 to 255, or floating numbers from 0 to 1."""
    rows = _rows(tag, array_of(pixels), dataformats.upper())
    if rows.dtype != np.uint8:
        rows = (np.nan_to_num(rows.astype(np.float32)) * 255).clip(0, 255).astype(np.uint8)
    height, width, channels = rows.shape
    fields = [protobuf.whole(n, x) for n, x in enumerate((height, width, channels), 1)]
    return _value(tag, protobuf.data(4, b"".join(fields) + protobuf.data(4, png_bytes(rows, compression=6))))


def _rows(tag: str, pixels: Array, dims: str) -> Array:
    """The picture as [height, width, channels]."""
    if pixels.ndim != len(dims) or sorted(dims) not in (sorted("HW"), sorted("CHW"), sorted("NCHW")):
        raise ValueError(
            f"add_image: expected a picture of {tag!r} with dataformats of its dimensions, such as CHW, got "
            f"{written(pixels.shape)} and {dims!r}"
        )
    whole = pixels.transpose([dims.index(dim) for dim in "NHWC" if dim in dims])
    if "C" not in dims:
        whole = whole[..., None]
    if "N" in dims:
        count, height, width, channels = whole.shape
        across = min(count, _WIDEST)
        down = -(-count // across)
        grid = np.zeros((down * across, height, width, channels), whole.dtype)
        grid[:count] = whole
        whole = grid.reshape(down, across, height, width, channels).transpose(0, 2, 1, 3, 4)
        whole = whole.reshape(down * height, across * width, channels)
    if whole.shape[2] not in (1, 3, 4):
        raise ValueError(f"add_image: expected 1, 3 or 4 channels for {tag!r}, got {written(pixels.shape)} as {dims}")
    return whole


def figure_pixels(figure: Any) -> Array:
    """What a figure of Matplotlib's looks like, [height, width, 4]."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # it is there: the figure is of it

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())


def audio(tag: str, sound: Any, rate: int) -> bytes:
    """A sound, numbers from -1 to 1, [samples] or [1, samples]."""
    numbers = array_of(sound).reshape(-1)
    samples = (numbers.clip(-1, 1) * 32767).astype("<i2").tobytes()
    begins = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16
    )
    wave = begins + struct.pack("<4sI", b"data", len(samples)) + samples  # a file of one channel of 16 bits
    fields = protobuf.single(1, rate) + protobuf.whole(2, 1) + protobuf.whole(3, len(numbers))
    return _value(tag, protobuf.data(6, fields + protobuf.data(4, wave) + protobuf.text(5, "audio/wav")))


def text(tag: str, words: str) -> bytes:
    """A text, in Markdown."""
    tensor = protobuf.whole(1, _STRING) + _shape(1) + protobuf.text(8, words)
    return _value(f"{tag}/text_summary", protobuf.data(8, tensor), _plugin("text", b""))


def pr_curve(tag: str, labels: Any, predictions: Any, thresholds: int, weights: Any) -> bytes:
    """Precision and recall of predictions from 0 to 1, at so many thresholds; ``labels`` are 0 or 1."""
    truth, scores = (array_of(x).reshape(-1).astype(np.float64) for x in (labels, predictions))
    if truth.shape != scores.shape:
        raise ValueError(f"add_pr_curve: expected a prediction for each label, got {len(scores)} and {len(truth)}")
    weight = np.ones_like(truth) if weights is None else np.broadcast_to(array_of(weights), truth.shape)
    bins = np.clip((scores * (thresholds - 1)).astype(np.int64), 0, thresholds - 1)
    hits, misses = (np.bincount(bins, weight * part, thresholds)[::-1].cumsum()[::-1] for part in (truth, 1 - truth))
    missed, refused = hits[0] - hits, misses[0] - misses
    least = 1e-7
    rows = np.stack([
        hits, misses, refused, missed, hits / np.maximum(hits + misses, least), hits / np.maximum(hits + missed, least)
    ])  # fmt: skip
    content = protobuf.whole(1, 0) + protobuf.whole(2, thresholds)
    numbers = struct.pack(f"<{rows.size}f", *rows.reshape(-1))
    tensor = protobuf.whole(1, _FLOAT) + _shape(*rows.shape) + protobuf.data(5, numbers)
    return _value(tag, protobuf.data(8, tensor), _plugin("pr_curves", content))


def hyperparameters(values: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[bytes]:
    """What a run was made with, as the plugin hparams reads it: the experiment, its beginning, and its end."""
    infos, started = b"", b""
    for name, value in values.items():
        if isinstance(value, bool | np.bool_):
            kind, field = 2, protobuf.whole(4, int(value))
        elif isinstance(value, str):
            kind, field = 1, protobuf.text(3, value)
        elif isinstance(value, int | float):
            kind, field = 3, protobuf.real(2, float(value))
        elif (number := array_of(value)).size == 1 and number.dtype.kind in "iuf":
            kind, field = 3, protobuf.real(2, float(number.reshape(-1)[0]))
        else:
            raise ValueError(
                f"add_hparams: expected {name!r} as a number, a text, True or False, got {type(value).__name__}"
            )
        infos += protobuf.data(4, protobuf.text(1, name) + protobuf.whole(4, kind))
        started += protobuf.data(1, protobuf.text(1, name) + protobuf.data(2, field))
    for name in metrics:
        infos += protobuf.data(5, protobuf.data(1, protobuf.text(2, name)))
    parts = (
        ("experiment", 2, infos),
        ("session_start_info", 3, started),
        ("session_end_info", 4, protobuf.whole(1, 1)),
    )
    return [
        _value(f"_hparams_/{name}", b"", _plugin("hparams", protobuf.data(number, content)))
        for name, number, content in parts
    ]


def _value(tag: str, what: bytes, metadata: bytes = b"") -> bytes:
    return protobuf.data(1, protobuf.text(1, tag) + metadata + what)


def _plugin(name: str, content: bytes) -> bytes:
    return protobuf.data(9, protobuf.data(1, protobuf.text(1, name) + protobuf.data(2, content)))


def _shape(*sizes: int) -> bytes:
    return protobuf.data(2, b"".join(protobuf.data(2, protobuf.whole(1, size)) for size in sizes))
