"""torch.distributed: three processes, here threads with a group each, get what PyTorch's would get."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import glassnet as gn
from glassnet import nn
from glassnet.pytorch.names import distributed as dist
from glassnet.pytorch.names.distributed_samples import DistributedSampler
from glassnet.pytorch.names.modules import DistributedDataParallel
from glassnet.pytorch.names.process_group import ProcessGroup, connected

SIZE = 3


def in_each(call: Callable[[int], Any]) -> list[Any]:
    """What ``call`` gives in a thread for each rank."""
    found: list[Any] = [None] * SIZE

    def run(rank: int) -> None:
        try:
            found[rank] = call(rank)
        except Exception as error:
            found[rank] = error

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(SIZE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ProcessGroup]]:
    file = tmp_path_factory.mktemp("meeting") / "place"
    found = in_each(lambda rank: connected(rank, SIZE, f"file://{file}", 30))
    yield found
    for group in found:
        group.close()


@pytest.mark.parametrize(("op", "value"), [("SUM", 6.0), ("PRODUCT", 6.0), ("MIN", 1.0), ("MAX", 3.0), ("AVG", 2.0)])
def test_all_reduce(op: str, value: float, groups: list[ProcessGroup]) -> None:
    def call(rank: int) -> Any:
        x = gn.full((2, 2), rank + 1.0)
        dist.all_reduce(x, getattr(dist.ReduceOp, op), groups[rank])
        return x.tolist()

    assert in_each(call) == [[[value] * 2] * 2] * SIZE


def test_from_one_to_all_and_back(groups: list[ProcessGroup]) -> None:
    def call(rank: int) -> Any:
        group, x, y = groups[rank], gn.tensor([rank]), gn.tensor([rank])
        dist.broadcast(x, src=1, group=group)
        dist.reduce(y, dst=2, group=group)
        z = gn.tensor([0])
        dist.scatter(z, [gn.tensor([10 * i]) for i in range(SIZE)] if rank == 0 else None, src=0, group=group)
        parts = [gn.tensor([0]) for _ in range(SIZE)]
        dist.gather(z, parts if rank == 1 else None, dst=1, group=group)
        dist.barrier(group)
        return x.item(), y.item(), z.item(), [part.item() for part in parts]

    assert in_each(call) == [(1, 0, 0, [0, 0, 0]), (1, 1, 10, [0, 10, 20]), (1, 3, 20, [0, 0, 0])]


def test_all_to_all(groups: list[ProcessGroup]) -> None:
    def call(rank: int) -> Any:
        group = groups[rank]
        sent, came = [gn.tensor([10 * rank + i]) for i in range(SIZE)], [gn.tensor([0]) for _ in range(SIZE)]
        dist.all_to_all(came, sent, group)
        whole, part, several = gn.zeros(SIZE), gn.zeros(1), [gn.zeros(1) for _ in range(SIZE)]
        dist.all_gather_into_tensor(whole, gn.tensor([rank * 1.0]), group)
        dist.reduce_scatter_tensor(part, gn.arange(3.0), group=group)
        dist.all_gather(several, part, group)
        return [x.item() for x in came], whole.tolist(), [x.item() for x in several]

    assert in_each(call) == [([rank, 10 + rank, 20 + rank], [0, 1, 2], [0, 3, 6]) for rank in range(SIZE)]


def test_objects(groups: list[ProcessGroup]) -> None:
    def call(rank: int) -> Any:
        every: list[Any] = [None] * SIZE
        dist.all_gather_object(every, {"rank": rank, "x": gn.tensor([rank])}, groups[rank])
        one = ["from two"] if rank == 2 else [None]
        dist.broadcast_object_list(one, src=2, group=groups[rank])
        return [(each["rank"], each["x"].item()) for each in every], one

    assert in_each(call) == [([(0, 0), (1, 1), (2, 2)], ["from two"])] * SIZE


def test_one_to_another_meanwhile(groups: list[ProcessGroup]) -> None:
    def call(rank: int) -> Any:
        group, x = groups[rank], gn.zeros(1 << 16)  # more than a connection holds
        work = dist.isend(x + rank, (rank + 1) % SIZE, group)
        dist.irecv(x, (rank - 1) % SIZE, group).wait()
        work.wait()
        return x[-1].item()

    assert in_each(call) == [2, 0, 1]


def test_a_group_of_some(groups: list[ProcessGroup]) -> None:
    def call(rank: int) -> Any:
        some = ProcessGroup(rank, [0, 2], groups[rank].links)
        x = gn.tensor([rank])
        if some.rank() >= 0:
            dist.all_reduce(x, group=some)
        return dist.get_rank(some), dist.get_world_size(some), x.item()

    assert in_each(call) == [(0, 2, 2), (-1, -1, 1), (1, 2, 2)]


def test_another_shape_is_said(groups: list[ProcessGroup]) -> None:
    problem = in_each(lambda rank: dist.broadcast(gn.zeros(1 + rank), 0, groups[rank]))[2]
    assert "expected 12 bytes from process 0, for a tensor of shape [3], got 4" in str(problem)


def test_gradients_are_averaged(groups: list[ProcessGroup]) -> None:
    def call(rank: int) -> Any:
        layer = nn.Linear(2, 1, bias=False)
        layer.weight.data.fill_(rank)
        model = DistributedDataParallel(layer, process_group=groups[rank])
        with model.no_sync():
            model(gn.full((1, 2), 3.0 * rank)).sum().backward()
        own = layer.weight.grad.tolist()
        model(gn.full((1, 2), 3.0 * rank)).sum().backward()
        return layer.weight.tolist(), own, layer.weight.grad.tolist()

    assert in_each(call) == [([[0, 0]], [[3.0 * rank] * 2], [[6, 6]]) for rank in range(SIZE)]


def test_one_process_alone() -> None:
    assert not dist.is_initialized()
    with pytest.raises(ValueError, match="call init_process_group first"):
        dist.get_rank()
    with pytest.raises(RuntimeError, match='use "gloo"'):
        dist.init_process_group("nccl", rank=0, world_size=1)
    with pytest.raises(ValueError, match="from 0 to 0, got 1"):
        dist.init_process_group("gloo", rank=1, world_size=1)
    with pytest.raises(ValueError, match="the environment has no RANK"):
        dist.init_process_group("gloo")
    dist.init_process_group("gloo", rank=0, world_size=1)
    try:
        x = gn.ones(2)
        assert dist.all_reduce(x, async_op=True).wait()
        assert (x.tolist(), dist.get_world_size(), dist.get_backend()) == ([1, 1], 1, "gloo")
        with pytest.raises(ValueError, match="already"):
            dist.init_process_group("gloo", rank=0, world_size=1)
        with pytest.raises(ValueError, match="expected a ReduceOp"):
            dist.all_reduce(x, "MEDIAN")
        assert len(DistributedSampler(range(4))) == 4
    finally:
        dist.destroy_process_group()


def test_who_does_not_come_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="not all processes are there in time"):
        connected(1, 2, f"file://{tmp_path / 'nobody'}", 0)
