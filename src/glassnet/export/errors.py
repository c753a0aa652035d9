"""The error for a network that cannot be written out."""

from __future__ import annotations

from glassnet.errors import GlassnetError


class ExportError(GlassnetError, ValueError):
    """A network that cannot be written for elsewhere; the message says why, and the way out."""
