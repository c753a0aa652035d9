"""Versions are compared as numbers, and what computes can be asked."""

from __future__ import annotations

from typing import Any

import pytest

from glassnet.pytorch.names import configuration
from glassnet.pytorch.names.imitated_version import Version


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [("1.13.1", "2.0"), ("2.9.0", "2.13.0"), ("2.9", (2, 10)), ("2.13.0", (2, 13, 1)), ("0.4.1+cpu", "1")],
)
def test_a_version_is_compared_by_its_numbers(smaller: str, larger: Any) -> None:
    assert Version(smaller) < larger
    assert Version(smaller) <= larger
    assert not Version(smaller) >= larger
    assert Version(smaller) != larger
    assert Version("9.9") > larger


def test_zeros_at_the_end_are_nothing() -> None:
    assert Version("2.0.0") >= "2"
    assert Version("2.0.0") == (2,)
    assert Version("2.0.0").split(".")[:2] == ["2", "0"]
    assert hash(Version("2.0")) == hash("2.0")


def test_what_computes_is_told() -> None:
    assert configuration.show() in configuration.get_pretty_env_info()
    assert "threads: " in configuration.parallel_info()
