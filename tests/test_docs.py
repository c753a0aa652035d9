"""The pages of docs/ are true: their examples are run in order, and print what stands there.

A ``python`` block is followed by a block of what it prints (``text``, ``mermaid``, ``dot``), if it prints
anything; where it ends in an error, that is the last line. A ``console`` block has commands after ``$``, each
with what it prints, and … for lines that are left out. ``needs NAME …`` after the language names libraries
that may be absent. The pages about footguns and seeds have tests of their own, and so has the tutorial.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from glassnet.ops import primitive_ops, registry

DOCS = Path(__file__).parents[1] / "docs"
ELSEWHERE = {"footguns", "seeds", "tutorial"}
PRINTED = {"text", "mermaid", "dot", "json"}
PATTERN = re.compile(r"^```(?P<kind>\w+)(?P<more>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A block of a page: its language, what stands behind that, and its text, which begins at a line."""

    kind: str
    more: str
    text: str
    line: int

    @property
    def missing(self) -> str | None:
        """A library that it needs and that is not there."""
        needs = self.more.partition("needs ")[2].split()
        return next((name for name in needs if find_spec(name) is None), None)


def blocks(text: str) -> list[Block]:
    return [
        Block(found["kind"], found["more"].strip(), found["text"], text.count("\n", 0, found.start("text")) + 1)
        for found in PATTERN.finditer(text)
    ]


def examples(page: Path) -> list[Block]:
    return blocks(page.read_text(encoding="utf-8"))


PAGES = {
    str(page.relative_to(DOCS)): page
    for page in sorted([*DOCS.glob("*.md"), *DOCS.glob("ko/*.md")])
    if page.stem not in ELSEWHERE and any(block.kind in ("python", "console") for block in examples(page))
}


def checked(page: Path, found: list[Block], capsys: pytest.CaptureFixture[str]) -> Iterator[str]:
    """Run the blocks of a page and compare what they print; gives the libraries that were missing."""
    names: dict[str, Any] = {"__name__": "example"}
    for block, after in pairwise([*found, Block("end", "", "", 0)]):
        if block.missing:
            yield block.missing
        elif block.kind == "console":
            for command, printed in commands(block.text):
                pattern = "\n".join(".*" if line == "…" else re.escape(line) for line in printed.split("\n"))
                output = output_of(command)
                assert re.fullmatch(pattern, output, re.DOTALL), f"{page.name}, line {block.line}:\n{output}"
        elif block.kind == "python":
            printed = after.text if after.kind in PRINTED else ""
            code = compile("\n" * (block.line - 1) + block.text, str(page), "exec")  # a traceback shows the page
            try:
                exec(code, names)
            except Exception as error:
                if f"{type(error).__name__}: " not in printed:
                    raise
                print(f"{type(error).__name__}: {error}")
            assert capsys.readouterr().out == printed, f"{page.name}, line {block.line}"
        else:
            assert block.kind in PRINTED, f"{page.name}, line {block.line}: {block.kind}"


def commands(text: str) -> list[tuple[str, str]]:
    """The commands of a console, each with what it prints."""
    parts = re.split(r"^\$ glassnet (.*)\n", text, flags=re.MULTILINE)
    assert parts[0] == "", f"a console begins with $ glassnet, not with {parts[0]!r}"
    return list(zip(parts[1::2], parts[2::2], strict=True))


def output_of(command: str) -> str:
    from typer.testing import CliRunner

    from glassnet.cli.app import app

    env = {"COLUMNS": "100", "LINES": "50", "NO_COLOR": None, "FORCE_COLOR": None, "TTY_COMPATIBLE": None}
    result = CliRunner(env=env).invoke(app, shlex.split(command), prog_name="glassnet")
    return re.sub(r" +$", "", result.output, flags=re.MULTILINE)


@pytest.fixture(autouse=True)
def a_place_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder to write into, and figures that are closed again."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "MPLBACKEND", "agg")
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


NAMES = sorted({page.name for page in PAGES.values()})
DEAR = {"plots.md", "training.md", "command.md"}  # draws all there is to draw; trains many networks, twice


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow("seconds of plots, or of training") if name in DEAR else ())
        for name in NAMES
    ],
)
def test_every_example_prints_what_stands_there(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In English; that the Korean page has the same is the next test."""
    page = DOCS / name
    missing = dict.fromkeys(checked(page, examples(page), capsys))
    if missing:
        pytest.skip(f"the examples that need {', '.join(missing)} were left out; the others are right")


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_show_the_same(name: str) -> None:
    english, korean = ([(b.kind, b.more, b.text) for b in examples(DOCS / place)] for place in (name, f"ko/{name}"))
    assert english == korean


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_links_lead_somewhere(page: Path) -> None:
    text = PATTERN.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (page.parent / target).exists(), target


def test_the_design_page_counts_the_operations() -> None:
    primitive, all_of_them = len(list(primitive_ops())), len(registry)
    assert f"{primitive} of them, of {all_of_them} in all" in (DOCS / "design.md").read_text(encoding="utf-8")
    assert f"{all_of_them}개 가운데 {primitive}개" in (DOCS / "ko/design.md").read_text(encoding="utf-8")


# the checker itself ---------------------------------------------------------------------------------------

TRUE = """
```python prelude
a = 1
```

```python
print(a + 1)
```

```text
2
```

```python needs no_such_library
print("not run")
```

```python
raise ValueError("wrong")
```

```text
ValueError: wrong
```
"""


def test_a_true_page_passes_and_says_what_was_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(checked(Path("page.md"), blocks(TRUE), capsys)) == ["no_such_library"]


@pytest.mark.parametrize(
    ("true", "false"),
    [("\n2\n", "\n3\n"), ("a = 1", "a = 2"), ("ValueError: w", "ValueError: g"), ("text\n2", "js\n2")],
)
def test_a_false_page_is_caught(true: str, false: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert true in TRUE
    with pytest.raises(AssertionError):
        list(checked(Path("page.md"), blocks(TRUE.replace(true, false)), capsys))


def test_an_error_that_the_page_does_not_show_is_raised(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError):
        list(checked(Path("page.md"), blocks("```python\n1 / 0\n```\n"), capsys))
