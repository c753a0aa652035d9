"""The cases of a parametrised test in one go: what pytest does around a test takes longer than most of the cases.

Of the cases of one test that need nothing but their parameters, up to `MOST` are one test to pytest: the first, which
goes through them all. Those that fail are named and shown as each would be alone; with ``-v``, each is alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import glassnet

MOST = 25  # so that the workers have enough to share
AROUND = {"seed", "ctrl_c_is_heard", "made_once"}  # fixtures that are there already, and `seed`, which is done here
MARKS = {"filterwarnings", "more", "parametrize", "parity", "skip", "skipif", "slow"}


def _parameters(item: pytest.Function) -> Iterator[str]:
    """The names of what is handed to the test as it is."""
    for mark in item.iter_markers("parametrize"):
        if not mark.kwargs.get("indirect"):
            names = mark.args[0]
            yield from (name.strip() for name in (names.split(",") if isinstance(names, str) else names))


def kind(item: pytest.Item) -> object:
    """What is equal for cases that may run in one go; for any other test, the test itself."""
    marks = list(item.iter_markers())
    names = {mark.name for mark in marks}
    if type(item) is not pytest.Function or "parametrize" not in names or not names <= MARKS:
        return item
    if "slow" in names and "more" not in names:  # few, and each long enough for a worker
        return item
    if not {*item.fixturenames} - AROUND <= {*_parameters(item)}:
        return item
    return item.parent, item.originalname, [mark for mark in marks if mark.name != "parametrize"]


def failure(case: pytest.Function) -> BaseException | None:
    """What a case ends with, if it does not simply end."""
    glassnet.manual_seed(0)
    try:
        case.obj(**case.callspec.params)
    except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:
        return error
    return None


def shown(case: pytest.Function, error: BaseException) -> str:
    """A failure as pytest shows it."""
    return f"{f' {case.name} ':_^80}\n{case.repr_failure(pytest.ExceptionInfo.from_exception(error))}"


class Together:
    """The plugin; in a worker of xdist it hands its number to the process that reports."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.cases: dict[pytest.Item, list[pytest.Function]] = {}
        self.further = 0  # cases that were gone through beside the first of each test

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if self.config.option.verbose > 0 or self.config.option.collectonly:
            return
        before, cases = None, []
        for item in session.items:
            now = kind(item)
            if now != before or len(cases) == MOST:
                before, cases = now, []
                self.cases[item] = cases
            cases.append(item)
        session.items[:] = self.cases

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        cases = self.cases.get(pyfuncitem, ())
        if len(cases) < 2:
            return None
        ends = {case: error for case in cases if (error := failure(case)) is not None}
        failures = {case: error for case, error in ends.items() if not isinstance(error, pytest.skip.Exception)}
        self.further += len(cases) - 1
        if failures:
            text = "\n".join(shown(case, error) for case, error in failures.items())
            names = ", ".join(case.name for case in failures)
            pytest.fail(f"{len(failures)} of {len(cases)} cases fail: {names}\n{text}", pytrace=False)
        if len(ends) == len(cases):
            raise ends[pyfuncitem]  # all of them are skipped
        return True

    def pytest_sessionfinish(self) -> None:
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput["further"] = self.further

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        self.further += getattr(node, "workeroutput", {}).get("further", 0)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.further:
            terminalreporter.write_line(f"{self.further} further cases were gone through by the tests that have many")
