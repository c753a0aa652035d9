"""What recurrent layers ask of the sequences and the states that they are called with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glassnet.errors import DtypeError, SequenceError
from glassnet.nn.checks import check_same_dtype
from glassnet.nn.utils.rnn import PackedSequence
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor

Shape = tuple[int, ...]


def check_sequence(layer: Any, input: Any) -> None:
    """Raise SequenceError unless ``input`` is a sequence, or several, that ``layer`` can go through."""
    name, features = type(layer).__name__, layer.input_size
    x = input.data if isinstance(input, PackedSequence) else input
    check_sequence_dtype(name, x, layer.weight_ih_l0)
    order = "B, T" if layer.batch_first else "T, B"
    if len(x.shape) not in ((2,) if isinstance(input, PackedSequence) else (2, 3)):
        raise SequenceError(
            f"{name}: expected an input of shape [{order}, {features}], or [T, {features}] for one sequence, got "
            f"{written(x.shape)}{_of_one(x.shape)}"
        )
    if x.shape[-1] != features:
        hint = f"; make the layer with input_size={x.shape[-1]}"
        if features in x.shape[:-1]:
            place = x.shape.index(features)
            hint = f"; its dimension {place} would fit: x.transpose({place}, {len(x.shape) - 1})"
        raise SequenceError(
            f"{name}: expected {features} features at each step, an input of shape [{order}, {features}], got "
            f"{written(x.shape)}{hint}"
        )
    if x.shape[1 if layer.batch_first and len(x.shape) == 3 else 0] == 0:
        raise SequenceError(
            f"{name}: expected a sequence of 1 step or more, got an input of shape {written(x.shape)}, [{order}, "
            f"{features}], whose T is 0; leave out what has no step"
        )


def _of_one(shape: Shape) -> str:
    """What to leave out: of images [N, 1, H, W], the channel."""
    return f"; leave out the dimension of 1: x.squeeze({shape.index(1)})" if len(shape) == 4 and 1 in shape else ""


def check_states(layer: Any, hx: Any, shapes: Sequence[Shape], batched: bool, input: Any) -> tuple[Tensor, ...]:
    """``hx`` as a tuple of states. Raises SequenceError unless they have these ``shapes``, [layers, B, width]."""
    name = type(layer).__name__
    states = states_in(name, hx, len(shapes))
    for what, state, shape in zip(("h_0", "c_0"), states, shapes, strict=False):
        check_sequence_dtype(name, state, layer.weight_ih_l0, what)
        expected = shape if batched else (shape[0], shape[2])
        if state.shape != expected:
            raise SequenceError(
                f"{name}: expected {what} of shape {_worked_out(layer, expected, batched)}, got {written(state.shape)}"
                f"{_hint(layer, state.shape, expected, input)}"
            )
    return states


def states_in(name: str, hx: Any, count: int) -> tuple[Tensor, ...]:
    """The states in ``hx``: one tensor, or a pair."""
    if count == 1:
        if isinstance(hx, tuple | list):
            advice = "give the state itself: hx[0]" if len(hx) == 1 else "only an LSTM has a pair (h, c)"
            raise SequenceError(f"{name}: expected one state, h_0, got a {type(hx).__name__} of {len(hx)}; {advice}")
        return (hx,)
    if not isinstance(hx, tuple | list) or len(hx) != 2:
        came = f"{len(hx)} of them" if isinstance(hx, tuple | list) else type(hx).__name__
        raise SequenceError(f"{name}: expected the states as a pair (h_0, c_0), got {came}")
    if any(state is None for state in hx):
        zeros = next((f"glassnet.zeros_like({what})" for what, x in zip("hc", hx, strict=True) if x is not None), "")
        advice = f"for zeros give {zeros}" if zeros else "leave the pair out, and both are zeros"
        raise SequenceError(f"{name}: expected the states as a pair (h_0, c_0) of tensors, got None in it; {advice}")
    return tuple(hx)


def check_sequence_dtype(name: str, x: Any, weight: Any, argument: str = "") -> None:
    """`check_same_dtype`, as an error about a sequence."""
    try:
        check_same_dtype(name, x, weight, argument)
    except DtypeError as error:
        raise SequenceError(*error.args) from None


def _worked_out(layer: Any, shape: Shape, batched: bool) -> str:
    """[num_layers·2, B, hidden_size] = [2·2, 16, 8] = [4, 16, 8]."""
    directions = 2 if layer.bidirectional else 1
    names = [f"num_layers·{directions}", *(["B"] if batched else [])]
    names.append("proj_size" if layer.proj_size == shape[-1] else "hidden_size")
    numbers = [f"{layer.num_layers}·{directions}", *map(str, shape[1:])]
    return f"[{', '.join(names)}] = [{', '.join(numbers)}] = {written(shape)}"


def _hint(layer: Any, came: Shape, expected: Shape, input: Any) -> str:
    if len(came) != len(expected):
        if len(expected) == 2:
            return ", as the input is one sequence; for several it has 3 dimensions"
        return ", as the input is a batch of sequences; for one it has 2 dimensions"
    if len(came) == 3 and (came[1], came[0], came[2]) == expected:
        return "; the layers come first in a state, with batch_first too: h.transpose(0, 1)"
    if isinstance(input, Tensor) and len(came) == 3 and came[1] in input.shape[:2] and came[1] != expected[1]:
        other = "without batch_first" if layer.batch_first else "with batch_first=True"
        order = "[B, T, …]" if layer.batch_first else "[T, B, …]"
        return f"; the input {written(input.shape)} is read as {order}: for the other order make the layer {other}"
    return ""
