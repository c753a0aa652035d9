"""What happens while somebody records, as events with a beginning and an end, one within another."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import ContextDecorator
from enum import Enum
from time import perf_counter_ns
from typing import Any, NamedTuple

from glassnet.nn.hooks import Hooked, register_module_forward_hook, register_module_forward_pre_hook
from glassnet.optim.hooks import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from glassnet.tensor.graph import Node
from glassnet.tensor.node_names import node_name
from glassnet.tensor.watching import leave, watch

_INSIDE = __name__.partition(".")[0]


class DeviceType(Enum):
    """Where an event was.

    >>> glassnet.profiler.DeviceType.CPU.name
    'CPU'
    """

    CPU = 0
    CUDA = 1


class Interval(NamedTuple):
    """A beginning and an end, in microseconds.

    >>> glassnet.profiler.Interval(1.0, 3.5).elapsed_us()
    2.5
    """

    start: float
    end: float

    def elapsed_us(self) -> float:
        """How long that is."""
        return self.end - self.start


class FunctionEvent:
    """One call of an operation, or of what `record_function` names. Times are in microseconds, memory in bytes.

    >>> with glassnet.profiler.profile() as found:
    ...     y = glassnet.ones(2).exp()
    >>> found.events()[0]
    <FunctionEvent aten::exp: ... us>
    """

    is_async = is_remote = is_legacy = False
    device_time = device_time_total = self_device_time_total = cuda_time_total = self_cuda_time_total = 0
    device_memory_usage = self_device_memory_usage = 0
    count = 1
    device_type = DeviceType.CPU

    def __init__(self, name: str, parent: FunctionEvent | None, id: int) -> None:
        self.name = self.key = name
        self.cpu_parent = parent
        self.id = id
        self.thread = threading.get_ident()
        self.cpu_children: list[FunctionEvent] = []
        self.input_shapes: list[Any] = []
        self.stack: list[str] = []
        self.own_memory = 0
        self.began = self.ended = perf_counter_ns()

    @property
    def time_range(self) -> Interval:
        """When it was."""
        return Interval(self.began / 1e3, self.ended / 1e3)

    @property
    def cpu_time_total(self) -> float:
        """How long it took."""
        return (self.ended - self.began) / 1e3

    cpu_time = cpu_time_total

    @property
    def self_cpu_time_total(self) -> float:
        """How long it took without the events within it."""
        return self.cpu_time_total - sum(child.cpu_time_total for child in self.cpu_children)

    @property
    def self_cpu_memory_usage(self) -> int:
        """The memory of the result, if it is new."""
        return self.own_memory

    @property
    def cpu_memory_usage(self) -> int:
        """The memory of the results of all that happened within it."""
        return self.own_memory + sum(child.cpu_memory_usage for child in self.cpu_children)

    def __repr__(self) -> str:
        return f"<FunctionEvent {self.name}: {self.cpu_time_total:.3f} us>"


class Recorder:
    """Takes down the events of one thread."""

    def __init__(self, shapes: bool = False, stacks: bool = False, modules: bool = False) -> None:
        self.events: list[FunctionEvent] = []
        self.shapes, self.stacks, self.modules = shapes, stacks, modules
        self._open: list[FunctionEvent] = []

    def begin(self, name: str, inputs: tuple[Any, ...] = ()) -> FunctionEvent:
        """An event begins, within the one that began last and has not ended."""
        event = FunctionEvent(name, self._open[-1] if self._open else None, len(self.events))
        if self.shapes:
            event.input_shapes = [list(getattr(x, "shape", ())) for x in inputs]
        if self.stacks:
            event.stack = _lines_that_called()
        if event.cpu_parent is not None:
            event.cpu_parent.cpu_children.append(event)
        self.events.append(event)
        self._open.append(event)
        event.began = perf_counter_ns()
        return event

    def end(self, event: FunctionEvent) -> None:
        """It ends, and with it what began within it and was left by an error."""
        event.ended = perf_counter_ns()
        while self._open and self._open.pop() is not event:
            pass

    def end_last(self, name: str) -> None:
        """The innermost event of this name ends, if there is one."""
        event = next((event for event in reversed(self._open) if event.name == name), None)
        if event is not None:
            self.end(event)

    def operation(self, name: str, inputs: tuple[Any, ...], call: Callable[[], Any]) -> Any:
        """An operation, as an event."""
        event = self.begin(f"aten::{name}", inputs)
        try:
            result = call()
        finally:
            self.end(event)
        array = getattr(result, "array", None)
        event.own_memory = array.nbytes if array is not None and array.base is None else 0
        return result

    def step_back(self, node: Node, g: Any, gradients: Any, call: Callable[[Any], None]) -> None:
        """A step of backward, as an event."""
        event = self.begin(node_name(node), (g,))
        try:
            call(gradients)
        finally:
            self.end(event)


def _lines_that_called() -> list[str]:
    """The lines of the program outside of glassnet that led here, the innermost first."""
    lines, frame = [], sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] != _INSIDE:
            lines.append(f"{frame.f_code.co_filename}({frame.f_lineno}): {frame.f_code.co_name}")
        frame = frame.f_back  # type: ignore[assignment]
    return lines


class _Here(threading.local):
    recorder: Recorder | None = None


here = _Here()


class record_function(ContextDecorator):
    """``with record_function("loading"):`` or ``@record_function("loading")``: an event of that name in a profile.

    >>> from glassnet.profiler import record_function
    >>> with record_function("nobody looks"):
    ...     x = glassnet.ones(2)
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self._events: list[tuple[Recorder, FunctionEvent] | None] = []

    def __enter__(self) -> record_function:
        recorder = here.recorder
        self._events.append(None if recorder is None else (recorder, recorder.begin(self.name)))
        return self

    def __exit__(self, *_: object) -> None:
        begun = self._events.pop()
        if begun is not None:
            recorder, event = begun
            recorder.end(event)


