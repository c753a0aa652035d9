"""Folders of good files, made once, that the attempts begin from. Each is made by a function of its name in `GOOD`."""

from __future__ import annotations

import csv
import gzip
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from random import Random

import numpy as np

from tests.hostile.child import attempt
from tests.sources import series as sales
from tests.sources import texts

EXPORTED = ("m.py", "m.npz")
HIDDEN = ("--hidden", "8,4")  # small networks: what is tested is how they are read


def command(*words: str) -> None:
    """Be the command: run it with ``words``, and end with its exit code."""
    from glassnet.cli import main

    sys.argv = ["glassnet", *words]
    main()


def glassnet(folder: Path, *words: str, prepare: Callable[[], object] | None = None, code: int = 0) -> None:
    """Run the command in a child in ``folder``, and see that it ends with ``code``."""
    names = folder / "modules"

    def act() -> None:
        before = set(sys.modules)
        try:
            command(*words)
        finally:
            names.write_text("\n".join(set(sys.modules) - before))

    done = attempt(act, folder, prepare=prepare)
    for name in names.read_text().split():  # so that no later child has to import them
        with suppress(ImportError):
            import_module(name)
    names.unlink()
    if done.code != code or done.signal:
        raise RuntimeError(f"glassnet {' '.join(words)}: {done}")


def run(folder: Path, hidden: tuple[str, ...] = HIDDEN) -> None:
    """A finished run on colours, and its samples as a table, as .npy and as IDX; settings in TOML."""
    glassnet(folder, "train", "colors", "--epochs", "1", *hidden, "--quiet")
    glassnet(folder, "walkthrough", "latest")
    glassnet(folder, "evaluate", "latest")
    glassnet(folder, "export", "latest", "-o", "m.py")
    for name in EXPORTED:
        (folder / name).unlink(missing_ok=True)
    numbers = np.random.default_rng(0).integers(0, 256, (12, 3)).astype(np.uint8)
    np.save(folder / "samples.npy", numbers.astype(np.float32))
    (folder / "samples-ubyte").write_bytes(bytes([0, 0, 8, 2, 0, 0, 0, 12, 0, 0, 0, 3]) + numbers.tobytes())
    (folder / "samples-ubyte.gz").write_bytes(gzip.compress((folder / "samples-ubyte").read_bytes()))
    text = "".join(f"{r},{g},{b}\n" for r, g, b in numbers)
    (folder / "samples.csv").write_text(f"red,green,blue\n{text}")
    (folder / "judged.csv").write_text("".join(f"{line},light font\n" for line in text.split()))
    (folder / "settings.toml").write_text(
        'source = "colors"\nhidden = [8, 4]\nepochs = 1\nlr = 0.01\nactivation = "tanh"\nbatch-size = 64\n'
        'optimizer = "sgd"\ndropout = 0.1\nschedule = "cosine"\nseed = 3\ncompile = false\n'
    )


def _interrupt_in_the_second_epoch() -> None:
    from glassnet.cli import display

    def interrupt(self: object, trainer: object) -> None:
        if trainer.epoch == 2 and trainer.batch == 20:
            raise KeyboardInterrupt

    display.Silent.on_batch_end = interrupt


def stopped(folder: Path) -> None:
    """A run that was stopped by Ctrl-C in its second epoch; a copy of it that was killed, without results."""
    words = ("train", "colors", "--epochs", "3", "--patience", "2", "--accumulate", "3", *HIDDEN, "--quiet")
    glassnet(folder, *words, prepare=_interrupt_in_the_second_epoch, code=130)
    killed = folder / "runs" / "colors-002"
    shutil.copytree(folder / "runs" / "colors-001", killed)
    for name in ("model.safetensors", "history.csv", "report.html"):
        (killed / name).unlink()


