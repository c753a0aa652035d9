"""A saved run: its network, the data it was trained on, and its answers for samples."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

import glassnet.functional as F
from glassnet.autograd import no_grad
from glassnet.cli import run as runs
from glassnet.cli.errors import BadInput
from glassnet.cli.screen import place
from glassnet.cli.session import opened
from glassnet.cli.settings import completed
from glassnet.cli.tasks import Task, task_of
from glassnet.encoders import Encoder, PictureEncoder, Samples, SourceError, TableEncoder, encoder_from_json
from glassnet.errors import GlassnetError
from glassnet.files.schema import Misfit, filled, items, record, text
from glassnet.nn.container import Sequential
from glassnet.nn.finite import ADVICE, check_results, weights_problem
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.serialization import ModelFileError
from glassnet.sources import CLASSIFICATION, Data
from glassnet.tensor import Tensor
from glassnet.tensor.joining import cat
from glassnet.text import shown

DARK = 0.1  # of white: the ground of a picture of light strokes
_LABEL = 40  # characters
_AT_ONCE = 1024  # samples in one forward pass
_NUMBERS = 2**20  # outputs of one forward pass: fewer samples where there are more than a thousand classes
_TEXTS = dict.fromkeys(("source", "split", "noun"), text)
_CLASSIFICATION = record({**_TEXTS, "classes": items(filled, 2, different=True)}, others=True)
_REGRESSION = record({**_TEXTS, "classes": items(text, most=0)}, others=True)


@dataclass(frozen=True)
class SavedRun:
    """The contents of a run folder. ``extra`` was saved with the network so that it can be used: classes, encoding."""

    path: Path
    model: Module
    extra: Mapping[str, Any]
    task: Task
    encoder: Encoder

    @classmethod
    def read(cls, name: str, where: Path, *, to_use: bool = True) -> SavedRun:
        """The run that ``name`` means. Raises BadInput and ModelFileError.

        A network ``to_use`` has weights that are numbers; one that is only to be looked at need not.
        """
        path = runs.find(name, where)
        model, extra = runs.read(path)
        model.eval()
        if to_use:
            if problem := weights_problem(model):
                raise ModelFileError(path / runs.MODEL, problem, ADVICE)
            if problem := _no_layers(model):
                raise _damaged(path, problem)
        task = task_of(extra)
        try:
            (_CLASSIFICATION if extra["task"] == CLASSIFICATION else _REGRESSION).check(extra)
            encoder = encoder_from_json(extra.get("encoding"))
        except Misfit as error:
            raise _damaged(path, f"what it says of its data cannot be read: its {error}") from None
        except GlassnetError as error:
            raise _damaged(path, str(error)) from None
        if isinstance(encoder, TableEncoder) and encoder.classes != tuple(extra["classes"]):
            raise _damaged(path, "its classes are not those of its encoding")
        return cls(path, model, extra, task, encoder)

    @property
    def classes(self) -> Sequence[str]:
        """The names of the classes; () for a regression."""
        return tuple(self.extra["classes"])

    @property
    def labels(self) -> Sequence[str]:
        """The names of the classes as they are printed."""
        return tuple(shown(name, _LABEL) for name in self.classes)

    @property
    def source(self) -> str:
        """What it was trained on."""
        return str(self.extra["source"])

    @property
    def noun(self) -> str:
        """What samples are called, in the plural."""
        return str(self.extra["noun"])

    def damaged(self, problem: str) -> ModelFileError:
        """The error for a model file that was saved by something else."""
        return _damaged(self.path, problem)

    def settings(self) -> dict[str, Any]:
        """What it was trained with."""
        return completed(runs.read_config(self.path)["settings"], str(self.path))

    def examples(self) -> Any:
        """Samples as a person gives them, which were saved with the network; None in a run of an older glassnet.

        Raises ModelFileError where they are no samples of this network.
        """
        examples = self.extra.get("examples")
        if examples is None:
            return None
        try:
            return self.encoder.examples_from_json(examples)
        except SourceError:
            raise self.damaged("its examples are no samples of the network") from None

    def notes_on(self, samples: Samples) -> list[str]:
        """What was done to ``samples``, and whether pictures are negatives of those that were learned from."""
        examples = self.examples() if isinstance(self.encoder, PictureEncoder) else None
        if examples is None:
            return [*samples.notes]
        learned, given = (_grounds(pixels) for pixels in (self.encoder.encode(examples), samples.inputs.numpy()))
        is_dark = bool((learned < DARK).all())
        turned = np.flatnonzero(given > 0.5 if is_dark else given < 0.5)
        if not len(turned) or not (is_dark or (learned > 1 - DARK).all()):
            return [*samples.notes]
        name = place(samples.names[turned[0]]) if samples.names else f"sample {turned[0] + 1}"
        others = f" and {len(turned) - 1:,} more" if len(turned) > 1 else ""
        here, there = ("light", "dark") if is_dark else ("dark", "light")
        note = f"the ground of {name}{others} is {here}, and what was learned from is {there}: turn the colours round"
        return [*samples.notes, note]

    def data(self, console: Console) -> Data:
        """The data it was trained on, read again. Raises BadInput where that has changed, or is gone."""
        try:
            paths = runs.read_config(self.path).get("paths")
            data = opened(self.settings(), console, quiet=False, paths=paths)
        except GlassnetError as error:
            raise BadInput(
                f"{place(self.path)} was trained on {place(self.source)}, which cannot be read again: {error}"
            ) from None
        here = {"classes": list(data.classes), "encoding": data.encoder.to_json(), "split": data.split}
        for name, value in here.items():
            if self.extra.get(name) != value:
                raise BadInput(
                    f"{place(self.source)} is not what it was when {place(self.path)} was trained (another {name}); "
                    "put it back, or name a FILE of samples"
                )
        return data

    def outputs(self, inputs: Tensor) -> Tensor:
        """The outputs of the network. Raises ModelFileError if they do not fit its task."""
        return cat(list(self.outputs_in_parts(inputs)))

    def outputs_in_parts(self, inputs: Tensor) -> Iterator[Tensor]:
        """The outputs of the network for one part of ``inputs`` after the other. Raises what `outputs` raises."""
        return map(self._outputs_of, in_parts(inputs, self._outputs))

    def _outputs_of(self, part: Tensor) -> Tensor:
        try:
            with no_grad():
                outputs: Tensor = self.model(part)
        except (GlassnetError, MemoryError):
            raise
        except Exception as error:  # what a layer raises for the arguments of a stranger is not known
            raise self.damaged(f"the network cannot take its samples ({shown(error)})") from None
        if outputs.shape != (len(part), self._outputs):
            shape = list(outputs.shape[1:])
            raise self.damaged(f"expected {self._outputs} outputs for a sample, got shape {shape}")
        return outputs

    @property
    def _outputs(self) -> int:
        return len(self.classes) or self.encoder.quantities

    def decoded(self, values: Any) -> Array:
        """Numbers of a regression in the units people know: [n]."""
        return self.encoder.decode(values)


def _grounds(pictures: Array) -> Array:
    """How light the ground of each picture is, from 0 to 1: what is in the middle, by lightness, of its edges."""
    edges = [pictures[..., 0, :], pictures[..., -1, :], pictures[..., 0], pictures[..., -1]]
    return np.asarray(np.median(np.concatenate([edge.reshape(len(pictures), -1) for edge in edges], 1), 1))


def _no_layers(model: Module) -> str:
    """What in the description of a network computes nothing of one input, such as a loss or a list of layers; or ""."""
    for name, module in model.named_modules():
        path, _, _ = name.rpartition(".")
        if name and type(model.get_submodule(path)) is not Sequential:
            continue  # a layer knows how it calls what is within it
        kind = type(module)
        try:
            if kind.forward is Module.forward:
                raise TypeError
            inspect.signature(kind.forward).bind(module, None)
        except TypeError:
            return f"{f'layer {shown(name)}' if name else 'the network'} is a {kind.__name__}, which is no layer"
    return ""


def _damaged(path: Path, problem: str) -> ModelFileError:
    return ModelFileError(path / runs.MODEL, problem, "use the run as it was saved, or train it again")


@dataclass(frozen=True)
class Answers:
    """The answers of a network for samples.

    ``values`` are names of classes or numbers [n]. Of classes there are also their ``numbers``, and how ``sure`` the
    network is of them, [n] each; and the ``probabilities`` of all, [n, C], if they were asked for.
    """

    values: Array
    numbers: Array | None = None
    sure: Array | None = None
    probabilities: Array | None = None

    @classmethod
    def of(cls, run: SavedRun, inputs: Tensor, names: Sequence[str] = (), *, probabilities: bool = False) -> Answers:
        """The answers of ``run`` for ``inputs``. Raises NotFiniteError, with the name of the sample, if one is none."""
        if run.extra["task"] != CLASSIFICATION:
            values = run.decoded(run.outputs(inputs).numpy())
            check_results(values, names)
            return cls(values)
        numbers, sure, of_all = most_probable(run.outputs_in_parts(inputs), keep=probabilities)
        check_results(sure, names)
        return cls(np.array(run.classes, object)[numbers], numbers, sure, of_all)

    @classmethod
    def together(cls, parts: Sequence[Answers]) -> Answers:
        """The answers of several calls, one after the other."""
        one = parts[0]
        if len(parts) == 1:
            return one
        names = [name for name in ("values", "numbers", "sure", "probabilities") if getattr(one, name) is not None]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def in_parts(inputs: Tensor, outputs: int) -> Sequence[Tensor]:
    """``inputs`` in parts that a network with so many ``outputs`` for a sample takes at once."""
    return inputs.split(max(1, min(_AT_ONCE, _NUMBERS // outputs)))


def most_probable(outputs: Iterable[Tensor], *, keep: bool = False) -> tuple[Array, Array, Array | None]:
    """The most probable classes [n], how probable they are [n], and, to ``keep``, the probabilities of all [n, C].

    ``outputs`` come in parts, of which none is there any more when the next is computed, but for what is kept.
    """

    def best(part: Tensor) -> tuple[Array, Array, Array | None]:
        probabilities = F.softmax(part, 1).numpy()
        return probabilities.argmax(1), probabilities.max(1), probabilities if keep else None

    numbers, sure, kept = zip(*map(best, outputs), strict=True)
    return np.concatenate(numbers), np.concatenate(sure), np.concatenate(kept) if keep else None
