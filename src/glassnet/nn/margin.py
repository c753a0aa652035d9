"""Losses with a margin, as modules: which is larger, which are alike. Reductions and errors are as in `nn.loss`."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import glassnet.functional as F
from glassnet.functional.margin import check_class_weight, check_margin, check_power
from glassnet.functional.size_average import takes_size_average
from glassnet.nn.distance import PairwiseDistance
from glassnet.nn.loss import Loss, LossOfPairs, WeightedLoss
from glassnet.nn.module import Names
from glassnet.tensor import Tensor

__all__ = [
    "CosineEmbeddingLoss",
    "HingeEmbeddingLoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]

# of signs ---------------------------------------------------------------------------------------


class SoftMarginLoss(LossOfPairs):
    """log(1 + exp(−t·x)), targets 1 or −1: x should have the sign of t.

    >>> x, t = glassnet.tensor([3.0, 0.0]), glassnet.tensor([1.0, -1.0])
    >>> nn.SoftMarginLoss(reduction="none")(x, t)
    tensor([0.0486, 0.6931])
    """

    function = staticmethod(F.soft_margin_loss)


class _MarginLoss(Loss):
    options: ClassVar[Names] = ("margin", "reduction")

    @takes_size_average
    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin


class HingeEmbeddingLoss(_MarginLoss, LossOfPairs):
    """x where t is 1, max(0, margin − x) where it is −1.

    x is a distance: small where two things are alike (t = 1), large where they are not.

    >>> x, t = glassnet.tensor([0.25, 0.25]), glassnet.tensor([1.0, -1.0])
    >>> nn.HingeEmbeddingLoss(reduction="none")(x, t)
    tensor([0.2500, 0.7500])
    """

    function = staticmethod(F.hinge_embedding_loss)

    @takes_size_average
    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(margin, reduction=reduction)


class MarginRankingLoss(_MarginLoss):
    """max(0, margin − t·(x₁ − x₂)): x₁ should be larger where t is 1, x₂ where it is −1.

    It is called with x₁, x₂ and the target, of shapes that broadcast.

    >>> a, b = glassnet.tensor([2.0, 2.0]), glassnet.tensor([1.0, 1.0])
    >>> nn.MarginRankingLoss(reduction="none")(a, b, glassnet.tensor([1.0, -1.0]))
    tensor([0., 1.])
    """

    function = staticmethod(F.margin_ranking_loss)

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """How far the order is from the one that the target says."""
        return self._call(input1, input2, target)


class CosineEmbeddingLoss(_MarginLoss):
    """1 − cos(x₁, x₂) where t is 1, max(0, cos(x₁, x₂) − margin) where it is −1.

    It is called with x₁ and x₂ [n, d] (or [d]), and the target [n] (or []).

    >>> a, b = glassnet.tensor([[1.0, 0.0]]), glassnet.tensor([[0.0, 1.0]])
    >>> nn.CosineEmbeddingLoss()(a, b, glassnet.tensor([1.0]))
    tensor(1.)
    """

    function = staticmethod(F.cosine_embedding_loss)

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """How far the directions are from alike, or from unlike."""
        return self._call(input1, input2, target)


# of distances -----------------------------------------------------------------------------------


class TripletMarginLoss(_MarginLoss):
    """max(0, margin + ‖a − p‖ − ‖a − n‖): an anchor should be nearer to the positive than to the negative.

    It is called with anchor, positive and negative [n, d] (or [d]). ``p`` is the norm's; eps is added to
    each difference. ``swap`` takes ‖p − n‖ where that is less than ‖a − n‖. Raises ValueError unless ``margin`` is
    above 0.

    V. Balntas et al., Learning Local Feature Descriptors with Triplets and Shallow Convolutional Neural
    Networks, 2016.

    >>> anchor, near, far = glassnet.tensor([[0.0]]), glassnet.tensor([[1.0]]), glassnet.tensor([[1.5]])
    >>> nn.TripletMarginLoss()(anchor, near, far)
    tensor(0.5000)
    """

    function = staticmethod(F.triplet_margin_loss)
    options = ("margin", "p", "eps", "swap", "reduction")

    @takes_size_average
    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False, *, reduction: str = "mean"
    ) -> None:
        super().__init__(margin, reduction=reduction)
        check_margin("TripletMarginLoss", margin)
        self.p, self.eps, self.swap = p, eps, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """By how much the negative is too near, or the positive too far."""
        return self._call(anchor, positive, negative)


class TripletMarginWithDistanceLoss(_MarginLoss):
    """`TripletMarginLoss` with a distance of your own: max(0, margin + d(a, p) − d(a, n)).

    ``distance_function`` takes two batches of vectors and gives a distance for each pair; without it, that is
    a `PairwiseDistance`.

    >>> anchor, near, far = glassnet.tensor([[1.0]]), glassnet.tensor([[2.0]]), glassnet.tensor([[4.0]])
    >>> nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).square().sum(-1))(anchor, near, far)
    tensor(0.)
    """

    function = staticmethod(F.triplet_margin_with_distance_loss)
    options = ("distance_function", "margin", "swap", "reduction")

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(margin, reduction=reduction)
        check_margin("TripletMarginWithDistanceLoss", margin)
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """By how much the negative is too near, or the positive too far."""
        return self._call(anchor, positive, negative)


# of classes -------------------------------------------------------------------------------------


class MultiMarginLoss(WeightedLoss):
    """Σᵢ max(0, margin − x[t] + x[i])ᵖ / C over the classes i but the true one, t: its score should lead by a margin.

    It is called with scores [n, C] (or [C]) and labels [n] (or []). ``p`` is 1 or 2; ``weight`` [C] says how much each
    class counts. Raises ValueError for another ``p``; called, RangeError for a label that is no class.

    K. Crammer and Y. Singer, On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines, 2001.

    >>> scores = glassnet.tensor([[0.5, 0.25, 2.0], [0.5, 0.25, 2.0]])
    >>> nn.MultiMarginLoss(reduction="none")(scores, glassnet.tensor([2, 0]))
    tensor([0.0000, 1.0833])
    """

    function = staticmethod(F.multi_margin_loss)
    options = ("p", "margin", "weight", "reduction")

    @takes_size_average
    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Tensor | None = None, *, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction=reduction)
        check_power("MultiMarginLoss", p)
        if weight is not None:
            check_class_weight("MultiMarginLoss", weight)
        self.p, self.margin = p, margin


class MultiLabelMarginLoss(LossOfPairs):
    """Σⱼᵢ max(0, 1 − (x[tⱼ] − x[i])) / C over the labels tⱼ of a sample and the classes i that are none of them.

    It is called with scores [n, C] (or [C]) and a target of that shape, which holds the labels of each sample, as many
    as there are, then −1. Raises RangeError for a label that is no class.

    >>> scores = glassnet.tensor([[0.1, 0.2, 0.4, 0.8]])
    >>> nn.MultiLabelMarginLoss()(scores, glassnet.tensor([[3, 0, -1, 1]]))
    tensor(0.8500)
    """

    function = staticmethod(F.multilabel_margin_loss)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """The mean over classes of −t·log σ(x) − (1 − t)·log σ(−x), targets 0 or 1.

    Input and target are [n, C] or [C]; there is one loss a row.

    >>> x, t = glassnet.tensor([[3.0, 0.0]]), glassnet.tensor([[1.0, 0.0]])
    >>> nn.MultiLabelSoftMarginLoss()(x, t)
    tensor(0.3709)
    """

    function = staticmethod(F.multilabel_soft_margin_loss)
