"""Losses as modules: loss = nn.CrossEntropyLoss(); loss(output, target).backward()

``reduction`` is "mean", "sum" or "none" (the loss of each element, or row).
"""

from __future__ import annotations

from typing import ClassVar

import glassnet.functional as F
from glassnet.functional.reduction import REDUCTIONS, check_reduction, warn_if_probabilities
from glassnet.nn.module import FunctionModule, Names
from glassnet.tensor import Tensor

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "MarginRankingLoss",
    "MultiLabelSoftMarginLoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "TripletMarginLoss",
]


class _Loss(FunctionModule):
    options: ClassVar[Names] = ("reduction",)
    reductions: ClassVar[Names] = REDUCTIONS

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        check_reduction(type(self).__name__, reduction, self.reductions)
        self.reduction = reduction


class _LossOfPairs(_Loss):
    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """How far the input is from the target."""
        return self._call(input, target)


class _WeightedLoss(_LossOfPairs):
    options: ClassVar[Names] = ("weight", "reduction")
    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", weight)


# of numbers -------------------------------------------------------------------------------------


class MSELoss(_LossOfPairs):
    """(x − t)²: the mean squared error."""

    function = staticmethod(F.mse_loss)


class L1Loss(_LossOfPairs):
    """|x − t|: the mean absolute error."""

    function = staticmethod(F.l1_loss)


class SmoothL1Loss(_LossOfPairs):
    """(x − t)²/(2·beta) where |x − t| < beta, else |x − t| − beta/2."""

    function = staticmethod(F.smooth_l1_loss)
    options = ("reduction", "beta")

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.beta = beta


class HuberLoss(_LossOfPairs):
    """(x − t)²/2 where |x − t| < delta, else delta · (|x − t| − delta/2)."""

    function = staticmethod(F.huber_loss)
    options = ("reduction", "delta")

    def __init__(self, *, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta


class PoissonNLLLoss(_LossOfPairs):
    """exp(x) − t·x, the negative log-likelihood of counts t of which exp(x) are expected; x, without ``log_input``."""

    function = staticmethod(F.poisson_nll_loss)
    options = ("log_input", "full", "eps", "reduction")

    def __init__(
        self, *, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction)
        self.log_input, self.full, self.eps = log_input, full, eps


class GaussianNLLLoss(_Loss):
    """(log v + (x − t)²/v)/2, the negative log-likelihood of targets with mean x and variance v."""

    function = staticmethod(F.gaussian_nll_loss)
    options = ("full", "eps", "reduction")

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        """How unlikely the targets are."""
        return self._call(input, target, var)


# of classes -------------------------------------------------------------------------------------


class _LossOfClasses(_WeightedLoss):
    """A loss that looks at its first input: are these the kind of numbers it takes?"""

    options: ClassVar[Names] = ("weight", "ignore_index", "reduction")
    takes: ClassVar[str]

    def __init__(self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(weight, reduction=reduction)
        self.ignore_index = ignore_index
        self._looked = False

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The surprise at the true classes."""
        if not self._looked:
            self._looked = True
            warn_if_probabilities(type(self).__name__, input, self.takes)
        return self._call(input, target)


class CrossEntropyLoss(_LossOfClasses):
    """−log softmax(x)[label], the surprise at the true class: the loss of classifiers.

    It takes logits [n, C] (or [C], or [n, C, d₁, …]), of any size, and labels from 0 to C − 1 [n]
    (or [], or [n, d₁, …]), or a probability for each class, in the shape of the logits. ``weight`` [C]
    says how much each class counts; a label ``ignore_index`` counts for nothing;
    ``label_smoothing`` ε gives every class ε/C of each target.
    """

    function = staticmethod(F.cross_entropy)
    options = ("weight", "ignore_index", "reduction", "label_smoothing")
    takes = "logits, of any size and sign, and applies softmax itself; leave that out of the network"

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, ignore_index=ignore_index, reduction=reduction)
        self.label_smoothing = label_smoothing


class NLLLoss(_LossOfClasses):
    """−x[label], the surprise at the true class, of log-probabilities x as of `LogSoftmax`.

    Shapes, ``weight`` and ``ignore_index`` are those of `CrossEntropyLoss`.
    """

    function = staticmethod(F.nll_loss)
    takes = "log-probabilities; use LogSoftmax, or CrossEntropyLoss on what comes before"


class BCELoss(_WeightedLoss):
    """−t·log x − (1 − t)·log(1 − x), of probabilities; ``weight`` broadcasts to the losses."""

    function = staticmethod(F.binary_cross_entropy)


class BCEWithLogitsLoss(_WeightedLoss):
    """`BCELoss` of sigmoid(x), for x of any size; ``pos_weight`` says how much more positives count."""

    function = staticmethod(F.binary_cross_entropy_with_logits)
    options = ("weight", "reduction", "pos_weight")
    pos_weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, *, reduction: str = "mean", pos_weight: Tensor | None = None
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.register_buffer("pos_weight", pos_weight)


class KLDivLoss(_LossOfPairs):
    """t·(log t − x), the Kullback-Leibler divergence of t from exp(x); with ``log_target``, t is given as log t.

    reduction="batchmean" is the divergence of an average row; "mean" divides by the elements.
    """

    function = staticmethod(F.kl_div)
    options = ("reduction", "log_target")
    reductions = (*REDUCTIONS, "batchmean")

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.log_target = log_target


# with a margin ----------------------------------------------------------------------------------


class SoftMarginLoss(_LossOfPairs):
    """log(1 + exp(−t·x)), targets 1 or −1: x should have the sign of t."""

    function = staticmethod(F.soft_margin_loss)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """The mean over classes of −t·log σ(x) − (1 − t)·log σ(−x), targets 0 or 1."""

    function = staticmethod(F.multilabel_soft_margin_loss)


class _MarginLoss(_Loss):
    options: ClassVar[Names] = ("margin", "reduction")

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin


class HingeEmbeddingLoss(_MarginLoss, _LossOfPairs):
    """x where t is 1, max(0, margin − x) where it is −1: distances, small where alike and large where not."""

    function = staticmethod(F.hinge_embedding_loss)

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(margin, reduction=reduction)


class MarginRankingLoss(_MarginLoss):
    """max(0, margin − t·(x₁ − x₂)): x₁ should be larger where t is 1, x₂ where it is −1."""

    function = staticmethod(F.margin_ranking_loss)

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """How far the order is from the one that the target says."""
        return self._call(input1, input2, target)


class CosineEmbeddingLoss(_MarginLoss):
    """1 − cos(x₁, x₂) where t is 1, max(0, cos(x₁, x₂) − margin) where it is −1."""

    function = staticmethod(F.cosine_embedding_loss)

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """How far the directions are from alike, or from unlike."""
        return self._call(input1, input2, target)


class TripletMarginLoss(_MarginLoss):
    """max(0, margin + ‖a − p‖ − ‖a − n‖): the anchor should be nearer to the positive than to the negative."""

    function = staticmethod(F.triplet_margin_loss)
    options = ("margin", "p", "eps", "swap", "reduction")

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False, *, reduction: str = "mean"
    ) -> None:
        super().__init__(margin, reduction=reduction)
        self.p, self.eps, self.swap = p, eps, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """By how much the negative is too near, or the positive too far."""
        return self._call(anchor, positive, negative)
