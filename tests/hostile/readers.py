"""Everything that glassnet reads: a good file, what may be done to it, and the commands that read it then.

To add a reader, add a row to `READERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.hostile import arguments, formats, trees
from tests.hostile.good import EXPORTED, PICTURES
from tests.hostile.mutations import BYTES, TABLE, TEXT, Mutation


class Command(NamedTuple):
    """The ``words`` of a command line, and what it may write when it succeeds: patterns of paths.

    ``fails_too`` if it may write that when it ends with 1: a training that fails keeps what it had learned.
    """

    words: tuple[str, ...]
    writes: tuple[str, ...] = ()
    fails_too: bool = False


class Reader(NamedTuple):
    """The file ``file`` of the folder `GOOD[good]`, which is damaged in one of the ``mutations``, then read."""

    name: str
    good: str
    file: str
    mutations: tuple[Mutation, ...]
    commands: tuple[Command, ...]
    share: int = 1  # of the inputs; how much there is in it to damage
    words: Callable[[Random], tuple[str, ...]] | None = None  # instead of ``commands``, and no file is damaged

    def command(self, random: Random) -> Command:
        """One of its commands; one made by chance may write any file in its folder."""
        if self.words is None:
            return random.choice(self.commands)
        words = self.words(random)
        return Command(words, ("*",), fails_too=words[0] == "train")


def reads(line: str, *writes: str, fails_too: bool = False) -> Command:
    """A command by its line."""
    return Command(tuple(line.split()), writes, fails_too)


def trains(line: str, name: str) -> Command:
    """A training; what it may write is a run."""
    line = f"train {line} --epochs 1 --hidden 8,4 --quiet"
    return reads(line, "runs", f"runs/{name}-*", fails_too=True)


MODEL = (
    reads("show colors-001"),
    reads("predict colors-001 samples.csv"),
    reads("predict colors-001 samples.npy --out p.csv", "p.csv"),
    reads("predict colors-001"),
    reads("evaluate colors-001 judged.csv"),
    reads("export colors-001 -o m.py", *EXPORTED),
    reads("walkthrough colors-001"),
    reads("walkthrough colors-001 --row 3 -o w.html", "w.html"),
)
TABLE_MODEL = (
    reads("show houses-001"),
    reads("predict houses-001 houses.csv --probabilities --out p.csv", "p.csv"),
    reads("predict houses-002 houses.csv --out p.parquet", "p.parquet"),
    reads("evaluate houses-002 houses.csv"),
    reads("export houses-001 -o m.py", *EXPORTED),
)
SERIES_MODEL = (
    reads("show sold-001"),
    reads("predict sold-001"),
    reads("predict sold-001 sold.csv --out p.csv", "p.csv"),
    reads("evaluate sold-001 sold.csv"),
    reads("export sold-001 -o m.py", *EXPORTED),
)
TEXT_MODEL = (
    reads("show films-001"),
    reads("predict films-001 great"),
    reads("predict films-001 films --out p.csv", "p.csv"),
    reads("evaluate films-001 films"),
    reads("export films-001 -o m.py", *EXPORTED),
)
READER_MODEL = (
    reads("predict films-002 films.csv --out p.csv", "p.csv"),
    reads("evaluate films-002 films.csv"),
    reads("export films-002 -o m.py", *EXPORTED),
)
RESUME = reads("train --resume colors-001 --quiet", "runs/colors-001/*", fails_too=True)
RESUME_KILLED = reads("train --resume colors-002 --quiet", "runs/colors-002/*", fails_too=True)


def _table(name: str, *ways: Mutation) -> tuple[Reader, ...]:
    """A table that is trained on, and one of samples."""
    commands = (
        trains(f"{name} --target size", "houses"),
        trains(f"{name} --target price --task regression", "houses"),
        reads(f"predict houses-001 {name} --out p.csv", "p.csv"),
        reads(f"predict houses-002 {name}"),
        reads(f"evaluate houses-001 {name}"),
    )
    return (Reader(name, "table", name, ways, commands, share=3),)


def _pictures() -> tuple[Reader, ...]:
    ways = (*BYTES, *formats.PICTURE)
    trained = trains("hues", "hues")
    found = [Reader("a folder of pictures", "pictures", "hues/dark/3.png", ways, (trained,), share=1)]
    for ending in PICTURES:
        commands = (reads(f"predict latest one.{ending}"), reads(f"predict latest one.{ending} --out p.csv", "p.csv"))
        found.append(Reader(f"picture.{ending}", "pictures", f"one.{ending}", ways, commands))
    return tuple(found)


def _series() -> tuple[Reader, ...]:
    """A series that is trained on, and one that is forecast."""
    commands = (
        trains("sold.csv --target sold --network gru --horizon 2", "sold"),
        trains("sold.csv --target sold --season 12 --network mlp", "sold"),
        *(command for command in SERIES_MODEL if "sold.csv" in command.words),
    )
    return (Reader("a series", "series", "sold.csv", TABLE, commands, share=3),)


def _texts() -> tuple[Reader, ...]:
    """Texts in a folder and in a table, that are trained on, and classified."""
    in_folder = (trains("films", "films"), *TEXT_MODEL[2:4], reads("predict films-001 films/good/001.txt"))
    in_table = (trains("films.csv --target verdict --network bag", "films"), *READER_MODEL[:2])
    return (
        Reader("a folder of texts", "words", "films/good/001.txt", (*BYTES, *TEXT), in_folder, share=2),
        Reader("a table of texts", "words", "films.csv", TABLE, in_table, share=2),
    )


READERS: tuple[Reader, ...] = (
    Reader("model", "run", "runs/colors-001/model.safetensors", (*BYTES, *formats.MODEL), MODEL, share=8),
    Reader(
        "model of a table", "table", "runs/houses-001/model.safetensors", formats.MODEL, TABLE_MODEL[:2], share=4
    ),
    Reader(
        "model of a quantity", "table", "runs/houses-002/model.safetensors", formats.MODEL, TABLE_MODEL[2:4], share=2
    ),
    Reader(
        "model of pictures", "pictures", "runs/hues-001/model.safetensors", formats.MODEL,
        (reads("predict latest one.png"), reads("export latest -o m.py", *EXPORTED)), share=2,
    ),
    Reader(
        "model of convolutions", "convolved", "runs/hues-001/model.safetensors", formats.MODEL,
        (reads("predict latest one.png"), reads("export latest -o m.py", *EXPORTED)), share=3,
    ),
    Reader("model of a series", "series", "runs/sold-001/model.safetensors", formats.MODEL, SERIES_MODEL, share=4),
    Reader("model of texts", "words", "runs/films-001/model.safetensors", formats.MODEL, TEXT_MODEL, share=4),
    Reader(
        "model that reads texts", "words", "runs/films-002/model.safetensors", formats.MODEL, READER_MODEL, share=4
    ),
    Reader("config", "run", "runs/colors-001/config.json", (*TEXT, *(trees.json_tree,) * 40), MODEL, share=4),
    Reader("config of a table", "table", "runs/houses-001/config.json", (trees.json_tree,), TABLE_MODEL[:1], share=1),
    Reader(
        "config that is resumed", "stopped", "runs/colors-001/config.json", (*TEXT, *(trees.json_tree,) * 40),
        (RESUME,), share=3,
    ),
    Reader("settings", "run", "settings.toml", (*TEXT, *(trees.toml_tree,) * 30), (
        reads("train --config settings.toml --print-config"),
        reads("train --config settings.toml --epochs 1 --quiet", "runs/*", fails_too=True),
    ), share=4),
    Reader(
        "checkpoint", "stopped", "runs/colors-001/checkpoint.safetensors", (*BYTES, *formats.SAFETENSORS), (RESUME,),
        share=8,
    ),
    Reader(
        "checkpoint of a killed run", "stopped", "runs/colors-002/checkpoint.safetensors", formats.SAFETENSORS,
        (RESUME_KILLED,), share=4,
    ),
    Reader(
        "model that is resumed", "stopped", "runs/colors-001/model.safetensors", formats.MODEL, (RESUME,), share=1
    ),
    Reader("history", "stopped", "runs/colors-001/history.csv", TABLE, (
        RESUME, reads("show colors-001"),
        trains("runs/colors-001/history.csv --target val_loss --task regression", "history"),
    )),
    Reader("report", "stopped", "runs/colors-001/report.html", BYTES, (RESUME, reads("show colors-001"))),
    Reader("arguments", "arguments", "samples.csv", (), (), share=8, words=arguments.words),
    Reader("numbers.csv", "run", "samples.csv", TABLE, MODEL[1:2], share=2),
    Reader("judged.csv", "run", "judged.csv", TABLE, MODEL[4:5], share=2),
    Reader("numbers.npy", "run", "samples.npy", (*BYTES, *formats.NPY), MODEL[2:3], share=4),
    Reader("numbers of IDX", "run", "samples-ubyte", (*BYTES, *formats.IDX), (reads("predict latest samples-ubyte"),)),
    Reader("numbers of packed IDX", "run", "samples-ubyte.gz", (*BYTES, *formats.IDX),
           (reads("predict latest samples-ubyte.gz"),)),
    Reader("mnist, packed", "mnist", "train-images-idx3-ubyte.gz", (*BYTES, *formats.IDX),
           (trains("mnist --data .", "mnist"),), share=2),
    Reader("mnist, labels", "mnist", "t10k-labels-idx1-ubyte", (*BYTES, *formats.IDX),
           (trains("mnist --data .", "mnist"),), share=2),
    *_table("houses.csv", *TABLE),
    *_table("houses.tsv", *TABLE),
    *_table("houses.parquet", *BYTES),
    *_pictures(),
    *_series(),
    *_texts(),
    Reader("exported numbers", "exported", "model.npz", BYTES, (reads("model.py --self-test"),), share=2),
    Reader("data of an exported file", "exported", "samples.csv", TABLE, (
        reads("model.py samples.csv"), reads("model.py samples.csv --output p.csv", "p.csv"),
    ), share=2),
    Reader("table of an exported file", "exported", "houses.csv", TABLE, (
        reads("houses.py houses.csv"), reads("houses.py houses.csv --output p.csv", "p.csv"),
    ), share=2),
)  # fmt: skip
