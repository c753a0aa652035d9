"""Sequences of different lengths, padded to one tensor or packed without padding, for recurrent layers.

Packed, the sequences are sorted by length, the longest first, and what all of them have at the first step stands before
what they have at the second, and so on: of [a a a], [b b] and [c], the steps are a b c, a b and a.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from glassnet.errors import SequenceError
from glassnet.functional.tensor_checks import check_whole
from glassnet.ops.dtypes import Array
from glassnet.ops.indexing import ARRAY, setitem
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, apply
from glassnet.tensor.creation import full, tensor
from glassnet.tensor.joining import cat

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None


class PackedSequence(_Packed):
    """Sequences of different lengths in one tensor, without padding: what `pack_sequence` gives.

    ``data`` [N, …] are the steps of all, one after another; ``batch_sizes`` [T] says how many sequences have a step
    0, 1, 2 …; ``sorted_indices`` [B] which sequence came to each place when they were sorted, ``unsorted_indices`` how
    they come back, None where they were sorted already.

    >>> packed = nn.utils.rnn.pack_sequence([glassnet.tensor([1, 2, 3]), glassnet.tensor([4, 5])])
    >>> packed.data, packed.batch_sizes
    (tensor([1, 4, 2, 5, 3]), tensor([2, 2, 1]))
    """

    def __new__(
        cls,
        data: Tensor,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> Self:
        """Of tensors that belong together; one of the two orders is enough."""
        if batch_sizes is None:
            if not isinstance(data, tuple | list) or len(data) != 2:
                raise ValueError("PackedSequence: expected data and batch_sizes; make one of sequences: pack_sequence")
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    _sizes: tuple[int, ...] | None = None

    @property
    def sizes(self) -> tuple[int, ...]:
        """``batch_sizes`` as numbers, of which a program is made."""
        if self._sizes is None:
            self._sizes = tuple(self.batch_sizes.tolist())
        return self._sizes

    def having(self, data: Tensor) -> Self:
        """Sequences of the same lengths, with other ``data``."""
        other = self if data is self.data else type(self)(data, *self[1:])
        other._sizes = self._sizes
        return other

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """The same sequences with ``data`` in another dtype: to(glassnet.float64); itself where it has it already."""
        return self.having(self.data.to(*args, **kwargs))

    def double(self) -> Self:
        """The same sequences in float64."""
        return self.to(np.float64)

    def float(self) -> Self:
        """The same sequences in float32."""
        return self.to(np.float32)

    def half(self) -> Self:
        """The same sequences in float16."""
        return self.to(np.float16)

    def long(self) -> Self:
        """The same sequences in int64."""
        return self.to(np.int64)

    def int(self) -> Self:
        """The same sequences in int32."""
        return self.to(np.int32)

    def cpu(self) -> Self:
        """Itself: everything is on the CPU."""
        return self

    @property
    def is_cuda(self) -> bool:
        """False: there is no other device than the CPU."""
        return False


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The order that undoes ``permutation`` [n]: None for None.

    >>> nn.utils.rnn.invert_permutation(glassnet.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    return None if permutation is None else permutation.argsort()


# padded, and packed -------------------------------------------------------------------------------


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Sequences [T, B, …] that were padded at their ends ([B, T, …] with ``batch_first``), packed without the padding.

    ``lengths`` [B], a list or a tensor, are how many steps of each count. They have to be sorted, the longest first,
    unless ``enforce_sorted=False``, which sorts.

    Raises SequenceError for lengths that are below 1, longer than T, not as many as sequences, or not sorted.

    >>> padded = glassnet.tensor([[1, 2, 3], [4, 5, 0]])
    >>> nn.utils.rnn.pack_padded_sequence(padded, [3, 2], batch_first=True).data
    tensor([1, 4, 2, 5, 3])
    """
    name = "pack_padded_sequence"
    steps, batch = _steps_and_batch(name, input, batch_first)
    counts = _lengths(name, lengths, batch)
    _check_lengths(name, counts, steps, input.shape, batch_first)
    order = np.argsort(-counts, kind="stable")
    if enforce_sorted and (np.diff(counts) > 0).any():
        raise SequenceError(
            f"{name}: expected lengths sorted from the longest to the shortest, got {_shortened(counts)}; pass "
            "enforce_sorted=False, which sorts them and, at the end, brings the order back"
        )
    sizes = _sizes(counts)
    step, place = _places(sizes)
    place = order[place]
    data = input[place, step] if batch_first else input[step, place]
    packed = PackedSequence(data, tensor(sizes.tolist()), None if enforce_sorted else tensor(order.tolist()))
    packed._sizes = tuple(sizes.tolist())
    return packed


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """(the sequences [T, B, …] in their first order, ``padding_value`` behind the ends; their lengths [B]).

    [B, T, …] with ``batch_first``. T is that of the longest, or ``total_length``.

    Raises SequenceError for what is not packed, and for a ``total_length`` that is shorter than the longest.

    >>> packed = nn.utils.rnn.pack_sequence([glassnet.tensor([1, 2, 3]), glassnet.tensor([4, 5])])
    >>> nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
    (tensor([[1, 2, 3],
            [4, 5, 0]]), tensor([3, 2]))
    """
    if not isinstance(sequence, PackedSequence):
        raise SequenceError(
            f"pad_packed_sequence: expected a PackedSequence, as a recurrent layer gives for one, got "
            f"{type(sequence).__name__}; what is not packed is padded already, or a list for pad_sequence"
        )
    sizes = np.array(sequence.sizes)
    if total_length is not None:
        check_whole("pad_packed_sequence", 0, total_length=total_length)
    steps = len(sizes) if total_length is None else total_length
    if steps < len(sizes):
        raise SequenceError(
            f"pad_packed_sequence: expected a total_length of {len(sizes)} or more, as the longest sequence has, got "
            f"{total_length}"
        )
    step, place = _places(sizes)
    batch = int(sizes[0])
    where, shape = ((place, step), (batch, steps)) if batch_first else ((step, place), (steps, batch))
    padded, lengths = _filled(sequence.data, shape, where, padding_value), tensor(lengths_of(sizes).tolist())
    if sequence.unsorted_indices is None:
        return padded, lengths
    order = sequence.unsorted_indices
    return padded.index_select(0 if batch_first else 1, order), lengths.index_select(0, order)


