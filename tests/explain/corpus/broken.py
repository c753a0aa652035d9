"""Training scripts with one thing wrong each: three or more of a kind, on different networks."""

from __future__ import annotations

from typing import Any

import numpy as np

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.data import DataLoader, TensorDataset
from tests.explain.corpus.common import (
    Digits,
    Residual,
    Script,
    Words,
    binary,
    blobs,
    broken,
    digits,
    line,
    mlp,
    moons,
    rng,
    stepping,
    tensors,
    wave,
    words,
)

# softmax ------------------------------------------------------------------------------------------------


@broken("softmax_before_loss")
def softmax_in_the_network() -> Script:
    return Script(mlp(4, 16, 3, last=nn.Softmax(dim=1)), blobs())


@broken("softmax_before_loss")
def softmax_in_forward() -> Script:
    class Net(Digits):
        def forward(self, x: Any) -> Any:
            return F.softmax(super().forward(x), dim=-1)

    return Script(Net(), digits())


@broken("softmax_before_loss")
def sigmoid_before_logits_loss() -> Script:
    return Script(mlp(2, 32, 1, last=nn.Sigmoid()), binary(), F.binary_cross_entropy_with_logits)


@broken("softmax_before_loss")
def nll_of_probabilities() -> Script:
    return Script(nn.Sequential(Words(), nn.Softmax(dim=1)), words(), F.nll_loss)


@broken("softmax_before_loss")
def nll_of_scores() -> Script:
    return Script(Residual(4, 16, 3), blobs(), F.nll_loss)


@broken("softmax_over_samples")
def softmax_dim_0() -> Script:
    model = mlp(4, 16, 3, last=nn.Softmax(dim=0))
    return Script(model, blobs(), lambda p, y: -(p[glassnet.arange(len(y)), y] + 1e-8).log().mean())


@broken("softmax_over_samples")
def log_softmax_dim_0() -> Script:
    return Script(mlp(2, 32, 2, last=nn.LogSoftmax(dim=0)), moons(), F.nll_loss)


@broken("softmax_over_samples")
def softmax_dim_0_in_loss() -> Script:
    return Script(Digits(), digits(), lambda o, y: F.nll_loss(F.log_softmax(o, dim=0), y))


# targets ------------------------------------------------------------------------------------------------


def _mse(output: Any, y: Any) -> Any:
    return ((output - y) ** 2).mean()


@broken("silent_broadcast")
def outputs_n_targets_n_1() -> Script:
    model = mlp(5, 16, 1)
    return Script(model, line(), lambda o, y: _mse(o.squeeze(1), y))


@broken("silent_broadcast")
def outputs_n_1_targets_n() -> Script:
    x, y = wave()
    return Script(mlp(1, 32, 32, 1, activation=nn.Tanh), (x, y.squeeze(1)), _mse)


@broken("silent_broadcast")
def absolute_errors_of_a_residual() -> Script:
    x, y = line(seed=3)
    return Script(Residual(5, 16, 1), (x, y.squeeze(1)), lambda o, t: (o - t).abs().mean())


@broken("silent_broadcast")
def mse_loss_of_two_shapes() -> Script:
    x, y = line(seed=4)
    return Script(nn.Linear(5, 1), (x, y.squeeze(1)), F.mse_loss)


@broken("labels_out_of_range")
def labels_from_one() -> Script:
    x, y = blobs()
    return Script(mlp(4, 16, 3), (x, y + 1))


@broken("labels_out_of_range")
def too_few_outputs() -> Script:
    return Script(Digits(classes=8), digits())


@broken("labels_out_of_range")
def negative_labels() -> Script:
    x, y = words()
    return Script(Words(), (x, y * 2 - 1))


@broken("unscaled_inputs")
def pixels_to_255() -> Script:
    x, y = digits()
    return Script(Digits(), (x * 255, y))


@broken("unscaled_inputs")
def a_column_of_thousands() -> Script:
    x, y = line()
    x = x.clone()
    x[:, 2] = x[:, 2] * 3000 + 20000
    return Script(mlp(5, 16, 1), (x, y), F.mse_loss)


@broken("unscaled_inputs")
def columns_of_different_scales() -> Script:
    x, y = blobs()
    return Script(Residual(4, 16, 3), (x * glassnet.tensor([8.0, 0.01, 1.0, 0.05]), y))


