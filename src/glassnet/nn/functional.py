"""`glassnet.functional` under the name that PyTorch users write: ``import glassnet.nn.functional as F``."""

from glassnet.functional import *  # noqa: F403
