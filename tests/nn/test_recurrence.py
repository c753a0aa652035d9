"""Recurrent layers and cells, packed sequences, and what both say to wrong input."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import glassnet
from glassnet import nn, ones, optim
from glassnet.errors import GlassnetWarning, SequenceError
from glassnet.nn.utils.rnn import (
    PackedSequence,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
    unpack_sequence,
    unpad_sequence,
)
from glassnet.ops.layers import recurrence
from glassnet.trace.refusals import TraceError

T, B, IN, H = 4, 3, 2, 5
LENGTHS = [2, 4, 1]


def numbers(*shape, seed=0):
    return glassnet.tensor(np.random.default_rng(seed).standard_normal(shape))


def layer(kind, **options):
    """One in float64; proj_size for an LSTM alone."""
    return getattr(nn, kind)(IN, H, dtype=glassnet.float64, **options)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# what they compute ----------------------------------------------------------------------------------


def by_hand(cell, x, h):
    """One step, as a textbook writes it."""
    w, u, b, v = (p.array for p in cell.parameters())
    given, kept = x @ w.T + b, h[0] @ u.T + v
    if isinstance(cell, nn.RNNCell):
        return (np.tanh(given + kept),)
    if isinstance(cell, nn.GRUCell):
        r, z = (sigmoid(given[:, k * H : (k + 1) * H] + kept[:, k * H : (k + 1) * H]) for k in (0, 1))
        n = np.tanh(given[:, 2 * H :] + r * kept[:, 2 * H :])
        return ((1 - z) * n + z * h[0],)
    i, f, g, o = np.split(given + kept, 4, axis=1)
    c = sigmoid(f) * h[1] + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_layer_is_its_cell_step_by_step_and_that_is_the_textbooks(kind):
    whole, cell = layer(kind), getattr(nn, f"{kind}Cell")(IN, H, dtype=glassnet.float64)
    cell.load_state_dict({name.removesuffix("_l0"): x for name, x in whole.state_dict().items()})
    states = 2 if kind == "LSTM" else 1
    x, h = numbers(T, B, IN), tuple(numbers(B, H, seed=k + 1) for k in range(states))
    output, last = whole(x, tuple(s.unsqueeze(0) for s in h) if states == 2 else h[0].unsqueeze(0))
    written = tuple(s.array for s in h)
    for t in range(T):
        h = cell(x[t], h if states == 2 else h[0])
        h = h if states == 2 else (h,)
        written = by_hand(cell, x.array[t], written)
        np.testing.assert_allclose(h[0].detach().numpy(), written[0], rtol=1e-12)
        np.testing.assert_allclose(output[t].detach().numpy(), written[0], rtol=1e-12)
    for came, wanted in zip(last if states == 2 else (last,), written, strict=True):
        np.testing.assert_allclose(came[0].detach().numpy(), wanted, rtol=1e-12)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_backwards_is_the_reversed_sequence(kind):
    both = layer(kind, bidirectional=True)
    one = layer(kind)
    one.load_state_dict(
        {name.removesuffix("_reverse"): x for name, x in both.state_dict().items() if "reverse" in name}
    )
    x = numbers(T, B, IN)
    np.testing.assert_allclose(
        both(x)[0][..., H:].detach().numpy(), one(x.flip(0))[0].flip(0).detach().numpy(), rtol=1e-12
    )


OPTIONS = [
    {"num_layers": layers, "bidirectional": both, "batch_first": first, "bias": bias}
    for layers, both, first, bias in [(1, False, False, True), (2, True, True, True), (2, False, True, False)]
]


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_packed_sequences_give_what_each_gives_by_itself(kind):
    for options in OPTIONS:
        net = layer(kind, **options)
        sequences = [numbers(n, IN, seed=n) for n in LENGTHS]
        layers = options["num_layers"] * (2 if options["bidirectional"] else 1)
        first = tuple(numbers(layers, B, H, seed=k) for k in range(2 if kind == "LSTM" else 1))

        def states(part=slice(None), first=first):
            chosen = tuple(state[:, part] for state in first)
            return chosen if len(chosen) == 2 else chosen[0]

        output, last = net(pack_sequence(sequences, enforce_sorted=False), states())
        assert isinstance(output, PackedSequence)
        for b, (x, y) in enumerate(zip(sequences, unpack_sequence(output), strict=True)):
            alone, end = net(x, states(b))
            np.testing.assert_allclose(y.detach().numpy(), alone.detach().numpy(), rtol=1e-12)
            for state, wanted in zip(*((s if kind == "LSTM" else (s,)) for s in (last, end)), strict=True):
                np.testing.assert_allclose(state[:, b].detach().numpy(), wanted.detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_batch_of_no_sequences(kind):
    net = layer(kind, bidirectional=True)
    output, _ = net(numbers(T, 0, IN))
    assert output.shape == (T, 0, 2 * H)
    output.sum().backward()
    assert (net.weight_hh_l0.grad == 0).all()


def test_dropout_is_between_layers_in_training():
    net = nn.GRU(IN, H, num_layers=2, dropout=0.5)
    x = ones(T, B, IN)
    assert (net(x)[0] != net(x)[0]).any()
    net.eval()
    assert (net(x)[0] == net(x)[0]).all()
    with pytest.warns(GlassnetWarning, match=r"LSTM: dropout=0\.5 is between layers, and there is one layer"):
        nn.LSTM(IN, H, dropout=0.5)


def test_parameters_are_named_and_drawn_as_pytorch_has_them():
    net = nn.LSTM(IN, 100, num_layers=2, bidirectional=True, proj_size=3)
    shapes = {name: p.shape for name, p in net.named_parameters()}
    assert list(shapes)[:6] == [
        "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_hr_l0", "weight_ih_l0_reverse"
    ]  # fmt: skip
    assert shapes["weight_ih_l0"] == (400, IN)
    assert shapes["weight_hh_l1_reverse"] == (400, 3)
    assert shapes["weight_ih_l1"] == (400, 6)
    assert shapes["weight_hr_l1"] == (3, 100)
    drawn = np.concatenate([p.array.ravel() for p in net.parameters()])
    assert 0.099 < abs(drawn).max() <= 0.1
    assert abs(drawn.std() - 0.1 / np.sqrt(3)) < 0.002
    assert net.flatten_parameters() is None
    assert [len(each) for each in net.all_weights] == [5] * 4
    assert net._flat_weights_names[:3] == ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0"]
    assert [id(w) for w in net._flat_weights] == [id(w) for each in net.all_weights for w in each]


def test_second_derivatives_and_the_gradient_of_the_first_state():
    net = layer("LSTM", num_layers=2, bidirectional=True, proj_size=2)
    x, h, c = numbers(2, 2, IN), numbers(4, 2, 2), numbers(4, 2, H)

    def function(x, h, c):
        output, (h, c) = net(x, (h, c))
        return output.sum(), h.tanh().sum(), c.sum()

    assert glassnet.autograd.gradcheck(function, tuple(t.requires_grad_() for t in (x, h, c)))


@pytest.mark.parametrize("bias", [-1000.0, -60.0, -30.0, 1000.0])
@pytest.mark.parametrize("dtype", [glassnet.float32, glassnet.float64])
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_a_gate_may_be_shut_or_open_altogether(kind, dtype, bias):
    """No warning of it, and the gradients are those of the same cell step by step, in elementary operations."""
    net = getattr(nn, kind)(IN, H, dtype=dtype)
    for gate in range(4 if kind == "LSTM" else 2):
        with glassnet.no_grad():
            net.bias_hh_l0.zero_()
            net.bias_hh_l0[gate * H : (gate + 1) * H] = bias
        x = glassnet.randn(3, 2, IN, dtype=dtype)
        operation = recurrence.lstm if kind == "LSTM" else recurrence.gru
        states = [glassnet.randn(2, H, dtype=dtype) for _ in range(2 if kind == "LSTM" else 1)]
        found = []
        for compute in (operation, operation.expand):
            net.zero_grad()
            compute(x, *states, *net.parameters())[-1].square().sum().backward()
            found.append([p.grad.numpy() for p in net.parameters()])
        for mine, expected in zip(*found, strict=True):
            np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_compiled_step_shows_one_loop_however_long_the_sequence(kind):
    net = getattr(nn, kind)(IN, 16, num_layers=2, bidirectional=True)
    optimizer = optim.SGD(net.parameters(), lr=0.1)

    def step(x):
        optimizer.zero_grad()
        loss = net(x)[0][-1].square().mean()
        loss.backward()
        optimizer.step()
        return loss

    short, long = glassnet.compile(step), glassnet.compile(step)
    short(ones(32, 8, IN))
    long(ones(512, 8, IN))
    assert short.source.count("\n") == long.source.count("\n")
    assert abs(len(long.source) - len(short.source)) < 0.05 * len(short.source)
    assert short.source.count("for step, of_input in ") == 1


def test_a_compiled_function_packs_what_it_is_given_with_its_lengths():
    net = layer("GRU", bidirectional=True, batch_first=True)

    def function(x, lengths):
        output, h = net(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
        return *pad_packed_sequence(output, batch_first=True), h

    compiled, x = glassnet.compile(function), numbers(B, T, IN)
    for lengths in (LENGTHS, [4, 4, 2], LENGTHS):
        for came, wanted in zip(compiled(x, lengths), function(x, lengths), strict=True):
            np.testing.assert_allclose(came.detach().numpy(), wanted.detach().numpy(), rtol=1e-12)
    assert len(compiled.specialisations) == 2
    with pytest.raises(TraceError, match="reads a tensor's value in Python"):
        compiled(x, glassnet.tensor(LENGTHS))


# whose memory it is ---------------------------------------------------------------------------------


CALLS = {
    "RNN": lambda x: layer("RNN")(x),
    "GRU, batch first": lambda x: layer("GRU", batch_first=True)(x),
    "GRU, one sequence": lambda x: layer("GRU")(x[:, 0]),
    "LSTM": lambda x: layer("LSTM")(x),
    "LSTM, projected": lambda x: layer("LSTM", proj_size=2)(x),
    "LSTM, two layers": lambda x: layer("LSTM", num_layers=2)(x),
    "LSTM, both ways": lambda x: layer("LSTM", bidirectional=True)(x),
    "LSTM, packed": lambda x: layer("LSTM")(pack_padded_sequence(x, LENGTHS, enforce_sorted=False)),
    "LSTMCell": lambda x: layer("LSTMCell")(x[0]),
    "GRUCell": lambda x: layer("GRUCell")(x[0]),
    "RNNCell, one sample": lambda x: layer("RNNCell")(x[0, 0]),
}


def tensors(made):
    """Those of (output, (h, c)), (packed output, (h, c)), (h, c) or h."""
    if isinstance(made, glassnet.Tensor):
        return [made]
    return tensors(made.data) if isinstance(made, PackedSequence) else [x for part in made for x in tensors(part)]


@pytest.mark.parametrize("call", CALLS)
def test_what_a_layer_gives_are_tensors_of_their_own(call):
    """Which may be changed, and kept, one without the other, as PyTorch's."""

    def run(x, change=lambda y: y):
        glassnet.manual_seed(0)
        return [change(y) for y in tensors(CALLS[call](x))]

    given = run(numbers(T, B, IN))
    for i, y in enumerate(given):
        owner = y.array
        while owner.base is not None:
            owner = owner.base
        assert owner.nbytes == y.array.nbytes, "what keeps it keeps more than it"
        assert not any(np.may_share_memory(y.array, other.array) for other in given[:i])

    x = numbers(T, B, IN).requires_grad_()
    wanted = run(x, lambda y: y * 3)
    sum((y * y).sum() for y in wanted).backward()
    gradient, x.grad = x.grad, None
    changed = run(x, lambda y: y.mul_(3))
    for y in changed:
        y.retain_grad()
    sum((y * y).sum() for y in changed).backward()
    for y, z in zip(changed, wanted, strict=True):
        np.testing.assert_array_equal(y.detach(), z.detach())
        np.testing.assert_array_equal(y.grad, 2 * z.detach())
    np.testing.assert_allclose(x.grad, gradient, rtol=1e-12)


