"""Multi-head attention: a layer whose positions look at each other."""

from __future__ import annotations

from typing import Any

import glassnet.functional as F
from glassnet.errors import AttentionError
from glassnet.functional.attention_checks import heads_do_not_divide
from glassnet.functional.tensor_checks import check_whole
from glassnet.nn import init
from glassnet.nn.checks import check_probability, parameter_dtype
from glassnet.nn.linear import NonDynamicallyQuantizableLinear
from glassnet.nn.module import Module
from glassnet.nn.parameter import Parameter
from glassnet.tensor import Tensor
from glassnet.tensor.creation import empty

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    """Attention in ``num_heads`` parts of the width: each looks for something of its own.

    Called with query [L, N, embed_dim], key [S, N, kdim] and value [S, N, vdim], it gives (output [L, N, embed_dim],
    weights [N, L, S]); with ``batch_first``, N comes first everywhere; without N, it is one sequence. To let a sequence
    look at itself, pass it three times. The weights are the mean over the heads, each head's with
    ``average_attn_weights=False``, or None with ``need_weights=False``.

    ``key_padding_mask`` [N, S] hides keys: where it is True, or by numbers that are added to the scores. ``attn_mask``
    does so for each query: [L, S], or [N·num_heads, L, S]. ``is_causal`` says that attn_mask is causal. ``dropout``
    drops weights in training. ``add_bias_kv`` adds a learned key and value, ``add_zero_attn`` a key and value of 0.

    in_proj_weight [3·embed_dim, embed_dim] makes queries, keys and values of the inputs (q_proj_weight, k_proj_weight
    and v_proj_weight where kdim or vdim differ from embed_dim), in_proj_bias is added; out_proj is a `Linear` at the
    end. The weights are drawn as by `init.xavier_uniform_`; biases are 0.

    Raises AttentionError where num_heads does not divide embed_dim; called, for inputs and masks that do not fit.

    A. Vaswani et al., Attention Is All You Need, 2017.

    >>> attention = nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = glassnet.randn(3, 5, 8)
    >>> output, weights = attention(x, x, x)
    >>> output.shape, weights.shape
    ((3, 5, 8), (3, 5, 5))
    >>> glassnet.allclose(weights.sum(-1), glassnet.ones(3, 5))
    True
    """

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.add_zero_attn = add_zero_attn
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.batch_first = batch_first
        check_whole("MultiheadAttention", embed_dim=embed_dim, num_heads=num_heads, kdim=self.kdim, vdim=self.vdim)
        check_probability("MultiheadAttention", dropout)
        if embed_dim % num_heads:
            raise AttentionError(f"MultiheadAttention: {heads_do_not_divide(embed_dim, num_heads)}")
        self.bias, self.add_bias_kv = bias, add_bias_kv
        self.head_dim = embed_dim // num_heads
        dtype = parameter_dtype("MultiheadAttention", device, dtype)

        def parameter(name: str, *shape: int, there: bool = True) -> None:
            self.register_parameter(name, Parameter(empty(*shape, dtype=dtype)) if there else None)

        same_width = self.kdim == self.vdim == embed_dim
        parameter("in_proj_weight", 3 * embed_dim, embed_dim, there=same_width)
        parameter("q_proj_weight", embed_dim, embed_dim, there=not same_width)
        parameter("k_proj_weight", embed_dim, self.kdim, there=not same_width)
        parameter("v_proj_weight", embed_dim, self.vdim, there=not same_width)
        parameter("in_proj_bias", 3 * embed_dim, there=bias)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, dtype=dtype)
        parameter("bias_k", 1, 1, embed_dim, there=add_bias_kv)
        parameter("bias_v", 1, 1, embed_dim, there=add_bias_kv)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights again; the biases become 0."""
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        self.out_proj.reset_parameters()
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """What each query took of the values, and how much of each."""
        return F.multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            self.training,
            key_padding_mask,
            need_weights,
            attn_mask,
            self.in_proj_weight is None,
            self.q_proj_weight,
            self.k_proj_weight,
            self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
            batch_first=self.batch_first,
        )
