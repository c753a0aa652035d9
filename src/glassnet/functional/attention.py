"""Attention: each position takes of every other what it looks for."""

from __future__ import annotations

import math
from typing import Any

from glassnet.errors import RangeError
from glassnet.functional.attention_checks import check_fit, check_head_masks, check_heads
from glassnet.functional.dropouts import dropout
from glassnet.functional.layers import linear
from glassnet.functional.probability import softmax
from glassnet.ops.dtypes import Dtype, bool_
from glassnet.ops.layers.attention import masked_softmax
from glassnet.tensor import Tensor, apply, called, where
from glassnet.tensor.creation import full, zeros
from glassnet.tensor.joining import cat

__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(q·kᵀ/√E)·v: of every value, as much as its key resembles the query.

    query [..., L, E], key [..., S, E] and value [..., S, Ev] give [..., L, Ev]. ``attn_mask`` broadcasts to
    [..., L, S]: bool, where True takes part, or numbers that are added to the scores. ``is_causal`` is another mask, in
    its place: no position takes of a later one. A position that may take of none gives 0. ``dropout_p`` drops weights,
    always: pass 0 when the network is not in training. ``scale`` stands in place of 1/√E. With ``enable_gqa`` the
    heads, dimension −3, of key and value may be fewer: each serves several of the query's.

    Raises ShapeError or DtypeError for tensors that do not fit together, RangeError for a ``dropout_p`` outside 0 to 1.
    A. Vaswani et al., Attention Is All You Need, 2017; J. Ainslie et al., GQA, 2023.

    >>> key = glassnet.tensor([[10.0, 0.0], [0.0, 10.0]])
    >>> F.scaled_dot_product_attention(glassnet.tensor([[0.0, 10.0]]), key, glassnet.tensor([[1.0], [2.0]]))
    tensor([[2.]])
    """
    check_fit(query, key, value, attn_mask, is_causal, enable_gqa)
    if not 0 <= dropout_p <= 1:
        raise RangeError(f"scaled_dot_product_attention: expected a dropout_p from 0 to 1, got {dropout_p}")
    if enable_gqa:
        key, value = (_for_every_head(x, query.shape[-3]) for x in (key, value))
    mask = attn_mask
    if mask is not None:
        mask = _added(~mask if mask.dtype == bool_ else mask, query.dtype)
    weights = _weights(query, key, mask, is_causal, scale)
    return dropout(weights, dropout_p) @ value


def _weights(
    query: Tensor,
    key: Tensor,
    mask: Tensor | None,
    is_causal: bool = False,
    scale: float | None = None,
    safe: bool = True,
) -> Tensor:
    """How much each query takes of each key: [..., L, S], rows that add up to 1.

    ``safe``: a row of which the mask leaves nothing is 0, not NaN.
    """
    scale = 1 / math.sqrt(max(query.shape[-1], 1)) if scale is None else scale
    scaled, turned = called(query * scale, "q_scaled"), called(key.transpose(-2, -1), "k_T")
    scores = called(scaled @ turned, "scores")
    if not scores.shape[-1]:  # no keys: no weights
        return scores
    if is_causal:
        later = full(scores.shape[-2:], -math.inf, dtype=scores.dtype).triu(1)
        mask = later if mask is None else mask + later
    shares = softmax(scores, dim=-1) if mask is None else apply(masked_softmax, scores, mask, safe=safe)
    return called(shares, "shares")


def _added(mask: Tensor, dtype: Dtype) -> Tensor:
    """A mask as numbers to add to scores: −∞ where it is True; one of numbers stays as it is."""
    return where(mask, -math.inf, 0.0).to(dtype) if mask.dtype == bool_ else mask.to(dtype)


def _for_every_head(x: Tensor, heads: int) -> Tensor:
    """``x`` [..., few, S, E] with each head repeated, so that there are ``heads``."""
    *batch, few, length, width = x.shape
    return x.unsqueeze(-3).expand(*batch, few, heads // few, length, width).reshape(*batch, heads, length, width)


# several heads ------------------------------------------------------------------------------------


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
    batch_first: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Attention in ``num_heads`` parts of the width, each of which looks for something of its own.

    What `nn.MultiheadAttention` computes; there the inputs, masks and results are described. With ``batch_first``,
    which PyTorch's function has not, sequences are [N, L, E] and not [L, N, E]. ``static_k`` and ``static_v``
    [N·num_heads, S, E/num_heads] stand in place of keys and values that are projected.

    Raises AttentionError for inputs and masks that do not fit together.
    A. Vaswani et al., Attention Is All You Need, 2017.

    >>> x, weight = glassnet.eye(2).unsqueeze(0), glassnet.eye(2)
    >>> y, weights = F.multi_head_attention_forward(
    ...     x, x, x, 2, 1, weight.repeat(3, 1), None, None, None, False, 0.0, weight, None, batch_first=True
    ... )
    >>> weights
    tensor([[[0.6698, 0.3302],
             [0.3302, 0.6698]]])
    """
    shared = None if static_k is not None else 0 if batch_first else 1
    check_heads(query, key, value, embed_dim_to_check, num_heads, separate=use_separate_proj_weight, batch=shared)
    is_batched = query.ndim == 3
    if not is_batched:
        query, key, value = (x.unsqueeze(0) for x in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
        batch_first = True
    time = 1 if batch_first else 0
    batch, length, keys = query.shape[1 - time], query.shape[time], key.shape[time]
    check_head_masks(attn_mask, key_padding_mask, (batch, num_heads, length, keys), is_causal)

    weights: Any = (q_proj_weight, k_proj_weight, v_proj_weight)
    weights = weights if in_proj_weight is None else _thirds(in_proj_weight, "weight")
    biases = (None, None, None) if in_proj_bias is None else _thirds(in_proj_bias, "bias")
    q, k, v = (
        called(linear(x, w, b), name)
        for name, x, w, b in zip(("queries", "keys", "values"), (query, key, value), weights, biases, strict=True)
    )
    if bias_k is not None and bias_v is not None:  # one more key and value, the same for every sequence
        one = (batch, 1, -1) if batch_first else (1, batch, -1)
        k, v = (cat([x, bias.expand(*one)], dim=time) for x, bias in ((k, bias_k), (v, bias_v)))
    q, k, v = (called(_heads(x, num_heads, batch_first), name) for x, name in ((q, "q"), (k, "k"), (v, "v")))
    if static_k is not None:
        k = static_k.unflatten(0, (batch, num_heads))
    if static_v is not None:
        v = static_v.unflatten(0, (batch, num_heads))
    if add_zero_attn:
        k, v = (cat([x, zeros(batch, num_heads, 1, x.shape[-1], dtype=x.dtype)], dim=2) for x in (k, v))

    only_causal = is_causal and key_padding_mask is None and not need_weights
    mask = None if only_causal else _for_heads(attn_mask, key_padding_mask, num_heads, q.dtype)
    if mask is not None and k.shape[2] > keys:  # what was added hides from no one
        mask = cat([mask, zeros(*mask.shape[:-1], k.shape[2] - keys, dtype=mask.dtype)], dim=-1)
    shares = dropout(_weights(q, k, mask, only_causal, safe=not need_weights), dropout_p, training)
    taken = called(shares @ v, "taken").permute(*((0, 2, 1, 3) if batch_first else (2, 0, 1, 3)))
    y = called(taken.flatten(2), "heads")  # side by side
    y = linear(y, out_proj_weight, out_proj_bias)
    y = y if is_batched else y.squeeze(0)
    if not need_weights:
        return y, None
    shares = shares.mean(1) if average_attn_weights else shares
    return y, shares if is_batched else shares.squeeze(0)


def _thirds(x: Tensor, kind: str) -> list[Tensor]:
    """The parts of ``x`` that make queries, keys and values."""
    return [called(part, f"{name}_{kind}") for part, name in zip(x.chunk(3), ("query", "key", "value"), strict=True)]


def _heads(x: Tensor, heads: int, batch_first: bool) -> Tensor:
    """A sequence of vectors in ``heads`` parts, as [N, heads, length, width / heads]: a view."""
    return x.unflatten(2, (heads, -1)).permute(*((0, 2, 1, 3) if batch_first else (1, 2, 0, 3)))


def _for_heads(attn_mask: Tensor | None, padding: Tensor | None, heads: int, dtype: Dtype) -> Tensor | None:
    """Both masks in one, to be added to scores [N, heads, L, S]; None if there is none."""
    mask = None if attn_mask is None else _added(attn_mask, dtype)  # [L, S], or [N·heads, L, S]
    if mask is not None and mask.ndim == 3:
        mask = mask.unflatten(0, (-1, heads))
    if padding is None:
        return mask
    of_keys = _added(padding, dtype).unsqueeze(1).unsqueeze(1)  # [N, 1, 1, S]
    return of_keys if mask is None else mask + of_keys