def test_a_state_is_reset_in_place_where_a_compiled_step_goes_on():
    cell, x = layer("LSTMCell"), numbers(T, B, IN)

    def step(x):
        h, c = cell(x[0])
        h[1] = 0.0
        c[1:] *= 0.5
        return cell(x[1], (h, c))

    for ours, theirs in zip(glassnet.compile(step)(x), step(x), strict=True):
        np.testing.assert_allclose(ours.detach(), theirs.detach(), rtol=1e-12)


# padded and packed --------------------------------------------------------------------------------


@pytest.mark.parametrize(("batch_first", "side"), [*product((False, True), ("left", "right"))])
def test_padding_and_its_undoing(batch_first, side):
    sequences = [numbers(n, 2, seed=n).requires_grad_() for n in LENGTHS]
    padded = pad_sequence(sequences, batch_first, padding_value=7.0, padding_side=side)
    assert padded.shape == ((3, 4, 2) if batch_first else (4, 3, 2))
    assert (padded == 7).sum().item() == 2 * (4 * 3 - sum(LENGTHS))
    by_sequence = padded if batch_first else padded.transpose(0, 1)
    assert by_sequence[2, 0 if side == "right" else 3].tolist() == sequences[2][0].tolist()
    (padded * padded).sum().backward()
    for x in sequences:
        np.testing.assert_allclose(x.grad.numpy(), 2 * x.detach().numpy())
    if side == "right":
        again = unpad_sequence(padded, glassnet.tensor(LENGTHS), batch_first)
        assert [x.tolist() for x in again] == [x.tolist() for x in sequences]


