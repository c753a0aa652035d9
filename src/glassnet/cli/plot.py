"""``glassnet plot NAME …``: functions of one number, such as activations; ``glassnet plot RUN WHAT``: a network."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from glassnet.cli import display
from glassnet.cli.errors import BadInput
from glassnet.cli.option_values import number, whole
from glassnet.cli.saved_run import SavedRun
from glassnet.cli.screen import place
from glassnet.cli.shared_arguments import RUNS, Force, RunsFolder, check_output, path_option, writing
from glassnet.encoders import PictureEncoder, TextEncoder
from glassnet.extras import needed_to
from glassnet.files import replace_file
from glassnet.tensor import Tensor

OF_PICTURES = ("feature_maps", "saliency")
OF_A_RUN = ("kernels", *OF_PICTURES, "attention_maps", "hidden_state")


def plot(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME...", help=f"Functions of glassnet.functional; or a RUN, then {', '.join(OF_A_RUN)}."
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
    """Draw functions of one number, such as activations; or the inside of a trained network.

    Example: glassnet plot step sigmoid relu --derivative -o activations.png

    Example: glassnet plot latest feature_maps --row 3
    """
    what = names[-1] if names[-1] in OF_A_RUN else None
    low, high = _domain(domain)
    if what is None:
        _known(names)
    elif len(names) != 2:
        raise BadInput(f"NAME: {what} is drawn of one run, which comes before it: glassnet plot latest {what}")
    check_output("--output", output, (".png", ".svg", ".pdf"), force=force)
    saved, sample = (None, None) if what is None else _opened(names[0], what, row, runs)
    with needed_to("draw"):
        import matplotlib
    matplotlib.use("agg")  # a file, no window
    from matplotlib import pyplot

    from glassnet.explain import plots

    try:
        if saved is None or what is None:
            drawn = plots.activation(*names, derivative=derivative, domain=(low, high))
        else:
            samples = [] if sample is None else [sample]
            drawn = getattr(plots, what)(saved.model, *samples, **_named(what, saved, samples))
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


def _opened(name: str, what: str, row: str, runs: Path) -> tuple[SavedRun, Any]:
    """A run, and the held-out sample that ``what`` is drawn of; None if it is drawn of the weights alone."""
    saved = SavedRun.read(name, runs)
    if what in OF_PICTURES and not isinstance(saved.encoder, PictureEncoder):
        raise BadInput(f"NAME: {what} is drawn of pictures, and {place(saved.path)} was trained on {saved.noun}")
    count = whole()("--row", row)
    if what == "kernels":
        return saved, None
    inputs = saved.data(display.new_console()).held_out.inputs
    if not 0 <= count < len(inputs):
        raise BadInput(f"--row: expected a held-out sample, 0 to {len(inputs) - 1}, got {count}")
    return saved, inputs[count] if what in OF_PICTURES else inputs[count : count + 1]


def _named(what: str, saved: SavedRun, samples: Sequence[Tensor]) -> dict[str, list[str]]:
    """What is known of the places of a sample: the words at them."""
    if what != "attention_maps" or not isinstance(saved.encoder, TextEncoder):
        return {}
    return {"tokens": saved.encoder.words(samples[0].numpy()[0])}


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
