"""The forward pass of three layers, 2-3-2-2, with softmax at the end (seed 000).

Run it: python examples/scratch/three_layer_forward.py --out three_layer_forward.png
"""

import numpy as np
from helpers import BLUE, GREEN, GROUND, INK, MUTED, ORANGE, options, plt, save

from glassnet.scratch import identity, sigmoid, softmax

args = options(__doc__.splitlines()[0], "three_layer_forward.png")

# Weights of both signs: np.random.rand gives only numbers from 0 to 1, and then a network can only add.
draw = np.random.default_rng(2).normal
network = {}
for i, (n, m) in enumerate([(2, 3), (3, 2), (2, 2)], start=1):
    network[f"W{i}"], network[f"b{i}"] = draw(size=(n, m)), draw(size=(1, m))

x = np.array([[0.5, 0.8]])
a1 = np.dot(x, network["W1"]) + network["b1"]
z1 = sigmoid(a1)
a2 = np.dot(z1, network["W2"]) + network["b2"]
z2 = sigmoid(a2)
y = identity(np.dot(z2, network["W3"]) + network["b3"])
for name, value in {"x": x, "a1": a1, "z1": z1, "a2": a2, "z2": z2, "y": y, "softmax(y)": softmax(y)}.items():
    print(f"{name:10}", value.shape, value.round(4))
print("softmax(y) adds up to", np.sum(softmax(y)))

# The picture: a circle for each value, a line for each weight, as thick as the weight is large.
figure, ax = plt.subplots(figsize=(12, 6), layout="constrained")
figure.suptitle("Forward: each layer is a matrix product, a bias and an activation")
columns = [x[0], z1[0], z2[0], y[0], softmax(y)[0]]
places = [[(3 * i, 1.4 * ((len(c) - 1) / 2 - j)) for j in range(len(c))] for i, c in enumerate(columns)]
for i in (1, 2, 3):
    for j, start in enumerate(places[i - 1]):
        for k, end in enumerate(places[i]):
            weight = network[f"W{i}"][j, k]
            ax.plot(
                *zip(start, end, strict=True), color=BLUE if weight > 0 else ORANGE, linewidth=0.8 + 2 * abs(weight)
            )
for start, end in zip(places[3], places[4], strict=True):
    ax.plot(*zip(start, end, strict=True), color=MUTED, linewidth=1.2, linestyle=":")
for i, (column, spots) in enumerate(zip(columns, places, strict=True)):
    for value, spot in zip(column, spots, strict=True):
        ax.plot(*spot, "o", markersize=46, color=GROUND, markeredgecolor=GREEN if i == 4 else INK, markeredgewidth=2)
        ax.text(*spot, f"{value:.2f}".replace("-", "−"), ha="center", va="center", weight="bold", fontsize=12)
    name = ["input x", "z1 = sigmoid(a1)", "z2 = sigmoid(a2)", "y = a3", "softmax(y)"][i]
    ax.text(3 * i, -2.15, name, ha="center", color=MUTED)
ax.plot([], [], color=BLUE, label="weight above 0")
ax.plot([], [], color=ORANGE, label="weight below 0")
ax.legend(loc="upper center", ncols=2)
ax.set(xlim=(-0.8, 12.8), ylim=(-2.5, 2.5))
ax.axis("off")
save(figure, args.out)
