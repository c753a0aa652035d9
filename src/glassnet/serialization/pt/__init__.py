"""PyTorch's own files (.pt, .pth): read and written without running anything that stands in them.

Such a file is a pickle beside the numbers of its tensors. A pickle is a short program, which may call whatever its
author names; here its instructions are read by a reader that knows a closed list of them and of names (`opcodes`,
`permitted`), and anything else is refused by its name.
"""

from __future__ import annotations
