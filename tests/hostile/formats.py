"""Lies that only one who knows the format can tell: in the headers of safetensors, .npy, IDX, gzip and pictures."""

from __future__ import annotations

import gzip
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from functools import cache
from random import Random

import numpy as np

from tests.hostile.mutations import Mutation, flip
from tests.hostile.trees import changed, written

Others = Sequence[bytes]
NUMBERS = (0, 1, 2, 7, 127, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1)


# safetensors ----------------------------------------------------------------------------------------------


def _parts(data: bytes) -> tuple[dict, bytes]:
    end = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:end]), data[end:]


def _joined(header: bytes, body: bytes) -> bytes:
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + body


def header_tree(data: bytes, random: Random, others: Others) -> bytes:
    """A node of the header, or of the description and the structure that it holds, is something else."""
    header, body = _parts(data)
    where = header["__metadata__"] if random.random() < 0.8 and "__metadata__" in header else header
    new = changed(where, random)
    header = new if where is header else {**header, "__metadata__": new}
    return _joined(written(header).encode("utf-8", "surrogatepass"), body)


def header_length(data: bytes, random: Random, others: Others) -> bytes:
    """The length of the header is not what it says."""
    length = random.choice((0, 1, 7, len(data), 2**31, 2**62, 2**64 - 1, int.from_bytes(data[:8], "little") + 1))
    return length.to_bytes(8, "little") + data[8:]


