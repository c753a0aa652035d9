"""A two-layer network, 784-50-10 with sigmoid, on MNIST: batches of 100, learning rate 0.1, 10,000 steps (seed 003).

Run it: python examples/scratch/mnist_two_layer.py --data mnist --out mnist_two_layer.png
"""

import gzip

import numpy as np
from helpers import BLUE, ORANGE, RED, options, plt, save

import glassnet
from glassnet.scratch import SGD, TwoLayerNet

args = options(__doc__.splitlines()[0], "mnist_two_layer.png", data="mnist")


def read(name, header):
    """The bytes of a file of MNIST, after its header: 16 bytes for pictures, 8 for labels."""
    with gzip.open(args.data / name) as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


x_train = read("train-images-idx3-ubyte.gz", 16).reshape(-1, 784) / np.float32(255)
t_train = read("train-labels-idx1-ubyte.gz", 8).astype(int)
x_test = read("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 784) / np.float32(255)
t_test = read("t10k-labels-idx1-ubyte.gz", 8).astype(int)

rng = np.random.default_rng(0)
glassnet.manual_seed(0)  # for the weights
net = TwoLayerNet(784, 50, 10)
optimizer = SGD(lr=0.1)
steps, every = (600, 100) if args.quick else (10_000, 600)
losses, accuracies = [], []
for step in range(1, steps + 1):
    batch = rng.integers(0, len(x_train), 100)
    optimizer.update(net.params, net.gradient(x_train[batch], t_train[batch]))
    if step % every == 0 or step == steps:
        losses.append((step, net.loss(x_train[:5000], t_train[:5000])))
        accuracies.append((step, net.accuracy(x_test, t_test)))
        print(f"step {step:6,}   loss {losses[-1][1]:.3f}   accuracy on the test pictures {accuracies[-1][1]:.2%}")

p = net.predict(x_test)
predicted = p.argmax(axis=1)
mistakes = np.flatnonzero(predicted != t_test)
surest = mistakes[np.argsort(-p[mistakes, predicted[mistakes]])]
print(f"{len(mistakes)} of {len(x_test)} wrong")

figure = plt.figure(figsize=(14, 6), layout="constrained")
figure.get_layout_engine().set(h_pad=0.06, w_pad=0.06)
figure.suptitle(f"784-50-10 on MNIST: {accuracies[-1][1]:.2%} of the test pictures right")
training, weights, wrong = figure.subfigures(1, 3, width_ratios=[1.2, 1.25, 1])
ax = training.subplots()
ax.plot(*zip(*accuracies, strict=True), color=BLUE, marker="o", label="accuracy, test pictures")
ax.plot(*zip(*losses, strict=True), color=ORANGE, marker="o", label="loss, training pictures")
ax.set(title="training", xlabel="step", ylim=(0, None))
ax.legend()
weights.suptitle("weights of 16 hidden nodes: violet +, orange −", fontsize=13)
limit = np.abs(net.params["W1"]).max() / 2
for ax, column in zip(weights.subplots(4, 4).flat, net.params["W1"].T, strict=False):
    ax.imshow(column.reshape(28, 28), cmap="PuOr", vmin=-limit, vmax=limit)
    ax.axis("off")
wrong.suptitle("the surest mistakes", fontsize=13)
axes = wrong.subplots(3, 3).flat
for ax in axes:
    ax.axis("off")
for ax, i in zip(wrong.axes, surest, strict=False):
    ax.imshow(x_test[i].reshape(28, 28), cmap="gray_r")
    ax.set_title(f"a {t_test[i]}, read as {predicted[i]}", fontsize=11, color=RED, pad=4)
save(figure, args.out)
