"""The transformer: layers of attention, each followed by a small network that is the same for every position.

A. Vaswani et al., Attention Is All You Need, 2017. With ``norm_first``: R. Xiong et al., On Layer Normalization in the
Transformer Architecture, 2020.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any, ClassVar

import glassnet.functional as F
from glassnet.errors import ShapeError
from glassnet.functional.tensor_checks import check_whole
from glassnet.nn import init
from glassnet.nn.attention import MultiheadAttention
from glassnet.nn.container import ModuleList
from glassnet.nn.dropout import Dropout
from glassnet.nn.linear import Linear
from glassnet.nn.module import Module
from glassnet.nn.normalization import LayerNorm
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor
from glassnet.tensor.creation import full

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

Activation = Callable[[Tensor], Tensor]
_ACTIVATIONS: dict[str, Activation] = {"relu": F.relu, "gelu": F.gelu}


def _activation(layer: str, given: str | Activation) -> Activation:
    found = _ACTIVATIONS.get(given) if isinstance(given, str) else given
    if not callable(found):
        raise RuntimeError(f'{layer}: expected an activation "relu" or "gelu", or a function, got {given!r:.60}')
    return found


def _attended(
    attention: Module, x: Tensor, memory: Tensor, padding: Tensor | None, mask: Tensor | None, is_causal: bool
) -> Tensor:
    """What each position of ``x`` takes of ``memory``."""
    y: Tensor = attention(x, memory, memory, padding, need_weights=False, attn_mask=mask, is_causal=is_causal)[0]
    return y


class _Layer(Module):
    """One attention or more, and a network of two linear layers; around each, a sum with its input and a norm."""

    _attentions: ClassVar[tuple[str, ...]] = ("self_attn",)
    self_attn: MultiheadAttention

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        kind = type(self).__name__
        check_whole(kind, d_model=d_model, nhead=nhead, dim_feedforward=dim_feedforward)
        self.d_model, self.nhead, self.dim_feedforward = d_model, nhead, dim_feedforward
        self.layer_norm_eps, self.batch_first, self.norm_first, self.bias = (
            layer_norm_eps,
            batch_first,
            norm_first,
            bias,
        )
        activation = _activation(kind, activation)
        for name in self._attentions:
            attention = MultiheadAttention(
                d_model, nhead, dropout, bias, batch_first=batch_first, device=device, dtype=dtype
            )
            self.add_module(name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias, device, dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, device, dtype)
        numbers = range(1, len(self._attentions) + 2)
        for number in numbers:
            norm = LayerNorm(d_model, eps=layer_norm_eps, bias=bias, device=device, dtype=dtype)
            self.add_module(f"norm{number}", norm)
        for number in numbers:
            self.add_module(f"dropout{number}", Dropout(dropout))
        self.activation = activation

    def _argument(self, name: str) -> Any:
        if name == "dropout":
            return self.dropout.p
        named = {function: said for said, function in _ACTIVATIONS.items()}
        return named.get(self.activation, self.activation) if name == "activation" else super()._argument(name)

    def _around(self, number: int, x: Tensor, part: Activation) -> Tensor:
        """``x`` and what ``part`` makes of it, normalised before, or else after."""
        norm, dropout = getattr(self, f"norm{number}"), getattr(self, f"dropout{number}")
        y: Tensor = x + dropout(part(norm(x))) if self.norm_first else norm(x + dropout(part(x)))
        return y

    def _feed_forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.linear2(self.dropout(self.activation(self.linear1(x))))
        return y


class TransformerEncoderLayer(_Layer):
    """Attention of a sequence to itself, then a network for each position: a sequence [L, N, d_model] gives another.

    With ``batch_first`` it is [N, L, d_model]; without a batch [L, d_model]. ``src_mask`` [L, L] hides positions from
    each position, ``src_key_padding_mask`` [N, L] from all; see `MultiheadAttention`. The network is
    linear2(activation(linear1(x))), ``dim_feedforward`` wide. ``activation`` is "relu", "gelu" or a function. The
    input of each part is added to its result, and `LayerNorm` applied: to the sum, or with ``norm_first`` to the input.

    Raises AttentionError where nhead does not divide d_model; called, for inputs and masks that do not fit.

    >>> layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, batch_first=True)
    >>> layer(glassnet.randn(3, 5, 8)).shape
    (3, 5, 8)
    """

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """The sequence, each position with what it took of the others."""

        masks = (src_key_padding_mask, src_mask, is_causal)
        x = self._around(1, src, lambda x: _attended(self.self_attn, x, x, *masks))
        return self._around(2, x, self._feed_forward)


class TransformerDecoderLayer(_Layer):
    """`TransformerEncoderLayer` that looks at a second sequence, ``memory``, as well: what an encoder made of a text.

    tgt [L, N, d_model] and memory [S, N, d_model] give [L, N, d_model]; with ``batch_first``, N comes first. The masks
    ``tgt_…`` hide positions of tgt, as a rule those to come; ``memory_…`` those of memory.

    Raises AttentionError where nhead does not divide d_model; called, for inputs and masks that do not fit.

    >>> layer = nn.TransformerDecoderLayer(d_model=8, nhead=2, batch_first=True)
    >>> not_yet = nn.Transformer.generate_square_subsequent_mask(4)
    >>> layer(glassnet.randn(3, 4, 8), glassnet.randn(3, 6, 8), tgt_mask=not_yet).shape
    (3, 4, 8)
    """

    _attentions = ("self_attn", "multihead_attn")
    multihead_attn: MultiheadAttention

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The sequence, each position with what it took of the others, and of memory."""

        masks = (tgt_key_padding_mask, tgt_mask, tgt_is_causal)
        memory_masks = (memory_key_padding_mask, memory_mask, memory_is_causal)
        x = self._around(1, tgt, lambda x: _attended(self.self_attn, x, x, *masks))
        x = self._around(2, x, lambda x: _attended(self.multihead_attn, x, memory, *memory_masks))
        return self._around(3, x, self._feed_forward)


