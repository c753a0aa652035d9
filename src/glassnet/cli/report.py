"""The contents of report.html, the page of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.cli.display import command, count, layers_text, source_words
from glassnet.cli.saved_run import in_parts, most_probable
from glassnet.cli.session import VERSIONS, Session
from glassnet.encoders import PictureEncoder, SeriesEncoder
from glassnet.nn.convolution import Conv2d
from glassnet.nn.linear import Linear
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.sources import CLASSIFICATION, Data
from glassnet.tables.series import step_in_words
from glassnet.training import History, Trainer
from glassnet.training.report import Forecast, Report
from glassnet.training.report.formats import SYMBOLS


def report_of(name: str, session: Session, trainer: Trainer, config: Mapping[str, Any]) -> Report:
    """The report of the run ``name``, with the answers of the network for the held-out samples."""
    data = session.data
    shape = tuple(data.held_out.inputs.shape[1:])
    is_image = isinstance(data.encoder, PictureEncoder)
    answers = judged(data, trainer)
    first, picture = _first_layer(session.model, shape if is_image else None)
    return Report(
        title=f"{name}: {_network(session)}",
        task=data.task,
        facts=_facts(session, trainer.history, config),
        history=trainer.history.epochs,
        classes=data.classes,
        images=_pictures(data.held_out.inputs.numpy()) if is_image else None,
        rows=data.rows,
        row_numbers=None if data.rows is None else data.rows.numbers,
        target_name=data.encoder.target_name,
        feature_names=data.encoder.feature_names,
        first_layer=first,
        image_shape=picture,
        command=repeated(session),
        forecast=_forecast(data, answers["predictions"]) if isinstance(data.encoder, SeriesEncoder) else None,
        **answers,
    )


def _network(session: Session) -> str:
    """The network in a few words: its sizes, or, where there is more to it than linear layers, its name."""
    if session.options.network == "mlp":
        return layers_text(session.model)
    return f"{session.options.network}, {count(session.model):,} parameters"


def _first_layer(model: Module, shape: Sequence[int] | None) -> tuple[Array | None, Sequence[int] | None]:
    """The weights of the first layer [units, features], and the ``shape`` of a picture as each of its units sees it."""
    first = next((layer for layer in model.modules() if any(True for _ in layer.parameters(recurse=False))), None)
    if isinstance(first, Linear):
        return first.weight.detach().numpy(), shape
    if isinstance(first, Conv2d):
        kernels = first.weight.detach().numpy()
        return kernels.reshape(len(kernels), -1), kernels.shape[1:]
    return None, None


def judged(data: Data, trainer: Trainer) -> dict[str, Any]:
    """The targets and the answers of the network, as arguments of `Report`."""
    inputs, targets = data.held_out.inputs, data.held_out.targets.numpy()
    if data.task == CLASSIFICATION:
        outputs = (trainer.predict(part) for part in in_parts(inputs, len(data.classes)))
        predictions, certainty, _ = most_probable(outputs)
        return {"targets": targets, "predictions": predictions, "certainty": certainty}
    decode = data.encoder.decode
    return {"targets": decode(targets), "predictions": decode(trainer.predict(inputs).numpy())}


def _forecast(data: Data, predictions: Array) -> Forecast:
    """What was held out of a series, and the forecasts that follow each other in it, beside the baseline."""
    encoder = data.encoder
    assert isinstance(encoder, SeriesEncoder)
    assert data.baseline is not None
    horizon = encoder.horizon
    targets = encoder.decode(data.held_out.targets.numpy()).reshape(-1, horizon)
    before = encoder.inverse(data.held_out.inputs.numpy()[:1])[0]
    actual = np.concatenate([before, targets[:, 0], targets[-1, 1:]])
    answers = [values.reshape(-1, horizon)[::horizon].reshape(-1) for values in (predictions, data.baseline.values)]
    padded = [np.concatenate([np.full(len(before), np.nan), values]) for values in answers]
    error = float(np.abs(data.baseline.values - targets.reshape(-1)).mean())
    assert data.rows is not None
    begin = f"step {len(before) + 1} is {dict(data.rows[0])['date']}"
    steps = f"steps of {step_in_words(encoder.step)}; {begin}"
    return Forecast(actual, padded[0], padded[1], data.baseline.name, error, horizon, steps)


def _facts(session: Session, history: History, config: Mapping[str, Any]) -> dict[str, str]:
    data, options, task = session.data, session.options, session.task
    extras = options.extras()
    results = {name: config["results"][f"val_{name}"] for name in (*task.metrics, "loss")}
    numbers = ", ".join(f"{SYMBOLS.get(name, name)} {value:.4f}" for name, value in results.items())
    return {
        "data": "\n".join((data.what, *data.notes)),
        "origin": data.origin,
        "split": f"{len(data.train):,} to learn from, {len(data.held_out):,} held out: {data.split}",
        "network": layers_text(session.model),
        "parameters": f"{count(session.model):,}",
        "training": f"{options.optimizer}, learning rate {options.lr:g}, batches of {options.batch_size}, "
        f"{len(history)} of {options.epochs} epochs, seed {options.seed}{f', {extras}' if extras else ''}",
        "result": "\n".join(filter(None, (f"held out: {numbers}", config["baseline"]))),
        "time": f"{config['seconds']:.2f} s",
        "versions": ", ".join(f"{name} {version}" for name, version in VERSIONS.items()),
        "date": _moment(config.get("started")),
    }


def _pictures(inputs: Array) -> Array:
    return inputs if inputs.ndim == 3 else np.moveaxis(inputs, 1, 3)


def repeated(session: Session) -> str:
    """The command that repeats the run, whatever the defaults of a later version are."""
    settings = session.settings
    switches = [
        flag for flag, on in (("--augment", settings["augment"]), ("--no-compile", not settings["compile"])) if on
    ]
    return command("glassnet", "train", *source_words(settings), *session.options.command_words(settings), *switches)


def _moment(text: str | None) -> str:
    return "not known" if text is None else f"{text.replace('T', ' ')[:16]} UTC"