# who is recorded -----------------------------------------------------------------------------------------------------

_undo: list[Callable[[], None]] = []
_recording: set[Recorder] = set()


def start(recorder: Recorder) -> None:
    """Record what this thread does from now on. Raises RuntimeError where that is done already."""
    if here.recorder is not None:
        raise RuntimeError("profile: another profile is on in this thread; end it first")
    here.recorder = recorder
    watch(recorder)
    if not _recording:
        _hook_up()
    _recording.add(recorder)


def stop(recorder: Recorder) -> None:
    """Record no longer."""
    here.recorder = None
    leave(recorder)
    _recording.discard(recorder)
    if not _recording:
        while _undo:
            _undo.pop()()


def _hook_up() -> None:
    handles = (
        register_module_forward_pre_hook(_enter_module),
        register_module_forward_hook(_leave_module, always_call=True),
        register_optimizer_step_pre_hook(lambda optimizer, args, kwargs: _begin(_step_of(optimizer))),
        register_optimizer_step_post_hook(lambda optimizer, args, kwargs: _end(_step_of(optimizer))),
    )
    _undo.extend(handle.remove for handle in handles)


def _begin(name: str) -> None:
    if here.recorder is not None:
        here.recorder.begin(name)


def _end(name: str) -> None:
    if here.recorder is not None:
        here.recorder.end_last(name)


def _enter_module(module: Hooked, args: Any) -> None:
    if here.recorder is not None and here.recorder.modules:
        here.recorder.begin(_name_of(module))


def _leave_module(module: Hooked, args: Any, output: Any) -> None:
    if here.recorder is not None and here.recorder.modules:
        here.recorder.end_last(_name_of(module))


def _name_of(module: Hooked) -> str:
    return f"nn.Module: {type(module).__name__}"


def _step_of(optimizer: Any) -> str:
    return f"Optimizer.step#{type(optimizer).__name__}.step"
