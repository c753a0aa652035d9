"""A session of training: data, network, optimizer and schedule, made from settings."""

from __future__ import annotations

import math
import platform
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

import glassnet
from glassnet.cli.augmentation import augmented, in_words
from glassnet.cli.display import download_progress
from glassnet.cli.errors import BadInput
from glassnet.cli.network_choice import chosen, network
from glassnet.cli.options import MANY_SAMPLES, OPTIMIZERS, Options, Settings, checked
from glassnet.cli.tasks import TASKS, Task
from glassnet.encoders import Encoder, SeriesEncoder
from glassnet.files.reading import expanded
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.optim import Optimizer, lr_scheduler
from glassnet.random import manual_seed
from glassnet.sources import BUILTIN, CLASSIFICATION, PICTURES, REGRESSION, Data, open_source
from glassnet.text import decoded_name
from glassnet.training import Callback, EarlyStopping, Trainer

EXAMPLES = 4  # of the held-out samples, which are saved with the network for an exported file to test itself with
VERSIONS = {"glassnet": glassnet.__version__, "NumPy": np.__version__, "Python": platform.python_version()}


@dataclass(frozen=True)
class Session:
    """The data, the network and the optimizer of ``settings``, before training."""

    settings: Settings
    options: Options
    data: Data
    task: Task
    model: Module
    optimizer: Optimizer

    @classmethod
    def begin(
        cls, settings: Settings, console: Console, *, quiet: bool, paths: Mapping[str, Any] | None = None
    ) -> Session:
        """Read the data, seed the generator, and make the rest. Raises BadInput and what `open_source` raises.

        ``paths`` are those of the data where the run began before, as `Session.config` keeps them.
        """
        values = checked(settings)
        data = opened(settings, console, quiet=quiet, paths=paths)
        found = steps_of(data.encoder) | {"network": chosen(values["network"], data)}
        options = Options.of(values | found, len(data.train), math.prod(data.train.inputs.shape[1:]))
        if options.class_weight != "none" and data.task != CLASSIFICATION:
            raise BadInput(f"--class-weight: {data.source} is a regression, there are no classes; leave it out")
        if settings["augment"]:
            data = replace(data, notes=[*data.notes, in_words(data)])
        manual_seed(options.seed)
        model = network(data, options)
        optimizer = OPTIMIZERS[options.optimizer](model.parameters(), lr=options.lr, weight_decay=options.weight_decay)
        return cls(settings, options, data, TASKS[data.task], model, optimizer)

    @property
    def to_learn(self) -> Any:
        """The samples to learn from, as a trainer takes them."""
        return augmented(self.data) if self.settings["augment"] else tuple(self.data.train)

    def trainer(self, callbacks: Iterable[Callback]) -> Trainer:
        """The trainer of the network."""
        options = self.options
        steps = math.ceil(math.ceil(len(self.data.train) / options.batch_size) / options.accumulate)
        stopping = [] if options.patience is None else [EarlyStopping(patience=options.patience)]
        return Trainer(
            self.model,
            self.task.loss,
            self.optimizer,
            metrics=self.task.metrics,
            callbacks=[*stopping, *callbacks],
            schedule=schedule_of(options.schedule, self.optimizer, options.epochs, steps),
            decode=self.data.encoder.decode if self.data.task == REGRESSION else None,
            measure="running" if len(self.data.train) >= MANY_SAMPLES else "after",  # to measure takes its time
            clip_norm=options.clip,
            accumulate=options.accumulate,
            class_weight=self._class_weight(),
            compile=self.settings["compile"],
            engine=options.engine,
        )

    def _class_weight(self) -> list[float] | None:
        if self.options.class_weight == "none":
            return None
        return class_weights(self.data.train.targets.numpy(), len(self.data.classes))

    def config(self, **more: Any) -> dict[str, Any]:
        """The contents of config.json: everything needed to repeat the run, and ``more``."""
        data = self.data
        return {
            "source": data.source,
            "settings": self.settings,
            "options": asdict(self.options),
            "paths": _paths(self.settings),
            "data": {
                "what": data.what,
                "origin": data.origin,
                "train": len(data.train),
                "held_out": len(data.held_out),
                "split": data.split,
                "notes": list(data.notes),
                "fingerprint": self.fingerprint(),
            },
            "encoding": data.encoder.to_json(),
            "versions": dict(VERSIONS),
            **more,
        }

    def baseline(self) -> str:
        """How good the baseline of the data is on what was held out, as a sentence; "" if there is none."""
        baseline, decode = self.data.baseline, self.data.encoder.decode
        return "" if baseline is None else self.task.beside(baseline, decode(self.data.held_out.targets.numpy()))

    def fingerprint(self) -> str:
        """A checksum of the data."""
        number = 0
        for part in (self.data.train, self.data.held_out):
            for tensor in part:
                number = zlib.crc32(np.ascontiguousarray(tensor.numpy()).data, number)
        return f"{number:08x}"


