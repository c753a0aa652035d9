"""Faults of networks with convolution, recurrence, normalization and attention, planted in healthy ones."""

from __future__ import annotations

from typing import Any

import glassnet
import glassnet.functional as F
from glassnet import nn
from tests.explain.corpus.common import Script
from tests.explain.corpus.planted.faults import Step, fault, steps_by, tensor
from tests.explain.corpus.planted.networks import CLASSES, Attending, MeanOfWords, waves
from tests.explain.corpus.planted.trainings import Training, adam, learned, whole_step

# batch norm ---------------------------------------------------------------------------------------------------

NORMED = "lenet_with_batch_norm resnet_of_stripes resnet_of_digits perceptron_with_batch_norm"


@fault("evaluation_mode", hosts=NORMED)
def batch_norm_left_in_evaluation(t: Training, _: Any) -> None:
    t.model.eval()


@fault("evaluation_mode", hosts=NORMED)
def batch_norm_frozen_before_it_learned(t: Training, _: Any) -> None:
    for layer in t.model.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            layer.eval()


@fault("evaluation_mode", hosts=NORMED)
def evaluated_and_never_trained_again(t: Training, _: Any) -> None:
    """A step that looks at the accuracy before it trains, and forgets to go back."""
    learned(t, 10, 32)

    def own(script: Script) -> Step:
        def step(x: Any, y: Any) -> None:
            script.model.eval()
            with glassnet.no_grad():
                script.model(x)
            whole_step(script, x, y)

        return step

    steps_by(t, own)


@fault("batch_too_small", hosts="perceptron_with_batch_norm lenet_with_batch_norm resnet_of_stripes")
def batches_of_one(t: Training, _: Any) -> None:
    t.batch = 1


@fault("batch_too_small", hosts="perceptron_with_batch_norm")
def a_last_batch_of_one(t: Training, _: Any) -> None:
    t.data, t.batch = (t.data[0][:289], t.data[1][:289]), 32


# pictures -----------------------------------------------------------------------------------------------------

COLORED = "lenet_of_stripes resnet_of_stripes lenet_with_group_norm"
SCALED = "lenet_of_digits lenet_with_dropout resnet_of_digits"


@fault("channels_last", hosts=COLORED)
def channels_that_come_last(t: Training, _: Any) -> None:
    t.data = t.data[0].permute(0, 2, 3, 1), t.data[1]


