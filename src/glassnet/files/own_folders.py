"""Where a program may leave what it can make again: the user's folder for caches, as each system has it."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """The folder of glassnet among the user's caches; whether it is there is another question.

    >>> from glassnet.files.own_folders import cache_folder
    >>> cache_folder().name
    'glassnet'
    """
    home = Path.home()
    usual = {"darwin": home / "Library" / "Caches", "win32": home / "AppData" / "Local"}
    variable = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
    return Path(os.environ.get(variable) or usual.get(sys.platform, home / ".cache")) / "glassnet"
