"""Functions of one sample, of all kinds of operations.

Each takes the library, glassnet or PyTorch, and tensors of a sample; beside it are the shapes of those of all samples,
and along which dimension these lie.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Mapped(NamedTuple):
    """``function(library, *tensors)``; a shape, and a dimension or None, for each tensor. ``whole``: which of ints."""

    function: Any
    shapes: tuple[tuple[int, ...], ...]
    dims: tuple[int | None, ...]
    whole: tuple[int, ...] = ()

    def arrays(self) -> list[np.ndarray]:
        """The arrays, of numbers that are not alike."""
        rng = np.random.default_rng(7)
        return [
            rng.integers(0, 3, shape) if i in self.whole else rng.uniform(0.3, 1.7, shape)
            for i, shape in enumerate(self.shapes)
        ]


V = ((4, 3),)
M = ((4, 3, 3),)
D0: tuple[int | None, ...] = (0,)


def _written(t: Any, x: Any) -> Any:
    y = t.zeros(3, dtype=x.dtype) + x * 0
    y[1] = x[0]
    y[2:] += x[2:]
    return y.mul_(2)


def _attention(t: Any, q: Any, k: Any, v: Any) -> Any:
    return t.softmax(q @ k.transpose(-1, -2) / 3**0.5, -1) @ v


def _running(t: Any, x: Any, w: Any) -> Any:
    h = t.zeros(3, dtype=x.dtype)
    for i in range(x.shape[0]):
        h = t.tanh(w @ h + x[i])
    return h


CASES: dict[str, Mapped] = {
    "numbers": Mapped(lambda t, x: x * 2 + x.exp(), ((4,),), D0),
    "elementwise": Mapped(lambda t, x: (x.sin() * x.sigmoid() / (1 + x**2)).log1p(), V, D0),
    "broadcasting": Mapped(lambda t, x, y: x + y, ((4, 3), (4, 2, 3)), (0, 0)),
    "one for all": Mapped(lambda t, x, y: x * y, ((4, 3), (2, 3)), (0, None)),
    "of another dimension": Mapped(lambda t, x, y: x - y, ((3, 4), (2, 3, 4)), (1, -1)),
    "where": Mapped(lambda t, x, y: t.where(x > y, x, y * 2), ((4, 3), (4, 3)), (0, 0)),
    "clamp": Mapped(lambda t, x: x.clamp(0.5, 1.0), V, D0),
    "special": Mapped(lambda t, x: t.lgamma(x) + t.digamma(x) + t.erf(x) + t.special.i0e(x), V, D0),
    "sum": Mapped(lambda t, x: x.sum(), M, D0),
    "sum along": Mapped(lambda t, x: x.sum(-1) + x.sum(0) * 2 + x.sum((0, 1)), M, D0),
    "mean, var, std": Mapped(lambda t, x: x.mean(0) + x.var(1) + x.std(), M, D0),
    "prod, amax, amin": Mapped(lambda t, x: x.prod(1) + x.amax(0) - x.amin(-1), M, D0),
    "max": Mapped(lambda t, x: x.max(1).values + x.max(), M, D0),
    "argmax": Mapped(lambda t, x: (x.argmax(1), x.argmax(), x.argmin(0, keepdim=True)), M, D0),
    "all, any": Mapped(lambda t, x: ((x > 0.5).all(0), (x > 1.5).any()), M, D0),
    "norm": Mapped(lambda t, x: x.norm() + t.linalg.norm(x, dim=1), M, D0),
    "logsumexp, softmax": Mapped(lambda t, x: x.logsumexp(0) + t.softmax(x, 1).sum(0) * x[0], M, D0),
    "log_softmax": Mapped(lambda t, x: t.log_softmax(x, 0), M, D0),
    "cumsum, cumprod": Mapped(lambda t, x: x.cumsum(0) * x.cumprod(1), M, D0),
    "sort": Mapped(lambda t, x: x.sort(0).values + x.sort(-1, descending=True).values, M, D0),
    "topk": Mapped(lambda t, x: x.topk(2, -1).values, M, D0),
    "median": Mapped(lambda t, x: x.median(), V, D0),
    "reshape": Mapped(lambda t, x: x.reshape(-1).view(1, 9), M, D0),
    "permute": Mapped(lambda t, x: x.t() + x.transpose(0, 1).permute(1, 0) * 2, M, D0),
    "squeeze": Mapped(lambda t, x: x.unsqueeze(1).squeeze(1).unsqueeze(-1), V, D0),
    "expand": Mapped(lambda t, x: x.expand(5, 3) * x.expand(5, 3).cumsum(0), V, D0),
    "flip, roll": Mapped(lambda t, x: x.flip(0) + x.roll(1, 0), M, D0),
    "cat, stack": Mapped(lambda t, x, y: t.cat([x, y]).sum() * t.stack([x, y], 1), ((4, 3), (3,)), (0, None)),
    "split, chunk": Mapped(lambda t, x: x.split(2)[0].sum() * x.chunk(2, 1)[1], M, D0),
    "tril, diagonal": Mapped(lambda t, x: x.tril().sum(0) + x.diagonal() + t.diag(x), M, D0),
    "diag_embed": Mapped(lambda t, x: t.diag_embed(x), V, D0),
    "index": Mapped(lambda t, x: x[0] + x[:, 1] + x[-1, 2] + x[..., 0], M, D0),
    "index by list": Mapped(lambda t, x: x[[2, 0]] + x[:, [1, 1, 0]][:2], M, D0),
    "index by tensor": Mapped(lambda t, x, i: x[i], ((4, 3, 2), (4, 5)), (0, 0), (1,)),
    "index one by many": Mapped(lambda t, x, i: x[i] * 2, ((3, 2), (4, 5)), (None, 0), (1,)),
    "index by two": Mapped(lambda t, x, i: x[i, i], ((4, 3, 3), (4, 5)), (0, 0), (1,)),
    "index behind a slice": Mapped(lambda t, x, i: x[:, i], ((4, 2, 3), (4, 5)), (0, 0), (1,)),
    "index by one number": Mapped(lambda t, x, i: x[i], ((4, 3), (4,)), (0, 0), (1,)),
    "gather": Mapped(lambda t, x, i: x.gather(0, i), ((4, 3), (4, 5)), (0, 0), (1,)),
    "gather from one": Mapped(lambda t, x, i: x.gather(0, i), ((3,), (4, 5)), (None, 0), (1,)),
    "scatter_add": Mapped(
        lambda t, x, i: t.zeros(3, dtype=x.dtype).scatter_add(0, i, x), ((4, 5), (4, 5)), (0, 0), (1,)
    ),
    "index_select": Mapped(lambda t, x: x.index_select(0, t.tensor([2, 0])), M, D0),
    "take_along_dim": Mapped(lambda t, x: t.take_along_dim(x, x.argsort(0), 0), M, D0),
    "masked_fill": Mapped(lambda t, x: x.masked_fill(x > 1, 0.0), V, D0),
    "written": Mapped(_written, V, D0),
    "matmul": Mapped(lambda t, x, y: x @ y, ((4, 2, 3), (3, 5)), (0, None)),
    "matmul of many": Mapped(lambda t, x, y: x @ y, ((4, 2, 3), (4, 3, 5)), (0, 0)),
    "matmul, many behind": Mapped(lambda t, x, y: x @ y, ((2, 3), (4, 3, 5)), (None, 0)),
    "vector times matrix": Mapped(lambda t, x, y: x @ y, ((4, 3), (3, 5)), (0, None)),
    "matrix times vector": Mapped(lambda t, x, y: x @ y, ((5, 3), (4, 3)), (None, 0)),
    "dot": Mapped(lambda t, x, y: x.dot(y), ((4, 3), (4, 3)), (0, 0)),
    "matmul in batches": Mapped(lambda t, x, y: x @ y, ((4, 6, 2, 3), (4, 3, 5)), (0, 0)),
    "einsum": Mapped(lambda t, x, y: t.einsum("ij,jk->ik", x, y), ((4, 2, 3), (3, 5)), (0, None)),
    "outer": Mapped(lambda t, x, y: t.outer(x, y), ((4, 3), (4, 2)), (0, 0)),
    "attention": Mapped(_attention, ((4, 5, 3),) * 3, (0, 0, 0)),
    "linear": Mapped(lambda t, x, w, b: t.nn.functional.linear(x, w, b), ((4, 3), (2, 3), (2,)), (0, None, None)),
    "linear of many": Mapped(
        lambda t, x, w, b: t.nn.functional.linear(x, w, b), ((3,), (4, 2, 3), (4, 2)), (None, 0, 0)
    ),
    "solve": Mapped(lambda t, x, b: t.linalg.solve(x + 3 * t.eye(3, dtype=x.dtype), b), ((4, 3, 3), (4, 3)), (0, 0)),
    "inv, det": Mapped(lambda t, x: t.linalg.inv(x + 3 * t.eye(3, dtype=x.dtype)) * t.linalg.det(x), M, D0),
    "cholesky": Mapped(lambda t, x: t.linalg.cholesky(x @ x.T + t.eye(3, dtype=x.dtype)), M, D0),
    "eigvalsh": Mapped(lambda t, x: t.linalg.eigvalsh(x @ x.T), M, D0),
    "conv1d": Mapped(lambda t, x, w: t.nn.functional.conv1d(x, w, padding=1), ((4, 2, 3, 6), (5, 3, 3)), (0, None)),
    "conv2d": Mapped(lambda t, x, w: t.nn.functional.conv2d(x, w), ((4, 2, 3, 6, 6), (5, 3, 3, 3)), (0, None)),
    "conv2d of many": Mapped(lambda t, x, w: t.nn.functional.conv2d(x, w), ((2, 3, 5, 5), (4, 2, 3, 3, 3)), (None, 0)),
    "conv2d of one picture": Mapped(
        lambda t, x, w: t.nn.functional.conv2d(x, w), ((4, 3, 6, 6), (5, 3, 3, 3)), (0, None)
    ),
    "max_pool2d": Mapped(lambda t, x: t.nn.functional.max_pool2d(x, 2), ((4, 2, 3, 6, 6),), D0),
    "max_pool2d, padded": Mapped(lambda t, x: t.nn.functional.max_pool2d(x, 3, 2, 1), ((4, 2, 3, 6, 6),), D0),
    "groups of channels": Mapped(
        lambda t, x, w: t.nn.functional.conv2d(x, w, groups=2, stride=2), ((4, 2, 4, 6, 6), (4, 6, 2, 3, 3)), (0, 0)
    ),
    "conv_transpose2d of many": Mapped(
        lambda t, x, w, b: t.nn.functional.conv_transpose2d(x, w, b, stride=2),
        ((2, 3, 4, 4), (4, 3, 5, 3, 3), (4, 5)),
        (None, 0, 0),
    ),
    "avg_pool2d": Mapped(lambda t, x: t.nn.functional.avg_pool2d(x, 2), ((4, 2, 3, 6, 6),), D0),
    "layer_norm": Mapped(lambda t, x: t.nn.functional.layer_norm(x, (3,)), M, D0),
    "group_norm": Mapped(lambda t, x: t.nn.functional.group_norm(x, 2), ((4, 2, 4, 3),), D0),
    "batch_norm": Mapped(lambda t, x: t.nn.functional.batch_norm(x, None, None, training=True), ((4, 5, 3),), D0),
    "relu, gelu, softplus": Mapped(
        lambda t, x: t.nn.functional.gelu(x) + t.relu(x - 1) + t.nn.functional.softplus(x), V, D0
    ),
    "cross_entropy": Mapped(lambda t, x, y: t.nn.functional.cross_entropy(x, y), ((4, 5, 3), (4, 5)), (0, 0), (1,)),
    "mse_loss": Mapped(lambda t, x, y: t.nn.functional.mse_loss(x, y), ((4, 5), (4, 5)), (0, 0)),
    "embedding": Mapped(lambda t, i, w: t.nn.functional.embedding(i, w), ((4, 5), (3, 2)), (0, None), (0,)),
    "embedding of many": Mapped(lambda t, i, w: t.nn.functional.embedding(i, w), ((4, 5), (4, 3, 2)), (0, 0), (0,)),
    "one_hot": Mapped(lambda t, i: t.nn.functional.one_hot(i, 3), ((4, 5),), D0, (0,)),
    "pad": Mapped(lambda t, x: t.nn.functional.pad(x, (1, 2)), M, D0),
    "interpolate": Mapped(lambda t, x: t.nn.functional.interpolate(x, scale_factor=2), ((4, 1, 2, 3),), D0),
    "fft": Mapped(lambda t, x: t.fft.fft(x).abs(), V, D0),
    "running": Mapped(_running, ((4, 5, 3), (3, 3)), (0, None)),
    "what is the same for all": Mapped(lambda t, x, y: x * (y * y).sum().sqrt(), ((4, 3), (2,)), (0, None)),
    "several results": Mapped(lambda t, x: {"sum": x.sum(), "both": (x, x * 2)}, V, D0),
}
