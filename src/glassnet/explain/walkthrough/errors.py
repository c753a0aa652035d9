"""The error of what cannot be shown."""

from __future__ import annotations

from glassnet.errors import GlassnetError


class WalkthroughError(GlassnetError, ValueError):
    """A step that cannot be walked through, or a value that is not part of it."""
