"""One recording of a function: its program, the engine that runs it, and the tensors it is bound to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from glassnet.engines.numpy.engine import NumpyEngine
from glassnet.engines.numpy.lowering import has_own_form
from glassnet.graph import clock_of, mode, tick
from glassnet.program.naming import named_program
from glassnet.program.passes import optimized
from glassnet.program.program import Program
from glassnet.program.record import Recorder
from glassnet.program.structure import taken_apart
from glassnet.program.surroundings import Surroundings
from glassnet.tensor import Tensor, wrap


class Recording:
    """What came of running ``call`` once: ``result`` is what it gave, that time.

    ``complete`` says whether the recording can stand for later calls. It cannot where state came
    into being while it ran, as an optimizer's does at its first step: then the next call is
    recorded.
    """

    def __init__(
        self, call: Callable[[], Any], inputs: Mapping[str, Any], surroundings: Surroundings, name: str
    ) -> None:
        self.surroundings = surroundings
        before = {id(tensor) for _, tensor in surroundings.named_state()}
        recorder = Recorder()
        for array in inputs.values():
            recorder.number(array)
        with surroundings.watched_by(recorder):
            mode.recorder = recorder
            try:
                self.result = call()
            finally:
                mode.recorder = None
        state = list(surroundings.named_state())
        recorder.check_kept(self.result, [tensor.grad for _, tensor in state])
        self.complete = all(id(tensor) in before for _, tensor in state)
        if self.complete:
            self._build(recorder, inputs, state, name)

    def _build(self, recorder: Recorder, inputs: Mapping[str, Any], state: list[tuple[str, Tensor]], name: str) -> None:
        flat, self._rebuilt = taken_apart(self.result, "it returned")
        names = {id(tensor.array): label for label, tensor in reversed(state)}
        made = recorder.made
        graded = [tensor for _, tensor in state if tensor.grad is not None and id(tensor.grad.array) in made]
        gradients = tuple(tensor.grad.array for tensor in graded if tensor.grad is not None)
        recorded, arrays = named_program(recorder, inputs, names, tuple(flat), gradients)
        self.program: Program = optimized(recorded, has_own_form)
        self.engine = NumpyEngine(self.program, name)
        by_array = {id(tensor.array): tensor for _, tensor in state}
        self._bound = [(label, by_array[id(array)]) for label, array in arrays.items()]
        self._arrays: list[Any] = [None] * len(self._bound)
        written = {label for instruction in self.program for label in instruction.writes}
        self._clocks = [clock_of(tensor) for label, tensor in self._bound if label in written]
        kept = (self.engine.value(var.name) for var in self.program.kept)
        self._gradients = list(zip(graded, kept, strict=True))

    @property
    def source(self) -> str:
        """The text that runs."""
        return self.engine.source

    def _bind_all(self) -> None:
        self._arrays = [tensor.array for _, tensor in self._bound]
        for label, tensor in self._bound:
            self.engine.bind(label, tensor.array)

    def run(self, arrays: list[Any]) -> Any:
        """Do with other inputs what was recorded."""
        self.surroundings.refresh()
        for (_, tensor), array in zip(self._bound, self._arrays, strict=True):
            if tensor.array is not array:  # the first time, or p.data was replaced
                self._bind_all()
                break
        result = self.engine.run(*arrays)
        now = tick()
        for clock in self._clocks:
            clock.written = now
        for tensor, gradient in self._gradients:
            if tensor.grad is None:
                tensor.grad = wrap(gradient)
        return self._rebuilt(result)
