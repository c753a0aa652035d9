"""Events that have one name, put together: how often, and how long in all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

from glassnet.files import replace_file
from glassnet.profiler.recording import DeviceType, FunctionEvent
from glassnet.profiler.time_table import written


class FunctionEventAvg:
    """All events of one name, and of the same input shapes or lines if that was asked for.

    >>> glassnet.profiler.FunctionEventAvg("aten::exp")
    <FunctionEventAvg key=aten::exp self_cpu_time=0.000us cpu_time=0.000us count=0>
    """

    is_async = is_remote = is_legacy = False
    device_time = device_time_total = self_device_time_total = cuda_time_total = self_cuda_time_total = 0
    device_memory_usage = self_device_memory_usage = 0
    device_type = DeviceType.CPU

    def __init__(self, key: str, input_shapes: list[Any] | None = None, stack: list[str] | None = None) -> None:
        self.key = key
        self.input_shapes = input_shapes or []
        self.stack = stack or []
        self.count = 0
        self.cpu_time_total = self.self_cpu_time_total = 0.0
        self.cpu_memory_usage = self.self_cpu_memory_usage = 0

    def add(self, event: FunctionEvent | FunctionEventAvg) -> None:
        """One event more, or several. What is within one of the same name is part of its time already."""
        self.count += event.count
        self.self_cpu_time_total += event.self_cpu_time_total
        self.self_cpu_memory_usage += event.self_cpu_memory_usage
        if not _is_within_its_own(event):
            self.cpu_time_total += event.cpu_time_total
            self.cpu_memory_usage += event.cpu_memory_usage

    @property
    def cpu_time(self) -> float:
        """How long one took, on average."""
        return self.cpu_time_total / self.count if self.count else 0.0

    def __repr__(self) -> str:
        return (
            f"<FunctionEventAvg key={self.key} self_cpu_time={self.self_cpu_time_total:.3f}us "
            f"cpu_time={self.cpu_time:.3f}us count={self.count}>"
        )


def _is_within_its_own(event: FunctionEvent | FunctionEventAvg) -> bool:
    outer = event.cpu_parent if isinstance(event, FunctionEvent) else None
    while outer is not None:
        if outer.name == event.key:
            return True
        outer = outer.cpu_parent
    return False


class EventList(list[Any]):
    """Events, or what has been put together of them.

    >>> with glassnet.profiler.profile() as found:
    ...     y = glassnet.ones(2).exp().exp()
    >>> len(found.events()), len(found.key_averages())
    (2, 1)
    """

    def __init__(self, events: Iterable[Any] = (), with_memory: bool = False) -> None:
        super().__init__(events)
        self._with_memory = with_memory

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0, **_: Any) -> EventList:
        """One row for each name; for each name and shapes of the inputs, or first lines of the stack, if asked."""
        rows: dict[Any, FunctionEventAvg] = {}
        for event in self:
            shapes = event.input_shapes if group_by_input_shape else None
            stack = event.stack[:group_by_stack_n] if group_by_stack_n > 0 else None
            row = rows.setdefault((event.key, str(shapes), str(stack)), FunctionEventAvg(event.key, shapes, stack))
            row.add(event)
        return EventList(rows.values(), self._with_memory)

    def total_average(self) -> FunctionEventAvg:
        """All of them in one."""
        total = FunctionEventAvg("Total")
        for event in self:
            total.add(event)
        return total

    @property
    def self_cpu_time_total(self) -> float:
        """The time of all, in microseconds."""
        return float(sum(event.self_cpu_time_total for event in self))

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int = 75,
        max_name_column_width: int = 55,
        max_shapes_column_width: int = 80,
        header: str | None = None,
        top_level_events_only: bool = False,
        time_unit: str | None = None,
    ) -> str:
        """The rows as a text, those with the most of ``sort_by`` first: "cpu_time_total", "self_cpu_memory_usage" …

        Raises AttributeError for a column that there is not.
        """
        rows = [row for row in self if not top_level_events_only or getattr(row, "cpu_parent", None) is None]
        widths = (max_name_column_width, max_shapes_column_width, max_src_column_width)
        return written(rows, self.self_cpu_time_total, sort_by, row_limit, widths, header, self._with_memory, time_unit)

    def __str__(self) -> str:
        return self.table()

    def export_chrome_trace(self, path: str | os.PathLike[str]) -> None:
        """Write the events to a file of JSON, which chrome://tracing and ui.perfetto.dev show along time."""
        process = os.getpid()
        events = [
            {"ph": "X", "cat": "cpu_op" if event.name.startswith("aten::") else "user_annotation", "name": event.name}
            | {"pid": process, "tid": event.thread, "ts": event.time_range.start, "dur": event.cpu_time_total}
            | {"args": {"Input Dims": event.input_shapes} if event.input_shapes else {}}
            for event in self
        ]
        replace_file(path, json.dumps({"schemaVersion": 1, "displayTimeUnit": "ms", "traceEvents": events}).encode())

    def export_stacks(self, path: str | os.PathLike[str], metric: str = "self_cpu_time_total") -> None:
        """Write, for each event with a stack, its lines from the outermost and the time, as flame graphs take them."""
        lines = [
            f"{';'.join(line.replace(';', ',') for line in reversed(event.stack))};{event.name} "
            f"{int(getattr(event, metric.replace('cuda', 'cpu')))}\n"
            for event in self
            if event.stack
        ]
        replace_file(path, "".join(lines).encode())
