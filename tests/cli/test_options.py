"""The table of the options of ``train``: each has help, comes back from a file of settings, and is checked."""

import dataclasses
import re

import pytest

from glassnet.cli.options import DEFAULTS, OPTIONS, TABLE, Options, checked
from glassnet.cli.settings import as_toml, completed, read
from glassnet.errors import GlassnetError

# What each may be, and, where the table checks it, what it may not.
GOOD = {
    "source": "digits", "target": "b", "task": "regression", "network": "mlp", "date": "day", "text": "words",
    "horizon": "6", "window": "24", "season": "12", "augment": True, "data": "there", "hidden": "20,10",
    "activation": "tanh",
    "dropout": "0.25", "epochs": "3", "batch_size": "16", "lr": "1e-3", "optimizer": "sgd", "weight_decay": "0.1",
    "schedule": "step", "clip": "1.5", "accumulate": "2", "patience": "4", "class_weight": "balanced",
    "engine": "numpy", "seed": "-7",
    "out": 'a "b" ü', "compile": False, "checkup": True,
}  # fmt: skip
BAD = {
    "network": "cnm", "horizon": "0", "window": "1.5", "season": "-1",
    "hidden": "0", "activation": "softmax", "dropout": "1", "epochs": "0", "batch_size": "1.5", "lr": "0",
    "optimizer": "adm", "weight_decay": "-1", "schedule": "cosin", "clip": "0", "accumulate": "0", "patience": "0",
    "class_weight": "x", "engine": "x", "seed": "x",
}  # fmt: skip


def test_every_option_is_tried_here():
    assert set(GOOD) == set(OPTIONS)
    assert set(BAD) == {option.name for option in TABLE if option.read is not None}
    assert [field.name for field in dataclasses.fields(Options)] == list(BAD)
    assert all(bool(option.open) == (option.default is None) for option in TABLE)


@pytest.fixture(scope="module")
def help_text():
    from typer.testing import CliRunner

    from glassnet.cli.app import app

    return " ".join(CliRunner(env={"COLUMNS": "80"}).invoke(app, ["train", "--help"]).stdout.split())


@pytest.mark.parametrize("option", TABLE, ids=lambda option: option.name)
def test_it_has_help_with_its_default(help_text, option):
    assert re.search(rf"{option.flag}\b", help_text)
    assert " ".join(option.help.removesuffix(".").split()) in help_text
    if isinstance(option.default, str):
        assert f"{option.help.removesuffix('.')} [{option.default}]." in help_text


@pytest.mark.parametrize("option", TABLE, ids=lambda option: option.name)
def test_it_comes_back_from_a_file_of_settings(command, tmp_path, option):
    settings = DEFAULTS | {option.name: GOOD[option.name]}
    (tmp_path / "c.toml").write_text(as_toml(settings), encoding="utf-8")
    assert read(tmp_path / "c.toml")[option.name] == GOOD[option.name]
    assert DEFAULTS | read(tmp_path / "c.toml") == settings
    assert completed(settings, "here") == settings
    flag = f"--no-{option.name}" if GOOD[option.name] is False else option.flag
    words = [GOOD["source"]] if option.name == "source" else [flag, *[GOOD[option.name]] * (not option.is_switch)]
    result = command("train", *words, "--print-config")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == as_toml(settings)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_names_it(command, tmp_path, name):
    with pytest.raises(GlassnetError, match=f"^{OPTIONS[name].flag}: expected "):
        checked(DEFAULTS | {name: BAD[name]})
    result = command("train", "digits", OPTIONS[name].flag, BAD[name])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"glassnet: {OPTIONS[name].flag}: expected ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [name for name in OPTIONS if name != "out"])  # where the run is looked for
def test_a_run_that_goes_on_takes_none(command, name):
    option = OPTIONS[name]
    words = [*[option.flag] * (name != "source"), *[GOOD[name]] * (not option.is_switch)]
    result = command("train", *words, "--resume", "x")
    assert result.exit_code == 2
    assert f"--resume: the run goes on as it began; leave out {option.flag}\n" in result.stderr


def test_what_is_usual_is_left_out_of_the_words():
    options = Options.of(checked(DEFAULTS), 1000, 64)
    assert options.extras() == "schedule cosine"
    words = "--network mlp --hidden 64,32 --activation relu --epochs 44"
    assert options.command_words(DEFAULTS)[:8] == words.split()
    asked = DEFAULTS | {name: GOOD[name] for name in BAD}
    options = Options.of(checked(asked), 1000, 64)
    words = dict(zip(*[iter(options.command_words(asked))] * 2, strict=True))
    assert list(words) == [OPTIONS[name].flag for name in BAD]
    again = {OPTIONS[name].name: words[OPTIONS[name].flag] for name in BAD}
    assert Options.of(checked(DEFAULTS | again), 1000, 64) == options
