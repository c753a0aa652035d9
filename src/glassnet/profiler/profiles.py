"""`profile`: a block in which everything is recorded, all of it or the steps that a schedule names."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from glassnet.profiler.averages import EventList
from glassnet.profiler.recording import Recorder, record_function, start, stop


class ProfilerActivity(Enum):
    """What can be looked into; here, the CPU.

    >>> glassnet.profiler.ProfilerActivity.CPU in glassnet.profiler.supported_activities()
    True
    """

    CPU = 0
    XPU = 1
    CUDA = 2
    MTIA = 3
    HPU = 4
    PrivateUse1 = 5


class ProfilerAction(Enum):
    """What is done in a step: nothing, getting warm, recording, recording the last of a cycle.

    >>> [action.value for action in glassnet.profiler.ProfilerAction]
    [0, 1, 2, 3]
    """

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


Schedule = Callable[[int], ProfilerAction]


def schedule(
    *, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0, skip_first_wait: int = 0
) -> Schedule:
    """For each step what is done in it: after ``skip_first``, cycles of ``wait``, ``warmup`` and ``active`` steps.

    ``repeat`` is the number of cycles, 0 for no end. With ``skip_first_wait`` the first one does not wait. Raises
    ValueError for numbers below 0, or where no step is active.

    >>> from glassnet.profiler import schedule
    >>> [schedule(wait=1, warmup=0, active=2)(step).name for step in range(4)]
    ['NONE', 'RECORD', 'RECORD_AND_SAVE', 'NONE']
    """
    if min(wait, warmup, active, repeat, skip_first) < 0 or active == 0:
        raise ValueError(
            f"schedule: expected numbers of 0 or more, and active 1 or more, got wait={wait}, warmup={warmup}, "
            f"active={active}, repeat={repeat}, skip_first={skip_first}"
        )

    def action(step: int) -> ProfilerAction:
        step -= skip_first
        if step >= 0 and skip_first_wait:
            step += wait
        cycle, place = divmod(step, wait + warmup + active)
        if step < 0 or (repeat and cycle >= repeat) or place < wait:
            return ProfilerAction.NONE
        if place < wait + warmup:
            return ProfilerAction.WARMUP
        is_last = place == wait + warmup + active - 1
        return ProfilerAction.RECORD_AND_SAVE if is_last else ProfilerAction.RECORD

    return action


def _always(step: int) -> ProfilerAction:
    return ProfilerAction.RECORD


class profile:
    """``with profile() as p:`` records each operation, forward and backward; then ``p.key_averages().table()``.

    With ``record_shapes`` the shapes of the inputs too, with ``profile_memory`` the memory of new results, with
    ``with_stack`` the lines of the program, with ``with_modules`` the calls of modules. With a ``schedule``, `step` is
    called after each step of the program, and ``on_trace_ready(p)`` where a cycle of it ends; without one, where the
    block ends. ``activities`` are taken as the CPU, whatever they are. One thread is recorded, the one that entered.

    Raises RuntimeError within another profile.

    >>> with glassnet.profiler.profile(record_shapes=True) as p:
    ...     y = glassnet.ones(2, 3) @ glassnet.ones(3, 4)
    >>> [(row.key, row.input_shapes) for row in p.key_averages(group_by_input_shape=True)]
    [('aten::matmul', [[2, 3], [3, 4]])]
    """

    def __init__(
        self,
        *,
        activities: Iterable[Any] | None = None,
        schedule: Schedule | None = None,
        on_trace_ready: Callable[[Any], Any] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = False,
        **_: Any,
    ) -> None:
        self.activities = {ProfilerActivity.CPU} if activities is None else set(activities)
        self.schedule = schedule or _always
        self.on_trace_ready = on_trace_ready
        self.step_num = 0
        self.current_action = ProfilerAction.NONE
        self._names_steps = schedule is not None
        self._options = (record_shapes, with_stack, with_modules)
        self._with_memory = profile_memory
        self._recorder = Recorder(*self._options)
        self._is_on = False
        self._step: record_function | None = None

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin, as the block does."""
        self.current_action = self.schedule(self.step_num)
        self._go_on()

    def stop(self) -> None:
        """End, as the block does."""
        was_recording = self._is_on
        self._pause()
        if was_recording and self.on_trace_ready is not None:
            self.on_trace_ready(self)

    def step(self) -> None:
        """The next step of the program begins."""
        self._end_step()
        ends_a_cycle = self.current_action is ProfilerAction.RECORD_AND_SAVE
        self.step_num += 1
        self.current_action = self.schedule(self.step_num)
        if ends_a_cycle:
            self._pause()
            if self.on_trace_ready is not None:
                self.on_trace_ready(self)
        self._go_on()

    def _go_on(self) -> None:
        records = self.current_action in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)
        if records and not self._is_on:
            self._recorder = Recorder(*self._options)
            start(self._recorder)
            self._is_on = True
        elif self._is_on and not records:
            self._pause()
        if records and self._names_steps:
            self._step = record_function(f"ProfilerStep#{self.step_num}")
            self._step.__enter__()

    def _pause(self) -> None:
        self._end_step()
        if self._is_on:
            stop(self._recorder)
            self._is_on = False

    def _end_step(self) -> None:
        if self._step is not None:
            self._step.__exit__()
            self._step = None

    def events(self) -> EventList:
        """All that was recorded last, in the order in which it began."""
        return EventList(self._recorder.events, self._with_memory)

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0, **_: Any) -> EventList:
        """One row for each name of an event."""
        return self.events().key_averages(group_by_input_shape, group_by_stack_n)

    def export_chrome_trace(self, path: str | os.PathLike[str]) -> None:
        """Write the events to a file that chrome://tracing and ui.perfetto.dev show."""
        self.events().export_chrome_trace(path)

    def export_stacks(self, path: str | os.PathLike[str], metric: str = "self_cpu_time_total") -> None:
        """Write the stacks, which were recorded with ``with_stack``, for a flame graph."""
        self.events().export_stacks(path, metric)

    def add_metadata(self, key: str, value: str) -> None:
        """Nothing is done with it."""

    add_metadata_json = preset_metadata_json = add_metadata

    def toggle_collection_dynamic(self, enable: bool, activities: Iterable[Any]) -> None:
        """Record or not, from here on."""
        if enable:
            self._go_on()
        else:
            self._pause()


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False
) -> Callable[[profile], None]:
    """For ``on_trace_ready``: write each trace to a file in the folder ``dir_name``.

    >>> from glassnet.profiler import profile, tensorboard_trace_handler
    >>> with profile(on_trace_ready=tensorboard_trace_handler("log")):
    ...     y = glassnet.ones(2).exp()
    """

    def handler(found: profile) -> None:
        os.makedirs(dir_name, exist_ok=True)
        worker = worker_name or f"{socket.gethostname()}_{os.getpid()}"
        found.export_chrome_trace(os.path.join(dir_name, f"{worker}.{time.time_ns()}.pt.trace.json"))

    return handler


def supported_activities() -> set[ProfilerActivity]:
    """The CPU.

    >>> glassnet.profiler.supported_activities()
    {<ProfilerActivity.CPU: 0>}
    """
    return {ProfilerActivity.CPU}


def kineto_available() -> bool:
    """Whether a profile can be made. True.

    >>> glassnet.profiler.kineto_available()
    True
    """
    return True
