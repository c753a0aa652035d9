"""docs/mistakes.md is right about PyTorch: each mistake is one there too, of a class that glassnet's error is of."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest

import glassnet

PAGE = (Path(__file__).parents[2] / "docs" / "mistakes.md").read_text(encoding="utf-8")
PRELUDE = re.search(r"```python prelude\n(.*?)```", PAGE, re.DOTALL)
MISTAKES = re.findall(
    r"### ([^\n]*)\n\n```python\n(.*?)```\n\n```text\n.*?```\n\n"
    r"PyTorch: `+ ?(\w+): (.*?) ?`+\n\n.*?```python\n(.*?)```",
    PAGE,
    re.DOTALL,
)


def outcomes(library: Any) -> list[Exception | None]:
    """What each mistake of the page raises; its right version must raise nothing."""
    names: dict[str, Any] = {"__name__": "example"}

    def run(code: str) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(code.replace("glassnet", library.__name__), names)

    assert PRELUDE is not None
    run(PRELUDE[1])
    found: list[Exception | None] = []
    for _, wrong, _, _, right in MISTAKES:
        try:
            run(wrong)
            found.append(None)
        except Exception as error:
            found.append(error)
        run(right)
    return found


def test_there_are_fifty() -> None:
    assert len(MISTAKES) >= 50
    assert len(MISTAKES) == PAGE.count("### ")


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore")
def test_pytorch_says_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    wrong = []
    rows = zip(MISTAKES, outcomes(torch), outcomes(glassnet), strict=True)
    for (title, _, kind, message, _), theirs, ours in rows:
        said = " ".join(str(theirs).split())
        if type(theirs).__name__ != kind or not said.startswith(message.removesuffix(" …")):
            wrong.append(f"{title}: PyTorch raises {theirs!r:.200}")
        if not isinstance(ours, type(theirs)):
            wrong.append(f"{title}: glassnet raises {ours!r:.200}, PyTorch {type(theirs).__name__}")
    assert wrong == []
