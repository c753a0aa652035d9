"""Parametrizations: weights that are computed, eagerly and compiled, saved and set as PyTorch's are."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.nn import utils
from glassnet.nn.innermost import innermost
from glassnet.nn.utils import parametrizations, parametrize


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).T

    def right_inverse(self, x):
        return x.triu()


class Doubled(nn.Module):
    def forward(self, x):
        return 2 * x


MADE = {
    "weight norm": lambda: utils.weight_norm(nn.Linear(3, 4)),
    "weight norm of all": lambda: utils.weight_norm(nn.Linear(3, 4), dim=None),
    "spectral norm": lambda: utils.spectral_norm(nn.Linear(3, 4), n_power_iterations=2),
    "parametrized weight norm": lambda: parametrizations.weight_norm(nn.Linear(3, 4), dim=1),
    "parametrized spectral norm": lambda: parametrizations.spectral_norm(nn.Linear(3, 4)),
    "parametrized bias": lambda: parametrizations.spectral_norm(nn.Linear(3, 4), "bias"),
    "both": lambda: parametrizations.weight_norm(parametrizations.spectral_norm(nn.Linear(3, 4)), "bias"),
    "orthogonal columns": lambda: parametrizations.orthogonal(nn.Linear(3, 4)),
    "orthogonal rows": lambda: parametrizations.orthogonal(nn.Linear(4, 3), orthogonal_map="cayley"),
    "orthogonal, square": lambda: parametrizations.orthogonal(nn.Linear(3, 3)),
    "orthogonal, by reflections": lambda: parametrizations.orthogonal(
        nn.Linear(3, 4), orthogonal_map="householder", use_trivialization=False
    ),
    "two after each other": lambda: parametrizations.spectral_norm(parametrizations.weight_norm(nn.Linear(3, 4))),
}


OF_EACH_KIND = {
    "conv1d": (lambda: nn.Conv1d(2, 3, 2), "weight", (1, 2, 4)),
    "conv2d": (lambda: nn.Conv2d(2, 3, 2), "weight", (1, 2, 4, 4)),
    "conv3d": (lambda: nn.Conv3d(2, 3, 2), "bias", (1, 2, 4, 4, 4)),
    "transposed": (lambda: nn.ConvTranspose2d(2, 3, 2), "weight", (1, 2, 4, 4)),
    "recurrent": (lambda: nn.LSTM(2, 3), "weight_hh_l0", (4, 1, 2)),
    "cell": (lambda: nn.GRUCell(2, 3), "weight_ih", (1, 2)),
    "normalization": (lambda: nn.GroupNorm(2, 4), "bias", (1, 4, 3)),
    "activation": (lambda: nn.PReLU(4), "weight", (1, 4)),
    "transformer": (lambda: nn.TransformerEncoderLayer(4, 2, 3, dropout=0.0).linear1, "weight", (1, 4)),
}


@pytest.mark.parametrize("kind", OF_EACH_KIND)
@pytest.mark.parametrize("norm", [parametrizations.weight_norm, utils.weight_norm])
def test_a_layer_with_a_weight_norm_gives_at_first_what_it_gave(kind, norm):
    make, name, shape = OF_EACH_KIND[kind]
    layer, x = make(), glassnet.randn(*shape)
    getattr(layer, name).data += 0.5  # none is 0, which has no direction
    before = layer(x)
    after = norm(layer, name)(x)
    for y, wanted in zip(*((y,) if isinstance(y, glassnet.Tensor) else (y[0],) for y in (after, before)), strict=True):
        np.testing.assert_allclose(y.detach().numpy(), wanted.detach().numpy(), atol=1e-6)


@pytest.mark.parametrize("name", MADE)
def test_compiled_is_as_uncompiled(name):
    layer = MADE[name]()
    eager = nn.Sequential(layer, nn.Tanh(), nn.Linear(layer.out_features, 2)).double()
    results = []
    for model, through in ((copy.deepcopy(eager), lambda f: f), (eager, glassnet.compile)):
        optimizer = optim.Adam(model.parameters(), lr=0.05)

        @through
        def step(x, y, model=model, optimizer=optimizer):
            optimizer.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        rng = np.random.default_rng(0)
        losses = [
            step(*(glassnet.tensor(rng.standard_normal((5, n))) for n in (layer.in_features, 2))).item()
            for _ in range(5)
        ]
        state = {key: x.numpy() for key, x in model.state_dict().items()}
        results.append(
            (losses, state, model.eval()(glassnet.ones(1, layer.in_features, dtype=glassnet.float64)).detach().numpy())
        )
    (losses, state, y), (compiled_losses, compiled_state, compiled_y) = results
    np.testing.assert_allclose(compiled_losses, losses)
    assert list(compiled_state) == list(state)
    for key in state:
        np.testing.assert_allclose(compiled_state[key], state[key], err_msg=key)
    np.testing.assert_allclose(compiled_y, y)


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated:FutureWarning")
@pytest.mark.parametrize("name", MADE)
def test_they_are_pytorchs(name, monkeypatch):
    torch = pytest.importorskip("torch")
    ours = MADE[name]().double()
    for place in ("nn", "utils", "parametrizations"):
        monkeypatch.setitem(globals(), place, {**vars(torch.nn.utils), "nn": torch.nn, "utils": torch.nn.utils}[place])
    theirs = MADE[name]().double()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    theirs.load_state_dict({key: torch.tensor(x.numpy()) for key, x in ours.state_dict().items()})
    x = np.random.default_rng(0).standard_normal((5, ours.in_features))
    for _ in range(2):
        y, z = ours(glassnet.tensor(x)), theirs(torch.tensor(x))
        np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=0, atol=1e-10)
    (y * y).sum().backward()
    (z * z).sum().backward()
    their_parameters = dict(theirs.named_parameters())
    assert list(dict(ours.named_parameters())) == list(their_parameters)
    for key, p in ours.named_parameters():
        np.testing.assert_allclose(p.grad.numpy(), their_parameters[key].grad.numpy(), rtol=0, atol=1e-8, err_msg=key)
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key].numpy(), value.numpy(), rtol=0, atol=1e-10, err_msg=key)


@pytest.mark.parametrize("name", MADE)
def test_what_computes_a_weight_is_no_layer(name):
    layer = MADE[name]()
    assert list(innermost(nn.Sequential(nn.Sequential(layer)))) == [("0.0", layer)]
    assert list(innermost(layer)) == [("", layer)]


@pytest.mark.parametrize("name", MADE)
def test_a_copy_is_of_its_own(name):
    layer = MADE[name]()
    other = copy.deepcopy(layer)
    assert repr(other) == repr(layer)
    for p in other.parameters():
        p.data.add_(1.0)
    x = glassnet.ones(1, layer.in_features)
    assert not layer.eval()(x).equal(other.eval()(x))


def test_a_tensor_is_registered_set_and_removed():
    layer = nn.Linear(3, 3)
    weight = layer.weight
    assert parametrize.register_parametrization(layer, "weight", Symmetric()) is layer
    assert layer.parametrizations.weight.original is weight  # which optimizers may know
    assert repr(layer).startswith(
        "ParametrizedLinear(\n  in_features=3, out_features=3, bias=True\n  (parametrizations)"
    )
    assert layer.weight.equal(layer.weight.T)
    new = glassnet.tensor([[1.0, 2.0, 3.0], [2.0, 4.0, 5.0], [3.0, 5.0, 6.0]])
    layer.weight = new
    assert layer.weight.equal(new)
    parametrize.register_parametrization(layer, "weight", Doubled())
    assert layer.weight.equal(2 * new)
    with pytest.raises(RuntimeError, match="Doubled has no right_inverse"):
        layer.weight = new
    assert parametrize.is_parametrized(layer)
    assert not parametrize.is_parametrized(layer, "bias")
    parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear
    assert layer.weight is weight
    assert layer.weight.equal(2 * new)
    assert not parametrize.is_parametrized(layer)


def test_what_was_parametrized_can_be_the_original_again():
    layer = nn.Linear(3, 3)
    before = layer.weight.detach().clone()
    parametrize.register_parametrization(layer, "weight", Doubled())
    parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    assert layer.weight.equal(before)
    layer = parametrizations.weight_norm(nn.Linear(3, 3))
    with pytest.raises(ValueError, match=r"made of 2 tensors.*leave_parametrized=True"):
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    length = 2 * layer.parametrizations.weight.original0.detach()
    layer.parametrizations.weight.original0.data = length
    parametrize.remove_parametrizations(layer, "weight")
    np.testing.assert_allclose(np.linalg.norm(layer.weight.detach(), axis=1), length.flatten(), rtol=1e-6)


def test_what_is_parametrized_is_that_of_another():
    layer = parametrizations.orthogonal(parametrizations.weight_norm(nn.Linear(3, 3), "bias"))
    other = nn.Linear(3, 3, bias=False)
    other.bias = None
    del other.bias
    assert parametrize.transfer_parametrizations_and_params(layer, other) is other
    assert other.weight.equal(layer.weight)
    assert other.bias.equal(layer.bias)
    for p, q in zip(layer.parameters(), other.parameters(), strict=True):
        assert p is q
    third = nn.Linear(3, 3)
    parametrize.transfer_parametrizations_and_params(layer, third, "bias")
    assert not parametrize.is_parametrized(third, "weight")
    assert third.bias.equal(layer.bias)
    assert parametrize.transfer_parametrizations_and_params(nn.Linear(2, 2), third) is third
    with pytest.raises(ValueError, match="Linear has no parametrization of 'wait'"):
        parametrize.transfer_parametrizations_and_params(layer, third, "wait")
    assert parametrize.type_before_parametrizations(layer) is parametrize.type_before_parametrizations(third)


def test_a_state_of_the_old_weight_norm_is_loaded_into_the_new():
    def network(norm):
        return nn.Sequential(nn.Linear(2, 3), nn.ModuleDict({"a": norm(nn.Linear(3, 2), "bias")}))

    old, new = network(utils.weight_norm), network(parametrizations.weight_norm)
    assert new.load_state_dict(old.state_dict()) == ([], [])
    assert new[1]["a"].bias.equal(old[1]["a"].bias)
    alone = parametrizations.weight_norm(nn.Linear(2, 2))
    alone.load_state_dict(utils.weight_norm(nn.Linear(2, 2)).state_dict())
    with pytest.raises(
        RuntimeError, match=r"missing 1.a.bias_g, 1.a.bias_v; unexpected 1.a.parametrizations.bias.orig"
    ):
        old.load_state_dict(new.state_dict())  # PyTorch does not either
    state = old.state_dict()
    del state["1.a.bias_g"]
    with pytest.raises(RuntimeError, match=r"missing 1.a.parametrizations.bias.original0. Nothing was changed"):
        new.load_state_dict(state)


def test_a_buffer_is_parametrized_as_a_buffer():
    module = nn.Module()
    module.register_buffer("table", glassnet.ones(2))
    parametrize.register_parametrization(module, "table", Doubled())
    assert module.table.tolist() == [2, 2]
    assert [name for name, _ in module.named_buffers()] == ["parametrizations.table.original"]
    parametrize.remove_parametrizations(module, "table")
    assert [name for name, _ in module.named_buffers()] == ["table"]


def test_the_largest_singular_value_is_1():
    for make in (utils.spectral_norm, parametrizations.spectral_norm):
        layer = make(nn.Linear(6, 5), n_power_iterations=50)
        assert abs(np.linalg.norm(layer.weight.detach().numpy(), 2) - 1) < 1e-5
        before = {key: x.clone() for key, x in layer.state_dict().items()}
        assert layer.eval().weight.equal(layer.weight)
        assert all(before[key].equal(x) for key, x in layer.state_dict().items())


@pytest.mark.parametrize("orthogonal_map", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("sizes", [(4, 4), (3, 5), (5, 3)])
def test_what_is_learned_stays_orthogonal(orthogonal_map, sizes):
    layer = parametrizations.orthogonal(nn.Linear(*sizes, dtype=glassnet.float64), orthogonal_map=orthogonal_map)
    optimizer = optim.SGD(layer.parameters(), lr=0.5)
    for _ in range(5):
        layer(glassnet.ones(1, sizes[0], dtype=glassnet.float64)).square().sum().backward()
        optimizer.step()
    weight = layer.weight.detach().numpy()
    gram = weight @ weight.T if sizes[1] < sizes[0] else weight.T @ weight
    np.testing.assert_allclose(gram, np.eye(min(sizes)), atol=1e-12)
    before = layer.weight.detach().clone()
    with glassnet.no_grad():
        layer.weight = before
    np.testing.assert_allclose(layer.weight.detach(), before, atol=1e-12)


def test_within_cached_a_compiled_step_sees_it_computed():
    layer = parametrizations.weight_norm(nn.Linear(2, 2))
    x = glassnet.ones(1, 2)
    with parametrize.cached():
        layer(x)
        call = glassnet.compile(lambda x: layer(x))
        call(x)
    layer.parametrizations.weight.original0.data.mul_(3.0)
    np.testing.assert_allclose(call(x).detach().numpy(), layer(x).detach().numpy(), rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: utils.weight_norm(nn.Linear(2, 2), "wait"), ValueError, "no parameter 'wait'; it has weight, bias"),
        (lambda: utils.spectral_norm(nn.Linear(2, 2), n_power_iterations=0), ValueError, "of 1 or more, got 0"),
        (lambda: utils.weight_norm(nn.Linear(2, 2), dim=2), IndexError, "dim must be between -2 and 1"),
        (
            lambda: parametrizations.orthogonal(nn.Linear(2, 2), orthogonal_map="qr"),
            ValueError,
            "householder, got 'qr'",
        ),
        (lambda: parametrizations.orthogonal(nn.Linear(2, 2), "bias"), ValueError, r"a matrix .* got shape \[2\]"),
        (
            lambda: utils.weight_norm(utils.weight_norm(nn.Linear(2, 2))),
            RuntimeError,
            "weight_norm: 'weight' of Linear is made from other parameters already; take that off first",
        ),
        (lambda: utils.spectral_norm(utils.spectral_norm(nn.Linear(2, 2))), RuntimeError, "spectral_norm: 'weight' of"),
        (lambda: utils.remove_weight_norm(nn.Linear(2, 2)), ValueError, "'weight' of Linear has no weight_norm"),
        (lambda: utils.remove_spectral_norm(utils.weight_norm(nn.Linear(2, 2))), ValueError, "has no spectral_norm"),
        (
            lambda: parametrize.register_parametrization(nn.Linear(2, 2), "wait", Doubled()),
            ValueError,
            "Linear has no parameter or buffer 'wait'; it has weight, bias",
        ),
        (lambda: parametrize.remove_parametrizations(nn.Linear(2, 2), "bias"), ValueError, "no parametrization of 'bi"),
        (
            lambda: parametrize.register_parametrization(nn.Linear(2, 2), "weight", nn.Flatten(0)),
            ValueError,
            r"Flatten: expected shape \[2, 2\], as the tensor has, got \[4\]",
        ),
    ],
)
def test_what_cannot_be_says_why_and_changes_nothing(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_refused_one_leaves_the_layer():
    layer = nn.Linear(2, 2)
    for dim in (2, 7):
        with pytest.raises(IndexError):
            utils.spectral_norm(layer, dim=dim)
        with pytest.raises(IndexError):
            utils.weight_norm(layer, dim=dim)
    with pytest.raises(ValueError, match="expected shape"):
        parametrize.register_parametrization(layer, "weight", nn.Flatten(0))
    assert type(layer) is nn.Linear
    assert list(layer.state_dict()) == ["weight", "bias"]
