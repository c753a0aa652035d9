"""Faults, each planted in several of the healthy trainings, with the findings that name its cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.optim import lr_scheduler
from tests.explain.corpus.common import Script, mlp
from tests.explain.corpus.planted.trainings import TRAININGS, Training, adam, learned, made, sgd, whole_step

Change = Callable[[Training, np.random.Generator], None]
Step = Callable[[Any, Any], None]
EACH = 4  # trainings that a fault is planted in


@dataclass(frozen=True)
class Fault:
    """A change that spoils a training, what may be found first, and in which trainings it is planted."""

    name: str
    kinds: tuple[str, ...]
    change: Change
    hosts: tuple[str, ...]

    def planted(self, host: str, seed: int) -> Script:
        """The script of one of its hosts, with the fault in it."""
        training = made(host, seed)
        self.change(training, np.random.default_rng(seed))
        return training.script()


FAULTS: dict[str, Fault] = {}


def steps_by(t: Training, own: Callable[[Script], Step]) -> None:
    """Have the script step as a user's own function does: the one that ``own`` makes of it."""

    def change(script: Script) -> None:
        script.extra["step"] = own(script)

    t.before.append(change)


def fault(kinds: str, traits: str = "", hosts: str = "") -> Callable[[Change], Change]:
    """Register a change as a fault of the trainings that have all of some traits, or of those named."""

    def register(change: Change) -> Change:
        able = [name for name, (has, _) in TRAININGS.items() if has >= set(traits.split())]
        first = sum(map(ord, change.__name__)) % max(1, len(able))
        some = [able[(first + n * max(1, len(able) // EACH)) % len(able)] for n in range(min(EACH, len(able)))]
        chosen = tuple(hosts.split()) or tuple(dict.fromkeys(some))
        assert chosen, change.__name__
        assert change.__name__ not in FAULTS, change.__name__
        FAULTS[change.__name__] = Fault(change.__name__, tuple(kinds.split()), change, chosen)
        return change

    return register


def layers(t: Training) -> list[Any]:
    return [m for m in t.model.modules() if isinstance(m, nn.Linear)]


def tensor(array: Any) -> Any:
    return glassnet.tensor(array)


def rate_times(t: Training, factor: float) -> None:
    def change(script: Script) -> None:
        for group in script.optimizer.param_groups:
            group["lr"] *= factor

    t.before.append(change)


# what learns ------------------------------------------------------------------------------------------------


@fault("frozen_at_random", "hidden relu")
def first_layer_frozen(t: Training, _: Any) -> None:
    layers(t)[0].requires_grad_(False)


@fault("frozen_at_random", "hidden tanh")
def first_layer_frozen_and_left_out(t: Training, _: Any) -> None:
    layers(t)[0].requires_grad_(False)
    t.parameters = lambda model: [p for p in model.parameters() if p.requires_grad]


@fault("frozen_at_random", "deep")
def middle_layer_frozen(t: Training, _: Any) -> None:
    layers(t)[1].requires_grad_(False)


@fault("frozen_at_random", "words")
def embedding_frozen(t: Training, _: Any) -> None:
    next(m for m in t.model.modules() if isinstance(m, nn.Embedding)).requires_grad_(False)


@fault("not_in_optimizer", "hidden")
def first_layer_not_given(t: Training, _: Any) -> None:
    first = {id(p) for p in layers(t)[0].parameters()}
    t.parameters = lambda model: [p for p in model.parameters() if id(p) not in first]


@fault("not_in_optimizer", "classes hidden")
def parameters_of_a_copy(t: Training, _: Any) -> None:
    other = mlp(3, 4, 2)
    t.parameters = lambda _model: other.parameters()


@fault("rate_of_zero", "hidden classes")
def a_group_with_rate_zero(t: Training, _: Any) -> None:
    def groups(model: Any) -> Any:
        first = list(layers(t)[0].parameters())
        held = {id(p) for p in first}
        return [{"params": first, "lr": 0.0}, {"params": [p for p in model.parameters() if id(p) not in held]}]

    t.parameters = groups


@fault("rate_of_zero", "classes")
def rate_zero(t: Training, _: Any) -> None:
    rate_times(t, 0.0)


@fault("rate_of_zero", "own_step")
def a_schedule_that_ends_at_once(t: Training, _: Any) -> None:
    def own(script: Script) -> Step:
        scheduler = lr_scheduler.LambdaLR(script.optimizer, lambda step: 1.0 if step == 0 else 0.0)

        def step(x: Any, y: Any) -> None:
            whole_step(script, x, y)
            scheduler.step()

        return step

    steps_by(t, own)


@fault("rate_of_zero", "relu classes")
def a_schedule_that_halves_each_step(t: Training, _: Any) -> None:
    def own(script: Script) -> Step:
        scheduler = lr_scheduler.ExponentialLR(script.optimizer, gamma=0.1)

        def step(x: Any, y: Any) -> None:
            whole_step(script, x, y)
            scheduler.step()

        return step

    steps_by(t, own)


@fault("no_gradient", "hidden relu")
def detached_in_the_middle(t: Training, _: Any) -> None:
    class Detached(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.detach()

    t.model = nn.Sequential(t.model[0], Detached(), *list(t.model)[1:])


@fault("no_gradient", "classes hidden")
def zeroed_between(t: Training, _: Any) -> None:
    def own(script: Script) -> Step:
        def step(x: Any, y: Any) -> None:
            script.loss(script.model(x), y).backward()
            script.optimizer.zero_grad()
            script.optimizer.step()

        return step

    steps_by(t, own)


@fault("gradients_not_zeroed", "hidden")
def never_zeroed(t: Training, _: Any) -> None:
    def own(script: Script) -> Step:
        def step(x: Any, y: Any) -> None:
            script.loss(script.model(x), y).backward()
            script.optimizer.step()

        return step

    steps_by(t, own)


@fault("update_missing", "classes hidden")
def no_step(t: Training, _: Any) -> None:
    def own(script: Script) -> Step:
        def step(x: Any, y: Any) -> None:
            script.optimizer.zero_grad()
            script.loss(script.model(x), y).backward()

        return step

    steps_by(t, own)


@fault("evaluation_mode", "dropout")
def left_in_evaluation(t: Training, _: Any) -> None:
    t.model.eval()


# losses and targets -----------------------------------------------------------------------------------------


@fault("softmax_before_loss", "classes")
def softmax_twice(t: Training, _: Any) -> None:
    t.model = nn.Sequential(t.model, nn.Softmax(1))


@fault("softmax_before_loss", "binary", "moons_logits four_units_of_positive_inputs xor_of_four_points")
def sigmoid_twice(t: Training, _: Any) -> None:
    t.model = nn.Sequential(t.model, nn.Sigmoid())


@fault("softmax_before_loss", "classes", "digits_relu xor_tanh blobs_linear words_mean")
def nll_of_scores(t: Training, _: Any) -> None:
    t.loss = F.nll_loss


@fault("labels_out_of_range", "classes")
def labels_from_one(t: Training, _: Any) -> None:
    t.data = t.data[0], t.data[1] + 1


@fault("labels_out_of_range", "binary")
def targets_of_two(t: Training, _: Any) -> None:
    t.data = t.data[0], t.data[1] * 2


@fault("labels_out_of_range", "binary")
def targets_of_minus_one(t: Training, _: Any) -> None:
    t.data = t.data[0], t.data[1] * 2 - 1


@fault("silent_broadcast", "numbers")
def targets_without_a_column(t: Training, _: Any) -> None:
    t.data = t.data[0], t.data[1].squeeze(1)


@fault("labels_unrelated", "classes hidden", "moons_sgd digits_sigmoid digits_wide words_mean three_units spirals_relu")
def labels_shuffled(t: Training, random: Any) -> None:
    t.data = t.data[0], t.data[1][tensor(random.permutation(len(t.data[1])))]


@fault("labels_unrelated", "classes digits")
def labels_shuffled_everywhere(t: Training, random: Any) -> None:
    """In the validation set, too; and a wide network, which learns them by heart."""
    t.model, t.optimizer = mlp(64, 128, 10), adam(0.003)
    labels_shuffled(t, random)
    assert t.validation is not None
    t.validation = t.validation[0], t.validation[1][tensor(random.permutation(len(t.validation[1])))]


@fault("labels_unrelated", "numbers", "table_relu table_tanh table_linear a_wave")
def targets_shuffled(t: Training, random: Any) -> None:
    labels_shuffled(t, random)


@fault("labels_unrelated", "classes hidden", "digits_layer_norm circles_relu digits_momentum words_in_order")
def inputs_of_noise(t: Training, random: Any) -> None:
    x = t.data[0]
    noise = (
        random.normal(0, 1, x.shape)
        if x.is_floating_point()
        else random.permutation(x.numpy().reshape(-1)).reshape(x.shape)
    )
    t.data = tensor(noise.astype(x.numpy().dtype)), t.data[1]
    t.validation = None


@fault("unscaled_targets", "numbers", "table_relu table_tanh table_huber prices_standardised")
def targets_of_a_million(t: Training, _: Any) -> None:
    t.data = t.data[0], 1e6 * (t.data[1] + 3)


@fault("unscaled_targets", "numbers", "table_relu table_l1 table_huber a_wave")
def targets_far_from_zero(t: Training, _: Any) -> None:
    t.data = t.data[0], 2000 + t.data[1]


@fault("constant_targets", "classes hidden")
def one_class_only(t: Training, _: Any) -> None:
    t.data = t.data[0], glassnet.zeros_like(t.data[1])


@fault("class_imbalance labels_unrelated", "classes", "moons_sgd digits_relu one_in_ten")
def a_class_lost_among_another(t: Training, random: Any) -> None:
    """Of two classes that can hardly be told apart, one is rare."""
    y = (random.uniform(size=400) < 0.04).astype(np.int64)
    y[:2] = 1
    x = random.normal(0, 1, (400, 5)).astype(np.float32) + 0.5 * y[:, None].astype(np.float32)
    t.model, t.data, t.validation = mlp(5, 16, 2), (tensor(x), tensor(y)), None


@fault("loss_rewards_errors", "classes")
def the_wrong_sign(t: Training, _: Any) -> None:
    loss = t.loss
    t.loss = lambda o, y: -loss(o, y)


@fault("targets_unused no_better_than_guessing", "numbers")
def a_loss_without_targets(t: Training, _: Any) -> None:
    t.loss = lambda o, _y: o.square().mean()


@fault("cannot_overfit", "numbers", "table_relu table_tanh a_wave several_numbers")
def an_end_that_cannot_be_negative(t: Training, _: Any) -> None:
    t.model = nn.Sequential(t.model, nn.Sigmoid())
    t.data = t.data[0], t.data[1] * 3 - 2


# inputs -----------------------------------------------------------------------------------------------------


@fault("unscaled_inputs", "digits hidden classes")
def pixels_as_bytes(t: Training, _: Any) -> None:
    t.data, t.validation = (t.data[0] * 255, t.data[1]), None


@fault("unscaled_inputs", "numbers hidden")
def one_column_in_thousands(t: Training, _: Any) -> None:
    x = t.data[0].clone()
    x[:, 0] = 5000 + 3000 * x[:, 0]
    t.data = x, t.data[1]


@fault("constant_inputs", "classes hidden")
def inputs_all_the_same(t: Training, _: Any) -> None:
    x = t.data[0]
    t.data, t.validation = (x[:1].expand(*x.shape).clone(), t.data[1]), None


@fault("constant_inputs", "hidden relu digits")
def inputs_all_zero(t: Training, _: Any) -> None:
    t.data, t.validation = (t.data[0] * 0, t.data[1]), None


@fault("not_finite", "hidden")
def a_missing_value(t: Training, random: Any) -> None:
    x = t.data[0].clone()
    if not x.is_floating_point():
        x = x.float()
    x[int(random.integers(0, len(x)))] = float("nan")
    t.data = (x, x) if t.data[0] is t.data[1] else (x, t.data[1])


@fault("not_finite", "numbers")
def an_infinite_target(t: Training, random: Any) -> None:
    y = t.data[1].clone()
    y[int(random.integers(0, len(y)))] = float("inf")
    t.data = t.data[0], y


@fault("target_among_inputs", "numbers", "table_relu table_tanh table_linear table_huber")
def the_target_is_a_column(t: Training, random: Any) -> None:
    x = t.data[0].clone()
    x[:, int(random.integers(0, x.shape[1]))] = t.data[1][:, 0]
    t.data = x, t.data[1]


@fault("target_among_inputs", "classes", "digits_relu digits_standardised one_in_ten spirals_relu")
def the_label_is_a_column(t: Training, random: Any) -> None:
    x = t.data[0].clone()
    x[:, int(random.integers(0, x.shape[1]))] = t.data[1].float() / 2 - 0.5
    t.data, t.validation = (x, t.data[1]), None


@fault("leakage", "classes hidden")
def validated_on_its_own_samples(t: Training, random: Any) -> None:
    rows = tensor(random.permutation(len(t.data[1]))[: max(8, len(t.data[1]) // 5)])
    t.validation = t.data[0][rows], t.data[1][rows]


@fault("leakage", "digits hidden", "digits_relu digits_tanh digits_wide digits_small_batches")
def some_samples_on_both_sides(t: Training, random: Any) -> None:
    assert t.validation is not None
    rows = tensor(random.permutation(len(t.data[1]))[:40])
    t.validation = tuple(glassnet.cat([a, b[rows]]) for a, b in zip(t.validation, t.data, strict=True))  # type: ignore


@fault("validation_differs", "digits hidden", "digits_relu digits_tanh digits_wide digits_small_batches")
def validation_not_scaled(t: Training, _: Any) -> None:
    assert t.validation is not None
    t.validation = t.validation[0] * 255, t.validation[1]


# where it begins --------------------------------------------------------------------------------------------


@fault("weights_too_large", "hidden relu")
def weights_thirty_times(t: Training, _: Any) -> None:
    scaled(t, 30)


@fault("weights_too_large", "hidden tanh")
def weights_fifty_times(t: Training, _: Any) -> None:
    scaled(t, 50)


@fault("weights_too_large", "deep relu")
def weights_of_one(t: Training, _: Any) -> None:
    for layer in layers(t):
        nn.init.normal_(layer.weight, std=1.0)


@fault("weights_too_large", "classes", "digits_linear digits_relu digits_sigmoid colors")
def last_layer_far_too_large(t: Training, _: Any) -> None:
    with glassnet.no_grad():
        layers(t)[-1].weight.mul_(200)


def scaled(t: Training, factor: float) -> None:
    with glassnet.no_grad():
        for layer in layers(t):
            layer.weight.mul_(factor)


@fault("dead_relu", "hidden relu classes")
def biases_of_minus_ten(t: Training, _: Any) -> None:
    nn.init.constant_(layers(t)[0].bias, -10.0)


@fault("saturated", "hidden sigmoid")
def biases_of_ten(t: Training, _: Any) -> None:
    nn.init.constant_(layers(t)[0].bias, 15.0)


@fault("saturated weights_too_large", "hidden tanh")
def first_layer_saturated(t: Training, _: Any) -> None:
    with glassnet.no_grad():
        layers(t)[0].weight.mul_(60)


@fault("vanishing_gradients", "digits classes hidden", "digits_sigmoid digits_relu digits_momentum digits_smoothed")
def ten_layers_of_sigmoids(t: Training, _: Any) -> None:
    t.model = mlp(64, *[24] * 10, 10, activation=nn.Sigmoid)


@fault("vanishing_gradients", "deep", "digits_six_layers digits_tanh table_tanh spirals_relu")
def weights_far_too_small(t: Training, _: Any) -> None:
    scaled(t, 0.01)


@fault("symmetric_weights", "hidden classes")
def all_weights_equal(t: Training, _: Any) -> None:
    for layer in layers(t):
        nn.init.constant_(layer.weight, 0.05)


@fault("symmetric_weights", "hidden numbers")
def all_weights_zero(t: Training, _: Any) -> None:
    for layer in layers(t):
        nn.init.zeros_(layer.weight)


# how it is trained ------------------------------------------------------------------------------------------


@fault("learning_rate_too_high", "hidden classes")
def adam_of_three(t: Training, _: Any) -> None:
    t.optimizer = adam(3.0)


@fault("learning_rate_too_high", "hidden relu")
def adam_of_one(t: Training, _: Any) -> None:
    t.optimizer = adam(1.0)


@fault("learning_rate_too_high", "hidden")
def rmsprop_of_one(t: Training, _: Any) -> None:
    t.optimizer = lambda p: optim.RMSprop(p, lr=1.0)


@fault("learning_rate_too_high", "numbers")
def sgd_of_ten(t: Training, _: Any) -> None:
    t.optimizer = sgd(10.0)


@fault("learning_rate_too_high", "digits classes hidden")
def sgd_of_fifty(t: Training, _: Any) -> None:
    t.optimizer = sgd(50.0)


@fault("learning_rate_too_high", "hidden relu classes")
def much_momentum_at_a_high_rate(t: Training, _: Any) -> None:
    t.optimizer = sgd(2.0, momentum=0.99)


@fault("learning_rate_too_low", "hidden classes")
def adam_of_a_millionth(t: Training, _: Any) -> None:
    t.optimizer = adam(1e-7)


@fault("learning_rate_too_low", "hidden")
def sgd_of_a_millionth(t: Training, _: Any) -> None:
    t.optimizer = sgd(1e-6)


@fault("weight_decay_too_large", "hidden classes")
def adam_with_decay_of_ten(t: Training, _: Any) -> None:
    t.optimizer = adam(0.01, weight_decay=10.0)


@fault("weight_decay_too_large", "hidden relu")
def sgd_with_decay_of_two(t: Training, _: Any) -> None:
    t.optimizer = sgd(0.1, weight_decay=2.0)


@fault("weight_decay_too_large", "digits hidden")
def adamw_with_decay_of_thirty(t: Training, _: Any) -> None:
    t.optimizer = lambda p: optim.AdamW(p, lr=0.01, weight_decay=30.0)


@fault("dropout_too_high no_better_than_guessing", "dropout hidden")
def nearly_all_dropped(t: Training, _: Any) -> None:
    for module in t.model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.99


@fault("batch_too_small no_better_than_guessing cannot_overfit not_finite", "", "moons_batch_norm")
def batches_of_one_with_batch_statistics(t: Training, _: Any) -> None:
    t.batch = 1


# what it can learn ------------------------------------------------------------------------------------------


@fault("not_separable", "classes", "xor_tanh circles_relu moons_sgd spirals_relu")
def a_line_for_xor(t: Training, random: Any) -> None:
    x = random.uniform(-1, 1, (300, 2)).astype(np.float32)
    t.data = tensor(x), tensor((x[:, 0] * x[:, 1] < 0).astype(np.int64))
    t.model, t.optimizer = nn.Linear(2, 2), adam(0.02)


@fault("not_separable", "", "xor_of_four_points")
def a_line_for_four_points(t: Training, _: Any) -> None:
    t.model, t.optimizer = nn.Linear(2, 1), sgd(0.5)


@fault("not_separable", "", "circles_relu")
def two_linear_layers_for_circles(t: Training, _: Any) -> None:
    t.model = nn.Sequential(nn.Linear(2, 16), nn.Linear(16, 2))


@fault("no_better_than_guessing stuck cannot_overfit", "", "xor_of_four_points")
def on_a_plateau(t: Training, _: Any) -> None:
    """Weights near 0, a small rate: no step leaves where it is."""
    t.model, t.optimizer = mlp(2, 2, 1, activation=nn.Sigmoid), sgd(0.05)
    with glassnet.no_grad():
        for layer in layers(t):
            layer.weight.mul_(0.01)
            layer.bias.mul_(0.0)


@fault("stuck", "", "xor_of_four_points")
def in_a_local_minimum(t: Training, random: Any) -> None:
    """Where training ends for some starts: both units have learned one corner, and three samples of four are right."""
    t.model, t.optimizer = mlp(2, 2, 1, activation=nn.Sigmoid), adam(0.05)
    first, last = layers(t)
    with glassnet.no_grad():
        first.weight.copy_(tensor(random.normal(5, 0.5, (2, 2)).astype(np.float32)))
        first.bias.copy_(tensor(random.normal(-2.5, 0.2, 2).astype(np.float32)))
        last.weight.fill_(2.0)
        last.bias.fill_(-1.0)
    learned(t, 500)


def every() -> Iterator[tuple[Fault, str]]:
    """Each fault, in each of its hosts."""
    return ((one, host) for one in FAULTS.values() for host in one.hosts)
