"""Sequence to sequence with attention: dates as people write them become dates as computers write them.

Bahdanau, Cho, Bengio, "Neural machine translation by jointly learning to align and translate" (2014); the attention is
the simpler one of Luong, Pham, Manning (2015): a product of states. After ten epochs all of 500 new dates are
wholly right.

Run it: python examples/translator.py --out translator.png
"""

from datetime import date, timedelta

from scratch.helpers import BLUE, MUTED, ORANGE, options, plt, save

import glassnet
from glassnet import nn, optim
from glassnet.nn import functional as F
from glassnet.nn.utils.rnn import pad_sequence

SYMBOLS = "_^ ,./-0123456789abcdefghijklmnopqrstuvwxyz"  # _ fills up short dates, ^ begins an answer
FORMS = ["{0:%B} {0.day}, {0.year}", "{0.day} {0:%B} {0.year}", "{0.day}.{0.month}.{0.year}", "{0:%b} {0.day} {0.year}"]
FORMS += ["{0:%A}, {0.day} {0:%b} {0.year}", "{0:%d/%b/%Y}"]


class Translator(nn.Module):
    """Source [N, S] and the answer's symbols so far [N, T] → a score for each next symbol [N, T, V]."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(SYMBOLS), 32)
        self.encoder = nn.GRU(32, 32, batch_first=True, bidirectional=True)
        self.decoder = nn.GRU(32, 64, batch_first=True)
        self.mix = nn.Linear(128, 64)
        self.fc = nn.Linear(64, len(SYMBOLS))

    def attend(self, source, answer):
        """The decoder's states [N, T, 64], what they find in the source, and where they look [N, T, S]."""
        sources, ends = self.encoder(self.embedding(source))
        start = glassnet.cat([ends[0], ends[1]], 1)[None]
        states, _ = self.decoder(self.embedding(answer), start)
        scores = (states @ sources.transpose(1, 2)).masked_fill((source == 0)[:, None], -float("inf"))
        shares = scores.softmax(2)
        return states, shares @ sources, shares

    def forward(self, source, answer):
        states, found, _ = self.attend(source, answer)
        return self.fc(self.mix(glassnet.cat([states, found], 2)).tanh())


def encode(texts):
    """The numbers of the symbols, filled up with 0 [N, L]."""
    return pad_sequence([glassnet.tensor([SYMBOLS.index(s) for s in text]) for text in texts], batch_first=True)


def dates(days):
    """Days since 1950 [N]: as people write them [N, S], and as computers do [N, 11], which begins with ^."""
    forms = glassnet.randint(0, len(FORMS), (len(days),)).tolist()
    days = [date(1950, 1, 1) + timedelta(days=day) for day in days.tolist()]
    written = [FORMS[form].format(day).lower() for form, day in zip(forms, days, strict=True)]
    return encode(written), encode([f"^{day.isoformat()}" for day in days])


def translate(net, source):
    """The likeliest symbol after each other [N, 11]; the answer grows by one symbol at a time."""
    answer = glassnet.ones(len(source), 1, dtype=glassnet.int64)
    with glassnet.no_grad():
        for _ in range(10):
            answer = glassnet.cat([answer, net(source, answer)[:, -1].argmax(1)[:, None]], 1)
    return answer


def main():
    args = options(__doc__.splitlines()[0], "translator.png")
    glassnet.manual_seed(0)
    days = glassnet.randperm(36_500)
    source, answer = dates(days[500 : 2000 if args.quick else 6500])
    source_new, answer_new = dates(days[:500])
    net = Translator()
    optimizer = optim.Adam(net.parameters(), lr=3e-3)

    @glassnet.compile
    def step(source, answer):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(source, answer[:, :-1]).flatten(0, 1), answer[:, 1:].flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        return loss

    losses, accuracies = [], []
    for epoch in range(1, 7 if args.quick else 11):
        batches = glassnet.randperm(len(source)).split(50)
        losses += [step(source[batch], answer[batch]).item() for batch in batches]
        right = (translate(net, source_new) == answer_new).all(1).float().mean().item()
        accuracies.append((len(losses), right))
        print(f"epoch {epoch:2}   loss {losses[-1]:.3f}   new dates wholly right {right:.1%}")

    figure = plt.figure(figsize=(16, 5.5), layout="constrained")
    figure.suptitle(f"Dates translated: {accuracies[-1][1]:.1%} of {len(source_new)} new ones wholly right")
    axes = figure.subplots(1, 3, width_ratios=[1, 1.15, 1.15])
    axes[0].plot(losses, color=ORANGE, linewidth=1, label="loss of a symbol")
    axes[0].plot(*zip(*accuracies, strict=True), color=BLUE, marker="o", label="new dates wholly right")
    axes[0].axhline(1, color=MUTED, linestyle="--", linewidth=1)
    axes[0].set(title="training", xlabel="step", ylim=(0, None))
    axes[0].legend()
    for ax, text in zip(axes[1:], ["wednesday, 14 oct 1998", "march 21, 2024"], strict=True):
        shown = encode([text])
        said = translate(net, shown)
        with glassnet.no_grad():
            shares = net.attend(shown, said[:, :-1])[2][0]
        ax.imshow(shares.numpy(), cmap="Blues", vmin=0, vmax=1)
        ax.set_xticks(range(len(text)), text, family="monospace")
        ax.set_yticks(range(10), [SYMBOLS[i] for i in said[0, 1:].tolist()], family="monospace")
        ax.set(title="where it looks while it writes", xlabel="is read", ylabel="is written")
        ax.grid(visible=False)
    save(figure, args.out)


if __name__ == "__main__":
    main()
