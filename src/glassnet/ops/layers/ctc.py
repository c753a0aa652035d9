"""Connectionist temporal classification: how likely a sequence of labels is, whenever they may have come.

At each of T steps a network says how likely each label is, or "blank", that there is none. A target of S labels can
have come about in many ways: each label once or for several steps, with blanks before, between and behind. With a blank
put around every label it is a row of 2S + 1 states, blank, label, blank, label, …, blank, and at each step one stays in
a state, goes to the next, or skips a blank between two different labels. The forward variables α say how likely all
ways to each state are, up to a step; the backward variables β all ways from there to the end.

A. Graves et al., Connectionist Temporal Classification: Labelling Unsegmented Sequence Data with Recurrent Neural
Networks, 2006. Everything here is a logarithm, in which −∞ stands for what cannot be.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import exp, log
from glassnet.ops.indexing import gather, getitem
from glassnet.ops.linear import matmul
from glassnet.ops.movement import broadcast_to, cast, concatenate, permute, reshape, stack
from glassnet.ops.pullback import rules_of
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.reduction import amax, sum
from glassnet.ops.selection import eq, logical_or, ne, where
from glassnet.ops.shapes import shape_of, written

ALL = slice(None)

# what is asked of the inputs ---------------------------------------------------------------------


def _check_shapes(log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> None:
    """Raise unless log-probabilities are [T, N, C], targets [N, S] and both lengths [N], the last three whole."""
    if len(log_probs.shape) != 3 or 0 in (log_probs.shape[0], log_probs.shape[2]):
        raise ShapeError(
            f"ctc_loss: expected log-probabilities of shape [steps, n, classes], got {written(shape_of(log_probs))}"
        )
    if log_probs.dtype.kind != "f":
        raise DtypeError(f"ctc_loss: expected floating log-probabilities, got {log_probs.dtype}; convert: x.float()")
    n = log_probs.shape[1]
    if len(targets.shape) != 2 or targets.shape[0] != n:
        raise ShapeError(
            f"ctc_loss: expected a row of labels for each of the {n} samples, [{n}, labels], got "
            f"{written(shape_of(targets))}"
        )
    for what, lengths in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        if shape_of(lengths) != (n,):
            raise ShapeError(
                f"ctc_loss: expected {what} of shape [{n}], one a sample, got {written(shape_of(lengths))}"
            )
    for what, whole in (("labels", targets), ("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        if whole.dtype.kind not in "iu":
            raise DtypeError(f"ctc_loss: expected {what} of an integer dtype, got {whole.dtype}; convert: x.long()")


def _ctc_check(log_probs: Array, targets: Array, input_lengths: Array, target_lengths: Array, blank: int) -> None:
    """Raise where the blank or a label is no class, or a length is longer than there is room."""
    steps, _, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise RangeError(f"ctc_loss: expected a blank from 0 to {classes - 1}, a class, got {blank}")
    for what, lengths, most in (("input", input_lengths, steps), ("target", target_lengths, targets.shape[1])):
        for wrong in lengths[(lengths < 0) | (lengths > most)]:
            raise RangeError(f"ctc_loss: expected {what} lengths from 0 to {most}, got {wrong}")
    used = np.arange(targets.shape[1]) < target_lengths[:, np.newaxis]
    for wrong in targets[used & ((targets < 0) | (targets >= classes))]:
        raise RangeError(f"ctc_loss: expected labels from 0 to {classes - 1}, got {wrong}")


# the states of a target, and the ways through them -----------------------------------------------


def _ctc_states(targets: Array, target_lengths: Array, blank: int, dtype: Any) -> tuple[Array, Array, Array]:
    """The label of each state [N, 2S + 1]; log 1 where it may be entered from two before; log 1 where a way may end."""
    n, longest = targets.shape
    labels = np.full((n, 2 * longest + 1), blank)
    labels[:, 1::2] = np.where(np.arange(longest) < target_lengths[:, np.newaxis], targets, blank)
    skip = np.full(labels.shape, -np.inf, dtype)
    skip[:, 2:][labels[:, 2:] != labels[:, :-2]] = 0
    state, last = np.arange(2 * longest + 1), 2 * target_lengths[:, np.newaxis]
    end = np.where((state == last) | (state == last - 1), 0, -np.inf).astype(dtype)
    return labels, skip, end


def _ctc_forward(emitted: Array, skip: Array, input_lengths: Array) -> Array:
    """α before and after each step, [T + 1, N, 2S + 1]: all ways from the start to each state."""
    alpha = np.full((len(emitted) + 1, *skip.shape), -np.inf, emitted.dtype)
    alpha[0, :, 0] = 0
    for t, emission in enumerate(emitted):
        before, now = alpha[t], alpha[t].copy()  # stay
        now[:, 1:] = np.logaddexp(now[:, 1:], before[:, :-1])  # or come from the state before
        now[:, 2:] = np.logaddexp(now[:, 2:], before[:, :-2] + skip[:, 2:])  # or skip a blank
        alpha[t + 1] = np.where(t < input_lengths[:, np.newaxis], now + emission, before)
    return alpha


def _ctc_backward(emitted: Array, skip: Array, end: Array, input_lengths: Array) -> Array:
    """β after each step, [T, N, 2S + 1]: all ways from each state to the end."""
    beta = np.empty_like(emitted)
    after = end
    for t in range(len(emitted) - 1, -1, -1):
        beta[t] = after
        ahead = after + emitted[t]
        before = ahead.copy()
        before[:, :-1] = np.logaddexp(before[:, :-1], ahead[:, 1:])
        before[:, :-2] = np.logaddexp(before[:, :-2], ahead[:, 2:] + skip[:, 2:])
        after = np.where(t < input_lengths[:, np.newaxis], before, end)
    return beta


def _ctc_log_p(alpha: Array, end: Array) -> Array:
    """How likely each target is, [N]: by all ways that end where one may."""
    return np.logaddexp.reduce(alpha + end, axis=1)


# the same in operations ---------------------------------------------------------------------------


def _log_total(x: Any, dim: int) -> Any:
    """log Σ exp(x) along ``dim``, −∞ and without a slope where all are −∞."""
    largest = amax(x, dim=dim, keepdim=True)
    shift = where(eq(largest, -np.inf), 0.0, largest)
    total = sum(exp(x - shift), dim=dim)
    nothing = eq(total, 0)
    return where(nothing, -np.inf, log(where(nothing, 1.0, total)) + reshape(shift, shape=shape_of(total)))


def _impossible(like: Any, columns: int) -> Array:
    return np.full((shape_of(like)[0], columns), -np.inf, like.dtype)


def _states_expand(targets: Any, target_lengths: Any, blank: int, dtype: Any) -> tuple[Any, Any, Any]:
    n, longest = shape_of(targets)
    last = 2 * reshape(target_lengths, shape=(n, 1))
    used = where(2 * np.arange(longest) < last, targets, blank)
    pairs = reshape(stack(used * 0 + blank, used, dim=2), shape=(n, 2 * longest))
    labels = concatenate(pairs, np.full((n, 1), blank), dim=1)
    differs = ne(getitem(labels, index=(ALL, slice(2, None))), getitem(labels, index=(ALL, slice(None, -2))))
    skip = concatenate(np.full((n, min(2, 2 * longest + 1)), -np.inf), where(differs, 0.0, -np.inf), dim=1)
    state = np.arange(2 * longest + 1)
    end = where(logical_or(state == last, state == last - 1), 0.0, -np.inf)
    return labels, cast(skip, dtype=dtype), cast(end, dtype=dtype)


def _emitted(log_probs: Any, labels: Any) -> Any:
    index = broadcast_to(labels, shape=(shape_of(log_probs)[0], *shape_of(labels)))
    return gather(log_probs, index, dim=2)


def _alpha_expand(emitted: Any, skip: Any, input_lengths: Any) -> list[Any]:
    n, states = shape_of(skip)
    alphas: list[Any] = [concatenate(np.zeros((n, 1), skip.dtype), _impossible(skip, states - 1), dim=1)]
    for t in range(shape_of(emitted)[0]):
        before = alphas[-1]
        ways = [before, concatenate(_impossible(before, 1), getitem(before, index=(ALL, slice(None, -1))), dim=1)]
        if states > 2:
            two_before = concatenate(_impossible(before, 2), getitem(before, index=(ALL, slice(None, -2))), dim=1)
            ways.append(two_before + skip)
        now = _log_total(stack(*ways), 0) + getitem(emitted, index=(t,))
        alphas.append(where(reshape(t < input_lengths, shape=(n, 1)), now, before))
    return alphas


def _beta_expand(emitted: Any, skip: Any, end: Any, input_lengths: Any) -> list[Any]:
    n, states = shape_of(skip)
    betas: list[Any] = [end]
    for t in range(shape_of(emitted)[0] - 1, 0, -1):
        ahead = betas[0] + getitem(emitted, index=(t,))
        ways = [ahead, concatenate(getitem(ahead, index=(ALL, slice(1, None))), _impossible(ahead, 1), dim=1)]
        if states > 2:
            skipped = getitem(ahead + skip, index=(ALL, slice(2, None)))
            ways.append(concatenate(skipped, _impossible(ahead, 2), dim=1))
        betas.insert(0, where(reshape(t < input_lengths, shape=(n, 1)), _log_total(stack(*ways), 0), end))
    return betas


# the loss ----------------------------------------------------------------------------------------


def _ctc_loss(log_probs: Array, targets: Array, input_lengths: Array, target_lengths: Array, blank: int = 0) -> Array:
    _ctc_check(log_probs, targets, input_lengths, target_lengths, blank)
    labels, skip, end = _ctc_states(targets, target_lengths, blank, log_probs.dtype)
    emitted = log_probs[:, np.arange(len(labels))[:, np.newaxis], labels]
    return -_ctc_log_p(_ctc_forward(emitted, skip, input_lengths)[-1], end)


def _ctc_loss_expand(log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int = 0) -> Any:
    labels, skip, end = _states_expand(targets, target_lengths, blank, log_probs.dtype)
    alpha = _alpha_expand(_emitted(log_probs, labels), skip, input_lengths)[-1]
    return -_log_total(alpha + end, 1)


def _ctc_loss_shape(log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, *, blank: int = 0) -> Spec:
    _check_shapes(log_probs, targets, input_lengths, target_lengths)
    return Spec(shape_of(input_lengths), log_probs.dtype)


def _ctc_loss_rule(
    g: Any, _y: Any, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int = 0
) -> Any:
    return reshape(-g, shape=(-1, 1)) * ctc_posterior(log_probs, targets, input_lengths, target_lengths, blank=blank)


ctc_loss = register(
    Op(
        "ctc_loss",
        forward=_ctc_loss,
        vjp=(_ctc_loss_rule, None, None, None),
        shape=_ctc_loss_shape,
        formula="yₙ = −log p(targetsₙ), by all ways that say it",
        expand=_ctc_loss_expand,
    )
)


def _ctc_posterior(
    log_probs: Array, targets: Array, input_lengths: Array, target_lengths: Array, blank: int = 0
) -> Array:
    labels, skip, end = _ctc_states(targets, target_lengths, blank, log_probs.dtype)
    emitted = log_probs[:, np.arange(len(labels))[:, np.newaxis], labels]
    alpha = _ctc_forward(emitted, skip, input_lengths)
    beta = _ctc_backward(emitted, skip, end, input_lengths)
    log_p = _ctc_log_p(alpha[-1], end)[:, np.newaxis]
    in_state = np.exp(alpha[1:] + beta - np.where(np.isinf(log_p), 0, log_p))
    in_state[np.arange(len(emitted))[:, np.newaxis] >= input_lengths] = 0
    of_label = (labels[:, :, np.newaxis] == np.arange(log_probs.shape[2])).astype(log_probs.dtype)
    return np.matmul(in_state.transpose(1, 0, 2), of_label).transpose(1, 0, 2)


def _ctc_posterior_expand(log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int = 0) -> Any:
    labels, skip, end = _states_expand(targets, target_lengths, blank, log_probs.dtype)
    emitted = _emitted(log_probs, labels)
    alphas = _alpha_expand(emitted, skip, input_lengths)
    betas = _beta_expand(emitted, skip, end, input_lengths)
    log_p = reshape(_log_total(alphas[-1] + end, 1), shape=(-1, 1))
    in_state = exp(stack(*alphas[1:]) + stack(*betas) - where(eq(log_p, -np.inf), 0.0, log_p))
    steps, n, _ = shape_of(emitted)
    counts = reshape(np.arange(steps).reshape(-1, 1) < input_lengths, shape=(steps, n, 1))
    of_label = reshape(labels, shape=(*shape_of(labels), 1)) == np.arange(shape_of(log_probs)[2])
    known = matmul(permute(where(counts, in_state, 0.0), dims=(1, 0, 2)), cast(of_label, dtype=log_probs.dtype))
    return permute(known, dims=(1, 0, 2))


def _ctc_posterior_shape(
    log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, *, blank: int = 0
) -> Spec:
    _check_shapes(log_probs, targets, input_lengths, target_lengths)
    return Spec(shape_of(log_probs), log_probs.dtype)


# How likely each label is at each step, the target being known: what the loss would have the network say. Of a target
# that cannot be, 0.
ctc_posterior = register(
    Op(
        "ctc_posterior",
        forward=_ctc_posterior,
        vjp=(*rules_of(_ctc_posterior_expand, 1), None, None, None),
        shape=_ctc_posterior_shape,
        formula="y = Σ exp(α + β − log p) over the states of each label",
        expand=_ctc_posterior_expand,
    )
)
