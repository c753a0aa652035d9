"""Adaptive softmax: a softmax over very many classes, rare ones in clusters of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.functional.tensor_checks import check_whole
from glassnet.nn.container import ModuleList, Sequential
from glassnet.nn.linear import Linear
from glassnet.nn.module import Module
from glassnet.observer import mode
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, where
from glassnet.tensor.creation import zeros_like
from glassnet.tensor.joining import cat

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class AdaptiveOutput(NamedTuple):
    """The log-probability of each target, and the mean of their negatives."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """A softmax for very many classes, such as words, in the order of how frequent they are, and its loss.

    The classes below ``cutoffs[0]`` are in the head, and with them a class for each cluster of the others, which lie
    between one cutoff and the next, the last one being ``n_classes``. log p of a class in a cluster is log p of the
    cluster + log p of the class within it. Only samples whose target is in a cluster pay for it (in a traced step,
    whose shapes cannot depend on targets, all do), and the clusters are cheap: the i-th sees the input through
    in_features / ``div_value``ⁱ numbers.

    It is called with an input [n, in_features] (or [in_features]) and targets [n] (or []), and gives a named tuple:
    ``output`` [n], the log-probability of each target, and ``loss``, the mean of −output. ``head`` is a `Linear`, with
    a bias if ``head_bias``; ``tail`` has two for each cluster.

    Raises ValueError for ``cutoffs`` that are not whole numbers going up from 1 or more to n_classes − 1 or less, and
    where in_features is too small for that many clusters; called, RangeError for a target that is no class, ShapeError
    for shapes that do not fit.

    E. Grave et al., Efficient softmax approximation for GPUs, 2017.

    >>> softmax = nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs=[5, 10], div_value=2.0)
    >>> softmax.head.out_features, [cluster[1].out_features for cluster in softmax.tail]  # 5 and two clusters
    (7, [5, 10])
    >>> output, loss = softmax(glassnet.randn(3, 8), glassnet.tensor([0, 7, 19]))
    >>> output.shape, loss.shape
    ((3,), ())
    """

    in_features: int
    n_classes: int
    cutoffs: list[int]
    head: Linear
    tail: ModuleList

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        check_whole("AdaptiveLogSoftmaxWithLoss", in_features=in_features, n_classes=n_classes)
        self.in_features, self.n_classes, self.cutoffs = in_features, n_classes, list(cutoffs)
        self.div_value, self.head_bias = div_value, head_bias
        self._check_cutoffs()
        sizes = [high - low for low, high in self._clusters()]
        widths = [int(in_features // div_value ** (i + 1)) for i in range(len(sizes))]
        if min(widths) < 1:
            raise RangeError(
                f"AdaptiveLogSoftmaxWithLoss: cluster {len(sizes)} would see in_features / div_value^{len(sizes)} = "
                f"{in_features} / {div_value:g}^{len(sizes)}, less than 1 number; expected fewer cutoffs, a smaller "
                "div_value or a larger in_features"
            )
        options: dict[str, Any] = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.cutoffs[0] + len(sizes), bias=head_bias, **options)
        self.tail = ModuleList(
            Sequential(Linear(in_features, width, bias=False, **options), Linear(width, size, bias=False, **options))
            for width, size in zip(widths, sizes, strict=True)
        )

    def _check_cutoffs(self) -> None:
        for cutoff in self.cutoffs:
            check_whole("AdaptiveLogSoftmaxWithLoss", cutoffs=cutoff)
        if not self.cutoffs or self.cutoffs != sorted({*self.cutoffs}) or self.cutoffs[-1] >= self.n_classes:
            raise ValueError(
                "AdaptiveLogSoftmaxWithLoss: expected cutoffs that go up, each from 1 to n_classes − 1 = "
                f"{self.n_classes - 1}, got {self.cutoffs!r:.80}"
            )

    def _clusters(self) -> list[tuple[int, int]]:
        """The first class of each cluster, and the one after its last."""
        return list(zip(self.cutoffs, [*self.cutoffs[1:], self.n_classes], strict=True))

    def reset_parameters(self) -> None:
        """Draw all weights again."""
        for layer in self.modules():
            if isinstance(layer, Linear):
                layer.reset_parameters()

    def forward(self, input: Tensor, target: Tensor) -> AdaptiveOutput:
        """log p of each target, and the loss."""
        self._check(input, target)
        alone = target.ndim == 0
        if alone:
            input, target = input.unsqueeze(0), target.unsqueeze(0)
        shortlist = self.cutoffs[0]
        column, within = target, zeros_like(input[:, 0])
        for number, (tail, (low, high)) in enumerate(zip(self.tail, self._clusters(), strict=True)):
            here = (target >= low) & (target < high)
            column = where(here, shortlist + number, column)
            within = within + self._within(tail, input, here, target - low)
        output = self.head(input).log_softmax(1).gather(1, column.unsqueeze(1)).squeeze(1) + within
        return AdaptiveOutput(output.squeeze(0) if alone else output, (-output).mean())

    def _within(self, tail: Module, input: Tensor, here: Tensor, label: Tensor) -> Tensor | float:
        """log p of the labels within one cluster, of the samples that are ``here``; 0 of the others."""
        if mode.tracer is not None:
            log_p = tail(input).log_softmax(1).gather(1, where(here, label, 0).unsqueeze(1)).squeeze(1)
            return where(here, log_p, 0.0)
        rows = here.nonzero()[:, 0]
        if not len(rows):
            return 0.0
        result = zeros_like(input[:, 0]).detach()
        result[rows] = tail(input[rows]).log_softmax(1).gather(1, label[rows].unsqueeze(1)).squeeze(1)
        return result

    def _check(self, input: Tensor, target: Tensor) -> None:
        expected = (target.shape[0], self.in_features) if target.ndim == 1 else (self.in_features,)
        if target.ndim > 1 or input.shape != expected:
            raise ShapeError(
                f"AdaptiveLogSoftmaxWithLoss: expected an input [n, {self.in_features}] and targets [n], or "
                f"[{self.in_features}] and [], got {written(input.shape)} and {written(target.shape)}"
            )
        if target.dtype.kind not in "iu":
            raise DtypeError(
                f"AdaptiveLogSoftmaxWithLoss: expected targets of an integer dtype, got {target.dtype}; convert them: "
                "target.long()"
            )
        for wrong in target.array[(target.array < 0) | (target.array >= self.n_classes)].flat:
            raise RangeError(
                f"AdaptiveLogSoftmaxWithLoss: expected targets from 0 to {self.n_classes - 1}, got {wrong}"
            )

    def log_prob(self, input: Tensor) -> Tensor:
        """log p of every class: [n, in_features] gives [n, n_classes].

        >>> softmax = nn.AdaptiveLogSoftmaxWithLoss(4, 6, cutoffs=[2, 4], div_value=2.0)
        >>> softmax.log_prob(glassnet.randn(3, 4)).exp().sum(1).allclose(glassnet.ones(3))
        True
        """
        head, shortlist = self.head(input).log_softmax(1), self.cutoffs[0]
        parts = [head[:, :shortlist]]
        for number, tail in enumerate(self.tail):
            parts.append(tail(input).log_softmax(1) + head[:, shortlist + number].unsqueeze(1))
        return cat(parts, dim=1)

    def predict(self, input: Tensor) -> Tensor:
        """The most likely class of each sample: [n, in_features] gives [n].

        >>> softmax = nn.AdaptiveLogSoftmaxWithLoss(4, 6, cutoffs=[2, 4], div_value=2.0)
        >>> softmax.predict(glassnet.randn(3, 4)).shape
        (3,)
        """
        return self.log_prob(input).argmax(1)
