"""utils: where PyTorch keeps its data tools, so that its imports work: from glassnet.utils.data import DataLoader."""

from __future__ import annotations

from glassnet.utils import data