# what flows ---------------------------------------------------------------------------------------------


@broken("dead_relu")
def biases_of_minus_ten() -> Script:
    model = mlp(4, 16, 3)
    nn.init.constant_(model[0].bias, -10.0)
    return Script(model, blobs())


@broken("dead_relu")
def dead_second_layer() -> Script:
    model = mlp(2, 32, 32, 2)
    nn.init.constant_(model[2].bias, -5.0)
    return Script(model, moons())


@broken("dead_relu")
def dead_digits() -> Script:
    model = Digits()
    nn.init.normal_(model.fc1.weight, mean=-0.5, std=0.1)
    return Script(model, digits())


@broken("saturated")
def large_weights_before_sigmoid() -> Script:
    model = mlp(4, 16, 3, activation=nn.Sigmoid)
    nn.init.normal_(model[0].weight, std=30.0)
    return Script(model, blobs())


@broken("saturated")
def large_weights_before_tanh() -> Script:
    model = mlp(1, 32, 1, activation=nn.Tanh)
    nn.init.normal_(model[0].weight, std=40.0)
    return Script(model, wave(), F.mse_loss)


@broken("saturated")
def large_biases_before_tanh() -> Script:
    model = nn.Sequential(nn.Flatten(), *mlp(64, 32, 32, 10, activation=nn.Tanh))
    nn.init.constant_(model[3].bias, 9.0)
    return Script(model, digits())


@broken("vanishing_gradients")
def twelve_sigmoids() -> Script:
    return Script(mlp(4, *[16] * 12, 3, activation=nn.Sigmoid), blobs())


@broken("vanishing_gradients")
def small_weights() -> Script:
    model = mlp(2, 32, 32, 32, 32, 2, activation=nn.Tanh)
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=0.01)
    return Script(model, moons())


@broken("vanishing_gradients")
def deep_sigmoids_on_digits() -> Script:
    return Script(nn.Sequential(nn.Flatten(), *mlp(64, *[24] * 9, 10, activation=nn.Sigmoid)), digits())


@broken("exploding_gradients", "weights_too_large")
def weights_of_five() -> Script:
    model = mlp(4, *[32] * 6, 3)
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=3.0)
    return Script(model, blobs())


@broken("exploding_gradients", "weights_too_large")
def residual_that_doubles() -> Script:
    model = Residual(2, 32, 2, depth=8)
    for block in model.blocks:
        nn.init.normal_(block.weight, std=2.0)
    return Script(model, moons())


@broken("unscaled_targets")
def huge_targets() -> Script:
    x, y = wave()
    return Script(mlp(1, 32, 1, activation=nn.Tanh), (x, y * 1e6), F.mse_loss)


@broken("symmetric_weights")
def all_zero() -> Script:
    model = mlp(4, 16, 3)
    for p in model.parameters():
        nn.init.zeros_(p)
    return Script(model, blobs())


@broken("symmetric_weights")
def all_the_same() -> Script:
    model = mlp(1, 16, 16, 1, activation=nn.Tanh)
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.constant_(layer.weight, 0.1)
    return Script(model, wave(), F.mse_loss)


@broken("symmetric_weights")
def rows_the_same() -> Script:
    model = Digits()
    with glassnet.no_grad():
        model.fc1.weight.copy_(model.fc1.weight[:1].expand(32, 64))
    return Script(model, digits())


@broken("not_finite")
def log_of_zero() -> Script:
    x, y = line()
    return Script(mlp(5, 16, 1), (x, y), lambda o, t: (F.relu(o).log() - t).square().mean())


@broken("not_finite")
def a_missing_value() -> Script:
    x, y = blobs()
    x = x.clone()
    x[7, 1] = float("nan")
    return Script(mlp(4, 16, 3), (x, y))


@broken("not_finite")
def exp_overflows() -> Script:
    class Net(Residual):
        def forward(self, x: Any) -> Any:
            e = (super().forward(x) * 200).exp()
            return (e / e.sum(1, keepdim=True)).log()

    return Script(Net(4, 16, 3), blobs(), F.nll_loss)


@broken("not_finite")
def division_by_zero() -> Script:
    class Normed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(64, 10)

        def forward(self, x: Any) -> Any:
            x = x.flatten(1)
            return self.fc((x - x.mean(0)) / (x - x.mean(0)).square().mean(0).sqrt())  # some pixels are always 0

    return Script(Normed(), digits())


