"""``glassnet show RUN``: what is in a run folder: layers, shapes, parameters, and where it was trained."""

from __future__ import annotations

from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from glassnet.cli import display
from glassnet.cli.run import REPORT, read_config
from glassnet.cli.saved_run import SavedRun
from glassnet.cli.screen import place
from glassnet.cli.shared_arguments import RUNS, RunName, RunsFolder
from glassnet.cli.tasks import quantity
from glassnet.nn.finite import ADVICE, weights_problem
from glassnet.nn.innermost import innermost
from glassnet.ops.shapes import written
from glassnet.text import shown
from glassnet.training.report.formats import SYMBOLS

LONGEST = 1000  # characters of a fact
NARROW = 72  # columns of a screen with too little room for four columns of words


def show(
    run: RunName,
    runs: RunsFolder = RUNS,
) -> None:
    """Show what is in a run folder.

    Example: glassnet show latest
    """
    saved = SavedRun.read(run, runs, to_use=False)
    config = read_config(saved.path)
    console = display.new_console()
    console.print(Text(place(saved.path), "bold"), soft_wrap=True)
    console.print(Padding(_facts(saved, config), (1, 2)))
    console.print(Padding(_layers(saved, is_narrow=console.width < NARROW), (0, 2)))
    if problem := weights_problem(saved.model):
        console.print(Text(f"\nIt cannot be used, {problem}; {ADVICE}", "bold red"), soft_wrap=True)
    console.print(f"\nTo look at: {place(saved.path / REPORT)}", soft_wrap=True)


def _layers(saved: SavedRun, *, is_narrow: bool) -> Table:
    """The layers of the network; where there is little room, the shapes of the parameters are below the layer."""
    names = ("", "layer", "numbers") if is_narrow else ("layer", "", "parameters", "numbers")
    table = display.columns(*names, left=len(names) - 1)
    for path, layer in innermost(saved.model):
        shapes = ", ".join(f"{shown(name)} {written(p.shape)}" for name, p in layer.named_parameters())
        what = [shown(f"{layer._get_name()}({layer.extra_repr()})"), shapes]
        cells = ["\n".join(filter(None, what))] if is_narrow else what
        table.add_row(Text(shown(path or "network")), *map(Text, cells), f"{display.count(layer):,}")
    empty = [""] * (len(names) - 2)
    table.add_row(*empty, "in all", f"{display.count(saved.model):,}", style="bold")
    return table


def _facts(saved: SavedRun, config: dict[str, Any]) -> Table:
    options, data, results = (config.get(name, {}) for name in ("options", "data", "results"))
    numbers = [
        f"{SYMBOLS.get(name, name)} {quantity(results[f'val_{name}'])}"
        for name in (*saved.task.metrics, "loss")
        if f"val_{name}" in results
    ]
    facts = display.facts()
    rows = {
        "source": place(saved.source),
        "task": f"{saved.extra['task']}{f' of {_few(saved.classes)}' if saved.classes else ''}",
        "data": f"{data.get('train', 0):,} to learn from, {data.get('held_out', 0):,} held out: {saved.extra['split']}",
        "training": f"{options.get('optimizer')}, learning rate {options.get('lr')}, seed {options.get('seed')}",
        "": f"{results.get('epoch', 0)} of {options.get('epochs')} epochs, batches of {options.get('batch_size')}",
        "held out": ", ".join(numbers),
        "baseline": config.get("baseline", ""),
        "trained": f"{str(config.get('started')).replace('T', ' ')}, {config.get('seconds', 0):.1f} s",
        "with": ", ".join(f"{name} {version}" for name, version in config.get("versions", {}).items()),
    }
    for name, words in rows.items():
        if words:
            facts.add_row(name, Text(shown(words, LONGEST)))
    return facts


def _few(names: Any, most: int = 12) -> str:
    first = ", ".join(shown(name, 40) for name in names[:most])
    return f"{len(names)} classes: {first}" + (f" and {len(names) - most} more" if len(names) > most else "")
