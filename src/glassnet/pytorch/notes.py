"""What a script's author may want to know, said once, on standard error."""

from __future__ import annotations

import sys

_said: set[str] = set()


def said_once(text: str) -> None:
    """Say ``text``, in a line that begins with "glassnet:", unless it was said before."""
    if text not in _said:
        _said.add(text)
        sys.stderr.write(f"glassnet: {text}\n")
