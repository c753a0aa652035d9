"""`save` and `load`: which form a file is in, told by its name, and by its first bytes.

======================  ====================================================  =================================
name                    form                                                  holds
======================  ====================================================  =================================
``.safetensors``, none  safetensors (`tensors`)                               tensors in dicts, lists and tuples
any other: ``.pt``      PyTorch's (`pt`), which PyTorch reads                 whole modules and sets, too
an open file            PyTorch's
======================  ====================================================  =================================
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from glassnet.files import PathLike, opened, replace_file, replacing
from glassnet.nn.module import Module
from glassnet.serialization.errors import ModelFileError
from glassnet.serialization.tensors import load_tensors, packed


def save(
    obj: Any,
    f: PathLike | BinaryIO,
    metadata: Mapping[str, str] | None = None,
    *,
    pickle_module: Any = None,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Save tensors in a file: ``model.state_dict()``, or a checkpoint of several beside numbers and texts.

    ``f`` is the path of a file, or an open one. A name that ends in .pt, .pth or another ending is written in
    PyTorch's form, which PyTorch loads; so is an open file. It may hold a whole module too: the name of its class,
    its attributes, its tensors. A name that ends in .safetensors, or has no ending, is written in that form, which
    any program that reads safetensors finds the tensors in; ``metadata`` are texts to keep with them there.
    ``pickle_module`` and ``pickle_protocol`` are PyTorch's, and change nothing;
    ``_use_new_zipfile_serialization=False`` writes as PyTorch did before 1.6.

    The file is written whole or not at all, and what is in it depends on nothing but what is saved.
    Raises TypeError or DtypeError, naming the entry, for what a file cannot hold, and OSError where
    the file cannot be written.

    >>> glassnet.save({"w": glassnet.ones(2)}, "weights.pt")
    >>> glassnet.load("weights.pt")
    {'w': tensor([1., 1.])}
    """
    if not isinstance(metadata, Mapping):  # PyTorch's third argument is pickle_module
        metadata = None
    is_path = isinstance(f, str | os.PathLike)
    if is_path and not isinstance(obj, Module) and Path(f).suffix in ("", ".safetensors"):  # type: ignore[arg-type]
        replace_file(f, *packed(obj, metadata))  # type: ignore[arg-type]
        return
    if metadata:
        raise TypeError(
            "save: metadata are kept in files that end in .safetensors; put them beside the tensors instead"
        )
    from glassnet.serialization.pt import door  # most programs save nothing

    if is_path:
        if Path(f).suffix == ".safetensors":  # type: ignore[arg-type]
            packed(obj)  # raises: no module can be in it
        write = door.writing(obj, _use_new_zipfile_serialization)
        with replacing(f) as file:  # type: ignore[arg-type]
            write(file)
    elif hasattr(f, "write"):
        whole = BytesIO()
        door.writing(obj, _use_new_zipfile_serialization)(whole)
        f.write(whole.getbuffer())
    else:
        raise TypeError(f"save: expected the path of a file, or an open file, got {type(f).__name__}")


def load(
    f: PathLike | BinaryIO,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """What is in a file that `save` or PyTorch wrote, or another program, if it is in the safetensors form.

    ``f`` is the path of a file, or an open one. Nothing of a file is ever run: of a whole module, only classes that the
    program has imported already are made, and with ``weights_only=True`` none. The other
    arguments are PyTorch's: here all is on the CPU.

    Raises ModelFileError for a file that is something else, truncated or edited, or holds what is not read, by its
    name; OSError for one that cannot be opened.

    >>> glassnet.save({"epoch": 3, "w": glassnet.ones(2)}, "weights.pt")
    >>> glassnet.load("weights.pt")
    {'epoch': 3, 'w': tensor([1., 1.])}
    """
    modules = weights_only is not True
    if isinstance(f, str | os.PathLike):
        with opened(f, ModelFileError) as file:
            begins = file.peek(32)[:32]
            if _is_pytorch(begins):
                from glassnet.serialization.pt import door

                return door.read(f, file, os.fstat(file.fileno()).st_size, modules)
        return load_tensors(f)
    if not hasattr(f, "read"):
        raise TypeError(f"load: expected the path of a file, or a file that is open to be read, got {type(f).__name__}")
    from glassnet.serialization.pt import door

    content = f.read()
    if not isinstance(content, bytes | bytearray):
        raise TypeError(
            f'load: expected a file that is open for bytes, open(path, "rb"), got one of {type(content).__name__}'
        )
    name = getattr(f, "name", None)
    path = name if isinstance(name, str) else "the open file"
    if not _is_pytorch(content[:32]):
        raise ModelFileError(path, f"it begins with {content[:8]!r}, not as a file of PyTorch's", "load it by its path")
    return door.read(path, BytesIO(content), len(content), modules)


def _is_pytorch(begins: bytes) -> bool:
    """Whether a file that begins so is PyTorch's: a zip archive, or a pickle."""
    return begins[:4] == b"PK\x03\x04" or (
        begins[:1] == b"\x80" and begins[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05") and begins[8:9] != b"{"
    )
