"""What the two examples that write share: the letters of a tale, training on them, and a table of pairs to beat."""

from pathlib import Path

from scratch.helpers import BLUE, MUTED, ORANGE

import glassnet
from glassnet import nn, optim
from glassnet.nn import functional as F

TEXT = (Path(__file__).parent / "texts" / "river.txt").read_text(encoding="utf-8")
LETTERS = sorted(set(TEXT))
WINDOW = 64


def encode(text):
    """The number of each letter [L]."""
    return glassnet.tensor([LETTERS.index(letter) for letter in text])


def halves():
    """The first nine tenths of the text, to learn from, and the last tenth, which is new."""
    numbers = encode(TEXT)
    return numbers[: len(numbers) * 9 // 10], numbers[len(numbers) * 9 // 10 :]


def windows(numbers, n):
    """Random pieces of WINDOW letters, and for each letter the one that follows it: [n, WINDOW] twice."""
    starts = glassnet.randint(0, len(numbers) - WINDOW, (n, 1))
    at = starts + glassnet.arange(WINDOW)
    return numbers[at], numbers[at + 1]


def pieces(numbers):
    """The whole text in pieces of WINDOW letters that follow each other, and the letters after: [N, WINDOW] twice."""
    n = (len(numbers) - 1) // WINDOW
    return numbers[: n * WINDOW].reshape(n, WINDOW), numbers[1 : n * WINDOW + 1].reshape(n, WINDOW)


def loss_of_pairs(known, new):
    """The mean of −log p of the new letters when p counts how often a letter followed the one before it (plus ½)."""
    counts = glassnet.full((len(LETTERS), len(LETTERS)), 0.5)
    for before, after in zip(known[:-1].tolist(), known[1:].tolist(), strict=True):
        counts[before, after] += 1
    p = counts / counts.sum(1, keepdim=True)
    return -p[new[:-1], new[1:]].log().mean().item()


def fit(net, optimizer, steps):
    """Train on random windows; every 50 steps, say how well the new text is foretold. What `draw_training` draws."""
    known, new = halves()
    x_new, y_new = pieces(new)
    pairs = loss_of_pairs(known, new)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)

    @glassnet.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x).flatten(0, 1), y.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        return loss

    losses, new_losses = [], []
    for i in range(1, steps + 1):
        net.train()
        losses.append(step(*windows(known, 16)).item())
        schedule.step()
        if i % 50 == 0:
            net.eval()
            with glassnet.no_grad():
                loss = F.cross_entropy(net(x_new).flatten(0, 1), y_new.flatten()).item()
            new_losses.append((i, loss))
            print(f"step {i:4}   loss on new text {loss:.3f}   a table of pairs {pairs:.3f}")
    return losses, new_losses, pairs


def drawn(logits, temperature=0.6):
    """A letter drawn by the network's scores [V]; a low temperature prefers the likely ones."""
    return glassnet.multinomial((logits / temperature).softmax(0), 1)


def draw_training(ax, losses, new_losses, pairs):
    """The loss of each step, the loss on new text, and the one to beat."""
    ax.plot(range(1, len(losses) + 1), losses, color=ORANGE, linewidth=1, label="loss, text learned from")
    ax.plot(*zip(*new_losses, strict=True), color=BLUE, marker="o", label="loss, new text")
    ax.axhline(pairs, color=MUTED, linestyle="--", label="a table of pairs, new text")
    ax.set(title="training", xlabel="step", ylim=(0, None))
    ax.legend()


def draw_text(ax, text, surprise, title):
    """The text, each letter on a ground as dark as the network was surprised by it (−log p)."""
    column, row = 0, 0
    for letter, bits in zip(text, surprise, strict=True):
        if letter == "\n" or (letter == " " and column > 52):
            column, row = 0, row + 1
            continue
        ax.text(
            column,
            -row,
            letter,
            family="monospace",
            fontsize=11,
            ha="center",
            va="center",
            bbox={"facecolor": "#d9730d", "alpha": min(bits / 5, 1), "edgecolor": "none", "pad": 1.5},
        )
        column += 1
    ax.set(title=title, xlim=(-1, 62), ylim=(-14, 1))
    ax.axis("off")
