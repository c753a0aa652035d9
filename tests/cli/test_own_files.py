"""A run's own files are its own: nothing is written through what stands in their place, or in the folder's."""

import os
import re
import shutil
import tempfile

import pytest
from typer.testing import CliRunner

import glassnet
from glassnet.cli import display
from glassnet.cli.app import app
from glassnet.training import Checkpoint
from tests.cli.runs import config, tree

OWN = ("config.json", "history.csv", "report.html", "model.safetensors", "checkpoint.safetensors")
SLOW = pytest.mark.slow("trains a network, as another case does that is quick")
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs links that anyone can make")


@pytest.fixture
def meanwhile(monkeypatch):
    """``meanwhile(act)``: it is done in the second epoch of a run."""

    def at(act):
        def meet(self, trainer):
            if trainer.epoch == 2 and trainer.batch == 1:
                act()

        for teller in (display.Lines, display.Silent):
            monkeypatch.setattr(teller, "on_batch_end", meet)

    return at


@pytest.fixture(scope="module")
def begun_once(tmp_path_factory):
    """A run that was killed in its first epoch: beside its configuration, it has nothing."""
    runs = tmp_path_factory.mktemp("begun")
    assert CliRunner().invoke(app, ["train", "moons", "--epochs", "2", "--out", str(runs)]).exit_code == 0
    for name in OWN[1:4]:
        (runs / "moons-001" / name).unlink()
    return runs / "moons-001"


@pytest.fixture
def begun(command, begun_once, tmp_path):
    return shutil.copytree(begun_once, tmp_path / "runs" / "moons-001")


# what a run that was received may hold ----------------------------------------------------------------------


def status_of(path):
    """All but when it was last read."""
    status = os.lstat(path)
    return [*status[:7], *status[8:]]


@POSIX
@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("kind", ["link", "dangling link", "circle", "device", "folder", "pipe"])
def test_a_run_that_holds_something_else_does_not_go_on(kind, name, command, begun, tmp_path):
    outside, path = tmp_path / "outside", begun / name
    outside.write_bytes((begun / name).read_bytes() if path.exists() else b"precious")
    path.unlink(missing_ok=True)
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        targets = {"link": outside, "dangling link": tmp_path / "new", "circle": name, "device": "/dev/zero"}
        path.symlink_to(targets[kind])
    before, status = outside.read_bytes(), status_of(path)
    names = tree(tmp_path)
    result = command("train", "--resume", "runs/moons-001")
    said = kind if kind in ("folder", "pipe") else "link"
    if name == "config.json" and kind != "link":  # by which a run is found
        assert result.exit_code == 2
    else:
        assert (result.exit_code, result.stderr) == (
            2,
            f"glassnet: --resume: runs/moons-001/{name} is a {said}, where a run has a file of its own; put the file "
            "itself there\n",
        )
    assert (outside.read_bytes(), status_of(path)) == (before, status)
    assert tree(tmp_path) == names


@POSIX
def test_hard_links_lead_nowhere(command, begun, tmp_path):
    """A file that is in two folders is replaced in one."""
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.copy(begun / "config.json", outside)
    for name in OWN[1:4]:
        (outside / name).write_bytes(b"precious")
    (begun / "config.json").unlink()
    for name in OWN[:4]:
        os.link(outside / name, begun / name)
    (begun / "model.safetensors").unlink()  # else there is nothing left to learn
    before = {path: path.read_bytes() for path in outside.iterdir()}
    (tmp_path / "link").symlink_to(begun)  # the folder itself may be a link
    result = command("train", "--resume", "link", "--quiet")
    assert result.exit_code == 0, result.output
    assert {path: path.read_bytes() for path in outside.iterdir()} == before
    assert tree(begun) == sorted(OWN[:4])


@POSIX
@SLOW
def test_the_lock_of_an_earlier_version_is_taken_away(command, begun, tmp_path):
    (tmp_path / "outside").write_bytes(b"precious")
    (begun / ".lock").symlink_to(tmp_path / "outside")
    assert command("train", "--resume", "latest", "--quiet").exit_code == 0
    assert (tmp_path / "outside").read_bytes() == b"precious"
    assert tree(begun) == sorted(OWN[:4])


@POSIX
def test_links_that_are_made_while_it_trains_are_written_over(command, tmp_path, meanwhile):
    outside, folder = tmp_path / "outside", tmp_path / "runs" / "moons-001"
    outside.write_bytes(b"precious")

    def links():
        for name in OWN:
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(outside)

    meanwhile(links)
    result = command("train", "moons", "--epochs", 2, "--save-every", 0)
    assert (result.exit_code, result.stderr) == (0, "")
    assert outside.read_bytes() == b"precious"
    assert tree(folder) == sorted(OWN[:4])
    assert not any(path.is_symlink() for path in folder.iterdir())


# what becomes of the folder while it trains -------------------------------------------------------------------


def deleted(folder):
    shutil.rmtree(folder)


