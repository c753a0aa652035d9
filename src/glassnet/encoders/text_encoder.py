"""Texts: their words as numbers, by a vocabulary that is saved with the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from glassnet.encoders import text_standalone, words
from glassnet.encoders.by_folder import labels_by_folder
from glassnet.encoders.encoder import Samples, SourceError, Standalone
from glassnet.encoders.words import FIRST_WORD, LONGEST_WORD, word_numbers, words_of
from glassnet.files import FileError, read_bytes
from glassnet.files.schema import Kind, Misfit, items, one_of, record, text, whole
from glassnet.ops.dtypes import Array
from glassnet.tables import parsing, read_table
from glassnet.tables.cells import Cells
from glassnet.tables.columns import check_header, columns_of, few, number_of, text_of
from glassnet.tables.encoding import about_text
from glassnet.tables.targets import encode_target
from glassnet.tensor.creation import from_numpy
from glassnet.text import decoded_name, encodings, shown
from glassnet.text.encodings import decoded, is_plain
from glassnet.text.formulas import as_written
from glassnet.threads import computed_once

FORMAT = 1  # raised when an encoding changes in a way that older versions would misread
ENDING = ".txt"
MOST_WORDS = 20_000  # of a vocabulary: the most frequent
LARGEST = 2**24  # bytes of a text
LETTERS = 1000  # of a text that is saved as an example


def _is_word(x: Any) -> bool:
    return isinstance(x, str) and len(x) <= LONGEST_WORD and words_of(x) == [x]


_ENCODING = record(
    {
        "kind": one_of("text"),
        "format": one_of(FORMAT),
        "column": text,
        "target": text,
        "length": whole(1, 10_000),
        "vocabulary": items(
            Kind(f"a word of at most {LONGEST_WORD} letters", _is_word),
            1,
            MOST_WORDS,
            different=True,
        ),
    }
)


@dataclass(frozen=True)
class TextEncoder:
    """Texts as the numbers of their first ``length`` words in the ``vocabulary``.

    0 stands for no word, before a text that has fewer, and 1 for a word that is not in the vocabulary. In a table,
    texts stand in ``column``, and their classes in ``target``.

    >>> from glassnet.encoders import TextEncoder
    >>> encoder = TextEncoder(("the", "cat", "고양이"), length=5)
    >>> encoder.encode(["The cat sat!", "고양이"])
    array([[0, 0, 2, 3, 1],
           [0, 0, 0, 0, 4]])
    """

    vocabulary: tuple[str, ...]
    length: int
    column: str = "text"
    target: str = "class"

    @classmethod
    def fit(cls, texts: Iterable[str], column: str = "text", target: str = "class", longest: int = 256) -> Self:
        """The encoder of these texts: of words that come twice or more the most frequent, and of as many as most have.

        Raises SourceError for texts that have no words in common.

        >>> from glassnet.encoders import TextEncoder
        >>> TextEncoder.fit(["a cat", "a dog", "a cat!"]).vocabulary
        ('a', 'cat')
        """
        counts: Counter[str] = Counter()
        lengths = [1]
        for each in texts:
            found = words_of(each)
            counts.update(found)
            lengths.append(len(found))
        often = sorted((word for word in counts if counts[word] > 1), key=lambda word: (-counts[word], word))
        if not often:
            raise SourceError("expected texts that have words in common, got none that comes twice; add texts")
        return cls(tuple(often[:MOST_WORDS]), min(max(lengths), longest), column, target)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The encoder that `to_json` gave. Raises SourceError for anything else."""
        try:
            _ENCODING.check(data)
        except Misfit as error:
            problem = f"expected an encoding of texts, but its {error}"
            raise SourceError(f"{problem}; use the original file, or train again") from None
        return cls(tuple(data["vocabulary"]), data["length"], data["column"], data["target"])

    def to_json(self) -> dict[str, Any]:
        """The encoder as a dict that JSON can hold."""
        return {
            "kind": "text",
            "format": FORMAT,
            "column": self.column,
            "target": self.target,
            "length": self.length,
            "vocabulary": list(self.vocabulary),
        }

    @property
    def classes(self) -> tuple[str, ...]:
        """Words say nothing of classes: ()."""
        return ()

    @property
    def quantities(self) -> int:
        """Texts have classes."""
        return 1

    @property
    def numbers(self) -> int:
        """How many numbers of words there are: those of the vocabulary, of no word, and of any other."""
        return FIRST_WORD + len(self.vocabulary)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The places of words have no names: ()."""
        return ()

    @property
    def target_name(self) -> str:
        """What a class is called."""
        return self.target

    @property
    def how_to_label(self) -> str:
        """How texts are given with their classes."""
        return (
            f"classes to hold the results against; give a folder with a folder of {ENDING} files for each class, or a "
            f"table with the columns {self.column!r:.80} and {self.target!r:.80}"
        )

    # samples ----------------------------------------------------------------------------------------------

    @computed_once
    def _known(self) -> dict[str, int]:
        return {word: FIRST_WORD + i for i, word in enumerate(self.vocabulary)}

    def encode(self, samples: Any, dtype: Any = None) -> Array:
        """Texts, in a list or in the column of a table, as the numbers of their words: [n, length], int64."""
        return word_numbers(self._texts(samples), self._known, self.length)

    def placed(self, text: str) -> list[str]:
        """The words of a text where their numbers stand: "" before one that is short, "?" behind a word not known.

        >>> from glassnet.encoders import TextEncoder
        >>> TextEncoder(("the", "cat"), length=4).placed("The cat sat")
        ['', 'the', 'cat', 'sat?']
        """
        found = words_of(text)[: self.length]
        return [""] * (self.length - len(found)) + [word if word in self._known else f"{word}?" for word in found]

    def decode(self, results: Any) -> Array:
        """Results as they are: [n]."""
        return np.asarray(results).reshape(len(results))

    def inverse(self, inputs: Array) -> Array:
        """Numbers of words as they are: what an unknown word was cannot be said."""
        return inputs

    def take(self, samples: Any, number: int) -> list[str]:
        """The first ``number`` texts."""
        return self._texts(samples)[:number]

    def examples_to_json(self, samples: Any) -> Any:
        """A few texts, the beginning of long ones."""
        return [each[:LETTERS] for each in self._texts(samples)]

    def examples_from_json(self, data: Any) -> Any:
        """Texts that were saved as a list. Raises SourceError for anything else."""
        try:
            items(text, 1).check(data)
        except Misfit as error:
            raise SourceError(f"expected texts: {error}") from None
        return data

    def sentence(self, words: str) -> Samples:
        """A text that was written on the command line."""
        return self._samples([words], None, [shown(words, LONGEST_WORD)])

    def read(self, path: Path, classes: Sequence[str], *, targets: bool) -> Samples:
        """A text, the texts in a folder, by class if there is a folder for each, or those in a column of a table."""
        if not path.is_dir() and path.suffix.lower() != ENDING:
            return self._of_table(path, classes, targets=targets)
        files = sorted(f for f in path.rglob("*") if f.suffix.lower() == ENDING) if path.is_dir() else [path]
        if not files:
            raise SourceError(f"FILE: there is no text in {path}; those count that end in {ENDING}")
        known = labels_by_folder(path, files, classes, wanted=targets)
        return self._samples([text_in_file(file) for file in files], known, [decoded_name(str(file)) for file in files])

    def _of_table(self, path: Path, classes: Sequence[str], *, targets: bool) -> Samples:
        frame = read_table(path)
        cells = Cells.of(frame)
        texts, known = cells.texts(self.column), None
        if targets and self.target in cells.columns:
            decimal = "." if all(number_of(name) == number_of(name) for name in classes) else ""
            target = {"name": self.target, "task": "classification", "classes": list(classes), "decimal": decimal}
            known = encode_target(target, cells.texts(self.target), cells.rows)
        samples = self._samples(texts, known, [f"row {row}" for row in cells.rows])
        return replace(samples, notes=(*about_text(frame), *samples.notes), frame=frame)

    def _samples(self, texts: Sequence[str], known: Array | None, names: Sequence[str]) -> Samples:
        numbers = self.encode(texts)
        empty = [shown(name) for name, row in zip(names, numbers, strict=True) if not (row >= FIRST_WORD).any()]
        notes = [f"no word of the vocabulary is in {few(empty)}"] if empty else []
        return Samples(from_numpy(numbers), None if known is None else from_numpy(known), names, notes)

    def _texts(self, samples: Any) -> list[str]:
        if isinstance(samples, list | tuple) and all(isinstance(each, str) for each in samples):
            return list(samples)
        try:
            table = columns_of(samples, [self.column])
        except ValueError as error:
            raise SourceError(f"expected a list of texts: {error}") from None
        if self.column not in table:
            raise SourceError(f"expected a list of texts, or a table with the column {self.column!r:.80}")
        return [text_of(cell) for cell in table[self.column]]

    # an exported file ---------------------------------------------------------------------------------------

    def standalone(self, dtype: Any) -> Standalone:
        """What an exported file needs to take such texts: the vocabulary, and the functions that training ran."""
        return Standalone(
            sample=f"a text, of which the first {self.length} words count; {len(self.vocabulary):,} words are known",
            usage="a list of texts",
            data=f"a text in quotes, a file with one, or a CSV file with texts in the column {self.column}",
            constants={"COLUMN": self.column, "LENGTH": self.length, "VOCABULARY": self.vocabulary},
            encode={"": [text_standalone.encoded], "from a text to numbers": [words]},
            read={
                "": [text_standalone.is_text, text_standalone.names_a_file, text_standalone.read, as_written],
                "a table in a file": [encodings, parsing, check_header, number_of, few],
            },
            example="A text of yours",
            files="[each for each in options.data if not is_text(each)]",
        )


def text_in_file(path: Path) -> str:
    """The text in a file, in any common encoding. Raises SourceError, which names the file, for anything else.

    >>> from pathlib import Path
    >>> from glassnet.encoders.text_encoder import text_in_file
    >>> _ = Path("hello.txt").write_text("안녕", "cp949")
    >>> text_in_file(Path("hello.txt"))
    '안녕'
    """
    try:
        return text_in(read_bytes(path, LARGEST))
    except FileError as error:
        raise SourceError(str(error)) from None
    except OSError as error:
        raise SourceError(f"{shown(path)}: it cannot be read ({error.strerror}); check who may read it") from None
    except ValueError as error:
        raise SourceError(f"{shown(path)}: {error.args[0]}; replace the file, or leave it out") from None


def text_in(data: bytes) -> str:
    """The text in bytes, in any common encoding. Raises ValueError for bytes that are no text.

    >>> text_in("안녕".encode("cp949"))
    '안녕'
    """
    content, encoding = decoded(data)
    if not is_plain(content, encoding):
        raise ValueError("expected text, got bytes that are no text")
    return content
