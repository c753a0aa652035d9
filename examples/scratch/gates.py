"""Logic gates from perceptrons, and the line that separates the inputs of each; XOR needs two lines (seed 004).

Run it: python examples/scratch/gates.py --out gates.png
"""

import numpy as np
from helpers import BLUE, INK, ORANGE, options, plt, save
from matplotlib.colors import ListedColormap

from glassnet.scratch import AND, NAND, OR, XOR, Perceptron

args = options(__doc__.splitlines()[0], "gates.png")

inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
gates = {"AND": AND, "NAND": NAND, "OR": OR, "XOR": XOR}

print("x1 x2 " + "".join(f"{name:>6}" for name in gates))
for x1, x2 in inputs:
    print(f"{x1:2d} {x2:2d} " + "".join(f"{int(gate(x1, x2)):6d}" for gate in gates.values()))

# Can one perceptron be XOR? Try many weights and biases, and count the inputs that the best of them gets right.
most = 0
for *weights, bias in np.random.default_rng(0).uniform(-1, 1, size=(500 if args.quick else 20_000, 3)):
    most = max(most, np.sum(Perceptron(weights, bias)(inputs) == XOR(inputs)))
print(f"XOR by a single perceptron: at best {most} of 4 right")

figure, axes = plt.subplots(1, 4, figsize=(13, 4.6), layout="constrained")
figure.suptitle("A perceptron separates its inputs with one line; XOR needs two")
side = np.linspace(-0.5, 1.5, 60 if args.quick else 400)
x1, x2 = np.meshgrid(side, side)
for ax, (name, gate) in zip(axes, gates.items(), strict=True):
    ax.pcolormesh(x1, x2, gate(x1, x2), cmap=ListedColormap([ORANGE, BLUE]), alpha=0.16, rasterized=True)
    for line in XOR.hidden if gate is XOR else (gate,):
        w1, w2 = line.weights
        ax.plot(side, -(w1 * side + line.bias) / w2, color=INK, linewidth=1.8)
    for corner in inputs:
        one = gate(*corner) == 1
        ax.plot(*corner, "o", markersize=17, color=BLUE if one else ORANGE, markeredgecolor="white", zorder=3)
        ax.text(*corner, int(one), color="white", ha="center", va="center", weight="bold", zorder=4)
    rule = "NAND and OR at once" if gate is XOR else "{:g}·x1 {:+g}·x2 {:+g} > 0".format(*gate.weights, gate.bias)
    rule = rule.replace(" -", " − ").replace(" +", " + ").replace("-", "−")
    ax.set(title=name, xlabel=f"x1\n\n{rule}", ylabel="x2")
    ax.set(xlim=(-0.5, 1.5), ylim=(-0.5, 1.5), xticks=(0, 1), yticks=(0, 1), aspect="equal")
    ax.grid(False)
save(figure, args.out)
