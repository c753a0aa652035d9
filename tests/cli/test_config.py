"""Settings: the command line goes before the file, and the file before the default."""

import tomllib

import pytest

from glassnet.cli.options import DEFAULTS, TABLE
from tests.cli.runs import config, tree


def test_print_config_is_toml_of_all_settings_and_trains_nothing(command, tmp_path):
    result = command("train", "digits", "--lr", "1e-3", "--hidden", "20,10", "--no-compile", "--print-config")
    assert result.exit_code == 0
    found = tomllib.loads(result.stdout)
    assert found["source"] == "digits"
    assert found["lr"] == "1e-3"
    assert found["hidden"] == "20,10"
    assert found["compile"] is False
    assert found["schedule"] == "cosine"
    for name in DEFAULTS:
        assert name in result.stdout
    assert all(
        f"# {name} = " in result.stdout
        for name in {o.name for o in TABLE if o.default is None} - {"source", "hidden", "lr"}
    )
    assert tree(tmp_path) == []


def test_without_a_source_it_is_left_open(command):
    assert "# source = …  # what to learn" in command("train", "--print-config").stdout


def test_what_is_printed_is_read_back(command, tmp_path):
    words = ("--seed", "3", "--epochs", "2", "--hidden", "8", "--dropout", "0.25", "--out", 'a "b" ü')
    printed = command("train", "digits", *words, "--print-config").stdout
    (tmp_path / "c.toml").write_text(printed, encoding="utf-8")
    assert command("train", "--config", "c.toml", "--print-config").stdout == printed
    assert command("train", "--config", "c.toml", "--quiet").exit_code == 0
    found = config(tmp_path / 'a "b" ü' / "digits-001")["settings"]
    assert found == DEFAULTS | {
        "source": "digits", "seed": "3", "epochs": "2", "hidden": "8", "dropout": "0.25", "out": 'a "b" ü',
    }  # fmt: skip


def test_the_command_line_goes_before_the_file_and_the_file_before_the_default(command, tmp_path):
    (tmp_path / "c.toml").write_text(
        'source = "moons"\nepochs = 2\nlr = 1e-2\nhidden = [20, 10]\nbatch-size = 50\ncompile = false\ncheckup = true\n'
    )
    result = command("train", "xor", "--config", "c.toml", "--lr", "0.5", "--compile", "--no-checkup")
    assert result.exit_code == 0, result.output
    assert "Check-up" not in result.stdout
    found = config(tmp_path / "runs" / "xor-001")
    options = found["options"]
    assert (options["lr"], options["epochs"], options["batch_size"], options["hidden"]) == (0.5, 2, 50, [20, 10])
    assert found["settings"]["compile"] is True
    assert options["activation"] == "relu"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epochs = ", "--config: c.toml is not TOML: "),
        ("epoch = 3", "--config: c.toml: expected one of source, target"),
        ("epoch = 3", "got 'epoch' (did you mean epochs"),
        ("epochs = 0", "--epochs: expected a whole number of 1 or more, got '0'"),
        ("epochs = true", "--config: c.toml: epochs is no switch, got True"),
        ("compile = 1", "--config: c.toml: compile is true or false, got 1"),
        ("lr = 1979-05-27", "--config: c.toml: expected a text or a number for lr, got date"),
        ("[lr]\nx = 1", "--config: c.toml: expected a text or a number for lr, got dict"),
        ("hidden = [[1]]", "--config: c.toml: expected a text or a number for hidden, got list"),
        ("lr = nan", "--lr: expected a number above 0, got 'nan'"),
        ('optimizer = ""', "--optimizer: expected one of adadelta"),
        ("hidden = " + "[" * 500 + "]" * 500, "--config: c.toml is nested too deep for settings; "),
        ("seed = " + "9" * 4301, "--config: c.toml is not TOML: Exceeds the limit"),
        ("seed = 0x" + "f" * 4000, "--config: c.toml: expected a shorter number for seed"),
        ("lr = 1" + "0" * 400, "--lr: expected a number above 0, got '1000"),
        ("lr = 1e400", "--lr: expected a number above 0, got 'inf'"),
        ("epochs = 1" + "0" * 30, "--epochs: expected a whole number up to 1,000,000, got '1000"),
        ("hidden = [true]", "--config: c.toml: expected a text or a number for hidden, got list"),
        ("# " + "x" * 100_000, "--config: c.toml: expected at most 100,000 bytes, got 100,002; "),
        ("x" * 60_000 + " = 1", "--config: c.toml: expected one of source, target"),
    ],
)
@pytest.mark.parametrize("more", [(), ("--print-config",)])
def test_a_bad_file_is_one_message(command, tmp_path, text, message, more):
    (tmp_path / "c.toml").write_text(text)
    result = command("train", "digits", "--config", "c.toml", *more)
    assert result.exit_code == 2
    assert message in result.stderr
    assert (result.stdout, result.stderr.count("\n")) == ("", 1)
    assert len(result.stderr) < 700
    assert tree(tmp_path) == ["c.toml"]


def test_a_file_that_is_no_text_is_one_message(command, tmp_path):
    (tmp_path / "c.toml").write_bytes(b"\xff\xfe")
    result = command("train", "digits", "--config", "c.toml")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "--config: c.toml is not TOML" in result.stderr


def test_no_hidden_layer_may_be_an_empty_list(command, tmp_path):
    (tmp_path / "c.toml").write_text("hidden = []\nepochs = 1")
    assert command("train", "xor", "--config", "c.toml", "-q").exit_code == 0
    assert config(tmp_path / "runs" / "xor-001")["options"]["hidden"] == []
