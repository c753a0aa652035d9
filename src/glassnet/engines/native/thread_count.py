"""How many threads carry out a program: as many as gain more by dividing the work than they lose by waiting."""

from __future__ import annotations

import math
import os

from glassnet.engines.native.kernels import Kernel
from glassnet.engines.native.segments import Schedule
from glassnet.engines.native.sliced import Sliced
from glassnet.errors import GlassnetError
from glassnet.program.program import Instruction
from glassnet.threads import cores

VARIABLE = "GLASSNET_THREADS"
# Nanoseconds, as measured on a core with AVX-512, of: a multiplication and an addition in a product, an element of
# anything else, and what a thread more costs each kernel, in waiting and in numbers that come from another core.
PRODUCT, ELEMENT, WAITING = 0.02, 0.2, 3000
LEAST = 500  # that a program takes in all: with less, there is nothing to be divided


class ThreadsError(GlassnetError, ValueError):
    """A number of threads that is none."""


def threads_for(schedule: Schedule) -> int:
    """As many as the variable GLASSNET_THREADS says; otherwise what is best for the program, on the cores there are.

    One for what is too small in any case. The bits of the results do not depend on it. Raises ThreadsError.
    """
    steps = [step for segment in schedule.segments for step in segment]
    work = sum(map(nanoseconds, steps))
    asked = threads_asked_for()
    if work <= LEAST:
        return 1
    if asked is not None:
        return asked
    return max(1, min(cores(), int(math.sqrt(work / (len(steps) * WAITING)))))


def threads_asked_for() -> int | None:
    """What the variable GLASSNET_THREADS says; None where it is not set. Raises ThreadsError."""
    asked = os.environ.get(VARIABLE, "").strip()
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and int(asked[:9])):
        raise ThreadsError(f"{VARIABLE}: expected a number of threads, 1 or more, got {asked!r:.80}")
    return int(asked[:9])


def nanoseconds(step: Kernel | Sliced) -> float:
    """About how long one thread takes for a step."""
    if isinstance(step, Kernel):
        return sum(map(nanoseconds_of, step.instructions))
    return sum(nanoseconds_of(instruction) for program in step.region.programs for instruction in program)


def nanoseconds_of(instruction: Instruction) -> float:
    """About how long one thread takes for an instruction."""
    output = math.prod(instruction.output.shape)
    if instruction.op.name == "matmul":
        return PRODUCT * output * instruction.reads[0].shape[-1]
    return ELEMENT * max(output, *(math.prod(x.shape) for x in instruction.reads), 0)
