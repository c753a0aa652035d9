"""Tables: files of rows and columns, and their encoding as numbers.

`read_table` reads a file and `prepare` makes it ready for training. The `Encoding` that it returns encodes any other
table of the same columns, and decodes results.
"""

from __future__ import annotations

from glassnet.tables.cells import NoFeaturesError, TableError
from glassnet.tables.encoding import Encoded, Encoding
from glassnet.tables.splitting import Prepared, every_fifth, held_out_rows, prepare
from glassnet.tables.table_files import read_table, write_table

__all__ = [
    "Encoded",
    "Encoding",
    "NoFeaturesError",
    "Prepared",
    "TableError",
    "every_fifth",
    "held_out_rows",
    "prepare",
    "read_table",
    "write_table",
]
