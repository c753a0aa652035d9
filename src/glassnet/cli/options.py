"""The options of ``train``, in one table that the help, the settings file, ``--resume`` and all checks read."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import typer

import glassnet.optim as optim
from glassnet.cli.errors import BadInput
from glassnet.cli.option_values import MOST, Reader, layer_sizes, number, one_of, whole
from glassnet.engines import AUTO, ENGINES
from glassnet.networks import ACTIVATIONS
from glassnet.optim import Optimizer
from glassnet.sources import BUILTIN, PICTURES

T = TypeVar("T")
Settings = dict[str, Any]  # by the names of the options: texts, or True or False for a switch, or None

# what may be chosen --------------------------------------------------------------------------------------


def _by_lower_name(classes: Iterable[type[T]]) -> dict[str, type[T]]:
    return {x.__name__.lower(): x for x in sorted(classes, key=lambda x: x.__name__.lower())}


# Those that are not for just any network, learned batch by batch: Rprop and LBFGS are for all samples at once.
_OTHERS = {optim.Optimizer, optim.LBFGS, optim.Muon, optim.Rprop, optim.SparseAdam}


def _optimizers() -> dict[str, type[Optimizer]]:
    public = (getattr(optim, name) for name in optim.__all__)
    return _by_lower_name(x for x in public if isinstance(x, type) and issubclass(x, Optimizer) and x not in _OTHERS)


OPTIMIZERS: Mapping[str, Callable[..., Optimizer]] = _optimizers()
NETWORKS = {
    "mlp": "linear layers",
    "cnn": "convolutions of pictures, then linear layers",
    "lstm": "a recurrent network through a series",
    "gru": "a recurrent network through a series or a text",
    "bag": "the mean of the vectors of a text's words, then linear layers",
}
SCHEDULES = {
    "none": "the same learning rate all the time",
    "cosine": "falls to 0 along half a wave of the cosine",
    "step": "a tenth of it after each third of the epochs",
    "onecycle": "rises and falls again, batch by batch (L. Smith, 2018)",
    "plateau": "a tenth of it whenever the held-out loss has not fallen for 5 epochs",
}
CLASS_WEIGHTS = {"none": "every sample counts the same", "balanced": "every class counts the same"}
# Where --lr is not given and PyTorch's default learns too slowly for data this small.
LEARNING_RATES = {
    "adafactor": 0.03, "adam": 0.002, "adagrad": 0.03, "adamax": 0.005, "asgd": 0.2, "radam": 0.01, "rmsprop": 0.001,
    "sgd": 0.2,
}  # fmt: skip


def usual_rate(optimizer: str) -> float:
    """The learning rate of ``optimizer`` where none is given."""
    own = inspect.signature(OPTIMIZERS[optimizer]).parameters["lr"].default
    return float(LEARNING_RATES.get(optimizer, own))


# the table ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Option:
    """An option of ``train``, kept under its ``name`` in config.json and in a settings file.

    ``read`` turns its text into the value in `Options`; an option without ``read`` belongs to the data or to the
    run folder, which check it. ``hint`` adds a better value, from all settings, to the message about a bad one.
    ``open`` says what None means, and ``words`` is how a value other than ``off`` is shown.
    """

    name: str
    metavar: str
    help: str
    default: str | bool | None = None
    read: Reader | None = None
    hint: Callable[[Settings], str] | None = None
    open: str = ""
    words: str = ""
    off: Any = None

    @property
    def flag(self) -> str:
        """The option as it is on the command line."""
        return "SOURCE" if self.name == "source" else f"--{self.name.replace('_', '-')}"

    @property
    def is_switch(self) -> bool:
        """Whether it is only on or off."""
        return isinstance(self.default, bool)

    def value(self, settings: Settings) -> Any:
        """Its value in ``settings``, checked; None if it is left open. Raises BadInput."""
        text = settings[self.name]
        if text is None or self.read is None:
            return text
        try:
            return self.read(self.flag, text)
        except BadInput as error:
            raise BadInput(f"{error}{self.hint(settings) if self.hint else ''}") from None

    @property
    def parameter(self) -> inspect.Parameter:
        """The function parameter from which typer makes the option."""
        help = self.help.removesuffix(".") + (f" [{self.default}]." if isinstance(self.default, str) else ".")
        annotation: Any
        if self.is_switch:
            annotation = Annotated[bool | None, typer.Option(f"{self.flag}/--no-{self.name}", help=help)]
        elif self.name == "source":
            annotation = Annotated[str | None, typer.Argument(metavar=self.metavar, help=help)]
        else:
            annotation = Annotated[str | None, typer.Option(self.flag, metavar=self.metavar, help=help)]
        return inspect.Parameter(self.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _usual_rate_hint(settings: Settings) -> str:
    name = str(settings["optimizer"]).lower()
    return f"; {usual_rate(name):g} is usual for {name}" if name in OPTIMIZERS else ""


TABLE = (
    Option(
        "source",
        "SOURCE",
        f"{', '.join((*BUILTIN, *PICTURES))}; a table, with --target; or a folder of pictures or texts by class.",
        open="what to learn",
    ),
    Option("target", "COLUMN", "For a table: the column to learn.", open="for a table: the column to learn"),
    Option(
        "task",
        "TASK",
        "classification or regression; if not given, what the target suggests.",
        open="for a table: as the values of the target suggest",
    ),
    Option(
        "network",
        "NAME",
        "mlp, cnn (pictures), lstm, gru (series), bag or gru (texts); if not given, what suits the data.",
        read=one_of(NETWORKS),
        open="what suits the data",
    ),
    Option("date", "COLUMN", "For a series: the column of dates.", open="for a series: the only column of dates"),
    Option("text", "COLUMN", "For a table of texts: their column.", open="for a table of texts: the only such column"),
    Option(
        "horizon",
        "N",
        "For a series: how many steps to forecast.",
        read=whole(1, MOST),
        open="for a series: a season",
    ),
    Option(
        "window",
        "N",
        "For a series: how many steps to forecast from.",
        read=whole(1, MOST),
        open="for a series: a season and the horizon",
    ),
    Option(
        "season",
        "N",
        "For a series: after how many steps it is like itself; 1 if never.",
        read=whole(1, MOST),
        open="for a series: as its correlation with itself suggests",
    ),
    Option("augment", "", "For pictures: learn from them shifted and turned by chance.", default=False),
    Option(
        "data",
        "DIR",
        "Folder with the files of mnist and the like, instead of a download.",
        open="downloaded where needed",
    ),
    Option(
        "hidden",
        "SIZES",
        "Sizes of the hidden layers, such as 64,32, or none.",
        read=layer_sizes,
        open="what suits the number of features",
    ),
    Option("activation", "NAME", "Activation after each hidden layer.", default="relu", read=one_of(ACTIVATIONS)),
    Option(
        "dropout",
        "SHARE",
        "Share of the hidden units that are left out at random.",
        default="0",
        read=number(least=0, below=1),
        words="dropout {:g}",
        off=0,
    ),
    Option(
        "epochs",
        "N",
        "Passes over the data; if not given, what suits its size.",
        read=whole(1, MOST),
        open="what suits the number of samples",
    ),
    Option(
        "batch_size",
        "N",
        "Samples in one step; if not given, what suits the data's size.",
        read=whole(1, MOST),
        open="what suits the number of samples",
    ),
    Option(
        "lr",
        "X",
        "Learning rate; if not given, one that suits the optimizer.",
        read=number(above=0),
        hint=_usual_rate_hint,
        open="what suits the optimizer",
    ),
    Option("optimizer", "NAME", f"One of {', '.join(OPTIMIZERS)}.", default="adam", read=one_of(OPTIMIZERS)),
    Option(
        "weight_decay",
        "X",
        "Strength of the pull of the weights towards 0.",
        default="0",
        read=number(least=0),
        words="weight decay {:g}",
        off=0,
    ),
    Option(
        "schedule",
        "NAME",
        f"How the learning rate changes: {', '.join(SCHEDULES)}.",
        default="cosine",
        read=one_of(SCHEDULES),
        words="schedule {}",
        off="none",
    ),
    Option(
        "clip",
        "NORM",
        "Scale larger gradients down to this norm.",
        read=number(above=0),
        open="gradients are not clipped",
        words="gradients clipped to {:g}",
    ),
    Option(
        "accumulate",
        "N",
        "Batches whose gradients make one step.",
        default="1",
        read=whole(1, MOST),
        words="{} batches a step",
        off=1,
    ),
    Option(
        "patience",
        "N",
        "Stop when the held-out loss has not improved for N epochs; keep the best.",
        read=whole(1, MOST),
        open="all epochs are trained",
        words="patience {}",
    ),
    Option(
        "class_weight",
        "NAME",
        "none, or balanced: every class counts the same.",
        default="none",
        read=one_of(CLASS_WEIGHTS),
        words="class weights {}",
        off="none",
    ),
    Option(
        "engine",
        "NAME",
        f"What the steps run by: {', '.join((AUTO, *ENGINES))}. auto is native, which is C, for long runs.",
        default=AUTO,
        read=one_of(dict.fromkeys((AUTO, *ENGINES))),
        words="the {} engine",
        off=AUTO,
    ),
    Option("seed", "N", "The same seed gives the same numbers.", default="0", read=whole()),
    Option("out", "RUNS_DIR", "Where the run folder is made.", default="runs"),
    Option("compile", "", "Run the steps as a program; the numbers are the same.", default=True),
    Option("checkup", "", "First run a few steps, and say what is wrong.", default=False),
)
OPTIONS = {option.name: option for option in TABLE}
DEFAULTS: Settings = {option.name: option.default for option in TABLE}


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give ``command`` a parameter for each option of the table, in place of its ``**options``."""
    signature = inspect.signature(command, eval_str=True)
    own = [parameter for parameter in signature.parameters.values() if parameter.kind is not parameter.VAR_KEYWORD]
    command.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*(option.parameter for option in TABLE), *own]
    )
    return command


