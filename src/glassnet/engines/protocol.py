"""What an engine is: a class that makes a program ready to run.

Before it is made, `passes` rewrite the program, and operations that the engine does not accept are
decomposed into primitive ones. So an engine has to know the primitive operations, and may know more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

from glassnet.ops.dtypes import Array
from glassnet.program.passes import Pass
from glassnet.program.passes.view_analysis import Strides
from glassnet.program.program import Instruction, Program


class Engine(Protocol):
    """A program, ready to run on NumPy arrays.

    ``source`` is the text that runs, ``program`` what it was written from: the engine may have rewritten it.
    """

    passes: ClassVar[Mapping[str, Pass]]  # in the order in which they rewrite a program for this engine
    program: Program
    source: str

    def __init__(self, program: Program, name: str = "step", strides: Strides | None = None) -> None:
        """Make ``program`` ready to run as the function ``name``.

        ``strides`` say by name how the arrays of the state lie in memory, where they do not lie in order.
        """

    @classmethod
    def missing(cls) -> str:
        """What has to be installed for this engine to run here; "" if nothing is missing."""

    @classmethod
    def accepts(cls, instruction: Instruction) -> bool:
        """Whether the engine runs a named operation as it is; if not, it is decomposed."""

    def bind(self, name: str, array: Array) -> None:
        """Make ``array`` the state ``name``: it is read, and written to, at each run."""

    def run(self, *inputs: Array) -> Any:
        """The program's outputs: nothing, one, or a tuple of them. None of them changes in a later run."""

    def value(self, name: str) -> Array | None:
        """What a value held when the program last ran; None for one that has no memory.

        A value that the program keeps lies at the same place in memory after every run.
        """


class Given(NamedTuple):
    """What an input is given in many runs: in run i the rows ``rows[i]`` of ``array``, or those that come next."""

    array: Array
    rows: Array | None = None


class ManyRuns(Protocol):
    """Many runs in one call: what an engine has as ``run_many`` where it can do that, and None, or nothing, elsewhere.

    The results are those of so many calls of `Engine.run`, bit for bit.
    """

    def takes(self, inputs: Sequence[Given]) -> bool:
        """Whether it can take its batches from these arrays."""

    def __call__(self, inputs: Sequence[Given], times: int) -> tuple[int, tuple[Any, ...]]:
        """Run ``times`` times. Gives how often it ran, and the program's outputs of all runs, in arrays [runs, …].

        It stops before a run that would raise an error, with the state as it was before that one.
        """
