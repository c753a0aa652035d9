"""A weight whose columns, or rows, are orthogonal and of length 1, whatever is learned."""

from __future__ import annotations

import numpy as np

from glassnet.autograd import no_grad
from glassnet.errors import ShapeError
from glassnet.nn.module import Module
from glassnet.nn.utils.parametrize import register_parametrization
from glassnet.ops.dtypes import Array
from glassnet.ops.layers.matrix_functions import inverse, matrix_exp
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, apply, wrap
from glassnet.tensor.creation import eye, zeros
from glassnet.tensor.joining import cat
from glassnet.tensor.sampling import randn

__all__ = ["orthogonal"]

MAPS = ("matrix_exp", "cayley", "householder")


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Module:
    """Let ``module.weight`` be a matrix [..., n, k] of orthogonal columns, or rows if n < k, of length 1.

    ``orthogonal_map`` makes it of the original: "matrix_exp", exp(A), the default for square weights; "cayley",
    (I − A/2)⁻¹(I + A/2), both of a skew-symmetric A; or "householder", a product of reflections, otherwise the default.
    With ``use_trivialization`` that is multiplied by a buffer ``base``, which setting the weight sets. Returns
    ``module``. Raises ValueError for a name that is no tensor, one of fewer than 2 dimensions, or another map.

    M. Lezcano-Casado, Trivializations for Gradient-Based Optimization on Manifolds, 2019.

    >>> layer = nn.utils.parametrizations.orthogonal(nn.Linear(2, 3))
    >>> (layer.weight.T @ layer.weight).allclose(glassnet.eye(2), atol=1e-6)
    True
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"orthogonal: {module._get_name()} has no parameter or buffer {name!r:.80}")
    if len(weight.shape) < 2:
        raise ShapeError(f"orthogonal: expected a matrix or a batch of them, got shape {written(weight.shape)}")
    if orthogonal_map is None:
        orthogonal_map = "matrix_exp" if weight.shape[-1] == weight.shape[-2] else "householder"
    if orthogonal_map not in MAPS:
        raise ValueError(f"orthogonal: expected an orthogonal_map of {', '.join(MAPS)}, got {orthogonal_map!r:.60}")
    return register_parametrization(module, name, Orthogonal(orthogonal_map, use_trivialization), unsafe=True)


class Orthogonal(Module):
    """A matrix of orthogonal columns from any matrix, or of rows if it has more of those."""

    base: Tensor | None

    def __init__(self, orthogonal_map: str, use_trivialization: bool = True) -> None:
        super().__init__()
        self.orthogonal_map = orthogonal_map
        self.use_trivialization = use_trivialization
        if use_trivialization:
            self.register_buffer("base", None)

    def _get_name(self) -> str:
        return "_Orthogonal"  # as PyTorch shows it

    def forward(self, x: Tensor) -> Tensor:
        """The matrix."""
        is_wide = x.shape[-2] < x.shape[-1]
        x = x.transpose(-2, -1) if is_wide else x
        q = _reflected(x) if self.orthogonal_map == "householder" else self._turned(x)
        if self.use_trivialization:
            q = self.base @ q
        return q.transpose(-2, -1) if is_wide else q

    def _turned(self, x: Tensor) -> Tensor:
        """The first columns of a rotation by the skew-symmetric matrix that begins with the lower triangle of x."""
        *batch, n, k = x.shape
        x = x.tril()
        if n != k:
            x = cat([x, zeros(*batch, n, n - k, dtype=x.dtype)], dim=-1)
        a = x - x.transpose(-2, -1)
        if self.orthogonal_map == "matrix_exp":
            q = apply(matrix_exp, a)
        else:
            one = eye(n, dtype=a.dtype)
            q = apply(inverse, one - a / 2) @ (one + a / 2)
        return q[..., :k]

    @no_grad()
    def right_inverse(self, q: Tensor) -> Tensor:
        """What makes ``q``, if its columns are orthogonal; else what makes the nearest that QR finds."""
        is_wide = q.shape[-2] < q.shape[-1]
        tall = q.detach().numpy().swapaxes(-2, -1) if is_wide else q.detach().numpy()
        *batch, n, k = tall.shape
        if self.use_trivialization:
            if n != k:
                more = randn(*batch, n, n - k, dtype=q.dtype).numpy()
                self.base = wrap(_orthonormal(np.concatenate([tall, more], axis=-1)))
            else:
                is_orthogonal = np.allclose(tall.swapaxes(-2, -1) @ tall, np.eye(n), atol=10 * n * _eps(tall))
                self.base = wrap(tall.copy() if is_orthogonal else _orthonormal(tall))
            return wrap(np.broadcast_to(-np.eye(*q.shape[-2:], dtype=q.dtype), q.shape).copy())
        if self.orthogonal_map != "householder":
            raise NotImplementedError("only the map householder can be inverted without use_trivialization")
        reflections, tau = np.linalg.qr(tall, mode="raw")
        a = reflections.swapaxes(-2, -1).copy()
        signs = np.sign(np.diagonal(a, axis1=-2, axis2=-1)) * np.where(tau == 0, -1, 1)
        a[..., range(k), range(k)] = signs
        return wrap(np.ascontiguousarray(a.swapaxes(-2, -1) if is_wide else a))


def _reflected(x: Tensor) -> Tensor:
    """The first columns of a product of reflections I − 2·v·vᵀ/‖v‖², v being the columns of x below a diagonal of 1.

    The product is I − V·T·Vᵀ, where T⁻¹ is the upper triangle of VᵀV with half its diagonal. C. Puglisi, Modification
    of the Householder Method Based on the Compact WY Representation, 1992.
    """
    n, k = x.shape[-2:]
    one = eye(n, k, dtype=x.dtype)
    v = x.tril(-1) + one
    products = v.transpose(-2, -1) @ v
    t = apply(inverse, products.triu(1) + products * (eye(k, dtype=x.dtype) / 2))
    q = one - v @ (t @ v[..., :k, :].transpose(-2, -1))
    return q * x.detach().diagonal(dim1=-2, dim2=-1).trunc().unsqueeze(-2)  # of 1 and −1, which are not learned


def _orthonormal(a: Array) -> Array:
    """The Q of a = QR whose R has a diagonal above 0."""
    q, r = np.linalg.qr(a)
    signs: Array = np.sign(np.diagonal(r, axis1=-2, axis2=-1))[..., None, :]
    return q * signs


def _eps(a: Array) -> float:
    return float(np.finfo(a.dtype).eps)
