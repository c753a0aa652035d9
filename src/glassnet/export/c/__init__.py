"""C: a network as C99 that needs no library, on anything from a server to a microcontroller."""

from __future__ import annotations

from glassnet.export.c.c_file import c_file, contents_of, in_8_bits, write
from glassnet.export.c.contents import Contents
from glassnet.export.c.traced_network import Training

__all__ = ["Contents", "Training", "c_file", "contents_of", "in_8_bits", "write"]