@pytest.mark.parametrize("batch_first", [False, True])
def test_packing_and_its_undoing(batch_first):
    sequences = [numbers(n, 2, seed=n) for n in LENGTHS]
    padded = pad_sequence(sequences, batch_first)
    packed = pack_padded_sequence(padded, LENGTHS, batch_first, enforce_sorted=False)
    assert packed.batch_sizes.tolist() == [3, 2, 1, 1]
    assert packed.sorted_indices.tolist() == [1, 0, 2]
    assert packed.data[:3].tolist() == [sequences[k][0].tolist() for k in (1, 0, 2)]
    again, lengths = pad_packed_sequence(packed, batch_first, padding_value=9.0, total_length=6)
    assert lengths.tolist() == LENGTHS
    assert again.shape == ((3, 6, 2) if batch_first else (6, 3, 2))
    assert [x.tolist() for x in unpad_sequence(again, lengths, batch_first)] == [x.tolist() for x in sequences]
    assert packed.float().data.dtype == glassnet.float32
    assert packed.double() is packed
    ints = pack_sequence([glassnet.tensor([1, 2]), glassnet.tensor([3])])
    assert [x.tolist() for x in unpack_sequence(ints)] == [[1, 2], [3]]


# bad input ------------------------------------------------------------------------------------------

