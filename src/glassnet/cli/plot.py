"""``glassnet plot NAME …``: functions of one number, such as activations; ``glassnet plot RUN WHAT``: a network."""

from __future__ import annotations

import io
import math
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from glassnet.cli import display
from glassnet.cli.errors import BadInput
from glassnet.cli.inside_run import INSIDE, Taken, check
from glassnet.cli.option_values import number, whole
from glassnet.cli.run import LATEST, find
from glassnet.cli.saved_run import SavedRun
from glassnet.cli.screen import place
from glassnet.cli.shared_arguments import RUNS, Force, RunsFolder, check_output, path_option, writing
from glassnet.encoders.text_standalone import names_a_file
from glassnet.extras import needed_to
from glassnet.files import replace_file
from glassnet.tensor import Tensor


def plot(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME...", help=f"Functions of glassnet.functional; or a RUN, then {', '.join(INSIDE)}."
        ),
    ],
    derivative: Annotated[bool, typer.Option("--derivative", help="Draw their derivatives too, dashed.")] = False,
    domain: Annotated[str, typer.Option(metavar="LOW,HIGH", help="Lowest and highest input.")] = "-5,5",
    row: Annotated[str, typer.Option(metavar="N", help="Of a run: which held-out sample, from 0.")] = "0",
    output: Annotated[Path, path_option("--output", "-o", metavar="FILE", help="A .png, .svg or .pdf.")] = Path(
        "plot.png"
    ),
    runs: RunsFolder = RUNS,
    force: Force = False,
) -> None:
    """Draw functions of one number, or the inside of a network.

    Example: glassnet plot step sigmoid relu --derivative -o activations.png

    Example: glassnet plot latest feature_maps --row 3
    """
    low, high = _domain(domain)
    saved, what = _run_in(names, runs)
    if saved is None:
        _known(names)
    check_output("--output", output, (".png", ".svg", ".pdf"), force=force)
    samples, sample = ([], None) if saved is None else _samples(saved, INSIDE[what].taken, row)
    with needed_to("draw"):
        import matplotlib
    matplotlib.use("agg")  # a file, no window
    from matplotlib import pyplot

    from glassnet.explain import plots

    try:
        if saved is None:
            drawn = plots.activation(*names, derivative=derivative, domain=(low, high))
        else:
            drawn = getattr(plots, what)(saved.model, *samples, **INSIDE[what].known(saved, sample))
    except (TypeError, ValueError) as error:
        raise BadInput(str(error)) from None
    figure = (drawn[0] if isinstance(drawn, list) else drawn).figure
    try:
        picture = io.BytesIO()
        figure.savefig(picture, dpi=150, format=output.suffix[1:].lower())
        with writing("--output", output):
            replace_file(output, picture.getvalue())
    finally:
        pyplot.close(figure)
    display.new_console().print(f"Drawn in {place(output)}", soft_wrap=True)


def _run_in(names: list[str], runs: Path) -> tuple[SavedRun | None, str]:
    """The run that ``names`` begin with, and what is to be drawn of it; None where they are functions.

    Raises BadInput for a run of which there is no such picture.
    """
    first, *others = names
    what = names[-1] if names[-1] in INSIDE else ""
    if what and len(names) != 2:
        raise BadInput(f"NAME: {what} is drawn of one run, which comes before it: glassnet plot latest {what}")
    if not what and (len(names) > 2 or _is_function(first)):
        return None, ""
    if not what and first != LATEST and not names_a_file(first):
        try:
            find(first, runs)
        except BadInput:
            return None, ""
    saved = SavedRun.read(first, runs)
    check(saved, "".join(others))
    return saved, what


def _is_function(name: str) -> bool:
    from glassnet.explain.symbolic import named_function  # no other command needs it

    with suppress(ValueError):
        return named_function(name) is not None
    return False


def _samples(saved: SavedRun, taken: Taken | None, row: str) -> tuple[list[Tensor], Any]:
    """The held-out samples that a picture is drawn of: the one in ``row``, or many; none for a picture of weights.

    And the one in ``row`` as a person gives it, if that is known.
    """
    count = whole()("--row", row)
    if taken is None:
        return [], None
    data = saved.data(display.new_console())
    inputs = data.held_out.inputs
    if not 0 <= count < len(inputs):
        raise BadInput(f"--row: expected a held-out sample, 0 to {len(inputs) - 1}, got {count}")
    return [taken(inputs, count)], None if data.samples is None else data.samples[count]


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
