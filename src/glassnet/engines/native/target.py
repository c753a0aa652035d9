"""The target: what the C of a program may use, which depends on where it is compiled and run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """``vector_bytes`` are those of the widest vector, 0 for C99 that any compiler takes.

    Then there are no vectors, no pragmas, and one thread.
    """

    vector_bytes: int

    @property
    def is_portable(self) -> bool:
        """Whether it is for any compiler."""
        return self.vector_bytes == 0


PORTABLE = Target(0)
