"""Linear layers: Linear, Bilinear, and Identity."""

from __future__ import annotations

import math
from typing import Any

import glassnet.functional as F
from glassnet.errors import DtypeError
from glassnet.functional.tensor_checks import check_whole
from glassnet.nn import init
from glassnet.nn.checks import check_same_dtype, parameter_dtype
from glassnet.nn.module import Module
from glassnet.nn.parameter import Parameter
from glassnet.tensor import Tensor
from glassnet.tensor.creation import empty


class Identity(Module):
    """The input, unchanged. Takes any arguments, so that it can replace any layer.

    >>> nn.Identity(54, unused=True)(glassnet.tensor([1.0, 2.0]))
    tensor([1., 2.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """The input."""
        return input


class Linear(Module):
    """y = x·Wᵀ + b: a layer in which every output depends on every input.

    An input [..., in_features] gives [..., out_features]. weight [out_features, in_features] and bias
    [out_features] (None with ``bias=False``) are drawn uniformly from [−1/√in_features,
    1/√in_features).

    Raises ValueError or TypeError for sizes that are not whole numbers of 1 or more; called, ShapeError or
    DtypeError for an input that does not fit the weight.

    >>> layer = nn.Linear(2, 1)
    >>> layer.load_state_dict({"weight": np.array([[3.0, 4.0]]), "bias": np.array([5.0])})
    <All keys matched successfully>
    >>> layer(glassnet.tensor([[1.0, 10.0]])).detach()  # 3·1 + 4·10 + 5
    tensor([[48.]])
    """

    in_features: int
    out_features: int
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        check_whole("Linear", in_features=in_features, out_features=out_features)
        dtype = parameter_dtype("Linear", device, dtype)
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in_features, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_features, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weight and the bias again."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # which comes to ±1/√in_features
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features)
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """x·Wᵀ + b."""
        try:
            return F.linear(input, self.weight, self.bias)
        except DtypeError:
            check_same_dtype("linear", input, self.weight)
            raise

    def extra_repr(self) -> str:
        """The sizes, and whether there is a bias."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class NonDynamicallyQuantizableLinear(Linear):
    """`Linear` under the name that PyTorch shows for the last layer of its attention; it is nothing else here."""


class Bilinear(Module):
    """yₖ = aᵀ·Wₖ·b + bₖ: every output depends on every product of two inputs.

    Inputs [..., in1_features] and [..., in2_features] give [..., out_features]. weight [out_features,
    in1_features, in2_features] and bias [out_features] (None with ``bias=False``) are drawn uniformly from
    [−1/√in1_features, 1/√in1_features).

    Raises ValueError or TypeError for sizes that are not whole numbers of 1 or more; called, ShapeError or
    DtypeError for inputs that do not fit the weight.

    >>> layer = nn.Bilinear(3, 4, 2)
    >>> layer(glassnet.ones(5, 3), glassnet.ones(5, 4)).shape
    (5, 2)
    """

    in1_features: int
    in2_features: int
    out_features: int
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        check_whole("Bilinear", in1_features=in1_features, in2_features=in2_features, out_features=out_features)
        dtype = parameter_dtype("Bilinear", device, dtype)
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in1_features, in2_features, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_features, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weight and the bias again."""
        bound = 1 / math.sqrt(self.in1_features)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """aᵀ·Wₖ·b + bₖ, for each k."""
        try:
            return F.bilinear(input1, input2, self.weight, self.bias)
        except DtypeError:
            check_same_dtype("bilinear", input1, self.weight)
            check_same_dtype("bilinear", input2, self.weight)
            raise

    def extra_repr(self) -> str:
        """The sizes, and whether there is a bias."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )
