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
    ("nn.functional.avg_pool1d", "int64"): "not yet",
    ("nn.functional.avg_pool2d", "int64"): "not yet",
    ("nn.functional.avg_pool3d", "int64"): "not yet",
    ("nn.functional.conv_transpose3d", "float32"): "not yet",
    ("nn.functional.feature_alpha_dropout.without_train", "bool"): "not yet",
    ("nn.functional.feature_alpha_dropout.without_train", "float32"): "not yet",
    ("nn.functional.feature_alpha_dropout.without_train", "float64"): "not yet",
    ("nn.functional.feature_alpha_dropout.without_train", "int64"): "not yet",
    ("nn.functional.feature_alpha_dropout.without_train", "int8"): "not yet",
    ("nn.functional.feature_alpha_dropout.without_train", "uint8"): "not yet",
    ("nn.functional.hardtanh", "int64"): "not yet",
    ("nn.functional.hardtanh", "int8"): "not yet",
    ("nn.functional.hinge_embedding_loss", "reference"): "not yet",
    ("nn.functional.interpolate.bicubic", "uint8"): "not yet",
    ("nn.functional.interpolate.bilinear", "uint8"): "not yet",
    ("nn.functional.local_response_norm", "int64"): "not yet",
    ("nn.functional.margin_ranking_loss", "uint8"): "not yet",
    ("nn.functional.multi_head_attention_forward", "float64"): "not yet",
    ("nn.functional.threshold", "int64"): "not yet",
    ("nn.functional.threshold", "int8"): "not yet",
    ("nn.functional.threshold", "uint8"): "not yet",
    ("nn.functional.upsample_bilinear", "uint8"): "not yet",
}
