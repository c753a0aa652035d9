"""Sums of products over chosen dimensions: einsum, tensordot, inner. All are made of transposes and matrix products."""

from __future__ import annotations

import math
import string
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from glassnet.errors import DimensionError, ShapeError
from glassnet.ops import linear
from glassnet.ops.dtypes import result_type
from glassnet.ops.shapes import normalize_dim, written
from glassnet.tensor.tensor import Tensor, apply

__all__ = ["einsum", "inner", "tensordot"]

Labels = list[Hashable]


class _Labelled(NamedTuple):
    """A tensor, and what each of its dimensions is called."""

    tensor: Tensor
    labels: Labels

    def sizes(self) -> dict[Hashable, int]:
        return dict(zip(self.labels, self.tensor.shape, strict=True))

    def summed(self, unwanted: set[Hashable]) -> _Labelled:
        dims = [d for d, label in enumerate(self.labels) if label in unwanted]
        if not dims:
            return self
        return _Labelled(self.tensor.sum(dims), [label for label in self.labels if label not in unwanted])

    def ordered(self, labels: Labels) -> Tensor:
        order = [self.labels.index(label) for label in labels]
        return self.tensor if order == list(range(len(order))) else self.tensor.permute(*order)


def einsum(*args: Any) -> Tensor:
    """Sums of products by Einstein's convention: a letter a dimension; those not in the result are summed over.

    ``einsum("ij,jk->ik", a, b)`` is a·b. A letter that one tensor has twice takes its diagonal; "..." stands for all
    other dimensions, which broadcast. Without "->" the result has the letters that occur once, in the alphabet's
    order. Instead of an equation, each tensor can be followed by a list of numbers for its dimensions, the result's
    list last. The tensors are multiplied from left to right. Raises ShapeError for what does not fit.

    >>> a, b = glassnet.tensor([[1, 2], [3, 4]]), glassnet.tensor([10, 1])
    >>> glassnet.einsum("ij,j->i", a, b), glassnet.einsum("ii", a), glassnet.einsum(a, [0, 1], [1, 0])
    (tensor([12, 34]),
     tensor(5),
     tensor([[1, 3],
             [2, 4]]))
    """
    equation, tensors = _parsed(args)
    terms, arrow, result = equation.partition("->")
    given = terms.split(",")
    if len(given) != len(tensors):
        raise ShapeError(f'einsum: "{equation:.80}" describes {len(given)} tensors, got {len(tensors)}')
    operands = [_labelled(equation, term, x) for term, x in zip(given, tensors, strict=True)]
    sizes = _common_sizes(equation, operands)
    rest = sorted((label for label in sizes if isinstance(label, int)), key=hash)
    if arrow:
        before, dots, after = result.partition("...")
        wanted: Labels = [*before, *(rest if dots else ()), *after]
    else:
        letters = terms.replace(".", "").replace(",", "")
        wanted = [*rest, *sorted(letter for letter in set(letters) if letters.count(letter) == 1)]
    for label in wanted:
        if label not in sizes or wanted.count(label) > 1:
            raise ShapeError(
                f'einsum: each letter after -> must stand there once, and before it, which "{label}" does not in '
                f'"{equation:.80}"'
            )
    product = operands[0]
    for i, other in enumerate(operands[1:], 2):
        later = list(dict.fromkeys([*wanted, *(label for x in operands[i:] for label in x.labels)]))
        product = _product(product, other, later)
    product = product.summed(set(product.labels) - set(wanted))
    return product.ordered(wanted)


