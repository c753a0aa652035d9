"""What the READMEs show is run: the first network, and every example with its output."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READMES = ["README.md", "README.ko.md"]


def code_blocks(name: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", READMES)
def test_the_first_network_has_15_lines_and_learns(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = [block for block in code_blocks(name) if ">>>" not in block]
    assert len([line for line in program.splitlines() if line.strip()]) <= 15
    exec(compile(program, name, "exec"), {})
    percent = float(re.search(r"([\d.]+)%", capsys.readouterr().out)[1])
    assert percent > 85


@pytest.mark.parametrize("name", READMES)
def test_examples_print_what_the_readme_says(name: str) -> None:
    session = "\n".join(block for block in code_blocks(name) if ">>>" in block)
    examples = doctest.DocTestParser().get_doctest(session, {}, name, name, 0)
    assert len(examples.examples) >= 10
    failures = []
    doctest.DocTestRunner(verbose=False).run(examples, out=failures.append)
    assert not failures, "".join(failures)


def test_both_languages_show_the_same_code() -> None:
    def bare(block: str) -> str:
        without_prose = re.sub(r'print\(f".*|#.*', "", block)
        return "\n".join(line.rstrip() for line in without_prose.splitlines())

    english, korean = ([bare(b) for b in code_blocks(name)] for name in READMES)
    assert english == korean


@pytest.mark.parametrize("name", READMES)
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert (ROOT / target).exists(), target
