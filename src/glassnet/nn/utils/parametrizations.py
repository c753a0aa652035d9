"""Parametrizations of weights: length apart from direction, a largest singular value of 1, orthogonal columns."""

from __future__ import annotations

import glassnet.functional as F
from glassnet.autograd import no_grad
from glassnet.nn.module import Module
from glassnet.nn.utils.orthogonal import orthogonal
from glassnet.nn.utils.parametrize import register_parametrization
from glassnet.ops.reduction import norm
from glassnet.ops.shapes import normalize_dim
from glassnet.tensor import Tensor, apply
from glassnet.tensor.sampling import randn

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Let ``module.weight`` be g·v/‖v‖: learn the lengths g apart from the directions v.

    There is a length for each index of ``dim``; one for all with None. They are
    ``module.parametrizations.weight.original0``, g, and ``original1``, v. Returns ``module``.

    T. Salimans and D. P. Kingma, Weight Normalization: A Simple Reparameterization to Accelerate Training of Deep
    Neural Networks, 2016.

    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(20, 40))
    >>> layer.parametrizations.weight.original0.shape, layer.parametrizations.weight.original1.shape
    ((40, 1), (40, 20))
    """
    return register_parametrization(module, name, WeightNorm(dim), unsafe=True)


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Let ``module.weight`` be W/σ(W): divided by its largest singular value, as a matrix [size of ``dim``, all else].

    σ is approximated by power iteration: ``n_power_iterations`` steps, in training, each time the weight is used. dim
    is 0, and 1 for transposed convolutions, unless given. Returns ``module``.

    T. Miyato, T. Kataoka, M. Koyama and Y. Yoshida, Spectral Normalization for Generative Adversarial Networks, 2018.

    >>> layer = nn.utils.parametrizations.spectral_norm(nn.Linear(20, 40))
    >>> round(float(np.linalg.norm(layer.weight.detach().numpy(), 2)), 1)
    1.0
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"spectral_norm: {module._get_name()} has no parameter or buffer {name!r:.80}")
    dim = rows_of(module) if dim is None else dim
    return register_parametrization(module, name, SpectralNorm(weight, n_power_iterations, dim, eps))


def rows_of(module: Module) -> int:
    """The dimension of the outputs in the weight of ``module``."""
    return 1 if "ConvTranspose" in module._get_name() else 0


class WeightNorm(Module):
    """g·v/‖v‖, with a norm for each index of ``dim``, or one for all."""

    former_endings = ("_g", "_v")  # a state of `nn.utils.weight_norm` is loaded too, as PyTorch does

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = dim

    def _get_name(self) -> str:
        return "_WeightNorm"  # as PyTorch shows it

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        """The weight."""
        return weight_v * (weight_g / self._length(weight_v))

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Its lengths and itself."""
        return self._length(weight), weight

    def _length(self, v: Tensor) -> Tensor:
        if self.dim is None or self.dim == -1:
            return apply(norm, v)
        kept = normalize_dim("weight_norm", self.dim, len(v.shape))
        return apply(norm, v, dim=tuple(d for d in range(len(v.shape)) if d != kept), keepdim=True)


class SpectralNorm(Module):
    """W/σ(W), with σ by power iteration from vectors that are kept."""

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        if n_power_iterations < 1:
            raise ValueError(f"spectral_norm: expected n_power_iterations of 1 or more, got {n_power_iterations}")
        self.dim = normalize_dim("spectral_norm", dim, len(weight.shape))
        self.n_power_iterations = n_power_iterations
        self.eps = eps
        if len(weight.shape) > 1:
            matrix = as_matrix(weight.detach(), self.dim)
            for name, size in zip(("_u", "_v"), matrix.shape, strict=True):
                self.register_buffer(name, F.normalize(randn(size, dtype=weight.dtype), dim=0, eps=eps))
            self._iterate(matrix, 15)

    def _get_name(self) -> str:
        return "_SpectralNorm"  # as PyTorch shows it

    def forward(self, weight: Tensor) -> Tensor:
        """The weight divided by its largest singular value; a vector, by its length."""
        if len(weight.shape) == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        return weight / (self._u.clone() @ (matrix @ self._v.clone()))  # copies: backward needs them as they are now

    def right_inverse(self, value: Tensor) -> Tensor:
        """Itself."""
        return value

    @no_grad()
    def _iterate(self, matrix: Tensor, n: int) -> None:
        for _ in range(n):
            self._u.copy_(F.normalize(matrix @ self._v, dim=0, eps=self.eps))
            self._v.copy_(F.normalize(matrix.T @ self._u, dim=0, eps=self.eps))


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """``weight`` as a matrix whose rows are the indices of ``dim``."""
    return weight.movedim(dim, 0).flatten(1) if dim else weight.flatten(1)
