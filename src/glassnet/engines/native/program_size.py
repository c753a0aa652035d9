"""What the size of a program decides: whether it is computed in vectors."""

from __future__ import annotations

import math
import re

from glassnet.engines.native.kernels import Kernel
from glassnet.engines.native.segments import Schedule
from glassnet.engines.native.sliced import Sliced

TINY = 16  # passes of each loop nest: fewer than a vector has numbers

IN_SCALARS = """\
/* So few numbers are computed faster one by one: a vector would wait until all of its numbers have been written. */
#pragma GCC optimize("no-tree-vectorize")

"""


def passes(schedule: Schedule) -> list[int]:
    """For each kernel, how often its innermost statements are carried out, about."""
    return [_passes(step) for segment in schedule.segments for step in segment]


def _passes(step: Kernel | Sliced) -> int:
    largest = max(math.prod(x.shape) for i in step.instructions for x in (*i.reads, i.output))
    if isinstance(step, Sliced):
        return largest
    depth = step.product.reads[0].shape[-1] if step.product else 1
    return max(math.prod(step.sizes) * depth, largest)


def in_scalars(source: str, schedule: Schedule) -> str:
    """The C of a tiny program without vectors; of any other as it is."""
    if max(passes(schedule), default=0) >= TINY:
        return source
    return IN_SCALARS + re.sub(r"^ *#pragma omp simd.*\n", "", source, flags=re.MULTILINE)
