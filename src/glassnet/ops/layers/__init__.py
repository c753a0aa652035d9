"""Operations that layers are made of, beyond the linear ones; loaded when a layer or a function first needs them."""

from __future__ import annotations

from glassnet.ops.layers import (
    attention,
    avg_pooling,
    convolution,
    ctc,
    dropout,
    embeddings,
    grid_sampling,
    interpolation,
    matrix_functions,
    max_pooling,
    normalization,
    pooling,
    recurrence,
    region_pooling,
    windows,
)  # isort: skip
