"""Seed 003: softmax, a network of bare tensors on MNIST, and two of nn.Module, in PyTorch's style.

In the order of the seed. The imports are what differs: glassnet for torch, glassnet.vision for torchvision.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as torch
import glassnet.nn as nn
import glassnet.nn.functional as F
from glassnet.utils.data import DataLoader, Subset
from glassnet.vision import datasets, transforms
from tests.seeds.places import data

EXAMPLE = [[2.0, 1.0, 0.5], [0.5, 2.0, 1.0]]
PRINTED = [[0.7, 0.2, 0.1], [0.1, 0.7, 0.2]]  # what the seed says its example prints
IS = [[0.62853172, 0.2312239, 0.14024438], [0.14024438, 0.62853172, 0.2312239]]  # what it does print, to 8 digits


def softmax(x: Any) -> Any:
    """Softmax of each row, by hand."""
    e = torch.exp(x)
    return e / torch.sum(e, dim=1).view(-1, 1)


def sigmoid(x: Any) -> Any:
    """Sigmoid, by hand."""
    return 1 / (1 + torch.exp(-x))


transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])


def mnist_test(n: int) -> Any:
    """The first ``n`` test images of MNIST, with the seed's transform."""
    return Subset(datasets.MNIST(data("mnist").parent, train=False, transform=transform), range(n))


def pixels(n: int = 64) -> Any:
    """Pictures in the seed's range, −1 to 1, where MNIST itself is not needed."""
    return torch.rand(n, 1, 28, 28) * 2 - 1


# softmax by hand ------------------------------------------------------------------------------------


def test_softmax_with_dim_1_makes_each_row_a_distribution() -> None:
    y = softmax(torch.randn(5, 7))
    assert y.shape == (5, 7)
    assert 0 < y.min().item() <= y.max().item() < 1
    np.testing.assert_allclose(y.sum(dim=1).numpy(), np.ones(5), rtol=1e-6)


def test_a_larger_number_gets_a_larger_share_than_dividing_by_the_sum_would_give() -> None:
    """Each output divided by the sum of all is how the seed puts it for beginners; softmax has exp before that."""
    x = torch.tensor(EXAMPLE[:1])
    plain = x / x.sum(dim=1).view(-1, 1)
    np.testing.assert_allclose(plain.numpy(), [[4 / 7, 2 / 7, 1 / 7]], rtol=1e-6)
    assert softmax(x)[0, 0] > plain[0, 0]
    assert (x - 3).sum() < 0  # and the plain quotients of numbers below 0 are no probabilities at all:
    assert torch.equal(softmax(x - 3).argmax(dim=1), softmax(x).argmax(dim=1))
    assert ((x - 3) / (x - 3).sum(dim=1).view(-1, 1)).argmax(dim=1).item() == 2


def test_three_doors_and_one_rabbit() -> None:
    np.testing.assert_allclose(softmax(torch.zeros(1, 3)).numpy(), [[1 / 3] * 3], rtol=1e-6)


def test_sigmoid_is_the_softmax_of_two() -> None:
    x = torch.linspace(-4, 4, 9)
    two = torch.stack([x, torch.zeros(9)], dim=1)
    np.testing.assert_allclose(softmax(two)[:, 0].numpy(), sigmoid(x).numpy(), rtol=1e-6)


# the example whose printed output is not its output ---------------------------------------------------


def test_the_example_gives_other_numbers_than_the_seed_prints() -> None:
    y = softmax(torch.tensor(EXAMPLE))
    np.testing.assert_allclose(y.numpy(), IS, rtol=1e-6)
    assert str(y) == "tensor([[0.6285, 0.2312, 0.1402],\n        [0.1402, 0.6285, 0.2312]])"
    assert np.abs(y.numpy() - PRINTED).max() > 0.07


def test_the_printed_numbers_are_the_softmax_of_their_logarithms_and_of_nothing_near_the_input() -> None:
    printed = torch.tensor(PRINTED)
    np.testing.assert_allclose(softmax(printed.log()).numpy(), PRINTED, rtol=1e-6)
    # Differences of inputs are logarithms of quotients of outputs. The input's steps, 1 and 0.5, are as 2 to 1, and
    # so they stay if the input is divided by a temperature; those of the printed numbers are not.
    steps = np.diff(np.log(PRINTED[0]))
    np.testing.assert_allclose(steps, [-math.log(3.5), -math.log(2)])
    assert steps[0] / steps[1] == pytest.approx(1.807, abs=1e-3)


