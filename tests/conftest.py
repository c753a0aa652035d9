"""What every test shares: the same seed each time, and the same Hypothesis examples each time."""

import importlib.util
import signal

import pytest
from hypothesis import HealthCheck, settings

# Nothing may depend on the clock: no deadline, no "too slow", the same examples on every run.
settings.register_profile(
    "ci", derandomize=True, deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the parity tests, saying why, where PyTorch is absent."""
    if importlib.util.find_spec("torch") is not None:
        return
    skip = pytest.mark.skip(reason="needs PyTorch, which is not installed")
    for item in items:
        if "parity" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def seed() -> None:
    """Start every test from the same random numbers, whatever ran before it."""
    import glassnet

    glassnet.manual_seed(0)


@pytest.fixture(autouse=True, scope="session")
def ctrl_c_is_heard() -> None:
    """A shell that runs the tests in the background has them ignore Ctrl-C, which some of them press."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