def _parsed(args: tuple[Any, ...]) -> tuple[str, Sequence[Tensor]]:
    """The equation, without spaces, and the tensors."""
    if not args:
        raise ValueError("einsum: expected an equation and tensors, got nothing")
    if isinstance(args[0], str):
        tensors = args[1] if len(args) == 2 and isinstance(args[1], list | tuple) else args[1:]
        return args[0].replace(" ", ""), tensors
    terms = [_letters(x) for x in args[1::2]]
    tensors = args[0 : 2 * (len(args) // 2) : 2]
    result = f"->{_letters(args[-1])}" if len(args) % 2 else ""
    return ",".join(terms) + result, tensors


def _letters(labels: Any) -> str:
    """A list of numbers as letters, in their order."""
    try:
        return "".join("..." if n is Ellipsis else string.ascii_letters[n] for n in labels)
    except (IndexError, TypeError):
        raise ValueError(f"einsum: expected numbers from 0 to 51 for the dimensions, got {labels!r:.80}") from None


def _labelled(equation: str, term: str, x: Tensor) -> _Labelled:
    """``x`` with the letters of ``term``, none of them twice; "..." are negative numbers, counted from the last."""
    before, dots, after = term.partition("...")
    letters = before + after
    if not all(letter in string.ascii_letters for letter in letters):
        raise ShapeError(f'einsum: expected letters, commas, "..." and "->", got "{equation:.80}"')
    others = len(x.shape) - len(letters)
    if others < 0 or (others and not dots):
        raise ShapeError(f'einsum: "{term:.80}" names {len(letters)} dimensions, got a tensor {written(x.shape)}')
    labels: Labels = [*before, *range(-others, 0), *after]
    while repeated := next((label for label in labels if labels.count(label) > 1), None):
        first = labels.index(repeated)
        second = labels.index(repeated, first + 1)
        if x.shape[first] != x.shape[second]:
            raise ShapeError(
                f'einsum: "{repeated}" stands for {x.shape[first]} and for {x.shape[second]} in "{term:.80}"'
            )
        x = x.diagonal(0, first, second)
        labels = [label for label in labels if label != repeated] + [
            repeated, *(repeated for _ in range(labels.count(repeated) - 2))
        ]  # fmt: skip
    return _Labelled(x, labels)


def _common_sizes(equation: str, operands: list[_Labelled]) -> dict[Hashable, int]:
    sizes: dict[Hashable, int] = {}
    for operand in operands:
        for label, n in operand.sizes().items():
            known = sizes.setdefault(label, n)
            if known == 1:
                sizes[label] = n
            elif n not in (1, known):
                raise ShapeError(
                    f'einsum: "{label}" stands for {known} and for {n} in "{equation:.80}"; got '
                    f"{' and '.join(written(x.tensor.shape) for x in operands)}"
                )
    return sizes


def _product(a: _Labelled, b: _Labelled, later: Labels) -> _Labelled:
    """The product of two, summed over what only they have and nothing ``later`` asks for; in its order if it can be."""
    dtype = result_type(a.tensor, b.tensor)
    sizes = {**a.sizes(), **{label: n for label, n in b.sizes().items() if n != 1 or label not in a.labels}}
    a, b = (x.summed({label for label, n in x.sizes().items() if n != sizes[label]}) for x in (a, b))  # 1, broadcast
    a, b = (x.summed(set(x.labels) - set(other.labels) - set(later)) for x, other in ((a, b), (b, a)))
    alone = [label for label in later if (label in a.labels) != (label in b.labels)]
    if alone and alone[0] in b.labels:
        a, b = b, a
    shared = [label for label in a.labels if label in b.labels]
    batch = [label for label in later if label in shared]
    inner = [label for label in shared if label not in later]
    left = [label for label in later if label in a.labels and label not in shared]
    right = [label for label in later if label in b.labels and label not in shared]
    count = {name: [sizes[label] for label in labels] for name, labels in
             (("batch", batch), ("inner", inner), ("left", left), ("right", right))}  # fmt: skip
    total = {name: math.prod(numbers) for name, numbers in count.items()}
    first, second = a.ordered([*batch, *left, *inner]), b.ordered([*batch, *inner, *right])
    if inner:
        first = first.reshape(*count["batch"], total["left"], total["inner"])
        second = second.reshape(*count["batch"], total["inner"], total["right"])
        y = apply(linear.matmul, first.to(dtype), second.to(dtype))
    else:
        first = first.reshape(*count["batch"], *count["left"], *(1 for _ in right))
        second = second.reshape(*count["batch"], *(1 for _ in left), *count["right"])
        y = first * second
    y = y.to(dtype)  # of small integers, sums are in int64
    return _Labelled(y.reshape(*count["batch"], *count["left"], *count["right"]), [*batch, *left, *right])


def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Products of ``a`` and ``b`` summed over ``dims``: the last so many of ``a`` and the first of ``b``, or two lists.

    Raises ShapeError where these dimensions differ in size.

    >>> a, b = glassnet.ones(2, 3, 4), glassnet.ones(3, 4, 5)
    >>> glassnet.tensordot(a, b).shape, glassnet.tensordot(a, b, ([1], [0])).shape
    ((2, 5), (2, 4, 4, 5))
    """
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if not 0 <= dims <= min(a.ndim, b.ndim):
            raise ShapeError(
                f"tensordot: expected dims from 0 to {min(a.ndim, b.ndim)}, how many both tensors have, got {dims}"
            )
        dims = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    first, second = ([d] if isinstance(d, int) else list(d) for d in dims)
    first = [normalize_dim("tensordot", d, a.ndim) for d in first]
    second = [normalize_dim("tensordot", d, b.ndim) for d in second]
    if len(first) != len(second):
        raise DimensionError(f"tensordot: expected as many dimensions of a as of b, got {first} and {second}")
    if any(a.shape[d] != b.shape[e] and 1 not in (a.shape[d], b.shape[e]) for d, e in zip(first, second, strict=True)):
        raise ShapeError(
            f"tensordot: dimensions {first} of {written(a.shape)} and {second} of {written(b.shape)} must have the "
            "same sizes"
        )
    pairs: dict[int, Hashable] = dict(zip(second, first, strict=True))
    labels_b: Labels = [pairs.get(d, a.ndim + d) for d in range(b.ndim)]
    wanted = [label for label in [*range(a.ndim), *labels_b] if label not in first]
    return _product(_Labelled(a, list(range(a.ndim))), _Labelled(b, labels_b), wanted).ordered(wanted)


def inner(input: Tensor, other: Tensor) -> Tensor:
    """Products of ``input`` and ``other`` summed over the last dimension of both; of numbers, the plain product.

    >>> glassnet.tensor([1, 2, 3]).inner(glassnet.tensor([1, 1, 1]))
    tensor(6)
    """
    if not input.ndim or not other.ndim:
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise ShapeError(
            f"inner: expected last dimensions of one size, got {written(input.shape)} and {written(other.shape)}"
        )
    return tensordot(input, other, ([-1], [-1]))
