"""Engines: what runs a program. Each is a folder of its own, and a line in the table."""

from __future__ import annotations

from glassnet.engines.protocol import Engine
from glassnet.engines.table import AUTO, ENGINES, asked_for, engine_class

__all__ = ["AUTO", "ENGINES", "Engine", "asked_for", "engine_class"]
