"""The pages about footguns are true: every block of theirs is run, and every message comes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"footguns": DOCS / "footguns.md", "footguns (ko)": DOCS / "ko" / "footguns.md"}


@dataclass
class Entry:
    """A section of a page: its blocks in order, each (kind, text)."""

    title: str
    blocks: list[tuple[str, str]] = field(default_factory=list)


def entries(page: Path) -> tuple[str, list[Entry]]:
    """The prelude of a page, and its sections that have blocks."""
    found = [Entry("")]
    prelude = ""
    pattern = re.compile(
        r"^#{2,3} (?P<title>[^\n]+)$|^```(?P<kind>[\w ]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
    )
    for match in pattern.finditer(page.read_text(encoding="utf-8")):
        if match["title"]:
            found.append(Entry(match["title"]))
        elif match["kind"] == "python prelude":
            prelude = match["text"]
        else:
            found[-1].blocks.append((match["kind"], match["text"]))
    return prelude, [entry for entry in found if entry.blocks]


ALL = [(name, entry) for name, page in PAGES.items() for entry in entries(page)[1]]


@pytest.mark.parametrize(("page", "entry"), ALL, ids=[f"{name}: {entry.title}" for name, entry in ALL])
def test_an_entry_is_true(page: str, entry: Entry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prelude, _ = entries(PAGES[page])
    blocks = [*entry.blocks, ("end", "")]
    for number, ((kind, text), (after, message)) in enumerate(pairwise(blocks)):
        if kind != "python":
            assert kind == "text"
            continue
        names: dict[str, Any] = {"__name__": "example"}
        exec(prelude, names)
        file = tmp_path / f"example_{number}.py"
        file.write_text(text, encoding="utf-8")
        code = compile(text, str(file), "exec")
        if after != "text":
            exec(code, names)
            continue
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the message is compared below
            exec(code, names)
        assert " ".join(message.split()) in " ".join(str(caught.value).split())


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_entry_ends_with_what_to_write_instead(page: Path) -> None:
    _, found = entries(page)
    assert len(found) >= 6
    for entry in found:
        kinds = [kind for kind, _ in entry.blocks]
        assert kinds[-1] == "python", entry.title
        assert kinds.count("python") >= 2, entry.title
