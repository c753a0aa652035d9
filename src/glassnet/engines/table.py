"""The table of engines: by name, those first that are ready sooner. A new engine is a folder, and a line here."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from glassnet.engines.protocol import Engine

AUTO = "auto"  # the first of the table that can run here; `glassnet.compile` goes over from it to a faster one

ENGINES: dict[str, str] = {  # name: module and class, which is imported when it is first asked for
    "numpy": "glassnet.engines.numpy.engine:NumpyEngine",
    "native": "glassnet.engines.native.engine:NativeEngine",
}


def engine_class(name: str) -> type[Engine]:
    """The class of the engine ``name``; "auto" is the first that can run here.

    Raises ValueError for a name that is not in the table, RuntimeError where the engine lacks what it needs.
    """
    if name == AUTO:
        return next(engine for engine in map(_loaded, ENGINES) if not engine.missing())
    if name not in ENGINES:
        *others, last = map(repr, (AUTO, *ENGINES))
        raise ValueError(f"compile: expected engine {', '.join(others)} or {last}, got {name!r:.80}")
    engine = _loaded(name)
    if missing := engine.missing():
        raise RuntimeError(f"the engine {name!r:.80} cannot run here: {missing}")
    return engine


def _loaded(name: str) -> type[Engine]:
    module, _, attribute = ENGINES[name].partition(":")
    return cast("type[Engine]", getattr(import_module(module), attribute))
