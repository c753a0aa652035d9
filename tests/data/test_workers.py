"""Workers of a loader make the same batches in the same order, know who they are, and tell what went wrong."""

from __future__ import annotations

import multiprocessing
import os
import random
import threading
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.data import DataLoader, Dataset, IterableDataset, TensorDataset, get_worker_info, workers

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # Python's, of a process with threads


class Squares(Dataset):
    """Samples of every kind, and which worker made them."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> dict[str, Any]:
        info = get_worker_info()
        return {"x": gn.tensor([index, index**2]), "name": f"n{index}", "by": -1 if info is None else info.id}


class Stream(IterableDataset):
    """Numbers, of which each worker has its share."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __iter__(self) -> Any:
        info = get_worker_info()
        return iter(range(self.n)) if info is None else iter(range(info.id, self.n, info.num_workers))


class Broken(Squares):
    """One sample raises, or ends the process."""

    def __init__(self, what: Any) -> None:
        super().__init__(5)
        self.what = what

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.what() if index == 3 else super().__getitem__(index)


@pytest.fixture(params=["processes", "threads"])
def kind(request: pytest.FixtureRequest) -> dict[str, Any]:
    if request.param == "processes" and not workers.can_fork():
        pytest.skip("no process can be forked here")
    return {} if request.param == "processes" else {"multiprocessing_context": "spawn"}


def test_batches_are_those_made_without_workers(kind: dict[str, Any]) -> None:
    plain, with_workers = (
        [(b["x"].tolist(), b["name"]) for b in DataLoader(Squares(7), batch_size=2, num_workers=n, **kind)]
        for n in (0, 2)
    )
    assert with_workers == plain
    by = [b["by"].tolist() for b in DataLoader(Squares(7), batch_size=2, num_workers=2, **kind)]
    assert by == [[0, 0], [1, 1], [0, 0], [1]]
    assert get_worker_info() is None


def test_samples_streams_and_batches_of_ones_own(kind: dict[str, Any]) -> None:
    assert [s["name"] for s in DataLoader(Squares(3), batch_size=None, num_workers=2, **kind)] == ["n0", "n1", "n2"]
    assert list(DataLoader(Stream(7), batch_size=None, num_workers=2, **kind)) == [0, 1, 2, 3, 4, 5, 6]
    assert [b.tolist() for b in DataLoader(Stream(7), batch_size=2, num_workers=2, **kind)] == [
        [0, 2], [1, 3], [4, 6], [5]
    ]  # fmt: skip
    assert list(DataLoader([1, 2, 3], batch_size=2, collate_fn=sum, num_workers=1, **kind)) == [3, 3]


def test_workers_may_stay_for_the_next_epoch(kind: dict[str, Any]) -> None:
    loader = DataLoader(Stream(5), batch_size=2, num_workers=2, persistent_workers=True, **kind)
    first = [b.tolist() for b in loader]
    stayed = loader._workers
    assert stayed is not None
    assert [b.tolist() for b in loader] == first
    assert loader._workers is stayed
    next(iter(loader))  # and is left: nobody takes what is made already
    assert [b.tolist() for b in loader] == first


def test_workers_that_stay_end_with_their_loader(kind: dict[str, Any]) -> None:
    before = set(threading.enumerate()), set(multiprocessing.active_children())
    loader = DataLoader(Squares(5), batch_size=2, num_workers=2, persistent_workers=True, **kind)
    for _ in range(2):
        list(loader)
    assert loader._workers is not None
    del loader
    assert not {t for t in threading.enumerate() if t.is_alive()} - before[0]
    assert not set(multiprocessing.active_children()) - before[1]


def test_each_is_told_who_it_is_before_it_begins(kind: dict[str, Any]) -> None:
    class Told(Squares):
        def __getitem__(self, index: int) -> Any:
            info = get_worker_info()
            return info.id, info.num_workers, info.seed - info.id, info.dataset is self, started[info.id]

    started: dict[int, str] = {}
    loader = DataLoader(
        Told(4), batch_size=None, num_workers=2, worker_init_fn=lambda i: started.update({i: "yes"}), **kind
    )
    told = list(loader)
    assert [t[:2] for t in told] == [[0, 2], [1, 2], [0, 2], [1, 2]]
    assert len({t[2] for t in told}) == 1
    assert all(t[3] and t[4] == "yes" for t in told)


