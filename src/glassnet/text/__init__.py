"""Texts from outside: what encoding they are in, and how they can be shown."""

from __future__ import annotations

from glassnet.text.readable import decoded_name, escaped, harmless, shown

__all__ = ["decoded_name", "escaped", "harmless", "shown"]
