"""Where the time of a program goes: each operation, forward and backward, and what you name yourself.

    >>> from glassnet.profiler import profile, record_function
    >>> with profile() as found:
    ...     with record_function("two steps"):
    ...         y = glassnet.ones(3).exp().sum()
    >>> [(row.key, row.count) for row in found.key_averages()]
    [('two steps', 1), ('aten::exp', 1), ('aten::sum', 1)]

`recording` notes what happens, `averages` puts together what has one name, `time_table` writes it down, and
`profiles` has `profile` itself and its schedules. While no profile is on, nothing is noted and nothing costs time.
"""

from __future__ import annotations

from glassnet.profiler.averages import EventList, FunctionEventAvg
from glassnet.profiler.profiles import (
    ProfilerAction,
    ProfilerActivity,
    kineto_available,
    profile,
    schedule,
    supported_activities,
    tensorboard_trace_handler,
)
from glassnet.profiler.recording import DeviceType, FunctionEvent, Interval, record_function

__all__ = [
    "DeviceType",
    "EventList",
    "FunctionEvent",
    "FunctionEventAvg",
    "Interval",
    "ProfilerAction",
    "ProfilerActivity",
    "kineto_available",
    "profile",
    "record_function",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]
