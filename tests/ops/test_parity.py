"""Every operation that PyTorch has, on the samples: its values, its gradients, its result's dtype."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from glassnet import tensor
from glassnet.autograd import grad
from glassnet.ops import Op, registry
from glassnet.ops.indexing import ARRAY
from glassnet.tensor import Tensor, apply
from tests.ops import checks
from tests.ops.sample import Sample
from tests.ops.samples import samples_of

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.parity

SAME_NAME = {
    "exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "erf", "abs", "sign", "floor", "ceil", "round", "trunc",
    "log1p", "expm1", "log2", "log10", "rsqrt", "eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or",
    "logical_xor", "logical_not", "isnan", "isinf", "isfinite", "bitwise_and", "bitwise_or", "bitwise_xor",
    "bitwise_not", "where", "add", "sub", "mul", "div", "neg", "pow", "square", "reciprocal", "maximum", "minimum",
    "clamp", "remainder", "sigmoid", "matmul", "real", "imag", "angle", "i0", "sinc", "diagonal", "diagonal_scatter",
    "view_as_real", "view_as_complex",
    "erfc", "erfinv", "lgamma", "digamma", "exp2", "hypot", "logaddexp", "logaddexp2", "xlogy", "fmod", "copysign",
    "nextafter", "gcd", "lcm", "atan", "asin", "acos", "sinh", "cosh", "asinh", "acosh", "atanh", "atan2",
    "searchsorted", "igamma", "igammac",
}  # fmt: skip
SAME_NAME_IN_F = {
    "relu", "relu6", "hardtanh", "hardsigmoid", "hardswish", "leaky_relu", "elu", "selu", "celu", "logsigmoid",
    "softplus", "silu", "mish", "softsign", "gelu", "hardshrink", "softshrink", "tanhshrink", "threshold", "softmax",
    "log_softmax", "linear", "bilinear", "nll_loss", "cross_entropy",
}  # fmt: skip
SAME_NAME_IN_SPECIAL = {"i1", "i0e", "i1e", "erfcx", "ndtri", "log_ndtr", "zeta", "xlog1py"}
SAME_NAME_IN_LINALG = {"solve", "det", "pinv", "cholesky", "eigvals", "svdvals"}


def _filled(index: Any, arrays: Any) -> Any:
    rest = iter(arrays)
    return tuple(next(rest) if part is ARRAY else part for part in index)


def _setitem(x: Any, value: Any, *arrays: Any, index: Any) -> Any:
    y = x.clone()
    y[_filled(index, arrays)] = value
    return y


def _windows(x: Any, size: Any, stride: Any, dilation: Any) -> Any:
    first = x.ndim - len(size)
    for i, (k, s, d) in enumerate(zip(size, stride, dilation, strict=True)):
        x = x.unfold(first + i, d * (k - 1) + 1, s)[..., ::d]
    return x


def _pad(x: Any, widths: Any, value: float = 0.0) -> Any:
    return F.pad(x, [n for width in reversed(widths) for n in width], value=value)


def _convolution(x: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
    return getattr(F, f"conv{x.ndim - 2}d")(x, weight, bias, **options)


def _conv_transpose(x: Any, weight: Any, bias: Any = None, *, lengths: Any, **options: Any) -> Any:
    function = getattr(F, f"conv_transpose{x.ndim - 2}d")
    smallest = function(x, weight, **options).shape[2:]
    return function(x, weight, bias, output_padding=[m - n for m, n in zip(lengths, smallest, strict=True)], **options)


def _convolution_weight(x: Any, y: Any, *, size: Any, groups: int = 1, **options: Any) -> Any:
    weight = torch.zeros(y.shape[1], x.shape[1] // groups, *size, dtype=x.dtype, requires_grad=True)
    expected = _convolution(x, weight, groups=groups, **options)
    return torch.autograd.grad(expected, weight, y, create_graph=True)[0]


def _dims(x: Any, dim: Any) -> tuple[int, ...]:
    return tuple(range(x.ndim)) if dim is None else dim if isinstance(dim, tuple) else (dim,)


def _over_dims(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, dim=None, keepdim=False, **params: function(x, dim=_dims(x, dim), keepdim=keepdim, **params)


def _prod(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    for d in sorted((d % max(x.ndim, 1) for d in _dims(x, dim)), reverse=True):
        x = x.prod(d, keepdim=keepdim)
    return x


def _elementwise_loss(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, target, **params: function(*torch.broadcast_tensors(x, target), reduction="none", **params)


def _grid_sample(x: Any, grid: Any, align_corners: bool = False, **params: Any) -> Any:
    return F.grid_sample(x, grid, align_corners=align_corners, **params)


def _with_channels(x: Any, n: int) -> Any:
    """``x`` with a dimension before the last ``n``, as PyTorch asks for."""
    return x if x.ndim > n else x.unsqueeze(0)


def _pooled(kind: str, x: Any, size: Any, stride: Any, **params: Any) -> Any:
    return getattr(F, f"{kind}_pool{len(size)}d")(_with_channels(x, len(size)), size, stride, **params)


def _adapted(kind: str, x: Any, size: Any, **params: Any) -> Any:
    return getattr(F, f"adaptive_{kind}_pool{len(size)}d")(_with_channels(x, len(size)), size, **params)


def _max_unpool(x: Any, indices: Any, size: Any) -> Any:
    flat = (*x.shape[: x.ndim - len(size)], -1)
    y = torch.zeros((*flat[:-1], int(np.prod(size))), dtype=x.dtype)
    return y.scatter(-1, indices.reshape(flat), x.reshape(flat)).reshape(*flat[:-1], *size)


def _interpolate(x: Any, size: Any, mode: str, scales: Any = None, **params: Any) -> Any:
    known = {"size": size} if scales is None else {"scale_factor": scales}
    return F.interpolate(x, **known, mode=mode, **params)


def _packed(x: Any, *parts: Any) -> Any:
    """Several matrices of each of ``x``, laid end to end."""
    return torch.cat([part.reshape(*x.shape[:-2], -1) for part in parts], -1)


def _signed(vectors: Any, expected: Any, dim: int) -> Any:
    """Vectors along ``dim``, of which any sign is right, with the signs that NumPy has chosen."""
    return vectors * (vectors.detach() * torch.tensor(expected)).sum(dim, keepdim=True).real.sign()


def _eigenvectors(name: str, x: Any, *uplo: str) -> Any:
    """The eigenvalues as a row above the eigenvectors."""
    values, vectors = getattr(torch.linalg, name)(x, *uplo)
    vectors = _signed(vectors, getattr(np.linalg, name)(x.detach().numpy(), *uplo)[1], -2)
    return torch.cat([values.to(vectors.dtype).unsqueeze(-2), vectors], -2)


def _svd(x: Any, full: bool = False) -> Any:
    u, s, vh = torch.linalg.svd(x, full)
    expected = np.linalg.svd(x.detach().numpy(), full)
    return _packed(x, _signed(u, expected[0], -2), s, _signed(vh, expected[2], -1))


def _polygamma(x: Any, n: int = 1) -> Any:
    # of torch.polygamma(1, x), nine digits are right
    return (-1) ** (n + 1) * math.factorial(n) * torch.special.zeta(n + 1.0, x)


def _fourier(x: Any, dims: Any, inverse: bool = False, norm: str = "backward") -> Any:
    return (torch.fft.ifftn if inverse else torch.fft.fftn)(x, dim=dims, norm=norm)


def _row_order(pivots: Any, n: int) -> Any:
    return torch.lu_unpack(torch.zeros(*pivots.shape[:-1], n, pivots.shape[-1]), pivots)[0].argmax(-2)


OTHERWISE: dict[str, Callable[..., Any]] = {
    "conjugate": torch.conj,
    "as_strided": lambda x, size, stride, offset: torch.as_strided(x, size, stride, offset),
    "complex_of": torch.complex,
    "with_part": lambda x, part, imaginary: torch.complex(*((x.real, part) if imaginary else (part, x.imag))),
    "floor_divide": lambda a, b: torch.div(a, b, rounding_mode="floor"),
    "left_shift": torch.bitwise_left_shift,
    "right_shift": torch.bitwise_right_shift,
    "exponent": lambda x: torch.frexp(x).exponent,
    "polygamma": _polygamma,
    "cofactor": lambda x: torch.linalg.det(x)[..., None, None] * torch.linalg.inv(x).mT,
    "logabsdet": lambda x: torch.linalg.slogdet(x).logabsdet,
    "det_sign": lambda x: torch.linalg.det(x) / torch.linalg.det(x).abs(),
    "qr": lambda x, complete=False: _packed(x, *torch.linalg.qr(x, "complete" if complete else "reduced")),
    "lu_pivots": lambda x: torch.linalg.lu_factor(x).pivots,
    "row_order": _row_order,
    "lu": lambda x: torch.linalg.lu_factor(x).LU,
    "eigh": lambda x, uplo="L": _eigenvectors("eigh", x, uplo),
    "eigvalsh": lambda x, uplo="L": torch.linalg.eigvalsh(x, uplo),
    "eig": lambda x: _eigenvectors("eig", x),
    "svd": _svd,
    "fourier": _fourier,
    "cumprod": lambda x, dim=-1: x.cumprod(dim),
    "logcumsumexp": lambda x, dim=-1: torch.logcumsumexp(x, dim),
    "running_extreme": lambda x, dim=-1, largest=True: (torch.cummax if largest else torch.cummin)(x, dim).indices,
    "power_norm": _over_dims(lambda x, dim, keepdim, p: torch.linalg.vector_norm(x, p, dim, keepdim)),
    "median": lambda x, ignoring_nan=False: (torch.nanmedian if ignoring_nan else torch.median)(x),
    "mode_position": lambda x, dim=-1: torch.mode(x, dim).indices,
    "scatter_reduce": lambda x, source, index, dim, reduce: x.scatter_reduce(dim, index, source, reduce),
    "interpolate": _interpolate,
    "grid_sample": _grid_sample,
    "affine_grid": lambda theta, size, align_corners=False: F.affine_grid(theta, (len(theta), 1, *size), align_corners),
    "max_pool": lambda x, **params: _pooled("max", x, **params),
    "max_pool_indices": lambda x, **params: _pooled("max", x, return_indices=True, **params)[1],
    "avg_pool": lambda x, **params: _pooled("avg", x, **params),
    "adaptive_max_pool_indices": lambda x, size: _adapted("max", x, size, return_indices=True)[1],
    "max_unpool": _max_unpool,
    "getitem": lambda x, *arrays, index: x[_filled(index, arrays)],
    "setitem": _setitem,
    "gather": lambda x, index, dim: x.gather(dim, index),
    "scatter_add": lambda x, index, dim, shape: torch.zeros(shape, dtype=x.dtype).scatter_add(dim, index, x),
    "argsort": lambda x, dim=-1, descending=False: x.argsort(dim=dim, descending=descending, stable=True),
    "one_hot": lambda labels, classes, dtype: F.one_hot(labels, classes).to(_torch_dtype(dtype)),
    "reshape": lambda x, shape: x.reshape(shape),
    "permute": lambda x, dims: x.permute(dims),
    "broadcast_to": lambda x, shape: x.broadcast_to(shape),
    "flip": lambda x, dims: x.flip(dims),
    "concatenate": lambda *xs, dim=0: torch.cat(xs, dim),
    "stack": lambda *xs, dim=0: torch.stack(xs, dim),
    "cast": lambda x, dtype: x.to(_torch_dtype(dtype)),
    "copy": lambda x: x.clone(),
    "sum": _over_dims(torch.sum),
    "prod": _prod,
    "amax": _over_dims(torch.amax),
    "amin": _over_dims(torch.amin),
    "argmax": lambda x, dim=None, keepdim=False: torch.argmax(x, dim, keepdim),
    "argmin": lambda x, dim=None, keepdim=False: torch.argmin(x, dim, keepdim),
    "all": _over_dims(torch.all),
    "any": _over_dims(torch.any),
    "cumsum": lambda x, dim=-1: x.cumsum(dim),
    "mean": _over_dims(torch.mean),
    "var": _over_dims(lambda x, dim, keepdim, correction=1: torch.var(x, dim, correction=correction, keepdim=keepdim)),
    "std": _over_dims(lambda x, dim, keepdim, correction=1: torch.std(x, dim, correction=correction, keepdim=keepdim)),
    "norm": _over_dims(lambda x, dim, keepdim: torch.linalg.vector_norm(x, 2, dim, keepdim)),
    "logsumexp": _over_dims(torch.logsumexp),
    "embedding": lambda index, weight, **options: F.embedding(index, weight, **options),
    "embedding_bag": lambda index, offsets, weight, scales=None, **options: F.embedding_bag(
        index, weight, offsets, per_sample_weights=scales, **options
    ),
    "masked_softmax": lambda scores, mask, safe=True: (torch._safe_softmax if safe else torch.softmax)(
        scores + mask, -1
    ),
    "gelu_backward": torch.ops.aten.gelu_backward,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "step": lambda x: torch.heaviside(x, torch.zeros((), dtype=x.dtype)),
    "squared_error": _elementwise_loss(F.mse_loss),
    "absolute_error": _elementwise_loss(F.l1_loss),
    "huber": _elementwise_loss(F.huber_loss),
    "smooth_l1": _elementwise_loss(F.smooth_l1_loss),
    "binary_cross_entropy": _elementwise_loss(F.binary_cross_entropy),
    "binary_cross_entropy_with_logits": _elementwise_loss(F.binary_cross_entropy_with_logits),
    "kl_div": _elementwise_loss(F.kl_div),
    "convolution": _convolution,
    "conv_transpose": _conv_transpose,
    "convolution_weight": _convolution_weight,
    "windows": _windows,
    "pad": _pad,
    "inverse": torch.linalg.inv,
    "matrix_exp": torch.matrix_exp,
    "masked_scale": lambda x, mask, scale=1.0: x * mask * scale,
}
WITHOUT_DIM = {"softmax": {"dim": -1}, "log_softmax": {"dim": -1}}

NOT_IN_PYTORCH = {
    "as_strided_scatter",  # whose gradient by x is 1 there where the part stands, and 0 elsewhere
    "ctc_loss", "ctc_posterior",  # whose gradient there is that of log_softmax as well; see tests/pytorch
    "moments", "standardize", "standardize_backward",
    "put", "row_weights", "add_windows", "prelu",  # of which PyTorch's takes one weight a channel
    "uniform", "normal", "integers", "permutation", "bernoulli",  # other numbers from the same seed
    "standard_gamma", "poisson", "binomial", "von_mises", "category",  # likewise
    "standard_gamma_slope",  # whose name there begins with an underscore
    "rnn_tanh", "rnn_relu", "gru", "lstm",  # which keeps to itself what a step leaves but h: see nn
    "rnn_tanh_backward", "rnn_relu_backward", "gru_backward", "lstm_backward",
    # by themselves: the gradients of those that are
    "interpolate_backward", "max_pool_backward", "grid_sample_backward", "grid_sample_slope",
    "region_pool", "region_pool_backward",  # of torchvision; see tests/vision
}  # fmt: skip

# Where the two are meant to differ, or PyTorch has no such thing
SKIPPED = {
    ("getitem", "backwards"),  # no negative steps
    ("sum", "no dims"), ("mean", "no dims"), ("amax", "no dims"), ("amin", "no dims"), ("norm", "no dims"),
    ("logsumexp", "no dims"),  # where dim=() stands for all dimensions; here, as in NumPy, for none
    ("var", "over nothing else"),  # a warning, though nothing comes of it
    ("convolution_weight", "no samples"),  # no gradient, where here it is 0
    ("nll_loss", "int32 labels"), ("cross_entropy", "int32 labels"),  # int64 alone
    ("max_pool", "none"), ("max_pool_indices", "none"), ("avg_pool", "none"),  # of which it wants one or more
}  # fmt: skip

# And where the gradients differ: there they are infinite or NaN, here they are bounded as the loss is.
OTHER_GRADIENTS = {
    ("binary_cross_entropy", "sure"),
    ("binary_cross_entropy", "one, nearly sure"),
    ("kl_div", "target 0"),
    ("det", "singular"),  # 0 there, as the determinant is; here that of the cofactors
    ("qr", "complete"),  # none there; here that of the first columns
}


def _torch_dtype(dtype: np.dtype) -> Any:
    return getattr(torch, str(dtype))


def torch_function(op: Op) -> Callable[..., Any] | None:
    if op.name in SAME_NAME:
        return getattr(torch, op.name)
    if op.name in SAME_NAME_IN_SPECIAL:
        return getattr(torch.special, op.name)
    if op.name in SAME_NAME_IN_LINALG:
        return getattr(torch.linalg, op.name)
    return getattr(F, op.name) if op.name in SAME_NAME_IN_F else OTHERWISE.get(op.name)


@pytest.mark.parametrize("op", [o for o in registry.values() if not o.writes], ids=lambda o: o.name)
def test_operation(op: Op) -> None:
    function = torch_function(op)
    if function is None:
        assert op.name in NOT_IN_PYTORCH, f"{op.name}: say here which function of PyTorch it is, or that there is none"
        return
    compared = 0
    for sample in samples_of(op):
        if (op.name, sample.label) not in SKIPPED:
            compare(op, sample, function)
            compared += 1
    assert compared >= len(samples_of(op)) - 2


def compare(op: Op, sample: Sample, function: Callable[..., Any]) -> None:
    places = checks.differentiated(op, sample)
    theirs = [torch.tensor(x) if isinstance(x, np.ndarray) else x for x in sample.arrays()]
    ours: list[Any] = sample.arrays()
    for i in places:
        theirs[i].requires_grad_()
        ours[i] = tensor(ours[i], requires_grad=True)
    expected = function(*theirs, **{**WITHOUT_DIM.get(op.name, {}), **sample.kwargs()})
    y = apply(op, *ours, **sample.kwargs())
    assert tuple(expected.shape) == y.shape, sample.label
    assert expected.dtype == _torch_dtype(y.dtype), sample.label
    np.testing.assert_allclose(
        y.detach().numpy(), expected.detach().resolve_conj().numpy(), rtol=1e-10, atol=1e-10, err_msg=sample.label
    )
    if not y.requires_grad or (op.name, sample.label) in OTHER_GRADIENTS:
        return
    g = np.random.default_rng(0).standard_normal(y.shape).astype(y.dtype)
    found = grad(y, [ours[i] for i in places], (g,))
    wanted = torch.autograd.grad(expected, [theirs[i] for i in places], torch.tensor(g))
    for i, a, b in zip(places, found, wanted, strict=True):
        np.testing.assert_allclose(
            a.numpy(), b.resolve_conj().numpy(), rtol=1e-8, atol=1e-8, err_msg=f"{sample.label}: gradient of input {i}"
        )


# dtypes -------------------------------------------------------------------------------------------

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
OPERATORS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow,
    "//": operator.floordiv, "%": operator.mod, "==": operator.eq, "!=": operator.ne, "<": operator.lt,
    "<=": operator.le, ">": operator.gt, ">=": operator.ge, "&": operator.and_, "|": operator.or_, "^": operator.xor,
}  # fmt: skip


def operands() -> dict[str, tuple[Any, Any]]:
    """Ones of every kind, in glassnet and in PyTorch: vectors, tensors without dimensions, Python numbers."""
    found: dict[str, tuple[Any, Any]] = {}
    for dtype in DTYPES:
        for shape in ((2,), ()):
            ones = np.ones(shape, dtype)
            found[f"{dtype}{list(shape)}"] = (tensor(ones), torch.tensor(ones))
    return {**found, "True": (True, True), "2": (2, 2), "1.5": (1.5, 1.5)}


@pytest.mark.parametrize("symbol", OPERATORS)
def test_dtype_of_the_result(symbol):
    function = OPERATORS[symbol]
    differing = []
    for left, (a, ta) in operands().items():
        for right, (b, tb) in operands().items():
            if not isinstance(a, Tensor) and not isinstance(b, Tensor):
                continue
            try:
                expected = str(function(ta, tb).dtype).removeprefix("torch.")
            except (RuntimeError, TypeError):  # which PyTorch has not
                continue
            try:
                found = str(function(a, b).dtype)
            except TypeError as error:
                found = str(error)
                if left.startswith("bool") and "expected numbers, got bool" in found:
                    continue  # said plainly; for bools, PyTorch has some powers and not others
            if found != expected:
                differing.append(f"{left} {symbol} {right}: {expected} in PyTorch, here {found}")
    assert not differing, "\n".join(differing)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["exp", "sqrt", "abs", "neg", "square", "floor", "round", "sign", "sum", "prod",
                                  "cumsum", "amax", "argmax", "relu", "sigmoid", "reciprocal", "isnan"])  # fmt: skip
def test_dtype_of_functions_of_one(name, dtype):
    ones = np.ones(3, dtype)
    params = {"dim": 0} if name == "cumsum" else {}
    try:
        expected = getattr(torch, name)(torch.tensor(ones), **params)
    except (RuntimeError, NotImplementedError):
        return
    if dtype == "bool" and name == "square":
        with pytest.raises(TypeError, match="expected numbers, got bool"):  # where PyTorch gives int64
            apply(registry[name], ones)
        return
    found = apply(registry[name], ones, **params)
    assert str(expected.dtype) == f"torch.{found.dtype}"
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-3)
