"""Modules that stand for PyTorch's: ``import torch`` finds them first, whatever is installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dis import opmap
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from glassnet.pytorch import named_dtypes, only_methods
from glassnet.pytorch.answered import PACKAGES, STANDING_ON, inner_of, is_answered, is_there, sources_of
from glassnet.pytorch.missing import explained
from glassnet.pytorch.names import imitated_version
from glassnet.pytorch.out import MODULES, takes_out
from glassnet.threads import loaded

_IMPORT_FROM = opmap["IMPORT_FROM"]
_LIKE = imitated_version.__version__
_VERSIONS = {"torch": _LIKE, "torch.version": _LIKE, "torchvision": "0.28.0"}  # which this is like
_STARTED = str(Path(__file__).with_name("started"))  # for processes that this one starts: see torch.py there
_OWN = ("__", "_ipython", "_repr_")  # asked for by Python and notebooks, of any object


class StandIn(ModuleType):
    """A module whose names are those of its sources, which are loaded when a name is first asked for."""

    def __init__(self, name: str, sources: tuple[str, ...]) -> None:
        super().__init__(name, f"What PyTorch has in {name}, by glassnet.")
        self._sources = sources
        if name in _VERSIONS:
            self.__version__ = _VERSIONS[name]

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return self.__dir__()
        if name.startswith(_OWN) and name not in inner_of(self.__name__):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r:.80}", name=name, obj=self)
        found = [loaded(f"{self.__name__}.{name}")] if name in inner_of(self.__name__) else self.found(name)
        if not found:
            problem = explained(self.__name__, name, dir(self))
            if _is_importing(sys._getframe(1)):  # Python would say "cannot import name", and nothing of our text
                raise ImportError(problem, name=self.__name__)
            raise AttributeError(problem, name=None, obj=None)  # else Python adds a guess of its own
        self.__dict__[name] = found[0]
        return found[0]

    def found(self, name: str) -> list[Any]:
        """What the sources have of this name: one value or none."""
        for source in self._sources:
            if is_there(source) and name in _listed(loaded(source)) and not _is_module(loaded(source), name):
                value = named_dtypes.named(getattr(loaded(source), name))
                return [takes_out(value) if self.__name__ in MODULES else value]
        return []

    def __dir__(self) -> list[str]:
        names = {*inner_of(self.__name__)}
        for source in filter(is_there, self._sources):
            module = loaded(source)
            names.update(name for name in _listed(module) if not _is_module(module, name))
        return sorted(names)


def _listed(module: ModuleType) -> list[str]:
    """The public names of a module, modules within it among them; none is loaded to tell."""
    return getattr(module, "__all__", None) or [name for name in dir(module) if not name.startswith("_")]


def _is_module(module: ModuleType, name: str) -> bool:
    return isinstance(getattr(module, name, None), ModuleType)


def _is_importing(frame: FrameType) -> bool:
    """Whether the instruction that runs in ``frame`` is that of ``from torch import name``."""
    return frame.f_code.co_code[frame.f_lasti] == _IMPORT_FROM


class _Finder(MetaPathFinder, Loader):
    """Finds PyTorch's modules before any other finder does."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> Any:
        """The stand-in of a module of the table. Raises ModuleNotFoundError for another of PyTorch's packages."""
        if name.partition(".")[0] not in PACKAGES:
            return None
        if not is_answered(name):
            outer, _, inner = name.rpartition(".")
            raise ModuleNotFoundError(explained(outer, inner, inner_of(outer)), name=name)
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module; its names come later."""
        return StandIn(spec.name, sources_of(spec.name))

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


_finder = _Finder()
_hidden: dict[str, ModuleType] = {}  # PyTorch's own modules, where they were loaded before


def is_installed() -> bool:
    """Whether ``import torch`` is answered by glassnet.

    >>> glassnet.pytorch.is_installed()
    False
    """
    return _finder in sys.meta_path


def install() -> None:
    """From now on ``import torch`` and ``import torchvision`` are answered by glassnet, in this process.

    PyTorch itself is hidden, even where it is installed; modules that imported it before keep what they have.

    >>> glassnet.pytorch.install()
    >>> import torch
    >>> torch.ones(2, dtype=torch.float64).dtype
    torch.float64
    >>> glassnet.pytorch.uninstall()
    """
    if is_installed():
        return
    _hidden.update(_taken_out())
    sys.meta_path.insert(0, _finder)
    sys.path.insert(1, _STARTED)  # first is where the script is
    named_dtypes.name_as_pytorch(True)
    only_methods.add()


def take_the_place_of(name: str) -> None:
    """Answer the import of ``name``, during which this is called by a file of that name, and all after it."""
    del sys.modules[name]
    install()
    sys.modules[name] = loaded(name)


def uninstall() -> None:
    """Undo `install`: ``import torch`` is answered as before.

    >>> glassnet.pytorch.uninstall()
    """
    if not is_installed():
        return
    sys.meta_path.remove(_finder)
    if _STARTED in sys.path:
        sys.path.remove(_STARTED)
    named_dtypes.name_as_pytorch(False)
    only_methods.take_away()
    _taken_out()
    sys.modules.update(_hidden)
    _hidden.clear()


def _taken_out() -> dict[str, ModuleType]:
    """PyTorch's modules and those that stand on them, which are no longer among the loaded ones."""
    names = [name for name in sys.modules if name.partition(".")[0] in (*PACKAGES, *STANDING_ON)]
    return {name: sys.modules.pop(name) for name in names}
