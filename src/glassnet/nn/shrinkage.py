"""Shrinkage as modules: small numbers become 0, or all come nearer to it."""

from __future__ import annotations

import glassnet.functional as F
from glassnet.nn.activation import Activation

__all__ = ["Hardshrink", "Softshrink", "Tanhshrink", "Threshold"]


class Threshold(Activation):
    """x where above ``threshold``, else ``value``.

    >>> nn.Threshold(1.0, -5.0)(glassnet.tensor([0.5, 1.0, 2.0]))
    tensor([-5., -5.,  2.])
    """

    function = staticmethod(F.threshold)
    options = ("threshold", "value", "inplace")
    shown = options

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold, self.value, self.inplace = threshold, value, inplace


class _Shrink(Activation):
    options = ("lambd",)

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def extra_repr(self) -> str:
        """The half width of what becomes 0."""
        return str(self.lambd)


class Hardshrink(_Shrink):
    """x where |x| > lambd, else 0.

    D. Donoho and I. Johnstone, Ideal Spatial Adaptation by Wavelet Shrinkage, 1994.

    >>> nn.Hardshrink()(glassnet.tensor([-2.0, 0.25, 2.0]))
    tensor([-2.,  0.,  2.])
    """

    function = staticmethod(F.hardshrink)


class Softshrink(_Shrink):
    """x, drawn towards 0 by ``lambd`` and not beyond.

    D. Donoho and I. Johnstone, Ideal Spatial Adaptation by Wavelet Shrinkage, 1994.

    >>> nn.Softshrink()(glassnet.tensor([-2.0, 0.25, 2.0]))
    tensor([-1.5000,  0.0000,  1.5000])
    """

    function = staticmethod(F.softshrink)


class Tanhshrink(Activation):
    """x − tanh(x).

    >>> nn.Tanhshrink()(glassnet.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.2384,  0.0000,  1.0360])
    """

    function = staticmethod(F.tanhshrink)
