"""Checks of sequences: their padding, the state between steps, gradients that flow back through time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from glassnet.autograd import no_grad
from glassnet.explain.checkup.batches import Inputs, parts_of, size_of
from glassnet.explain.checkup.check import Shape, Symptom, check, symptom
from glassnet.explain.checkup.observed import Observed
from glassnet.explain.checkup.step import name_of
from glassnet.explain.checkup.weighing import root_mean_square
from glassnet.explain.walkthrough import Value
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor, wrap

SHORTEST = 4  # positions of a sequence that may be padded
PADDED = 0.2  # of the samples, that are shorter than the longest
WITHIN = 0.02  # of what comes before the padding, that may look like it
SAMPLES = 16  # that are tried without their padding
COUNTS = 0.1  # of how far outputs differ from sample to sample, by which padding may change one
ROUNDING = 1e-2  # beside the outputs, by which they may differ in batches of other sizes
GROWN = 300.0  # times as large at the first time as at the last
MEANS = ("mean", "sum")


# state ------------------------------------------------------------------------------------------------------


@check(93.5, explains="step_fails no_gradient gradients_not_zeroed exploding_gradients cannot_overfit")
def state_carried_over(run: Observed) -> Iterator[Symptom]:
    """A state that each step takes over from the step before together with how it was computed."""
    if run.older is None:
        return
    yield symptom(
        "each step goes back into the steps before: a state is carried over with all that it was computed from",
        "the outputs of a step depend on what {where} made, of shape {shape}, before the step began; backward either "
        "fails, or goes back further with each step",
        "detach the state between steps: state = state.detach(), for an LSTM (h.detach(), c.detach()); or begin each "
        "step with a new state",
        where=run.older.where,
        shape=Shape(np.shape(run.older.node.output)),
    )


# samples ----------------------------------------------------------------------------------------------------


@check(94.2, explains="labels_unrelated cannot_overfit learning_rate_too_low padding_counted exploding_through_time")
def samples_mixed(run: Observed) -> Iterator[Symptom]:
    """A recurrent layer or attention that goes over the samples of a batch instead of the positions of each."""
    named = run.model.named_modules()
    layer = next((name or type(m).__name__ for name, m in named if getattr(m, "batch_first", True) is False), None)
    if layer is None or size_of(run.first) < 2:
        return
    together, alone = (run.answer_of_last(count) for count in (size_of(run.first), 1))
    if together is None or alone is None or together.shape != alone.shape:
        return
    apart, size = float(np.abs(together - alone).max()), root_mean_square(together)
    if apart > ROUNDING * max(size, 1e-6):
        yield symptom(
            "the answer for a sample depends on the samples beside it: {where} takes samples for positions",
            "among {samples} samples and alone, the outputs for one differ by up to {apart:.3g}, beside a size of "
            "{size:.3g}; {where} has batch_first=False, for inputs [positions, samples, features]",
            "make {where} with batch_first=True, for inputs [samples, positions, features]",
            where=layer,
            samples=size_of(run.first),
            apart=apart,
            size=size,
        )


# padding ----------------------------------------------------------------------------------------------------


class Padding(NamedTuple):
    """Sequences in a batch that are filled up at the end: by what, and how long each is without."""

    filler: float
    lengths: Array
    longest: int


@check(57)
def padding_counted(run: Observed) -> Iterator[Symptom]:
    """Padding that the answer for a sequence depends on: in a mean, under attention, or in a state after its end."""
    x, _ = run.first
    padding = next((found for part in parts_of(x) if (found := padding_of(part.array)) is not None), None)
    if padding is None or run.traced is None:
        return
    reads = _reads_padding(run, padding.longest)
    change = _change_without(run, x, padding) if reads is not None else None
    if reads is None or change is None or not change > COUNTS:
        return
    where, how, remedy = reads
    yield symptom(
        f"padding counts: {how}",
        "sequences have {shortest} to {longest} positions, then {filler:g} up to {longest}; without that, the outputs "
        "change by {percent:.0f} % of what they differ by from sample to sample",
        remedy,
        where=where,
        shortest=int(padding.lengths.min()),
        longest=padding.longest,
        filler=padding.filler,
        percent=100 * change,
    )


def padding_of(x: Array) -> Padding | None:
    """The padding of whole numbers [N, T], or of rows of numbers [N, T, F]; None where there is none.

    It is one number that many samples end with, from places that differ, and that hardly occurs before.
    """
    whole = x.ndim == 2 and x.dtype.kind in "iu"
    if not (whole or (x.ndim == 3 and x.dtype.kind == "f")) or x.shape[1] < SHORTEST or not len(x):
        return None
    fillers, counts = np.unique(x[:, -1] if whole else x[:, -1, -1], return_counts=True)
    filler = fillers[counts.argmax()]
    same = x == filler if whole else (x == filler).all(-1)
    lengths = x.shape[1] - same[:, ::-1].cumprod(1).sum(1)
    before = same[np.arange(x.shape[1]) < lengths[:, None]]
    is_padded = (lengths < x.shape[1] - 1).mean() >= PADDED and len(np.unique(lengths)) > 1 and lengths.min() > 0
    return Padding(float(filler), lengths, x.shape[1]) if is_padded and before.mean() <= WITHIN else None


def _reads_padding(run: Observed, positions: int) -> tuple[str, str, str] | None:
    """Where padding may come in: what is said of it, and what to do."""
    assert run.traced is not None
    for value in run.traced.forward():
        given = value.operands[0] if value.operands else None
        if name_of(value) in MEANS and isinstance(given, Value) and positions in _reduced(value, given):
            return (
                value.name,
                "{where} is taken over all positions, those after the end of a sequence too",
                "take the mean of the real positions: (h * mask).sum(1) / mask.sum(1), with mask = (x != padding)",
            )
    softmax = next((v for v in run.traced.forward() if name_of(v) in ("softmax", "scaled_dot_product_attention")), None)
    if softmax is not None:
        return (
            softmax.name,
            "attention looks at the positions after the end of a sequence",
            "give the attention a mask: src_key_padding_mask or key_padding_mask = (x == padding)",
        )
    layer = next((name for name, m in run.model.named_modules() if is_recurrent(m)), None)
    if layer is None:
        return None
    return (
        layer,
        "the state of {where} goes on through the positions after the end of a sequence",
        "pack the sequences, nn.utils.rnn.pack_padded_sequence, or take the output at the last real position of each",
    )


def _reduced(value: Value, given: Value) -> set[int]:
    """The sizes of the dimensions that a reduction goes over; none where it goes over all of them."""
    assert value.instruction is not None
    dims = value.instruction.params.get("dim")
    return set() if dims is None else {given.array.shape[int(dim)] for dim in np.atleast_1d(dims)}


def _change_without(run: Observed, x: Inputs, padding: Padding) -> float | None:
    """By how much outputs change without padding, beside how they differ; None where the network takes one length."""
    shorter = np.flatnonzero(padding.lengths < padding.longest - 1)[:SAMPLES]
    try:
        with run.untouched(), no_grad():
            run.model.eval()
            whole = [_answer(run, x, n, padding.longest, padding) for n in shorter]
            cut = [_answer(run, x, n, int(padding.lengths[n]), padding) for n in shorter]
    except Exception:  # a network that takes sequences of one length, or none alone
        return None
    if not whole or whole[0].ndim < 1:
        return None
    if whole[0].shape != cut[0].shape:  # an output for each position
        whole = [a[: len(b)] for a, b in zip(whole, cut, strict=True)]
    else:
        whole, cut = [a[np.newaxis] for a in whole], [b[np.newaxis] for b in cut]
    if any(a.shape != b.shape for a, b in zip(whole, cut, strict=True)):
        return None
    a, b = np.concatenate(whole).astype(np.float64), np.concatenate(cut).astype(np.float64)
    spread = root_mean_square(a - a.mean(0))
    return root_mean_square(a - b) / spread if spread > 0 else None


def _answer(run: Observed, x: Inputs, sample: int, length: int, padding: Padding) -> Any:
    parts = (part.array[sample : sample + 1] for part in parts_of(x))
    cut = (p[:, :length] if p.ndim > 1 and p.shape[1] == padding.longest else p for p in parts)
    return run.model(*(wrap(np.ascontiguousarray(part)) for part in cut)).array[0]


# time -------------------------------------------------------------------------------------------------------


@check(46.5, explains="learning_rate_too_high learning_rate_too_low cannot_overfit exploding_gradients")
def exploding_through_time(run: Observed) -> Iterator[Symptom]:
    """Gradients that become larger with each position that they flow back through a recurrent layer."""
    if not run.runs or (run.watched is not None and run.watched.clips):
        return
    for name, sizes in gradients_in_time(run):
        first, last = sizes[0], sizes[-1]
        if len(sizes) < SHORTEST or not last > 0 or not first > max(GROWN, 3 * len(sizes)) * last:
            continue
        yield symptom(
            "gradients explode on their way back through time in {where}",
            "root mean square of the gradient of its input: {last:.1e} at the last of {positions} positions, "
            "{first:.1e} at the first, {each:.2g} times as much with each",
            "begin with smaller recurrent weights (nn.init.orthogonal_), clip: nn.utils.clip_grad_norm_, use nn.LSTM "
            "or nn.GRU, or cut the sequences into shorter ones",
            where=name,
            first=first,
            last=last,
            positions=len(sizes),
            each=float((first / last) ** (1 / (len(sizes) - 1))),
        )
        return


def gradients_in_time(run: Observed) -> list[tuple[str, Array]]:
    """The root mean square of the gradient of what each recurrent layer is given, at each position."""
    layers = {name or type(m).__name__: m for name, m in run.model.named_modules() if is_recurrent(m)}
    given: dict[str, tuple[int, Tensor]] = {}
    with ExitStack() as stack, np.errstate(all="ignore"):
        stack.enter_context(run.untouched())
        for name, layer in layers.items():
            stack.callback(layer.register_forward_pre_hook(partial(_followed, given, name)).remove)
        run.model.train()
        x, y = run.first
        if layers:
            run.loss(run.answer(x), y).backward()
        return [(name, _sizes(x.grad.array, time)) for name, (time, x) in given.items() if x.grad is not None]


def is_recurrent(module: Module) -> bool:
    """Whether a module is a recurrent layer: an RNN, a GRU or an LSTM."""
    return hasattr(module, "batch_first") and hasattr(module, "hidden_size")


def _followed(given: dict[str, tuple[int, Tensor]], name: str, module: Any, inputs: tuple[Any, ...]) -> Any:
    x, *others = inputs
    if not isinstance(x, Tensor) or x.ndim != 3 or not x.is_floating_point():
        return None  # packed, or one sequence
    followed = x if x.requires_grad else x.detach().requires_grad_()
    if x.requires_grad:
        followed.retain_grad()
    given[name] = (1 if module.batch_first else 0, followed)
    return (followed, *others)


def _sizes(gradient: Array, time: int) -> Array:
    sizes: Array = np.sqrt(np.square(np.moveaxis(gradient, time, 0), dtype=np.float64).mean((1, 2)))
    return sizes
