"""The errors glassnet raises: each says what was expected, what it got, and what to do.

Every class also derives from the one PyTorch raises in that place, so ``except RuntimeError`` written
for PyTorch works here too.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "AttentionError",
    "DeviceError",
    "DimensionError",
    "DtypeError",
    "EmbeddingError",
    "GlassnetError",
    "GlassnetWarning",
    "GradientError",
    "IndexDtypeError",
    "LinAlgError",
    "NoElementsError",
    "NotFiniteError",
    "NotNumbersError",
    "RangeError",
    "RepeatedDimensionError",
    "SequenceError",
    "ShapeError",
]


class GlassnetError(Exception):
    """The base class of glassnet's errors.

    ``where`` names the layer the error was raised in, as the network names it: "fc1 (Linear …)". It is
    filled in while the error passes through the modules being called. ``layer`` is that module, the
    innermost one. ``argument`` names the argument at fault, such as "labels", where that is known. Whatever
    names are in a message, it is harmless to a terminal and has 2,000 bytes at most.

    >>> try:
    ...     glassnet.ones(2) @ glassnet.ones(3)
    ... except glassnet.GlassnetError as error:
    ...     print(type(error).__name__)
    ShapeError
    """

    where: str = ""
    layer: object = None
    several_lines = False  # else an end of line came with a name, and is written out

    def __init__(self, *args: object, argument: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.argument = argument

    def __str__(self) -> str:
        from glassnet.text import harmless  # most scripts have no errors

        text = _placed(super().__str__(), self.where)
        return harmless(text if self.several_lines else text.replace("\n", "\\n"))


_BUILT_IN = (IndexError, NotImplementedError, RuntimeError, TypeError, ValueError, ZeroDivisionError)


def is_own(error: BaseException) -> bool:
    """Whether ``error`` is glassnet's: of its classes, or one of Python's that was raised in its code."""
    if isinstance(error, GlassnetError) or type(error) not in _BUILT_IN:
        return isinstance(error, GlassnetError)
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return place is not None and str(place.tb_frame.f_globals.get("__name__")).startswith("glassnet.")


def place(error: Any, layer: object, where: str) -> None:
    """Let ``error`` say that it was raised in ``layer``, named ``where``; one of Python's says so in its text."""
    error.layer, error.where = layer, where
    if not isinstance(error, GlassnetError) and len(error.args) == 1:
        error.message = getattr(error, "message", error.args[0])  # as it was raised
        says_so = all(str(text).startswith(type(layer).__name__) for text in (where, error.message))
        error.args = (_placed(error.message, "" if says_so else where),)


def _placed(text: object, where: str) -> str:
    from glassnet.text import shown

    return f"in {shown(where)}: {text}" if where else str(text)


class GlassnetWarning(UserWarning):
    """The class of glassnet's warnings: something works, and may not be what was meant.

    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     loss = F.mse_loss(glassnet.zeros(3, 1), glassnet.zeros(3))
    >>> [warning.category.__name__ for warning in caught]
    ['GlassnetWarning']
    """


class ShapeError(GlassnetError, RuntimeError, ValueError):
    """Shapes that do not fit together.

    >>> glassnet.ones(2) + glassnet.ones(3)
    Traceback (most recent call last):
    glassnet.errors.ShapeError: add: ...
    """


class DimensionError(GlassnetError, IndexError):
    """A dimension (axis) that the tensor does not have.

    >>> glassnet.ones(2).sum(dim=1)
    Traceback (most recent call last):
    glassnet.errors.DimensionError: sum: ...
    """


class RepeatedDimensionError(DimensionError, RuntimeError):
    """A dimension (axis) that is named twice.

    >>> glassnet.ones(2, 3).permute(0, 0)
    Traceback (most recent call last):
    glassnet.errors.RepeatedDimensionError: permute: ...
    """


class NoElementsError(ShapeError, IndexError):
    """No elements, where one of them should be picked.

    >>> glassnet.zeros(0, 3).amax(0)
    Traceback (most recent call last):
    glassnet.errors.NoElementsError: amax: ...
    """


class DtypeError(GlassnetError, NotImplementedError, TypeError):
    """Dtypes that do not fit together, or that an operation cannot take: a RuntimeError as well.

    >>> glassnet.tensor([1, 2]).mean()
    Traceback (most recent call last):
    glassnet.errors.DtypeError: mean: ...
    """


class IndexDtypeError(DtypeError, IndexError):
    """An index, or a tensor of indices, that is of no whole numbers.

    >>> glassnet.ones(2)[glassnet.tensor([0.5])]
    Traceback (most recent call last):
    glassnet.errors.IndexDtypeError: a tensor is indexed by ints, slices, ...
    """


class AttentionError(ShapeError, DtypeError, AssertionError):
    """Inputs or masks that attention cannot take, or heads that do not divide its width.

    >>> nn.MultiheadAttention(10, 4)
    Traceback (most recent call last):
    glassnet.errors.AttentionError: MultiheadAttention: ... 10 / 4 = 2.5; take 2 or 5 heads
    """


class SequenceError(ShapeError, DtypeError):
    """Sequences, lengths or states that a recurrent layer cannot take.

    >>> nn.utils.rnn.pack_padded_sequence(glassnet.ones(4, 2), [3, 4])
    Traceback (most recent call last):
    glassnet.errors.SequenceError: pack_padded_sequence: expected lengths sorted from the longest to the shortest, ...
    """


class DeviceError(GlassnetError, RuntimeError, AssertionError):
    """A device that is not there: any but the CPU.

    >>> glassnet.ones(2).to("cuda")
    Traceback (most recent call last):
    glassnet.errors.DeviceError: expected device "cpu", the only one glassnet has, got 'cuda'; ...
    """


class NotNumbersError(DtypeError, ValueError):
    """Text or objects where a tensor needs numbers.

    >>> glassnet.tensor(["cat"])
    Traceback (most recent call last):
    glassnet.errors.NotNumbersError: tensor: expected numbers, ...
    """


class GradientError(GlassnetError, RuntimeError):
    """A derivative that does not exist or can no longer be computed.

    >>> glassnet.ones(1).backward()
    Traceback (most recent call last):
    glassnet.errors.GradientError: backward: ...
    """


class LinAlgError(GlassnetError, RuntimeError, ValueError):
    """A matrix that has no inverse, or no decomposition of the kind that is asked for.

    >>> glassnet.linalg.inv(glassnet.zeros(2, 2))
    Traceback (most recent call last):
    glassnet.errors.LinAlgError: inverse: ...
    """


class NotFiniteError(GlassnetError, RuntimeError, ValueError):
    """A network whose weights, or whose results for a sample, are nan or infinite.

    >>> from glassnet.export import numpy_file
    >>> model = nn.Linear(2, 1)
    >>> model.bias.data.fill_(float("nan"))
    tensor([nan])
    >>> numpy_file(model, "model.py", np.ones((1, 2), np.float32))
    Traceback (most recent call last):
    glassnet.errors.NotFiniteError: the network cannot be used, its weights are not finite: bias [1] ...
    """


class RangeError(GlassnetError, IndexError, RuntimeError, ValueError):
    """A number, a label or an index outside the range that is expected.

    >>> F.one_hot(glassnet.tensor([3]), 2)
    Traceback (most recent call last):
    glassnet.errors.RangeError: one_hot: ...
    """


class EmbeddingError(RangeError, AssertionError):
    """A row for padding that an embedding does not have.

    >>> nn.Embedding(10, 3, padding_idx=10)
    Traceback (most recent call last):
    glassnet.errors.EmbeddingError: Embedding: expected padding_idx from -10 to 9, got 10
    """
