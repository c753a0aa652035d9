"""The device: always the CPU. It is here so that scripts that ask for one run."""

from __future__ import annotations

from typing import Any


class device:
    """Where a tensor is: ``device("cpu")``. RuntimeError for any other, which says what to do.

    >>> glassnet.device("cpu")
    device(type='cpu')
    """

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        name = str(type).partition(":")[0]
        if name != "cpu":
            raise RuntimeError(
                f'expected device "cpu", the only one glassnet has, got {str(type)!r:.40}; leave the device out, or '
                "ask glassnet.cuda.is_available() first"
            )
        self.type = name
        self.index = None

    def __str__(self) -> str:
        return self.type

    def __repr__(self) -> str:
        return "device(type='cpu')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device)

    def __hash__(self) -> int:
        return hash(device)


cpu = device()


def is_device(x: Any) -> bool:
    """Whether ``x`` names a device: a `device`, or a text such as "cpu" or "cuda:0"."""
    return isinstance(x, device) or (isinstance(x, str) and x.partition(":")[0] in ("cpu", "cuda", "mps", "xpu"))


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
