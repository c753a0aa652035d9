"""Where the elements of a result lie in memory: in order wherever PyTorch's do, so that view() works there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet
import glassnet.nn.functional


def picture(x: Any) -> Any:
    return x[(None,) * (4 - x.ndim)]


def batch_norm(t: Any, x: Any, training: bool) -> Any:
    channels = x.shape[1]
    return t.nn.functional.batch_norm(x, t.zeros(channels), t.ones(channels), training=training)


CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "index": lambda t, x: x[:, t.tensor([0, 0])],
    "index_last": lambda t, x: x[..., t.tensor([0, 1])],
    "index_mask": lambda t, x: x[:, t.tensor([True] + [False] * (x.shape[1] - 1))],
    "index_select": lambda t, x: x.index_select(0, t.tensor([0, 0])),
    "cat": lambda t, x: t.cat([x, x], 1),
    "stack": lambda t, x: t.stack([x, x], -1),
    "sum": lambda t, x: x.sum(0),
    "mean": lambda t, x: x.mean(1),
    "var": lambda t, x: x.var(0),
    "amax": lambda t, x: x.amax(0),
    "any": lambda t, x: (x > 2).any(0),
    "softmax": lambda t, x: x.softmax(0),
    "log_softmax": lambda t, x: x.log_softmax(-1),
    "cumsum": lambda t, x: x.cumsum(0),
    "layer_norm": lambda t, x: t.nn.functional.layer_norm(x, x.shape[-1:]),
    "masked_fill": lambda t, x: x.masked_fill(x > 3, 0.0),
    "tril": lambda t, x: x.tril(),
    "roll": lambda t, x: x.roll(1, 0),
    "scatter": lambda t, x: x.scatter(0, x.argsort(0), x),
    "repeat_interleave": lambda t, x: x.repeat_interleave(2, 0),
    "exp": lambda t, x: x.exp(),
    "clone": lambda t, x: x.clone(),
    "double": lambda t, x: x.double(),
    "zeros_like": lambda t, x: t.zeros_like(x),
    "gather": lambda t, x: x.gather(0, x.argsort(0)),
    "matmul": lambda t, x: x @ x.transpose(-1, -2),
    "flip": lambda t, x: x.flip(0),
    "max_pool": lambda t, x: t.nn.functional.max_pool1d(x, 2),
    "max_pool_indices": lambda t, x: t.nn.functional.max_pool1d(x, 2, return_indices=True)[1],
    "adaptive_max_pool": lambda t, x: t.nn.functional.adaptive_max_pool1d(x, 2),
    "avg_pool": lambda t, x: t.nn.functional.avg_pool1d(x, 2),
    "interpolate": lambda t, x: t.nn.functional.interpolate(picture(x), size=(5, 3), mode="bilinear"),
    "grid_sample": lambda t, x: t.nn.functional.grid_sample(picture(x), t.zeros(1, 2, 5, 2), align_corners=False),
    "batch_norm": lambda t, x: batch_norm(t, x, True),
    "batch_norm_evaluating": lambda t, x: batch_norm(t, x, False),
}
# For these the strides are PyTorch's too, where those leave no gaps.
ALIKE = {"exp", "clone", "double", "zeros_like", "cat", "sum", "softmax", "cumsum"}

LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "in order": lambda x: x,
    "last two swapped": lambda x: x.permute(0, 2, 1),
    "first last": lambda x: x.permute(1, 2, 0),
    "backwards": lambda x: x.permute(2, 1, 0),
    "every other": lambda x: x[:, :, ::2],
    "repeated": lambda x: x[:, :1].expand(2, 3, 4),
    "a matrix": lambda x: x[0].t(),
}
NUMBERS = np.arange(1, 25, dtype=np.float32).reshape(2, 3, 4)


def strides(x: Any) -> list[int]:
    return [step for step, n in zip(x.stride(), x.shape, strict=True) if n != 1]


@pytest.mark.parity
@pytest.mark.parametrize("name", CALLS)
def test_in_order_where_pytorchs_are(name: str) -> None:
    torch = pytest.importorskip("torch")
    for layout, of in LAYOUTS.items():
        theirs = CALLS[name](torch, of(torch.tensor(NUMBERS)))
        ours = CALLS[name](glassnet, of(glassnet.tensor(NUMBERS)))
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5, err_msg=layout)
        assert ours.is_contiguous() or not theirs.is_contiguous(), layout
        if name in ALIKE:
            assert strides(ours) == strides(theirs), layout


def test_view_of_what_was_picked_and_put_together() -> None:
    x = glassnet.tensor(NUMBERS[0])
    assert x[:, glassnet.tensor([0, 2])].view(-1).tolist() == [1, 3, 5, 7, 9, 11]
    for joined in (glassnet.stack([x.t(), x.t()]), glassnet.cat([x.t(), x.t()]), x.t().softmax(0), x.t().cumsum(0)):
        assert joined.view(-1).shape == (joined.numel(),)
    assert x.t().exp().stride() == (1, 4)


def test_view_of_what_was_pooled_or_normalized_after_a_permutation() -> None:
    F = glassnet.nn.functional
    x = glassnet.tensor(NUMBERS).permute(0, 2, 1)
    assert F.max_pool1d(x, 2).view(2, -1).tolist() == [[5, 6, 7, 8], [17, 18, 19, 20]]
    assert F.batch_norm(x, glassnet.zeros(4), glassnet.ones(4), eps=0.0).view(-1)[:3].tolist() == [1, 5, 9]
    sampled = F.grid_sample(x.unsqueeze(0), glassnet.zeros(1, 2, 5, 2), align_corners=False)
    assert sampled.view(-1).shape == (20,)


def test_a_gradient_lies_as_its_leaf_does() -> None:
    x = glassnet.tensor(NUMBERS, requires_grad=True)
    (x.transpose(0, 1) * 2).reshape(-1).sum().backward()
    assert x.grad is not None
    assert x.grad.view(-1).tolist() == [2.0] * 24
    (g,) = glassnet.autograd.grad((x.transpose(0, 1) * 2).reshape(-1).sum(), x)
    assert g.is_contiguous()
    leaf = glassnet.tensor(NUMBERS[0]).t().requires_grad_()
    leaf.exp().sum().backward()
    assert leaf.grad is not None
    assert leaf.grad.stride() == leaf.stride()


def test_channels_last() -> None:
    x = glassnet.arange(24).reshape(1, 2, 3, 4)
    y = x.contiguous(memory_format=glassnet.channels_last)
    assert (y == x).all()
    assert y.stride() == (24, 1, 8, 2)
    assert y.is_contiguous(memory_format=glassnet.channels_last)
    assert not y.is_contiguous()
    assert y.clone(memory_format=glassnet.contiguous_format).is_contiguous()
    assert glassnet.zeros_like(y).stride() == y.stride()
    assert glassnet.zeros_like(y, memory_format=glassnet.contiguous_format).is_contiguous()
    assert x.to(memory_format=glassnet.channels_last).stride() == y.stride()
    with pytest.raises(glassnet.ShapeError, match="channels_last: expected 4 dimensions"):
        x[0].contiguous(memory_format=glassnet.channels_last)
