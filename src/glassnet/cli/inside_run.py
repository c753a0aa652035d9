"""What ``glassnet plot RUN WHAT`` can draw: the pictures there are of the inside of a trained network."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from glassnet.cli.errors import BadInput, unknown
from glassnet.cli.saved_run import SavedRun
from glassnet.cli.screen import place
from glassnet.encoders import PictureEncoder, TextEncoder
from glassnet.nn.attention import MultiheadAttention
from glassnet.nn.convolution import Conv1d, Conv2d, Conv3d
from glassnet.nn.module import Module
from glassnet.nn.recurrence import RNNBase
from glassnet.tensor import Tensor

Taken = Callable[[Tensor, int], Tensor]
MANY = 256  # samples, of a picture of what layers give


@dataclass(frozen=True)
class Inside:
    """A picture of a network, what it ``needs``, in words, and whether a run ``has`` that.

    It is drawn of the held-out samples that ``taken`` gives from all of them and a row, of the weights alone if that is
    None; with what is ``known`` of the sample, as a person gives it.
    """

    needs: str
    has: Callable[[SavedRun], bool]
    taken: Taken | None = lambda inputs, row: inputs[row : row + 1]
    known: Callable[[SavedRun, Any], Mapping[str, Any]] = lambda _saved, _sample: {}


def check(saved: SavedRun, what: str) -> None:
    """Raise BadInput, which says what there is, unless ``what`` can be drawn of a run."""
    run, here = place(saved.path), [name for name, inside in INSIDE.items() if inside.has(saved)]
    if not what:
        raise BadInput(f"NAME: say what to draw of {run}: {', '.join(here)}; as in: glassnet plot {run} {here[0]}")
    if what not in INSIDE:
        raise unknown(f"NAME: of {run}", what, here)
    if what not in here:
        raise BadInput(f"NAME: {what} needs {INSIDE[what].needs}; {run} has {', '.join(here)}")


def _with(*kinds: type[Module]) -> Callable[[SavedRun], bool]:
    """Whether a network has a layer of one of the ``kinds``."""
    return lambda saved: any(isinstance(module, kinds) for module in saved.model.modules())


def _is_of_pictures(saved: SavedRun) -> bool:
    return isinstance(saved.encoder, PictureEncoder)


def _weighs_pixels(saved: SavedRun) -> bool:
    """Whether the first layer has a weight for each pixel of a picture in shades of grey."""
    first = next((p for p in saved.model.parameters() if p.ndim >= 2), None)
    shape = _picture(saved)
    return first is not None and len(shape) == 2 and first.ndim == 2 and first.shape[1] == math.prod(shape)


def _picture(saved: SavedRun) -> tuple[int, ...]:
    return saved.encoder.shape if isinstance(saved.encoder, PictureEncoder) else ()


def _words(saved: SavedRun, sample: Any) -> dict[str, list[str]]:
    """The words at the places of a text."""
    return {"tokens": saved.encoder.placed(sample)} if isinstance(saved.encoder, TextEncoder) else {}


INSIDE = {
    "weights": Inside(
        "a network whose first layer weighs the pixels of grey pictures",
        _weighs_pixels,
        taken=None,
        known=lambda saved, _: {"shape": _picture(saved)},
    ),
    "kernels": Inside("a network with a convolution", _with(Conv1d, Conv2d, Conv3d), taken=None),
    "feature_maps": Inside(
        "a network with a convolution of pictures",
        lambda saved: _is_of_pictures(saved) and _with(Conv2d)(saved),
        taken=lambda inputs, row: inputs[row],
    ),
    "saliency": Inside("a network for pictures", _is_of_pictures, taken=lambda inputs, row: inputs[row]),
    "attention_maps": Inside("a network with attention", _with(MultiheadAttention), known=_words),
    "hidden_state": Inside("a network with a recurrent layer", _with(RNNBase), known=_words),
    "activations": Inside("any network", lambda _: True, taken=lambda inputs, _: inputs[:MANY]),
}
