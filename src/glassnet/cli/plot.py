"""``glassnet plot NAME …``: a picture of functions of one number, such as activations, and their derivatives."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Annotated

import typer

from glassnet.cli import display
from glassnet.cli.errors import BadInput
from glassnet.cli.option_values import number
from glassnet.cli.screen import place
from glassnet.cli.shared_arguments import Force, check_output, path_option, writing
from glassnet.extras import needed_to
from glassnet.files import replace_file


def plot(
    functions: Annotated[list[str], typer.Argument(metavar="NAME...", help="Functions of glassnet.functional.")],
    derivative: Annotated[bool, typer.Option("--derivative", help="Draw their derivatives too, dashed.")] = False,
    domain: Annotated[str, typer.Option(metavar="LOW,HIGH", help="Lowest and highest input.")] = "-5,5",
    output: Annotated[Path, path_option("--output", "-o", metavar="FILE", help="A .png, .svg or .pdf.")] = Path(
        "plot.png"
    ),
    force: Force = False,
) -> None:
    """Draw functions of one number, such as activations.

    Example: glassnet plot step sigmoid relu --derivative -o activations.png
    """
    low, high = _domain(domain)
    _known(functions)
    check_output("--output", output, (".png", ".svg", ".pdf"), force=force)
    with needed_to("draw"):
        import matplotlib
    matplotlib.use("agg")  # a file, no window
    from matplotlib import pyplot

    from glassnet.explain import plots

    try:
        ax = plots.activation(*functions, derivative=derivative, domain=(low, high))
    except (TypeError, ValueError) as error:
        raise BadInput(str(error)) from None
    try:
        picture = io.BytesIO()
        ax.figure.savefig(picture, dpi=150, format=output.suffix[1:].lower())
        with writing("--output", output):
            replace_file(output, picture.getvalue())
    finally:
        pyplot.close(ax.figure)
    display.new_console().print(f"Drawn in {place(output)}", soft_wrap=True)


def _known(functions: list[str]) -> None:
    """Raise BadInput for a name that is not known."""
    from glassnet.explain.symbolic import named_function  # no other command needs it

    try:
        for name in functions:
            named_function(name)
    except ValueError as error:
        raise BadInput(str(error)) from None


def _domain(text: str) -> tuple[float, float]:
    try:
        low, high = (number()("--domain", part) for part in text.split(","))
    except ValueError:  # BadInput among them
        low = high = math.nan
    if not low < high:
        raise BadInput(f"--domain: expected two numbers with a comma, the smaller first (-5,5), got {text!r:.40}")
    return low, high
