"""Convolution, padding and lazy layers: what they compute, and what they say to wrong input.

Beside PyTorch they are in tests/pytorch, and each operation to second order in tests/ops.
"""

from __future__ import annotations

import copy
import tracemalloc
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.export import numpy_file


def numbers(*shape: int, seed: int = 0) -> gn.Tensor:
    return gn.tensor(np.random.default_rng(seed).standard_normal(shape))


# what is computed -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("samples", "groups"), [(1, 1), (3, 2)])
def test_one_output_is_a_window_times_a_kernel(samples: int, groups: int) -> None:
    layer = nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=groups).double()
    x = numbers(samples, 4, 7, 6)
    y = layer(x).detach().numpy()
    padded = np.pad(x.array, ((0, 0), (0, 0), (1, 1), (0, 0)))
    for n, o, i, j in np.ndindex(y.shape):
        first = o // (6 // groups) * (4 // groups)
        window = padded[n, first : first + 4 // groups, 2 * i : 2 * i + 3, j : j + 3 : 2]
        expected = (window * layer.weight.array[o]).sum() + layer.bias.array[o]
        np.testing.assert_allclose(y[n, o, i, j], expected, rtol=1e-12)


def test_many_samples_are_convolved_in_blocks() -> None:
    """So many that their rows do not fit at once: each sample's result is what it is alone."""
    layer = nn.Conv2d(8, 3, 3, padding=1)
    x = gn.randn(70, 8, 16, 16, requires_grad=True)
    y = layer(x)
    (y * y).sum().backward()
    weight_gradient, layer.weight.grad = layer.weight.grad.numpy().copy(), None
    for i in (0, 41, 69):
        alone = x[i].detach().requires_grad_()
        np.testing.assert_allclose(layer(alone).detach().numpy(), y[i].detach().numpy(), rtol=1e-4, atol=1e-5)
        (layer(alone) ** 2).sum().backward()
        np.testing.assert_allclose(alone.grad.numpy(), x.grad[i].numpy(), rtol=1e-3, atol=1e-4)
    layer.weight.grad = None
    for part in x.detach().split(7):
        (layer(part) ** 2).sum().backward()
    np.testing.assert_allclose(layer.weight.grad.numpy(), weight_gradient, rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("mode", ["zeros", "replicate"])
def test_same_padding_keeps_the_size(kernel: int, dilation: int, mode: str) -> None:
    layer = nn.Conv1d(1, 1, kernel, padding="same", dilation=dilation, padding_mode=mode)
    assert layer(gn.zeros(2, 1, 12)).shape == (2, 1, 12)


@pytest.mark.parametrize("kind", [nn.Conv2d, nn.ConvTranspose2d])
def test_one_sample_is_a_batch_of_one(kind: Any) -> None:
    layer, x = kind(2, 4, 3), gn.randn(2, 5, 6)
    np.testing.assert_array_equal(layer(x).detach().numpy(), layer(x[None])[0].detach().numpy())


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_transposed_convolution_is_the_transpose(n: int) -> None:
    """⟨conv(x), y⟩ = ⟨x, conv_transpose(y)⟩."""
    there = nn.Conv1d if n == 1 else nn.Conv2d if n == 2 else nn.Conv3d
    options: dict[str, Any] = {"stride": 2, "padding": 1, "groups": 2, "bias": False}
    layer = there(4, 6, 3, **options).double()
    back = getattr(nn, f"ConvTranspose{n}d")(6, 4, 3, **options).double()
    back.weight.data = layer.weight.data
    x = numbers(2, 4, *(7, 8, 5)[:n])
    y = layer(x).detach()
    other = numbers(*y.shape, seed=1)
    turned = back(other, output_size=x.shape[2:]).detach()
    np.testing.assert_allclose((y * other).sum().item(), (x * turned).sum().item(), rtol=1e-12)


MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("widths", [(2, 1), (0, 2), (2, 0, 1, 2), (0, 0, 1, 1), (1, 1, 2, 0, 0, 1)])
def test_padding_is_numpys(mode: str, widths: tuple[int, ...]) -> None:
    x = numbers(2, 3, 4, 3)[:, : 3 if len(widths) == 6 else 2]
    x = x if len(widths) == 6 else x[0] if len(widths) == 2 else x
    pairs = [(0, 0)] * (x.ndim - len(widths) // 2) + list(zip(widths[::2], widths[1::2], strict=True))[::-1]
    expected = np.pad(x.array, pairs, mode=MODES[mode])  # type: ignore[call-overload]
    np.testing.assert_array_equal(F.pad(x, widths, mode).numpy(), expected)


def test_negative_padding_crops() -> None:
    x = gn.arange(5.0).unsqueeze(0)
    assert F.pad(x, (-1, 2), value=9.0).tolist() == [[1, 2, 3, 4, 9, 9]]
    assert F.pad(x, (-1, 2), "reflect").tolist() == [[1, 2, 3, 4, 3, 2]]
    assert F.pad(x, (-1, 2), "circular").tolist() == [[1, 2, 3, 4, 1, 2]]
    assert nn.ZeroPad1d((-2, -1))(x).tolist() == [[2, 3]]
    assert F.pad(x, (-3, 2), "circular").tolist() == [[3, 4, 3, 4]]
    with pytest.raises(
        ValueError, match=r"can add 2 elements at most to the 5 .*, less the 3 that are taken away, got 3"
    ):
        F.pad(x, (-3, 3), "circular")


def test_a_size_may_be_asked_for_that_the_padding_alone_would_leave_nothing_of() -> None:
    layer = nn.ConvTranspose1d(1, 1, 2, stride=3, padding=2, dilation=3, bias=False)  # (1 − 1)·3 − 2·2 + 3·1 + 1 = 0
    y = layer(gn.tensor([[2.0]]), output_size=(1,)).detach()
    np.testing.assert_array_equal(y.numpy(), [[0.0]])  # the middle of 2w₀ 0 0 2w₁ 0
    with pytest.raises(ValueError, match=r"from \[0\] to \[2\] .* got \[3\]"):
        layer(gn.tensor([[2.0]]), output_size=(3,))


def test_a_transposed_convolution_prints_what_it_is_as_pytorch_does() -> None:
    layer = nn.ConvTranspose1d(4, 2, 3, stride=3, padding=1, output_padding=1, dilation=2, groups=2)
    numbers = "stride=(3,), padding=(1,), dilation=(2,), output_padding=(1,), groups=2"
    assert repr(layer) == f"ConvTranspose1d(4, 2, kernel_size=(3,), {numbers})"


def test_folding_what_was_unfolded_counts_the_windows() -> None:
    x, options = numbers(2, 3, 6, 5), {"kernel_size": (2, 3), "stride": (2, 1), "padding": (0, 1)}
    columns = F.unfold(x, **options)
    counted = F.fold(F.unfold(gn.ones(*x.shape).double(), **options), (6, 5), **options)
    np.testing.assert_allclose(F.fold(columns, (6, 5), **options).numpy(), (x * counted).numpy())
    weight = numbers(4, 3, 2, 3, seed=1)
    expected = F.conv2d(x, weight, stride=(2, 1), padding=(0, 1))
    np.testing.assert_allclose((weight.flatten(1) @ columns).numpy(), expected.flatten(2).numpy(), rtol=1e-10)


# in a program -----------------------------------------------------------------------------------------


def lenet() -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


def training(model: nn.Module) -> Any:
    optimizer = optim.Adam(model.parameters())

    def step(x: gn.Tensor, y: gn.Tensor) -> gn.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def test_a_step_shows_each_convolution_and_its_two_derivatives() -> None:
    step = gn.compile(training(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Conv2d(2, 3, (3, 1)), nn.Flatten())))
    for _ in range(2):
        step(gn.randn(4, 1, 5, 3), gn.tensor([0, 1, 2, 0]))
    body = step.source.split("# backward")
    assert body[0].count(" = x ∗ W + b: ") == 0  # in the names of the values
    assert body[0].count(" ∗ W + b") == 2
    assert body[1].count("conv_transpose(") == 1  # no gradient of the images is asked for
    assert body[1].count("= convolution_weight(") == 2
    assert "stride" not in body[1]  # what says nothing is left out


@pytest.mark.parametrize("compiled", [False, True])
def test_a_step_of_lenet_allocates_no_more_than_three_times_its_activations(compiled: bool) -> None:
    model, x, y = lenet(), gn.randn(64, 1, 28, 28), gn.zeros(64).long()
    activations, seen = 0, x
    for layer in model:
        seen = layer(seen)
        activations += seen.array.nbytes
    step = gn.compile(training(model)) if compiled else training(model)
    del seen
    tracemalloc.start()
    step(x, y)
    step(x, y)  # a compiled one has its memory by now
    tracemalloc.reset_peak()
    start, _ = tracemalloc.get_traced_memory()
    step(x, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - (0 if compiled else start) < 3 * activations, f"{peak - start} of {activations}"


def test_an_exported_network_shows_the_textbook(tmp_path: Any) -> None:
    numpy_file(nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten()), tmp_path / "net.py", np.ones((1, 1, 4, 4), np.float32))
    text = (tmp_path / "net.py").read_text(encoding="utf-8")
    assert "np.tensordot" in text
    assert "_rows" not in text  # of the form that is quick


# lazy layers ------------------------------------------------------------------------------------------


def test_a_lazy_layer_becomes_one_that_fits() -> None:
    net = nn.Sequential(nn.LazyConv1d(4, 3), nn.LazyBatchNorm1d(), nn.Flatten(), nn.LazyLinear(2)).double()
    optimizer = optim.SGD(net.parameters(), lr=0.1)  # which holds the parameters before they have a shape
    weight = net[3].weight
    assert net[3].has_uninitialized_params()
    loss = net(numbers(5, 2, 6)).square().sum()
    assert [type(layer).__name__ for layer in net] == ["Conv1d", "BatchNorm1d", "Flatten", "Linear"]
    assert repr(net[0]) == "Conv1d(2, 4, kernel_size=(3,), stride=(1,))"
    assert (net[1].num_features, net[1].running_mean.shape) == (4, (4,))
    assert net[3].weight is weight
    assert (weight.shape, weight.dtype) == ((2, 16), gn.float64)
    assert type(weight) is nn.Parameter
    assert (weight.abs() <= 1 / 4).all()
    loss.backward()
    before = weight.detach().clone()
    optimizer.step()
    np.testing.assert_allclose(weight.detach().numpy(), (before - 0.1 * weight.grad).numpy())


def test_a_lazy_layer_takes_the_state_of_the_one_it_becomes() -> None:
    state = nn.Linear(3, 2).state_dict()
    layer = nn.LazyLinear(2)
    assert layer.load_state_dict(state) == ([], [])
    assert layer(gn.ones(4, 3)).shape == (4, 2)
    np.testing.assert_array_equal(layer.weight.detach().numpy(), state["weight"].numpy())
    assert type(layer) is nn.Linear
    assert layer.in_features == 3


def test_a_lazy_layer_takes_its_input_by_name() -> None:
    assert nn.LazyConvTranspose1d(2, 3, 2)(input=gn.ones(4, 5), output_size=(12,)).shape == (2, 12)


def test_a_lazy_layer_has_no_shape_and_no_numbers_before_its_first_input() -> None:
    net = nn.Sequential(nn.LazyLinear(2), nn.LazyBatchNorm1d())
    asked = [
        lambda: net[0].weight.shape,
        lambda: sum(p.numel() for p in net.parameters()),
        lambda: net[0].weight + 1,
        lambda: net[1].running_mean.sum(),
        lambda: nn.init.zeros_(net[0].bias),
        lambda: len(net[0].weight),
    ]
    for ask in asked:
        with pytest.raises(gn.ShapeError, match=r"^Uninitialized\w+: it has no shape.*: model\(x\)") as told:
            ask()
        assert isinstance(told.value, RuntimeError)  # as PyTorch's
        assert isinstance(told.value, ValueError)
    other = copy.deepcopy(net).double()
    assert repr(net[0].bias) == "<UninitializedParameter>"
    assert (other[0].bias.dtype, net[0].bias.dtype) == (gn.float64, gn.float32)
    assert other.load_state_dict(net.state_dict()) == ([], [])
    assert net(gn.ones(4, 3)).shape == (4, 2)
    for ask in asked:
        ask()
    assert other(gn.ones(4, 3).double()).dtype == gn.float64
    assert nn.UninitializedBuffer(dtype=gn.int64).dtype == gn.int64


def test_a_lazy_layer_is_called_before_it_is_compiled() -> None:
    net = nn.Sequential(nn.LazyLinear(2))
    with pytest.raises(gn.ShapeError, match="before its lazy layer has seen an input; call the network once"):
        gn.compile(net)(gn.ones(4, 3))
    net(gn.ones(4, 3))
    assert gn.compile(net)(gn.ones(4, 3)).shape == (4, 2)


# wrong input ------------------------------------------------------------------------------------------

CALLS: dict[str, tuple[Any, type[Exception], str]] = {
    "kernel too large": (
        lambda: nn.Conv2d(3, 4, 7, padding=1)(gn.zeros(2, 3, 4, 9)),
        RuntimeError,
        r"in Conv2d\(.*conv2d: no window fits into dimension -2: .* = ⌊\(4 \+ 2·1 − 1·\(7 − 1\) − 1\)/1⌋ \+ 1 = 0; "
        r"give it a kernel of 6 at most, a padding of 2 or more, or an input of 5 or more",
    ),
    "channels last": (
        lambda: nn.Conv2d(3, 4, 3)(gn.zeros(2, 8, 8, 3)),
        RuntimeError,
        r"3 channels, \[N, 3, H, W\] or \[3, H, W\], .* got \[2, 8, 8, 3\]; its last .*: x\.permute\(0, 3, 1, 2\)",
    ),
    "no dimension of channels": (
        lambda: nn.Conv2d(1, 6, 5)(gn.zeros(64, 28, 28)),
        RuntimeError,
        r"1 channel, .* got \[64, 28, 28\]; give it the dimension of channels: x\.unsqueeze\(1\)",
    ),
    "flat images": (
        lambda: nn.Conv2d(1, 6, 5)(gn.zeros(64, 784)),
        RuntimeError,
        r"got \[64, 784\]; .*flattened images, their shape: x\.reshape\(-1, C, H, W\)",
    ),
    "other channels": (
        lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(16, 4, 3))(gn.zeros(1, 3, 8, 8)),
        RuntimeError,
        r"in 1 \(Conv2d.*expected an input of 16 channels, .*got \[1, 8, 6, 6\]; make the layer with in_channels=8",
    ),
    "groups": (
        lambda: F.conv2d(gn.zeros(1, 4, 5, 5), gn.zeros(3, 2, 2, 2), groups=2),
        RuntimeError,
        r"groups that divide the 3 kernels of the weight \[3, 2, 2, 2\], got groups=2",
    ),
    "negative padding": (
        lambda: F.conv2d(gn.zeros(1, 4, 5, 5), gn.zeros(3, 4, 2, 2), padding=(0, -1)),
        RuntimeError,
        r"conv2d: expected padding of 0 or more, got \(0, -1\)",
    ),
    "a bias of another size": (
        lambda: F.conv1d(gn.zeros(1, 2, 5), gn.zeros(3, 2, 2), gn.zeros(1)),
        RuntimeError,
        r"expected a bias of shape \[3\], got \[1\]",
    ),
    "dtype": (
        lambda: nn.Conv2d(3, 4, 3)(gn.zeros(1, 3, 8, 8).double()),
        RuntimeError,
        r"conv2d: expected an input of dtype float32, .* got float64; convert the input: x\.float\(\)",
    ),
    "nothing left": (
        lambda: nn.ConvTranspose1d(3, 4, 2, padding=2)(gn.zeros(1, 3, 2)),
        RuntimeError,
        r"\(2 − 1\)·1 − 2·2 \+ 1·\(2 − 1\) \+ 0 \+ 1 = -1; make the padding smaller",
    ),
    "output_size": (
        lambda: nn.ConvTranspose2d(3, 4, 3, stride=2)(gn.zeros(1, 3, 4, 4), output_size=(20, 20)),
        ValueError,
        r"output_size from \[9, 9\] to \[10, 10\] for an input of \[4, 4\], got \[20, 20\]",
    ),
    "output_padding": (
        lambda: nn.ConvTranspose1d(3, 4, 2, output_padding=2)(gn.zeros(1, 3, 2)),
        RuntimeError,
        r"an output_padding below the stride \(1\) or the dilation \(1\), got 2",
    ),
    "a mirror too near": (
        lambda: nn.ReflectionPad2d(3)(gn.zeros(1, 2, 3, 5)),
        RuntimeError,
        r"mode='reflect' can add 2 elements at most to the 3 of dimension -2 of \[1, 2, 3, 5\], got 3",
    ),
    "an odd number": (lambda: F.pad(gn.zeros(3), (1, 2, 3)), RuntimeError, "two numbers, before and after, .* got 3"),
    "cropped to less than nothing": (lambda: F.pad(gn.zeros(3), (-2, -2)), RuntimeError, r"2 \+ 2 = 4"),
    "columns": (
        lambda: F.fold(gn.zeros(1, 8, 4), (4, 4), 2),
        RuntimeError,
        r"an image of \[4, 4\] has 3·3 = 9 windows, got 4 columns in \[1, 8, 4\]",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_wrong_input_shows_the_arithmetic(name: str) -> None:
    call, error, message = CALLS[name]
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: nn.Conv2d(3, 4, 3, groups=2),
            ValueError,
            "in_channels that groups divide, got 3 and groups=2: 3 = 1·2",
        ),
        (lambda: nn.Conv2d(4, 3, 3, groups=2), ValueError, "out_channels that groups divide"),
        (lambda: nn.Conv2d(3, 4, 3, padding=-1), ValueError, "Conv2d: expected padding of 0 or more, got -1"),
        (lambda: nn.Conv2d(3, 4, 3, stride=0), ValueError, "stride of 1 or more, got 0"),
        (
            lambda: nn.Conv2d(3, 4, 3, stride=2, padding="same"),
            ValueError,
            "keeps the size, which a stride of 2 does not",
        ),
        (
            lambda: nn.Conv2d(3, 4, 3, padding="full"),
            ValueError,
            """padding as numbers, "same" or "valid", got 'full'""",
        ),
        (
            lambda: nn.Conv2d(3, 4, 3, padding_mode="mirror"),
            ValueError,
            "a padding_mode of zeros, reflect, replicate, c",
        ),
        (lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"), ValueError, 'a padding_mode of "zeros"'),
        (lambda: nn.Conv2d(3, 4, (3, 3, 3)), ValueError, r"kernel_size as one number or 2, .* got \(3, 3, 3\)"),
        (lambda: nn.Conv2d(3, 4, 3.0), TypeError, "kernel_size as a whole number, .* got float: 3.0"),
        (lambda: nn.ReflectionPad2d((1, 2)), ValueError, "padding as one number or 4"),
    ],
)
def test_a_layer_that_cannot_be_says_why(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()
