"""``glassnet run script.py``: a PyTorch script, with glassnet in PyTorch's place."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from glassnet.cli.errors import BadInput, Failed
from glassnet.cli.shared_arguments import path_option
from glassnet.text import harmless

# What comes after the script is for the script, whatever it looks like.
SETTINGS = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}


def run(
    context: typer.Context,
    script: Annotated[str, typer.Argument(metavar="SCRIPT", help="A .py file, a notebook (.ipynb), or a module.")],
    module: Annotated[bool, typer.Option("-m", help="SCRIPT is a module or package, as for python -m.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Run nothing: list what is missing.")] = False,
    compile: Annotated[bool, typer.Option("--compile", help="Compile training steps where that is safe.")] = False,
    data: Annotated[Path | None, path_option(metavar="DIR", help="Where data sets are, whatever root says.")] = None,
) -> Callable[[], int] | None:
    """Run a PyTorch script with glassnet in PyTorch's place.

    Example: glassnet run script.py --epochs 3
    """
    if data is not None:
        if not data.is_dir():
            raise BadInput(f"--data: expected a folder, got {str(data)!r:.80}")
        os.environ["GLASSNET_DATA"] = str(data)
    if check:
        _check(script, module)
        return None
    arguments = list(context.args)
    from glassnet.pytorch import running

    if module:
        return lambda: running.run_module(script, arguments, compile)
    if not Path(script).is_file():
        raise BadInput(f"{harmless(script)}: there is no such file; a module or package is run with: glassnet run -m")
    run_file = running.run_notebook if script.endswith(".ipynb") else running.run_script
    return lambda: run_file(script, arguments, compile)


def _check(script: str, module: bool) -> None:
    from glassnet.pytorch.missing_names import file_of, missing_in

    if module:
        sys.path.insert(0, os.getcwd())  # where python -m looks too
    path = file_of(script, module)
    if path is None:
        raise BadInput(f"{harmless(script)}: there is no such {'module' if module else 'file'}")
    try:
        missing = missing_in(path)
    except (SyntaxError, ValueError) as error:
        raise BadInput(f"{harmless(script)}: {harmless(error)}") from None
    for one in missing:
        sys.stdout.write(harmless(f"{one.file}:{one.line}: {one.problem}") + "\n")
    if missing:
        number = len({one.problem for one in missing})
        raise Failed(f"{number} name{'s are' if number > 1 else ' is'} missing; the rest is there")
    sys.stdout.write("nothing is missing\n")
