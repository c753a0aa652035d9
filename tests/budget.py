"""What the suite costs: CPU-seconds, told at the end of every run, and by name where they are many.

CPU-seconds are those of the tests' own processes and of the processes that they start. They hardly depend on what else
the machine does, but no test asserts them: a number that is over its budget is printed, and whoever sees it makes the
test that is named cheaper, or marks it `slow`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

SUITE = 300  # what `make test` may take
ONE = 2.5  # what one test of it may take


def cpu_seconds() -> float:
    """Those of this process and of the ended ones that it started."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


class Budget:
    """The plugin; in a worker of xdist it hands its numbers to the process that reports."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.tests: dict[str, float] = {}
        self.total = 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        before = cpu_seconds()
        result = yield
        self.tests[item.nodeid] = cpu_seconds() - before
        return result

    def pytest_sessionfinish(self) -> None:
        # the processes that this one started are the workers, if there are any, and those tell of themselves
        self.total += time.process_time() if self.total else cpu_seconds()
        if hasattr(self.config, "workeroutput"):
            dear = {name: seconds for name, seconds in self.tests.items() if seconds > ONE}
            self.config.workeroutput["budget"] = {"total": self.total, "tests": dear}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        output = getattr(node, "workeroutput", {}).get("budget")  # a worker that crashed has none
        if output is not None:
            self.total += output["total"]
            self.tests |= output["tests"]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        quick = self.config.getoption("markexpr") == "not slow"
        budget = f" of the {SUITE} that they may take" if quick else ""
        terminalreporter.write_line(f"the tests took {self.total:.0f} CPU-seconds{budget}")
        if quick:
            for name, seconds in sorted(self.tests.items(), key=lambda pair: -pair[1]):
                if seconds > ONE:
                    terminalreporter.write_line(f"  {seconds:.1f} of them: {name}; make it cheaper or mark it slow")