def test_what_goes_wrong_is_raised_in_its_class_with_its_traceback(kind: dict[str, Any]) -> None:
    def wrong() -> Any:
        raise KeyError("no such file")

    loader = DataLoader(Broken(wrong), batch_size=2, num_workers=2, **kind)
    batches = iter(loader)
    next(batches)
    with pytest.raises(
        KeyError, match=r"no such file.*in worker 1 of the DataLoader.*in __getitem__.*in wrong"
    ) as caught:
        next(batches)
    assert "test_workers.py" in str(caught.value)


def test_an_error_that_takes_more_than_a_text_is_told_too(kind: dict[str, Any]) -> None:
    def wrong() -> Any:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    with pytest.raises(RuntimeError, match=r"UnicodeDecodeError: .*invalid start byte"):
        list(DataLoader(Broken(wrong), num_workers=1, **kind))


def test_what_goes_wrong_before_the_first_batch_is_told(kind: dict[str, Any]) -> None:
    def wrong(worker: int) -> None:
        raise OSError("no such folder")

    with pytest.raises(OSError, match=r"no such folder .in worker 0"):
        list(DataLoader(Squares(2), num_workers=1, worker_init_fn=wrong, **kind))


@pytest.mark.skipif(not workers.can_fork(), reason="no process can be forked here")
def test_a_process_that_ends_and_a_batch_that_cannot_be_sent_are_told() -> None:
    with pytest.raises(RuntimeError, match=r"worker 0 \(process \d+\) ended unexpectedly, with exit code 7; num_work"):
        list(DataLoader(Broken(lambda: os._exit(7)), num_workers=1))
    with pytest.raises(Exception, match="in worker 0 of the DataLoader"):
        list(DataLoader(Broken(lambda: lambda: 1), num_workers=1, collate_fn=list))


def test_a_batch_that_does_not_come_is_told(kind: dict[str, Any]) -> None:
    never = threading.Event()
    loader = DataLoader(Broken(lambda: never.wait(30)), num_workers=1, timeout=0.2, **kind)
    with pytest.raises(RuntimeError, match=r"worker 0 made no batch within timeout=0\.2 s"):
        list(loader)
    never.set()


@pytest.mark.skipif(not workers.can_fork(), reason="no process can be forked here")
def test_each_draws_numbers_of_its_own_the_same_after_the_same_seed() -> None:
    class Drawn(Squares):
        def __getitem__(self, index: int) -> Any:
            return random.random(), np.random.rand(), gn.rand(()).item()  # noqa: NPY002

    def drawn() -> Any:
        gn.manual_seed(3)
        return list(DataLoader(Drawn(4), batch_size=None, num_workers=2))

    first = drawn()
    assert len({x for sample in first for x in sample}) == 12
    assert drawn() == first


@pytest.mark.skipif(not workers.can_fork(), reason="no process can be forked here")
def test_tensors_come_with_what_they_are() -> None:
    made = [gn.ones(2, requires_grad=True), gn.nn.Parameter(gn.zeros(1)), gn.tensor(3).short()]
    (came,) = DataLoader([made], batch_size=None, collate_fn=lambda sample: sample, num_workers=1)
    assert [(type(x), x.dtype, x.requires_grad) for x in came] == [(type(x), x.dtype, x.requires_grad) for x in made]
    assert [x.tolist() for x in came] == [x.tolist() for x in made]


def test_a_dataset_that_gathers_has_no_workers() -> None:
    dataset = TensorDataset(gn.arange(4))
    loader = DataLoader(dataset, batch_size=2, num_workers=2, persistent_workers=True)
    assert [x.tolist() for (x,) in loader] == [[0, 1], [2, 3]]
    assert loader._workers is None
