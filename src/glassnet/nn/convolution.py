"""Convolution layers: the same kernels at every place of a signal, an image or a volume; and their transposes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import glassnet.functional as F
from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.functional.convolution import least_lengths, least_of, same_padding
from glassnet.functional.spatial import per_dimension
from glassnet.functional.tensor_checks import check_whole
from glassnet.nn import init
from glassnet.nn.checks import check_same_dtype, parameter_dtype
from glassnet.nn.module import Module
from glassnet.nn.parameter import Parameter
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor
from glassnet.tensor.creation import empty

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

Numbers = int | Sequence[int]
MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


class _ConvolutionNd(Module):
    """What convolutions and their transposes have in common: the arguments, the weight and the bias."""

    dimensions: ClassVar[int]
    transposed = False
    kernel_size: tuple[int, ...]
    weight: Parameter
    bias: Parameter | None

    def _set_up(
        self, in_channels: int, out_channels: int, groups: int, bias: bool, device: Any, dtype: Any, **numbers: Any
    ) -> None:
        name = self._get_name()
        check_whole(name, in_channels=in_channels, out_channels=out_channels, groups=groups)
        for what, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % groups:
                raise RangeError(
                    f"{name}: expected {what} that groups divide, got {channels} and groups={groups}: {channels} = "
                    f"{channels // groups}·{groups} + {channels % groups}"
                )
        self.in_channels = in_channels
        self.out_channels = out_channels
        for what, value in numbers.items():
            is_text = isinstance(value, str)
            setattr(self, what, value if is_text else per_dimension(name, what, value, self.dimensions, least_of(what)))
        self.groups = groups
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        dtype = parameter_dtype(name, device, dtype)
        self.weight = Parameter(empty(first, second // groups, *self.kernel_size, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_channels, dtype=dtype)) if bias else None)

    def reset_parameters(self) -> None:
        """Draw the weight and the bias again."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # which comes to ±1/√fan_in
        if self.bias is not None:
            bound = 1 / math.sqrt(math.prod(self.weight.shape[1:]))
            init.uniform_(self.bias, -bound, bound)

    def _function(self) -> Any:
        return getattr(F, f"conv{'_transpose' if self.transposed else ''}{self.dimensions}d")

    def _computed(self, input: Tensor, *options: Any) -> Tensor:
        try:
            y: Tensor = self._function()(input, self.weight, self.bias, *options)
        except DtypeError:
            check_same_dtype(self._function().__name__, input, self.weight)
            raise
        return y

    def extra_repr(self) -> str:
        """The channels, and the options that are not what they are by default."""
        usual = {"padding": 0, "dilation": 1, "output_padding": 0}
        parts = [str(self.in_channels), str(self.out_channels)]
        parts += [f"{name}={getattr(self, name)}" for name in ("kernel_size", "stride")]
        for name, number in usual.items():
            value = getattr(self, name, (number,) * self.dimensions)
            if value != (number,) * self.dimensions:
                parts.append(f"{name}={value}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


class _Convolution(_ConvolutionNd):
    stride: tuple[int, ...]
    padding: tuple[int, ...] | str
    dilation: tuple[int, ...]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers | str = 0,
        dilation: Numbers = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name = self._get_name()
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise RangeError(f'{name}: expected padding as numbers, "same" or "valid", got {padding!r:.60}')
        if padding_mode not in MODES:
            raise RangeError(f"{name}: expected a padding_mode of {', '.join(MODES)}, got {padding_mode!r:.60}")
        numbers = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
        self._set_up(in_channels, out_channels, groups, bias, device, dtype, **numbers)
        self.padding_mode = padding_mode
        if padding == "same":
            same_padding(name, self.kernel_size, self.stride, self.dilation)
        self.reset_parameters()

    def _widths(self) -> list[int]:
        """What F.pad adds, the last dimension first."""
        if self.padding == "same":
            widths = same_padding(self._get_name(), self.kernel_size, self.stride, self.dilation)
        else:
            widths = [] if isinstance(self.padding, str) else [(p, p) for p in self.padding]
        return [n for width in reversed(widths) for n in width]

    def forward(self, input: Tensor) -> Tensor:
        """The convolution of the input, with the bias added."""
        padding: Any = self.padding
        widths = [] if self.padding_mode == "zeros" else self._widths()
        if any(widths):
            input, padding = F.pad(input, widths, MODES[self.padding_mode]), 0
        return self._computed(input, self.stride, padding, self.dilation, self.groups)


class Conv1d(_Convolution):
    """Convolution of a signal: [N, in_channels, L] gives [N, out_channels, L'], or the same without N.

    L' = ⌊(L + 2·padding − dilation·(kernel_size − 1) − 1)/stride⌋ + 1. ``padding`` may be "same", which keeps the
    length, or "valid", which is 0; ``padding_mode`` "zeros", "reflect", "replicate" or "circular". With ``groups``,
    each group of channels has kernels of its own. weight [out_channels, in_channels/groups, kernel_size] and bias
    [out_channels] (None with ``bias=False``) are drawn uniformly from [−b, b), with b = 1/√(inputs of one output).

    Raises ValueError or TypeError for numbers that cannot be; called, ShapeError or DtypeError for an input that does
    not fit, with the arithmetic.

    >>> layer = nn.Conv1d(1, 1, 2, bias=False)
    >>> layer.load_state_dict({"weight": np.array([[[-1.0, 1.0]]])})
    <All keys matched successfully>
    >>> layer(glassnet.tensor([[1.0, 2.0, 4.0, 7.0]])).detach()
    tensor([[1., 2., 3.]])
    """

    dimensions = 1


class Conv2d(_Convolution):
    """Convolution of images: [N, in_channels, H, W] gives [N, out_channels, H', W'], or the same without N.

    H' = ⌊(H + 2·padding − dilation·(kernel_size − 1) − 1)/stride⌋ + 1, and so W'. Numbers are for both, or one for
    each. The other arguments are those of `Conv1d`. weight [out_channels, in_channels/groups, kernel height, kernel
    width] and bias [out_channels] are drawn uniformly from [−b, b), with b = 1/√(inputs of one output).

    Raises ValueError or TypeError for numbers that cannot be; called, ShapeError or DtypeError for an input that does
    not fit, with the arithmetic.
    Y. LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998.

    >>> layer = nn.Conv2d(1, 6, 5, padding=2)
    >>> layer(glassnet.zeros(64, 1, 28, 28)).shape
    (64, 6, 28, 28)
    """

    dimensions = 2


class Conv3d(_Convolution):
    """Convolution of volumes: [N, in_channels, D, H, W] gives [N, out_channels, D', H', W'], or the same without N.

    As `Conv2d`, with a depth.

    >>> nn.Conv3d(1, 2, 3)(glassnet.zeros(1, 1, 4, 5, 6)).shape
    (1, 2, 2, 3, 4)
    """

    dimensions = 3


class _TransposedConvolution(_ConvolutionNd):
    transposed = True
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    output_padding: tuple[int, ...]
    dilation: tuple[int, ...]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers = 0,
        output_padding: Numbers = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Numbers = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if padding_mode != "zeros":
            raise RangeError(f'{self._get_name()}: expected a padding_mode of "zeros", got {padding_mode!r:.60}')
        numbers = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "output_padding": output_padding}
        self._set_up(in_channels, out_channels, groups, bias, device, dtype, **numbers, dilation=dilation)
        self.padding_mode = padding_mode
        self.reset_parameters()

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """The transposed convolution of the input, with the bias added; of ``output_size``, if that is given."""
        more = self.output_padding if output_size is None else self._output_padding(input, output_size)
        return self._computed(input, self.stride, self.padding, more, self.groups, self.dilation)

    def _output_padding(self, input: Tensor, output_size: Sequence[int]) -> tuple[int, ...]:
        """What to add to the smallest output so that it is of ``output_size``."""
        n, name = self.dimensions, self._get_name()
        wanted = tuple(output_size)[-n:] if len(output_size) in (len(input.shape), n) else ()
        if len(wanted) != n:
            raise ShapeError(f"{name}: expected an output_size of {n} numbers, got {written(tuple(output_size))}")
        least = least_lengths(input.shape[-n:], self.kernel_size, self.stride, self.padding, self.dilation)
        most = tuple(m + s - 1 for m, s in zip(least, self.stride, strict=True))
        if any(not low <= size <= high for low, size, high in zip(least, wanted, most, strict=True)):
            raise RangeError(
                f"{name}: expected an output_size from {written(least)} to {written(most)} for an input of "
                f"{written(input.shape[-n:])}, got {written(wanted)}"
            )
        return tuple(size - low for size, low in zip(wanted, least, strict=True))