def test_without_subtracting_the_maximum_large_scores_become_nan() -> None:
    """exp leaves float32 beyond 88.7, so ∞/∞: no probability. The built-in one subtracts the maximum first."""
    x = torch.tensor([[89.0, 0.0, 88.0]])
    with np.errstate(over="ignore", invalid="ignore"):
        assert math.isnan(softmax(x)[0, 0].item())
    expected = [[1 / (1 + math.exp(-1)), 0, 1 / (1 + math.e)]]
    np.testing.assert_allclose(torch.softmax(x, dim=1).numpy(), expected, rtol=1e-6, atol=1e-30)


# MNIST through a loader, and a network of bare tensors -------------------------------------------------


def test_the_lines_that_load_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they stand in the seed. The files are in GLASSNET_DATA, so there is nothing to download."""
    monkeypatch.setenv("GLASSNET_DATA", str(data("mnist").parent))
    monkeypatch.chdir(tmp_path)
    train_dataset = datasets.MNIST(root="./data/MNIST_data", train=True, transform=transform, download=True)
    trainloader = torch.utils.data.DataLoader(train_dataset, batch_size=64, shuffle=True)
    assert (len(train_dataset), len(trainloader)) == (60_000, 938)
    images, labels = next(iter(trainloader))  # the line that the seed leaves out: where its `images` come from
    assert (images.shape, images.dtype) == ((64, 1, 28, 28), torch.float32)
    assert (labels.shape, labels.dtype) == ((64,), torch.int64)
    assert images.view(images.shape[0], -1).shape == (64, 784)
    assert list(tmp_path.iterdir()) == []


def test_normalize_one_half_takes_pixels_to_the_range_from_minus_one_to_one() -> None:
    mnist = mnist_test(200)
    batches = list(DataLoader(mnist, batch_size=64, shuffle=True))
    assert [len(x) for x, _ in batches] == [64, 64, 64, 8]
    x = torch.cat([x for x, _ in batches])
    assert (x.min().item(), x.max().item()) == (-1, 1)
    whole = mnist.dataset
    raw = (whole.data[:200].float() / 255 - 0.5) / 0.5  # the same by hand
    np.testing.assert_array_equal(np.sort(x.numpy(), None), np.sort(raw.numpy(), None))
    assert sorted(torch.cat([t for _, t in batches]).tolist()) == sorted(whole.targets[:200].tolist())


def weights() -> tuple[Any, Any, Any, Any]:
    return torch.randn(784, 256), torch.randn(256), torch.randn(256, 10), torch.randn(10)


def test_a_network_of_bare_tensors() -> None:
    images = pixels()
    inputs = images.view(images.shape[0], -1)
    w1, b1, w2, b2 = weights()
    h = sigmoid(torch.mm(inputs, w1) + b1)
    out = sigmoid(torch.mm(h, w2) + b2)
    probabilities = softmax(out)
    assert probabilities.shape == (64, 10)
    np.testing.assert_allclose(probabilities.sum(dim=1).numpy(), np.ones(64), rtol=1e-6)
    # what the ready-made functions say
    x, *rest = (t.numpy().astype(float) for t in (inputs, w1, b1, w2, b2))
    hidden = 1 / (1 + np.exp(-(x @ rest[0] + rest[1])))
    e = np.exp(1 / (1 + np.exp(-(hidden @ rest[2] + rest[3]))))
    np.testing.assert_allclose(probabilities.numpy(), e / e.sum(axis=1, keepdims=True), rtol=1e-3)
    ready = F.softmax(F.sigmoid(F.sigmoid(inputs @ w1 + b1) @ w2 + b2), dim=1)
    np.testing.assert_allclose(ready.numpy(), probabilities.numpy(), rtol=1e-5)


def test_the_output_line_as_it_stands_in_the_seed_does_not_run() -> None:
    w1, b1, w2, b2 = weights()
    h = sigmoid(torch.mm(pixels().flatten(1), w1) + b1)
    with pytest.raises(AttributeError, match="torchmm"):
        torch.torchmm(h, w2)  # a dot is missing: torch.mm
    with pytest.raises(TypeError, match="positional argument"):
        sigmoid(torch.mm(h, w2), +b2)  # a comma too many: + b2 became a second argument


def test_sigmoid_before_softmax_cannot_be_sure_of_anything() -> None:
    """Scores between 0 and 1 differ by a factor e at most, so of ten classes none gets more than e/(e + 9)."""
    most, least = math.e / (math.e + 9), 1 / (1 + 9 * math.e)
    surest = torch.full((1, 10), -1e4)
    surest[0, 3] = 1e4
    y = F.softmax(F.sigmoid(surest), dim=1)
    assert y.max().item() == pytest.approx(most, rel=1e-6) == pytest.approx(0.2320, abs=1e-4)
    y = F.softmax(F.sigmoid(-surest), dim=1)
    assert y.min().item() == pytest.approx(least, rel=1e-6) == pytest.approx(0.0393, abs=1e-4)
    # so the loss of a network that is right about everything stays above log(e + 9) − 1
    assert -math.log(most) == pytest.approx(1.4612, abs=1e-4)
    assert F.softmax(surest, dim=1).max().item() == 1


def test_standard_normal_weights_saturate_the_hidden_layer() -> None:
    """784 products of numbers near −1 with weights of deviation 1 add up to ±27 or so, where sigmoid is flat."""
    images, _ = next(iter(DataLoader(mnist_test(64), batch_size=64)))
    x = images.view(64, -1)
    w1, b1, *_ = weights()
    slopes = {}
    for name, scale in (("as the seed has it", 1.0), ("divided by √784", 1 / 28)):
        h = F.sigmoid(x @ (w1 * scale) + b1 * scale)
        slopes[name] = np.median((h * (1 - h)).numpy())
    assert slopes["as the seed has it"] < 1e-6
    assert slopes["divided by √784"] > 0.1


# the same with nn.Module ------------------------------------------------------------------------------


class OneHidden(nn.Module):
    """784-256-10, its layers as attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(784, 256)
        self.output = nn.Linear(256, 10)
        self.sigmoid = nn.Sigmoid()
        self.softmax = nn.Softmax(dim=1)

    def forward(self, x: Any) -> Any:
        return self.softmax(self.output(self.sigmoid(self.hidden(x))))


