"""A GAN learns to draw points from a ring of eight clouds: one network invents points, another judges whether they are.

Goodfellow et al., "Generative adversarial nets" (2014), with the loss that does not saturate. Steep judgements are
punished (Mescheder, Geiger, Nowozin, "Which training methods for GANs do actually converge?", 2018): that is a
derivative inside a loss, so the compiled step has a second derivative. After 6,000 steps 86% of what is invented is
near a true point, in all eight clouds.

Run it: python examples/gan.py --out gan.png
"""

from math import pi

from scratch.helpers import MUTED, ORANGE, options, plt, save

import glassnet
from glassnet import autograd, nn, optim
from glassnet.nn import functional as F

SPREAD = 0.05  # of a cloud; the ring has radius 1
ANGLES = glassnet.arange(8) * (pi / 4)
CENTRES = glassnet.stack([ANGLES.cos(), ANGLES.sin()], 1)


def mlp(size_in, size_out):
    return nn.Sequential(
        nn.Linear(size_in, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, size_out)
    )


class Generator(nn.Module):
    """Random numbers [N, 2] → points [N, 2]."""

    def __init__(self):
        super().__init__()
        self.layers = mlp(2, 2)

    def forward(self, z):
        return self.layers(z)


class Discriminator(nn.Module):
    """Points [N, 2] → the logit of the probability that each is a true one [N, 1]."""

    def __init__(self):
        super().__init__()
        self.layers = mlp(2, 1)

    def forward(self, x):
        return self.layers(x)


def true_points(n):
    return CENTRES[glassnet.randint(0, 8, (n,))] + SPREAD * glassnet.randn(n, 2)


def quality(points):
    """The share of points within three deviations of a centre, and how many clouds have a twentieth of those."""
    distance, nearest = glassnet.cdist(points, CENTRES).min(1)
    near = distance < 3 * SPREAD
    of_each = (nearest[near][:, None] == glassnet.arange(8)).sum(0)
    return near.float().mean().item(), (of_each > 0.05 * near.sum()).sum().item()


def main():
    args = options(__doc__.splitlines()[0], "gan.png")
    glassnet.manual_seed(0)
    generator, discriminator = Generator(), Discriminator()
    of_generator = optim.Adam(generator.parameters(), lr=2e-3, betas=(0.5, 0.99))
    of_discriminator = optim.Adam(discriminator.parameters(), lr=2e-3, betas=(0.5, 0.99))

    @glassnet.compile
    def judge(true):
        of_discriminator.zero_grad()
        true = true.detach().requires_grad_()
        invented = generator(glassnet.randn(256, 2)).detach()
        logits = discriminator(true)
        loss = F.softplus(-logits).mean() + F.softplus(discriminator(invented)).mean()  # −log p, −log(1 − p)
        (slope,) = autograd.grad(logits.sum(), true, create_graph=True)
        loss = loss + 0.05 * slope.square().sum(1).mean()
        loss.backward()
        of_discriminator.step()
        return loss

    @glassnet.compile
    def invent():
        of_generator.zero_grad()
        loss = F.softplus(-discriminator(generator(glassnet.randn(256, 2)))).mean()
        loss.backward()
        of_generator.step()
        return loss

    steps = 1000 if args.quick else 6000
    shown = [0, steps // 20, steps // 5, steps]
    figure = plt.figure(figsize=(16, 4.8), layout="constrained")
    axes = figure.subplots(1, 4)
    grid = glassnet.linspace(-1.6, 1.6, 60)
    places = glassnet.stack(glassnet.meshgrid(grid, grid, indexing="xy"), 2).reshape(-1, 2)
    truth = true_points(1000)
    for step in range(steps + 1):
        if step in shown:
            near, clouds = quality(generator(glassnet.randn(4000, 2)).detach())
            print(f"step {step:6,}   near a true cloud {near:.1%}   clouds found {clouds} of 8")
            ax = axes[shown.index(step)]
            belief = discriminator(places).detach().sigmoid().reshape(60, 60)
            ax.imshow(belief.numpy(), cmap="PuOr", vmin=0, vmax=1, alpha=0.5, origin="lower", extent=(-1.6, 1.6) * 2)
            ax.scatter(*truth.T.numpy(), s=4, color=MUTED, label="true")
            ax.scatter(*generator(glassnet.randn(1000, 2)).detach().T.numpy(), s=4, color=ORANGE, label="invented")
            ax.set(title=f"step {step:,}: {near:.0%} near a cloud", xlim=(-1.6, 1.6), ylim=(-1.6, 1.6))
            ax.grid(visible=False)
        judge(true_points(256))
        invent()
    axes[0].legend(loc="lower left", markerscale=3)
    figure.suptitle("A GAN invents points; the other network believes those on violet ground, not on orange")
    save(figure, args.out)


if __name__ == "__main__":
    main()
