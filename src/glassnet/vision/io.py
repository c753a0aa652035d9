"""Pictures and bytes from and to files, by torchvision's names. Reading, and writing JPEG, needs Pillow."""

from __future__ import annotations

import io
from enum import Enum
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.extras import needed_to
from glassnet.files import PathLike, read_bytes, replace_file
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, as_array, wrap
from glassnet.text import shown
from glassnet.vision.datasets.folder import FORMATS, MOST_PIXELS, PictureError
from glassnet.vision.transforms.images import array_of
from glassnet.vision.utils.grids import encoded

__all__ = [
    "ImageReadMode", "decode_gif", "decode_image", "decode_jpeg", "decode_png", "decode_webp", "encode_jpeg",
    "encode_png", "read_file", "read_image", "write_file", "write_jpeg", "write_png",
]  # fmt: skip


class ImageReadMode(Enum):
    """Which channels are read: as they are, grey, grey and opacity, colours, colours and opacity.

    >>> from glassnet.vision.io import ImageReadMode
    >>> ImageReadMode.RGB.value
    'RGB'
    """

    UNCHANGED = ""
    GRAY = "L"
    GRAY_ALPHA = "LA"
    RGB = "RGB"
    RGB_ALPHA = "RGBA"


Mode = ImageReadMode | str


def read_file(path: PathLike) -> Tensor:
    """The bytes of a file, as a tensor.

    >>> from glassnet.vision.io import read_file, write_file
    >>> write_file("x.bin", glassnet.tensor([1, 2], dtype=glassnet.uint8))
    >>> read_file("x.bin")
    tensor([1, 2], dtype=uint8)
    """
    return wrap(np.frombuffer(read_bytes(path), np.uint8).copy())


def write_file(filename: PathLike, data: Tensor) -> None:
    """Write bytes, a tensor [n], as a file.

    >>> from glassnet.vision.io import write_file
    >>> write_file("x.bin", glassnet.zeros(3, dtype=glassnet.uint8))
    """
    replace_file(filename, _bytes("write_file", data))


def read_image(path: PathLike, mode: Mode = ImageReadMode.UNCHANGED, apply_exif_orientation: bool = False) -> Tensor:
    """The picture in a file, [channels, height, width] of bytes. Raises PictureError for a file that is none.

    >>> from glassnet.vision.io import read_image, write_png
    >>> write_png(glassnet.full((3, 2, 2), 7, dtype=glassnet.uint8), "x.png")
    >>> read_image("x.png").shape
    (3, 2, 2)
    """
    return _decoded(read_bytes(path), path, mode, apply_exif_orientation)


def decode_image(input: Any, mode: Mode = ImageReadMode.UNCHANGED, apply_exif_orientation: bool = False) -> Tensor:
    """The picture in ``input``, the bytes of a file as a tensor, or the path of a file.

    >>> from glassnet.vision.io import decode_image, encode_png
    >>> decode_image(encode_png(glassnet.zeros(1, 2, 2, dtype=glassnet.uint8))).shape
    (1, 2, 2)
    """
    if not isinstance(input, Tensor):
        return read_image(input, mode, apply_exif_orientation)
    return _decoded(_bytes("decode_image", input), "the picture", mode, apply_exif_orientation)


def decode_png(input: Tensor, mode: Mode = ImageReadMode.UNCHANGED, apply_exif_orientation: bool = False) -> Tensor:
    """`decode_image`.

    >>> from glassnet.vision.io import decode_png, encode_png
    >>> decode_png(encode_png(glassnet.zeros(3, 2, 2, dtype=glassnet.uint8))).shape
    (3, 2, 2)
    """
    return decode_image(input, mode, apply_exif_orientation)


def decode_jpeg(
    input: Any, mode: Mode = ImageReadMode.UNCHANGED, device: Any = "cpu", apply_exif_orientation: bool = False
) -> Any:
    """`decode_image`, or of a list the pictures of all.

    >>> from glassnet.vision.io import decode_jpeg, encode_jpeg
    >>> decode_jpeg(encode_jpeg(glassnet.zeros(3, 8, 8, dtype=glassnet.uint8))).shape
    (3, 8, 8)
    """
    if isinstance(input, list):
        return [decode_image(each, mode, apply_exif_orientation) for each in input]
    return decode_image(input, mode, apply_exif_orientation)


def decode_webp(input: Tensor, mode: Mode = ImageReadMode.UNCHANGED) -> Tensor:
    """`decode_image`.

    >>> from glassnet.vision.io import decode_webp, encode_png
    >>> decode_webp(encode_png(glassnet.zeros(3, 2, 2, dtype=glassnet.uint8))).shape
    (3, 2, 2)
    """
    return decode_image(input, mode)


