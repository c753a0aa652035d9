"""The layers of transformers: beside PyTorch's with every option, compiled, and what they say to what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import nn

N, L, S, E = 2, 3, 4, 4
SMALL = {"dim_feedforward": 5, "dropout": 0.0}
TO_COME = nn.Transformer.generate_square_subsequent_mask(L).numpy()
PADDING = np.arange(S) >= np.array([[4], [2]])


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def sequences(batch_first: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """One of S positions, and one of L."""
    pair = numbers(N, S, E), numbers(N, L, E, seed=1)
    return pair if batch_first else tuple(x.swapaxes(0, 1) for x in pair)


def layer(**options: Any) -> nn.TransformerEncoderLayer:
    return nn.TransformerEncoderLayer(E, 2, **{**SMALL, "batch_first": True, **options}).double()


# what they compute --------------------------------------------------------------------------------


@pytest.mark.parametrize("norm_first", [False, True])
def test_an_encoder_layer_is_made_of_its_parts(norm_first: bool) -> None:
    net, x = layer(norm_first=norm_first), glassnet.tensor(numbers(N, S, E))

    def look(x: glassnet.Tensor) -> glassnet.Tensor:
        return net.self_attn(x, x, x)[0]

    def feed(x: glassnet.Tensor) -> glassnet.Tensor:
        return net.linear2(net.linear1(x).relu())

    if norm_first:
        y = x + look(net.norm1(x))
        y = y + feed(net.norm2(y))
    else:
        y = net.norm1(x + look(x))
        y = net.norm2(y + feed(y))
    np.testing.assert_allclose(net(x).detach().numpy(), y.detach().numpy(), rtol=1e-12)


def test_copies_have_weights_of_their_own() -> None:
    encoder = nn.TransformerEncoder(layer(), 2)
    first, second = encoder.layers
    assert first.linear1.weight is not second.linear1.weight
    assert first.linear1.weight.equal(second.linear1.weight)


def test_what_is_hidden_changes_nothing() -> None:
    net, x = layer(), glassnet.tensor(numbers(1, S, E))
    padding = glassnet.tensor([[False, False, False, True]])
    shorter = net(x[:, :3]).detach().numpy()
    np.testing.assert_allclose(net(x, src_key_padding_mask=padding)[:, :3].detach().numpy(), shorter)
    mask = nn.Transformer.generate_square_subsequent_mask(S)
    np.testing.assert_allclose(
        net(x, src_mask=mask)[0, :2].detach().numpy(), net(x[:, :2], src_mask=mask[:2, :2])[0].detach().numpy()
    )


def test_dropout_is_in_training_alone() -> None:
    net, x = layer(dropout=0.5), glassnet.tensor(numbers(N, S, E))
    assert not net(x).equal(net(x))
    net.eval()
    assert net(x).equal(net(x))


def test_how_a_transformer_begins() -> None:
    net = nn.Transformer(64, 2, 1, 1, 32)
    bound = (6 / (64 + 32)) ** 0.5
    for linear in (net.encoder.layers[0].linear1, net.decoder.layers[0].linear2):
        assert 0.9 * bound < abs(linear.weight.array).max() <= bound


# what does not fit ----------------------------------------------------------------------------------


def transformer(**options: Any) -> nn.Transformer:
    return nn.Transformer(E, 2, 1, 1, 5, **options)


def x(*shape: int) -> glassnet.Tensor:
    return glassnet.zeros(*shape)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.TransformerEncoderLayer(5, 2), AssertionError, "embed_dim, .*5 / 2 = 2.5; take 1 or 5 heads"),
        (lambda: nn.TransformerEncoderLayer(4, 2, 0), ValueError, "TransformerEncoderLayer: .*dim_feedforward of 1 or"),
        (
            lambda: nn.TransformerDecoderLayer(4, 2, activation="swish"),
            RuntimeError,
            'TransformerDecoderLayer: expected an activation "relu" or "gelu", or a function, got \'swish\'',
        ),
        (lambda: nn.TransformerEncoder(layer(), 0), ValueError, "TransformerEncoder: expected num_layers of 1 or more"),
        (lambda: layer().float()(x(2, 3, 5)), RuntimeError, r"in self_attn .*a query of width 4 \(embed_dim\), got 5"),
        (
            lambda: layer().float()(x(2, 3, 4), src_mask=x(3, 4)),
            RuntimeError,
            r"in self_attn .*\[query length, key length\] = \[3, 3\]",
        ),
        (
            lambda: transformer()(x(4, 2, 4), x(3, 1, 4)),
            RuntimeError,
            r"sequences \[L, N, d_model\] .batch_first=True puts N first. of one batch size N, got src \[4, 2, 4\]",
        ),
        (
            lambda: transformer(batch_first=True)(x(4, 2, 5), x(4, 2, 4)),
            RuntimeError,
            r"of width 4 \(d_model\), got src \[4, 2, 5\] and tgt \[4, 2, 4\]",
        ),
    ],
)
def test_what_does_not_fit_says_so(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        call()


# compiled -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm_first", [False, True])
def test_a_compiled_training_step_is_the_same(norm_first: bool) -> None:
    def trained(compiled: bool) -> tuple[list[float], str]:
        glassnet.manual_seed(0)
        net = nn.TransformerEncoder(layer(norm_first=norm_first, activation="gelu", dropout=0.1), 2)
        optimizer = glassnet.optim.Adam(net.parameters())

        def step(x: glassnet.Tensor, mask: glassnet.Tensor) -> glassnet.Tensor:
            optimizer.zero_grad()
            loss = net(x, mask=mask, is_causal=True).square().mean()
            loss.backward()
            optimizer.step()
            return loss

        run: Callable[..., glassnet.Tensor] = glassnet.compile(step) if compiled else step
        inputs = glassnet.tensor(numbers(N, S, E)), nn.Transformer.generate_square_subsequent_mask(S).double()
        return [run(*inputs).item() for _ in range(4)], getattr(run, "source", "")

    losses, source = trained(compiled=True)
    np.testing.assert_allclose(losses, trained(compiled=False)[0], rtol=1e-12)
    assert losses[-1] < losses[0]
    for call in ("np.matmul(q_scaled, k_T, ", "masked_softmax(scores, ", "np.add(queries_matmul, "):
        assert call in source  # as the formulas have it


# beside PyTorch -------------------------------------------------------------------------------------

OPTIONS: list[dict[str, Any]] = [
    {},
    {"batch_first": True, "activation": "gelu", "layer_norm_eps": 1e-2},
    {"norm_first": True, "bias": False},
    {"batch_first": True, "activation": "tanh"},
]
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "encoder layer": ("TransformerEncoderLayer", {"src_key_padding_mask": PADDING}),
    "encoder layer, causal": (
        "TransformerEncoderLayer",
        {"src_mask": ~np.tri(S, dtype=bool), "is_causal": True},
    ),
    "decoder layer": ("TransformerDecoderLayer", {"tgt_mask": TO_COME, "tgt_is_causal": True}),
    "decoder layer, padding": ("TransformerDecoderLayer", {"memory_key_padding_mask": PADDING}),
    "transformer": ("Transformer", {"tgt_mask": TO_COME, "src_key_padding_mask": np.where(PADDING, -np.inf, 0.0)}),
}


@pytest.mark.parity
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.filterwarnings("ignore:enable_nested_tensor:UserWarning")
def test_every_option_is_pytorchs(options: dict[str, Any], call: str) -> None:
    torch = pytest.importorskip("torch")
    kind, given = CALLS[call]
    sizes = (E, 2, 2, 2) if kind == "Transformer" else (E, 2)
    src, tgt = sequences(options.get("batch_first", False))
    arrays = {"TransformerEncoderLayer": [src], "TransformerDecoderLayer": [tgt, src], "Transformer": [src, tgt]}[kind]
    results, leaves, networks = [], [], []
    for lib in (glassnet, torch):
        chosen = {**SMALL, **options}
        if chosen.get("activation") == "tanh":
            chosen["activation"] = lib.tanh
        networks.append(getattr(lib.nn, kind)(*sizes, **chosen).double())
    ours, theirs = networks
    assert list(ours.state_dict()) == list(theirs.state_dict())
    theirs.load_state_dict({key: torch.tensor(value.array) for key, value in ours.state_dict().items()})
    for lib, network in zip((glassnet, torch), networks, strict=True):
        inputs = [lib.tensor(a.copy(), requires_grad=True) for a in arrays]
        masks = {key: lib.tensor(m) if isinstance(m, np.ndarray) else m for key, m in given.items()}
        y = network(*inputs, **masks)
        (y * lib.tensor(numbers(*y.shape))).sum().backward()
        results.append(y.detach().numpy())
        leaves.append([*inputs, *network.parameters()])
    np.testing.assert_allclose(*results, rtol=0, atol=1e-10)
    for p, q in zip(*leaves, strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=0, atol=1e-8)


@pytest.mark.parity
@pytest.mark.parametrize("kind", ["TransformerEncoderLayer", "TransformerDecoderLayer"])
def test_modules_come_in_the_order_of_pytorchs(kind):
    torch = pytest.importorskip("torch")
    ours, theirs = (getattr(lib.nn, kind)(4, 2, 8, activation=lib.nn.GELU()) for lib in (glassnet, torch))
    assert [path for path, _ in ours.named_modules()] == [path for path, _ in theirs.named_modules()]