def class_weights(targets: Array, classes: int) -> list[float]:
    """Weights by which each of the classes counts alike, however many samples it has."""
    counts = np.bincount(targets, minlength=classes)
    return [float(counts.sum() / (len(counts) * max(1, count))) for count in counts]


def steps_of(encoder: Encoder) -> dict[str, int]:
    """How many steps a series is forecast, from how many, and its season; nothing of other samples."""
    if not isinstance(encoder, SeriesEncoder):
        return {}
    return {"horizon": encoder.horizon, "window": encoder.window, "season": encoder.season}


def schedule_of(name: str, optimizer: Optimizer, epochs: int, steps: int) -> Any:
    """The schedule ``name`` for a number of ``epochs`` of ``steps`` each; None for none."""
    if name == "cosine":
        return lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    if name == "step":
        return lr_scheduler.StepLR(optimizer, step_size=max(1, math.ceil(epochs / 3)))
    if name == "onecycle":
        return lr_scheduler.OneCycleLR(optimizer, [group["lr"] for group in optimizer.param_groups], epochs * steps)
    if name == "plateau":
        return lr_scheduler.ReduceLROnPlateau(optimizer, patience=5)
    return None


def opened(settings: Settings, console: Console, *, quiet: bool, paths: Mapping[str, Any] | None = None) -> Data:
    """The data that settings name; a download is shown on ``console``.

    It is looked for at ``paths`` first, if it was found there before, and then as seen from here.
    """
    source = settings["source"]
    if source is None:
        raise BadInput(
            f"SOURCE: name what to learn: {', '.join((*BUILTIN, *PICTURES))}, a table with --target, or a folder of "
            "pictures or texts"
        )
    values = checked(settings)
    at = settings | _elsewhere(settings, paths or {})
    with download_progress(console, quiet=quiet) as progress:
        data = open_source(
            at["source"],
            folder=at["data"],
            progress=progress,
            **{name: at[name] for name in ("target", "task", "date", "text")},
            **{name: values[name] for name in ("network", "horizon", "window", "season")},
        )
    return replace(data, source=decoded_name(source))


def _paths(settings: Settings) -> dict[str, str]:
    """The absolute paths of the data that settings name; none for data that is made or downloaded."""
    places = {name: settings[name] for name in ("source", "data") if settings[name] is not None}
    if settings["source"] in (*BUILTIN, *PICTURES):
        del places["source"]
    return {name: str(expanded(place).absolute()) for name, place in places.items()}


def _elsewhere(settings: Settings, paths: Mapping[str, Any]) -> dict[str, str]:
    """Those of the earlier ``paths`` that still exist and differ from where settings point now."""
    then = [(name, here, paths.get(name)) for name, here in _paths(settings).items()]
    return {name: path for name, here, path in then if isinstance(path, str) and path != here and _exists(path)}


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # of a configuration that was edited
        return False


def about(data: Data) -> dict[str, Any]:
    """What is saved with a network so that it can be used."""
    return {
        "source": data.source,
        "task": data.task,
        "classes": list(data.classes),
        "encoding": data.encoder.to_json(),
        "split": data.split,
        "noun": data.noun,
        "examples": data.examples(EXAMPLES),
    }