def _filled(data: Tensor, shape: tuple[int, int], where: tuple[Array, Array], padding_value: float) -> Tensor:
    """``data`` at its places in a tensor of ``padding_value``."""
    padding = full((*shape, *data.shape[1:]), padding_value, dtype=data.dtype)
    filled: Tensor = apply(setitem, padding, data, *where, index=(ARRAY, ARRAY))
    return filled


# lists of sequences -------------------------------------------------------------------------------


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Sequences [Tᵢ, …] of different lengths as one tensor [T, B, …], T that of the longest ([B, T, …] with
    ``batch_first``), with ``padding_value`` behind them, or before them with ``padding_side="left"``.

    Raises SequenceError for no sequences, and for some that differ in more than their lengths.

    >>> nn.utils.rnn.pad_sequence([glassnet.tensor([1, 2, 3]), glassnet.tensor([4, 5])], batch_first=True)
    tensor([[1, 2, 3],
            [4, 5, 0]])
    """
    if padding_side not in ("left", "right"):
        raise SequenceError(f'pad_sequence: expected padding_side "left" or "right", got {padding_side!r:.60}')
    tensors = _tensors("pad_sequence", sequences)
    lengths = np.array([len(x) for x in tensors], np.int64)
    longest = int(lengths.max())
    place = np.repeat(np.arange(len(tensors)), lengths)
    step = np.concatenate([np.arange(n) + (longest - n if padding_side == "left" else 0) for n in lengths])
    where = (place, step) if batch_first else (step, place)
    shape = (len(tensors), longest) if batch_first else (longest, len(tensors))
    return _filled(cat(tensors), shape, where, padding_value)


def unpad_sequence(padded_sequences: Tensor, lengths: Any, batch_first: bool = False) -> list[Tensor]:
    """Each sequence of [T, B, …] ([B, T, …] with ``batch_first``) without its padding: what `pad_sequence` was given.

    Raises SequenceError for lengths that are longer than T or not as many as sequences.

    >>> nn.utils.rnn.unpad_sequence(glassnet.tensor([[1, 2, 3], [4, 5, 0]]), [3, 2], batch_first=True)
    [tensor([1, 2, 3]), tensor([4, 5])]
    """
    steps, batch = _steps_and_batch("unpad_sequence", padded_sequences, batch_first)
    counts = _lengths("unpad_sequence", lengths, batch)
    _check_lengths("unpad_sequence", counts, steps, padded_sequences.shape, batch_first, least=0)
    by_sequence = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [by_sequence[i, :n].clone() for i, n in enumerate(counts.tolist())]


def pack_sequence(sequences: Any, enforce_sorted: bool = True) -> PackedSequence:
    """Sequences [Tᵢ, …], packed. The longest have to stand first, unless ``enforce_sorted=False``.

    Raises SequenceError for no sequences, one without a step, and where they are not sorted.

    >>> nn.utils.rnn.pack_sequence([glassnet.tensor([1, 2, 3]), glassnet.tensor([4, 5])]).data
    tensor([1, 4, 2, 5, 3])
    """
    tensors = _tensors("pack_sequence", sequences)
    return pack_padded_sequence(pad_sequence(tensors), [len(x) for x in tensors], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences that `pack_sequence` was given.

    >>> packed = nn.utils.rnn.pack_sequence([glassnet.tensor([1, 2, 3]), glassnet.tensor([4, 5])])
    >>> nn.utils.rnn.unpack_sequence(packed)
    [tensor([1, 2, 3]), tensor([4, 5])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


def _tensors(name: str, sequences: Any) -> Sequence[Tensor]:
    if not isinstance(sequences, Iterable):
        raise SequenceError(f"{name}: expected sequences, a list of tensors, got {type(sequences).__name__}")
    tensors = list(sequences)
    for x in tensors:
        if not isinstance(x, Tensor):
            raise SequenceError(f"{name}: expected sequences as tensors, got {type(x).__name__}; glassnet.tensor(x)")
    if not tensors:
        raise SequenceError(f"{name}: expected at least one sequence, got none")
    if any(not x.shape or x.shape[1:] != tensors[0].shape[1:] or x.dtype != tensors[0].dtype for x in tensors):
        each = ", ".join(dict.fromkeys(f"{x.dtype} {written(x.shape)}" for x in tensors))
        raise SequenceError(f"{name}: expected sequences [Tᵢ, …] that differ in their lengths alone, got {each}")
    return tensors


# lengths ------------------------------------------------------------------------------------------


def _steps_and_batch(name: str, padded: Any, batch_first: bool) -> Sequence[int]:
    """T and B of padded sequences; SequenceError for what are none."""
    if isinstance(padded, PackedSequence):
        raise SequenceError(f"{name}: expected padded sequences, got packed ones; pad_packed_sequence(x) pads them")
    if not isinstance(padded, Tensor):
        raise SequenceError(
            f"{name}: expected padded sequences, a tensor, got {type(padded).__name__}; a list of tensors that are not "
            "padded yet: pad_sequence, or pack_sequence, which does both"
        )
    if len(padded.shape) < 2:
        raise SequenceError(f"{name}: expected padded sequences of 2 dimensions or more, got {written(padded.shape)}")
    return padded.shape[:2][:: -1 if batch_first else 1]


def _lengths(name: str, lengths: Any, batch: int) -> Array:
    """``lengths`` as numbers, one for each sequence."""
    try:
        counts = np.asarray(lengths.tolist() if isinstance(lengths, Tensor) else lengths)
    except ValueError:
        raise SequenceError(f"{name}: expected lengths as one list of whole numbers, got lists in it") from None
    if counts.ndim != 1:
        came = f"shape {written(counts.shape)}" if counts.ndim else f"{type(lengths).__name__}: {lengths!r:.60}"
        raise SequenceError(f"{name}: expected lengths as a list, one whole number for each sequence, got {came}")
    if counts.size and (counts.dtype.kind not in "iuf" or (counts % 1).any()):
        came = _shortened(counts) if counts.dtype.kind == "f" else str(counts.dtype)
        raise SequenceError(f"{name}: expected lengths as a list of whole numbers, got {came}")
    if len(counts) != batch:
        raise SequenceError(f"{name}: expected a length for each of the {batch} sequences, got {len(counts)} lengths")
    return counts.astype(np.int64)


def _check_lengths(
    name: str, counts: Array, steps: int, shape: tuple[int, ...], batch_first: bool, least: int = 1
) -> None:
    if not counts.size:
        raise SequenceError(f"{name}: expected at least one sequence, got shape {written(shape)}")
    if counts.min() < least:
        raise SequenceError(
            f"{name}: expected lengths of {least} or more, got {_shortened(counts)}; leave out what has no step"
        )
    if counts.max() > steps:
        other = "" if batch_first else "; if the sequences come first, [B, T, …], pass batch_first=True"
        raise SequenceError(
            f"{name}: expected lengths of at most T = {steps}, which sequences of shape {written(shape)} have, got "
            f"{counts.max()}{other}"
        )


def _shortened(counts: Array) -> str:
    return written(counts.tolist()) if len(counts) <= 8 else f"[{', '.join(map(str, counts[:8].tolist()))}, …]"


def _sizes(counts: Array) -> Array:
    """How many sequences have a step 0, 1, 2 …"""
    sizes: Array = np.sum(counts[:, None] > np.arange(counts.max()), axis=0)
    return sizes


def lengths_of(sizes: Array) -> Array:
    """How many steps each sequence has."""
    lengths: Array = np.sum(sizes[:, None] > np.arange(sizes[0]), axis=0)
    return lengths


def _places(sizes: Array) -> tuple[Array, Array]:
    """The step, and the place among the sorted sequences, of each row of a packed tensor."""
    step, place = np.nonzero(np.arange(sizes[0]) < sizes[:, None])
    return step, place
