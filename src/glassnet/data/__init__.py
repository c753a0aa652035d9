"""data: datasets, samplers, and the loader that makes batches of them; what PyTorch has in ``torch.utils.data``."""

from __future__ import annotations

from glassnet.data.array_checks import check_finite
from glassnet.data.collate import default_collate, default_convert
from glassnet.data.dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
)
from glassnet.data.loader import DataLoader
from glassnet.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from glassnet.data.stacked import StackDataset
from glassnet.data.transformed import Transformed, batched
from glassnet.data.workers import get_worker_info

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "Transformed",
    "WeightedRandomSampler",
    "batched",
    "check_finite",
    "default_collate",
    "default_convert",
    "get_worker_info",
    "random_split",
]
