"""``glassnet export RUN``: a trained network as a file that needs no glassnet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from glassnet.cli import display
from glassnet.cli.arguments import RUNS, Force, RunName, RunsFolder
from glassnet.cli.output import check, writing
from glassnet.cli.run import read_config
from glassnet.cli.saved import SavedRun
from glassnet.cli.texts import choose
from glassnet.sources import Data

SHOWN = 4  # of the held-out samples, with which the file tests itself


def export(
    run: RunName,
    to: Annotated[str, typer.Option(metavar="FORMAT", help="numpy: one file that needs NumPy alone.")] = "numpy",
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")] = Path(
        "model.py"
    ),
    runs: RunsFolder = RUNS,
    force: Force = False,
) -> None:
    """Write a trained network as a file that needs no glassnet.

    Example: glassnet export latest -o model.py
    """
    write = choose("--to", to, TARGETS)
    check("--output", output, (".py",), force=force, beside=".npz")
    saved = SavedRun.read(run, runs)
    console = display.new_console()
    data = saved.data(console)
    with writing("--output", output):
        written = write(saved, data, output)
    files = " and ".join(f"{file} ({file.stat().st_size / 1000:.0f} kB)" for file in written)
    console.print(display.headline("Exported ", f"{saved.path} as {files}."), soft_wrap=True)
    display.show_next(
        console, display.command("python", output, "--self-test"), display.command("python", output, "data.csv")
    )


def as_numpy(saved: SavedRun, data: Data, output: Path) -> list[Path]:
    """Write the network of a run as a file of NumPy; gives the files that were written."""
    from glassnet.export import numpy_file  # no other command needs it

    results = read_config(saved.path).get("results", {})
    result = results.get(f"held_out_{saved.task.main}", float("nan"))
    divide_by = saved.encoding.get("divide_by", 1)
    shown: Any = data.rows if data.rows is not None else data.held_out.inputs * divide_by
    return numpy_file(
        saved.model,
        output,
        shown[:: max(1, len(data.held_out) // SHOWN)][:SHOWN],
        classes=saved.classes or None,
        divide_by=divide_by,
        table=saved.encoding if data.rows is not None else None,
        title=f"{saved.path.name}: a network trained on {saved.source}, written out by glassnet. It needs NumPy alone.",
        facts={
            "network": display.layers_text(saved.model),
            saved.task.label: f"{result:.4f} on {len(data.held_out)} {saved.noun} held out from its training",
            "trained on": f"{data.what}: {data.origin}",
        },
    )


TARGETS: dict[str, Callable[[SavedRun, Data, Path], list[Path]]] = {"numpy": as_numpy}
