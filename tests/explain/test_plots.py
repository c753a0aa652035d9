"""Plots: what is drawn is what was computed, in the axes that were given."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn, optim

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")

from matplotlib import pyplot  # noqa: E402

from glassnet.explain import plots  # noqa: E402
from glassnet.explain.plots.axes import grid  # noqa: E402

HISTORY = [
    {"epoch": 1, "train_loss": 2.0, "val_loss": 2.5, "train_accuracy": 0.5, "lr": 0.1},
    {"epoch": 2, "train_loss": 1.0, "val_loss": 1.5, "train_accuracy": 0.75, "lr": 0.1},
]


@pytest.fixture(autouse=True)
def _closed():
    yield
    pyplot.close("all")


@pytest.fixture
def net():
    return nn.Sequential(nn.Linear(4, 9), nn.ReLU(), nn.Linear(9, 3))


@pytest.fixture
def batch():
    return glassnet.randn(20, 4), glassnet.randint(0, 3, (20,))


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_a_history_of_an_older_run():
    old = [{name.replace("val_", "held_out_"): value for name, value in epoch.items()} for epoch in HISTORY]
    assert list(lines(plots.curves(old)[0])) == list(lines(plots.curves(HISTORY)[0])) == ["training", "held out"]


# in what axes -------------------------------------------------------------------------------------

PICTURE, PICTURES = glassnet.ones(1, 5, 5), nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(18, 2))


class Attentive(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x)[0]


ONE = {
    "activation": lambda net, x, y, ax: plots.activation("relu", ax=ax),
    "confusion": lambda net, x, y, ax: plots.confusion(y, y, ax=ax),
    "decision_boundary": lambda net, x, y, ax: plots.decision_boundary(nn.Linear(2, 2), x[:, :2], y, ax=ax),
    "gradient_flow": lambda net, x, y, ax: plots.gradient_flow(net, x, y, F.cross_entropy, ax=ax),
    "hidden_state": lambda net, x, y, ax: plots.hidden_state(nn.GRU(4, 3), x.reshape(5, 4, 4), ax=ax),
    "loss_surface": lambda net, x, y, ax: plots.loss_surface(net, x, y, F.cross_entropy, steps=3, ax=ax),
    "optimizer_paths": lambda net, x, y, ax: plots.optimizer_paths(
        lambda a, b: a**2 + b**2, {"SGD": lambda p: optim.SGD(p, lr=0.1)}, ax=ax
    ),
}
MANY = {
    "activations": (3, lambda net, x, y, ax: plots.activations(net, x, ax=ax)),
    "attention_maps": (2, lambda net, x, y, ax: plots.attention_maps(Attentive(), x.reshape(4, 5, 4), ax=ax)),
    "curves": (2, lambda net, x, y, ax: plots.curves(HISTORY, ax=ax)),
    "gradients": (4, lambda net, x, y, ax: plots.gradients(net, x, y, F.cross_entropy, ax=ax)),
    "feature_maps": (2, lambda net, x, y, ax: plots.feature_maps(PICTURES, PICTURE, ax=ax)),
    "kernels": (2, lambda net, x, y, ax: plots.kernels(PICTURES, ax=ax)),
    "saliency": (2, lambda net, x, y, ax: plots.saliency(PICTURES, PICTURE, ax=ax)),
    "weights": (9, lambda net, x, y, ax: plots.weights(net, ax=ax)),
}


def test_every_plot_is_tested():
    assert sorted([*ONE, *MANY, "attributions"]) == plots.__all__  # which gives the numbers of a saliency


@pytest.mark.parametrize("name", ONE)
def test_a_plot_goes_into_the_axes_that_are_given_or_into_new_ones(name, net, batch):
    given = pyplot.figure().subplots()
    assert ONE[name](net, *batch, given) is given
    assert given.has_data()
    assert ONE[name](net, *batch, None) is not given


@pytest.mark.parametrize("name", MANY)
def test_several_plots_go_into_as_many_axes(name, net, batch):
    n, draw = MANY[name]
    given = pyplot.figure().subplots(1, n)
    assert draw(net, *batch, given) == list(given)
    assert all(ax.has_data() for ax in given)
    assert len(draw(net, *batch, None)) == n
    with pytest.raises(ValueError, match=f"expected {n} axes, one for each plot, got 1"):
        draw(net, *batch, given[0])


@pytest.mark.parametrize("name", [*ONE, *MANY])
def test_a_network_is_as_before(name, net, batch):
    draw = ONE.get(name) or MANY[name][1]
    for parameter in net.parameters():
        parameter.grad = glassnet.ones_like(parameter)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    draw(net, *batch, None)
    assert all((before[k] == v).all() for k, v in net.state_dict().items())
    assert all((p.grad == 1).all() for p in net.parameters())
    assert net.training


# functions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["softmax", F.log_softmax, lambda x: x / x.square().sum()])
def test_what_is_not_of_each_number_by_itself_has_no_curve(function):
    with pytest.raises(ValueError, match="depends on the others, so that it has no curve"):
        plots.activation(function)


def test_an_activation_and_its_derivative():
    ax = plots.activation("sigmoid", F.relu, nn.Tanh(), glassnet.ops.registry["step"], derivative=True, domain=(-2, 2))
    drawn = lines(ax)
    x, y = drawn["sigmoid"].get_data()
    np.testing.assert_allclose(y, 1 / (1 + np.exp(-x)))
    np.testing.assert_allclose(drawn["sigmoid′"].get_ydata(), y * (1 - y))
    np.testing.assert_allclose(drawn["relu′"].get_ydata(), x > 0)
    np.testing.assert_allclose(drawn["Tanh"].get_ydata(), np.tanh(x))
    assert not drawn["step′"].get_ydata().any()
    assert (x[0], x[-1]) == (-2, 2)
    assert len(ax.get_legend().get_texts()) == 8


def test_one_function_needs_no_legend():
    ax = plots.activation("relu")
    assert ax.get_legend() is None
    assert ax.get_title() == "relu"


@pytest.mark.parametrize(
    ("functions", "domain", "message"),
    [
        ((), (-1, 1), "expected one function or more"),
        (("relu",), (1, 1), "a domain"),
        (("relu",), (0, float("nan")), "a domain"),
        (("sigmod",), (-1, 1), "got 'sigmod'; did you mean sigmoid"),
        ((lambda x: x.sum(),), (-1, 1), r"a function of each number by itself, \[1001\] to \[1001\], got shape \[\]"),
        ((lambda x: 3,), (-1, 1), "got int"),
    ],
)
def test_what_is_no_function_of_a_number(functions, domain, message):
    with pytest.raises(ValueError, match=message):
        plots.activation(*functions, domain=domain)


# what came of training ------------------------------------------------------------------------------


def test_curves_have_the_numbers_of_the_history():
    loss, accuracy = plots.curves(HISTORY)
    assert (loss.get_title(), accuracy.get_title()) == ("loss", "accuracy")
    assert list(lines(loss)["training"].get_ydata()) == [2.0, 1.0]
    assert list(lines(loss)["held out"].get_ydata()) == [2.5, 1.5]
    assert list(lines(accuracy)) == ["training"]
    (only,) = plots.curves(HISTORY[:1], metrics=["accuracy"])
    assert lines(only)["training"].get_marker() == "o"  # a line of one point cannot be seen


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.curves([]), "got none; train first"),
        (lambda: plots.curves({"loss": [2.0, 1.0]}), "a list of mappings, one an epoch: .*, got dict of str"),
        (lambda: plots.curves([2.0, 1.0]), "got list of float"),
        (lambda: plots.curves(HISTORY, ["f1"]), "expected some of loss, accuracy, got 'f1'"),
        (lambda: plots.confusion([0, 1], [0]), r"got \[2\] and \[1\]"),
        (lambda: plots.confusion([], []), r"got \[0\]"),
        (lambda: plots.confusion([-1], [0]), "0 or more"),
        (lambda: plots.confusion([2], [0], ["a", "b"]), "expected 3 names of classes, got 2"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_confusion_matrix_counts():
    ax = plots.confusion([0, 0, 1, 2], [0, 1, 1, 1], ["cat", "dog", "bird"])
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {(0, 0): "1", (1, 0): "1", (1, 1): "1", (1, 2): "1"}
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cat", "dog", "bird"]
    many = plots.confusion(range(30), range(30))
    assert not many.texts  # they could not be read


def test_of_many_classes_the_worst_confusions_are_drawn():
    ax = plots.confusion([*range(31), 5, 5, 7], [*range(31), 6, 6, 8], [f"c{i}" for i in range(31)])
    assert [bar.get_width() for bar in ax.patches] == [2, 1]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["c5 → c6", "c7 → c8"]
    assert plots.confusion([10**12], [10**12]).get_xlabel() == "no mistakes"


# layers ---------------------------------------------------------------------------------------------


def test_weights_are_pictures(net):
    drawn = plots.weights(net, units=5)
    assert len(drawn) == 5
    np.testing.assert_array_equal(drawn[3].images[0].get_array(), net[0].weight[3].detach().numpy().reshape(2, 2))


@pytest.mark.parametrize(
    ("model", "shape", "message"),
    [
        (nn.ReLU(), None, "got ReLU without"),
        (nn.Linear(6, 2), None, "a picture of 6 numbers, as weight has them for each unit, got None"),
        (nn.Linear(6, 2), (2, 2), r"got \(2, 2\)"),
        (nn.Linear(6, 2), (6,), r"got \(6,\)"),
    ],
)
def test_weights_that_are_no_picture(model, shape, message):
    with pytest.raises(ValueError, match=message):
        plots.weights(model, shape)


def test_histograms_hold_every_number(net, batch):
    x, y = batch
    by_layer = plots.activations(net, x)
    zeros = (F.relu(net[0](x)) == 0).float().mean().item()
    assert by_layer[1].get_title() == f"1 ReLU\n{100 * zeros:.0f} % zero"
    assert by_layer[0].patches[0].get_data().values.sum() == 20 * 9
    by_parameter = plots.gradients(net, x, y, F.cross_entropy)
    assert [ax.get_title() for ax in by_parameter] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert by_parameter[0].patches[0].get_data().values.sum() == 36


def test_what_is_not_finite_is_counted(net, batch):
    x = batch[0].clone()
    x[0, 0] = float("nan")
    first, *_ = plots.activations(net, x)
    assert first.get_title() == "0 Linear\n9 not finite"


def test_a_layer_that_is_used_again_comes_again(batch):
    layer = nn.Linear(4, 4)
    drawn = plots.activations(nn.Sequential(layer, nn.Tanh(), layer), batch[0])
    assert [ax.get_title() for ax in drawn] == ["0 Linear", "1 Tanh", "0 Linear (2)"]


def test_without_layers_there_is_nothing_to_draw(batch):
    class Pair(nn.Module):
        def forward(self, x):
            return x, x

    with pytest.raises(ValueError, match="expected a network of layers"):
        plots.activations(Pair(), batch[0])


def test_gradient_flow_is_of_the_gradients(net, batch):
    x, y = batch
    drawn = lines(plots.gradient_flow(net, x, y, F.cross_entropy))
    for parameter in net.parameters():
        parameter.grad = None
    F.cross_entropy(net(x), y).backward()
    np.testing.assert_allclose(drawn["mean"].get_ydata(), [p.grad.abs().mean().item() for p in net.parameters()])
    np.testing.assert_allclose(drawn["maximum"].get_ydata(), [p.grad.abs().max().item() for p in net.parameters()])


def test_a_gradient_that_is_all_zero_is_marked(batch):
    dead = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 3))
    dead[0].bias.data.fill_(-100.0)
    drawn = lines(plots.gradient_flow(dead, *batch, F.cross_entropy))
    assert list(drawn["all zero"].get_xdata()) == [0, 1, 2]
    dead[2].weight.requires_grad_(False), dead[2].bias.requires_grad_(False)
    assert plots.gradient_flow(dead, *batch, F.cross_entropy).get_yscale() == "linear"


# the plane ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("last", [nn.Identity(), nn.Sigmoid()])
def test_the_boundary_is_where_the_decision_changes(outputs, last):
    layer = nn.Linear(2, outputs)
    layer.weight.data.zero_()
    layer.bias.data.zero_()
    layer.weight.data[-1, 0] = 100.0  # class 1 to the right of 0
    points = glassnet.tensor([[-1.0, 0.0], [1.0, 0.0], [0.5, 1.0]])
    ax = plots.decision_boundary(nn.Sequential(layer, last), points, glassnet.tensor([0, 1, 1]))
    field = ax.collections[0].get_array().reshape(200, 200)
    across = np.linspace(-1.3, 1.3, 200)
    assert (field == (across > 0)).all()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["0", "1"]


def test_points_may_have_no_classes():
    assert plots.decision_boundary(nn.Linear(2, 3), glassnet.randn(5, 2)).get_legend() is None
    with pytest.raises(ValueError, match=r"expected points \[n, 2\], got \[5, 3\]"):
        plots.decision_boundary(nn.Linear(3, 3), glassnet.randn(5, 3))


def test_a_surface_has_the_loss_in_its_middle(net, batch):
    from glassnet.explain.plots.surfaces import surface_of

    x, y = batch
    losses, places = surface_of(net, x, y, F.cross_entropy, 0.5, 5, seed=1)
    assert losses[2, 2] == pytest.approx(F.cross_entropy(net(x), y).item())
    assert list(places) == [-0.5, -0.25, 0.0, 0.25, 0.5]
    assert np.ptp(losses) > 0
    again, _ = surface_of(net, x, y, F.cross_entropy, 0.5, 5, seed=1)
    np.testing.assert_array_equal(losses, again)
    with pytest.raises(ValueError, match="expected 2 steps or more"):
        plots.loss_surface(net, x, y, F.cross_entropy, steps=1)


def test_paths_are_the_optimizers():
    ax = plots.optimizer_paths(
        lambda x, y: x**2 / 20 + y**2, {"SGD": lambda p: optim.SGD(p, lr=0.5)}, start=(-4.0, 2.0), steps=2
    )
    x, y = lines(ax)["SGD"].get_data()
    np.testing.assert_allclose(x, [-4, -4 * 0.95, -4 * 0.95**2])
    np.testing.assert_allclose(y, [2, 0, 0])
    with pytest.raises(ValueError, match="expected optimizers and a domain"):
        plots.optimizer_paths(lambda x, y: x, {})


def test_without_matplotlib_it_says_how_to_install_it(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install \"glassnet\[plot\]\""):
        grid(1)
