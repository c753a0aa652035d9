"""``--network``: which networks there are for each kind of samples, which one is usual, and how it is made."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from glassnet import networks
from glassnet.cli.errors import BadInput
from glassnet.cli.option_values import check_weights
from glassnet.cli.options import Options
from glassnet.encoders import NumberEncoder, PictureEncoder, SeriesEncoder, TableEncoder, TextEncoder
from glassnet.networks.convolutional import features
from glassnet.nn.module import Module
from glassnet.sources import Data

EMBEDDING = 32  # numbers of the vector of a word
LARGE = 16  # pixels: of pictures with both sides so long, convolutions make more than linear layers
Sizes = tuple[int, ...]


@dataclass(frozen=True)
class _Kind:
    """A kind of samples: what it is called, and the networks for it, of which ``usual`` chooses one."""

    words: str
    networks: tuple[str, ...]
    usual: Callable[[Sizes], str]


KINDS: dict[type, _Kind] = {
    NumberEncoder: _Kind("points", ("mlp",), lambda _: "mlp"),
    PictureEncoder: _Kind("pictures", ("mlp", "cnn"), lambda shape: "cnn" if min(shape[-2:]) >= LARGE else "mlp"),
    SeriesEncoder: _Kind("a series", ("lstm", "gru", "mlp"), lambda _: "lstm"),
    TableEncoder: _Kind("a table", ("mlp",), lambda _: "mlp"),
    TextEncoder: _Kind("texts", ("bag", "gru"), lambda _: "bag"),
}


def chosen(name: str | None, data: Data) -> str:
    """The network ``name``, or the usual one, for ``data``. Raises BadInput for one that does not go with it."""
    kind = KINDS[type(data.encoder)]
    name = name or kind.usual(_shape(data))
    if name not in kind.networks:
        raise BadInput(f"--network: expected {' or '.join(kind.networks)} for {kind.words}, got {name}")
    return name


def network(data: Data, options: Options) -> Module:
    """A new network for ``data``, with random weights. Raises BadInput for one that would fill the memory."""
    return BUILDERS[options.network](data, options)


def _mlp(data: Data, options: Options) -> Module:
    shape = _shape(data)
    check_weights(options.hidden, math.prod(shape), data.outputs)
    return networks.mlp(shape, options.hidden, data.outputs, options.activation, options.dropout)


def _cnn(data: Data, options: Options) -> Module:
    shape = _shape(data)
    check_weights(options.hidden, features(shape), data.outputs)
    return networks.cnn(shape, options.hidden, data.outputs, options.activation, options.dropout)


def _bag(data: Data, options: Options) -> Module:
    assert isinstance(data.encoder, TextEncoder)  # `chosen` saw to that
    check_weights(options.hidden, EMBEDDING, data.outputs)
    more = (EMBEDDING, options.activation, options.dropout)
    return networks.bag(data.encoder.numbers, options.hidden, data.outputs, *more)


def _recurrent(data: Data, options: Options) -> Module:
    cell, more = options.network, (options.activation, options.dropout)
    units, *hidden = options.hidden or (0,)
    if not units:
        raise BadInput(f"--hidden: expected the units of the {cell} first, as in 64 or 64,32, got none")
    encoder = data.encoder
    inputs = EMBEDDING if isinstance(encoder, TextEncoder) else 1
    check_weights([units, *hidden], inputs + 4 * (inputs + units), data.outputs)  # as four gates of each unit have
    if isinstance(encoder, TextEncoder):
        return networks.TextReader(encoder.numbers, data.outputs, EMBEDDING, options.hidden, cell, *more)
    return networks.Forecaster(data.outputs, options.hidden, cell, *more)


BUILDERS: dict[str, Callable[[Data, Options], Module]] = {
    "mlp": _mlp,
    "cnn": _cnn,
    "lstm": _recurrent,
    "gru": _recurrent,
    "bag": _bag,
}


def _shape(data: Data) -> Sizes:
    return tuple(data.train.inputs.shape[1:])
