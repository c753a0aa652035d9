"""Planted faults: `python -m tests.faults`, or `make faults`, shows that the tests fail when the library is wrong."""
