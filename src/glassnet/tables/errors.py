"""The error for a table, or a column of one, that cannot be used."""

from __future__ import annotations

import os

from glassnet.errors import GlassnetError


class TableError(GlassnetError, ValueError):
    """A file that is no table, or a table that cannot be learned from; the message says why, and the way out."""

    @classmethod
    def at(cls, path: str | os.PathLike[str], problem: str, advice: str) -> TableError:
        """The error about the file at ``path``: what is wrong with it, and what to do."""
        return cls(f"{os.fspath(path)}{problem}; {advice}")
