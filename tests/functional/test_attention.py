"""scaled_dot_product_attention: what it computes, beside PyTorch, and what it says to what does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def tensors(*shapes: tuple[int, ...], dtype: Any = np.float64) -> list[gn.Tensor]:
    return [gn.tensor(numbers(*shape, seed=seed).astype(dtype)) for seed, shape in enumerate(shapes)]


def test_by_hand() -> None:
    q, k, v = tensors((2, 3), (4, 3), (4, 5))
    scores = q.array @ k.array.T / np.sqrt(3)
    weights = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    np.testing.assert_allclose(F.scaled_dot_product_attention(q, k, v).numpy(), weights @ v.array)


def test_masks_hide_what_they_say() -> None:
    q, k, v = tensors((3, 2), (3, 2), (3, 4))
    first = F.scaled_dot_product_attention(q, k[:1], v[:1])
    takes_part = gn.tensor([True, False, False])
    np.testing.assert_allclose(F.scaled_dot_product_attention(q, k, v, takes_part).numpy(), first.numpy())
    np.testing.assert_allclose(F.scaled_dot_product_attention(q, k, v, is_causal=True)[0].numpy(), first[0].numpy())
    nothing = F.scaled_dot_product_attention(q, k, v, gn.zeros(3, 3).bool())
    assert not nothing.array.any()


def test_nothing_flows_back_from_a_position_that_takes_of_none() -> None:
    q, k, v = (x.requires_grad_() for x in tensors((2, 2), (3, 2), (3, 4)))
    F.scaled_dot_product_attention(q, k, v, gn.tensor([[True] * 3, [False] * 3])).sum().backward()
    assert q.grad[0].array.all()
    assert not q.grad[1].array.any()
    assert np.isfinite(k.grad.array).all()


def test_no_keys_give_nothing() -> None:
    q, k, v = tensors((2, 2), (0, 2), (0, 4))
    assert F.scaled_dot_product_attention(q, k, v).tolist() == [[0] * 4] * 2


def test_dropout_drops_weights_and_keeps_the_mean() -> None:
    q, k, v = gn.zeros(1, 2), gn.zeros(10_000, 2), gn.ones(10_000, 1)
    assert abs(F.scaled_dot_product_attention(q, k, v, dropout_p=0.5).item() - 1) < 0.05


SDPA = "scaled_dot_product_attention: "


@pytest.mark.parametrize(
    ("shapes", "mask", "options", "error", "message"),
    [
        (((3,), (3,), (3,)), None, {}, RuntimeError, r"expected \[\.\.\., length, width\] each, got query \[3\], key"),
        (
            ((2, 3), (4, 5), (4, 5)),
            None,
            {},
            RuntimeError,
            r"a query of width 3 cannot be compared with keys of width 5 \(query \[2, 3\].*nn\.Linear",
        ),
        (((2, 3), (4, 3), (5, 3)), None, {}, RuntimeError, r"expected a value for each key, got 4 and 5 \(query"),
        (((2, 2, 3), (3, 4, 3), (3, 4, 3)), None, {}, RuntimeError, "before length and width must be equal or 1, got"),
        (((2, 3), (4, 3), (4, 3)), np.ones((2, 5), bool), {}, RuntimeError, r"scores .*= \[2, 4\], got \[2, 5\]"),
        (((2, 3), (4, 3), (4, 3)), np.ones((1, 2, 4), bool), {}, RuntimeError, r"= \[2, 4\], got \[1, 2, 4\]"),
        (
            ((2, 3), (4, 3), (4, 3)),
            np.ones((2, 4), int),
            {},
            RuntimeError,
            r"as bool or .* int64; .*mask\.bool\(\)",
        ),
        (((2, 3), (4, 3), (4, 3)), np.ones((2, 4), bool), {"is_causal": True}, RuntimeError, "attn_mask or is_causal"),
        (((2, 3), (4, 3), (4, 3)), None, {"dropout_p": 1.5}, RuntimeError, "a dropout_p from 0 to 1, got 1.5"),
        (
            ((4, 2, 3), (3, 4, 3), (3, 4, 3)),
            None,
            {"enable_gqa": True},
            RuntimeError,
            r"heads of the query must be a multiple of those of key and value, got query \[4, 2, 3\]",
        ),
        (
            ((2, 3), (4, 3), (4, 3)),
            None,
            {"enable_gqa": True},
            RuntimeError,
            r"expected \[\.\.\., heads, length, width",
        ),
    ],
)
def test_what_does_not_fit_says_so(shapes: Any, mask: Any, options: Any, error: Any, message: str) -> None:
    given = None if mask is None else gn.tensor(mask)
    with pytest.raises(error, match=SDPA + message if message.startswith("a query") else message) as caught:
        F.scaled_dot_product_attention(*tensors(*shapes), attn_mask=given, **options)
    assert str(caught.value).startswith(SDPA)


def test_one_dtype_is_expected() -> None:
    q, k, v = tensors((2, 3), (4, 3), (4, 3))
    with pytest.raises(RuntimeError, match=r"got query float32, key float64.*x\.to\(query\.dtype\)"):
        F.scaled_dot_product_attention(q.float(), k, v)


# beside PyTorch -----------------------------------------------------------------------------------

BOOL = np.array([[True, False, True, True], [False, False, False, False], [True, True, True, False]])
CASES: dict[str, tuple[list[tuple[int, ...]], Any, dict[str, Any]]] = {
    "plain": ([(2, 3, 5), (2, 4, 5), (2, 4, 6)], None, {}),
    "heads": ([(2, 2, 3, 5), (2, 2, 4, 5), (2, 2, 4, 6)], None, {"scale": 0.3}),
    "causal": ([(2, 3, 5), (2, 4, 5), (2, 4, 6)], None, {"is_causal": True}),
    "bool": ([(2, 3, 5), (2, 4, 5), (2, 4, 6)], BOOL, {}),
    "numbers": ([(2, 3, 5), (2, 4, 5), (2, 4, 6)], numbers(3, 4), {}),
    "minus infinity": ([(2, 3, 5), (2, 4, 5), (2, 4, 6)], np.where(BOOL, 0.0, -np.inf), {}),
    "grouped": ([(2, 4, 3, 5), (2, 2, 4, 5), (2, 2, 4, 6)], BOOL, {"enable_gqa": True}),
}


@pytest.mark.parity
@pytest.mark.parametrize("name", CASES)
def test_attention_is_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    shapes, mask, options = CASES[name]
    arrays = [numbers(*shape, seed=seed) for seed, shape in enumerate(shapes)]
    floating = mask is not None and mask.dtype.kind == "f"
    inputs = [[lib.tensor(x, requires_grad=True) for x in arrays] for lib in (gn, torch)]
    masks = [None if mask is None else lib.tensor(mask, requires_grad=floating) for lib in (gn, torch)]
    y = F.scaled_dot_product_attention(*inputs[0], masks[0], **options)
    z = torch.nn.functional.scaled_dot_product_attention(*inputs[1], masks[1], **options)
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=0, atol=1e-10)
    weights = numbers(*y.shape)
    (y * gn.tensor(weights)).sum().backward()
    (z * torch.tensor(weights)).sum().backward()
    leaves = [[*xs, m] if floating else xs for xs, m in zip(inputs, masks, strict=True)]
    for a, b in zip(*leaves, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=0, atol=1e-8)


def test_compiled_it_is_the_same_and_reads_as_the_formula() -> None:
    q, k, v = tensors((2, 3, 5), (2, 4, 5), (2, 4, 6))
    mask = gn.tensor(np.where(BOOL, 0.0, -np.inf))
    attend = gn.compile(F.scaled_dot_product_attention)
    np.testing.assert_allclose(attend(q, k, v, mask).numpy(), F.scaled_dot_product_attention(q, k, v, mask).numpy())
    assert "masked_softmax(" in attend.source
    causal = gn.compile(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True))
    expected = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    np.testing.assert_allclose(causal(q, k, v).numpy(), expected.numpy())