WRONG = [
    (lambda: nn.LSTM(2, 5)(ones(2)), r"LSTM: expected an input of shape \[T, B, 2\], or \[T, 2\] for one"),
    (lambda: nn.LSTM(28, 5)(ones(4, 1, 28, 28)), r"got \[4, 1, 28, 28\]; leave out .*: x\.squeeze\(1\)"),
    (lambda: nn.GRU(2, 5)(ones(4, 3, 7)), r"GRU: expected 2 features at each step.*make .* input_size=7"),
    (lambda: nn.GRU(2, 5, batch_first=True)(ones(3, 2, 4)), r"\[B, T, 2\].*dimension 1 .*: x\.transpose\(1, 2"),
    (lambda: nn.RNN(2, 5)(ones(0, 3, 2)), r"RNN: expected a sequence of 1 step or more.* whose T is 0"),
    (lambda: nn.RNN(2, 5, batch_first=True)(ones(3, 0, 2)), r"1 step or more, got .*\[3, 0, 2\], \[B, T, 2\]"),
    (lambda: nn.RNN(2, 5)(ones(4, 3, 2).double()), r"float32, as its parameters are, got float64; convert"),
    (lambda: nn.RNN(2, 5)(ones(4, 3, 2), ones(1, 3, 5).double()), r"h_0 of dtype float32, .*: h_0\.float\(\)$"),
    (lambda: nn.LSTM(2, 5)(ones(4, 3, 2), (ones(1, 3, 5), ones(1, 3, 5).int())), r"c_0 of dtype float32, .* int32; "),
    (lambda: nn.LSTM(2, 5)(ones(4, 3, 2), (None, None)), "a pair .* of tensors, got None in it; leave the pair out"),
    (lambda: nn.LSTM(2, 5)(ones(4, 3, 2), (ones(1, 3, 5), None)), r"give glassnet\.zeros_like\(h\)"),
    (lambda: nn.GRU(2, 5)(ones(4, 3, 2), 0), "h_0 as a tensor, got int"),
    (lambda: nn.GRU(2, 5)(ones(4, 3, 2), (ones(1, 3, 5),)), r"got a tuple of 1; give the state itself: hx\[0\]"),
    (lambda: nn.LSTMCell(2, 5)(ones(3, 2), (ones(3, 5), ones(3, 5).double())), "expected c of dtype float32"),
    (lambda: nn.LSTMCell(2, 5)(ones(3, 2), (None, None)), "leave the pair out, and both are zeros"),
    (
        lambda: nn.GRU(2, 5, 2, bidirectional=True)(ones(4, 3, 2), ones(2, 3, 5)),
        r"h_0 of shape \[num_layers·2, B, hidden_size\] = \[2·2, 3, 5\] = \[4, 3, 5\], got \[2, 3, 5\]",
    ),
    (lambda: nn.GRU(2, 5)(ones(4, 3, 2), ones(1, 4, 5)), r"read as \[T, B, …\].* batch_first=True"),
    (
        lambda: nn.GRU(2, 5, batch_first=True)(ones(3, 4, 2), ones(3, 1, 5)),
        r"\[1, 3, 5\], got \[3, 1, 5\]; the layers come first in a state, with batch_first too: h\.transpose\(0, 1\)",
    ),
    (lambda: nn.GRU(2, 5)(ones(4, 3, 2), ones(1, 5)), "as the input is a batch of sequences"),
    (lambda: nn.GRU(2, 5)(ones(4, 2), ones(1, 1, 5)), "as the input is one sequence"),
    (lambda: nn.LSTM(2, 5)(ones(4, 3, 2), ones(1, 3, 5)), r"LSTM: expected .* a pair \(h_0, c_0\)"),
    (lambda: nn.GRU(2, 5)(ones(4, 3, 2), (ones(1, 3, 5),) * 2), "one state, h_0, got a tuple of 2; only an LSTM"),
    (
        lambda: nn.LSTM(2, 5, proj_size=3)(ones(4, 1, 2), (ones(1, 1, 5), ones(1, 1, 5))),
        r"h_0 of shape \[num_layers·1, B, proj_size\] = \[1·1, 1, 3\]",
    ),
    (lambda: nn.LSTMCell(2, 5)(ones(3, 4)), r"LSTMCell: expected the input of shape \[B, input_size\] = \[B, 2"),
    (lambda: nn.GRUCell(2, 5)(ones(3, 2), ones(3, 4)), r"h of shape \[B, hidden_size\] = \[B, 5\]"),
    (lambda: nn.GRUCell(2, 5)(ones(3, 2), ones(2, 5)), r"h of shape \[3, 5\] for an input of \[3, 2\]"),
    (lambda: pack_padded_sequence(ones(4, 2), [3, 4]), r"got \[3, 4\]; pass enforce_sorted=False"),
    (lambda: pack_padded_sequence(ones(4, 2), [3, 0]), r"lengths of 1 or more, got \[3, 0\]; leave out"),
    (lambda: pack_padded_sequence(ones(2, 4), [4, 3, 1, 1]), r"at most T = 2.* got 4; .*batch_first=True"),
    (lambda: pack_padded_sequence(ones(4, 2), [4]), "a length for each of the 2 sequences, got 1 lengths"),
    (lambda: pack_padded_sequence(ones(4, 2), [4.0, 1.5]), r"lengths as a list of whole numbers, got \[4\.0, 1\.5\]"),
    (lambda: pack_padded_sequence(ones(4, 2), ["a", "b"]), "lengths as a list of whole numbers, got <U1"),
    (lambda: pack_padded_sequence(ones(4, 2), 4), "lengths as a list, one whole number for each sequence, got int: 4"),
    (lambda: pack_padded_sequence(ones(4, 2), None), "for each sequence, got NoneType: None"),
    (lambda: pack_padded_sequence(ones(4, 2), [[4], [1, 2]]), "lengths as one list of whole numbers, got lists in it"),
    (lambda: pack_padded_sequence([ones(4)], [4]), "padded sequences, a tensor, got list; .* pack_sequence"),
    (lambda: unpad_sequence(pack_sequence([ones(2)]), [2]), "got packed ones; pad_packed_sequence"),
    (lambda: pack_padded_sequence(ones(4), [4]), r"2 dimensions or more, got \[4\]"),
    (lambda: pack_sequence([ones(2), ones(3)]), "enforce_sorted=False"),
    (lambda: pad_sequence([]), "expected at least one sequence, got none"),
    (lambda: pad_sequence([ones(2, 2), ones(2, 3)]), r"differ in their lengths alone, got .*\[2, 3\]"),
    (lambda: pad_sequence(3), "expected sequences, a list of tensors, got int"),
    (lambda: pad_sequence([[1.0]]), "expected sequences as tensors, got list"),
    (lambda: pad_sequence([ones(2)], padding_side="top"), '"left" or "right", got .top.'),
    (lambda: pad_packed_sequence(ones(3, 2)), "expected a PackedSequence, .* got Tensor; what is not packed"),
    (lambda: pad_packed_sequence(pack_sequence([ones(3)]), total_length=2), "total_length of 3 or more.*got 2"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), WRONG)