class TwoHidden(nn.Module):
    """784-128-64-10, its activations as functions."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(784, 128)
        self.fc2 = nn.Linear(128, 64)
        self.fc3 = nn.Linear(64, 10)

    def forward(self, x: Any) -> Any:
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return F.softmax(self.fc3(x), dim=1)


@pytest.mark.parametrize(("network", "numbers"), [(OneHidden, 203_530), (TwoHidden, 109_386)])
def test_networks_of_modules(network: type[nn.Module], numbers: int) -> None:
    model = network()
    y = model(pixels().flatten(1))
    assert y.shape == (64, 10)
    np.testing.assert_allclose(y.sum(dim=1).detach().numpy(), np.ones(64), rtol=1e-6)
    assert sum(p.numel() for p in model.parameters()) == numbers
    assert re.fullmatch(r"(OneHidden|TwoHidden)\(\n(  \(\w+\): \w+\(.*\)\n)+\)", str(model))
    with pytest.raises(torch.errors.ShapeError, match=r"(hidden|fc1) \(Linear.*x\.flatten\(1\)"):
        model(pixels())


def test_the_module_computes_what_the_bare_tensors_do() -> None:
    model, x = OneHidden(), pixels().flatten(1)
    h = sigmoid(torch.mm(x, model.hidden.weight.t()) + model.hidden.bias)
    by_hand = softmax(torch.mm(h, model.output.weight.t()) + model.output.bias)
    np.testing.assert_allclose(model(x).detach().numpy(), by_hand.detach().numpy(), rtol=1e-5)


def test_initial_values_set_through_data() -> None:
    model = TwoHidden()
    model.fc1.bias.data.fill_(0)
    model.fc1.weight.data.normal_(std=0.01)
    assert not model.fc1.bias.detach().numpy().any()
    weight = model.fc1.weight.detach().numpy()
    assert weight.std() == pytest.approx(0.01, rel=0.02)
    assert abs(weight.mean()) < 2e-4
    assert model.fc1.weight.requires_grad
    assert model.fc1.weight.grad_fn is None


def test_a_network_that_ends_in_softmax_gives_no_logits() -> None:
    """The seed's docstring promises logits; cross_entropy, which expects them, would take the softmax twice."""
    scores, labels = torch.tensor([[8.0] + [0.0] * 9]), torch.tensor([0])
    once = F.cross_entropy(scores, labels).item()
    twice = F.cross_entropy(F.softmax(scores, dim=1), labels).item()
    assert once < 0.01
    assert twice > math.log(math.e + 9) - 1  # the same wall as after a sigmoid: probabilities are between 0 and 1 too
    right = F.nll_loss(F.softmax(scores, dim=1).log(), labels).item()
    assert right == pytest.approx(once, rel=1e-4)


def test_the_seeds_networks_learn() -> None:
    """With the loss that fits: nll_loss of the logarithm of what the network gives."""
    mnist, model = mnist_test(500), TwoHidden()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(3):
        for images, labels in DataLoader(mnist, batch_size=64, shuffle=True):
            optimizer.zero_grad()
            F.nll_loss(model(images.flatten(1)).log(), labels).backward()
            optimizer.step()
    images, labels = next(iter(DataLoader(mnist, batch_size=500)))
    assert (model(images.flatten(1)).argmax(1) == labels).float().mean().item() > 0.7