# what they come to ------------------------------------------------------------------------------------------

STEPS, MOST_EPOCHS = 1400, 200  # without --epochs: as many epochs as make about so many steps
FEWEST_EPOCHS = {"cnn": 3}  # else 5
HIDDEN = {"cnn": (128,), "lstm": (64,), "gru": (64,), "bag": ()}  # of an mlp, by the number of features
MANY_SAMPLES, MANY_FEATURES = 10_000, 400


@dataclass(frozen=True)
class Options:
    """How to train, checked, with nothing left open. None means that it is not used."""

    network: str
    horizon: int | None
    window: int | None
    season: int | None
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
    engine: str
    seed: int

    @classmethod
    def of(cls, values: dict[str, Any], samples: int, features: int) -> Options:
        """The ``values`` that `checked` returns, completed for a number of ``samples`` and ``features``.

        Batches of 64 for many samples, else of 32; wider layers for many features, such as pixels; and as many
        epochs as make about `STEPS` steps. Without a network, that is an mlp.
        """
        name = values["network"] or "mlp"
        batch_size = values["batch_size"] or (64 if samples >= MANY_SAMPLES else 32)
        epochs = round(STEPS / math.ceil(samples / batch_size))
        usual: dict[str, Any] = {
            "network": name,
            "hidden": HIDDEN.get(name, (128, 64) if features >= MANY_FEATURES else (64, 32)),
            "batch_size": batch_size,
            "epochs": min(max(epochs, FEWEST_EPOCHS.get(name, 5)), MOST_EPOCHS),
            "lr": usual_rate(values["optimizer"]),
        }
        return cls(**values | {name: value for name, value in usual.items() if values[name] is None})

    def extras(self) -> str:
        """The options that are off by default and used here, in words."""
        values = [(option, getattr(self, option.name)) for option in TABLE if option.words]
        return ", ".join(option.words.format(value) for option, value in values if value != option.off)

    def command_words(self, settings: Settings) -> list[str]:
        """The words of a command line for the same options, whatever the defaults of a later version are."""
        words = []
        for option in TABLE:
            if option.read is not None:
                value = getattr(self, option.name)
                if value != option.off or settings[option.name] != option.default:
                    text = ",".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)
                    words += [option.flag, text]
        return words


def checked(settings: Settings) -> dict[str, Any]:
    """The values of `Options` from their texts, by name; None where one is left open. Raises BadInput."""
    return {option.name: option.value(settings) for option in TABLE if option.read is not None}
