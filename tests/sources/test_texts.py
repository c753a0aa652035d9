"""Texts as sources: in folders by class, and in a column of a table."""

import numpy as np
import pytest

from glassnet.encoders import SourceError, read_samples
from glassnet.sources import open_source
from glassnet.tables import TableError
from tests.sources import texts

pytest.importorskip("pandas")


def test_a_folder_and_a_table_of_the_same_texts_are_the_same_data(tmp_path):
    folder = open_source(str(texts.write_folder(tmp_path / "films")))
    table = open_source(str(texts.write_table(tmp_path / "films.csv")), target="verdict")
    for data in (folder, table):
        for part in (data.train, data.held_out):
            assert (part.inputs.dtype, part.targets.dtype) == (np.int64, np.int64)
            assert 0 <= part.inputs.numpy().min() <= part.inputs.numpy().max() < data.encoder.numbers
        assert len(data.names) == len(data.rows) == len(data.samples) == len(data.held_out)
    assert folder.classes == table.classes == ("bad", "good")
    assert folder.encoder.vocabulary == table.encoder.vocabulary
    assert len(table.held_out) == 24
    assert table.names[:2] == ["row 9", "row 10"]
    assert folder.names[0] == "bad/008.txt"
    assert table.notes == ["not used: id"]
    by_name = dict(zip(folder.names, folder.held_out.inputs.tolist(), strict=True))
    for name, row in zip(table.names, table.held_out.inputs.tolist(), strict=True):
        number = int(name.removeprefix("row ")) - 1
        assert by_name[f"{('bad', 'good')[number % 2]}/{number:03d}.txt"] == row


def test_the_vocabulary_is_that_of_the_texts_to_learn_from(tmp_path):
    path = tmp_path / "films"
    texts.write_folder(path)
    for name in ("008", "018"):  # held out
        (path / "bad" / f"{name}.txt").write_text("sesquipedalian words, sesquipedalian as they are, boring")
    data = open_source(str(path))
    assert "bad/008.txt" in data.names
    assert "bad/018.txt" in data.names
    assert "sesquipedalian" not in data.encoder.vocabulary
    assert "boring" in data.encoder.vocabulary


def test_texts_without_words_are_left_out_and_long_ones_cut(tmp_path):
    path = texts.write_folder(tmp_path / "films")
    (path / "bad" / "000.txt").write_text(" …!\n")
    (path / "good" / "001.txt").write_text("great " * 300)
    data = open_source(str(path))
    assert data.notes == [
        "1 of 120 texts without a word, left out: bad/000.txt",
        "1 of 119 texts are longer: their first 256 words count",
    ]
    assert data.train.inputs.shape[1] == 256
    table = tmp_path / "t.csv"
    texts.write_table(table)
    table.write_text(table.read_text(encoding="utf-8") + "k,,good\n", encoding="utf-8")
    assert "1 of 121 texts without a word, left out: row 121" in open_source(str(table), target="verdict").notes


def test_which_table_is_one_of_texts(tmp_path):
    """One whose target is classes, where nothing else can be learned from, or where it is asked for."""
    rows = [f"{text.replace(',', '')},{i % 7},{name},{i / 3:.2f}" for i, (text, name) in enumerate(texts.texts(60))]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["review,n,verdict,x", *rows]), encoding="utf-8")
    kinds = {
        "table": {"target": "verdict"},
        "text": {"target": "verdict", "network": "gru"},
    }
    for kind, words in kinds.items():
        assert open_source(str(path), **words).encoder.to_json()["kind"] == kind
    assert open_source(str(path), target="verdict").notes[-1] == "review holds texts: --text review learns from them"
    for words in ({"target": "verdict", "network": "mlp"}, {"target": "x"}):
        assert not any("holds texts" in note for note in open_source(str(path), **words).notes)
    assert open_source(str(path), target="verdict", text="review").encoder.column == "review"
    with pytest.raises(TableError, match="expected a column of dates"):
        open_source(str(path), target="x", network="gru")
    with pytest.raises(SourceError, match="--network: expected bag or gru for texts, got lstm"):
        open_source(str(path), target="verdict", network="lstm")
    with pytest.raises(
        TableError, match=r"got none in .*; add one, or leave --horizon out to learn each row by itself"
    ):
        open_source(str(path), target="verdict", horizon=2)
    with pytest.raises(SourceError, match="--text and --horizon: the table is a series or texts; leave one"):
        open_source(str(path), target="verdict", text="review", horizon=2)
    with pytest.raises(SourceError, match=r"--task: .* is texts, which have classes; leave it out"):
        open_source(str(path), target="x", text="review", task="regression")
    with pytest.raises(TableError, match="--text: 'verdict' is the target; name another column"):
        open_source(str(path), target="verdict", text="verdict")
    with pytest.raises(TableError, match=r"there is no column 'reviw' \(did you mean 'review'\?\)"):
        open_source(str(path), target="verdict", text="reviw")
    (tmp_path / "n.csv").write_text("\n".join(["n,verdict,x", *(row.partition(",")[2] for row in rows)]))
    with pytest.raises(TableError, match="expected a column of texts, got none in 'n', 'x'; name it: --text COLUMN, "):
        open_source(str(tmp_path / "n.csv"), target="verdict", network="bag")
    twice = [f"{row},{row.partition(',')[0]} too" for row in rows]
    path.write_text("\n".join(["review,n,verdict,x,more", *twice]), encoding="utf-8")
    with pytest.raises(TableError, match="expected one column of texts, got 2: 'review', 'more'; say which one: --te"):
        open_source(str(path), target="verdict", network="bag")


