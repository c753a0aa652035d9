"""What is left out in training: whole samples of a residual branch, whole blocks of pixels."""

from __future__ import annotations

from typing import Any

import glassnet.functional as F
from glassnet.nn.module import Module
from glassnet.random import chosen
from glassnet.tensor import Tensor, wrap


def stochastic_depth(input: Tensor, p: float, mode: str, training: bool = True) -> Tensor:
    """Samples of a batch ("row"), or the whole of it ("batch"), left out with probability ``p``.

    Source: Huang et al., "Deep Networks with Stochastic Depth", 2016.

    >>> from glassnet.vision import ops
    >>> ops.stochastic_depth(glassnet.ones(2, 3), 1.0, "batch")
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    _check_probability("stochastic_depth", p)
    if mode not in ("batch", "row"):
        raise ValueError(f'stochastic_depth: expected mode "batch" or "row", got {mode!r:.40}')
    if not training or p == 0:
        return input
    first = input.shape[0] if mode == "row" else 1
    kept = chosen(None).random((first, *[1] * (input.ndim - 1))) >= p
    return input * wrap((kept / max(1 - p, 1e-12)).astype(input.dtype.type))


class StochasticDepth(Module):
    """`stochastic_depth` as a layer, which does nothing in evaluation.

    >>> from glassnet.vision import ops
    >>> ops.StochasticDepth(1.0, "row").eval()(glassnet.ones(1, 2))
    tensor([[1., 1.]])
    """

    def __init__(self, p: float, mode: str = "row") -> None:
        super().__init__()
        self.p, self.mode = p, mode

    def forward(self, input: Tensor) -> Tensor:
        """The input, some samples of it 0, the others larger by as much."""
        return stochastic_depth(input, self.p, self.mode, self.training)

    def extra_repr(self) -> str:
        """The probability and the mode."""
        return f"p={self.p}, mode={self.mode}"


def drop_block2d(
    input: Tensor, p: float, block_size: int, inplace: bool = False, eps: float = 1e-6, training: bool = True
) -> Tensor:
    """Squares of ``block_size`` pixels of [n, channels, height, width] left out, about ``p`` of all pixels.

    Source: Ghiasi et al., "DropBlock", 2018.

    >>> from glassnet.vision import ops
    >>> ops.drop_block2d(glassnet.ones(1, 1, 2, 2), 0.0, 1).sum()
    tensor(4.)
    """
    return _drop_blocks("drop_block2d", input, 2, p, block_size, inplace, eps, training)


def drop_block3d(
    input: Tensor, p: float, block_size: int, inplace: bool = False, eps: float = 1e-6, training: bool = True
) -> Tensor:
    """`drop_block2d` of cubes, of videos [n, channels, frames, height, width].

    >>> from glassnet.vision import ops
    >>> ops.drop_block3d(glassnet.ones(1, 1, 2, 2, 2), 0.0, 1).sum()
    tensor(8.)
    """
    return _drop_blocks("drop_block3d", input, 3, p, block_size, inplace, eps, training)


def _drop_blocks(
    name: str, input: Tensor, n: int, p: float, block_size: int, inplace: bool, eps: float, training: bool
) -> Tensor:
    _check_probability(name, p)
    if input.ndim != n + 2:
        raise ValueError(f"{name}: expected an input of {n + 2} dimensions, got {input.ndim}")
    if not training or p == 0:
        return input
    size = min(block_size, *input.shape[2:])
    chance, starts = p / size**n, [*input.shape[:2]]
    for side in input.shape[2:]:
        chance *= side / (side - size + 1)
        starts.append(side - size + 1)
    begins = wrap((chosen(None).random(starts) < chance).astype(input.dtype.type))
    pool: Any = F.max_pool2d if n == 2 else F.max_pool3d
    # A pixel is left out where any of the places that a block over it can begin at is one.
    kept = 1 - pool(F.pad(begins, [size - 1, size - 1] * n), size, 1)
    kept = kept * (kept.numel() / (kept.sum() + eps))
    return input.mul_(kept) if inplace else input * kept


class DropBlock2d(Module):
    """`drop_block2d` as a layer, which does nothing in evaluation.

    >>> from glassnet.vision import ops
    >>> ops.DropBlock2d(0.1, 3)(glassnet.ones(1, 2, 8, 8)).shape
    (1, 2, 8, 8)
    """

    _dimensions = 2

    def __init__(self, p: float, block_size: int, inplace: bool = False, eps: float = 1e-6) -> None:
        super().__init__()
        self.p, self.block_size, self.inplace, self.eps = p, block_size, inplace, eps

    def forward(self, input: Tensor) -> Tensor:
        """The input without some blocks, the rest larger by as much."""
        drop = drop_block2d if self._dimensions == 2 else drop_block3d
        return drop(input, self.p, self.block_size, self.inplace, self.eps, self.training)

    def extra_repr(self) -> str:
        """The probability and the size."""
        return f"p={self.p}, block_size={self.block_size}, inplace={self.inplace}"


class DropBlock3d(DropBlock2d):
    """`drop_block3d` as a layer, which does nothing in evaluation.

    >>> from glassnet.vision import ops
    >>> ops.DropBlock3d(0.1, 2)(glassnet.ones(1, 2, 4, 8, 8)).shape
    (1, 2, 4, 8, 8)
    """

    _dimensions = 3


def _check_probability(name: str, p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: expected a probability p from 0 to 1, got {p}")