def decode_gif(input: Tensor) -> Tensor:
    """The pictures of a GIF in colours: [frames, 3, height, width], or, of one, [3, height, width].

    >>> import io
    >>> from PIL import Image
    >>> from glassnet.vision.io import decode_gif
    >>> file = io.BytesIO()
    >>> Image.new("L", (4, 3)).save(file, "GIF", save_all=True, append_images=[Image.new("L", (4, 3), 255)])
    >>> decode_gif(glassnet.tensor(list(file.getvalue()), dtype=glassnet.uint8)).shape
    (2, 3, 3, 4)
    """
    data = _bytes("decode_gif", input)
    with needed_to("read pictures"):
        from PIL import Image, ImageSequence
    first = _decoded(data, "the picture", ImageReadMode.RGB, False)
    file = io.BytesIO(data)
    image = Image.open(file, formats=FORMATS)
    count = getattr(image, "n_frames", 1)
    if count == 1:
        return first
    if count * image.width * image.height > MOST_PIXELS:
        problem = f"expected at most {MOST_PIXELS:,} pixels in all, got {count:,} × {image.width:,} × {image.height:,}"
        raise PictureError("the picture", problem, "take a part of it")
    frames = [np.array(frame.convert("RGB")).transpose(2, 0, 1) for frame in ImageSequence.Iterator(image)]
    return wrap(np.stack(frames))


def encode_png(input: Tensor, compression_level: int = 6) -> Tensor:
    """The bytes of a PNG of a picture [1 or 3, height, width] of bytes.

    >>> from glassnet.vision.io import encode_png
    >>> encode_png(glassnet.zeros(3, 2, 2, dtype=glassnet.uint8))[1:4].tolist() == list(b"PNG")
    True
    """
    return _encoded("encode_png", input, "png", compress_level=compression_level)


def encode_jpeg(input: Any, quality: int = 75) -> Any:
    """The bytes of a JPEG of a picture [1 or 3, height, width] of bytes, or of a list those of all.

    >>> from glassnet.vision.io import encode_jpeg
    >>> encode_jpeg(glassnet.zeros(3, 8, 8, dtype=glassnet.uint8))[:2].tolist()
    [255, 216]
    """
    if isinstance(input, list):
        return [_encoded("encode_jpeg", each, "jpg", quality=quality) for each in input]
    return _encoded("encode_jpeg", input, "jpg", quality=quality)


def write_png(input: Tensor, filename: PathLike, compression_level: int = 6) -> None:
    """Write a picture [1 or 3, height, width] of bytes as a PNG.

    >>> from glassnet.vision.io import write_png
    >>> write_png(glassnet.zeros(3, 2, 2, dtype=glassnet.uint8), "x.png")
    """
    replace_file(filename, as_array(encode_png(input, compression_level)).tobytes())


def write_jpeg(input: Tensor, filename: PathLike, quality: int = 75) -> None:
    """Write a picture [1 or 3, height, width] of bytes as a JPEG.

    >>> from glassnet.vision.io import write_jpeg
    >>> write_jpeg(glassnet.zeros(3, 8, 8, dtype=glassnet.uint8), "x.jpg")
    """
    replace_file(filename, as_array(encode_jpeg(input, quality)).tobytes())


def _bytes(name: str, data: Any) -> bytes:
    array = as_array(data)
    if array.dtype != np.uint8 or array.ndim != 1:
        raise TypeError(f"{name}: expected bytes, a tensor [n] of uint8, got {array.dtype} {written(array.shape)}")
    return array.tobytes()


def _encoded(name: str, picture: Any, ending: str, **options: Any) -> Tensor:
    pixels = as_array(picture)
    if pixels.dtype != np.uint8:
        raise TypeError(f"{name}: expected a picture of bytes (uint8), got {pixels.dtype}; (x * 255).byte() makes them")
    if pixels.ndim != 3 or pixels.shape[0] not in (1, 3):
        raise ShapeError(f"{name}: expected a picture [1 or 3, height, width], got {written(pixels.shape)}")
    return wrap(np.frombuffer(encoded(pixels.transpose(1, 2, 0), ending, **options), np.uint8).copy())


def _decoded(data: bytes, path: PathLike, mode: Mode, turned: bool) -> Tensor:
    with needed_to("read pictures"):
        from PIL import Image, ImageOps
    wanted = ImageReadMode[mode] if isinstance(mode, str) else mode
    try:
        file = io.BytesIO(data)
        image: Any = Image.open(file, formats=FORMATS)
        if image.width * image.height > MOST_PIXELS:
            problem = f"expected a picture of at most {MOST_PIXELS:,} pixels, got {image.width:,} × {image.height:,}"
            raise PictureError(path, problem, "make it smaller")
        image = ImageOps.exif_transpose(image) if turned else image
        pixels = np.array(image.convert(wanted.value)) if wanted.value else array_of(image)
    except (PictureError, MemoryError):
        raise
    except Exception as error:  # whatever Pillow's readers of formats raise
        problem = f"expected a picture, but it cannot be read ({shown(error) or type(error).__name__})"
        raise PictureError(path, problem, "replace it") from None
    return wrap(np.ascontiguousarray(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)))