class ConvTranspose1d(_TransposedConvolution):
    """The transpose of `Conv1d`, as its gradient is: [N, in_channels, L] gives [N, out_channels, L'].

    L' = (L − 1)·stride − 2·padding + dilation·(kernel_size − 1) + output_padding + 1. A call may give the
    ``output_size`` instead of ``output_padding``. weight [in_channels, out_channels/groups, kernel_size] and bias
    [out_channels] are drawn as PyTorch draws them: uniformly from [−b, b), b = 1/√(out_channels/groups·kernel_size).

    Raises ValueError or TypeError for numbers that cannot be; called, ShapeError or DtypeError for an input that does
    not fit, with the arithmetic.

    >>> nn.ConvTranspose1d(4, 2, 3, stride=2)(glassnet.zeros(1, 4, 5)).shape
    (1, 2, 11)
    """

    dimensions = 1


class ConvTranspose2d(_TransposedConvolution):
    """The transpose of `Conv2d`, as its gradient is: [N, in_channels, H, W] gives [N, out_channels, H', W'].

    As `ConvTranspose1d`, with numbers for both dimensions, or one for each.
    M. Zeiler et al., Deconvolutional Networks, 2010.

    >>> layer = nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1)
    >>> layer(glassnet.zeros(1, 16, 7, 7)).shape, layer(glassnet.zeros(1, 16, 7, 7), output_size=(14, 14)).shape
    ((1, 8, 13, 13), (1, 8, 14, 14))
    """

    dimensions = 2


class ConvTranspose3d(_TransposedConvolution):
    """The transpose of `Conv3d`, as its gradient is: [N, in_channels, D, H, W] gives [N, out_channels, D', H', W'].

    As `ConvTranspose2d`, with a depth.

    >>> nn.ConvTranspose3d(1, 1, 2)(glassnet.zeros(1, 1, 1, 2, 3)).shape
    (1, 1, 2, 3, 4)
    """

    dimensions = 3
