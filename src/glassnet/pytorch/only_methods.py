"""Methods of tensors and modules that PyTorch's scripts alone ask for: there while ``import torch`` is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassnet.nn import Module
from glassnet.tensor import Tensor
from glassnet.threads import loaded

# By the file of `glassnet.pytorch.names` that has them, in its table METHODS.
_FILES = {
    "sparse_level": "to_sparse to_sparse_coo to_sparse_csr to_dense coalesce indices _indices values _values _nnz"
    " is_coalesced sparse_dim dense_dim crow_indices col_indices",
    "older_methods": "bfloat16 hardshrink prelu stft istft lu triangular_solve split_with_sizes unsafe_split_with_sizes"
    " xpu ipu to_mkldnn is_distributed record_stream module_load as_subclass reinforce eig lstsq solve symeig",
}


def _method(file: str, name: str) -> Callable[..., Any]:
    def called(self: Tensor, *args: Any, **named: Any) -> Any:
        return loaded(f"glassnet.pytorch.names.{file}").METHODS[name](self, *args, **named)

    called.__name__ = called.__qualname__ = name
    called.__doc__ = "As PyTorch's."
    return called


def _bfloat16(self: Module) -> Module:
    """As PyTorch's."""
    return self.to(loaded("glassnet.pytorch.named_dtypes").bfloat16)


_methods = {name: _method(file, name) for file, names in _FILES.items() for name in names.split()}


def add() -> None:
    """Give tensors and modules these methods."""
    Module.bfloat16 = _bfloat16  # type: ignore[attr-defined]
    for name, method in _methods.items():
        setattr(Tensor, name, method)


def take_away() -> None:
    """Take them back."""
    del Module.bfloat16  # type: ignore[attr-defined]
    for name in _methods:
        delattr(Tensor, name)
