"""Statistics: spread about a mean, without NaN, quantiles, covariance, counts by interval."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from glassnet.errors import DtypeError, NoElementsError, RangeError, ShapeError
from glassnet.observer import mode
from glassnet.ops import selection
from glassnet.ops.dtypes import Dtype
from glassnet.ops.shapes import normalize_dim, written
from glassnet.tensor.from_data import as_array
from glassnet.tensor.methods.reduction import Dim, middle_of_all
from glassnet.tensor.spellings import takes_axis
from glassnet.tensor.tensor import Tensor, apply, wrap
from glassnet.tensor.wording import found, returned, returned_by

__all__ = [
    "corrcoef", "cov", "histc", "histogram", "nanmean", "nanmedian", "nanquantile", "nansum", "quantile", "std_mean",
    "var_mean",
]  # fmt: skip


@returned_by("histogram")
class Histogram(NamedTuple):
    """How many elements are in each interval, and the ends of the intervals."""

    hist: Tensor
    bin_edges: Tensor


@takes_axis
def var_mean(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = 1
) -> tuple[Tensor, Tensor]:
    """The variance (see `var`) and the mean over ``dim``.

    >>> glassnet.var_mean(glassnet.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    return input.var(dim, unbiased, keepdim, correction=correction), _mean(input, dim, keepdim)


@takes_axis
def std_mean(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = 1
) -> tuple[Tensor, Tensor]:
    """The standard deviation (see `std`) and the mean over ``dim``.

    >>> glassnet.std_mean(glassnet.tensor([1.0, 3.0]), unbiased=False)
    (tensor(1.), tensor(2.))
    """
    return input.std(dim, unbiased, keepdim, correction=correction), _mean(input, dim, keepdim)


def _mean(input: Tensor, dim: Any, keepdim: bool) -> Tensor:
    return input.mean(None if isinstance(dim, bool) else dim, keepdim)


def nansum(input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: Dtype | None = None) -> Tensor:
    """The sum over ``dim`` of the elements that are not NaN.

    >>> glassnet.tensor([1.0, float("nan"), 2.0]).nansum()
    tensor(3.)
    """
    x = input if dtype is None else input.to(dtype)
    return apply(selection.where, x.isnan(), 0, x).sum(dim, keepdim)


def nanmean(input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: Dtype | None = None) -> Tensor:
    """The mean over ``dim`` of the elements that are not NaN; NaN where there is none.

    >>> glassnet.tensor([1.0, float("nan"), 2.0]).nanmean()
    tensor(1.5000)
    """
    x = input if dtype is None else input.to(dtype)
    if x.dtype.kind not in "fc":
        raise DtypeError(f"nanmean: expected a floating tensor, got {x.dtype}; convert it first: x.float()")
    return nansum(x, dim, keepdim) / x.isnan().logical_not().sum(dim, keepdim)


def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element of those that are not NaN, the lower of two middle ones; (values, indices) along ``dim``.

    >>> glassnet.tensor([1.0, float("nan"), 2.0]).nanmedian()
    tensor(1.)
    """
    if dim is None:
        return middle_of_all(input, ignoring_nan=True)
    if not input.shape:
        return found("nanmedian", input.clone(), input.new_tensor(0, dtype=np.int64))
    d = normalize_dim("nanmedian", dim, input.ndim)
    if input.shape[d] == 0:
        raise NoElementsError(f"nanmedian: expected an element along dim {dim}, got shape {written(input.shape)}")
    there = input.isnan().logical_not().sum(d, keepdim=True)
    indices = input.argsort(d).gather(d, ((there - 1) // 2).clamp(min=0))  # NaN comes last
    values = input.gather(d, indices)
    return found("nanmedian", values, indices) if keepdim else found("nanmedian", values.squeeze(d), indices.squeeze(d))


@takes_axis
def quantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """The value below which the part ``q``, from 0 to 1, of the elements over ``dim`` lies; of all without ``dim``.

    Between two elements by ``interpolation``: "linear", "lower", "higher", "midpoint", "nearest". For a vector ``q``
    the result has one more dimension, the first. NaN where there is one among the elements.

    >>> x = glassnet.tensor([4.0, 1.0, 2.0, 3.0])
    >>> x.quantile(0.5), x.quantile(glassnet.tensor([0.0, 1.0]))
    (tensor(2.5000), tensor([1., 4.]))
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


@takes_axis
def nanquantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """`quantile` of the elements that are not NaN.

    >>> glassnet.tensor([1.0, float("nan"), 2.0]).nanquantile(0.5)
    tensor(1.5000)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)


def _quantile(
    name: str, input: Tensor, q: Any, dim: int | None, keepdim: bool, interpolation: str, ignoring_nan: bool
) -> Tensor:
    part = q if isinstance(q, Tensor) else wrap(as_array(q, input.dtype))
    if input.dtype.kind != "f" or part.dtype != input.dtype:
        raise DtypeError(f"{name}: expected a floating tensor and q of its dtype, got {input.dtype} and {part.dtype}")
    if part.ndim > 1:
        raise ShapeError(f"{name}: expected q as a number or a vector, got {written(part.shape)}")
    if input.numel() == 0:
        raise ShapeError(f"{name}: expected at least one element, got shape {written(input.shape)}")
    if not isinstance(q, Tensor) and not 0 <= q <= 1:
        raise RangeError(f"{name}: expected q from 0 to 1, got {q}")
    if interpolation not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise RangeError(
            f'{name}: expected interpolation "linear", "lower", "higher", "midpoint" or "nearest", got '
            f"{interpolation!r:.80}"
        )
    d = None if dim is None or not input.ndim else normalize_dim(name, dim, input.ndim)
    rows = input.reshape(-1) if d is None else input.movedim(d, -1)
    there = rows.isnan().logical_not().sum(-1, keepdim=True)
    if ignoring_nan:
        rank = (part.reshape(-1) * (there - 1)).clamp(min=0)
    else:
        last = rows.shape[-1] - 1
        rank = apply(selection.where, there > last, part.reshape(-1) * last, float(last))  # NaN comes last
    if interpolation == "nearest":
        rank = rank.round()
    low, high = rank.floor(), rank.ceil()
    ordered = rows.sort().values
    below, above = ordered.gather(-1, low.long()), ordered.gather(-1, high.long())
    if interpolation in ("lower", "nearest"):
        result = below
    elif interpolation == "higher":
        result = above
    else:
        result = below + (above - below) * (0.5 if interpolation == "midpoint" else rank - low)
    result = result.movedim(-1, 0)
    if keepdim:
        result = result.reshape(-1, *(1,) * input.ndim) if d is None else result.unsqueeze(d + 1)
    return result if part.ndim else result.squeeze(0)


def cov(input: Tensor, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Tensor:
    """The covariances of the rows of ``input`` [variables, observations]: how two of them vary together.

    ``fweights``: how often each observation counts, whole numbers; ``aweights``: how much. Raises ShapeError for more
    than two dimensions.

    >>> glassnet.tensor([[0.0, 2.0], [2.0, 0.0]]).cov()
    tensor([[ 2., -2.],
            [-2.,  2.]])
    """
    if input.ndim > 2:
        raise ShapeError(f"cov: expected 2 dimensions or fewer, got {written(input.shape)}")
    x = input.reshape(1, -1) if input.ndim < 2 else input
    if input.dtype.kind in "iu":
        x = x.float()
    number = x.shape[1]
    weights: Any = None
    for name, given, kinds in (("fweights", fweights, "iu"), ("aweights", aweights, "f")):
        if given is None:
            continue
        if given.shape != (number,) or given.dtype.kind not in kinds:
            expected = "whole numbers" if kinds == "iu" else "floating numbers"
            raise ShapeError(
                f"cov: expected {name} as {number} {expected}, one for each observation, got {given.dtype} "
                f"{written(given.shape)}"
            )
        if mode.tracer is None and (given.array < 0).any():
            raise RangeError(f"cov: expected {name} of 0 or more, got some below")
        weights = given if weights is None else weights * given
    if weights is None:
        mean, total = x.mean(1, keepdim=True), float(number)
        deviation = weighted = x - mean
    else:
        total = weights.sum()
        deviation = x - (x * weights).sum(1, keepdim=True) / total
        weighted = deviation * weights
    if weights is None or correction == 0 or aweights is None:
        norm = total - correction
    else:
        norm = total - correction * (weights * aweights).sum() / total
    norm = max(norm, 0.0) if isinstance(norm, float) else norm.clamp(min=0)
    result = weighted @ deviation.T / norm
    return result.reshape(()) if len(x) == 1 else result


def corrcoef(input: Tensor) -> Tensor:
    """The correlations of the rows of ``input`` [variables, observations]: covariances, each variance made 1.

    >>> glassnet.tensor([[0.0, 2.0, 4.0], [2.0, 1.0, 0.0]]).corrcoef()
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if input.ndim > 2:
        raise ShapeError(f"corrcoef: expected 2 dimensions or fewer, got {written(input.shape)}")
    covariance = cov(input)
    if not covariance.ndim:
        return covariance / covariance
    deviation = covariance.diagonal().sqrt()
    return (covariance / deviation.reshape(-1, 1) / deviation).clamp(-1, 1)


def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements lie in each of ``bins`` equal intervals from ``min`` to ``max``; of all where these are equal.

    >>> glassnet.tensor([1.0, 2.0, 1.0]).histc(4, 0, 3)
    tensor([0., 2., 1., 0.])
    """
    if input.dtype.kind not in "fiu":
        raise DtypeError(f"histc: expected numbers, got {input.dtype}; convert it first: x.float()")
    if bins < 1:
        raise RangeError(f"histc: expected 1 interval or more, got {bins}")
    values = input._read("histc()").reshape(-1)
    low, high = _limits("histc", values, min, max, 1)
    return wrap(np.histogram(values[~np.isnan(values)], bins, (low, high))[0].astype(input.dtype))


def _limits(name: str, values: Any, low: float, high: float, beyond: float) -> tuple[float, float]:
    """``low`` and ``high``, or what ``values`` lie between where they are equal; and so much ``beyond`` one value."""
    if low == high and values.size:
        low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise RangeError(f"{name}: expected finite limits, got {low} and {high}")
    if high < low:
        raise RangeError(f"{name}: expected max no smaller than min, got {high} and {low}")
    return (low - beyond, high + beyond) if low == high else (low, high)


def histogram(
    input: Tensor,
    bins: Any = 100,
    *,
    range: tuple[float, float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> Histogram:
    """(hist, bin_edges): how many elements, or their ``weight``, lie in each interval; and the intervals' ends.

    ``bins``: how many intervals there are in ``range`` (that of the elements by default), or a vector of all ends.
    ``density``: what the intervals' areas add up to 1 with.

    >>> glassnet.tensor([1.0, 2.0, 1.0]).histogram(2, range=(0.0, 3.0)).hist
    tensor([2., 1.])
    """
    if input.dtype.kind != "f":
        raise DtypeError(f"histogram: expected a floating tensor, got {input.dtype}; convert it first: x.float()")
    if weight is not None and (weight.shape != input.shape or weight.dtype != input.dtype):
        raise ShapeError(
            f"histogram: expected a weight for each element, {input.dtype} {written(input.shape)}, got {weight.dtype} "
            f"{written(weight.shape)}"
        )
    values = input._read("histogram()").reshape(-1)
    weights = None if weight is None else weight._read("histogram()").reshape(-1)
    if isinstance(bins, Tensor):
        if bins.ndim != 1 or bins.dtype != input.dtype:
            raise ShapeError(
                f"histogram: expected the ends as a vector of {input.dtype}, got {bins.dtype} {written(bins.shape)}"
            )
        hist, edges = np.histogram(values, bins._read("histogram()"), weights=weights, density=density)
    else:
        if bins < 1:
            raise RangeError(f"histogram: expected 1 interval or more, got {bins}")
        limits = _limits("histogram", values, *(range or ((0.0, 0.0) if values.size else (0.0, 1.0))), 0.5)
        hist, edges = np.histogram(values, bins, limits, weights=weights, density=density)
    return returned(Histogram, wrap(hist.astype(input.dtype)), wrap(edges.astype(input.dtype)))
