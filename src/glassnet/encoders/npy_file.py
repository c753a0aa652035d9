"""Arrays of numbers in NumPy's .npy files. A damaged or malicious file raises an error, and fills no memory.

The format (NumPy enhancement proposal 1): a magic string, a version, the length of the header, the header, which is a
Python dict of constants, the numbers. NumPy's own reader of headers is used, of which a stranger's file can raise
nearly anything.
"""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from glassnet.files import FileError, PathLike, opened
from glassnet.files.schema import described
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written

MOST = 2**31  # bytes of numbers, unless told otherwise
_HEADER = 10_000  # bytes; one of an array of numbers has 128
_READERS: dict[tuple[int, int], Any] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_npy(path: PathLike, most: int = MOST) -> Array:
    """The array of numbers in the .npy file at ``path``, of ``most`` bytes or fewer.

    Raises FileError for what is no ordinary file, damaged, or an array of something else, and OSError.
    """
    with opened(path) as file:
        try:
            version = np.lib.format.read_magic(file)
            start = file.tell()
            length = int.from_bytes(file.read(2 if version == (1, 0) else 4), "little")
            if version not in _READERS or length > _HEADER:
                raise ValueError("its header is none of an array of numbers")
            file.seek(start)
            shape, is_fortran, dtype = _READERS[version](file, max_header_size=_HEADER)
        except Exception as error:  # whatever it may be: the person who gave the file is told in a line
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise FileError(path, f"it is no .npy file of numbers ({reason})", "write it with numpy.save") from None
        if dtype.kind not in "biuf" or dtype.subdtype or dtype.hasobject:
            advice = "write it as float32, or as whole numbers"
            raise FileError(path, f"expected an array of numbers, got one of {str(dtype)[:60]}", advice)
        if not all(type(n) is int and n >= 0 for n in shape) or not shape:  # True is an int, and no size
            problem = f"expected an array of samples, got one of shape {described(shape)}"
            raise FileError(path, problem, "write it with numpy.save, a sample in each row")
        size = math.prod(shape) * dtype.itemsize
        what = f"its header promises {size:,} bytes of numbers, of shape {written(shape[:9])}"
        if size > most or max(shape) > most:
            raise FileError(path, f"{what}, and the limit is {most:,}", "divide it into several files")
        there = os.fstat(file.fileno()).st_size - file.tell()
        if there < size:
            raise FileError(path, f"{what}, but {there:,} follow it", "the file was cut off: use a whole copy of it")
        numbers = np.empty(size, np.uint8)
        file.readinto(numbers.data)
    array: Array = numbers.view(dtype).reshape(shape, order="F" if is_fortran else "C")
    return array
