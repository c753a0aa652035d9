"""Whose memory a result looks into where nothing has to be moved, with a kernel of 1 or one part: as PyTorch's."""

from __future__ import annotations

from typing import Any

import pytest

import glassnet as gn
from glassnet import nn
from tests.pytorch.twins import check_memory, torch

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore")]

# of an image i [2, 4, 4, 4], a matrix x [4, 4], a vector v [4] and whole numbers n [4]
CALLS = [
    "F.unfold(i, 1)", "F.unfold(i, (1, 4))", "F.unfold(i, (4, 4))", "F.unfold(i[0], 1)", "F.unfold(i, 2, stride=2)",
    "F.fold(i.flatten(2), (4, 4), 1)", "F.fold(i.reshape(2, 64, 1), (4, 4), (4, 4))", "nn.Unfold(1)(i)",
    "F.pixel_shuffle(i, 1)", "F.pixel_shuffle(i, 2)", "F.pixel_unshuffle(i, 1)", "nn.PixelUnshuffle(1)(i)",
    "F.channel_shuffle(i, 1)", "nn.ChannelShuffle(4)(i)", "nn.ChannelShuffle(2)(i)",
    "F.pad(i, (0, 0))", "F.pad(i, ())", "F.pad(i, (-1, 0))", "F.pad(i, (0, 0, 0, 0), 'reflect')",
    "F.pad(i, (0, 0, 0, 0), 'replicate')", "F.pad(i, (0, 0, 0, 0), 'circular')", "nn.ZeroPad2d(0)(i)",
    "F.interpolate(i, (4, 4))", "F.interpolate(i, (4, 4), mode='bilinear')", "nn.Upsample((4, 4), mode='bicubic')(i)",
    "F.avg_pool2d(i, 1)", "F.max_pool2d(i, 1)", "F.max_pool2d(i, 1, return_indices=True)", "F.lp_pool2d(i, 1, 1)",
    "F.adaptive_avg_pool2d(i, 4)", "F.adaptive_max_pool2d(i, 4)", "F.adaptive_avg_pool2d(i, (None, None))",
    "F.dropout(x, 0.0)", "F.dropout(x, 0.5, False)", "F.dropout(x, 1.0)", "nn.Dropout(0.5).eval()(x)",
    "F.dropout2d(i, 0.0)", "F.alpha_dropout(x, 0.0)", "F.alpha_dropout(x, 0.5)", "F.feature_alpha_dropout(i, 0.5)",
    "nn.Identity()(x)", "nn.Flatten()(x)", "nn.Flatten()(i)", "nn.Unflatten(0, (2, 2))(x)", "nn.Sequential()(x)",
    "F.hardtanh(x, -9, 9)", "F.leaky_relu(x, 1.0)", "F.relu(x)", "F.one_hot(n, 4)", "F.embedding(n, x)", "F.glu(x)",
    "rnn.pad_sequence([x])", "rnn.pad_sequence([x], batch_first=True)", "rnn.pack_sequence([x])",
    "rnn.pack_padded_sequence(x[:, None], [4])", "rnn.pack_sequence([x]).float()", "rnn.pack_sequence([x]).double()",
    "rnn.pad_packed_sequence(rnn.pack_sequence([x]))", "rnn.unpad_sequence(x[:, None], m.tensor([4]))",
    "rnn.unpack_sequence(rnn.pack_sequence([x]))",
    "nn.RNN(4, 4)(x)", "nn.GRU(4, 4, batch_first=True)(i[0])", "nn.LSTM(4, 4)(x)", "nn.LSTM(4, 4, proj_size=2)(i[0])",
    "nn.LSTM(4, 4)(rnn.pack_sequence([x]))", "nn.LSTMCell(4, 4)(x)", "nn.GRUCell(4, 4)(v)",
    "nn.MultiheadAttention(4, 2)(x, x, x)", "nn.MultiheadAttention(4, 1)(i[0], i[0], i[0])",
    "nn.MultiheadAttention(4, 2)(i[0], i[0], i[0], average_attn_weights=False)",
    "F.scaled_dot_product_attention(i, i, i)", "nn.utils.parameters_to_vector([v])",
    "m.broadcast_tensors(x, x)", "m.broadcast_tensors(x, v)", "x.expand(4, 4)", "x.expand(1, 4, 4)",
    "x[:, 0].ravel()", "x[:, 0].flatten()", "x[:, 0].reshape(2, 2)", "m.atleast_2d(x, v)", "m.cartesian_prod(v)",
    "m.meshgrid(v, v, indexing='ij')", "x.repeat(1, 1)", "x.roll(0)", "x.flip(())", "x.rot90(0)", "m.cat([x])",
    "m.diff(x, n=0)", "m.matrix_power(x, 1)", "m.einsum('ij->ji', x)", "m.einsum('ii->i', x)", "m.nonzero(x)",
    "m.linalg.svd(x)", "m.linalg.eigh(x)", "m.linalg.qr(x)", "m.aminmax(x)", "x[:1].max(0)", "x.sort()", "x.topk(4)",
]  # fmt: skip


def evaluated(library: Any, functional: Any, expression: str) -> tuple[Any, Any]:
    """What an expression gives, and the tensors it is made of."""
    operands = {
        "i": library.arange(128.0).reshape(2, 4, 4, 4).clone(),
        "x": library.arange(16.0).reshape(4, 4).clone(),
        "v": library.arange(4.0),
        "n": library.arange(4),
    }
    names = {"m": library, "nn": library.nn, "F": functional, "rnn": library.nn.utils.rnn}
    return eval(expression, names, operands), operands


@pytest.mark.parametrize("expression", CALLS)
def test_memory_is_shared_where_pytorchs_is(expression: str) -> None:
    (ours, mine), (theirs, other) = (
        evaluated(library, functional, expression)
        for library, functional in ((gn, nn.functional), (torch, torch.nn.functional))
    )
    check_memory(ours, theirs, mine, other)
