"""``glassnet walkthrough RUN``: one training step of a trained network on one row, number by number."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from glassnet.cli import display
from glassnet.cli.errors import BadInput
from glassnet.cli.option_values import whole
from glassnet.cli.options import OPTIMIZERS
from glassnet.cli.run import read_config
from glassnet.cli.saved_run import Answers, SavedRun
from glassnet.cli.screen import echo, place
from glassnet.cli.shared_arguments import RUNS, Force, RunName, RunsFolder, check_output, path_option, writing
from glassnet.files import replace_file
from glassnet.text import shown


def walkthrough(
    run: RunName,
    row: Annotated[str, typer.Option(metavar="N", help="Which held-out row, from 0.")] = "0",
    element: Annotated[
        str | None, typer.Option(metavar="NAME[I,J]", help="Spell out one number instead, such as linear1[0,5].")
    ] = None,
    open_: Annotated[
        str | None, typer.Option("--open", metavar="NAME", help="Open a named operation instead, such as loss.")
    ] = None,
    output: Annotated[
        Path | None, path_option("--output", "-o", metavar="FILE", help="Write a .html, .md, .tex or .txt instead.")
    ] = None,
    runs: RunsFolder = RUNS,
    force: Force = False,
) -> None:
    """Show one training step on one row, number by number.

    Example: glassnet walkthrough latest --row 3 --element "loss"
    """
    from glassnet.explain import walkthrough as explained  # no other command needs it

    if element is not None and open_ is not None:
        raise BadInput("--element and --open: each is shown by itself; give one of them")
    write = None if output is None else _writer(output, force=force)
    saved = SavedRun.read(run, runs)
    data = saved.data(display.new_console())
    number = whole()("--row", row)
    rows = len(data.held_out.targets)
    if not 0 <= number < rows:
        raise BadInput(f"--row: expected a held-out row, 0 to {rows - 1}, got {number}")
    inputs, targets = (part[number : number + 1] for part in (data.held_out.inputs, data.held_out.targets))
    Answers.of(saved, inputs, [f"held-out row {number}"])  # which says what is wrong if they are no numbers
    optimizer = _optimizer(saved)
    walk: Any = explained.walkthrough(saved.model, inputs, targets, saved.task.loss, optimizer)
    if open_ is not None:
        walk = walk.open(open_)
    if element is not None:
        walk = walk.element(*_place(element))
    if write is None or output is None:
        echo(f"{_about(data, number, optimizer)}\n\n{walk}")
    else:
        text = write(walk)
        with writing("--output", output):
            replace_file(output, text.encode())
        echo(f"{_about(data, number, optimizer)}\nWritten to {place(output)}")


def _about(data: Any, row: int, optimizer: Any) -> str:
    """Which row it is, and what step."""
    from glassnet.explain.walkthrough.text import wrapped

    target = data.held_out.targets[row].tolist()
    label = f", which is {shown(data.classes[target])}" if data.classes else ""
    step = "" if optimizer is None else f"; the update is a first step of {type(optimizer).__name__}"
    return "\n".join(wrapped(f"Row {row} held out of {place(data.source)}{label}{step}"))


HTML = '<!doctype html>\n<html style="color-scheme: light dark">\n<meta charset="utf-8">\n<title>Walkthrough</title>\n'
WRITERS: dict[str, tuple[str, Callable[[Any], str]]] = {
    ".html": ("_repr_html_", lambda w: f"{HTML}{w._repr_html_()}\n"),
    ".md": ("to_markdown", lambda w: w.to_markdown()),
    ".tex": ("to_latex", lambda w: w.to_latex()),
    ".txt": ("__str__", lambda w: f"{w}\n"),
}


def _writer(output: Path, *, force: bool) -> Callable[[Any], str]:
    """The function that writes a file of that ending."""
    check_output("--output", output, list(WRITERS), force=force)
    method, write = WRITERS[output.suffix.lower()]

    def written(walk: Any) -> str:
        if not hasattr(walk, method):
            raise BadInput("--output: one element is text; write it to a file that ends in .html or .txt")
        return write(walk)

    return written


def _place(text: str) -> tuple[Any, ...]:
    """The name and the indices of "fc1[0,1]"."""
    name, bracket, inner = (part.strip() for part in text.partition("["))
    try:
        if not name or "]" in name or not re.fullmatch(r"[-\d,\s]*\]" if bracket else "", inner):
            raise ValueError
        indices = [int(i) for i in inner.removesuffix("]").split(",") if i.strip()]
    except ValueError:
        raise BadInput(
            f"--element: expected a value and which element of it, as in fc1[0,1], got {text!r:.40}"
        ) from None
    return name, *indices


def _optimizer(saved: SavedRun) -> Any:
    """A new optimizer like that of the run; None if its configuration does not name one, or not a rate it can have."""
    options = read_config(saved.path).get("options", {})
    make, rate = OPTIMIZERS.get(str(options.get("optimizer"))), options.get("lr")
    is_rate = isinstance(rate, float) and 0 <= rate < math.inf
    return make(saved.model.parameters(), lr=rate) if make and is_rate else None
