"""``glassnet info``: versions, the machine, how fast NumPy is on it, and what compiles programs."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

import glassnet
from glassnet.cli import display, machine
from glassnet.cli.machine import Speed, measured
from glassnet.engines.native.compilers import compiler
from glassnet.engines.native.engine import NativeEngine
from glassnet.engines.native.library_cache import kept
from glassnet.engines.native.thread_count import VARIABLE, threads_asked_for
from glassnet.threads import cores


def info(
    measure: Annotated[
        bool, typer.Option("--measure", help="Measure how fast NumPy is, with each set of kernels; takes seconds.")
    ] = False,
) -> None:
    """Show versions, the processor, and how NumPy uses it.

    Example: glassnet info --measure
    """
    console = display.new_console()
    blas = machine.blas()
    facts = display.facts()
    for name, value in _facts(blas):
        facts.add_row(name, value)
    console.print(Padding(facts, (0, 2)))
    advice = _advice(blas, _forced())
    if advice:
        console.print(Padding(advice, (1, 2, 0, 2)))
    if measure:
        _show_speeds(console)


def _facts(blas: machine.Blas) -> Iterator[tuple[str, str]]:
    yield "glassnet", glassnet.__version__
    yield "NumPy", np.__version__
    yield "Python", f"{platform.python_version()} on {platform.system()}, {platform.machine()}"
    yield "processor", machine.processor()
    yield "cores", f"{cores()}"
    yield "BLAS", f"{blas.name} {blas.version}".rstrip()
    yield "kernels", f"{blas.kernels} ({blas.instructions})" if blas.instructions else blas.kernels
    yield "threads", machine.UNKNOWN if blas.threads is None else f"{blas.threads}"
    forced = _forced()
    chosen = "not set: OpenBLAS chooses by itself"
    yield from _compiled()
    yield machine.CORETYPE, f"{forced}, set in the environment" if forced else chosen


def _compiled() -> Iterator[tuple[str, str]]:
    """What compiled steps run by, where they run as C."""
    found, libraries = compiler(), kept()
    yield "compiler", NativeEngine.missing() if found is None else f"{found.command[0]}: {found.version}"
    if libraries is None:
        yield "compiled", "no folder to keep compiled programs in: each process compiles anew"
    else:
        size = f"{libraries.nbytes / 1e6:.1f} MB"
        yield "compiled", f"{libraries.programs} programs kept, {size}, in {libraries.place}"
    asked = threads_asked_for()
    chosen = f"not set: as a program's size asks for, {cores()} at most"
    yield VARIABLE, chosen if asked is None else f"{asked}, set in the environment"


def _forced() -> str | None:
    """The kernels that the environment asks for; glassnet never sets them."""
    return os.environ.get(machine.CORETYPE) or None  # set to nothing is not set


def _advice(blas: machine.Blas, forced: str | None) -> str:
    """What to do about kernels that use half of the processor; "" if there is nothing to do."""
    if blas.instructions != "AVX2" or not machine.has_avx512():
        return ""
    if forced is not None:
        return (
            f"{machine.CORETYPE}={forced} keeps OpenBLAS to AVX2 kernels, and this processor has AVX-512: without it, "
            "matrix products may take half the time. See: glassnet info --measure"
        )
    return (
        "OpenBLAS chose AVX2 kernels, and this processor has AVX-512. See whether others are faster: glassnet info "
        f"--measure; then set them: {machine.CORETYPE}=SkylakeX"
    )


def _show_speeds(console: Console) -> None:
    """Print a table of the speed with each choice of kernels."""
    forced = _forced()
    choices: list[str | None] = [None]
    if machine.blas().kernels != machine.UNKNOWN and platform.machine().lower() in ("x86_64", "amd64"):
        choices += ["Haswell", *["SkylakeX"] * machine.has_avx512()]
    if forced not in choices:
        choices.append(forced)
    table = display.columns("asked for", "kernels", "product", "step", left=2)
    for choice in choices:
        name = (choice or "nothing") + (" (now)" if choice == forced else "")
        table.add_row(name, *_cells(measured(choice)))
    console.print(Padding(table, (1, 2)))
    note = "float32. Product: matrices of 512×512. Step: 784-128-64-10, batch 64, SGD, compiled."
    console.print(Padding(Text(note, "dim"), (0, 2)))


def _cells(speed: Speed | None) -> tuple[str, str, str]:
    if speed is None:
        return "", "not measured", ""
    return speed.kernels, f"{speed.gigaflops:.0f} GFLOP/s", f"{speed.step * 1e6:.0f} µs"
