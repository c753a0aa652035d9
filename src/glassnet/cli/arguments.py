"""Arguments that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run folder, the beginning of its name, or latest.")]
RunsFolder = Annotated[Path, typer.Option(metavar="RUNS_DIR", help="Where runs are looked for by name.")]
Force = Annotated[bool, typer.Option("--force", help="Write over what is there.")]

RUNS = Path("runs")
