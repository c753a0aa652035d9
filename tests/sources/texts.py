"""Texts to learn from: of two classes, each with words of its own among others that mean nothing."""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

WORDS = {"bad": ("terrible", "boring", "지루하다", "awful"), "good": ("great", "lovely", "재미있다", "brilliant")}
OTHERS = (
    "the film was a story of people in town with some music and actors that we saw on friday 영화 배우".split()  # noqa: SIM905
)


def texts(n: int = 120) -> list[tuple[str, str]]:
    """Texts and their classes, one after the other."""
    random, made = Random(0), []
    for i in range(n):
        name = ("bad", "good")[i % 2]
        words = [random.choice(OTHERS) for _ in range(random.randint(4, 20))]
        for _ in range(2):
            words.insert(random.randrange(len(words)), random.choice(WORDS[name]))
        made.append((f"{' '.join(words).capitalize()}!", name))
    return made


def write_folder(path: Path, n: int = 120) -> Path:
    """A folder with a folder of text files for each class."""
    for i, (text, name) in enumerate(texts(n)):
        (path / name).mkdir(parents=True, exist_ok=True)
        (path / name / f"{i:03d}.txt").write_text(text, encoding="utf-8")
    return path


def write_table(path: Path, n: int = 120) -> Path:
    """A table with the texts, their classes, and a name for each."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("id", "review", "verdict"), *((f"k{i}", *row) for i, row in enumerate(texts(n)))])
    return path