def test_wrong_input_says_what_was_expected(call, message):
    with pytest.raises(SequenceError, match=message):
        call()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.LSTM(2, 0), ValueError, "LSTM: expected hidden_size of 1 or more, got 0"),
        (lambda: nn.LSTM(2, 3.0), TypeError, "expected hidden_size as a whole number, got float"),
        (lambda: nn.LSTM(2, 3, 0), ValueError, "expected num_layers of 1 or more"),
        (lambda: nn.LSTM(2, 3, proj_size=3), ValueError, "proj_size smaller than hidden_size=3, got 3"),
        (lambda: nn.LSTM(2, 3, dropout=1.5), ValueError, "expected a probability p from 0 to 1, got 1.5"),
        (lambda: nn.LSTM(2, 3, 1, 1), TypeError, "expected bias as True or False, got int: 1"),
        (lambda: nn.RNN(2, 3, nonlinearity="gelu"), ValueError, 'nonlinearity "tanh" or "relu", got .gelu.'),
        (lambda: nn.GRU(2, 3, proj_size=1), ValueError, "GRU: only an LSTM has a projection; leave proj_size=1 out"),
        (lambda: nn.RNN(2, 3, proj_size=1), ValueError, "RNN: only an LSTM has a projection"),
        (lambda: nn.RNNBase("GRU", 2, 3, proj_size=1), ValueError, "only an LSTM has a projection"),
        (lambda: nn.RNNBase("TANH", 2, 3), ValueError, "expected a mode of RNN_TANH, RNN_RELU, GRU, LSTM, got 'TANH'"),
        (lambda: nn.GRUCell(0, 3), ValueError, "GRUCell: expected input_size of 1 or more"),
        (lambda: nn.RNNCell(2, 3, nonlinearity="gelu")(ones(2)), RuntimeError, 'RNNCell: .* "tanh" or "relu"'),
        (lambda: PackedSequence(ones(2)), ValueError, "PackedSequence: expected data and batch_sizes"),
    ],
)  # fmt: skip
def test_a_layer_that_cannot_be_says_why(make, error, message):
    with pytest.raises(error, match=message):
        make()
