"""The class of a file by the folder that it is in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from glassnet.encoders.encoder import SourceError
from glassnet.ops.dtypes import Array
from glassnet.tables.columns import few
from glassnet.text import decoded_name, shown


def labels_by_folder(path: Path, files: Sequence[Path], classes: Sequence[str], *, wanted: bool) -> Array | None:
    """The numbers of the ``classes`` whose folders in ``path`` the ``files`` are in; None where they are in no folder.

    Where they are ``wanted``, a folder of another name raises SourceError; else the answer is None.
    """
    if not path.is_dir() or any(file.parent == path for file in files):
        return None
    folders = [decoded_name(file.relative_to(path).parts[0]) for file in files]
    places = {name: i for i, name in enumerate(classes)}
    others = sorted({folder for folder in folders if folder not in places})
    if not others:
        return np.array([places[folder] for folder in folders], np.int64)
    if not wanted:
        return None
    raise SourceError(
        f"FILE: {shown(path)}: expected a folder of files for each of the classes {few([*map(shown, classes)])}; got "
        f"{few([*map(shown, others)])}; name the folders as the classes are called"
    )