def moved(folder):
    folder.rename(folder.with_name("elsewhere"))


def a_file(folder):
    shutil.rmtree(folder)
    folder.touch()


def a_link(folder):
    moved(folder)
    (folder.parent / "private").mkdir()
    folder.symlink_to("private")


def a_folder_in_it(folder):
    (folder / "model.safetensors").mkdir()
    (folder / "model.safetensors" / "notes").touch()


@POSIX
@pytest.mark.parametrize(
    "act", [a_link, *(pytest.param(act, marks=SLOW) for act in (deleted, moved, a_file, a_folder_in_it))]
)
def test_what_was_learned_is_saved_beside_a_folder_that_cannot_be_written(act, command, tmp_path, meanwhile, begun):
    shutil.rmtree(begun)
    meanwhile(lambda: act(begun))
    result = command("train", "moons", "--epochs", 2, "--save-every", 0)
    assert result.exit_code == 0, result.output
    number = 1 if act in (deleted, moved) else 2
    run = tmp_path / "runs" / f"moons-00{number}"
    assert re.fullmatch(
        rf"glassnet: runs/moons-001 could not be written \(.+\); the run is in runs/{run.name}\n", result.stderr
    )
    assert f"Saved in runs/{run.name}\n" in result.stdout
    assert tree(run) == sorted(OWN[:4])
    assert config(run)["results"]["epoch"] == 2
    assert glassnet.load_model(run / "model.safetensors") is not None
    if act is a_link:
        assert tree(tmp_path / "runs" / "private") == []
    if act is a_folder_in_it:  # and nothing else, as all that the run had is in the new folder
        assert tree(begun) == ["model.safetensors", "model.safetensors/notes"]
    if act is moved:  # it can go on from where it was then
        assert "model.safetensors" not in tree(tmp_path / "runs" / "elsewhere")


@pytest.mark.parametrize("text", ["{", *(pytest.param(text, marks=SLOW) for text in ("[]", None, '{"format": 99}'))])
def test_a_configuration_that_is_changed_while_it_trains_does_not_matter(text, command, begun, meanwhile, tmp_path):
    file = begun / "config.json"
    before = config(begun)

    def change():
        file.unlink()
        if text is not None:
            file.write_text(text)

    meanwhile(change)
    result = command("train", "--resume", "latest", "--quiet")
    assert (result.exit_code, result.stderr) == (0, "")
    assert config(begun)["settings"] == before["settings"]


@pytest.mark.slow("trains three networks")
def test_a_run_that_is_stopped_and_saved_elsewhere_goes_on_from_there(command, tmp_path, meanwhile):
    def stopped():
        shutil.rmtree(tmp_path / "runs")
        (tmp_path / "runs").touch()
        raise KeyboardInterrupt

    meanwhile(stopped)
    result = command("train", "moons", "--epochs", 2)
    assert result.exit_code == 130
    assert "; the run is in " in result.stderr
    saved = re.search(r"\n  glassnet train --resume (.*)\n", result.stdout)[1]
    meanwhile(lambda: None)
    assert command("train", "moons", "--epochs", 2, "--out", "whole").exit_code == 0
    assert command("train", "--resume", saved).exit_code == 0
    for name in ("model.safetensors", "history.csv"):
        assert (tmp_path / saved / name).read_bytes() == (tmp_path / "whole" / "moons-001" / name).read_bytes()


@pytest.mark.parametrize("failing", ["runs and here", pytest.param("runs", marks=SLOW)])
def test_where_it_is_saved_if_not_in_its_place(failing, command, tmp_path, meanwhile, monkeypatch):
    """In the current folder, then at home, then where temporary files are."""
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "here")

    def gone():
        shutil.rmtree(tmp_path / "runs")
        if failing != "runs":
            shutil.rmtree(tmp_path / "here")

    meanwhile(gone)
    assert command("train", "moons", "--epochs", 2, "--out", tmp_path / "runs").exit_code == 0
    run = tmp_path / ("here" if failing == "runs" else "home") / "moons-001"
    assert tree(run) == sorted(OWN[:4])


def test_a_report_that_cannot_be_made_keeps_nothing_from_being_saved(command, tmp_path, monkeypatch):
    def none(*_):
        raise MemoryError("Unable to allocate 4 TiB")

    monkeypatch.setattr("glassnet.cli.train.report_of", none)
    result = command("train", "moons", "--epochs", 1)
    assert result.exit_code == 1
    assert result.stderr.startswith("glassnet: not enough memory")
    assert "Saved in runs/moons-001" in result.stdout
    assert tree(tmp_path / "runs" / "moons-001") == sorted(set(OWN[:4]) - {"report.html"})


def test_a_checkpoint_of_a_library_may_be_a_link(tmp_path):
    """There, whoever wrote the script made the link."""
    (tmp_path / "link").symlink_to("there")
    saved = Checkpoint(tmp_path / "link")
    assert saved.follows_links
