"""Losses as modules: loss = nn.CrossEntropyLoss(); loss(output, target).backward()

Input and target have one shape unless the loss says otherwise. ``reduction`` is "mean" or "sum", which
give a tensor of no dimensions, or "none", which gives the loss of each element (or row). All raise
ValueError for another ``reduction``, and ShapeError for shapes that do not fit together.
"""

from __future__ import annotations

from typing import ClassVar

import glassnet.functional as F
from glassnet.functional.loss_checks import REDUCTIONS, check_reduction, warn_if_probabilities
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
    """(x − t)²: the mean squared error.

    >>> x, t = glassnet.tensor([1.0, 2.0]), glassnet.tensor([0.0, 4.0])
    >>> nn.MSELoss()(x, t)
    tensor(2.5000)
    """

    function = staticmethod(F.mse_loss)


class L1Loss(_LossOfPairs):
    """|x − t|: the mean absolute error.

    >>> x, t = glassnet.tensor([1.0, 2.0]), glassnet.tensor([0.0, 4.0])
    >>> nn.L1Loss()(x, t)
    tensor(1.5000)
    """

    function = staticmethod(F.l1_loss)


class SmoothL1Loss(_LossOfPairs):
    """(x − t)²/(2·beta) where |x − t| < beta, else |x − t| − beta/2.

    R. Girshick, Fast R-CNN, 2015.

    >>> x, t = glassnet.tensor([0.5, 3.0]), glassnet.tensor([0.0, 0.0])
    >>> nn.SmoothL1Loss(reduction="none")(x, t)
    tensor([0.1250, 2.5000])
    """

    function = staticmethod(F.smooth_l1_loss)
    options = ("reduction", "beta")

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.beta = beta


