"""Whether the inputs and masks of attention fit together, and what to change where they do not."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import AttentionError, DtypeError, ShapeError
from glassnet.functional.tensor_checks import check_tensor
from glassnet.ops.shapes import broadcasts_to, shape_of, written
from glassnet.tensor import Tensor


def check_fit(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, is_causal: bool, enable_gqa: bool
) -> None:
    """Raise unless `scaled_dot_product_attention` can be computed."""
    name = "scaled_dot_product_attention"
    given = {"query": query, "key": key, "value": value}
    _check_tensors(name, **given)
    if mask is not None and is_causal:
        raise AttentionError(f"{name}: is_causal is a mask of its own; pass attn_mask or is_causal, not both")
    sizes = ", ".join(f"{which} {written(shape_of(x))}" for which, x in given.items())
    if any(len(shape_of(x)) < (3 if enable_gqa else 2) for x in given.values()):
        least = "[..., heads, length, width]" if enable_gqa else "[..., length, width]"
        raise ShapeError(f"{name}: expected {least} each, got {sizes}; add a dimension: x.unsqueeze(0)")
    if len({x.dtype for x in given.values()}) > 1 or query.dtype.kind != "f":
        dtypes = ", ".join(f"{which} {x.dtype}" for which, x in given.items())
        raise DtypeError(f"{name}: expected one floating dtype, got {dtypes}; convert them: x.to(query.dtype)")
    *batch, length, width = query.shape
    if width != key.shape[-1]:
        raise ShapeError(
            f"{name}: a query of width {width} cannot be compared with keys of width {key.shape[-1]} ({sizes}); "
            "project them to one width first: nn.Linear"
        )
    if key.shape[-2] != value.shape[-2]:
        raise ShapeError(f"{name}: expected a value for each key, got {key.shape[-2]} and {value.shape[-2]} ({sizes})")
    if enable_gqa and any(not few or batch[-1] % few for few in (key.shape[-3], value.shape[-3])):
        raise ShapeError(f"{name}: the heads of the query must be a multiple of those of key and value, got {sizes}")
    skipped = -3 if enable_gqa else -2
    try:
        together = np.broadcast_shapes(*(x.shape[:skipped] for x in given.values()))
    except ValueError:
        raise ShapeError(f"{name}: the dimensions before length and width must be equal or 1, got {sizes}") from None
    if mask is not None:
        scores = (*together, *batch[len(batch) + skipped + 2 :], length, key.shape[-2])
        _check_mask_dtype(name, "attn_mask", mask)
        if not broadcasts_to(mask.shape, scores):
            raise ShapeError(
                f"{name}: expected an attn_mask that broadcasts to the scores [..., query length, key length] "
                f"= {written(scores)}, got {written(mask.shape)}"
            )


def _check_tensors(name: str, **given: Any) -> None:
    for argument, x in given.items():
        check_tensor(name, x, argument)


def _check_mask_dtype(name: str, argument: str, mask: Tensor) -> None:
    check_tensor(name, mask, argument)
    if mask.dtype.kind not in "bf":
        raise AttentionError(
            f"{name}: expected {argument} as bool or as floating numbers to add to the scores, got {mask.dtype}; "
            "convert it: mask.bool()"
        )


# several heads ------------------------------------------------------------------------------------


def check_heads(
    query: Tensor, key: Tensor, value: Tensor, width: int, heads: int, separate: bool, batch: int | None
) -> None:
    """Raise unless these can be projected and split into heads; ``separate``: by weights of widths of their own.

    ``batch`` is the dimension of the batch, which all must have in common, or None.
    """
    name = "multi_head_attention"
    _check_tensors(name, query=query, key=key, value=value)
    sizes = f"query {written(query.shape)}, key {written(key.shape)}, value {written(value.shape)}"
    if query.ndim not in (2, 3) or key.ndim != query.ndim or value.ndim != query.ndim:
        raise AttentionError(
            f"{name}: expected query, key and value of 3 dimensions each, or of 2 for one sequence without a batch, "
            f"got {sizes}; give one that lacks it a batch dimension: x.unsqueeze(…)"
        )
    if query.shape[-1] != width:
        raise AttentionError(f"{name}: expected a query of width {width} (embed_dim), got {query.shape[-1]} ({sizes})")
    if width % heads:
        raise AttentionError(f"{name}: {heads_do_not_divide(width, heads)}")
    if (key.shape[:-1] != value.shape[:-1]) if separate else (key.shape != value.shape):
        raise AttentionError(f"{name}: expected a value for each key, of equal sizes, got {sizes}")
    if batch is not None and query.ndim == 3 and query.shape[batch] != key.shape[batch]:
        order = "[N, length, width], with batch_first=True" if batch == 0 else "[length, N, width], without batch_first"
        raise AttentionError(
            f"{name}: expected as many sequences N of queries as of keys, got {query.shape[batch]} and "
            f"{key.shape[batch]} ({sizes}, read as {order})"
        )


def heads_do_not_divide(width: int, heads: int) -> str:
    """That ``heads`` do not divide ``width``, with the numbers of heads near by that do."""
    near = sorted((n for n in range(1, width + 1) if width % n == 0), key=lambda n: (abs(n - heads), n))[:2]
    return (
        f"expected num_heads that divide embed_dim, as each head gets an equal part of the width: {width} / {heads} = "
        f"{width / heads:.4g}; take {' or '.join(map(str, sorted(near)))} heads"
    )


def check_head_masks(
    attn_mask: Tensor | None, padding: Tensor | None, scores: tuple[int, int, int, int], is_causal: bool
) -> None:
    """Raise unless the masks fit ``scores``: the batch, the heads, the lengths of query and key."""
    name = "multi_head_attention"
    batch, heads, length, keys = scores
    if is_causal and attn_mask is None:
        raise AttentionError(
            f"{name}: is_causal only says that attn_mask is causal: pass that too, "
            f"nn.Transformer.generate_square_subsequent_mask({length})"
        )
    if padding is not None:
        _check_mask_dtype(name, "key_padding_mask", padding)
        if padding.shape != (batch, keys):
            raise AttentionError(
                f"{name}: expected a key_padding_mask [batch, key length] = {written((batch, keys))}, or "
                f"{written((keys,))} for one sequence without a batch, got {written(padding.shape)}"
            )
    if attn_mask is not None:
        _check_mask_dtype(name, "attn_mask", attn_mask)
        if attn_mask.shape not in ((length, keys), (batch * heads, length, keys)):
            raise AttentionError(
                f"{name}: expected an attn_mask [query length, key length] = {written((length, keys))}, or "
                f"[batch·heads, query length, key length] = [{batch}·{heads}, {length}, {keys}], got "
                f"{written(attn_mask.shape)}"
            )
