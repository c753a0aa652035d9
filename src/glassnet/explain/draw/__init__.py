"""Pictures: computational graphs with values and gradients on their arrows, and neuron diagrams."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

from glassnet.explain.draw.boxes import DrawError, Graph
from glassnet.explain.draw.neurons import draw_neurons
from glassnet.explain.draw.picture import Picture, drawn
from glassnet.explain.draw.program_graph import graph_of_program
from glassnet.explain.draw.tensor_graph import graph_of_tensor
from glassnet.explain.walkthrough import Walkthrough, walkthrough
from glassnet.explain.walkthrough.values import Value, values_of
from glassnet.nn.module import Module
from glassnet.program.program import Program
from glassnet.tensor import Tensor
from glassnet.tensor.creation import as_tensor
from glassnet.trace.trace import trace

__all__ = ["DrawError", "Graph", "Picture", "draw"]


def draw(
    what: Any,
    x: Any = None,
    y: Any = None,
    loss: Any = None,
    *,
    depth: int = 1,
    unrolled: bool = False,
    tokens: Sequence[str] | None = None,
) -> Picture:
    """Draw a network, a program, a tensor or a walkthrough.

    - a tensor, such as a loss, before backward: the graph it was computed by, with every value above its
      arrow and its gradient below; variables of the caller and parameters have their names;
    - a module alone: its layers as neurons, with lines for the weights (linear layers that follow
      one another);
    - a module with ``x``, or with ``x``, ``y`` and ``loss``: its graph, with values, and gradients; in the boxes are
      small images: kernels and feature maps, what tokens attend to, the hidden state over time;
    - a program, a compiled function, a walkthrough: their graph.

    ``depth`` opens the boxes of modules: 1 has the outermost, 2 what is in them, and so on, down to operations,
    and, when all modules are opened, the primitive operations that these decompose into. A recurrent layer is a
    box with a loop; ``unrolled`` draws its steps. ``tokens`` names the positions that an attention is between. Raises
    DrawError for what cannot be drawn, and for a number of names that is not that of the positions.

    >>> glassnet.draw(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)))
    <picture of 4 → 8 → 3: picture.save('picture.svg') writes it>
    >>> x = glassnet.tensor(2.0, requires_grad=True)
    >>> glassnet.draw(x * x + 1)
    <picture of the graph of add: picture.save('picture.svg') writes it>
    """
    if isinstance(what, Tensor):
        return drawn(graph_of_tensor(what, _names(sys._getframe(1))))
    if isinstance(what, Module):
        if x is None:
            return Picture(draw_neurons(what))
        program, values = _ran(what, x, y, loss)
        return drawn(graph_of_program(program, depth, values, unrolled=unrolled, tokens=tokens))
    if isinstance(what, Walkthrough):
        return drawn(graph_of_program(what.program, depth, what.values, unrolled=unrolled, tokens=tokens))
    program = getattr(what, "program", what)
    if isinstance(program, Program):
        return drawn(graph_of_program(program.history.get("traced", program), depth, unrolled=unrolled))
    raise DrawError(
        f"draw: expected a module, a program, a compiled function, a walkthrough or a tensor, got {type(what).__name__}"
    )


def _ran(module: Module, x: Any, y: Any, loss: Any) -> tuple[Program, dict[str, Value]]:
    """The program of a network, and what it computed, by name."""
    if (y is None) != (loss is None):
        raise DrawError("draw: expected y and loss together, for the gradients, or neither of them")
    if loss is not None:
        step = walkthrough(module, x, y, loss)
        return step.program, step.values
    parts = x if type(x) is tuple else (x,)
    if odd := [type(part).__name__ for part in parts if part is None or isinstance(part, tuple | dict)]:
        raise DrawError(
            f"draw: expected x as a tensor, or as a tuple of those that the network takes, got {odd[0]}; draw a "
            "network whose forward packs or pairs the tensors itself"
        )
    inputs = tuple(t.detach() if isinstance(t, Tensor) else as_tensor(t) for t in parts)
    program, state, result = trace(module, *inputs, gradients=False)
    results = result if isinstance(result, tuple | list) else (result,)
    if not any(isinstance(part, Tensor) for part in results):
        got = type(result).__name__
        raise DrawError(f"draw: expected a network that gives tensors, got {got}; give y and a loss that takes it")
    arrays = {var.name: t.array for var, t in zip(program.inputs, inputs, strict=True)}
    values = values_of(program, arrays, {name: tensor.array for name, tensor in state.items()}).by_name()
    return program, values


def _names(frame: FrameType | None) -> dict[int, str]:
    """The names of tensors, of their arrays and of parameters in the frame that called `draw`, by id."""
    names: dict[int, str] = {}
    variables = {} if frame is None else {**frame.f_globals, **frame.f_locals}
    for value in variables.values():
        if isinstance(value, Module):
            for inner, parameter in value.named_parameters():
                names.setdefault(id(parameter), inner)
    for name, value in variables.items():
        if isinstance(value, Tensor) and not name.startswith("_"):
            names[id(value)] = names[id(value.array)] = name  # its array, where no gradient is asked for
    return names
