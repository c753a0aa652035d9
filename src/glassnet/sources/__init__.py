"""Sources: what ``glassnet train SOURCE`` can learn from, ready for a network.

`open_source` takes the name of a source, a table in a file, or a folder of pictures.
"""

from __future__ import annotations

from glassnet.encoders import SourceError
from glassnet.sources.builtin import BUILTIN
from glassnet.sources.lookup import PICTURES, open_source
from glassnet.sources.source_data import CLASSIFICATION, REGRESSION, Data, Part

__all__ = ["BUILTIN", "CLASSIFICATION", "PICTURES", "REGRESSION", "Data", "Part", "SourceError", "open_source"]
