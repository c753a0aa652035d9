"""What the options of ``train`` may be, read from text; a bad one is one message."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

from glassnet import optim
from glassnet.cli.errors import BadInput, unknown
from glassnet.nn import activation
from glassnet.nn.container import Sequential
from glassnet.nn.flatten import Flatten
from glassnet.nn.linear import Linear
from glassnet.nn.module import Module
from glassnet.optim import Optimizer

T = TypeVar("T")

# Where --lr is not given and PyTorch's default learns too slowly for data this small.
LEARNING_RATES = {"adagrad": 0.03, "adamax": 0.005, "rmsprop": 0.001, "sgd": 0.2}
STEPS, FEWEST, MOST = 1400, 5, 200  # where --epochs is not given: as many as make so many steps, within bounds
LARGEST = 1_000_000  # units in one layer: more is a slip of the finger, and would fill the memory


@dataclass(frozen=True)
class Options:
    """How to train, checked."""

    hidden: tuple[int, ...]
    activation: str
    epochs: int  # 0: as many as suit the data, see `for_samples`
    batch_size: int
    lr: float
    optimizer: str
    seed: int

    def for_samples(self, n: int) -> Options:
        """The same with a number of epochs that suits ``n`` samples to learn from, where none was given."""
        suiting = round(STEPS / math.ceil(n / self.batch_size))
        return self if self.epochs else replace(self, epochs=min(max(suiting, FEWEST), MOST))


def checked(
    hidden: str, activation_name: str, epochs: str | None, batch_size: str, lr: str | None, optimizer: str, seed: str
) -> Options:
    """The options from their texts on the command line. Raises BadInput, which names the option."""
    chosen = plain(optimizer)
    choose("--activation", plain(activation_name), ACTIVATIONS)
    choose("--optimizer", chosen, OPTIMIZERS)
    return Options(
        hidden=layer_sizes(hidden),
        activation=plain(activation_name),
        epochs=0 if epochs is None else whole("--epochs", epochs, least=1),
        batch_size=whole("--batch-size", batch_size, least=1),
        lr=usual_rate(chosen) if lr is None else rate(lr, chosen),
        optimizer=chosen,
        seed=whole("--seed", seed),
    )


def plain(name: str) -> str:
    """A name as it is in the tables: LeakyReLU and leaky_relu are leakyrelu."""
    return name.lower().replace("_", "").replace("-", "")


def whole(option: str, text: str, least: int | None = None) -> int:
    """A whole number, of ``least`` or more."""
    try:
        value = int(text)
    except ValueError:
        value = None
    if value is None or (least is not None and value < least):
        bound = "" if least is None else f" of {least} or more"
        raise BadInput(f"{option}: expected a whole number{bound}, got {text!r:.40}")
    return value


def rate(text: str, optimizer: str) -> float:
    """A learning rate: a finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (value > 0 and math.isfinite(value)):
        usual = usual_rate(optimizer)
        raise BadInput(f"--lr: expected a number above 0, got {text!r:.40}; {usual:g} is usual for {optimizer}")
    return value


def usual_rate(optimizer: str) -> float:
    """The learning rate of ``optimizer`` where none is given."""
    own = inspect.signature(OPTIMIZERS[optimizer]).parameters["lr"].default
    return float(LEARNING_RATES.get(optimizer, own))


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


def choose(option: str, name: str, known: Mapping[str, T]) -> T:
    """What ``name`` stands for. Raises BadInput, which lists the known ones."""
    if name not in known:
        raise unknown(option, name, known)
    return known[name]


def network(shape: tuple[int, ...], options: Options, classes: int) -> Module:
    """Linear layers of the hidden sizes with activations between them: inputs of ``shape`` to a score a class."""
    sizes = [math.prod(shape), *options.hidden]
    layers: list[Module] = [Flatten()] if len(shape) > 1 else []
    for before, after in pairwise(sizes):
        layers += [Linear(before, after), ACTIVATIONS[options.activation]()]
    return Sequential(*layers, Linear(sizes[-1], classes))


def optimizer_of(model: Module, options: Options) -> Optimizer:
    """The optimizer of the parameters of ``model``."""
    return OPTIMIZERS[options.optimizer](model.parameters(), lr=options.lr)


def _lower(classes: Iterable[type[T]]) -> dict[str, type[T]]:
    return {x.__name__.lower(): x for x in sorted(classes, key=lambda x: x.__name__.lower())}


def _activations() -> dict[str, type[Module]]:
    """All that act on each element by itself and need no arguments."""
    others = {"GLU", "LogSoftmax", "Softmax", "Softmax2d", "Softmin", "Threshold"}
    return _lower(getattr(activation, name) for name in activation.__all__ if name not in others)


def _optimizers() -> dict[str, type[Optimizer]]:
    found = (getattr(optim, name) for name in optim.__all__)
    return _lower(x for x in found if isinstance(x, type) and issubclass(x, Optimizer) and x is not Optimizer)


ACTIVATIONS = _activations()
OPTIMIZERS: Mapping[str, Callable[..., Optimizer]] = _optimizers()
