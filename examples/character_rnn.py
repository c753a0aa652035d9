"""An LSTM learns a tale letter by letter, and then writes on, keeping what it has read in its state alone.

Graves, "Generating sequences with recurrent neural networks" (2013). The tale is texts/river.txt; gpt.py learns the
same one with attention. The loss on the last tenth of the tale, which it has not read, is 0.99; that of a table of
pairs of letters is 2.04.

Run it: python examples/character_rnn.py --out character_rnn.png
"""

from letters import LETTERS, draw_text, draw_training, drawn, encode, fit, halves
from scratch.helpers import options, plt, save

import glassnet
from glassnet import nn, optim
from glassnet.nn import functional as F


class CharacterRNN(nn.Module):
    """Numbers of letters [N, L] → after each of them, a score for every letter that may follow [N, L, V]."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(LETTERS), 32)
        self.lstm = nn.LSTM(32, 128, batch_first=True)
        self.dropout = nn.Dropout(0.3)
        self.fc = nn.Linear(128, len(LETTERS))

    def read(self, x, state=None):
        """The scores, and the state after the last letter: with it, reading can go on."""
        outputs, state = self.lstm(self.embedding(x), state)
        return self.fc(self.dropout(outputs)), state

    def forward(self, x):
        return self.read(x)[0]


def write(net, start, n):
    """`start` and n letters more. Each letter is read once."""
    text, x, state = start, encode(start)[None], None
    with glassnet.no_grad():
        for _ in range(n):
            scores, state = net.read(x, state)
            x = drawn(scores[0, -1])[None]
            text += LETTERS[x.item()]
    return text


def main():
    args = options(__doc__.splitlines()[0], "character_rnn.png")
    glassnet.manual_seed(0)
    net = CharacterRNN()
    curves = fit(net, optim.Adam(net.parameters(), lr=5e-3), 150 if args.quick else 500)
    net.eval()
    written = write(net, "The river ", 100 if args.quick else 400)
    print(written)

    figure = plt.figure(figsize=(16, 6), layout="constrained")
    figure.suptitle("An LSTM reads a tale, and writes on")
    ax, read, wrote = figure.subplots(1, 3, width_ratios=[1, 1.4, 1.4])
    draw_training(ax, *curves)
    new = halves()[1][:600]
    with glassnet.no_grad():
        surprise = F.cross_entropy(net(new[None, :-1])[0], new[1:], reduction="none")
    text = "".join(LETTERS[i] for i in new[1:].tolist())
    draw_text(read, text, surprise.tolist(), "new text, dark where it is surprised")
    draw_text(wrote, written, [0.0] * len(written), "what it writes")
    save(figure, args.out)


if __name__ == "__main__":
    main()
