"""The device: always the CPU. It is here so that scripts that ask for one run."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from glassnet.errors import DeviceError, ShapeError

_KINDS = ("cpu", "cuda", "mps", "xpu", "meta", "xla", "hpu", "mtia", "ipu", "vulkan")


class device:
    """A place for tensors: ``device("cpu")``. Others have a name, and nothing can be put there.

    RuntimeError for what is no device. The first use of any but the CPU raises DeviceError, which says what to do.

    >>> glassnet.device("cpu"), glassnet.device("cuda:1")
    (device(type='cpu'), device(type='cuda', index=1))
    >>> glassnet.ones(2, device=glassnet.device("cuda"))
    Traceback (most recent call last):
    glassnet.errors.DeviceError: expected device "cpu", the only one glassnet has, got 'cuda'; ...
    """

    __slots__ = ("index", "type")

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        if isinstance(type, int):
            type = f"cuda:{type}"
        kind, colon, number = str(type).partition(":")
        if kind not in _KINDS or (colon and (not number.isdecimal() or index is not None)):
            raise RuntimeError(
                f"expected a device, one of {', '.join(_KINDS[:4])}, with a number after a colon where there are "
                f"several, got {str(type)!r:.40}"
            )
        self.type = kind
        self.index = int(number) if colon else index

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        return f"device(type={self.type!r}{'' if self.index is None else f', index={self.index}'})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __enter__(self) -> Self:
        on_cpu(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to undo: new tensors are on the CPU within, as without."""


cpu = device()


def on_cpu(place: Any) -> None:
    """Raise DeviceError where ``place``, a device or the name of one, is not the CPU; None is.

    "meta" is too: scripts put there what they ask for its shapes alone, and it may have numbers as well.
    """
    if place is None or place is cpu:
        return
    found = place if isinstance(place, device) else device(place)
    if found.type not in ("cpu", "meta"):
        raise DeviceError(
            f'expected device "cpu", the only one glassnet has, got {str(found)!r}; leave the device out, or ask '
            'whether there is one: device = "cuda" if glassnet.cuda.is_available() else "cpu"'
        )


def is_device(x: Any) -> bool:
    """Whether ``x`` is meant as a device: a `device`, or a text that names no dtype of NumPy's, such as "cuda:0"."""
    return isinstance(x, device) or (isinstance(x, str) and x not in np.sctypeDict)


class _Absent:
    """What scripts ask before they use another device than the CPU, and what they do if there is one."""

    @staticmethod
    def is_available() -> bool:
        """False: glassnet computes on the CPU."""
        return False

    @staticmethod
    def device_count() -> int:
        """0."""
        return 0


class cuda(_Absent):
    """NVIDIA's GPUs: none is available.

    >>> glassnet.cuda.is_available()
    False
    """

    @staticmethod
    def manual_seed(seed: int) -> None:
        """Nothing to seed."""

    @staticmethod
    def manual_seed_all(seed: int) -> None:
        """Nothing to seed."""


class accelerator(_Absent):
    """Whatever computes faster than the CPU: none is available.

    >>> glassnet.accelerator.is_available()
    False
    """


class backends:
    """What computes for PyTorch and is not here: ``backends.mps.is_available()`` is False.

    >>> glassnet.backends.mps.is_available()
    False
    """

    class cudnn(_Absent):
        """NVIDIA's library; scripts set these for results that can be repeated, which they can be anyway."""

        deterministic = True
        benchmark = False

    class mps(_Absent):
        """Apple's GPUs."""


# memory formats: in which order the elements lie ---------------------------------------------------------------------


class memory_format:
    """How elements lie in memory; there are those defined here, and no others.

    >>> glassnet.channels_last
    glassnet.channels_last
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"glassnet.{self.name}"


contiguous_format = memory_format("contiguous_format")  # the last dimension next to each other
preserve_format = memory_format("preserve_format")  # as in the tensor that it is made of
channels_last = memory_format("channels_last")  # of [N, C, H, W], those of one place in the image
channels_last_3d = memory_format("channels_last_3d")


def channels_last_order(wanted: Any, ndim: int) -> tuple[int, ...] | None:
    """The order of dimensions that lie in order in memory where channels come last; None where they do not.

    Raises ShapeError unless there are as many dimensions as images have, or volumes.
    """
    if wanted is not channels_last and wanted is not channels_last_3d:
        return None
    expected = 4 if wanted is channels_last else 5
    if ndim != expected:
        raise ShapeError(f"{wanted.name}: expected {expected} dimensions, [N, C, …], got {ndim}")
    return (0, *range(2, ndim), 1)
