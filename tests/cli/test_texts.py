"""Texts by class: trained, used on a sentence, a file and a folder, exported with their vocabulary."""

import json
import re
import shutil
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from glassnet import load_model
from glassnet.cli.app import app
from glassnet.cli.run import read
from tests.cli.runs import config
from tests.export.files import run as run_file
from tests.export.files import run_here
from tests.sources import texts

pytest.importorskip("pandas")


class Trained(NamedTuple):
    """A run on the folder films, its network, and what was printed."""

    run: Path
    network: str
    said: str

    @property
    def films(self) -> Path:
        """The folder of texts."""
        return self.run.parents[1] / "films"


@pytest.fixture(
    params=["bag", pytest.param("gru", marks=pytest.mark.slow("trains a recurrent network"))], scope="module"
)
def trained(tmp_path_factory, request):
    folder = tmp_path_factory.mktemp("texts")
    words = ["train", texts.write_folder(folder / "films"), "--epochs", 25, "--lr", 0.02, "--out", folder / "runs"]
    words += [] if request.param == "bag" else ["--network", "gru", "--hidden", 16]
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, [*map(str, words)], prog_name="glassnet")
    assert result.exit_code == 0, result.output
    return Trained(folder / "runs" / "films-001", request.param, result.stdout)


def test_a_sentence_is_classified(command, trained):
    assert re.search(r"120 texts, in 2 classes; \d+ words come twice or more", " ".join(trained.said.split()))
    assert config(trained.run)["options"]["network"] == trained.network
    assert float(re.search(r"Held-out accuracy ([\d.]+)", trained.said)[1]) >= 0.9
    for sentence, name in (
        ("A lovely, brilliant film", "good"),
        ("지루하다", "bad"),
        ("Terrible. Boring/awful!", "bad"),
    ):
        shown = command("predict", trained.run, sentence)
        assert re.search(rf"{re.escape(sentence)} +{name} +\d", shown.stdout), shown.output
    shown = command("predict", trained.run, "qwerty!")
    assert "Note: no word of the vocabulary is in qwerty!" in shown.stdout
    assert re.search(r"terrible film +bad", command("predict", trained.run, "-", typed="A terrible film\n").stdout)
    for words, typed, message in (
        ("", "", "FILE: expected the name of a file or a text, got nothing"),
        ("-", " \n", "FILE: expected a text through standard input, got nothing"),
        ("-", "\0", "FILE: standard input: expected text, got a NUL byte"),
    ):
        refused = command("predict", trained.run, words, typed=typed)
        assert refused.exit_code == 2
        assert message in refused.stderr
    for file in ("films/x.txt", "reviews.csv"):
        refused = command("predict", trained.run, file)
        assert refused.exit_code == 2
        assert f"FILE: there is no {file}; name a file of samples" in refused.stderr


def test_files_and_folders_are_classified(command, tmp_path, trained):
    one = command("predict", trained.run, trained.films / "good" / "001.txt", columns=200).stdout
    assert re.search(r"films/good/001\.txt +good +\d", one)
    judged = command("evaluate", trained.run, trained.films).stdout
    assert float(re.search(r"Accuracy ([\d.]+)", judged)[1]) > 0.9
    assert "films: 120 texts" in judged
    assert "Note: it learned from most of" in judged
    assert "Note" not in command("evaluate", trained.run).stdout
    shutil.copytree(trained.films, tmp_path / "more")
    (tmp_path / "more" / "bad").rename(tmp_path / "more" / "awful")
    assert "Note" not in command("predict", trained.run, tmp_path / "more").stdout
    refused = command("evaluate", trained.run, "more").stderr
    assert "FILE: more: expected a folder of files for each of the classes bad, good; got awful; name the" in refused
    assert "Accuracy" in command("predict", trained.run).stdout
    assert re.search("recurrent +GRU|EmbeddingBag", command("show", trained.run).stdout)
    assert command("predict", trained.run, trained.films, "--out", "p.csv").exit_code == 0
    assert (tmp_path / "p.csv").read_text().splitlines()[0] == "sample,prediction"
    page = (trained.run / "report.html").read_text()
    assert "120 texts, in 2 classes" in page


