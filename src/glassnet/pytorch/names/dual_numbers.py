"""torch.autograd.forward_ad: tensors that carry a tangent along. Here it is computed when it is asked for, going back
twice, as `glassnet.func.jvp` does.
"""

from __future__ import annotations

from typing import NamedTuple

from glassnet.autograd import enable_grad
from glassnet.func.derivation import followed, pulled_back
from glassnet.tensor import Tensor
from glassnet.tensor.creation import zeros_like

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]

_levels: list[list[tuple[Tensor, Tensor]]] = []  # of each level, the tensors that were given a tangent, and that


class UnpackedDualTensor(NamedTuple):
    """A tensor and its tangent, None if it has none.

    >>> from glassnet.pytorch.names import dual_numbers
    >>> dual_numbers.unpack_dual(glassnet.ones(1)).tangent is None
    True
    """

    primal: Tensor
    tangent: Tensor | None


def enter_dual_level() -> int:
    """From here on, tensors may be given tangents; returns the number of the level."""
    if _levels:
        raise RuntimeError("forward_ad: one dual_level within another is not there; PyTorch has none either")
    _levels.append([])
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """Tangents are forgotten."""
    if not _levels:
        raise RuntimeError("forward_ad: no dual_level was entered")
    _levels.pop()


class dual_level:
    """``with dual_level():`` within, tensors may be given tangents.

    >>> from glassnet.pytorch.names import dual_numbers as fwAD
    >>> with fwAD.dual_level():
    ...     x = fwAD.make_dual(glassnet.tensor(3.0), glassnet.tensor(1.0))
    ...     print(fwAD.unpack_dual(x * x).tangent)
    tensor(6.)
    """

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(self, *_: object) -> None:
        exit_dual_level()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """``tensor`` with a tangent. Raises RuntimeError outside of a `dual_level`, and for a tangent of another shape."""
    if not _levels:
        raise RuntimeError("make_dual: expected to be within `with torch.autograd.forward_ad.dual_level():`")
    if tangent.shape != tensor.shape:
        raise RuntimeError(f"make_dual: expected a tangent of shape {list(tensor.shape)}, got {list(tangent.shape)}")
    with enable_grad():
        dual = followed("make_dual", tensor)
    _levels[-1].append((dual, tangent))
    return dual


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """A tensor and the tangent that it has by what it was computed from."""
    pairs = _levels[-1] if _levels else []
    for dual, tangent in pairs:
        if tensor is dual:
            return UnpackedDualTensor(tensor.detach(), tangent)
    if not pairs or not tensor.requires_grad:
        return UnpackedDualTensor(tensor, None)
    with enable_grad():
        weights = zeros_like(tensor).requires_grad_()
        pulled = pulled_back([tensor], [weights], [dual for dual, _ in pairs], True)
        (pushed,) = pulled_back(pulled, [tangent for _, tangent in pairs], [weights], False)
    return UnpackedDualTensor(tensor.detach(), pushed)
