"""The table of engines: by name, those first that are ready sooner. A new engine is a folder, and a line here."""

from __future__ import annotations

import os
from importlib import import_module
from typing import cast

from glassnet.engines.protocol import Engine

AUTO = "auto"  # the first of the table that can run here; `glassnet.compile` goes over from it to a faster one
VARIABLE = "GLASSNET_ENGINE"

ENGINES: dict[str, str] = {  # name: module and class, which is imported when it is first asked for
    "numpy": "glassnet.engines.numpy.engine:NumpyEngine",
    "native": "glassnet.engines.native.engine:NativeEngine",
}


def asked_for(name: str) -> str:
    """The name of an engine; in place of "auto" the one that the variable GLASSNET_ENGINE names, if it is set.

    Raises ValueError where it names none.
    """
    asked = os.environ.get(VARIABLE, "").strip() if name == AUTO else name
    if name == AUTO and asked not in ("", AUTO, *ENGINES):
        raise ValueError(f"{VARIABLE}: expected {_names()}, got {asked!r:.80}")
    return asked or name


def engine_class(name: str) -> type[Engine]:
    """The class of the engine ``name``; "auto" is the first that can run here.

    Raises ValueError for a name that is not in the table, RuntimeError where the engine lacks what it needs.
    """
    if name == AUTO:
        return next(engine for engine in map(_loaded, ENGINES) if not engine.missing())
    if name not in ENGINES:
        raise ValueError(f"compile: expected engine {_names()}, got {name!r:.80}")
    engine = _loaded(name)
    if missing := engine.missing():
        raise RuntimeError(f"the engine {name!r:.80} cannot run here: {missing}")
    return engine


def _names() -> str:
    *others, last = map(repr, (AUTO, *ENGINES))
    return f"{', '.join(others)} or {last}"


def _loaded(name: str) -> type[Engine]:
    module, _, attribute = ENGINES[name].partition(":")
    return cast("type[Engine]", getattr(import_module(module), attribute))
