"""What there is to say of a network in a file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from glassnet.encoders.encoder import Encoder, Standalone
from glassnet.export.forward import follows_batch
from glassnet.ops.dtypes import Array
from glassnet.ops.record import Op
from glassnet.program.program import Program

_TOLERANCES = {"float16": 1e-2, "float32": 1e-4, "float64": 1e-9}


@dataclass(frozen=True)
class Exported:
    """A network as a program, its numbers, and a few samples with what it makes of them.

    ``samples`` are as a person gives them; the ``encoder`` makes ``inputs`` of them. Without ``classes`` the network
    gives values.
    """

    program: Program
    state: dict[str, Array]
    encoder: Encoder
    samples: Any
    inputs: Array
    outputs: Array
    classes: tuple[str, ...]

    @cached_property
    def standalone(self) -> Standalone:
        """What the file needs to encode samples."""
        return self.encoder.standalone(self.inputs.dtype)

    @property
    def weights(self) -> dict[str, Array]:
        """Parameters, buffers and constants, by name."""
        constants = {v.name: array for v, array in self.program.constants.items() if not follows_batch(v)}
        return self.state | constants

    @property
    def arrays(self) -> dict[str, Array]:
        """All numbers of the file: the weights, and the samples it tests itself with."""
        samples = {"TEST_INPUTS": self.samples} if isinstance(self.samples, np.ndarray) else {}
        return self.weights | samples | {"TEST_OUTPUTS": self.outputs}

    @property
    def last_op(self) -> Op | None:
        """The operation that gives the result."""
        return next((i.op for i in self.program if i.output == self.program.outputs[0]), None)

    @property
    def tolerance(self) -> float:
        """How much the results may differ from one machine to another."""
        return _TOLERANCES.get(str(self.outputs.dtype), 0)

    @property
    def fingerprint(self) -> str:
        """A digest of the weights, to know them by: 16 hexadecimal digits."""
        digest = hashlib.sha256()
        for array in self.weights.values():
            digest.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes())
        return digest.hexdigest()[:16]
