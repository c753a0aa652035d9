"""Search for bytes that a parser neither takes nor refuses: `python -m tests.hostile.fuzz JSON -runs=1000000 -seed=1`.

atheris (libFuzzer) keeps what reaches new branches and goes on from there. Its options follow the parser's name.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["glassnet"]):
    from tests.hostile.parsers import parsers, tried


def main(name: str, *options: str) -> None:
    """Search; ends the process."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        parser = parsers(folder)[name]
        corpus = folder / "corpus"
        corpus.mkdir()
        (corpus / "good").write_bytes(parser.good)
        atheris.Setup([sys.argv[0], *options, str(corpus)], lambda data: tried(parser, data, folder) and None)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
