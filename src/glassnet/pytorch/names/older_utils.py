"""What torch.nn.utils has beside `glassnet.nn.utils`: an older name, layers made without numbers, layers made one."""

from __future__ import annotations

import copy
import warnings
from typing import Any

from glassnet import nn
from glassnet.autograd import no_grad
from glassnet.nn.utils import clip_grad_norm_
from glassnet.tensor import Tensor
from glassnet.tensor.creation import without_drawing, zeros_like

__all__ = [
    "clip_grad_norm", "fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights",
    "skip_init",
]  # fmt: skip


def clip_grad_norm(parameters: Any, max_norm: float, norm_type: float = 2.0, *args: Any, **named: Any) -> Tensor:
    """`clip_grad_norm_`, with PyTorch's warning."""
    warnings.warn("nn.utils.clip_grad_norm is now nn.utils.clip_grad_norm_", FutureWarning, stacklevel=2)
    return clip_grad_norm_(parameters, max_norm, norm_type, *args, **named)


def skip_init(module_cls: type[nn.Module], *args: Any, **named: Any) -> nn.Module:
    """A module of this class whose parameters are not drawn, but 0.

    >>> from glassnet.pytorch.names.older_utils import skip_init
    >>> skip_init(nn.Linear, 2, 1).weight
    Parameter([[0., 0.]], requires_grad=True)
    """
    with without_drawing():
        return module_cls(*args, **named)


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[nn.Parameter, nn.Parameter]:
    """The weight and the bias of one convolution that gives what a convolution and then a batch norm give."""
    with no_grad():
        scale = (1 if bn_w is None else bn_w) / (bn_rv + bn_eps).sqrt()
        offset = (zeros_like(bn_rm) if conv_b is None else conv_b) - bn_rm
        shape = [1] * conv_w.ndim
        shape[1 if transpose and conv_w.ndim > 2 else 0] = -1
        weight, bias = conv_w * scale.reshape(shape), offset * scale + (0 if bn_b is None else bn_b)
    return nn.Parameter(weight, conv_w.requires_grad), nn.Parameter(bias, conv_b is None or conv_b.requires_grad)


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
) -> tuple[nn.Parameter, nn.Parameter]:
    """As `fuse_conv_bn_weights`, of a linear layer."""
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """One layer that gives what ``conv`` and then ``bn`` give in evaluation mode. Raises ValueError in training mode.

    >>> from glassnet.pytorch.names.older_utils import fuse_conv_bn_eval
    >>> conv, norm, x = nn.Conv2d(1, 2, 3).eval(), nn.BatchNorm2d(2).eval(), glassnet.randn(1, 1, 4, 4)
    >>> glassnet.allclose(fuse_conv_bn_eval(conv, norm)(x), norm(conv(x)), atol=1e-6)
    True
    """
    if conv.training or bn.training:
        raise ValueError("fuse_conv_bn_eval: expected layers in evaluation mode; call eval() first")
    fused = copy.deepcopy(conv)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        conv.weight, conv.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """As `fuse_conv_bn_eval`, of a linear layer."""
    return fuse_conv_bn_eval(linear, bn)