@fault("channels_last", hosts="lenet_of_stripes lenet_with_group_norm lenet_of_digits")
def channels_that_come_last_and_a_layer_that_fits(t: Training, _: Any) -> None:
    """As many channels as the error asks for: rows, that is."""
    x = t.data[0].permute(0, 2, 3, 1)
    layers = [nn.Conv2d(x.shape[1], 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten()]
    t.model, t.data = nn.Sequential(*layers, nn.Linear(32, 10)), (x, t.data[1])


@fault("channels_last", hosts=COLORED)
def channels_brought_to_the_front_by_reshape(t: Training, _: Any) -> None:
    x = t.data[0]
    t.data = x.permute(0, 2, 3, 1).reshape(*x.shape), t.data[1]


@fault("channels_last", hosts="convolution_of_waves")
def time_that_is_taken_for_channels(t: Training, random: Any) -> None:
    """Two series that have nothing to do with each other, [N, time, 2]."""
    x, y = waves(int(random.integers(1000)))
    x = glassnet.cat([x, x[tensor(random.permutation(len(x)))]], 2)
    layers = [nn.Conv1d(x.shape[1], 12, 1), nn.ReLU(), nn.Flatten(), nn.Linear(24, CLASSES)]
    t.model, t.data = nn.Sequential(*layers), (x, y)


@fault("unscaled_inputs", hosts=SCALED)
def pictures_as_bytes(t: Training, _: Any) -> None:
    t.data = t.data[0] * 255, t.data[1]


@fault("unscaled_inputs", hosts="lenet_that_divides")
def bytes_that_nothing_divides(t: Training, _: Any) -> None:
    t.model.divisor = 1.0


@fault("unscaled_inputs", hosts="lenet_of_stripes lenet_with_group_norm")
def colors_as_bytes(t: Training, _: Any) -> None:
    x = t.data[0]
    t.data = (255 * (x - x.min()) / (x.max() - x.min())).round(), t.data[1]


# state and time -----------------------------------------------------------------------------------------------


@fault("state_carried_over", hosts="lstm_that_goes_on gru_that_goes_on")
def a_state_that_is_not_detached(t: Training, _: Any) -> None:
    t.model.detaches = False


@fault("state_carried_over", hosts="lstm_that_goes_on gru_that_goes_on")
def a_graph_that_is_retained(t: Training, _: Any) -> None:
    """What the error of a second backward asks for, and no remedy."""
    t.model.detaches = False

    def own(script: Script) -> Step:
        def step(x: Any, y: Any) -> None:
            script.optimizer.zero_grad()
            script.loss(script.model(x), y).backward(retain_graph=True)
            script.optimizer.step()

        return step

    steps_by(t, own)


class Begun(nn.Module):
    """A recurrent layer whose state the script keeps."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer, self.out = layer, nn.Linear(layer.hidden_size, CLASSES)

    def forward(self, x: Any, state: Any = None) -> Any:
        outputs, state = self.layer(x, state)
        return self.out(outputs[:, -1]), state


@fault("state_carried_over", hosts="lstm_of_waves gru_of_waves rnn_of_waves")
def a_state_that_the_script_keeps(t: Training, _: Any) -> None:
    t.model = Begun(t.model.layer)
    t.loss = lambda o, y: F.cross_entropy(o[0], y)

    def own(script: Script) -> Step:
        state: Any = None

        def step(x: Any, y: Any) -> None:
            nonlocal state
            script.optimizer.zero_grad()
            outputs, state = script.model(x, state)
            F.cross_entropy(outputs, y).backward()
            script.optimizer.step()

        return step

    steps_by(t, own)


@fault("exploding_through_time", hosts="rnn_of_relus rnn_of_waves")
def recurrent_weights_six_times(t: Training, random: Any) -> None:
    t.data = waves(int(random.integers(1000)), steps=40)
    with glassnet.no_grad():
        t.model.layer.weight_hh_l0.mul_(6)


@fault("exploding_through_time", hosts="rnn_of_relus rnn_of_waves")
def recurrent_weights_that_turn_and_grow(t: Training, random: Any) -> None:
    t.data = waves(int(random.integers(1000)), steps=40)
    nn.init.orthogonal_(t.model.layer.weight_hh_l0, 2.5)


# words --------------------------------------------------------------------------------------------------------


@fault("padding_counted", hosts="mean_of_words bag_of_words")
def a_mean_with_padding(t: Training, _: Any) -> None:
    t.model = MeanOfWords(masked=False)


@fault("padding_counted", hosts="lstm_of_packed_words gru_of_packed_words")
def a_state_after_the_padding(t: Training, _: Any) -> None:
    t.model.packed = False


@fault("padding_counted", hosts="attention_by_hand transformer_encoder")
def attention_to_padding(t: Training, _: Any) -> None:
    t.model.masked = False


@fault("padding_counted", hosts="lstm_of_waves gru_of_waves")
def series_filled_with_zeros(t: Training, random: Any) -> None:
    x, y = t.data
    ends = glassnet.tensor(random.integers(6, x.shape[1] + 1, len(x)))
    t.data = x * (glassnet.arange(x.shape[1]) < ends.unsqueeze(1)).float().unsqueeze(2), y


@fault("attention_over_wrong_axis", hosts="attention_by_hand")
def attention_over_the_queries(t: Training, _: Any) -> None:
    t.model = Attending(dim=1)


class Heads(nn.Module):
    """Attention of several heads by hand, over digits in rows."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim, self.into, self.qkv, self.out = dim, nn.Linear(8, 16), nn.Linear(16, 48), nn.Linear(128, 10)

    def forward(self, x: Any) -> Any:
        h = self.into(x)
        q, k, v = (part.reshape(len(x), 8, 4, 4).transpose(1, 2) for part in self.qkv(h).chunk(3, -1))
        weights = F.dropout(F.softmax(q @ k.transpose(-2, -1) / 2, self.dim), 0.1, self.training)
        return self.out((h + (weights @ v).transpose(1, 2).flatten(2)).flatten(1))


@fault("attention_over_wrong_axis", hosts="lstm_of_rows")
def heads_over_the_queries(t: Training, _: Any) -> None:
    t.model, t.optimizer = Heads(-2), adam(0.003)


@fault("attention_over_wrong_axis softmax_over_samples", hosts="lstm_of_rows")
def heads_over_the_heads(t: Training, _: Any) -> None:
    t.model, t.optimizer = Heads(1), adam(0.003)


@fault("attention_over_wrong_axis", hosts="hand_written_gpt")
def letters_over_the_queries(t: Training, _: Any) -> None:
    t.model.dim = 1


# samples ------------------------------------------------------------------------------------------------------


@fault("samples_mixed", hosts="lstm_of_waves gru_of_waves rnn_of_waves lstm_of_rows characters_by_lstm")
def a_recurrent_layer_over_the_samples(t: Training, _: Any) -> None:
    t.model.layer.batch_first = False


@fault("samples_mixed", hosts="numbers_by_attention")
def attention_over_the_samples(t: Training, _: Any) -> None:
    t.model.attention.batch_first = False


@fault("samples_mixed", hosts="lstm_of_rows")
def a_transformer_over_the_samples(t: Training, _: Any) -> None:
    """As it is made by default: [positions, samples, features]."""
    layers = [nn.Linear(8, 16), nn.TransformerEncoderLayer(16, 2, 32), nn.Flatten(), nn.Linear(128, 10)]
    t.model, t.optimizer = nn.Sequential(*layers), adam(0.003)
