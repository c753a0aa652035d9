"""Tables: files of rows and columns, and what a network makes of them.

`read_table` reads a file, `prepare` makes it ready to learn from, and the `Encoding` it gives turns
any other table of the same columns into numbers, and results back into words.
"""

from __future__ import annotations

from glassnet.tables.cells import TableError
from glassnet.tables.encoding import Encoded, Encoding
from glassnet.tables.splitting import Prepared, every_fifth, held_out_rows, prepare
from glassnet.tables.table_files import read_table, write_table

__all__ = [
    "Encoded",
    "Encoding",
    "Prepared",
    "TableError",
    "every_fifth",
    "held_out_rows",
    "prepare",
    "read_table",
    "write_table",
]
