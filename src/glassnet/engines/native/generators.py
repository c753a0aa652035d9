"""Random generators in C: NumPy's own state and functions, by which a program draws what NumPy would draw.

What C needs of a generator stands in a piece of memory, as any other value does: where NumPy has its state and its
functions, and what that state was when the step began, so that one that is refused can put it back (`generators.h`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

import numpy as np

from glassnet.ops.dtypes import int64
from glassnet.program.program import Instruction, Program, Var

FUNCTIONS = (  # of numpy/random/distributions.h, in the order of the struct in `generators.h`
    "random_standard_uniform_fill_f",
    "random_standard_uniform_fill",
    "random_standard_normal_fill_f",
    "random_standard_normal_fill",
    "random_bounded_uint64_fill",
)
KEPT = 5  # words of the state
WORDS = 1 + len(FUNCTIONS) + KEPT


def generator_of(instruction: Instruction) -> Var | None:
    """The memory that stands for the generator an instruction draws from; None for one that draws nothing."""
    generator = instruction.params.get("generator")
    return None if generator is None else Var(f"generator {id(generator)}", (WORDS,), int64)


def generators_of(program: Program) -> dict[Var, Any]:
    """The generators that a program draws from."""
    found = ((generator_of(i), i.params.get("generator")) for i in program)
    return {var: generator for var, generator in found if var is not None}


def is_known(generator: Any) -> bool:
    """Whether C can draw from a generator: its state lies as is known here, and NumPy hands out its functions."""
    bits = _bits(generator)
    if type(bits).__name__ != "PCG64" or _functions() is None:
        return False
    with bits.lock:
        raw, state = _raw_state(bits), bits.state
    words = [int.from_bytes(raw[i : i + n], "little") for i, n in ((0, 16), (16, 16), (32, 4), (36, 4))]
    return words == [state["state"]["state"], state["state"]["inc"], state["has_uint32"], state["uinteger"]]


class Generators:
    """The generators of a program that is ready to run, each in the memory by which C knows it."""

    def __init__(self, generators: Mapping[Var, Any]) -> None:
        functions = _functions() if generators else None
        self.memory = {var: np.array([0, *(functions or ()), *[0] * KEPT], np.int64) for var in generators}
        self._pairs = [(generators[var], memory) for var, memory in self.memory.items()]

    @contextmanager
    def held(self) -> Iterator[None]:
        """While C draws, nobody else does. Which NumPy generator a default one is, depends on the thread."""
        with ExitStack() as stack:
            for generator, memory in self._pairs:
                bits = _bits(generator)
                memory[0] = bits.ctypes.bit_generator.value
                stack.enter_context(bits.lock)
            yield

    def during(self, call: Callable[[Any, int], int]) -> Callable[[Any, int], int]:
        """A call of C that draws."""

        def drawing(table: Any, threads: int) -> int:
            with self.held():
                return call(table, threads)

        return drawing


def _bits(generator: Any) -> Any:
    return getattr(generator, "numpy", generator).bit_generator


def _raw_state(bits: Any) -> bytes:
    """What lies where NumPy has the state of PCG64: a pointer to 32 bytes, and 8 bytes."""
    place = bits.ctypes.state_address
    pointer = ctypes.c_void_p.from_address(place)
    return ctypes.string_at(pointer, 32) + ctypes.string_at(place + ctypes.sizeof(ctypes.c_void_p), 8)


@cache
def _functions() -> tuple[int, ...] | None:
    """The addresses of NumPy's functions; None where this NumPy does not hand them out."""
    import numpy.random._generator as module

    try:
        library = ctypes.CDLL(module.__file__)
        found = [ctypes.cast(getattr(library, name), ctypes.c_void_p).value for name in FUNCTIONS]
    except (OSError, AttributeError):
        return None
    return tuple(address for address in found if address is not None)