class _Stack(Module):
    """Copies of one layer, each with weights of its own, and a norm at the end, if there is one."""

    def __init__(self, layer: Module, num_layers: int, norm: Module | None) -> None:
        super().__init__()
        check_whole(type(self).__name__, num_layers=num_layers)
        self.layers = ModuleList([copy.deepcopy(layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm


class TransformerEncoder(_Stack):
    """``num_layers`` copies of an encoder layer, one after another, and at last ``norm``, if there is one.

    Input and output are those of a `TransformerEncoderLayer`, and so are the masks. ``enable_nested_tensor`` and
    ``mask_check`` are PyTorch's ways to save time on padding, and change nothing here.

    >>> encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, batch_first=True), num_layers=2)
    >>> encoder(glassnet.randn(3, 5, 8)).shape
    (3, 5, 8)
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__(encoder_layer, num_layers, norm)
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """What the layers make of the sequence."""
        x = src
        for layer in self.layers:
            x = layer(x, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=bool(is_causal))
        return x if self.norm is None else self.norm(x)


class TransformerDecoder(_Stack):
    """``num_layers`` copies of a decoder layer, one after another, and at last ``norm``, if there is one.

    Inputs, output and masks are those of a `TransformerDecoderLayer`; every layer looks at the same memory.

    >>> decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, batch_first=True), num_layers=2)
    >>> decoder(glassnet.randn(3, 4, 8), glassnet.randn(3, 6, 8)).shape
    (3, 4, 8)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__(decoder_layer, num_layers, norm)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """What the layers make of the sequence and of memory."""
        x = tgt
        for layer in self.layers:
            x = layer(
                x,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=bool(tgt_is_causal),
                memory_is_causal=memory_is_causal,
            )
        return x if self.norm is None else self.norm(x)


class Transformer(Module):
    """An encoder that reads one sequence, and a decoder that writes another while it looks at what was read.

    src [S, N, d_model] and tgt [L, N, d_model] give [L, N, d_model]; with ``batch_first``, N comes first. The masks
    are those of `TransformerDecoderLayer`, with ``src_…`` for what the encoder reads. ``custom_encoder`` and
    ``custom_decoder`` stand in place of those made here. Weights are drawn as by `init.xavier_uniform_`.

    Raises ShapeError for sequences of another width, or of different batches.

    >>> model = nn.Transformer(d_model=8, nhead=2, num_encoder_layers=1, num_decoder_layers=1, dim_feedforward=16)
    >>> not_yet = model.generate_square_subsequent_mask(4)
    >>> model(glassnet.randn(6, 3, 8), glassnet.randn(4, 3, 8), tgt_mask=not_yet).shape
    (4, 3, 8)
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Activation = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        of_layers: tuple[Any, ...] = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps)
        of_layers += (batch_first, norm_first, bias, device, dtype)

        def norm() -> LayerNorm:
            return LayerNorm(d_model, eps=layer_norm_eps, bias=bias, device=device, dtype=dtype)

        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*of_layers), num_encoder_layers, norm()
        )
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*of_layers), num_decoder_layers, norm()
        )
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights again; biases stay."""
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """What the decoder writes, for each position of ``tgt``."""
        sizes = f"src {written(src.shape)} and tgt {written(tgt.shape)}"
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise ShapeError(f"Transformer: expected sequences of width {self.d_model} (d_model), got {sizes}")
        n = 0 if self.batch_first else 1
        if src.ndim == 3 and (tgt.ndim != 3 or src.shape[n] != tgt.shape[n]):
            order = "[N, L, d_model]" if self.batch_first else "[L, N, d_model] (batch_first=True puts N first)"
            raise ShapeError(f"Transformer: expected two sequences {order} of one batch size N, got {sizes}")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        y: Tensor = self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )
        return y

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """The mask [sz, sz] that hides from each position those after it: −∞ above the diagonal, 0 elsewhere.

        >>> nn.Transformer.generate_square_subsequent_mask(3)
        tensor([[0., -inf, -inf],
                [0., 0., -inf],
                [0., 0., 0.]])
        """
        return full((sz, sz), -math.inf, device=device, dtype=dtype).triu(1)