# from top to bottom --------------------------------------------------------------------------------------

SEED = """
import torch
import torch.nn as nn
from torchvision import datasets, transforms

transform = transforms.Compose([
    transforms.ToTensor(),
    transforms.Normalize((0.5,), (0.5,))
])
train_dataset = datasets.MNIST(root='./data/MNIST_data', train=True, transform=transform, download=True)
trainloader = torch.utils.data.DataLoader(train_dataset, batch_size=64, shuffle=True)

def sigmoid(x):
    return 1 / (1 + torch.exp(-x))

inputs = images.view(images.shape[0], -1)

w1 = torch.randn(784, 256)
b1 = torch.randn(256)
w2 = torch.randn(256, 10)
b2 = torch.randn(10)

h = sigmoid(torch.mm(inputs, w1) + b1)
out = sigmoid(torchmm(h, w2), + b2)

def softmax(x):
    return torch.exp(x) / torch.sum(torch.exp(x), dim=1).view(-1, 1)

probabilities = softmax(out)
print(probabilities.shape)
print(probabilities.sum(dim=1))

class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 128)
        self.fc2 = nn.Linear(128, 64)
        self.fc3 = nn.Linear(64, 10)

    def forward(self, x):
        ''' Forward pass through the network, returns the output logits '''
        x = self.fc1(x)
        x = F.relu(x)
        x = self.fc2(x)
        x = F.relu(x)
        x = self.fc3(x)
        x = F.softmax(x, dim=1)
        return x

model = Network()
model.fc1.bias.data.fill_(0)
model.fc1.weight.data.normal_(std=0.01)
"""
IMPORTS = {
    "import torch\n": "import glassnet as torch\n",
    "import torch.nn as nn\n": "import glassnet.nn as nn\n",
    "from torchvision import": "from glassnet.vision import",
}
SLIPS = {  # what keeps the seed from running with PyTorch, too
    "transforms\n\n": "transforms\nimport glassnet.nn.functional as F\n\n",
    "inputs = images": "images, labels = next(iter(trainloader))\ninputs = images",
    "torchmm(h, w2), + b2": "torch.mm(h, w2) + b2",
}


def test_the_seed_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it stands, but for the imports and its own slips."""
    monkeypatch.setenv("GLASSNET_DATA", str(data("mnist").parent))
    monkeypatch.chdir(tmp_path)
    text = SEED
    for old, new in (IMPORTS | SLIPS).items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    seed: dict[str, Any] = {}
    with np.errstate(over="ignore"):  # exp(−x) is ∞ where the hidden layer is far below 0, and 1/∞ is right
        exec(text, seed)
    shape, sums = capsys.readouterr().out.split("\n", 1)
    assert shape == "(64, 10)"
    assert sums.startswith("tensor([1.0000, 1.0000,")
    assert seed["model"](seed["inputs"]).shape == (64, 10)
    assert not seed["model"].fc1.bias.data.numpy().any()


# against PyTorch itself ----------------------------------------------------------------------------------


@pytest.mark.parity
def test_pytorch_prints_what_glassnet_prints() -> None:
    pytorch = pytest.importorskip("torch")
    x = pytorch.tensor(EXAMPLE)
    y = pytorch.exp(x) / pytorch.sum(pytorch.exp(x), dim=1).view(-1, 1)
    assert str(y) == str(softmax(torch.tensor(EXAMPLE)))
    np.testing.assert_allclose(y.numpy(), IS, rtol=1e-6)


@pytest.mark.parity
@pytest.mark.parametrize("ours", [OneHidden, TwoHidden])
def test_the_networks_give_pytorch_s_numbers(ours: type[nn.Module]) -> None:
    pytorch = pytest.importorskip("torch")
    model, x = ours().double(), pixels().flatten(1).double()
    layers = [m for m in model.modules() if isinstance(m, nn.Linear)]
    activation = pytorch.sigmoid if ours is OneHidden else pytorch.relu
    theirs = pytorch.tensor(x.numpy())
    wanted = []
    for number, layer in enumerate(layers, 1):
        w, b = (pytorch.tensor(p.detach().numpy(), requires_grad=True) for p in layer.parameters())
        wanted += [w, b]
        theirs = pytorch.nn.functional.linear(theirs, w, b)
        theirs = pytorch.softmax(theirs, dim=1) if number == len(layers) else activation(theirs)
    y = model(x)
    np.testing.assert_allclose(y.detach().numpy(), theirs.detach().numpy(), rtol=0, atol=1e-10)
    y[:, 3].log().sum().backward()
    theirs[:, 3].log().sum().backward()
    for p, q in zip(model.parameters(), wanted, strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=0, atol=1e-8)