def tensor_entry(data: bytes, random: Random, others: Others) -> bytes:
    """A tensor's shape, type or place is a lie; or the bytes follow it."""
    header, body = _parts(data)
    name = random.choice([name for name in header if name != "__metadata__"])
    entry = header[name]
    first, last = entry["data_offsets"]
    what = random.randrange(6)
    if what == 0:
        entry["dtype"] = random.choice(("F16", "BF16", "F64", "I64", "U8", "BOOL", "F8_E4M3", "C64", "x", ""))
    elif what == 1:
        entry["shape"] = random.choice(([], [0], [2**62], [2**40, 0], entry["shape"] + [1], entry["shape"][::-1], [-1]))
    elif what == 2:
        entry["data_offsets"] = random.choice(([0, 0], [last, first], [0, 2**62], [first, last + 4], [first - 1, last]))
    elif what == 3:
        header[random.choice(("", "x", name * 300, "\x1b[31m", "0.weight "))] = header.pop(name)
    elif what == 4:
        entry["shape"] = [2**31, 2**31]
        entry["data_offsets"] = [first, first + 2**64 // 4]
    else:
        header["more"] = {"dtype": "F32", "shape": [250_000_000], "data_offsets": [len(body), len(body) + 10**9]}
    return _joined(json.dumps(header).encode(), body)


def weights(data: bytes, random: Random, others: Others) -> bytes:
    """Numbers that are none, or too large, in the weights."""
    header, body = _parts(data)
    numbers = np.frombuffer(body[: len(body) // 4 * 4], "<f4").copy()
    value = random.choice((np.nan, np.inf, -np.inf, 3e38, 1e30, -1e20, 1e-40, 0))
    if random.random() < 0.5:
        numbers[:] = value
    else:
        numbers[[random.randrange(len(numbers)) for _ in range(random.choice((1, 3, 100)))]] = value
    return _joined(json.dumps(header).encode(), numbers.tobytes() + body[len(numbers) * 4 :])


def many_layers(data: bytes, random: Random, others: Others) -> bytes:
    """A description of many layers, or large or nested ones, in few bytes."""
    header, body = _parts(data)
    number = random.choice((50, 300, 3000, 100_000))
    layer = random.choice(
        (
            {"type": "PReLU", "num_parameters": 2**20, "init": 0.25},
            {"type": "ReLU", "inplace": False},
            {"type": "Linear", "in_features": 2**20, "out_features": 1, "bias": True},
            {"type": "Embedding", "num_embeddings": 2**20, "embedding_dim": 2**20},
            {"type": "Dropout", "p": 0.5, "inplace": False},
            {"type": "LSTM", "input_size": 1, "hidden_size": 1, "num_layers": 2**20, "bias": False},
            {"type": "GRU", "input_size": 3, "hidden_size": 2**20},
            {"type": "Conv2d", "in_channels": 1, "out_channels": 1, "kernel_size": [2**20, 2**20]},
            {"type": "Conv2d", "in_channels": 1, "out_channels": 1, "kernel_size": 3, "padding": [2**30, 2**30]},
            {"type": "Forecaster", "horizon": 2, "hidden": [2**20, 8]},
            {"type": "TextReader", "words": 2**20, "classes": 2, "hidden": [8] * 10_000},
            {"type": "AdaptiveAvgPool2d", "output_size": [2**20, 2**20]},
            {"type": "ZeroPad2d", "padding": [2**30] * 4},
            {"type": "Upsample", "scale_factor": 1e9},
            {"type": "TransformerEncoder", "modules": {"layers": {"type": "ModuleList", "modules": {"0": None}}}},
            {"type": "Transformer", "d_model": 2**20, "modules": {"encoder": None, "decoder": {"type": "Identity"}}},
            {"type": "TransformerEncoderLayer", "d_model": 2**12, "nhead": 2, "activation": {"type": "ReLU"}},
            {"type": "Unflatten", "dim": 1, "unflattened_size": [1] * 60},
        )
    )
    if random.random() < 0.3:
        around = '{"type": "Sequential", "modules": {"0": '
        network = around * number + json.dumps(layer) + "}}" * number
    else:
        network = json.dumps({"type": "Sequential", "modules": {str(i): layer for i in range(number)}})
    header["__metadata__"]["network"] = network
    return _joined(json.dumps(header).encode(), body)


SAFETENSORS: tuple[Mutation, ...] = (*(header_tree,) * 24, header_length, *(tensor_entry,) * 5, *(weights,) * 3)
MODEL: tuple[Mutation, ...] = (*SAFETENSORS, many_layers)


# .npy -----------------------------------------------------------------------------------------------------

_FIELDS = {
    "shape": (
        "()", "(-1,)", "(-4, -3)", "(0,)", "(0, 3)", "(4611686018427387904,)", "(2**70,)", "(1e9,)", "(True, 3)",
        "(4, 3", "4", "[4, 3]", "('a',)", "(2, 2, 3)", "(3, 4)", "(10000000, 3)", "(4.0, 3)", "(" * 200, "None",
    ),
    "descr": ("'O'", "'|O'", "'<f8'", "'>f4'", "'<U1000000'", "'|V0'", "'<M8[s]'", "'<c8'", "'<f2'", "[('a', '<f4')]",
              "'?'", "'|S0'", "'x'", "None", "'<f4" + "," * 3000 + "'", "[" * 200),
    "fortran_order": ("True", "1", "'x'", "None"),
}  # fmt: skip


def npy_header(data: bytes, random: Random, others: Others) -> bytes:
    """A field of the header is a lie, or is not closed."""
    length = int.from_bytes(data[8:10], "little")
    header, body = data[10 : 10 + length].decode("latin1"), data[10 + length :]
    name = random.choice(list(_FIELDS))
    value = random.choice(_FIELDS[name])
    header = re.sub(rf"('{name}': )(\([^)]*\)|'[^']*'|\w+)", lambda m: m[1] + value, header)
    if random.random() < 0.1:
        header = random.choice(("", "{", "[]", "1", header * 2, "{'shape': (1,)}", "__import__('os')", "{" * 900))
    version = random.choice((b"\x01\x00", b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x09\x09"))
    packed = header.encode("latin1", "replace")
    size = 2 if version[0] == 1 else 4
    length = len(packed) if random.random() < 0.9 else random.choice((0, 1, 2**16 - 1))
    return data[:6] + version + min(length, 2 ** (8 * size) - 1).to_bytes(size, "little") + packed + body


def npy_of_another_kind(data: bytes, random: Random, others: Others) -> bytes:
    """An array that is none of numbers of that shape; or a zip, as `np.savez` writes it; or a pickle."""
    file = io.BytesIO()
    how = random.randrange(5)
    if how == 0:
        np.savez(file, a=np.zeros((4, 3)))
    elif how == 1:
        with zipfile.ZipFile(file, "w") as packed:
            packed.writestr(random.choice(("a.npy", "../x", "x")), data)
    elif how == 2:
        return b"\x80\x04cos\nsystem\n(S'touch broken-in'\ntR."
    else:
        array = random.choice(
            (
                np.float32(3), np.zeros((0, 3)), np.zeros((4, 0)), np.full((4, 3), np.nan), np.full((4, 3), 1e300),
                np.zeros((2, 3), complex), np.zeros((4, 3), "M8[s]"), np.array([["a", "b", "c"]]), np.zeros((1,) * 30),
                np.zeros((4, 3), np.float16), np.zeros((4, 3), bool), np.full((4, 3), 2**63, np.uint64),
                np.zeros(4, [("a", "f4"), ("b", "f4"), ("c", "f4")]), np.zeros(3), np.zeros((4, 4)),
            )
        )  # fmt: skip
        np.save(file, array)
    return file.getvalue()


NPY: tuple[Mutation, ...] = (*(npy_header,) * 12, *(npy_of_another_kind,) * 6)


# IDX and gzip ---------------------------------------------------------------------------------------------


def idx_header(data: bytes, random: Random, others: Others) -> bytes:
    """The type, the number of dimensions or a size is a lie; within the gzip stream, if there is one."""
    packed = data[:2] == b"\x1f\x8b"
    changed = bytearray(gzip.decompress(data) if packed else data)
    if random.random() < 0.5:
        changed[random.randrange(4)] = random.choice((0, 1, 3, 8, 9, 11, 13, 14, 255))
    else:
        at = 4 + 4 * random.randrange(max(1, changed[3]))
        changed[at : at + 4] = struct.pack(">I", random.choice(NUMBERS))
    return gzip.compress(changed, 1) if packed else bytes(changed)


def idx_numbers(data: bytes, random: Random, others: Others) -> bytes:
    """Other numbers after a good header: labels that there are not, pictures that are all the same."""
    packed = data[:2] == b"\x1f\x8b"
    inner = gzip.decompress(data) if packed else data
    start = 4 + 4 * inner[3]
    changed = inner[:start] + bytes([random.choice((0, 9, 10, 255))]) * (len(inner) - start)
    changed = random.choice((changed, changed[:-1], changed + b"\0", flip(inner, random, others)))
    return gzip.compress(changed, 1) if packed else changed


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(2**27), 6)


def gzip_stream(data: bytes, random: Random, others: Others) -> bytes:
    """A stream that unpacks to far more, has a wrong check sum, several members, a long name, or nothing in it."""
    how = random.randrange(6)
    if how == 0:
        inner = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        header = inner[:4] + struct.pack(f">{inner[3]}I", *[2**27 - 16] * min(1, inner[3]), *[1] * max(0, inner[3] - 1))
        return gzip.compress(header, 1) + _bomb()
    if how == 1:
        return data[:-8] + bytes(8)
    if how == 2:
        return gzip.compress(b"") * 2000 + data
    if how == 3:
        return b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 10**6
    if how == 4:
        return gzip.compress(gzip.compress(data))
    return _bomb()


IDX: tuple[Mutation, ...] = (*(idx_header,) * 8, *(idx_numbers,) * 5, *(gzip_stream,) * 4)


# pictures -------------------------------------------------------------------------------------------------


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, depth: int, colour: int, pixels: bytes, *more: bytes) -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def png_made(data: bytes, random: Random, others: Others) -> bytes:
    """A PNG whose sizes, depth or colours are lies, or that is far larger than its file."""
    how = random.randrange(5)
    if how == 0:
        return _png(random.choice(NUMBERS), random.choice(NUMBERS), 8, 2, zlib.compress(bytes(200)))
    if how == 1:
        side = random.choice((1, 2, 65, 1000, 3000))
        row = 1 + side * 3
        return _png(side, side, 8, 2, zlib.compress(bytes(row * side), 1))
    if how == 2:
        return _png(
            8, 8, random.choice((0, 1, 3, 16, 255)), random.choice((0, 1, 3, 4, 6, 255)), zlib.compress(bytes(999))
        )
    if how == 3:
        text = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(5 * 10**7), 1))
        return _png(8, 8, 8, 2, zlib.compress(bytes(8 * 25)), text)
    return _png(9000, 9000, 8, 0, zlib.compress(bytes(9001), 9))


_SIZES = {b"GIF8": (6, "<HH"), b"BM": (18, "<ii"), b"RIFF": (26, "<HH"), b"\xff\xd8": (163, ">HH"), b"P6": (3, "<HH")}


def sizes(data: bytes, random: Random, others: Others) -> bytes:
    """The width and the height where the format keeps them."""
    for begins, (at, form) in _SIZES.items():
        if data.startswith(begins):
            values = [random.choice(NUMBERS) & (0xFFFF if "H" in form else 0x7FFFFFFF) for _ in range(2)]
            packed = struct.pack(form, *values)
            return data[:at] + packed + data[at + len(packed) :]
    return flip(data, random, others)


PICTURE: tuple[Mutation, ...] = (*(sizes,) * 6, *(png_made,) * 3)
