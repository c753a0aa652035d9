"""`--network` and `--augment`: which networks there are for pictures and series, and what they learn."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassnet import from_numpy, load_model, nn, no_grad
from glassnet.cli import display
from glassnet.cli.augmentation import augmented, in_words
from glassnet.cli.network_choice import KINDS
from glassnet.cli.options import NETWORKS
from glassnet.sources import Part, open_source
from tests.cli.runs import assert_learned_the_same, config, trained, tree
from tests.export.files import run
from tests.sources import series


@pytest.fixture
def pictures(tmp_path: Path) -> Callable[..., Path]:
    """Sixty grey pictures of a bar that lies or stands, at any place."""
    image = pytest.importorskip("PIL.Image")
    random = np.random.default_rng(0)

    def made(side: int = 16, classes: tuple[str, str] = ("lying", "standing")) -> Path:
        for i in range(60):
            pixels = random.integers(0, 40, (side, side)).astype(np.uint8)
            place, begin = random.integers(1, side - 2), random.integers(0, side - 8)
            (pixels if i % 2 == 0 else pixels.T)[place, begin : begin + 8] = 255
            folder = tmp_path / "bars" / classes[i % 2]
            folder.mkdir(parents=True, exist_ok=True)
            image.fromarray(pixels).save(folder / f"{i}.png")
        return tmp_path / "bars"

    return made


def test_every_network_is_for_some_samples_and_every_kind_has_one():
    assert {name for kind in KINDS.values() for name in kind.networks} == set(NETWORKS)
    assert all(kind.usual((16, 16)) in kind.networks for kind in KINDS.values())


@pytest.mark.slow("trains two networks")
def test_large_pictures_are_convolved_and_that_is_of_use(command, tmp_path, pictures):
    pictures()
    found = {}
    for words in ((), ("--network", "mlp")):
        result = command("train", "bars", "--epochs", 30, "--lr", 0.01, *words)
        assert result.exit_code == 0, result.output
        options = config(tmp_path / "runs" / f"bars-00{1 + len(found)}")
        found[options["options"]["network"]] = options["results"]["val_accuracy"]
        if not words:
            assert re.search(r"network +Conv2d 1 → 8, ReLU, MaxPool2d +208\n", result.stdout)
    assert found["cnn"] == 1
    assert found["mlp"] < 0.8  # a bar may be anywhere, and there are few of them
    page = (tmp_path / "runs" / "bars-001" / "report.html").read_text()
    assert 'id="weights"' in page  # the kernels
    assert command("predict", "bars-001", "bars/lying/0.png").exit_code == 0
    assert re.search(r"0 +Unflatten.*1 +Conv2d\(1, 8,", command("show", "bars-001").stdout, re.DOTALL)
    assert command("export", "bars-001").exit_code == 0
    assert run(tmp_path / "model.py", "--self-test").returncode == 0


def test_large_pictures_are_convolved(command, tmp_path, pictures):
    pictures()
    assert command("train", "bars", "--epochs", 1, "--quiet").exit_code == 0
    assert config(tmp_path / "runs" / "bars-001")["options"]["network"] == "cnn"


def test_small_pictures_are_not_convolved_unless_asked(command, tmp_path, pictures):
    pictures(15)
    assert command("train", "bars", "--epochs", 1, "--quiet").exit_code == 0
    assert config(tmp_path / "runs" / "bars-001")["options"]["network"] == "mlp"
    assert command("train", "bars", "--epochs", 1, "--network", "cnn", "--quiet").exit_code == 0


def test_pictures_of_which_convolutions_leave_nothing_are_one_message(command, tmp_path):
    image = pytest.importorskip("PIL.Image")
    for i in range(10):
        (tmp_path / "dots" / "ab"[i % 2]).mkdir(parents=True, exist_ok=True)
        image.fromarray(np.full((3, 9), 20 * i, np.uint8)).save(tmp_path / "dots" / "ab"[i % 2] / f"{i}.png")
    result = command("train", "dots", "--network", "cnn")
    assert result.exit_code == 2
    assert "cnn: expected pictures of 4 × 4 pixels or more, got [3, 9]; make them larger" in result.stderr
    assert tree(tmp_path)[0].startswith("dots")


# --augment ------------------------------------------------------------------------------------------------


def test_augmentation_moves_pictures_a_little_and_digits_are_not_mirrored(pictures):
    data = open_source("digits")
    assert in_words(data) == "each turned by up to 10°, shifted by up to 1 pixel; not mirrored"
    point = np.zeros((200, 8, 8), np.float32)
    point[:, 4, 1] = 1
    data = replace(data, train=Part(from_numpy(point), data.train.targets[:200]))
    for mirrored, columns in ((False, {0, 1, 2}), (True, {0, 1, 2, 5, 6, 7})):
        dataset = augmented(replace(data, mirrored=mirrored))
        moved, labels = (part.numpy() for part in dataset.batch_at(list(range(200))))
        np.testing.assert_array_equal(labels, data.train.targets.numpy())
        assert set(moved.max(1).argmax(1).tolist()) == columns
        assert set(moved.max(2).argmax(1).tolist()) == {3, 4, 5}
        assert not np.array_equal(dataset.batch_at(list(range(200)))[0].numpy(), moved)  # anew each time
    assert "and mirrored or not" in in_words(open_source(str(pictures())))


def test_letters_and_digits_in_folders_are_not_mirrored(pictures):
    for classes in (("b", "d"), ("17", "71")):
        path = pictures(9, classes)
        assert "not mirrored" in in_words(open_source(str(path)))
        for folder in path.iterdir():
            folder.rename(path.parent / f"was {folder.name}")


@pytest.mark.slow("trains three networks")
def test_an_augmented_run_says_so_and_goes_on_to_the_same_bytes(command, tmp_path, monkeypatch):
    words = ("train", "digits", "--epochs", 2, "--augment", "--hidden", 8)
    whole = trained(tmp_path / "whole", words)
    stops = [(2, 20)]

    def meet(self, trainer):
        if [(trainer.epoch, trainer.batch)] == stops:
            stops.clear()
            raise KeyboardInterrupt

    monkeypatch.setattr(display.Lines, "on_batch_end", meet)
    result = command(*words)
    assert result.exit_code == 130, result.output
    assert "each turned by up to 10°, shifted by up to 1 pixel; not mirrored" in " ".join(result.stdout.split())
    assert command("train", "--resume", "digits-001").exit_code == 0
    assert_learned_the_same(tmp_path / "runs" / "digits-001", whole)
    page = (whole / "report.html").read_text()
    assert "--augment" in page
    plain = trained(tmp_path / "plain", [word for word in words if word != "--augment"])
    assert (plain / "model.safetensors").read_bytes() != (whole / "model.safetensors").read_bytes()


# series ---------------------------------------------------------------------------------------------------


@pytest.mark.slow("trains a recurrent network for long")
@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_a_recurrent_network_forecasts_better_than_the_season_before(command, tmp_path, name):
    pytest.importorskip("pandas")
    series.write(tmp_path / "sold.csv")
    words = ("--target", "sold", "--horizon", 6, "--window", 18, "--network", name, "--hidden", "24,8", "--lr", 0.02)
    result = command("train", "sold.csv", *words, "--epochs", 60)
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert f"{name.upper()} 1 → 24" in said
    ours, naive = map(float, re.findall(r"is off by ([\d.]+) on average", said))
    assert ours < 0.8 * naive
    model = load_model(tmp_path / "runs" / "sold-001" / "model.safetensors")
    assert isinstance(model.recurrent, getattr(nn, name.upper()))
    assert command("export", "latest").exit_code == 0
    assert run(tmp_path / "model.py", "--self-test").returncode == 0
    assert command("walkthrough", "latest", "--element", "loss").exit_code == 0


def test_a_level_never_seen_is_no_obstacle():
    """What is forecast for a series that is raised by a constant is raised by it."""
    from glassnet.networks import Forecaster

    model = Forecaster(4, hidden=[8]).eval()
    x = np.random.default_rng(0).normal(size=(3, 10, 1)).astype(np.float32)
    with no_grad():
        low, high = (model(nn.Parameter(values)).numpy() for values in (x, x + 50))
    np.testing.assert_allclose(high - low, 50, rtol=1e-5)
