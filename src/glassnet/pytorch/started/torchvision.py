"""What ``import torchvision`` finds in a process started by one with glassnet in PyTorch's place: glassnet too.

This folder is on ``sys.path``, which multiprocessing hands on. In the first process the file is never read.
"""

from __future__ import annotations

from glassnet.pytorch.stand_in import take_the_place_of

take_the_place_of(__name__)
