"""One recording of a function: its program, the engine that runs it, and the tensors it is bound to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from glassnet.compilation.arguments import Arguments
from glassnet.compilation.guards import Guards
from glassnet.compilation.pytree import PyTree
from glassnet.engines import Engine
from glassnet.errors import GradientError
from glassnet.nn.parameter import Parameter
from glassnet.ops.dtypes import float32
from glassnet.ops.record import Op, Spec
from glassnet.program.names import taken_names
from glassnet.program.passes import optimize
from glassnet.program.program import Program
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.graph import Node, tick, version_of
from glassnet.trace.captures import Captures
from glassnet.trace.decomposition import passes_for
from glassnet.trace.lowering import lower
from glassnet.trace.trace import tracing
from glassnet.trace.tracer import Tracer


class Specialisation:
    """What came of running a function once.

    ``complete`` says whether the recording can stand for calls of the function. It cannot where state came
    into being while it ran, as an optimizer's does at its first step: then ``result`` is what the function
    gave, and the next call is recorded. Where it can, everything is as it was before the function ran, and
    `run` does what it did: so what a call computes does not depend on whether it is the one recorded.

    Raises TraceError or StructureError for a function that cannot be recorded; everything is then, too,
    as it was before.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        name: str,
        engine: type[Engine],
    ) -> None:
        self._engine_class = engine
        arguments = Arguments(function, args, kwargs)
        self.surroundings = Captures(function, arguments.others)
        tracer = Tracer(self.surroundings)
        tracer.take_inputs(arguments.inputs.values())
        self.conditions = Guards(self.surroundings, arguments)
        with tracer.snapshot:
            with tracing(tracer):
                given = [function(*args, **kwargs)]  # a list, so that no one else holds it
            self._finish(tracer, arguments, given, name)
        arguments.let_go()  # what was called with and came of it is not to be held for ever
        self._structure.let_go()

    def _finish(self, tracer: Tracer, arguments: Arguments, given: list[Any], name: str) -> None:
        state = list(self.surroundings.named_state())
        leaves = tracer.gradients.leaves()
        held = {id(tensor): tensor for _, tensor in state}
        self._structure = PyTree(given.pop(), held, _no_way_back(name, leaves))
        tracer.check_fresh(self._structure.flat)
        tracer.created.check_kept([*held.values(), *(leaf.grad for leaf in leaves)])
        self._modes = self.conditions.check_unchanged()
        self.result = None
        self.complete = not any(tensor in tracer.created for _, tensor in state)
        if self.complete:
            self._build(tracer, arguments, state, name)
            self.conditions.settle(tracer.gradients)
        else:
            tracer.snapshot.discard()  # the run stands for the call
            self.result = self._structure.put_back(
                self._structure.flat[0] if len(self._structure.flat) == 1 else self._structure.flat
            )

    def _build(self, tracer: Tracer, arguments: Arguments, state: list[tuple[str, Tensor]], name: str) -> None:
        bound = _Bound(tracer, [*state, *((n, wrap(a)) for n, a in self.surroundings.arrays.items())])
        ends = [(leaf, leaf.grad) for leaf in tracer.gradients.touched()]
        self._gradients = [(leaf, grad) for leaf, grad in ends if grad is None or not bound.is_gradient(grad)]
        kept = tuple(grad.array for _, grad in self._gradients if grad is not None)
        recorded, arrays = lower(tracer, arguments.inputs, bound.names, tuple(self._structure.flat), kept)
        self.program: Program = optimize(recorded, passes_for(self._engine_class.accepts, self._engine_class.passes))
        self._tensors = [(label, bound.tensors[id(a)]) for label, a in arrays.items() if id(a) in bound.tensors]
        self._sums = [(label, bound.leaves[id(a)]) for label, a in arrays.items() if id(a) in bound.leaves]
        tracer.snapshot.restore()  # before the engine is made, which may have the memory of what was kept for this
        tracer.let_go()
        strides = {label: array.strides for label, array in self._found()}
        self.engine = self._engine_class(self.program, _free(name, self.program), strides)
        self._arrays: list[Any] = []
        self._bind()
        written = {label for instruction in self.program for label in instruction.writes}
        self._versions = [version_of(tensor) for label, tensor in self._tensors if label in written]
        values: list[Any] = [self.engine.value(var.name) for var in self.program.kept]
        self._own_memory = {id(array if array.base is None else array.base) for array in values}
        left = iter(values)
        self._ends = [(leaf, None if grad is None else next(left)) for leaf, grad in self._gradients]
        self._optimizers = self.surroundings.stepped

    @property
    def source(self) -> str:
        """The text that runs."""
        return self.engine.source

    # at every call ------------------------------------------------------------------------------------

    def serves(self, arrays: list[Any]) -> bool:
        """Whether it stands for a call with these arrays, now."""
        if not self.conditions.hold(arrays):
            return False
        for (_, tensor), array in zip(self._tensors, self._arrays, strict=False):
            if tensor.array is not array:  # p.data was replaced
                return self._bind()
        if self._sums:
            return self._bind()
        return True

    def _bind(self) -> bool:
        """Let the engine work on the arrays that the tensors have now, if they are of the same kind."""
        found = self._found()
        kinds = [(array.shape, array.dtype, array.strides) for _, array in found]
        if not self._arrays:
            self._kinds = kinds
        elif kinds != self._kinds:
            return False
        self._arrays = [array for _, array in found]
        for label, array in found:
            self.engine.bind(label, array)
        return True

    def _found(self) -> list[tuple[str, Any]]:
        """The arrays that are state now, by name."""
        gradients = [(label, grad.array) for label, leaf in self._sums if (grad := leaf.grad) is not None]
        return [*((label, tensor.array) for label, tensor in self._tensors), *gradients]

    def run(self, arrays: list[Any]) -> Any:
        """Do with other inputs what was recorded."""
        self.surroundings.refresh()
        own = self._own_memory
        if own:  # which may be given back in as an argument: step(w.grad)
            arrays = [x.copy() if id(x if x.base is None else x.base) in own else x for x in arrays]
        result = self.engine.run(*arrays)
        now = tick()
        for version in self._versions:
            version.written = now
        for leaf, gradient in self._ends:
            held = leaf.grad
            if gradient is None:
                leaf.grad = None
            elif held is None or held.array is not gradient:
                leaf.grad = wrap(gradient)
        for module, training in self._modes:
            if module.training is not training:
                module.training = training
        for optimizer in self._optimizers:
            optimizer.stepped = True
        return self._structure.put_back(result)


