"""torch.distributed: processes of one training, which sum up their gradients, or send one another tensors."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from glassnet.autograd import no_grad
from glassnet.ops.dtypes import Array
from glassnet.pytorch.names.process_group import ProcessGroup, connected
from glassnet.tensor import Tensor, wrap

__all__ = [
    "GroupMember", "P2POp", "ProcessGroup", "ReduceOp", "Work", "all_gather", "all_gather_into_tensor",
    "all_gather_object", "all_reduce", "all_to_all", "barrier", "batch_isend_irecv", "broadcast",
    "broadcast_object_list", "default_pg_timeout", "destroy_process_group", "gather", "gather_object", "get_backend",
    "get_global_rank", "get_group_rank", "get_process_group_ranks", "get_rank", "get_world_size", "group",
    "init_process_group", "irecv", "is_available", "is_backend_available", "is_gloo_available", "is_initialized",
    "is_mpi_available", "is_nccl_available", "is_torchelastic_launched", "is_ucc_available", "is_xccl_available",
    "isend", "monitored_barrier", "new_group", "recv", "reduce", "reduce_scatter", "reduce_scatter_tensor", "scatter",
    "scatter_object_list", "send",
]  # fmt: skip

default_pg_timeout = timedelta(minutes=30)
_world: list[ProcessGroup] = []


class ReduceOp:
    """How the tensors of several processes are put together."""

    SUM, PRODUCT, MIN, MAX, AVG = "SUM", "PRODUCT", "MIN", "MAX", "AVG"
    BAND, BOR, BXOR = "BAND", "BOR", "BXOR"


_REDUCTIONS: dict[str, Callable[[list[Array]], Any]] = {
    "SUM": lambda arrays: sum(arrays[1:], arrays[0]),
    "AVG": lambda arrays: sum(arrays[1:], arrays[0]) / len(arrays),
    "PRODUCT": np.multiply.reduce,
    "MIN": np.minimum.reduce,
    "MAX": np.maximum.reduce,
    "BAND": np.bitwise_and.reduce,
    "BOR": np.bitwise_or.reduce,
    "BXOR": np.bitwise_xor.reduce,
}


class GroupMember:
    """The group of all processes."""

    WORLD: Any = None
    NON_GROUP_MEMBER: Any = object()


group = GroupMember


class Work:
    """Something that is done meanwhile, or is done."""

    def __init__(self, thread: Any = None) -> None:
        self._thread = thread

    def wait(self, timeout: Any = None) -> bool:
        """Wait until it is done. True."""
        if self._thread is not None:
            self._thread.join()
        return True

    def is_completed(self) -> bool:
        """Whether it is done."""
        return self._thread is None or not self._thread.is_alive()


# the group -----------------------------------------------------------------------------------------------------------


def is_available() -> bool:
    """True."""
    return True


def is_gloo_available() -> bool:
    """Whether processes on CPUs can be connected. True."""
    return True


def is_mpi_available() -> bool:
    """False."""
    return False


is_nccl_available = is_ucc_available = is_xccl_available = is_torchelastic_launched = is_mpi_available


def is_backend_available(backend: str) -> bool:
    """Whether it is "gloo", by whose name processes on CPUs are connected."""
    return backend.lower() == "gloo"


def is_initialized() -> bool:
    """Whether `init_process_group` was called."""
    return bool(_world)


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: timedelta | None = None,
    world_size: int = -1,
    rank: int = -1,
    store: Any = None,
    group_name: str = "",
    pg_options: Any = None,
    device_id: Any = None,
) -> None:
    """Connect this process with the others of ``world_size``, of which it is that of ``rank``.

    They find one another by MASTER_ADDR and MASTER_PORT, by tcp://address:port, or by file:///path; rank and size may
    be in RANK and WORLD_SIZE. Raises RuntimeError for another backend than "gloo", or where they are not there within
    ``timeout``; ValueError where an environment variable is missing, or a second time.

    >>> from glassnet.pytorch.names import distributed as dist
    >>> dist.init_process_group("gloo", rank=0, world_size=1)
    >>> x = glassnet.ones(2)
    >>> dist.all_reduce(x)
    >>> dist.get_world_size(), x
    (1, tensor([1., 1.]))
    >>> dist.destroy_process_group()
    """
    if _world:
        raise ValueError("init_process_group: it was called already; destroy_process_group() ends that group")
    if not {"gloo", "cpu:gloo"} & {"gloo" if backend is None else part for part in str(backend).lower().split(",")}:
        raise RuntimeError(f'init_process_group: there is no backend {backend!r:.40} without a GPU; use "gloo"')
    rank, world_size = (
        int(_from_environment(name)) if given < 0 else given
        for name, given in (("RANK", rank), ("WORLD_SIZE", world_size))
    )
    if not 0 <= rank < world_size:
        raise ValueError(f"init_process_group: expected a rank from 0 to {world_size - 1}, got {rank}")
    seconds = (timeout or default_pg_timeout).total_seconds()
    _world.append(connected(rank, world_size, init_method or "env://", seconds))
    GroupMember.WORLD = _world[0]


def _from_environment(name: str) -> str:
    if name not in os.environ:
        raise ValueError(f"init_process_group: the environment has no {name}; give rank= and world_size=")
    return os.environ[name]


def destroy_process_group(group: Any = None) -> None:
    """End the connections; of the group of all, not of another."""
    if _world and group in (None, _world[0]):
        _world.pop().close()
        GroupMember.WORLD = None


def new_group(ranks: Sequence[int] | None = None, *_: Any, **__: Any) -> Any:
    """The group of some of the processes; every process must call it."""
    world = _of(None)
    return ProcessGroup(world.global_rank, world.ranks if ranks is None else sorted(ranks), world.links)


def _of(group: Any) -> ProcessGroup:
    if group is not None:
        return group  # type: ignore[no-any-return]
    if not _world:
        raise ValueError("torch.distributed: call init_process_group first, or ask is_initialized()")
    return _world[0]


def get_rank(group: Any = None) -> int:
    """Which process of the group this is; −1 if it is none."""
    return _of(group).rank()


def get_world_size(group: Any = None) -> int:
    """How many processes the group has; −1 if this is none of them."""
    return _of(group).size() if _of(group).rank() >= 0 else -1


def get_backend(group: Any = None) -> str:
    """The name by which processes on CPUs are connected."""
    _of(group)
    return "gloo"


def get_process_group_ranks(group: Any = None) -> list[int]:
    """The ranks, among all, of those in the group."""
    return list(_of(group).ranks)


def get_global_rank(group: Any, group_rank: int) -> int:
    """The rank among all of the one of ``group_rank`` in the group."""
    return _of(group).ranks[group_rank]


def get_group_rank(group: Any, global_rank: int) -> int:
    """The rank in the group of the one of ``global_rank`` among all."""
    return _of(group).ranks.index(global_rank)


# all together --------------------------------------------------------------------------------------------------------


def _write(tensor: Tensor, array: Array) -> None:
    with no_grad():
        tensor.detach().copy_(wrap(np.array(array)))


def _done(async_op: bool) -> Work | None:
    return Work() if async_op else None


def _reduced(arrays: list[Array], op: Any) -> Array:
    if op not in _REDUCTIONS:
        raise ValueError(f"torch.distributed: expected a ReduceOp, one of {', '.join(_REDUCTIONS)}, got {op!r:.40}")
    return np.asarray(_REDUCTIONS[op](arrays), arrays[0].dtype)


def all_reduce(tensor: Tensor, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False) -> Work | None:
    """Put the tensors of all together, in each."""
    _write(tensor, _reduced(_of(group).gathered(tensor.array), op))
    return _done(async_op)


def reduce(
    tensor: Tensor, dst: int = 0, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """Put the tensors of all together, in that of ``dst``."""
    found = _reduced(_of(group).gathered(tensor.array), op)
    if _of(group).global_rank == dst:
        _write(tensor, found)
    return _done(async_op)


def broadcast(
    tensor: Tensor, src: int | None = None, group: Any = None, async_op: bool = False, group_src: int | None = None
) -> Work | None:
    """Give all the numbers of the tensor of ``src``."""
    here = _of(group)
    source = here.ranks[group_src or 0] if src is None else src
    if here.global_rank == source:
        for peer in here.ranks:
            if peer != source:
                here.send(tensor.array, peer)
    else:
        _write(tensor, here.receive(tensor.array, source))
    return _done(async_op)


def all_gather(tensor_list: list[Tensor], tensor: Tensor, group: Any = None, async_op: bool = False) -> Work | None:
    """Put the tensor of each into ``tensor_list``, everywhere."""
    for target, array in zip(tensor_list, _of(group).gathered(tensor.array), strict=True):
        _write(target, array)
    return _done(async_op)


def all_gather_into_tensor(
    output_tensor: Tensor, input_tensor: Tensor, group: Any = None, async_op: bool = False
) -> Work | None:
    """Put the tensors of all into one, one after another."""
    found = np.stack(_of(group).gathered(input_tensor.array))
    _write(output_tensor, found.reshape(output_tensor.shape))
    return _done(async_op)


def gather(
    tensor: Tensor,
    gather_list: list[Tensor] | None = None,
    dst: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:
    """Put the tensor of each into the ``gather_list`` of ``dst``."""
    here = _of(group)
    found = here.gathered(tensor.array)
    if here.global_rank == (here.ranks[group_dst or 0] if dst is None else dst):
        for target, array in zip(gather_list or (), found, strict=True):
            _write(target, array)
    return _done(async_op)


def scatter(
    tensor: Tensor,
    scatter_list: list[Tensor] | None = None,
    src: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_src: int | None = None,
) -> Work | None:
    """Give each process its tensor of the ``scatter_list`` of ``src``."""
    here = _of(group)
    source = here.ranks[group_src or 0] if src is None else src
    if here.global_rank != source:
        _write(tensor, here.receive(tensor.array, source))
        return _done(async_op)
    if scatter_list is None or len(scatter_list) != here.size():
        raise ValueError(f"scatter: expected a tensor for each of the {here.size()} processes in scatter_list")
    for peer, each in zip(here.ranks, scatter_list, strict=True):
        if peer == source:
            _write(tensor, each.array)
        else:
            here.send(each.array, peer)
    return _done(async_op)


def all_to_all(
    output_tensor_list: list[Tensor], input_tensor_list: list[Tensor], group: Any = None, async_op: bool = False
) -> Work | None:
    """Send each process its tensor of ``input_tensor_list``; those that come are put into ``output_tensor_list``."""
    here = _of(group)
    place = here.ranks.index
    found = here.exchanged(
        lambda peer: input_tensor_list[place(peer)].array, lambda peer: output_tensor_list[place(peer)].array
    )
    for target, array in zip(output_tensor_list, found, strict=True):
        _write(target, array)
    return _done(async_op)


def reduce_scatter(
    output: Tensor, input_list: list[Tensor], op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """Put together what all have for each process, and give it that."""
    here = _of(group)
    found = here.exchanged(lambda peer: input_list[here.ranks.index(peer)].array, lambda _: output.array)
    _write(output, _reduced(found, op))
    return _done(async_op)


def reduce_scatter_tensor(
    output: Tensor, input: Tensor, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """`reduce_scatter`, of equal parts of one tensor."""
    parts = input.detach().reshape(-1).chunk(_of(group).size())
    return reduce_scatter(output, [part.reshape(output.shape) for part in parts], op, group, async_op)


def barrier(group: Any = None, async_op: bool = False, device_ids: Any = None) -> Work | None:
    """Wait until all are here."""
    _of(group).gathered(np.zeros(1, np.uint8))
    return _done(async_op)


def monitored_barrier(group: Any = None, timeout: Any = None, wait_all_ranks: bool = False) -> None:
    """`barrier`."""
    barrier(group)


# objects -------------------------------------------------------------------------------------------------------------


def all_gather_object(object_list: list[Any], obj: Any, group: Any = None) -> None:
    """Put what each has into ``object_list``: tensors, numbers, texts, and containers of them."""
    object_list[:] = _of(group).gathered_objects(obj)


def gather_object(obj: Any, object_gather_list: list[Any] | None = None, dst: int = 0, group: Any = None) -> None:
    """Put what each has into the list of ``dst``."""
    found = _of(group).gathered_objects(obj)
    if object_gather_list is not None and _of(group).global_rank == dst:
        object_gather_list[:] = found


def broadcast_object_list(object_list: list[Any], src: int = 0, group: Any = None, device: Any = None) -> None:
    """Give all what is in the list of ``src``."""
    here = _of(group)
    found = here.gathered_objects(list(object_list) if here.global_rank == src else [])
    object_list[:] = found[here.ranks.index(src)]


def scatter_object_list(
    scatter_object_output_list: list[Any],
    scatter_object_input_list: list[Any] | None = None,
    src: int = 0,
    group: Any = None,
) -> None:
    """Give each process its part of the list of ``src``."""
    here = _of(group)
    given = list(scatter_object_input_list or ()) if here.global_rank == src else []
    scatter_object_output_list[0] = here.gathered_objects(given)[here.ranks.index(src)][here.rank()]


# one to another ------------------------------------------------------------------------------------------------------


def send(tensor: Tensor, dst: int, group: Any = None, tag: int = 0) -> None:
    """Send the numbers to the process ``dst``, which has to call `recv`."""
    _of(group).send(tensor.array, dst)


def recv(tensor: Tensor, src: int | None = None, group: Any = None, tag: int = 0) -> int:
    """Take the numbers that the process ``src`` sends; gives its rank. Raises ValueError where it is not said."""
    if src is None:
        raise ValueError("recv: say from which process, src=")
    _write(tensor, _of(group).receive(tensor.array, src))
    return src


def isend(tensor: Tensor, dst: int, group: Any = None, tag: int = 0) -> Work:
    """As `send`, meanwhile; ``wait()`` waits for the end."""
    here, array = _of(group), np.array(tensor.array)
    return Work(here.later(dst, "send", lambda: here.send(array, dst)))


def irecv(tensor: Tensor, src: int, group: Any = None, tag: int = 0) -> Work:
    """As `recv`, meanwhile; ``wait()`` waits for the end."""
    here = _of(group)
    return Work(here.later(src, "receive", lambda: _write(tensor, here.receive(tensor.array, src))))


class P2POp:
    """One `isend` or `irecv`, for `batch_isend_irecv`."""

    def __init__(self, op: Any, tensor: Tensor, peer: int, group: Any = None, tag: int = 0) -> None:
        self.op, self.tensor, self.peer, self.group = op, tensor, peer, group


def batch_isend_irecv(p2p_op_list: list[P2POp]) -> list[Work]:
    """Begin all of them."""
    return [each.op(each.tensor, each.peer, each.group) for each in p2p_op_list]
