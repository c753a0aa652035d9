"""The pages about the walkthrough are true: their blocks are run, and print what stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"walkthrough": DOCS / "walkthrough.md", "walkthrough (ko)": DOCS / "ko" / "walkthrough.md"}


def blocks(page: Path) -> list[tuple[str, str]]:
    """The blocks of a page, each (kind, text)."""
    return re.findall(r"^```([\w ]+)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_block_prints_what_stands_after_it(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"__name__": "example"}
    found = blocks(page)
    assert [kind for kind, _ in found] == ["python prelude"] + ["python", "text"] * 5
    exec(found[0][1], names)
    for (_, code), (_, printed) in zip(found[1::2], found[2::2], strict=True):
        exec(code, names)
        assert capsys.readouterr().out == printed


def test_both_languages_show_the_same() -> None:
    first, second = map(blocks, PAGES.values())
    assert first == second
