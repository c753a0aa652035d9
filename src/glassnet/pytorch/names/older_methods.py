"""Methods of tensors that have no use here, or are functions elsewhere: x.hardshrink(), x.stft(…)."""

from __future__ import annotations

from typing import Any

from glassnet import functional
from glassnet.pytorch.names import older_functions, short_time
from glassnet.tensor import Tensor

__all__ = ["METHODS"]


def _as_subclass(self: Tensor, cls: type[Tensor]) -> Tensor:
    """The same tensor in another class of tensors."""
    other = cls.__new__(cls)
    other.__dict__.update(vars(self.view_as(self)))
    return other


def _reinforce(self: Tensor, reward: Any) -> None:
    raise RuntimeError(
        "reinforce() is gone since PyTorch 0.2: draw from torch.distributions.Categorical(probs), and the loss is "
        "-m.log_prob(action) * reward"
    )


def _on_device(kind: str) -> Any:
    return lambda self, *args, **named: self.to(device=kind)


METHODS = {
    "as_subclass": _as_subclass,
    "eig": older_functions.eig,
    "hardshrink": functional.hardshrink,
    "ipu": _on_device("ipu"),
    "is_distributed": older_functions.is_distributed,
    "istft": short_time.istft,
    "lstsq": older_functions.lstsq,
    "lu": older_functions.lu,
    "module_load": lambda self, other, assign=False: other.detach(),
    "prelu": functional.prelu,
    "record_stream": lambda self, stream: None,
    "reinforce": _reinforce,
    "solve": older_functions.solve,
    "split_with_sizes": older_functions.split_with_sizes,
    "stft": short_time.stft,
    "symeig": older_functions.symeig,
    "to_mkldnn": lambda self, dtype=None: self,
    "triangular_solve": older_functions.triangular_solve,
    "unsafe_split_with_sizes": older_functions.split_with_sizes,
    "xpu": _on_device("xpu"),
}
