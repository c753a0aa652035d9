"""Methods of tensors that PyTorch's scripts alone ask for: there while ``import torch`` is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassnet.tensor import Tensor
from glassnet.threads import loaded

# By the file of `glassnet.pytorch.names` that has them, in its table METHODS.
_FILES = {
    "sparse_level": "to_sparse to_sparse_coo to_sparse_csr to_dense coalesce indices _indices values _values _nnz"
    " is_coalesced sparse_dim dense_dim crow_indices col_indices",
    "older_methods": "hardshrink prelu stft istft lu triangular_solve split_with_sizes unsafe_split_with_sizes"
    " xpu ipu to_mkldnn is_distributed record_stream module_load as_subclass reinforce eig lstsq solve symeig",
}


def _method(file: str, name: str) -> Callable[..., Any]:
    def called(self: Tensor, *args: Any, **named: Any) -> Any:
        return loaded(f"glassnet.pytorch.names.{file}").METHODS[name](self, *args, **named)

    called.__name__ = called.__qualname__ = name
    called.__doc__ = "As PyTorch's."
    return called


_methods = {name: _method(file, name) for file, names in _FILES.items() for name in names.split()}


def add() -> None:
    """Give tensors these methods."""
    for name, method in _methods.items():
        setattr(Tensor, name, method)


def take_away() -> None:
    """Take them back."""
    for name in _methods:
        delattr(Tensor, name)
