"""Specialisation: one program of a function, for one kind of call, bound to the tensors that it works on.

It comes about in phases: the function is traced while it runs for real; what it did is checked, and lowered to a
program; everything is put back; the program is optimized; an engine is made of it; the engine is bound to the tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassnet.compilation.arguments import Arguments
from glassnet.compilation.guards import Guards
from glassnet.compilation.results import Results
from glassnet.compilation.tiers import Choice, Tier, Tiers
from glassnet.engines import Engine, engine_class
from glassnet.engines.protocol import Given, ManyRuns
from glassnet.ops.dtypes import Array
from glassnet.program.names import taken_names, unused
from glassnet.program.passes import optimize
from glassnet.program.passes.view_analysis import Strides
from glassnet.program.program import Program
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.graph import tick, version_of
from glassnet.tensor.silence import SILENT, under
from glassnet.trace.captures import Captures
from glassnet.trace.decomposition import passes_for
from glassnet.trace.lowering import lower
from glassnet.trace.trace import tracing
from glassnet.trace.tracer import Tracer


class Specialisation:
    """What came of tracing a function once.

    ``complete`` says whether its program can stand for calls of the function. It cannot where state was made while it
    ran, as an optimizer's is at its first step: then ``result`` is what the function gave, and the next call is traced
    anew. Where it can, everything is as it was before the function ran, and `run` does what it did: so what a call
    computes does not depend on whether it is the one that was traced.

    ``choice`` says which engines run it.

    Raises TraceError or StructureError for a function that no program can stand for. Everything is then as it was
    before, as it is after any error that the function itself raises.
    """

    program: Program
    engine: Engine
    cause: str  # what was new about the call

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        name: str,
        choice: Choice,
    ) -> None:
        arguments = Arguments(function, args, kwargs)
        self.captures = Captures(function, arguments.others)
        self.guards = Guards(self.captures, arguments)
        tracer = Tracer(self.captures)
        tracer.take_inputs(arguments.inputs.values())
        self.result = None
        with tracer.snapshot:
            with tracing(tracer):
                returned = [function(*args, **kwargs)]  # a list, to let go of what is in it
            state = list(self.captures.named_state())
            leaves = tracer.gradients.leaves()
            self._results = Results(returned.pop(), [tensor for _, tensor in state], name, leaves)
            self._check(tracer, [tensor for _, tensor in state], leaves)
            self.complete = not any(tensor in tracer.created for _, tensor in state)
            if self.complete:
                traced = self._lowered(tracer, arguments, state)
            else:
                tracer.snapshot.discard()  # the run stands for the call
                arrays = self._results.arrays
                self.result = self._results.around(arrays[0] if len(arrays) == 1 else arrays)
        if self.complete:
            tracer.let_go()  # before the engine is made, which may have the memory of what was kept for this
            strides = {label: array.strides for label, array in self._state_arrays()}
            tiers = choice(traced, lambda engine: _tier(engine_class(engine), traced, name, strides))
            self._tiers = None if tiers.is_settled else tiers
            self._run_by(tiers.current)
            self.guards.settle(tracer.gradients)
        arguments.let_go()  # what it was called with and gave is not to be held for ever
        self._results.let_go()

    @property
    def source(self) -> str:
        """The text that runs."""
        return self.engine.source

    # how it comes about -------------------------------------------------------------------------------

    def _check(self, tracer: Tracer, state: list[Tensor], leaves: list[Tensor]) -> None:
        """Refuse a function that did what its program would not do again."""
        tracer.check_fresh(self._results.arrays)
        tracer.created.check_kept([*state, *(leaf.grad for leaf in leaves if leaf.grad is not None)])
        self._modes = self.guards.check_unchanged()

    def _lowered(self, tracer: Tracer, arguments: Arguments, state: list[tuple[str, Tensor]]) -> Program:
        """The program of what was traced, and what its state stands for."""
        binding = _Binding(tracer, [*state, *((name, wrap(array)) for name, array in self.captures.arrays.items())])
        touched = [(leaf, leaf.grad) for leaf in tracer.gradients.touched()]
        new = [(leaf, grad) for leaf, grad in touched if grad is None or not binding.is_gradient(grad)]
        self._gradients = [(leaf, grad is not None) for leaf, grad in new]
        kept = tuple(grad.array for _, grad in new if grad is not None)
        program, arrays = lower(tracer, arguments.inputs, binding.names, tuple(self._results.arrays), kept)
        self._tensors = [(label, binding.tensors[id(a)]) for label, a in arrays.items() if id(a) in binding.tensors]
        self._accumulated = [(label, binding.leaves[id(a)]) for label, a in arrays.items() if id(a) in binding.leaves]
        self._arrays: list[Array] = []
        return program

    def _run_by(self, tier: Tier) -> None:
        """Have a tier run the program, on the tensors as they are."""
        self.program, self.engine = tier.program, tier.engine
        self._bind()
        self._find_what_is_written()

    def _find_what_is_written(self) -> None:
        """The versions of tensors that the program overwrites, and the gradients that it computes in its own memory."""
        written = {label for instruction in self.program for label in instruction.writes}
        self._versions = [version_of(tensor) for label, tensor in self._tensors if label in written]
        values: list[Any] = [self.engine.value(var.name) for var in self.program.kept]
        self._own_memory = {id(array if array.base is None else array.base) for array in values}
        computed = iter(values)
        self._new_gradients = [(leaf, next(computed) if is_new else None) for leaf, is_new in self._gradients]

    # at every call ------------------------------------------------------------------------------------

    def serves(self, arrays: list[Array]) -> bool:
        """Whether it stands for a call with these arrays, now."""
        if not self.guards.hold(arrays):
            return False
        for (_, tensor), array in zip(self._tensors, self._arrays, strict=False):
            if tensor.array is not array:  # p.data was replaced
                return self._bind()
        if self._accumulated:
            return self._bind()
        return True

    def _bind(self) -> bool:
        """Let the engine work on the arrays that the tensors have now, if they are of the same kind."""
        state = self._state_arrays()
        kinds = [(array.shape, array.dtype, array.strides) for _, array in state]
        if not self._arrays:
            self._kinds = kinds
        elif kinds != self._kinds:
            return False
        self._arrays = [array for _, array in state]
        for label, array in state:
            self.engine.bind(label, array)
        return True

    def _state_arrays(self) -> list[tuple[str, Array]]:
        """The arrays that are state now, by name."""
        gradients = [(label, grad.array) for label, leaf in self._accumulated if (grad := leaf.grad) is not None]
        return [*((label, tensor.array) for label, tensor in self._tensors), *gradients]

    def run(self, arrays: list[Array]) -> Any:
        """Do with other inputs what was traced."""
        self.captures.refresh()
        execute = self.engine.run if self._tiers is None else self._timed(self._tiers)
        own = self._own_memory
        if own:  # which may be given back in as an argument: step(w.grad)
            arrays = [x.copy() if id(x if x.base is None else x.base) in own else x for x in arrays]
        computed = under(SILENT, execute, *arrays)
        self._tell()
        return self._results.around(computed)

    @property
    def can_run_many(self) -> bool:
        """Whether the engine runs the program many times in one call, and all results come from that."""
        return getattr(self.engine, "run_many", None) is not None and self._results.are_computed

    def run_many(self, inputs: list[Given], times: int) -> tuple[int, Any] | None:
        """Do it many times in one call: how often it was done, and the results. None for inputs as they lie here."""
        run_many: ManyRuns = self.engine.run_many  # type: ignore[attr-defined]  # it has one, see can_run_many
        if not run_many.takes(inputs):
            return None
        self.captures.refresh()
        try:
            done, computed = run_many(inputs, times)
        finally:  # Ctrl-C comes when it is over
            self._tell()
        return done, self._results.around_many(computed)

    def _tell(self) -> None:
        """Let everything be as it is after the function itself has run."""
        now = tick()
        for version in self._versions:
            version.written = now
        for leaf, gradient in self._new_gradients:
            current = leaf.grad
            if gradient is None:
                leaf.grad = None
            elif current is None or current.array is not gradient:
                leaf.grad = wrap(gradient)
        for module, training in self._modes:
            if module.training is not training:
                module.training = training
        for optimizer in self.captures.stepped:
            optimizer.stepped = True

    def _timed(self, tiers: Tiers) -> Callable[..., Any]:
        """What runs the program while it is to be found out which engine is the faster."""
        tiers.advance()
        if tiers.current.engine is not self.engine:
            self._run_by(tiers.current)
        if tiers.is_settled:
            self._tiers = None
        return tiers.run


def _tier(engine: type[Engine], traced: Program, name: str, strides: Strides) -> Tier:
    """The program that was ``traced``, optimized for an engine, and ready to run on it."""
    program = optimize(traced, passes_for(engine.accepts, engine.passes))
    return Tier(program, engine(program, unused(name, taken_names(program)), strides))


class _Binding:
    """The arrays that outlive a function, by id: their ``names``, and the ``tensors`` that hold them, or the
    ``leaves`` whose gradients they are."""

    def __init__(self, tracer: Tracer, state: list[tuple[str, Tensor]]) -> None:
        self.names: dict[int, str] = {}
        self.tensors: dict[int, Tensor] = {}
        self.leaves: dict[int, Tensor] = {}
        for name, tensor in state:
            self._add(name, tensor)
        labels = {id(tensor): name for name, tensor in reversed(state)}
        tracer.gradients.need_what_is_read(tracer.origins())
        for leaf, gradient in tracer.gradients.needed():
            if gradient is not None and id(gradient.array) not in self.names:
                self.names[id(gradient.array)] = f"d_{labels.get(id(leaf), 'parameter')}"
                self.leaves[id(gradient.array)] = leaf
        for name, tensor in tracer.unnamed_state():
            self._add(name, tensor)

    def _add(self, name: str, tensor: Tensor) -> None:
        self.names.setdefault(id(tensor.array), name)
        self.tensors.setdefault(id(tensor.array), tensor)

    def is_gradient(self, gradient: Tensor) -> bool:
        """Whether ``gradient`` was there when the function began, and was only added to."""
        return id(gradient.array) in self.leaves
