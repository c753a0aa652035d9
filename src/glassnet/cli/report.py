"""What the page of a run, report.html, is told of it."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import datetime

import numpy as np

import glassnet
import glassnet.functional as F
from glassnet.cli.display import command, layers_text, percent
from glassnet.cli.loop import Epoch, scores
from glassnet.cli.options import Options
from glassnet.cli.sources import Data
from glassnet.nn.linear import Linear
from glassnet.nn.module import Module
from glassnet.training.report import Report


def report_of(
    name: str,
    data: Data,
    options: Options,
    model: Module,
    history: Sequence[Epoch],
    started: datetime,
    seconds: float,
) -> Report:
    """The report of the run ``name``, with what the network makes of the held-out samples."""
    probabilities = F.softmax(scores(model, data.held_out.inputs), 1).numpy()
    first = next((layer for layer in model.modules() if isinstance(layer, Linear)), None)
    shape = tuple(data.held_out.inputs.shape[1:])
    is_image = len(shape) in (2, 3)
    last = history[-1]
    facts = {
        "data": data.what,
        "origin": data.origin,
        "split": f"{len(data.train):,} to learn from, {len(data.held_out):,} held out: {data.split}",
        "network": layers_text(model),
        "parameters": f"{sum(p.numel() for p in model.parameters()):,}",
        "training": f"{options.optimizer}, learning rate {options.lr:g}, batches of {options.batch_size}, "
        f"{len(history)} of {options.epochs} epochs, seed {options.seed}",
        "result": f"held-out accuracy {percent(last.held_out_accuracy)}, loss {last.held_out_loss:.4f}",
        "time": f"{seconds:.2f} s",
        "versions": f"glassnet {glassnet.__version__}, NumPy {np.__version__}, Python {platform.python_version()}",
        "date": started.isoformat(sep=" ", timespec="minutes"),
    }
    return Report(
        title=f"{name}: {layers_text(model)}",
        task="classification",
        facts=facts,
        history=[epoch._asdict() for epoch in history],
        classes=data.classes,
        targets=data.held_out.targets.numpy(),
        probabilities=probabilities,
        images=data.held_out.inputs.numpy() if is_image else None,
        first_layer=None if first is None else first.weight.detach().numpy(),
        image_shape=shape if is_image else None,
        command=repeated(data, options),
    )


def repeated(data: Data, options: Options) -> str:
    """The command that does the run again."""
    sizes = ",".join(map(str, options.hidden)) or "none"
    words = {
        "--hidden": sizes,
        "--activation": options.activation,
        "--epochs": options.epochs,
        "--batch-size": options.batch_size,
        "--lr": repr(options.lr),
        "--optimizer": options.optimizer,
        "--seed": options.seed,
    }
    return command("glassnet", "train", data.source, *(word for pair in words.items() for word in pair))
