"""OptimizedModule: what torch.compile makes of a module: the same one, a level further down."""

from __future__ import annotations

from typing import Any

from glassnet.nn import Module

__all__ = ["OptimizedModule"]


class OptimizedModule(Module):
    """``module``, run as it is; what is asked of this one, or set, is asked of it. Its names begin with _orig_mod.

    >>> from glassnet.pytorch.names.optimized_module import OptimizedModule
    >>> compiled = OptimizedModule(nn.Linear(2, 1))
    >>> compiled.out_features, compiled.state_dict().keys()
    (1, dict_keys(['_orig_mod.weight', '_orig_mod.bias']))
    """

    def __init__(self, module: Module) -> None:
        super().__init__()
        self._orig_mod = module

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """What the module gives."""
        return self._orig_mod(*inputs, **named)

    @property
    def training(self) -> bool:  # type: ignore[override]
        """Whether the module is in training mode."""
        return self._orig_mod.training

    def __getattr__(self, name: str) -> Any:
        if "_orig_mod" not in self.__dict__:
            return super().__getattr__(name)
        return getattr(self._orig_mod, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_") or name in self.__dict__:
            super().__setattr__(name, value)
        else:
            setattr(self._orig_mod, name, value)

    def __len__(self) -> int:
        return len(self._orig_mod)

    def __bool__(self) -> bool:
        return True
