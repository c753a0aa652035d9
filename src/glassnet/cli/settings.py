"""Settings of ``train``: each from the command line, else from a file, else its default."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glassnet.cli.errors import BadInput, unknown
from glassnet.cli.options import DEFAULTS, OPTIONS, Option, Settings
from glassnet.files import FileError, read_bytes
from glassnet.files.schema import Misfit, described, flag, maybe, record, text
from glassnet.text import shown

LARGEST = 100_000  # bytes of a file of settings


def merged(arguments: Mapping[str, Any], file: Path | None) -> Settings:
    """All settings: the ``arguments``, where they are not None; else from ``file``; else the default.

    Raises BadInput for a file that cannot be read, or has a setting that there is not.
    """
    from_file = {} if file is None else read(file)
    return DEFAULTS | from_file | {name: value for name, value in arguments.items() if value is not None}


def completed(saved: Mapping[str, Any], where: str) -> Settings:
    """The settings that were ``saved`` at ``where``, and defaults for what they lack. Raises BadInput."""
    settings = {name: saved.get(name, default) for name, default in DEFAULTS.items()}
    try:
        record({name: flag if OPTIONS[name].is_switch else maybe(text) for name in settings}).check(settings)
    except Misfit as error:
        raise BadInput(f"{where}: its setting {error}; train again") from None
    return settings


def read(file: Path) -> Settings:
    """The settings in a TOML file, by name; numbers and lists become the texts of the command line."""
    try:
        table = tomllib.loads(read_bytes(file, LARGEST).decode("utf-8").replace("\r\n", "\n"))
    except OSError as error:
        raise BadInput(f"--config: {file} cannot be read ({error.strerror}); --print-config writes one") from None
    except FileError as error:
        raise BadInput(f"--config: {error}") from None
    except RecursionError:
        raise BadInput(f"--config: {file} is nested too deep for settings; --print-config writes one") from None
    except ValueError as error:  # TOMLDecodeError, UnicodeDecodeError, and a number of thousands of digits
        raise BadInput(f"--config: {file} is not TOML: {error}; --print-config writes one") from None
    settings: Settings = {}
    for name, value in table.items():
        key = name.replace("-", "_")
        if key not in OPTIONS:
            raise unknown(f"--config: {file}", name, OPTIONS)
        settings[key] = _text(file, name, value, OPTIONS[key])
    return settings


def _text(file: Path, name: str, value: Any, option: Option) -> str | bool:
    if option.is_switch or isinstance(value, bool):
        if option.is_switch and isinstance(value, bool):
            return value
        raise BadInput(
            f"--config: {file}: {name} is {'true or false' if option.is_switch else 'no switch'}, got "
            f"{described(value)}"
        )
    is_list = isinstance(value, list)
    if all(isinstance(x, int | float | str) and not isinstance(x, bool) for x in (value if is_list else [value])):
        try:
            return ",".join(map(str, value)) or "none" if is_list else str(value)
        except ValueError:  # more digits than Python writes, which TOML can say in hexadecimal
            raise BadInput(f"--config: {file}: expected a shorter number for {name}") from None
    raise BadInput(f"--config: {file}: expected a text or a number for {name}, got {type(value).__name__}")


def as_toml(settings: Settings) -> str:
    """The settings as a TOML file, which `read` reads; those left open in comments."""
    lines = [
        f"# {name} = …  # {OPTIONS[name].open}" if value is None else f"{name} = {_toml(value)}"
        for name, value in settings.items()
    ]
    return "\n".join(lines) + "\n"


def _toml(value: str | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", value, re.ASCII):
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadInput(
            f"--print-config: TOML cannot hold {shown(value)}, a name whose bytes are not UTF-8; rename it"
        ) from None
    return "".join(map(_toml_letter, json.dumps(value, ensure_ascii=False)))


def _toml_letter(letter: str) -> str:
    """The letter, or, where a terminal would obey it, how TOML writes it."""
    return letter if shown(letter) == letter else f"\\U{ord(letter):08x}"
