"""What the options of ``train`` may be, read from text; a bad one is one message."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from glassnet.cli.errors import BadInput
from glassnet.cli.network import ACTIVATIONS, OPTIMIZERS, SCHEDULES, usual_rate
from glassnet.cli.texts import number, one_of, whole

STEPS, FEWEST_EPOCHS, MOST_EPOCHS = 1400, 5, 200  # where --epochs is not given: as many as make about so many steps
MANY_SAMPLES, MANY_FEATURES = 10_000, 400
LARGEST = 1_000_000  # units in one layer: more is a slip of the finger, and would fill the memory
CLASS_WEIGHTS = {"none": "every sample counts the same", "balanced": "every class counts the same"}


@dataclass(frozen=True)
class Options:
    """How to train, checked, with nothing left open. None: none of it."""

    hidden: tuple[int, ...]
    activation: str
    dropout: float
    epochs: int
    batch_size: int
    lr: float
    optimizer: str
    weight_decay: float
    schedule: str
    clip: float | None
    accumulate: int
    patience: int | None
    class_weight: str
    seed: int

    @classmethod
    def of(cls, values: dict[str, Any], samples: int, features: int) -> Options:
        """The ``values`` that `checked` gives, for so many ``samples`` of so many ``features`` to learn from.

        What is None there becomes what suits the data. Many samples: batches of 64, else of 32. Many features,
        such as pixels: wider layers. And as many epochs as make about `STEPS` steps.
        """
        batch_size = values["batch_size"] or (64 if samples >= MANY_SAMPLES else 32)
        epochs = round(STEPS / math.ceil(samples / batch_size))
        usual: dict[str, Any] = {
            "hidden": (128, 64) if features >= MANY_FEATURES else (64, 32),
            "batch_size": batch_size,
            "epochs": min(max(epochs, FEWEST_EPOCHS), MOST_EPOCHS),
            "lr": usual_rate(values["optimizer"]),
        }
        return cls(**values | {name: value for name, value in usual.items() if values[name] is None})

    def extras(self) -> str:
        """What is asked for beside the usual, in words."""
        words = {
            f"dropout {self.dropout:g}": self.dropout,
            f"weight decay {self.weight_decay:g}": self.weight_decay,
            f"schedule {self.schedule}": self.schedule != "none",
            f"gradients clipped to {self.clip or 0:g}": self.clip is not None,
            f"{self.accumulate} batches a step": self.accumulate > 1,
            f"patience {self.patience}": self.patience is not None,
            f"class weights {self.class_weight}": self.class_weight != "none",
        }
        return ", ".join(text for text, is_asked_for in words.items() if is_asked_for)


def checked(texts: Mapping[str, str | None]) -> dict[str, Any]:
    """The options from their ``texts`` on the command line, by name; None where one is left open. Raises BadInput."""
    optimizer = one_of("--optimizer", OPTIMIZERS)(texts["optimizer"] or "")
    readers: dict[str, Callable[[str], Any]] = {
        "hidden": layer_sizes,
        "activation": one_of("--activation", ACTIVATIONS),
        "dropout": number("--dropout", least=0, below=1),
        "epochs": whole("--epochs", least=1),
        "batch_size": whole("--batch-size", least=1),
        "lr": number("--lr", above=0, hint=f"{usual_rate(optimizer):g} is usual for {optimizer}"),
        "optimizer": lambda _text: optimizer,
        "weight_decay": number("--weight-decay", least=0),
        "schedule": one_of("--schedule", SCHEDULES),
        "clip": number("--clip", above=0),
        "accumulate": whole("--accumulate", least=1),
        "patience": whole("--patience", least=1),
        "class_weight": one_of("--class-weight", CLASS_WEIGHTS),
        "seed": whole("--seed"),
    }
    return {name: None if (text := texts[name]) is None else read(text) for name, read in readers.items()}


def layer_sizes(text: str) -> tuple[int, ...]:
    """The sizes of the hidden layers: "64,32" is (64, 32), and "none" or nothing is ()."""
    if text.strip().lower() in ("", "none"):
        return ()
    sizes = []
    for each in text.split(","):
        size = int(each) if each.strip().isdecimal() and len(each) < 20 else 0
        if not 1 <= size <= LARGEST:
            raise BadInput(
                f"--hidden: expected the sizes of the hidden layers, whole numbers from 1 to {LARGEST:,}, with commas "
                f'between them (64,32), or none; got {each.strip()!r:.20} in "{text:.40}"'
            )
        sizes.append(size)
    return tuple(sizes)
