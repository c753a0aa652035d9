"""nn: networks out of modules; what PyTorch has in ``torch.nn``, by its names."""

from __future__ import annotations

from glassnet.nn import (
    activation,
    attention,
    avg_pooling,
    batch_norm,
    channels,
    convolution,
    distance,
    fractional_pooling,
    functional,
    init,
    interpolation,
    lazy,
    loss,
    margin,
    max_pooling,
    normalization,
    padding,
    recurrence,
    recurrent_cells,
    shrinkage,
    softmax,
    transformer,
    unfolding,
    utils,
)
from glassnet.nn.activation import *  # noqa: F403
from glassnet.nn.adaptive_softmax import AdaptiveLogSoftmaxWithLoss
from glassnet.nn.attention import *  # noqa: F403
from glassnet.nn.avg_pooling import *  # noqa: F403
from glassnet.nn.batch_norm import *  # noqa: F403
from glassnet.nn.channels import *  # noqa: F403
from glassnet.nn.container import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from glassnet.nn.convolution import *  # noqa: F403
from glassnet.nn.distance import *  # noqa: F403
from glassnet.nn.dropout import AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout
from glassnet.nn.embeddings import Embedding, EmbeddingBag
from glassnet.nn.flatten import Flatten, Unflatten
from glassnet.nn.fractional_pooling import *  # noqa: F403
from glassnet.nn.hooks import (
    register_module_backward_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
)
from glassnet.nn.interpolation import *  # noqa: F403
from glassnet.nn.lazy import *  # noqa: F403
from glassnet.nn.linear import Bilinear, Identity, Linear, NonDynamicallyQuantizableLinear
from glassnet.nn.loss import *  # noqa: F403
from glassnet.nn.margin import *  # noqa: F403
from glassnet.nn.max_pooling import *  # noqa: F403
from glassnet.nn.module import Module
from glassnet.nn.normalization import *  # noqa: F403
from glassnet.nn.padding import *  # noqa: F403
from glassnet.nn.parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter
from glassnet.nn.recurrence import *  # noqa: F403
from glassnet.nn.recurrent_cells import *  # noqa: F403
from glassnet.nn.registry import (
    register_module_buffer_registration_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from glassnet.nn.shrinkage import *  # noqa: F403
from glassnet.nn.softmax import *  # noqa: F403
from glassnet.nn.transformer import *  # noqa: F403
from glassnet.nn.unfolding import *  # noqa: F403

__all__ = [
    "AdaptiveLogSoftmaxWithLoss",
    "AlphaDropout",
    "Bilinear",
    "Buffer",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "Embedding",
    "EmbeddingBag",
    "FeatureAlphaDropout",
    "Flatten",
    "Identity",
    "Linear",
    "Module",
    "ModuleDict",
    "ModuleList",
    "Parameter",
    "ParameterDict",
    "ParameterList",
    "Sequential",
    "Unflatten",
    "UninitializedBuffer",
    "UninitializedParameter",
    "functional",
    "init",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
    "utils",
]
__all__ += activation.__all__
__all__ += attention.__all__
__all__ += avg_pooling.__all__
__all__ += batch_norm.__all__
__all__ += recurrent_cells.__all__
__all__ += channels.__all__
__all__ += convolution.__all__
__all__ += distance.__all__
__all__ += fractional_pooling.__all__
__all__ += interpolation.__all__
__all__ += lazy.__all__
__all__ += loss.__all__
__all__ += margin.__all__
__all__ += max_pooling.__all__
__all__ += normalization.__all__
__all__ += recurrence.__all__
__all__ += shrinkage.__all__
__all__ += softmax.__all__
__all__ += transformer.__all__
__all__ += padding.__all__
__all__ += unfolding.__all__
