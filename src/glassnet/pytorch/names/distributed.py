"""torch.distributed, as where nothing is distributed: one process, of rank 0 in a world of 1."""

from __future__ import annotations

from typing import Any

from glassnet.pytorch.names.refusing import refusing

_REFUSED = (
    "all_gather", "all_gather_into_tensor", "all_gather_object", "all_reduce", "all_to_all", "barrier", "broadcast",
    "broadcast_object_list", "destroy_process_group", "gather", "get_backend", "init_process_group", "irecv", "isend",
    "monitored_barrier", "new_group", "recv", "reduce", "reduce_scatter", "scatter", "send",
)  # fmt: skip

__all__ = [
    "ReduceOp", "get_rank", "get_world_size", "is_available", "is_gloo_available",
    "is_initialized", "is_mpi_available", "is_nccl_available", "is_torchelastic_launched", *_REFUSED,
]  # fmt: skip

_WHY = "glassnet computes in one process; leave the calls out, or ask torch.distributed.is_available() first"
globals().update({name: refusing(f"torch.distributed.{name}", _WHY) for name in _REFUSED})


class ReduceOp:
    """How the tensors of several processes are put together."""

    SUM, PRODUCT, MIN, MAX, AVG = "SUM", "PRODUCT", "MIN", "MAX", "AVG"


def is_available() -> bool:
    """False."""
    return False


is_initialized = is_gloo_available = is_mpi_available = is_nccl_available = is_torchelastic_launched = is_available


def get_rank(group: Any = None) -> int:
    """0."""
    return 0


def get_world_size(group: Any = None) -> int:
    """1."""
    return 1