def test_the_vocabulary_is_in_the_model_file_and_in_the_exported_one(command, tmp_path, trained):
    saved = read(trained.run)
    assert "재미있다" in saved.extra["encoding"]["vocabulary"]
    assert isinstance(load_model(trained.run / "model.safetensors"), type(saved.module))
    exported = command("export", trained.run, "-o", "films_network.py")
    assert exported.stdout.endswith("  python films_network.py 'A text of yours'\n")
    assert '"재미있다"' in (tmp_path / "films_network.py").read_text(encoding="utf-8")

    run = partial(run_here, tmp_path / "films_network.py")
    assert run_file(tmp_path / "films_network.py", "--self-test").returncode == 0
    (tmp_path / "one.txt").write_text("A lovely film, 재미있다", encoding="utf-8")
    (tmp_path / "some.csv").write_text('n,text\n1,"boring, awful"\n2,great\n', encoding="utf-8")
    for file, names in (("one.txt", ["good"]), ("some.csv", ["bad", "good"])):
        done = run(file)
        assert done.returncode == 0, done.stderr
        lines = [line.split(",") for line in done.stdout.splitlines()]
        assert lines[0] == ["prediction", "bad", "good"]
        assert [line[0] for line in lines[1:]] == names
        ours = command("predict", trained.run, file, "--probabilities").stdout
        for line in lines[1:]:
            assert f"{100 * float(line[2]):.1f} %" in ours
    several = run("Great, 재미있다", "one.txt", "boring").stdout.splitlines()
    assert [line.rsplit(",", 3)[:2] for line in several[1:]] == [
        ['"Great, 재미있다"', "good"],
        ["one.txt", "good"],
        ["boring", "bad"],
    ]
    for words, message in (
        ("none.txt", "none.txt: No such file or directory"),
        (".", ".: expected a file, got a folder; name the files in it: "),
        (" ", " : No such file or directory"),
    ):
        refused = run(words)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert message in refused.stderr
    (tmp_path / "other.csv").write_text("a\nb\n")
    assert "other.csv: expected a table with the column 'text'; add it" in run("other.csv").stderr
    (tmp_path / "one.txt").write_bytes(b"\0\0")
    assert "one.txt: expected text, got a NUL byte" in run("one.txt").stderr


def test_a_table_of_texts_is_trained_and_used(command, tmp_path):
    texts.write_table(tmp_path / "films.csv")
    result = command("train", "films.csv", "--target", "verdict", "--epochs", 2, "--quiet")
    assert result.exit_code == 0, result.output
    assert config(tmp_path / "runs" / "films-001")["options"]["network"] == "bag"
    judged = command("evaluate", "latest", "films.csv").stdout
    assert "on films.csv: 120 texts" in judged
    assert command("predict", "latest", "films.csv", "--out", "p.csv").exit_code == 0
    assert (tmp_path / "p.csv").read_text(encoding="utf-8").startswith("id,review,verdict,prediction\n")
    assert command("evaluate", "latest").exit_code == 0
    lines = (tmp_path / "films.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "films.csv").write_text("\n".join([*lines[:1], *lines[60:]]), encoding="utf-8")
    changed = command("evaluate", "latest")
    assert changed.exit_code == 2
    assert "is not what it was when runs/films-001 was trained" in changed.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("films", "--network", "cnn"), "--network: expected bag or gru for texts, got cnn"),
        (
            ("films", "--network", "gru", "--hidden", "none"),
            "--hidden: expected the units of the gru first, as in 64 or 64,32, got",
        ),
        (("films", "--augment"), "--augment: expected pictures to shift and turn, got texts; leave it out"),
        (("films", "--horizon", 3), "--horizon: films is a folder of texts, whose classes are its folders; leave it"),
        (("digits", "--network", "bag"), "--network: expected mlp or cnn for pictures, got bag"),
        (("digits", "--text", "x"), "--text: digits is no table; leave it out"),
        (
            ("films.csv", "--target", "verdict", "--text", "review", "--network", "mlp"),
            "--network: expected bag or gru for",
        ),
        (("moons", "--network", "cnn"), "--network: expected mlp for points, got cnn"),
    ],
)
def test_what_does_not_go_together_is_one_message(command, tmp_path, words, message):
    texts.write_folder(tmp_path / "films", 20)
    texts.write_table(tmp_path / "films.csv", 20)
    result = command("train", *words)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["films", "films.csv"]


def test_a_vocabulary_that_was_edited_is_one_message(command, tmp_path):
    """Words that the network has no vectors for are told of before it is used."""
    texts.write_folder(tmp_path / "films", 20)
    assert command("train", "films", "--epochs", 1, "--quiet").exit_code == 0
    file = tmp_path / "runs" / "films-001" / "model.safetensors"
    data = file.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    extra = json.loads(header["__metadata__"]["extra"])
    extra["encoding"]["vocabulary"] += ["more", *(f"word{i}" for i in range(50))]
    header["__metadata__"]["extra"] = json.dumps(extra)
    edited = json.dumps(header).encode()
    file.write_bytes(len(edited).to_bytes(8, "little") + edited + data[8 + length :])
    result = command("predict", "latest", "more word7")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
