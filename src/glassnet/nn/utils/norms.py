"""Weight norm and spectral norm by parameters of the layer itself: weight_g, weight_v; weight_orig."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import glassnet.functional as F
from glassnet.autograd import no_grad
from glassnet.nn.module import Module
from glassnet.nn.parameter import Parameter
from glassnet.nn.utils.parametrizations import WeightNorm, as_matrix, rows_of
from glassnet.nn.utils.parametrize import Computed, compute_attribute, computed_attributes, keep_attribute
from glassnet.ops.shapes import normalize_dim
from glassnet.tensor import Tensor
from glassnet.tensor.sampling import randn

__all__ = ["remove_spectral_norm", "remove_weight_norm", "spectral_norm", "weight_norm"]


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Let ``module.weight`` be g·v/‖v‖, of the parameters ``weight_g`` and ``weight_v``.

    There is a length g for each index of ``dim``; one for all with None. Returns ``module``. See
    `parametrizations.weight_norm`, which keeps them apart from the layer's own. Raises ValueError for a name that is
    no parameter, RuntimeError for one that has a norm already.

    T. Salimans and D. P. Kingma, Weight Normalization: A Simple Reparameterization to Accelerate Training of Deep
    Neural Networks, 2016.

    >>> layer = nn.utils.weight_norm(nn.Linear(20, 40))
    >>> layer.weight_g.shape, layer.weight_v.shape
    ((40, 1), (40, 20))
    """
    weight = _parameter("weight_norm", module, name)
    with no_grad():
        length, _ = WeightNorm(dim).right_inverse(weight)
    delattr(module, name)
    module.register_parameter(f"{name}_g", Parameter(length.clone()))
    module.register_parameter(f"{name}_v", Parameter(weight.data))
    compute_attribute(module, name, Computed(LengthAndDirection(name, dim)))
    return module


@dataclass(frozen=True)
class LengthAndDirection:
    """g·v/‖v‖ of two parameters of a module."""

    name: str
    dim: int | None

    def __call__(self, module: Module) -> Tensor:
        weight: Tensor = WeightNorm(self.dim)(getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v"))
        return weight


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make ``module.weight`` an ordinary parameter again. Raises ValueError where there is no weight norm.

    >>> nn.utils.remove_weight_norm(nn.utils.weight_norm(nn.Linear(20, 40)))
    Linear(in_features=20, out_features=40, bias=True)
    """
    return _removed("weight_norm", module, name, LengthAndDirection, (f"{name}_g", f"{name}_v"))


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Let ``module.weight`` be W/σ(W), of the parameter ``weight_orig``, with σ its largest singular value.

    As a matrix it is [size of ``dim``, all else]; dim is 0, and 1 for transposed convolutions, unless given. σ is
    approximated by power iteration: ``n_power_iterations`` steps, in training, each time the weight is used, from the
    buffers ``weight_u`` and ``weight_v``. Returns ``module``. See `parametrizations.spectral_norm`, which keeps them
    apart from the layer's own. Raises ValueError for a name that is no parameter,
    RuntimeError for one that has a norm already.

    T. Miyato, T. Kataoka, M. Koyama and Y. Yoshida, Spectral Normalization for Generative Adversarial Networks, 2018.

    >>> layer = nn.utils.spectral_norm(nn.Linear(20, 40))
    >>> layer.weight_u.shape, layer.weight_v.shape
    ((40,), (20,))
    """
    if n_power_iterations < 1:
        raise ValueError(f"spectral_norm: expected n_power_iterations of 1 or more, got {n_power_iterations}")
    dim = rows_of(module) if dim is None else dim
    weight = _parameter("spectral_norm", module, name)
    dim = normalize_dim("spectral_norm", dim, len(weight.shape))
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)
    for letter, size in zip("uv", as_matrix(weight.detach(), dim).shape, strict=True):
        start = F.normalize(randn(size, dtype=weight.dtype), dim=0, eps=eps)
        module.register_buffer(f"{name}_{letter}", start)
    compute_attribute(module, name, Computed(DividedByNorm(name, n_power_iterations, eps, dim)))
    return module


@dataclass(frozen=True)
class DividedByNorm:
    """W/σ(W) of a parameter of a module."""

    name: str
    n_power_iterations: int
    eps: float
    dim: int

    def __call__(self, module: Module) -> Tensor:
        weight, u, v = (getattr(module, f"{self.name}_{part}") for part in ("orig", "u", "v"))
        matrix = as_matrix(weight, self.dim)
        if module.training:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(F.normalize(matrix.T @ u, dim=0, eps=self.eps))
                    u.copy_(F.normalize(matrix @ v, dim=0, eps=self.eps))
        divided: Tensor = weight / (u.clone() @ (matrix @ v.clone()))  # copies: backward needs them as they are now
        return divided


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make ``module.weight`` an ordinary parameter again. Raises ValueError where there is no spectral norm.

    >>> nn.utils.remove_spectral_norm(nn.utils.spectral_norm(nn.Linear(20, 40)))
    Linear(in_features=20, out_features=40, bias=True)
    """
    return _removed("spectral_norm", module, name, DividedByNorm, (f"{name}_orig", f"{name}_u", f"{name}_v"))


def _parameter(what: str, module: Module, name: str) -> Parameter:
    if name in computed_attributes(module):
        raise RuntimeError(
            f"{what}: {name!r:.80} of {module._get_name()} is made from other parameters already; take that off first: "
            "remove_weight_norm, remove_spectral_norm or parametrize.remove_parametrizations"
        )
    parameter: Parameter | None = module._parameters.get(name)
    if parameter is None:
        raise ValueError(
            f"{what}: {module._get_name()} has no parameter {name!r:.80}; it has "
            f"{', '.join(module._parameters) or 'none'}"
        )
    return parameter


def _removed(what: str, module: Module, name: str, kind: type[Any], parts: tuple[str, ...]) -> Module:
    computed = computed_attributes(module).get(name)
    if computed is None or not isinstance(computed.get, kind):
        raise ValueError(f"remove_{what}: {name!r:.80} of {module._get_name()} has no {what}")
    training, module.training = module.training, False  # as it is: no further step of power iteration
    with no_grad():
        weight = getattr(module, name).clone()
    module.training = training
    keep_attribute(module, name)
    for part in parts:
        delattr(module, part)
    module.register_parameter(name, Parameter(weight))
    return module
