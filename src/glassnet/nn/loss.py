"""Losses as modules: loss = nn.CrossEntropyLoss(); loss(output, target).backward()

Input and target have one shape unless the loss says otherwise. ``reduction`` is "mean" or "sum", which
give a tensor of no dimensions, or "none", which gives the loss of each element (or row). All raise
ValueError for another ``reduction``, and ShapeError for shapes that do not fit together.
"""

from __future__ import annotations

from typing import ClassVar

import glassnet.functional as F
from glassnet.functional.loss_checks import REDUCTIONS, check_reduction, warn_if_probabilities
from glassnet.functional.size_average import takes_size_average
from glassnet.nn.checks import check_number
from glassnet.nn.module import FunctionModule, Names
from glassnet.tensor import Tensor

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
]


class Loss(FunctionModule):
    """What all losses have: a reduction, checked when the loss is made."""

    options: ClassVar[Names] = ("reduction",)
    reductions: ClassVar[Names] = REDUCTIONS

    @takes_size_average
    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        check_reduction(type(self).__name__, reduction, self.reductions)
        self.reduction = reduction


class LossOfPairs(Loss):
    """A loss of an input and its target."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """How far the input is from the target."""
        return self._call(input, target)


class WeightedLoss(LossOfPairs):
    """A loss with a weight for each class or element."""

    options: ClassVar[Names] = ("weight", "reduction")
    weight: Tensor | None

    @takes_size_average
    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", weight)


# of numbers -------------------------------------------------------------------------------------


class MSELoss(LossOfPairs):
    """(x − t)²: the mean squared error.

    >>> x, t = glassnet.tensor([1.0, 2.0]), glassnet.tensor([0.0, 4.0])
    >>> nn.MSELoss()(x, t)
    tensor(2.5000)
    """

    function = staticmethod(F.mse_loss)


class L1Loss(LossOfPairs):
    """|x − t|: the mean absolute error.

    >>> x, t = glassnet.tensor([1.0, 2.0]), glassnet.tensor([0.0, 4.0])
    >>> nn.L1Loss()(x, t)
    tensor(1.5000)
    """

    function = staticmethod(F.l1_loss)


class SmoothL1Loss(LossOfPairs):
    """(x − t)²/(2·beta) where |x − t| < beta, else |x − t| − beta/2.

    R. Girshick, Fast R-CNN, 2015.

    >>> x, t = glassnet.tensor([0.5, 3.0]), glassnet.tensor([0.0, 0.0])
    >>> nn.SmoothL1Loss(reduction="none")(x, t)
    tensor([0.1250, 2.5000])
    """

    function = staticmethod(F.smooth_l1_loss)
    options = ("reduction", "beta")

    @takes_size_average
    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.beta = beta


class HuberLoss(LossOfPairs):
    """(x − t)²/2 where |x − t| < delta, else delta · (|x − t| − delta/2).

    P. Huber, Robust Estimation of a Location Parameter, 1964.

    >>> x, t = glassnet.tensor([1.0, 5.0]), glassnet.tensor([0.0, 0.0])
    >>> nn.HuberLoss(reduction="none", delta=2.0)(x, t)
    tensor([0.5000, 8.0000])
    """

    function = staticmethod(F.huber_loss)
    options = ("reduction", "delta")

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        check_number("HuberLoss", delta=delta)
        self.delta = delta


class PoissonNLLLoss(LossOfPairs):
    """exp(x) − t·x: the negative log-likelihood of counts t of which exp(x) are expected.

    Without ``log_input``, x itself is the expected count: x − t·log(x + eps). ``full`` adds Stirling's
    approximation of log t! where t > 1.

    >>> x, t = glassnet.tensor([0.0, 0.0]), glassnet.tensor([1.0, 3.0])
    >>> nn.PoissonNLLLoss(reduction="none")(x, t)
    tensor([1., 1.])
    """

    function = staticmethod(F.poisson_nll_loss)
    options = ("log_input", "full", "eps", "reduction")

    @takes_size_average
    def __init__(
        self, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction)
        self.log_input, self.full, self.eps = log_input, full, eps


class GaussianNLLLoss(Loss):
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


class _LossOfClasses(WeightedLoss):
    """A loss that looks at its first input: are these the kind of numbers it takes?"""

    options: ClassVar[Names] = ("weight", "ignore_index", "reduction")
    takes: ClassVar[str]

    @takes_size_average
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

    @takes_size_average
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


class CTCLoss(Loss):
    """−log of the probability that the network says the target, by whichever steps: speech, handwriting.

    It is called with log-probabilities [T, N, C] (or [T, C]) at each of T steps, targets [N, S] or all of them one
    after another, and how many steps and labels of each sample count, [N] and [N]. ``blank`` is the label that stands
    for none. "mean" divides each loss by the length of its target, then takes the mean. ``zero_infinity``: a target
    that cannot be said in that many steps has a loss of 0 instead of ∞.

    Raises RangeError for lengths and labels that there is no room for.

    A. Graves et al., Connectionist Temporal Classification: Labelling Unsegmented Sequence Data with Recurrent Neural
    Networks, 2006.

    >>> log_probs = glassnet.tensor([[0.5, 0.5], [0.5, 0.5]]).log()  # two steps of "none" or "a"
    >>> nn.CTCLoss()(log_probs, glassnet.tensor([1]), 2, 1)  # −log 3/4: of aa, a_, _a and __, three say "a"
    tensor(0.2877)
    """

    function = staticmethod(F.ctc_loss)
    options = ("blank", "reduction", "zero_infinity")

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(
        self, log_probs: Tensor, targets: Tensor, input_lengths: F.ctc.Lengths, target_lengths: F.ctc.Lengths
    ) -> Tensor:
        """How unlikely the targets are."""
        return self._call(log_probs, targets, input_lengths, target_lengths)


class BCELoss(WeightedLoss):
    """−t·log x − (1 − t)·log(1 − x): the binary cross-entropy of probabilities x.

    Targets are from 0 to 1; ``weight`` broadcasts to the losses. Logarithms are kept above −100. Raises
    RangeError for numbers outside 0 to 1; `BCEWithLogitsLoss` takes any number.

    >>> x, t = glassnet.tensor([0.5, 0.75]), glassnet.tensor([1.0, 0.0])
    >>> nn.BCELoss(reduction="none")(x, t)
    tensor([0.6931, 1.3863])
    """

    function = staticmethod(F.binary_cross_entropy)


class BCEWithLogitsLoss(WeightedLoss):
    """`BCELoss` of sigmoid(x), for x of any size, without the loss of digits of doing the two in turn.

    ``pos_weight``, which broadcasts to the losses, says how much more positive targets count.

    >>> x, t = glassnet.tensor([0.0, 200.0]), glassnet.tensor([1.0, 0.0])
    >>> nn.BCEWithLogitsLoss(reduction="none")(x, t)
    tensor([  0.6931, 200.0000])
    """

    function = staticmethod(F.binary_cross_entropy_with_logits)
    options = ("weight", "reduction", "pos_weight")
    pos_weight: Tensor | None

    @takes_size_average
    def __init__(
        self, weight: Tensor | None = None, *, reduction: str = "mean", pos_weight: Tensor | None = None
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.register_buffer("pos_weight", pos_weight)


class KLDivLoss(LossOfPairs):
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

    @takes_size_average
    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.log_target = log_target
