"""A small GPT learns a tale letter by letter: three blocks of attention, in which each letter looks back.

Radford et al., "Language models are unsupervised multitask learners" (2019): normalization before each part, GELU,
learned positions, and the embedding's weight again at the end. The tale is texts/river.txt, as in character_rnn.py. On
the last tenth, which it has not read, its loss is 1.21: that of the LSTM is 0.99, of a table of pairs of letters 2.04.

Run it: python examples/gpt.py --out gpt.png
"""

from letters import LETTERS, WINDOW, draw_text, draw_training, drawn, encode, fit
from scratch.helpers import options, plt, save

import glassnet
from glassnet import nn, optim
from glassnet.nn import functional as F

WIDTH, HEADS, BLOCKS = 64, 4, 3


class Block(nn.Module):
    """x + attention(norm(x)), and then x + mlp(norm(x)): [N, L, WIDTH] → the same."""

    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))
        self.dropout = nn.Dropout(0.2)

    def heads(self, x):
        """Queries, keys and values, each [N, HEADS, L, WIDTH/HEADS]."""
        return [part.unflatten(2, (HEADS, -1)).transpose(1, 2) for part in self.qkv(self.norm1(x)).chunk(3, 2)]

    def shares(self, x):
        """How much each letter looks at each before it [N, HEADS, L, L], for the picture."""
        q, k, _ = self.heads(x)
        later = glassnet.ones(q.shape[2], q.shape[2]).triu(1) > 0
        return ((q @ k.transpose(2, 3)) / q.shape[3] ** 0.5).masked_fill(later, -float("inf")).softmax(3)

    def forward(self, x):
        found = F.scaled_dot_product_attention(*self.heads(x), is_causal=True)
        x = x + self.dropout(self.out(found.transpose(1, 2).flatten(2)))
        return x + self.dropout(self.mlp(self.norm2(x)))


class GPT(nn.Module):
    """Numbers of letters [N, L], L ≤ WINDOW → after each, a score for every letter that may follow [N, L, V]."""

    def __init__(self):
        super().__init__()
        self.letter = nn.Embedding(len(LETTERS), WIDTH)
        self.position = nn.Embedding(WINDOW, WIDTH)
        self.blocks = nn.Sequential(*[Block() for _ in range(BLOCKS)])
        self.norm = nn.LayerNorm(WIDTH)
        for embedding in (self.letter, self.position):
            nn.init.normal_(embedding.weight, std=0.1)

    def embed(self, x):
        return self.letter(x) + self.position.weight[: x.shape[1]]

    def forward(self, x):
        return F.linear(self.norm(self.blocks(self.embed(x))), self.letter.weight)


def write(net, start, n):
    """`start` and n letters more. For each, the last WINDOW letters are read again."""
    text = start
    with glassnet.no_grad():
        for _ in range(n):
            text += LETTERS[drawn(net(encode(text[-WINDOW:])[None])[0, -1]).item()]
    return text


def main():
    args = options(__doc__.splitlines()[0], "gpt.png")
    glassnet.manual_seed(0)
    net = GPT()
    curves = fit(net, optim.AdamW(net.parameters(), lr=3e-3), 150 if args.quick else 800)
    net.eval()
    written = write(net, "The river ", 100 if args.quick else 400)
    print(written)

    figure = plt.figure(figsize=(16, 6), layout="constrained")
    figure.suptitle("A small GPT reads a tale, and writes on")
    ax, looks, wrote = figure.subplots(1, 3, width_ratios=[1, 1.2, 1.4])
    draw_training(ax, *curves)
    shown = "and the wheel turns the stone, and the stone"
    with glassnet.no_grad():
        shares = net.blocks[2].shares(net.blocks[:2](net.embed(encode(shown)[None])))[0]
    sharpest = shares.max(2)[0].mean(1).argmax().item()
    looks.imshow(shares[sharpest].numpy(), cmap="Purples", vmin=0, vmax=1)
    looks.set_xticks(range(len(shown)), shown, family="monospace", fontsize=8)
    looks.set_yticks(range(len(shown)), shown, family="monospace", fontsize=8)
    looks.set(title=f"last block, head {sharpest + 1}: each letter looks back", xlabel="is looked at", ylabel="looks")
    looks.grid(visible=False)
    draw_text(wrote, written, [0.0] * len(written), "what it writes")
    save(figure, args.out)


if __name__ == "__main__":
    main()
