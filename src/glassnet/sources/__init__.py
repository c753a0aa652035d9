"""Sources: what ``glassnet train SOURCE`` can learn from, ready for a network.

`open_source` takes the name of a source, a table in a file, or a folder of pictures.
"""

from __future__ import annotations

from glassnet.sources.made import MADE
from glassnet.sources.named import PICTURES, open_source
from glassnet.sources.source import CLASSIFICATION, REGRESSION, Data, Part, SourceError

__all__ = ["CLASSIFICATION", "MADE", "PICTURES", "REGRESSION", "Data", "Part", "SourceError", "open_source"]
