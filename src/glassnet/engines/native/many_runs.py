"""Many runs of a program in one call: the loop in C over the batches of an epoch, and what calls it."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np

from glassnet.engines.native.arena import aligned
from glassnet.engines.native.c_source import BARRIER, FAULT, address
from glassnet.engines.native.kernel_code import block
from glassnet.engines.native.segments import Schedule
from glassnet.engines.protocol import Given
from glassnet.ops.dtypes import Array
from glassnet.program.program import Var

TABLE, TIMES, INPUTS = 0, 1, 2  # positions in the table of addresses of `run_many`; from INPUTS on, three an input


def can_run_many(schedule: Schedule) -> bool:
    """Whether all of a program is C, and what it gives back lies in order in memory that is its own."""
    layouts = [schedule.layouts[x] for x in schedule.program.outputs if isinstance(x, Var)]
    are_in_order = all(layout.array.flags.c_contiguous for layout in layouts)
    return (
        schedule.is_all_in_c and are_in_order and not any(layout.root in schedule.program.inputs for layout in layouts)
    )


def many_runs_source(schedule: Schedule, places: Mapping[Var, int]) -> str:
    """The C of the loop, which follows that of the program."""
    header = files("glassnet.engines.native").joinpath("many_runs.h").read_text(encoding="utf-8").rstrip()
    comment = (
        "/* The whole program so many times, each time for the next batch. What it gives back is kept from each time.\n"
        "   Gives how many times it ran: fewer than asked for where an index was out of range. */"
    )
    loop = block("for (int64_t i = 0; i < times; i++)", _once(schedule, places))
    body = (
        f"void **at = many[{TABLE}];",
        f"void (*const barrier)(void) = at[{BARRIER}];",
        f"const int64_t times = *(const int64_t *)many[{TIMES}], *fault = at[{FAULT}];",
        "char *arena = at[0];",
        *loop,
        "return times;",
    )
    function = "\n".join(block("int64_t run_many(void *const *many, long id, long threads)", body))
    return f"\n{header}\n\n{comment}\n{function}\n"


def _once(schedule: Schedule, places: Mapping[Var, int]) -> Iterator[str]:
    """One run: the batch, the segments, what is given back."""
    inputs, wait = schedule.program.inputs, "if (threads > 1) barrier();"
    for n, var in enumerate(inputs):
        count, nbytes = var.shape[0] if var.shape else 1, var.nbytes
        each = f"{count}, {nbytes // max(1, count)}"
        yield f"next_batch_(at + {places[var]}, many + {INPUTS + 3 * n}, i, times, {each}, id, threads); /* {var} */"
    for n in range(len(schedule.segments)):
        yield wait
        yield f"segment_{n}(at, id, threads);"
        yield wait
        yield "if (*fault) return i;"
    for n, var in enumerate(_given_back(schedule)):
        layout = schedule.layouts[var]
        to = f"(char *)many[{INPUTS + 3 * len(inputs) + n}] + {var.nbytes} * i"
        begin = f"(char *){address(layout.root, schedule, places)} + {layout.offset * var.dtype.itemsize}"
        yield f"if (!id) memcpy({to}, {begin}, {var.nbytes}); /* {var} */"


def _given_back(schedule: Schedule) -> list[Var]:
    return [x for x in schedule.program.outputs if isinstance(x, Var)]


class ManyRuns:
    """The loop over a program, ready to run. ``table`` has the addresses of the program, ``run`` calls the loop."""

    def __init__(
        self, schedule: Schedule, table: Any, fault: Array, threads: int, run: Callable[[Any, int], int]
    ) -> None:
        self._schedule = schedule
        self._fault = fault
        self._threads = threads
        self._run = run
        self._times = np.zeros(1, np.int64)
        self._batches = [aligned(var.nbytes) for var in schedule.program.inputs]
        self._outputs = _given_back(schedule)
        self._many = (ctypes.c_void_p * (INPUTS + 3 * len(self._batches) + len(self._outputs)))()
        self._many[TABLE] = ctypes.addressof(table)
        self._many[TIMES] = _address(self._times)
        for n, batch in enumerate(self._batches):
            self._many[INPUTS + 3 * n + 2] = _address(batch)

    def takes(self, inputs: Sequence[Given]) -> bool:
        """Whether these arrays can be read as they lie."""
        wanted = self._schedule.program.inputs
        return len(inputs) == len(wanted) and all(map(_fits, wanted, inputs))

    def __call__(self, inputs: Sequence[Given], times: int) -> tuple[int, tuple[Any, ...]]:
        """Run ``times`` times; gives how often it ran, and all that it gave back, in arrays [times, …]."""
        self._times[0] = times
        for n, (array, rows) in enumerate(inputs):
            self._many[INPUTS + 3 * n] = _address(array)
            self._many[INPUTS + 3 * n + 1] = None if rows is None else _address(rows)
        kept = {var: np.empty((times, *var.shape), var.dtype) for var in self._outputs}
        for n, var in enumerate(self._outputs, INPUTS + 3 * len(inputs)):
            self._many[n] = _address(kept[var])
        try:
            done = self._run(self._many, self._threads)
        finally:  # Ctrl-C comes when it is over
            self._fault[0] = 0
        return done, tuple(kept[x][:done] if isinstance(x, Var) else x for x in self._schedule.program.outputs)


def _address(array: Array) -> int:
    found: int = array.__array_interface__["data"][0]  # a tenth of the time of array.ctypes.data
    return found


def _fits(var: Var, given: Given) -> bool:
    """Whether C can take the batches of an input from what is given."""
    array, rows = given
    if not array.flags.c_contiguous or array.dtype != var.dtype:
        return False
    if rows is None:
        return array.size % max(1, math.prod(var.shape)) == 0
    return array.shape[1:] == var.shape[1:] and rows.dtype == np.int64 and rows.flags.c_contiguous
