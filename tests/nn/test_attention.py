"""MultiheadAttention: its options and masks beside PyTorch's, its weights, and what it says to what does not fit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import nn

N, L, S, E = 2, 3, 4, 6
LATER = ~np.tri(L, S, dtype=bool)
HIDES_ALL = LATER | (np.arange(L)[:, None] == 1)
PADDING = np.arange(S) >= np.array([[3], [2]])


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def test_what_it_computes() -> None:
    layer = nn.MultiheadAttention(E, 1, batch_first=True).double()
    x = glassnet.tensor(numbers(1, L, E))
    output, weights = layer(x, x, x)
    q, k, v = (x.array[0] @ w.T for w in np.split(layer.in_proj_weight.array, 3))
    scores = np.exp(q @ k.T / math.sqrt(E))
    shares = scores / scores.sum(1, keepdims=True)
    np.testing.assert_allclose(weights.detach().numpy()[0], shares)
    np.testing.assert_allclose(output.detach().numpy()[0], shares @ v @ layer.out_proj.weight.array.T)


def test_how_it_begins() -> None:
    layer = nn.MultiheadAttention(64, 4, add_bias_kv=True)
    bound = math.sqrt(6 / (64 + 3 * 64))
    assert layer.in_proj_weight.shape == (192, 64)
    assert 0.9 * bound < abs(layer.in_proj_weight.array).max() <= bound
    assert 0.9 / 8 < abs(layer.out_proj.weight.array).max() <= 1 / 8
    assert not layer.in_proj_bias.array.any()
    assert not layer.out_proj.bias.array.any()
    assert math.isclose(layer.bias_k.array.std(), math.sqrt(2 / (64 + 64)), rel_tol=0.4)
    other = nn.MultiheadAttention(64, 4, bias=False, kdim=32)
    assert [name for name, _ in other.named_parameters()] == [
        "q_proj_weight", "k_proj_weight", "v_proj_weight", "out_proj.weight",
    ]  # fmt: skip


def test_in_training_it_drops_weights() -> None:
    layer = nn.MultiheadAttention(E, 2, dropout=0.5, batch_first=True)
    x = glassnet.randn(8, 20, E)
    _, weights = layer(x, x, x, average_attn_weights=False)
    assert abs((weights.array == 0).mean() - 0.5) < 0.05
    _, weights = layer.eval()(x, x, x, average_attn_weights=False)
    assert weights.array.all()


def x(*shape: int) -> glassnet.Tensor:
    return glassnet.zeros(*shape)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: nn.MultiheadAttention(10, 4),
            AssertionError,
            r"MultiheadAttention: expected num_heads that divide embed_dim, .*: 10 / 4 = 2\.5; take 2 or 5 heads",
        ),
        (lambda: nn.MultiheadAttention(0, 4), ValueError, "expected embed_dim of 1 or more, got 0"),
        (lambda: nn.MultiheadAttention(4.0, 4), TypeError, "expected embed_dim as a whole number"),
        (lambda: nn.MultiheadAttention(4, 2, dropout=2), ValueError, "a probability p from 0 to 1, got 2"),
        (lambda: layer()(x(2, 3, 4), x(2, 3), x(2, 3)), AssertionError, r"3 dimensions each, .*got query \[2, 3, 4\]"),
        (lambda: layer()(*[x(1, 2, 3, 6)] * 3), AssertionError, "3 dimensions each"),
        (lambda: layer()(*[x(3, 2, 4)] * 3), AssertionError, r"expected a query of width 6 \(embed_dim\), got 4"),
        (
            lambda: layer()(x(3, 2, 6), x(4, 2, 6), x(5, 2, 6)),
            AssertionError,
            r"a value for each key, of equal sizes, got query \[3, 2, 6\], key \[4, 2, 6\], value \[5, 2, 6\]",
        ),
        (
            lambda: layer()(*[x(3, 2, 6)] * 3, key_padding_mask=x(3, 2).bool()),
            AssertionError,
            r"a key_padding_mask \[batch, key length\] = \[2, 3\], .*got \[3, 2\]",
        ),
        (
            lambda: layer()(*[x(3, 2, 6)] * 3, attn_mask=x(2, 3, 3)),
            RuntimeError,
            r"\[query length, key length\] = \[3, 3\], or .* = \[2·3, 3, 3\], got \[2, 3, 3\]",
        ),
        (
            lambda: layer()(*[x(3, 2, 6)] * 3, attn_mask=x(3, 3).int()),
            AssertionError,
            "attn_mask as bool or .* int32",
        ),
        (
            lambda: layer()(*[x(3, 2, 6)] * 3, key_padding_mask=x(2, 3).int()),
            AssertionError,
            "key_padding_mask as bool or .* got int32",
        ),
        (
            lambda: layer()(x(3, 2, 6), x(3, 4, 6), x(3, 4, 6)),
            RuntimeError,
            r"as many sequences N of queries as of keys, got 2 and 4 \(.*\[length, N, width\], without batch_first",
        ),
        (
            lambda: layer()(*[x(3, 2, 6)] * 3, is_causal=True),
            RuntimeError,
            r"pass that too, nn\.Transformer\.generate_square_subsequent_mask\(3\)",
        ),
        (
            lambda: layer()(x(3, 2, 6), x(3, 2, 6).numpy(), x(3, 2, 6)),
            TypeError,
            r"expected key as a tensor, got ndarray; make one: glassnet\.tensor\(x\)",
        ),
        (lambda: layer()(*[x(3, 2, 6)] * 3, [[False] * 3] * 2), TypeError, "key_padding_mask as a tensor, got list"),
        (lambda: layer()(*[x(3, 2, 6).double()] * 3), RuntimeError, "one dtype, got float64 and float32"),
    ],
)
def test_what_does_not_fit_says_so(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        call()
    assert "MultiheadAttention" in str(caught.value)


def layer() -> nn.MultiheadAttention:
    return nn.MultiheadAttention(E, 3)


# beside PyTorch -----------------------------------------------------------------------------------

OPTIONS: list[dict[str, Any]] = [
    {},
    {"bias": False, "batch_first": True},
    {"add_bias_kv": True},
    {"add_zero_attn": True, "batch_first": True},
    {"kdim": 5, "vdim": 4, "add_bias_kv": True, "add_zero_attn": True},
]
CALLS: dict[str, dict[str, Any]] = {
    "plain": {},
    "each head": {"average_attn_weights": False},
    "no weights": {"need_weights": False},
    "bool": {"attn_mask": LATER},
    "numbers": {"attn_mask": numbers(L, S)},
    "of each head": {"attn_mask": np.tile(LATER, (2 * N, 1, 1))},
    "padding": {"key_padding_mask": PADDING},
    "both": {"key_padding_mask": PADDING, "attn_mask": LATER, "need_weights": False},
    "causal": {"attn_mask": LATER, "is_causal": True, "need_weights": False},
    "all hidden": {"attn_mask": HIDES_ALL},
    "all hidden, no weights": {"attn_mask": HIDES_ALL, "need_weights": False},
}


@pytest.mark.parity
@pytest.mark.parametrize("is_batched", [True, False])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.filterwarnings("ignore:Support for mismatched:UserWarning")
def test_every_option_is_pytorchs(options: dict[str, Any], call: str, is_batched: bool) -> None:
    torch = pytest.importorskip("torch")
    ours = nn.MultiheadAttention(E, 2, **options).double()
    theirs = torch.nn.MultiheadAttention(E, 2, **options).double()
    theirs.load_state_dict({key: torch.tensor(value.array) for key, value in ours.state_dict().items()})
    given = {key: m for key, m in CALLS[call].items() if isinstance(m, np.ndarray)}
    if not is_batched:
        given = {key: m[0] if key == "key_padding_mask" else m[:2] if m.ndim == 3 else m for key, m in given.items()}
    shapes = [(L, N, E), (S, N, options.get("kdim", E)), (S, N, options.get("vdim", E))]
    arrays = [numbers(*shape, seed=seed) for seed, shape in enumerate(shapes)]
    arrays = (
        [a.swapaxes(0, 1) if options.get("batch_first") else a for a in arrays]
        if is_batched
        else [a[:, 0] for a in arrays]
    )
    results, leaves = [], []
    for lib, network in ((glassnet, ours), (torch, theirs)):
        inputs = [lib.tensor(a.copy(), requires_grad=True) for a in arrays]
        output, weights = network(*inputs, **{**CALLS[call], **{key: lib.tensor(m) for key, m in given.items()}})
        (output * lib.tensor(numbers(*output.shape))).sum().backward()
        results.append([x.detach().numpy() for x in (output, weights) if x is not None])
        leaves.append([*inputs, *network.parameters()])
    for mine, other in zip(*results, strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-10)
    for p, q in zip(*leaves, strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=0, atol=1e-8)
