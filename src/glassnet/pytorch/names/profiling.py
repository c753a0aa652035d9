"""torch.autograd.profiler: `glassnet.profiler` in its older spelling."""

from __future__ import annotations

from typing import Any

from glassnet.profiler import EventList, FunctionEvent, FunctionEventAvg, kineto_available, profiles, record_function

__all__ = ["EventList", "FunctionEvent", "FunctionEventAvg", "kineto_available", "profile", "record_function"]


class profile(profiles.profile):
    """`glassnet.profiler.profile`, which can be switched off, and is told of other devices.

    >>> from glassnet.pytorch.names.profiling import profile
    >>> with profile(use_cuda=False) as found:
    ...     y = glassnet.ones(2).exp()
    >>> found.total_average().count
    1
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        use_cuda: bool = False,
        use_device: str | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_modules: bool = False,
        **_: Any,
    ) -> None:
        super().__init__(
            record_shapes=record_shapes,
            profile_memory=profile_memory,
            with_stack=with_stack,
            with_modules=with_modules,
        )
        self.enabled = enabled

    def __enter__(self) -> profile:
        if self.enabled:
            self.start()
        return self

    @property
    def function_events(self) -> EventList:
        """All that was recorded."""
        return self.events()

    @property
    def self_cpu_time_total(self) -> float:
        """The time of all, in microseconds."""
        return self.events().self_cpu_time_total

    def total_average(self) -> FunctionEventAvg:
        """All of them in one."""
        return self.events().total_average()

    def table(self, sort_by: str | None = None, row_limit: int = 100, **named: Any) -> str:
        """A row for each event; `key_averages` puts together what has one name."""
        return self.events().table(sort_by, row_limit, **named)

    def __str__(self) -> str:
        return self.table()
