"""``glassnet predict RUN``: what a trained network makes of the samples held out from its training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.padding import Padding
from rich.text import Text

import glassnet.functional as F
from glassnet.cli import display, matrix
from glassnet.cli.loop import scores
from glassnet.cli.pictures import Mistake, show_mistakes
from glassnet.cli.run import MODEL, find, read
from glassnet.cli.sources import SOURCES, Data
from glassnet.ops.dtypes import Array
from glassnet.serialization import ModelFileError


def predict(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder, the beginning of its name, or latest.")],
    runs: Annotated[Path, typer.Option(metavar="RUNS_DIR", help="Where runs are looked for by name.")] = Path("runs"),
) -> None:
    """Show what a trained network gets right and wrong.

    Example: glassnet predict latest
    """
    path = find(run, runs)
    model, extra = read(path)
    data = data_of(path, extra)
    logits = scores(model, data.held_out.inputs)
    if logits.shape != (len(data.held_out), len(data.classes)):
        problem = f"expected {len(data.classes)} outputs, one a class, got shape {list(logits.shape[1:])}"
        raise ModelFileError.at(path / MODEL, problem, "use the run as it was saved")
    predicted, targets = logits.argmax(1).numpy(), data.held_out.targets.numpy()
    counts = matrix.confusion(targets, predicted, len(data.classes))

    console = display.new_console()
    right, total = int(np.trace(counts)), len(targets)
    about = display.facts()
    about.add_row("network", display.layers(model))
    about.add_row("data", f"{total:,} {data.noun} held out from its training: {data.split}")
    console.print(Text("Predicting with ", "bold").append(str(path), "not bold"), soft_wrap=True)
    console.print(Padding(about, (1, 2)))
    console.print(f"[bold]Accuracy {right / total:.4f}[/]: {right} of {total} are right.\n")
    matrix.show(console, counts, data.classes)
    show_mistakes(console, _mistakes(data, F.softmax(logits, 1).numpy(), predicted, targets))
    display.show_next(
        console,
        display.command("glassnet", "export", path, "--output", "model.py"),
        display.command("glassnet", "train", data.source, "--hidden", "128", "--activation", "tanh"),
    )
    console.print(f"In Python:\n  model = glassnet.load_model({str(path / MODEL)!r})", soft_wrap=True, markup=False)


def data_of(path: Path, extra: Mapping[str, Any]) -> Data:
    """The data that the run at ``path`` was trained on. Raises ModelFileError if it says none that is known."""
    source = extra.get("source")
    if not isinstance(source, str) or source not in SOURCES:
        problem = f"expected the source it was trained on ({', '.join(SOURCES)}), got {source!r:.40}"
        raise ModelFileError.at(path / MODEL, problem, "train it with: glassnet train digits")
    data = SOURCES[source]()
    for name, here in (("classes", list(data.classes)), ("encoding", data.encoding), ("split", data.split)):
        if extra.get(name) != here:
            problem = f"what it says of its {name} does not fit {source}: {extra.get(name)!r:.60}"
            raise ModelFileError.at(path / MODEL, problem, "train it again, or use the glassnet it was trained with")
    return data


def _mistakes(data: Data, probabilities: Array, predicted: Array, targets: Array) -> list[Mistake]:
    """The wrong predictions, the surest first."""
    wrong = np.flatnonzero(predicted != targets)
    sure = probabilities[wrong, predicted[wrong]]
    samples = data.held_out.inputs.numpy()
    if samples.ndim == 2:
        samples = samples * data.encoding["divide_by"]
    return [
        Mistake(samples[i], data.classes[targets[i]], data.classes[predicted[i]], float(probabilities[i, predicted[i]]))
        for i in wrong[np.argsort(-sure, kind="stable")]
    ]