class HuberLoss(_LossOfPairs):
    """(x − t)²/2 where |x − t| < delta, else delta · (|x − t| − delta/2).

    P. Huber, Robust Estimation of a Location Parameter, 1964.

    >>> x, t = glassnet.tensor([1.0, 5.0]), glassnet.tensor([0.0, 0.0])
    >>> nn.HuberLoss(reduction="none", delta=2.0)(x, t)
    tensor([0.5000, 8.0000])
    """

    function = staticmethod(F.huber_loss)
    options = ("reduction", "delta")

    def __init__(self, *, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta


class PoissonNLLLoss(_LossOfPairs):
    """exp(x) − t·x: the negative log-likelihood of counts t of which exp(x) are expected.

    Without ``log_input``, x itself is the expected count: x − t·log(x + eps). ``full`` adds Stirling's
    approximation of log t! where t > 1.

    >>> x, t = glassnet.tensor([0.0, 0.0]), glassnet.tensor([1.0, 3.0])
    >>> nn.PoissonNLLLoss(reduction="none")(x, t)
    tensor([1., 1.])
    """

    function = staticmethod(F.poisson_nll_loss)
    options = ("log_input", "full", "eps", "reduction")

    def __init__(
        self, *, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction)
        self.log_input, self.full, self.eps = log_input, full, eps


class GaussianNLLLoss(_Loss):
    """(log v + (x − t)²/v)/2: the negative log-likelihood of targets t with mean x and variance v.

    It is called with input, target and variance. A variance below ``eps`` counts as ``eps``; ``full`` adds
    log(2π)/2. Raises ValueError for a negative variance.

    D. Nix and A. Weigend, Estimating the Mean and Variance of the Target Probability Distribution, 1994.

    >>> x, t = glassnet.tensor([1.0, 2.0]), glassnet.tensor([0.0, 2.0])
    >>> nn.GaussianNLLLoss(reduction="none")(x, t, glassnet.ones(2))
    tensor([0.5000, 0.0000])
    """

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
    """−log softmax(x)[label]: the surprise at the true class, the loss of classifiers.

    The input is logits [n, C] (or [C], or [n, C, d₁, …]), of any size; the target is labels from 0 to
    C − 1 [n] (or [], or [n, d₁, …]), or a probability for each class in the shape of the logits.
    ``weight`` [C] says how much each class counts. A label ``ignore_index`` counts for nothing.
    ``label_smoothing`` ε gives every class ε/C of each target.

    Raises RangeError for a label that is no class. Warns if the first input looks like
    probabilities: softmax is applied here, so leave it out of the network.

    Label smoothing: C. Szegedy et al., Rethinking the Inception Architecture for Computer Vision, 2016.

    >>> logits = glassnet.tensor([[2.0, 0.0], [0.0, 0.0]])
    >>> nn.CrossEntropyLoss(reduction="none")(logits, glassnet.tensor([0, 1]))
    tensor([0.1269, 0.6931])
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
    """−x[label]: the surprise at the true class, for log-probabilities x such as `LogSoftmax` gives.

    Shapes, ``weight``, ``ignore_index`` and errors are those of `CrossEntropyLoss`.

    >>> x = glassnet.tensor([[0.25, 0.75], [0.5, 0.5]]).log()
    >>> nn.NLLLoss(reduction="none")(x, glassnet.tensor([1, 0]))
    tensor([0.2877, 0.6931])
    """

    function = staticmethod(F.nll_loss)
    takes = "log-probabilities; use LogSoftmax, or CrossEntropyLoss on what comes before"


class BCELoss(_WeightedLoss):
    """−t·log x − (1 − t)·log(1 − x): the binary cross-entropy of probabilities x.

    Targets are from 0 to 1; ``weight`` broadcasts to the losses. Logarithms are kept above −100. Raises
    RangeError for numbers outside 0 to 1; `BCEWithLogitsLoss` takes any number.

    >>> x, t = glassnet.tensor([0.5, 0.75]), glassnet.tensor([1.0, 0.0])
    >>> nn.BCELoss(reduction="none")(x, t)
    tensor([0.6931, 1.3863])
    """

    function = staticmethod(F.binary_cross_entropy)


class BCEWithLogitsLoss(_WeightedLoss):
    """`BCELoss` of sigmoid(x), for x of any size, without the loss of digits of doing the two in turn.

    ``pos_weight``, which broadcasts to the losses, says how much more positive targets count.

    >>> x, t = glassnet.tensor([0.0, 200.0]), glassnet.tensor([1.0, 0.0])
    >>> nn.BCEWithLogitsLoss(reduction="none")(x, t)
    tensor([  0.6931, 200.0000])
    """

    function = staticmethod(F.binary_cross_entropy_with_logits)
    options = ("weight", "reduction", "pos_weight")
    pos_weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, *, reduction: str = "mean", pos_weight: Tensor | None = None
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.register_buffer("pos_weight", pos_weight)


class KLDivLoss(_LossOfPairs):
    """t·(log t − x): the Kullback-Leibler divergence of the probabilities t from exp(x).

    The input is log-probabilities; with ``log_target``, the target is too. reduction="batchmean" is the
    divergence of an average row; "mean" divides by the number of elements.

    S. Kullback and R. Leibler, On Information and Sufficiency, 1951.

    >>> x, t = glassnet.tensor([[0.5, 0.5]]).log(), glassnet.tensor([[1.0, 0.0]])
    >>> nn.KLDivLoss(reduction="batchmean")(x, t)
    tensor(0.6931)
    """

    function = staticmethod(F.kl_div)
    options = ("reduction", "log_target")
    reductions = (*REDUCTIONS, "batchmean")

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.log_target = log_target


# with a margin ----------------------------------------------------------------------------------


class SoftMarginLoss(_LossOfPairs):
    """log(1 + exp(−t·x)), targets 1 or −1: x should have the sign of t.

    >>> x, t = glassnet.tensor([3.0, 0.0]), glassnet.tensor([1.0, -1.0])
    >>> nn.SoftMarginLoss(reduction="none")(x, t)
    tensor([0.0486, 0.6931])
    """

    function = staticmethod(F.soft_margin_loss)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """The mean over classes of −t·log σ(x) − (1 − t)·log σ(−x), targets 0 or 1.

    Input and target are [n, C] or [C]; there is one loss a row.

    >>> x, t = glassnet.tensor([[3.0, 0.0]]), glassnet.tensor([[1.0, 0.0]])
    >>> nn.MultiLabelSoftMarginLoss()(x, t)
    tensor(0.3709)
    """

    function = staticmethod(F.multilabel_soft_margin_loss)


class _MarginLoss(_Loss):
    options: ClassVar[Names] = ("margin", "reduction")

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin


class HingeEmbeddingLoss(_MarginLoss, _LossOfPairs):
    """x where t is 1, max(0, margin − x) where it is −1.

    x is a distance: small where two things are alike (t = 1), large where they are not.

    >>> x, t = glassnet.tensor([0.25, 0.25]), glassnet.tensor([1.0, -1.0])
    >>> nn.HingeEmbeddingLoss(reduction="none")(x, t)
    tensor([0.2500, 0.7500])
    """

    function = staticmethod(F.hinge_embedding_loss)

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


class TripletMarginLoss(_MarginLoss):
    """max(0, margin + ‖a − p‖ − ‖a − n‖): an anchor should be nearer to the positive than to the negative.

    It is called with anchor, positive and negative [n, d] (or [d]). ``p`` is the norm's; eps is added to
    each difference. ``swap`` takes ‖p − n‖ where that is less than ‖a − n‖.

    V. Balntas et al., Learning Local Feature Descriptors with Triplets and Shallow Convolutional Neural
    Networks, 2016.

    >>> anchor, near, far = glassnet.tensor([[0.0]]), glassnet.tensor([[1.0]]), glassnet.tensor([[1.5]])
    >>> nn.TripletMarginLoss()(anchor, near, far)
    tensor(0.5000)
    """

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
