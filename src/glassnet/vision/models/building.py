"""How every architecture is built by its name: its class and arguments, and the weights that are loaded from a file.

glassnet downloads nothing. ``weights`` (or, as in older scripts, ``pretrained``) is the path of a file with the
``state_dict`` of the same architecture, in PyTorch's form or another that `glassnet.load` reads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from inspect import signature
from types import ModuleType
from typing import Any

from glassnet.errors import GlassnetError
from glassnet.nn.module import Module
from glassnet.serialization import load

_EXAMPLE = """{what}

    ``weights`` is the path of a file with the weights, which torchvision calls {weights}; without it they are random.
    ``arguments`` are those of `{kind}`, such as ``num_classes``.

    >>> from glassnet.vision import models
    >>> models.get_model("{name}", weights="{name}.pth")  # it is not there
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: '{name}.pth'
    """

Builder = Callable[..., Module]
BUILDERS: dict[str, Builder] = {}  # by the name of the architecture
FAMILIES: dict[str, Family] = {}  # of weights, by their name


class WeightsError(GlassnetError, RuntimeError):
    """Weights that would have to be downloaded.

    >>> from glassnet.vision import models
    >>> models.resnet18(weights="DEFAULT")
    Traceback (most recent call last):
    glassnet.vision.models.building.WeightsError: glassnet downloads no weights (ResNet18_Weights.DEFAULT); ...
    """


@dataclass(frozen=True)
class Weights:
    """One of the sets of weights that torchvision offers for ``architecture``: a name, where a file can be given.

    >>> from glassnet.vision import models
    >>> models.ResNet18_Weights.DEFAULT
    ResNet18_Weights.DEFAULT
    """

    family: str
    name: str

    def __repr__(self) -> str:
        return f"{self.family}.{self.name}"

    def transforms(self, **options: Any) -> Any:
        """What pictures go through before the network: resized, cropped, ImageNet's mean and deviation."""
        from glassnet.vision import transforms

        return transforms.Compose([
            transforms.Resize(options.get("resize_size", 256)),
            transforms.CenterCrop(options.get("crop_size", 224)),
            transforms.ToTensor(),
            transforms.Normalize(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
        ])  # fmt: skip


class Family:
    """The sets of weights of one architecture: ``ResNet18_Weights.IMAGENET1K_V1``, ``.DEFAULT``."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> Weights:
        if not name.isupper() and not name.startswith("IMAGENET"):
            raise AttributeError(name)
        return Weights(self.__name__, name)

    def __getitem__(self, name: str) -> Weights:
        return Weights(self.__name__, name)

    def __repr__(self) -> str:
        return self.__name__


def builders(
    kind: Callable[..., Module],
    named: Mapping[str, tuple[str, Mapping[str, Any]]],
    documented: type[Module] | None = None,
) -> list[str]:
    """Register the architectures ``named``: of each, torchvision's name for it with capitals, and its arguments.

    ``kind`` makes them, a class or a function; where it is a function, ``documented`` is the class. If it takes
    ``trained``, it is told whether the weights will be those of a file.
    """
    for name, (title, arguments) in named.items():
        FAMILIES[f"{title}_Weights"] = Family(f"{title}_Weights")
        BUILDERS[name] = _builder(name, title, kind, arguments, documented or kind)
    return list(named)


def _builder(
    name: str, title: str, kind: Callable[..., Module], fixed: Mapping[str, Any], documented: Callable[..., Module]
) -> Builder:
    family = f"{title}_Weights"
    is_told = "trained" in signature(kind).parameters

    def build(*, weights: Any = None, progress: bool = True, pretrained: Any = False, **arguments: Any) -> Module:
        state = state_from(family, weights if weights is not None else pretrained)
        told = {"trained": state is not None} if is_told else {}
        model = kind(**{**fixed, **arguments, **told})
        if state is not None:
            model.load_state_dict(state)
        return model

    build.__name__ = build.__qualname__ = name
    build.__module__ = kind.__module__
    build.__dict__["weights"] = FAMILIES[family]
    build.__doc__ = _EXAMPLE.format(what=f"{title} of the paper that `{documented.__name__}` names.", weights=family,
                                    kind=documented.__name__, name=name)  # fmt: skip
    return build


def lookup(package: str, *files: ModuleType) -> tuple[list[str], Callable[[str], Any]]:
    """The public names of a package of architectures, those of its ``files`` and of their weights, and its getattr."""
    where = {name: file for file in files for name in file.__all__}
    made = {name for name in where if name in BUILDERS}
    families = {BUILDERS[name].__dict__["weights"].__name__: BUILDERS[name].__dict__["weights"] for name in made}

    def found(name: str) -> Any:
        if name in BUILDERS and name in where:
            return BUILDERS[name]
        if name in where:
            return getattr(where[name], name)
        if name in families:
            return families[name]
        raise AttributeError(f"module {package!r} has no attribute {name!r:.80}", name=name)

    return [*where, *families], found


def state_from(family: str, weights: Any) -> Any:
    """The state in a file, or None where none is wanted."""
    if weights is None or weights is False:
        return None
    is_name = isinstance(weights, str) and (weights == "DEFAULT" or weights.startswith("IMAGENET"))
    if weights is True or is_name or isinstance(weights, Weights | Enum):
        named = repr(weights) if isinstance(weights, Weights) else f"{family}.{weights if is_name else 'DEFAULT'}"
        raise WeightsError(
            f"glassnet downloads no weights ({named}); save them where torchvision is, torch.save(model.state_dict(), "
            "path), and give the path: weights=path; or leave weights out, and train"
        )
    if not isinstance(weights, str | os.PathLike) and not hasattr(weights, "read"):
        raise TypeError(
            f"weights: expected the path of a file with a state_dict, or None, got {type(weights).__name__}"
        )
    return load(weights)
