"""Files: one door to read them by, one way to write them, and their names as text.

Everything that glassnet reads of a person's disk comes through `reading`, and everything it leaves there goes through
`writing`; so what holds for one file holds for all.
"""

from __future__ import annotations

from glassnet.files.json_text import parsed_json
from glassnet.files.readable import decoded_name, shown
from glassnet.files.reading import FileError, PathLike, opened, read_bytes
from glassnet.files.writing import replace_file, replace_files, replacing, sweep

__all__ = [
    "FileError",
    "PathLike",
    "decoded_name",
    "opened",
    "parsed_json",
    "read_bytes",
    "replace_file",
    "replace_files",
    "replacing",
    "shown",
    "sweep",
]
