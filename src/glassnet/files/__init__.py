"""Files: one door to read them by, and one way to write them.

Everything that glassnet reads of a person's disk comes through `reading`, and everything it leaves there goes through
`writing`; so what holds for one file holds for all.
"""

from __future__ import annotations

from glassnet.files.json_text import parsed_json
from glassnet.files.reading import FileError, PathLike, opened, read_bytes
from glassnet.files.writing import new_folder, replace_file, replace_files, replacing, sweep, unfinished_name

__all__ = [
    "FileError",
    "PathLike",
    "new_folder",
    "opened",
    "parsed_json",
    "read_bytes",
    "replace_file",
    "replace_files",
    "replacing",
    "sweep",
    "unfinished_name",
]
