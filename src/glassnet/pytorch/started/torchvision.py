"""What ``import torchvision`` finds in a process that one with glassnet in PyTorch's place has started: glassnet, there too.

The folder of this file is on ``sys.path``, which multiprocessing hands on. In the first process it is never read.
"""

from __future__ import annotations

import sys
from importlib import import_module

from glassnet.pytorch import install

del sys.modules[__name__]
install()
sys.modules[__name__] = import_module(__name__)
