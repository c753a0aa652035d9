"""A variational autoencoder puts handwritten digits on a map of two numbers, and draws digits from places on the map.

Kingma and Welling, "Auto-encoding variational Bayes" (2013): strided convolutions make a picture into a mean and a
variance, transposed convolutions make a place drawn from these into a picture. After five epochs a test picture, drawn
from its place, costs 144 nats; the mean picture for all costs 200.

Run it: python examples/autoencoder.py --data mnist --out autoencoder.png
"""

from scratch.helpers import options, plt, save

import glassnet
from glassnet import nn, optim
from glassnet.nn import functional as F
from glassnet.vision.datasets import MNIST


class Autoencoder(nn.Module):
    """Pictures [N, 1, 28, 28] → logits of their pixels [N, 1, 28, 28], and mean and log variance of their places."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 8, 4, stride=2, padding=1), nn.ReLU(),  # [N, 8, 14, 14]
            nn.Conv2d(8, 16, 4, stride=2, padding=1), nn.ReLU(),  # [N, 16, 7, 7]
            nn.Flatten(), nn.Linear(16 * 49, 128), nn.ReLU(), nn.Linear(128, 4),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Linear(2, 128), nn.ReLU(), nn.Linear(128, 16 * 49), nn.ReLU(), nn.Unflatten(1, (16, 7, 7)),
            nn.ConvTranspose2d(16, 8, 4, stride=2, padding=1), nn.ReLU(),  # [N, 8, 14, 14]
            nn.ConvTranspose2d(8, 1, 4, stride=2, padding=1),
        )  # fmt: skip

    def forward(self, x):
        mean, log_variance = self.encoder(x).chunk(2, 1)
        z = mean
        if self.training:  # a place near the mean: so that neighbours on the map look alike
            z = mean + (log_variance / 2).exp() * glassnet.randn_like(mean)
        return self.decoder(z), mean, log_variance


def bound(logits, mean, log_variance, x):
    """The two parts of −ELBO, a picture: how unlike it was drawn, and how far from N(0, 1) its places are drawn."""
    unlike = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    far = (mean**2 + log_variance.exp() - 1 - log_variance).sum() / (2 * len(x))
    return unlike, far


def main():
    args = options(__doc__.splitlines()[0], "autoencoder.png", data="mnist")
    glassnet.manual_seed(0)
    train, test = MNIST(args.data), MNIST(args.data, train=False)
    x = train.data[: 1500 if args.quick else None, None] / 255
    x_test, t_test = test.data[: 500 if args.quick else 5000, None] / 255, test.targets[: 500 if args.quick else 5000]
    net = Autoencoder()
    optimizer = optim.Adam(net.parameters(), lr=2e-3)

    @glassnet.compile
    def step(x):
        optimizer.zero_grad()
        unlike, far = bound(*net(x), x)
        loss = unlike + far
        loss.backward()
        optimizer.step()
        return loss

    grey = x.mean(0, keepdim=True).clamp(1e-4, 1 - 1e-4).expand(len(x_test), -1, -1, -1)
    baseline = F.binary_cross_entropy(grey, x_test, reduction="sum").item() / len(x_test)
    for epoch in range(1, 9 if args.quick else 6):
        net.train()
        for batch in glassnet.randperm(len(x)).split(32 if args.quick else 64):
            step(x[batch])
        net.eval()
        with glassnet.no_grad():
            logits, mean, log_variance = net(x_test)
            unlike, far = bound(logits, mean, log_variance, x_test)
        print(f"epoch {epoch}   unlike {unlike:.1f}   far {far:.1f}   the mean picture for all: unlike {baseline:.1f}")

    figure = plt.figure(figsize=(16, 5.5), layout="constrained")
    figure.suptitle("A variational autoencoder's map of the digits")
    places, drawn, pairs = figure.subfigures(1, 3, width_ratios=[1.1, 1, 0.8])
    ax = places.subplots()
    dots = ax.scatter(*mean.T.numpy(), c=t_test.numpy(), cmap="tab10", s=5, vmin=-0.5, vmax=9.5)
    places.colorbar(dots, ticks=range(10), label="digit")
    ax.set(title="where the test pictures are", xlim=(-5, 5), ylim=(-5, 5))
    ax = drawn.subplots()
    line = glassnet.linspace(-2.2, 2.2, 15)
    across, up = glassnet.meshgrid(line, line.flip(0), indexing="xy")
    with glassnet.no_grad():
        sheet = net.decoder(glassnet.stack([across, up], 2).reshape(-1, 2)).sigmoid()
    sheet = sheet.reshape(15, 15, 28, 28).transpose(1, 2).reshape(15 * 28, 15 * 28)
    ax.imshow(sheet.numpy(), cmap="gray_r", extent=(-2.2, 2.2, -2.2, 2.2))
    ax.set(title="what is drawn from each place")
    ax.grid(visible=False)
    pairs.suptitle("test pictures, and as drawn", fontsize=13)
    axes = pairs.subplots(6, 4)
    for ax in axes.flat:
        ax.axis("off")
    for i in range(12):
        axes[i % 6, i // 6 * 2].imshow(x_test[i, 0].numpy(), cmap="gray_r")
        axes[i % 6, i // 6 * 2 + 1].imshow(logits[i, 0].sigmoid().numpy(), cmap="Oranges")
    save(figure, args.out)


if __name__ == "__main__":
    main()