def table(folder: Path) -> None:
    """A run on a table of numbers, words, dates and gaps, and the table as CSV, TSV and Parquet."""
    import pandas

    chance = Random(0)
    rows = [
        (
            "" if i % 17 == 5 else f"{chance.uniform(0, 10):.3f}", chance.choice(("red", "green", "blue")),
            f"2024-01-{i % 28 + 1:02}", f"{chance.gauss(0, 1):.2f}", chance.choice(("large", "small")),
        )
        for i in range(60)
    ]  # fmt: skip
    names = ("height", "colour", "day", "price", "size")
    for name, between in (("houses.csv", ","), ("houses.tsv", "\t")):
        with open(folder / name, "w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter=between).writerows([names, *rows])
    pandas.read_csv(folder / "houses.csv").to_parquet(folder / "houses.parquet")
    glassnet(folder, "train", "houses.csv", "--target", "size", "--epochs", "1", *HIDDEN, "--quiet")
    glassnet(folder, "train", "houses.csv", "--target", "price", "--epochs", "1", *HIDDEN, "--quiet")


PICTURES = {"png": "PNG", "jpg": "JPEG", "bmp": "BMP", "webp": "WEBP", "ppm": "PPM", "tif": "TIFF", "gif.png": "GIF"}


def pictures(folder: Path) -> None:
    """A run on a folder of pictures by class, and pictures in every format."""
    from PIL import Image

    chance = np.random.default_rng(0)
    for name, most in (("dark", 100), ("light", 255)):
        (folder / "hues" / name).mkdir(parents=True)
        for i in range(5):
            pixels = chance.integers(most // 2, most, (8, 8, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "hues" / name / f"{i}.png")
    Image.init()
    for ending, kind in PICTURES.items():
        Image.fromarray(pixels).save(folder / f"one.{ending}", format=kind)
    glassnet(folder, "train", "hues", "--epochs", "1", *HIDDEN, "--quiet")


def convolved(folder: Path) -> None:
    """A run of convolutions on pictures, and one of them."""
    pictures(folder)
    shutil.rmtree(folder / "runs")
    glassnet(folder, "train", "hues", "--network", "cnn", "--augment", "--epochs", "1", *HIDDEN, "--quiet")


def series(folder: Path) -> None:
    """Runs on a table of months: an lstm and a gru that forecast what is sold."""
    sales.write(folder / "sold.csv", years=4)
    for name in ("lstm", "gru"):
        words = ("--target", "sold", "--horizon", "2", "--window", "6", "--network", name, "--epochs", "1", *HIDDEN)
        glassnet(folder, "train", "sold.csv", *words, "--quiet")


def words(folder: Path) -> None:
    """Runs on texts: a bag of embeddings of those in a folder, and a gru that reads those in a table."""
    texts.write_folder(folder / "films", 30)
    texts.write_table(folder / "films.csv", 30)
    glassnet(folder, "train", "films", "--epochs", "1", *HIDDEN, "--quiet")
    glassnet(
        folder, "train", "films.csv", "--target", "verdict", "--network", "gru", "--epochs", "1", *HIDDEN, "--quiet"
    )


def mnist(folder: Path) -> None:
    """The four files of MNIST, of few pictures."""
    chance = np.random.default_rng(0)
    for part, number in (("train", 40), ("t10k", 10)):
        images = chance.integers(0, 256, (number, 28, 28)).astype(np.uint8)
        sizes = b"".join(n.to_bytes(4, "big") for n in images.shape)
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"\0\0\x08\x03" + sizes + images.tobytes()))
        labels = bytes(i % 10 for i in range(number))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01" + sizes[:4] + labels)


def arguments(folder: Path) -> None:
    """A run and samples, for commands by chance."""
    run(folder)
    glassnet(folder, "plot", "relu", "-o", "p.svg")
    (folder / "p.svg").unlink()


def exported(folder: Path) -> None:
    """Runs on colours and on a table, exported, with data for them; the runs are gone."""
    run(folder, ())  # so large that its numbers are in a file of their own
    glassnet(folder, "export", "latest", "-o", "model.py")
    table(folder)
    glassnet(folder, "export", "houses-001", "-o", "houses.py")
    shutil.rmtree(folder / "runs")


GOOD: dict[str, Callable[[Path], None]] = {
    make.__name__: make
    for make in (run, stopped, table, pictures, convolved, series, words, mnist, exported, arguments)
}


def files(folder: Path) -> dict[str, bytes]:
    """The good files in ``folder`` by name, for splicing."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def preload() -> None:
    """Import what every command imports; what one of them needs is imported once it was run by `glassnet`."""
    os.environ.update(COLUMNS="80", LINES="50", TERM="dumb", NO_COLOR="1", MPLBACKEND="agg")
    from typer import main

    from glassnet.cli.app import app

    # Typer makes the command from the signatures again for every call, which takes longer than most of the calls.
    main.get_command = cache(main.get_command)
    main.get_command(app)
