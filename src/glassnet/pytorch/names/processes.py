"""torch.multiprocessing: Python's own, and `spawn`. A tensor goes to another process as its numbers, or after
`Tensor.share_memory_` as the place of its memory.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing import *  # noqa: F403
from typing import Any

__all__ = [*multiprocessing.__all__, "get_all_sharing_strategies", "get_sharing_strategy"]
__all__ += ["set_sharing_strategy", "spawn", "start_processes"]


def get_all_sharing_strategies() -> set[str]:
    """Of one name: nothing is shared."""
    return {"file_system"}


def get_sharing_strategy() -> str:
    """The one name."""
    return "file_system"


def set_sharing_strategy(new_strategy: str) -> None:
    """Nothing to set."""


def start_processes(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> Any:
    """Call ``fn(i, *args)`` in ``nprocs`` processes of their own, i being 0, 1, …

    Raises RuntimeError where one of them fails. Without ``join``, gives the processes.
    """
    context = multiprocessing.get_context(start_method)
    processes = [context.Process(target=fn, args=(i, *args), daemon=daemon) for i in range(nprocs)]  # type: ignore[attr-defined]
    for process in processes:
        process.start()
    if not join:
        return processes
    for process in processes:
        process.join()
    failed = [i for i, process in enumerate(processes) if process.exitcode]
    if failed:
        raise RuntimeError(f"process {failed[0]} of {nprocs} ended with {processes[failed[0]].exitcode}, an error")
    return None


def spawn(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> Any:
    """`start_processes`, which Python starts anew."""
    return start_processes(fn, args, nprocs, join, daemon, start_method)