# learning -------------------------------------------------------------------------------------------------


def _sgd(model: nn.Module, data: Any, loss: Any, lr: float) -> Script:
    return Script(model, data, loss, optim.SGD(model.parameters(), lr=lr))


@broken("learning_rate_too_high")
def sgd_on_a_line() -> Script:
    return _sgd(nn.Linear(5, 1), line(), F.mse_loss, 3.0)


@broken("learning_rate_too_high")
def adam_with_five() -> Script:
    model = mlp(2, 32, 2)
    return Script(model, moons(), F.cross_entropy, optim.Adam(model.parameters(), lr=5.0))


@broken("learning_rate_too_high")
def residual_with_twenty() -> Script:
    return _sgd(Residual(4, 16, 3), blobs(), F.cross_entropy, 20.0)


@broken("learning_rate_too_high")
def digits_with_momentum() -> Script:
    model = Digits()
    return Script(model, digits(), F.cross_entropy, optim.SGD(model.parameters(), lr=20.0, momentum=0.9))


@broken("learning_rate_too_low")
def adam_with_a_millionth() -> Script:
    model = mlp(4, 16, 3)
    return Script(model, blobs(), F.cross_entropy, optim.Adam(model.parameters(), lr=1e-6))


@broken("learning_rate_too_low")
def sgd_with_a_ten_thousandth() -> Script:
    return _sgd(Digits(), digits(), F.cross_entropy, 1e-5)


@broken("learning_rate_too_low")
def line_that_creeps() -> Script:
    return _sgd(nn.Linear(5, 1), line(), F.mse_loss, 1e-5)


@broken("constant_inputs")
def targets_at_random_beside_the_same_inputs() -> Script:
    x = np.ones((128, 4))
    return Script(mlp(4, 16, 3), tensors(x, np.arange(128) % 3))


@broken("cannot_overfit")
def relu_after_the_last_layer() -> Script:
    x, y = wave()
    model = mlp(1, 32, 1, last=nn.Sigmoid())
    return Script(model, (x, -y.abs() - 1), F.mse_loss)


@broken("cannot_overfit")
def inputs_that_do_not_matter() -> Script:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc2 = nn.Linear(64, 16), nn.Linear(16, 10)

        def forward(self, x: Any) -> Any:
            return self.fc2(F.relu(self.fc1(x.flatten(1) * 0)))

    return Script(Net(), digits())


# the script -----------------------------------------------------------------------------------------------


@broken("no_gradient")
def detached_on_the_way() -> Script:
    class Net(Digits):
        def forward(self, x: Any) -> Any:
            return self.fc2(F.relu(self.fc1(x.flatten(1))).detach())

    return Script(Net(), digits())


@broken("no_gradient")
def a_layer_that_is_not_used() -> Script:
    class Net(Residual):
        def forward(self, x: Any) -> Any:
            return self.leave(F.relu(self.enter(x)))

    return Script(Net(4, 16, 3), blobs())


@broken("no_gradient")
def loss_of_a_detached_output() -> Script:
    return Script(mlp(5, 16, 1), line(), lambda o, y: F.mse_loss(o.detach(), y))


@broken("not_in_optimizer")
def only_the_last_layer() -> Script:
    model = mlp(4, 16, 3)
    return Script(model, blobs(), F.cross_entropy, optim.Adam(model[2].parameters(), lr=0.01))


@broken("not_in_optimizer")
def parameters_of_another_network() -> Script:
    return Script(Digits(), digits(), F.cross_entropy, optim.Adam(Digits().parameters(), lr=0.001))


@broken("not_in_optimizer")
def a_head_made_afterwards() -> Script:
    model = Words()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.fc = nn.Linear(16, 2)
    return Script(model, words(), F.cross_entropy, optimizer)


def _without_zero(script: Script) -> Script:
    def step(x: Any, y: Any) -> Any:
        loss = script.loss(script.model(x), y)
        loss.backward()
        script.optimizer.step()
        return loss

    script.extra["step"] = step
    return script


@broken("gradients_not_zeroed")
def no_zero_grad() -> Script:
    return _without_zero(Script(mlp(4, 16, 3), blobs()))


