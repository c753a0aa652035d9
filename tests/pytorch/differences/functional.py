"""Of `nn.functional`."""

from __future__ import annotations

import glassnet.functional as F

# Of these PyTorch's results are of random numbers of its own.
RANDOM = {
    f"nn.functional.{name}"
    for name in (
        "alpha_dropout", "dropout", "dropout2d", "dropout3d", "feature_alpha_dropout", "fractional_max_pool2d",
        "fractional_max_pool3d", "rrelu",
    )
}  # fmt: skip

SPELLED = {
    "nn.functional.embedding": lambda weight, index, **options: F.embedding(index, weight, **options),
    "nn.functional.embedding_bag": lambda weight, index, **options: F.embedding_bag(index, weight, **options),
}

KNOWN = {
    ("nn.functional.conv_transpose3d", "float32"): "the rounding of float32",
    ("nn.functional.margin_ranking_loss", "uint8"): "PyTorch's numbers below 0 wrap around in uint8",
    ("nn.functional.hinge_embedding_loss", "reference"): {3: "a target of another shape is refused"},
}
