"""Functions by PyTorch's names: ``import glassnet.functional as F``; F.relu, F.cross_entropy …"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.functional import (
    activation,
    attention,
    avg_pooling,
    channels,
    classification,
    convolution,
    ctc,
    distance,
    dropouts,
    embeddings,
    fractional_pooling,
    grid_sampling,
    interpolation,
    layers,
    loss,
    margin,
    max_pooling,
    normalization,
    padding,
    probability,
    unfolding,
)
from glassnet.functional.activation import *  # noqa: F403
from glassnet.functional.attention import *  # noqa: F403
from glassnet.functional.avg_pooling import *  # noqa: F403
from glassnet.functional.channels import *  # noqa: F403
from glassnet.functional.classification import *  # noqa: F403
from glassnet.functional.convolution import *  # noqa: F403
from glassnet.functional.ctc import *  # noqa: F403
from glassnet.functional.distance import *  # noqa: F403
from glassnet.functional.dropouts import *  # noqa: F403
from glassnet.functional.embeddings import *  # noqa: F403
from glassnet.functional.fractional_pooling import *  # noqa: F403
from glassnet.functional.grid_sampling import *  # noqa: F403
from glassnet.functional.interpolation import *  # noqa: F403
from glassnet.functional.layers import *  # noqa: F403
from glassnet.functional.loss import *  # noqa: F403
from glassnet.functional.margin import *  # noqa: F403
from glassnet.functional.max_pooling import *  # noqa: F403
from glassnet.functional.normalization import *  # noqa: F403
from glassnet.functional.padding import *  # noqa: F403
from glassnet.functional.probability import *  # noqa: F403
from glassnet.functional.unfolding import *  # noqa: F403

__all__: list[str] = []
__all__ += activation.__all__
__all__ += attention.__all__
__all__ += avg_pooling.__all__
__all__ += channels.__all__
__all__ += classification.__all__
__all__ += convolution.__all__
__all__ += ctc.__all__
__all__ += distance.__all__
__all__ += dropouts.__all__
__all__ += embeddings.__all__
__all__ += fractional_pooling.__all__
__all__ += grid_sampling.__all__
__all__ += interpolation.__all__
__all__ += layers.__all__
__all__ += loss.__all__
__all__ += margin.__all__
__all__ += max_pooling.__all__
__all__ += normalization.__all__
__all__ += padding.__all__
__all__ += probability.__all__
__all__ += unfolding.__all__


def missing(module: str, name: str) -> AttributeError:
    """The error about a function that there is not; of one that writes into its input, with what does so here."""
    from inspect import signature  # most scripts have no errors

    hint, plain = "", name.removesuffix("_")
    if name.endswith("_") and plain in __all__ and "inplace" in signature(globals()[plain]).parameters:
        hint = f"; a function that writes into its input is one with inplace=True: F.{plain}(x, inplace=True)"
    return AttributeError(f"module {module!r} has no attribute {name!r:.80}{hint}", name=name)


if not TYPE_CHECKING:  # else a type checker takes any name for one of the module's

    def __getattr__(name: str) -> Any:
        raise missing(__name__, name)