@broken("gradients_not_zeroed")
def no_zero_grad_on_a_line() -> Script:
    return _without_zero(_sgd(nn.Linear(5, 1), line(), F.mse_loss, 0.01))


@broken("gradients_not_zeroed")
def no_zero_grad_of_words() -> Script:
    return _without_zero(Script(Words(), words()))


@broken("evaluation_mode")
def eval_was_left_on() -> Script:
    model = Digits()
    model.eval()
    return Script(model, digits())


@broken("evaluation_mode")
def one_layer_in_eval() -> Script:
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 3))
    model[2].eval()
    return Script(model, blobs())


@broken("evaluation_mode")
def eval_after_the_first_epoch() -> Script:
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.Tanh(), nn.Dropout(0.3), nn.Linear(32, 10))
    script = Script(model, DataLoader(TensorDataset(*digits()), 32, shuffle=True))
    step = stepping(model, script.loss, script.optimizer)
    for x, y in script.data:
        step(x, y)
    model.eval()  # to measure it, and never back
    return script


@broken("wrong_gradient")
def a_hook_that_doubles() -> Script:
    model = mlp(4, 16, 3)
    model[0].weight.register_hook(lambda g: g * 2)
    return Script(model, blobs())


@broken("wrong_gradient")
def half_of_the_network_detached() -> Script:
    class Net(Residual):
        def forward(self, x: Any) -> Any:
            x = self.enter(x)
            for block in self.blocks:
                x = x.detach() + F.relu(block(x))
            return self.leave(x)

    return Script(Net(4, 16, 3), blobs())


def _hand_written(rule: Any) -> Any:
    """An operation of one's own, x·tanh x, with a derivative written by hand."""
    from glassnet.ops import Op
    from glassnet.ops.record import Spec
    from glassnet.tensor import apply

    def forward(x: Any, out: Any = None) -> Any:
        return np.multiply(x, np.tanh(x), out=out)

    op = Op("own", forward, (rule,), lambda x: Spec(x.shape, x.dtype), "x*tanh(x)", elementwise=True)

    class Own(nn.Module):
        def forward(self, x: Any) -> Any:
            return apply(op, x)

    return Own


@broken("wrong_gradient")
def a_derivative_with_a_factor_forgotten() -> Script:
    own = _hand_written(lambda g, y, x: g * x)
    return Script(mlp(2, 16, 2, activation=own), moons())


@broken("wrong_gradient")
def a_derivative_with_a_sign_wrong() -> Script:
    own = _hand_written(lambda g, y, x: -g * y)
    return Script(mlp(1, 16, 1, activation=own), wave(), F.mse_loss)


# the data -------------------------------------------------------------------------------------------------


def _rare(n: int, share: float, features: int = 4) -> tuple[Any, Any]:
    random = rng(1)
    labels = (random.uniform(size=n) < share).astype(np.int64)
    labels[0] = 1
    return tensors(random.normal(0, 1, (n, features)) + 0.3 * labels[:, None], labels)


@broken("class_imbalance")
def one_in_fifty() -> Script:
    return Script(mlp(4, 16, 2), _rare(400, 0.02))


@broken("class_imbalance")
def one_in_twenty_binary() -> Script:
    x, y = _rare(400, 0.05)
    return Script(mlp(4, 16, 1), (x, y.float().unsqueeze(1)), F.binary_cross_entropy_with_logits)


@broken("class_imbalance")
def rare_and_deep() -> Script:
    return Script(Residual(4, 16, 2), _rare(300, 0.04))


def _leaking(script: Script, rows: Any) -> Script:
    x, y = script.data
    script.extra["validation"] = (x[rows], y[rows])
    return script


@broken("leakage")
def validation_from_the_training_set() -> Script:
    return _leaking(Script(mlp(4, 16, 3), blobs()), slice(0, 60))


@broken("leakage")
def validation_drawn_again() -> Script:
    rows = glassnet.tensor(rng(3).integers(0, 400, 80))
    return _leaking(Script(Digits(), digits()), rows)


@broken("leakage")
def some_rows_twice() -> Script:
    x, y = moons()
    script = Script(mlp(2, 32, 2), (x[:200], y[:200]))
    held = glassnet.cat([x[200:], x[:20]]), glassnet.cat([y[200:], y[:20]])
    script.extra["validation"] = held
    return script
