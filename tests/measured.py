"""Coverage of what tests do alone: what pytest does between them is not measured, for tracing it costs as much."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class Measured:
    """The plugin: once everything is imported, coverage goes on in tests and in their fixtures only.

    The process that only hands tests to the workers of xdist runs none, and is not measured at all.
    """

    def __init__(self) -> None:
        self._coverage: Any = None
        self._within = 0

    @contextmanager
    def _measuring(self) -> Iterator[None]:
        if self._coverage is not None and not self._within:
            self._coverage.start()
        self._within += 1
        try:
            yield
        finally:
            self._within -= 1
            if self._coverage is not None and not self._within:
                self._coverage.stop()

    def _pause(self) -> None:
        coverage = sys.modules.get("coverage")
        self._coverage = None if coverage is None else coverage.Coverage.current()
        if self._coverage is not None:
            self._coverage.stop()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        if session.config.pluginmanager.hasplugin("dsession"):
            self._pause()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        self._pause()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self) -> Iterator[Any]:
        with self._measuring():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Iterator[Any]:
        with self._measuring():
            return (yield)
