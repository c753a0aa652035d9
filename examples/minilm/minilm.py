"""all-MiniLM-L6-v2: a sentence becomes 384 numbers, and sentences that mean alike lie in the same direction.

It is BERT (J. Devlin et al., 2019), made small (W. Wang et al., MiniLM, 2020) and trained on a billion pairs of
sentences (N. Reimers and I. Gurevych, Sentence-BERT, 2019). Written in the words that glassnet and PyTorch share: with
`torch` in place of `glassnet`, this network is PyTorch's.
"""

from __future__ import annotations

import glassnet
from glassnet import nn

WORDS, LONGEST, WIDTH, HEADS, HIDDEN, LAYERS = 30522, 512, 384, 12, 1536, 6


class MiniLM(nn.Module):
    """Pieces of words [N, L], and where they are real and no padding [N, L], give a vector for each sentence [N, 384].

    Every piece begins as a vector: what it is, and where it stands. In each of six layers it looks at all others of its
    sentence, in twelve ways, and goes on changed by what it saw. The sentence is the mean of its pieces, of length 1.
    """

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH)
        self.places = nn.Embedding(LONGEST, WIDTH)
        self.parts = nn.Embedding(2, WIDTH)  # BERT reads pairs of sentences, too: the first, the second
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, HIDDEN, activation="gelu", layer_norm_eps=1e-12, batch_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, LAYERS)

    def embedded(self, pieces: glassnet.Tensor) -> glassnet.Tensor:
        """What each piece is and where it stands, as a vector: [N, L, 384]."""
        places = glassnet.arange(pieces.shape[1])
        return self.norm(self.words(pieces) + self.places(places) + self.parts.weight[0])

    def forward(self, pieces: glassnet.Tensor, real: glassnet.Tensor) -> glassnet.Tensor:
        x = self.encoder(self.embedded(pieces), src_key_padding_mask=~real)
        real = real.unsqueeze(-1)
        mean = (x * real).sum(1) / real.sum(1)
        return mean / mean.norm(dim=1, keepdim=True)

    def attention(self, pieces: glassnet.Tensor, layer: int) -> glassnet.Tensor:
        """How much each piece of one sentence [1, L] takes of each other, in a layer's twelve heads: [12, L, L]."""
        x = self.embedded(pieces)
        for before in self.encoder.layers[:layer]:
            x = before(x)
        _, weights = self.encoder.layers[layer].self_attn(x, x, x, average_attn_weights=False)
        return weights[0]


# In the file the parts have BERT's names, and the three matrices of an attention stand apart.
NAMES = {
    "words": "embeddings.word_embeddings",
    "places": "embeddings.position_embeddings",
    "parts": "embeddings.token_type_embeddings",
    "norm": "embeddings.LayerNorm",
}
NAMES_IN_LAYER = {
    "self_attn.out_proj": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "linear1": "intermediate.dense",
    "linear2": "output.dense",
    "norm2": "output.LayerNorm",
}


def state_of(weights: dict[str, glassnet.Tensor]) -> dict[str, glassnet.Tensor]:
    """The weights by the names they have in `MiniLM`, from those by the names in the file."""
    names = dict(NAMES)
    state = {}
    for i in range(LAYERS):
        ours, theirs = f"encoder.layers.{i}", f"encoder.layer.{i}"
        names |= {f"{ours}.{name}": f"{theirs}.{other}" for name, other in NAMES_IN_LAYER.items()}
        for kind in ("weight", "bias"):
            parts = [weights[f"{theirs}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            state[f"{ours}.self_attn.in_proj_{kind}"] = glassnet.cat(parts)
    for ours, theirs in names.items():
        for kind in ("weight", "bias"):
            if f"{theirs}.{kind}" in weights:
                state[f"{ours}.{kind}"] = weights[f"{theirs}.{kind}"]
    return state
