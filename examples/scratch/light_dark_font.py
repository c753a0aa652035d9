"""A 3-3-1 network learns which font is readable on a colour, with backpropagation by hand (seeds 001 and 002).

Run it: python examples/scratch/light_dark_font.py --data light_dark_font_training_set.csv --out light_dark_font.png
"""

import numpy as np
from helpers import BLUE, INK, MUTED, ORANGE, RED, options, plt, save

from glassnet.scratch import SGD, Affine, Relu, Sigmoid

args = options(__doc__.splitlines()[0], "light_dark_font.png", data="light_dark_font_training_set.csv")
rng = np.random.default_rng(0)

# Red, green, blue and a label. 1 is the dark font, which white needs; 0 the light one, which black needs.
rows = np.loadtxt(args.data, delimiter=",", skiprows=1)
rng.shuffle(rows)
test, train = np.split(rows, [len(rows) // 3])
x, t = train[:, :3] / 255, train[:, 3:]
x_new, t_new = test[:, :3] / 255, test[:, 3:]

# Weights of both signs, scaled to the number of inputs (He et al. 2015), so that no ReLU starts out dead.
hidden = Affine(rng.normal(size=(3, 3)) * np.sqrt(2 / 3), np.full(3, 0.1))
relu = Relu()
output = Affine(rng.normal(size=(3, 1)) * np.sqrt(2 / 3), np.zeros(1))
sigmoid = Sigmoid()
layers = [hidden, relu, output, sigmoid]
optimizer = SGD(lr=0.1)


def forward(x):
    for layer in layers:
        x = layer.forward(x)
    return x


def accuracy(x, t):
    return np.mean((forward(x) >= 0.5) == t)


print(f"{len(x)} colours to learn from, {len(x_new)} held out; dark font: {t_new.mean():.1%} of those")
print(f"held out, right before training: {accuracy(x_new, t_new):.1%}")
losses, accuracies = [], []
for _ in range(30 if args.quick else 150):
    order = rng.permutation(len(x))
    for batch in np.array_split(order, max(1, len(x) // 16)):
        p = forward(x[batch])
        # Sigmoid followed by the loss −log of the right answer's probability: backward begins with p − t.
        d = output.backward((p - t[batch]) / len(batch))
        hidden.backward(relu.backward(d))
        for layer in (hidden, output):
            optimizer.update(layer.params, layer.grads)
    p = forward(x)
    losses.append(-np.mean(np.log(np.where(t == 1, p, 1 - p))))
    accuracies.append(accuracy(x_new, t_new))

unseen = ~(x_new[:, None] == x).all(axis=2).any(axis=1)  # half of the rows repeat a colour
print(f"held out, right after training: {accuracies[-1]:.1%}")
if unseen.any():
    print(f"of the {unseen.sum()} that were never trained on: {accuracy(x_new[unseen], t_new[unseen]):.1%}")

p = forward(x_new)[:, 0]
wrong = (p >= 0.5) != (t_new[:, 0] == 1)
figure, axes = plt.subplots(1, 3, figsize=(15, 5), width_ratios=[1, 1, 1.15], layout="constrained")
training, scatter, swatches = axes
figure.suptitle(f"Light or dark font? {accuracies[-1]:.1%} of {len(x_new)} held-out colours right")
training.plot(losses, color=ORANGE, label="loss, training")
training.plot(accuracies, color=BLUE, label="accuracy, held out")
training.axhline(
    max(t_new.mean(), 1 - t_new.mean()), color=MUTED, linestyle="--", linewidth=1.5, label="one answer for all"
)
training.set(title="training", xlabel="epoch", ylim=(0, 1.02))
training.legend(loc="center right", bbox_to_anchor=(1, 0.3))
brightness = x_new @ [0.299, 0.587, 0.114]
scatter.scatter(brightness, p, c=x_new, s=34, edgecolors=MUTED, linewidths=0.4)
scatter.scatter(brightness[wrong], p[wrong], s=110, facecolors="none", edgecolors=RED, linewidths=1.8)
scatter.axhline(0.5, color=INK, linestyle="--", linewidth=1.2)
scatter.set(title="what decides: brightness", xlabel="brightness of the colour", ylabel="probability of a dark font")
scatter.text(0.02, 0.9, f"wrong: {wrong.sum()}", color=RED)
for i, (colour, dark) in enumerate(zip(x_new[:60], p >= 0.5, strict=False)):
    swatches.add_patch(plt.Rectangle((i % 10, i // 10), 0.94, 0.94, facecolor=colour, edgecolor=MUTED, linewidth=0.5))
    swatches.text(i % 10 + 0.47, i // 10 + 0.47, "Aa", color="black" if dark else "white", ha="center", va="center")
swatches.set(title="its choices", xlim=(-0.1, 10.1), ylim=(6.1, -0.1), aspect="equal")
swatches.axis("off")
save(figure, args.out)