def test_a_text_that_comes_twice_is_a_text_still(tmp_path):
    """A table of few texts, one of them twice, is not one of categories: most of those would be unknown later."""
    rows = [f"{text.replace(',', '')},{name}" for text, name in texts.texts(40)]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["review,verdict", *rows, rows[0]]), encoding="utf-8")
    assert open_source(str(path), target="verdict").encoder.to_json()["kind"] == "text"


def test_a_folder_that_cannot_be_used_is_one_message(tmp_path):
    path = texts.write_folder(tmp_path / "films", 20)

    def refused(message):
        with pytest.raises(SourceError, match=message):
            open_source(str(path))

    with pytest.raises(SourceError, match=r"--target: .* is a folder of texts, whose classes are its folders; leave"):
        open_source(str(path), target="x")
    (path / "good" / "1.png").write_bytes(b"\x89PNG")
    refused(r"films: expected pictures or texts, got files that end in \.png and \.txt; put them into folders of their")
    (path / "good" / "1.png").unlink()
    file = path / "good" / "001.txt"
    for content, message in (
        (b"\x00\x01\x02", r"001\.txt: expected text, got a NUL byte; .*; replace the file, or leave it out"),
        (bytes(range(1, 256)) * 9, r"001\.txt: expected text, got bytes that are no text; replace the file"),
        (b"\xff\xfeabc", r"001\.txt: it begins as UTF-16, and is something else"),
    ):
        file.write_bytes(content)
        refused(message)
    file.write_text("great")
    (path / "new").mkdir()
    refused(
        r"expected two folders or more, each with the texts of a class, got none in new; those count that end in \.t"
    )
    (path / "new" / "1.txt").write_text("")
    for text in (path / "good").iterdir():
        text.write_text("")
    refused("expected texts of two classes or more, got those of bad alone")
    for text in (path / "bad").iterdir():
        text.write_text("?")
    refused("expected texts of words, got 21 without any")
    for name in ("good", "new"):
        for text in (path / name).iterdir():
            text.unlink()
        (path / name).rmdir()
    refused("expected two folders or more, each with the texts of a class, got one folder, bad")
    few = texts.write_folder(tmp_path / "few", 8)
    with pytest.raises(SourceError, match="expected 5 texts of a class or more, one to test with, got fewer"):
        open_source(str(few))


def test_samples_are_read_from_a_text_a_folder_and_a_table(tmp_path):
    folder, table = texts.write_folder(tmp_path / "films", 20), texts.write_table(tmp_path / "films.csv", 20)
    encoder = open_source(str(folder), network="bag").encoder
    names = ["bad", "good"]
    alone = read_samples(encoder, folder / "bad" / "000.txt", names)
    whole = read_samples(encoder, folder, names, targets=True)
    assert alone.targets is None
    assert whole.targets.tolist() == [0] * 10 + [1] * 10
    np.testing.assert_array_equal(whole.inputs[:1].numpy(), alone.inputs.numpy())
    with pytest.raises(SourceError, match="has no classes to hold the results against; give a folder with a folder of"):
        read_samples(encoder, folder / "bad", names, targets=True)
    with pytest.raises(TableError, match="there is no column 'text'; the columns are 'id', 'review', 'verdict'"):
        read_samples(encoder, table, names)
    encoder = open_source(str(table), target="verdict", network="bag").encoder
    read = read_samples(encoder, table, names, targets=True)
    assert read.targets.tolist() == [0, 1] * 10
    assert list(read.frame.columns) == ["id", "review", "verdict"]
    (tmp_path / "none.txt").write_text("qwerty")
    assert read_samples(encoder, tmp_path / "none.txt", names).notes == [
        f"no word of the vocabulary is in {tmp_path / 'none.txt'}"
    ]
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"there is no text in .*empty; those count that end in \.txt"):
        read_samples(encoder, tmp_path / "empty", names)
