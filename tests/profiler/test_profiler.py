"""A profile has every operation, forward and backward, once, within what it happened in; and nothing stays of it."""

from __future__ import annotations

import contextlib
import json
import threading
from pathlib import Path
from typing import Any

import pytest

import glassnet as gn
from glassnet import nn, optim
from glassnet.profiler import ProfilerAction, profile, record_function, schedule, tensorboard_trace_handler
from glassnet.profiler.time_table import memory_text, time_text
from glassnet.tensor import dispatch, propagation


def counts(found: Any) -> dict[str, int]:
    return {row.key: row.count for row in found.key_averages()}


def step(model: Any, optimizer: Any) -> None:
    optimizer.zero_grad()
    model(gn.ones(4, 3)).sum().backward()
    optimizer.step()


@pytest.fixture
def model() -> Any:
    return nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 1))


def test_a_step_of_training(model: Any) -> None:
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with profile(with_modules=True) as found:
        for _ in range(3):
            step(model, optimizer)
    counted = counts(found)
    assert counted["aten::linear"] == counted["AddmmBackward0"] == counted["nn.Module: Linear"] == 6
    assert counted["aten::relu"] == counted["ReluBackward0"] == counted["Optimizer.step#SGD.step"] == 3
    assert counted["aten::sgd_update"] == 12


def test_times_of_what_is_within_are_part_of_what_it_is_in() -> None:
    with profile() as found, record_function("outer"), record_function("inner"):
        gn.ones(3).exp()
    outer, inner, exp = found.events()
    assert (exp.cpu_parent, inner.cpu_parent, outer.cpu_parent) == (inner, outer, None)
    assert outer.cpu_time_total >= inner.cpu_time_total >= exp.cpu_time_total > 0
    assert outer.self_cpu_time_total == pytest.approx(outer.cpu_time_total - inner.cpu_time_total)
    whole = found.key_averages().self_cpu_time_total
    assert whole == pytest.approx(outer.cpu_time_total)


def test_time_within_an_event_of_the_same_name_counts_once() -> None:
    with profile() as found, record_function("a"), record_function("a"):
        gn.ones(3).exp()
    row = found.key_averages()[0]
    assert (row.key, row.count) == ("a", 2)
    assert row.cpu_time_total == found.events()[0].cpu_time_total


def test_memory_is_that_of_new_results() -> None:
    x = gn.ones(256)
    with profile(profile_memory=True) as found, record_function("both"):
        x.exp()
        x.reshape(16, 16)
    both, exp, reshape = found.key_averages()
    assert (exp.self_cpu_memory_usage, reshape.self_cpu_memory_usage, both.cpu_memory_usage) == (1024, 0, 1024)
    assert "1.00 KB" in found.key_averages().table()


def test_afterwards_all_is_as_before(model: Any) -> None:
    functions = (dispatch.apply, dispatch.write, propagation.propagate_through)
    before = [function.__code__ for function in functions]
    with contextlib.suppress(ZeroDivisionError), profile(with_modules=True):
        assert [function.__code__ for function in functions] != before
        raise ZeroDivisionError
    assert [function.__code__ for function in functions] == before
    assert not nn.Module._call_hooks
    with profile() as found:
        pass
    model(gn.ones(1, 3))
    assert not found.events()


def test_an_error_is_raised_as_without_and_ends_what_it_is_in(model: Any) -> None:
    with profile(with_modules=True) as found:
        with pytest.raises(gn.ShapeError, match=r"in 2 \(Linear"):
            nn.Sequential(model[0], model[1], nn.Linear(4, 1))(gn.ones(1, 3))
        gn.ones(2).exp()
    assert found.events()[-1].cpu_parent is None


def test_another_thread_is_not_recorded_nor_disturbed() -> None:
    results: list[Any] = []
    with profile() as found:
        thread = threading.Thread(target=lambda: results.append(gn.ones(2).exp().tolist()))
        thread.start()
        thread.join()
    assert results == [gn.ones(2).exp().tolist()]
    assert not found.events()


def test_one_within_another_is_refused() -> None:
    with profile(), pytest.raises(RuntimeError, match="another profile is on"), profile():
        pass
    with profile():
        pass


def test_shapes_and_lines() -> None:
    with profile(record_shapes=True, with_stack=True) as found:
        for n in (2, 2, 3):
            gn.ones(n).exp()
    rows = found.key_averages(group_by_input_shape=True)
    assert [(row.input_shapes, row.count) for row in rows] == [([[2]], 2), ([[3]], 1)]
    table = found.key_averages(group_by_stack_n=1).table(sort_by="cpu_time_total")
    assert "Source Location" in table
    assert "test_shapes_and_lines" in found.events()[0].stack[0]


def test_a_schedule_chooses_steps(tmp_path: Path) -> None:
    seen: list[Any] = []

    def ready(found: Any) -> None:
        seen.append((found.step_num, counts(found)))

    with profile(schedule=schedule(skip_first=1, wait=1, warmup=1, active=2, repeat=1), on_trace_ready=ready) as p:
        for _ in range(8):
            gn.ones(2).exp()
            p.step()
    assert seen == [(5, {"ProfilerStep#3": 1, "aten::exp": 2, "ProfilerStep#4": 1})]
    actions = [schedule(wait=1, warmup=1, active=1, repeat=1)(i) for i in range(4)]
    assert actions == [
        ProfilerAction.NONE, ProfilerAction.WARMUP, ProfilerAction.RECORD_AND_SAVE, ProfilerAction.NONE
    ]  # fmt: skip
    with pytest.raises(ValueError, match="active 1 or more"):
        schedule(wait=0, warmup=0, active=0)


def test_a_trace_is_a_file_of_json(tmp_path: Path) -> None:
    with profile(on_trace_ready=tensorboard_trace_handler(str(tmp_path / "log"), "me"), with_stack=True) as found:
        gn.ones(2).exp()
    (file,) = (tmp_path / "log").iterdir()
    (event,) = json.loads(file.read_text())["traceEvents"]
    assert (event["name"], event["ph"], event["dur"] > 0) == ("aten::exp", "X", True)
    found.export_stacks(tmp_path / "stacks")
    assert ";aten::exp " in (tmp_path / "stacks").read_text()


def test_a_table() -> None:
    assert (time_text(12), time_text(3200), time_text(2.5e6), time_text(12, "ms")) == (
        "12.000us", "3.200ms", "2.500s", "0.012ms"
    )  # fmt: skip
    assert (memory_text(0), memory_text(1 << 20)) == ("0 B", "1.00 MB")
    with profile() as found, record_function("a very long name " * 9):
        gn.ones(2).exp()
    lines = found.key_averages().table(row_limit=1, header="what").splitlines()
    assert lines[1] == "what"
    assert lines[-1].startswith("Self CPU time total: ")
    assert sum("a very long name" in line for line in lines) == 1
    with pytest.raises(AttributeError):
        found.key_averages().table(sort_by="sweat")
