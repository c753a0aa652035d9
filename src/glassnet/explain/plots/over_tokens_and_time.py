"""Sequences in pictures: what each token attends to, and the hidden state over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import RangeError
from glassnet.explain.attended_positions import names_of_positions
from glassnet.explain.plots.axes import axes, grid, plain
from glassnet.explain.plots.fonts import legible
from glassnet.explain.plots.inside_layers import layer_of
from glassnet.explain.walkthrough.share_rules import by_head, is_attention
from glassnet.explain.walkthrough.values import values_of
from glassnet.nn.module import Module, evaluating
from glassnet.ops.dtypes import Array
from glassnet.program.program import Program
from glassnet.tensor import Tensor
from glassnet.trace.trace import trace

NAMED = 40  # tokens that have room for their names


@legible
def attention_maps(
    model: Module, *inputs: Tensor, tokens: Sequence[str] | None = None, sample: int = 0, most: int = 16, ax: Any = None
) -> list[Any]:
    """Draw how much each token (row) takes of every other (column): a matrix for each head of each attention.

    ``inputs`` are what the network is called with, of which one ``sample`` is shown; ``tokens`` names its positions,
    where one that the network sets before or behind them is called "[class]". At most ``most`` matrices are drawn, the
    first ones. The network is run in evaluation mode. Gives a list of axes.

    Raises ValueError for a network without attention, or for a number of names that is not that of the tokens.

    >>> from glassnet.explain import plots
    >>> model = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    >>> [ax.get_title() for ax in plots.attention_maps(model, glassnet.randn(1, 3, 8), tokens=["a", "b", "c"])]
    ['self_attn, head 0', 'self_attn, head 1']
    """
    found, program = _shares(model, inputs, sample)
    maps = [(f"{name}, head {h}", m) for name, heads in found for h, m in enumerate(heads)]
    if not maps:
        raise ValueError(f"attention_maps: expected a network with attention, got {type(model).__name__} without")
    maps = maps[:most]
    length = max(maps[0][1].shape)
    names = names_of_positions(program, tokens or ())
    if tokens is not None and not names:
        raise ValueError(f"attention_maps: expected {length} tokens, one for each position, got {len(tokens)}")
    columns = min(len(maps), 4)
    side = 2.2 + (0.12 * length if tokens is not None and length <= NAMED else 0)
    drawn = grid(len(maps), ax, columns=columns, width=side * columns, height=(side + 0.3) * math.ceil(len(maps) / 4))
    greatest = max(float(shares.max(initial=0)) for _, shares in maps) or 1.0  # one scale for all
    for (title, shares), where in zip(maps, drawn, strict=True):
        where.imshow(shares, cmap="Blues", vmin=0, vmax=greatest)
        where.set_title(plain(title), fontsize=8)
        where.tick_params(labelsize=7)
        for count, axis, turned in ((shares.shape[1], where.xaxis, 90), (shares.shape[0], where.yaxis, 0)):
            if count in names and count <= NAMED:
                axis.set_ticks(range(count), [*map(plain, names[count])], rotation=turned)
            else:
                axis.get_major_locator().set_params(integer=True)
    return drawn


def _shares(model: Module, inputs: tuple[Tensor, ...], sample: int) -> tuple[list[tuple[str, Array]], Program]:
    """What every attention of a run gave out, [heads, L, S], by the module it is in; and the program that ran."""
    given = tuple(x.detach() for x in inputs)
    with evaluating(model):
        program, state, _ = trace(model, *given, gradients=False, once=True)
    arrays = {var.name: t.array for var, t in zip(program.inputs, given, strict=True)}
    results = values_of(program, arrays, {name: tensor.array for name, tensor in state.items()}).results
    found = []
    for i, value in zip(program, results, strict=True):
        if not is_attention(i):
            continue
        shares = by_head(value.array)
        if not -len(shares) <= sample < len(shares):
            raise RangeError(f"attention_maps: expected a sample from 0 to {len(shares) - 1}, got {sample}")
        found.append((i.module or "attention", shares[sample]))
    return found, program


@legible
def hidden_state(
    model: Module,
    x: Tensor,
    layer: str | None = None,
    sample: int = 0,
    tokens: Sequence[str] | None = None,
    ax: Any = None,
) -> Any:
    """Draw the hidden state of a recurrent layer over time, one row a unit: red for positive, blue for negative.

    Of the first recurrent layer, or of the ``layer`` of that name, for one ``sample`` of the inputs ``x``, whose steps
    ``tokens`` names. The network is run in evaluation mode. Gives the axes back.

    Raises ValueError for a network without such a layer, or for a number of names that is not that of the steps.

    >>> from glassnet.explain import plots
    >>> ax = plots.hidden_state(nn.LSTM(2, 5), glassnet.randn(7, 1, 2))
    >>> ax.images[0].get_array().shape
    (5, 7)
    """
    from glassnet.nn.recurrence import RNNBase

    path, module = layer_of("hidden_state", "recurrent layer", model, (RNNBase,), layer)
    outputs: list[Any] = []
    handle = module.register_forward_hook(lambda _module, _inputs, output: outputs.append(output[0]))
    try:
        with evaluating(model):
            model(x)
    finally:
        handle.remove()
    if not outputs or not isinstance(outputs[0], Tensor):
        raise ValueError(f"hidden_state: expected {path or 'the layer'} to be called with a tensor, and it was not")
    states = outputs[0].detach().numpy()
    if states.ndim == 3:
        batch = states if module.batch_first else states.transpose(1, 0, 2)
        if not -len(batch) <= sample < len(batch):
            raise RangeError(f"hidden_state: expected a sample from 0 to {len(batch) - 1}, got {sample}")
        states = batch[sample]
    ax = axes(ax, width=max(4.0, min(0.25 * len(states) + 2, 10)), height=max(2.4, min(0.16 * states.shape[1] + 1, 6)))
    limit = float(np.abs(states).max(initial=0)) or 1.0
    image = ax.imshow(states.T, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
    ax.figure.colorbar(image, ax=ax)
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_major_locator().set_params(integer=True)
    ax.set_xlabel("step")
    if tokens is not None:
        if len(tokens) != len(states):
            raise ValueError(f"hidden_state: expected {len(states)} tokens, one for each step, got {len(tokens)}")
        if len(tokens) <= NAMED:
            ax.set_xticks(range(len(tokens)), [*map(plain, tokens)], rotation=90)
            ax.set_xlabel("")
    ax.set_ylabel("unit")
    ax.set_title(plain(f"hidden state of {path or type(module).__name__}"), fontsize=10)
    return ax
