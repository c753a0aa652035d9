"""Whether targets have anything to do with inputs: a test that asks for no model.

Samples whose inputs are alike have alike targets, or they do not: likeness is measured by several kernels, from a
straight line to close neighbours, and compared with what it is when targets are drawn for other samples.
Source: Gretton et al., "A Kernel Statistical Test of Independence" (2008), with permutations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from glassnet.ops.dtypes import Array

MOST, SOME = 1024, 256  # samples that are compared; as many are enough where targets depend on inputs clearly
SHUFFLES, FEW = 400, 60
CHANCE = 0.01  # how often targets that have nothing to do with inputs may look as if they had
CLEAR = 8.0  # standard deviations beyond which there is no doubt
CATEGORIES = 64  # whole numbers of fewer different values are names rather than amounts
COLUMNS = 8  # of targets


class Relation(NamedTuple):
    """How far the likeness of targets stands out from chance, in deviations, and how often chance does as well."""

    deviations: float
    probability: float
    samples: int


def relation(parts: Sequence[Array], y: Array) -> Relation | None:
    """How far ``y`` depends on inputs, given as arrays of samples; None where that cannot be said."""
    random = np.random.default_rng(0)
    order = random.permutation(len(y))
    found = None
    for size in (SOME, MOST):
        if found is not None and (found.probability < 1e-3 or len(order) <= SOME):
            break
        chosen = order[:size]
        targets = _targets(y[chosen])
        if targets is None:
            return None
        found = _tested((kernel for part in parts for kernel in _kernels(part[chosen])), targets, random)
    return found


def remainder(parts: Sequence[Array], residuals: Array) -> Relation | None:
    """How far the ``residuals`` of a fitted line depend on inputs; None where there are none.

    They are what the loss still asks of each output, its negative gradient; what a straight line of the inputs could
    still give is taken away first. They are not ranked: where the line is right, only their mean is 0 everywhere.
    Source: Friedman, "Greedy Function Approximation: A Gradient Boosting Machine" (2001), for the residuals.
    """
    random = np.random.default_rng(0)
    chosen = random.permutation(len(residuals))[:MOST]
    chosen_parts = [part[chosen] for part in parts]
    columns = residuals[chosen].reshape(len(chosen), -1)[:, : 4 * COLUMNS].astype(np.float64)
    line = np.column_stack([np.ones(len(chosen)), *(part.reshape(len(part), -1) for part in chosen_parts)])
    left = columns - line @ np.linalg.lstsq(line, columns, rcond=None)[0]
    spread = left.std(0)
    left = left[:, spread > 1e-6 * np.abs(columns).max()]
    if not left.shape[1]:
        return None
    return _tested((kernel for part in chosen_parts for kernel in _kernels(part)), left / left.std(0), random)


def _tested(kernels: Iterator[Array], targets: Array, random: np.random.Generator) -> Relation:
    """Try kernel by kernel, until there is no doubt; and all of them together where there is."""
    samples, tried = len(targets), []
    for kernel in kernels:
        tried.append(_centred(kernel))
        best = _standing(tried[-1:], targets, random, FEW)
        if best[0] > max(CLEAR, 2 * best[1:].max()):
            return Relation(float(best[0]), 0.0, samples)
    best = _standing(tried, targets, random, SHUFFLES)
    return Relation(float(best[0]), float((1 + (best[1:] >= best[0]).sum()) / len(best)), samples)


def _standing(kernels: list[Array], targets: Array, random: np.random.Generator, count: int) -> Array:
    """How far the likeness of the targets, and then of shuffled ones, stands out: the most of all kernels."""
    shuffled = [targets[random.permutation(len(targets))] for _ in range(count)]
    columns = np.concatenate([targets, *shuffled], axis=1)
    standing = []
    for kernel in kernels:
        likeness = ((kernel @ columns) * columns).sum(0).reshape(count + 1, -1).sum(1)
        standing.append((likeness - likeness[1:].mean()) / max(float(likeness[1:].std()), 1e-12))
    best: Array = np.max(standing, axis=0)
    return best


def _kernels(x: Array) -> Iterator[Array]:
    flat = x.reshape(len(x), -1)
    if flat.dtype.kind in "iub" and len(np.unique(flat)) <= CATEGORIES:
        yield np.mean([column[:, None] == column[None, :] for column in flat.T[:256]], axis=0)
        counts = np.stack([(flat == value).sum(1) for value in np.unique(flat)], 1)
        yield from _of_numbers(counts)
    else:
        yield from _of_numbers(flat)


def _of_numbers(x: Array) -> Iterator[Array]:
    x = np.nan_to_num(x.astype(np.float64))
    spread = x.std(0)
    x = ((x - x.mean(0)) / np.where(spread > 1e-12, spread, np.inf)).clip(-6, 6)
    straight = x @ x.T / max(1, x.shape[1])
    yield straight
    yield straight**2
    sizes = np.diag(straight)
    apart = np.maximum(sizes[:, None] + sizes[None, :] - 2 * straight, 0)
    others = apart[~np.eye(len(x), dtype=bool)].reshape(len(x), -1)
    usual, near = float(np.median(others)), float(np.median(np.sort(others, 1)[:, min(2, others.shape[1] - 1)]))
    for width in (usual, 0.1 * usual, near):
        if width > 0:
            yield np.exp(-apart / width)


def _centred(kernel: Array) -> Array:
    means = kernel.mean(0)
    centred: Array = kernel - means - means[:, None] + means.mean()
    np.fill_diagonal(centred, 0.0)  # a sample is like itself in any case
    return centred


def _targets(y: Array) -> Array | None:
    """Targets as columns of mean 0: one a class, or ranks; None where they are all the same."""
    flat = y.reshape(len(y), -1)
    values = np.unique(flat)
    if len(values) < 2:
        return None
    if flat.dtype.kind in "iub" and len(values) <= CATEGORIES:
        columns = np.concatenate([flat == value for value in values[:COLUMNS]], axis=1).astype(np.float64)
    else:
        columns = flat[:, : 4 * COLUMNS].argsort(0, kind="stable").argsort(0, kind="stable").astype(np.float64)
    columns = columns[:, columns.std(0) > 0][:, : 4 * COLUMNS]
    if not columns.shape[1]:
        return None
    columns = (columns - columns.mean(0)) / columns.std(0)
    if flat.dtype.kind == "f" and flat.shape[1] == 1 and len(values) > 2:  # how far they spread may depend, too
        columns = np.concatenate([columns, columns**2 - 1], 1)
    return columns
