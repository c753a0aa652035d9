"""What is written as C: a network in use as a program for one sample, and its training step for some samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import glassnet.functional as F
from glassnet.encoders import Encoder, SeriesEncoder, TableEncoder
from glassnet.export.c.c_literals import identifier
from glassnet.export.c.portable_schedule import is_known
from glassnet.export.c.recurrence_back import of_last_plane
from glassnet.export.c.recurrence_code import only_last
from glassnet.export.inference import ExportError, check_one_input, check_serves, rows_short, traced
from glassnet.nn.module import Module, evaluating
from glassnet.nn.utils import clip_grad_norm_
from glassnet.ops.dtypes import Array
from glassnet.ops.record import Op
from glassnet.ops.softmax import log_softmax, softmax
from glassnet.optim import Optimizer
from glassnet.program.evaluation import evaluate
from glassnet.program.passes import optimize
from glassnet.program.program import Program, Var
from glassnet.tensor import Tensor, wrap
from glassnet.trace.decomposition import passes_for
from glassnet.trace.refusals import TraceError
from glassnet.trace.trace import trace

Answer = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Training:
    """How a network is to learn where it is used: the ``loss`` and the ``optimizer`` of a run, and samples a step.

    The norm of all gradients together is brought down to ``clip`` where it is larger.

    >>> from glassnet.export import Training
    >>> model = nn.Linear(4, 2)
    >>> Training(F.cross_entropy, glassnet.optim.SGD(model.parameters(), lr=0.1), batch_size=8).batch_size
    8
    """

    loss: Callable[[Any, Tensor], Tensor]
    optimizer: Optimizer
    batch_size: int
    clip: float | None = None


@dataclass(frozen=True)
class Traced:
    """A program, and where its state is: of each value the name in the state of the whole network."""

    program: Program
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Network:
    """A network as programs, and the numbers of its ``state`` by name.

    ``predict`` gives for one sample the probabilities of the classes, or the values in their units. ``train``, if
    there is one, learns from a batch and its targets, changes the state, and gives the loss; ``rates`` are the names of
    its learning rates.
    """

    predict: Traced
    state: Mapping[str, Array]
    train: Traced | None = None
    rates: tuple[str, ...] = ()

    def answers(self, inputs: Array) -> Array:
        """What ``predict`` gives for each of some samples."""
        state = {name: self.state[field] for name, field in self.predict.fields.items()}
        with np.errstate(all="ignore"):
            parts = [evaluate(self.predict.program, [x[np.newaxis]], state).outputs[0] for x in inputs]
        return np.concatenate(parts)


def network_of(
    module: Module, inputs: Array, encoder: Encoder, classes: Sequence[str], training: Training | None
) -> Network:
    """The programs of ``module``, of whose inputs a few are given. Raises ExportError where there are none."""
    check_one_input(module)
    with evaluating(module), rows_short(module):
        module(wrap(inputs))  # samples that the module cannot take raise its own error
        first, _ = traced(module, inputs[:1])
        last = next((i.op for i in first if i.output == first.outputs[0]), None)
        answers = _answers(module, encoder, classes, last)
        program, state = traced(answers, inputs[:1])
        expected = answers(wrap(inputs)).numpy()
    program = optimize(program, passes_for(is_known))
    check_serves(program)
    fields = {name: identifier(name) for name in state}
    network = Network(Traced(only_last(program), fields), {fields[name]: array for name, array in state.items()})
    if not np.allclose(network.answers(inputs), expected, 1e-4, 1e-5):
        raise ExportError(
            "a sample by itself gives something else than among others: the network computes in a way that cannot be "
            "written for one sample after the other"
        )
    if training is None:
        return network
    output = first.outputs[0]
    assert isinstance(output, Var)
    return _with_training(network, module, inputs, classes, output.shape[1:], training)


def _answers(module: Module, encoder: Encoder, classes: Sequence[str], last: Op | None) -> Answer:
    """The network, with what makes answers of its results: probabilities of classes, or values in their units."""
    if classes:
        if last is softmax:
            return module
        return (lambda x: module(x).exp()) if last is log_softmax else (lambda x: F.softmax(module(x), 1))
    target = encoder.target if isinstance(encoder, SeriesEncoder) else None
    if isinstance(encoder, TableEncoder):
        target = encoder.encoding.target
    if target is None:
        return module
    scale, mean = float(target["scale"]), float(target["mean"])
    return lambda x: (module(x).double() * scale + mean).float()


def _with_training(
    network: Network,
    module: Module,
    inputs: Array,
    classes: Sequence[str],
    shape: Sequence[int],
    training: Training,
) -> Network:
    """``network`` with its training step for targets of a ``shape``, in whose state are also those of the optimizer."""
    model, optimizer = deepcopy((module, training.optimizer))
    loss, parameters = training.loss, list(model.parameters())

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        result = loss(model(x), y)
        result.backward()
        if training.clip is not None:
            clip_grad_norm_(parameters, training.clip)
        optimizer.step()
        return result

    x = wrap(inputs[np.arange(training.batch_size) % len(inputs)])
    model.train()
    rows = (training.batch_size,)
    y = wrap(np.zeros(rows, np.int64) if classes else np.zeros((*rows, *shape), np.float32))
    reached = (("model", model), ("optimizer", optimizer))
    _begin(optimizer)
    try:
        program, tensors, _ = trace(step, x, y, names=["x", "y"], reached=reached, gradients=True)
    except TraceError as error:
        raise ExportError(f"the training step cannot be written as C: {error}") from None
    program = optimize(of_last_plane(program.having(kept=())), passes_for(is_known))
    for instruction in program:
        if "generator" in instruction.params:
            where = instruction.module or instruction.op.name
            raise ExportError(
                f"{where} draws random numbers while it learns, which C does not draw as glassnet does; export without "
                "--train, or train without dropout"
            )
    own = dict(zip(_arrays(model), _arrays(module).values(), strict=True))
    known = {id(array): field for field, array in network.state.items()}
    fields, state = {}, dict(network.state)
    for name, tensor in tensors.items():
        array = own.get(id(tensor.array), tensor.array)
        fields[name] = known.get(id(array), identifier(name))
        state[fields[name]] = array
    rates = {id(rate.array) for rate in optimizer.rates()}
    of_rates = tuple(fields[name] for name, tensor in tensors.items() if id(tensor.array) in rates)
    return replace(network, state=state, train=Traced(program, fields), rates=of_rates)


def _begin(optimizer: Optimizer) -> None:
    """Give an optimizer the state that it has before its first step."""
    for group in optimizer.param_groups:
        for param in group["params"]:
            for slot in optimizer.slots:
                if (slot.only_if is None or group[slot.only_if]) and slot.shape_for(param) is not None:
                    optimizer.state[param].setdefault(slot.name, slot.new(param, group))


def _arrays(module: Module) -> dict[int, Array]:
    """The parameters and buffers of a module in order, by the id of each."""
    return {id(x.array): x.array for x in (*module.parameters(), *module.buffers())}
