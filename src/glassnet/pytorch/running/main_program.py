"""A script, a module or a notebook as the program of this process."""

from __future__ import annotations

import ast
import builtins
import io
import os
import runpy
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from glassnet.pytorch.running.notebook_cells import Recognise, cells_of
from glassnet.pytorch.stand_in import install

_OWN = (f"{Path(__file__).parents[2]}{os.sep}", "<frozen runpy>", "<frozen importlib")


def run_script(path: str, arguments: Sequence[str] = (), compiles: bool = False) -> int:
    """Run the script at ``path`` as ``python path arguments`` would; gives the exit code.

    ``compiles``: its training steps are recognised, and compiled where that is safe. Raises OSError where it cannot be
    read.
    """
    whole = os.path.abspath(path)
    with io.open_code(whole) as file:
        source = file.read()
    main = _main([path, *arguments], whole)
    main.__dict__["__loader__"] = SourceFileLoader("__main__", whole)

    def program() -> None:
        text: Any = source
        if compiles:
            text = ast.parse(source, whole)
            _recogniser()(text, whole, text)
        exec(compile(text, whole, "exec", dont_inherit=True), main.__dict__)

    return _ended(program)


def _recogniser() -> Recognise:
    """What recognises training steps in a tree, from now on also in what is imported of the user's."""
    from glassnet.pytorch import compiling

    compiling.recognise_imports()
    return compiling.recognised


def run_module(name: str, arguments: Sequence[str] = (), compiles: bool = False) -> int:
    """Run the module or package ``name`` as ``python -m name arguments`` would; gives the exit code."""
    sys.argv = [name, *arguments]
    sys.path.insert(0, os.getcwd())
    install()
    if compiles:
        _recogniser()
    return _ended(lambda: runpy.run_module(name, run_name="__main__", alter_sys=True))


def run_notebook(path: str, arguments: Sequence[str] = (), compiles: bool = False) -> int:
    """Run the cells of the notebook at ``path``, one after another; what a cell ends with is printed.

    Raises OSError where it cannot be read, ValueError where it is no notebook.
    """
    cells = cells_of(path, _recogniser() if compiles else None)
    main = _main([path, *arguments], os.path.abspath(path))
    sys.path.insert(1, os.getcwd())  # where %%writefile writes
    main.__dict__["display"] = _display  # which notebooks have without an import

    def program() -> None:
        for cell in cells:
            exec(cell.body, main.__dict__)
            value = None if cell.last is None else eval(cell.last, main.__dict__)
            if value is not None:
                _display(value)

    return _ended(program)


def _display(*values: Any, **_: Any) -> None:
    for value in values:
        sys.stdout.write(f"{value!r}\n")


def _main(arguments: list[str], path: str) -> ModuleType:
    """A new ``__main__``, which the program is run in, with ``torch`` answered by glassnet."""
    main = ModuleType("__main__")
    main.__dict__.update(__file__=path, __builtins__=builtins, __cached__=None)
    sys.modules["__main__"] = main
    sys.argv = arguments
    sys.path.insert(0, os.path.dirname(path))
    install()
    return main


def _ended(program: Callable[[], Any]) -> int:
    """Run ``program`` to its end, and say how it ended as Python does; gives the exit code."""
    sys.excepthook = sys.__excepthook__  # the command has set one of its own
    try:
        program()
    except SystemExit as end:
        return _code_of(end)
    except BaseException as error:
        _strip(error)
        if sys.excepthook is not sys.__excepthook__:  # the program has set one of its own
            sys.excepthook(type(error), error, error.__traceback__)
        else:
            traceback.print_exception(error)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _code_of(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    sys.stderr.write(f"{end.code}\n")
    return 1


def _strip(error: BaseException) -> None:
    """Take away what is glassnet's at both ends of the traceback: the program's own lines stay."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None and _is_ours(trace):
        trace = trace.tb_next
    error.__traceback__ = last = trace
    while trace is not None:
        last = last if _is_ours(trace) else trace
        trace = trace.tb_next
    if last is not None:
        last.tb_next = None


def _is_ours(trace: TracebackType) -> bool:
    return trace.tb_frame.f_code.co_filename.startswith(_OWN)
