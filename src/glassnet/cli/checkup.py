"""The check-up of a run that is about to begin, or has just failed, on the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

import glassnet.functional as F
from glassnet.cli.sources import Data, Part
from glassnet.nn.module import Module
from glassnet.optim import Optimizer

if TYPE_CHECKING:
    from glassnet.explain.checkup import Checkup


def examined(model: Module, optimizer: Optimizer, train: Part, held_out: Part | None = None) -> Checkup:
    """What is wrong with a run on ``train``; everything is as before afterwards."""
    from glassnet.explain.checkup import checkup  # a run without does not load it

    held = None if held_out is None else (held_out.inputs, held_out.targets)
    return checkup(model, (train.inputs, train.targets), F.cross_entropy, optimizer, validation=held)


def show(console: Console, model: Module, optimizer: Optimizer, data: Data) -> None:
    """Examine a run before it begins, and print what was found."""
    result = examined(model, optimizer, data.train, data.held_out)
    console.print(Text("Check-up", "bold"))
    console.print(Padding(Text(str(result)), (1, 2)))
