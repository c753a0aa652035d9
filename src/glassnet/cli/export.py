"""``glassnet export RUN``: a trained network as a file that needs no glassnet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from glassnet.cli import display
from glassnet.cli.errors import BadInput
from glassnet.cli.loop import evaluate
from glassnet.cli.options import choose
from glassnet.cli.predict import data_of
from glassnet.cli.run import find, read
from glassnet.cli.sources import Data
from glassnet.nn.module import Module

SHOWN = 4  # of the held-out samples, with which the file tests itself


def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder, the beginning of its name, or latest.")],
    to: Annotated[str, typer.Option(metavar="FORMAT", help="numpy: one file that needs NumPy alone.")] = "numpy",
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")] = Path(
        "model.py"
    ),
    runs: Annotated[Path, typer.Option(metavar="RUNS_DIR", help="Where runs are looked for by name.")] = Path("runs"),
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
) -> None:
    """Write a trained network as a file that needs no glassnet.

    Example: glassnet export latest -o model.py
    """
    write = choose("--to", to, TARGETS)
    path = find(run, runs)
    model, extra = read(path)
    data = data_of(path, extra)
    _check_output(output, force=force)
    try:
        written = write(path, model, data, output)
    except OSError as error:
        raise BadInput(f"--output: {output} cannot be written ({error.strerror}); name another place") from None
    console = display.new_console()
    files = " and ".join(f"{file} ({file.stat().st_size / 1000:.0f} kB)" for file in written)
    console.print(Text("Exported ", "bold").append(f"{path} as {files}.", "not bold"), soft_wrap=True)
    display.show_next(
        console, display.command("python", output, "--self-test"), display.command("python", output, "data.csv")
    )


def as_numpy(path: Path, model: Module, data: Data, output: Path) -> list[Path]:
    """Write the network of the run at ``path`` as a file of NumPy; gives the files that were written."""
    from glassnet.export import numpy_file  # no other command needs it

    divide_by = data.encoding["divide_by"]
    accuracy = evaluate(model, data.held_out)[1]
    return numpy_file(
        model,
        output,
        data.held_out.inputs[:: len(data.held_out) // SHOWN][:SHOWN] * divide_by,
        classes=data.classes,
        divide_by=divide_by,
        title=f"{path.name}: a network trained on {data.source}, written out by glassnet. It needs NumPy alone.",
        facts={
            "network": display.layers_text(model),
            "accuracy": f"{accuracy:.4f} on {len(data.held_out)} {data.noun} held out from its training",
            "trained on": f"{data.what}: {data.origin}",
        },
    )


TARGETS: dict[str, Callable[[Path, Module, Data, Path], list[Path]]] = {"numpy": as_numpy}


def _check_output(output: Path, *, force: bool) -> None:
    if output.suffix != ".py":
        raise BadInput(f"--output: expected a file that ends in .py, got {str(output)!r:.60}")
    there = [str(file) for file in (output, output.with_suffix(".npz")) if file.exists()]
    if there and not force:
        raise BadInput(f"--output: {' and '.join(there)} would be written over; name another file, or add --force")