class _Bound:
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
        for number in tracer.origin_numbers():
            owner = tracer.owner(number)
            if owner is not None:
                self._add("parameter" if isinstance(owner, Parameter) else "tensor", owner)

    def _add(self, name: str, tensor: Tensor) -> None:
        self.names.setdefault(id(tensor.array), name)
        self.tensors.setdefault(id(tensor.array), tensor)

    def is_gradient(self, gradient: Tensor) -> bool:
        """Whether ``gradient`` was there when the function began, and was only added to."""
        return id(gradient.array) in self.leaves


def _free(name: str, program: Program) -> str:
    """``name``, if it means nothing else in the source of ``program``."""
    taken = taken_names(program)
    while name in taken:
        name += "_"
    return name


def _no_way_back(name: str, leaves: Iterator[Tensor] | list[Tensor]) -> Node:
    """What the results of a compiled function that require gradients seem to come from: it refuses backward."""

    def refuse(_g: Any, *_values: Any, which: int) -> NoReturn:
        raise GradientError(
            f"backward through the result of {name}, which is compiled: a program keeps no graph, so gradients end "
            f"here. Call backward() inside {name}, or compile less of it"
        )

    followed = tuple(leaf for leaf in leaves if leaf.requires_grad) or (_something_followed(),)
    nothing: Any = lambda *_inputs: Spec((), float32)  # noqa: E731
    op = Op(f"compiled {name}", nothing, (refuse,), nothing, "y = what the function gives", variadic=True)
    return Node(op, followed, [None] * len(followed), {}, Spec((), float32))


def _something_followed() -> Tensor:
    return Tensor(0.0, requires_grad=True)
