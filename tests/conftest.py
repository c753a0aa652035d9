"""What every test shares: the same seed each time, and the same Hypothesis examples each time."""

import gc
import importlib.util
import os
import signal

import pytest
from hypothesis import HealthCheck, settings

from tests.budget import Budget
from tests.measured import Measured
from tests.together import Together

# Nothing may depend on the clock: no deadline, no "too slow", the same examples on every run. `make test` asks for the
# quick profile; a test that needs more examples than others says how many times as many.
for profile, examples in (("full", 100), ("quick", 25)):
    settings.register_profile(
        profile,
        derandomize=True,
        deadline=None,
        database=None,
        max_examples=examples,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile("full")

# A program that goes over to C does so when some time is over. Tests of that take the variable away.
os.environ.setdefault("GLASSNET_ENGINE", "numpy")

# The processes that tests start read the bytecode of the house; otherwise each would compile it again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_configure(config: pytest.Config) -> None:
    """Tell at the end what the run cost; measure coverage of the tests alone."""
    config.pluginmanager.register(Budget(config))
    config.pluginmanager.register(Measured())
    config.pluginmanager.register(Together(config))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no worker waits for another; parity tests are skipped where PyTorch is absent."""
    items.sort(key=lambda item: "rates" not in item.keywords)
    if importlib.util.find_spec("torch") is not None:
        return
    skip = pytest.mark.skip(reason="needs PyTorch, which is not installed")
    for item in items:
        if "parity" in item.keywords:
            item.add_marker(skip)


def pytest_collection_finish() -> None:
    """Set aside what was imported and collected: to collect garbage, as some tests do, need not go through it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def seed() -> None:
    """Start every test from the same random numbers, whatever ran before it."""
    import glassnet

    glassnet.manual_seed(0)


@pytest.fixture(autouse=True, scope="session")
def ctrl_c_is_heard() -> None:
    """A shell that runs the tests in the background has them ignore Ctrl-C, which some of them press."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
