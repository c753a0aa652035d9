"""Settings of ``train``: each from the command line, else from a file, else its default."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glassnet.cli.errors import BadInput, unknown

Settings = dict[str, Any]  # texts, or True or False for a switch, or None

DEFAULTS: Settings = {
    "source": None,
    "target": None,
    "task": None,
    "data": None,
    "hidden": None,
    "activation": "relu",
    "dropout": "0",
    "epochs": None,
    "batch_size": None,
    "lr": None,
    "optimizer": "adam",
    "weight_decay": "0",
    "schedule": "cosine",
    "clip": None,
    "accumulate": "1",
    "patience": None,
    "class_weight": "none",
    "seed": "0",
    "out": "runs",
    "compile": True,
    "checkup": False,
}
LEFT_OPEN = {  # what a setting without a default means
    "source": "what to learn",
    "target": "for a table: the column to learn",
    "task": "for a table: as the values of the target suggest",
    "data": "downloaded where needed",
    "hidden": "what suits the number of features",
    "epochs": "what suits the number of samples",
    "batch_size": "what suits the number of samples",
    "lr": "what suits the optimizer",
    "clip": "gradients are not clipped",
    "patience": "all epochs are trained",
}


def merged(given: Mapping[str, Any], file: Path | None) -> Settings:
    """All settings: those ``given``, where they are not None; else from ``file``; else the default.

    Raises BadInput for a file that cannot be read, or has a setting that there is not.
    """
    from_file = {} if file is None else read(file)
    return DEFAULTS | from_file | {name: value for name, value in given.items() if value is not None}


def completed(settings: Mapping[str, Any], where: str) -> Settings:
    """The settings that were saved at ``where``, and defaults for what it does not have. Raises BadInput."""
    found = {name: settings.get(name, default) for name, default in DEFAULTS.items()}
    for name, value in found.items():
        if not isinstance(value, bool if isinstance(DEFAULTS[name], bool) else str | None):
            raise BadInput(f"{where}: its setting {name} is damaged, got {value!r:.40}; train again")
    return found


def option(name: str) -> str:
    """A setting as it is on the command line."""
    return "SOURCE" if name == "source" else f"--{name.replace('_', '-')}"


def read(file: Path) -> Settings:
    """The settings in a TOML file, by name; numbers and lists become the texts of the command line."""
    try:
        with open(file, "rb") as stream:
            found = tomllib.load(stream)
    except OSError as error:
        raise BadInput(f"--config: {file} cannot be read ({error.strerror}); --print-config writes one") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"--config: {file} is not TOML: {error}; --print-config writes one") from None
    settings: Settings = {}
    for name, value in found.items():
        key = name.replace("-", "_")
        if key not in DEFAULTS:
            raise unknown(f"--config: {file}", name, DEFAULTS)
        settings[key] = _text(file, name, value, is_switch=isinstance(DEFAULTS[key], bool))
    return settings


def _text(file: Path, name: str, value: Any, *, is_switch: bool) -> str | bool:
    if is_switch or isinstance(value, bool):
        if is_switch and isinstance(value, bool):
            return value
        raise BadInput(
            f"--config: {file}: {name} is {'true or false' if is_switch else 'no switch'}, got {value!r:.40}"
        )
    if isinstance(value, list) and all(isinstance(x, int | float | str) for x in value):
        return ",".join(map(str, value)) or "none"
    if isinstance(value, str | int | float):
        return str(value)
    raise BadInput(f"--config: {file}: expected a text or a number for {name}, got {type(value).__name__}")


def as_toml(settings: Settings) -> str:
    """The settings as a TOML file, which `read` reads; those left open in comments."""
    lines = []
    for name, value in settings.items():
        if value is None:
            lines.append(f"# {name} = …  # {LEFT_OPEN[name]}")
        else:
            lines.append(f"{name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _toml(value: str | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", value, re.ASCII):
        return value
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
